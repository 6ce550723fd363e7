package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"time"
)

const monthRowColumns = `m.month, m.organization_id, m.plan, m.organization, m.due, m.source, m.due_was, m.due_since,
	m.written, m.written_run, m.written_at, m.due_then, m.company_id, m.company, m.agreement_id, m.agreement, m.product_id, m.addition_id,
	m.in_connectwise, m.edited, m.billed, m.invoice_state, m.invoice_id, m.invoice_number, m.invoice_day, m.unit_price, m.currency,
	m.line_billed, m.included, m.included_share, m.unbilled,
	m.difference, m.settled, m.settled_by, m.open, m.state, m.cause, m.reason`

func (r *MonthRow) dest() []any {
	return []any{&r.Month, &r.OrganizationID, &r.Plan, &r.Organization, &r.Due, &r.Source, &r.DueWas, moment(&r.DueSince),
		&r.Written, &r.WrittenRun, moment(&r.WrittenAt), &r.DueThen, &r.CompanyID, &r.Company, &r.AgreementID, &r.Agreement, &r.ProductID,
		&r.AdditionID, &r.InConnectWise, &r.Edited, &r.Billed, &r.Invoice.State, &r.Invoice.ID, &r.Invoice.Number, &r.Invoice.Day,
		&r.UnitPrice, &r.Currency, &r.LineBilled, &r.Included, &r.IncludedShare, &r.Unbilled,
		&r.Difference, &r.Settled, &r.SettledBy, &r.Open, &r.State, &r.Cause, &r.Reason}
}

func scanMonthRow(row scanner) (r MonthRow, err error) {
	err = row.Scan(r.dest()...)
	return r, err
}

// scanShownRow reads a row with what only pages of rows have.
func scanShownRow(row scanner) (r MonthRow, err error) {
	err = row.Scan(append(r.dest(), &r.ExternalID, moment(&r.ReadAt))...)
	return r, err
}

// MonthRowFilter picks and orders the rows of a month's books; a zero field does not matter.
type MonthRowFilter struct {
	Month          Month
	States         []RowState
	Search         string // part of the organization's name; case and accents do not matter
	OrganizationID int64
	Organizations  []int64 // not nil: only these
	AgreementID    int
	WrittenRun     int64 // that wrote them last
	Late           bool  // open, and written with another figure than what is due now
	NotInvoiced    bool  // its invoice is not made yet
	Edited         bool  // by hand in ConnectWise
	Keys           []RowKey
	Sort           string // "" (open ones first, by what is at stake), "name", "due", "difference", "month" (the latest first), "id"
	Desc           bool
	After          string // only those whose organization's id and plan come after this cursor, in that order; see Cursor
	Limit, Offset  int
}

// RowKey names a row within a month.
type RowKey struct {
	OrganizationID int64
	Plan           Plan
}

// Rows lists a page of the rows of a month and counts all that match.
func (b Books) Rows(ctx context.Context, f MonthRowFilter) (page []MonthRow, total int, err error) {
	err = b.store.snapshot(ctx, fmt.Sprintf("listing the books of %s", f.Month), func(tx *sql.Tx) error {
		where := f.where()
		if total, err = count(ctx, tx, `SELECT COUNT(*) FROM month_rows m WHERE TRUE`+where.String(), where.args...); err != nil {
			return err
		}
		query, args := f.query()
		page, err = list(ctx, tx, scanShownRow, query, args...)
		return err
	})
	return page, total, err
}

// EachRow yields the rows that match, ordered as Rows does.
func (b Books) EachRow(ctx context.Context, f MonthRowFilter) iter.Seq2[MonthRow, error] {
	query, args := f.query()
	return eachDoing("listing the books of a month", each(ctx, b.store.from, scanShownRow, query, args...))
}

