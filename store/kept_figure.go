package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// KeptFigure is a person's word about a month of which sources disagree: the figure of one source is right, as long as the figures are
// those that it was said of.
type KeptFigure struct {
	OrganizationID int64
	Month          Month
	Source         string // whose figure it is
	Facts          string // the figures that it was said of, part by part
	Note           string // why; may be empty
	At             time.Time
	By             string // e-mail address or an API token's name
}

const keptFigureColumns = `organization_id, month, source, facts, note, kept_at, kept_by`

func scanKeptFigure(row scanner) (k KeptFigure, err error) {
	err = row.Scan(&k.OrganizationID, &k.Month, &k.Source, &k.Facts, &k.Note, moment(&k.At), &k.By)
	return k, err
}

// KeptFigures keeps whose figures people said to be right.
type KeptFigures struct{ store *Store }

// KeptFiguresIn are those of a store.
func KeptFiguresIn(s *Store) KeptFigures { return KeptFigures{s} }

// Keep keeps a word in place of an earlier one about the same organization and month.
func (f KeptFigures) Keep(ctx context.Context, k KeptFigure) error {
	return f.store.tx(ctx, fmt.Sprintf("keeping a figure of organization %d for %s", k.OrganizationID, k.Month), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO kept_figures (organization_id, month, source, facts, note, kept_at, kept_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (organization_id, month) DO UPDATE SET source = excluded.source, facts = excluded.facts, note = excluded.note,
				kept_at = excluded.kept_at, kept_by = excluded.kept_by`,
			k.OrganizationID, k.Month, k.Source, k.Facts, k.Note, unix(k.At), k.By)
		return err
	})
}

// Withdraw takes a word back: ErrNotFound where nobody gave one.
func (f KeptFigures) Withdraw(ctx context.Context, organizationID int64, m Month) error {
	return f.store.tx(ctx, fmt.Sprintf("no longer keeping a figure of organization %d for %s", organizationID, m), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `DELETE FROM kept_figures WHERE organization_id = $1 AND month = $2`, organizationID, m)
	})
}

// ledgerKept yields what was said of the months that the span touches.
func ledgerKept(ctx context.Context, tx *sql.Tx, ids []int64, from, until time.Time) iter.Seq2[KeptFigure, error] {
	return each(ctx, tx, scanKeptFigure, `SELECT `+keptFigureColumns+` FROM kept_figures
		WHERE organization_id IN `+in(ids)+` AND month >= $1 AND month <= $2`, MonthOf(from), lastMonth(until))
}
