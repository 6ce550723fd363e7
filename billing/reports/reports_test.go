package reports_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/billing/reports"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/internal/moment"
	"seatbridge/internal/outbound"
	"seatbridge/nordpass"
	"seatbridge/nordpass/npsim"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// provided is a Billing without ConnectWise but with a simulated Provider API.
type provided struct {
	*billing.Billing
	t       *testing.T
	sim     *npsim.Sim
	config  reports.Config
	records []npsim.Record
	clock   time.Time
}

func newProvided(t *testing.T) *provided {
	t.Helper()
	p := &provided{t: t, clock: moment.At("2026-04-01 00:10:00")}
	s, err := store.Open(t.Context(), storetest.New(t), make([]byte, 32))
	p.must(err)
	p.Billing = billing.New(billing.Config{Store: s, Log: slog.New(slog.DiscardHandler), Outbound: outbound.Private, Now: func() time.Time { return p.clock }})
	all := func(string) []npsim.Record { return p.records }
	p.sim, err = npsim.New(npsim.Config{Now: func() time.Time { return p.clock }, Monthly: all, Daily: all, PerPage: 2})
	p.must(err)
	server := httptest.NewServer(p.sim)
	key, err := p.sim.PrivateKey()
	p.must(err)
	p.config = simConfig(server.URL, key)
	t.Cleanup(func() {
		p.Billing.Close(context.WithoutCancel(t.Context()))
		server.Close()
		s.Close()
	})
	return p
}

// simConfig is how to reach the simulator.
func simConfig(base, key string) reports.Config {
	return reports.Config{
		Config: nordpass.Config{
			BaseURL: base, MonthlyPath: npsim.MonthlyPath + "?month={month}", DailyPath: npsim.DailyPath + "?day={day}",
			Method: http.MethodGet, Header: "Authorization: Bearer {token}", Algorithm: npsim.Algorithm, KeyID: npsim.KeyID,
			Issuer: npsim.Issuer, Audience: npsim.Audience, Lifetime: 60, PrivateKey: key,
			List: "organizations", Paging: nordpass.PagingLink, NextField: "next",
		},
		ID: "id", Name: "name", Seats: "licenses", Plan: "tier", Business: "business", Enterprise: "Enterprise, E2", Trial: "trial", NFR: "nfr",
	}
}

func (p *provided) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// organization was there since January.
func (p *provided) organization(name, externalID string, members int) store.Organization {
	p.t.Helper()
	o, err := p.Store.CreateOrganization(p.t.Context(), store.Organization{
		Name: name, ExternalID: externalID, Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: moment.At("2026-01-01"),
	})
	p.must(err)
	for i := range members {
		_, _, err := p.Store.AddSeats(p.t.Context(), o.ID, []string{strings.Repeat("m", i+1) + "@example.com"}, time.Time{}, moment.At("2026-01-01"))
		p.must(err)
	}
	return o
}

func (p *provided) save() {
	p.t.Helper()
	p.must(p.Reports.Save(p.t.Context(), billingtest.Admin(), p.config))
}

func (p *provided) figure(o store.Organization, m store.Month) seats.Usage {
	p.t.Helper()
	usage, err := p.Figures.Usage(p.t.Context(), seats.WholeMonth(m), []int64{o.ID})
	p.must(err)
	return usage[o.ID]
}

func (p *provided) lastFetch() store.UsageFetch {
	p.t.Helper()
	fetches, err := p.Store.UsageFetches(p.t.Context(), 1)
	p.must(err)
	if len(fetches) == 0 {
		p.t.Fatal("nothing was fetched")
	}
	whole, err := p.Store.UsageFetch(p.t.Context(), fetches[0].ID)
	p.must(err)
	return whole
}

