package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"

	"seatbridge/billing"
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
	c := &config{}
	fs := newFlags("demo")
	c.addrFlag(fs)
	c.logFormatFlag(fs)
	return &ffcli.Command{
		Name: "demo", ShortUsage: "seatbridge demo [flags]",
		ShortHelp: "try everything with sample organizations and a simulated ConnectWise PSA",
		LongHelp:  "  All data is temporary and gone when the demo stops. It never touches the data of a real Seatbridge.",
		FlagSet:   fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if err := errors.Join(noArguments(args), c.validate()); err != nil {
				return err
			}
			return serveDemo(ctx, c, stdout, stderr)
		},
	}
}

func serveDemo(ctx context.Context, c *config, stdout, stderr io.Writer) (err error) {
	if c.data, err = os.MkdirTemp("", "seatbridge-demo-"); err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.data)) }()
	keys, err := deriveKeys(rand.Text() + rand.Text())
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, c.database(), keys.sealing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	sim := cwsim.New(cwsim.Config{Now: now})
	sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All) // optional, and the demo shows everything
	at := now()
	if err := makeDemoAccount(ctx, db, at); err != nil {
		return err
	}
	if err := demo.Fill(ctx, db, sim, at); err != nil {
		return err
	}
	site, stopSim, err := serveSim(ctx, sim)
	if err != nil {
		return err
	}
	defer stopSim()
	listener, err := listen(ctx, c.addr)
	if err != nil {
		return err
	}
	c.clientID = sim.Credentials().ClientID
	log := c.logger(stderr, slog.LevelWarn)
	rooms := c.newBilling(db, log)
	provider, stopProvider, err := serveProviderSim(ctx, rooms, db)
	if err != nil {
		return err
	}
	defer stopProvider()
	p := panel{log: log, db: db, rooms: rooms, web: handlers.Config{
		SessionKeys: keys.sessions, Demo: true, DemoEmail: demoEmail, DemoPassword: demoPassword, DemoProvider: provider,
	}}
	return p.serve(ctx, listener, func(address string) error {
		return printGuide(stdout, address, site, sim.Credentials())
	})
}

// serveSim serves a simulator on a free loopback port, the only kind of address that may do without TLS.
func serveSim(ctx context.Context, sim http.Handler) (site string, stop func(), err error) {
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	return address(listener), func() { server.Close() }, nil
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

// printGuide says where to go and what to type.
func printGuide(w io.Writer, panel, site string, c cwsim.Credentials) error {
	_, err := fmt.Fprintf(w, `listening on %s

This is a demo: sample organizations, a simulated ConnectWise PSA, and nothing is kept.

  Open                      %s
  Sign in with              %s
  Password                  %s

Then connect ConnectWise PSA (Integrations > ConnectWise PSA) with

  ConnectWise site URL      %s
  ConnectWise company name  %s
  Public API key            %s
  Private API key           %s
  Client ID                 %s (under Advanced; filled in already)

Stop it with Ctrl+C.
`, panel, panel, demoEmail, demoPassword, site, c.Company, c.PublicKey, c.PrivateKey, c.ClientID)
	return err
}

// makeDemoAccount makes the account and names the MSP.
func makeDemoAccount(ctx context.Context, db *store.Store, now time.Time) error {
	hash, err := handlers.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	_, err = db.CreateUser(ctx, store.User{
		Name: "Demo Owner", Email: demoEmail, Role: store.Owner, Status: store.Active, PasswordHash: hash, CreatedAt: now,
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
