package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing"
	"seatbridge/billing/accounts"
	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
	"seatbridge/handlers/web"
	"seatbridge/internal/outbound"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// testNow is the moment at which all tests take place.
func testNow() time.Time { return time.Date(2026, 3, 17, 12, 0, 0, 0, time.UTC) }

const (
	testPassword = "correct horse battery staple"
	testKey      = "0123456789abcdef0123456789abcdef"
)

// panel is the whole web application over a real database and a simulated
// ConnectWise PSA.
type panel struct {
	t       testing.TB
	path    string // of the database
	store   *store.Store
	rooms   *billing.Billing
	sim     *cwsim.Sim
	site    string // of the simulator
	server  *server
	handler http.Handler
	log     *syncBuffer
}

func newPanel(t testing.TB, change ...func(*Config)) *panel {
	t.Helper()
	p := &panel{t: t, log: &syncBuffer{}, path: storetest.New(t)}
	var err error
	if p.store, err = store.Open(t.Context(), p.path, []byte(testKey)); err != nil {
		t.Fatal(err)
	}
	p.sim = cwsim.New(cwsim.Config{Seed: 1, Now: testNow})
	front := httptest.NewServer(p.sim)
	p.site = front.URL
	log := slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config := Config{Store: p.store, Log: log, Now: testNow, SessionKeys: [][]byte{[]byte(testKey)}, Version: "test"}
	for _, f := range change {
		f(&config)
	}
	p.rooms = billing.New(billing.Config{Store: p.store, Log: log, Now: config.Now, Outbound: outbound.Private, Tune: func(c *connectwise.Config) {
		c.RequestsPerMinute, c.BackoffBase, c.BackoffCap = 60000, time.Millisecond, time.Millisecond
	}})
	t.Cleanup(func() {
		if err := p.rooms.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		front.Close()
		p.store.Close()
	})
	config.Billing = p.rooms
	if p.server, err = newServer(config); err != nil {
		t.Fatal(err)
	}
	if p.handler, err = p.server.handler(); err != nil {
		t.Fatal(err)
	}
	return p
}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func withBaseURL(address string) func(*Config) {
	return func(c *Config) { c.BaseURL, _ = url.Parse(address) }
}

// user makes an active member with testPassword's hash left out: those who
// sign in by the form get one from userWithPassword.
func (p *panel) user(role store.Role, email string) store.User {
	p.t.Helper()
	u, err := p.store.CreateUser(p.t.Context(), store.User{
		Name: "Test " + string(role), Email: email, Role: role, Status: store.Active, CreatedAt: testNow(),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return u
}

func (p *panel) userWithPassword(role store.Role, email string) store.User {
	p.t.Helper()
	u := p.user(role, email)
	hash, err := accounts.HashPassword(testPassword)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.store.SetPassword(p.t.Context(), u.ID, hash); err != nil {
		p.t.Fatal(err)
	}
	u.PasswordHash = hash
	return u
}

// organization makes an organization with members a1@…, a2@….
func (p *panel) organization(name string, members int) store.Organization {
	p.t.Helper()
	o, err := p.store.CreateOrganization(p.t.Context(), store.Organization{
		Name: name, Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: testNow().AddDate(0, -2, 0),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	emails := make([]string, members)
	for i := range emails {
		emails[i] = strings.Repeat("a", i+1) + "@example.com"
	}
	if _, _, err := p.store.AddSeats(p.t.Context(), o.ID, emails, time.Time{}, testNow().AddDate(0, -1, 0)); err != nil {
		p.t.Fatal(err)
	}
	return o
}

// browser is one browser: it keeps cookies and remembers the last answer.
type browser struct {
	*panel
	cookies map[string]string
	header  http.Header
	ip      string
	last    *httptest.ResponseRecorder
	longest time.Duration // that it waits for an answer; 0: as long as a page may take
}

func (p *panel) browser() *browser {
	return &browser{panel: p, cookies: map[string]string{}, header: http.Header{}, ip: "192.0.2.1:1234"}
}

// as is a browser in which a new member with this role is signed in.
func (p *panel) as(role store.Role) *browser {
	p.t.Helper()
	return p.signedIn(p.user(role, string(role)+"@example.com"))
}

// signedIn is a browser with a session of the user.
func (p *panel) signedIn(u store.User) *browser {
	p.t.Helper()
	b := p.browser()
	r := httptest.NewRequest(http.MethodPost, "/signin", nil)
	w := httptest.NewRecorder()
	if err := p.server.web.SignIn(w, r, u); err != nil {
		p.t.Fatal(err)
	}
	b.keep(w)
	return b
}

// with sends a header from here on.
func (b *browser) with(name, value string) *browser {
	b.header.Set(name, value)
	return b
}

// part makes the browser ask for parts of pages, as htmx does.
func (b *browser) part() *browser {
	copied := *b
	copied.header = b.header.Clone()
	return copied.with("HX-Request", "true").with("HX-Request-Type", "partial")
}

func (b *browser) keep(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
}

// do sends a request and asserts the status before anything else.
func (b *browser) do(method, path string, form url.Values, status int) *goquery.Document {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.ip
	r.Header = b.header.Clone()
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if b.longest > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), b.longest)
		defer cancel()
		r = r.WithContext(ctx)
	}
	b.last = httptest.NewRecorder()
	b.handler.ServeHTTP(b.last, r)
	if b.last.Code != status {
		b.t.Fatalf("%s %s = %d, want %d; %s\nlog: %s", method, path, b.last.Code, status, excerpt(b.last.Body.String()), b.log)
	}
	b.keep(b.last)
	page, err := goquery.NewDocumentFromReader(strings.NewReader(b.last.Body.String()))
	if err != nil {
		b.t.Fatal(err)
	}
	return page
}

// try sends a request and takes whatever it is answered.
func (b *browser) try(method, path string) (*httptest.ResponseRecorder, *goquery.Document) {
	b.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	b.keep(w)
	page, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	if err != nil {
		b.t.Fatal(err)
	}
	return w, page
}

func excerpt(html string) string {
	if i := strings.Index(html, "<main"); i > 0 {
		html = html[i:]
	}
	return web.Clip(html, 1500)
}

func (b *browser) get(path string, status int) *goquery.Document {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, status)
}

func (b *browser) post(path string, form url.Values, status int) *goquery.Document {
	b.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	return b.do(http.MethodPost, path, form, status)
}

// location is where the last answer sent the browser.
func (b *browser) location() string { return b.last.Header().Get("Location") }

// follow loads the page that the last answer sent the browser to.
func (b *browser) follow() *goquery.Document {
	b.t.Helper()
	return b.get(b.location(), http.StatusOK)
}

// form makes url.Values from name, value, name, value…
func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

// has fails unless the selection contains the text. page may be a part of one.
func has(t testing.TB, page interface {
	Find(selector string) *goquery.Selection
}, selector, text string) {
	t.Helper()
	found := page.Find(selector)
	if !strings.Contains(found.Text(), text) {
		t.Errorf("%s = %q (%d elements), want it to contain %q", selector, strings.Join(strings.Fields(found.Text()), " "), found.Length(), text)
	}
}

// lacks fails if the last answer contains any of the texts.
func (b *browser) lacks(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if strings.Contains(b.last.Body.String(), text) {
			b.t.Errorf("the answer contains %q", text)
		}
	}
}
