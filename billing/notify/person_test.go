package notify

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/notify/notifytest"
	"seatbridge/store"
)

// TestMessageForOnePerson: it goes to his address of the moment, with his own reason, and to nobody else; to who was suspended or removed
// after it was made it is not sent, and the channel is not said to have taken anything.
func TestMessageForOnePerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(d *desk, u store.User)
		to     []string
	}{
		"as it was made":      {func(*desk, store.User) {}, []string{"ada@example.com"}},
		"with a new address":  {func(d *desk, u store.User) { u.Email = "ada@new.example"; d.must(d.store.UpdateUser(d.t.Context(), u)) }, []string{"ada@new.example"}},
		"suspended meanwhile": {func(d *desk, u store.User) { u.Status = store.Suspended; d.must(d.store.UpdateUser(d.t.Context(), u)) }, nil},
		"removed meanwhile":   {func(d *desk, u store.User) { d.must(d.store.DeleteUser(d.t.Context(), u.ID)) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := told(t)
			mailbox := notifytest.NewMailbox(t)
			channel := d.channel(store.Channel{Kind: store.ChannelEmail, Name: "Mail", Mail: store.Mail{
				Host: mailbox.Host, Port: mailbox.Port, Security: store.MailUnencrypted, From: "panel@example.com", To: []string{"team@example.com"},
			}}, false)
			u, err := d.store.CreateUser(t.Context(), store.User{Name: "Ada", Email: "ada@example.com", Role: store.Admin, Status: store.Active, CreatedAt: d.time()})
			d.must(err)
			d.must(store.DigestsIn(d.store).Choose(t.Context(), u.ID, store.Daily, "2026-10-01"))
			m := NewMessage(d.time(), "Digest", "All is well.")
			m.Chosen = true
			message, err := Pack(m)
			d.must(err)
			sent, err := store.DigestsIn(d.store).Send(t.Context(), store.DigestSent{
				Taker: store.DigestTaker{UserID: u.ID, Morning: "2026-10-02"}, Channel: channel, Message: message, At: d.time(),
			})
			if err != nil || !sent {
				t.Fatalf("sent %v, %v", sent, err)
			}
			c.change(d, u)
			d.Wake()
			d.quiet()
			var to []string
			for _, mail := range mailbox.Take() {
				to = append(to, mail.To...)
				notifytest.WantParts(t, mail.Text, "because you chose a digest in Seatbridge")
			}
			if diff := cmp.Diff(c.to, to); diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
			after, err := d.store.Channel(t.Context(), channel)
			if err != nil || after.SentAt.IsZero() != (c.to == nil) || !after.Problem.Zero() {
				t.Errorf("the channel is said to have taken one at %v, %+v, %v", after.SentAt, after.Problem, err)
			}
			if waiting, err := d.store.WaitingNotifications(t.Context()); err != nil || len(waiting) > 0 {
				t.Errorf("%v wait, %v", waiting, err)
			}
		})
	}
}

// TestLinkedFacts: a line of the table that has a page leads there, in each kind of channel.
func TestLinkedFacts(t *testing.T) {
	t.Parallel()
	f := Fact{Name: "Not <mapped>", Value: "2 & 1_new", URL: "https://panel.example.com/organizations?mapping=unmapped"}
	if got, want := slackFact(f).Text, "<https://panel.example.com/organizations?mapping=unmapped|Not &lt;mapped&gt;>: 2 &amp; 1_new"; got != want {
		t.Errorf("Slack: %q, want %q", got, want)
	}
	if got, want := teamsValue(f), `[2 & 1\_new](https://panel.example.com/organizations?mapping=unmapped)`; got != want {
		t.Errorf("Teams: %q, want %q", got, want)
	}
	notifytest.WantParts(t, mailText(Message{Title: "T", Facts: []Fact{f}}), "Not <mapped>: 2 & 1_new\n  https://panel.example.com/organizations?mapping=unmapped\n")
}
