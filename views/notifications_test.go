package views

import "testing"

func notificationsPage() NotificationsPage {
	return NotificationsPage{Channels: []ChannelRow{
		{ID: 1, Kind: "slack", Name: hostile, Target: "hooks.slack.com", Events: []string{hostile}, Sent: at("2026-11-01 00:34")},
		{ID: 2, Kind: "email", Name: "Finance", Target: hostile, Failed: at("2026-11-02 00:34"), Problem: &Notice{What: "It was refused.", Do: "Enter it again.", Detail: hostile}},
		{ID: 3, Kind: "teams", Name: "Ops", Waiting: 2},
		{ID: 4, Kind: "webhook", Name: "Other"},
	}}
}

func channelForm(kind string, problems Problems) ChannelForm {
	return ChannelForm{
		ID: 7, Kind: kind, Name: hostile, Events: []string{"failed"}, Host: hostile, Port: "587", Security: "tls", User: hostile, From: hostile, To: hostile,
		Sign: true, URLHost: "hooks.example.com", HasSecret: true, Problems: problems,
	}
}

func TestNotificationsRows(t *testing.T) {
	t.Parallel()
	rows := render(t, Notifications(layout(SectionSettings), notificationsPage())).Find("[data-testid=channel]")
	for i, want := range []string{"Works", "Does not arrive", "Sending", "Not used yet"} {
		wantText(t, rows.Eq(i), want)
	}
	wantText(t, rows.Eq(1), "It was refused.", "Enter it again.")
	wantText(t, rows.Eq(2), "2 messages waiting", "Nothing")
}

// What is secret cannot be shown, because the form is never given it; the saved one can be kept.
func TestChannelFormKeepsSecrets(t *testing.T) {
	t.Parallel()
	doc := render(t, ChannelEditor(layout(SectionSettings), channelForm("webhook", nil)))
	form := one(t, doc, "form#channel-form")
	for _, name := range []string{"url", "secret"} {
		input := one(t, doc, "[name="+name+"]")
		if input.AttrOr("type", "") != "password" || input.AttrOr("value", "") != "" {
			t.Errorf("%s is shown", name)
		}
	}
	wantText(t, form, "Saved, at hooks.example.com. Leave empty to keep it.", "Saved. Leave empty to keep it.")
	if got := form.Find("[name=event][checked]").AttrOr("value", ""); got != "failed" {
		t.Errorf("checked event %q", got)
	}
	absent(t, doc, "[name=host]", "[name=password]")
	absent(t, render(t, ChannelEditor(layout(SectionSettings), channelForm("email", nil))), "[name=url]", "[name=secret]")
}
