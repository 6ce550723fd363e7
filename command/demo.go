package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"

	"seatbridge/billing"
	"seatbridge/billing/accounts"
	"seatbridge/billing/connect"
	"seatbridge/billing/reports"
	"seatbridge/command/demo"
	"seatbridge/connectwise/cwsim"
	"seatbridge/handlers"
	"seatbridge/store"
)

// The demo's account. Everybody who can reach the demo may use it: there is nothing real in it.
const (
	demoEmail    = "demo@seatbridge.example"
	demoPassword = "try-every-button"
)

func demoCommand(stdout, stderr io.Writer) *ffcli.Command {
	c := &config{privateTargets: true} // its simulators are on this machine
	var empty bool
	fs := newFlags("demo")
	c.addrFlag(fs)
	c.logFormatFlag(fs)
	fs.BoolVar(&empty, "empty", false, "begin before anything is set up, instead of after a year")
	return &ffcli.Command{
		Name: "demo", ShortUsage: "seatbridge demo [flags]",
		ShortHelp: "try everything with sample organizations and a simulated ConnectWise PSA",
		LongHelp: "  It begins in the middle of things: a year of syncs, invoices, approvals and differences, which Seatbridge lives through\n" +
			"  when the demo starts. All data is temporary and gone when the demo stops. It never touches the data of a real Seatbridge.",
		FlagSet: fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if err := errors.Join(noArguments(args), c.validate()); err != nil {
				return err
			}
			return serveDemo(ctx, c, empty, demoOutput{stdout, stderr})
		},
	}
}

// demoOutput is where a demo says where to go, and what goes wrong.
type demoOutput struct{ stdout, stderr io.Writer }

func serveDemo(ctx context.Context, c *config, empty bool, out demoOutput) (err error) {
	if c.data, err = os.MkdirTemp("", "seatbridge-demo-"); err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.data)) }()
	keys, err := deriveKeys(rand.Text() + rand.Text())
	if err != nil {
		return err
	}
	instance, err := listen(ctx, "127.0.0.1:0") // the only kind of address that may do without TLS
	if err != nil {
		return err
	}
	defer instance.Close()
	begun, err := beginDemo(ctx, c, keys, address(instance), empty)
	if err != nil {
		return err
	}
	defer serveOn(instance, begun.Sim)()
	db, err := store.Open(ctx, c.database(), keys.sealing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	listener, err := listen(ctx, c.addr)
	if err != nil {
		return err
	}
	credentials := begun.Sim.Credentials()
	c.clientID = credentials.ClientID
	log := c.logger(out.stderr, slog.LevelWarn)
	rooms := c.newBilling(db, log)
	provider, stopProvider, err := serveProviderSim(ctx, rooms, db)
	if err != nil {
		return err
	}
	defer stopProvider()
	site := connect.Credentials{
		Site: address(instance), Company: credentials.Company, PublicKey: credentials.PublicKey, PrivateKey: credentials.PrivateKey,
	}
	p := panel{log: log, db: db, rooms: rooms, web: handlers.Config{
		BaseURL:     &url.URL{Scheme: "http", Host: strings.TrimPrefix(address(listener), "http://")},
		SessionKeys: keys.sessions, Demo: true, DemoEmail: demoEmail, DemoPassword: demoPassword, DemoProvider: provider,
		DemoConnection: &site, DemoStops: demoStops(begun.Stops),
	}}
	return p.serve(ctx, listener, func(address string) error {
		if empty {
			return printEmptyGuide(out.stdout, address, site, credentials.ClientID)
		}
		return printGuide(out.stdout, address)
	})
}

