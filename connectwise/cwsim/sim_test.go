package cwsim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"seatbridge/connectwise/cwsim"
)

// mid is the instant that most tests run at: in the middle of a month, away from midnight.
var mid = time.Date(2026, time.November, 12, 15, 30, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// instance is a simulator behind a real HTTP server, with a bare caller.
type instance struct {
	*cwsim.Sim
	t      *testing.T
	server *httptest.Server
	client *http.Client
}

func start(t *testing.T, c cwsim.Config) *instance {
	t.Helper()
	if c.Now == nil {
		c.Now = at(mid)
	}
	s := cwsim.New(c)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &instance{s, t, server, client}
}

// world is an instance without companies but one, with one agreement.
func world(t *testing.T, a cwsim.Assumptions) (*instance, cwsim.Agreement) {
	t.Helper()
	s := start(t, cwsim.Config{Companies: -1, Assumptions: a})
	c := s.AddCompany(cwsim.Company{Name: "Testwick Mills"})
	return s, s.AddAgreement(cwsim.Agreement{CompanyID: c.ID, Start: date(2025, 1, 1)})
}

type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

// call sends a request below the API root with all credentials; edit may change it.
func (s *instance) call(method, path string, body any, edit ...func(*http.Request)) reply {
	s.t.Helper()
	return s.send(method, "/v4_6_release/apis/3.0"+path, body, edit...)
}

func (s *instance) send(method, path string, body any, edit ...func(*http.Request)) reply {
	s.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, reader)
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.Credentials()
	r.SetBasicAuth(c.Company+"+"+c.PublicKey, c.PrivateKey)
	r.Header.Set("clientId", c.ClientID)
	r.Header.Set("Accept", "application/vnd.connectwise.com+json; version=2025.1")
	if body != nil {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for _, e := range edit {
		e(r)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text), err}
}

// get reads a path that must answer 200, into the type.
func get[T any](s *instance, path string, query ...string) T {
	s.t.Helper()
	r := s.call(http.MethodGet, path+queryOf(query), nil)
	return decode[T](s.t, r, http.StatusOK)
}

// queryOf encodes name, value, name, value...
func queryOf(pairs []string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

func decode[T any](t *testing.T, r reply, status int) T {
	t.Helper()
	var v T
	if r.err != nil || r.status != status {
		t.Fatalf("status %d, error %v, want %d: %s", r.status, r.err, status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return v
}

type record = map[string]any

// expect checks a status and that the body contains a text.
func (r reply) expect(t *testing.T, status int, text string) {
	t.Helper()
	if r.err != nil || r.status != status || !strings.Contains(r.body, text) {
		t.Errorf("status %d, error %v, want %d with %q: %s", r.status, r.err, status, text, r.body)
	}
}
