package billing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// A Request asks for a run.
type Request struct {
	Kind      store.RunKind
	Period    seats.Period
	Preview   bool  // plans only; Apply writes it
	Of        int64 // the run to undo or to retry
	Agreement int   // this agreement only; 0: all
}

// SyncNow is the request behind the button: the current month's real-time figures.
func (b *Bridge) SyncNow(preview bool) Request {
	return Request{Kind: store.RunManual, Period: seats.ToDate(b.now()), Preview: preview}
}

// activeRun is the run in progress in this process.
type activeRun struct {
	mu     sync.Mutex
	id     int64
	cancel context.CancelCauseFunc
}

var errCancelled = errors.New("cancelled by an admin")

// Start begins a run that goes on in the background. ErrRunning: another one is in progress, here or
// in another process.
func (b *Bridge) Start(ctx context.Context, who problem.Actor, r Request) (store.Run, error) {
	run, release, err := b.begin(ctx, who, r)
	if err != nil {
		return store.Run{}, err
	}
	b.work.Go(func(ctx context.Context) { b.inBackground(ctx, run, release) })
	return run, nil
}

// startAfter begins a run that a deed leads to, and goes on with it in the background once the deed is done. If that
// fails, nothing of the run is done either.
func (b *Bridge) startAfter(ctx context.Context, who problem.Actor, r Request, deed func() error) error {
	run, release, err := b.begin(ctx, who, r)
	if err != nil {
		return err
	}
	if err := deed(); err != nil {
		defer release()
		run.Status, run.EndedAt = store.RunCancelled, b.now()
		return errors.Join(err, b.store.UpdateRun(context.WithoutCancel(ctx), run))
	}
	b.work.Go(func(ctx context.Context) { b.inBackground(ctx, run, release) })
	return nil
}

// Run walks the whole road in the foreground and returns the run as it ended. What went wrong on the
// way is in the run and its changes; the error is for what kept the run from being recorded.
func (b *Bridge) Run(ctx context.Context, who problem.Actor, r Request) (store.Run, error) {
	run, release, err := b.begin(ctx, who, r)
	if err != nil {
		return store.Run{}, err
	}
	return b.execute(ctx, run, release)
}

// Apply writes a previewed run, in the background: exactly what was shown. What changed in ConnectWise
// since is marked stale and left alone.
func (b *Bridge) Apply(ctx context.Context, who problem.Actor, runID int64) error {
	run, release, err := b.reopen(ctx, runID)
	if err != nil {
		return err
	}
	run.Preview, run.Status, run.EndedAt, run.ContinuedAt = false, store.RunRunning, time.Time{}, b.now()
	entry := who.Did(b.now(), store.CategoryBilling, "Started writing the previewed changes of run %d.", run.ID)
	err = b.store.Record(ctx, entry, func(s *store.Store) error { return s.UpdateRun(ctx, run) }) // from here on the run is carried out, if need be by Resume
	if err != nil {
		release()
		return fmt.Errorf("applying run %d: %w", runID, err)
	}
	b.work.Go(func(ctx context.Context) { b.inBackground(ctx, run, release) })
	return nil
}

// Discard throws a preview away.
func (b *Bridge) Discard(ctx context.Context, who problem.Actor, runID int64) error {
	run, release, err := b.reopen(ctx, runID)
	if err != nil {
		return err
	}
	defer release()
	entry := who.Did(b.now(), store.CategoryBilling, "Discarded the previewed changes of run %d.", run.ID)
	return b.store.Record(ctx, entry, func(s *store.Store) error { return s.DiscardRun(ctx, run.ID) })
}

// reopen takes the lock for a preview that waits.
func (b *Bridge) reopen(ctx context.Context, runID int64) (store.Run, func(), error) {
	release, err := b.store.LockSync(ctx)
	if err != nil {
		return store.Run{}, nil, err
	}
	run, err := b.store.Run(ctx, runID)
	if err == nil && run.Status != store.RunPlanned {
		err = &problem.Invalid{Fields: problem.Fields{"run": "This preview was written or discarded already."}}
	}
	if err != nil {
		release()
		return store.Run{}, nil, err
	}
	return run, release, nil
}

// Cancel stops a run after the changes in hand; what was not written yet is marked cancelled.
func (b *Bridge) Cancel(ctx context.Context, who problem.Actor, runID int64) error {
	b.active.mu.Lock()
	running := b.active.id == runID && b.active.cancel != nil
	if running {
		b.active.cancel(errCancelled)
	}
	b.active.mu.Unlock()
	if !running {
		return &problem.Invalid{Fields: problem.Fields{"run": "This run is not in progress here."}}
	}
	return b.store.AddActivity(ctx, who.Did(b.now(), store.CategoryBilling, "Cancelled run %d.", runID))
}

