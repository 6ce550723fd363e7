// Package billing is the domain: the billable seats, the plan (what to change in ConnectWise) and the
// run (changing it), together with what they need of ConnectWise: the connection, the products and the
// imported companies. Every figure that reaches ConnectWise, by whatever command, walks
// Usage → Plan → Run.
package billing

import (
	"context"
	"fmt"
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
	b.Connection = NewKeeper(KeeperConfig{Store: c.Store, Log: c.Log, Now: c.Now, Outbox: b.Outbox, ClientID: c.ClientID, Tune: c.Tune})
	b.Figures = NewBook(c.Store, c.Now)
	b.Reports = NewFeed(c.Store, c.Log, c.Now)
	b.Runs = NewRunner(RunnerConfig{
		Store: c.Store, Log: c.Log, Now: c.Now, Settle: c.Settle, Background: b.work,
		Connection: b.Connection, Figures: b.Figures, Reports: b.Reports, Outbox: b.Outbox,
	})
	b.Files = NewDesk(DeskConfig{Store: c.Store, Log: c.Log, Now: c.Now, Background: b.work, Figures: b.Figures})
	b.Mapping = NewMapper(MapperConfig{Store: c.Store, Log: c.Log, Now: c.Now, Background: b.work, Connection: b.Connection, Runs: b.Runs})
	return b
}

// Close stops the work in the background once the change in hand is written, or ctx ends. A run that
// was not finished is finished by Resume at the next start.
func (b *Billing) Close(ctx context.Context) error { return b.work.Close(ctx) }

// Disconnect forgets the credentials, the products and every mapping. The history of runs stays.
func (b *Billing) Disconnect(ctx context.Context, who problem.Actor) error {
	release, err := b.store.LockSync(ctx)
	if err != nil {
		return err
	}
	defer release()
	b.Mapping.CancelImport()
	entry := who.Did(b.now(), store.CategoryIntegrations, "Disconnected ConnectWise PSA and removed every mapping.")
	if err := b.store.Record(ctx, entry, func(s *store.Store) error { return s.Disconnect(ctx) }); err != nil {
		return fmt.Errorf("disconnecting: %w", err)
	}
	b.Connection.forgetClient()
	return nil
}
