package hosted_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/hosted"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// check looks who else changed lines, to the end.
func check(w *billingtest.World) hosted.Check {
	w.T.Helper()
	w.Sim.ResetRequests()
	w.Must(w.Hosted.Start(w.T.Context(), billingtest.Admin()))
	w.Work.Wait()
	for _, r := range w.Sim.Requests() {
		if r.Method != http.MethodGet {
			w.T.Errorf("the check sent %s %s", r.Method, r.Path)
		}
	}
	return w.Hosted.Last()
}

// Who else changed a line is found, and whether it was the hosted integration by its moment; Seatbridge's own writes are not.
func TestCheckFindsOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		assume func(*cwsim.Assumptions)
	}{
		"as ConnectWise is":         {func(*cwsim.Assumptions) {}},
		"without an audit trail":    {func(a *cwsim.Assumptions) { a.AuditTrailRefused = true }},
		"without saying who we are": {func(a *cwsim.Assumptions) { a.MySecurityRefused = true }},
		"without either":            {func(a *cwsim.Assumptions) { a.AuditTrailRefused, a.MySecurityRefused = true, true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := billingtest.New(t)
			assumptions := cwsim.Assumptions{}
			c.assume(&assumptions)
			w.Sim.SetAssumptions(assumptions)
			_, a := w.Mapped("Acme", 12, store.Business)
			w.Sync()
			if got := check(w); len(got.Changed) != 0 || got.Total != 1 || !got.Problem.Zero() {
				t.Fatalf("after our own sync: %+v", got)
			}
			line := w.Sim.Additions(a.ID)[0]
			w.SetTime("2026-11-01 00:30:20")
			w.Sim.SetQuantity(a.ID, line.ID, "13", "NordPass")
			w.SetTime("2026-11-01 01:30:00")
			got := check(w)
			if len(got.Changed) != 1 {
				t.Fatalf("it found %+v", got)
			}
			change := got.Changed[0]
			if change.By != "NordPass" || !change.Hosted || change.AdditionID != line.ID || change.Quantity != "13" || change.Company != "Acme" {
				t.Errorf("it says %+v", change)
			}
		})
	}
}

// Without the audit trail only the last change of each line is known, and the check says of how many lines.
func TestCheckSaysWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		assumptions cwsim.Assumptions
		lastOnly    int
	}{
		"as ConnectWise is":              {cwsim.Assumptions{}, 0},
		"without the right to read it":   {cwsim.Assumptions{AuditTrailRefused: true}, 1},
		"where it is kept for the whole": {cwsim.Assumptions{AuditUnderAgreement: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := billingtest.New(t)
			w.Sim.SetAssumptions(c.assumptions)
			w.Mapped("Acme", 12, store.Business)
			w.Sync()
			if got := check(w); got.LastOnly != c.lastOnly || !got.Problem.Zero() {
				t.Errorf("of %d lines only the last change is known, want %d: %+v", got.LastOnly, c.lastOnly, got)
			}
		})
	}
}

// A change under our own name at a moment at which the hosted integration writes is found where our journal does not know of it: both
// use one API member. Our own monthly syncs, at the same moment of every month, are not.
func TestCheckFindsOneMemberForBoth(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t) // on 20 October
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	other := w.Organization("Other", 3, store.Business)
	b := w.Company("Other")
	w.ImportAll()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), b.CompanyID, b.ID, other.ID))
	for _, now := range []string{"2026-11-01 00:31:00", "2026-12-01 00:31:00"} {
		w.SetTime(now)
		w.Join(other, 1)
		w.Must(w.Runs.RunDue(t.Context()))
	}
	w.Trusting()
	own := check(w)
	if len(own.Changed) != 0 || len(own.Own) != 1 {
		t.Fatalf("after our own monthly syncs: %+v", own)
	}
	w.SetTime("2027-01-01 00:30:20")
	line := w.Sim.Additions(a.ID)[0]
	w.Sim.SetQuantity(a.ID, line.ID, "13", own.Own[0])
	w.SetTime("2027-01-01 09:00:00")
	got := check(w)
	if len(got.Changed) != 1 || !got.Changed[0].Hosted || !got.Changed[0].Own || got.Changed[0].AdditionID != line.ID {
		t.Errorf("it found %+v", got.Changed)
	}
	said, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Limit: 1})
	w.Must(err)
	if want := "Looked on 2 agreements who else changes lines: 1 line."; len(said) != 1 || said[0].Action != want {
		t.Errorf("the log says %+v, want %q", said, want)
	}
}

