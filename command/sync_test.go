package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/command/commandtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

func TestSyncPeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 0, 29, 59, 0, time.UTC)
	inTokyo := now.In(time.FixedZone("Tokyo", 9*60*60))
	lateOctober := time.Date(2026, 10, 31, 20, 0, 0, 0, time.FixedZone("New York", -4*60*60)) // 1 November in UTC
	cases := []struct {
		name  string
		month string
		now   time.Time
		want  seats.Period
		usage bool
	}{
		{"no month is the current one to date", "", now, seats.ToDate(now), false},
		{"the current month is to date", "2026-11", now, seats.ToDate(now), false},
		{"the local zone does not matter", "", inTokyo, seats.ToDate(now), false},
		{"UTC decides what the current month is", "2026-11", lateOctober, seats.ToDate(lateOctober), false},
		{"a past month is whole", "2026-10", now, seats.WholeMonth("2026-10"), false},
		{"a month of another year", "2025-12", now, seats.WholeMonth("2025-12"), false},
		{"a month to come", "2026-12", now, seats.Period{}, true},
		{"no month at all", "2026-13", now, seats.Period{}, true},
		{"a day", "2026-10-01", now, seats.Period{}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := syncPeriod(c.month, c.now)
			if usage := errors.As(err, new(usageError)); usage != c.usage || err != nil && !usage {
				t.Fatalf("got error %v", err)
			}
			if got.Month != c.want.Month || !got.AsOf.Equal(c.want.AsOf) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestSyncCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 0)

	preview := w.sync(t, exitFine, "-preview")
	for _, want := range []string{"COMPANY", w.names[0], "create", "3 planned", "Nothing was written"} {
		if !strings.Contains(preview, want) {
			t.Errorf("no %q in the preview:\n%s", want, preview)
		}
	}
	if diff := cmp.Diff(map[string]string{}, w.quantities()); diff != "" {
		t.Errorf("the preview wrote (-want +got):\n%s", diff)
	}

	if out := w.sync(t, exitFine); !strings.Contains(out, "3 written") {
		t.Errorf("the sync says:\n%s", out)
	}
	if diff := cmp.Diff(w.wanted, w.quantities()); diff != "" {
		t.Errorf("additions (-want +got):\n%s", diff)
	}
	if out := w.sync(t, exitFine); !strings.Contains(out, "3 unchanged") {
		t.Errorf("the second sync says:\n%s", out)
	}

	var result runJSON
	if err := json.Unmarshal([]byte(w.sync(t, exitFine, "-json")), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Changes) != 3 || result.Status != "done" || result.Changes[0].Before.String() != w.wanted[w.names[0]] || result.Changes[0].Kind != "unchanged" {
		t.Errorf("as JSON: %+v", result)
	}

	w.sim.CancelAgreement(w.agreements[1].ID, time.Now().AddDate(0, 0, -1))
	if out := w.sync(t, exitUnfinished); !strings.Contains(out, "blocked") {
		t.Errorf("with a cancelled agreement it says:\n%s", out)
	}
	w.sim.AddFault(cwsim.Fault{Kind: cwsim.Unauthorized})
	w.sync(t, exitFailed)
}

// TestAnOlderMonthAsksForOverwrite has the running month on the lines, and last month asked for.
func TestAnOlderMonthAsksForOverwrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 0)
	last := string(store.MonthOf(time.Now()).Add(-1))
	if out := w.sync(t, exitFine, "-month", last); !strings.Contains(out, "1 written") {
		t.Errorf("a month that nothing overwrites:\n%s", out)
	}
	w.sync(t, exitFine)
	err := Run(t.Context(), []string{"sync", "-data", w.data, "-month", last}, io.Discard, io.Discard)
	if ExitStatus(err) != exitUsage || !strings.Contains(err.Error(), "--overwrite") {
		t.Errorf("got %v", err)
	}
	w.sync(t, exitFine, "-month", last, "-overwrite")
}

func TestSyncNeedsTheSettingUp(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, "-addr", "127.0.0.1:0", "-data", data).Stop(t)
	err := Run(t.Context(), []string{"sync", "-data", data}, io.Discard, io.Discard)
	if ExitStatus(err) != exitFailed || !strings.Contains(err.Error(), "not connected") {
		t.Errorf("got %v", err)
	}
}

func TestSyncTellsWhenAnotherRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 0)
	_, db, err := open(t.Context(), &config{data: w.data})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	release, err := db.LockSync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	err = Run(t.Context(), []string{"sync", "-data", w.data}, io.Discard, io.Discard)
	if ExitStatus(err) != exitFailed || !errors.Is(err, problem.ErrRunning) {
		t.Errorf("got %v", err)
	}
}

// world is a data directory that is connected to a simulated ConnectWise, with organizations mapped.
type world struct {
	data       string
	sim        *cwsim.Sim
	agreements []cwsim.Agreement
	names      []string          // of organizations and their companies alike
	wanted     map[string]string // quantity by name
	product    map[store.Plan]cwsim.CatalogItem
}

