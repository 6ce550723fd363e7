package connectwise

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// load sends n requests from the given number of workers and returns how long that took.
func load(t *testing.T, c *Client, workers, n int) time.Duration {
	t.Helper()
	began := time.Now()
	var next atomic.Int32
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for next.Add(1) <= int32(n) {
				if err := ping(t.Context(), c); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

// TestPaceStaysUnderTheLimit: no minute has 1,000 requests, and the whole is within a tenth of what 1,000 a minute allow.
func TestPaceStaysUnderTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var arrivals []time.Time
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			arrivals = append(arrivals, time.Now())
			mu.Unlock()
			sleep(r.Context(), 400*time.Millisecond, time.After) // an ordinary answer's time, on the test's own clock
			agreement7(w, r)
		})
		const requests = 5000
		took := load(t, c, 32, requests)
		if most := 5 * time.Minute * 110 / 100; took > most {
			t.Errorf("%d requests took %s, want at most %s", requests, took, most)
		}
		for i := 999; i < len(arrivals); i++ {
			if between := arrivals[i].Sub(arrivals[i-999]); between < time.Minute {
				t.Fatalf("1,000 requests within %s", between)
			}
		}
	})
}

func TestBoundedConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			sleep(r.Context(), 3*time.Second, time.After)
			now.Add(-1)
			agreement7(w, r)
		}, func(cfg *Config) { cfg.MaxConcurrent = 4 })
		load(t, c, 20, 100)
		if most.Load() != 4 {
			t.Errorf("%d requests at once, want 4", most.Load())
		}
	})
}

func TestSlownessLowersConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		delay := 8 * time.Second
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			sleep(r.Context(), delay, time.After)
			now.Add(-1)
			agreement7(w, r)
		})
		load(t, c, 32, 200)
		if got := c.gate.slots(); got != 1 {
			t.Errorf("%d slots after long slowness, want 1", got)
		}
		delay = 100 * time.Millisecond
		load(t, c, 32, 20)
		if got := c.gate.slots(); got < 2 || got > 8 {
			t.Errorf("%d slots after 20 fast answers: growth is to be slow", got)
		}
		load(t, c, 32, 400)
		if got := c.gate.slots(); got != 16 {
			t.Errorf("%d slots after many fast answers, want 16 again", got)
		}
	})
}

func TestRetryAfterHoldsEverybody(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		header  func() string
		atLeast time.Duration
	}{
		{"seconds", func() string { return "45" }, 45 * time.Second},
		{"date", func() string { return time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat) }, 89 * time.Second},
		{"fewer than the minimum", func() string { return "1" }, 30 * time.Second},
		{"nothing", func() string { return "" }, 30 * time.Second},
		{"nonsense", func() string { return "soon" }, 30 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var arrivals []time.Time
				var limited time.Time
				c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					arrivals = append(arrivals, time.Now())
					if len(arrivals) == 100 {
						limited = time.Now()
						w.Header().Set("Retry-After", test.header())
						respondJSON(429, `{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}`)(w, r)
						return
					}
					agreement7(w, r)
				})
				load(t, c, 12, 300)
				if c.gate.slots() > 16 || c.gate.cutAt.IsZero() {
					t.Error("the 429 did not lower concurrency")
				}
				for _, at := range arrivals {
					if at.After(limited) && at.Before(limited.Add(test.atLeast)) {
						t.Fatalf("a request %s after the 429", at.Sub(limited))
					}
				}
				if last := arrivals[len(arrivals)-1]; last.Sub(limited) > 2*test.atLeast {
					t.Errorf("the last request came %s after the 429", last.Sub(limited))
				}
			})
		})
	}
}

func TestRetryAfterDateCountsFromTheServersClock(t *testing.T) {
	t.Parallel()
	server := time.Date(2031, 1, 1, 12, 0, 0, 0, time.UTC)
	header := http.Header{
		"Date":        {server.Format(http.TimeFormat)},
		"Retry-After": {server.Add(40 * time.Second).Format(http.TimeFormat)},
	}
	if got := retryAfter(header); got != 40*time.Second {
		t.Errorf("%s, want 40s", got)
	}
	for _, value := range []string{"-5", "NaN", "Inf", "1e300", ""} {
		if got := retryAfter(http.Header{"Retry-After": {value}}); got != 0 {
			t.Errorf("Retry-After %q: %s", value, got)
		}
	}
}

// TestPauseLongerThanTheCallersTime fails at once, saying how long, instead of using the caller's time up.
func TestPauseLongerThanTheCallersTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", strconv.Itoa(3600))
			respondJSON(429, `{}`)(w, r)
		})
		began := time.Now()
		err := ping(t.Context(), c)
		var failure *Error
		if !errors.Is(err, ErrRateLimited) || !errors.As(err, &failure) || failure.RetryAfter < time.Hour {
			t.Errorf("error: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := ping(ctx, c.WithTries(PageTries)); !errors.Is(err, ErrRateLimited) || errors.Is(err, ErrUnknownOutcome) {
			t.Errorf("error: %v", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("took %s", took)
		}
	})
}

func TestSlotGrantedToALeavingCallerIsPassedOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Config{MaxConcurrent: 1}.withDefaults())
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		for range 3 {
			go g.enter(ctx)
		}
		synctest.Wait()
		cancel()
		g.leave(time.Now(), false) // in the same instant
		synctest.Wait()
		if g.inFlight < 0 || g.inFlight > 1 || len(g.waiting) != 0 {
			t.Fatalf("%d in flight, %d waiting", g.inFlight, len(g.waiting))
		}
		if g.inFlight == 1 { // one of the three was let in before it noticed the end
			g.leave(time.Now(), false)
		}
		if err := g.enter(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
