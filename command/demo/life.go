package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"seatbridge/billing"
	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// answerTime is how long each answer of the simulated ConnectWise takes on the clock of a demo that lives its year.
const answerTime = 130 * time.Millisecond

// lifeGC lets garbage grow while a year is lived, which takes a fifth less time.
const lifeGC = 400

// companiesBeside is how many companies the simulated ConnectWise has besides those of the story.
const companiesBeside = 60

// Begin is what a year is lived with.
type Begin struct {
	Store *store.Store // empty, and with nobody else
	Site  string       // the address at which the simulated ConnectWise will be served
	Now   time.Time    // when the year ends
	Owner Person       // who signs in
}

// Person is an account of the demo.
type Person struct{ Name, Email, PasswordHash string }

// The other accounts of a demo that lived a year; they have the Owner's password.
const (
	AdminEmail      = "mara@seatbridge.example"
	TechnicianEmail = "tom@seatbridge.example"
)

// Lived is a year that was lived.
type Lived struct {
	Sim   *cwsim.Sim
	Stops []Stop // what there is to look at
}

// life is a Seatbridge that lives a year with a simulated ConnectWise, on a clock of their own.
type life struct {
	*billing.Billing
	db     *store.Store
	site   string
	person Person    // the Owner
	end    time.Time // of the year
	sim    *cwsim.Sim
	clock  *Clock
	chance *rand.Rand

	owner, admin problem.Actor
	first        time.Time // of the month that goes on when the year ends
	samples      []sample
	ids          map[string]int64 // of the organizations, by their names
	agreements   map[string]int   // by the same names
	business     int              // the products
	enterprise   int
	cast         []string        // the customers of whom the story tells
	reserved     map[string]bool // what waits of these customers, nobody approves by the way
	handEdited   string          // the customer whose line was edited last
	stops        []Stop
	events       []event
}

// event is something that happens in the year.
type event struct {
	at   time.Time
	what string
	do   func(context.Context) error
}

// Live lives a year in a store through the rooms that serve, with a simulated ConnectWise: what there is afterwards has been counted,
// written, held, invoiced and settled as always. Two lives up to one moment are alike.
func Live(ctx context.Context, b Begin) (Lived, error) {
	l := newLife(b)
	defer debug.SetGCPercent(debug.SetGCPercent(lifeGC))
	l.Billing = billing.New(billing.Config{
		Store: b.Store, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: l.clock.Now, After: l.clock.After,
		Tune: func(c *connectwise.Config) { l.hurry(c) },
	})
	err := l.live(ctx)
	if closed := l.Close(ctx); err == nil {
		err = closed
	}
	if err != nil {
		return Lived{}, fmt.Errorf("living the demo's year: %w", err)
	}
	return Lived{Sim: l.sim, Stops: inChapters(l.stops)}, nil
}

func newLife(b Begin) *life {
	b.Now = b.Now.UTC().Truncate(time.Second)
	l := &life{
		db: b.Store, site: b.Site, person: b.Owner, end: b.Now, chance: rand.New(rand.NewPCG(sampleSeed, sampleSeed)),
		first: time.Date(b.Now.Year(), b.Now.Month(), 1, 0, 0, 0, 0, time.UTC),
		ids:   map[string]int64{}, agreements: map[string]int{}, reserved: map[string]bool{},
	}
	l.clock = NewClock(l.begins())
	l.sim = cwsim.New(cwsim.Config{Now: l.clock.Now, Companies: companiesBeside})
	l.sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All) // optional, and the demo shows everything
	return l
}

// begins is when Seatbridge is set up: early in the month of a year ago.
func (l *life) begins() time.Time { return l.day(12, 6, 8) }

// day is an hour of a day of the month so many months before the one that goes on.
func (l *life) day(monthsAgo, day, hour int) time.Time {
	return l.first.AddDate(0, -monthsAgo, day-1).Add(time.Duration(hour) * time.Hour)
}

// month is the month so many months before the one that goes on.
func (l *life) month(monthsAgo int) store.Month {
	return store.MonthOf(l.first.AddDate(0, -monthsAgo, 0))
}

// hurry takes the client's pace. An answer takes its time on the clock, and one is asked for after the other, so that two lives are
// alike.
func (l *life) hurry(c *connectwise.Config) {
	c.RequestsPerMinute, c.MaxConcurrent, c.Transport = 1_000_000, 1, near{l}
}

