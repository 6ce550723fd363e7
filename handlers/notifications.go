package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"seatbridge/billing/notify"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

func (s *server) listNotifications(w http.ResponseWriter, r *http.Request) error {
	channels, err := s.Billing.Outbox.Channels(r.Context())
	if err != nil {
		return err
	}
	page := views.NotificationsPage{LinksLack: s.BaseURL == nil && !s.Demo}
	for _, c := range channels {
		page.Channels = append(page.Channels, channelRow(c))
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionSettings, Title: "Notifications",
		Whole: func(l views.Layout) templ.Component { return views.Notifications(l, page) },
	})
}

func channelRow(c notify.Channel) views.ChannelRow {
	row := views.ChannelRow{
		ID: c.ID, Kind: string(c.Kind), Name: c.Name, Target: c.Host, Waiting: c.Waiting,
		Sent: c.SentAt, Problem: problemNotice(c.Problem), Failed: c.ErrorAt,
	}
	if c.Kind == store.ChannelEmail {
		row.Target = strings.Join(c.Mail.To, ", ")
	}
	for _, event := range c.Events {
		row.Events = append(row.Events, views.EventName(string(event)))
	}
	return row
}

func (s *server) newChannel(w http.ResponseWriter, r *http.Request) error {
	kind := web.OneOf(r.URL.Query().Get("kind"), notify.ChannelKinds()...)
	if kind == "" {
		return store.ErrNotFound
	}
	form := views.ChannelForm{Kind: string(kind), Events: eventNames(notify.DefaultEvents())}
	if kind == store.ChannelEmail {
		form.Port, form.Security = "587", string(store.MailStartTLS)
	}
	return s.renderChannel(w, r, http.StatusOK, form)
}

func (s *server) editChannel(w http.ResponseWriter, r *http.Request) error {
	channel, err := s.channel(r)
	if err != nil {
		return err
	}
	form := channelForm(channel.Channel)
	form.URLHost, form.HasSecret, form.Sign = channel.Host, channel.HasSecret, channel.HasSecret
	return s.renderChannel(w, r, http.StatusOK, form)
}

// channel is the one in the path, without its secrets.
func (s *server) channel(r *http.Request) (notify.Channel, error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return notify.Channel{}, err
	}
	return s.Billing.Outbox.Channel(r.Context(), id)
}

// channelForm is the form of a channel as far as it is no secret.
func channelForm(c store.Channel) views.ChannelForm {
	f := views.ChannelForm{
		ID: c.ID, Kind: string(c.Kind), Name: c.Name, Events: eventNames(c.Events),
		Host: c.Mail.Host, Security: string(c.Mail.Security), User: c.Mail.User, From: c.Mail.From, To: strings.Join(c.Mail.To, "\n"),
	}
	if c.Mail.Port != 0 {
		f.Port = strconv.Itoa(c.Mail.Port)
	}
	return f
}

func eventNames(events []store.Event) []string {
	var names []string
	for _, e := range events {
		names = append(names, string(e))
	}
	return names
}

func (s *server) renderChannel(w http.ResponseWriter, r *http.Request, status int, form views.ChannelForm) error {
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionSettings, Title: "Notification channel", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.ChannelEditor(l, form) },
	})
}

// channelInput is what the form of a channel sends.
type channelInput struct {
	store.Channel
	Sign     bool
	Port, To string // as typed
}

