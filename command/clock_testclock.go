//go:build testclock

package command

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// clockFile is the variable that names a file with the seconds by which the time is ahead of the real one. Whoever tests a
// server writes it to turn the clock.
const clockFile = "SEATBRIDGE_TEST_CLOCK"

// lookEvery is how often what waits looks at the clock: it may have been turned.
const lookEvery = 100 * time.Millisecond

// now is the time of everything in this process that asks for it: the real one, turned.
func now() time.Time { return time.Now().Add(turned()) }

// turned is how far the clock is turned. Without a file that can be read it is not.
func turned() time.Duration {
	text, err := os.ReadFile(os.Getenv(clockFile))
	if err != nil {
		return 0
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// after tells when that much of now's time has passed.
func after(d time.Duration) <-chan time.Time { return jobClock().After(d) }

// jobClock is now for the jobs.
func jobClock() clockwork.Clock { return turnedClock{clockwork.NewRealClock()} }

// turnedClock is a clock whose timers end when it is turned past them. Its tickers, which nothing uses, are real.
type turnedClock struct{ clockwork.Clock }

func (turnedClock) Now() time.Time                  { return now() }
func (turnedClock) Since(t time.Time) time.Duration { return now().Sub(t) }
func (turnedClock) Until(t time.Time) time.Duration { return t.Sub(now()) }

func (c turnedClock) Sleep(d time.Duration)                  { <-c.After(d) }
func (c turnedClock) After(d time.Duration) <-chan time.Time { return c.NewTimer(d).Chan() }

func (turnedClock) NewTimer(d time.Duration) clockwork.Timer {
	t := &turnedTimer{ended: make(chan time.Time, 1)}
	t.fire = func() {
		select {
		case t.ended <- now():
		default:
		}
	}
	t.Reset(d)
	return t
}

func (turnedClock) AfterFunc(d time.Duration, fire func()) clockwork.Timer {
	t := &turnedTimer{fire: fire}
	t.Reset(d)
	return t
}

// turnedTimer looks at the clock until its time has come.
type turnedTimer struct {
	fire  func()
	ended chan time.Time // of NewTimer alone

	mu   sync.Mutex
	stop chan struct{} // closed by Stop; nil: it does not run
}

func (t *turnedTimer) Chan() <-chan time.Time { return t.ended }

func (t *turnedTimer) Reset(d time.Duration) bool {
	ran, due := t.Stop(), now().Add(d)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop = make(chan struct{})
	go t.look(due, t.stop)
	return ran
}

// Stop tells whether the timer ran.
func (t *turnedTimer) Stop() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stop == nil {
		return false
	}
	close(t.stop)
	t.stop = nil
	return true
}

func (t *turnedTimer) look(due time.Time, stop <-chan struct{}) {
	for {
		left := due.Sub(now())
		if left <= 0 {
			break
		}
		select {
		case <-stop:
			return
		case <-time.After(min(left, lookEvery)):
		}
	}
	if t.Stop() {
		t.fire()
	}
}
