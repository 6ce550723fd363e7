package store

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Rhythm is how often somebody gets a digest.
type Rhythm string

// The rhythms. The zero value is never.
const (
	Daily  Rhythm = "daily"  // every morning on which there is something new
	Weekly Rhythm = "weekly" // every Monday
)

// A DigestTaker is a member of the panel or a channel that gets digests.
type DigestTaker struct {
	UserID    int64 // 0: a channel
	ChannelID int64 // 0: a person
	Role      Role  // of the person
	Every     Rhythm
	Morning   string    // the last day, in UTC, whose digest was sent or found to be none; empty: it was never looked for
	Said      []string  // the names of what stood then
	SaidAt    time.Time // when one was sent last; zero: never
}

// Digests keeps who gets digests, and what they said last.
type Digests struct{ store *Store }

// DigestsIn are those of a store.
func DigestsIn(s *Store) Digests { return Digests{s} }

// Choice is how often a person wants a digest; empty: never.
func (d Digests) Choice(ctx context.Context, userID int64) (Rhythm, error) {
	chosen, err := list(ctx, d.store.from, scanValue[Rhythm], `SELECT every FROM digests WHERE user_id = $1`, userID)
	if err != nil || len(chosen) == 0 {
		return "", doing("reading how often a digest is sent", err)
	}
	return chosen[0], nil
}

// Choose keeps how often a person wants a digest; empty: never. The first is that of the morning after a day.
func (d Digests) Choose(ctx context.Context, userID int64, every Rhythm, day string) error {
	return d.store.tx(ctx, "choosing how often a digest is sent", func(tx *sql.Tx) error {
		if every == "" {
			_, err := exec(ctx, tx, `DELETE FROM digests WHERE user_id = $1`, userID)
			return err
		}
		_, err := exec(ctx, tx, `INSERT INTO digests (user_id, every, morning) VALUES ($1, $2, $3)
			ON CONFLICT (user_id) DO UPDATE SET every = excluded.every`, userID, every, day)
		return err
	})
}

// Takers are the active people who chose a digest, and the channels that carry one, whichever of its rhythms comes more often.
func (d Digests) Takers(ctx context.Context) (takers []DigestTaker, err error) {
	err = d.store.snapshot(ctx, "listing who gets a digest", func(tx *sql.Tx) error {
		people := func(row scanner) (t DigestTaker, err error) {
			err = row.Scan(&t.UserID, &t.Role, &t.Every, &t.Morning, fromJSON(&t.Said), moment(&t.SaidAt))
			return t, err
		}
		if takers, err = list(ctx, tx, people, `SELECT u.id, u.role, d.every, d.morning, d.said, d.said_at
			FROM digests d JOIN users u ON u.id = d.user_id WHERE u.status = 'active' ORDER BY u.id`); err != nil {
			return err
		}
		channels := func(row scanner) (t DigestTaker, err error) {
			var events []Event
			err = row.Scan(&t.ChannelID, fromJSON(&events), &t.Morning, fromJSON(&t.Said), moment(&t.SaidAt))
			t.Every = rhythmOf(events)
			return t, err
		}
		all, err := list(ctx, tx, channels, `SELECT c.id, c.events, COALESCE(d.morning, ''), COALESCE(d.said, '[]'), d.said_at
			FROM notification_channels c LEFT JOIN digests d ON d.channel_id = c.id ORDER BY c.id`)
		takers = append(takers, slices.DeleteFunc(all, func(t DigestTaker) bool { return t.Every == "" })...)
		return err
	})
	return takers, err
}

