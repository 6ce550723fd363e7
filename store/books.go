package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/shopspring/decimal"
)

// InvoiceState is what is known of the invoice that carries a month.
type InvoiceState string

// The states of a month's invoice (docs/months.md section 3).
const (
	NotInvoiced    InvoiceState = "not_yet"
	Invoiced       InvoiceState = "invoiced"
	PeriodClosed   InvoiceState = "period_closed" // its date moved on without a known invoice: invoiced or written off
	InvoiceUnknown InvoiceState = "unknown"
)

// RowState is how far a row's difference is dealt with.
type RowState string

// The states of a row.
const (
	RowAgrees  RowState = "none" // there is no difference
	RowOpen    RowState = "open"
	RowSettled RowState = "settled"
)

// Settling is how a difference is settled.
type Settling string

// The ways to settle a difference.
const (
	WrittenAgain  Settling = "written_again" // before the invoice is made
	OnNextInvoice Settling = "next_invoice"  // as a one-time line
	ByHand        Settling = "by_hand"
	Waived        Settling = "waived"
)

// MonthRow is a row of a month's books: an organization on a plan. Quantities are seats as ConnectWise counts them: a person may have
// entered any decimal there. What is not known is NULL, never 0.
type MonthRow struct {
	Month          Month
	OrganizationID int64
	Plan           Plan
	Organization   string
	ExternalID     string              // only read, with pages of rows
	Due            decimal.NullDecimal // as counted now
	Source         string              // of Due, as seats.Source has it
	DueWas         decimal.NullDecimal // counted before DueSince; NULL: it was never another
	DueSince       time.Time
	Written        decimal.NullDecimal // for this month, the last time; NULL: never
	WrittenRun     int64
	WrittenAt      time.Time
	DueThen        decimal.NullDecimal // when it was written
	CompanyID      int
	Company        string
	AgreementID    int // that carries it; 0: none does
	Agreement      string
	ProductID      int
	AdditionID     int
	InConnectWise  decimal.NullDecimal // its part of what the line says now; NULL: there is no line
	ReadAt         time.Time           // when the line was last read; only read, with pages of rows
	Edited         bool                // what ConnectWise says was edited by hand
	Billed         decimal.NullDecimal // what the invoice took or, while there is none, what the line says
	Invoice        RowInvoice
	UnitPrice      decimal.NullDecimal // in Currency
	Currency       string
	LineBilled     decimal.Decimal     // what the invoice took of the whole line that carries it, all organizations together
	LineTerms                          // of that line: what of it is not billed
	IncludedShare  decimal.Decimal     // so much of Included comes off the organization's part
	Difference     decimal.NullDecimal // Due less Billed
	Settled        decimal.Decimal     // of the difference
	SettledBy      Settling            // the last time; empty: never
	Open           decimal.NullDecimal // Difference less Settled
	State          RowState
	Cause          string // why there is a difference, by name: see billing/months
	Reason         string // the same in a sentence; empty: there is none
}

// RowInvoice is the invoice that carries a row.
type RowInvoice struct {
	State  InvoiceState
	ID     int
	Number string
	Day    string // its date or, where it is not made yet, when it is to be
}

// BookedMonth is a month that the books have.
type BookedMonth struct {
	Month         Month
	Reconstructed bool      // from the journal of the time before there were books
	ClosedAt      time.Time // zero: it is open
	ClosedBy      string    // e-mail address; empty: by the rule
	Sums          MonthSums
}

// MonthSums are the sums of a month's rows.
type MonthSums struct {
	Rows          int             `json:"rows"`
	Due           decimal.Decimal `json:"due"`
	Unknown       int             `json:"unknown"` // rows whose due is not known
	Written       decimal.Decimal `json:"written"`
	WrittenRows   int             `json:"written_rows"`
	InConnectWise decimal.Decimal `json:"in_connectwise"`
	Billed        decimal.Decimal `json:"billed"`
	Open          RowSums         `json:"open"`
	More          RowSums         `json:"more"` // of what is open, what is to be billed yet
	Less          RowSums         `json:"less"` // and what was billed too much, as negative numbers
	Settled       RowSums         `json:"settled"`
	Agrees        int             `json:"agrees"`
	Edited        int             `json:"edited"`
	NotInvoiced   int             `json:"not_invoiced"` // rows
	Agreements    int             `json:"agreements"`   // that carry rows
	Invoiced      int             `json:"invoiced"`     // of these
	InvoicedSeats decimal.Decimal `json:"invoiced_seats"`
	NextInvoice   string          `json:"next_invoice,omitempty"` // the first day on which one of the others is to be invoiced
	Money         []MonthMoney    `json:"money"`
}

