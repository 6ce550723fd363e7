package run_test

import (
	"net/http"
	"slices"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// TestCase_H32_APreviewLeavesWhatWasCutOff: a run that was cut off before it sent anything goes on with the next run that writes, and
// previewing sends nothing to ConnectWise.
func TestCase_H32_APreviewLeavesWhatWasCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	beta, b := w.Mapped("Beta", 5, store.Business)
	w.sendUnseen(store.RunRunning, beta, b.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
	cut := w.lastRun(store.RunManual)
	w.Sim.ResetRequests()
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	billingtest.WantStatus(t, preview, store.RunPlanned)
	w.WantChanges(preview, "planned NP-BUS ->5")
	if writes := func(r cwsim.Request) bool { return r.Method != http.MethodGet }; slices.ContainsFunc(w.Sim.Requests(), writes) {
		t.Errorf("a preview sent %+v", w.Sim.Requests())
	}
	after, err := w.Store.Run(t.Context(), cut.ID)
	w.Must(err)
	if after.Status != store.RunRunning || !after.ResumedAt.IsZero() {
		t.Errorf("the run that was cut off is %s, resumed at %s", after.Status, after.ResumedAt)
	}

	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID))
	w.Work.Wait()
	w.WantLive(b.ID, "NP-BUS 5")
	if after, err = w.Store.Run(t.Context(), cut.ID); err != nil || after.Status == store.RunRunning {
		t.Errorf("after writing, the run that was cut off is %s (%v)", after.Status, err)
	}
}
