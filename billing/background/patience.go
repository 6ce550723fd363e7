package background

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// How long work waits before it is tried again. The pause doubles each time.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// Patience waits for what can be used again after a while, such as a database that another program has locked. It is used by one
// piece of work at a time.
type Patience struct {
	Log     *slog.Logger
	After   func(time.Duration) <-chan time.Time // tells when that much time has passed
	Passing func(error) bool                     // says of an error that it goes away by itself

	mu    sync.Mutex
	waits error // what it waits for; nil: nothing
}

// Outlast does work again, after pauses that grow, for as long as it fails with what goes away by itself: nobody else would go on
// with it before the next hour. It ends with the process, by ctx.
func (p *Patience) Outlast(ctx context.Context, work func(again bool) error) error {
	defer p.note(nil)
	err := work(false)
	for pause := firstPause; p.Passing(err); pause = min(2*pause, longestPause) {
		p.Log.Warn("the database cannot be used, waiting", "pause", pause, "err", err)
		p.note(err)
		if Wait(ctx, p.After(pause)) != nil {
			return err
		}
		err = work(true)
	}
	return err
}

func (p *Patience) note(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits = reason
}

// WaitsFor is the error that keeps the work in hand from going on, nil when nothing does.
func (p *Patience) WaitsFor() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waits
}

// Wait waits until a channel says that it is over, or until ctx ends, whose cause is the error.
func Wait(ctx context.Context, over <-chan time.Time) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-over:
		return nil
	}
}
