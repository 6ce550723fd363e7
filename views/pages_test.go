package views

import (
	"net/http"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	doc := render(t, SignIn(SignInPage{MSPName: hostile, Email: "ada@x.example", Next: "/usage?q=1", Problems: Problems{"": "E-mail address or password is wrong."}}))
	one(t, doc, `form[method=post][action="/signin"] input[name=next][value="/usage?q=1"]`)
	wantText(t, one(t, doc, "[role=alert]"), "is wrong")
	if got := one(t, doc, "#email").AttrOr("value", ""); got != "ada@x.example" {
		t.Errorf("address lost: %q", got)
	}
	if got := one(t, doc, "#password").AttrOr("value", ""); got != "" {
		t.Error("the password came back")
	}
	absent(t, doc, "[data-testid=demo-credentials]", "#sidebar", `form[action="/signout"]`)
	demo := render(t, SignIn(SignInPage{Demo: true, DemoEmail: "owner@x.example", DemoPassword: "open sesame"}))
	wantText(t, one(t, demo, "[data-testid=demo-credentials]"), "owner@x.example", "open sesame")
}

func TestSetup(t *testing.T) {
	t.Parallel()
	doc := render(t, Setup(SetupPage{Token: "t0ken", Name: hostile, Problems: Problems{"password": "Too short."}}))
	for _, name := range []string{"msp", "name", "email", "password"} {
		one(t, doc, `form[action="/setup/t0ken"][method=post] input[name=`+name+`]`)
	}
	wantText(t, one(t, doc, "#password-problem"), "Too short.")
	absent(t, doc, "#sidebar")
}

func TestAccept(t *testing.T) {
	t.Parallel()
	doc := render(t, Accept(AcceptPage{Token: "t0ken", Email: "eve@x.example", Role: "technician", MSPName: hostile}))
	wantText(t, one(t, doc, "header"), "Technician", "eve@x.example", hostile)
	one(t, doc, `form[method=post] input[name=password][type=password]`)
	absent(t, doc, "#sidebar", "script:not([src])")
}

func TestOverview(t *testing.T) {
	t.Parallel()
	doc := render(t, Overview(layout(SectionOverview), overviewPage()))
	wantText(t, one(t, doc, "[data-testid=next-step]"), "Not mapped.", "Map companies")
	wantText(t, one(t, doc, "[data-testid=seats-business]"), "1,201")
	wantText(t, one(t, doc, "[data-testid=seats-enterprise]"), "452")
	wantText(t, one(t, doc, "[data-testid=attention]"), "2 changes failed", "See them")
	wantText(t, one(t, doc, "[data-testid=connection-state]"), "Active")
	one(t, doc, "[data-testid=seat-chart]")
	wantText(t, doc.Find("main"), "1 Dec 2026, 00:30 UTC", "Latest runs")
}

func TestOverviewWithNothingToDo(t *testing.T) {
	t.Parallel()
	p := overviewPage()
	p.NextStep, p.Attention, p.Runs, p.Clear = nil, nil, nil, Clear{Why: "nothing was synced yet."}
	doc := render(t, Overview(layout(SectionOverview), p))
	absent(t, doc, "[data-testid=next-step]")
	wantText(t, one(t, doc, "[data-testid=attention]"), "nothing was synced yet")
}

// Technicians see neither billing nor integrations (docs/billing-rules.md section 4).
func TestOverviewOfTechnician(t *testing.T) {
	t.Parallel()
	l := layout(SectionOverview)
	l.Role = "technician"
	absent(t, render(t, Overview(l, overviewPage())), "[data-testid=connection-state]", "[data-testid=run]", `main a[href="/usage"]`)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	doc := render(t, Usage(layout(SectionUsage), usagePage()))
	wantText(t, one(t, doc, "[data-testid=usage-totals]"), "1,201", "452", "1,653", "Organizations without a figure1")
	rows := doc.Find("[data-testid=usage-row]")
	wantText(t, rows.Eq(0), hostile, "Enterprise", "48", "Seat ledger")
	wantText(t, rows.Eq(1), "Source failed", "Not mapped") // not 0
	if got := text(doc.Find("#month option[selected]")); got != "November 2026" {
		t.Errorf("month %q", got)
	}
	one(t, doc, `main a[href="/usage.csv?month=2026-11"][download]`)
	wantText(t, doc.Find("main"), "counted so far")
	empty := render(t, UsageTable(UsagePage{Month: "2026-10"}))
	wantText(t, empty.Selection, "No usage to show")
	absent(t, empty, "table")
}

