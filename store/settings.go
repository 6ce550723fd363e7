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
	CountPending bool // nordpass.md section 2, rule 5
	HandEdits    HandEdits
}

// Settings reads the settings; a new database has defaults.
func (s *Store) Settings(ctx context.Context) (Settings, error) {
	settings, err := one(ctx, s.reader, scanSettings, `SELECT msp_name, count_pending, hand_edits FROM settings WHERE id = 1`)
	return settings, doing("reading settings", err)
}

// UpdateSettings replaces the settings.
func (s *Store) UpdateSettings(ctx context.Context, settings Settings) error {
	return s.tx(ctx, "updating settings", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE settings SET msp_name = $1, count_pending = $2, hand_edits = $3 WHERE id = 1`,
			settings.MSPName, settings.CountPending, settings.HandEdits)
	})
}

func scanSettings(row scanner) (s Settings, err error) {
	err = row.Scan(&s.MSPName, &s.CountPending, &s.HandEdits)
	return s, err
}
