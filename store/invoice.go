package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// BillingDates is how an agreement is invoiced, as it was last read. Days are calendar days, "2026-11-05", or empty.
type BillingDates struct {
	AgreementID int // 0: nothing was read
	ParentID    int // the agreement whose invoices it goes on; 0: its own
	NextInvoice string
	Cycle       string // the name of its billing cycle
	PeriodType  string // shown, not interpreted (docs/connectwise.md, invoices)
	Prorates    bool
	Ended       string // its last billed day; empty: open
	ReadAt      time.Time
}

// BillingMove is a next invoice date that was seen to be another one.
type BillingMove struct {
	AgreementID int
	From, To    string    // days
	After, By   time.Time // it still said From then, and To then; UTC
}

// Invoice is an invoice of an agreement.
type Invoice struct {
	ID          int // ConnectWise's own
	Number      string
	Type        string // Agreement, CreditMemo, Miscellaneous …
	AgreementID int
	Day         string    // the invoice's date, "2026-11-01"
	EnteredAt   time.Time // when it was made; zero: ConnectWise does not say
	Status      string
	Total       decimal.NullDecimal // in Currency
	Currency    string
	FirstSeen   time.Time
	GoneAt      time.Time // deleted: not found any more then
}

// InvoiceReading is how the last reading of invoices went.
type InvoiceReading struct {
	ReadAt    time.Time // the last that went well; zero: none did
	TriedAt   time.Time
	Forbidden bool // the API member may not read invoices: only the dates of agreements are known
	Problem   Problem
}

// Invoicing keeps what is known of how and when agreements are invoiced.
type Invoicing struct{ store *Store }

// InvoicingIn is that of a store.
func InvoicingIn(s *Store) Invoicing { return Invoicing{s} }

const billingDatesColumns = `agreement_id, parent_id, next_invoice, cycle, period_type, prorates, ended, read_at`

func scanBillingDates(row scanner) (d BillingDates, err error) {
	err = row.Scan(&d.AgreementID, &d.ParentID, &d.NextInvoice, &d.Cycle, &d.PeriodType, &d.Prorates, &d.Ended, moment(&d.ReadAt))
	return d, err
}

// Dates reads the billing dates of agreements and of their parents, by agreement; nil: of all.
func (i Invoicing) Dates(ctx context.Context, agreementIDs []int) (map[int]BillingDates, error) {
	query := `SELECT ` + billingDatesColumns + ` FROM billing_dates`
	if agreementIDs != nil {
		ids := in(agreementIDs)
		query += ` WHERE agreement_id IN ` + ids + ` OR agreement_id IN (SELECT parent_id FROM billing_dates WHERE agreement_id IN ` + ids + `)`
	}
	dates := map[int]BillingDates{}
	for d, err := range each(ctx, i.store.from, scanBillingDates, query) {
		if err != nil {
			return nil, doing("reading billing dates", err)
		}
		dates[d.AgreementID] = d
	}
	return dates, nil
}

