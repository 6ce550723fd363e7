package views

import (
	"slices"
	"time"
)

// NotificationsPage lists the channels that people are told through.
type NotificationsPage struct {
	Channels  []ChannelRow
	LinksLack bool // the panel's own address is not known, so that messages have no links
}

// ChannelRow is one channel. It never holds an address that is posted to, nor a password.
type ChannelRow struct {
	ID      int64
	Kind    string // email, slack, teams or webhook
	Name    string
	Target  string   // who or which host gets the messages
	Events  []string // what it is told
	Waiting int      // messages that wait to be sent
	Sent    time.Time
	Problem *Notice // why the last message was not taken
	Failed  time.Time
}

// ChannelForm adds or changes a channel. Fields: kind, name, event; of mail host, port, security, user, password, from, to;
// of the others url, and of a webhook sign and secret. It is never given a password, an address that is posted to or a
// secret.
type ChannelForm struct {
	ID       int64 // 0: a new channel
	Kind     string
	Name     string
	Events   []string
	Host     string
	Port     string
	Security string // starttls, tls or none
	User     string
	From     string
	To       string
	Sign     bool
	// URLHost is the host of the saved address; empty: none is saved.
	URLHost   string
	HasSecret bool // a password or signing secret is saved
	Problems  Problems
}

func (f ChannelForm) action() string {
	if f.ID == 0 {
		return NotificationsPath
	}
	return ChannelPath(f.ID)
}

func (f ChannelForm) title() string {
	if f.ID == 0 {
		return "New channel: " + channelKindName(f.Kind)
	}
	return "Change " + f.Name
}

func (f ChannelForm) told(event string) bool { return slices.Contains(f.Events, event) }

// channelKinds are the kinds that can be added.
func channelKinds() []choice {
	return []choice{
		{"email", "E-mail", "Through your mail server (SMTP)"},
		{"slack", "Slack", "Into a channel, by an incoming webhook"},
		{"teams", "Microsoft Teams", "Into a channel, by a workflow"},
		{"webhook", "Webhook", "To a program of yours, as JSON"},
	}
}

func channelKindName(kind string) string {
	for _, k := range channelKinds() {
		if k.value == kind {
			return k.label
		}
	}
	return capital(kind)
}

// eventChoices are what a channel can be told.
func eventChoices() []choice {
	return []choice{
		{"monthly", "The monthly sync ended", "Once a month, with its figures"},
		{"failed", "A sync failed", "The same failure at most once a day"},
		{"open", "Lines were held, blocked or failed", "With how many and what to do"},
		{"months", "A month has something open", "Some days before the invoicing day, and when what is due changed after the month’s end"},
		{"credentials", "ConnectWise PSA stopped accepting Seatbridge", "When it begins, at most once a day"},
		{"unmapped", "Organizations are not mapped at the month's end", "Those with billable seats, with the monthly sync"},
		{"digest_daily", "Every morning's digest", "What waits, grew old or moved, when something is new, and the day before invoices are made"},
		{"digest_weekly", "The digest of Mondays", "The same once a week, also when there is nothing new"},
		{"ended", "Any other sync ended", "One message for each Sync now"},
	}
}

// EventName is an event as the page names it.
func EventName(event string) string {
	for _, e := range eventChoices() {
		if e.value == event {
			return e.label
		}
	}
	return capital(event)
}

func securityChoices() []choice {
	return []choice{
		{"starttls", "STARTTLS", "Usually port 587"},
		{"tls", "TLS", "Usually port 465"},
		{"none", "None", "Only to a server on this machine"},
	}
}

func channelState(r ChannelRow) label {
	switch {
	case r.Problem != nil:
		return label{"danger", "circle-x", "Does not arrive"}
	case r.Waiting > 0:
		return label{"info", "clock", "Sending"}
	case r.Sent.IsZero():
		return label{"neutral", "circle-dashed", "Not used yet"}
	}
	return label{"success", "circle-check", "Works"}
}

func savedSecretHint(saved bool, otherwise string) string {
	if saved {
		return "Saved. Leave empty to keep it."
	}
	return otherwise
}

func savedPasswordHint(f ChannelForm) string {
	if f.HasSecret {
		return "Saved. Leave empty to keep it; for another server or user it has to be entered again."
	}
	return ""
}

func addressHint(f ChannelForm, hint string) string {
	if f.URLHost != "" {
		return "Saved, at " + f.URLHost + ". Leave empty to keep it."
	}
	return hint + " Whoever has it can post, so it is never shown again."
}
