package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// ChannelKind is a way to reach people.
type ChannelKind string

// The kinds of channels.
const (
	ChannelEmail   ChannelKind = "email"
	ChannelWebhook ChannelKind = "webhook"
	ChannelSlack   ChannelKind = "slack"
	ChannelTeams   ChannelKind = "teams"
)

// Event is an occasion to tell people.
type Event string

// The events that a channel can be told.
const (
	EventMonthly     Event = "monthly"     // the monthly sync ended
	EventEnded       Event = "ended"       // any other sync ended
	EventFailed      Event = "failed"      // a sync could not be carried through
	EventOpen        Event = "open"        // changes of a sync were held, blocked or failed
	EventCredentials Event = "credentials" // ConnectWise PSA began to refuse the credentials
	EventUnmapped    Event = "unmapped"    // organizations with billable seats are not mapped at the month's end
	EventMonths      Event = "months"      // what is open of months: before the invoicing day, and when a late fact changed one
	// The digests, of which billing/digest decides when there is one.
	EventDigestDaily  Event = "digest_daily"  // what waits and what is new, each morning that there is something new
	EventDigestWeekly Event = "digest_weekly" // the same, on Mondays

	EventTest Event = "test" // somebody tries the channel; every channel is told
)

// MailSecurity is how the connection to a mail server is encrypted.
type MailSecurity string

// The kinds of encryption. Unencrypted mail is for a server on the same machine.
const (
	MailStartTLS    MailSecurity = "starttls"
	MailTLS         MailSecurity = "tls"
	MailUnencrypted MailSecurity = "none"
)

// Mail is how an e-mail channel sends.
type Mail struct {
	Host     string
	Port     int
	Security MailSecurity
	User     string // empty: without signing in
	From     string // address
	To       []string
}

// Channel is a place where people are told.
type Channel struct {
	ID        int64
	Kind      ChannelKind
	Name      string
	Events    []Event
	Mail      Mail   // ChannelEmail
	URL       string // where the other kinds post to; sealed at rest, because it holds a token
	Secret    string // the mail account's password, or the key that signs a webhook's messages; sealed at rest; empty: none
	CreatedAt time.Time
	SentAt    time.Time // last message that was taken
	Problem   Problem   // why the last message was not
	ErrorAt   time.Time // of Problem
	// AnyAddress says that the channel was saved before addresses were judged when they are dialled: it works wherever it leads.
	AnyAddress bool
}

// channelURLColumn and channelSecretColumn are bound to the sealed secrets.
const (
	channelURLColumn    = "notification_channels.url"
	channelSecretColumn = "notification_channels.secret"
)

const channelColumns = `c.id, c.kind, c.name, c.events, c.mail_host, c.mail_port, c.mail_security, c.mail_user, c.mail_from, c.mail_to,
	c.url_sealed, c.secret_sealed, c.created_at, c.sent_at, c.error_what, c.error_do, c.error_detail, c.error_at,
	c.any_address`

func (s *Store) scanChannel(row scanner) (c Channel, err error) {
	var address, secret []byte
	err = row.Scan(&c.ID, &c.Kind, &c.Name, fromJSON(&c.Events),
		&c.Mail.Host, &c.Mail.Port, &c.Mail.Security, &c.Mail.User, &c.Mail.From, fromJSON(&c.Mail.To),
		&address, &secret, moment(&c.CreatedAt), moment(&c.SentAt), &c.Problem.What, &c.Problem.Do, &c.Problem.Detail, moment(&c.ErrorAt),
		&c.AnyAddress)
	if err != nil {
		return Channel{}, err
	}
	if c.URL, err = s.opened(channelURLColumn, address); err != nil {
		return Channel{}, err
	}
	if c.Secret, err = s.opened(channelSecretColumn, secret); err != nil {
		return Channel{}, err
	}
	return c, nil
}

// Channels lists the channels in the order they were made.
func (s *Store) Channels(ctx context.Context) ([]Channel, error) {
	channels, err := list(ctx, s.from, s.scanChannel, `SELECT `+channelColumns+` FROM notification_channels c ORDER BY c.id`)
	return channels, doing("listing notification channels", err)
}

// Channel reads one channel.
func (s *Store) Channel(ctx context.Context, id int64) (Channel, error) {
	c, err := one(ctx, s.from, s.scanChannel, `SELECT `+channelColumns+` FROM notification_channels c WHERE c.id = $1`, id)
	return c, doing(fmt.Sprintf("reading notification channel %d", id), err)
}

