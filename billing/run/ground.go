package run

import (
	"context"
	"errors"
	"fmt"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// Waiting is what keeps a run that is in progress here from going on, for the time being: zero when nothing does.
func (rn *Runner) Waiting(runID int64) store.Problem {
	if !rn.active.is(runID) {
		return store.Problem{}
	}
	return problem.OfGround(rn.patience.WaitsFor())
}

// attempt is a try to carry a run to its end.
type attempt struct {
	*Runner
	run store.Run
}

// first carries the run to its end, or as far as the ground lets it: the run then stays as it is.
func (a attempt) first(ctx context.Context) (store.Run, error) {
	cause := a.carryOut(ctx, a.run)
	if ctx.Err() != nil {
		cause = context.Cause(ctx)
		if !errors.Is(cause, errCancelled) {
			return a.run, fmt.Errorf("run %d was interrupted: %w", a.run.ID, cause)
		}
	}
	if store.Passing(cause) {
		return a.run, fmt.Errorf("carrying out run %d: %w", a.run.ID, cause)
	}
	return a.conclude(context.WithoutCancel(ctx), a.run.ID, cause)
}

// next goes on with a run that the ground kept from its end, as after a restart.
func (a attempt) next(ctx context.Context) (store.Run, error) {
	recorded := context.WithoutCancel(ctx)
	run, err := a.store.Run(recorded, a.run.ID)
	if err != nil {
		return a.run, fmt.Errorf("going on with run %d: %w", a.run.ID, err)
	}
	if run.Status != store.RunRunning { // all that is left is what it says about the connection
		return run, a.noteContact(recorded, run, run.Status != store.RunCancelled)
	}
	run.ResumedAt = a.now()
	if err := a.store.UpdateRun(recorded, run); err != nil {
		return run, fmt.Errorf("going on with run %d: %w", run.ID, err)
	}
	return attempt{a.Runner, run}.first(ctx)
}
