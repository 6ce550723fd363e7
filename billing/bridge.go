// Package billing is the domain: the billable seats, the plan (what to change in ConnectWise) and the
// run (changing it), together with what they need of ConnectWise: the connection, the products and the
// imported companies. Every figure that reaches ConnectWise, by whatever command, walks
// Usage → Plan → Run.
package billing

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/notify"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Config is what a Bridge works with.
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

// Bridge connects the seats in the store with the additions in ConnectWise.
type Bridge struct {
	// Organizations is what may be done with organizations and members.
	Organizations *Organizations
	// Outbox tells people what happened.
	Outbox *notify.Outbox

	store    *store.Store
	log      *slog.Logger
	now      func() time.Time
	clientID string
	settle   time.Duration
	tune     func(*connectwise.Config)

	work    *background.Group
	imp     importing
	active  activeRun
	figures figures
	intakes intakes

	suggesting sync.Mutex // held while suggestions are made

	mu     sync.Mutex
	client *connectwise.Client // for the saved credentials; nil: not made yet
}

// New makes a Bridge. Close stops its work in the background.
func New(c Config) *Bridge {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Settle == 0 {
		c.Settle = time.Minute
	}
	if c.Tune == nil {
		c.Tune = func(*connectwise.Config) {}
	}
	b := &Bridge{
		store: c.Store, log: c.Log, now: c.Now, clientID: c.ClientID, settle: c.Settle, tune: c.Tune,
		work: background.New(), Organizations: NewOrganizations(c.Store, c.Now),
	}
	b.Outbox = notify.New(notify.Config{Store: c.Store, Log: c.Log, Now: c.Now, BaseURL: c.BaseURL, Background: b.work})
	return b
}

// Close stops the work in the background once the change in hand is written, or ctx ends. A run that
// was not finished is finished by Resume at the next start.
func (b *Bridge) Close(ctx context.Context) error { return b.work.Close(ctx) }

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
