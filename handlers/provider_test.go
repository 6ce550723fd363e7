package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"seatbridge/billing/reports"
	"seatbridge/billing/seats"
	"seatbridge/nordpass/npsim"
	"seatbridge/store"
	"seatbridge/views"
)

// providerForm is the form filled in for a new simulator that reports the records.
func (p *panel) providerForm(records ...npsim.Record) (*npsim.Sim, url.Values) {
	p.t.Helper()
	all := func(string) []npsim.Record { return records }
	sim, err := npsim.New(npsim.Config{Now: testNow, Monthly: all, Daily: all})
	if err != nil {
		p.t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	p.t.Cleanup(server.Close)
	key, err := sim.PrivateKey()
	if err != nil {
		p.t.Fatal(err)
	}
	return sim, form("base_url", server.URL, "monthly_path", npsim.MonthlyPath+"?month={month}", "daily_path", npsim.DailyPath+"?day={day}",
		"method", "GET", "header", "Authorization: Bearer {token}", "algorithm", npsim.Algorithm, "key_id", npsim.KeyID, "issuer", npsim.Issuer,
		"audience", npsim.Audience, "lifetime", "60", "private_key", key, "list", "organizations", "field_id", "id", "field_name", "name",
		"field_seats", "licenses", "field_plan", "tier", "business", "Business", "enterprise", "Enterprise", "field_trial", "trial", "field_nfr", "nfr",
		"paging", reports.PagingLink, "next_field", "next")
}

// keyBody is a line of the key that must never be seen again.
func keyBody(form url.Values) string { return strings.Split(form.Get("private_key"), "\n")[1] }

func TestProviderPage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 3)
	sim, filled := p.providerForm(
		npsim.Record{ID: "np-1", Name: "ACME", Licenses: 7, Tier: "Enterprise"}, npsim.Record{ID: "np-2", Name: "Beta <Mills>", Licenses: 2, Tier: "Business"})
	b := p.as(store.Admin)
	has(t, b.get("/integrations", http.StatusOK), "[data-testid=provider-card]", "Not connected")
	page := b.get(views.ProviderPath, http.StatusOK)
	for _, input := range []string{"base_url", "monthly_path", "header", "list", "field_seats", "business", "issuer", "lifetime"} {
		if value := page.Find("#provider-form [name="+input+"]").AttrOr("value", "?"); value != "" {
			t.Errorf("%s is %q before anybody filled it in", input, value)
		}
	}
	if _, checked := page.Find("#required").Attr("checked"); !checked {
		t.Error("a report is not required by default")
	}

	// Test shows what comes and stores nothing.
	page = b.part().post(views.ProviderPath+"/test", filled, http.StatusOK)
	has(t, page, "#provider-test [data-testid=provider-row]", "Beta <Mills>")
	has(t, page, "#provider-test", `"licenses": 7`)
	has(t, page, "#provider-test", "by name")
	page = b.post(views.ProviderPath+"/test", filled, http.StatusOK) // without script
	if got := page.Find("#base_url").AttrOr("value", ""); got != filled.Get("base_url") {
		t.Errorf("the form came back with base URL %q", got)
	}
	b.lacks(keyBody(filled), "PRIVATE KEY")
	if _, connected, err := p.rooms.Reports.Connection(t.Context()); connected || err != nil {
		t.Fatalf("after a test it is connected: %v", err)
	}

	b.post(views.ProviderPath, filled, http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=provider-state]", "Connected")
	b.lacks(keyBody(filled), "PRIVATE KEY")
	filled.Del("private_key") // the saved one stays
	filled.Set("lifetime", "120")
	b.post(views.ProviderPath, filled, http.StatusSeeOther)

	b.post(views.ProviderPath+"/pull", nil, http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=fetch][data-state=reported]", "2026-02")
	has(t, page, "[data-testid=fetch]", "2026-03-16")
	if unknown := page.Find("[data-testid=provider-unknown]"); unknown.Length() != 1 || !strings.Contains(unknown.Text(), "Beta <Mills>") {
		t.Errorf("unknown organizations: %s", unknown.Text())
	}
	has(t, b.get("/usage?month=2026-02", http.StatusOK), "[data-testid=usage-row]", "Reported by the Provider API; Seatbridge itself counts 3.")
	has(t, b.get("/usage?month=2026-02", http.StatusOK), "[data-testid=usage-row]", "7")

	fetch, _, err := p.rooms.Reports.LastReport(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	row := form("fetch", fmt.Sprint(fetch.ID), "row", "1")
	b.post(views.ProviderPath+"/organizations/link", form("fetch", row.Get("fetch"), "row", "1", "organization", "nobody"), http.StatusUnprocessableEntity)
	b.post(views.ProviderPath+"/organizations/add", row, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "Beta <Mills> was added.")
	b.post(views.ProviderPath+"/organizations/add", row, http.StatusUnprocessableEntity) // it is known by now
	b.get(fmt.Sprintf("%s/fetches/%d", views.ProviderPath, fetch.ID), http.StatusOK)
	if got := b.last.Header().Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
		t.Errorf("Content-Disposition %q", got)
	}

	// Failed, empty and zero are told apart.
	for fault, says := range map[npsim.Fault]string{
		npsim.Unauthorized: "Failed: nothing known", npsim.EmptyList: "Empty: nothing known", npsim.AllZero: "Zero seats",
	} {
		sim.Fail(fault, -1)
		b.post(views.ProviderPath+"/pull", nil, http.StatusSeeOther)
		has(t, b.follow(), "[data-testid=fetch]", says)
	}

	b.post(views.ProviderPath+"/disconnect", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=provider-state]", "Not connected")
	if u, err := p.rooms.Figures.Usage(t.Context(), seats.WholeMonth("2026-02"), []int64{acme.ID}); err != nil || u[acme.ID].Source() != seats.SourceProvider {
		t.Errorf("after disconnecting, the reported figure is %+v, %v", u, err)
	}
	for _, secret := range []string{keyBody(form("private_key", mustKey(t, sim))), "eyJ"} {
		if strings.Contains(p.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// TestProviderTestSaysWhatWouldBeBilled: of each organization the figure that would count if the report were kept, and why it is another
// one than the report's. Nothing is kept.
func TestProviderTestSaysWhatWouldBeBilled(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	_, filled := p.providerForm(
		npsim.Record{ID: "1", Name: "Plain", Licenses: 7, Tier: "Enterprise"}, npsim.Record{ID: "2", Name: "Corrected", Licenses: 7, Tier: "Business"},
		npsim.Record{ID: "3", Name: "Uploaded", Licenses: 7, Tier: "Business"}, npsim.Record{ID: "4", Name: "Unread", Licenses: 7, Tier: "Gold"},
		npsim.Record{ID: "5", Name: "Free", Licenses: 7, Tier: "Business", NFR: true}, npsim.Record{ID: "6", Name: "Nobody knows", Licenses: 7, Tier: "Business"},
		npsim.Record{ID: "7", Name: "Left", Licenses: 7, Tier: "Business"})
	organizations := map[string]store.Organization{}
	for _, name := range []string{"Plain", "Corrected", "Uploaded", "Unread", "Free", "Left", "Missing"} {
		organizations[name] = p.organization(name, 3)
	}
	p.reportedBy(organizations["Uploaded"], seats.SourceCSV, 20, "ann@example.com")
	p.reportedBy(organizations["Uploaded"], seats.SourceProvider, 6, "Provider API") // which the test is not to touch
	left := organizations["Left"]
	left.Managed = false
	if err := p.store.UpdateOrganization(t.Context(), left, testNow()); err != nil {
		t.Fatal(err)
	}
	b := p.as(store.Admin)
	b.post(fmt.Sprintf("/organizations/%d/corrections", organizations["Corrected"].ID),
		form("month", "2026-02", "seats", "5", "plan", "business", "reason", "Two never joined."), http.StatusSeeOther)
	kept := func() string {
		reports, err := p.store.UsageReports(t.Context(), "2026-02")
		fetches, failed := p.store.UsageFetches(t.Context(), 10)
		log, _, unread := p.store.Activities(t.Context(), store.ActivityFilter{Limit: 100})
		return fmt.Sprint(reports, fetches, len(log), err, failed, unread)
	}
	before := kept()

	page := b.part().post(views.ProviderPath+"/test", filled, http.StatusOK)
	outcome := func(name string) string {
		cell := page.Find("[data-testid=provider-row]:contains('" + name + "') [data-label='Would be billed']")
		return strings.Join(strings.Fields(cell.Text()), " ")
	}
	const unmapped = " Not mapped: no line carries it."
	for name, want := range map[string]string{
		"Plain": "7 seats on Enterprise Reported by the Provider API; Seatbridge itself counts 3." + unmapped,
		"Corrected": "5 seats on Business A correction counts instead of the report, as it does before every source. " +
			"Corrected on 17 March 2026 by admin@example.com: Two never joined." + unmapped,
		"Uploaded": "7 seats on Business Reported by the Provider API; Seatbridge itself counts 3. " +
			"The uploaded file says 20 on NordPass Business." + unmapped,
		"Unread": "3 seats on Business The report has no figure of it. Everybody who was a member on any day of the month, suspended or not." + unmapped,
		"Free": "0 seats on Business Reported by the Provider API; Seatbridge itself counts 3. Reported as NFR, which is free, with 7 licenses." +
			unmapped,
		"Nobody knows": "nothing Until it is added here, or linked to the organization that it is.",
		"Left": "7 seats on Business Reported by the Provider API; Seatbridge itself counts 3. " +
			"It is not managed by you any more: its lines are left as they are.",
	} {
		if got := outcome(name); got != want {
			t.Errorf("%s would be billed %q, want %q", name, got, want)
		}
	}
	has(t, page, "[data-testid=provider-billed]", "If this report were kept, its figure would be billed of 4 organizations, another one of 3.")
	has(t, page, "[data-testid=provider-missing]", "would be billed: 3 seats on Business.")
	has(t, page, "[data-testid=provider-missing]", "The report has no figure of it. Everybody who was a member on any day of the month, suspended or not."+unmapped)
	has(t, page, "#provider-test", "A day’s report is shown and never billed")

	// In a month in which the file comes first it outranks the report.
	settings, err := p.store.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settings.Sources = []store.SourceOrder{{Sources: []string{"csv", "provider"}}}
	if err := p.store.UpdateSettings(t.Context(), settings); err != nil {
		t.Fatal(err)
	}
	page = b.part().post(views.ProviderPath+"/test", filled, http.StatusOK)
	const first = "20 seats on Business The uploaded file says 20 on NordPass Business and comes before the Provider API in the order of the sources of " +
		"that month: Uploaded file, Provider API, HTTP API, Seat ledger." + unmapped
	if got := outcome("Uploaded"); got != first {
		t.Errorf("with the file first it would be billed %q, want %q", got, first)
	}
	if after := kept(); after != before {
		t.Errorf("a test kept something: it was %s, it is %s", before, after)
	}
}

// TestReportedNames decides about organizations that NordPass calls otherwise, and finds those that it reports no more.
func TestReportedNames(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	var gone store.Organization
	for _, name := range []string{"Acme", "Beta", "Gone"} {
		var err error
		gone, err = p.store.CreateOrganization(t.Context(), store.Organization{
			Name: name, ExternalID: "np-" + name, Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: testNow().AddDate(0, -6, 0),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := p.store.SaveUsageReport(t.Context(), store.UsageReport{
		OrganizationID: gone.ID, Month: "2026-01", Seats: 3, Plan: store.Business, Source: string(seats.SourceProvider), ReportedAt: testNow(),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, filled := p.providerForm(
		npsim.Record{ID: "np-Acme", Name: "Acme <Group>", Licenses: 7, Tier: "Business"}, npsim.Record{ID: "np-Beta", Name: "Gamma", Licenses: 2, Tier: "Business"})
	b := p.as(store.Admin)
	b.post(views.ProviderPath, filled, http.StatusSeeOther)
	b.post(views.ProviderPath+"/pull", nil, http.StatusSeeOther)
	page := b.follow()
	if renamed := page.Find("[data-testid=provider-renamed]"); renamed.Length() != 2 {
		t.Fatalf("%d renamed: %s", renamed.Length(), renamed.Text())
	}
	has(t, page, "[data-testid=provider-renamed]", "Acme <Group>")
	has(t, page, "[data-testid=provider-gone]", "Gone")
	fetch := page.Find("[data-testid=provider-renamed] [name=fetch]").AttrOr("value", "")

	b.post(views.ReportedNamePath, form("fetch", fetch, "row", "0", "name", "reported"), http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "Acme <Group> has the reported name now.")
	b.post(views.ReportedNamePath, form("fetch", fetch, "row", "1", "name", "ours"), http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=flash]", "Beta keeps its name.")
	if left := page.Find("[data-testid=provider-renamed]"); left.Length() > 0 {
		t.Errorf("still asked: %s", left.Text())
	}
	b.post(views.ReportedNamePath, form("fetch", fetch, "row", "1", "name", "ours"), http.StatusUnprocessableEntity) // it is decided
	b.post(views.ReportedNamePath, form("fetch", fetch, "row", "x"), http.StatusUnprocessableEntity)
	p.wantActivity("admin", "Renamed organization “Acme” to “Acme <Group>”, as the Provider API reports it.")
}

func mustKey(t *testing.T, sim *npsim.Sim) string {
	t.Helper()
	key, err := sim.PrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestProviderFormProblems(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	sim, filled := p.providerForm(npsim.Record{ID: "np-1", Name: "Acme", Licenses: 1, Tier: "Business"})
	b := p.as(store.Owner)
	page := b.post(views.ProviderPath, form("private_key", "not a key"), http.StatusUnprocessableEntity)
	for _, problem := range []string{"Enter the base URL.", "Enter the path of the monthly report.", "Choose a method.", "Choose the algorithm", "how many seconds"} {
		has(t, page, ".problem", problem)
	}
	has(t, b.part().post(views.ProviderPath+"/test", form(), http.StatusUnprocessableEntity), "#provider-test", "Enter the base URL.")

	filled.Set("algorithm", "RS256")
	has(t, b.post(views.ProviderPath, filled, http.StatusUnprocessableEntity), ".problem", "RS256 can sign with")
	b.lacks(keyBody(filled))
	filled.Set("algorithm", npsim.Algorithm)
	sim.Fail(npsim.Unauthorized, -1)
	has(t, b.post(views.ProviderPath, filled, http.StatusUnprocessableEntity), "#provider-form [data-testid=notice]", "refused the token")
	has(t, b.part().post(views.ProviderPath+"/test", filled, http.StatusOK), "#provider-test", "Failed: nothing known")
	sim.Fail(npsim.Echo, -1)
	b.part().post(views.ProviderPath+"/test", filled, http.StatusOK)
	b.lacks("eyJ", keyBody(filled)) // a server that repeats the token does not get it onto a page
	b.post(views.ProviderPath+"/pull", nil, http.StatusNotFound)
	b.post(views.ProviderPath+"/disconnect", nil, http.StatusNotFound)
	b.post(views.ProviderPath+"/organizations/add", form("fetch", "1", "row", "x"), http.StatusNotFound)
	b.get(views.ProviderPath+"/fetches/1", http.StatusNotFound)
	p.as(store.Technician).get(views.ProviderPath, http.StatusForbidden)
}

// TestProviderInADemo: only a demo fills the form in, says so, and keeps its key to itself.
func TestProviderInADemo(t *testing.T) {
	t.Parallel()
	example := &reports.Config{}
	p := newPanel(t, func(c *Config) { c.DemoProvider = example })
	_, filled := p.providerForm(npsim.Record{ID: "np-1", Name: "Acme", Licenses: 1, Tier: "Business"})
	example.BaseURL, example.PrivateKey, example.Lifetime = filled.Get("base_url"), filled.Get("private_key"), int(time.Minute/time.Second)
	b := p.as(store.Owner)
	page := b.get(views.ProviderPath, http.StatusOK)
	has(t, page, "#provider-form [data-testid=notice]", "made up for this demo")
	if got := page.Find("#base_url").AttrOr("value", ""); got != example.BaseURL {
		t.Errorf("base URL %q", got)
	}
	b.lacks(keyBody(filled))
	filled.Del("private_key")
	b.post(views.ProviderPath, filled, http.StatusSeeOther)
}
