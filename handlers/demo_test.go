package handlers

import (
	"net/http"
	"testing"

	"seatbridge/billing/connect"
	"seatbridge/store"
	"seatbridge/views"
)

// TestDemoStops: a demo that lived a year says what there is to look at, by chapters, to those who may look at it.
func TestDemoStops(t *testing.T) {
	t.Parallel()
	p := newPanel(t, func(c *Config) {
		c.Demo, c.DemoStops = true, []DemoStop{
			{Chapter: "Waits", What: "Three changes", Look: "Each says why.", Page: "approvals"},
			{Chapter: "Waits", What: "A fall", Look: "Half of them left.", Agreement: 41},
			{Chapter: "Runs", What: "A failed run", Look: "It says why.", Run: 7},
			{Chapter: "Books", What: "A closed month", Look: "It stays.", Month: "2026-08"},
			{Chapter: "Books", What: "A correction", Look: "By whom.", Organization: 3},
		}
	})
	page := p.as(store.Owner).get(views.DemoPath, http.StatusOK)
	if n := page.Find("[data-testid=demo-chapter]").Length(); n != 3 {
		t.Errorf("%d chapters", n)
	}
	for what, href := range map[string]string{
		"Three changes": "/held", "A fall": "/agreements/41", "A failed run": "/runs/7", "A closed month": "/months/2026-08", "A correction": "/organizations/3",
	} {
		has(t, page, `[data-testid=demo-stop] a[href="`+href+`"]`, what)
	}
	has(t, p.as(store.Admin).get(views.OverviewPath, http.StatusOK), "[data-testid=demo-banner] a[href='/demo']", "What to look at")
	technician := p.as(store.Technician)
	technician.get(views.OrganizationsPath, http.StatusOK)
	technician.lacks(`"/demo"`)
	technician.get(views.DemoPath, http.StatusForbidden)
}

// TestNoDemoStops: nothing else has such a page.
func TestNoDemoStops(t *testing.T) {
	t.Parallel()
	for _, demo := range []bool{false, true} {
		owner := newPanel(t, func(c *Config) { c.Demo = demo }).as(store.Owner)
		owner.get(views.DemoPath, http.StatusNotFound)
		owner.get(views.OverviewPath, http.StatusOK)
		owner.lacks(`"/demo"`)
	}
}

// TestConnectingInADemo: the form is filled in, its key is kept from the page, and Save is all there is to do.
func TestConnectingInADemo(t *testing.T) {
	t.Parallel()
	example := &connect.Credentials{}
	p := newPanel(t, func(c *Config) { c.DemoConnection = example })
	c := p.sim.Credentials()
	*example = connect.Credentials{Site: p.site, Company: c.Company, PublicKey: c.PublicKey, PrivateKey: c.PrivateKey}
	b := p.as(store.Owner)
	for _, path := range []string{views.StartPath, views.ConnectWisePath} {
		page := b.get(path, http.StatusOK)
		has(t, page, "#credentials-form [data-testid=notice]", "Filled in for the demo")
		for id, want := range map[string]string{"site": p.site, "company": c.Company, "public-key": c.PublicKey, "private-key": ""} {
			if got := page.Find("#credentials-form #"+id).AttrOr("value", ""); got != want {
				t.Errorf("%s: %s is %q, want %q", path, id, got, want)
			}
		}
		b.lacks(c.PrivateKey)
	}
	filled := p.credentials()
	filled.Set("private_key", "")
	wrong := p.credentials()
	wrong.Set("private_key", "")
	wrong.Set("public_key", "another")
	has(t, b.post(views.ConnectWisePath, wrong, http.StatusUnprocessableEntity), "#credentials-form", "This is needed to connect.")
	b.post(views.ConnectWisePath, filled, http.StatusSeeOther)
	b.get(views.ConnectWisePath, http.StatusOK)
	b.lacks("Filled in for the demo")
}