// RowSums is what some rows come to.
type RowSums struct {
	Rows     int             `json:"rows"`
	Seats    decimal.Decimal `json:"seats"`
	Unknown  int             `json:"unknown"`  // rows that have no figure
	Unpriced int             `json:"unpriced"` // rows without a price
	Unbilled int             `json:"unbilled"` // rows of which ConnectWise bills nothing
}

// MonthMoney is the money of a month's rows in one currency, at the lines' prices.
type MonthMoney struct {
	Currency      string          `json:"currency"`
	Due           decimal.Decimal `json:"due"`
	InConnectWise decimal.Decimal `json:"in_connectwise"`
	Billed        decimal.Decimal `json:"billed"`
	More          decimal.Decimal `json:"more"`
	Less          decimal.Decimal `json:"less"`
	Settled       decimal.Decimal `json:"settled"`
}

// Settlement is how somebody dealt with a difference. One that was undone stays.
type Settlement struct {
	ID             int64
	Month          Month
	OrganizationID int64
	Plan           Plan
	How            Settling
	Seats          decimal.Decimal // of the difference
	UnitPrice      decimal.NullDecimal
	Currency       string
	Note           string
	RunID          int64 // that put it on the next invoice or wrote it again; 0: none
	At             time.Time
	By             string // e-mail address
	UndoneAt       time.Time
	UndoneBy       string
}

// Elsewhere is that an organization is invoiced elsewhere than through ConnectWise.
type Elsewhere struct {
	OrganizationID int64
	Note           string
	At             time.Time
	By             string // e-mail address
}

// Statement is what a closed month was, and does not change any more.
type Statement struct {
	Month    Month
	Number   int    // 1 for the first
	Body     string // canonical JSON
	SHA256   string // of Body, in hex
	Previous string // the hash of the statement before; empty: there is none
}

// Books keeps the books of the months.
type Books struct{ store *Store }

// BooksIn are those of a store.
func BooksIn(s *Store) Books { return Books{s} }

// grouped gathers rows by a key.
func grouped[K cmp.Ordered, T any](what string, rows iter.Seq2[T, error], key func(T) K) (map[K][]T, error) {
	groups := map[K][]T{}
	for row, err := range rows {
		if err != nil {
			return nil, doing(what, err)
		}
		groups[key(row)] = append(groups[key(row)], row)
	}
	return groups, nil
}

// FirstMonth is the month from which on there is something to keep books of: in which the products were mapped, or the first one that
// a run wrote. ErrNotFound: there is none yet.
func (b Books) FirstMonth(ctx context.Context) (Month, error) {
	scan := func(row scanner) (m sql.NullString, err error) { err = row.Scan(&m); return m, err }
	m, err := one(ctx, b.store.from, scan, `SELECT MIN(month) FROM (
		SELECT strftime('%Y-%m', active_since, 'unixepoch') AS month FROM integration WHERE active_since IS NOT NULL
		UNION ALL SELECT MIN(month) FROM runs WHERE NOT preview AND kind IN ('manual', 'monthly', 'command', 'retry')
		UNION ALL SELECT MIN(month) FROM months)`)
	if err == nil && !m.Valid {
		err = ErrNotFound
	}
	return Month(m.String), doing("finding the first month of the books", err)
}

// Begin puts months into the books and has all organizations counted for them. Months that are there stay as they are.
func (b Books) Begin(ctx context.Context, months []Month) error {
	return b.store.tx(ctx, "beginning months", func(tx *sql.Tx) error {
		begun := 0
		for _, m := range months {
			n, err := exec(ctx, tx, `INSERT INTO months (month, reconstructed) VALUES ($1, $1 < (SELECT COALESCE(MAX(month), '') FROM months
				WHERE reconstructed)) ON CONFLICT DO NOTHING`, m)
			if err != nil {
				return err
			}
			begun += n
		}
		if begun == 0 {
			return nil
		}
		_, err := exec(ctx, tx, `INSERT OR IGNORE INTO books_stale SELECT id FROM organizations`)
		return err
	})
}

