package handlers

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	b := newPanel(t).browser()
	for _, path := range []string{"/signin", "/healthz", "/organizations", "/nothing", "/static/x"} {
		status := map[string]int{"/signin": 200, "/healthz": 200, "/organizations": 303, "/nothing": 404, "/static/x": 404}[path]
		b.get(path, status)
		for name, want := range map[string]string{
			"Content-Security-Policy": web.ContentSecurityPolicy,
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "same-origin",
		} {
			if got := b.last.Header().Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
		if got := b.last.Header().Get("Strict-Transport-Security"); got != "" {
			t.Errorf("%s: HSTS without TLS: %q", path, got)
		}
	}
	for _, directive := range []string{"default-src 'self'", "img-src 'self' data:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(web.ContentSecurityPolicy, directive) {
			t.Errorf("the policy lacks %s", directive)
		}
	}
	secure := newPanel(t, withBaseURL("https://seats.example.com")).browser()
	secure.get("/signin", http.StatusOK)
	if got := secure.last.Header().Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=") {
		t.Errorf("HSTS with TLS = %q", got)
	}
}

func TestHealthz(t *testing.T) {
	t.Parallel()
	b := newPanel(t).browser()
	b.get("/healthz", http.StatusOK)
	if got := b.last.Body.String(); got != "ok\n" {
		t.Errorf("body = %q", got)
	}
	b.get("/favicon.ico", http.StatusFound)
	b.get(b.location(), http.StatusOK)
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		base   string
		name   string
		secure bool
	}{
		{"http://127.0.0.1:8080", "seatbridge-session", false},
		{"https://seats.example.com", "__Host-seatbridge-session", true},
	} {
		p := newPanel(t, withBaseURL(test.base))
		p.userWithPassword(store.Owner, "o@example.com")
		b := p.browser()
		b.post("/signin", form("email", "o@example.com", "password", testPassword), http.StatusSeeOther)
		cookies := b.last.Result().Cookies()
		if len(cookies) != 2 {
			t.Fatalf("%d cookies, want 2", len(cookies))
		}
		known, c := cookies[0], cookies[1]
		if known.Name != strings.Replace(test.name, "session", "devices", 1) || known.Secure != test.secure || !known.HttpOnly ||
			known.SameSite != http.SameSiteLaxMode || known.Path != "/" || known.Domain != "" || known.MaxAge != 400*24*3600 {
			t.Errorf("%s: the cookie of a browser that is known = %+v", test.base, known)
		}
		if c.Name != test.name || c.Secure != test.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 30*24*3600 {
			t.Errorf("%s: cookie = %+v", test.base, c)
		}
		if strings.Contains(c.Value, "example.com") {
			t.Error("the cookie tells the e-mail address")
		}
	}
}

func TestUnreadableCookieMeansSignedOut(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.user(store.Owner, "o@example.com")
	b := p.browser()
	for _, value := range []string{"x", "MTc0|AAAA|AAAA", strings.Repeat("A", 3900)} {
		b.cookies["seatbridge-session"] = value
		b.get("/organizations", http.StatusSeeOther)
		page := b.get("/signin", http.StatusOK)
		has(t, page, "[data-testid=notice]", "You were signed out")
	}
}

func TestCrossSitePostIsRefused(t *testing.T) {
	t.Parallel()
	p := newPanel(t, withBaseURL("https://seats.example.com"))
	owner := p.as(store.Owner)
	fields := form("name", "Planted", "license", "standard", "plan", "business")
	owner.with("Sec-Fetch-Site", "cross-site").post("/organizations", fields, http.StatusForbidden)
	owner.with("Sec-Fetch-Site", "same-site").post("/organizations", fields, http.StatusForbidden)
	owner.header.Del("Sec-Fetch-Site")
	owner.with("Origin", "https://evil.example").post("/organizations", fields, http.StatusForbidden)
	_, total, err := p.store.Organizations(t.Context(), store.OrganizationFilter{})
	if err != nil || total != 0 {
		t.Fatalf("%d organizations, %v: a cross-site form was carried out", total, err)
	}
	// What the proxy's own origin sends passes, whatever Host it hands on.
	owner.with("Origin", "https://seats.example.com").post("/organizations", fields, http.StatusSeeOther)
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.userWithPassword(store.Owner, "o@example.com")
	b := p.browser()
	b.post("/signin", form("email", "o@example.com", "password", testPassword, "next", "//evil.example/x"), http.StatusSeeOther)
	if b.location() != "/" {
		t.Errorf("Location = %q", b.location())
	}
}

func TestBodiesAreLimited(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 0)
	b := p.as(store.Admin)
	b.post(views.OrganizationPath(o.ID)+"/seats", form("emails", strings.Repeat("a@example.com ", 100_000)), http.StatusRequestEntityTooLarge)
	if seats, _, _ := p.store.Seats(t.Context(), store.SeatFilter{OrganizationID: o.ID}); len(seats) != 0 {
		t.Errorf("%d seats were added", len(seats))
	}
}

func TestPanicsBecomeAnErrorPage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	h := p.server.web.Recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret cause") }), p.server.web.Fail)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/setup/one-time-token", nil)
	r.TLS = &tls.ConnectionState{}
	h.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError {
		t.Fatalf("status = %d", w.Code)
	}
	if strings.Contains(w.Body.String(), "secret cause") {
		t.Error("the page tells the cause")
	}
	if log := p.log.String(); !strings.Contains(log, "secret cause") || strings.Contains(log, "one-time-token") {
		t.Errorf("log = %s", log)
	}
}
