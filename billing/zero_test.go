package billing_test

import (
	"fmt"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// To set one addition to 0 is about that addition alone: no other line goes with it, and nothing that is to be done about others
// counts as done.

// TestRetryOfOneAdditionLeavesTheOthers: two lines are not fed any more, one of them was to be 0 and ConnectWise refused it. To
// retry that set both to 0.
func TestRetryOfOneAdditionLeavesTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 12, store.Business)
	branch := w.Organization("Branch", 7, store.Enterprise)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, branch.ID))
	w.Sync()
	for _, o := range []store.Organization{acme, branch} {
		w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), o.ID, false))
	}
	var business store.KnownFinding
	for _, f := range w.found() {
		if f.ProductID == w.Business.ID {
			business = f
		}
	}
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Conflict, Method: "PATCH"})
	refused, err := w.Findings.Zero(t.Context(), billingtest.Admin(), business.Key(), business.Facts)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(refused, "failed NP-BUS 12>0")
	w.Sim.ClearFaults()

	again, err := w.Runs.Retry(t.Context(), billingtest.Admin(), refused.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(again, "written NP-BUS 12>0")
	w.WantLive(a.ID, "NP-BUS 0", "NP-ENT 7")
}

// withSecond is an organization whose line was written with 12, and a second open line of the product with 3.
func withSecond(t *testing.T) (w *world, o store.Organization, a cwsim.Agreement) {
	t.Helper()
	w = newWorld(t)
	o, a = w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3")})
	return w, o, a
}

// zeroSecond sets the second line to 0.
func (w *world) zeroSecond() {
	w.T.Helper()
	f := w.wantFound(store.AboutSecond)
	_, err := w.Findings.Zero(w.T.Context(), billingtest.Admin(), f.Key(), f.Facts)
	w.Must(err)
	w.Work.Wait()
}

// TestWhatWaitsBesideASecondLineGoesOnWaiting: to do what the finding advises took the change that waits for it out of Approvals,
// and the month was never written.
func TestWhatWaitsBesideASecondLineGoesOnWaiting(t *testing.T) {
	t.Parallel()
	w, o, a := withSecond(t)
	w.Join(o, 2)
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS 12>14")
	w.zeroSecond()
	w.WantLive(a.ID, "NP-BUS 12", "NP-BUS 0")
	w.WantChanges(run, "held NP-BUS 12>14")
	w.Approve(w.HeldIDs(run))
	w.WantLive(a.ID, "NP-BUS 14", "NP-BUS 0")
}

// TestWhatFailedBesideASecondLineStaysOpen: it disappeared from Needs attention, and Retry left it out.
func TestWhatFailedBesideASecondLineStaysOpen(t *testing.T) {
	t.Parallel()
	w, o, a := withSecond(t)
	w.Set(func(s *store.Settings) { s.Holds.Found = false })
	w.Join(o, 2)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Conflict, Method: "PATCH"})
	run := w.Sync()
	w.WantChanges(run, "failed NP-BUS 12>14")
	w.Sim.ClearFaults()
	w.zeroSecond()
	open, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{Open: true})
	w.Must(err)
	if len(open) != 1 || open[0].RunID != run.ID {
		t.Errorf("open is %d changes, want the one that failed", len(open))
	}
	again, err := w.Runs.Retry(t.Context(), billingtest.Admin(), run.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(again, "written NP-BUS 12>14")
	w.WantLive(a.ID, "NP-BUS 14", fmt.Sprint("NP-BUS ", 0))
}
