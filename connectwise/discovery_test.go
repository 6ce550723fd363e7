package connectwise

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiscover(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := newTestClient(t, func(cfg *Config) { cfg.Site = f.URL + "/v4_6_release/ConnectWise.aspx" })
	if c.APIBase() != "" {
		t.Errorf("base before discovery: %s", c.APIBase())
	}
	info, err := c.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := CompanyInfo{Name: "Acme", CompanyID: "acme", Codebase: testCodebase, APIBase: f.URL + "/v4_6_release/apis/3.0"}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Error(diff)
	}
	if c.APIBase() != want.APIBase || c.WithTries(2).APIBase() != want.APIBase {
		t.Errorf("base: %s", c.APIBase())
	}
	for _, name := range []string{"Authorization", "clientId"} {
		if f.calls[0].header.Get(name) != "" {
			t.Errorf("company info was sent %s", name)
		}
	}
}

func TestDiscoverFailures(t *testing.T) {
	t.Parallel()
	html := "<html><head><title>Welcome</title></head></html>"
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"unknown company", respondJSON(200, "null"), ErrUnknownCompany},
		{"web page", respond(200, "text/html", html), ErrNotConnectWise},
		{"other JSON", respondJSON(200, `{"ok":true}`), ErrNotConnectWise},
		{"a list", respondJSON(200, `[]`), ErrNotConnectWise},
		{"codebase that is a path", respondJSON(200, `{"Codebase":"../evil/"}`), ErrNotConnectWise},
		{"codebase of dots", respondJSON(200, `{"Codebase":"../"}`), ErrNotConnectWise},
		{"not found", respond(404, "text/html", html), ErrNotConnectWise},
		{"not found in JSON", respondJSON(404, `{"code":"NotFound"}`), ErrNotConnectWise},
		{"asks for credentials", respond(401, "text/plain", "no"), ErrNotConnectWise},
		{"forbidden", respondJSON(403, `{}`), ErrNotConnectWise},
		{"cannot route", respond(400, "text/plain", "Cannot route. Codebase/company is invalid."), ErrUnroutable},
		{"maintenance", respond(503, "text/html", html), ErrMaintenance},
		{"SSL required", respondJSON(403, `{"code":"Security","message":"SSL is required.","errors":null}`), ErrSSLRequired},
	} {
		server := httptest.NewServer(test.answer)
		t.Cleanup(server.Close)
		c := newTestClient(t, func(cfg *Config) { cfg.Site = server.URL })
		_, err := c.Discover(t.Context())
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
		if c.APIBase() != "" {
			t.Errorf("%s: base %s", test.name, c.APIBase())
		}
		if _, err := c.Agreement(t.Context(), 7); !errors.Is(err, test.want) {
			t.Errorf("%s, first call: %v", test.name, err)
		}
	}
}

// upgradable is an instance whose codebase changes; the old one answers 404.
type upgradable struct {
	*httptest.Server
	mu       sync.Mutex
	codebase string
	infos    int
	posts    int
}

func newUpgradable(t *testing.T) *upgradable {
	u := &upgradable{codebase: "v2025_1"}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.mu.Lock()
		defer u.mu.Unlock()
		switch {
		case r.URL.Path == "/login/companyinfo/acme":
			u.infos++
			fmt.Fprintf(w, `{"Codebase":"%s/","IsCloud":"True"}`, u.codebase)
		case r.URL.Path == "/"+u.codebase+"/apis/3.0/finance/agreements/7":
			agreement7(w, r)
		case r.Method == http.MethodPost:
			u.posts++
			fallthrough
		default:
			respondJSON(404, `{"code":"ConnectWiseApi","message":"The endpoint does not exist."}`)(w, r)
		}
	}))
	t.Cleanup(u.Close)
	return u
}

func TestCodebaseChange(t *testing.T) {
	t.Parallel()
	u := newUpgradable(t)
	c := newTestClient(t, func(cfg *Config) { cfg.Site = u.URL })
	if err := ping(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	u.mu.Lock()
	u.codebase, u.infos = "v2025_2", 0
	u.mu.Unlock()

	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := ping(context.Background(), c); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if u.infos < 1 || u.infos > 2 {
		t.Errorf("eight workers met the change and read company info %d times", u.infos)
	}
	if want := u.URL + "/v2025_2/apis/3.0"; c.APIBase() != want {
		t.Errorf("base %s, want %s", c.APIBase(), want)
	}
}

func TestCodebaseChangeDoesNotRepeatAPost(t *testing.T) {
	t.Parallel()
	u := newUpgradable(t)
	c := newTestClient(t, func(cfg *Config) { cfg.Site = u.URL; cfg.APIBase = u.URL + "/v2024_1/apis/3.0" })
	_, err := c.CreateAddition(t.Context(), 7, NewAddition{ProductID: 1})
	if !errors.Is(err, ErrMaintenance) || errors.Is(err, ErrUnknownOutcome) || errors.Is(err, ErrNotFound) {
		t.Errorf("error: %v", err)
	}
	if u.posts != 1 {
		t.Errorf("%d posts", u.posts)
	}
	if err := ping(t.Context(), c); err != nil || u.infos != 1 {
		t.Errorf("next call: %v after %d company infos", err, u.infos)
	}
}

func TestNotFoundReadsCompanyInfoOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/9", respondJSON(404, `{"code":"NotFound","message":"Agreement 9 not found"}`))
	c := f.client(t)
	if _, err := c.Agreement(t.Context(), 9); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if f.allCalls() != 2 {
		t.Errorf("%d calls, want the record and company info", f.allCalls())
	}
}

func TestNotFoundIsNotBelievedWithoutCompanyInfo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login/companyinfo/acme" {
			respond(503, "text/html", "<html>upgrading</html>")(w, r)
			return
		}
		respondJSON(404, `{}`)(w, r)
	}))
	t.Cleanup(server.Close)
	c := newTestClient(t, func(cfg *Config) { cfg.Site = server.URL; cfg.APIBase = server.URL + "/v2025_1/apis/3.0" })
	if err := ping(t.Context(), c); !errors.Is(err, ErrMaintenance) || errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestRedirectElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	reached := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(elsewhere.Close)
	f := newFake(t)
	f.api("GET /finance/agreements/7", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/secret-path?key=1", http.StatusFound)
	})
	err := ping(t.Context(), f.client(t))
	if !errors.Is(err, ErrRedirect) || reached {
		t.Errorf("error %v, reached %v", err, reached)
	}
	var failure *Error
	if errors.As(err, &failure); failure.Message != "redirected to "+elsewhere.URL {
		t.Errorf("message %q", failure.Message)
	}
	if len(f.apiCalls()) != 1 {
		t.Errorf("%d calls: a refused redirect must not be repeated", len(f.apiCalls()))
	}
}

func TestRedirectWithinOriginIsFollowedForReadsOnly(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/7", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/v4_6_release/apis/3.0/finance/agreements/7/", http.StatusTemporaryRedirect)
	})
	f.api("GET /finance/agreements/7/{$}", agreement7)
	f.api("POST /finance/agreements/7/additions", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/v4_6_release/apis/3.0/finance/agreements/7/other", http.StatusTemporaryRedirect)
	})
	c := f.client(t)
	if err := ping(t.Context(), c); err != nil {
		t.Error(err)
	}
	_, err := c.CreateAddition(t.Context(), 7, NewAddition{ProductID: 1})
	if !errors.Is(err, ErrRedirect) || errors.Is(err, ErrUnknownOutcome) {
		t.Error(err)
	}
}
