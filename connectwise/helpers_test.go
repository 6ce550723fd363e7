package connectwise

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testCodebase = "v4_6_release"
	testPrivate  = "private-key-7f21"
	testPublic   = "public-key-93aa"
	testClientID = "5f0c1a52-0000-4000-8000-1c5d1b6e4a10"
)

// fake is an instance whose API answers as the test says. It has company info, and it notes what it is asked.
type fake struct {
	*httptest.Server
	mux *http.ServeMux

	mu    sync.Mutex
	calls []arrival
}

// arrival is one request as it arrived.
type arrival struct {
	method, path, query, body string
	header                    http.Header
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{mux: http.NewServeMux()}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.mu.Lock()
		f.calls = append(f.calls, arrival{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
		f.mu.Unlock()
		f.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	f.mux.HandleFunc("GET /login/companyinfo/acme", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"CompanyName":"Acme","Codebase":"%s/","CompanyID":"acme","IsCloud":"False"}`, testCodebase)
	})
	return f
}

// api answers a path below the API root.
func (f *fake) api(pattern string, answer http.HandlerFunc) {
	method, path, _ := strings.Cut(pattern, " ")
	f.mux.HandleFunc(method+" /"+testCodebase+"/apis/3.0"+path, answer)
}

// apiCalls are the requests that were not company info.
func (f *fake) apiCalls() []arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	var calls []arrival
	for _, c := range f.calls {
		if !strings.HasPrefix(c.path, "/login/") {
			calls = append(calls, c)
		}
	}
	return calls
}

func (f *fake) allCalls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// client is a client of the fake whose waits are short.
func (f *fake) client(t *testing.T) *Client {
	t.Helper()
	return newTestClient(t, func(cfg *Config) {
		cfg.Site = f.URL
		cfg.APIBase = f.URL + "/" + testCodebase + "/apis/3.0"
	})
}

func newTestClient(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		Company: "acme", PublicKey: testPublic, PrivateKey: testPrivate, ClientID: testClientID,
		RequestsPerMinute: 1_000_000,
		BackoffBase:       time.Millisecond,
		BackoffCap:        4 * time.Millisecond,
		RetryAfterMin:     time.Millisecond,
	}
	for _, c := range change {
		c(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// respond is a handler that always answers the same.
func respond(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func respondJSON(status int, body string) http.HandlerFunc {
	return respond(status, "application/json; charset=utf-8", body)
}

// inTurn answers each call with the next handler, and further ones with the last.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		handler := handlers[0]
		if len(handlers) > 1 {
			handlers = handlers[1:]
		}
		mu.Unlock()
		handler(w, r)
	}
}

// dropConnection breaks the connection off without an answer.
func dropConnection(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// inMemory is a transport without a network, so that a test can run in a synctest bubble.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	served.RequestURI, served.Host = r.URL.RequestURI(), r.URL.Host
	if served.Body == nil {
		served.Body = http.NoBody
	}
	answered := make(chan *http.Response, 1)
	go func() {
		recorder := httptest.NewRecorder()
		defer func() {
			if recover() == nil {
				answered <- recorder.Result()
			} else {
				close(answered)
			}
		}()
		m.handler.ServeHTTP(recorder, served)
	}()
	select {
	case resp, ok := <-answered:
		if !ok {
			return nil, io.ErrUnexpectedEOF
		}
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// memoryClient is a client with the limits of real use whose requests go to the handler, all below the API root.
func memoryClient(t *testing.T, handler http.HandlerFunc, change ...func(*Config)) *Client {
	t.Helper()
	return newTestClient(t, append([]func(*Config){func(cfg *Config) {
		cfg.Site = "https://psa.example"
		cfg.APIBase = "https://psa.example/" + testCodebase + "/apis/3.0"
		cfg.Transport = inMemory{handler}
		cfg.RequestsPerMinute, cfg.BackoffBase, cfg.BackoffCap, cfg.RetryAfterMin = 0, 0, 0, 0
	}}, change...)...)
}

// waitForEnd is a handler that answers when the caller has left.
func waitForEnd(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// ping is a read of one record.
func ping(ctx context.Context, c *Client) error {
	_, err := c.Agreement(ctx, 7)
	return err
}

var agreement7 = respondJSON(http.StatusOK, `{"id":7,"name":"Backup"}`)

// collect reads a list to its end.
func collect[T any](t *testing.T, seq func(func(T, error) bool)) []T {
	t.Helper()
	var all []T
	for item, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	return all
}

// firstError reads a list until its error.
func firstError[T any](seq func(func(T, error) bool)) (read int, err error) {
	for _, e := range seq {
		if e != nil {
			return read, e
		}
		read++
	}
	return read, nil
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}
