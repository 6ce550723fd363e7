package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// receiver takes what is posted to it.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []posted
	status int // answered with; 0: 200
	header map[string]string
	body   string
}

type posted struct {
	header http.Header
	body   string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, posted{q.Header.Clone(), string(body)})
	for name, value := range r.header {
		w.Header().Set(name, value)
	}
	if r.status != 0 {
		w.WriteHeader(r.status)
	}
	io.WriteString(w, r.body)
}

// answer sets what is answered from here on.
func (r *receiver) answer(status int, body string, header map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.body, r.header = status, body, header
}

// take is what was posted since it was last asked.
func (r *receiver) take() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// messages are the messages among it.
func (r *receiver) messages(t *testing.T) []Message {
	t.Helper()
	var messages []Message
	for _, p := range r.take() {
		var m Message
		if err := json.Unmarshal([]byte(p.body), &m); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
	}
	return messages
}

const tokenPath = "/services/T0/very-secret-token"

// told makes a world whose waits for the next try take no time, and tells a receiver the events; all of them when none are named.
func toldWorld(t *testing.T, events ...store.Event) (*world, *receiver) {
	t.Helper()
	w := newWorld(t)
	w.hasten()
	r := newReceiver(t)
	if len(events) == 0 {
		events = Events()
	}
	w.channel(store.Channel{Kind: store.ChannelWebhook, Name: "Ops", URL: r.URL + tokenPath, Events: events}, false)
	return w, r
}

// hasten lets the world's clock run ahead instead of waiting, and knows the panel's address.
func (w *world) hasten() {
	w.baseURL = "https://panel.example.com"
	w.outbox.courier.timeout = 5 * time.Second
	w.outbox.wait = func(_ context.Context, d time.Duration, _ <-chan struct{}) { w.clock.Add(int64(d)) }
}

func (w *world) channel(c store.Channel, sign bool) int64 {
	w.t.Helper()
	id, err := w.SaveChannel(w.t.Context(), admin(), c, sign)
	w.must(err)
	return id
}

// quiet waits until the outbox is empty.
func (w *world) quiet() { w.work.Wait() }

func TestRunIsToldOnce(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	_, _ = w.mapped("Acme", 12, store.Business)

	_, err := w.Run(t.Context(), admin(), w.SyncNow(true))
	w.must(err)
	w.quiet()
	if got := r.messages(t); len(got) != 0 {
		t.Fatalf("a preview told %v", got)
	}

	run := w.sync()
	w.quiet()
	got := r.messages(t)
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1", len(got))
	}
	m := got[0]
	if m.Title != "Sync of October 2026 to date: done" || m.URL != fmt.Sprintf("https://panel.example.com/runs/%d", run.ID) {
		t.Errorf("message %+v", m)
	}
	if diff := cmp.Diff([]store.Event{store.EventEnded}, m.Events); diff != "" {
		t.Error(diff)
	}
	if m.Run.Counts[store.StateWritten] != 1 || m.Run.After.String() != "12" || m.Run.Before.String() != "0" || m.Run.StartedBy != "admin@example.com" {
		t.Errorf("report %+v", m.Run)
	}
	wantParts(t, strings.Join(m.Text, "\n"), "admin@example.com started it on 20 October 2026", "Written: 1 line, 12 seats now instead of 0.")
	if text := strings.Join(m.Text, " "); strings.Contains(text, "Acme") {
		t.Errorf("%q names a customer", text)
	}

	w.must(errOf(w.conclude(t.Context(), run.ID, nil))) // as after a crash just before
	w.quiet()
	if again := r.messages(t); len(again) != 0 {
		t.Errorf("told again: %+v", again)
	}
}

func errOf[T any](_ T, err error) error { return err }

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

