package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const hookURL = "https://hooks.example.com/services/T0/B0/very-secret-token"

func newChannel(t testing.TB, s *Store, name string, events ...Event) Channel {
	t.Helper()
	c := Channel{Kind: ChannelSlack, Name: name, Events: events, URL: hookURL, CreatedAt: t0}
	c.ID = must[int64](t)(s.CreateChannel(t.Context(), c))
	return c
}

func TestChannels(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	want := Channel{
		Kind: ChannelEmail, Name: "Finance", Events: []Event{EventMonthly, EventFailed}, Secret: "mail password", CreatedAt: t0,
		Mail: Mail{Host: "mail.example.com", Port: 587, Security: MailStartTLS, User: "panel", From: "panel@example.com", To: []string{"a@example.com", "b@example.com"}},
	}
	want.ID = must[int64](t)(s.CreateChannel(t.Context(), want))
	same(t, must[Channel](t)(s.Channel(t.Context(), want.ID)), want)

	want.Name, want.Mail.Host, want.Secret, want.Events = "Finance team", "smtp.example.com", "another", nil
	check(t, s.UpdateChannel(t.Context(), want))
	problem := Problem{What: "The mail server refused the password.", Do: "Enter it again.", Detail: "535"}
	check(t, s.SetChannelResult(t.Context(), want.ID, Problem{}, t0.Add(time.Hour)))
	check(t, s.SetChannelResult(t.Context(), want.ID, problem, t0.Add(2*time.Hour)))
	want.SentAt, want.Problem, want.ErrorAt = t0.Add(time.Hour), problem, t0.Add(2*time.Hour)
	same(t, must[[]Channel](t)(s.Channels(t.Context())), []Channel{want})

	check(t, s.SetChannelResult(t.Context(), want.ID, Problem{}, t0.Add(3*time.Hour)))
	want.SentAt, want.Problem, want.ErrorAt = t0.Add(3*time.Hour), Problem{}, time.Time{}
	same(t, must[Channel](t)(s.Channel(t.Context(), want.ID)), want)

	check(t, s.DeleteChannel(t.Context(), want.ID))
	wantErr(t, s.DeleteChannel(t.Context(), want.ID), ErrNotFound)
	wantErr(t, s.UpdateChannel(t.Context(), want), ErrNotFound)
	_, err := s.Channel(t.Context(), want.ID)
	wantErr(t, err, ErrNotFound)
	check(t, s.SetChannelResult(t.Context(), want.ID, problem, t0)) // a message may still be under way
}

