package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// How long a run waits before it tries again to use a database that could not be used. The pause doubles each time.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// patience waits for a database that cannot be used.
type patience struct {
	log   *slog.Logger
	after func(time.Duration) <-chan time.Time

	mu    sync.Mutex
	waits store.Problem // what it waits for; zero: nothing
}

// outlast does work again, after pauses that grow, for as long as the ground that the database stands on keeps it from
// succeeding: nobody else would go on with it before the next hour. It ends with the process, by ctx.
func (p *patience) outlast(ctx context.Context, work func(again bool) error) error {
	defer p.note(store.Problem{})
	err := work(false)
	for pause := firstPause; store.Passing(err); pause = min(2*pause, longestPause) {
		p.log.Warn("the database cannot be used, waiting", "pause", pause, "err", err)
		p.note(problem.OfGround(err))
		if wait(ctx, p.after(pause)) != nil {
			return err
		}
		err = work(true)
	}
	return err
}

func (p *patience) note(reason store.Problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits = reason
}

// Waiting is what keeps a run that is in progress here from going on, for the time being: zero when nothing does.
func (rn *Runner) Waiting(runID int64) store.Problem {
	if !rn.active.is(runID) {
		return store.Problem{}
	}
	rn.patience.mu.Lock()
	defer rn.patience.mu.Unlock()
	return rn.patience.waits
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
