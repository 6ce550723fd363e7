package billing_test

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/billing/reports"
	"seatbridge/internal/outbound"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// privateWorld is a Billing, and servers on this machine that count who connects to them.
type privateWorld struct {
	*billing.Billing
	t          *testing.T
	url        string // posts
	mail       store.Mail
	connecting atomic.Int32
}

func newPrivateWorld(t *testing.T, allowed outbound.Policy) *privateWorld {
	t.Helper()
	w := &privateWorld{t: t}
	w.Billing = billing.New(billing.Config{Store: storetest.Open(t), Log: slog.New(slog.DiscardHandler), Now: time.Now, Outbound: allowed})
	t.Cleanup(func() { w.Close(t.Context()) })
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { w.connecting.Add(1) }))
	t.Cleanup(web.Close)
	w.url = web.URL
	w.mail = store.Mail{Host: "127.0.0.1", Port: w.listen(), Security: store.MailUnencrypted, From: "a@example.com", To: []string{"b@example.com"}}
	return w
}

// listen is the port of a mail server that turns everybody away.
func (w *privateWorld) listen() (port int) {
	var lc net.ListenConfig
	l, err := lc.Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	must(w.t, err)
	w.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.connecting.Add(1)
			fmt.Fprint(conn, "554 no\r\n")
			_, _ = bufio.NewReader(conn).ReadString('\n')
			conn.Close()
		}
	}()
	_, text, _ := net.SplitHostPort(l.Addr().String())
	port, err = strconv.Atoi(text)
	must(w.t, err)
	return port
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// invalidFields are the fields of an *problem.Invalid; none of another error.
func invalidFields(err error) problem.Fields {
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) {
		return nil
	}
	return invalid.Fields
}

// channels are one of each kind that leads to this machine.
func (w *privateWorld) channels() []store.Channel {
	named := strings.Replace(w.url, "127.0.0.1", "localhost", 1)
	return []store.Channel{
		{Kind: store.ChannelWebhook, Name: "Hook", URL: w.url}, {Kind: store.ChannelSlack, Name: "Slack", URL: named},
		{Kind: store.ChannelTeams, Name: "Teams", URL: w.url}, {Kind: store.ChannelEmail, Name: "Mail", Mail: w.mail},
	}
}

// TestPrivateTargetsAreRefused: neither saved nor connected to, unless the operator allows them.
func TestPrivateTargetsAreRefused(t *testing.T) {
	t.Parallel()
	w := newPrivateWorld(t, outbound.Public)
	for _, c := range w.channels() {
		_, err := w.Outbox.SaveChannel(t.Context(), billingtest.Admin(), c, false)
		if err == nil || !strings.Contains(fmt.Sprint(invalidFields(err)), "--allow-private-targets") {
			t.Errorf("%s was saved: %v", c.Name, err)
		}
		c.CreatedAt = time.Now()
		id, err := w.Store.CreateChannel(t.Context(), c) // as its name led elsewhere when it was saved
		must(t, err)
		failure, err := w.Outbox.TestChannel(t.Context(), billingtest.Admin(), id)
		must(t, err)
		if !strings.Contains(failure.What, "leads to an address of this machine") {
			t.Errorf("%s: %+v", c.Name, failure)
		}
	}
	_, err := w.Reports.Test(t.Context(), providerAt(w.url))
	if fields := invalidFields(err); !strings.Contains(fields["base_url"], "--allow-private-targets") {
		t.Errorf("the Provider API was asked: %v", err)
	}
	if n := w.connecting.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}

	allowed := newPrivateWorld(t, outbound.Private)
	for _, c := range allowed.channels() {
		id, err := allowed.Outbox.SaveChannel(t.Context(), billingtest.Admin(), c, false)
		must(t, err)
		_, err = allowed.Outbox.TestChannel(t.Context(), billingtest.Admin(), id)
		must(t, err)
	}
	if n := allowed.connecting.Load(); n != 4 {
		t.Errorf("%d connections were made where they are allowed", n)
	}
}

