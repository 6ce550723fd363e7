package digest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/notify"
	"seatbridge/billing/notify/notifytest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// walk is two weeks of mornings in a world, with a channel for each rhythm and people who chose one.
type walk struct {
	*billingtest.World
	t       *testing.T
	hooks   map[string]*notifytest.Receiver
	mailbox *notifytest.Mailbox
	got     map[string][]string // what came, by who and day: titles
}

// day is a message's day and title.
func (w *walk) note(who, title string) {
	w.got[who] = append(w.got[who], w.Time().Format("02 15:04 ")+title)
}

func newWalk(t *testing.T) *walk {
	w := &walk{
		World: billingtest.New(t), t: t, hooks: map[string]*notifytest.Receiver{}, mailbox: notifytest.NewMailbox(t), got: map[string][]string{},
	}
	_, agreement := w.Mapped("Acme", 5, store.Business)
	w.Sim.InvoiceThrough(agreement.ID, moment.At("2026-10-31"))
	w.Sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	w.Must(w.Books.ReadInvoices(t.Context()))
	w.Organization("Beta", 3, store.Business) // nobody mapped it
	for name, event := range map[string]store.Event{"daily": store.EventDigestDaily, "weekly": store.EventDigestWeekly} {
		w.hooks[name] = notifytest.NewReceiver(t)
		_, err := w.Outbox.SaveChannel(t.Context(), billingtest.Admin(),
			store.Channel{Kind: store.ChannelWebhook, Name: name, URL: w.hooks[name].URL, Events: []store.Event{event}}, false)
		w.Must(err)
	}
	return w
}

// mails adds a channel whose mail server sends what is for one person; it carries nothing itself.
func (w *walk) mails() {
	w.t.Helper()
	_, err := w.Outbox.SaveChannel(w.t.Context(), billingtest.Admin(), store.Channel{
		Kind: store.ChannelEmail, Name: "Mail", Mail: store.Mail{
			Host: w.mailbox.Host, Port: w.mailbox.Port, Security: store.MailUnencrypted, From: "panel@example.com", To: []string{"team@example.com"},
		},
	}, false)
	w.Must(err)
}

// person adds a member of the panel who chose a rhythm.
func (w *walk) person(name string, role store.Role, every store.Rhythm) store.User {
	w.t.Helper()
	u, err := w.Store.CreateUser(w.t.Context(), store.User{
		Name: name, Email: name + "@example.com", Role: role, Status: store.Active, CreatedAt: w.Time(),
	})
	w.Must(err)
	w.Must(w.Digests.Choose(w.t.Context(), problem.Actor{UserID: u.ID, Name: u.Email}, every))
	return u
}

// hour is the job at five past an hour, and what came of it.
func (w *walk) hour(day string, hour int) {
	w.t.Helper()
	w.SetTime(fmt.Sprintf("%s %02d:05:00", day, hour))
	w.Must(w.Digests.Morning(w.t.Context()))
	w.Work.Wait()
	for _, name := range slices.Sorted(maps.Keys(w.hooks)) {
		for _, m := range notifytest.Messages[notify.Message](w.t, w.hooks[name]) {
			w.note(name, m.Title)
		}
	}
	for _, m := range w.mailbox.Take() {
		_, subject, _ := strings.Cut(strings.ReplaceAll(m.Text, "\n ", " "), "Subject: ") // a header may be folded
		subject, _, _ = strings.Cut(subject, "\n")
		w.note(strings.Join(m.To, " "), subject)
	}
}

// TestTwoWeeks walks from Tuesday, 20 October 2026, to Tuesday, 3 November, hour by hour, through a server that is down in a morning, one
// that is started anew, and the day before invoices are made.
func TestTwoWeeks(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	for day := moment.At("2026-10-20"); day.Before(moment.At("2026-11-04")); day = day.AddDate(0, 0, 1) {
		today := day.Format(time.DateOnly)
		switch today {
		case "2026-10-23":
			w.SetTime("2026-10-23 05:00:00")
			w.Organization("Gamma", 2, store.Business)
		case "2026-10-27":
			w.SetTime("2026-10-27 05:00:00")
			w.Organization("Delta", 2, store.Business)
		case "2026-11-01":
			w.SetTime("2026-11-01 00:30:00")
			w.Must(w.Runs.RunDue(t.Context()))
		}
		for hour := range 24 {
			if day.Equal(moment.At("2026-10-20")) && hour < 13 || today == "2026-10-27" && hour < 15 {
				continue // not set up yet; down
			}
			w.hour(today, hour)
			if hour == 7 && today == "2026-10-29" || hour == 6 && today == "2026-10-30" {
				w.Impatient() // the server is started anew
			}
		}
	}
	want := map[string][]string{
		"daily": {
			"21 07:05 Digest of 21 October 2026: 1 new thing to look at",
			"23 07:05 Digest of 23 October 2026: 2 things to look at, 1 new",
			"27 15:05 Digest of 27 October 2026: 3 things to look at, 1 new",
			"31 07:05 Invoices are made tomorrow: 3 things to look at, nothing new",
			"01 07:05 Digest of 1 November 2026: 6 things to look at, 3 new",
		},
		"weekly": {
			"26 07:05 Digest of 26 October 2026: 2 new things to look at",
			"31 07:05 Invoices are made tomorrow: 3 things to look at, 1 new",
			"02 07:05 Digest of 2 November 2026: 6 things to look at, 3 new",
		},
	}
	if diff := cmp.Diff(want, w.got); diff != "" {
		t.Errorf("digests (-want +got):\n%s", diff)
	}
}

