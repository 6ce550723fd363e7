package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"seatbridge/handlers/web"
	"seatbridge/store"
)

// lowestRoles says again, apart from the route table, who may use each route: the lowest role that does. A route moves
// here only when somebody decides that it should (docs/billing-rules.md section 4).
var lowestRoles = map[web.Access]string{
	web.Public: `
		GET /healthz
		GET /static/
		GET /favicon.ico
	`,
	web.Anyone: `
		GET /signin
		POST /signin
		POST /signout
		GET /setup/{token}
		POST /setup/{token}
		GET /invitations/{token}
		POST /invitations/{token}
		GET /signin/help
		GET /signin/second
		POST /signin/second
		POST /signin/second/options
		POST /signin/passkey
		POST /signin/passkey/options
		GET /password/{token}
		POST /password/{token}
	`,
	web.Member: `
		POST /settings/proof/options
		GET /settings/second-factor
		GET /settings/second-factor/authenticator
		POST /settings/second-factor/authenticator
		POST /settings/second-factor/authenticator/new
		POST /settings/second-factor/authenticator/remove
		POST /settings/second-factor/recovery
		POST /settings/second-factor/confirm
		POST /settings/second-factor/passkeys
		POST /settings/second-factor/passkeys/options
		POST /settings/second-factor/passkeys/{id}/remove
	`,
	web.Technician: `
		GET /{$}
		GET /start
		GET /organizations
		GET /organizations/new
		POST /organizations
		GET /organizations/{id}
		POST /organizations/{id}
		POST /organizations/{id}/suspend
		POST /organizations/{id}/reactivate
		POST /organizations/{id}/delete
		GET /organizations/{id}/explain
		GET /organizations/{id}/seats.csv
		POST /organizations/{id}/seats
		POST /organizations/{id}/seats/action
		GET /settings
		POST /settings/password
		POST /settings/digest
		POST /settings/sessions/revoke
		POST /settings/sessions/end
	`,
	web.Admin: `
		GET /demo
		GET /start/hosted
		POST /start/hosted
		POST /start/hosted/check
		POST /organizations/{id}/corrections
		POST /organizations/{id}/corrections/withdraw
		POST /organizations/{id}/kept
		POST /organizations/{id}/kept/withdraw
		POST /organizations/{id}/life
		POST /organizations/{id}/no-members
		POST /organizations/{id}/no-members/withdraw
		GET /usage
		GET /usage.csv
		GET /usage/import
		POST /usage/import
		GET /organizations/import
		POST /organizations/import
		GET /organizations.csv
		GET /organizations/import/list
		POST /organizations/import/list
		GET /imports/{id}
		GET /imports/{id}/progress
		GET /imports/{id}/changes
		POST /imports/{id}/check
		POST /imports/{id}/write
		POST /imports/{id}/file
		POST /imports/{id}/discard
		GET /leaks
		GET /leaks.csv
		POST /leaks/scan
		GET /leaks/progress
		POST /leaks/cancel
		GET /leaks/meant
		POST /leaks/meant
		POST /leaks/withdraw
		GET /months
		GET /months.csv
		GET /months/{month}
		GET /months/{month}/rows.csv
		GET /months/{month}/rows/{id}/{plan}
		GET /months/{month}/close
		POST /months/{month}/close
		GET /months/{month}/statement
		GET /months/{month}/statement.json
		GET /months/{month}/statement.csv
		GET /months/{month}/settle
		POST /months/{month}/settle
		POST /months/{month}/settlements/{id}/undo
		POST /months/{month}/elsewhere/{id}
		POST /months/{month}/elsewhere/{id}/withdraw
		GET /integrations
		GET /integrations/connectwise
		POST /integrations/connectwise
		POST /integrations/connectwise/test
		POST /integrations/connectwise/disconnect
		GET /integrations/connectwise/products
		POST /integrations/connectwise/products
		GET /integrations/connectwise/products/search
		GET /integrations/connectwise/products/new
		POST /integrations/connectwise/products/create
		GET /integrations/connectwise/import
		POST /integrations/connectwise/import
		GET /integrations/connectwise/import/counts
		GET /integrations/connectwise/import/count
		GET /integrations/connectwise/import/progress
		POST /integrations/connectwise/import/cancel
		GET /integrations/connectwise/companies
		GET /integrations/connectwise/companies/{id}/shown
		POST /integrations/connectwise/companies/{id}/map
		POST /integrations/connectwise/companies/{id}/unmap
		POST /integrations/connectwise/companies/{id}/organizations
		POST /integrations/connectwise/companies/{id}/reject
		GET /integrations/connectwise/companies/organizations
		POST /integrations/connectwise/companies/organizations
		GET /integrations/connectwise/suggestions
		POST /integrations/connectwise/suggestions/map
		POST /integrations/connectwise/suggestions/reject
		POST /integrations/connectwise/suggestions/restore
		GET /integrations/connectwise/mappings
		GET /integrations/connectwise/mappings.csv
		POST /integrations/connectwise/mappings
		POST /integrations/connectwise/mappings/apply
		GET /integrations/connectwise/organizations/search
		GET /integrations/connectwise/sync
		POST /integrations/connectwise/sync
		GET /integrations/connectwise/sync/{month}
		POST /integrations/connectwise/sync/{month}
		POST /integrations/connectwise/preview
		GET /integrations/connectwise/writing
		POST /integrations/connectwise/writing/pause
		POST /integrations/connectwise/writing/first
		POST /integrations/connectwise/writing/on
		GET /integrations/provider
		POST /integrations/provider
		POST /integrations/provider/test
		POST /integrations/provider/pull
		POST /integrations/provider/disconnect
		POST /integrations/provider/organizations/add
		POST /integrations/provider/organizations/link
		POST /integrations/provider/organizations/name
		GET /integrations/provider/fetches/{id}
		GET /attention
		GET /findings
		POST /findings
		GET /attention/changes.csv
		GET /held
		POST /held
		GET /held/changes.csv
		POST /changes/{id}/line
		POST /changes/{id}/not-there
		GET /agreements/{id}
		GET /agreements/{id}/changes.csv
		POST /agreements/{id}/sync
		GET /organizations/{id}/history
		GET /organizations/{id}/history/changes.csv
		GET /runs
		GET /runs.csv
		GET /runs/{id}
		GET /runs/{id}/progress
		GET /runs/{id}/changes.csv
		POST /runs/{id}/cancel
		POST /runs/{id}/apply
		POST /runs/{id}/discard
		POST /runs/{id}/undo
		POST /runs/{id}/retry
		GET /activity
		GET /activity.csv
		GET /members
		POST /members
		POST /members/{id}/suspend
		POST /members/{id}/reactivate
		POST /members/{id}/remove
		POST /members/{id}/role
		POST /members/{id}/password
		POST /members/{id}/factors/remove
		POST /members/{id}/sessions/end
		POST /settings
		POST /settings/approvals
		POST /settings/months
		POST /settings/sources
		GET /settings/api
		POST /settings/api
		POST /settings/api/{id}/revoke
		GET /settings/notifications
		GET /settings/notifications/new
		POST /settings/notifications
		GET /settings/notifications/{id}
		POST /settings/notifications/{id}
		POST /settings/notifications/{id}/delete
		POST /settings/notifications/{id}/test
	`,
	web.Owner: `
		POST /settings/second-factor/required
	`,
}

