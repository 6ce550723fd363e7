package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"seatbridge/store"
)

// Every route, seen by everybody: who may not use it is asked to sign in or
// told so, and who may is let through.
func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	people := map[access]*browser{
		anyone: p.browser(), technician: p.as(store.Technician), admin: p.as(store.Admin), owner: p.as(store.Owner),
	}
	for _, rt := range p.server.routes() {
		method, path, _ := strings.Cut(rt.pattern, " ")
		path = strings.NewReplacer("{id}", "999", "{token}", "unknown", "{$}", "").Replace(path)
		for who, b := range people {
			status, location := p.probe(b, method, path)
			switch {
			case rt.min <= anyone:
				if status == http.StatusForbidden || status >= 500 {
					t.Errorf("%s by %d = %d, want it open to all", rt.pattern, who, status)
				}
			case who == anyone:
				if status != http.StatusSeeOther || !strings.HasPrefix(location, "/signin") {
					t.Errorf("%s signed out = %d to %q, want the sign-in page", rt.pattern, status, location)
				}
			case who < rt.min:
				if status != http.StatusForbidden {
					t.Errorf("%s by role %d = %d, want 403", rt.pattern, who, status)
				}
			case status == http.StatusForbidden || strings.HasPrefix(location, "/signin") || status >= 500 && status != http.StatusBadGateway:
				t.Errorf("%s by role %d = %d to %q, want it let through", rt.pattern, who, status, location)
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
		"/integrations/connectwise/products/search?plan=gold", "/integrations/connectwise/organizations/search?company=99999999999",
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
