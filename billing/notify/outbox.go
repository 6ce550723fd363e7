package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"seatbridge/billing/background"
	"seatbridge/internal/outbound"
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

// Config is what an Outbox works with.
type Config struct {
	Store *store.Store
	Log   *slog.Logger
	Now   func() time.Time
	// After tells when that much of Now's time has passed.
	After func(time.Duration) <-chan time.Time
	// BaseURL is the panel's own address, without a slash at its end, for links; empty: there are none.
	BaseURL    string
	Background *background.Group // that messages are delivered in
	Outbound   outbound.Policy   // which addresses a channel may lead to
}

// Outbox keeps the channels and delivers messages through them in the background.
type Outbox struct {
	store      *store.Store
	log        *slog.Logger
	now        func() time.Time
	baseURL    string
	background *background.Group
	courier    courier
	// wait returns after d, when more has something or ctx ends.
	wait func(ctx context.Context, d time.Duration, more <-chan struct{})

	mu    sync.Mutex
	awake bool          // something delivers, or waits for what is due
	more  chan struct{} // tells it to look again
}

// New makes an Outbox. What an earlier process left in it is delivered after Wake.
func New(c Config) *Outbox {
	return &Outbox{
		store: c.Store, log: c.Log, now: c.Now, baseURL: c.BaseURL, background: c.Background,
		courier: newCourier(c.Now, c.Outbound), wait: waitBy(c.After), more: make(chan struct{}, 1),
	}
}

// PageURL is the address of one of the panel's pages; empty where the panel's own address is not known.
func (o *Outbox) PageURL(path string) string {
	if o.baseURL == "" {
		return ""
	}
	return o.baseURL + path
}

// Announce puts a message into the outbox and has it delivered.
func (o *Outbox) Announce(ctx context.Context, a store.Announcement) error {
	told, err := o.store.Announce(ctx, a)
	if told > 0 {
		o.Wake()
	}
	return err
}

// waitBy waits by the clock that after is of.
func waitBy(after func(time.Duration) <-chan time.Time) func(context.Context, time.Duration, <-chan struct{}) {
	return func(ctx context.Context, d time.Duration, more <-chan struct{}) {
		select {
		case <-ctx.Done():
		case <-more:
		case <-after(d):
		}
	}
}

// Wake has what waits in the outbox delivered in the background. Nobody waits for it.
func (o *Outbox) Wake() {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	if !o.awake {
		o.awake = true
		o.background.Go(o.deliver)
	}
}

// deliver works until the outbox is empty or ctx ends; what is left then is sent after the next start.
func (o *Outbox) deliver(ctx context.Context) {
	for {
		next, err := o.deliverDue(ctx)
		if err != nil && ctx.Err() == nil {
			o.log.Error("delivering notifications", "err", err)
		}
		if err != nil || next.IsZero() {
			if o.rest(ctx, err != nil) {
				return
			}
			continue
		}
		o.wait(ctx, next.Sub(o.now()), o.more)
	}
}

// rest ends the delivering, unless something was put into the outbox meanwhile.
func (o *Outbox) rest(ctx context.Context, failed bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case <-o.more:
		if ctx.Err() == nil && !failed {
			return false
		}
	default:
	}
	o.awake = false
	return true
}

// Deliver sends what is due in the outbox, for a command that ends afterwards; a server does so by itself. What cannot be
// delivered now stays, for a server to try again.
func (o *Outbox) Deliver(ctx context.Context) {
	if _, err := o.deliverDue(ctx); err != nil {
		o.log.Error("delivering notifications", "err", err)
	}
}

// deliverDue sends what is due, one message after the other, and answers when the next will be; zero when none waits.
func (o *Outbox) deliverDue(ctx context.Context) (next time.Time, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return time.Time{}, err
		}
		n, err := o.store.ClaimNotification(ctx, o.now(), o.now().Add(sendLease))
		if errors.Is(err, store.ErrNotFound) {
			break
		}
		if err != nil {
			return time.Time{}, err
		}
		// A message in hand is brought to its end: broken off, it might arrive twice.
		if err := o.handOver(context.WithoutCancel(ctx), n); err != nil {
			return time.Time{}, err
		}
	}
	next, err = o.store.NextNotification(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	return next, err
}

// handOver tries to deliver a claimed message and keeps what came of it.
func (o *Outbox) handOver(ctx context.Context, n store.Notification) error {
	channel, err := o.store.Channel(ctx, n.ChannelID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // deleted meanwhile, and its messages with it
	}
	if err != nil {
		return err
	}
	if channel, err = o.addressed(ctx, channel, n.UserID); errors.Is(err, errNobody) {
		return store.DigestsIn(o.store).Drop(ctx, n)
	}
	if err != nil {
		return err
	}
	m, err := unpack(n)
	if err != nil {
		return err
	}
	waits := retryWaits()
	if n.Tries > len(waits)+1 {
		return o.store.FinishNotification(ctx, n, interrupted(), o.now())
	}
	failure := o.courier.send(ctx, channel, m)
	if failure == nil {
		return o.store.FinishNotification(ctx, n, store.Problem{}, o.now())
	}
	problem := deliveryProblem(channel, failure)
	o.log.Warn("notification not delivered", "channel", channel.ID, "kind", channel.Kind, "try", n.Tries,
		"problem", problem.What, "detail", problem.Detail)
	if n.Tries > len(waits) {
		return o.store.FinishNotification(ctx, n, problem, o.now())
	}
	wait := max(waits[n.Tries-1], min(retryAfter(failure), longestWait))
	return o.store.PostponeNotification(ctx, n.ID, o.now().Add(wait))
}

// errNobody says that whom a message is for does not get any more.
var errNobody = errors.New("nobody gets the message any more")

// addressed is the channel with the person alone to whom a message goes, at his address of now; 0: all whom it reaches. Somebody who
// was suspended meanwhile gets none.
func (o *Outbox) addressed(ctx context.Context, c store.Channel, userID int64) (store.Channel, error) {
	if userID == 0 {
		return c, nil
	}
	u, err := o.store.User(ctx, userID)
	if errors.Is(err, store.ErrNotFound) || err == nil && u.Status != store.Active {
		return c, errNobody
	}
	c.Mail.To = []string{u.Email}
	return c, err
}

// interrupted is why a message is given up whose every try was cut off.
func interrupted() store.Problem {
	return store.Problem{What: "Seatbridge was stopped each time while it sent a message.", Do: "Send a test message."}
}
