package run_test

import (
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
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

// TestALineOfOursThatBillsTheSeatsIsFoundOnAnyCompany: an organization was unmapped, its line left as it is, and mapped to another
// company: its seats were billed to both, since only the new company's agreements were looked at.
func TestALineOfOursThatBillsTheSeatsIsFoundOnAnyCompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	b := w.Company("Beta")
	w.ImportAll()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), b.CompanyID, b.ID, acme.ID))
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS ->5")
	w.wantSaid(run, "Acme Services", "Seatbridge wrote 5 seats of Acme there")
	w.WantLive(b.ID)

	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "0", "jdoe")
	w.WantChanges(w.Sync(), "written NP-BUS ->5")
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

// TestALineThatAPersonSetToZeroAndEnded: to end billing, people set the quantity to 0 as well. The line was made anew.
func TestALineThatAPersonSetToZeroAndEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.SetTime("2026-11-24 12:00:00")
	line := w.Sim.Additions(a.ID)[0].ID
	w.Sim.SetQuantity(a.ID, line, "0", "jdoe")
	w.Sim.CancelAddition(a.ID, line, moment.At("2026-11-20"))
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS ->12")
	w.wantSaid(run, "was ended on 20 November 2026", "Seatbridge left 12 there")
	w.WantLive(a.ID)
}

// TestALineOfOursThatEndedAtZeroAsksNobody: Seatbridge set it to 0 itself, and it was ended to tidy up.
func TestALineOfOursThatEndedAtZeroAsksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{Found: true} })
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.leaveAll(acme)
	w.WantChanges(w.Sync(), "written NP-BUS 5>0")
	w.SetTime("2026-11-24 12:00:00")
	w.Sim.CancelAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, moment.At("2026-11-20"))
	w.Join(acme, 2)
	w.WantChanges(w.Sync(), "written NP-BUS ->2")
}

// TestWhatWasFoundBeforeACreationOutlivesAnotherLook: to read the agreement again, or to map another organization to it, forgot what
// the new line waits for, and it could not be answered any more.
func TestWhatWasFoundBeforeACreationOutlivesAnotherLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	w.Sync()
	w.SetTime("2026-11-24 12:00:00")
	w.Sim.CancelAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, moment.At("2026-11-20"))
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS ->12")
	w.Must(w.Findings.LookAgain(t.Context(), a.ID))
	found, _, err := w.Findings.List(t.Context(), store.FindingFilter{Subject: store.AboutEnded})
	w.Must(err)
	if len(found) != 1 || !found[0].Holds {
		t.Errorf("found is %+v, want the ended line", found)
	}
	_, err = w.Findings.Always(t.Context(), billingtest.Admin(), w.HeldIDs(run)[0])
	w.Must(err)
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 12")
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

// TestAListWithoutTheAgreementItselfCreatesNothing: the company's agreements were listed as none, so that the line on its other
// agreement was not looked at, and a second one was created.
func TestAListWithoutTheAgreementItselfCreatesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 7, store.Business)
	w.addLine(w.sisterAgreement(a, nil).ID, w.Business.ID, "6")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.WrongEmpty, Path: "/finance/agreements"})
	run := w.Sync()
	w.WantChanges(run, "blocked NP-BUS ->7")
	w.wantSaid(run, "the agreements of its company")
	w.WantLive(a.ID)
	w.Sim.ClearFaults()
	w.WantChanges(w.Sync(), "held NP-BUS ->7")
}
