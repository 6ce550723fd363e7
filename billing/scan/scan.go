// Package scan reads the whole ConnectWise instance to find leaks, remembers what it read, and keeps what people say of what was found.
// It only ever reads there (docs/leaks.md).
package scan

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/connect"
	"seatbridge/billing/figures"
	"seatbridge/billing/leaks"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Config is what a Desk works with.
type Config struct {
	Store      *store.Store
	Log        *slog.Logger
	Now        func() time.Time
	Background *background.Group
	Connection *connect.Keeper
	Figures    *figures.Book
	Suggest    func(context.Context) error // makes the suggestions of mappings anew, if names have changed
}

// Desk scans, and says what leaks.
type Desk struct {
	Config

	mu        sync.Mutex
	progress  Progress
	cancel    context.CancelFunc
	cancelled bool // by a person; otherwise a scan that is cut short goes on later

	memory memory
}

// New makes the desk of a store.
func New(c Config) *Desk { return &Desk{Config: c} }

// Progress is how far a scan is, or how the last one of this process ended.
type Progress struct {
	Running            bool
	Phase              string // what it is doing, in words
	Done, Total        int    // agreements whose lines were read, and are to be
	StartedAt, EndedAt time.Time
	Problem            store.Problem // why it failed
	Cancelled          bool
}

// Progress tells how the scan is going.
func (d *Desk) Progress() Progress {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.progress
}

func (d *Desk) update(change func(*Progress)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.progress)
}

func (d *Desk) phase(text string) { d.update(func(p *Progress) { p.Phase = text }) }

// Start scans the whole instance in the background. One that failed a short while ago goes on where it stood. problem.ErrRunning: a scan
// is in progress; problem.ErrNotConnected and problem.ErrNotActive say what is missing.
func (d *Desk) Start(ctx context.Context, who problem.Actor) error {
	if err := connect.Ready(ctx, d.Store); err != nil {
		return err
	}
	client, err := d.Connection.Client(ctx)
	if err != nil {
		return err
	}
	before, free := d.reserve()
	if !free {
		return problem.ErrRunning
	}
	id, err := d.goOn(ctx, who)
	if err != nil {
		d.update(func(p *Progress) { *p = before })
		return err
	}
	d.begin(func(ctx context.Context) { d.carryOut(ctx, client, id) })
	return nil
}

// reserve says that a scan is in progress, unless one is, and answers what was said before.
func (d *Desk) reserve() (before Progress, free bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.progress.Running {
		return Progress{}, false
	}
	before = d.progress
	d.progress = Progress{Running: true, Phase: "Reading the catalog", StartedAt: d.Now()}
	d.cancelled, d.cancel = false, func() {}
	return before, true
}

// begin starts the work of the scan that is reserved; if somebody cancelled it since, it ends at once.
func (d *Desk) begin(work func(context.Context)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cancel = d.Background.Go(work)
	if d.cancelled {
		d.cancel()
	}
}

// Cancel stops a scan in progress; the result of the last one that was done stays. Without a scan it does nothing.
func (d *Desk) Cancel(ctx context.Context, who problem.Actor) error {
	if !d.Stop() {
		return nil
	}
	return d.Store.AddActivity(ctx, who.Did(d.Now(), store.CategoryBilling, "Cancelled looking for leaks. The last result stays."))
}

// Stop stops a scan in progress, and says whether there was one.
func (d *Desk) Stop() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.progress.Running {
		return false
	}
	d.cancelled = true
	d.cancel()
	return true
}

// carryOut scans, and keeps how it ended. A scan that the process's end cuts short is left running, for the next process.
func (d *Desk) carryOut(ctx context.Context, client *connectwise.Client, id int64) {
	products, err := d.scan(ctx, client, id)
	p, cancelled := store.Problem{}, ctx.Err() != nil
	if err != nil && !cancelled {
		p = connect.ProblemOf(err)
		d.Log.Error("scanning for leaks", "err", err)
	}
	if !cancelled || d.byPerson() {
		d.end(context.WithoutCancel(ctx), id, ended(err, cancelled), p, products)
	}
	d.Forget()
	d.update(func(to *Progress) { to.Running, to.EndedAt, to.Problem, to.Cancelled = false, d.Now(), p, cancelled })
}

func (d *Desk) byPerson() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cancelled
}

