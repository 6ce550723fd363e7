package scheduler_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"seatbridge/scheduler"
)

const monthly = "30 0 1 * *"

// TestMain runs every test of this package in a process whose local time is 14 hours ahead of UTC: a schedule that
// listened to the local zone would be a day off.
func TestMain(m *testing.M) {
	time.Local = time.FixedZone("Kiritimati", 14*60*60)
	os.Exit(m.Run())
}

func TestNext(t *testing.T) {
	t.Parallel()
	newYork := time.FixedZone("New York", -5*60*60)
	cases := []struct {
		name string
		spec string
		now  time.Time
		want string
	}{
		{"middle of the month", monthly, utc("2026-10-15T12:00:00Z"), "2026-11-01T00:30:00Z"},
		{"last second of the month", monthly, utc("2026-10-31T23:59:59Z"), "2026-11-01T00:30:00Z"},
		{"a second before", monthly, utc("2026-11-01T00:29:59Z"), "2026-11-01T00:30:00Z"},
		{"at the very instant", monthly, utc("2026-11-01T00:30:00Z"), "2026-12-01T00:30:00Z"},
		{"turn of the year", monthly, utc("2026-12-31T23:00:00Z"), "2027-01-01T00:30:00Z"},
		{"28 February of a leap year", monthly, utc("2028-02-28T12:00:00Z"), "2028-03-01T00:30:00Z"},
		{"29 February", monthly, utc("2028-02-29T23:59:59Z"), "2028-03-01T00:30:00Z"},
		{"28 February of a common year", monthly, utc("2027-02-28T23:59:59Z"), "2027-03-01T00:30:00Z"},
		{"the first already here, not yet in UTC", monthly, time.Date(2026, 11, 1, 9, 0, 0, 0, time.Local), "2026-11-01T00:30:00Z"},
		{"still October in New York", monthly, time.Date(2026, 10, 31, 19, 15, 0, 0, newYork), "2026-11-01T00:30:00Z"},
		{"already past in UTC", monthly, time.Date(2026, 10, 31, 21, 0, 0, 0, newYork), "2026-12-01T00:30:00Z"},
		{"the night summer time begins", "30 2 * * *", utc("2026-03-29T00:00:00Z"), "2026-03-29T02:30:00Z"},
		{"every hour", "35 * * * *", utc("2026-10-31T23:40:00Z"), "2026-11-01T00:35:00Z"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := start(t, c.now)
			defer shutdown(t, s)
			if err := s.Add("job", c.spec, time.Minute, func(context.Context) error { return nil }); err != nil {
				t.Fatal(err)
			}
			next, err := s.Next("job")
			if err != nil {
				t.Fatal(err)
			}
			if got := next.Format(time.RFC3339); got != c.want {
				t.Errorf("next turn %s, want %s", got, c.want)
			}
		})
	}
}

// TestRunsOnceEachMonthOfAYear lets a whole leap year pass in the bubble, whose clock starts at 2000-01-01 00:00 UTC.
func TestRunsOnceEachMonthOfAYear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startAt(t, clockwork.NewRealClock(), io.Discard)
		var ran, want []string
		job := func(context.Context) error { ran = append(ran, time.Now().UTC().Format(time.RFC3339)); return nil }
		if err := s.Add("monthly", monthly, time.Minute, job); err != nil {
			t.Fatal(err)
		}
		<-time.After(366 * 24 * time.Hour)
		shutdown(t, s)
		for month := time.January; month <= time.December; month++ {
			want = append(want, time.Date(2000, month, 1, 0, 30, 0, 0, time.UTC).Format(time.RFC3339))
		}
		if diff := cmp.Diff(want, ran); diff != "" {
			t.Errorf("turns (-want +got):\n%s", diff)
		}
	})
}

func TestJobNeverOverlapsItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logged := &logBuffer{}
		s := startAt(t, clockwork.NewRealClock(), logged)
		runs := 0
		slow := func(context.Context) error { runs++; <-time.After(150 * time.Second); return nil }
		if err := s.Add("slow", "* * * * *", time.Hour, slow); err != nil {
			t.Fatal(err)
		}
		<-time.After(6*time.Minute + time.Second) // turns at minutes 1 to 6, of which 2, 3, 5 and 6 come too early
		if err := s.RunNow("slow"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		shutdown(t, s)
		if runs != 2 {
			t.Errorf("%d runs, want 2", runs)
		}
		if left := strings.Count(logged.String(), "turn left out"); left != 5 {
			t.Errorf("%d turns left out, want 5", left)
		}
	})
}