// live sets up, and lets happen what happens up to the end of the year, in the order of time.
func (l *life) live(ctx context.Context) error {
	if err := l.setUp(ctx); err != nil {
		return fmt.Errorf("setting up: %w", err)
	}
	l.planYear()
	slices.SortStableFunc(l.events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range l.events {
		if e.at.After(l.end) {
			break
		}
		l.clock.until(e.at)
		if err := e.do(ctx); err != nil {
			return fmt.Errorf("%s, %s: %w", l.clock.Now().Format(time.DateTime), e.what, err)
		}
		l.Work.Wait()
	}
	return nil
}

// at plans something.
func (l *life) at(when time.Time, what string, do func(context.Context) error) {
	l.events = append(l.events, event{when, what, do})
}

// setUp is the first morning: the accounts, the organizations as they are then, the connection, the products, the companies.
func (l *life) setUp(ctx context.Context) error {
	if err := l.addPeople(ctx); err != nil {
		return err
	}
	l.fillConnectWise()
	if err := l.addOrganizations(ctx); err != nil {
		return err
	}
	c := l.sim.Credentials()
	_, err := l.Connection.Connect(ctx, l.owner, connect.Credentials{
		Site: l.site, Company: c.Company, PublicKey: c.PublicKey, PrivateKey: c.PrivateKey, ClientID: c.ClientID,
	})
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	err = l.Mapping.ConfirmMapping(ctx, l.owner, map[store.Plan]int{store.Business: l.business, store.Enterprise: l.enterprise}, false)
	if err != nil {
		return fmt.Errorf("mapping the products: %w", err)
	}
	if err := l.importCompanies(ctx); err != nil {
		return err
	}
	return l.mapAll(ctx, slices.Sorted(maps.Keys(l.ids)))
}

func (l *life) addPeople(ctx context.Context) error {
	for _, p := range []struct {
		Person
		role  store.Role
		actor *problem.Actor
	}{
		{l.person, store.Owner, &l.owner},
		{Person{"Mara Lind", AdminEmail, l.person.PasswordHash}, store.Admin, &l.admin},
		{Person{"Tom Okafor", TechnicianEmail, l.person.PasswordHash}, store.Technician, &problem.Actor{}},
	} {
		u, err := l.db.CreateUser(ctx, store.User{
			Name: p.Name, Email: p.Email, PasswordHash: p.PasswordHash, Role: p.role, Status: store.Active, CreatedAt: l.clock.Now(),
		})
		if err != nil {
			return fmt.Errorf("adding %s: %w", p.Email, err)
		}
		*p.actor = problem.Actor{UserID: u.ID, Name: u.Email, IP: "192.0.2.10"}
	}
	settings, err := l.db.Settings(ctx)
	if err != nil {
		return err
	}
	settings.MSPName, settings.Months.NextInvoice = "Demo MSP", true
	return l.db.UpdateSettings(ctx, settings)
}

func (l *life) importCompanies(ctx context.Context) error {
	var types, statuses []int
	for _, t := range l.sim.CompanyTypes() {
		types = append(types, t.ID)
	}
	for _, s := range l.sim.CompanyStatuses() {
		statuses = append(statuses, s.ID)
	}
	if err := l.Mapping.StartCompanyImport(ctx, l.admin, types, statuses); err != nil {
		return fmt.Errorf("importing companies: %w", err)
	}
	l.Work.Wait()
	if p := l.Mapping.CompanyImportProgress(); !p.Problem.Zero() {
		return fmt.Errorf("importing companies: %s", p.Problem.What)
	}
	return nil
}

// mapAll maps organizations to the agreements of their customers, each as a person does who is shown what would be written.
func (l *life) mapAll(ctx context.Context, names []string) error {
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(l.ids[a], l.ids[b]) })
	for _, name := range names {
		agreement, is := l.agreements[name]
		if !is {
			continue
		}
		company := l.sim.Agreement(agreement).CompanyID
		if err := l.Mapping.Map(ctx, l.admin, company, agreement, l.ids[name]); err != nil {
			return fmt.Errorf("mapping %s: %w", name, err)
		}
	}
	return nil
}
