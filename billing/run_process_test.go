package billing

import (
	"errors"
	"testing"

	"seatbridge/billing/plan"
	"seatbridge/store"
)

// TestNothingGoesOnAfterAWriteThatFailed holds that a step which cannot be noted ends the agreement's steps.
func TestNothingGoesOnAfterAWriteThatFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run, err := w.store.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", Status: store.RunRunning, StartedAt: w.time()})
	w.must(err)
	journal, err := w.store.PlanAgreement(t.Context(), run.ID, 1, []store.Change{
		{ProductID: 71, Kind: store.KindUpdate, State: store.StateWritten},
		{ProductID: 72, Kind: store.KindUpdate, State: store.StateSending},
	})
	w.must(err)
	for _, do := range []plan.Action{plan.Finish, plan.Replan} {
		writer := &writer{store: w.store, now: w.time, run: run}
		changes, unsettled, err := writer.take(t.Context(), []plan.Step{{Change: journal[0], Do: do}, {Change: journal[1], Do: plan.Replan}, {Change: journal[1], Do: plan.Enter}})
		if !errors.Is(err, store.ErrNotFound) || changes != nil || unsettled {
			t.Errorf("action %d: %d changes to plan, unsettled %v, error %v; want the store's error alone", do, len(changes), unsettled, err)
		}
		now, err := w.store.AgreementChanges(t.Context(), run.ID, 1)
		w.must(err)
		if now[1].State != store.StateSending {
			t.Errorf("action %d: the next step was taken: %s", do, now[1].State)
		}
	}
}
