package billing_test

import (
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// attends lists what needs a person, by kind.
func (w *world) attends() map[billing.AttentionKind]int {
	w.T.Helper()
	list, err := w.Attention(w.T.Context())
	w.Must(err)
	kinds := map[billing.AttentionKind]int{}
	for _, a := range list {
		kinds[a.Kind] = a.Count
		if a.Title == "" || a.Detail == "" {
			w.T.Errorf("%s does not say what to do: %+v", a.Kind, a)
		}
	}
	return kinds
}

func TestAttentionTellsLinesApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	beta, _ := w.Mapped("Beta", 3, store.Business)
	w.Sync()
	if got := w.attends(); len(got) != 0 {
		t.Fatalf("after a good sync %v needs a person", got)
	}
	_, twice := w.Mapped("Gamma", 2, store.Business)
	for range 2 {
		w.Sim.AddAddition(cwsim.Addition{AgreementID: twice.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("1")})
	}
	w.Trusting()
	w.Set(func(s *store.Settings) { s.Holds.Seats = 10 })
	w.Join(acme, 11)
	w.Join(beta, 1)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH", Times: 1})
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	if got := w.attends(); got[billing.AttendHeld] != 1 || got[billing.AttendFailed] != 1 || got[billing.AttendConflict] != 1 || len(got) != 3 {
		t.Errorf("%v needs a person, want one line held, one failed and one in conflict", got)
	}

	// What is decided, retried or chosen is off the list.
	w.Approve(w.HeldIDs(run))
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{Open: true, States: []store.ChangeState{store.StateConflict}})
	w.Must(err)
	w.Must(w.Findings.ChooseLine(t.Context(), billingtest.Admin(), changes[0].ID, changes[0].Candidates[1].AdditionID))
	_, err = w.Runs.Retry(t.Context(), billingtest.Admin(), run.ID)
	w.Must(err)
	w.Work.Wait()
	w.meant(w.wantFound(store.AboutSecond), "") // ConnectWise bills the other one, too
	if got := w.attends(); len(got) != 0 {
		t.Errorf("%v still needs a person", got)
	}
	w.WantLive(a.ID, "NP-BUS 16")
}

// TestAMonthWaitsForItsSync is a month that ended with another figure than the one before, until its sync is due, and after that.
func TestAMonthWaitsForItsSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, _ := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Join(acme, 1)
	w.SetTime("2026-11-01 00:20:00")
	if got := w.attends(); len(got) != 0 {
		t.Errorf("before the sync of October %v needs a person", got)
	}
	w.Set(func(s *store.Settings) { s.Months.SyncDay, s.Months.SyncSetAt = 3, w.Time() })
	w.SetTime("2026-11-03 00:20:00")
	if got := w.attends(); len(got) != 0 {
		t.Errorf("before the sync of October on the third %v needs a person", got)
	}
	w.SetTime("2026-11-03 00:40:00")
	if got := w.attends(); got[billing.AttendMonth] != 1 {
		t.Errorf("after the sync of October was due %v needs a person, want the month", got)
	}
	w.Must(w.Runs.RunDue(t.Context()))
	if got := w.attends(); len(got) != 0 {
		t.Errorf("after the sync of October %v needs a person", got)
	}
}

func TestHeldOverSeveralRunsAreApprovedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	_, a := w.Mapped("Acme", 5, store.Business)
	_, err := w.Runs.SyncAgreement(t.Context(), billingtest.Admin(), a.ID)
	w.Must(err)
	w.Work.Wait()
	_, b := w.Mapped("Beta", 3, store.Business)
	_, err = w.Runs.SyncAgreement(t.Context(), billingtest.Admin(), b.ID)
	w.Must(err)
	w.Work.Wait()
	var ids []int64
	for c, err := range w.Store.EachChange(t.Context(), store.ChangeFilter{States: []store.ChangeState{store.StateHeld}, Carried: true}) {
		w.Must(err)
		ids = append(ids, c.ID)
	}
	if len(ids) != 2 {
		t.Fatalf("%d held changes, want two of two runs", len(ids))
	}
	w.Approve(append(ids, 999))
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(b.ID, "NP-BUS 3")
	runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{})
	w.Must(err)
	for _, r := range runs {
		if r.Status != store.RunDone || !r.ResumedAt.IsZero() || r.ContinuedAt.IsZero() {
			t.Errorf("run %d is %s, resumed %v; want it done as approved, not as resumed", r.ID, r.Status, r.ResumedAt)
		}
	}
}

func TestADiscardedPreviewHoldsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.Mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	held := w.HeldIDs(preview)
	if n, err := w.Store.CountHeld(t.Context()); err != nil || n != 0 || len(held) != 1 {
		t.Errorf("%d wait for approval (%v), %d held in the preview; want 0 and 1", n, err, len(held))
	}
	w.Must(w.Runs.Discard(t.Context(), billingtest.Admin(), preview.ID))
	if _, err := w.Runs.Approve(t.Context(), billingtest.Admin(), held); err == nil {
		t.Error("a change of a discarded preview was approved")
	}
}
