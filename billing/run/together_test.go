package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/bulletin"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// secondAgreement adds an agreement to a company that has one, and imports it.
func (w *world) secondAgreement(of cwsim.Agreement) cwsim.Agreement {
	w.T.Helper()
	second := w.Sim.AddAgreement(cwsim.Agreement{
		Name: "Second", CompanyID: of.CompanyID, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true,
	})
	w.ImportAll()
	return second
}

// moved is two organizations of 4 and 6 on one agreement, synced, of which the one of 6 was mapped to another agreement since.
func moved(t *testing.T) (w *world, from, to cwsim.Agreement) {
	t.Helper()
	w = newWorld(t)
	_, from = w.Mapped("Acme", 4, store.Business)
	to = w.secondAgreement(from)
	branch := w.Organization("Branch", 6, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), from.CompanyID, from.ID, branch.ID))
	w.Sync()
	w.WantLive(from.ID, "NP-BUS 10")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), to.CompanyID, to.ID, branch.ID))
	return w, from, to
}

// held are a run's held changes.
func (w *world) held(run store.Run) []store.Change {
	w.T.Helper()
	changes, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{RunID: run.ID, States: []store.ChangeState{store.StateHeld}})
	w.Must(err)
	return changes
}

// TestAMoveBetweenAgreementsIsNoFall holds that the sum counts: 60 % less here is as much more there.
func TestAMoveBetweenAgreementsIsNoFall(t *testing.T) {
	t.Parallel()
	w, from, to := moved(t)
	w.WantChanges(w.Sync(), "written NP-BUS 10>4", "written NP-BUS ->6")
	w.WantLive(from.ID, "NP-BUS 4")
	w.WantLive(to.ID, "NP-BUS 6")
	w.Set(func(s *store.Settings) { s.Holds.Decrease = true })
	acme, err := w.Store.Organization(t.Context(), organizationID(w, "Acme"))
	w.Must(err)
	w.Join(acme, 1)
	w.WantChanges(w.Sync(), "written NP-BUS 4>5", "unchanged NP-BUS 6>6") // they are no unit any more
}

// TestOneAgreementTakesTheWholeMove holds that syncing one of them syncs both.
func TestOneAgreementTakesTheWholeMove(t *testing.T) {
	t.Parallel()
	w, from, to := moved(t)
	run, err := w.Runs.SyncAgreement(t.Context(), billingtest.Admin(), to.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(run, "written NP-BUS 10>4", "written NP-BUS ->6")
	w.WantLive(from.ID, "NP-BUS 4")
}

// TestAMoveIsApprovedAsAWhole holds that one of its changes stands for all, and that a rejection leaves both as they are.
func TestAMoveIsApprovedAsAWhole(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		t.Run(fmt.Sprint(approve), func(t *testing.T) {
			t.Parallel()
			w, from, to := moved(t)
			branch, err := w.Store.Organization(t.Context(), organizationID(w, "Branch"))
			w.Must(err)
			w.Join(branch, 2)
			w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
			held := w.held(w.Sync())
			if len(held) != 2 || held[0].Together != held[1].Together || held[0].Together != min(from.ID, to.ID) {
				t.Fatalf("held are %d: %+v", len(held), held)
			}
			if approve {
				w.Approve([]int64{held[1].ID})
				w.WantLive(from.ID, "NP-BUS 4")
				w.WantLive(to.ID, "NP-BUS 8")
				return
			}
			n, err := w.Runs.Reject(t.Context(), billingtest.Admin(), []int64{held[1].ID})
			w.Must(err)
			if n != 2 {
				t.Errorf("%d rejected", n)
			}
			w.WantLive(from.ID, "NP-BUS 10")
			w.WantLive(to.ID)
		})
	}
}

