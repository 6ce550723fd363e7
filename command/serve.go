package command

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/peterbourgon/ff/v3/ffcli"

	"seatbridge/billing"
	"seatbridge/handlers"
	"seatbridge/scheduler"
	"seatbridge/store"
)

const (
	// shutdownGrace is how long requests, jobs and the change in hand may take to end.
	shutdownGrace = 30 * time.Second
	// setupLinkLife is how long the printed link makes the Owner's account; the next start prints another.
	setupLinkLife = 7 * 24 * time.Hour
)

func serveCommand(stdout, stderr io.Writer) *ffcli.Command {
	c := operator()
	fs := newFlags("serve")
	c.addrFlag(fs)
	c.dataFlag(fs)
	c.webFlags(fs)
	c.clientIDFlag(fs)
	c.targetsFlag(fs)
	c.logFormatFlag(fs)
	fs.BoolVar(&c.anew, "new", false, "begin a new installation where an earlier one has lost its database")
	return &ffcli.Command{
		Name: "serve", ShortUsage: "seatbridge serve [flags]", ShortHelp: "serve the panel and sync every month (the default)",
		LongHelp: "  The first start makes the data directory, the database and the key file, and prints a one-time link that makes the\n" +
			"  Owner's account. SEATBRIDGE_SECRET_KEY, -secret-key-file or systemd's credential secret-key replaces the key file.",
		FlagSet: fs, Options: environment(),
		Exec: func(ctx context.Context, args []string) error {
			if err := errors.Join(noArguments(args), c.validate()); err != nil {
				return err
			}
			return serve(ctx, c, stdout, stderr)
		},
	}
}