// NoteDates keeps the billing dates of agreements as they were read, and which of them moved.
func (i Invoicing) NoteDates(ctx context.Context, dates []BillingDates) error {
	return i.store.tx(ctx, "keeping billing dates", func(tx *sql.Tx) error {
		for _, d := range dates {
			if err := noteDates(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func noteDates(ctx context.Context, tx *sql.Tx, d BillingDates) error {
	if d.AgreementID == 0 {
		return nil
	}
	was, err := one(ctx, tx, scanBillingDates, `SELECT `+billingDatesColumns+` FROM billing_dates WHERE agreement_id = $1`, d.AgreementID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil && was.NextInvoice != d.NextInvoice && was.NextInvoice != "" && d.NextInvoice != "" {
		_, err := exec(ctx, tx, `INSERT INTO billing_moves (agreement_id, from_day, to_day, after, by) VALUES ($1, $2, $3, $4, $5)`,
			d.AgreementID, was.NextInvoice, d.NextInvoice, unix(was.ReadAt), unix(d.ReadAt))
		if err != nil {
			return err
		}
	}
	_, err = exec(ctx, tx, `
		INSERT INTO billing_dates (agreement_id, parent_id, next_invoice, cycle, period_type, prorates, ended, read_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (agreement_id) DO UPDATE SET parent_id = excluded.parent_id, next_invoice = excluded.next_invoice,
			cycle = excluded.cycle, period_type = excluded.period_type, prorates = excluded.prorates, ended = excluded.ended,
			read_at = excluded.read_at`,
		d.AgreementID, d.ParentID, d.NextInvoice, d.Cycle, d.PeriodType, d.Prorates, d.Ended, unix(d.ReadAt))
	return doing(fmt.Sprintf("keeping the billing dates of agreement %d", d.AgreementID), err)
}

// Moves reads how the next invoice dates of agreements moved, oldest first, by agreement.
func (i Invoicing) Moves(ctx context.Context, agreementIDs []int) (map[int][]BillingMove, error) {
	scan := func(row scanner) (m BillingMove, err error) {
		err = row.Scan(&m.AgreementID, &m.From, &m.To, moment(&m.After), moment(&m.By))
		return m, err
	}
	rows := each(ctx, i.store.from, scan, `SELECT agreement_id, from_day, to_day, after, by FROM billing_moves
		WHERE agreement_id IN `+in(agreementIDs)+` ORDER BY agreement_id, id`)
	return grouped("reading how invoice dates moved", rows, func(m BillingMove) int { return m.AgreementID })
}

const invoiceColumns = `id, number, type, agreement_id, day, entered_at, status, total, currency, first_seen, gone_at`

func scanInvoice(row scanner) (v Invoice, err error) {
	err = row.Scan(&v.ID, &v.Number, &v.Type, &v.AgreementID, &v.Day, moment(&v.EnteredAt), &v.Status, &v.Total, &v.Currency,
		moment(&v.FirstSeen), moment(&v.GoneAt))
	return v, err
}

// Invoices reads the invoices of agreements, of all types and also those that are gone, by agreement and in the order of their ids.
func (i Invoicing) Invoices(ctx context.Context, agreementIDs []int) (map[int][]Invoice, error) {
	rows := each(ctx, i.store.from, scanInvoice, `SELECT `+invoiceColumns+` FROM invoices
		WHERE agreement_id IN `+in(agreementIDs)+` ORDER BY agreement_id, id`)
	return grouped("reading invoices", rows, func(v Invoice) int { return v.AgreementID })
}

// Between reads the invoices that are there and are dated from one day to another, both included.
func (i Invoicing) Between(ctx context.Context, from, to string) ([]Invoice, error) {
	invoices, err := list(ctx, i.store.from, scanInvoice, `SELECT `+invoiceColumns+` FROM invoices
		WHERE day >= $1 AND day <= $2 AND gone_at IS NULL ORDER BY id`, from, to)
	return invoices, doing("reading invoices", err)
}

// Keep keeps invoices as they were read at a moment, and that others, by their ids, are not there any more.
func (i Invoicing) Keep(ctx context.Context, at time.Time, found []Invoice, gone []int) error {
	return i.store.tx(ctx, "keeping invoices", func(tx *sql.Tx) error {
		for _, v := range found {
			_, err := exec(ctx, tx, `
				INSERT INTO invoices (id, number, type, agreement_id, day, entered_at, status, total, currency, first_seen)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
				ON CONFLICT (id) DO UPDATE SET number = excluded.number, type = excluded.type, agreement_id = excluded.agreement_id,
					day = excluded.day, entered_at = excluded.entered_at, status = excluded.status, total = excluded.total,
					currency = excluded.currency, gone_at = NULL`,
				v.ID, v.Number, v.Type, v.AgreementID, v.Day, unix(v.EnteredAt), v.Status, v.Total, v.Currency, unix(at))
			if err != nil {
				return doing(fmt.Sprintf("invoice %d", v.ID), err)
			}
		}
		_, err := exec(ctx, tx, `UPDATE invoices SET gone_at = $1 WHERE gone_at IS NULL AND id IN `+in(gone), unix(at))
		return err
	})
}

// Reading is how the last reading of invoices went.
func (i Invoicing) Reading(ctx context.Context) (InvoiceReading, error) {
	scan := func(row scanner) (r InvoiceReading, err error) {
		err = row.Scan(moment(&r.ReadAt), moment(&r.TriedAt), &r.Forbidden, &r.Problem.What, &r.Problem.Do)
		return r, err
	}
	r, err := one(ctx, i.store.from, scan, `SELECT read_at, tried_at, forbidden, error_what, error_do FROM invoice_reading WHERE id = 1`)
	return r, doing("reading when invoices were read", err)
}

// NoteReading keeps how a reading of invoices went.
func (i Invoicing) NoteReading(ctx context.Context, r InvoiceReading) error {
	return i.store.tx(ctx, "noting the reading of invoices", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE invoice_reading SET read_at = $1, tried_at = $2, forbidden = $3, error_what = $4, error_do = $5
			WHERE id = 1`,
			unix(r.ReadAt), unix(r.TriedAt), r.Forbidden, r.Problem.What, r.Problem.Do)
	})
}