// beginDemo fills the database of a demo: with a year that is lived through, or with sample organizations alone. Nobody else has it
// open, and it is thrown away: so it need not be on the disk.
func beginDemo(ctx context.Context, c *config, keys keys, site string, empty bool) (begun demo.Lived, err error) {
	db, err := store.OpenTuned(ctx, c.database(), keys.sealing, store.Tuning{
		Wait: time.Second, Statements: store.KeptStatements, Careless: true,
	})
	if err != nil {
		return demo.Lived{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	hash, err := accounts.HashPassword(demoPassword)
	if err != nil {
		return demo.Lived{}, err
	}
	owner := demo.Person{Name: "Demo Owner", Email: demoEmail, PasswordHash: hash}
	if !empty {
		begun, err = demo.Live(ctx, demo.Begin{Store: db, Site: site, Now: now(), Owner: owner})
		if err == nil {
			begun.Sim.SetClock(now)
		}
		return begun, err
	}
	sim := cwsim.New(cwsim.Config{Now: now})
	sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All) // optional, and the demo shows everything
	at := now()
	return demo.Lived{Sim: sim}, errors.Join(makeDemoAccount(ctx, db, owner, at), demo.Fill(ctx, db, sim, at))
}

// demoStops are what there is to look at, for its page.
func demoStops(stops []demo.Stop) []handlers.DemoStop {
	var shown []handlers.DemoStop
	for _, s := range stops {
		shown = append(shown, handlers.DemoStop(s))
	}
	return shown
}

// serveOn serves a simulator until stop is called.
func serveOn(listener net.Listener, sim http.Handler) (stop func()) {
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	return func() { server.Close() }
}

// serveSim serves a simulator on a free loopback port, the only kind of address that may do without TLS.
func serveSim(ctx context.Context, sim http.Handler) (site string, stop func(), err error) {
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	return address(listener), serveOn(listener, sim), nil
}

// serveProviderSim serves a Provider API that reports the demo's organizations, and answers the configuration that fits it.
func serveProviderSim(ctx context.Context, rooms *billing.Billing, db *store.Store) (*reports.Config, func(), error) {
	sim, err := demo.Provider(ctx, rooms.Figures, db, now)
	if err != nil {
		return nil, nil, err
	}
	key, err := sim.PrivateKey()
	if err != nil {
		return nil, nil, err
	}
	base, stop, err := serveSim(ctx, sim)
	if err != nil {
		return nil, nil, err
	}
	return demo.ProviderConfig(base, key), stop, nil
}

// printGuide says where to go.
func printGuide(w io.Writer, panel string) error {
	_, err := fmt.Fprintf(w, `listening on %s

This is a demo: sample organizations, a simulated ConnectWise PSA, and nothing is kept. It has just lived through a year of
syncs, invoices, approvals and differences: every figure was computed by Seatbridge itself.

  Open                      %s
  Sign in with              %s
  Password                  %s
  As an Admin               %s
  As a Technician           %s (the same password)

What there is to look at  %s%s
To set it up yourself     seatbridge demo --empty

Stop it with Ctrl+C.
`, panel, panel, demoEmail, demoPassword, demo.AdminEmail, demo.TechnicianEmail, panel, "/demo")
	return err
}

// printEmptyGuide says where to go and what to type where nothing is set up.
func printEmptyGuide(w io.Writer, panel string, c connect.Credentials, clientID string) error {
	_, err := fmt.Fprintf(w, `listening on %s

This is a demo: sample organizations, a simulated ConnectWise PSA, and nothing is kept.

  Open                      %s
  Sign in with              %s
  Password                  %s

Then connect ConnectWise PSA (Integrations > ConnectWise PSA), where all of this is filled in already, with

  ConnectWise site URL      %s
  ConnectWise company name  %s
  Public API key            %s
  Private API key           %s
  Client ID                 %s (under Advanced)

Stop it with Ctrl+C.
`, panel, panel, demoEmail, demoPassword, c.Site, c.Company, c.PublicKey, c.PrivateKey, clientID)
	return err
}

// makeDemoAccount makes the account and names the MSP.
func makeDemoAccount(ctx context.Context, db *store.Store, owner demo.Person, now time.Time) error {
	_, err := db.CreateUser(ctx, store.User{
		Name: owner.Name, Email: owner.Email, Role: store.Owner, Status: store.Active, PasswordHash: owner.PasswordHash, CreatedAt: now,
	})
	if err != nil {
		return err
	}
	settings, err := db.Settings(ctx)
	if err != nil {
		return err
	}
	settings.MSPName = "Demo MSP"
	return db.UpdateSettings(ctx, settings)
}
