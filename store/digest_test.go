package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDigests keeps choices and what was said, gives a morning's digest once, and lists who gets one.
func TestDigests(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	d := DigestsIn(s)
	user := func(email string, status MemberStatus) int64 {
		u, err := s.CreateUser(t.Context(), User{Name: email, Email: email, Role: Admin, Status: status, CreatedAt: t0})
		check(t, err)
		return u.ID
	}
	ada, bob := user("ada@example.com", Active), user("bob@example.com", Suspended)
	mail, err := s.CreateChannel(t.Context(), Channel{Kind: ChannelEmail, Name: "Mail", Events: []Event{EventFailed}, CreatedAt: t0})
	check(t, err)
	both, err := s.CreateChannel(t.Context(), Channel{Kind: ChannelSlack, Name: "Ops", Events: []Event{EventDigestWeekly, EventDigestDaily}, CreatedAt: t0})
	check(t, err)
	for _, id := range []int64{ada, bob} {
		check(t, d.Choose(t.Context(), id, Weekly, "2026-10-20"))
	}
	check(t, d.Choose(t.Context(), ada, Daily, "2026-10-25")) // changes how often, and not what was said when
	takers := func() []DigestTaker {
		list, err := d.Takers(t.Context())
		check(t, err)
		return list
	}
	want := []DigestTaker{
		{UserID: ada, Role: Admin, Every: Daily, Morning: "2026-10-20", Said: []string{}},
		{ChannelID: both, Every: Daily, Said: []string{}},
	}
	if diff := cmp.Diff(want, takers()); diff != "" {
		t.Errorf("takers (-want +got):\n%s", diff)
	}
	send := func(taker DigestTaker, message string, wanted bool) {
		t.Helper()
		sent, err := d.Send(t.Context(), DigestSent{Taker: taker, Channel: mail, Message: message, At: t0})
		if err != nil || sent != wanted {
			t.Errorf("sent %v, %v, want %v", sent, err, wanted)
		}
	}
	send(DigestTaker{UserID: ada, Morning: "2026-10-21", Said: []string{"a"}}, "{}", true)
	send(DigestTaker{UserID: ada, Morning: "2026-10-21", Said: []string{"b"}}, "{}", false)
	send(DigestTaker{UserID: ada, Morning: "2026-10-20"}, "{}", false)
	send(DigestTaker{UserID: 999, Morning: "2026-10-21"}, "{}", false)
	send(DigestTaker{ChannelID: both, Morning: "2026-10-21", Said: []string{"c"}}, "", true)
	send(DigestTaker{ChannelID: both, Morning: "2026-10-21"}, "{}", false)
	want = []DigestTaker{
		{UserID: ada, Role: Admin, Every: Daily, Morning: "2026-10-21", Said: []string{"a"}, SaidAt: t0},
		{ChannelID: both, Every: Daily, Morning: "2026-10-21", Said: []string{"c"}}, // nothing was sent
	}
	if diff := cmp.Diff(want, takers()); diff != "" {
		t.Errorf("takers afterwards (-want +got):\n%s", diff)
	}
	waiting, err := s.WaitingNotifications(t.Context())
	if diff := cmp.Diff(map[int64]int{mail: 1}, waiting); err != nil || diff != "" {
		t.Errorf("in the outbox (-want +got):\n%s %v", diff, err)
	}
	n, err := s.ClaimNotification(t.Context(), t0, t0.Add(1))
	if err != nil || n.UserID != ada {
		t.Errorf("claimed %+v, %v", n, err)
	}
	c, err := s.Channel(t.Context(), both)
	check(t, err)
	check(t, d.Forget(t.Context())) // it carries one still
	if got := takers()[1].Morning; got != "2026-10-21" {
		t.Errorf("what a channel said is forgotten: %q", got)
	}
	for _, events := range [][]Event{{EventFailed}, {EventDigestWeekly}} {
		c.Events = events
		check(t, s.UpdateChannel(t.Context(), c))
		check(t, d.Forget(t.Context()))
	}
	if diff := cmp.Diff(DigestTaker{ChannelID: both, Every: Weekly, Said: []string{}}, takers()[1]); diff != "" {
		t.Errorf("a channel that began anew (-want +got):\n%s", diff)
	}
	check(t, d.Choose(t.Context(), ada, "", ""))
	if every, err := d.Choice(t.Context(), ada); err != nil || every != "" {
		t.Errorf("chose %q, %v", every, err)
	}
	check(t, s.DeleteUser(t.Context(), ada)) // takes along what waits for him
	if waiting, err := s.WaitingNotifications(t.Context()); err != nil || len(waiting) > 0 {
		t.Errorf("%v still wait, %v", waiting, err)
	}
}
