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
	mu   sync.Mutex // guards jobs
	jobs map[string]*job
}

// job is a scheduled function. Its slot holds one value while it runs: that stands in for gocron's singleton mode, which
// reschedules beside the run and can take a turn twice, and for gocron's waiting at shutdown, which keeps a processor busy.
type job struct {
	name    string
	timeout time.Duration
	run     func(context.Context) error
	slot    chan struct{}
	entry   gocron.Job
}

// New returns a running scheduler without jobs.
func New(log *slog.Logger, clock clockwork.Clock) (*Scheduler, error) {
	cron, err := gocron.NewScheduler(gocron.WithLocation(time.UTC), gocron.WithClock(clock))
	if err != nil {
		return nil, fmt.Errorf("making the scheduler: %w", err)
	}
	cron.Start()
	ctx, stop := context.WithCancel(context.Background())
	return &Scheduler{cron: cron, clock: clock, log: log, ctx: ctx, stop: stop, jobs: map[string]*job{}}, nil
}

// Add schedules a job under a name of its own. The spec has five cron fields (minute, hour, day of month, month, day of week),
// read in UTC. A turn that comes while the job still runs is left out. The job's context ends after timeout, and at Shutdown.
func (s *Scheduler) Add(name, spec string, timeout time.Duration, run func(context.Context) error) error {
	j := &job{name: name, timeout: timeout, run: run, slot: make(chan struct{}, 1)}
	var err error
	if j.entry, err = s.cron.NewJob(gocron.CronJob(spec, false), gocron.NewTask(s.turn, j)); err != nil {
		return fmt.Errorf("adding the job %q at %q: %w", name, spec, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[name] = j
	return nil
}

// RunNow starts a job out of turn and does not wait for its end. While the job already runs, it does nothing.
func (s *Scheduler) RunNow(name string) error {
	j, err := s.job(name)
	if err != nil {
		return err
	}
	go s.turn(j)
	return nil
}

// Shutdown starts no further job, ends the context of the running ones and waits for them, as long as ctx allows.
// It is called once; the scheduler is of no use afterwards.
func (s *Scheduler) Shutdown(ctx context.Context) error {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		select {
		case j.slot <- struct{}{}: // and never taken out again: no later turn gets in
		case <-ctx.Done():
			return fmt.Errorf("waiting for the job %q: %w", j.name, ctx.Err())
		}
	}
	if err := s.cron.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("stopping the scheduler: %w", err)
	}
	return nil
}

func (s *Scheduler) job(name string) (*job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j, ok := s.jobs[name]; ok {
		return j, nil
	}
	return nil, fmt.Errorf("%w %q", ErrUnknownJob, name)
}

// turn runs a job unless it runs already.
func (s *Scheduler) turn(j *job) {
	select {
	case j.slot <- struct{}{}:
		defer func() { <-j.slot }()
		s.carryOut(j)
	default:
		if s.ctx.Err() == nil {
			s.log.Warn("job still running, turn left out", "job", j.name)
		}
	}
}

// carryOut is the edge at which a job's error is logged: nobody waits for a job's answer.
func (s *Scheduler) carryOut(j *job) {
	ctx, cancel := context.WithTimeout(s.ctx, j.timeout)
	defer cancel()
	log := s.log.With("job", j.name)
	log.InfoContext(ctx, "job started")
	started := s.clock.Now()
	err := protect(ctx, j.run)
	log = log.With("took", s.clock.Since(started))
	if err != nil {
		log.ErrorContext(ctx, "job failed", "err", err)
		return
	}
	log.InfoContext(ctx, "job ended")
}

// protect turns a panic into an error: unrecovered, it would end the whole process.
func protect(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return run(ctx)
}