func parseChannel(r *http.Request) (channelInput, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return channelInput{}, nil, err
	}
	f, p := channelInput{Sign: web.Checked(r.PostForm, "sign")}, problem.Fields{}
	text := func(field string, longest int) string {
		value := web.Clean(r.PostForm.Get(field))
		if web.Length(value) > longest {
			p.Add(field, "Use at most "+strconv.Itoa(longest)+" characters.")
		}
		return web.Clip(value, longest)
	}
	f.Kind = web.OneOf(r.PostForm.Get("kind"), notify.ChannelKinds()...)
	f.Name, f.URL = text("name", problem.MaxName), text("url", maxURL)
	for _, event := range notify.Events() {
		if slices.Contains(r.PostForm["event"], string(event)) {
			f.Events = append(f.Events, event)
		}
	}
	f.Secret = r.PostForm.Get("secret")
	if f.Kind == store.ChannelEmail {
		f.Secret, f.Port, f.To = r.PostForm.Get("password"), text("port", 10), web.Clip(r.PostForm.Get("to"), maxRecipientsText)
		f.Mail = store.Mail{
			Host: text("host", problem.MaxName), Security: store.MailSecurity(text("security", 10)),
			User: text("user", problem.MaxName), From: text("from", problem.MaxEmail),
		}
		f.Mail.Port, _ = strconv.Atoi(f.Port) // 0 is no port, which the bridge says
		var bad []string
		if f.Mail.To, bad = parseEmails(f.To); len(bad) > 0 {
			p.Add("to", notEmails(bad))
		}
	}
	if web.Length(f.Secret) > web.MaxKey {
		p.Add("secret", "Use at most "+strconv.Itoa(web.MaxKey)+" characters.")
		p.Add("password", p["secret"])
	}
	return f, p, nil
}

// Longest texts of the form of a channel, in characters.
const (
	maxURL            = 2000
	maxRecipientsText = 10000
)

func (s *server) createChannel(w http.ResponseWriter, r *http.Request) error {
	input, problems, err := parseChannel(r)
	if err != nil {
		return err
	}
	if input.Kind == "" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Message: "Choose a kind of channel."}
	}
	return s.saveChannel(w, r, input, problems, views.ChannelForm{})
}

func (s *server) updateChannel(w http.ResponseWriter, r *http.Request) error {
	saved, err := s.channel(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	r.PostForm.Set("kind", string(saved.Kind)) // it never changes
	input, problems, err := parseChannel(r)
	if err != nil {
		return err
	}
	input.ID = saved.ID
	return s.saveChannel(w, r, input, problems, views.ChannelForm{URLHost: saved.Host, HasSecret: saved.HasSecret})
}

// secretName is the field of a channel's secret.
func secretName(kind store.ChannelKind) string {
	if kind == store.ChannelEmail {
		return "password"
	}
	return "secret"
}

// saveChannel saves the input or shows it again; saved says which secrets there are already.
func (s *server) saveChannel(
	w http.ResponseWriter, r *http.Request, input channelInput, problems problem.Fields, saved views.ChannelForm,
) error {
	if len(problems) == 0 {
		_, err := s.Billing.Outbox.SaveChannel(r.Context(), s.web.Actor(r), input.Channel, input.Sign)
		if err == nil {
			return s.web.Done(w, r, views.NotificationsPath, "Channel saved. Test sends a message through it.")
		}
		var invalid *problem.Invalid
		if !errors.As(err, &invalid) {
			return err
		}
		problems = map[string]string(invalid.Fields)
	}
	if saved.URLHost != "" && input.URL != "" {
		problems.Add("url", "Enter the new address again, too: it holds a secret and is not shown. Left empty, the saved one stays.")
	}
	form := channelForm(input.Channel)
	form.Port, form.To, form.Sign, form.Problems = input.Port, input.To, input.Sign, views.Problems(problems)
	form.URLHost, form.HasSecret = saved.URLHost, saved.HasSecret && problems[secretName(input.Kind)] == ""
	return s.renderChannel(w, r, http.StatusUnprocessableEntity, form)
}

func (s *server) deleteChannel(w http.ResponseWriter, r *http.Request) error {
	channel, err := s.channel(r)
	if err != nil {
		return err
	}
	if err := s.Billing.Outbox.DeleteChannel(r.Context(), s.web.Actor(r), channel.ID); err != nil {
		return err
	}
	return s.web.Done(w, r, views.NotificationsPath, "Deleted "+channel.Name+".")
}

// testChannel sends a test message. What came of it stands in the channel's row.
func (s *server) testChannel(w http.ResponseWriter, r *http.Request) error {
	channel, err := s.channel(r)
	if err != nil {
		return err
	}
	problem, err := s.Billing.Outbox.TestChannel(r.Context(), s.web.Actor(r), channel.ID)
	if err != nil {
		return err
	}
	if problem.Zero() {
		return s.web.Done(w, r, views.NotificationsPath, "The test message through "+channel.Name+" was taken.")
	}
	return web.Leave(w, r, views.NotificationsPath)
}
