package notify

import (
	"context"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"seatbridge/billing/problem"
	"seatbridge/internal/outbound"
	"seatbridge/store"
)

const (
	// maxRecipients bounds the addresses of one channel: more belong into a mailing list.
	maxRecipients = 20
	// settingsPage is where channels are set up.
	settingsPage = "/settings/notifications"
)

// Channel is a notification channel as the panel shows it. Its URL and Secret are always empty.
type Channel struct {
	store.Channel
	Host      string // of the URL, which is no secret
	HasURL    bool
	HasSecret bool
	Waiting   int // messages that wait to be sent
}

// shown is a channel without its secrets.
func shown(c store.Channel) Channel {
	view := Channel{Channel: c, HasURL: c.URL != "", HasSecret: c.Secret != ""}
	if u, err := url.Parse(c.URL); err == nil {
		view.Host = u.Host
	}
	view.URL, view.Secret = "", ""
	return view
}

// Channels lists the notification channels.
func (o *Outbox) Channels(ctx context.Context) ([]Channel, error) {
	channels, err := o.store.Channels(ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := o.store.WaitingNotifications(ctx)
	if err != nil {
		return nil, err
	}
	var views []Channel
	for _, c := range channels {
		view := shown(c)
		view.Waiting = waiting[c.ID]
		views = append(views, view)
	}
	return views, nil
}

// Channel is one of them; store.ErrNotFound when there is none.
func (o *Outbox) Channel(ctx context.Context, id int64) (Channel, error) {
	c, err := o.store.Channel(ctx, id)
	return shown(c), err
}

// ChannelKinds are the kinds of channels, in the order they are offered.
func ChannelKinds() []store.ChannelKind {
	return []store.ChannelKind{store.ChannelEmail, store.ChannelSlack, store.ChannelTeams, store.ChannelWebhook}
}

// Events are what a channel can be told, in the order they are offered.
func Events() []store.Event {
	return []store.Event{
		store.EventMonthly, store.EventFailed, store.EventOpen, store.EventMonths, store.EventCredentials, store.EventUnmapped,
		store.EventDigestDaily, store.EventDigestWeekly, store.EventEnded,
	}
}

// DefaultEvents are what a new channel is told: what needs a person, and once a month that all is well.
func DefaultEvents() []store.Event {
	return slices.DeleteFunc(Events(), func(e store.Event) bool {
		return e == store.EventEnded || e == store.EventDigestDaily || e == store.EventDigestWeekly
	})
}

// SaveChannel adds the channel, or changes the one with its id; there an empty URL leaves the saved one as it is, and so does an empty
// Secret, unless the channel leads elsewhere than it did.
// sign says whether a webhook's messages are signed. The error is *problem.Invalid for input that cannot work.
func (o *Outbox) SaveChannel(ctx context.Context, who problem.Actor, c store.Channel, sign bool) (id int64, err error) {
	var saved store.Channel
	if c.ID != 0 {
		if saved, err = o.store.Channel(ctx, c.ID); err != nil {
			return 0, err
		}
		c.Kind = saved.Kind
	}
	elsewhere := otherPlace(c, saved)
	c = completed(c, saved, sign, elsewhere)
	c.AnyAddress = saved.AnyAddress && sameTarget(c, saved)
	problems := channelProblems(c, sign)
	o.addressProblems(problems, c)
	if field := secretField(c.Kind); problems[field] != "" && elsewhere != "" && saved.Secret != "" {
		problems[field] = elsewhere
	}
	if len(problems) > 0 {
		return 0, &problem.Invalid{Fields: problems}
	}
	return o.keepChannel(ctx, who, c)
}

// keepChannel adds a channel that has no id, or changes it.
func (o *Outbox) keepChannel(ctx context.Context, who problem.Actor, c store.Channel) (id int64, err error) {
	verb := "Changed"
	if c.ID == 0 {
		verb, c.CreatedAt = "Added", o.now()
	}
	entry := who.Did(o.now(), store.CategorySettings, "%s the notification channel %q (%s).", verb, c.Name, c.Kind)
	err = o.store.Record(ctx, entry, func(s *store.Store) error {
		if c.ID != 0 {
			return s.UpdateChannel(ctx, c)
		}
		c.ID, err = s.CreateChannel(ctx, c)
		return err
	})
	return c.ID, err
}

// completed fills in what was saved and not entered again. A secret stays where it was saved for.
func completed(c, saved store.Channel, sign bool, elsewhere string) store.Channel {
	if c.URL == "" {
		c.URL = saved.URL
	}
	switch {
	case c.Kind == store.ChannelWebhook && !sign, c.Kind == store.ChannelEmail && c.Mail.User == "":
		c.Secret = ""
	case c.Secret == "" && elsewhere == "":
		c.Secret = saved.Secret
	}
	return c
}

// otherPlace says that a channel leads to another place than the one that its secret was saved for; "": it does not.
func otherPlace(c, saved store.Channel) string {
	switch {
	case c.Kind == store.ChannelEmail && !sameAccount(c.Mail, saved.Mail):
		return fmt.Sprintf("The saved password is for user %s at %s:%d, encrypted as it was, and is sent nowhere else. Enter the password again.",
			saved.Mail.User, saved.Mail.Host, saved.Mail.Port)
	case c.Kind == store.ChannelWebhook && c.URL != "" && c.URL != saved.URL:
		return "The saved secret signs for the address that it was saved with. Enter the secret again, or a new one."
	}
	return ""
}

// sameTarget says whether a channel leads to the host and port that it led to.
func sameTarget(c, saved store.Channel) bool {
	if c.Kind == store.ChannelEmail {
		return c.Mail.Host == saved.Mail.Host && c.Mail.Port == saved.Mail.Port
	}
	return c.URL == saved.URL
}

// addressProblems refuses a host that is an address which is not connected to. What a name leads to is judged when it is dialled.
func (o *Outbox) addressProblems(problems problem.Fields, c store.Channel) {
	field, host := "host", c.Mail.Host
	if c.Kind != store.ChannelEmail {
		u, err := url.Parse(c.URL)
		if err != nil {
			return // addressProblem says so
		}
		field, host = "url", u.Hostname()
	}
	if kind, do, refused := outbound.Advise(o.courier.allowed.Unless(c.AnyAddress).CheckHost(host)); refused {
		problems.Add(field, "This is "+kind+". "+do)
	}
}

// secretField is the field in which a channel's secret is entered.
func secretField(kind store.ChannelKind) string {
	if kind == store.ChannelEmail {
		return "password"
	}
	return "secret"
}

// sameAccount: a saved password is never sent to another server or for another user.
func sameAccount(a, b store.Mail) bool {
	return a.Host == b.Host && a.Port == b.Port && a.Security == b.Security && a.User == b.User
}

func channelProblems(c store.Channel, sign bool) problem.Fields {
	problems := problem.Fields{}
	if c.Name == "" {
		problems["name"] = "Enter a name."
	}
	switch c.Kind {
	case store.ChannelEmail:
		mailProblems(problems, c)
	case store.ChannelSlack, store.ChannelTeams, store.ChannelWebhook:
		problems.Add("url", addressProblem(c.URL))
	default:
		problems["kind"] = "Choose a kind of channel."
	}
	if c.Kind == store.ChannelWebhook && sign && c.Secret == "" {
		problems["secret"] = "Enter a secret to sign with, or do not sign."
	}
	return problems
}

func mailProblems(problems problem.Fields, c store.Channel) {
	m := c.Mail
	if m.Host == "" || strings.ContainsAny(m.Host, " /@:") && net.ParseIP(m.Host) == nil {
		problems["host"] = "Enter the name of the mail server, as in smtp.example.com."
	}
	if m.Port < 1 || m.Port > 65535 {
		problems["port"] = "Enter a port from 1 to 65535; usual are 587 and 465."
	}
	switch m.Security {
	case store.MailStartTLS, store.MailTLS:
	case store.MailUnencrypted:
		if !isLoopback(m.Host) {
			problems["security"] = "Without encryption, mail is only sent to a server on this machine (localhost)."
		}
	default:
		problems["security"] = "Choose how the connection is encrypted."
	}
	if m.User != "" && c.Secret == "" {
		problems["password"] = "Enter the password of this account."
	}
	if !isAddress(m.From) {
		problems["from"] = "Enter the e-mail address to send from."
	}
	switch i := slices.IndexFunc(m.To, func(to string) bool { return !isAddress(to) }); {
	case len(m.To) == 0:
		problems["to"] = "Enter at least one e-mail address."
	case i >= 0:
		problems["to"] = fmt.Sprintf("%q is not an e-mail address.", m.To[i])
	case len(m.To) > maxRecipients:
		problems["to"] = fmt.Sprintf("Use at most %d addresses, or a mailing list.", maxRecipients)
	}
}

func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text
}