// TestHalfAMoveIsNotWritten holds that where one half fails, is refused or cannot be read, the other waits.
func TestHalfAMoveIsNotWritten(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(*world, cwsim.Agreement){
		"the new line is refused": func(w *world, _ cwsim.Agreement) {
			w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "POST", Path: "/finance/agreements/*/additions", Times: 1})
		},
		"the new agreement is cancelled": func(w *world, to cwsim.Agreement) { w.Sim.CancelAgreement(to.ID, moment.At("2026-10-01")) },
		"the new agreement cannot be read": func(w *world, to cwsim.Agreement) {
			w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Method: "GET", Path: fmt.Sprintf("/finance/agreements/%d/additions", to.ID)})
		},
		"the new agreement has two lines": func(w *world, to cwsim.Agreement) {
			for range 2 {
				w.Sim.AddAddition(cwsim.Addition{AgreementID: to.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("1")})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, from, to := moved(t)
			disturb(w, to)
			ended := w.Sync()
			if ended.Status != store.RunIncomplete && ended.Problem != bulletin.NoLine() {
				t.Errorf("the run is %s: %+v", ended.Status, ended.Problem)
			}
			w.WantLive(from.ID, "NP-BUS 10")
			for _, c := range w.changesOf(ended) {
				if !c.State.Final() {
					t.Errorf("when the run has ended it is %s", plantest.Show(c))
				}
			}
		})
	}
}

// TestAMoveThatWasTakenBackIsNotHalfWritten: a move was previewed, and its organization mapped back before the preview was written.
func TestAMoveThatWasTakenBackIsNotHalfWritten(t *testing.T) {
	t.Parallel()
	w, from, to := moved(t)
	other := w.Organization("Other", 3, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), to.CompanyID, to.ID, other.ID))
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.WantChanges(preview, "planned NP-BUS 10>4", "planned NP-BUS ->9")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), from.CompanyID, from.ID, organizationID(w, "Branch")))
	w.apply(preview)
	w.WantLive(from.ID, "NP-BUS 10")
	w.WantLive(to.ID)
}

// TestManyLinesMayBeUndone: what was asked for waits for nobody, however many lines go down.
func TestManyLinesMayBeUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.MappedTogether(4)
	first := w.Sync()
	organizations, _, err := w.Store.Organizations(t.Context(), store.OrganizationFilter{})
	w.Must(err)
	for _, o := range organizations {
		w.remove(o.Organization)
	}
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{ManyLines: 2, ManyPercent: 20} })
	w.SetTime("2026-12-01 12:00:00") // the month of the removals is over
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), first.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(undo, slices.Repeat([]string{"planned NP-BUS 2>0"}, 4)...)
}

// TestAMoveIsUndoneAsAWhole holds that where one half cannot be put back, the other stays.
func TestAMoveIsUndoneAsAWhole(t *testing.T) {
	t.Parallel()
	w, from, to := moved(t)
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), w.Sync().ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(undo, "planned NP-BUS 4>10", "planned NP-BUS 6>0")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Conflict, Method: "PATCH", Path: fmt.Sprintf("/finance/agreements/%d/additions/*", from.ID)})
	billingtest.WantStatus(t, w.apply(undo), store.RunIncomplete)
	w.WantLive(from.ID, "NP-BUS 4")
	w.WantLive(to.ID, "NP-BUS 6")
}

// TestAMoveGoesOnWhereItWasCutOff holds that the half that is left is written, although it is a fall by itself.
func TestAMoveGoesOnWhereItWasCutOff(t *testing.T) {
	t.Parallel()
	w, from, to := moved(t)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized, Method: "PATCH"})
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunFailed)
	w.WantLive(from.ID, "NP-BUS 10")
	w.WantLive(to.ID, "NP-BUS 6")
	w.Sim.ClearFaults()
	_, err := w.Runs.Retry(t.Context(), billingtest.Admin(), run.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantLive(from.ID, "NP-BUS 4")
	w.WantLive(to.ID, "NP-BUS 6")
}

// TestCase_C7_TheFirstSyncLowersNothing connects Seatbridge to 27 live lines of 895 seats, with organizations that have none.
func TestCase_C7_TheFirstSyncLowersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sum := 0
	agreements := w.MappedTogether(27)
	for i, a := range agreements {
		quantity := 33
		if i < 4 {
			quantity = 34
		}
		sum += quantity
		w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity(fmt.Sprint(quantity))})
	}
	w.Sim.ResetRequests()
	run := w.Sync()
	if n := w.Writes(); n != 0 || sum != 895 {
		t.Errorf("the first sync of %d seats made %d writes", sum, n)
	}
	held := w.held(run)
	if len(held) != 27 {
		t.Fatalf("%d are held", len(held))
	}
	for _, c := range held {
		if !slices.Contains(c.HeldFor, store.HoldFirst) || !strings.Contains(c.HeldBecause, "has not written this line before") {
			t.Errorf("%s is held for %q because %q", plantest.Show(c), c.HeldFor, c.HeldBecause)
		}
	}
}

