package billing

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

func TestHold(t *testing.T) {
	t.Parallel()
	number := func(s string) decimal.NullDecimal {
		if s == "" {
			return decimal.NullDecimal{}
		}
		return decimal.NewNullDecimal(plantest.Quantity(s))
	}
	update := func(before, after string) store.Change {
		return store.Change{Product: "P", State: store.StatePlanned, Before: number(before), After: number(after)}
	}
	edited := update("7", "5")
	edited.HandEdited = true
	tests := []struct {
		name    string
		changes []store.Change
		first   bool
		policy  plan.Policy
		because string // part of the reason; empty: not held
	}{
		{"everything off", []store.Change{update("100", "0")}, true, plan.Policy{}, ""},
		{"few seats", []store.Change{update("5", "15")}, false, plan.Policy{Holds: store.Holds{Seats: 10}}, ""},
		{"many seats more", []store.Change{update("5", "16")}, false, plan.Policy{Holds: store.Holds{Seats: 10}}, "+11 is larger than 10"},
		{"many seats fewer", []store.Change{update("16", "5")}, false, plan.Policy{Holds: store.Holds{Seats: 10}}, "-11 is larger than 10"},
		{"a new line is not a large change", []store.Change{update("", "500")}, false, plan.Policy{Holds: store.Holds{Seats: 10, Percent: 10}}, ""},
		{"a move between lines is no change", []store.Change{update("200", "0"), update("", "200")}, false, plan.Policy{Holds: store.Holds{Seats: 10, Percent: 10, Decrease: true, Zero: true}}, ""},
		{"half", []store.Change{update("10", "15")}, false, plan.Policy{Holds: store.Holds{Percent: 50}}, ""},
		{"more than half", []store.Change{update("10", "16")}, false, plan.Policy{Holds: store.Holds{Percent: 50}}, "more than 50 %"},
		{"a decrease", []store.Change{update("10", "9")}, false, plan.Policy{Holds: store.Holds{Decrease: true}}, "Fewer seats"},
		{"an increase is no decrease", []store.Change{update("9", "10")}, false, plan.Policy{Holds: store.Holds{Decrease: true}}, ""},
		{"to zero", []store.Change{update("10", "0")}, false, plan.Policy{Holds: store.Holds{Zero: true}}, "Nothing would be billed"},
		{"first sync", []store.Change{update("", "5")}, true, plan.Policy{Holds: store.Holds{First: true}}, "not written this agreement"},
		{"later syncs", []store.Change{update("4", "5")}, false, plan.Policy{Holds: store.Holds{First: true}}, ""},
		{"hand edit overwritten", []store.Change{edited}, false, plan.Policy{HandEdits: store.Overwrite}, ""},
		{"hand edit held", []store.Change{edited}, false, plan.Policy{HandEdits: store.Hold}, "Edited in ConnectWise"},
		{"lines of an agreement wait together", []store.Change{edited, update("1", "2")}, false, plan.Policy{HandEdits: store.Hold}, "Edited in ConnectWise"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range plan.Hold(tt.changes, tt.first, tt.policy) {
				if held := c.State == store.StateHeld; held != (tt.because != "") || !strings.Contains(c.HeldBecause, tt.because) {
					t.Errorf("%s, held because %q; want %q", plantest.Show(c), c.HeldBecause, tt.because)
				}
			}
		})
	}
}

func TestApproveWritesWhatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	_, b := w.mapped("Beta", 3, store.Business)
	w.set(func(s *store.Settings) { s.Holds.First = true })
	run := w.sync()
	wantStatus(t, run, store.RunIncomplete)
	w.wantChanges(run, "held NP-BUS ->5", "held NP-BUS ->3")
	held := w.heldIDs(run)
	w.join(acme, 4) // not what is approved
	w.approve(held[:1])
	w.work.Wait()
	w.wantChanges(run, "written NP-BUS ->5", "held NP-BUS ->3")
	w.wantLive(a.ID, "NP-BUS 5")
	w.wantLive(b.ID)
	changes, _, err := w.store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.must(err)
	if changes[0].DecidedBy != admin().Name || changes[0].DecidedAt.IsZero() {
		t.Errorf("decided by %q at %s, want the admin's name and the time", changes[0].DecidedBy, changes[0].DecidedAt)
	}
	if n, err := w.Runs.Reject(t.Context(), admin(), held[1:]); err != nil || n != 1 {
		t.Errorf("rejected %d (%v), want one", n, err)
	}
	w.wantChanges(run, "written NP-BUS ->5", "rejected NP-BUS ->3")
	w.wantLive(b.ID)
	if _, err := w.Runs.Approve(t.Context(), admin(), held[1:]); err == nil {
		t.Error("a rejected change was approved")
	}
}

func TestApproveAfterConnectWiseChangedIsStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.join(acme, 4)
	run := w.sync()
	w.wantChanges(run, "held NP-BUS 5>9")
	w.sim.SetQuantity(a.ID, w.sim.Additions(a.ID)[0].ID, "6", "someone")
	w.approve(w.heldIDs(run))
	w.work.Wait()
	w.wantChanges(run, "stale NP-BUS 5>9")
	w.wantLive(a.ID, "NP-BUS 6")
}

func TestALaterRunSupersedesWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapped("Acme", 5, store.Business)
	w.set(func(s *store.Settings) { s.Holds.First = true })
	first := w.sync()
	second := w.sync()
	w.wantChanges(first, "stale NP-BUS ->5")
	w.wantChanges(second, "held NP-BUS ->5")
	if n, err := w.store.CountHeld(t.Context()); err != nil || n != 1 {
		t.Errorf("%d held changes (%v), want one", n, err)
	}
}

func TestUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	beta, b := w.mapped("Beta", 3, store.Business)
	w.sync()
	_, c := w.mapped("Gamma", 2, store.Business)
	w.join(acme, 2)
	w.join(beta, 2)
	run := w.sync()
	w.wantChanges(run, "written NP-BUS 5>7", "written NP-BUS 3>5", "written NP-BUS ->2")
	w.sim.SetQuantity(b.ID, w.sim.Additions(b.ID)[0].ID, "9", "someone")

	undo, err := w.Runs.Undo(t.Context(), admin(), run.ID)
	w.must(err)
	w.work.Wait()
	w.wantChanges(undo, "planned NP-BUS 7>5", "stale NP-BUS 9>3", "planned NP-BUS 2>0")
	w.wantLive(a.ID, "NP-BUS 7")
	w.must(w.Runs.Apply(t.Context(), admin(), undo.ID))
	w.work.Wait()
	w.wantChanges(undo, "written NP-BUS 7>5", "stale NP-BUS 9>3", "written NP-BUS 2>0")
	w.wantLive(a.ID, "NP-BUS 5")
	w.wantLive(b.ID, "NP-BUS 9")
	w.wantLive(c.ID, "NP-BUS 0")

	again := w.sync() // the undone lines are not taken for hand edits
	changes, _, err := w.store.Changes(t.Context(), store.ChangeFilter{RunID: again.ID})
	w.must(err)
	for _, c := range changes {
		if c.HandEdited != (c.Company == "Beta") {
			t.Errorf("%s %s: hand edited %v", c.Company, plantest.Show(c), c.HandEdited)
		}
	}
}

func TestUnmapToZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	branch := w.organization("Acme Branch", 3, store.Business)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, branch.ID))
	foreign := w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "OTHER", Description: "Something else"})
	w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: foreign.ID, Quantity: plantest.Quantity("40")})
	w.sync()
	w.wantLive(a.ID, "OTHER 40", "NP-BUS 8")
	w.must(w.Mapping.Unmap(t.Context(), admin(), branch.ID, true))
	w.work.Wait()
	w.wantLive(a.ID, "OTHER 40", "NP-BUS 5")
	w.must(w.Mapping.Unmap(t.Context(), admin(), acme.ID, true))
	w.work.Wait()
	w.wantLive(a.ID, "OTHER 40", "NP-BUS 0")
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, acme.ID))
	w.sync()
	w.wantLive(a.ID, "OTHER 40", "NP-BUS 5")
}

func TestChooseLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("2")})
	chosen := w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("3")})
	run := w.sync()
	changes, _, err := w.store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.must(err)
	if len(changes) != 1 || len(changes[0].Candidates) != 2 {
		t.Fatalf("changes %+v, want one with two candidates", changes)
	}
	if err := w.Runs.ChooseLine(t.Context(), admin(), changes[0].ID, 999); err == nil {
		t.Error("an addition that was not offered was chosen")
	}
	w.must(w.Runs.ChooseLine(t.Context(), admin(), changes[0].ID, chosen.ID))
	wantStatus(t, w.sync(), store.RunDone)
	w.wantLive(a.ID, "NP-BUS 2", "NP-BUS 5")
	w.join(acme, 1)
	w.sync() // remembered
	w.wantLive(a.ID, "NP-BUS 2", "NP-BUS 6")
}

func TestRetryAndOneAgreement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	beta, b := w.mapped("Beta", 3, store.Business)
	w.sync()
	w.join(acme, 1)
	w.join(beta, 1)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH", Times: 1})
	run := w.sync()
	wantStatus(t, run, store.RunIncomplete)
	w.sim.ResetRequests()
	retry, err := w.Runs.Retry(t.Context(), admin(), run.ID)
	w.must(err)
	w.work.Wait()
	if n := w.writes(); n != 1 {
		t.Errorf("the retry made %d writes, want one", n)
	}
	if list := w.changes(retry); len(list) != 1 {
		t.Errorf("the retry looked at %q, want only what failed", list)
	}
	w.wantLive(a.ID, "NP-BUS 6")
	w.wantLive(b.ID, "NP-BUS 4")

	w.join(acme, 1)
	w.join(beta, 1)
	_, err = w.Runs.SyncAgreement(t.Context(), admin(), a.ID)
	w.must(err)
	w.work.Wait()
	w.wantLive(a.ID, "NP-BUS 7")
	w.wantLive(b.ID, "NP-BUS 4")
}
