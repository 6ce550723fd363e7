// Package notifytest has what tests of notifications need. It imports nothing of the project, so that every test can use it.
package notifytest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Receiver takes what is posted to it.
type Receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []Posted
	status int // answered with; 0: 200
	header map[string]string
	body   string
}

// Posted is one request.
type Posted struct {
	Header http.Header
	Body   string
}

// NewReceiver serves until the test ends.
func NewReceiver(t testing.TB) *Receiver {
	t.Helper()
	r := &Receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, Posted{q.Header.Clone(), string(body)})
	for name, value := range r.header {
		w.Header().Set(name, value)
	}
	if r.status != 0 {
		w.WriteHeader(r.status)
	}
	io.WriteString(w, r.body)
}

// Answer sets what is answered from here on.
func (r *Receiver) Answer(status int, body string, header map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.body, r.header = status, body, header
}

// Take is what was posted since it was last asked.
func (r *Receiver) Take() []Posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// Messages takes what was posted, which is JSON.
func Messages[M any](t testing.TB, r *Receiver) []M {
	t.Helper()
	var messages []M
	for _, p := range r.Take() {
		var m M
		if err := json.Unmarshal([]byte(p.Body), &m); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
	}
	return messages
}

// WantParts fails unless the text has all parts.
func WantParts(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}