// What another integration wrote last is not written here: its first month is the one after.
func TestChosenMonthIsNotDue(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	w.Mapped("Acme", 12, store.Business)
	now := store.MonthOf(w.Time())
	w.Must(w.Hosted.Choose(t.Context(), billingtest.Admin(), now)) // October
	plan, err := w.Hosted.Plan(t.Context())
	w.Must(err)
	if plan.Chosen == nil || plan.Chosen.Last != now || plan.Chosen.First != now.Add(1) {
		t.Fatalf("chosen is %+v", plan.Chosen)
	}
	w.SetTime("2026-11-01 02:00:00")
	w.Must(w.Runs.RunDue(t.Context()))
	if n := w.Writes(); n != 0 {
		t.Errorf("%d writes of a month that the hosted integration wrote", n)
	}
	missed, err := w.Runs.Months().Missed(t.Context())
	w.Must(err)
	if len(missed) != 0 {
		t.Errorf("missed: %+v", missed)
	}
	w.SetTime("2026-12-01 02:00:00")
	w.Must(w.Runs.RunDue(t.Context()))
	if n := w.Writes(); n != 1 {
		t.Errorf("%d writes of the first month here, want 1", n)
	}
}

// A month that fell due between the two is said in the activity log and needs attention, until it is written or the choice changes.
func TestMonthBetweenNeedsAttention(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t) // on 20 October
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Must(w.Hosted.Choose(t.Context(), billingtest.Admin(), "2026-08"))
	said, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Limit: 1})
	w.Must(err)
	want := "Said that the hosted integration writes August 2026 last: Seatbridge's first month is September 2026. " +
		"September 2026 is not written by itself: it fell due before."
	if len(said) != 1 || said[0].Action != want {
		t.Errorf("the log says %+v, want %q", said, want)
	}
	w.Must(w.Runs.RunDue(t.Context()))
	w.WantLive(a.ID) // nothing wrote it by itself
	wantBetween(w, "September 2026 is written by nobody")

	w.Must(w.Hosted.Choose(t.Context(), billingtest.Admin(), "2026-09"))
	wantBetween(w)
	w.Must(w.Hosted.Choose(t.Context(), billingtest.Admin(), "2026-08"))
	wantBetween(w, "September 2026 is written by nobody")
	_, err = w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncMonth("2026-09", nil, false))
	w.Must(err)
	wantBetween(w)
}

// wantBetween fails unless that needs attention of the months between, and no more.
func wantBetween(w *billingtest.World, want ...string) {
	w.T.Helper()
	attention, err := w.Attention(w.T.Context())
	w.Must(err)
	var got []string
	for _, a := range attention {
		if a.Kind == billing.AttendBetween {
			got = append(got, a.Title)
		}
	}
	if !slices.Equal(got, want) {
		w.T.Errorf("attention is needed by %q, want %q", got, want)
	}
}

// A month that was not offered is refused, and nothing is kept.
func TestChooseRefuses(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	for _, last := range []store.Month{"2019-01", "2099-01", "nonsense"} {
		err := w.Hosted.Choose(t.Context(), billingtest.Admin(), last)
		if invalid := (*problem.Invalid)(nil); !errors.As(err, &invalid) || invalid.Fields["last"] == "" {
			t.Errorf("%s: %v", last, err)
		}
	}
	settings, err := w.Store.Settings(t.Context())
	w.Must(err)
	if settings.Months.HostedLast != "" {
		t.Errorf("kept %q", settings.Months.HostedLast)
	}
}
