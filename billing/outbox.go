package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"seatbridge/store"
)

const (
	// sendTimeout is how long one delivery may take.
	sendTimeout = 20 * time.Second
	// sendLease is when a message whose sender died is sent again. It was perhaps delivered; a repeat has the same id.
	sendLease = time.Minute
	// longestWait bounds what a receiver may ask for with Retry-After.
	longestWait = time.Hour
)

// retryWaits are the waits before the second and later tries of a delivery; after the last it is given up.
func retryWaits() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}
}

// outbox is the delivering in the background.
type outbox struct {
	mu      sync.Mutex
	awake   bool          // a goroutine delivers, or waits for what is due
	more    chan struct{} // tells it to look again
	courier courier
	// wait returns after d, when more has something or ctx ends.
	wait func(ctx context.Context, d time.Duration, more <-chan struct{})
}

func newOutbox() outbox {
	return outbox{more: make(chan struct{}, 1), courier: newCourier(), wait: waitFor}
}

func waitFor(ctx context.Context, d time.Duration, more <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-more:
	case <-timer.C:
	}
}

// wakeOutbox has what waits in the outbox delivered in the background. Nobody waits for it.
func (b *Bridge) wakeOutbox() {
	b.outbox.mu.Lock()
	defer b.outbox.mu.Unlock()
	select {
	case b.outbox.more <- struct{}{}:
	default:
	}
	if !b.outbox.awake {
		b.outbox.awake = true
		b.work.Go(b.deliver)
	}
}

// deliver works until the outbox is empty or ctx ends; what is left then is sent after the next start.
func (b *Bridge) deliver(ctx context.Context) {
	for {
		next, err := b.deliverDue(ctx)
		if err != nil && ctx.Err() == nil {
			b.log.Error("delivering notifications", "err", err)
		}
		if err != nil || next.IsZero() {
			if b.rest(ctx, err != nil) {
				return
			}
			continue
		}
		b.outbox.wait(ctx, next.Sub(b.now()), b.outbox.more)
	}
}

// rest ends the delivering, unless something was put into the outbox meanwhile.
func (b *Bridge) rest(ctx context.Context, failed bool) bool {
	b.outbox.mu.Lock()
	defer b.outbox.mu.Unlock()
	select {
	case <-b.outbox.more:
		if ctx.Err() == nil && !failed {
			return false
		}
	default:
	}
	b.outbox.awake = false
	return true
}

// Deliver sends what is due in the outbox, for a command that ends afterwards; a server does so by itself. What cannot be
// delivered now stays, for a server to try again.
func (b *Bridge) Deliver(ctx context.Context) {
	if _, err := b.deliverDue(ctx); err != nil {
		b.log.Error("delivering notifications", "err", err)
	}
}

// deliverDue sends what is due, one message after the other, and answers when the next will be; zero when none waits.
func (b *Bridge) deliverDue(ctx context.Context) (next time.Time, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return time.Time{}, err
		}
		n, err := b.store.ClaimNotification(ctx, b.now(), b.now().Add(sendLease))
		if errors.Is(err, store.ErrNotFound) {
			break
		}
		if err != nil {
			return time.Time{}, err
		}
		// A message in hand is brought to its end: broken off, it might arrive twice.
		if err := b.handOver(context.WithoutCancel(ctx), n); err != nil {
			return time.Time{}, err
		}
	}
	next, err = b.store.NextNotification(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	return next, err
}

// handOver tries to deliver a claimed message and keeps what came of it.
func (b *Bridge) handOver(ctx context.Context, n store.Notification) error {
	channel, err := b.store.Channel(ctx, n.ChannelID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // deleted meanwhile, and its messages with it
	}
	if err != nil {
		return err
	}
	var m Message
	if err := json.Unmarshal([]byte(n.Message), &m); err != nil {
		return fmt.Errorf("decoding notification %d: %w", n.ID, err)
	}
	waits := retryWaits()
	if n.Tries > len(waits)+1 {
		return b.store.FinishNotification(ctx, n, interrupted(), b.now())
	}
	failure := b.outbox.courier.send(ctx, channel, m)
	if failure == nil {
		return b.store.FinishNotification(ctx, n, store.Problem{}, b.now())
	}
	problem := deliveryProblem(channel, failure)
	b.log.Warn("notification not delivered", "channel", channel.ID, "kind", channel.Kind, "try", n.Tries, "problem", problem.What, "detail", problem.Detail)
	if n.Tries > len(waits) {
		return b.store.FinishNotification(ctx, n, problem, b.now())
	}
	wait := max(waits[n.Tries-1], min(retryAfter(failure), longestWait))
	return b.store.PostponeNotification(ctx, n.ID, b.now().Add(wait))
}

// interrupted is why a message is given up whose every try was cut off.
func interrupted() store.Problem {
	return store.Problem{What: "Seatbridge was stopped each time while it sent a message.", Do: "Send a test message."}
}
