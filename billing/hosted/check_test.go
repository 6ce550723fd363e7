package hosted_test

import (
	"errors"
	"net/http"
	"testing"

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
	w.Must(w.Hosted.Start(w.T.Context()))
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
