package connectwise

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// gate decides when a request may leave. It paces all workers together below ConnectWise's limit per minute, bounds
// how many requests are in flight, halves that bound after a 429 or a slow answer and lets it grow back slowly, and
// holds everybody while a Retry-After lasts.
type gate struct {
	pace      *rate.Limiter
	most      int
	slowAfter time.Duration
	pauseMin  time.Duration
	pauseMax  time.Duration
	now       func() time.Time
	after     func(time.Duration) <-chan time.Time

	mu          sync.Mutex
	bound       float64 // requests allowed in flight, between 1 and most
	inFlight    int
	waiting     []chan struct{} // first come, first served
	cutAt       time.Time       // when bound was last halved
	pausedUntil time.Time
}

func newGate(cfg Config) *gate {
	perSecond := rate.Limit(float64(cfg.RequestsPerMinute) / 60)
	return &gate{
		pace:      rate.NewLimiter(perSecond, min(requestBurst, cfg.RequestsPerMinute)),
		most:      cfg.MaxConcurrent,
		bound:     float64(cfg.MaxConcurrent),
		slowAfter: cfg.SlowAfter,
		pauseMin:  cfg.RetryAfterMin,
		pauseMax:  cfg.RetryAfterMax,
		now:       cfg.Now,
		after:     cfg.After,
	}
}

// pausedError says that a pause ConnectWise asked for outlasts what the caller can wait.
type pausedError struct{ left time.Duration }

func (e *pausedError) Error() string {
	return fmt.Sprintf("ConnectWise asked to wait, %s are left", e.left.Round(time.Second))
}

// enter waits for permission to send one request. After nil, leave must be called. It returns a *pausedError at once
// if the pause in force ends after the context does.
func (g *gate) enter(ctx context.Context) error {
	for {
		if err := g.waitPause(ctx); err != nil {
			return err
		}
		if err := g.takeSlot(ctx); err != nil {
			return err
		}
		if err := g.waitPace(ctx); err != nil {
			g.freeSlot()
			return err
		}
		if g.pauseLeft() <= 0 {
			return nil
		}
		g.freeSlot() // a 429 came in while we waited
	}
}

// leave ends a request that began at began. Being told to slow down, or being answered slowly, halves the bound once
// for all requests that were under way together.
func (g *gate) leave(began time.Time, limited bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if limited || now.Sub(began) > g.slowAfter {
		if began.After(g.cutAt) || g.cutAt.IsZero() {
			g.bound, g.cutAt = max(1, g.bound/2), now
		}
	} else {
		g.bound = min(float64(g.most), g.bound+1/g.bound)
	}
	g.inFlight--
	g.admit()
}

// pause holds all requests for d, at least the configured minimum, with up to a tenth of it on top so that several
// installations behind one limit do not come back together.
func (g *gate) pause(d time.Duration) {
	d = max(d, g.pauseMin)
	d += rand.N(d/10 + 1)
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := g.now().Add(d); until.After(g.pausedUntil) {
		g.pausedUntil = until
	}
}

func (g *gate) pauseLeft() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pausedUntil.Sub(g.now())
}

func (g *gate) waitPause(ctx context.Context) error {
	for {
		left := g.pauseLeft()
		if left <= 0 {
			return ctx.Err()
		}
		if left > g.pauseMax || endsWithin(ctx, left) {
			return &pausedError{left}
		}
		if err := sleep(ctx, left, g.after); err != nil {
			return err
		}
	}
}

func (g *gate) waitPace(ctx context.Context) error {
	turn := g.pace.Reserve()
	if err := sleep(ctx, turn.Delay(), time.After); err != nil {
		turn.Cancel()
		return err
	}
	return nil
}

func (g *gate) takeSlot(ctx context.Context) error {
	g.mu.Lock()
	if len(g.waiting) == 0 && g.inFlight < g.slots() {
		g.inFlight++
		g.mu.Unlock()
		return nil
	}
	ready := make(chan struct{})
	g.waiting = append(g.waiting, ready)
	g.mu.Unlock()

	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		g.giveUp(ready)
		return ctx.Err()
	}
}

// giveUp leaves the queue, or passes on a slot that was granted in the same instant.
func (g *gate) giveUp(ready chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, ready); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return
	}
	g.inFlight--
	g.admit()
}

func (g *gate) freeSlot() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	g.admit()
}

// admit lets waiting requests in while there is room; mu is held.
func (g *gate) admit() {
	for len(g.waiting) > 0 && g.inFlight < g.slots() {
		g.inFlight++
		close(g.waiting[0])
		g.waiting = slices.Delete(g.waiting, 0, 1)
	}
}

func (g *gate) slots() int { return int(g.bound) }

// endsWithin reports whether the context's deadline comes before d has passed.
func endsWithin(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < d
}

// sleep waits for d by the clock that after is of, or until the context ends, whichever is first.
func sleep(ctx context.Context, d time.Duration, after func(time.Duration) <-chan time.Time) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-after(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
