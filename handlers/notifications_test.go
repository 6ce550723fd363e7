package handlers

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"seatbridge/store"
	"seatbridge/views"
)

const hookToken = "very-secret-token-0123456789"

// hook is a place that messages are posted to, and how many were.
func hook(t testing.TB) (address string, status *atomic.Int32, got *atomic.Int32) {
	t.Helper()
	status, got = new(atomic.Int32), new(atomic.Int32)
	status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Add(1)
		w.WriteHeader(int(status.Load()))
		io.WriteString(w, "asked for "+r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/services/" + hookToken, status, got
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	address, status, got := hook(t)
	has(t, b.get("/settings", http.StatusOK), "a[href='/settings/notifications']", "Notifications")
	page := b.get(views.NotificationsPath, http.StatusOK)
	has(t, page, "[data-testid=empty]", "Nobody is told yet")
	has(t, page, "[data-testid=notice]", "Messages have no links yet.")

	// Add.
	page = b.get(views.NotificationsPath+"/new?kind=slack", http.StatusOK)
	fields := formOf(page.Find("#channel-form"))
	if events := fields["event"]; strings.Join(events, " ") != "monthly failed open months credentials unmapped" {
		t.Errorf("events told by default: %v", events)
	}
	fields.Set("name", "Ops <b>")
	fields.Set("url", address)
	b.post(page.Find("#channel-form").AttrOr("action", ""), fields, http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=flash]", "Channel saved.")
	row := page.Find("[data-testid=channel]")
	has(t, page, "[data-testid=channel]", "Ops <b>")
	if !strings.Contains(row.Text(), "Not used yet") || !strings.Contains(row.Text(), "127.0.0.1") {
		t.Errorf("row %q", row.Text())
	}
	b.lacks(hookToken)

	// Test.
	test := row.Find("form[action$='/test']").AttrOr("action", "")
	b.get(test, http.StatusMethodNotAllowed)
	b.post(test, nil, http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=flash]", "The test message through Ops <b> was taken.")
	has(t, page, "[data-testid=channel]", "Works")
	status.Store(http.StatusNotFound)
	b.post(test, nil, http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=channel-problem]", "Slack does not accept messages at this address any more.")
	has(t, page, "[data-testid=channel-problem]", "404 Not Found")
	b.lacks(hookToken, "asked for")
	if got.Load() != 2 {
		t.Errorf("%d messages were posted, want 2", got.Load())
	}
	has(t, b.get("/", http.StatusOK), "[data-testid=attention]", "Notifications do not arrive: Ops <b>")

	// Change.
	page = b.get(strings.TrimSuffix(test, "/test"), http.StatusOK)
	b.lacks(hookToken)
	fields = formOf(page.Find("#channel-form"))
	fields.Set("name", "Operations")
	fields.Set("kind", "webhook") // is not for the form to say
	fields["event"] = []string{"failed", "nonsense"}
	b.post(page.Find("#channel-form").AttrOr("action", ""), fields, http.StatusSeeOther)
	channels, err := p.store.Channels(t.Context())
	if err != nil || len(channels) != 1 || channels[0].URL != address || channels[0].Name != "Operations" || channels[0].Kind != store.ChannelSlack ||
		fmt.Sprint(channels[0].Events) != "[failed]" {
		t.Errorf("channels %+v (%v)", channels, err)
	}

	// Delete.
	b.post(strings.TrimSuffix(test, "/test")+"/delete", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "Deleted Operations.")
	b.post(test, nil, http.StatusNotFound)
	activity := b.get("/activity", http.StatusOK)
	for _, text := range []string{"Added the notification channel", "it was taken", "it was not taken", "Changed the notification channel", "Deleted the notification channel"} {
		has(t, activity, "main", text)
	}
	b.lacks(hookToken)
	if strings.Contains(p.log.String(), hookToken) {
		t.Error("the log has the token")
	}
}

func TestChannelFormProblems(t *testing.T) {
	t.Parallel()
	p := newPanel(t, withBaseURL("https://panel.example.com"))
	b := p.as(store.Owner)
	b.get(views.NotificationsPath, http.StatusOK)
	b.lacks("Messages have no links yet.")
	b.get(views.NotificationsPath+"/new", http.StatusNotFound)
	b.get(views.NotificationsPath+"/new?kind=pigeon", http.StatusNotFound)
	b.post(views.NotificationsPath, form("kind", "pigeon"), http.StatusUnprocessableEntity)

	mail := func(pairs ...string) url.Values {
		values := form("kind", "email", "name", "Finance", "host", "smtp.example.com", "port", "587", "security", "starttls", "user", "panel",
			"password", "mail-password-0123456789", "from", "panel@example.com", "to", "ada@example.com\nBob <bob@example.com>")
		for name, list := range form(pairs...) {
			values[name] = list
		}
		return values
	}
	for _, test := range []struct {
		field  string
		values url.Values
	}{
		{"name", mail("name", " ")},
		{"name", mail("name", strings.Repeat("x", 201))},
		{"host", mail("host", "")},
		{"port", mail("port", "smtp")},
		{"user", mail("user", strings.Repeat("x", 201))},
		{"password", mail("password", "")},
		{"password", mail("password", strings.Repeat("x", 501))},
		{"from", mail("from", "panel")},
		{"to", mail("to", "ada@example.com, nobody")},
		{"to", mail("to", "")},
		{"url", form("kind", "teams", "name", "Ops", "url", "http://teams.example.com/"+hookToken)},
		{"url", form("kind", "webhook", "name", "Ops", "url", "https://example.com/"+strings.Repeat("x", 2000))},
		{"secret", form("kind", "webhook", "name", "Ops", "url", "https://example.com/"+hookToken, "sign", "true")},
	} {
		page := b.post(views.NotificationsPath, test.values, http.StatusUnprocessableEntity)
		if page.Find("[aria-invalid=true]").Length() != 1 || page.Find("[name="+test.field+"][aria-invalid=true]").Length() != 1 {
			t.Errorf("%s: the problem does not stand at its field alone", test.field)
		}
		b.lacks(hookToken, "mail-password-0123456789")
		kept := formOf(page.Find("#channel-form"))
		for _, name := range []string{"kind", "user", "to", "from"} {
			if want := test.values.Get(name); len(want) < 200 && kept.Get(name) != want {
				t.Errorf("%s: %s %q became %q", test.field, name, want, kept.Get(name))
			}
		}
	}
	page := b.post(views.NotificationsPath, mail("security", "none"), http.StatusUnprocessableEntity)
	has(t, page, "#security-problem", "only sent to a server on this machine")

	b.post(views.NotificationsPath, mail(), http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=channel]", "ada@example.com, bob@example.com")
	edit := page.Find("[data-testid=channel] a").AttrOr("href", "")
	fields := formOf(b.get(edit, http.StatusOK).Find("#channel-form"))
	b.lacks("mail-password-0123456789")
	fields.Set("host", "smtp.elsewhere.example")
	page = b.post(edit, fields, http.StatusUnprocessableEntity)
	has(t, page, "#password-problem", "The saved password is for user panel at smtp.example.com:587") // the saved one stays with its server
	fields.Set("host", "smtp.example.com")
	fields.Set("security", "starttls")
	b.post(edit, fields, http.StatusSeeOther)
}

func TestNotificationsAreForAdmins(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Technician)
	b.get(views.NotificationsPath, http.StatusForbidden)
	b.post(views.NotificationsPath+"/1/test", nil, http.StatusForbidden)
	if b.get("/settings", http.StatusOK).Find("a[href='/settings/notifications']").Length() != 0 {
		t.Error("a technician is offered the page")
	}
	p.browser().get(views.NotificationsPath, http.StatusSeeOther)
	a := p.as(store.Admin)
	for _, path := range []string{"/0", "/7", "/x"} {
		a.get(views.NotificationsPath+path, http.StatusNotFound)
		a.post(views.NotificationsPath+path, nil, http.StatusNotFound)
		a.post(views.NotificationsPath+path+"/delete", nil, http.StatusNotFound)
	}
}
