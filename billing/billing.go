// Package billing is the domain: the billable seats, the plan (what to change in ConnectWise) and the
// run (changing it), together with what they need of ConnectWise: the connection, the products and the
// imported companies. Every figure that reaches ConnectWise, by whatever command, walks
// Usage → Plan → Run.
package billing

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/notify"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Config is what a Billing works with.
type Config struct {
	Store    *store.Store
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
	ClientID string           // the operator's ConnectWise client id, used where the admin gave none
	// BaseURL is the panel's own address, without a slash at its end, for links in notifications; empty: they have none.
	BaseURL string
	// Settle is how long after a request of unknown outcome ConnectWise may still act on it: before that
	// nobody concludes from a missing addition that it was not created. 0: one minute.
	Settle time.Duration
	// Tune adjusts the ConnectWise client, such as its waits in tests; nil: as it is.
	Tune func(*connectwise.Config)
}

// Billing connects the seats in the store with the additions in ConnectWise: its rooms, wired.
type Billing struct {
	Connection    *Keeper        // with ConnectWise PSA
	Figures       *Book          // what is counted
	Organizations *Organizations // what may be done with organizations and their members
	Reports       *Feed          // what the Provider API reports
	Runs          *Runner        // what is written to ConnectWise
	Files         *Desk          // what people upload
	Mapping       *Mapper        // which organization is billed where, and as what
	Outbox        *notify.Outbox // what people are told

	store *store.Store
	now   func() time.Time
	work  *background.Group
}

// New makes a Billing. Close stops its work in the background.
func New(c Config) *Billing {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Settle == 0 {
		c.Settle = time.Minute
	}
	if c.Tune == nil {
		c.Tune = func(*connectwise.Config) {}
	}
	b := &Billing{store: c.Store, now: c.Now, work: background.New(), Organizations: NewOrganizations(c.Store, c.Now)}
	b.Outbox = notify.New(notify.Config{Store: c.Store, Log: c.Log, Now: c.Now, BaseURL: c.BaseURL, Background: b.work})
	b.Connection = &Keeper{store: c.Store, log: c.Log, now: c.Now, outbox: b.Outbox, clientID: c.ClientID, tune: c.Tune}
	b.Figures = &Book{store: c.Store, now: c.Now}
	b.Reports = &Feed{store: c.Store, log: c.Log, now: c.Now}
	b.Runs = &Runner{
		store: c.Store, log: c.Log, now: c.Now, settle: c.Settle, work: b.work,
		connect: b.Connection, figures: b.Figures, reports: b.Reports, outbox: b.Outbox,
	}
	b.Files = &Desk{store: c.Store, log: c.Log, now: c.Now, work: b.work, figures: b.Figures}
	b.Mapping = &Mapper{store: c.Store, log: c.Log, now: c.Now, work: b.work, connect: b.Connection, run: b.Runs}
	return b
}

// Close stops the work in the background once the change in hand is written, or ctx ends. A run that
// was not finished is finished by Resume at the next start.
func (b *Billing) Close(ctx context.Context) error { return b.work.Close(ctx) }

func refused(err error) *problem.Refused {
	return &problem.Refused{Problem: problemOf(err), Field: fieldOf(err), Err: err}
}

// problemOf puts any error into words for the admin; one that is not ConnectWise's is our own fault.
func problemOf(err error) store.Problem {
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		return store.Problem{What: invalid.Sentence()}
	}
	a := connectwise.Advise(err)
	return store.Problem{What: a.What, Do: a.Do, Detail: a.Detail}
}

// fieldOf is the credential to look at first when a connection fails so.
func fieldOf(err error) string {
	for _, blame := range []struct {
		err   error
		field string
	}{
		{connectwise.ErrUnknownCompany, "company"},
		{connectwise.ErrUnroutable, "company"},
		{connectwise.ErrClientID, "client_id"},
		{connectwise.ErrUnauthorized, "private_key"},
		{connectwise.ErrUnreachable, "site"},
		{connectwise.ErrNotConnectWise, "site"},
		{connectwise.ErrRedirect, "site"},
		{connectwise.ErrSSLRequired, "site"},
	} {
		if errors.Is(err, blame.err) {
			return blame.field
		}
	}
	return ""
}
