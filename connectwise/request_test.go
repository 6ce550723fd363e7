package connectwise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("PATCH /finance/agreements/7/additions/9", respondJSON(200, `{"id":9,"quantity":3}`))
	f.api("GET /company/companies", respondJSON(200, `[]`))
	c := f.client(t)
	if _, err := c.UpdateQuantity(t.Context(), 7, 9, decimal.NewFromInt(3)); err != nil {
		t.Fatal(err)
	}
	collect(t, c.Companies(t.Context(), CompanyFilter{}))
	calls := f.apiCalls()
	for name, want := range map[string]string{
		"Authorization":   "Basic YWNtZStwdWJsaWMta2V5LTkzYWE6cHJpdmF0ZS1rZXktN2YyMQ==", // acme+public-key-93aa:private-key-7f21
		"clientId":        testClientID,
		"Accept":          "application/vnd.connectwise.com+json; version=2025.1",
		"Content-Type":    "application/json; charset=utf-8",
		"pagination-type": "",
		"User-Agent":      "Seatbridge",
	} {
		if got := calls[0].header.Get(name); got != want {
			t.Errorf("PATCH: %s is %q, want %q", name, got, want)
		}
	}
	if got := calls[1].header.Get("pagination-type"); got != "forward-only" {
		t.Errorf("list: pagination-type is %q", got)
	}
	if got := calls[1].header.Get("Content-Type"); got != "" {
		t.Errorf("list: Content-Type is %q", got)
	}
}

// TestRetries counts the attempts of a read, of a PATCH and of a POST for every kind of failure.
func TestRetries(t *testing.T) {
	t.Parallel()
	html := "<html><title>Maintenance</title></html>"
	for _, test := range []struct {
		name             string
		answer           http.HandlerFunc
		get, patch, post int
		unknown          bool // a write may have been applied
		want             error
	}{
		{"500 timeout", respondJSON(500, `{"code":"InternalServerError","message":"A timeout has occured. Please try again."}`), 5, 5, 1, true, ErrTimeout},
		{"500 timeout expired", respondJSON(500, `{"message":"Timeout expired. The timeout period elapsed"}`), 5, 5, 1, true, ErrTimeout},
		{"500", respondJSON(500, `{"message":"Object reference not set"}`), 5, 5, 1, true, ErrServer},
		{"500 wrong type", respondJSON(500, `{"message":"Error converting value \"x\" to type 'System.Decimal'."}`), 1, 1, 1, false, ErrWrongType},
		{"502", respond(502, "text/html", html), 5, 5, 1, true, ErrMaintenance},
		{"503", respond(503, "text/html", html), 5, 5, 1, true, ErrMaintenance},
		{"503 plain", respond(503, "text/plain", ""), 5, 5, 1, true, ErrMaintenance},
		{"504", respond(504, "text/plain", "gateway timeout"), 5, 5, 1, true, ErrMaintenance},
		{"500 web page", respond(500, "text/html", html), 5, 5, 1, true, ErrMaintenance},
		{"web page", respond(200, "text/html", html), 5, 5, 1, true, ErrNotConnectWise},
		{"JSON cut short", respondJSON(200, `{"id":`), 5, 5, 1, true, ErrNotConnectWise},
		{"empty answer", respondJSON(200, ``), 5, 5, 1, true, ErrNotConnectWise},
		{"429", respondJSON(429, `{"error":"ConnectWiseAPI","message":"Too many requests."}`), 5, 5, 5, false, ErrRateLimited},
		{"dropped", dropConnection, 5, 5, 1, true, ErrUnreachable},
		{"half a body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			io.WriteString(w, `{"id":`)
		}, 5, 5, 1, true, ErrUnreachable},
		{"400", respondJSON(400, `{"code":"InvalidObject","message":"addition object is invalid"}`), 1, 1, 1, false, ErrInvalid},
		{"401", respondJSON(401, `{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}`), 1, 1, 1, false, ErrUnauthorized},
		{"403", respondJSON(403, `{"code":"Security","message":"You do not have security permission"}`), 1, 1, 1, false, ErrForbidden},
		{"404", respondJSON(404, `{"code":"NotFound"}`), 1, 1, 1, false, ErrNotFound},
		{"405", respondJSON(405, `{}`), 1, 1, 1, false, ErrInvalid},
		{"409", respondJSON(409, `{}`), 1, 1, 1, false, ErrConflict},
		{"wrong JSON", respondJSON(200, `["id"]`), 1, 1, 1, true, ErrNotConnectWise},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.api("GET /finance/agreements/7", test.answer)
			f.api("PATCH /finance/agreements/7/additions/9", test.answer)
			f.api("POST /finance/agreements/7/additions", test.answer)
			c := f.client(t)
			for _, call := range []struct {
				name     string
				run      func() error
				attempts int
				unknown  bool
			}{
				{"GET", func() error { return ping(t.Context(), c) }, test.get, false},
				{"PATCH", func() error {
					_, err := c.Afresh().UpdateQuantity(t.Context(), 7, 9, decimal.NewFromInt(3))
					return err
				}, test.patch, test.unknown},
				{"POST", func() error {
					_, err := c.Afresh().CreateAddition(t.Context(), 7, NewAddition{ProductID: 1, Quantity: decimal.NewFromInt(3)})
					return err
				}, test.post, test.unknown},
			} {
				before := len(f.apiCalls())
				err := call.run()
				if !errors.Is(err, test.want) {
					t.Errorf("%s: %v", call.name, err)
				}
				if got := errors.Is(err, ErrUnknownOutcome); got != call.unknown {
					t.Errorf("%s: unknown outcome %v, want %v: %v", call.name, got, call.unknown, err)
				}
				if got := len(f.apiCalls()) - before; got != call.attempts {
					t.Errorf("%s: %d attempts, want %d", call.name, got, call.attempts)
				}
			}
		})
	}
}

