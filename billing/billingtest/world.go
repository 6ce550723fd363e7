// Package billingtest is the world for tests: a real store, a simulated ConnectWise, and Billing between them.
package billingtest

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing"
	"seatbridge/billing/connect"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/internal/outbound"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// World is Seatbridge connected to a simulated ConnectWise, with a clock of its own.
type World struct {
	T     *testing.T
	Sim   *cwsim.Sim
	Store *store.Store
	*billing.Billing
	Path       string
	Site       string
	tune       func(*connectwise.Config)
	settle     time.Duration                        // as Config.Settle
	Clock      *atomic.Int64                        // how far the world's time is ahead of the real one, in nanoseconds
	After      func(time.Duration) <-chan time.Time // how a run waits; as Config.After
	tuning     store.Tuning
	joined     int // members added so far, to tell their addresses apart
	Business   cwsim.CatalogItem
	Enterprise cwsim.CatalogItem
}

// Time is the moment in this world, in UTC.
func (w *World) Time() time.Time {
	if w.Clock == nil {
		return time.Now().UTC()
	}
	return time.Now().Add(time.Duration(w.Clock.Load())).UTC()
}

// SetTime sets the clock.
func (w *World) SetTime(s string) { w.Clock.Store(int64(time.Until(moment.At(s)))) }

// SleepUntil lets the time of a synctest bubble pass.
func SleepUntil(s string) { <-time.After(time.Until(moment.At(s))) }

// New connects Seatbridge to an instance without companies and maps both products.
func New(t *testing.T) *World {
	t.Helper()
	w := Empty(t)
	w.Connect()
	w.MapProducts()
	return w
}

// Empty is not connected yet.
func Empty(t *testing.T) *World {
	t.Helper()
	w := &World{T: t, Clock: new(atomic.Int64), tune: hurry, settle: time.Nanosecond, After: time.After, tuning: tuned}
	w.SetTime("2026-10-20 12:00:00")
	w.Sim = cwsim.New(cwsim.Config{Seed: 1, Companies: -1, Now: w.Time})
	server := httptest.NewServer(w.Sim)
	t.Cleanup(server.Close)
	w.Site = server.URL
	w.Path = storetest.New(t)
	w.Open()
	return w
}

// Bubble is not connected yet either. Its clock is a synctest bubble's, its network is in memory,
// and the client keeps its own pace and waits, which take no real time.
func Bubble(t *testing.T) *World {
	t.Helper()
	SleepUntil("2026-10-20 12:00:00") // the synthetic clock starts in 2000
	w := &World{T: t, Site: "http://127.0.0.1", Path: storetest.New(t), After: time.After, tuning: tuned}
	w.Sim = cwsim.New(cwsim.Config{Seed: 1, Companies: -1})
	transport, stop := w.Sim.Pipe()
	t.Cleanup(stop)
	w.tune = func(c *connectwise.Config) { c.Transport = transport }
	w.Open()
	return w
}

// tuned is how a process opens a database.
var tuned = store.Tuning{Wait: 5 * time.Second, Statements: store.KeptStatements}

// hurry takes the client's pace and shortens its waits.
func hurry(c *connectwise.Config) {
	c.RequestsPerMinute = 1_000_000
	c.BackoffBase, c.BackoffCap, c.RetryAfterMin = time.Millisecond, 2*time.Millisecond, time.Millisecond
	c.ResponseTimeout, c.AttemptTimeout = 2*time.Second, 4*time.Second
}

// MapProducts adds a product for each plan to ConnectWise and maps it.
func (w *World) MapProducts() {
	w.T.Helper()
	w.Business = w.Sim.AddCatalogItem(cwsim.CatalogItem{
		Identifier: "NP-BUS", Description: "NordPass Business", Price: plantest.Quantity("4.99"),
	})
	w.Enterprise = w.Sim.AddCatalogItem(cwsim.CatalogItem{
		Identifier: "NP-ENT", Description: "NordPass Enterprise", Price: plantest.Quantity("6.49"),
	})
	w.Must(w.Mapping.ConfirmMapping(w.T.Context(), Admin(), map[store.Plan]int{
		store.Business:   w.Business.ID,
		store.Enterprise: w.Enterprise.ID,
	}, false))
}

