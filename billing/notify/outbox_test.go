package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/notify/notifytest"
	"seatbridge/billing/problem"
	"seatbridge/internal/outbound"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

func at(text string) time.Time {
	t, err := time.Parse(time.DateTime, text)
	if err != nil {
		panic(err)
	}
	return t
}

func admin() problem.Actor {
	return problem.Actor{UserID: 1, Name: "admin@example.com", IP: "192.0.2.1"}
}

const tokenPath = "/services/T0/very-secret-token"

// desk is an Outbox on a database of its own, whose clock runs ahead instead of waiting.
type desk struct {
	*Outbox
	t     *testing.T
	path  string
	clock *atomic.Int64 // seconds since 1970
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, path: storetest.New(t), clock: new(atomic.Int64)}
	d.clock.Store(at("2026-10-20 12:00:00").Unix())
	d.open()
	return d
}

// told is a desk that tells a receiver everything.
func told(t *testing.T) (*desk, *notifytest.Receiver) {
	t.Helper()
	d, r := newDesk(t), notifytest.NewReceiver(t)
	d.channel(store.Channel{Kind: store.ChannelWebhook, Name: "Ops", URL: r.URL + tokenPath, Events: Events()}, false)
	return d, r
}

func (d *desk) time() time.Time { return time.Unix(d.clock.Load(), 0).UTC() }

func (d *desk) pass(wait time.Duration) { d.clock.Add(int64(wait / time.Second)) }

// open is the start of a process.
func (d *desk) open() {
	d.t.Helper()
	s, err := store.Open(d.t.Context(), d.path, make([]byte, 32))
	d.must(err)
	work := background.New()
	d.Outbox = New(Config{
		Store: s, Log: slog.New(slog.DiscardHandler), Now: d.time, BaseURL: "https://panel.example.com", Background: work,
		Outbound: outbound.Private,
	})
	d.courier.timeout = 5 * time.Second
	d.wait = func(_ context.Context, wait time.Duration, _ <-chan struct{}) { d.pass(wait) }
	d.t.Cleanup(func() {
		work.Close(d.t.Context())
		s.Close()
	})
}

// reopen is the end of one process and the start of the next.
func (d *desk) reopen() {
	d.t.Helper()
	d.must(d.background.Close(d.t.Context()))
	d.must(d.store.Close())
	d.open()
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) channel(c store.Channel, sign bool) int64 {
	d.t.Helper()
	id, err := d.SaveChannel(d.t.Context(), admin(), c, sign)
	d.must(err)
	return id
}

// tell puts a message into the outbox and waits until the outbox is empty.
func (d *desk) tell() {
	d.t.Helper()
	m := NewMessage(d.time(), "The sync ended", "All is well.")
	m.Facts = []Fact{{Name: "Written", Value: "12"}}
	a, err := Address(m, "", store.Topic{Event: store.EventEnded, Key: m.ID})
	d.must(err)
	d.must(d.Announce(d.t.Context(), a))
	d.quiet()
}

// quiet waits until the outbox is empty.
func (d *desk) quiet() { d.background.Wait() }

func TestFailingChannelIsRetriedThenShown(t *testing.T) {
	t.Parallel()
	d, r := told(t)
	var log strings.Builder
	d.log = slog.New(slog.NewTextHandler(&log, nil))
	begin := d.time()
	r.Answer(http.StatusInternalServerError, "no such "+tokenPath, nil)
	d.tell()
	got := notifytest.Messages[Message](t, r)
	if len(got) != 4 {
		t.Fatalf("%d tries, want 4", len(got))
	}
	for _, m := range got {
		if m.ID != got[0].ID || !strings.HasPrefix(m.ID, "msg_") {
			t.Errorf("ids %q and %q", m.ID, got[0].ID)
		}
	}
	if waited := d.time().Sub(begin).Round(time.Minute); waited != 36*time.Minute {
		t.Errorf("gave up after %s", waited)
	}
	channels, err := d.Channels(t.Context())
	d.must(err)
	if channels[0].Problem.What != "The webhook answered with status 500." {
		t.Errorf("problem %+v", channels[0].Problem)
	}
	notifytest.WantParts(t, channels[0].Problem.Detail, "500 Internal Server Error")
	if strings.Contains(log.String(), "very-secret-token") || !strings.Contains(log.String(), "notification not delivered") {
		t.Errorf("log %s", log.String())
	}

	r.Answer(http.StatusTooManyRequests, "", map[string]string{"Retry-After": "600"})
	begin = d.time()
	d.tell()
	if waited := d.time().Sub(begin).Round(time.Minute); len(r.Take()) != 4 || waited != 50*time.Minute {
		t.Errorf("gave up after %s, want the receiver's 10 minutes twice, then our 30", waited)
	}
	r.Answer(0, "", nil)
	d.tell()
	if channels, err = d.Channels(t.Context()); err != nil || !channels[0].Problem.Zero() || len(r.Take()) != 1 {
		t.Errorf("after a message that was taken: %+v, %v", channels, err)
	}
}

func TestOutboxOutlivesACrash(t *testing.T) {
	t.Parallel()
	d, r := told(t)
	d.awake = true // nobody delivers: the process dies first
	d.tell()
	if got := r.Take(); len(got) != 0 {
		t.Fatalf("delivered %v", got)
	}
	d.reopen()
	d.Wake()
	d.quiet()
	if got := notifytest.Messages[Message](t, r); len(got) != 1 {
		t.Fatalf("%d messages after the next start, want 1", len(got))
	}

	d.awake = true
	d.tell()
	claimed, err := d.store.ClaimNotification(t.Context(), d.time(), d.time().Add(sendLease))
	d.must(err) // and dies in the middle of the delivery
	d.reopen()
	d.Wake()
	d.quiet()
	got := notifytest.Messages[Message](t, r)
	m, err := unpack(claimed)
	d.must(err)
	if len(got) != 1 || got[0].ID != m.ID {
		t.Errorf("%+v, want the message that was being sent", got)
	}

	// A message in whose sending the process dies each time is given up.
	d.awake = true
	d.tell()
	for range 4 {
		_, err = d.store.ClaimNotification(t.Context(), d.time(), d.time())
		d.must(err)
	}
	d.reopen()
	d.Wake()
	d.quiet()
	channels, err := d.Channels(t.Context())
	d.must(err)
	if len(r.Take()) != 0 || channels[0].Problem != interrupted() {
		t.Errorf("channel %+v", channels[0])
	}
}

func TestDeliverSendsAtOnce(t *testing.T) {
	t.Parallel()
	d, r := told(t)
	d.awake = true
	d.tell()
	r.Answer(http.StatusServiceUnavailable, "", nil)
	d.Deliver(t.Context())
	r.Answer(0, "", nil)
	d.Deliver(t.Context()) // not due yet
	if n := len(r.Take()); n != 1 {
		t.Errorf("%d tries, want 1", n)
	}
	d.pass(time.Minute)
	d.Deliver(t.Context())
	d.Deliver(t.Context())
	if n := len(r.Take()); n != 1 {
		t.Errorf("%d tries, want 1", n)
	}
}

func TestDeletedChannelIsToldNothing(t *testing.T) {
	t.Parallel()
	d, r := told(t)
	d.awake = true
	d.tell()
	d.must(d.DeleteChannel(t.Context(), admin(), 1))
	d.Deliver(t.Context())
	if n := len(r.Take()); n != 0 {
		t.Errorf("%d messages", n)
	}
	if err := d.DeleteChannel(t.Context(), admin(), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}
