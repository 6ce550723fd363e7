package handlers

import (
	"net/http"
	"testing"

	"seatbridge/store"
	"seatbridge/views"
)

// TestDigestChoice: everybody chooses for himself, and is told where no mail can be sent.
func TestDigestChoice(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	page := b.get(views.SettingsPath, http.StatusOK)
	if got := page.Find("#digest input[name=digest][checked]").AttrOr("value", ""); got != "off" {
		t.Errorf("before anything was chosen it is %q", got)
	}
	has(t, page, "#digest [data-testid=notice]", "No e-mail channel is set up")
	has(t, page, "#digest [data-testid=notice] a[href='"+views.NotificationsPath+"']", "Notifications")
	for _, every := range []string{"weekly", "daily", "off", "daily"} {
		b.post(views.SaveDigestPath, form("digest", every), http.StatusSeeOther)
		page = b.get(views.SettingsPath, http.StatusOK)
		if got := page.Find("#digest input[name=digest][checked]").AttrOr("value", ""); got != every {
			t.Errorf("chose %q, the page shows %q", every, got)
		}
	}
	admin := p.as(store.Admin)
	other := admin.get(views.SettingsPath, http.StatusOK)
	if got := other.Find("#digest input[name=digest][checked]").AttrOr("value", ""); got != "off" {
		t.Errorf("the choice of one is that of another: %q", got)
	}
	has(t, admin.get(views.ActivityPath, http.StatusOK), "main", "Chose to get a digest every Monday.")
}

// TestDigestChoiceRefused: what is no rhythm is said next to the field, and changes nothing.
func TestDigestChoiceRefused(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	b.post(views.SaveDigestPath, form("digest", "weekly"), http.StatusSeeOther)
	for _, bad := range []string{"hourly", "", "none", "Daily", "weekly\x00"} {
		has(t, b.post(views.SaveDigestPath, form("digest", bad), http.StatusUnprocessableEntity), "#digest", "Choose how often.")
	}
	page := b.get(views.SettingsPath, http.StatusOK)
	if got := page.Find("#digest input[name=digest][checked]").AttrOr("value", ""); got != "weekly" {
		t.Errorf("the choice is %q", got)
	}
}

// TestDigestOfATechnician says what is in it, and whom to ask where no mail can be sent: the page of the channels is not his.
func TestDigestOfATechnician(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Technician)
	page := b.get(views.SettingsPath, http.StatusOK)
	has(t, page, "#digest", "Trials that end soon")
	has(t, page, "#digest [data-testid=notice]", "Ask an Owner or Admin")
	b.lacks(views.NotificationsPath)
	b.post(views.SaveDigestPath, form("digest", "daily"), http.StatusSeeOther)
}

// TestDigestOfAChannel: a channel can carry it, in either rhythm, and does not by itself.
func TestDigestOfAChannel(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	page := b.get(views.NewChannelPath+"?kind=email", http.StatusOK)
	for _, event := range []string{"digest_daily", "digest_weekly"} {
		box := page.Find("input[name=event][value=" + event + "]")
		if _, checked := box.Attr("checked"); box.Length() != 1 || checked {
			t.Errorf("%s: %d boxes, checked %v", event, box.Length(), checked)
		}
	}
	b.post(views.NotificationsPath, form(
		"kind", "email", "name", "Mail", "host", "localhost", "port", "2525", "security", "none", "from", "panel@example.com", "to", "team@example.com",
		"event", "digest_weekly",
	), http.StatusSeeOther)
	channels, err := p.store.Channels(t.Context())
	if err != nil || len(channels) != 1 || len(channels[0].Events) != 1 || channels[0].Events[0] != store.EventDigestWeekly {
		t.Errorf("channels %+v, %v", channels, err)
	}
	b.get(views.SettingsPath, http.StatusOK)
	b.lacks("No e-mail channel is set up")
}
