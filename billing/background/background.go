// Package background runs work that outlives the request which asked for it.
package background

import (
	"context"
	"fmt"
	"sync"
)

// Group is the work that one process does in the background.
type Group struct {
	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup
}

// New makes a group without work.
func New() *Group {
	g := &Group{}
	g.ctx, g.stop = context.WithCancel(context.Background())
	return g
}

// Go starts work. Its context ends when the group stops, or with cancel.
func (g *Group) Go(work func(ctx context.Context)) (cancel context.CancelFunc) {
	ctx, cancel := context.WithCancel(g.ctx)
	g.work.Go(func() {
		defer cancel()
		work(ctx)
	})
	return cancel
}

// Stop ends the context of all work, also of work that starts later.
func (g *Group) Stop() { g.stop() }

// Wait waits until no work is left.
func (g *Group) Wait() { g.work.Wait() }

// Close stops the work and waits for what it has in hand, or until ctx ends.
func (g *Group) Close(ctx context.Context) error {
	g.Stop()
	done := make(chan struct{})
	go func() {
		g.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for work in progress: %w", ctx.Err())
	}
}
