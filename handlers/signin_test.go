package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/handlers/web"
	"seatbridge/store"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.userWithPassword(store.Owner, "Olga@Example.com")
	b := p.browser()
	b.get("/organizations?plan=business", http.StatusSeeOther)
	page := b.follow()
	if next, _ := page.Find("input[name=next]").Attr("value"); next != "/organizations?plan=business" {
		t.Errorf("next = %q", next)
	}
	b.post("/signin", form("email", " olga@example.com ", "password", testPassword, "next", "/organizations?plan=business"), http.StatusSeeOther)
	if b.location() != "/organizations?plan=business" {
		t.Errorf("Location = %q", b.location())
	}
	b.follow()
	b.get("/signin", http.StatusSeeOther) // signed in already

	stolen := p.browser()
	stolen.cookies["seatbridge-session"] = b.cookies["seatbridge-session"]
	b.post("/signout", nil, http.StatusSeeOther)
	if got := b.last.Header().Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data: %s", got)
	}
	if b.cookies["seatbridge-session"] != "" {
		t.Error("the cookie stays")
	}
	stolen.get("/organizations", http.StatusSeeOther) // the session is gone on the server, too

	entries, _, err := p.store.Activities(t.Context(), store.ActivityFilter{Category: store.CategoryAccess})
	if err != nil || len(entries) != 2 || entries[1].Action != "Signed in." || entries[1].IP != "192.0.2.1" {
		t.Errorf("activity = %+v, %v", entries, err)
	}
}

func TestSignInFails(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.userWithPassword(store.Admin, "a@example.com")
	suspended := p.userWithPassword(store.Admin, "s@example.com")
	p.userWithPassword(store.Owner, "o@example.com")
	suspended.Status = store.Suspended
	if err := p.store.UpdateUser(t.Context(), suspended); err != nil {
		t.Fatal(err)
	}
	p.user(store.Admin, "nohash@example.com")
	const same = "This e-mail address and password do not belong to an active account."
	for _, test := range []struct{ email, password string }{
		{"a@example.com", "wrong"},
		{"nobody@example.com", testPassword},
		{"s@example.com", testPassword},
		{"nohash@example.com", ""},
		{"nohash@example.com", "x"},
		{"a@example.com", strings.Repeat("x", 5000)},
		{"\x00\xff@example.com", "x\x00\xff"},
	} {
		b := p.browser()
		page := b.post("/signin", form("email", test.email, "password", test.password, "next", "/usage"), http.StatusUnprocessableEntity)
		if test.password != "" {
			has(t, page, "form", same)
		}
		if next, _ := page.Find("input[name=next]").Attr("value"); next != "/usage" {
			t.Errorf("next is lost: %q", next)
		}
		if len(b.last.Result().Cookies()) != 0 {
			t.Error("a cookie was set")
		}
		if test.password != "" && test.password != "x" {
			b.lacks(test.password)
		}
		b.lacks("$argon2id$")
	}
}

// waits is a clock's After that passes at once and keeps what was waited for.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

func (w *waits) after(d time.Duration) <-chan time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, d)
	passed := make(chan time.Time, 1)
	passed <- testNow().Add(d)
	return passed
}