func providerAt(base string) reports.Config {
	var c reports.Config
	c.BaseURL, c.MonthlyPath, c.PrivateKey = base, "/{month}", "key"
	return c
}

// TestTargetsOfBeforeWork: what was saved before works until it is changed, and a start names it; what stands on public addresses is
// judged from then on.
func TestTargetsOfBeforeWork(t *testing.T) {
	t.Parallel()
	w := newPrivateWorld(t, outbound.Public)
	for _, c := range append(w.channels(), store.Channel{Kind: store.ChannelWebhook, Name: "Public", URL: "https://8.8.8.8/x"},
		store.Channel{Kind: store.ChannelWebhook, Name: "Unknown", URL: "https://nowhere..invalid/x"}) {
		c.CreatedAt = time.Now()
		id, err := w.Store.CreateChannel(t.Context(), c)
		must(t, err)
		c.ID, c.AnyAddress = id, true
		must(t, w.Store.UpdateChannel(t.Context(), c))
	}
	must(t, w.Store.SaveProvider(t.Context(), store.Provider{Config: `{"base_url": "http://10.0.0.1"}`, Since: time.Now(), AnyAddress: true}))
	must(t, w.Store.SaveIntegration(t.Context(), store.Integration{Site: "https://192.168.0.9", ConnectedAt: time.Now(), AnyAddress: true}))
	for range 2 {
		var named []string
		stopped, err := w.SavedTargets(t.Context())
		must(t, err)
		for _, s := range stopped {
			named = append(named, s.Name+" at "+s.Host)
		}
		if got, want := strings.Join(named, "; "), `the NordPass Provider API at 10.0.0.1; the notification channel "Hook" at 127.0.0.1; `+
			`the notification channel "Slack" at localhost; the notification channel "Teams" at 127.0.0.1; the notification channel "Mail" at 127.0.0.1`; got != want {
			t.Errorf("named %s\nwant  %s", got, want)
		}
	}
	i, err := w.Store.Integration(t.Context())
	must(t, err)
	channels, err := w.Store.Channels(t.Context())
	must(t, err)
	if i.AnyAddress || channels[4].AnyAddress || !channels[5].AnyAddress { // a private site is allowed; an unknown name is looked up again
		t.Errorf("judged: %v, %v, %v", i.AnyAddress, channels[4].AnyAddress, channels[5].AnyAddress)
	}

	change := channels[0]
	change.Name, change.URL = "Renamed", ""
	_, err = w.Outbox.SaveChannel(t.Context(), billingtest.Admin(), change, false)
	must(t, err)
	failure, err := w.Outbox.TestChannel(t.Context(), billingtest.Admin(), change.ID)
	if must(t, err); !failure.Zero() || w.connecting.Load() != 1 {
		t.Errorf("renamed: %+v, %d connections", failure, w.connecting.Load())
	}
	change.URL = w.url + "/other"
	if _, err = w.Outbox.SaveChannel(t.Context(), billingtest.Admin(), change, false); invalidFields(err)["url"] == "" {
		t.Errorf("changed: %v", err)
	}
}

// TestConnectWiseStandsAnywhereButAtMetadata: on premises it is on a private address.
func TestConnectWiseStandsAnywhereButAtMetadata(t *testing.T) {
	t.Parallel()
	w := newPrivateWorld(t, outbound.Public)
	for site, refused := range map[string]bool{
		"http://127.0.0.1:1": false, "https://169.254.169.254": true, "https://[fe80::1]": true, "https://[::ffff:169.254.169.254]": true,
	} {
		c := billingtest.New(t).Credentials()
		c.Site = site
		_, err := w.Connection.Connect(t.Context(), billingtest.Admin(), c)
		if got := strings.Contains(invalidFields(err)["site"], "link-local"); got != refused {
			t.Errorf("%s: %v", site, err)
		}
	}
}