// Open opens the database and starts a Billing on it, as a process does.
func (w *World) Open() {
	w.T.Helper()
	s, err := store.OpenTuned(w.T.Context(), w.Path, make([]byte, 32), w.tuning)
	w.Must(err)
	w.Store = s
	w.Billing = billing.New(billing.Config{
		Store: s, Log: slog.New(slog.DiscardHandler), Now: w.Time, Settle: w.settle,
		After:   func(d time.Duration) <-chan time.Time { return w.After(d) },
		BaseURL: "https://panel.example.com", Outbound: outbound.Private, Tune: func(c *connectwise.Config) { w.tune(c) },
	})
	rooms := w.Billing
	w.T.Cleanup(func() {
		rooms.Close(w.T.Context())
		s.Close()
	})
}

// Impatient opens the database anew, so that a write which meets another program's lock fails soon: whoever holds it in a test goes
// on only then.
func (w *World) Impatient() {
	w.T.Helper()
	w.tuning.Wait = 50 * time.Millisecond
	w.reopen()
}

// Unprepared opens the database anew and keeps no statement prepared, so that SQLite is asked about each of them.
func (w *World) Unprepared() {
	w.T.Helper()
	w.tuning.Statements = 0
	w.reopen()
}

func (w *World) reopen() {
	w.T.Helper()
	w.Must(w.Billing.Close(w.T.Context()))
	w.Must(w.Store.Close())
	w.Open()
}

// Connect connects Seatbridge.
func (w *World) Connect() {
	w.T.Helper()
	_, err := w.Connection.Connect(w.T.Context(), Admin(), w.Credentials())
	w.Must(err)
}

// Credentials are those that the simulator takes.
func (w *World) Credentials() connect.Credentials {
	c := w.Sim.Credentials()
	return connect.Credentials{Site: w.Site, Company: c.Company, PublicKey: c.PublicKey, PrivateKey: c.PrivateKey, ClientID: c.ClientID}
}

// Admin is who does things in tests.
func Admin() problem.Actor {
	return problem.Actor{UserID: 1, Name: "admin@example.com", IP: "192.0.2.1"}
}

// Must fails the test at once on an error.
func (w *World) Must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Company adds a company with one open agreement to ConnectWise.
func (w *World) Company(name string) cwsim.Agreement {
	c := w.Sim.AddCompany(cwsim.Company{Name: name})
	return w.Sim.AddAgreement(cwsim.Agreement{
		Name:      name + " Services",
		CompanyID: c.ID,
		Start:     moment.At("2025-01-01"),
		BillStart: moment.At("2025-01-01"),
		Prorate:   true,
	})
}

// Filter is every company type and status.
func (w *World) Filter() (types, statuses []int) {
	for _, t := range w.Sim.CompanyTypes() {
		types = append(types, t.ID)
	}
	for _, s := range w.Sim.CompanyStatuses() {
		statuses = append(statuses, s.ID)
	}
	return types, statuses
}

// ImportAll imports every company.
func (w *World) ImportAll() {
	w.T.Helper()
	types, statuses := w.Filter()
	w.Must(w.Mapping.StartCompanyImport(w.T.Context(), problem.System(), types, statuses))
	w.Work.Wait()
	if p := w.Mapping.CompanyImportProgress(); !p.Problem.Zero() {
		w.T.Fatal(p.Problem)
	}
}

// Organization adds one with so many members since mid-2025.
func (w *World) Organization(name string, seats int, plan store.Plan) store.Organization {
	w.T.Helper()
	o, err := w.Store.CreateOrganization(w.T.Context(), store.Organization{
		Name: name, Plan: plan, License: store.Standard, Managed: true, CreatedAt: moment.At("2025-06-01"),
	})
	w.Must(err)
	w.Join(o, seats)
	return o
}

// Join adds so many members to an organization, an hour ago.
func (w *World) Join(o store.Organization, seats int) {
	w.T.Helper()
	emails := make([]string, seats)
	for i := range emails {
		w.joined++
		emails[i] = fmt.Sprintf("m%d@example.com", w.joined)
	}
	if seats > 0 {
		_, _, err := w.Store.AddSeats(w.T.Context(), o.ID, emails, time.Time{}, w.Time().Add(-time.Hour))
		w.Must(err)
	}
}

// JoinAt adds a member with a date of its own, as a fact that comes late does.
func (w *World) JoinAt(o store.Organization, at string) {
	w.T.Helper()
	w.joined++
	_, _, err := w.Store.AddSeats(w.T.Context(), o.ID, []string{fmt.Sprintf("m%d@example.com", w.joined)}, time.Time{}, moment.At(at))
	w.Must(err)
}

// Mapped is an organization with its company and agreement, imported and mapped.
func (w *World) Mapped(name string, seats int, plan store.Plan) (store.Organization, cwsim.Agreement) {
	w.T.Helper()
	a := w.Company(name)
	w.ImportAll()
	o := w.Organization(name, seats, plan)
	w.Must(w.Mapping.Map(w.T.Context(), Admin(), a.CompanyID, a.ID, o.ID))
	return o, a
}