func TestHeldAndFailedAreTold(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t, store.EventOpen)
	w.mapped("Acme", 12, store.Business)
	w.mapped("Beta", 3, store.Business)
	w.sync()
	w.quiet()
	if got := r.take(); len(got) != 0 {
		t.Fatalf("told of a good run: %v", got)
	}
	settings, err := w.store.Settings(t.Context())
	w.must(err)
	settings.Holds.Decrease, settings.Holds.Seats = true, 0
	w.must(w.store.UpdateSettings(t.Context(), settings))
	w.mapped("Gamma", 5, store.Business)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "POST"})

	run := w.sync()
	w.quiet()
	got := r.messages(t)
	if len(got) != 1 || run.Status != store.RunIncomplete {
		t.Fatalf("run %s, %d messages, want one", run.Status, len(got))
	}
	if got[0].Title != "Sync of October 2026 to date: 1 line to look at" {
		t.Errorf("title %q", got[0].Title)
	}
	wantParts(t, strings.Join(got[0].Text, "\n"), "Not written: 1 line. The run's page says for each why")
}

func TestHeldLinesInWords(t *testing.T) {
	t.Parallel()
	counts := map[store.ChangeState]int{store.StateWritten: 41, store.StateHeld: 2, store.StateBlocked: 1, store.StateFailed: 3, store.StateRejected: 1}
	report := RunReport{Status: store.RunIncomplete, Counts: counts, Month: "2026-10", StartedBy: "Seatbridge", Unmapped: 4}
	m := runMessage(store.Run{Kind: store.RunMonthly, Month: "2026-10"}, report, false, "")
	if m.Title != "Monthly sync of October 2026: 6 lines to look at" {
		t.Errorf("title %q", m.Title)
	}
	wantParts(t, strings.Join(m.Text, "\n"), "Held: 2 lines. Approve or reject them", "Not written: 4 lines.", "Not mapped: 4 organizations with billable seats.")
	var facts []string
	for _, f := range m.Facts() {
		facts = append(facts, f.Name+" "+f.Value)
	}
	want := []string{"Month October 2026", "Started by Seatbridge", "Written 41", "Held 2", "Failed 3", "Blocked 1", "Rejected 1"}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Error(diff)
	}
}

// The monthly sync tries by the hour while ConnectWise refuses it; people hear of it once a day, and how it ended.
func TestMonthlyFailureIsToldOnceADay(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	credentials := newReceiver(t)
	w.channel(store.Channel{Kind: store.ChannelWebhook, Name: "Credentials", URL: credentials.URL, Events: []store.Event{store.EventCredentials}}, false)
	w.mapped("Acme", 12, store.Business)
	w.organization("Nobody's", 2, store.Business)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	w.setTime("2026-11-01 00:30:00")
	for range 20 {
		if err := w.RunDue(t.Context()); err == nil {
			t.Fatal("the sync did not fail")
		}
		w.quiet()
		w.clock.Add(int64(time.Hour))
	}
	got := r.messages(t)
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1: %+v", len(got), got)
	}
	if diff := cmp.Diff([]store.Event{store.EventMonthly, store.EventFailed, store.EventUnmapped, store.EventCredentials}, got[0].Events); diff != "" {
		t.Error(diff)
	}
	if got[0].Title != "Monthly sync of October 2026: failed" {
		t.Errorf("title %q", got[0].Title)
	}
	wantParts(t, strings.Join(got[0].Text, "\n"), "worked before and does not any more", "Not mapped: 1 organization with billable seats.")
	if n := len(credentials.take()); n != 1 {
		t.Errorf("the refusal was told %d times", n)
	}

	w.sim.ClearFaults()
	w.must(w.RunDue(t.Context()))
	w.quiet()
	if got := r.messages(t); len(got) != 1 || got[0].Title != "Monthly sync of October 2026: done" {
		t.Errorf("after the repair: %+v", got)
	}
	if n := len(credentials.take()); n != 0 {
		t.Errorf("%d messages about credentials that work", n)
	}
}

