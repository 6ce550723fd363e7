package store

import (
	"context"
	"database/sql"
	"time"
)

// HandEdits says what a sync does with a quantity that somebody changed in ConnectWise by hand.
type HandEdits string

// Overwrite writes the seats over the hand edit, as the guide has it; Hold waits for a person.
const (
	Overwrite HandEdits = "overwrite"
	Hold      HandEdits = "hold"
)

// Settings are the panel's own.
type Settings struct {
	MSPName   string
	Pending   []PendingRule // in the order of their months
	Sources   []SourceOrder // in the order of their months
	HandEdits HandEdits
	Holds     Holds
	Months    Months
}

// Months says when the month before is written and what becomes of it then.
type Months struct {
	SyncDay       int       // the day of the month, 1 to 28, in UTC
	SyncHour      int       // the hour, 0 to 23, in UTC: the sync begins at half past
	SyncSetAt     time.Time // when somebody chose day and hour last; zero: nobody did
	RemindDays    int       // how many days before the next invoicing day what is open is told; 0: never
	CloseByItself bool
	NextInvoice   bool  // a difference of a month that ended can be put on the next invoice, as a line that is billed once
	HostedLast    Month // the last month that another integration wrote; empty: none did, as far as known
}

// PendingRule says whether seats pending at the end of a month are counted, from a month on until the next rule's
// (docs/billing-rules.md section 2, rule 5). Before the first rule they are not.
type PendingRule struct {
	From    Month // empty: before all months
	Counted bool
}

// SourceOrder says in which order the sources of figures are believed, the first one first, from a month on until the next order's
// (docs/billing-rules.md section 2, "Which figure wins"). Before the first one it is the default.
type SourceOrder struct {
	From    Month    // empty: before all months
	Sources []string // as seats.Source names them
}

// Holds says which changes wait for a person's approval (docs/design.md section 5, "Held"). All but First, Negative, Found and Terms
// are measured on the sum of what belongs together.
type Holds struct {
	Zero        bool // nothing would be billed any more
	First       bool // the first write on a line that Seatbridge did not create
	Lower       Step // a fall
	Higher      Step // a rise
	Seats       int  // more or fewer by more than so many seats; 0: off
	Decrease    bool // any fall
	Negative    bool // ConnectWise would bill a negative quantity
	ManyLines   int  // so many lines of a run or more go down; 0: off
	ManyPercent int  // and these are more than so many percent of those that it knows; 0: off
	SourceZero  bool // a source of figures says only zeros
	Disputed    bool // another source of figures says more than the one that lowers a line
	Found       bool // something says that the seats are billed elsewhere
	Terms       bool // terms that decide whether a quantity becomes money are unusual, and nobody confirmed them
}

// Step is how large a fall or a rise waits: one of at least so many percent and at least so many seats. Either 0: off.
type Step struct{ Percent, Seats int }

// Off says that no step waits for its size.
func (s Step) Off() bool { return s.Percent == 0 || s.Seats == 0 }

// Settings reads the settings; a new database has defaults.
func (s *Store) Settings(ctx context.Context) (settings Settings, err error) {
	err = s.snapshot(ctx, "reading settings", func(tx *sql.Tx) error {
		settings, err = one(ctx, tx, scanSettings, `
			SELECT msp_name, hand_edits, hold_zero, hold_first,
				COALESCE(hold_lower_percent, 0), COALESCE(hold_lower_seats, 0), COALESCE(hold_higher_percent, 0), COALESCE(hold_higher_seats, 0),
				COALESCE(hold_seats, 0), hold_decrease, hold_negative, COALESCE(hold_many_lines, 0), COALESCE(hold_many_percent, 0),
				hold_source_zero, hold_disputed, hold_found, hold_terms, sync_day, sync_hour, sync_set_at, remind_days, close_months, next_invoice,
				hosted_last
			FROM settings WHERE id = 1`)
		if err != nil {
			return err
		}
		if settings.Pending, err = list(ctx, tx, scanPendingRule, `SELECT month, counted FROM pending_rules ORDER BY month`); err != nil {
			return err
		}
		settings.Sources, err = list(ctx, tx, scanSourceOrder, `SELECT month, sources FROM source_orders ORDER BY month`)
		return err
	})
	return settings, err
}