// MappedTogether is n organizations of two members with their companies and agreements, imported at once.
func (w *World) MappedTogether(n int) []cwsim.Agreement {
	w.T.Helper()
	agreements := make([]cwsim.Agreement, n)
	for i := range agreements {
		agreements[i] = w.Company(fmt.Sprintf("Company %03d", i))
	}
	w.ImportAll()
	for i, a := range agreements {
		o := w.Organization(fmt.Sprintf("Org %03d", i), 2, store.Business)
		w.Must(w.Mapping.Map(w.T.Context(), Admin(), a.CompanyID, a.ID, o.ID))
	}
	return agreements
}

// Sync runs Sync now to its end.
func (w *World) Sync() store.Run {
	w.T.Helper()
	run, err := w.Runs.Run(w.T.Context(), Admin(), w.Runs.SyncNow(false))
	w.Must(err)
	return run
}

// Live lists "identifier quantity" of an agreement's additions that are not cancelled.
func (w *World) Live(agreementID int) []string {
	var lines []string
	for _, a := range w.Sim.Additions(agreementID) {
		if a.Cancelled.IsZero() {
			lines = append(lines, fmt.Sprintf("%s %s", w.Identifier(a.ProductID), a.Quantity))
		}
	}
	return lines
}

// Identifier is the name of a product in ConnectWise.
func (w *World) Identifier(productID int) string {
	for _, item := range w.Sim.Catalog() {
		if item.ID == productID {
			return item.Identifier
		}
	}
	return "?"
}

// Changes lists a run's changes in short.
func (w *World) Changes(run store.Run) []string {
	w.T.Helper()
	list, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	var short []string
	for _, c := range list {
		short = append(short, plantest.Show(c))
	}
	return short
}

// Writes counts the requests that changed or tried to change ConnectWise since the journal was reset.
func (w *World) Writes() int {
	n := 0
	for _, r := range w.Sim.Requests() {
		if r.Method != "GET" {
			n++
		}
	}
	return n
}

// WantStatus fails the test if the run ended otherwise.
func WantStatus(t *testing.T, run store.Run, want store.RunStatus) {
	t.Helper()
	if run.Status != want {
		t.Errorf("run is %s (%+v), want %s", run.Status, run.Problem, want)
	}
}

// Set changes the settings.
func (w *World) Set(change func(*store.Settings)) {
	w.T.Helper()
	settings, err := w.Store.Settings(w.T.Context())
	w.Must(err)
	change(&settings)
	w.Must(w.Store.UpdateSettings(w.T.Context(), settings))
}

// Trusting lets lines be written that Seatbridge did not create, as where whoever mapped them was shown what would be written: for
// tests of something else.
func (w *World) Trusting() {
	w.T.Helper()
	w.Set(func(s *store.Settings) { s.Holds.First = false })
}

// Approve approves changes and waits until they are written.
func (w *World) Approve(ids []int64) {
	w.T.Helper()
	n, err := w.Runs.Approve(w.T.Context(), Admin(), ids)
	w.Must(err)
	if n == 0 {
		w.T.Error("nothing was approved")
	}
	w.Work.Wait()
}

// HeldIDs are the changes of a run that wait for a person.
func (w *World) HeldIDs(run store.Run) []int64 {
	w.T.Helper()
	list, _, err := w.Store.Changes(w.T.Context(), store.ChangeFilter{RunID: run.ID, States: []store.ChangeState{store.StateHeld}})
	w.Must(err)
	var ids []int64
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// WantChanges fails the test if the run made other changes.
func (w *World) WantChanges(run store.Run, want ...string) {
	w.T.Helper()
	if diff := cmp.Diff(want, w.Changes(run)); diff != "" {
		w.T.Errorf("changes of the run (-want +got):\n%s", diff)
	}
}

// WantLive fails the test if other additions are open on the agreement.
func (w *World) WantLive(agreementID int, want ...string) {
	w.T.Helper()
	if diff := cmp.Diff(want, w.Live(agreementID)); diff != "" {
		w.T.Errorf("open additions (-want +got):\n%s", diff)
	}
}

// WantProcessed fails the test if the run did not count every agreement.
func (w *World) WantProcessed(run store.Run) {
	w.T.Helper()
	if run.Processed != run.Total {
		w.T.Errorf("processed %d of %d agreements", run.Processed, run.Total)
	}
}