func (f MonthRowFilter) where() *filter {
	var w filter
	if f.Month != "" {
		w.and(`m.month = ?`, f.Month)
	}
	if f.OrganizationID != 0 {
		w.and(`m.organization_id = ?`, f.OrganizationID)
	}
	if f.Organizations != nil {
		w.and(`m.organization_id IN ` + in(f.Organizations))
	}
	if f.AgreementID != 0 {
		w.and(`m.agreement_id = ?`, f.AgreementID)
	}
	if f.WrittenRun != 0 {
		w.and(`m.written_run = ?`, f.WrittenRun)
	}
	if f.Late {
		w.and(`m.state = 'open' AND CAST(m.written AS REAL) <> CAST(m.due AS REAL)`)
	}
	among(&w, `m.state`, f.States)
	if f.NotInvoiced {
		w.and(`m.invoice_state = 'not_yet'`)
	}
	if f.Edited {
		w.and(`m.edited`)
	}
	if f.Search != "" {
		w.and(`m.folded LIKE ? ESCAPE '\'`, contains(Fold(f.Search)))
	}
	if f.Keys != nil {
		var keys []string
		for _, k := range f.Keys {
			keys = append(keys, fmt.Sprintf("%d %s", k.OrganizationID, k.Plan))
		}
		keys = append(keys, "") // of none: none
		among(&w, `m.organization_id || ' ' || m.plan`, keys)
	}
	if f.After != "" {
		w.and(`(printf('%019d', m.organization_id) || ' ' || m.plan) > ?`, f.After)
	}
	return &w
}

// Cursor is where a list in the order of organizations' ids and plans goes on after the row.
func (r MonthRow) Cursor() string { return fmt.Sprintf("%019d %s", r.OrganizationID, r.Plan) }

var monthRowOrders = map[string]string{
	"":           `CASE m.state WHEN 'open' THEN 0 WHEN 'settled' THEN 1 ELSE 2 END, m.weight DESC, m.folded, m.plan`,
	"name":       `m.folded, m.plan`,
	"due":        `CAST(m.due AS REAL), m.folded, m.plan`,
	"difference": `CAST(m.open AS REAL), m.folded, m.plan`,
	"id":         `m.organization_id, m.plan`,
	"month":      `m.month DESC, m.plan`,
}

var monthRowOrdersDown = map[string]string{
	"name":       `m.folded DESC, m.plan`,
	"due":        `CAST(m.due AS REAL) DESC, m.folded, m.plan`,
	"difference": `CAST(m.open AS REAL) DESC, m.folded, m.plan`,
}

// What only pages of rows have, and where it is from.
const (
	shownWith = `, COALESCE(o.external_id, ''), l.read_at`
	shownFrom = `LEFT JOIN organizations o ON o.id = m.organization_id
		LEFT JOIN lines l ON l.agreement_id = m.agreement_id AND l.product_id = m.product_id`
)

func (f MonthRowFilter) query() (string, []any) {
	w := f.where()
	order, known := monthRowOrders[f.Sort]
	if down, has := monthRowOrdersDown[f.Sort]; has && f.Desc {
		order = down
	}
	if !known {
		order = monthRowOrders[""]
	}
	w.write(` ORDER BY ` + order)
	w.page(f.Limit, f.Offset)
	if f.Limit == 0 {
		return `SELECT ` + monthRowColumns + shownWith + ` FROM month_rows m ` + shownFrom + ` WHERE TRUE` + w.String(), w.args
	}
	// The page is picked before anything else of its rows is read.
	return `SELECT ` + monthRowColumns + shownWith + `
		FROM (SELECT m.month, m.organization_id, m.plan FROM month_rows m WHERE TRUE` + w.String() + `) p
		JOIN month_rows m ON m.month = p.month AND m.organization_id = p.organization_id AND m.plan = p.plan ` + shownFrom + `
		ORDER BY ` + order, w.args
}

// LinesRead is when the lines of the agreements that carry a month's rows were last read: the oldest of these readings; zero where there
// is none.
func (b Books) LinesRead(ctx context.Context, m Month) (at time.Time, err error) {
	scan := func(row scanner) (at time.Time, err error) { err = row.Scan(moment(&at)); return at, err }
	at, err = one(ctx, b.store.from, scan, `SELECT MIN(l.read_at) FROM lines l
		WHERE EXISTS (SELECT 1 FROM month_rows m WHERE m.agreement_id = l.agreement_id AND m.month = $1)`, m)
	return at, doing(fmt.Sprintf("reading when the lines of %s were read", m), err)
}

// RowsOf reads all rows of organizations, by organization.
func (b Books) RowsOf(ctx context.Context, organizationIDs []int64) (map[int64][]MonthRow, error) {
	rows := each(ctx, b.store.from, scanMonthRow, `SELECT `+monthRowColumns+` FROM month_rows m
		WHERE m.organization_id IN `+in(organizationIDs)+` ORDER BY m.organization_id, m.month, m.plan`)
	return grouped("reading the books of organizations", rows, func(r MonthRow) int64 { return r.OrganizationID })
}

