package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/notify/notifytest"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

func TestTestButton(t *testing.T) {
	t.Parallel()
	d, r := told(t)
	test := func() Channel {
		t.Helper()
		failure, err := d.TestChannel(t.Context(), admin(), 1)
		d.must(err)
		c, err := d.Channel(t.Context(), 1)
		d.must(err)
		if c.Problem != failure {
			t.Errorf("answered %+v, kept %+v", failure, c.Problem)
		}
		return c
	}
	if c := test(); !c.Problem.Zero() || c.SentAt.IsZero() {
		t.Errorf("channel %+v", c)
	}
	if m := notifytest.Messages[Message](t, r)[0]; m.Title != "Test message from Seatbridge" || m.Events[0] != store.EventTest || m.URL != "https://panel.example.com/settings/notifications" {
		t.Errorf("message %+v", m)
	}
	for status, want := range map[int]string{
		http.StatusNotFound: "does not accept messages at this address any more", http.StatusGone: "any more", http.StatusForbidden: "any more",
		http.StatusFound: "says that it has moved", http.StatusTooManyRequests: "takes no more messages", http.StatusBadGateway: "answered with status 502",
	} {
		r.Answer(status, "", map[string]string{"Location": "https://elsewhere.example.com/"})
		if c := test(); !strings.Contains(c.Problem.What, want) || c.Problem.Do == "" || c.ErrorAt.IsZero() {
			t.Errorf("%d: %+v", status, c.Problem)
		}
	}
	r.Close()
	if c := test(); c.Problem.What != "The webhook could not be reached." {
		t.Errorf("closed: %+v", c.Problem)
	}
	_, err := d.TestChannel(t.Context(), admin(), 99)
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

// Neither the log, nor the activity, nor what the panel is given, nor the database in the clear has a secret.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	d, r := newDesk(t), notifytest.NewReceiver(t)
	var log strings.Builder
	d.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	const signing = "signing-secret-0123456789"
	id := d.channel(store.Channel{Kind: store.ChannelWebhook, Name: "Signed", URL: r.URL + tokenPath + "?sig=query-token-0123456789", Secret: signing, Events: Events()}, true)
	for _, server := range []func(){
		func() {
			r.Answer(500, strings.Repeat("long ", 80)+"at "+r.URL+tokenPath+"?sig=query-token-0123456789 "+signing, nil)
		},
		func() { r.Answer(302, "", map[string]string{"Location": tokenPath}) },
		r.Close, // an error of net/http's names the address
	} {
		server()
		d.tell()
		_, err := d.TestChannel(t.Context(), admin(), id)
		d.must(err)
	}
	d.channel(store.Channel{ID: id, Name: "Renamed", Events: Events()}, true)
	shown, err := d.Channels(t.Context())
	d.must(err)
	d.must(d.DeleteChannel(t.Context(), admin(), id))
	activity, _, err := d.store.Activities(t.Context(), store.ActivityFilter{})
	d.must(err)
	everything := map[string]string{"log": log.String(), "channels": fmt.Sprintf("%+v", shown), "activity": fmt.Sprintf("%+v", activity)}
	files, err := filepath.Glob(d.path + "*")
	d.must(err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		d.must(err)
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
	notifytest.WantParts(t, everything["activity"], `Added the notification channel "Signed" (webhook).`, "Sent a test message", "Changed the notification channel", "Deleted the notification channel")
}

func TestSaveChannelChecks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
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
		_, err := d.SaveChannel(t.Context(), admin(), test.channel, test.sign)
		var invalid *problem.Invalid
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
	d := newDesk(t)
	c := store.Channel{Kind: store.ChannelEmail, Name: "Mail", Secret: "password", Mail: store.Mail{
		Host: "smtp.example.com", Port: 587, Security: store.MailStartTLS, User: "panel", From: "panel@example.com", To: []string{"a@example.com"}}}
	c.ID = d.channel(c, false)
	saved := func(id int64) store.Channel {
		t.Helper()
		c, err := d.store.Channel(t.Context(), id)
		d.must(err)
		return c
	}
	c.Secret, c.Name, c.Mail.To = "", "Finance", []string{"b@example.com"}
	d.channel(c, false)
	if got := saved(c.ID); got.Secret != "password" || got.Name != "Finance" {
		t.Errorf("saved %+v", got)
	}
	for _, change := range []func(*store.Mail){
		func(m *store.Mail) { m.Host = "evil.example.com" }, func(m *store.Mail) { m.Port = 2525 },
		func(m *store.Mail) { m.User = "other" }, func(m *store.Mail) { m.Security = store.MailTLS },
	} {
		elsewhere := c
		change(&elsewhere.Mail)
		var invalid *problem.Invalid
		if _, err := d.SaveChannel(t.Context(), admin(), elsewhere, false); !errors.As(err, &invalid) || invalid.Fields["password"] == "" {
			t.Errorf("%+v: %v, want the password asked for", elsewhere.Mail, err)
		}
	}
	c.Mail.User = ""
	d.channel(c, false)
	if got := saved(c.ID); got.Secret != "" {
		t.Error("the password outlived its account")
	}

	hook := store.Channel{Kind: store.ChannelWebhook, Name: "Hook", URL: "https://hooks.example.com/token", Secret: "signing"}
	hook.ID = d.channel(hook, true)
	hook.URL, hook.Secret, hook.Kind = "", "", store.ChannelSlack
	d.channel(hook, true)
	if got := saved(hook.ID); got.URL != "https://hooks.example.com/token" || got.Secret != "signing" || got.Kind != store.ChannelWebhook {
		t.Errorf("saved %+v", got)
	}
	d.channel(hook, false)
	if got := saved(hook.ID); got.Secret != "" {
		t.Error("the signing secret stays though nothing is signed")
	}
}