// newWorld makes n organizations of 1 to 40 seats, every third one on Enterprise, each with an agreement of its own that has
// no additions yet.
func newWorld(t testing.TB, n int, latency time.Duration) *world {
	t.Helper()
	now := time.Now().UTC()
	w := &world{data: t.TempDir(), wanted: map[string]string{}, product: map[store.Plan]cwsim.CatalogItem{}}
	w.sim = cwsim.New(cwsim.Config{Companies: -1, Latency: latency})
	server := httptest.NewServer(w.sim)
	t.Cleanup(server.Close)
	w.product[store.Business] = w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-B", Description: "NordPass Business"})
	w.product[store.Enterprise] = w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-E", Description: "NordPass Enterprise"})

	c := &config{data: w.data}
	commandtest.Must(t, c.makeKeyFile())
	_, db, err := open(t.Context(), c)
	commandtest.Must(t, err)
	defer db.Close()
	rooms := c.newBilling(db, slog.New(slog.DiscardHandler))
	defer rooms.Close(context.WithoutCancel(t.Context()))
	credentials := w.sim.Credentials()
	_, err = rooms.Connection.Connect(t.Context(), problem.System(), connect.Credentials{
		Site: server.URL, Company: credentials.Company, PublicKey: credentials.PublicKey, PrivateKey: credentials.PrivateKey, ClientID: credentials.ClientID,
	})
	commandtest.Must(t, err)
	commandtest.Must(t, rooms.Mapping.ConfirmMapping(t.Context(), problem.System(), map[store.Plan]int{
		store.Business: w.product[store.Business].ID, store.Enterprise: w.product[store.Enterprise].ID,
	}, false))
	w.fill(t, db, n, now)
	return w
}

// fill adds the companies to ConnectWise and the organizations, their seats and mappings to the database.
func (w *world) fill(t testing.TB, db *store.Store, n int, now time.Time) {
	t.Helper()
	imported := store.CompanyImport{TypeIDs: []int{1}, StatusIDs: []int{1}, At: now}
	var organizations []store.Organization
	for i := range n {
		name := fmt.Sprintf("Customer %03d", i)
		company := w.sim.AddCompany(cwsim.Company{Name: name})
		agreement := w.sim.AddAgreement(cwsim.Agreement{Name: "Services", CompanyID: company.ID, Start: now.AddDate(-1, 0, 0), Prorate: true})
		plan := planOf(i)
		w.names, w.agreements = append(w.names, name), append(w.agreements, agreement)
		w.wanted[name] = strconv.Itoa(seatsOf(i))
		imported.Companies = append(imported.Companies, store.Company{ID: company.ID, Identifier: company.Identifier, Name: name, ImportedAt: now})
		imported.Agreements = append(imported.Agreements, store.Agreement{ID: agreement.ID, CompanyID: company.ID, Name: agreement.Name, Status: "Active", ImportedAt: now})
		organizations = append(organizations, store.Organization{Name: name, Plan: plan, License: store.Standard, Managed: true, CreatedAt: now.AddDate(0, -6, 0)})
	}
	_, err := db.SaveCompanyImport(t.Context(), imported)
	commandtest.Must(t, err)
	organizations, err = db.CreateOrganizations(t.Context(), organizations)
	commandtest.Must(t, err)
	var seats []store.Seat
	for i, o := range organizations {
		for s := range seatsOf(i) {
			seats = append(seats, store.Seat{OrganizationID: o.ID, Email: fmt.Sprintf("member%d@customer%d.example", s, i), JoinedAt: now.AddDate(0, -5, 0)})
		}
		commandtest.Must(t, db.SaveMapping(t.Context(), store.Mapping{
			OrganizationID: o.ID, CompanyID: w.agreements[i].CompanyID, AgreementID: w.agreements[i].ID, CreatedAt: now, CreatedBy: "test",
		}))
	}
	commandtest.Must(t, db.AddSeatHistory(t.Context(), seats))
}

func seatsOf(i int) int { return 1 + i*7%40 }

func planOf(i int) store.Plan {
	if i%3 == 2 {
		return store.Enterprise
	}
	return store.Business
}

// quantities are those of the NordPass additions in ConnectWise, by company; a second addition shows as "3 + 3".
func (w *world) quantities() map[string]string {
	found := map[string]string{}
	for i, agreement := range w.agreements {
		var quantities []string
		for _, addition := range w.sim.Additions(agreement.ID) {
			quantities = append(quantities, addition.Quantity.String())
		}
		if len(quantities) > 0 {
			found[w.names[i]] = strings.Join(quantities, " + ")
		}
	}
	return found
}

// sync runs the command and returns what it printed.
func (w *world) sync(t *testing.T, status int, args ...string) string {
	t.Helper()
	var stdout bytes.Buffer
	err := Run(t.Context(), append([]string{"sync", "-data", w.data}, args...), &stdout, io.Discard)
	if got := ExitStatus(err); got != status {
		t.Fatalf("sync %v: exit status %d, want %d: %v\n%s", args, got, status, err, stdout.String())
	}
	return stdout.String()
}

func TestAHeldChangeSaysWhy(t *testing.T) {
	t.Parallel()
	c := store.Change{State: store.StateHeld, Reason: "Acme 205.", HeldBecause: "A change of +200 is larger than 100 seats."}
	if got, want := cell(why(c)), "Acme 205. Held: A change of +200 is larger than 100 seats."; got != want {
		t.Errorf("why = %q, want %q", got, want)
	}
	if result(c) != "held" || !needsPerson(c) {
		t.Error("a held change is shown as if it needed nobody")
	}
}