// Resume finishes the runs that were cut off, oldest first, and sends the notifications that were left over.
func (b *Bridge) Resume(ctx context.Context) error {
	b.Outbox.Wake()
	release, err := b.store.LockSync(ctx)
	if err != nil {
		return err
	}
	defer release()
	return b.resume(ctx, func(store.Run) bool { return true })
}

// resume does so, for the runs that were cut off, under the lock. Under a free lock a run is 'running'
// only if its process died.
func (b *Bridge) resume(ctx context.Context, cutOff func(store.Run) bool) error {
	runs, err := b.store.UnfinishedRuns(ctx)
	if err != nil {
		return fmt.Errorf("finding unfinished runs: %w", err)
	}
	for _, run := range runs {
		if !cutOff(run) {
			continue
		}
		b.log.Info("resuming run", "run", run.ID, "kind", run.Kind, "month", run.Month)
		run.ResumedAt = b.now()
		if err := b.store.UpdateRun(ctx, run); err != nil {
			return err
		}
		if _, err := b.drive(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// begin takes the lock and writes the run down.
func (b *Bridge) begin(ctx context.Context, who problem.Actor, r Request) (store.Run, func(), error) {
	if err := b.ready(ctx); err != nil {
		return store.Run{}, nil, err
	}
	if r.Period.Start().After(b.now()) {
		return store.Run{}, nil, &problem.Invalid{Fields: problem.Fields{"month": fmt.Sprintf("%s has not begun yet.", r.Period.Month)}}
	}
	release, err := b.store.LockSync(ctx)
	if err != nil {
		return store.Run{}, nil, err
	}
	run, err := b.create(ctx, who, r)
	if err != nil {
		release()
		return store.Run{}, nil, err
	}
	return run, release, nil
}

func (b *Bridge) create(ctx context.Context, who problem.Actor, r Request) (run store.Run, err error) {
	err = b.store.Record(ctx, who.Did(b.now(), store.CategoryBilling, "Started %s.", r), func(s *store.Store) error {
		if r.Preview {
			// An earlier preview that still waits is out of date from now on.
			if err := s.DiscardPreviews(ctx, r.Kind); err != nil {
				return err
			}
		}
		run, err = s.CreateRun(ctx, store.Run{
			Kind: r.Kind, Month: r.Period.Month, AsOf: r.Period.AsOf, Preview: r.Preview,
			Status: store.RunRunning, Actor: who.Name, UserID: who.UserID, Of: r.Of, Agreement: r.Agreement, StartedAt: b.now(),
		})
		return err
	})
	if err != nil {
		return store.Run{}, fmt.Errorf("starting a run: %w", err)
	}
	return run, nil
}

// String is the request in words, for the activity log.
func (r Request) String() string {
	what := "a sync"
	if r.Preview {
		what = "a preview"
	}
	switch {
	case r.Kind == store.RunUndo:
		return fmt.Sprintf("%s of undoing run %d", what, r.Of)
	case r.Kind == store.RunRetry:
		return fmt.Sprintf("%s of what run %d did not write", what, r.Of)
	case r.Kind == store.RunRelease:
		return fmt.Sprintf("setting the lines of agreement %d to 0", r.Agreement)
	case r.Agreement != 0:
		return fmt.Sprintf("%s of %s for agreement %d", what, r.Period, r.Agreement)
	}
	return fmt.Sprintf("%s of %s", what, r.Period)
}

// ready says whether there is anything to sync with.
func (b *Bridge) ready(ctx context.Context) error {
	integration, err := b.store.Integration(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return problem.ErrNotConnected
	case err != nil:
		return fmt.Errorf("reading the integration: %w", err)
	case integration.ActiveSince.IsZero():
		return problem.ErrNotActive
	}
	return nil
}

// inBackground is execute for the background, where nobody waits for an error.
func (b *Bridge) inBackground(ctx context.Context, run store.Run, release func()) {
	if _, err := b.execute(ctx, run, release); err != nil {
		b.log.Error("run", "run", run.ID, "err", err)
	}
}

// execute finishes what was cut off earlier, then carries the recorded run to its end and releases the lock.
func (b *Bridge) execute(ctx context.Context, run store.Run, release func()) (store.Run, error) {
	defer release()
	if err := b.resume(ctx, func(r store.Run) bool { return r.ID < run.ID }); err != nil {
		return run, err
	}
	b.pullFor(ctx, run)
	return b.drive(ctx, run)
}

// drive carries one run to its end. When the process shuts down the run stays unfinished, for Resume.
func (b *Bridge) drive(ctx context.Context, run store.Run) (store.Run, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b.enter(run.ID, cancel)
	defer b.enter(0, nil)

	cause := b.carryOut(ctx, run)
	if ctx.Err() != nil {
		cause = context.Cause(ctx)
		if !errors.Is(cause, errCancelled) {
			return run, fmt.Errorf("run %d was interrupted: %w", run.ID, cause)
		}
	}
	return b.conclude(context.WithoutCancel(ctx), run.ID, cause)
}

func (b *Bridge) enter(id int64, cancel context.CancelCauseFunc) {
	b.active.mu.Lock()
	defer b.active.mu.Unlock()
	b.active.id, b.active.cancel = id, cancel
}

// conclude sums the run up.
func (b *Bridge) conclude(ctx context.Context, runID int64, cause error) (store.Run, error) {
	run, err := b.store.Run(ctx, runID)
	if err != nil {
		return store.Run{}, fmt.Errorf("concluding run %d: %w", runID, err)
	}
	if cause != nil || !run.Preview {
		// A run that was given up looked at only a part; approving what it held would make it seem whole.
		if err := b.store.CancelPlanned(ctx, runID, store.StateCancelled, cause != nil); err != nil {
			return run, fmt.Errorf("concluding run %d: %w", runID, err)
		}
	}
	if err := b.abandonSending(ctx, runID); err != nil {
		return run, fmt.Errorf("concluding run %d: %w", runID, err)
	}
	if !run.Preview && run.Kind != store.RunUndo {
		if err := b.store.SupersedeHeld(ctx, runID, fmt.Sprintf("Run %d planned this line anew.", runID)); err != nil {
			return run, fmt.Errorf("concluding run %d: %w", runID, err)
		}
	}
	counts, err := b.store.ChangeCounts(ctx, runID)
	if err != nil {
		return run, fmt.Errorf("concluding run %d: %w", runID, err)
	}
	run.EndedAt = b.now()
	if run.Preview {
		run.PlannedAt = run.EndedAt
	}
	run.Status, run.Problem = outcome(run, counts, cause)
	if err := b.endRun(ctx, run, counts, cause); err != nil {
		return run, fmt.Errorf("concluding run %d: %w", runID, err)
	}
	return run, b.noteContact(ctx, run, cause)
}

// abandonSending records the changes that were sent and whose outcome nobody saw to the end.
func (b *Bridge) abandonSending(ctx context.Context, runID int64) error {
	sending, _, err := b.store.Changes(ctx, store.ChangeFilter{RunID: runID, States: []store.ChangeState{store.StateSending}})
	if err != nil {
		return err
	}
	for _, c := range sending {
		c.State, c.DoneAt = store.StateUnknown, b.now()
		c.Problem = store.Problem{
			What: "ConnectWise did not say whether it carried this out, and does not show it.",
			Do:   "Look at the agreement in ConnectWise, then sync again: an addition that is there is adopted, not doubled.",
		}
		if err := b.store.FinishChange(ctx, c, nil); err != nil {
			return err
		}
	}
	return nil
}

// noteContact keeps what the run says about the connection: when it last worked, or why not.
func (b *Bridge) noteContact(ctx context.Context, run store.Run, cause error) error {
	if run.Status == store.RunFailed {
		return b.store.SetIntegrationProblem(ctx, run.Problem, b.now())
	}
	if cause != nil {
		return nil
	}
	err := b.clearProblem(ctx)
	if err != nil || run.Preview || run.Agreement != 0 || run.Kind == store.RunUndo {
		return err
	}
	return b.store.SetLastSync(ctx, b.now())
}

// clearProblem forgets what was wrong with the connection, but for rights that are known to be missing.
func (b *Bridge) clearProblem(ctx context.Context) error {
	i, err := b.store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the integration: %w", err)
	}
	rights, err := storedRights(i)
	if err != nil {
		return err
	}
	return b.store.SetIntegrationProblem(ctx, missingRights(rights), b.now())
}

// outcome is a run's status: done when every line is as it should be, incomplete when a person has to
// look at some, failed when it could not be carried through.
func outcome(run store.Run, counts map[store.ChangeState]int, cause error) (store.RunStatus, store.Problem) {
	switch {
	case errors.Is(cause, errCancelled):
		return store.RunCancelled, store.Problem{}
	case cause != nil:
		return store.RunFailed, problemOf(cause)
	case run.Preview:
		return store.RunPlanned, store.Problem{}
	}
	for state, n := range counts {
		if n > 0 && state != store.StateWritten && state != store.StateUnchanged {
			return store.RunIncomplete, store.Problem{}
		}
	}
	return store.RunDone, store.Problem{}
}
