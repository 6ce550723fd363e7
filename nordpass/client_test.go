package nordpass

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/internal/outbound"
	"seatbridge/nordpass/npsim"
)

func testNow() time.Time { return time.Date(2026, time.April, 1, 0, 10, 0, 0, time.UTC) }

func march() time.Time { return time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC) }

// simConfig is how to reach a simulator.
func simConfig(base, key string) Config {
	return Config{
		Outbound: outbound.Private, BaseURL: base, MonthlyPath: npsim.MonthlyPath + "?month={month}", DailyPath: npsim.DailyPath + "?day={day}",
		Method: http.MethodGet, Header: "Authorization: Bearer {token}", Algorithm: npsim.Algorithm, KeyID: npsim.KeyID,
		Issuer: npsim.Issuer, Audience: npsim.Audience, Lifetime: 60, PrivateKey: key,
		List: "organizations", Paging: PagingLink, NextField: "next",
	}
}

// newSim serves a simulator that reports one organization, and makes a client of it that waits shortly.
func newSim(t *testing.T, change func(*Config)) (*npsim.Sim, *Client) {
	t.Helper()
	one := func(string) []npsim.Record {
		return []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 7, Tier: "Business"}}
	}
	sim, err := npsim.New(npsim.Config{Now: testNow, Monthly: one, Daily: one})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	key, err := sim.PrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	config := simConfig(server.URL, key)
	change(&config)
	client, err := New(config, testNow)
	if err != nil {
		t.Fatal(err)
	}
	client.pause = time.Millisecond
	client.http.Transport.(*http.Transport).DisableKeepAlives = true // Go resends on a kept connection by itself
	return sim, client
}

func TestTriesAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		method   string
		fault    npsim.Fault
		times    int
		requests int
		want     error
	}{
		{"500 that passes", "GET", npsim.ServerError, 2, 3, nil},
		{"429 that passes", "GET", npsim.TooMany, 1, 2, nil},
		{"connection cut", "GET", npsim.Hangup, 1, 2, nil},
		{"500 for good", "GET", npsim.ServerError, -1, maxTries, ErrServer},
		{"401 is for good", "GET", npsim.Unauthorized, 1, 1, ErrUnauthorized},
		{"POST is sent once", "POST", npsim.ServerError, 1, 1, ErrServer},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, client := newSim(t, func(config *Config) { config.Method = c.method })
			sim.Fail(c.fault, c.times)
			answer, err := client.Month(t.Context(), march())
			if !errors.Is(err, c.want) || sim.Requests() != c.requests {
				t.Errorf("%d requests, want %d; error %v, want %v", sim.Requests(), c.requests, err, c.want)
			}
			if c.want == nil && len(answer.Records) != 1 || len(answer.Raw) == 0 {
				t.Errorf("the answer is %s", answer.Raw)
			}
		})
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	sim, client := newSim(t, func(*Config) {})
	client.http.Transport.(*http.Transport).ResponseHeaderTimeout = time.Millisecond
	sim.Fail(npsim.Slow, -1)
	if _, err := client.Month(t.Context(), march()); !errors.Is(err, ErrTimeout) || Advise(err).What == "" {
		t.Errorf("a server that does not answer: %v", err)
	}
}

// TestStopped: a client whose context has ended asks nothing, and says so.
func TestStopped(t *testing.T) {
	t.Parallel()
	sim, client := newSim(t, func(*Config) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Day(ctx, march())
	if !errors.Is(err, context.Canceled) || sim.Requests() != 0 || Advise(err).What != "The Provider API was not asked." {
		t.Errorf("%d requests; error %v", sim.Requests(), err)
	}
}

// TestTokenStaysSecret: neither the error nor the answer repeats a token that the server sent back.
func TestTokenStaysSecret(t *testing.T) {
	t.Parallel()
	sim, client := newSim(t, func(*Config) {})
	sim.Fail(npsim.Echo, -1)
	answer, err := client.Month(t.Context(), march())
	if !errors.Is(err, ErrUnauthorized) || !strings.Contains(string(answer.Raw), "refused: Bearer …") {
		t.Fatalf("error %v, answer %s", err, answer.Raw)
	}
	if advice := Advise(err); strings.Contains(err.Error()+advice.What+advice.Detail+string(answer.Raw), "eyJ") { // as every token begins
		t.Errorf("there is a token in %+v or %s", advice, answer.Raw)
	}
}

func TestAlgorithms(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	keys := map[string]any{"RS256": rsaKey, "PS512": rsaKey, "EdDSA": edKey}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = key
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		der, err := x509.MarshalPKCS8PrivateKey(keys[name])
		if err != nil {
			t.Fatal(err)
		}
		c := simConfig("https://provider.example", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
		c.Algorithm, c.Claims = name, `{"scope":"usage"}`
		client, err := New(c, testNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if token, err := client.token(); err != nil || strings.Count(token, ".") != 2 {
			t.Errorf("%s: token %q, %v", name, token, err)
		}
	}
}

// TestEveryErrorIsExplained: an admin reads what happened and what to do, whatever the kind.
func TestEveryErrorIsExplained(t *testing.T) {
	t.Parallel()
	for _, kind := range []error{
		ErrAddress, ErrKey, ErrUnreachable, ErrTimeout, ErrUnauthorized, ErrNotFound, ErrRateLimited, ErrServer, ErrUnexpected,
		ErrTooLarge, ErrNotJSON, ErrManyDocuments, ErrNoList, ErrEndless, ErrElsewhere,
	} {
		advice := Advise(caused(kind, errors.New("the cause")))
		if advice.What == "" || advice.Do == "" || advice.Detail != "the cause" {
			t.Errorf("%v: %+v", kind, advice)
		}
	}
	if advice := Advise(nil); advice != (Advice{}) {
		t.Errorf("no error: %+v", advice)
	}
}

// TestConfigErrorNamesFields: all that is wrong is said at once.
func TestConfigErrorNamesFields(t *testing.T) {
	t.Parallel()
	_, err := New(Config{BaseURL: "http://provider.example"}, testNow)
	var wrong *ConfigError
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	want := "invalid configuration: algorithm, base_url, header, lifetime, method, monthly_path, paging"
	if err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