// SaveRows keeps rows in place of earlier ones, and removes others.
func (b Books) SaveRows(ctx context.Context, changed, gone []MonthRow) error {
	return b.store.tx(ctx, "keeping rows of the books", func(tx *sql.Tx) error {
		for _, r := range gone {
			_, err := exec(ctx, tx, `DELETE FROM month_rows WHERE month = $1 AND organization_id = $2 AND plan = $3`,
				r.Month, r.OrganizationID, r.Plan)
			if err != nil {
				return err
			}
		}
		for _, r := range changed {
			if err := saveRow(ctx, tx, r); err != nil {
				return doing(fmt.Sprintf("organization %d in %s", r.OrganizationID, r.Month), err)
			}
		}
		return lag(ctx, tx, slices.Concat(changed, gone))
	})
}

// lag keeps that the sums of months lag behind, because rows of them changed.
func lag(ctx context.Context, tx *sql.Tx, rows []MonthRow) error {
	lagging := map[Month]bool{}
	for _, r := range rows {
		lagging[r.Month] = true
	}
	for m := range lagging {
		if _, err := exec(ctx, tx, `UPDATE months SET lagging = TRUE WHERE month = $1`, m); err != nil {
			return err
		}
	}
	return nil
}

func saveRow(ctx context.Context, tx *sql.Tx, r MonthRow) error {
	_, err := exec(ctx, tx, `
		INSERT OR REPLACE INTO month_rows (month, organization_id, plan, organization, folded, due, source, due_was, due_since,
			written, written_run, written_at, due_then, company_id, company, agreement_id, agreement, product_id, addition_id,
			in_connectwise, edited, billed, invoice_state, invoice_id, invoice_number, invoice_day, unit_price, currency,
			line_billed, included, included_share, unbilled, difference, settled, settled_by, open, state, cause, reason, weight)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
			$27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40)`,
		r.Month, r.OrganizationID, r.Plan, r.Organization, Fold(r.Organization), r.Due, r.Source, r.DueWas, unix(r.DueSince),
		r.Written, r.WrittenRun, unix(r.WrittenAt), r.DueThen, r.CompanyID, r.Company, r.AgreementID, r.Agreement, r.ProductID, r.AdditionID,
		r.InConnectWise, r.Edited, r.Billed, r.Invoice.State, r.Invoice.ID, r.Invoice.Number, r.Invoice.Day, r.UnitPrice, r.Currency,
		r.LineBilled, r.Included, r.IncludedShare, r.Unbilled,
		r.Difference, r.Settled, r.SettledBy, r.Open, r.State, r.Cause, r.Reason, r.weight())
	return err
}

// weight is what is open, in money or else in seats, for sorting alone; what nobody knows comes first, what nobody is billed for last.
func (r MonthRow) weight() float64 {
	if r.State == RowOpen && !r.Open.Valid {
		return 1e15
	}
	if r.Unbilled != "" {
		return 0
	}
	weight := r.Open.Decimal.Abs()
	if r.Open.Valid && r.UnitPrice.Valid {
		weight = weight.Mul(r.UnitPrice.Decimal.Abs())
	}
	return weight.InexactFloat64()
}

const settlementColumns = `id, month, organization_id, plan, how, seats, unit_price, currency, note, run_id, settled_at, settled_by,
	 undone_at, undone_by`

func scanSettlement(row scanner) (s Settlement, err error) {
	err = row.Scan(&s.ID, &s.Month, &s.OrganizationID, &s.Plan, &s.How, &s.Seats, &s.UnitPrice, &s.Currency, &s.Note, &s.RunID,
		moment(&s.At), &s.By, moment(&s.UndoneAt), &s.UndoneBy)
	return s, err
}

// Settlements reads the settlements of organizations, oldest first, by organization; those that were undone, too.
func (b Books) Settlements(ctx context.Context, organizationIDs []int64) (map[int64][]Settlement, error) {
	rows := each(ctx, b.store.from, scanSettlement, `SELECT `+settlementColumns+` FROM settlements
		WHERE organization_id IN `+in(organizationIDs)+` ORDER BY organization_id, id`)
	return grouped("reading settlements", rows, func(s Settlement) int64 { return s.OrganizationID })
}

// MonthSettlements reads the settlements of a month, oldest first; those that were undone, too.
func (b Books) MonthSettlements(ctx context.Context, m Month) ([]Settlement, error) {
	settlements, err := list(ctx, b.store.from, scanSettlement, `SELECT `+settlementColumns+` FROM settlements WHERE month = $1 ORDER BY id`,
		m)
	return settlements, doing(fmt.Sprintf("reading the settlements of %s", m), err)
}