// Strangers who guess make strangers wait, longer with each failure and never longer than a quarter of a minute; the right password is
// let in all the same, from wherever it comes, and a browser that signed in before does not wait at all.
func TestStrangersWaitAndNobodyIsLockedOut(t *testing.T) {
	t.Parallel()
	w := &waits{}
	p := newPanel(t, func(c *Config) { c.After = w.after })
	p.userWithPassword(store.Owner, "o@example.com")
	known := p.browser()
	known.ip = "198.51.100.20:1"
	known.post("/signin", form("email", "o@example.com", "password", testPassword), http.StatusSeeOther)
	known.post("/signout", nil, http.StatusSeeOther)

	wrong := form("email", "O@example.com", "password", "wrong")
	for i := range 60 {
		b := p.browser()
		b.ip = "203.0.113." + strconv.Itoa(i/10) + ":1"
		b.post("/signin", wrong, http.StatusUnprocessableEntity)
	}
	var want []time.Duration
	for i := range 60 - web.FreeFailures {
		want = append(want, min(time.Second<<min(i, 10), 16*time.Second))
	}
	if diff := cmp.Diff(want, w.all); diff != "" {
		t.Error(diff)
	}
	known.post("/signin", form("email", "o@example.com", "password", testPassword), http.StatusSeeOther)
	if len(w.all) != len(want) {
		t.Error("a browser that signed in before waited")
	}
	elsewhere := p.browser()
	elsewhere.ip = "198.51.100.21:1"
	elsewhere.post("/signin", form("email", "o@example.com", "password", testPassword), http.StatusSeeOther)
	if got := w.all[len(w.all)-1]; len(w.all) != len(want)+1 || got != 16*time.Second {
		t.Errorf("the owner waited %s elsewhere", got)
	}
	other := p.userWithPassword(store.Admin, "a@example.com")
	p.browser().post("/signin", form("email", other.Email, "password", testPassword), http.StatusSeeOther)
	if len(w.all) != len(want)+1 {
		t.Error("another account waited")
	}
}

// A browser that signed in before is not limited by what others do at its address, as behind one proxy, until it has used up its own.
func TestKnownBrowserHasItsOwnLimit(t *testing.T) {
	t.Parallel()
	w := &waits{}
	p := newPanel(t, func(c *Config) { c.After = w.after })
	p.userWithPassword(store.Owner, "o@example.com")
	known := p.browser()
	known.post("/signin", form("email", "o@example.com", "password", testPassword), http.StatusSeeOther)
	known.post("/signout", nil, http.StatusSeeOther)
	for range web.TriesPerIP - 1 { // the first was the owner's
		p.browser().post("/signin", form("email", "nobody@example.com", "password", "x"), http.StatusUnprocessableEntity)
	}
	right := form("email", "o@example.com", "password", testPassword)
	p.browser().post("/signin", right, http.StatusTooManyRequests)
	known.post("/signin", right, http.StatusSeeOther)
	known.post("/signout", nil, http.StatusSeeOther)

	for range web.TriesPerDevice {
		known.post("/signin", form("email", "o@example.com", "password", "wrong"), http.StatusUnprocessableEntity)
	}
	page := known.post("/signin", right, http.StatusTooManyRequests)
	has(t, page, "form", "Too many attempts. Wait")
	if email, _ := page.Find("input[name=email]").Attr("value"); email != "o@example.com" {
		t.Errorf("the e-mail address is lost: %q", email)
	}
	if wait, err := strconv.Atoi(known.last.Header().Get("Retry-After")); err != nil || wait < 1 || wait > int(web.LimitWindow.Seconds()) {
		t.Errorf("Retry-After = %q", known.last.Header().Get("Retry-After"))
	}
}