// expectedAccess is lowestRoles by route. It must name the routes of the table, all of them and no others.
func expectedAccess(t *testing.T, routes []route) map[string]web.Access {
	t.Helper()
	expected := map[string]web.Access{}
	for min, patterns := range lowestRoles {
		for pattern := range strings.Lines(patterns) {
			if pattern = strings.TrimSpace(pattern); pattern != "" {
				expected[pattern] = min
			}
		}
	}
	for _, rt := range routes {
		if _, known := expected[rt.pattern]; !known {
			t.Errorf("lowestRoles does not say who may use %s", rt.pattern)
		}
	}
	if len(expected) != len(routes) {
		t.Errorf("lowestRoles has %d routes, the table %d", len(expected), len(routes))
	}
	return expected
}

// Every route, seen by everybody: who may not use it is asked to sign in or
// told so, and who may is let through.
func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	people := map[web.Access]*browser{
		web.Anyone: p.browser(), web.Technician: p.as(store.Technician), web.Admin: p.as(store.Admin), web.Owner: p.as(store.Owner),
	}
	for pattern, min := range expectedAccess(t, p.server.routes()) {
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{id}", "999", "{token}", "unknown", "{$}", "", "{month}", "2026-02", "{plan}", "business").Replace(path)
		for who, b := range people {
			status, location := p.probe(b, method, path)
			switch {
			case min <= web.Anyone:
				if status == http.StatusForbidden || status >= 500 {
					t.Errorf("%s by %d = %d, want it open to all", pattern, who, status)
				}
			case who == web.Anyone:
				if status != http.StatusSeeOther || !strings.HasPrefix(location, "/signin") {
					t.Errorf("%s signed out = %d to %q, want the sign-in page", pattern, status, location)
				}
			case who < min:
				if status != http.StatusForbidden {
					t.Errorf("%s by role %d = %d, want 403", pattern, who, status)
				}
			case status == http.StatusForbidden || strings.HasPrefix(location, "/signin") || status >= 500 && status != http.StatusBadGateway:
				t.Errorf("%s by role %d = %d to %q, want it let through", pattern, who, status, location)
			}
		}
	}
}