func TestRefusedCredentialsAreToldWhenTheyBegin(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t, store.EventCredentials)
	check := func(want int, after time.Duration) {
		t.Helper()
		w.clock.Add(int64(after))
		_, err := w.CheckConnection(t.Context(), admin())
		w.must(err)
		w.quiet()
		if got := r.messages(t); len(got) != want {
			t.Errorf("%d messages, want %d", len(got), want)
		}
	}
	check(0, 0)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.HTML503})
	check(0, time.Hour) // down is not refused
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	check(1, time.Hour)
	check(0, time.Hour) // still
	w.sim.ClearFaults()
	check(0, time.Hour)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	check(0, time.Hour) // again within a day
	w.sim.ClearFaults()
	check(0, 0)
	w.sim.Revoke(cwsim.Agreements, cwsim.Edit)
	check(1, time.Hour) // another reason
	w.sim.Grant(cwsim.Agreements, cwsim.Edit, cwsim.All)
	check(0, 0)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	_, err := w.Run(t.Context(), admin(), w.SyncNow(true))
	w.must(err)
	w.quiet()
	if got := r.messages(t); len(got) != 0 {
		t.Errorf("a preview within the day told %+v", got)
	}
	w.sim.ClearFaults()
	check(0, 25*time.Hour)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	w.must(errOf(w.Run(t.Context(), admin(), w.SyncNow(true))))
	w.quiet()
	if got := r.messages(t); len(got) != 1 || got[0].Title != "ConnectWise PSA stopped accepting Seatbridge" {
		t.Errorf("a preview that found it told %+v", got)
	}
}

// A sync takes no notice of a channel that does not answer.
func TestSyncDoesNotWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	w.hasten()
	w.outbox.courier.timeout = 50 * time.Millisecond
	w.channel(store.Channel{Kind: store.ChannelSlack, Name: "Hanging", URL: server.URL, Events: Events()}, false)
	w.mapped("Acme", 12, store.Business)
	if run := w.sync(); run.Status != store.RunDone {
		t.Errorf("run %s", run.Status)
	}
	w.quiet()
	channels, err := w.Channels(t.Context())
	w.must(err)
	if channels[0].Problem.What != "Slack did not answer in time." {
		t.Errorf("problem %+v", channels[0].Problem)
	}
}

func TestFailingChannelIsRetriedThenShown(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	var log strings.Builder
	w.Bridge.log = slog.New(slog.NewTextHandler(&log, nil))
	w.mapped("Acme", 12, store.Business)
	begin := w.time()
	r.answer(http.StatusInternalServerError, "no such "+tokenPath, nil)
	w.sync()
	w.quiet()
	got := r.messages(t)
	if len(got) != 4 {
		t.Fatalf("%d tries, want 4", len(got))
	}
	for _, m := range got {
		if m.ID != got[0].ID || !strings.HasPrefix(m.ID, "msg_") {
			t.Errorf("ids %q and %q", m.ID, got[0].ID)
		}
	}
	if waited := w.time().Sub(begin).Round(time.Minute); waited != 36*time.Minute {
		t.Errorf("gave up after %s", waited)
	}
	attention := func() []Attention {
		list, err := w.Attention(t.Context())
		w.must(err)
		return slices.DeleteFunc(list, func(a Attention) bool { return a.Kind != AttendNotify })
	}
	want := []Attention{{Kind: AttendNotify, Title: "Notifications do not arrive: Ops", Detail: "The webhook answered with status 500."}}
	if diff := cmp.Diff(want, attention()); diff != "" {
		t.Error(diff)
	}
	channels, err := w.Channels(t.Context())
	w.must(err)
	wantParts(t, channels[0].Problem.Detail, "500 Internal Server Error no such •••")
	if strings.Contains(log.String(), "very-secret-token") || !strings.Contains(log.String(), "notification not delivered") {
		t.Errorf("log %s", log.String())
	}

	r.answer(http.StatusTooManyRequests, "", map[string]string{"Retry-After": "600"})
	begin = w.time()
	w.sync()
	w.quiet()
	if waited := w.time().Sub(begin).Round(time.Minute); len(r.take()) != 4 || waited != 50*time.Minute {
		t.Errorf("gave up after %s, want the receiver's 10 minutes twice, then our 30", waited)
	}
	r.answer(0, "", nil)
	w.sync()
	w.quiet()
	if got := attention(); len(got) != 0 || len(r.take()) != 1 {
		t.Errorf("after a message that was taken: %+v", got)
	}
}

// reopen is the end of one process and the start of the next.
func (w *world) reopen() {
	w.t.Helper()
	w.must(w.Close(w.t.Context()))
	w.must(w.store.Close())
	w.open()
	w.hasten()
}