func TestWithTries(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/7", respond(503, "text/html", "<html>"))
	c := f.client(t)
	if err := ping(t.Context(), c.WithTries(PageTries)); !errors.Is(err, ErrMaintenance) {
		t.Error(err)
	}
	if got := len(f.apiCalls()); got != PageTries {
		t.Errorf("%d attempts", got)
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/7", inTurn(respond(503, "text/html", "<html>"), dropConnection, respond(200, "text/html", "<html>"), agreement7))
	f.api("POST /finance/agreements/7/additions", inTurn(
		respondJSON(429, `{}`),
		respondJSON(201, `{"id":12,"product":{"id":1},"quantity":3.00,"billCustomer":"Billable"}`)))
	c := f.client(t)
	if err := ping(t.Context(), c); err != nil {
		t.Error(err)
	}
	added, err := c.CreateAddition(t.Context(), 7, NewAddition{ProductID: 1, Quantity: decimal.NewFromInt(3)})
	if err != nil || added.ID != 12 {
		t.Errorf("after a 429: %v, %v", added, err)
	}
}

// TestUncertainTryIsNotForgotten: an earlier try may have been applied although a later one is refused.
func TestUncertainTryIsNotForgotten(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("PATCH /finance/agreements/7/additions/9", inTurn(dropConnection, respondJSON(403, `{}`)))
	_, err := f.client(t).UpdateQuantity(t.Context(), 7, 9, decimal.NewFromInt(3))
	if !errors.Is(err, ErrForbidden) || !errors.Is(err, ErrUnknownOutcome) {
		t.Error(err)
	}
}

// TestPostOnReusedConnectionIsSentOnce: Go's transport may repeat a request by itself when a kept connection turns out
// to be closed. A POST that was sent must not be among those.
func TestPostOnReusedConnectionIsSentOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/7", agreement7)
	f.api("POST /finance/agreements/7/additions", dropConnection)
	c := f.client(t)
	for range 20 {
		if err := ping(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		before := len(f.apiCalls())
		_, err := c.CreateAddition(t.Context(), 7, NewAddition{ProductID: 1})
		if sent := len(f.apiCalls()) - before; sent != 1 || !errors.Is(err, ErrUnknownOutcome) {
			t.Fatalf("sent %d times: %v", sent, err)
		}
	}
}

func TestConnectionFailures(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)

	for _, test := range []struct {
		name, site string
		transport  http.RoundTripper
		sentence   string
	}{
		{"refused", closed.URL, nil, "refused the connection"},
		{"unknown authority", untrusted.URL, nil, "authority that this machine does not trust"},
		{"not TLS", strings.Replace(plain.URL, "http:", "https:", 1), nil, "does not answer with https"},
		{"unknown name", "https://psa.example", &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "psa.example", IsNotFound: true}}
		}}, "no server with the name psa.example"},
		{"no route", "https://psa.example", &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: timeoutError{}}
		}}, "No connection to psa.example"},
	} {
		c := newTestClient(t, func(cfg *Config) {
			cfg.Site, cfg.Transport = test.site, test.transport
			cfg.APIBase = test.site + "/v4_6_release/apis/3.0"
		}).WithTries(2)
		_, err := c.CreateAddition(t.Context(), 7, NewAddition{ProductID: 1})
		if !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnknownOutcome) {
			t.Errorf("%s: %v", test.name, err)
		}
		if advice := Advise(err); !strings.Contains(advice.What, test.sentence) {
			t.Errorf("%s: %q", test.name, advice.What)
		}
	}
}

type timeoutError struct{}

func (timeoutError) Error() string { return "i/o timeout" }
func (timeoutError) Timeout() bool { return true }

func TestPrivateAuthority(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(agreement7)
	t.Cleanup(server.Close)
	c := newTestClient(t, func(cfg *Config) {
		cfg.Site = server.URL
		cfg.APIBase = server.URL + "/v4_6_release/apis/3.0"
		cfg.Transport = server.Client().Transport // trusts the server's own authority
	})
	if err := ping(t.Context(), c); err != nil {
		t.Error(err)
	}
}