func scanPendingRule(row scanner) (r PendingRule, err error) {
	err = row.Scan(&r.From, &r.Counted)
	return r, err
}

func scanSourceOrder(row scanner) (o SourceOrder, err error) {
	err = row.Scan(&o.From, fromJSON(&o.Sources))
	return o, err
}

// UpdateSettings replaces the settings.
func (s *Store) UpdateSettings(ctx context.Context, settings Settings) error {
	return s.tx(ctx, "updating settings", func(tx *sql.Tx) error {
		if err := updateSettings(ctx, tx, settings); err != nil {
			return err
		}
		if err := replacePendingRules(ctx, tx, settings.Pending); err != nil {
			return err
		}
		return replaceSourceOrders(ctx, tx, settings.Sources)
	})
}

func updateSettings(ctx context.Context, tx *sql.Tx, settings Settings) error {
	h, m := settings.Holds, settings.Months
	return execOne(ctx, tx, `UPDATE settings SET msp_name = $1, hand_edits = $2, hold_zero = $3, hold_first = $4,
			hold_lower_percent = $5, hold_lower_seats = $6, hold_higher_percent = $7, hold_higher_seats = $8,
			hold_seats = $9, hold_decrease = $10, hold_negative = $11, hold_many_lines = $12, hold_many_percent = $13,
			hold_source_zero = $14, hold_disputed = $15, hold_found = $16, hold_terms = $17,
			sync_day = $18, sync_hour = $19, sync_set_at = $20, remind_days = $21, close_months = $22,
			next_invoice = $23, hosted_last = $24 WHERE id = 1`,
		settings.MSPName, settings.HandEdits, h.Zero, h.First,
		orNull(h.Lower.Percent), orNull(h.Lower.Seats), orNull(h.Higher.Percent), orNull(h.Higher.Seats),
		orNull(h.Seats), h.Decrease, h.Negative, orNull(h.ManyLines), orNull(h.ManyPercent),
		h.SourceZero, h.Disputed, h.Found, h.Terms, m.SyncDay, m.SyncHour, unix(m.SyncSetAt), m.RemindDays, m.CloseByItself, m.NextInvoice,
		m.HostedLast)
}

func replacePendingRules(ctx context.Context, tx *sql.Tx, rules []PendingRule) error {
	if _, err := exec(ctx, tx, `DELETE FROM pending_rules`); err != nil {
		return err
	}
	for _, r := range rules {
		if _, err := exec(ctx, tx, `INSERT INTO pending_rules (month, counted) VALUES ($1, $2)`, r.From, r.Counted); err != nil {
			return err
		}
	}
	return nil
}

func replaceSourceOrders(ctx context.Context, tx *sql.Tx, orders []SourceOrder) error {
	if _, err := exec(ctx, tx, `DELETE FROM source_orders`); err != nil {
		return err
	}
	for _, o := range orders {
		if _, err := exec(ctx, tx, `INSERT INTO source_orders (month, sources) VALUES ($1, $2)`, o.From, asJSON{o.Sources}); err != nil {
			return err
		}
	}
	return nil
}

func scanSettings(row scanner) (s Settings, err error) {
	h, m := &s.Holds, &s.Months
	err = row.Scan(&s.MSPName, &s.HandEdits, &h.Zero, &h.First,
		&h.Lower.Percent, &h.Lower.Seats, &h.Higher.Percent, &h.Higher.Seats,
		&h.Seats, &h.Decrease, &h.Negative, &h.ManyLines, &h.ManyPercent, &h.SourceZero, &h.Disputed, &h.Found, &h.Terms,
		&m.SyncDay, &m.SyncHour, moment(&m.SyncSetAt), &m.RemindDays, &m.CloseByItself, &m.NextInvoice, &m.HostedLast)
	return s, err
}
