package run_test

import (
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// leaveAll deletes all members of an organization.
func (w *world) leaveAll(o store.Organization) {
	w.T.Helper()
	seats, _, err := w.Store.Seats(w.T.Context(), store.SeatFilter{OrganizationID: o.ID})
	w.Must(err)
	var ids []int64
	for _, s := range seats {
		ids = append(ids, s.ID)
	}
	_, err = w.Store.ChangeSeats(w.T.Context(), o.ID, ids, store.SeatDelete, w.Time())
	w.Must(err)
	w.SetTime("2026-11-05 12:00:00") // the month in which they left still has them
}

// TestSeatsThatAPersonTookOffOneLineStandOnOne: half an upgrade was written, a person set the other line to 0 by hand, and then all
// members left: 5 to 0 was taken for what was written twice, and waited for nobody.
func TestSeatsThatAPersonTookOffOneLineStandOnOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	acme.Plan = store.Enterprise
	w.Must(w.Store.UpdateOrganization(t.Context(), acme, w.Time()))
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Conflict, Method: "PATCH"})
	w.WantChanges(w.Sync(), "failed NP-BUS 5>0", "written NP-ENT ->5")
	w.Sim.ClearFaults()
	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "0", "jdoe")
	w.leaveAll(acme)
	w.WantChanges(w.Sync(), "unchanged NP-BUS 0>0", "held NP-ENT 5>0")
	w.WantLive(a.ID, "NP-BUS 0", "NP-ENT 5")
}

// TestAnApprovalIsOfAManagedOrganization: it stopped being managed after its change was held; the approval was written.
func TestAnApprovalIsOfAManagedOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{Decrease: true} })
	acme, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.leaveAll(acme)
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS 12>0")
	acme.Managed = false
	w.Must(w.Store.UpdateOrganization(t.Context(), acme, w.Time()))
	w.Approve(w.HeldIDs(run))
	w.WantChanges(run, "stale NP-BUS 12>0")
	w.wantSaid(run, "not managed by the MSP any more")
	w.WantLive(a.ID, "NP-BUS 12")
}