const bookedMonthColumns = `month, reconstructed, closed_at, closed_by, sums`

func scanBookedMonth(row scanner) (m BookedMonth, err error) {
	err = row.Scan(&m.Month, &m.Reconstructed, moment(&m.ClosedAt), &m.ClosedBy, fromJSON(&m.Sums))
	return m, err
}

// Months lists the months of the books, the latest first.
func (b Books) Months(ctx context.Context) ([]BookedMonth, error) {
	months, err := list(ctx, b.store.from, scanBookedMonth, `SELECT `+bookedMonthColumns+` FROM months ORDER BY month DESC`)
	return months, doing("listing the months of the books", err)
}

// Month reads one month: ErrNotFound where the books do not have it.
func (b Books) Month(ctx context.Context, m Month) (BookedMonth, error) {
	booked, err := one(ctx, b.store.from, scanBookedMonth, `SELECT `+bookedMonthColumns+` FROM months WHERE month = $1`, m)
	return booked, doing(fmt.Sprintf("reading the books of %s", m), err)
}

// Unsummed lists the months of which a row changed since their sums were kept.
func (b Books) Unsummed(ctx context.Context) ([]Month, error) {
	months, err := list(ctx, b.store.from, scanValue[Month], `SELECT month FROM months WHERE lagging ORDER BY month`)
	return months, doing("listing the months to add up", err)
}

// SaveSums keeps the sums of a month's rows.
func (b Books) SaveSums(ctx context.Context, m Month, sums MonthSums) error {
	return b.store.tx(ctx, fmt.Sprintf("keeping the sums of %s", m), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE months SET sums = $1, lagging = FALSE WHERE month = $2`, asJSON{sums}, m)
	})
}

// Stale lists organizations whose rows are to be counted again, at most so many.
func (b Books) Stale(ctx context.Context, most int) ([]int64, error) {
	ids, err := list(ctx, b.store.from, scanValue[int64], `SELECT organization_id FROM books_stale ORDER BY organization_id LIMIT $1`, most)
	return ids, doing("listing what is to be counted again", err)
}

// StaleOf lists those of some organizations whose rows are to be counted again.
func (b Books) StaleOf(ctx context.Context, organizationIDs []int64) ([]int64, error) {
	ids, err := list(ctx, b.store.from, scanValue[int64],
		`SELECT organization_id FROM books_stale WHERE organization_id IN `+in(organizationIDs)+` ORDER BY organization_id`)
	return ids, doing("listing what is to be counted again", err)
}

// CountStale counts the organizations whose rows are to be counted again, and the months that are to be added up.
func (b Books) CountStale(ctx context.Context) (int, error) {
	n, err := count(ctx, b.store.from, `SELECT (SELECT COUNT(*) FROM books_stale) + (SELECT COUNT(*) FROM months WHERE lagging)`)
	return n, doing("counting what is to be counted again", err)
}

// Fresh keeps that the rows of organizations are as they should be: to be called within Together, with what they follow from.
func (b Books) Fresh(ctx context.Context, organizationIDs []int64) error {
	return b.store.tx(ctx, "keeping what was counted again", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM books_stale WHERE organization_id IN `+in(organizationIDs))
		return err
	})
}

// Entry is what a run did, or did not do, for an organization's seats of a month: its change, without what is of no account here.
type Entry struct {
	OrganizationID int64
	Run            Run // ID, Kind, Month, Status, StartedAt alone
	Change         Change
	Undone         time.Time // set: a run undid it then
	UndoneBy       int64     // that run
}

// Entries reads what runs that write did for organizations, by organization and in the order in which it was planned.
func (b Books) Entries(ctx context.Context, organizationIDs []int64) (map[int64][]Entry, error) {
	return b.entries(ctx, "", organizationIDs)
}

// EntriesOf reads the same of one month.
func (b Books) EntriesOf(ctx context.Context, m Month, organizationIDs []int64) (map[int64][]Entry, error) {
	return b.entries(ctx, m, organizationIDs)
}

