package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seatbridge/billing/seats"
	"seatbridge/handlers/api"
	"seatbridge/store"
	"seatbridge/views"
)

// TestCase_H32_WhoseFigureIsRightIsSaidOnce: an admin says once that another source than the first is right; it counts, is not asked any
// more, and is asked again when a figure changes.
func TestCase_H32_WhoseFigureIsRightIsSaidOnce(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 4)
	p.reportedBy(acme, seats.SourceAPI, 30, "API token nightly")
	p.reportedBy(acme, seats.SourceProvider, 7, "Provider API")
	b := p.as(store.Admin)
	path := views.OrganizationMonthPath(acme.ID, "2026-02")
	page := b.get(path, http.StatusOK)
	has(t, page, "#explained", "Sources disagree about February 2026.")
	facts := page.Find("#kept input[name=facts]").AttrOr("value", "")
	if facts != "api 30 business; ledger 4 business; provider 7 business" {
		t.Errorf("the form is about %q", facts)
	}
	for value, label := range map[string]string{"api": "HTTP API: 30 on NordPass Business", "provider": "Provider API: 7 on NordPass Business", "ledger": "Seat ledger: 4 on NordPass Business"} {
		has(t, page, "#kept option[value="+value+"]", label)
	}

	keep := func(source, note, facts string, want int) {
		t.Helper()
		page = b.post(views.KeptPath(acme.ID), form("month", "2026-02", "source", source, "note", note, "facts", facts), want)
	}
	keep("csv", "By the contract.", facts, http.StatusUnprocessableEntity)
	has(t, page, "#kept", "Choose one of the sources that have a figure of February 2026.")
	if page.Find("#kept textarea[name=note]").Text() != "By the contract." {
		t.Error("the form lost the note")
	}
	keep("api", "", "api 30 business; provider 6 business", http.StatusUnprocessableEntity)
	has(t, page, "#kept", "The figures are others by now than those that were shown: look at them, then say it again.")
	if page.Find("#kept input[name=facts]").AttrOr("value", "") != facts {
		t.Error("the form does not show the figures of now")
	}

	keep("api", "By the contract.", facts, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "The HTTP API’s figure of February 2026 counts.")
	p.wantActivity("admin@example.com", "Said whose figure of February 2026 of Acme is right: that of the HTTP API, 30 NordPass Business, "+
		"where the Provider API says 7 on NordPass Business, Seatbridge itself says 4 on NordPass Business. “By the contract.”")
	page = b.get(path, http.StatusOK)
	has(t, page, "[data-testid=billable]", "30")
	has(t, page, "[data-testid=figure-why]", "admin@example.com said on 17 March 2026 that the figure of the HTTP API is right: By the contract.")
	b.lacks("Sources disagree")
	b.get("/", http.StatusOK)
	b.lacks("Sources disagree")
	b.get("/usage?month=2026-02", http.StatusOK)
	b.lacks("disagree about")
	keep("api", "", "", http.StatusSeeOther) // without a word about what was seen, it is about what is there

	p.reportedBy(acme, seats.SourceProvider, 8, "Provider API")
	page = b.get(path, http.StatusOK)
	has(t, page, "[data-testid=billable]", "8")
	has(t, page, "#explained", "Sources disagree about February 2026.")
	has(t, b.get("/", http.StatusOK), "main", "Sources disagree about Acme: the Provider API says 8 on NordPass Business, the HTTP API says 30 on NordPass Business, "+
		"Seatbridge itself says 4 on NordPass Business. What comes first in the order of the sources counts. Say on each organization’s page whose "+
		"figure is right, or correct it; if the wrong source counts every month, change the order under Settings.")

	keep("ledger", "", "", http.StatusSeeOther)
	has(t, b.get(path, http.StatusOK), "[data-testid=billable]", "4")
	b.post(views.WithdrawKeptPath(acme.ID), form("month", "2026-02"), http.StatusSeeOther)
	p.wantActivity("admin@example.com", "Took back whose figure of February 2026 of Acme is right; 8 NordPass Business counts again.")
	has(t, b.get(path, http.StatusOK), "#explained", "Sources disagree about February 2026.")
	b.post(views.WithdrawKeptPath(acme.ID), form("month", "2026-02"), http.StatusNotFound)
	p.as(store.Technician).post(views.KeptPath(acme.ID), form("month", "2026-02", "source", "api"), http.StatusForbidden)
	has(t, b.post(views.KeptPath(p.organization("Beta", 2).ID), form("month", "2026-02", "source", "ledger"), http.StatusUnprocessableEntity),
		"#kept", "The sources do not disagree about February 2026: there is nothing to say.")
}

// A script says the same through the HTTP API.
func TestKeptByTheAPI(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 4)
	p.reportedBy(acme, seats.SourceAPI, 30, "API token nightly")
	p.reportedBy(acme, seats.SourceProvider, 7, "Provider API")
	s := p.script(api.ReadUsage, api.WriteMonths)
	path := fmt.Sprintf("/usage/2026-02/organizations/%d", acme.ID)
	if f := s.call("GET", path, "", http.StatusOK); f["disputed"] != true || f["kept"] != nil || f["facts"] != "api 30 business; ledger 4 business; provider 7 business" {
		t.Errorf("before: %v", f)
	}
	const facts = `"facts":"api 30 business; ledger 4 business; provider 7 business"`
	wantDetail(t, s.call("PUT", path+"/kept", `{"source":"csv",`+facts+`}`, http.StatusUnprocessableEntity), "")
	s.call("PUT", path+"/kept", `{"source":"api"}`, http.StatusUnprocessableEntity) // of which figures it is said
	s.call("PUT", path+"/kept", `{"source":"api","facts":"api 31 business"}`, http.StatusUnprocessableEntity)
	f := s.call("PUT", path+"/kept", `{"source":"api","note":"By the contract.","facts":"api 30 business; ledger 4 business; provider 7 business"}`, http.StatusOK)
	kept, _ := f["kept"].(map[string]any)
	if f["seats"] != 30.0 || f["source"] != "api" || f["disputed"] != false || kept["note"] != "By the contract." || kept["source"] != "api" ||
		!strings.HasPrefix(fmt.Sprint(kept["by"]), "API token nightly") || kept["at"] != "2026-03-17T12:00:00Z" {
		t.Errorf("kept: %v", f)
	}
	p.wantActivity("API token nightly", "Said whose figure of February 2026 of Acme is right: that of the HTTP API, 30 NordPass Business, "+
		"where the Provider API says 7 on NordPass Business, Seatbridge itself says 4 on NordPass Business. “By the contract.”")
	if f := s.call("DELETE", path+"/kept", "", http.StatusOK); f["seats"] != 7.0 || f["disputed"] != true || f["kept"] != nil {
		t.Errorf("taken back: %v", f)
	}
	s.call("DELETE", path+"/kept", "", http.StatusNotFound)
	s.call("PUT", "/usage/2026-02/organizations/999/kept", `{"source":"api",`+facts+`}`, http.StatusNotFound)
	feed := p.script(api.ReadUsage, api.WriteUsage) // may report figures, and not say which one is right
	feed.call("PUT", path+"/kept", `{"source":"api",`+facts+`}`, http.StatusForbidden)
	feed.call("DELETE", path+"/kept", "", http.StatusForbidden)
}