func TestOutboxOutlivesACrash(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	w.mapped("Acme", 12, store.Business)
	w.outbox.awake = true // nobody delivers: the process dies first
	w.sync()
	if got := r.take(); len(got) != 0 {
		t.Fatalf("delivered %v", got)
	}
	w.reopen()
	w.must(w.Resume(t.Context()))
	w.quiet()
	if got := r.messages(t); len(got) != 1 {
		t.Fatalf("%d messages after the next start, want 1", len(got))
	}

	w.outbox.awake = true
	w.sync()
	claimed, err := w.store.ClaimNotification(t.Context(), w.time(), w.time().Add(sendLease))
	w.must(err) // and dies in the middle of the delivery
	w.reopen()
	w.must(w.Resume(t.Context()))
	w.quiet()
	got := r.messages(t)
	var m Message
	w.must(json.Unmarshal([]byte(claimed.Message), &m))
	if len(got) != 1 || got[0].ID != m.ID {
		t.Errorf("%+v, want the message that was being sent", got)
	}

	// A message in whose sending the process dies each time is given up.
	w.outbox.awake = true
	w.sync()
	for range 4 {
		claimed, err = w.store.ClaimNotification(t.Context(), w.time(), w.time())
		w.must(err)
	}
	w.reopen()
	w.must(w.Resume(t.Context()))
	w.quiet()
	channels, err := w.Channels(t.Context())
	w.must(err)
	if len(r.take()) != 0 || channels[0].Problem != interrupted() {
		t.Errorf("channel %+v", channels[0])
	}
}

func TestDeliverSendsAtOnce(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	w.mapped("Acme", 12, store.Business)
	w.outbox.awake = true
	w.sync()
	r.answer(http.StatusServiceUnavailable, "", nil)
	w.Deliver(t.Context())
	r.answer(0, "", nil)
	w.Deliver(t.Context()) // not due yet
	if n := len(r.take()); n != 1 {
		t.Errorf("%d tries, want 1", n)
	}
	w.clock.Add(int64(time.Minute))
	w.Deliver(t.Context())
	w.Deliver(t.Context())
	if n := len(r.take()); n != 1 {
		t.Errorf("%d tries, want 1", n)
	}
}