func TestProviderReports(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	byID := p.organization("Renamed here", "np-1", 6)
	byName := p.organization("Café Zoë", "", 2)
	trial, nfr := p.organization("Trial", "np-3", 3), p.organization("Free", "np-4", 3)
	absent := p.organization("Absent", "np-5", 4)
	otherID := p.organization("Same name", "np-elsewhere", 1)
	p.records = []npsim.Record{
		{ID: "np-1", Name: "Acme", Licenses: 7, Tier: "Business"},
		{ID: "", Name: "cafe  ZOE", Licenses: 0, Tier: "e2"},
		{ID: "np-3", Name: "Trial", Licenses: 3, Tier: "Business", Trial: true},
		{ID: "np-4", Name: "Free", Licenses: 9, Tier: "Enterprise", NFR: true},
		{ID: "np-6", Name: "Same name", Licenses: 5, Tier: "Business"},
	}
	p.clock = moment.At("2026-03-05") // connected within the month
	p.save()
	p.clock = moment.At("2026-04-01 00:10:00")
	before := p.sim.Requests()
	p.must(p.Reports.PullDue(t.Context()))
	if got := p.sim.Requests() - before; got != 6 {
		t.Errorf("%d requests, want 3 pages of 2 reports", got)
	}

	for _, c := range []struct {
		o     store.Organization
		seats int
		plan  store.Plan
		why   string
	}{
		{byID, 7, store.Business, ""},
		{byName, 0, store.Enterprise, ""}, // a reported zero is a figure
		{trial, 0, store.Business, "Reported as a trial, which is free, with 3 licenses."},
		{nfr, 0, store.Enterprise, "Reported as NFR, which is free, with 9 licenses."},
	} {
		u := p.figure(c.o, "2026-03")
		if n, ok := u.Seats(); !ok || n != c.seats || u.Plan != c.plan || u.Source() != seats.SourceProvider || u.Why != c.why {
			t.Errorf("%s: %+v", c.o.Name, u)
		}
	}
	// What the report leaves out is not zero: the ledger stands in, because a report is not required here.
	for o, members := range map[store.Organization]int{absent: 4, otherID: 1} {
		u := p.figure(o, "2026-03")
		if n, ok := u.Seats(); !ok || n != members || u.Source() != seats.SourceLedger {
			t.Errorf("%s: %+v", o.Name, u)
		}
	}
	_, report, err := p.Reports.LastReport(t.Context())
	p.must(err)
	var missing []string
	for _, o := range report.Missing {
		missing = append(missing, o.Name)
	}
	if diff := cmp.Diff([]string{"Absent", "Same name"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if row := report.Rows[4]; row.OrganizationID != 0 || !strings.Contains(row.Matched, "np-elsewhere") {
		t.Errorf("another external id was matched by name: %+v", row)
	}

	// Once read, the day's is not asked for again; the month's is, for as long as it says nothing of some.
	before = p.sim.Requests()
	p.must(p.Reports.PullDue(t.Context()))
	if got := p.sim.Requests() - before; got != 3 {
		t.Errorf("%d requests, want the 3 pages of the month's report", got)
	}
}

func TestProviderFaults(t *testing.T) {
	t.Parallel()
	cases := map[npsim.Fault]struct {
		state store.FetchState
		what  string
	}{
		npsim.Unauthorized: {store.FetchFailed, "refused the token"},
		npsim.Echo:         {store.FetchFailed, "refused the token"},
		npsim.EmptyList:    {store.FetchEmpty, "lists no organization"},
		npsim.InvalidJSON:  {store.FetchFailed, "not JSON"},
		npsim.OtherShape:   {store.FetchFailed, "no list"},
		npsim.Redirect:     {store.FetchFailed, "unexpected answer"},
		npsim.AllZero:      {store.FetchZero, ""},
		npsim.MissingOne:   {store.FetchReported, ""},
		npsim.BadRecord:    {store.FetchReported, ""},
	}
	for fault, want := range cases {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			p := newProvided(t)
			acme := p.organization("Acme", "np-1", 3)
			p.organization("Beta", "np-2", 0)
			p.records = []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 7, Tier: "Business"}, {ID: "np-2", Name: "Beta", Licenses: 2, Tier: "Business"}}
			p.config.DailyPath = ""
			p.save()
			p.sim.Fail(fault, -1)
			err := p.Reports.PullDue(t.Context())
			if errors.Is(err, reports.ErrNoReport) == want.state.Known() {
				t.Errorf("the error is %v", err)
			}
			f := p.lastFetch()
			if f.State != want.state || !strings.Contains(f.Problem.What, want.what) {
				t.Errorf("%s: %+v", f.State, f.Problem)
			}
			attention, err := p.SourceAttention(t.Context())
			p.must(err)
			asks := !want.state.Known() || fault == npsim.BadRecord // whose organization is not known here
			if told := len(attention) > 0; told != asks {
				t.Errorf("%s needs attention: %v", f.State, told)
			}
			u := p.figure(acme, "2026-03")
			wantSeats := map[npsim.Fault]int{npsim.AllZero: 0, npsim.BadRecord: 7}
			number, reported := wantSeats[fault]
			if !reported {
				number = 3 // of the ledger
			}
			if n, ok := u.Seats(); !ok || n != number || reported != (u.Source() == seats.SourceProvider) {
				t.Errorf("the figure is %+v", u)
			}
			for _, secret := range []string{"eyJ", "PRIVATE KEY"} { // what every token and key begins with
				if strings.Contains(f.Problem.Detail+f.Problem.What+string(f.Answer)+string(f.Records), secret) {
					t.Errorf("%q is in the record of the fetch", secret)
				}
			}
		})
	}
}

