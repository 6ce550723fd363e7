package billing

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// world is Seatbridge connected to a simulated ConnectWise, with a clock of its own.
type world struct {
	t     *testing.T
	sim   *cwsim.Sim
	store *store.Store
	*Billing
	path       string
	site       string
	tune       func(*connectwise.Config)
	settle     time.Duration // as Config.Settle
	clock      *atomic.Int64 // how far the world's time is ahead of the real one, in nanoseconds
	joined     int           // members added so far, to tell their addresses apart
	business   cwsim.CatalogItem
	enterprise cwsim.CatalogItem
}

func (w *world) time() time.Time {
	if w.clock == nil {
		return time.Now().UTC()
	}
	return time.Now().Add(time.Duration(w.clock.Load())).UTC()
}

func (w *world) setTime(s string) { w.clock.Store(int64(time.Until(moment.At(s)))) }

// sleepUntil lets the time of a synctest bubble pass.
func sleepUntil(s string) { <-time.After(time.Until(moment.At(s))) }

// newWorld connects Seatbridge to an instance without companies and maps both products.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := emptyWorld(t)
	w.connect()
	w.mapProducts()
	return w
}

// emptyWorld is not connected yet.
func emptyWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: new(atomic.Int64), tune: hurry, settle: time.Nanosecond}
	w.setTime("2026-10-20 12:00:00")
	w.sim = cwsim.New(cwsim.Config{Seed: 1, Companies: -1, Now: w.time})
	server := httptest.NewServer(w.sim)
	t.Cleanup(server.Close)
	w.site = server.URL
	w.path = filepath.Join(t.TempDir(), "seatbridge.db")
	w.open()
	return w
}

// bubbleWorld is not connected yet either. Its clock is a synctest bubble's, its network is in memory,
// and the client keeps its own pace and waits, which take no real time.
func bubbleWorld(t *testing.T) *world {
	t.Helper()
	sleepUntil("2026-10-20 12:00:00") // the synthetic clock starts in 2000
	w := &world{t: t, site: "http://127.0.0.1", path: filepath.Join(t.TempDir(), "seatbridge.db")}
	w.sim = cwsim.New(cwsim.Config{Seed: 1, Companies: -1})
	transport, stop := w.sim.Pipe()
	t.Cleanup(stop)
	w.tune = func(c *connectwise.Config) { c.Transport = transport }
	w.open()
	return w
}

// hurry takes the client's pace and shortens its waits.
func hurry(c *connectwise.Config) {
	c.RequestsPerMinute = 1_000_000
	c.BackoffBase, c.BackoffCap, c.RetryAfterMin = time.Millisecond, 2*time.Millisecond, time.Millisecond
	c.ResponseTimeout, c.AttemptTimeout = 2*time.Second, 4*time.Second
}

func (w *world) mapProducts() {
	w.t.Helper()
	w.business = w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS", Description: "NordPass Business"})
	w.enterprise = w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-ENT", Description: "NordPass Enterprise"})
	w.must(w.Mapping.ConfirmMapping(w.t.Context(), admin(), map[store.Plan]int{store.Business: w.business.ID, store.Enterprise: w.enterprise.ID}))
}

// open opens the database and starts a Billing on it, as a process does.
func (w *world) open() {
	w.t.Helper()
	s, err := store.Open(w.t.Context(), w.path, make([]byte, 32))
	w.must(err)
	w.store = s
	w.Billing = New(Config{
		Store: s, Log: slog.New(slog.DiscardHandler), Now: w.time, Settle: w.settle,
		BaseURL: "https://panel.example.com", Tune: func(c *connectwise.Config) { w.tune(c) },
	})
	rooms := w.Billing
	w.t.Cleanup(func() {
		rooms.Close(w.t.Context())
		s.Close()
	})
}

func (w *world) connect() {
	w.t.Helper()
	_, err := w.Connection.Connect(w.t.Context(), admin(), w.credentials())
	w.must(err)
}

func (w *world) credentials() Credentials {
	c := w.sim.Credentials()
	return Credentials{Site: w.site, Company: c.Company, PublicKey: c.PublicKey, PrivateKey: c.PrivateKey, ClientID: c.ClientID}
}

