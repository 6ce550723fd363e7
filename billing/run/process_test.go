package run

import (
	"errors"
	"testing"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// TestNothingGoesOnAfterAWriteThatFailed holds that a step which cannot be noted ends the agreement's steps.
func TestNothingGoesOnAfterAWriteThatFailed(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	run, err := s.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", Status: store.RunRunning, StartedAt: time.Now()})
	must(t, err)
	journal, err := s.PlanAgreement(t.Context(), run.ID, 1, []store.Change{
		{ProductID: 71, Kind: store.KindUpdate, State: store.StateWritten},
		{ProductID: 72, Kind: store.KindUpdate, State: store.StateSending},
	})
	must(t, err)
	for _, do := range []plan.Action{plan.Finish, plan.Replan} {
		writer := &writer{store: s, now: time.Now, run: run}
		changes, unsettled, err := writer.take(t.Context(), []plan.Step{{Change: journal[0], Do: do}, {Change: journal[1], Do: plan.Replan}, {Change: journal[1], Do: plan.Enter}})
		if !errors.Is(err, store.ErrNotFound) || changes != nil || unsettled {
			t.Errorf("action %d: %d changes to plan, unsettled %v, error %v; want the store's error alone", do, len(changes), unsettled, err)
		}
		now, err := s.AgreementChanges(t.Context(), run.ID, 1)
		must(t, err)
		if now[1].State != store.StateSending {
			t.Errorf("action %d: the next step was taken: %s", do, now[1].State)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