func TestProviderPages(t *testing.T) {
	t.Parallel()
	for _, paging := range nordpass.Pagings() {
		t.Run(paging, func(t *testing.T) {
			t.Parallel()
			p := newProvided(t)
			for i := range 5 {
				p.records = append(p.records, npsim.Record{ID: string(rune('a' + i)), Licenses: 1, Tier: "Business"})
			}
			p.config.Paging, p.config.PageParam, p.config.FirstPage = paging, "page", 1
			test, err := p.Reports.Test(t.Context(), p.config)
			p.must(err)
			want := 5
			if paging == nordpass.PagingNone {
				want = 2
			}
			if len(test.Monthly.Rows) != want || test.Monthly.Problem.What != "" {
				t.Errorf("%d rows, want %d: %+v", len(test.Monthly.Rows), want, test.Monthly.Problem)
			}
		})
	}
}

// TestProviderPagesElsewhere: the token goes to the base URL's host alone, and a loop of pages ends.
func TestProviderPagesElsewhere(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	for next, want := range map[string]string{"https://elsewhere.example/page2": "another host", "/same": "never end"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			json.NewEncoder(w).Encode(map[string]any{"organizations": []any{map[string]any{"id": "a"}}, "next": next})
		}))
		defer server.Close()
		p.config.BaseURL = server.URL
		test, err := p.Reports.Test(t.Context(), p.config)
		p.must(err)
		if test.Monthly.State != store.FetchFailed || !strings.Contains(test.Monthly.Problem.What, want) {
			t.Errorf("next page %s: %+v", next, test.Monthly.Problem)
		}
	}
}

func TestProviderTestStoresNothing(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	acme := p.organization("Acme", "np-1", 3)
	p.records = []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 7, Tier: "Business"}}
	test, err := p.Reports.Test(t.Context(), p.config)
	p.must(err)
	if test.Month != "2026-03" || test.Day != "2026-03-31" || test.Monthly.State != store.FetchReported || test.Daily.Seats() != 7 || !strings.Contains(test.Monthly.Sample, `"licenses": 7`) {
		t.Errorf("the test is %+v", test)
	}
	fetches, err := p.Store.UsageFetches(t.Context(), 1)
	p.must(err)
	if _, connected, err := p.Reports.Connection(t.Context()); connected || err != nil || len(fetches) > 0 || p.figure(acme, "2026-03").Source() != seats.SourceLedger {
		t.Errorf("the test left something behind: %v, %v", fetches, err)
	}
	p.sim.Fail(npsim.Unauthorized, 1)
	var refused *problem.Refused
	if err := p.Reports.Save(t.Context(), billingtest.Admin(), p.config); !errors.As(err, &refused) {
		t.Errorf("saving what is refused: %v", err)
	}
}

// TestReportRule: where the Provider API is connected, the ledger is not blindly believed.
func TestReportRule(t *testing.T) {
	t.Parallel()
	for _, required := range []bool{false, true} {
		p := newProvided(t)
		members, nobody := p.organization("Members", "np-1", 3), p.organization("Nobody", "np-2", 0)
		if u := p.figure(nobody, "2026-03"); u.Known() {
			t.Errorf("without any source nobody is unknown: %+v", u)
		}
		p.clock = moment.At("2026-03-05")
		p.records = []npsim.Record{{ID: "np-9", Name: "Stranger", Licenses: 1, Tier: "Business"}}
		p.config.Required = required
		p.save()
		p.clock = moment.At("2026-04-01 00:10:00")
		for _, c := range []struct {
			o     store.Organization
			month store.Month
			known bool
		}{
			{members, "2026-02", true}, {nobody, "2026-02", false}, // before it was connected
			{members, "2026-03", !required}, {nobody, "2026-03", false},
		} {
			if u := p.figure(c.o, c.month); u.Known() != c.known || !c.known && u.Why == "" {
				t.Errorf("required %t, %s in %s: %+v", required, c.o.Name, c.month, u)
			}
		}
	}
}