// TestFallsOfARunAreHeld holds that a sync in which many lines go down lowers none, and says of how many; what goes up is written.
func TestFallsOfARunAreHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.MappedTogether(8)
	w.Sync()
	organizations, _, err := w.Store.Organizations(t.Context(), store.OrganizationFilter{})
	w.Must(err)
	for _, o := range organizations {
		w.Join(o.Organization, 30)
	}
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{} })
	w.Sync()
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{ManyLines: 5, ManyPercent: 20} })
	for i, o := range organizations[:6] {
		if i < 5 {
			w.remove(o.Organization)
		} else {
			w.Join(o.Organization, 1)
		}
	}
	w.SetTime("2026-12-01 12:00:00") // the month of the removals is over
	w.Sim.ResetRequests()
	run := w.Sync()
	held := w.held(run)
	if len(held) != 5 || held[0].HeldBecause != "5 of 8 lines would go down in this sync." || !slices.Equal(held[0].HeldFor, []store.HoldReason{store.HoldMany}) {
		t.Fatalf("%d are held: %+v", len(held), held)
	}
	if n := w.Writes(); n != 1 {
		t.Errorf("%d writes, want that of the line that goes up", n)
	}
}

// remove ends the membership of one of an organization's members.
func (w *world) remove(o store.Organization) {
	w.T.Helper()
	seats, _, err := w.Store.Seats(w.T.Context(), store.SeatFilter{OrganizationID: o.ID, Limit: 1})
	w.Must(err)
	_, err = w.Store.ChangeSeats(w.T.Context(), o.ID, []int64{seats[0].ID}, store.SeatDelete, w.Time())
	w.Must(err)
}

// restarted ends the process while a request of that method is made, which then goes on as the other faults say, and starts it again.
func (w *world) restarted(method string, faults ...cwsim.Fault) {
	w.T.Helper()
	w.Sim.SetFaults(append([]cwsim.Fault{{Kind: cwsim.Hook, Method: method, Times: 1, Do: w.Billing.Work.Stop}}, faults...)...)
	rooms := w.Billing
	_, err := w.Runs.Start(w.T.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
	w.Must(err)
	rooms.Work.Wait()
	w.Must(w.Store.Close())
	w.Sim.ClearFaults()
	w.Open()
	w.Must(w.Runs.Resume(w.T.Context()))
}

// TestAMoveIsResumed holds that a process which ends in the middle of a move writes its other half when it starts again, or, where
// the first half was refused, leaves it for the next look.
func TestAMoveIsResumed(t *testing.T) {
	t.Parallel()
	w, from, to := moved(t)
	w.restarted("PATCH")
	w.WantLive(from.ID, "NP-BUS 4")
	w.WantLive(to.ID, "NP-BUS 6")

	w, from, to = moved(t)
	w.restarted("POST", cwsim.Fault{Kind: cwsim.Converting500, Method: "POST", Times: 1})
	w.WantLive(from.ID, "NP-BUS 10")
	w.WantLive(to.ID)
}

// TestLinesThatNobodyFeedsDoNotFall: a sync leaves them as they are, so that they are not among the lines that would go down.
func TestLinesThatNobodyFeedsDoNotFall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.MappedTogether(4)
	w.Sync()
	organizations, _, err := w.Store.Organizations(t.Context(), store.OrganizationFilter{})
	w.Must(err)
	for _, o := range organizations {
		if o.AgreementID != as[0].ID {
			w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), o.ID, false))
			continue
		}
		w.remove(o.Organization)
	}
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{ManyLines: 2, ManyPercent: 20} })
	w.SetTime("2026-12-01 12:00:00") // the month of the removals is over
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(as[0].ID, "NP-BUS 1")
	w.WantLive(as[1].ID, "NP-BUS 2")
}