func TestOneStartAndOneEndLine(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		job  func(context.Context) error
		want []string
	}{
		{"success", func(context.Context) error { return nil }, []string{"job started", "job ended"}},
		{"failure", func(context.Context) error { return errors.New("no luck") }, []string{"job started", `job failed`, `err="no luck"`}},
		{"panic", func(context.Context) error { panic("out of bounds") }, []string{"job started", "job failed", "panic: out of bounds"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, logged := start(t, utc("2026-10-31T23:00:00Z"))
			done := make(chan bool)
			job := func(ctx context.Context) error { defer close(done); return c.job(ctx) }
			if err := s.Add("sync", monthly, time.Minute, job); err != nil {
				t.Fatal(err)
			}
			if err := s.RunNow("sync"); err != nil {
				t.Fatal(err)
			}
			<-done
			shutdown(t, s)
			for _, want := range append(c.want, "job=sync") {
				if !strings.Contains(logged.String(), want) {
					t.Errorf("no %q in the log:\n%s", want, logged)
				}
			}
			if lines := strings.Count(logged.String(), "\n"); lines != 2 {
				t.Errorf("%d log lines, want 2:\n%s", lines, logged)
			}
		})
	}
}

func TestShutdownEndsTheContextAndWaits(t *testing.T) {
	t.Parallel()
	s, _ := start(t, utc("2026-10-31T23:00:00Z"))
	begun, ended := make(chan bool), false
	job := func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		ended = true
		return nil
	}
	if err := s.Add("sync", monthly, time.Hour, job); err != nil {
		t.Fatal(err)
	}
	if err := s.RunNow("sync"); err != nil {
		t.Fatal(err)
	}
	<-begun
	shutdown(t, s)
	if !ended {
		t.Error("Shutdown did not wait for the job")
	}
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	s, _ := start(t, utc("2026-10-31T23:00:00Z"))
	begun, finish := make(chan bool), make(chan bool)
	defer close(finish)
	if err := s.Add("deaf", monthly, time.Hour, func(context.Context) error { close(begun); <-finish; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.RunNow("deaf"); err != nil {
		t.Fatal(err)
	}
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestJobContextEndsAfterItsTimeout(t *testing.T) {
	t.Parallel()
	s, _ := start(t, utc("2026-10-31T23:00:00Z"))
	defer shutdown(t, s)
	cause := make(chan error)
	if err := s.Add("stuck", monthly, time.Millisecond, func(ctx context.Context) error { <-ctx.Done(); cause <- ctx.Err(); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.RunNow("stuck"); err != nil {
		t.Fatal(err)
	}
	if err := <-cause; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s, _ := start(t, utc("2026-10-31T23:00:00Z"))
	defer shutdown(t, s)
	if err := s.Add("sync", "every full moon", time.Minute, func(context.Context) error { return nil }); err == nil {
		t.Error("a spec that is none was accepted")
	}
	if err := s.RunNow("sync"); !errors.Is(err, scheduler.ErrUnknownJob) {
		t.Errorf("RunNow: got %v, want ErrUnknownJob", err)
	}
	if _, err := s.Next("sync"); !errors.Is(err, scheduler.ErrUnknownJob) {
		t.Errorf("Next: got %v, want ErrUnknownJob", err)
	}
}

func start(t *testing.T, now time.Time) (*scheduler.Scheduler, *logBuffer) {
	t.Helper()
	logged := &logBuffer{}
	return startAt(t, clockwork.NewFakeClockAt(now), logged), logged
}

func startAt(t *testing.T, clock clockwork.Clock, log io.Writer) *scheduler.Scheduler {
	t.Helper()
	s, err := scheduler.New(slog.New(slog.NewTextHandler(log, nil)), clock)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shutdown(t *testing.T, s *scheduler.Scheduler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func utc(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

// logBuffer is a bytes.Buffer that the job's goroutine may write while the test reads.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
