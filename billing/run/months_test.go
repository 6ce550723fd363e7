package run_test

import (
	"errors"
	"testing"
	"time"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// missed lists what needs a person of months that no run has written.
func (w *world) missed() (months []store.Month) {
	w.T.Helper()
	list, err := w.Attention(w.T.Context())
	w.Must(err)
	for _, a := range list {
		if a.Kind == billing.AttendMissed {
			months = append(months, a.Month)
		}
	}
	return months
}

func (w *world) wantMissed(when string, want ...store.Month) {
	w.T.Helper()
	got := w.missed()
	if len(got) != len(want) {
		w.T.Errorf("%s: missed are %v, want %v", when, got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			w.T.Errorf("%s: missed are %v, want %v", when, got, want)
		}
	}
}

// TestCase_G25_OfSeveralMissedMonthsTheNewestIsWritten has the server down from August to October.
func TestCase_G25_OfSeveralMissedMonthsTheNewestIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 9, store.Business)
	w.Sync()
	w.SetTime("2026-11-15 09:00:00") // down from here on
	w.Join(acme, 1)
	w.SetTime("2026-12-15 09:00:00")
	w.Join(acme, 2)
	w.SetTime("2027-01-02 09:00:00")
	w.Join(acme, 4)
	w.Must(w.Runs.RunDue(t.Context()))
	w.Must(w.Runs.RunDue(t.Context()))
	runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunMonthly})
	w.Must(err)
	if len(runs) != 1 || runs[0].Month != "2026-12" {
		t.Errorf("%d monthly runs, the latest of %s; want one, of December", len(runs), runs[0].Month)
	}
	w.WantLive(a.ID, "NP-BUS 12")
	w.wantMissed("after the newest was written", "2026-10", "2026-11")
	w.Sync()
	w.wantMissed("whatever is synced since", "2026-10", "2026-11")
}

// TestCase_G26_AMonthIsTriedUntilItIsWritten has ConnectWise down for 26 hours from the first on.
func TestCase_G26_AMonthIsTriedUntilItIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context())) // October
	w.SetTime("2026-11-10 12:00:00")
	w.Join(acme, 2)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	for _, at := range []string{"2026-12-01 00:30:00", "2026-12-01 01:35:00", "2026-12-02 00:35:00", "2026-12-02 02:29:00"} {
		w.SetTime(at)
		if err := w.Runs.RunDue(t.Context()); err == nil {
			t.Errorf("%s: the sync did not fail", at)
		}
		w.wantMissed(at, "2026-11")
	}
	w.Sim.ClearFaults()
	w.SetTime("2026-12-02 02:45:00")
	w.Join(acme, 1) // in December
	w.SetTime("2026-12-02 03:00:00")
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 8")
	w.wantMissed("after a Sync now of December", "2026-11")
	w.SetTime("2026-12-02 03:35:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.WantLive(a.ID, "NP-BUS 7")
	w.wantMissed("once it is written")
}

// TestCase_G26_ItsSuccessorTakesItsPlace holds that a month is given up when the next one is due, and that this is said for good.
func TestCase_G26_ItsSuccessorTakesItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	w.SetTime("2026-11-30 23:35:00")
	if err := w.Runs.RunDue(t.Context()); err == nil {
		t.Error("October was not tried on the last day of November")
	}
	w.Sim.ClearFaults()
	w.SetTime("2026-12-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	if run, err := w.Store.LastRun(t.Context(), store.RunMonthly, "2026-11"); err != nil || run.Status != store.RunDone {
		t.Errorf("November: %+v, %v", run, err)
	}
	w.wantMissed("once November has taken its place", "2026-10")
	list, err := w.Attention(t.Context())
	w.Must(err)
	if len(list) == 0 || list[0].Title != "October 2026 was never written" {
		t.Errorf("attention is %+v", list)
	}
}

// TestAMonthThatARetryFinishesIsWritten: what failed as a whole and was retried needs no other try, unless another month was written
// in between.
func TestAMonthThatARetryFinishesIsWritten(t *testing.T) {
	t.Parallel()
	for _, between := range []bool{false, true} {
		w := newWorld(t)
		w.Mapped("Acme", 5, store.Business)
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
		w.SetTime("2026-11-01 00:30:00")
		if err := w.Runs.RunDue(t.Context()); err == nil {
			t.Fatal("the sync did not fail")
		}
		w.Sim.ClearFaults()
		failed, err := w.Store.LastRun(t.Context(), store.RunMonthly, "2026-10")
		w.Must(err)
		w.SetTime("2026-11-01 00:40:00")
		if between {
			w.Sync()
		}
		_, err = w.Runs.Retry(t.Context(), billingtest.Admin(), failed.ID)
		w.Work.Wait()
		if !between {
			w.Must(err)
			w.wantMissed("after the retry")
		} else {
			w.wantMissed("after a retry that found November there", "2026-10")
		}
	}
}

// invalidField is the field that a request was refused for.
func invalidField(err error) string {
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		for field := range invalid.Fields {
			return field
		}
	}
	return ""
}

// TestCase_G23_AMonthIsWrittenAgainByName writes October again after it was short of a member, for one agreement and for all, and over
// November only when told to.
func TestCase_G23_AMonthIsWrittenAgainByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetTime("2026-10-20 12:00:00")
	acme, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	late := func(email string) {
		_, _, err := w.Store.AddSeats(t.Context(), acme.ID, []string{email}, time.Time{}, moment.At("2026-10-20 09:00:00"))
		w.Must(err)
	}
	late("late@example.com")
	w.SetTime("2026-11-03 09:00:00")
	w.Sim.ResetRequests()
	again, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncMonth("2026-10", []int{a.ID}, false))
	w.Must(err)
	billingtest.WantStatus(t, again, store.RunDone)
	w.WantChanges(again, "written NP-BUS 5>6")
	if !again.AsOf.IsZero() || again.Month != "2026-10" {
		t.Errorf("it is %s as of %s, want all of October", again.Month, again.AsOf)
	}
	if last, err := w.Store.LastSync(t.Context()); err != nil || last.Kind != store.RunMonthly {
		t.Errorf("the last sync is %+v (%v), want the monthly one: the other was about one agreement", last, err)
	}

	w.Join(acme, 1) // in November
	w.SetTime("2026-11-04 09:00:00")
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 7")
	for _, only := range [][]int{nil, {a.ID}, {a.ID, b.ID}} {
		r := w.Runs.SyncMonth("2026-10", only, false)
		if _, err := w.Runs.Run(t.Context(), billingtest.Admin(), r); invalidField(err) != "overwrite" {
			t.Errorf("October over November, of %v: %v", only, err)
		}
	}
	if _, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncMonth("2026-11", nil, false)); invalidField(err) != "month" {
		t.Errorf("November, which is not over: %v", err)
	}
	w.WantLive(a.ID, "NP-BUS 7")
	r := w.Runs.SyncMonth("2026-10", nil, false)
	r.Overwrite = true
	again, err = w.Runs.Run(t.Context(), billingtest.Admin(), r)
	w.Must(err)
	billingtest.WantStatus(t, again, store.RunDone)
	w.WantLive(a.ID, "NP-BUS 6")
}
