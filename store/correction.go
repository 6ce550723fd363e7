package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// Correction is an admin's own figure of an organization's month. While it is in force it beats the
// usage report and the seats; both stay as they are.
type Correction struct {
	ID             int64
	OrganizationID int64
	Month          Month
	Seats          int
	Plan           Plan
	Reason         string
	At             time.Time
	By             string    // e-mail address
	WithdrawnAt    time.Time // zero: in force
	WithdrawnBy    string
}

// InForce says whether nobody has withdrawn or replaced the correction.
func (c Correction) InForce() bool { return c.WithdrawnAt.IsZero() }

const correctionColumns = `id, organization_id, month, seats, plan, reason, corrected_at, corrected_by, withdrawn_at, withdrawn_by`

func scanCorrection(row scanner) (c Correction, err error) {
	err = row.Scan(&c.ID, &c.OrganizationID, &c.Month, &c.Seats, &c.Plan, &c.Reason,
		moment(&c.At), &c.By, moment(&c.WithdrawnAt), &c.WithdrawnBy)
	return c, err
}

// SaveCorrection puts a correction in force, together with its entry in the activity log. One that was in
// force for the month is withdrawn.
func (s *Store) SaveCorrection(ctx context.Context, c Correction, entry Activity) error {
	return s.tx(ctx, fmt.Sprintf("correcting organization %d for %s", c.OrganizationID, c.Month), func(tx *sql.Tx) error {
		if _, err := organization(ctx, tx, c.OrganizationID); err != nil {
			return err
		}
		if _, err := withdraw(ctx, tx, c); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `
			INSERT INTO corrections (organization_id, month, seats, plan, reason, corrected_at, corrected_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			c.OrganizationID, c.Month, c.Seats, c.Plan, c.Reason, unix(c.At), c.By)
		if err != nil {
			return err
		}
		return addActivity(ctx, tx, entry)
	})
}

// WithdrawCorrection ends the correction in force for the month, together with its entry in the activity
// log; ErrNotFound when there is none.
func (s *Store) WithdrawCorrection(ctx context.Context, organizationID int64, m Month, entry Activity) error {
	return s.tx(ctx, fmt.Sprintf("withdrawing the correction of organization %d for %s", organizationID, m), func(tx *sql.Tx) error {
		n, err := withdraw(ctx, tx, Correction{OrganizationID: organizationID, Month: m, By: entry.Actor, At: entry.At})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return addActivity(ctx, tx, entry)
	})
}

// withdraw ends the correction in force that another one, or nothing, takes the place of, and says how many there were.
func withdraw(ctx context.Context, tx *sql.Tx, by Correction) (int, error) {
	return exec(ctx, tx, `UPDATE corrections SET withdrawn_at = $1, withdrawn_by = $2
		WHERE organization_id = $3 AND month = $4 AND withdrawn_at IS NULL`, unix(by.At), by.By, by.OrganizationID, by.Month)
}

// Corrections lists all corrections of an organization's month, the latest first.
func (s *Store) Corrections(ctx context.Context, organizationID int64, m Month) ([]Correction, error) {
	all, err := list(ctx, s.from, scanCorrection,
		`SELECT `+correctionColumns+` FROM corrections WHERE organization_id = $1 AND month = $2 ORDER BY id DESC`, organizationID, m)
	return all, doing(fmt.Sprintf("listing the corrections of organization %d for %s", organizationID, m), err)
}

// ledgerCorrections yields the corrections in force of the months that the span touches.
func ledgerCorrections(ctx context.Context, tx *sql.Tx, ids []int64, from, until time.Time) iter.Seq2[Correction, error] {
	return each(ctx, tx, scanCorrection, `SELECT `+correctionColumns+` FROM corrections
		WHERE organization_id IN `+in(ids)+` AND month >= $1 AND month <= $2 AND withdrawn_at IS NULL`, MonthOf(from), lastMonth(until))
}
