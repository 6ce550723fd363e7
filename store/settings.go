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

// Holds says which changes wait for a person's approval.
type Holds struct {
	Seats    int  // larger than so many seats; 0: off
	Percent  int  // larger than so many percent; 0: off
	Decrease bool // fewer seats than before
	Zero     bool // a line set to 0 while nothing else is billed on the agreement
	First    bool // Seatbridge has not written the agreement before
}

// Settings reads the settings; a new database has defaults.
func (s *Store) Settings(ctx context.Context) (Settings, error) {
	settings, err := one(ctx, s.from, scanSettings, `
		SELECT msp_name, count_pending, hand_edits, COALESCE(hold_seats, 0), COALESCE(hold_percent, 0), hold_decrease, hold_zero, hold_first
		FROM settings WHERE id = 1`)
	return settings, doing("reading settings", err)
}

// UpdateSettings replaces the settings.
func (s *Store) UpdateSettings(ctx context.Context, settings Settings) error {
	return s.tx(ctx, "updating settings", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE settings SET msp_name = $1, count_pending = $2, hand_edits = $3,
				hold_seats = $4, hold_percent = $5, hold_decrease = $6, hold_zero = $7, hold_first = $8 WHERE id = 1`,
			settings.MSPName, settings.CountPending, settings.HandEdits,
			orNull(settings.Holds.Seats), orNull(settings.Holds.Percent), settings.Holds.Decrease, settings.Holds.Zero, settings.Holds.First)
	})
}

func scanSettings(row scanner) (s Settings, err error) {
	err = row.Scan(&s.MSPName, &s.CountPending, &s.HandEdits,
		&s.Holds.Seats, &s.Holds.Percent, &s.Holds.Decrease, &s.Holds.Zero, &s.Holds.First)
	return s, err
}
