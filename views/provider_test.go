package views

import (
	"strings"
	"testing"
)

func tokensPage(problems Problems) TokensPage {
	return TokensPage{
		Made: "sb_shown-once", MadeName: hostile, BaseURL: "https://panel.example/api/v1", Document: "/api/v1/openapi.json",
		Rows: []TokenRow{
			{ID: 4, Name: hostile, Scopes: []string{"usage:read", "usage:write"}, Made: at("2026-11-01 10:00"), By: "ada@x.example", Used: at("2026-11-20 10:00")},
			{ID: 5, Name: "Old", Scopes: []string{"members:read"}, Made: at("2026-01-01 10:00"), By: "ada@x.example", Expires: at("2026-02-01 10:00"), Stopped: "It has expired."},
		},
		Form:      TokenForm{Name: hostile, Scopes: []Option{{Value: "usage:read", Label: "usage:read"}}, Life: []Option{{Value: "90", Label: "In 90 days"}}, Problems: problems},
		Endpoints: []EndpointRow{{Method: "GET", Path: "/usage/{month}", Summary: "List", Scope: "usage:read"}},
	}
}

func providerPage(problems Problems) ProviderPage {
	row := ProviderRow{ID: hostile, Name: hostile, Plan: PlanBusiness, Reported: 3, Billable: 0, Note: "Reported as a trial.", OrganizationID: 7, Organization: hostile, Matched: "by name"}
	broken := ProviderRow{Index: 1, ID: "x-1", Name: hostile, Problem: "No number of licenses.", Matched: "No organization has this name."}
	report := ProviderReport{Title: "Report of October 2026", State: "reported", Rows: []ProviderRow{row, broken}, More: 4, Missing: []string{hostile}, Sample: hostile}
	tested := report
	tested.Rows = []ProviderRow{row, broken}
	tested.Rows[0].Billed = ProviderOutcome{Seats: 1, Known: true, Plan: PlanBusiness, Why: hostile}
	tested.Billed = &ProviderBilled{Taken: 1, Other: 2, Unknown: 3, Missing: []ProviderMissing{{Name: hostile, URL: "/organizations/7", Billed: ProviderOutcome{Why: hostile}}}}
	failed := ProviderReport{Title: "Report of 2026-11-22", State: "failed", Problem: &Notice{What: "It failed.", Do: "Do this.", Detail: hostile}}
	return ProviderPage{
		Connected: true, Form: ProviderForm{BaseURL: hostile, HasKey: true, Example: true, Claims: hostile, Required: true, Problems: problems},
		Test:   &ProviderTest{Monthly: &tested, Daily: &failed},
		Latest: &ProviderFetched{FetchID: 9, At: at("2026-11-01 00:02"), Report: report, Unknown: []ProviderRow{broken}, Names: []string{hostile}},
		Fetches: []FetchRow{
			{ID: 9, At: at("2026-11-01 00:02"), Period: "2026-10", State: "reported", Seats: 40, Known: true, HasAnswer: true},
			{ID: 8, At: at("2026-11-01 00:02"), Period: "2026-10", State: "zero", Known: true, HasAnswer: true},
			{ID: 7, At: at("2026-10-01 00:02"), Period: "2026-09", State: "empty", Problem: "Lists nothing.", HasAnswer: true},
			{ID: 6, At: at("2026-10-01 00:02"), Period: "2026-09", State: "failed", Problem: hostile},
		},
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	doc := render(t, Tokens(layout(SectionSettings), tokensPage(Problems{"name": "Enter a name."})))
	wantText(t, one(t, doc, "[data-testid=new-token]"), "sb_shown-once", "only now")
	rows := doc.Find("[data-testid=token]")
	wantText(t, rows.Eq(0), "usage:write", "20 Nov 2026", "Never")
	wantText(t, rows.Eq(1), "It has expired.")
	if got := rows.Eq(1).Find("form").AttrOr("action", ""); got != "/settings/api/5/revoke" {
		t.Errorf("revoking posts to %q", got)
	}
	control(t, rows.Eq(1), "Revoke Old")
	none := render(t, Tokens(layout(SectionSettings), TokensPage{}))
	absent(t, none, "[data-testid=new-token]", "[data-testid=token]")
	one(t, none, "[data-testid=empty]")
}

// TestProviderStates: failed, empty and zero are three different things to a reader, too.
func TestProviderStates(t *testing.T) {
	t.Parallel()
	doc := render(t, Provider(layout(SectionIntegrations), providerPage(nil)))
	for state, says := range map[string][]string{
		"reported": {"Reported", "40"}, "zero": {"Zero seats", "0"}, "empty": {"Empty: nothing known", "Unknown"}, "failed": {"Failed: nothing known", "Unknown"},
	} {
		wantText(t, one(t, doc, "[data-testid=fetch][data-state="+state+"]"), says...)
	}
	unknown := one(t, doc, "[data-testid=provider-unknown]")
	control(t, unknown, "Add organization "+hostile)
	control(t, unknown, "Link "+hostile)
	wantText(t, one(t, doc, "#provider-test"), "Nothing of this was stored.", "and 4 more organizations", "1 organization is not in the report: unknown, not zero")
	if html, _ := doc.Find("#private-key").Html(); html != "" {
		t.Errorf("the private key's field holds %q", html)
	}
	wantText(t, doc.Find("#private-key-hint"), "A key is saved.")
	never := render(t, Provider(layout(SectionIntegrations), ProviderPage{}))
	absent(t, never, "[data-testid=fetch]", "#latest", ".danger-zone")
	if strings.Contains(text(never.Find("#provider-form")), "simulator") {
		t.Error("a real panel's form speaks of a simulator")
	}
}
