// Package billing is the domain: its rooms, wired. Every figure that reaches ConnectWise, by whatever command, walks
// seats → plan → run; docs/design.md section 3 draws the rooms.
package billing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"seatbridge/billing/accounts"
	"seatbridge/billing/background"
	"seatbridge/billing/books"
	"seatbridge/billing/connect"
	"seatbridge/billing/digest"
	"seatbridge/billing/figures"
	"seatbridge/billing/findings"
	"seatbridge/billing/hosted"
	"seatbridge/billing/intake"
	"seatbridge/billing/mapping"
	"seatbridge/billing/notify"
	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/reports"
	"seatbridge/billing/run"
	"seatbridge/billing/scan"
	"seatbridge/billing/writing"
	"seatbridge/connectwise"
	"seatbridge/internal/outbound"
	"seatbridge/store"
)

// Config is what a Billing works with.
type Config struct {
	Store *store.Store
	Log   *slog.Logger
	Now   func() time.Time // nil: time.Now
	// After tells when that much of Now's time has passed; nil: time.After.
	After    func(time.Duration) <-chan time.Time
	ClientID string // the operator's ConnectWise client id, used where the admin gave none
	// BaseURL is the panel's own address, without a slash at its end, for links in notifications; empty: they have none.
	BaseURL string
	// Outbound is which addresses notification channels and the Provider API may stand on; the zero value: those of the internet.
	// ConnectWise may stand on private ones too.
	Outbound outbound.Policy
	// Settle is how long after a request of unknown outcome ConnectWise may still act on it: before that
	// nobody concludes from a missing addition that it was not created. 0: one minute.
	Settle time.Duration
	// Tune adjusts the ConnectWise client, such as its waits in tests; nil: as it is.
	Tune func(*connectwise.Config)
}

// Billing connects the seats in the store with the additions in ConnectWise: its rooms, wired.
type Billing struct {
	Connection    *connect.Keeper     // with ConnectWise PSA
	Figures       *figures.Book       // what is counted
	Organizations *organizations.Desk // what may be done with organizations and their members
	Reports       *reports.Feed       // what the Provider API reports
	Findings      *findings.Desk      // what readings of agreements found
	Runs          *run.Runner         // what is written to ConnectWise
	Writing       *writing.Switch     // whether it is, or only compared
	Files         *intake.Desk        // what people upload
	Mapping       *mapping.Mapper     // which organization is billed where, and as what
	Hosted        *hosted.Switch      // how to go over from the hosted integration
	Outbox        *notify.Outbox      // what people are told
	Books         *books.Keeper       // what each month owed, and what an invoice took of it
	Scan          *scan.Desk          // who is not billed, and who is billed for nothing
	Digests       *digest.Keeper      // what people are told every morning
	Accounts      *accounts.Desk      // how members get in

	Store    *store.Store
	now      func() time.Time
	outbound outbound.Policy
	Work     *background.Group
}

// New makes a Billing. Close stops its work in the background.
func New(c Config) *Billing {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.After == nil {
		c.After = time.After
	}
	if c.Settle == 0 {
		c.Settle = time.Minute
	}
	b := &Billing{Store: c.Store, now: c.Now, outbound: c.Outbound, Work: background.New(), Organizations: organizations.New(c.Store, c.Now)}
	b.Outbox = notify.New(notify.Config{
		Store: c.Store, Log: c.Log, Now: c.Now, After: c.After, BaseURL: c.BaseURL, Background: b.Work, Outbound: c.Outbound,
	})
	b.Connection = connect.New(connect.Config{
		Store: c.Store, Log: c.Log, Now: c.Now, Outbox: b.Outbox, ClientID: c.ClientID, Tune: c.tune, Outbound: c.Outbound,
	})
	b.Figures = figures.New(c.Store, c.Now)
	b.Reports = reports.New(c.Store, c.Log, c.Now, c.Outbound)
	b.Runs = run.New(run.Config{
		Store: c.Store, Log: c.Log, Now: c.Now, After: c.After, Settle: c.Settle, Background: b.Work,
		Connection: b.Connection, Figures: b.Figures, Reports: b.Reports, Outbox: b.Outbox,
	})
	b.Writing = writing.New(c.Store, c.Now, b.Runs)
	b.Books = books.New(books.Config{
		Store: c.Store, Log: c.Log, Now: c.Now, Background: b.Work,
		Connection: b.Connection, Figures: b.Figures, Runs: b.Runs, Outbox: b.Outbox,
	})
	b.Digests = digest.New(digest.Config{
		Store: c.Store, Log: c.Log, Now: c.Now, Outbox: b.Outbox, Books: b.Books, Figures: b.Figures, Reports: b.Reports, Runs: b.Runs,
	})
	b.Accounts = accounts.New(c.Store, c.Now)
	b.Findings = findings.New(c.Store, c.Now, b.Runs)
	b.Files = intake.New(intake.Config{Store: c.Store, Log: c.Log, Now: c.Now, Background: b.Work, Figures: b.Figures})
	b.Hosted = hosted.New(hosted.Config{Store: c.Store, Now: c.Now, Background: b.Work, Connection: b.Connection})
	b.Mapping = mapping.New(mapping.Config{Store: c.Store, Log: c.Log, Now: c.Now, Background: b.Work, Connection: b.Connection, Runs: b.Runs})
	b.Scan = scan.New(scan.Config{
		Store: c.Store, Log: c.Log, Now: c.Now, Background: b.Work,
		Connection: b.Connection, Figures: b.Figures, Suggest: b.Mapping.RefreshSuggestions,
	})
	return b
}

// tune gives the ConnectWise client the clock of all, and then adjusts it.
func (c Config) tune(client *connectwise.Config) {
	client.Now, client.After = c.Now, c.After
	if c.Tune != nil {
		c.Tune(client)
	}
}

// Close stops the work in the background once the change in hand is written, or ctx ends. A run that
// was not finished is finished by Resume at the next start.
func (b *Billing) Close(ctx context.Context) error { return b.Work.Close(ctx) }

// Disconnect forgets the credentials, the products and every mapping. The history of runs stays.
func (b *Billing) Disconnect(ctx context.Context, who problem.Actor) error {
	release, err := b.Store.LockSync(ctx)
	if err != nil {
		return err
	}
	defer release()
	b.Mapping.CancelCompanyImport()
	b.Scan.Stop()
	entry := who.Did(b.now(), store.CategoryIntegrations, "Disconnected ConnectWise PSA and removed every mapping.")
	if err := b.Store.Record(ctx, entry, func(s *store.Store) error { return s.Disconnect(ctx, b.now()) }); err != nil {
		return fmt.Errorf("disconnecting: %w", err)
	}
	b.Connection.Forget()
	return nil
}
