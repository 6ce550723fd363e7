package run_test

import (
	"errors"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// TestWhatIsLeftToRetry: a run wrote neither of two agreements. One is synced by itself, the other by a retry, and then nothing is left.
func TestWhatIsLeftToRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "POST"})
	failed := w.Sync()
	w.Sim.ClearFaults()
	_, err := w.Runs.SyncAgreement(t.Context(), billingtest.Admin(), a.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(b.ID)

	retry, err := w.Runs.Retry(t.Context(), billingtest.Admin(), failed.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(retry, "written NP-BUS ->3")
	w.WantLive(b.ID, "NP-BUS 3")

	const want = "Run 3 has looked since at what run 1 did not write, so nothing of it is left to retry. " +
		"To write October 2026 to date on these lines all the same, sync it again."
	var invalid *problem.Invalid
	if _, err := w.Runs.Retry(t.Context(), billingtest.Admin(), failed.ID); !errors.As(err, &invalid) || invalid.Fields["run"] != want {
		t.Errorf("it says %v, want %q", err, want)
	}
	s := w.watchStatements()
	for n := 0; ; n++ {
		s.fail(n)
		_, err := w.Runs.Retry(t.Context(), billingtest.Admin(), failed.ID)
		if s.mend(); s.which == "" {
			break
		}
		if err == nil || errors.As(err, &invalid) {
			t.Errorf("%s failed, no. %d, and it says %v", s.which, n, err)
		}
	}
}

// TestLeaveOut holds what is left of all that is mapped without some agreements, and that nothing being left is said.
func TestLeaveOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	r, err := w.Runs.Months().LeaveOut(t.Context(), w.Runs.SyncNow(false), []int{a.ID})
	w.Must(err)
	_, err = w.Runs.Run(t.Context(), billingtest.Admin(), r)
	w.Must(err)
	w.WantLive(a.ID)
	w.WantLive(b.ID, "NP-BUS 3")
	if _, err := w.Runs.Months().LeaveOut(t.Context(), w.Runs.SyncNow(false), []int{a.ID, b.ID}); invalidField(err) != "leave" {
		t.Errorf("without all of them it says %v", err)
	}
}