func serve(ctx context.Context, c *config, stdout, stderr io.Writer) (err error) {
	log := c.logger(stderr, slog.LevelInfo)
	warnOfUnknown(log)
	release, err := claim(c.data)
	if err != nil {
		return err
	}
	defer release()
	keys, db, err := openOrMake(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	p := panel{log: log, db: db, rooms: c.newBilling(db, log), web: handlers.Config{
		BaseURL: c.base, SessionKeys: keys.sessions, TrustedProxies: c.proxies,
	}}
	listener, err := listen(ctx, c.addr)
	if err != nil {
		return err
	}
	warnOfPlainHTTP(log, c, listener)
	p.rooms.Work.Go(func(ctx context.Context) { warnOfTargets(ctx, log, p.rooms) })
	return p.serve(ctx, listener, func(address string) error {
		fmt.Fprintln(stdout, "listening on", address)
		if c.base != nil {
			address = c.base.String()
		}
		return printSetupLink(context.WithoutCancel(ctx), db, stdout, address)
	})
}

// claim makes the data directory and keeps other servers out of it. The commands sync and backup work beside a server.
func claim(data string) (release func(), err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	lock := flock.New(filepath.Join(data, serveLock), flock.SetPermissions(0o600))
	ours, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	if !ours {
		return nil, fmt.Errorf("another seatbridge already serves the data in %s", data)
	}
	return func() { _ = lock.Unlock() }, nil
}

// openOrMake opens the database of an installation, or makes that of a new one.
func openOrMake(ctx context.Context, c *config) (keys, *store.Store, error) {
	if err := errors.Join(c.refuseDisk(), c.refuseToMake(ctx)); err != nil {
		return keys{}, nil, err
	}
	if err := c.makeKeyFile(); err != nil {
		return keys{}, nil, err
	}
	derived, db, err := open(ctx, c)
	if err != nil {
		return keys{}, nil, err
	}
	if err := errors.Join(c.proveKeyFile(), c.finishRotation(derived)); err != nil {
		return keys{}, nil, errors.Join(err, db.Close())
	}
	return derived, db, nil
}

// open opens the database with the keys that belong to it.
func open(ctx context.Context, c *config) (keys, *store.Store, error) {
	secret, err := c.secret()
	if err != nil {
		return keys{}, nil, err
	}
	derived, db, err := c.openWith(ctx, secret)
	if errors.Is(err, store.ErrWrongKey) {
		return c.openRotated(ctx, err)
	}
	return derived, db, err
}

// openWith opens the database with one secret key: a store.ErrWrongKey says that it is not the database's own.
func (c *config) openWith(ctx context.Context, secret string) (keys, *store.Store, error) {
	derived, err := deriveKeys(secret)
	if err != nil {
		return keys{}, nil, err
	}
	db, err := store.Open(ctx, c.database(), derived.sealing)
	if errors.Is(err, store.ErrNewer) {
		return keys{}, nil, c.newer(err)
	}
	if err != nil {
		return keys{}, nil, err
	}
	if err := store.KeysIn(db).Prove(ctx); err != nil {
		return keys{}, nil, errors.Join(err, db.Close())
	}
	return derived, db, nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

// address is where a browser on this machine finds the listener.
func address(l net.Listener) string {
	tcp := l.Addr().(*net.TCPAddr)
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}

// warnOfPlainHTTP speaks up where passwords might cross a network unencrypted.
func warnOfPlainHTTP(log *slog.Logger, c *config, l net.Listener) {
	https := c.base != nil && c.base.Scheme == "https"
	if !https && !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
		log.Warn("other machines can reach this address without encryption: put a reverse proxy with TLS in front and set -base-url")
	}
}

// targetsWait is how long names are looked up at a start.
const targetsWait = 30 * time.Second

// warnOfTargets names what would be refused now, and works because it was saved before.
func warnOfTargets(ctx context.Context, log *slog.Logger, rooms *billing.Billing) {
	ctx, cancel := context.WithTimeout(ctx, targetsWait)
	defer cancel()
	stopped, err := rooms.SavedTargets(ctx)
	if err != nil && ctx.Err() == nil {
		log.Error("looking up saved targets", "err", err)
	}
	for _, t := range stopped {
		log.Warn("this was saved before private addresses were refused and works until it is changed: "+
			"change it, or start with -allow-private-targets", "target", t.Name, "host", t.Host, "because", t.Err)
	}
}

// printSetupLink prints the one-time link that makes the Owner's account, while there is no account.
func printSetupLink(ctx context.Context, db *store.Store, stdout io.Writer, base string) error {
	users, err := db.CountUsers(ctx)
	if err != nil || users > 0 {
		return err
	}
	random := make([]byte, 32)
	rand.Read(random) // never fails
	token := base64.RawURLEncoding.EncodeToString(random)
	if err := db.CreateInvitation(ctx, token, 0, now().Add(setupLinkLife)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "There is no account yet. This link makes the Owner's, once: %s/setup/%s\n", base, token)
	return err
}

// panel is all that runs while Seatbridge serves.
type panel struct {
	log   *slog.Logger
	db    *store.Store
	rooms *billing.Billing
	web   handlers.Config // without what serve fills in
}

// serve answers requests and runs the jobs until ctx ends; then it finishes the requests and the change in hand. ready is
// called once connections are accepted.
func (p panel) serve(ctx context.Context, listener net.Listener, ready func(address string) error) error {
	defer listener.Close()
	jobs, err := startJobs(p.log, p.db, p.rooms)
	if err != nil {
		return err
	}
	server, err := p.server()
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	err = ready(address(listener))
	if err == nil {
		select {
		case <-ctx.Done():
			p.log.Info("stopping")
		case err = <-served:
		}
	}
	return errors.Join(err, stop(ctx, server, jobs, p.rooms))
}

func (p panel) server() (*http.Server, error) {
	web := p.web
	web.Store, web.Billing, web.Log, web.Now, web.After, web.Version = p.db, p.rooms, p.log, now, after, version()
	handler, err := handlers.New(web)
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      5 * time.Minute, // a long CSV over a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}, nil
}

// stop lets the requests end, though ctx has ended, then the jobs and the work in the background.
func stop(ctx context.Context, server *http.Server, jobs *scheduler.Scheduler, rooms *billing.Billing) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	return errors.Join(server.Shutdown(ctx), jobs.Shutdown(ctx), rooms.Close(ctx))
}