func TestChannelSecretsAreSealed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sealed.db")
	s := openAt(t, path)
	c := newChannel(t, s, "Ops")
	c.Secret = "signing-secret-0123456789"
	check(t, s.UpdateChannel(t.Context(), c))
	for _, file := range must[[]string](t)(filepath.Glob(path + "*")) {
		content := must[[]byte](t)(os.ReadFile(file))
		for _, secret := range []string{"very-secret-token", "hooks.example.com", c.Secret} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s has %q in the clear", filepath.Base(file), secret)
			}
		}
	}
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	all := newChannel(t, s, "all", EventEnded, EventFailed, EventCredentials)
	failures := newChannel(t, s, "failures", EventFailed)
	newChannel(t, s, "nothing")
	told := func(want int, after time.Duration, once string, topics ...Topic) {
		t.Helper()
		got := must[int](t)(s.Announce(t.Context(), Announcement{Once: once, Topics: topics, Message: "{}", At: t0.Add(after)}))
		if got != want {
			t.Errorf("%s %v after %s: %d channels told, want %d", once, topics, after, got, want)
		}
	}
	told(0, 0, "run 0")
	told(1, 0, "run 1", Topic{Event: EventEnded, Key: "run 1"})
	told(0, time.Hour, "run 1", Topic{Event: EventEnded, Key: "run 1"})
	told(1, time.Hour, "run 1", Topic{Event: EventFailed, Key: "run 1"}) // only who was not told about this run

	daily := Topic{Event: EventFailed, Key: "keys refused", Quiet: 24 * time.Hour}
	told(2, 0, "run 2", daily)
	told(0, 24*time.Hour-time.Second, "run 3", daily)
	told(1, 24*time.Hour-time.Second, "run 4", daily, Topic{Event: EventCredentials, Key: "keys refused"})
	told(1, 24*time.Hour, "run 5", daily) // the other heard it a second ago
	told(2, 48*time.Hour, "run 6", daily)

	same(t, must[map[int64]int](t)(s.WaitingNotifications(t.Context())), map[int64]int{all.ID: 4, failures.ID: 4})
	check(t, s.DeleteChannel(t.Context(), all.ID))
	same(t, must[map[int64]int](t)(s.WaitingNotifications(t.Context())), map[int64]int{failures.ID: 4})
	told(1, topicMemory+time.Hour, "run 1", Topic{Event: EventFailed, Key: "run 1"}) // forgotten by then
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	s := must[*Store](t)(Open(t.Context(), path, testKey))
	c := newChannel(t, s, "Ops", EventTest)
	_, err := s.NextNotification(t.Context())
	wantErr(t, err, ErrNotFound)
	announce := func(message string, at time.Time) {
		t.Helper()
		must[int](t)(s.Announce(t.Context(), Announcement{Topics: []Topic{{Event: EventTest, Key: message}}, Message: message, At: at}))
	}
	announce(`"first"`, t0)
	announce(`"second"`, t0.Add(time.Second))
	_, err = s.ClaimNotification(t.Context(), t0.Add(-time.Second), t0)
	wantErr(t, err, ErrNotFound)

	lease := t0.Add(time.Minute)
	first := must[Notification](t)(s.ClaimNotification(t.Context(), t0, lease))
	same(t, first, Notification{ID: first.ID, ChannelID: c.ID, Message: `"first"`, CreatedAt: t0, Tries: 1})
	check(t, s.Close()) // the process dies while it sends

	s = openAt(t, path)
	second := must[Notification](t)(s.ClaimNotification(t.Context(), t0.Add(2*time.Second), lease))
	same(t, second.Message, `"second"`)
	_, err = s.ClaimNotification(t.Context(), t0.Add(3*time.Second), lease)
	wantErr(t, err, ErrNotFound)
	same(t, must[time.Time](t)(s.NextNotification(t.Context())), lease)
	again := must[Notification](t)(s.ClaimNotification(t.Context(), lease, lease.Add(time.Minute)))
	same(t, []any{again.ID, again.Tries}, []any{first.ID, 2})

	check(t, s.FinishNotification(t.Context(), again, Problem{}, lease))
	same(t, must[Channel](t)(s.Channel(t.Context(), c.ID)).SentAt, lease)
	check(t, s.PostponeNotification(t.Context(), second.ID, lease.Add(time.Hour)))
	same(t, must[time.Time](t)(s.NextNotification(t.Context())), lease.Add(time.Hour))
	gaveUp := Problem{What: "It does not answer."}
	check(t, s.FinishNotification(t.Context(), second, gaveUp, lease))
	same(t, must[Channel](t)(s.Channel(t.Context(), c.ID)).Problem, gaveUp)
	_, err = s.NextNotification(t.Context())
	wantErr(t, err, ErrNotFound)
}

func TestEndRun(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	newChannel(t, s, "Ops", EventEnded)
	r := must[Run](t)(s.CreateRun(t.Context(), Run{Kind: RunManual, Month: "2026-03", Status: RunRunning, StartedAt: t0}))
	r.Status, r.EndedAt = RunDone, t0
	a := Announcement{Once: "run", Topics: []Topic{{Event: EventEnded, Key: "run"}}, Message: "{}", At: t0}

	unknown := r
	unknown.ID = 99
	_, err := s.EndRun(t.Context(), unknown, a)
	wantErr(t, err, ErrNotFound)
	_, err = s.NextNotification(t.Context())
	wantErr(t, err, ErrNotFound) // what did not end is not announced

	same(t, must[int](t)(s.EndRun(t.Context(), r, a)), 1)
	same(t, must[Run](t)(s.Run(t.Context(), r.ID)), r)
}

// Nothing of the outbox is looked for by reading a whole table.
func TestNotificationPlans(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for _, query := range []string{
		`SELECT due_at FROM notifications ORDER BY due_at, id LIMIT 1`,
		`SELECT id FROM notifications WHERE due_at <= 5 ORDER BY due_at, id LIMIT 1`,
		`SELECT COUNT(*) FROM notification_topics WHERE channel_id = 1 AND topic = 'x' AND told_at > 5`,
		`DELETE FROM notification_topics WHERE told_at < 5`,
	} {
		scan := func(row scanner) (detail string, err error) {
			var id, parent, unused int
			err = row.Scan(&id, &parent, &unused, &detail)
			return detail, err
		}
		for _, step := range must[[]string](t)(list(t.Context(), s.writer, scan, `EXPLAIN QUERY PLAN `+query)) {
			if !bytes.Contains([]byte(step), []byte("INDEX")) || bytes.Contains([]byte(step), []byte("TEMP B-TREE")) {
				t.Errorf("%s: %s", query, step)
			}
		}
	}
}