func ended(err error, cancelled bool) store.ScanState {
	switch {
	case cancelled:
		return store.ScanCancelled
	case err != nil:
		return store.ScanFailed
	}
	return store.ScanDone
}

// end keeps how a scan ended and what it found, in one transaction with what the activity log says of it.
func (d *Desk) end(ctx context.Context, id int64, state store.ScanState, p store.Problem, products []store.NamedProduct) {
	err := d.Store.Together(ctx, "ending a scan", func(s *store.Store) error {
		if err := store.LeaksIn(s).EndScan(ctx, id, state, p, d.Now()); err != nil || state != store.ScanDone {
			return err
		}
		if err := store.LeaksIn(s).KeepProducts(ctx, products); err != nil {
			return err
		}
		scan, err := store.LeaksIn(s).GoodScan(ctx)
		if err != nil {
			return err
		}
		return s.AddActivity(ctx, problem.System().Did(d.Now(), store.CategoryBilling,
			"Looked for leaks in %s with %s.", problem.Plural(scan.Read, "agreement"), problem.Plural(scan.Lines, "line")))
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) { // not found: ConnectWise was disconnected meanwhile, and all is forgotten
		d.Log.Error("keeping how a scan ended", "err", err)
	}
}

// freshFor is how long what a scan read before it failed or was cut off may be used by the one that goes on with it.
const freshFor = 6 * time.Hour

// goOn is the scan to go on with, or a new one. What the activity log says of it is kept in the same transaction.
func (d *Desk) goOn(ctx context.Context, who problem.Actor) (id int64, err error) {
	last, err := lastOr(store.LeaksIn(d.Store).LastScan(ctx))
	if err != nil {
		return 0, err
	}
	entry := who.Did(d.Now(), store.CategoryBilling, "Started looking for leaks in all agreements of ConnectWise PSA.")
	err = d.Store.Record(ctx, entry, func(s *store.Store) error {
		if d.goesOn(last) {
			id = last.ID
			return store.LeaksIn(s).ResumeScan(ctx, id)
		}
		id, err = store.LeaksIn(s).BeginScan(ctx, who.Name, d.Now())
		return err
	})
	return id, err
}

// goesOn says whether what a scan read before it failed or was cut off may be used.
func (d *Desk) goesOn(last store.Scan) bool {
	unfinished := last.State == store.ScanRunning || last.State == store.ScanFailed
	return unfinished && len(last.LookedFor) > 0 && d.Now().Sub(last.StartedAt) < freshFor
}

// Found is what leaks now, with the scan that it rests on.
type Found struct {
	leaks.Result
	Scan  store.Scan // the last one that was done; zero: none was
	Last  store.Scan // the last one, however it ended; zero: none was begun
	Next  time.Time  // when the next one begins by itself; zero: not known
	Ready bool       // ConnectWise is connected and the products are mapped
}

// Find finds what leaks now: by what was read last and what is mapped, counted and answered now.
func (d *Desk) Find(ctx context.Context) (Found, error) {
	return d.found(ctx, d.findNow)
}

// Recent is what Find found within the last half minute, unless Forget was called since: for pages that show a little of it. Whoever is
// answered must not change it.
func (d *Desk) Recent(ctx context.Context) (Found, error) { return d.found(ctx, d.recent) }

func (d *Desk) found(ctx context.Context, find func(context.Context) (leaks.Result, error)) (Found, error) {
	f := Found{Ready: true}
	err := connect.Ready(ctx, d.Store)
	if errors.Is(err, problem.ErrNotConnected) || errors.Is(err, problem.ErrNotActive) {
		f.Ready, err = false, nil
	}
	if err != nil || !f.Ready {
		return f, err
	}
	if f.Result, err = find(ctx); err != nil {
		return f, err
	}
	if f.Last, err = lastOr(store.LeaksIn(d.Store).LastScan(ctx)); err != nil {
		return f, err
	}
	if f.Scan, err = lastOr(store.LeaksIn(d.Store).GoodScan(ctx)); err != nil {
		return f, err
	}
	f.Next, err = d.next(ctx, f.Scan, f.Last)
	return f, err
}

// lastOr is a scan, or none where there was none.
func lastOr(s store.Scan, err error) (store.Scan, error) {
	if errors.Is(err, store.ErrNotFound) {
		return store.Scan{}, nil
	}
	return s, err
}