// A browser that is known to one account is a stranger to another one.
func TestKnownToOneAccountAlone(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.userWithPassword(store.Owner, "o@example.com")
	p.userWithPassword(store.Admin, "a@example.com")
	b := p.browser()
	b.post("/signin", form("email", "a@example.com", "password", testPassword), http.StatusSeeOther)
	r := httptest.NewRequest(http.MethodGet, "/signin", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if p.server.web.Devices.Of(r, "A@example.com") == "" || p.server.web.Devices.Of(r, "o@example.com") != "" {
		t.Error("the browser is not known to the account that it signed in to, and to no other")
	}
}

// What strangers use up at an address leaves links and what is done when signed in alone.
func TestLinksAndOwnPasswordAreOutsideTheSignInLimit(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	user := p.userWithPassword(store.Owner, "o@example.com")
	b := p.signedIn(user)
	if err := p.store.CreateInvitation(t.Context(), "link", user.ID, testNow().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for i := range web.TriesPerIP {
		if err := p.server.limits.TakeIP(t.Context(), "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		p.server.patience.Failed("o@example.com")
		p.server.patience.Failed("o" + strconv.Itoa(i) + "@example.com")
	}
	p.browser().post("/signin", form("email", "o@example.com", "password", testPassword), http.StatusTooManyRequests)
	p.browser().get("/password/link", http.StatusOK)
	p.browser().get("/invitations/none", http.StatusNotFound)
	b.post("/settings/password", form("current", testPassword, "password", "another good long secret"), http.StatusSeeOther)
	for range web.TriesOfCode - 1 {
		b.post("/settings/password", form("current", "wrong", "password", "another good long secret"), http.StatusUnprocessableEntity)
	}
	b.post("/settings/password", form("current", "wrong", "password", "another good long secret"), http.StatusTooManyRequests)
}

// A reverse proxy that nobody named is told to the Owner and to the log, once an hour.
func TestProxyThatIsNotTrusted(t *testing.T) {
	t.Parallel()
	p := newPanel(t, func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	owner := p.as(store.Owner)
	if owner.get("/settings", http.StatusOK).Find("[data-testid=proxy-warning]").Length() != 0 {
		t.Error("a proxy was told of that nobody met")
	}
	trusted := p.browser().with("X-Forwarded-For", "203.0.113.9")
	trusted.ip = "10.1.2.3:1"
	trusted.get("/signin", http.StatusOK)
	if strings.Contains(p.log.String(), "trusted-proxies") {
		t.Error("a trusted proxy was told of")
	}
	for range 3 {
		p.browser().with("X-Forwarded-For", "203.0.113.9").get("/signin", http.StatusOK)
	}
	if n := strings.Count(p.log.String(), "name it in -trusted-proxies"); n != 1 || !strings.Contains(p.log.String(), "peer=192.0.2.1") {
		t.Errorf("the log said so %d times", n)
	}
	has(t, owner.get("/settings", http.StatusOK), "[data-testid=proxy-warning]", "192.0.2.1")
	p.as(store.Admin).get("/settings", http.StatusOK)
	if strings.Contains(p.as(store.Technician).get("/settings", http.StatusOK).Text(), "192.0.2.1, and were") {
		t.Error("a Technician is told of proxies")
	}
}

func TestOneAddressTriesManyAccounts(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	for i := range web.TriesPerIP {
		if err := p.server.limits.TakeIP(t.Context(), "2001:db8::"+strconv.Itoa(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	b := p.browser()
	b.ip = "[2001:db8::ffff]:1" // the same /64
	b.post("/signin", form("email", "o@example.com", "password", "x"), http.StatusTooManyRequests)
	b.ip = "[2001:db8:0:1::1]:1"
	b.post("/signin", form("email", "o@example.com", "password", "x"), http.StatusUnprocessableEntity)
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	now := testNow()
	p := newPanel(t, func(c *Config) { c.Now = func() time.Time { return now } })
	user := p.user(store.Admin, "a@example.com")
	b := p.signedIn(user)
	for range 3 { // every use starts the idle time anew
		now = now.Add(web.SessionIdle - time.Minute)
		b.get("/organizations", http.StatusOK)
	}
	now = now.Add(web.SessionIdle + time.Second)
	b.get("/organizations", http.StatusSeeOther)

	b = p.signedIn(user)
	for now.Sub(testNow()) < 3*web.SessionLife {
		now = now.Add(web.SessionIdle)
		r, _ := p.probe(b, http.MethodGet, "/organizations")
		if r == http.StatusSeeOther {
			return
		}
	}
	t.Error("a session that is used lasts for ever")
}

func TestSetupLink(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.browser()
	page := b.get("/signin", http.StatusOK)
	has(t, page, "[data-testid=notice]", "There is no account yet")
	if err := p.store.CreateInvitation(t.Context(), "first-token", 0, testNow().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.get("/setup/wrong-token", http.StatusNotFound)
	b.get("/setup/first-token", http.StatusOK)
	good := form("msp", "Harbor IT", "name", "Olga", "email", "olga@example.com", "password", testPassword)
	for field, bad := range map[string]string{"msp": "", "name": " ", "email": "olga", "password": "short"} {
		values, _ := url.ParseQuery(good.Encode())
		values.Set(field, bad)
		page := b.post("/setup/first-token", values, http.StatusUnprocessableEntity)
		if page.Find("[name="+field+"][aria-invalid=true]").Length() != 1 {
			t.Errorf("%s = %q is not marked", field, bad)
		}
		if field != "email" {
			if email, _ := page.Find("[name=email]").Attr("value"); email != "olga@example.com" {
				t.Errorf("the e-mail address is lost: %q", email)
			}
		}
		b.lacks(testPassword)
	}
	b.post("/setup/first-token", good, http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=msp-name]", "Harbor IT")

	again := p.browser()
	again.get("/setup/first-token", http.StatusNotFound)
	page = again.post("/setup/first-token", good, http.StatusNotFound)
	has(t, page, "[data-testid=error-page]", "This link does not work any more.")
	users, err := p.store.Users(t.Context())
	if err != nil || len(users) != 1 || users[0].Role != store.Owner {
		t.Errorf("users = %+v, %v", users, err)
	}
	again.post("/signin", form("email", "olga@example.com", "password", testPassword), http.StatusSeeOther)
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	owner := p.as(store.Owner)
	page := owner.post("/members", form("email", "tim@example.com", "name", "Tim", "role", "technician"), http.StatusOK)
	path := strings.TrimSpace(page.Find("#invite-link").Text())
	if !strings.HasPrefix(path, "/invitations/") { // whoever sends a request names the host in it
		t.Fatalf("link = %q", path)
	}
	has(t, page, "[data-testid=invite-link]", "Put the address of this panel in front of this")
	owner.get("/members", http.StatusOK)
	owner.lacks(path) // shown once

	b := p.browser()
	has(t, b.get(path, http.StatusOK), "form, header", "tim@example.com")
	page = b.post(path, form("name", "Tim T.", "password", "short"), http.StatusUnprocessableEntity)
	if name, _ := page.Find("[name=name]").Attr("value"); name != "Tim T." {
		t.Errorf("the name is lost: %q", name)
	}
	b.post(path, form("name", "Tim T.", "password", testPassword), http.StatusSeeOther)
	b.get("/organizations", http.StatusOK)
	b.get("/usage", http.StatusForbidden)
	p.browser().get(path, http.StatusNotFound) // used up
	if strings.Contains(p.log.String(), strings.TrimPrefix(path, "/invitations/")) {
		t.Error("the log tells the token")
	}
}

// TestLinksNameTheConfiguredHost: whatever host the request names, and no other.
func TestLinksNameTheConfiguredHost(t *testing.T) {
	t.Parallel()
	p := newPanel(t, withBaseURL("https://panel.example.org"))
	owner := p.as(store.Owner)
	page := owner.post("/members", form("email", "tim@example.com", "name", "Tim", "role", "technician"), http.StatusOK)
	if link := strings.TrimSpace(page.Find("#invite-link").Text()); !strings.HasPrefix(link, "https://panel.example.org/invitations/") {
		t.Errorf("link = %q", link)
	}
	has(t, owner.get("/settings/api", http.StatusOK), "main", "https://panel.example.org/api/v1")
	unknown := newPanel(t).as(store.Owner)
	unknown.get("/settings/api", http.StatusOK)
	unknown.lacks("http://example.com")
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	user := p.userWithPassword(store.Technician, "t@example.com")
	b, other := p.signedIn(user), p.signedIn(user)
	const next = "another quite good phrase"
	page := b.post("/settings/password", form("current", "wrong", "password", next), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "This is not your present password.")
	b.post("/settings/password", form("current", testPassword, "password", "short"), http.StatusUnprocessableEntity)
	b.lacks(testPassword)
	b.post("/settings/password", form("current", testPassword, "password", next), http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "Your password is changed.")
	other.get("/settings", http.StatusSeeOther)
	p.browser().post("/signin", form("email", "t@example.com", "password", testPassword), http.StatusUnprocessableEntity)
	p.browser().post("/signin", form("email", "t@example.com", "password", next), http.StatusSeeOther)
}

func TestSignOutOtherSessions(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	user := p.user(store.Admin, "a@example.com")
	b, other := p.signedIn(user), p.signedIn(user)
	b.post("/settings/sessions/revoke", nil, http.StatusSeeOther)
	b.follow()
	other.get("/settings", http.StatusSeeOther)
}

func TestDemoCredentialsAreOffered(t *testing.T) {
	t.Parallel()
	p := newPanel(t, func(c *Config) { c.Demo, c.DemoEmail, c.DemoPassword = true, "demo@example.com", "demo-password-1" })
	has(t, p.browser().get("/signin", http.StatusOK), "[data-testid=demo-credentials]", "demo-password-1")
	has(t, p.as(store.Owner).get("/organizations", http.StatusOK), "[data-testid=demo-banner]", "Demo")
}

// Whoever is signed out while a form is open comes back to the page on which the form stands, from every address that takes one: also
// after the form was refused, which leaves the browser at the address that it was sent to.
func TestSigningInLeadsToThePageOfTheForm(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 1)
	owner := p.as(store.Owner)
	for _, rt := range p.server.routes() {
		method, pattern, _ := strings.Cut(rt.pattern, " ")
		if method != http.MethodPost || rt.min <= web.Anyone {
			continue
		}
		address := strings.NewReplacer("{id}", strconv.FormatInt(o.ID, 10), "{month}", "2026-02", "{plan}", "business").Replace(pattern)
		for _, referer := range []string{"http://example.com" + address, "http://example.com" + address + "?", ""} {
			gone := p.browser().with("Referer", referer)
			gone.post(address, nil, http.StatusSeeOther)
			next := p.browser().get(gone.location(), http.StatusOK).Find("input[name=next]").AttrOr("value", "")
			_, leads := p.server.mux.Handler(httptest.NewRequest(http.MethodGet, next, nil))
			if !strings.HasPrefix(leads, "GET ") || strings.Contains(leads, ".csv") {
				t.Errorf("%s, sent from %q, leads to %s, which is %q", rt.pattern, referer, next, leads)
			}
			if want := formPageWanted[rt.pattern]; want != "" && next != want {
				t.Errorf("%s leads to %s, want %s", rt.pattern, next, want)
			}
			if strings.HasPrefix(next, "/organizations") {
				owner.get(next, http.StatusOK)
			}
		}
	}
}

// formPageWanted are some pages of forms, as a person finds them.
var formPageWanted = map[string]string{
	"POST /organizations":                                    "/organizations/new",
	"POST /organizations/{id}":                               "/organizations/1",
	"POST /organizations/{id}/seats":                         "/organizations/1",
	"POST /organizations/{id}/no-members/withdraw":           "/organizations/1",
	"POST /usage/import":                                     "/usage/import",
	"POST /imports/{id}/check":                               "/imports/1",
	"POST /months/{month}/elsewhere/{id}":                    "/months/2026-02",
	"POST /integrations/connectwise/companies/{id}/map":      "/integrations/connectwise/companies",
	"POST /integrations/connectwise/companies/organizations": "/integrations/connectwise/companies/organizations",
	"POST /integrations/connectwise/preview":                 "/integrations/connectwise",
	"POST /changes/{id}/line":                                "/attention",
	"POST /runs/{id}/apply":                                  "/runs/1",
	"POST /members/{id}/role":                                "/members",
	"POST /settings/password":                                "/settings",
	"POST /settings/notifications/{id}/test":                 "/settings/notifications/1",
}

// Another form on the page of a refused one was sent from where no page is, and an old address to go to after signing in may be one.
func TestSigningInFromAPageOfARefusedForm(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 1)
	gone := p.browser().with("Referer", "http://example.com/organizations/1/seats")
	gone.post("/organizations/1/suspend", nil, http.StatusSeeOther)
	if next := p.browser().get(gone.location(), http.StatusOK).Find("input[name=next]").AttrOr("value", ""); next != "/organizations/1" {
		t.Errorf("leads to %s", next)
	}
	p.userWithPassword(store.Owner, "olga@example.com")
	for next, want := range map[string]string{
		"/organizations/1/seats": "/organizations/1", "/nowhere/at/all": "/", "/usage?month=2026-02": "/usage?month=2026-02", "/members/4/role": "/members",
	} {
		b := p.browser()
		b.post("/signin", form("email", "olga@example.com", "password", testPassword, "next", next), http.StatusSeeOther)
		if b.location() != want {
			t.Errorf("%s leads to %s, want %s", next, b.location(), want)
		}
	}
}
