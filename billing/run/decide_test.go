package run_test

import (
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

func TestApproveWritesWhatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantChanges(run, "held NP-BUS ->5", "held NP-BUS ->3")
	held := w.HeldIDs(run)
	w.Join(acme, 4) // not what is approved
	w.Approve(held[:1])
	w.Work.Wait()
	w.WantChanges(run, "written NP-BUS ->5", "held NP-BUS ->3")
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(b.ID)
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	if changes[0].DecidedBy != billingtest.Admin().Name || changes[0].DecidedAt.IsZero() {
		t.Errorf("decided by %q at %s, want the admin's name and the time", changes[0].DecidedBy, changes[0].DecidedAt)
	}
	if n, err := w.Runs.Reject(t.Context(), billingtest.Admin(), held[1:]); err != nil || n != 1 {
		t.Errorf("rejected %d (%v), want one", n, err)
	}
	w.WantChanges(run, "written NP-BUS ->5", "rejected NP-BUS ->3")
	w.WantLive(b.ID)
	if _, err := w.Runs.Approve(t.Context(), billingtest.Admin(), held[1:]); err == nil {
		t.Error("a rejected change was approved")
	}
}

// TestApproveAfterConnectWiseChangedAsksAgain holds that an approval is one from a quantity to another.
func TestApproveAfterConnectWiseChangedAsksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.Join(acme, 4)
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS 5>9")
	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "6", "someone")
	w.Approve(w.HeldIDs(run))
	w.WantChanges(run, "held NP-BUS 6>9")
	w.WantLive(a.ID, "NP-BUS 6")
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	const because = "Approved was NP-BUS from 5 to 9; ConnectWise says 6 now."
	if c := changes[0]; !strings.HasPrefix(c.HeldBecause, because) || !slices.Contains(c.HeldFor, store.HoldAgain) || c.DecidedBy != "" {
		t.Errorf("held for %q because %q, decided by %q", c.HeldFor, c.HeldBecause, c.DecidedBy)
	}
	w.Approve(w.HeldIDs(run))
	w.WantChanges(run, "written NP-BUS 6>9")
	w.WantLive(a.ID, "NP-BUS 9")
}

func TestALaterRunSupersedesWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	first := w.Sync()
	second := w.Sync()
	w.WantChanges(first, "stale NP-BUS ->5")
	w.WantChanges(second, "held NP-BUS ->5")
	if n, err := w.Store.CountHeld(t.Context()); err != nil || n != 1 {
		t.Errorf("%d held changes (%v), want one", n, err)
	}
}

func TestUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.Mapped("Beta", 3, store.Business)
	w.Sync()
	_, c := w.Mapped("Gamma", 2, store.Business)
	w.Join(acme, 2)
	w.Join(beta, 2)
	run := w.Sync()
	w.WantChanges(run, "written NP-BUS 5>7", "written NP-BUS 3>5", "written NP-BUS ->2")
	w.Sim.SetQuantity(b.ID, w.Sim.Additions(b.ID)[0].ID, "9", "someone")

	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), run.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(undo, "planned NP-BUS 7>5", "stale NP-BUS 9>3", "planned NP-BUS 2>0")
	w.WantLive(a.ID, "NP-BUS 7")
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), undo.ID))
	w.Work.Wait()
	w.WantChanges(undo, "written NP-BUS 7>5", "stale NP-BUS 9>3", "written NP-BUS 2>0")
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(b.ID, "NP-BUS 9")
	w.WantLive(c.ID, "NP-BUS 0")

	again := w.Sync() // the undone lines are not taken for hand edits
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: again.ID})
	w.Must(err)
	for _, c := range changes {
		if c.HandEdited != (c.Company == "Beta") {
			t.Errorf("%s %s: hand edited %v", c.Company, plantest.Show(c), c.HandEdited)
		}
	}
}

func TestUnmapToZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	branch := w.Organization("Acme Branch", 2, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, branch.ID))
	foreign := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "OTHER", Description: "Something else"})
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: foreign.ID, Quantity: plantest.Quantity("40")})
	_, other := w.Mapped("Beta", 3, store.Business) // its mapping is none of this agreement's
	w.Sync()
	w.WantLive(a.ID, "OTHER 40", "NP-BUS 7")
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), branch.ID, true))
	w.Work.Wait()
	w.WantLive(a.ID, "OTHER 40", "NP-BUS 5")
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, true))
	w.Work.Wait()
	w.WantLive(a.ID, "OTHER 40", "NP-BUS 0")
	w.WantLive(other.ID, "NP-BUS 3")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, acme.ID))
	w.Sync()
	w.WantLive(a.ID, "OTHER 40", "NP-BUS 5")
}

func TestChooseLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("2")})
	chosen := w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3")})
	w.Trusting()
	run := w.Sync()
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	if len(changes) != 1 || len(changes[0].Candidates) != 2 {
		t.Fatalf("changes %+v, want one with two candidates", changes)
	}
	if err := w.Findings.ChooseLine(t.Context(), billingtest.Admin(), changes[0].ID, 999); err == nil {
		t.Error("an addition that was not offered was chosen")
	}
	for _, addition := range []int{changes[0].Candidates[0].AdditionID, chosen.ID} { // who changes their mind says so
		w.Must(w.Findings.ChooseLine(t.Context(), billingtest.Admin(), changes[0].ID, addition))
	}
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(a.ID, "NP-BUS 2", "NP-BUS 5")
	w.Join(acme, 1)
	w.Sync() // remembered
	w.WantLive(a.ID, "NP-BUS 2", "NP-BUS 6")
}

func TestRetryAndOneAgreement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.Mapped("Beta", 3, store.Business)
	w.Sync()
	w.Join(acme, 1)
	w.Join(beta, 1)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH", Times: 1})
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.Sim.ResetRequests()
	retry, err := w.Runs.Retry(t.Context(), billingtest.Admin(), run.ID)
	w.Must(err)
	w.Work.Wait()
	if n := w.Writes(); n != 1 {
		t.Errorf("the retry made %d writes, want one", n)
	}
	if list := w.Changes(retry); len(list) != 1 {
		t.Errorf("the retry looked at %q, want only what failed", list)
	}
	w.WantLive(a.ID, "NP-BUS 6")
	w.WantLive(b.ID, "NP-BUS 4")

	w.Join(acme, 1)
	w.Join(beta, 1)
	_, err = w.Runs.SyncAgreement(t.Context(), billingtest.Admin(), a.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 7")
	w.WantLive(b.ID, "NP-BUS 4")
}