// TestSyncWaitsForTheReport: a required report is waited for a day, then the sync runs and skips what is unknown.
func TestSyncWaitsForTheReport(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	p.organization("Acme", "np-1", 3)
	p.records = []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 7, Tier: "Business"}}
	p.clock = moment.At("2026-03-05")
	p.config.Required, p.config.DailyPath = true, ""
	p.save()
	p.clock = moment.At("2026-04-01 00:30:00")
	p.sim.Fail(npsim.Unauthorized, -1)
	if err := p.Reports.PullBefore(t.Context(), "2026-03"); !errors.Is(err, reports.ErrNoReport) {
		t.Errorf("at once: %v", err)
	}
	p.clock = moment.At("2026-04-02 00:30:00")
	p.must(p.Reports.PullBefore(t.Context(), "2026-03"))
	p.clock = moment.At("2026-04-01 00:35:00")
	p.sim.Fail(npsim.NoFault, 0)
	p.must(p.Reports.PullBefore(t.Context(), "2026-03"))
	p.sim.Fail(npsim.Unauthorized, -1)
	p.must(p.Reports.PullBefore(t.Context(), "2026-03")) // there is one already
}

// TestSyncWaitsForTheReportAsSet: the day of waiting begins when the month is due.
func TestSyncWaitsForTheReportAsSet(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	p.organization("Acme", "np-1", 3)
	p.records = []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 7, Tier: "Business"}}
	p.clock = moment.At("2026-03-05")
	p.config.Required, p.config.DailyPath = true, ""
	p.save()
	settings, err := p.Store.Settings(t.Context())
	p.must(err)
	settings.Months.SyncDay, settings.Months.SyncHour = 25, 6
	p.must(p.Store.UpdateSettings(t.Context(), settings))
	p.sim.Fail(npsim.Unauthorized, -1)
	for _, when := range []string{"2026-04-25 06:30:00", "2026-04-26 06:29:59"} {
		p.clock = moment.At(when)
		if err := p.Reports.PullBefore(t.Context(), "2026-03"); !errors.Is(err, reports.ErrNoReport) {
			t.Errorf("at %s: %v", when, err)
		}
	}
	p.clock = moment.At("2026-04-26 06:30:00")
	p.must(p.Reports.PullBefore(t.Context(), "2026-03"))
}

func TestProviderUnknownOrganizations(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	here := p.organization("Called otherwise", "", 2)
	p.records = []npsim.Record{
		{ID: "np-1", Name: "Acme", Licenses: 7, Tier: "Business"}, {ID: "np-2", Name: "Beta", Licenses: 4, Tier: "Enterprise"}, {ID: "np-3", Name: "", Licenses: 1, Tier: "Business"},
	}
	p.config.DailyPath = ""
	p.save()
	p.must(p.Reports.PullDue(t.Context()))
	if _, total, err := p.Store.Organizations(t.Context(), store.OrganizationFilter{}); err != nil || total != 1 {
		t.Fatalf("%d organizations, %v: none may be made silently", total, err)
	}
	fetch, _, err := p.Reports.LastReport(t.Context())
	p.must(err)
	linked, err := p.Reports.LinkReported(t.Context(), billingtest.Admin(), fetch.ID, 0, here.ID)
	p.must(err)
	added, err := p.Reports.AddReported(t.Context(), billingtest.Admin(), fetch.ID, 1)
	p.must(err)
	if linked.ExternalID != "np-1" || added.Name != "Beta" || added.ExternalID != "np-2" || added.Plan != store.Enterprise {
		t.Errorf("linked %+v, added %+v", linked, added)
	}
	u := p.figure(linked, "2026-03")
	if n, _ := u.Seats(); n != 7 || u.Source() != seats.SourceProvider {
		t.Errorf("linked: %+v", u)
	}
	u = p.figure(added, "2026-03")
	if n, _ := u.Seats(); n != 4 || u.Plan != store.Enterprise {
		t.Errorf("added: %+v", u)
	}
	var invalid *problem.Invalid
	for _, row := range []int{-1, 0, 1, 2, 3} { // known by now, nameless, or not there
		if _, err := p.Reports.AddReported(t.Context(), billingtest.Admin(), fetch.ID, row); !errors.As(err, &invalid) {
			t.Errorf("adding row %d: %v", row, err)
		}
	}
}