// CreateChannel adds a channel and answers its id.
func (s *Store) CreateChannel(ctx context.Context, c Channel) (id int64, err error) {
	err = s.tx(ctx, "creating a notification channel", func(tx *sql.Tx) error {
		id, err = one(ctx, tx, scanValue[int64], `
			INSERT INTO notification_channels (kind, name, events, mail_host, mail_port, mail_security, mail_user, mail_from, mail_to,
				url_sealed, secret_sealed, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
			c.Kind, c.Name, asJSON{c.Events}, c.Mail.Host, c.Mail.Port, c.Mail.Security, c.Mail.User, c.Mail.From, asJSON{c.Mail.To},
			s.sealed(channelURLColumn, c.URL), s.sealed(channelSecretColumn, c.Secret), unix(c.CreatedAt))
		return err
	})
	return id, err
}

// UpdateChannel replaces what a channel is set to. Its kind stays, and so does what came of its messages.
func (s *Store) UpdateChannel(ctx context.Context, c Channel) error {
	return s.tx(ctx, fmt.Sprintf("updating notification channel %d", c.ID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE notification_channels SET name = $1, events = $2, mail_host = $3, mail_port = $4, mail_security = $5,
				mail_user = $6, mail_from = $7, mail_to = $8, url_sealed = $9, secret_sealed = $10, any_address = $11 WHERE id = $12`,
			c.Name, asJSON{c.Events}, c.Mail.Host, c.Mail.Port, c.Mail.Security, c.Mail.User, c.Mail.From, asJSON{c.Mail.To},
			s.sealed(channelURLColumn, c.URL), s.sealed(channelSecretColumn, c.Secret), c.AnyAddress, c.ID)
	})
}

// DeleteChannel removes a channel and what waits to be sent through it.
func (s *Store) DeleteChannel(ctx context.Context, id int64) error {
	return s.tx(ctx, fmt.Sprintf("deleting notification channel %d", id), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `DELETE FROM notification_channels WHERE id = $1`, id)
	})
}

// SetChannelResult notes what came of a message at the moment at: a zero problem means that it was taken.
func (s *Store) SetChannelResult(ctx context.Context, id int64, p Problem, at time.Time) error {
	return s.tx(ctx, fmt.Sprintf("noting the result of notification channel %d", id), func(tx *sql.Tx) error {
		return setChannelResult(ctx, tx, id, p, at)
	})
}

// setChannelResult does nothing where the channel was deleted meanwhile.
func setChannelResult(ctx context.Context, tx *sql.Tx, id int64, p Problem, at time.Time) error {
	sent, failed := at, time.Time{}
	if !p.Zero() {
		sent, failed = failed, at
	}
	_, err := exec(ctx, tx, `UPDATE notification_channels
		SET sent_at = COALESCE($1, sent_at), error_what = $2, error_do = $3, error_detail = $4, error_at = $5
		WHERE id = $6`, unix(sent), p.What, p.Do, p.Detail, unix(failed), id)
	return err
}

// A Topic is one thing that a message is about: an event, and what distinguishes it from others of its kind.
type Topic struct {
	Event Event
	Key   string
	Quiet time.Duration // for so long the topic is not told again; 0: as long as it is remembered
}

// topicMemory is how long it is remembered what was told.
const topicMemory = 400 * 24 * time.Hour

func (t Topic) name() string { return string(t.Event) + " " + t.Key }

func (t Topic) quietSince(now time.Time) time.Time {
	if t.Quiet == 0 {
		return now.Add(-topicMemory)
	}
	return now.Add(-t.Quiet)
}

// An Announcement is a message for every channel that wants to know one of its topics.
type Announcement struct {
	Once    string // a channel that was told under this name is told nothing; empty: does not matter
	Topics  []Topic
	Message string // JSON
	At      time.Time
}

// Announce puts a message into the outbox of every channel that is to be told, and says how many those are.
func (s *Store) Announce(ctx context.Context, a Announcement) (told int, err error) {
	err = s.tx(ctx, "announcing", func(tx *sql.Tx) error {
		told, err = announce(ctx, tx, a)
		return err
	})
	return told, err
}

// EndRun is UpdateRun and Announce in one: whatever happens, a run that has ended is announced, and no other.
func (s *Store) EndRun(ctx context.Context, r Run, a Announcement) (told int, err error) {
	err = s.tx(ctx, fmt.Sprintf("ending run %d", r.ID), func(tx *sql.Tx) error {
		if err := updateRun(ctx, tx, r); err != nil {
			return err
		}
		told, err = announce(ctx, tx, a)
		return err
	})
	return told, err
}

func announce(ctx context.Context, tx *sql.Tx, a Announcement) (told int, err error) {
	if len(a.Topics) == 0 {
		return 0, nil
	}
	if _, err := exec(ctx, tx, `DELETE FROM notification_topics WHERE told_at < $1`, unix(a.At.Add(-topicMemory))); err != nil {
		return 0, err
	}
	type channel struct {
		id     int64
		events []Event
	}
	scan := func(row scanner) (c channel, err error) {
		err = row.Scan(&c.id, fromJSON(&c.events))
		return c, err
	}
	channels, err := list(ctx, tx, scan, `SELECT id, events FROM notification_channels ORDER BY id`)
	if err != nil {
		return 0, err
	}
	for _, c := range channels {
		wanted := slices.DeleteFunc(slices.Clone(a.Topics), func(t Topic) bool { return !slices.Contains(c.events, t.Event) })
		fresh, err := anyFresh(ctx, tx, c.id, a, wanted)
		if err != nil {
			return 0, err
		}
		if !fresh {
			continue
		}
		if err := enqueue(ctx, tx, c.id, a, wanted); err != nil {
			return 0, err
		}
		told++
	}
	return told, nil
}

