package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Comparing is a time in which Seatbridge only compares: runs say what they would have written, and write nothing.
type Comparing struct {
	Since   time.Time // UTC, in whole seconds
	By      string    // who chose it, an e-mail address
	Until   time.Time // when writing was switched on; zero: it goes on
	EndedBy string    // who did so, an e-mail address
}

// On says that it goes on.
func (c Comparing) On() bool { return !c.Since.IsZero() && c.Until.IsZero() }

// Comparings keeps when Seatbridge only compared.
type Comparings struct{ store *Store }

// ComparingsIn are those of a store.
func ComparingsIn(s *Store) Comparings { return Comparings{s} }

const comparingColumns = `since, by, until, ended_by`

func scanComparing(row scanner) (c Comparing, err error) {
	err = row.Scan(moment(&c.Since), &c.By, moment(&c.Until), &c.EndedBy)
	return c, err
}

// Now is the one that goes on; a zero one says that Seatbridge writes.
func (c Comparings) Now(ctx context.Context) (Comparing, error) {
	now, err := one(ctx, c.store.from, scanComparing, `SELECT `+comparingColumns+` FROM comparings WHERE until IS NULL`)
	if errors.Is(err, ErrNotFound) {
		return Comparing{}, nil
	}
	return now, doing("reading whether Seatbridge only compares", err)
}

// All lists them, oldest first.
func (c Comparings) All(ctx context.Context) ([]Comparing, error) {
	all, err := list(ctx, c.store.from, scanComparing, `SELECT `+comparingColumns+` FROM comparings ORDER BY id`)
	return all, doing("listing when Seatbridge only compared", err)
}

// Begin begins one, unless one goes on.
func (c Comparings) Begin(ctx context.Context, by string, at time.Time) error {
	return c.store.tx(ctx, "beginning to compare", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO comparings (since, by) VALUES ($1, $2) ON CONFLICT DO NOTHING`, unix(at), by)
		return err
	})
}

// End ends the one that goes on: ErrNotFound when there is none.
func (c Comparings) End(ctx context.Context, by string, at time.Time) error {
	return c.store.tx(ctx, "switching writing on", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE comparings SET until = $1, ended_by = $2 WHERE until IS NULL`, unix(at), by)
	})
}
