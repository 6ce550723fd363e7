package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// OnceLines are the lines that are billed once: what puts a difference of an earlier month on the next invoice.
type OnceLines struct{ store *Store }

// OnceLinesIn are those of a store.
func OnceLinesIn(s *Store) OnceLines { return OnceLines{s} }

// Known lists the additions that Seatbridge made to be billed once in the instance it is connected with, by agreement. None of them is
// the line that carries an agreement's seats, whatever becomes of it.
func (l OnceLines) Known(ctx context.Context) (map[int][]int, error) {
	type line struct{ agreement, addition int }
	scan := func(row scanner) (a line, err error) { err = row.Scan(&a.agreement, &a.addition); return a, err }
	known := map[int][]int{}
	for a, err := range each(ctx, l.store.from, scan, `SELECT DISTINCT c.agreement_id, c.addition_id
		FROM changes c JOIN runs r ON r.id = c.run_id
		WHERE c.cancelled_date <> '' AND c.addition_id IS NOT NULL
			AND r.started_at >= (SELECT connected_at FROM integration WHERE id = 1) ORDER BY 1, 2`) {
		if err != nil {
			return nil, doing("reading the lines that are billed once", err)
		}
		known[a.agreement] = append(known[a.agreement], a.addition)
	}
	return known, nil
}

// Enter puts the lines of a run that has just begun into its journal, to be looked at.
func (l OnceLines) Enter(ctx context.Context, runID int64, lines []Change) error {
	return l.store.tx(ctx, fmt.Sprintf("entering the lines of run %d", runID), func(tx *sql.Tx) error {
		for _, c := range lines {
			c.RunID = runID
			if err := addChange(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// Doubtful is the last line that is billed once in a period of an agreement and product of which it is not certain what became of it:
// it was sent without an answer, or came back as another one than asked for. ErrNotFound: there is none.
func (l OnceLines) Doubtful(ctx context.Context, agreementID, productID int, effective string) (Change, error) {
	c, err := one(ctx, l.store.from, scanChange, `SELECT `+changeColumns+` FROM changes c
		WHERE c.agreement_id = $1 AND c.product_id = $2 AND c.cancelled_date <> '' AND c.kind = 'create'
			AND (c.state IN ('sending', 'unknown') OR c.state = 'failed' AND c.addition_id IS NOT NULL AND c.effective_date = $3)
			AND (c.sent_at IS NOT NULL) ORDER BY c.id DESC LIMIT 1`, agreementID, productID, effective)
	return c, doing(fmt.Sprintf("looking for lines of agreement %d whose outcome is not known", agreementID), err)
}

// settleOnce keeps, with the outcome of a change about a line that is billed once, that it settled the differences of its shares or,
// when it was undone, that it does not any more.
func settleOnce(ctx context.Context, tx *sql.Tx, c Change) error {
	if c.State != StateWritten {
		return nil
	}
	run, err := run(ctx, tx, c.RunID)
	if err != nil {
		return err
	}
	for _, share := range c.Shares {
		if run.Kind == RunUndo {
			_, err = exec(ctx, tx, `UPDATE settlements SET undone_at = $1, undone_by = $2
				WHERE run_id = $3 AND how = 'next_invoice' AND organization_id = $4 AND plan = $5 AND undone_at IS NULL`,
				unix(c.DoneAt), run.Actor, run.Of, share.OrganizationID, share.Plan)
		} else {
			_, err = exec(ctx, tx, `
				INSERT INTO settlements (month, organization_id, plan, how, seats, unit_price, currency, note, run_id, settled_at, settled_by)
				VALUES ($1, $2, $3, 'next_invoice', $4, $5, $6, $7, $8, $9, $10)`,
				run.Month, share.OrganizationID, share.Plan, decimal.NewFromInt(int64(share.Seats)), c.UnitPrice, c.Currency, c.Note,
				run.ID, unix(c.DoneAt), run.Actor)
		}
		if err != nil {
			return doing(fmt.Sprintf("settling the difference of organization %d", share.OrganizationID), err)
		}
	}
	return nil
}

// openNow is what is open of a month of the organizations of a change's shares: what was counted last, less what is settled by now.
func openNow(ctx context.Context, tx *sql.Tx, m Month, c Change) (map[int64]decimal.NullDecimal, error) {
	open := map[int64]decimal.NullDecimal{}
	for _, share := range c.Shares {
		row, err := one(ctx, tx, scanMonthRow, `SELECT `+monthRowColumns+` FROM month_rows m
			WHERE m.month = $1 AND m.organization_id = $2 AND m.plan = $3`, m, share.OrganizationID, share.Plan)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		settlements, err := list(ctx, tx, scanSettlement, `SELECT `+settlementColumns+` FROM settlements
			WHERE month = $1 AND organization_id = $2 AND plan = $3 AND undone_at IS NULL`, m, share.OrganizationID, share.Plan)
		if err != nil {
			return nil, err
		}
		left := row.Difference
		for _, s := range settlements {
			left.Decimal = left.Decimal.Sub(s.Seats)
		}
		open[share.OrganizationID] = left
	}
	return open, nil
}