func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts atomic.Int32
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			attempts.Add(1)
			waitForEnd(w, r)
		}).WithTries(2)
		began := time.Now()
		_, err := c.UpdateQuantity(t.Context(), 7, 9, decimal.NewFromInt(3))
		if !errors.Is(err, ErrTimeout) || !errors.Is(err, ErrUnknownOutcome) || attempts.Load() != 2 {
			t.Errorf("%v after %d attempts", err, attempts.Load())
		}
		if took := time.Since(began); took < 4*time.Minute || took > 4*time.Minute+time.Second {
			t.Errorf("two attempts of two minutes took %s", took)
		}
	})
}

// endless is a body that never ends and never says anything.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}

func (endless) Close() error { return nil }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSlowBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := memoryClient(t, nil, func(cfg *Config) {
			cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: endless{r.Context()}, Request: r}, nil
			})
		}).WithTries(1)
		if err := ping(t.Context(), c); !errors.Is(err, ErrTimeout) {
			t.Errorf("limit of the attempt: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		if err := ping(ctx, c); !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("caller's limit: %v", err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("the caller's five seconds took %s", took)
		}
	})
}

func TestCancellationEndsEveryWait(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		prepare func(*Client)
	}{
		{"answer", waitForEnd, nil},
		{"backoff", respond(503, "text/html", "<html>"), func(c *Client) { c.cfg.BackoffBase, c.cfg.BackoffCap = time.Hour, time.Hour }},
		{"pause", agreement7, func(c *Client) { c.gate.pause(5 * time.Minute) }},
		{"slot", agreement7, func(c *Client) { c.gate.inFlight = c.gate.most }},
		{"pace", agreement7, func(c *Client) { c.gate.pace.SetLimit(1e-9); c.gate.pace.AllowN(time.Now(), requestBurst) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := memoryClient(t, test.handler)
				if test.prepare != nil {
					test.prepare(c)
				}
				ctx, cancel := context.WithCancel(t.Context())
				began := time.Now()
				time.AfterFunc(3*time.Second, cancel)
				err := ping(ctx, c)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error: %v", err)
				}
				if took := time.Since(began); took != 3*time.Second {
					t.Errorf("ended %s after the start, was cancelled after 3 s", took)
				}
			})
		})
	}
}

func TestCancelledWriteHasAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := memoryClient(t, waitForEnd)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.CreateAddition(ctx, 7, NewAddition{ProductID: 1})
		if !errors.Is(err, ErrUnknownOutcome) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		cancelled, stop := context.WithCancel(t.Context())
		stop()
		if _, err := c.CreateAddition(cancelled, 7, NewAddition{ProductID: 1}); errors.Is(err, ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
			t.Errorf("nothing was sent, yet: %v", err)
		}
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, func(cfg *Config) {
		cfg.Site, cfg.BackoffBase, cfg.BackoffCap = "https://psa.example", 0, 0
	})
	for try, want := range map[int]time.Duration{1: 500 * time.Millisecond, 2: time.Second, 4: 4 * time.Second, 7: 30 * time.Second, 80: 30 * time.Second} {
		for range 100 {
			if got := c.cfg.backoff(try); got < want/2 || got > want {
				t.Fatalf("wait before try %d: %s, want between half of %s and all", try+1, got, want)
			}
		}
	}
}

func TestLargeErrorBodyIsNotReadWhole(t *testing.T) {
	t.Parallel()
	read := 0
	c := newTestClient(t, func(cfg *Config) {
		cfg.Site, cfg.APIBase = "https://psa.example", "https://psa.example/v4_6_release/apis/3.0"
		cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			body := io.NopCloser(readerFunc(func(p []byte) (int, error) {
				read += len(p)
				return copy(p, strings.Repeat("x", len(p))), nil
			}))
			return &http.Response{StatusCode: 400, Header: http.Header{}, Body: body, Request: r}, nil
		})
	})
	err := ping(t.Context(), c)
	if !errors.Is(err, ErrInvalid) || len(err.Error()) > 1000 {
		t.Errorf("error of %d bytes", len(fmt.Sprint(err)))
	}
	if read > 2*maxErrorBody {
		t.Errorf("read %d bytes", read)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestByteOrderMarkAndExtraFields(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/7", respondJSON(200, "\ufeff{\r\n  \"id\": 7,\r\n  \"name\": \"A\\u0000\\u200bB\\tC\",\r\n  \"futureField\": {\"x\": [1]}\r\n}\r\n"))
	agreement, err := f.client(t).Agreement(t.Context(), 7)
	if err != nil || agreement.Name != "AB C" {
		t.Errorf("%q, %v", agreement.Name, err)
	}
}