func TestDeletedChannelIsToldNothing(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	w.mapped("Acme", 12, store.Business)
	w.outbox.awake = true
	w.sync()
	w.must(w.DeleteChannel(t.Context(), admin(), 1))
	w.Deliver(t.Context())
	if n := len(r.take()); n != 0 {
		t.Errorf("%d messages", n)
	}
	if err := w.DeleteChannel(t.Context(), admin(), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestTestButton(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	test := func() Channel {
		t.Helper()
		problem, err := w.TestChannel(t.Context(), admin(), 1)
		w.must(err)
		c, err := w.Channel(t.Context(), 1)
		w.must(err)
		if c.Problem != problem {
			t.Errorf("answered %+v, kept %+v", problem, c.Problem)
		}
		return c
	}
	if c := test(); !c.Problem.Zero() || c.SentAt.IsZero() {
		t.Errorf("channel %+v", c)
	}
	if m := r.messages(t)[0]; m.Title != "Test message from Seatbridge" || m.Events[0] != store.EventTest || m.URL != "https://panel.example.com/settings/notifications" {
		t.Errorf("message %+v", m)
	}
	for status, want := range map[int]string{
		http.StatusNotFound: "does not accept messages at this address any more", http.StatusGone: "any more", http.StatusForbidden: "any more",
		http.StatusFound: "says that it has moved", http.StatusTooManyRequests: "takes no more messages", http.StatusBadGateway: "answered with status 502",
	} {
		r.answer(status, "", map[string]string{"Location": "https://elsewhere.example.com/"})
		if c := test(); !strings.Contains(c.Problem.What, want) || c.Problem.Do == "" || c.ErrorAt.IsZero() {
			t.Errorf("%d: %+v", status, c.Problem)
		}
	}
	r.Close()
	if c := test(); c.Problem.What != "The webhook could not be reached." {
		t.Errorf("closed: %+v", c.Problem)
	}
	_, err := w.TestChannel(t.Context(), admin(), 99)
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

// Neither the log, nor the activity, nor what the panel is given, nor the database in the clear has a secret.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.hasten()
	var log strings.Builder
	w.Bridge.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	const signing = "signing-secret-0123456789"
	id := w.channel(store.Channel{Kind: store.ChannelWebhook, Name: "Signed", URL: r.URL + tokenPath + "?sig=query-token-0123456789", Secret: signing, Events: Events()}, true)
	w.mapped("Acme", 12, store.Business)
	for _, server := range []func(){
		func() {
			r.answer(500, strings.Repeat("long ", 80)+"at "+r.URL+tokenPath+"?sig=query-token-0123456789 "+signing, nil)
		},
		func() { r.answer(302, "", map[string]string{"Location": tokenPath}) },
		r.Close, // an error of net/http's names the address
	} {
		server()
		w.sync()
		w.quiet()
		w.must(errOf(w.TestChannel(t.Context(), admin(), id)))
	}
	w.must(errOf(w.SaveChannel(t.Context(), admin(), store.Channel{ID: id, Name: "Renamed", Events: Events()}, true)))
	shown, err := w.Channels(t.Context())
	w.must(err)
	w.must(w.DeleteChannel(t.Context(), admin(), id))
	activity, _, err := w.store.Activities(t.Context(), store.ActivityFilter{})
	w.must(err)
	everything := map[string]string{"log": log.String(), "channels": fmt.Sprintf("%+v", shown), "activity": fmt.Sprintf("%+v", activity)}
	files, err := filepath.Glob(w.path + "*")
	w.must(err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		w.must(err)
		everything[filepath.Base(file)] = string(content)
	}
	for where, text := range everything {
		for _, secret := range []string{"very-secret-token", "query-token", signing} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %q", where, secret)
			}
		}
	}
	if shown[0].Host == "" || !shown[0].HasURL {
		t.Errorf("channel %+v", shown[0])
	}
	wantParts(t, everything["activity"], `Added the notification channel "Signed" (webhook).`, "Sent a test message", "Changed the notification channel", "Deleted the notification channel")
}

func TestSaveChannelChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mail := store.Mail{Host: "smtp.example.com", Port: 587, Security: store.MailStartTLS, User: "panel", From: "panel@example.com", To: []string{"a@example.com"}}
	email := func(change func(*store.Channel)) store.Channel {
		c := store.Channel{Kind: store.ChannelEmail, Name: "Mail", Mail: mail, Secret: "password"}
		change(&c)
		return c
	}
	hook := func(address string) store.Channel {
		return store.Channel{Kind: store.ChannelWebhook, Name: "Hook", URL: address}
	}
	for _, test := range []struct {
		name    string
		channel store.Channel
		sign    bool
		field   string // empty: it is saved
	}{
		{"mail", email(func(*store.Channel) {}), false, ""},
		{"no name", email(func(c *store.Channel) { c.Name = "" }), false, "name"},
		{"no host", email(func(c *store.Channel) { c.Mail.Host = "" }), false, "host"},
		{"host with a port", email(func(c *store.Channel) { c.Mail.Host = "smtp.example.com:25" }), false, "host"},
		{"IPv6 host", email(func(c *store.Channel) { c.Mail.Host = "2001:db8::1" }), false, ""},
		{"no port", email(func(c *store.Channel) { c.Mail.Port = 0 }), false, "port"},
		{"port too large", email(func(c *store.Channel) { c.Mail.Port = 70000 }), false, "port"},
		{"unencrypted elsewhere", email(func(c *store.Channel) { c.Mail.Security = store.MailUnencrypted }), false, "security"},
		{"unencrypted here", email(func(c *store.Channel) { c.Mail.Security, c.Mail.Host = store.MailUnencrypted, "127.0.0.1" }), false, ""},
		{"unknown security", email(func(c *store.Channel) { c.Mail.Security = "rot13" }), false, "security"},
		{"no password", email(func(c *store.Channel) { c.Secret = "" }), false, "password"},
		{"no account", email(func(c *store.Channel) { c.Secret, c.Mail.User = "", "" }), false, ""},
		{"no sender", email(func(c *store.Channel) { c.Mail.From = "panel" }), false, "from"},
		{"a header in the sender", email(func(c *store.Channel) { c.Mail.From = "a@example.com\r\nBcc: b@example.com" }), false, "from"},
		{"nobody", email(func(c *store.Channel) { c.Mail.To = nil }), false, "to"},
		{"somebody odd", email(func(c *store.Channel) { c.Mail.To = []string{"a@example.com", "b"} }), false, "to"},
		{"too many", email(func(c *store.Channel) { c.Mail.To = slices.Repeat([]string{"a@example.com"}, 21) }), false, "to"},
		{"https", hook("https://hooks.example.com/x"), false, ""},
		{"http elsewhere", hook("http://hooks.example.com/x"), false, "url"},
		{"http here", hook("http://localhost:9/x"), false, ""},
		{"http looks like here", hook("http://localhost.example.com/x"), false, "url"},
		{"no address", hook(""), false, "url"},
		{"other scheme", hook("ftp://hooks.example.com/x"), false, "url"},
		{"no host in it", hook("https:///x"), false, "url"},
		{"user in it", hook("https://user:secret@hooks.example.com/x"), false, "url"},
		{"unreadable", hook("https://hooks.example.com/%zz"), false, "url"},
		{"sign with nothing", hook("https://hooks.example.com/x"), true, "secret"},
		{"no kind", store.Channel{Name: "None"}, false, "kind"},
	} {
		_, err := w.SaveChannel(t.Context(), admin(), test.channel, test.sign)
		var invalid *Invalid
		switch {
		case test.field == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.field != "" && (!errors.As(err, &invalid) || invalid.Fields[test.field] == "" || len(invalid.Fields) != 1):
			t.Errorf("%s: %v, want a problem of %s alone", test.name, err, test.field)
		}
	}
}

