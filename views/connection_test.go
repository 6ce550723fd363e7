package views

import (
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestConnectWise(t *testing.T) {
	t.Parallel()
	doc := render(t, ConnectWise(layout(SectionIntegrations), connectWisePage("active")))
	wantText(t, one(t, doc, "[data-testid=connection-state]"), "Active")
	wantText(t, one(t, doc, "[data-testid=last-sync]"), "1 Nov 2026, 00:30 UTC", "41 written")
	wantText(t, one(t, doc, "[data-testid=last-successful-sync]"), "1 Nov 2026, 00:34 UTC")
	wantText(t, one(t, doc, "[data-testid=last-import]"), "12 Nov 2026, 09:20 UTC")
	wantText(t, one(t, doc, "[data-testid=next-sync]"), "1 Dec 2026, 00:30 UTC")
	main := doc.Find("main")
	for _, name := range []string{"Save", "Map products", "Import and map companies from ConnectWise PSA", "Sync now", "Preview changes", "Disconnect", "Check again"} {
		control(t, main, name)
	}
	for _, label := range []string{"ConnectWise site URL", "ConnectWise company name", "Public API key", "Private API key", "Client ID"} {
		if got := doc.Find("label").FilterFunction(func(_ int, s *goquery.Selection) bool { return text(s) == label }).Length(); got != 1 {
			t.Errorf("%d fields are labelled %q", got, label)
		}
	}
	wantText(t, one(t, doc, "#confirm-disconnect"), "36 organizations' mappings", "Nothing is changed in ConnectWise PSA")
	one(t, doc, `form[action="/integrations/connectwise/sync"][method=get] button[aria-describedby=sync-month]`)
	wantText(t, one(t, doc, "#sync-month"), "November 2026, so far")
	absent(t, doc, "#setup", "script:not([src])")
}

// Each right is shown with what the last check found.
func TestConnectWiseRights(t *testing.T) {
	t.Parallel()
	doc := render(t, ConnectWise(layout(SectionIntegrations), connectWisePage("active")))
	rows := doc.Find("[data-testid=right]")
	for i, want := range []string{"Present", "Missing", "Not checked", "Present"} {
		wantText(t, rows.Eq(i), rights()[i].Module, rights()[i].Level, want)
	}
}

// The optional right is never missing: it is granted, or not, or not checked by a test of an earlier version.
func TestConnectWiseOptionalRight(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"present": "Present", "missing": "Not granted", "unknown": "Not checked", "": "Not checked"} {
		p := connectWisePage("active")
		p.Business = nil // a step is left, so that it is said what was found
		if state != "" {
			p.Rights = append(p.Rights, Right{Module: "Invoicing", Level: "Inquire", Use: "to see invoices", State: state, Optional: true})
		}
		doc := render(t, ConnectWise(layout(SectionIntegrations), p))
		rows := doc.Find("[data-testid=right]")
		if rows.Length() != 5 {
			t.Errorf("%q: %d rights", state, rows.Length())
		}
		wantText(t, rows.Eq(4), "Invoicing: Inquire", "Optional: to s", want)
		wantText(t, one(t, doc, "#setup"), "2 of 4 rights confirmed, 1 missing.")
	}
}

func TestConnectWiseStates(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"": "Not connected", "none": "Not connected", "incomplete": "Setup incomplete", "active": "Active", "error": "Error"} {
		p := connectWisePage(state)
		wantText(t, one(t, render(t, ConnectWise(layout(SectionIntegrations), p)), "[data-testid=connection-state]"), want)
	}
	doc := render(t, ConnectWise(layout(SectionIntegrations), connectWisePage("error")))
	notice := one(t, doc, "main > [data-testid=notice]")
	wantText(t, notice, "The keys were refused.", "They were revoked.", "Generate new ones.", "Technical details")
	wantText(t, notice.Find("details"), "401 Unauthorized")
}

func TestConnectWiseNotConnected(t *testing.T) {
	t.Parallel()
	doc := render(t, ConnectWise(layout(SectionIntegrations), ConnectWisePage{}))
	wantText(t, one(t, doc, "[aria-current=step]"), "Connect : next")
	wantText(t, one(t, doc, "#rights-text"), "Agreements Inquire, Add, Edit All")
	absent(t, doc, "#products", `form[action$="/sync"]`, `button[commandfor=confirm-disconnect]`, `form[action$="/preview"]`, `form[action$="/test"]`)
	wantText(t, doc.Find("#rights"), "System › Security Roles", "API Keys")
	// The guide's four rights and the optional one, before any was checked.
	needed := doc.Find("[data-testid=right]")
	for i, want := range []string{
		"Company Maintenance: Inquire", "Table Setup: Inquire", "Product Catalog: Inquire, Add", "Agreements: Inquire, Add, Edit", "Invoicing: Inquire Optional",
	} {
		wantText(t, needed.Eq(i), want, "Not checked")
	}
}

// Without a mapping there is nothing to sync.
func TestConnectWiseNothingMapped(t *testing.T) {
	t.Parallel()
	p := connectWisePage("active")
	p.Mapped = 0
	doc := render(t, ConnectWise(layout(SectionIntegrations), p))
	absent(t, doc, `form[action$="/sync"]`, `form[action$="/preview"]`)
	wantText(t, one(t, doc, "[aria-current=step]"), "Import and map companies", "Needs Company Maintenance Inquire")
}

// No sync can be started while one runs.
func TestConnectWiseRunning(t *testing.T) {
	t.Parallel()
	p := connectWisePage("active")
	p.RunningURL = "/runs/9"
	doc := render(t, ConnectWise(layout(SectionIntegrations), p))
	absent(t, doc, `form[action$="/sync"]`, `form[action$="/preview"]`)
	one(t, doc, `[data-testid=notice] a[href="/runs/9"]`)
}

// The form has no way to show the private key: an empty field keeps it.
func TestPrivateKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	doc := render(t, CredentialsFields(connectWisePage("active").Credentials, true))
	key := one(t, doc, "#private-key")
	if key.AttrOr("value", "") != "" || key.AttrOr("type", "") != "password" {
		t.Error("the private key's field is filled or readable")
	}
	if _, required := key.Attr("required"); required {
		t.Error("the stored key has to be typed again")
	}
	wantText(t, one(t, doc, "#private-key-hint"), "never shown again", "Leave empty to keep it")
	fresh := render(t, CredentialsFields(CredentialsForm{}, true))
	if _, required := one(t, fresh, "#private-key").Attr("required"); !required {
		t.Error("a first private key is not required")
	}
}

func TestCredentialsProblems(t *testing.T) {
	t.Parallel()
	doc := render(t, CredentialsFields(CredentialsForm{
		Site: hostile, Problems: Problems{"site": "No server answers.", "client_id": "ConnectWise does not know it."}, Notice: &Notice{What: "No connection.", Detail: hostile},
	}, true))
	if got := one(t, doc, "#site").AttrOr("value", ""); got != hostile {
		t.Errorf("typed site lost: %q", got)
	}
	wantText(t, one(t, doc, "#site-problem"), "No server answers.")
	if _, open := doc.Find("details.more").Attr("open"); !open {
		t.Error("the client ID's problem is hidden")
	}
	absent(t, doc, "script")
}
