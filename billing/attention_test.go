package billing

import (
	"slices"
	"testing"

	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// attends lists what needs a person, by kind.
func (w *world) attends() map[AttentionKind]int {
	w.t.Helper()
	list, err := w.Attention(w.t.Context())
	w.must(err)
	kinds := map[AttentionKind]int{}
	for _, a := range list {
		kinds[a.Kind] = a.Count
		if a.Title == "" || a.Detail == "" {
			w.t.Errorf("%s does not say what to do: %+v", a.Kind, a)
		}
	}
	return kinds
}

func TestAttentionTellsLinesApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	beta, _ := w.mapped("Beta", 3, store.Business)
	w.sync()
	if got := w.attends(); len(got) != 0 {
		t.Fatalf("after a good sync %v needs a person", got)
	}
	_, twice := w.mapped("Gamma", 2, store.Business)
	for range 2 {
		w.sim.AddAddition(cwsim.Addition{AgreementID: twice.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("1")})
	}
	w.set(func(s *store.Settings) { s.Holds.Seats = 10 })
	w.join(acme, 11)
	w.join(beta, 1)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH", Times: 1})
	run := w.sync()
	wantStatus(t, run, store.RunIncomplete)
	if got := w.attends(); got[AttendHeld] != 1 || got[AttendFailed] != 1 || got[AttendConflict] != 1 || len(got) != 3 {
		t.Errorf("%v needs a person, want one line held, one failed and one in conflict", got)
	}

	// What is decided, retried or chosen is off the list.
	w.approve(w.heldIDs(run))
	changes, _, err := w.store.Changes(t.Context(), store.ChangeFilter{Open: true, States: []store.ChangeState{store.StateConflict}})
	w.must(err)
	w.must(w.Runs.ChooseLine(t.Context(), admin(), changes[0].ID, changes[0].Candidates[1].AdditionID))
	_, err = w.Runs.Retry(t.Context(), admin(), run.ID)
	w.must(err)
	w.work.Wait()
	if got := w.attends(); len(got) != 0 {
		t.Errorf("%v still needs a person", got)
	}
	w.wantLive(a.ID, "NP-BUS 16")
}

func TestHeldOverSeveralRunsAreApprovedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(func(s *store.Settings) { s.Holds.First = true })
	_, a := w.mapped("Acme", 5, store.Business)
	_, err := w.Runs.SyncAgreement(t.Context(), admin(), a.ID)
	w.must(err)
	w.work.Wait()
	_, b := w.mapped("Beta", 3, store.Business)
	_, err = w.Runs.SyncAgreement(t.Context(), admin(), b.ID)
	w.must(err)
	w.work.Wait()
	var ids []int64
	for c, err := range w.store.EachChange(t.Context(), store.ChangeFilter{States: []store.ChangeState{store.StateHeld}, Carried: true}) {
		w.must(err)
		ids = append(ids, c.ID)
	}
	if len(ids) != 2 {
		t.Fatalf("%d held changes, want two of two runs", len(ids))
	}
	w.approve(append(ids, 999))
	w.wantLive(a.ID, "NP-BUS 5")
	w.wantLive(b.ID, "NP-BUS 3")
	runs, _, err := w.store.Runs(t.Context(), store.RunFilter{})
	w.must(err)
	for _, r := range runs {
		if r.Status != store.RunDone || !r.ResumedAt.IsZero() || r.ContinuedAt.IsZero() {
			t.Errorf("run %d is %s, resumed %v; want it done as approved, not as resumed", r.ID, r.Status, r.ResumedAt)
		}
	}
}

func TestADiscardedPreviewHoldsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(func(s *store.Settings) { s.Holds.First = true })
	w.mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(true))
	w.must(err)
	held := w.heldIDs(preview)
	if n, err := w.store.CountHeld(t.Context()); err != nil || n != 0 || len(held) != 1 {
		t.Errorf("%d wait for approval (%v), %d held in the preview; want 0 and 1", n, err, len(held))
	}
	w.must(w.Runs.Discard(t.Context(), admin(), preview.ID))
	if _, err := w.Runs.Approve(t.Context(), admin(), held); err == nil {
		t.Error("a change of a discarded preview was approved")
	}
}

func TestDueMonthsAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.setTime("2026-12-05 12:00:00")
	months, err := w.Runs.Due(t.Context())
	w.must(err)
	if want := []store.Month{"2026-10", "2026-11"}; !slices.Equal(months, want) {
		t.Errorf("due %v, want %v", months, want)
	}
	if _, missed := w.attends()[AttendMissed]; !missed {
		t.Error("the missed months need nobody")
	}
}
