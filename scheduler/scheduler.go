// Package scheduler runs named jobs at their times. It only triggers: what is due, and what was missed while the
// process was down, the jobs know themselves.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/jonboulle/clockwork"
)

// ErrUnknownJob means that no job of that name was added.
var ErrUnknownJob = errors.New("unknown job")

// Scheduler runs jobs on cron times in UTC, whatever the time zone of the process. A job never overlaps itself.
type Scheduler struct {
	cron  gocron.Scheduler
	clock clockwork.Clock
	log   *slog.Logger

	ctx  context.Context // of all jobs; ends at Shutdown
	stop context.CancelFunc
	mu   sync.Mutex // guards busy
	busy []slot     // one for each job
}

// slot holds one value while its job runs. It stands in for gocron's singleton mode, which reschedules beside the run and
// can take a turn twice, and for gocron's own waiting at shutdown, which keeps a processor busy.
type slot chan struct{}

// New returns a running scheduler without jobs.
func New(log *slog.Logger, clock clockwork.Clock) (*Scheduler, error) {
	cron, err := gocron.NewScheduler(gocron.WithLocation(time.UTC), gocron.WithClock(clock))
	if err != nil {
		return nil, fmt.Errorf("making the scheduler: %w", err)
	}
	cron.Start()
	ctx, stop := context.WithCancel(context.Background())
	return &Scheduler{cron: cron, clock: clock, log: log, ctx: ctx, stop: stop}, nil
}

// Add schedules a job under a name of its own. The spec has five cron fields (minute, hour, day of month, month, day of week),
// read in UTC. A turn that comes while the job still runs is left out. The job's context ends after timeout, and at Shutdown.
func (s *Scheduler) Add(name, spec string, timeout time.Duration, job func(context.Context) error) error {
	running := make(slot, 1)
	turn := func() {
		select {
		case running <- struct{}{}:
			defer func() { <-running }()
			s.run(name, timeout, job)
		default:
			s.log.Warn("job still running, turn left out", "job", name)
		}
	}
	if _, err := s.cron.NewJob(gocron.CronJob(spec, false), gocron.NewTask(turn), gocron.WithName(name)); err != nil {
		return fmt.Errorf("adding the job %q at %q: %w", name, spec, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = append(s.busy, running)
	return nil
}

// RunNow starts a job out of turn and does not wait for its end. While the job already runs, it does nothing.
func (s *Scheduler) RunNow(name string) error {
	job, err := s.job(name)
	if err != nil {
		return err
	}
	if err := job.RunNow(); err != nil {
		return fmt.Errorf("starting the job %q: %w", name, err)
	}
	return nil
}

// Next is the instant, in UTC, of a job's next turn.
func (s *Scheduler) Next(name string) (time.Time, error) {
	job, err := s.job(name)
	if err != nil {
		return time.Time{}, err
	}
	next, err := job.NextRun()
	if err != nil {
		return time.Time{}, fmt.Errorf("asking for the next turn of the job %q: %w", name, err)
	}
	return next.UTC(), nil
}

// Shutdown starts no further job, ends the context of the running ones and waits for them, as long as ctx allows.
// It is called once; the scheduler is of no use afterwards.
func (s *Scheduler) Shutdown(ctx context.Context) error {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, running := range s.busy {
		select {
		case running <- struct{}{}: // and never taken out again: no later turn gets in
		case <-ctx.Done():
			return fmt.Errorf("waiting for the running jobs: %w", ctx.Err())
		}
	}
	if err := s.cron.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("stopping the scheduler: %w", err)
	}
	return nil
}

func (s *Scheduler) job(name string) (gocron.Job, error) {
	for _, job := range s.cron.Jobs() {
		if job.Name() == name {
			return job, nil
		}
	}
	return nil, fmt.Errorf("%w %q", ErrUnknownJob, name)
}

// run is the edge at which a job's error is logged: nobody waits for a job's answer.
func (s *Scheduler) run(name string, timeout time.Duration, job func(context.Context) error) {
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	log := s.log.With("job", name)
	log.InfoContext(ctx, "job started")
	started := s.clock.Now()
	err := protect(ctx, job)
	log = log.With("took", s.clock.Since(started))
	if err != nil {
		log.ErrorContext(ctx, "job failed", "err", err)
		return
	}
	log.InfoContext(ctx, "job ended")
}

// protect turns a panic into an error: unrecovered, it would end the whole process.
func protect(ctx context.Context, job func(context.Context) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return job(ctx)
}
