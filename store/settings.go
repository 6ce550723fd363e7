package store

import (
	"context"
	"database/sql"
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
	MSPName      string
	CountPending bool // docs/billing-rules.md section 2, rule 5
	HandEdits    HandEdits
	Holds        Holds
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
	Found       bool // something says that the seats are billed elsewhere
	Terms       bool // terms that decide whether a quantity becomes money are unusual, and nobody confirmed them
}

// Step is how large a fall or a rise waits: one of at least so many percent and at least so many seats. Either 0: off.
type Step struct{ Percent, Seats int }

// Off says that no step waits for its size.
func (s Step) Off() bool { return s.Percent == 0 || s.Seats == 0 }

// Settings reads the settings; a new database has defaults.
func (s *Store) Settings(ctx context.Context) (Settings, error) {
	settings, err := one(ctx, s.from, scanSettings, `
		SELECT msp_name, count_pending, hand_edits, hold_zero, hold_first,
			COALESCE(hold_lower_percent, 0), COALESCE(hold_lower_seats, 0), COALESCE(hold_higher_percent, 0), COALESCE(hold_higher_seats, 0),
			COALESCE(hold_seats, 0), hold_decrease, hold_negative, COALESCE(hold_many_lines, 0), COALESCE(hold_many_percent, 0),
			hold_source_zero, hold_found, hold_terms
		FROM settings WHERE id = 1`)
	return settings, doing("reading settings", err)
}

// UpdateSettings replaces the settings.
func (s *Store) UpdateSettings(ctx context.Context, settings Settings) error {
	h := settings.Holds
	return s.tx(ctx, "updating settings", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE settings SET msp_name = $1, count_pending = $2, hand_edits = $3, hold_zero = $4, hold_first = $5,
				hold_lower_percent = $6, hold_lower_seats = $7, hold_higher_percent = $8, hold_higher_seats = $9,
				hold_seats = $10, hold_decrease = $11, hold_negative = $12, hold_many_lines = $13, hold_many_percent = $14,
				hold_source_zero = $15, hold_found = $16, hold_terms = $17 WHERE id = 1`,
			settings.MSPName, settings.CountPending, settings.HandEdits, h.Zero, h.First,
			orNull(h.Lower.Percent), orNull(h.Lower.Seats), orNull(h.Higher.Percent), orNull(h.Higher.Seats),
			orNull(h.Seats), h.Decrease, h.Negative, orNull(h.ManyLines), orNull(h.ManyPercent),
			h.SourceZero, h.Found, h.Terms)
	})
}

func scanSettings(row scanner) (s Settings, err error) {
	h := &s.Holds
	err = row.Scan(&s.MSPName, &s.CountPending, &s.HandEdits, &h.Zero, &h.First,
		&h.Lower.Percent, &h.Lower.Seats, &h.Higher.Percent, &h.Higher.Seats,
		&h.Seats, &h.Decrease, &h.Negative, &h.ManyLines, &h.ManyPercent, &h.SourceZero, &h.Found, &h.Terms)
	return s, err
}