// Forget forgets what channels said that carry none any more: one that begins anew is told of everything, from the next morning on.
func (d Digests) Forget(ctx context.Context) error {
	former := func(row scanner) (id int64, err error) {
		var events []Event
		if err := row.Scan(&id, fromJSON(&events)); err != nil || rhythmOf(events) != "" {
			return 0, err
		}
		return id, nil
	}
	ids, err := list(ctx, d.store.from, former,
		`SELECT c.id, c.events FROM digests d JOIN notification_channels c ON c.id = d.channel_id`)
	ids = slices.DeleteFunc(ids, func(id int64) bool { return id == 0 })
	if err != nil || len(ids) == 0 {
		return doing("looking for channels without digests", err)
	}
	return d.store.tx(ctx, "forgetting digests", func(tx *sql.Tx) error {
		for _, id := range ids {
			if _, err := exec(ctx, tx, `DELETE FROM digests WHERE channel_id = $1`, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// rhythmOf is how often a channel with such events carries a digest.
func rhythmOf(events []Event) Rhythm {
	switch {
	case slices.Contains(events, EventDigestDaily):
		return Daily
	case slices.Contains(events, EventDigestWeekly):
		return Weekly
	}
	return ""
}

// A DigestSent is a digest that was made, or found to say nothing.
type DigestSent struct {
	Taker   DigestTaker // with the morning that it is of, and what stood then
	Channel int64       // that carries it: its own, or of a person the one whose mail server sends it
	Message string      // JSON; empty: nothing is sent
	At      time.Time
}

// Send puts a digest into the outbox and keeps what it said, in one: whatever happens, nobody gets that of a morning twice. sent is
// false where this morning's was looked for already, by whomever, and for who does not take one any more.
func (d Digests) Send(ctx context.Context, s DigestSent) (sent bool, err error) {
	err = d.store.tx(ctx, "sending a digest", func(tx *sql.Tx) error {
		if sent, err = keepDigest(ctx, tx, s); err != nil || !sent || s.Message == "" {
			return err
		}
		_, err = exec(ctx, tx, `INSERT INTO notifications (channel_id, user_id, message, created_at, due_at) VALUES ($1, $2, $3, $4, $5)`,
			s.Channel, sql.NullInt64{Int64: s.Taker.UserID, Valid: s.Taker.UserID != 0}, s.Message, unix(s.At), unix(s.At))
		return err
	})
	return sent && err == nil, err
}

func keepDigest(ctx context.Context, tx *sql.Tx, s DigestSent) (kept bool, err error) {
	said := sql.NullInt64{Int64: s.At.Unix(), Valid: s.Message != ""}
	t := s.Taker
	if t.UserID != 0 {
		n, err := exec(ctx, tx, `UPDATE digests SET morning = $1, said = $2, said_at = COALESCE($3, said_at) WHERE user_id = $4 AND morning < $5`,
			t.Morning, asJSON{t.Said}, said, t.UserID, t.Morning)
		return n > 0, err
	}
	n, err := exec(ctx, tx, `INSERT INTO digests (channel_id, morning, said, said_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (channel_id) DO UPDATE SET morning = excluded.morning, said = excluded.said, said_at = COALESCE(excluded.said_at, said_at)
		WHERE morning < excluded.morning`, t.ChannelID, t.Morning, asJSON{t.Said}, said)
	return n > 0, err
}

// Drop takes a message for one person out of the outbox unsent: he does not get any more. It says nothing of the channel.
func (d Digests) Drop(ctx context.Context, n Notification) error {
	return d.store.tx(ctx, "dropping a digest", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM notifications WHERE id = $1 AND user_id IS NOT NULL`, n.ID)
		return err
	})
}

// Spoke is when each source of usage reports spoke last, in UTC, by its name.
func (d Digests) Spoke(ctx context.Context) (map[string]time.Time, error) {
	type last struct {
		source string
		at     time.Time
	}
	scan := func(row scanner) (l last, err error) {
		err = row.Scan(&l.source, moment(&l.at))
		return l, err
	}
	all, err := list(ctx, d.store.from, scan, `SELECT source, MAX(reported_at) FROM usage_reports GROUP BY source`)
	spoke := map[string]time.Time{}
	for _, l := range all {
		spoke[l.source] = l.at
	}
	return spoke, doing("finding when sources spoke last", err)
}
