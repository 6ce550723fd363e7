package handlers

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

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
			"Content-Security-Policy": contentSecurityPolicy,
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
		if !strings.Contains(contentSecurityPolicy, directive) {
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
		if len(cookies) != 1 {
			t.Fatalf("%d cookies, want 1", len(cookies))
		}
		c := cookies[0]
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
		has(t, page, "[data-testid=notice]", "Your session has ended")
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

func TestOpenRedirectIsRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                              "/",
		"/organizations?q=a&page=2":     "/organizations?q=a&page=2",
		"https://evil.example":          "/",
		"//evil.example":                "/",
		"///evil.example":               "/",
		"/\\evil.example":               "/",
		"\\\\evil.example":              "/",
		"/\t/evil.example":              "/",
		"/\n/evil.example":              "/",
		" //evil.example":               "/",
		"javascript:alert(1)":           "/",
		"evil.example":                  "/",
		"http:evil.example":             "/",
		"/%2F/evil.example":             "/",
		"/organizations/1?next=//evil":  "/organizations/1?next=//evil",
		"/%zz":                          "/",
		"//user@evil.example/%2e%2e":    "/",
		"/organizations\r\nX-Injected:": "/",
	} {
		if got := localPath(address); got != want {
			t.Errorf("localPath(%q) = %q, want %q", address, got, want)
		}
	}
	p := newPanel(t)
	p.userWithPassword(store.Owner, "o@example.com")
	b := p.browser()
	b.post("/signin", form("email", "o@example.com", "password", testPassword, "next", "//evil.example/x"), http.StatusSeeOther)
	if b.location() != "/" {
		t.Errorf("Location = %q", b.location())
	}
}

func TestClientIP(t *testing.T) {
	t.Parallel()
	s := &server{Config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for _, test := range []struct{ peer, forwarded, want string }{
		{"198.51.100.7:99", "", "198.51.100.7"},
		{"198.51.100.7:99", "203.0.113.5", "198.51.100.7"}, // not our proxy: anybody can write this
		{"10.1.1.1:99", "", "10.1.1.1"},
		{"10.1.1.1:99", "203.0.113.5", "203.0.113.5"},
		{"10.1.1.1:99", "1.2.3.4, 203.0.113.5, 10.2.2.2", "203.0.113.5"}, // 1.2.3.4 is what the client claims
		{"10.1.1.1:99", "nonsense", "10.1.1.1"},
		{"[::1]:99", "2001:db8::1", "2001:db8::1"},
		{"[::ffff:10.1.1.1]:99", "203.0.113.5", "203.0.113.5"},
		{"broken", "203.0.113.5", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.peer
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		if got := s.clientIP(r); got != test.want {
			t.Errorf("clientIP(%q, %q) = %q, want %q", test.peer, test.forwarded, got, test.want)
		}
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
	h := p.server.recoverAndLog(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret cause") }))
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