// AddSettlement keeps a settlement and answers it with its id.
func (b Books) AddSettlement(ctx context.Context, s Settlement) (Settlement, error) {
	err := b.store.tx(ctx, fmt.Sprintf("settling a difference of %s", s.Month), func(tx *sql.Tx) (err error) {
		s.ID, err = one(ctx, tx, scanValue[int64], `
			INSERT INTO settlements (month, organization_id, plan, how, seats, unit_price, currency, note, run_id, settled_at, settled_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
			s.Month, s.OrganizationID, s.Plan, s.How, s.Seats, s.UnitPrice, s.Currency, s.Note, s.RunID, unix(s.At), s.By)
		return err
	})
	return s, err
}

// UndoSettlement ends a settlement: ErrNotFound when it is not there or was undone already.
func (b Books) UndoSettlement(ctx context.Context, s Settlement) error {
	return b.store.tx(ctx, fmt.Sprintf("undoing settlement %d", s.ID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE settlements SET undone_at = $1, undone_by = $2 WHERE id = $3 AND undone_at IS NULL`,
			unix(s.UndoneAt), s.UndoneBy, s.ID)
	})
}

// Settlement reads one.
func (b Books) Settlement(ctx context.Context, id int64) (Settlement, error) {
	s, err := one(ctx, b.store.from, scanSettlement, `SELECT `+settlementColumns+` FROM settlements WHERE id = $1`, id)
	return s, doing(fmt.Sprintf("reading settlement %d", id), err)
}

// Elsewhere reads which organizations are said to be invoiced elsewhere, by organization.
func (b Books) Elsewhere(ctx context.Context) (map[int64]Elsewhere, error) {
	scan := func(row scanner) (e Elsewhere, err error) {
		err = row.Scan(&e.OrganizationID, &e.Note, moment(&e.At), &e.By)
		return e, err
	}
	said := map[int64]Elsewhere{}
	for e, err := range each(ctx, b.store.from, scan, `SELECT organization_id, note, said_at, said_by FROM billed_elsewhere`) {
		if err != nil {
			return nil, doing("reading who is invoiced elsewhere", err)
		}
		said[e.OrganizationID] = e
	}
	return said, nil
}

// SayElsewhere keeps that an organization is invoiced elsewhere; mapping it withdraws that.
func (b Books) SayElsewhere(ctx context.Context, e Elsewhere) error {
	return b.store.tx(ctx, fmt.Sprintf("noting that organization %d is invoiced elsewhere", e.OrganizationID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT OR REPLACE INTO billed_elsewhere (organization_id, note, said_at, said_by) VALUES ($1, $2, $3, $4)`,
			e.OrganizationID, e.Note, unix(e.At), e.By)
		return err
	})
}

// WithdrawElsewhere takes back that an organization is invoiced elsewhere: ErrNotFound where nobody says so.
func (b Books) WithdrawElsewhere(ctx context.Context, organizationID int64) error {
	return b.store.tx(ctx, fmt.Sprintf("taking back that organization %d is invoiced elsewhere", organizationID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `DELETE FROM billed_elsewhere WHERE organization_id = $1`, organizationID)
	})
}

// CloseMonth keeps a month's statement, and who closed it when: ErrNotFound when it is closed already or not in the books.
func (b Books) CloseMonth(ctx context.Context, closed BookedMonth, s Statement) error {
	return b.store.tx(ctx, fmt.Sprintf("closing %s", closed.Month), func(tx *sql.Tx) error {
		err := execOne(ctx, tx, `UPDATE months SET closed_at = $1, closed_by = $2 WHERE month = $3 AND closed_at IS NULL`,
			unix(closed.ClosedAt), closed.ClosedBy, closed.Month)
		if err != nil {
			return err
		}
		_, err = exec(ctx, tx, `INSERT INTO statements (month, number, body, sha256, previous) VALUES ($1, $2, $3, $4, $5)`,
			s.Month, s.Number, s.Body, s.SHA256, s.Previous)
		return err
	})
}

// Statements lists the statements in the order in which the months were closed.
func (b Books) Statements(ctx context.Context) ([]Statement, error) {
	statements, err := list(ctx, b.store.from, scanStatement, `SELECT `+statementColumns+` FROM statements ORDER BY number`)
	return statements, doing("reading statements", err)
}