func TestProviderConfigProblems(t *testing.T) {
	t.Parallel()
	p := newProvided(t)
	for name, c := range map[string]struct {
		change func(*reports.Config)
		field  string
	}{
		"plain http":        {func(c *reports.Config) { c.BaseURL = "http://provider.example" }, "base_url"},
		"user in the URL":   {func(c *reports.Config) { c.BaseURL = "https://a:b@provider.example" }, "base_url"},
		"no URL":            {func(c *reports.Config) { c.BaseURL = "provider" }, "base_url"},
		"path elsewhere":    {func(c *reports.Config) { c.MonthlyPath = "//evil.example/{month}" }, "monthly_path"},
		"path of a host":    {func(c *reports.Config) { c.MonthlyPath = "@evil.example/{month}" }, "monthly_path"},
		"no placeholder":    {func(c *reports.Config) { c.MonthlyPath = "/usage" }, "monthly_path"},
		"method":            {func(c *reports.Config) { c.Method = "DELETE" }, "method"},
		"no token":          {func(c *reports.Config) { c.Header = "Authorization: Bearer" }, "header"},
		"header injection":  {func(c *reports.Config) { c.Header = "A: {token}\r\nB: c" }, "header"},
		"algorithm none":    {func(c *reports.Config) { c.Algorithm = "none" }, "algorithm"},
		"symmetric":         {func(c *reports.Config) { c.Algorithm = "HS256" }, "algorithm"},
		"key of other kind": {func(c *reports.Config) { c.Algorithm = "RS256" }, "private_key"},
		"key of other size": {func(c *reports.Config) { c.Algorithm = "ES384" }, "private_key"},
		"no key":            {func(c *reports.Config) { c.PrivateKey = "" }, "private_key"},
		"lifetime":          {func(c *reports.Config) { c.Lifetime = 0 }, "lifetime"},
		"claims":            {func(c *reports.Config) { c.Claims = "[1]" }, "extra_claims"},
		"null claims":       {func(c *reports.Config) { c.Claims = "null" }, "extra_claims"},
		"nothing to match":  {func(c *reports.Config) { c.ID, c.Name = "", "" }, "field_id"},
		"no plan":           {func(c *reports.Config) { c.Plan = "" }, "field_plan"},
		"next":              {func(c *reports.Config) { c.NextField = "" }, "next_field"},
		"paging":            {func(c *reports.Config) { c.Paging = "" }, "paging"},
	} {
		config := p.config
		c.change(&config)
		_, err := p.Reports.Test(t.Context(), config)
		var invalid *problem.Invalid
		if !errors.As(err, &invalid) || invalid.Fields[c.field] == "" || len(invalid.Fields) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(invalid.Fields[c.field], "BEGIN") {
			t.Errorf("%s: the key is in the message", name)
		}
	}
	if p.sim.Requests() != 0 {
		t.Error("something was asked with a configuration that cannot be used")
	}
}

// TestSyncPullsFirst: a sync that somebody asks for writes what the Provider API reports by then.
func TestSyncPullsFirst(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	licenses := 7
	reported := func(string) []npsim.Record {
		return []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: licenses, Tier: "Business"}}
	}
	sim, err := npsim.New(npsim.Config{Now: w.Time, Monthly: reported, Daily: reported, PerPage: 2})
	w.Must(err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	key, err := sim.PrivateKey()
	w.Must(err)
	w.SetTime("2026-11-05 12:00")
	w.Must(w.Reports.Save(t.Context(), billingtest.Admin(), simConfig(server.URL, key)))
	licenses = 9
	run, err := w.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunCommand, Period: seats.WholeMonth("2026-10")})
	w.Must(err)
	billingtest.WantStatus(t, run, store.RunDone)
	w.WantLive(a.ID, "NP-BUS 9")
}