// probe sends a request without keeping what it answers.
func (p *panel) probe(b *browser, method, path string) (status int, location string) {
	r := httptest.NewRequest(method, path, strings.NewReader(""))
	r.RemoteAddr = "192.0.2.9:1"
	for name, value := range b.cookies {
		if path != "/signout" {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Location")
}

func TestNothingIsFoundPolitely(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	for _, path := range []string{
		"/nothing", "/organizations/0", "/organizations/-1", "/organizations/abc", "/organizations/99999999999999999999",
		"/organizations/1%00", "/organizations/%FF%FE", "/runs/7", "/runs/x/progress", "/runs/7/changes.csv", "/static/nothing.css",
		"/integrations/connectwise/products/search?plan=gold",
	} {
		b.get(path, http.StatusNotFound)
	}
	page := b.get("/nothing", http.StatusNotFound)
	has(t, page, "[data-testid=error-page]", "404")
	b.do(http.MethodPost, "/usage", form("x", "y"), http.StatusMethodNotAllowed)
	if got := b.last.Header().Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow = %q", got)
	}
	b.do(http.MethodDelete, "/organizations", nil, http.StatusMethodNotAllowed)
	b.part().get("/organizations/0", http.StatusNotFound)
}

func TestErrorForAPartGoesToTheAlerts(t *testing.T) {
	t.Parallel()
	b := newPanel(t).as(store.Technician).part()
	page := b.get("/usage", http.StatusForbidden)
	if got := b.last.Header().Get("HX-Retarget"); got != "#alerts" {
		t.Errorf("HX-Retarget = %q", got)
	}
	has(t, page, "[data-testid=notice]", "Your role does not include this.")
	b.lacks("<html", "<main")
}

func TestSignedOutPartIsSentToSignIn(t *testing.T) {
	t.Parallel()
	b := newPanel(t).browser().part().with("HX-Current-URL", "http://example.com/organizations?q=x")
	b.get("/organizations?q=xy", http.StatusOK)
	if got := b.last.Header().Get("HX-Redirect"); got != "/signin?next=%2Forganizations%3Fq%3Dx" {
		t.Errorf("HX-Redirect = %q", got)
	}
}

func TestWholePageOrPart(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 1)
	b := p.as(store.Admin)
	whole := b.get("/organizations", http.StatusOK)
	if whole.Find("main #organizations").Length() != 1 {
		t.Error("the whole page lacks its list")
	}
	if got := b.last.Header().Values("Vary"); !strings.Contains(strings.Join(got, ","), "HX-Request-Type") {
		t.Errorf("Vary = %q", got)
	}
	part := b.part()
	part.get("/organizations", http.StatusOK)
	part.lacks("<html", "<main", "<nav aria-label=\"Main\"")
	part.with("HX-Request-Type", "full").get("/organizations", http.StatusOK)
	if !strings.Contains(part.last.Body.String(), "<html") {
		t.Error("a boosted link got a part")
	}
}