// anyFresh tells whether one of the topics is news to the channel.
func anyFresh(ctx context.Context, tx *sql.Tx, channelID int64, a Announcement, topics []Topic) (bool, error) {
	heard := func(topic string, since time.Time) (bool, error) {
		n, err := count(ctx, tx, `SELECT COUNT(*) FROM notification_topics WHERE channel_id = $1 AND topic = $2 AND told_at > $3`,
			channelID, topic, unix(since))
		return n > 0, err
	}
	if a.Once != "" {
		if before, err := heard(a.Once, a.At.Add(-topicMemory)); err != nil || before {
			return false, err
		}
	}
	for _, t := range topics {
		if before, err := heard(t.name(), t.quietSince(a.At)); err != nil || !before {
			return err == nil, err
		}
	}
	return false, nil
}

func enqueue(ctx context.Context, tx *sql.Tx, channelID int64, a Announcement, topics []Topic) error {
	if _, err := exec(ctx, tx, `INSERT INTO notifications (channel_id, message, created_at, due_at) VALUES ($1, $2, $3, $4)`,
		channelID, a.Message, unix(a.At), unix(a.At)); err != nil {
		return err
	}
	var names []string
	for _, t := range topics {
		names = append(names, t.name())
	}
	if a.Once != "" {
		names = append(names, a.Once)
	}
	for _, name := range names {
		if _, err := exec(ctx, tx, `INSERT INTO notification_topics (channel_id, topic, told_at) VALUES ($1, $2, $3)
			ON CONFLICT (channel_id, topic) DO UPDATE SET told_at = excluded.told_at`, channelID, name, unix(a.At)); err != nil {
			return err
		}
	}
	return nil
}

// Notification is a message in the outbox.
type Notification struct {
	ID        int64
	ChannelID int64
	UserID    int64  // the person whom it is for alone; 0: for all whom the channel reaches
	Message   string // JSON
	CreatedAt time.Time
	Tries     int // begun so far, the one in hand included
}

// ClaimNotification takes the next message that is due, for the caller to send before until: from then on it is due again,
// in case the caller died. ErrNotFound: none is due.
func (s *Store) ClaimNotification(ctx context.Context, now, until time.Time) (n Notification, err error) {
	scan := func(row scanner) (n Notification, err error) {
		var user sql.NullInt64
		err = row.Scan(&n.ID, &n.ChannelID, &user, &n.Message, moment(&n.CreatedAt), &n.Tries)
		n.UserID = user.Int64
		return n, err
	}
	err = s.tx(ctx, "claiming a notification", func(tx *sql.Tx) error {
		n, err = one(ctx, tx, scan, `UPDATE notifications SET tries = tries + 1, due_at = $1
			WHERE id = (SELECT id FROM notifications WHERE due_at <= $2 ORDER BY due_at, id LIMIT 1)
			RETURNING id, channel_id, user_id, message, created_at, tries`, unix(until), unix(now))
		return err
	})
	return n, err
}

// PostponeNotification puts a claimed message back, to be tried again at the moment due.
func (s *Store) PostponeNotification(ctx context.Context, id int64, due time.Time) error {
	return s.tx(ctx, fmt.Sprintf("postponing notification %d", id), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `UPDATE notifications SET due_at = $1 WHERE id = $2`, unix(due), id)
		return err
	})
}

// FinishNotification takes a message out of the outbox and notes on its channel what came of it: a zero problem means that
// it was taken, any other that it is given up.
func (s *Store) FinishNotification(ctx context.Context, n Notification, p Problem, at time.Time) error {
	return s.tx(ctx, fmt.Sprintf("finishing notification %d", n.ID), func(tx *sql.Tx) error {
		if _, err := exec(ctx, tx, `DELETE FROM notifications WHERE id = $1`, n.ID); err != nil {
			return err
		}
		return setChannelResult(ctx, tx, n.ChannelID, p, at)
	})
}

// NextNotification is when the next message is due: ErrNotFound when none waits.
func (s *Store) NextNotification(ctx context.Context) (time.Time, error) {
	scan := func(row scanner) (due time.Time, err error) {
		err = row.Scan(moment(&due))
		return due, err
	}
	due, err := one(ctx, s.from, scan, `SELECT due_at FROM notifications ORDER BY due_at, id LIMIT 1`)
	return due, doing("finding the next notification", err)
}

// WaitingNotifications counts the messages in the outbox by channel.
func (s *Store) WaitingNotifications(ctx context.Context) (map[int64]int, error) {
	type waiting struct {
		channel int64
		n       int
	}
	scan := func(row scanner) (w waiting, err error) {
		err = row.Scan(&w.channel, &w.n)
		return w, err
	}
	counts := map[int64]int{}
	for w, err := range each(ctx, s.from, scan, `SELECT channel_id, COUNT(*) FROM notifications GROUP BY channel_id`) {
		if err != nil {
			return nil, doing("counting waiting notifications", err)
		}
		counts[w.channel] = w.n
	}
	return counts, nil
}
