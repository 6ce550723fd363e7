package handlers

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/store"
	"seatbridge/views"
)

// reportedBy keeps what a source said of February 2026, whole.
func (p *panel) reportedBy(o store.Organization, source seats.Source, n int, who string) {
	p.t.Helper()
	if err := p.store.SaveUsageReport(p.t.Context(), store.UsageReport{
		OrganizationID: o.ID, Month: "2026-02", Seats: n, Plan: store.Business, Source: string(source),
		ReportedAt: testNow().Add(-time.Hour), ReportedBy: who,
	}); err != nil {
		p.t.Fatal(err)
	}
}

// TestCase_H32_DisagreementIsShown: on Usage data, on the organization's page and in Needs attention, with every figure, when and by
// whom; a correction ends it.
func TestCase_H32_DisagreementIsShown(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme, beta := p.organization("Acme", 4), p.organization("Beta", 2)
	p.reportedBy(acme, seats.SourceCSV, 20, "ann@example.com")
	p.reportedBy(acme, seats.SourceProvider, 7, "Provider API")
	p.reportedBy(beta, seats.SourceProvider, 2, "Provider API")
	b := p.as(store.Admin)

	page := b.get("/usage?month=2026-02", http.StatusOK)
	if n := page.Find("[data-testid=usage-row]:contains('Sources disagree')").Length(); n != 1 {
		t.Errorf("%d rows are marked, want Acme's alone", n)
	}
	const others = "Reported by the Provider API; Seatbridge itself counts 4. The uploaded file says 20 on NordPass Business."
	has(t, page, "[data-testid=usage-row]:contains('Acme')", others)
	page = b.get("/usage?month=2026-02&disputed=yes", http.StatusOK)
	if page.Find("[data-testid=usage-row]").Length() != 1 || page.Find("#filter-disputed option[selected]").AttrOr("value", "") != "yes" {
		t.Error("the filter does not leave Acme alone")
	}

	path := fmt.Sprintf("/organizations/%d", acme.ID)
	page = b.get(path+"?month=2026-02", http.StatusOK)
	has(t, page, "#explained", "Sources disagree about February 2026.")
	for source, want := range map[string][]string{
		"Provider API": {"7", "Counts"}, "Uploaded file": {"20", "ann@example.com", "Does not count", "17 Mar 2026"}, "Seat ledger": {"4", "Does not count"},
	} {
		for _, text := range want {
			has(t, page, "[data-testid=said-row]:contains('"+source+"')", text)
		}
	}

	page = b.get("/", http.StatusOK)
	has(t, page, "main", "Sources disagree about February 2026 of 1 organization")
	has(t, page, "main", "Sources disagree about Acme: the Provider API says 7 on NordPass Business, the uploaded file says 20 on NordPass Business, "+
		"Seatbridge itself says 4 on NordPass Business. What comes first in the order of the sources counts. Say on each organization’s page whose figure is right, or correct it; "+
		"if the wrong source counts every month, change the order under Settings.")
	if page.Find("a[href='/usage?disputed=yes&month=2026-02']").Length() != 1 {
		t.Error("attention does not lead to them")
	}

	b.post(path+"/corrections", form("month", "2026-02", "seats", "20", "plan", "business", "reason", "As the file says."), http.StatusSeeOther)
	b.get("/", http.StatusOK)
	b.lacks("Sources disagree")
	b.get("/usage?month=2026-02", http.StatusOK)
	b.lacks("disagree about")
	page = b.get(path+"?month=2026-02", http.StatusOK)
	b.lacks("Sources disagree about")
	has(t, page, "[data-testid=said-row]:contains('Correction')", "As the file says.")
	if page.Find("[data-testid=said-row]").Length() != 4 {
		t.Error("a source's figure is gone with the correction")
	}
}

// The order of the sources counts from the running month on, and its activity entry says from what to what.
func TestOrderOfTheSources(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 4)
	p.reportedBy(acme, seats.SourceProvider, 7, "Provider API")
	b := p.as(store.Admin)
	order := func(sources ...string) (values []string) {
		for i, s := range sources {
			values = append(values, fmt.Sprintf("source_%d", i+1), s)
		}
		return values
	}
	chosen := func(want ...string) {
		t.Helper()
		page := b.get("/settings", http.StatusOK)
		var got []string
		for i := range 4 {
			got = append(got, page.Find(fmt.Sprintf("#place-source_%d option[selected]", i+1)).AttrOr("value", ""))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	chosen("provider", "api", "csv", "ledger")

	page := b.post("/settings/sources", form(order("csv", "csv", "api", "ledger")...), http.StatusUnprocessableEntity)
	has(t, page, "#sources .field:has(#place-source_2)", "Uploaded file is chosen as “First” already: give each source a place of its own.")
	if page.Find("#place-source_3 option[selected]").AttrOr("value", "") != "api" {
		t.Error("the form lost what was chosen")
	}
	page = b.post("/settings/sources", form(order("csv", "nobody", "api")...), http.StatusUnprocessableEntity)
	has(t, page, "#sources .field:has(#place-source_2)", "Choose a source for this place.")
	b.post("/settings/sources", nil, http.StatusUnprocessableEntity)
	chosen("provider", "api", "csv", "ledger")

	b.post("/settings/sources", form(order("ledger", "csv", "api", "provider")...), http.StatusSeeOther)
	if b.location() != "/settings#sources" {
		t.Errorf("saved, and sent to %s", b.location())
	}
	page = b.get("/settings", http.StatusOK)
	has(t, page, "[data-testid=flash]", "Order of the sources saved. It counts from March 2026 on.")
	has(t, page, "#sources", "This order holds since March 2026.")
	chosen("ledger", "csv", "api", "provider")
	p.wantActivity("admin@example.com", "Saved the order of the sources of figures from March 2026 on: "+
		"Provider API, HTTP API, Uploaded file, Seat ledger → Seat ledger, Uploaded file, HTTP API, Provider API.")
	usage, err := p.rooms.Figures.Usage(t.Context(), seats.WholeMonth("2026-02"), []int64{acme.ID})
	if n, _ := usage[acme.ID].Seats(); err != nil || n != 7 {
		t.Errorf("February, which was over, is %d now, %v; want 7 as it was", n, err)
	}
	p.as(store.Technician).post("/settings/sources", form(order("csv", "ledger", "api", "provider")...), http.StatusForbidden)
}

// A preview of a month that is over says as of when the Provider API's report is, since it does not ask for one.
func TestAPreviewSaysWhenTheSourceWasAsked(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	preview := func(r run.Request) *goquery.Document {
		t.Helper()
		previewed, err := p.rooms.Runs.Run(t.Context(), problem.System(), r)
		if err != nil {
			t.Fatal(err)
		}
		return b.get(fmt.Sprintf("/runs/%d", previewed.ID), http.StatusOK)
	}
	february := p.rooms.Runs.SyncMonth("2026-02", nil, true)
	preview(february)
	b.lacks("The Provider API was")

	_, filled := p.providerForm()
	b.post(views.ProviderPath, filled, http.StatusSeeOther)
	has(t, preview(february), "main", "The Provider API was not asked for February 2026 yet.")
	b.post(views.ProviderPath+"/pull", nil, http.StatusSeeOther)
	has(t, preview(february), "main", "The Provider API was last asked for February 2026 on 17 March 2026 at 12:00 UTC.")
	preview(p.rooms.Runs.SyncNow(true))
	b.lacks("The Provider API was")
}