// addressProblem says what is wrong with the address of a webhook: what is sent there is not for everybody's eyes.
func addressProblem(address string) string {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return "Enter the address that messages are posted to."
	case err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "":
		return "This is not an address that can be posted to, such as https://hooks.example.com/…"
	case u.Scheme == "http" && isLoopback(u.Hostname()), u.Scheme == "https":
		return ""
	}
	return "The address has to begin with https://."
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// DeleteChannel removes a channel and what waits to be sent through it.
func (o *Outbox) DeleteChannel(ctx context.Context, who problem.Actor, id int64) error {
	c, err := o.store.Channel(ctx, id)
	if err != nil {
		return err
	}
	entry := who.Did(o.now(), store.CategorySettings, "Deleted the notification channel %q (%s).", c.Name, c.Kind)
	return o.store.Record(ctx, entry, func(s *store.Store) error { return s.DeleteChannel(ctx, id) })
}

// TestChannel sends a test message at once and answers what came of it: a zero problem is a message that was taken.
func (o *Outbox) TestChannel(ctx context.Context, who problem.Actor, id int64) (store.Problem, error) {
	c, err := o.store.Channel(ctx, id)
	if err != nil {
		return store.Problem{}, err
	}
	var failure store.Problem
	result := "it was taken"
	if err := o.courier.send(ctx, c, testMessage(o.now(), who.Name, o.PageURL(settingsPage))); err != nil {
		failure = deliveryProblem(c, err)
		result = "it was not taken"
	}
	ctx = context.WithoutCancel(ctx)
	entry := who.Did(o.now(), store.CategorySettings, "Sent a test message through the notification channel %q: %s.", c.Name, result)
	return failure, o.store.Record(ctx, entry, func(s *store.Store) error { return s.SetChannelResult(ctx, id, failure, o.now()) })
}
