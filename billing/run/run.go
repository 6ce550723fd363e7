// Package run carries out what the plan decides: it reads ConnectWise, writes one line after the other, keeps a journal, and
// goes on where it was cut off.
package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/bulletin"
	"seatbridge/billing/connect"
	"seatbridge/billing/figures"
	"seatbridge/billing/notify"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/reports"
	"seatbridge/billing/seats"
	"seatbridge/billing/survey"
	"seatbridge/store"
)

// A Request asks for a run.
type Request struct {
	Kind      store.RunKind
	Period    seats.Period
	Preview   bool           // plans only; Apply writes it
	Of        int64          // the run to undo or to retry
	Agreement int            // this agreement only; 0: all
	Only      []int          // these agreements only, with what belongs together with them; nil: all
	Addition  int            // of a release: this addition only; 0: all that Seatbridge keeps on the agreement
	Overwrite bool           // of a whole month that is asked for: also over figures of a later one
	Once      []store.Change // of one that settles: the lines to put on the next invoice
}

// Config is what a Runner works with.
type Config struct {
	Store      *store.Store
	Log        *slog.Logger
	Now        func() time.Time
	After      func(time.Duration) <-chan time.Time // tells when that much of Now's time has passed
	Settle     time.Duration                        // how long after a request of unknown outcome ConnectWise may still act on it
	Background *background.Group
	Connection *connect.Keeper
	Figures    *figures.Book
	Reports    *reports.Feed
	Outbox     *notify.Outbox
}

// Runner carries runs out: one at a time, whoever asks.
type Runner struct {
	store  *store.Store
	log    *slog.Logger
	now    func() time.Time
	after  func(time.Duration) <-chan time.Time
	settle time.Duration // how long after a request of unknown outcome ConnectWise may still act on it
	work   *background.Group

	connect *connect.Keeper
	figures *figures.Book
	reports *reports.Feed
	outbox  *notify.Outbox

	active   activeRun
	patience background.Patience
}

// New makes the runner of a store's runs.
func New(c Config) *Runner {
	return &Runner{
		store: c.Store, log: c.Log, now: c.Now, after: c.After, settle: c.Settle, work: c.Background,
		connect: c.Connection, figures: c.Figures, reports: c.Reports, outbox: c.Outbox,
		patience: background.Patience{Log: c.Log, After: c.After, Passing: store.Passing},
	}
}