func TestActivity(t *testing.T) {
	t.Parallel()
	doc := render(t, Activity(layout(SectionActivity), activityPage()))
	wantText(t, one(t, doc, "[data-testid=activity]"), "20 Nov 2026, 10:00 UTC", hostile, "203.0.113.7", "User management")
	one(t, doc, `input[type=date][name=from][value="2026-08-25"]`)
	if got := text(doc.Find("#category option[selected]")); got != "User management" {
		t.Errorf("category %q", got)
	}
	wantText(t, render(t, ActivityTable(ActivityPage{Problems: Problems{"": "Choose at most 90 days."}})).Selection, "Choose at most 90 days.", "Nothing in this period")
}

func TestMembers(t *testing.T) {
	t.Parallel()
	doc := render(t, Members(layout(SectionMembers), membersPage(nil)))
	rows := doc.Find("[data-testid=member]")
	wantText(t, rows.Eq(0), "Ada (you)", "Owner", "2 sessions")
	if rows.Eq(0).Find("form").Length() != 0 {
		t.Error("the last owner can be changed")
	}
	one(t, doc, `form[action="/members/2/role"] option[value=technician][selected]`)
	for _, action := range []string{"/members/2/suspend", "/members/2/remove"} {
		if one(t, doc, `form[action="`+action+`"]`).AttrOr("data-confirm", "") == "" {
			t.Errorf("%s does not ask", action)
		}
	}
	one(t, doc, `form[action="/members/3/reactivate"]`)
	wantText(t, one(t, doc, "#invite-link"), "https://x.example/invitations/abc")
	p := membersPage(nil)
	p.CanEdit, p.InviteLink = false, ""
	absent(t, render(t, Members(layout(SectionMembers), p)), "main form", "[data-testid=invite-link]")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	doc := render(t, Settings(layout(SectionSettings), settingsPage(Problems{"current": "This is not your password."})))
	one(t, doc, `form[action="/settings/approvals"] input[name=hand_edits][value=hold][checked]`)
	absent(t, doc, "input[name=count_pending][checked]", "input[name=decrease][checked]")
	one(t, doc, `#approvals input[name=seats][value="100"]`)
	one(t, doc, `#approvals input[name=lower_percent][value="x"][aria-invalid]`)
	one(t, doc, "#approvals input[name=zero][checked]")
	wantText(t, one(t, doc, "#hold-lower-percent-problem"), "Enter a whole number.")
	for _, hint := range []string{"the default is 100", "Off by default"} { // each rule says what it does and its default
		wantText(t, one(t, doc, "#approvals"), hint)
	}
	wantText(t, one(t, doc, "#current-problem"), "This is not your password.")
	doc.Find("input[type=password]").Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("value", "") != "" {
			t.Error("a password came back")
		}
	})
	control(t, doc.Find("main"), "Sign out other sessions")
	p := settingsPage(nil)
	p.CanEdit, p.Sessions = false, p.Sessions[:1]
	doc = render(t, Settings(layout(SectionSettings), p))
	absent(t, doc, `form[action="/settings"]`, `form[action="/settings/sessions/revoke"]`)
}

// Every error says what happened and what to do, as a page and as a part.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, status := range []int{
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity,
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
	} {
		p := ErrorPage{Status: status}
		page := render(t, Error(layout(""), p))
		if p.what() == "" || p.do() == "" {
			t.Errorf("%d: nothing to say", status)
		}
		wantText(t, one(t, page, "[data-testid=error-page]"), p.what(), p.do())
		part := render(t, ErrorAlert(p))
		wantText(t, one(t, part, "[role=alert]"), p.what(), p.do())
		absent(t, part, "h1", "main", "nav")
	}
}

func TestErrorOwnWords(t *testing.T) {
	t.Parallel()
	p := ErrorPage{Status: 404, What: hostile, RequestID: "a1b2"}
	doc := render(t, Error(layout(""), p))
	body := one(t, doc, "[data-testid=error-page]")
	wantText(t, body, hostile, "Reference a1b2")
	if got := p.why(); got != "" {
		t.Errorf("the usual reason %q beside other words", got)
	}
	wantText(t, render(t, ErrorAlert(p)).Find("details"), "Reference a1b2")
	// Without a user there is nothing to navigate to.
	absent(t, render(t, Error(Layout{}, p)), "#sidebar")
}
