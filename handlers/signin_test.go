package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

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

func TestSignInIsRateLimited(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.userWithPassword(store.Owner, "o@example.com")
	b := p.browser()
	wrong := form("email", "o@example.com", "password", "wrong")
	for range web.TriesPerAccountAtIP {
		b.post("/signin", wrong, http.StatusUnprocessableEntity)
	}
	page := b.post("/signin", form("email", "o@example.com", "password", testPassword), http.StatusTooManyRequests)
	has(t, page, "form", "Too many attempts. Wait")
	if email, _ := page.Find("input[name=email]").Attr("value"); email != "o@example.com" {
		t.Errorf("the e-mail address is lost: %q", email)
	}
	if wait, err := strconv.Atoi(b.last.Header().Get("Retry-After")); err != nil || wait < 1 || wait > int(web.LimitWindow.Seconds()) {
		t.Errorf("Retry-After = %q", b.last.Header().Get("Retry-After"))
	}
	// The owner, elsewhere, is not locked out.
	elsewhere := p.browser()
	elsewhere.ip = "198.51.100.20:1"
	elsewhere.post("/signin", form("email", "o@example.com", "password", testPassword), http.StatusSeeOther)
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

// The stand-in for a missing account must cost what a real comparison costs.
func TestDummyHash(t *testing.T) {
	t.Parallel()
	params, salt, key, err := argon2id.DecodeHash(dummyHash)
	if err != nil {
		t.Fatal(err)
	}
	want := hashing()
	if *params != *want || len(salt) != int(want.SaltLength) || len(key) != int(want.KeyLength) {
		t.Errorf("dummy hash costs %+v, real ones %+v", *params, *want)
	}
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

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for password, ok := range map[string]bool{
		"":                               false,
		"elevenchars":                    false,
		"twelve chars":                   true,
		testPassword:                     true,
		"olga@example.com":               false,
		"OLGA@example.com":               false,
		"Olga Ostrova":                   false,
		"aaaaaaaaaaaaaaaa":               false,
		"abababababababab":               false,
		"password12345":                  false,
		"Passw0rd!!!!":                   false,
		"123456123456":                   false,
		"seatbridge123":                  false,
		strings.Repeat("x y z ", 200):    false,
		"invalid \xff utf-8 text":        false,
		"zwölf Zeichen":                  true,
		"password of a long, odd phrase": true,
	} {
		if problem := passwordProblem(password, "olga@example.com", "Olga Ostrova"); (problem == "") != ok {
			t.Errorf("passwordProblem(%q) = %q", web.Clip(password, 40), problem)
		}
	}
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	owner := p.as(store.Owner)
	page := owner.post("/members", form("email", "tim@example.com", "name", "Tim", "role", "technician"), http.StatusOK)
	link := strings.TrimSpace(page.Find("#invite-link").Text())
	path, ok := strings.CutPrefix(link, "http://example.com")
	if !ok {
		t.Fatalf("link = %q", link)
	}
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
