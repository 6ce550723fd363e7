// Package digest is what people are told every morning, or every Monday: what waits, what grew old and what changed, in one message, with
// what is new since the last one. Each member of the panel chooses for himself; a channel can carry it, too.
package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"seatbridge/billing/books"
	"seatbridge/billing/figures"
	"seatbridge/billing/notify"
	"seatbridge/billing/problem"
	"seatbridge/billing/reports"
	"seatbridge/billing/run"
	"seatbridge/store"
)

// Config is what a Keeper works with.
type Config struct {
	Store   *store.Store
	Log     *slog.Logger
	Now     func() time.Time
	Outbox  *notify.Outbox
	Books   *books.Keeper
	Figures *figures.Book
	Reports *reports.Feed
	Runs    *run.Runner
}

// Keeper sends the digests.
type Keeper struct{ Config }

// New makes the keeper of a store's digests.
func New(c Config) *Keeper { return &Keeper{c} }

// Choice is how often a member of the panel gets a digest, and whether there is a mail server to send it with.
type Choice struct {
	Every  store.Rhythm // empty: never
	Mailed bool         // an e-mail channel is set up
}

// Choice reads that of a person.
func (k *Keeper) Choice(ctx context.Context, userID int64) (c Choice, err error) {
	if c.Every, err = store.DigestsIn(k.Store).Choice(ctx, userID); err != nil {
		return c, err
	}
	mail, err := k.mailChannel(ctx)
	c.Mailed = mail != 0
	return c, err
}

// Choose keeps how often whoever chooses gets a digest, with its entry in the activity log; empty: never. The first is that of the next
// morning, or the next Monday. Any other rhythm is an *problem.Invalid by "digest".
func (k *Keeper) Choose(ctx context.Context, who problem.Actor, every store.Rhythm) error {
	if !slices.Contains([]store.Rhythm{"", store.Daily, store.Weekly}, every) {
		return &problem.Invalid{Fields: problem.Fields{"digest": "Choose how often."}}
	}
	entry := who.Did(k.Now(), store.CategorySettings, "Chose %s.", chosen(every))
	return k.Store.Record(ctx, entry, func(s *store.Store) error {
		return store.DigestsIn(s).Choose(ctx, who.UserID, every, dayOf(morningOf(k.Now())))
	})
}

func chosen(every store.Rhythm) string {
	switch every {
	case store.Daily:
		return "to get a digest every morning"
	case store.Weekly:
		return "to get a digest every Monday"
	}
	return "to get no digest"
}

// mailChannel is the channel whose mail server sends what is for one person: the first one; 0: there is none.
func (k *Keeper) mailChannel(ctx context.Context) (int64, error) {
	channels, err := k.Store.Channels(ctx)
	if err != nil {
		return 0, err
	}
	for _, c := range channels {
		if c.Kind == store.ChannelEmail {
			return c.ID, nil
		}
	}
	return 0, nil
}

// Morning sends the digests that are due, each at most once for a morning: at any hour of the day, so that one which was down at seven is
// made up for. A channel that just began to carry one gets its first the morning after.
func (k *Keeper) Morning(ctx context.Context) error {
	if err := store.DigestsIn(k.Store).Forget(ctx); err != nil {
		return err
	}
	takers, err := store.DigestsIn(k.Store).Takers(ctx)
	if err != nil || len(takers) == 0 {
		return err
	}
	o, err := k.occasion(ctx)
	if err != nil {
		return err
	}
	takers = slices.DeleteFunc(takers, func(t store.DigestTaker) bool { return t.Morning != "" && !due(t, o) })
	if len(takers) == 0 {
		return nil
	}
	mail, err := k.mailChannel(ctx)
	if err != nil {
		return err
	}
	items, err := k.items(ctx, o.now)
	if err != nil {
		return err
	}
	defer k.Outbox.Wake()
	for _, t := range takers {
		err = errors.Join(err, k.send(ctx, t, mail, items, o))
	}
	return err
}

// occasion is the morning, and when invoices are made next.
func (k *Keeper) occasion(ctx context.Context) (o occasion, err error) {
	o = occasion{now: k.Now().UTC(), morning: morningOf(k.Now())}
	mappings, err := k.Store.Mappings(ctx)
	if err != nil {
		return o, fmt.Errorf("reading mappings: %w", err)
	}
	var agreements []int
	for _, m := range mappings {
		if !slices.Contains(agreements, m.AgreementID) {
			agreements = append(agreements, m.AgreementID)
		}
	}
	next, err := books.Reader{Keeper: k.Books}.NextInvoices(ctx, agreements)
	o.invoicing = nextInvoicing(next, o.morning)
	return o, err
}

// send sends one, or keeps that there is none. Who has no mail server gets none, and what is due stays due.
func (k *Keeper) send(ctx context.Context, t store.DigestTaker, mail int64, items []Item, o occasion) error {
	through := t.ChannelID
	if t.UserID != 0 {
		through = mail
	}
	if through == 0 {
		return nil
	}
	c := compose(items, t, o)
	first := t.Morning == ""
	t.Morning = dayOf(o.morning)
	s := store.DigestSent{Taker: t, Channel: through, At: o.now}
	if !first {
		s.Taker.Said = c.said
	}
	if c.worth && !first {
		message, err := k.message(t, c, o)
		if err != nil {
			return err
		}
		s.Message = message
	}
	_, err := store.DigestsIn(k.Store).Send(ctx, s)
	return err
}

// figure is an item as a webhook receives it.
type figure struct {
	Kind  string     `json:"kind"`
	Count int        `json:"count"`
	New   int        `json:"new"`
	Text  string     `json:"text"`
	Since *time.Time `json:"since,omitempty"`
	AsOf  time.Time  `json:"as_of"`
	URL   string     `json:"url,omitempty"`
}

func (k *Keeper) message(t store.DigestTaker, c composed, o occasion) (string, error) {
	m := notify.NewMessage(o.now, c.title, c.text...)
	m.URL, m.Chosen = k.Outbox.PageURL("/"), t.UserID != 0
	m.Events = []store.Event{store.EventDigestDaily}
	if t.Every == store.Weekly {
		m.Events[0] = store.EventDigestWeekly
	}
	all := []figure{}
	for _, l := range c.lines {
		url := k.Outbox.PageURL(l.Page)
		m.Facts = append(m.Facts, notify.Fact{Name: l.Name, Value: l.text(), URL: url})
		f := figure{Kind: l.Kind, Count: len(l.IDs), New: l.fresh, Text: l.Says, AsOf: l.AsOf.Truncate(time.Second), URL: url}
		if !l.Since.IsZero() {
			f.Since = &l.Since
		}
		all = append(all, f)
	}
	encoded, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("encoding a digest: %w", err)
	}
	m.Digest = encoded
	return notify.Pack(m)
}