// TestPeople: each gets a mail of his own with what he may see; who chose none, was suspended or removed gets none.
func TestPeople(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	w.mails()
	_, err := w.Store.CreateOrganization(t.Context(), store.Organization{
		Name: "Trying", Plan: store.Business, License: store.Trial, Managed: true, CreatedAt: w.Time(), TrialEndsAt: moment.At("2026-10-29 12:00:00"),
	})
	w.Must(err)
	w.person("owner", store.Owner, store.Daily)
	w.person("tech", store.Technician, store.Daily)
	w.person("weekly", store.Admin, store.Weekly)
	gone, suspended := w.person("gone", store.Admin, store.Daily), w.person("suspended", store.Admin, store.Daily)
	w.person("none", store.Admin, "")
	w.Must(w.Store.DeleteUser(t.Context(), gone.ID))
	suspended.Status = store.Suspended
	w.Must(w.Store.UpdateUser(t.Context(), suspended))
	for _, day := range []string{"2026-10-20", "2026-10-21", "2026-10-22", "2026-10-23", "2026-10-24", "2026-10-25", "2026-10-26"} {
		for _, hour := range []int{13, 23} {
			w.hour(day, hour)
		}
	}
	delete(w.got, "daily")
	want := map[string][]string{
		"owner@example.com": {
			"21 13:05 [Seatbridge] Digest of 21 October 2026: 1 new thing to look at",
			"22 13:05 [Seatbridge] Digest of 22 October 2026: 2 things to look at, 1 new",
		},
		"tech@example.com":   {"22 13:05 [Seatbridge] Digest of 22 October 2026: 1 new thing to look at"},
		"weekly@example.com": {"26 13:05 [Seatbridge] Digest of 26 October 2026: 2 new things to look at"},
		"weekly":             {"26 13:05 Digest of 26 October 2026: 2 new things to look at"},
	}
	if diff := cmp.Diff(want, w.got); diff != "" {
		t.Errorf("digests (-want +got):\n%s", diff)
	}
}

// TestMessage looks at one: each figure with the moment of which it is and a link, no customer's name, and why somebody gets it.
func TestMessage(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	w.mails()
	w.person("owner", store.Owner, store.Daily)
	w.hour("2026-10-20", 13)
	w.SetTime("2026-10-21 08:05:00")
	w.Must(w.Digests.Morning(t.Context()))
	w.Work.Wait()
	mail := w.mailbox.Take()
	if len(mail) != 1 {
		t.Fatalf("%d mails", len(mail))
	}
	text := strings.ReplaceAll(mail[0].Text, "=\n", "")
	notifytest.WantParts(t, text,
		"Not mapped: 1 organization with billable seats", "new (as of 21 October 2026 at 08:05 UTC)",
		"https://panel.example.com/organizations?mapping=3Dunmapped", "This is the first digest", "because you chose a digest in Seatbridge",
	)
	if strings.Contains(text, "Beta") || strings.Contains(text, "administrator of Seatbridge entered your address") {
		t.Errorf("the mail says more than it should:\n%s", text)
	}
	posted := w.hooks["daily"].Take()
	if len(posted) != 1 {
		t.Fatalf("%d posted", len(posted))
	}
	notifytest.WantParts(t, posted[0].Body, `"events":["digest_daily"]`, `"digest":[{"kind":"unmapped","count":1,"new":1,`,
		`"as_of":"2026-10-21T08:05:00Z"`, `"url":"https://panel.example.com/organizations?mapping=unmapped"`)
}

// TestWithoutMail: nobody is left out for good who has no mail server to be sent through.
func TestWithoutMail(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	u := w.person("owner", store.Owner, store.Daily)
	choice, err := w.Digests.Choice(t.Context(), u.ID)
	w.Must(err)
	if choice.Mailed || choice.Every != store.Daily {
		t.Errorf("choice %+v", choice)
	}
	w.hour("2026-10-21", 8)
	if got := w.got["owner@example.com"]; got != nil {
		t.Errorf("sent without a mail server: %v", got)
	}
	w.mails()
	w.hour("2026-10-21", 9)
	if got := w.got["owner@example.com"]; len(got) != 1 {
		t.Errorf("got %v after a mail server was set up", got)
	}
}

// TestChoose keeps the choice with its entry in the log, and refuses what is no rhythm.
func TestChoose(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	u := w.person("owner", store.Owner, store.Daily)
	who := problem.Actor{UserID: u.ID, Name: u.Email}
	for _, every := range []store.Rhythm{store.Weekly, "", store.Daily} {
		w.Must(w.Digests.Choose(t.Context(), who, every))
		if c, err := w.Digests.Choice(t.Context(), u.ID); err != nil || c.Every != every {
			t.Errorf("chose %q, kept %q, %v", every, c.Every, err)
		}
	}
	if err := w.Digests.Choose(t.Context(), who, "hourly"); err == nil {
		t.Error("hourly was taken")
	}
	page, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Limit: 3})
	w.Must(err)
	var said []string
	for _, a := range page {
		said = append(said, a.Action)
	}
	want := []string{"Chose to get a digest every morning.", "Chose to get no digest.", "Chose to get a digest every Monday."}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("the log says (-want +got):\n%s", diff)
	}
}