// A saved password stays with its server and user; a saved address and signing secret stay until they are replaced.
func TestSavedSecretsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := store.Channel{Kind: store.ChannelEmail, Name: "Mail", Secret: "password", Mail: store.Mail{
		Host: "smtp.example.com", Port: 587, Security: store.MailStartTLS, User: "panel", From: "panel@example.com", To: []string{"a@example.com"}}}
	c.ID = w.channel(c, false)
	saved := func(id int64) store.Channel {
		t.Helper()
		c, err := w.store.Channel(t.Context(), id)
		w.must(err)
		return c
	}
	c.Secret, c.Name, c.Mail.To = "", "Finance", []string{"b@example.com"}
	w.channel(c, false)
	if got := saved(c.ID); got.Secret != "password" || got.Name != "Finance" {
		t.Errorf("saved %+v", got)
	}
	for _, change := range []func(*store.Mail){
		func(m *store.Mail) { m.Host = "evil.example.com" }, func(m *store.Mail) { m.Port = 2525 },
		func(m *store.Mail) { m.User = "other" }, func(m *store.Mail) { m.Security = store.MailTLS },
	} {
		elsewhere := c
		change(&elsewhere.Mail)
		var invalid *Invalid
		if _, err := w.SaveChannel(t.Context(), admin(), elsewhere, false); !errors.As(err, &invalid) || invalid.Fields["password"] == "" {
			t.Errorf("%+v: %v, want the password asked for", elsewhere.Mail, err)
		}
	}
	c.Mail.User = ""
	w.channel(c, false)
	if got := saved(c.ID); got.Secret != "" {
		t.Error("the password outlived its account")
	}

	hook := store.Channel{Kind: store.ChannelWebhook, Name: "Hook", URL: "https://hooks.example.com/token", Secret: "signing"}
	hook.ID = w.channel(hook, true)
	hook.URL, hook.Secret, hook.Kind = "", "", store.ChannelSlack
	w.channel(hook, true)
	if got := saved(hook.ID); got.URL != "https://hooks.example.com/token" || got.Secret != "signing" || got.Kind != store.ChannelWebhook {
		t.Errorf("saved %+v", got)
	}
	w.channel(hook, false)
	if got := saved(hook.ID); got.Secret != "" {
		t.Error("the signing secret stays though nothing is signed")
	}
}