// entries are those of a month; empty: of all.
func (b Books) entries(ctx context.Context, m Month, organizationIDs []int64) (map[int64][]Entry, error) {
	scan := func(row scanner) (e Entry, err error) {
		c := &e.Change
		err = row.Scan(&e.OrganizationID, &e.Run.ID, &e.Run.Kind, &e.Run.Month, &e.Run.Status, moment(&e.Run.StartedAt),
			&c.ID, &c.CompanyID, &c.Company, &c.AgreementID, &c.Agreement, &c.Plan, &c.ProductID, &c.AdditionID, &c.Kind, &c.State,
			&c.Before, &c.After, &c.UnitPrice, &c.Currency, &c.Reason, fromJSON(&c.Shares), fromJSON(&c.Found),
			&c.HeldBecause, &c.Problem.What, moment(&c.DoneAt),
			moment(&e.Undone), &e.UndoneBy)
		return e, err
	}
	rows := each(ctx, b.store.from, scan, `SELECT o.organization_id, r.id, r.kind, r.month, r.status, r.started_at,
			c.id, c.company_id, c.company, c.agreement_id, c.agreement, c.plan, c.product_id, COALESCE(c.addition_id, 0), c.kind, c.state,
			c.before_quantity, c.after_quantity, c.unit_price, c.currency, c.reason, c.shares, c.found, c.held_because, c.error_what, c.done_at,
			u.done_at, COALESCE(u.run_id, 0)
		FROM change_organizations o JOIN changes c ON c.id = o.change_id JOIN runs r ON r.id = c.run_id
		LEFT JOIN changes u ON u.id = (SELECT MAX(n.id) FROM changes n JOIN runs x ON x.id = n.run_id
			WHERE x.of_run_id = r.id AND x.kind = 'undo' AND NOT x.preview AND n.agreement_id = c.agreement_id AND n.product_id = c.product_id
				AND n.state = 'written')
		WHERE o.organization_id IN `+in(organizationIDs)+` AND NOT r.preview AND r.kind IN ('manual', 'monthly', 'command', 'retry')
			AND ($1 = '' OR r.month = $1)
		ORDER BY o.organization_id, c.id`, m)
	return grouped("reading what runs did for organizations", rows, func(e Entry) int64 { return e.OrganizationID })
}

// EndedMapping is that an organization was mapped to an agreement, and until when: the last time.
type EndedMapping struct {
	AgreementID    int
	OrganizationID int64
	EndedAt        time.Time // UTC, in whole seconds
}

// EndedMappings reads them by agreement; those that ended last come first.
func (b Books) EndedMappings(ctx context.Context) (map[int][]EndedMapping, error) {
	scan := func(row scanner) (e EndedMapping, err error) {
		err = row.Scan(&e.AgreementID, &e.OrganizationID, moment(&e.EndedAt))
		return e, err
	}
	rows := each(ctx, b.store.from, scan, `SELECT agreement_id, organization_id, ended_at FROM ended_mappings
		ORDER BY agreement_id, ended_at DESC, organization_id`)
	return grouped("reading mappings that ended", rows, func(e EndedMapping) int { return e.AgreementID })
}

// Said reads what the lines of agreements were written or found to say, in that order, by agreement.
func (b Books) Said(ctx context.Context, agreementIDs []int) (map[int][]Said, error) {
	rows := each(ctx, b.store.from, scanSaid, `SELECT `+saidColumns+` FROM line_history h
		WHERE h.agreement_id IN `+in(agreementIDs)+` ORDER BY h.agreement_id, h.id`)
	return grouped("reading what lines said", rows, func(s Said) int { return s.AgreementID })
}

// LastTry is the latest run of a month over all agreements that was to write it or compared it, whatever became of it, and whether one
// that was to write ended done or with some lines open: ErrNotFound when there was none.
func (b Books) LastTry(ctx context.Context, m Month) (last Run, ended bool, err error) {
	const sync = `(r.compares OR NOT r.preview) AND r.agreement_id IS NULL AND r.only_agreements = ''
		AND r.kind IN ('manual', 'monthly', 'command', 'retry') AND r.month = $1`
	err = b.store.snapshot(ctx, fmt.Sprintf("reading the syncs of %s", m), func(tx *sql.Tx) error {
		n, err := count(ctx, tx, `SELECT COUNT(*) FROM runs r WHERE `+sync+` AND NOT r.compares AND r.as_of IS NULL
			AND r.status IN ('done', 'incomplete')`, m)
		if err != nil {
			return err
		}
		ended = n > 0
		last, err = one(ctx, tx, scanRun, `SELECT `+runColumns+` FROM runs r WHERE `+sync+` ORDER BY r.started_at DESC, r.id DESC LIMIT 1`, m)
		return err
	})
	return last, ended, err
}
