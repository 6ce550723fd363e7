package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// How long a run waits before it tries again to use a database that could not be used. The pause doubles each time.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// outlast does work again, after pauses that grow, for as long as the ground that the database stands on keeps it from
// succeeding: nobody else would go on with it before the next hour. It ends with the process, by ctx.
func (rn *Runner) outlast(ctx context.Context, work func(again bool) error) error {
	defer rn.waits(store.Problem{})
	err := work(false)
	for pause := firstPause; store.Passing(err); pause = min(2*pause, longestPause) {
		rn.log.Warn("the database cannot be used, waiting", "pause", pause, "err", err)
		rn.waits(problem.OfGround(err))
		if wait(ctx, rn.after(pause)) != nil {
			return err
		}
		err = work(true)
	}
	return err
}

// waits notes what the run in progress waits for.
func (rn *Runner) waits(reason store.Problem) {
	rn.active.mu.Lock()
	defer rn.active.mu.Unlock()
	rn.active.waits = reason
}

// Waiting is what keeps a run that is in progress here from going on, for the time being: zero when nothing does.
func (rn *Runner) Waiting(runID int64) store.Problem {
	rn.active.mu.Lock()
	defer rn.active.mu.Unlock()
	if rn.active.id != runID {
		return store.Problem{}
	}
	return rn.active.waits
}

// attempt carries a run to its end, or as far as the ground lets it: the run then stays as it is.
func (rn *Runner) attempt(ctx context.Context, run store.Run) (store.Run, error) {
	cause := rn.carryOut(ctx, run)
	if ctx.Err() != nil {
		cause = context.Cause(ctx)
		if !errors.Is(cause, errCancelled) {
			return run, fmt.Errorf("run %d was interrupted: %w", run.ID, cause)
		}
	}
	if store.Passing(cause) {
		return run, fmt.Errorf("carrying out run %d: %w", run.ID, cause)
	}
	return rn.conclude(context.WithoutCancel(ctx), run.ID, cause)
}

// attemptAgain goes on with a run that the ground kept from its end, as after a restart.
func (rn *Runner) attemptAgain(ctx context.Context, runID int64) (store.Run, error) {
	recorded := context.WithoutCancel(ctx)
	run, err := rn.store.Run(recorded, runID)
	if err != nil {
		return store.Run{}, fmt.Errorf("going on with run %d: %w", runID, err)
	}
	if run.Status != store.RunRunning { // all that is left is what it says about the connection
		return run, rn.noteContact(recorded, run, run.Status != store.RunCancelled)
	}
	run.ResumedAt = rn.now()
	if err := rn.store.UpdateRun(recorded, run); err != nil {
		return run, fmt.Errorf("going on with run %d: %w", runID, err)
	}
	return rn.attempt(ctx, run)
}