func admin() problem.Actor {
	return problem.Actor{UserID: 1, Name: "admin@example.com", IP: "192.0.2.1"}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// company adds a company with one open agreement to ConnectWise.
func (w *world) company(name string) cwsim.Agreement {
	c := w.sim.AddCompany(cwsim.Company{Name: name})
	return w.sim.AddAgreement(cwsim.Agreement{Name: name + " Services", CompanyID: c.ID, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true})
}

// filter is every company type and status.
func (w *world) filter() (types, statuses []int) {
	for _, t := range w.sim.CompanyTypes() {
		types = append(types, t.ID)
	}
	for _, s := range w.sim.CompanyStatuses() {
		statuses = append(statuses, s.ID)
	}
	return types, statuses
}

// importAll imports every company.
func (w *world) importAll() {
	w.t.Helper()
	types, statuses := w.filter()
	w.must(w.Mapping.StartImport(w.t.Context(), problem.System(), types, statuses))
	w.work.Wait()
	if p := w.Mapping.ImportProgress(); !p.Problem.Zero() {
		w.t.Fatal(p.Problem)
	}
}

// organization adds one with so many members since mid-2025.
func (w *world) organization(name string, seats int, plan store.Plan) store.Organization {
	w.t.Helper()
	o, err := w.store.CreateOrganization(w.t.Context(), store.Organization{
		Name: name, Plan: plan, License: store.Standard, Managed: true, CreatedAt: moment.At("2025-06-01"),
	})
	w.must(err)
	w.join(o, seats)
	return o
}

func (w *world) join(o store.Organization, seats int) {
	w.t.Helper()
	emails := make([]string, seats)
	for i := range emails {
		w.joined++
		emails[i] = fmt.Sprintf("m%d@example.com", w.joined)
	}
	if seats > 0 {
		_, _, err := w.store.AddSeats(w.t.Context(), o.ID, emails, time.Time{}, w.time().Add(-time.Hour))
		w.must(err)
	}
}

// mapped is an organization with its company and agreement, imported and mapped.
func (w *world) mapped(name string, seats int, plan store.Plan) (store.Organization, cwsim.Agreement) {
	w.t.Helper()
	a := w.company(name)
	w.importAll()
	o := w.organization(name, seats, plan)
	w.must(w.Mapping.Map(w.t.Context(), admin(), a.CompanyID, a.ID, o.ID))
	return o, a
}

// mappedTogether is n organizations of two members with their companies and agreements, imported at once.
func (w *world) mappedTogether(n int) []cwsim.Agreement {
	w.t.Helper()
	agreements := make([]cwsim.Agreement, n)
	for i := range agreements {
		agreements[i] = w.company(fmt.Sprintf("Company %03d", i))
	}
	w.importAll()
	for i, a := range agreements {
		o := w.organization(fmt.Sprintf("Org %03d", i), 2, store.Business)
		w.must(w.Mapping.Map(w.t.Context(), admin(), a.CompanyID, a.ID, o.ID))
	}
	return agreements
}

// sync runs Sync now to its end.
func (w *world) sync() store.Run {
	w.t.Helper()
	run, err := w.Runs.Run(w.t.Context(), admin(), w.Runs.SyncNow(false))
	w.must(err)
	return run
}

// live lists "identifier quantity" of an agreement's additions that are not cancelled.
func (w *world) live(agreementID int) []string {
	var lines []string
	for _, a := range w.sim.Additions(agreementID) {
		if a.Cancelled.IsZero() {
			lines = append(lines, fmt.Sprintf("%s %s", w.identifier(a.ProductID), a.Quantity))
		}
	}
	return lines
}

func (w *world) identifier(productID int) string {
	for _, item := range w.sim.Catalog() {
		if item.ID == productID {
			return item.Identifier
		}
	}
	return "?"
}

// changes lists a run's changes in short.
func (w *world) changes(run store.Run) []string {
	w.t.Helper()
	list, _, err := w.store.Changes(w.t.Context(), store.ChangeFilter{RunID: run.ID})
	w.must(err)
	var short []string
	for _, c := range list {
		short = append(short, plantest.Show(c))
	}
	return short
}

// writes counts the requests that changed or tried to change ConnectWise since the journal was reset.
func (w *world) writes() int {
	n := 0
	for _, r := range w.sim.Requests() {
		if r.Method != "GET" {
			n++
		}
	}
	return n
}

// wantStatus fails the test if the run ended otherwise.
func wantStatus(t *testing.T, run store.Run, want store.RunStatus) {
	t.Helper()
	if run.Status != want {
		t.Errorf("run is %s (%+v), want %s", run.Status, run.Problem, want)
	}
}

// set changes the settings.
func (w *world) set(change func(*store.Settings)) {
	w.t.Helper()
	settings, err := w.store.Settings(w.t.Context())
	w.must(err)
	change(&settings)
	w.must(w.store.UpdateSettings(w.t.Context(), settings))
}

// approve approves changes and waits until they are written.
func (w *world) approve(ids []int64) {
	w.t.Helper()
	n, err := w.Runs.Approve(w.t.Context(), admin(), ids)
	w.must(err)
	if n == 0 {
		w.t.Error("nothing was approved")
	}
	w.work.Wait()
}

// heldIDs are the changes of a run that wait for a person.
func (w *world) heldIDs(run store.Run) []int64 {
	w.t.Helper()
	list, _, err := w.store.Changes(w.t.Context(), store.ChangeFilter{RunID: run.ID, States: []store.ChangeState{store.StateHeld}})
	w.must(err)
	var ids []int64
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// wantChanges fails the test if the run made other changes.
func (w *world) wantChanges(run store.Run, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.changes(run)); diff != "" {
		w.t.Errorf("changes of the run (-want +got):\n%s", diff)
	}
}

// wantLive fails the test if other additions are open on the agreement.
func (w *world) wantLive(agreementID int, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.live(agreementID)); diff != "" {
		w.t.Errorf("open additions (-want +got):\n%s", diff)
	}
}

// wantProcessed fails the test if the run did not count every agreement.
func (w *world) wantProcessed(run store.Run) {
	w.t.Helper()
	if run.Processed != run.Total {
		w.t.Errorf("processed %d of %d agreements", run.Processed, run.Total)
	}
}
