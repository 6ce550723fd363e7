package connectwise

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
)

// TestSendingIsCalledWhenARequestLeaves: after the wait for the pace and after a Retry-After, and again for every try.
func TestSendingIsCalledWhenARequestLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var arrived, announced []time.Time
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				agreement7(w, r)
				return
			}
			arrived = append(arrived, time.Now())
			inTurn := []http.HandlerFunc{
				func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Retry-After", "45")
					respondJSON(429, `{}`)(w, r)
				},
				respond(503, "text/html", "<html>"), respondJSON(200, `{"id":9,"quantity":3}`),
			}
			inTurn[len(arrived)-1](w, r)
		}, func(cfg *Config) { cfg.RequestsPerMinute = 6 })
		ctx := WithSending(t.Context(), func(context.Context) error {
			announced = append(announced, time.Now())
			return nil
		})
		for range 6 { // uses up what may go without pacing
			if err := ping(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		asked := time.Now()
		if _, err := c.UpdateQuantity(ctx, 7, 9, decimal.NewFromInt(3)); err != nil {
			t.Fatal(err)
		}
		if len(announced) != 3 || len(arrived) != 3 {
			t.Fatalf("announced at %s, arrived at %s", announced, arrived)
		}
		for i := range arrived {
			if !announced[i].Equal(arrived[i]) {
				t.Errorf("try %d was announced at %s and arrived at %s", i+1, announced[i], arrived[i])
			}
		}
		if waited := announced[0].Sub(asked); waited < 9*time.Second {
			t.Errorf("announced %s after it was asked for, before the wait for the pace", waited)
		}
		if waited := announced[1].Sub(announced[0]); waited < 45*time.Second {
			t.Errorf("the second try was announced after %s", waited)
		}
	})
}

// TestRefusedSendingSendsNothing: the write is surely not made, and its place is free again.
func TestRefusedSendingSendsNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/7", agreement7)
	c := newTestClient(t, func(cfg *Config) {
		cfg.Site, cfg.APIBase, cfg.MaxConcurrent = f.URL, f.URL+"/"+testCodebase+"/apis/3.0", 1
	})
	unmapped := errors.New("the mapping was removed")
	ctx := WithSending(t.Context(), func(context.Context) error { return unmapped })
	for range 3 {
		_, err := c.CreateAddition(ctx, 7, NewAddition{ProductID: 1})
		if !errors.Is(err, unmapped) || !errors.Is(err, ErrNotSent) || errors.Is(err, ErrUnknownOutcome) {
			t.Errorf("error: %v", err)
		}
	}
	if got := len(f.apiCalls()); got != 0 {
		t.Errorf("%d requests", got)
	}
	if err := ping(ctx, c); err != nil {
		t.Errorf("a read is held up: %v", err)
	}
}

// TestRefusedRepeatDoesNotForgetTheFirstTry: what was sent before may have been applied, whatever stopped the second try.
func TestRefusedRepeatDoesNotForgetTheFirstTry(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("PATCH /finance/agreements/7/additions/9", dropConnection)
	calls := 0
	ctx := WithSending(t.Context(), func(context.Context) error {
		if calls++; calls > 1 {
			return io.ErrClosedPipe
		}
		return nil
	})
	_, err := f.client(t).UpdateQuantity(ctx, 7, 9, decimal.NewFromInt(3))
	if !errors.Is(err, ErrNotSent) || !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("error: %v", err)
	}
}

// TestEndedWhileTakingNote: the caller's time is over between its note and the sending.
func TestEndedWhileTakingNote(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	ctx = WithSending(ctx, func(context.Context) error { cancel(); return nil })
	_, err := f.client(t).CreateAddition(ctx, 7, NewAddition{ProductID: 1})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnknownOutcome) || len(f.apiCalls()) != 0 {
		t.Errorf("%d requests: %v", len(f.apiCalls()), err)
	}
}

// TestPauseThatBeginsWhileTakingNote: nothing is sent within a Retry-After, and the note is taken anew after it.
func TestPauseThatBeginsWhileTakingNote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var arrived time.Time
		c := memoryClient(t, func(w http.ResponseWriter, r *http.Request) {
			arrived = time.Now()
			respondJSON(200, `{"id":9,"quantity":3}`)(w, r)
		})
		var announced []time.Time
		ctx := WithSending(t.Context(), func(context.Context) error {
			if announced = append(announced, time.Now()); len(announced) == 1 {
				c.gate.pause(time.Minute) // what another worker was told meanwhile
			}
			return nil
		})
		if _, err := c.UpdateQuantity(ctx, 7, 9, decimal.NewFromInt(3)); err != nil {
			t.Fatal(err)
		}
		if len(announced) != 2 || !announced[1].Equal(arrived) || arrived.Sub(announced[0]) < time.Minute {
			t.Errorf("announced at %s, arrived at %s", announced, arrived)
		}
	})
}

// TestSurelyNotReceived: before a connection is there, nothing has left, however the making of it failed.
func TestSurelyNotReceived(t *testing.T) {
	t.Parallel()
	modern := httptest.NewUnstartedServer(http.NotFoundHandler())
	modern.Config.ErrorLog = log.New(io.Discard, "", 0)
	modern.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	modern.StartTLS()
	t.Cleanup(modern.Close)
	ctx, cancel := context.WithCancel(t.Context())
	for name, transport := range map[string]*http.Transport{
		"TLS refused": {TLSClientConfig: &tls.Config{MaxVersion: tls.VersionTLS12}},
		"cancelled while dialling": {DialContext: func(dialling context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-dialling.Done()
			return nil, dialling.Err()
		}},
	} {
		c := newTestClient(t, func(cfg *Config) {
			cfg.Site, cfg.APIBase, cfg.Transport = modern.URL, modern.URL+"/v4_6_release/apis/3.0", transport
		}).WithTries(1)
		caller := t.Context()
		if name == "cancelled while dialling" {
			caller = ctx
		}
		if _, err := c.CreateAddition(caller, 7, NewAddition{ProductID: 1}); err == nil || errors.Is(err, ErrUnknownOutcome) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUncertainTryIsNotForgottenOverAnUpgrade: the first try may have been applied, then the codebase moved.
func TestUncertainTryIsNotForgottenOverAnUpgrade(t *testing.T) {
	t.Parallel()
	for name, companyInfo := range map[string]http.HandlerFunc{
		"company info found": respondJSON(200, `{"CompanyName":"Acme","Codebase":"v2025_2/","CompanyID":"acme","IsCloud":"False"}`),
		"company info fails": respond(503, "text/html", "<html>"),
	} {
		f := newFake(t)
		f.api("PATCH /finance/agreements/7/additions/9", inTurn(dropConnection, respondJSON(404, `{"message":"The endpoint does not exist."}`)))
		f.mux.HandleFunc("PATCH /v2025_2/apis/3.0/finance/agreements/7/additions/9", respondJSON(403, `{"code":"Security"}`))
		f.mux.HandleFunc("GET /login/companyinfo/moved", companyInfo)
		c := newTestClient(t, func(cfg *Config) {
			cfg.Company, cfg.Site, cfg.APIBase = "moved", f.URL, f.URL+"/"+testCodebase+"/apis/3.0"
		})
		if _, err := c.UpdateQuantity(t.Context(), 7, 9, decimal.NewFromInt(3)); !errors.Is(err, ErrUnknownOutcome) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