// SyncNow is the request behind the button: the current month's real-time figures.
func (rn *Runner) SyncNow(preview bool) Request {
	return Request{Kind: store.RunManual, Period: seats.ToDate(rn.now()), Preview: preview}
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
func (rn *Runner) Start(ctx context.Context, who problem.Actor, r Request) (store.Run, error) {
	run, release, err := rn.begin(ctx, who, r)
	if err != nil {
		return store.Run{}, err
	}
	rn.work.Go(func(ctx context.Context) { rn.inBackground(ctx, run, release) })
	return run, nil
}

// StartAfter begins a run that a deed leads to, and goes on with it in the background once the deed is done. If that
// fails, nothing of the run is done either.
func (rn *Runner) StartAfter(ctx context.Context, who problem.Actor, r Request, deed func() error) error {
	run, release, err := rn.begin(ctx, who, r)
	if err != nil {
		return err
	}
	if err := deed(); err != nil {
		defer release()
		run.Status, run.EndedAt = store.RunCancelled, rn.now()
		return errors.Join(err, rn.store.UpdateRun(context.WithoutCancel(ctx), run))
	}
	rn.work.Go(func(ctx context.Context) { rn.inBackground(ctx, run, release) })
	return nil
}

// Run walks the whole road in the foreground and returns the run as it ended. What went wrong on the
// way is in the run and its changes; the error is for what kept the run from being recorded.
func (rn *Runner) Run(ctx context.Context, who problem.Actor, r Request) (store.Run, error) {
	run, release, err := rn.begin(ctx, who, r)
	if err != nil {
		return store.Run{}, err
	}
	return rn.execute(ctx, run, release)
}

// Apply writes a previewed run, in the background: exactly what was shown, and of what it holds that which was ticked, with all
// that belongs to it. What changed in ConnectWise since is marked stale and left alone; of what was ticked, it is asked again.
func (rn *Runner) Apply(ctx context.Context, who problem.Actor, runID int64, ticked ...int64) error {
	return rn.ApplyWith(ctx, who, runID, ticked, func(*store.Store) error { return nil })
}

// ApplyWith is Apply together with a deed, in one transaction.
func (rn *Runner) ApplyWith(ctx context.Context, who problem.Actor, runID int64, ticked []int64, deed func(*store.Store) error) error {
	run, release, err := rn.reopen(ctx, runID)
	if err != nil {
		return err
	}
	run.Preview, run.Status, run.EndedAt, run.ContinuedAt = false, store.RunRunning, time.Time{}, rn.now()
	entry := who.Did(rn.now(), store.CategoryBilling, "Started writing the previewed changes of run %d.", run.ID)
	// From here on the run is carried out, if need be by Resume.
	err = rn.store.Record(ctx, entry, func(s *store.Store) error {
		if err := deed(s); err != nil {
			return err
		}
		if err := connect.Writes(ctx, s); err != nil {
			return err
		}
		if err := rn.approveTicked(ctx, s, who, runID, ticked); err != nil {
			return err
		}
		return s.UpdateRun(ctx, run)
	})
	if err != nil {
		release()
		return fmt.Errorf("applying run %d: %w", runID, err)
	}
	rn.work.Go(func(ctx context.Context) { rn.inBackground(ctx, run, release) })
	return nil
}

// approveTicked approves what was ticked of a preview. What is not one of its held changes was decided meanwhile, or is none.
func (rn *Runner) approveTicked(ctx context.Context, s *store.Store, who problem.Actor, runID int64, ticked []int64) error {
	var held []int64
	for c, err := range s.EachChange(ctx, store.ChangeFilter{RunID: runID, States: []store.ChangeState{store.StateHeld}}) {
		if err != nil {
			return err
		}
		if slices.Contains(ticked, c.ID) {
			held = append(held, c.ID)
		}
	}
	if len(held) == 0 {
		return nil
	}
	approved, err := s.Approve(ctx, held, who.Name, rn.now())
	if err != nil {
		return err
	}
	return noteDecision(ctx, s, who.Did(rn.now(), store.CategoryBilling, "Approved"), approved)
}

// Discard throws a preview away.
func (rn *Runner) Discard(ctx context.Context, who problem.Actor, runID int64) error {
	run, release, err := rn.reopen(ctx, runID)
	if err != nil {
		return err
	}
	defer release()
	entry := who.Did(rn.now(), store.CategoryBilling, "Discarded the previewed changes of run %d.", run.ID)
	return rn.store.Record(ctx, entry, func(s *store.Store) error { return s.DiscardRun(ctx, run.ID) })
}

// reopen takes the lock for a preview that waits.
func (rn *Runner) reopen(ctx context.Context, runID int64) (store.Run, func(), error) {
	release, err := rn.store.LockSync(ctx)
	if err != nil {
		return store.Run{}, nil, err
	}
	run, err := rn.store.Run(ctx, runID)
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
func (rn *Runner) Cancel(ctx context.Context, who problem.Actor, runID int64) error {
	rn.active.mu.Lock()
	running := rn.active.id == runID && rn.active.cancel != nil
	if running {
		rn.active.cancel(errCancelled)
	}
	rn.active.mu.Unlock()
	if !running {
		return &problem.Invalid{Fields: problem.Fields{"run": "This run is not in progress here."}}
	}
	return rn.store.AddActivity(ctx, who.Did(rn.now(), store.CategoryBilling, "Cancelled run %d.", runID))
}

// Resume finishes the runs that were cut off, oldest first, and sends the notifications that were left over.
func (rn *Runner) Resume(ctx context.Context) error {
	rn.outbox.Wake()
	release, err := rn.store.LockSync(ctx)
	if err != nil {
		return err
	}
	defer release()
	return rn.patience.Outlast(ctx, func(bool) error { return rn.resume(ctx, func(store.Run) bool { return true }) })
}

// resume does so, for the runs that were cut off, under the lock. Under a free lock a run is 'running'
// only if its process died.
func (rn *Runner) resume(ctx context.Context, cutOff func(store.Run) bool) error {
	runs, err := rn.store.UnfinishedRuns(ctx)
	if err != nil {
		return fmt.Errorf("finding unfinished runs: %w", err)
	}
	for _, run := range runs {
		if !cutOff(run) {
			continue
		}
		rn.log.Info("resuming run", "run", run.ID, "kind", run.Kind, "month", run.Month)
		run.ResumedAt = rn.now()
		if err := rn.store.UpdateRun(ctx, run); err != nil {
			return err
		}
		if _, err := rn.drive(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// begin takes the lock and writes the run down.
func (rn *Runner) begin(ctx context.Context, who problem.Actor, r Request) (store.Run, func(), error) {
	if err := connect.Ready(ctx, rn.store); err != nil {
		return store.Run{}, nil, err
	}
	if r.Period.Start().After(rn.now()) {
		return store.Run{}, nil, &problem.Invalid{Fields: problem.Fields{"month": fmt.Sprintf("%s has not begun yet.", r.Period.Month)}}
	}
	release, err := rn.store.LockSync(ctx)
	if err != nil {
		return store.Run{}, nil, err
	}
	run := store.Run{
		Kind: r.Kind, Month: r.Period.Month, AsOf: r.Period.AsOf, Preview: r.Preview,
		Status: store.RunRunning, Actor: who.Name, UserID: who.UserID,
		Of: r.Of, Agreement: r.Agreement, Only: r.Only, Addition: r.Addition, StartedAt: rn.now(),
	}
	if run, err = connect.Comparing(ctx, rn.store, run); err == nil {
		err = survey.AgainstMonth(ctx, rn.store, run, r.Overwrite, rn.now())
	}
	if err == nil {
		run, err = rn.create(ctx, who, run, r.Once)
	}
	if err != nil {
		release()
		return store.Run{}, nil, err
	}
	return run, release, nil
}

// create writes a run down; once are the lines that it is to put on the next invoice.
func (rn *Runner) create(ctx context.Context, who problem.Actor, run store.Run, once []store.Change) (store.Run, error) {
	entry := who.Did(rn.now(), store.CategoryBilling, "Started %s.", bulletin.Deed(run))
	err := rn.store.Record(ctx, entry, func(s *store.Store) (err error) {
		if run.Preview && !run.Compares {
			// An earlier preview that still waits is out of date from now on.
			if err := s.DiscardPreviews(ctx, run.Kind); err != nil {
				return err
			}
		}
		if run, err = s.CreateRun(ctx, run); err != nil {
			return err
		}
		return store.OnceLinesIn(s).Enter(ctx, run.ID, once)
	})
	if err != nil {
		return store.Run{}, fmt.Errorf("starting a run: %w", err)
	}
	return run, nil
}

// inBackground is execute for the background, where nobody waits for an error.
func (rn *Runner) inBackground(ctx context.Context, run store.Run, release func()) {
	if _, err := rn.execute(ctx, run, release); err != nil {
		rn.log.Error("run", "run", run.ID, "err", err)
	}
}

// execute finishes what was cut off earlier, then carries the recorded run to its end and releases the lock. A preview writes nothing
// but itself: the source is not asked for it, and what was cut off waits for a run that writes.
func (rn *Runner) execute(ctx context.Context, run store.Run, release func()) (store.Run, error) {
	defer release()
	if run.Preview && !run.Compares {
		return rn.drive(ctx, run)
	}
	earlier := func(r store.Run) bool { return r.ID < run.ID }
	if err := rn.patience.Outlast(ctx, func(bool) error { return rn.resume(ctx, earlier) }); err != nil {
		return run, err
	}
	rn.reports.PullFor(ctx, run)
	return rn.drive(ctx, run)
}

// drive carries one run to its end, and waits meanwhile for a database that cannot be used. When the process shuts down the
// run stays unfinished, for Resume.
func (rn *Runner) drive(ctx context.Context, run store.Run) (ended store.Run, err error) {
	cancellable, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	rn.active.enter(run.ID, cancel)
	defer rn.active.enter(0, nil)

	a := attempt{rn, run}
	err = rn.patience.Outlast(ctx, func(again bool) (err error) {
		if again {
			ended, err = a.next(cancellable)
		} else {
			ended, err = a.first(cancellable)
		}
		return err
	})
	return ended, err
}

func (a *activeRun) enter(id int64, cancel context.CancelCauseFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.id, a.cancel = id, cancel
}

// is tells whether it is that run which is in progress.
func (a *activeRun) is(id int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.id == id
}

// conclude sums the run up.
func (rn *Runner) conclude(ctx context.Context, runID int64, cause error) (store.Run, error) {
	run, err := rn.store.Run(ctx, runID)
	if err != nil {
		return store.Run{}, fmt.Errorf("concluding run %d: %w", runID, err)
	}
	if cause != nil || !run.Preview {
		// A run that was given up looked at only a part; approving what it held would make it seem whole.
		if err := rn.store.CancelPlanned(ctx, runID, store.StateCancelled, cause != nil); err != nil {
			return run, fmt.Errorf("concluding run %d: %w", runID, err)
		}
	}
	if err := abandonSending(ctx, rn.store, runID, rn.now()); err != nil {
		return run, fmt.Errorf("concluding run %d: %w", runID, err)
	}
	if !run.Preview && run.Kind != store.RunUndo && run.Kind != store.RunSettle && run.Addition == 0 {
		if err := rn.store.SupersedeHeld(ctx, runID, fmt.Sprintf("Run %d planned this line anew.", runID)); err != nil {
			return run, fmt.Errorf("concluding run %d: %w", runID, err)
		}
	}
	counts, err := rn.store.ChangeCounts(ctx, runID)
	if err != nil {
		return run, fmt.Errorf("concluding run %d: %w", runID, err)
	}
	run.EndedAt = rn.now()
	if run.Preview && !run.Compares {
		run.PlannedAt = run.EndedAt
	}
	run.Status, run.Problem = outcome(run, counts, cause)
	if err := rn.endRun(ctx, run, counts, cause); err != nil {
		return run, fmt.Errorf("concluding run %d: %w", runID, err)
	}
	if errors.Is(cause, errConnectionChanged) {
		return run, nil // it says nothing about the connection that is there now
	}
	return run, rn.noteContact(ctx, run, cause == nil)
}

// abandonSending records the changes that were sent and whose outcome nobody saw to the end. One without a moment of sending was
// only about to be.
func abandonSending(ctx context.Context, s *store.Store, runID int64, now time.Time) error {
	sending, _, err := s.Changes(ctx, store.ChangeFilter{RunID: runID, States: []store.ChangeState{store.StateSending}})
	if err != nil {
		return err
	}
	for _, c := range sending {
		c = plan.Unseen(c)
		c.DoneAt = now
		if c.SentAt.IsZero() {
			c.State, c.Problem = store.StateCancelled, store.Problem{}
		}
		if err := s.FinishChange(ctx, c, nil); err != nil {
			return err
		}
	}
	return nil
}

// noteContact keeps what the run says about the connection: when it last worked, or why not. One that was cancelled says
// nothing.
func (rn *Runner) noteContact(ctx context.Context, run store.Run, finished bool) error {
	alone := run.Problem == bulletin.NoLine() // what is wrong with single lines is not the connection's
	if run.Status == store.RunFailed && !alone {
		return rn.store.SetIntegrationProblem(ctx, run.Problem, rn.now())
	}
	if !finished {
		return nil
	}
	err := connect.ClearProblem(ctx, rn.store, rn.now())
	if err != nil || alone || run.Preview || !run.IsFull() || run.Kind == store.RunUndo || run.Kind == store.RunSettle {
		return err
	}
	return rn.store.SetLastSync(ctx, rn.now())
}

// outcome is a run's status, and what went wrong with it as a whole.
func outcome(run store.Run, counts map[store.ChangeState]int, cause error) (store.RunStatus, store.Problem) {
	switch {
	case errors.Is(cause, errCancelled):
		return store.RunCancelled, store.Problem{}
	case cause != nil:
		return store.RunFailed, connect.ProblemOf(cause)
	case run.Compares:
		return store.RunDone, store.Problem{}
	case run.Preview:
		return store.RunPlanned, store.Problem{}
	}
	return bulletin.Outcome(counts)
}
