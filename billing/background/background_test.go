package background

import (
	"context"
	"errors"
	"testing"
)

func TestCancelEndsOneWork(t *testing.T) {
	t.Parallel()
	g := New()
	ended := make(chan string, 2)
	wait := func(name string) func(context.Context) {
		return func(ctx context.Context) {
			<-ctx.Done()
			ended <- name
		}
	}
	cancel := g.Go(wait("first"))
	g.Go(wait("second"))
	cancel()
	if name := <-ended; name != "first" {
		t.Fatalf("%s ended", name)
	}
	if err := g.Close(t.Context()); err != nil || <-ended != "second" {
		t.Errorf("closing: %v", err)
	}
	g.Go(wait("late")) // a group that was closed has no time left
	g.Wait()
	if name := <-ended; name != "late" {
		t.Errorf("%s ended", name)
	}
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	g, hang := New(), make(chan struct{})
	g.Go(func(context.Context) { <-hang })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(hang)
	if err := g.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
