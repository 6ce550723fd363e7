package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Line is the addition that carries a product on an agreement, what Seatbridge last wrote there, and what it said when it was
// last read.
type Line struct {
	AgreementID int
	ProductID   int
	Product     string // identifier
	AdditionID  int
	Chosen      bool                // by a person, among several
	Created     bool                // by Seatbridge, which added the line to the agreement
	Written     decimal.NullDecimal // NULL: adopted, never written
	WrittenAt   time.Time
	Shares      []Share             // what each organization adds to Written
	Release     bool                // the next sync sets it to 0: its organizations are mapped elsewhere
	Read        decimal.NullDecimal // NULL: not read yet
	ReadAt      time.Time
	ChangedAt   time.Time           // when ConnectWise last changed the record, as it was read; not kept with the line
	UnitPrice   decimal.NullDecimal // when it was last read, in Currency
	Currency    string
	Terms       *LineTerms // what of it is not billed, as it was read; nil: not read. Kept with what the line said, not with the line
	Ended       string     // its last billed day, "2026-11-20", when it was last read; empty: it is open
}

// Bills says whether seats of an organization stand on the line as it was last written.
func (l Line) Bills(organizationID int64) bool {
	return !l.Written.Decimal.IsZero() && slices.ContainsFunc(l.Shares, func(s Share) bool {
		return s.OrganizationID == organizationID && s.Seats > 0
	})
}

// LineKey names a line.
type LineKey struct{ AgreementID, ProductID int }

const lineColumns = `agreement_id, product_id, addition_id, chosen, written_quantity, written_at, release,
	shares, product, read_quantity, read_at, unit_price, currency, ended, created`

func scanLine(row scanner) (l Line, err error) {
	err = row.Scan(&l.AgreementID, &l.ProductID, &l.AdditionID, &l.Chosen, &l.Written, moment(&l.WrittenAt), &l.Release,
		fromJSON(&l.Shares), &l.Product, &l.Read, moment(&l.ReadAt), &l.UnitPrice, &l.Currency, &l.Ended, &l.Created)
	return l, err
}

// Lines reads all lines.
func (s *Store) Lines(ctx context.Context) (map[LineKey]Line, error) {
	lines := map[LineKey]Line{}
	for l, err := range each(ctx, s.from, scanLine, `SELECT `+lineColumns+` FROM lines`) {
		if err != nil {
			return nil, doing("reading lines", err)
		}
		lines[LineKey{l.AgreementID, l.ProductID}] = l
	}
	return lines, nil
}

// AgreementLines lists the lines of one agreement by product.
func (s *Store) AgreementLines(ctx context.Context, agreementID int) ([]Line, error) {
	lines, err := list(ctx, s.from, scanLine, `SELECT `+lineColumns+` FROM lines WHERE agreement_id = $1 ORDER BY product_id`, agreementID)
	return lines, doing(fmt.Sprintf("listing the lines of agreement %d", agreementID), err)
}

// LinesOf lists the lines of agreements, by agreement and product.
func (b Books) LinesOf(ctx context.Context, agreementIDs []int) ([]Line, error) {
	lines, err := list(ctx, b.store.from, scanLine, `SELECT `+lineColumns+` FROM lines
		WHERE agreement_id IN `+in(agreementIDs)+` ORDER BY agreement_id, product_id`)
	return lines, doing("listing the lines of agreements", err)
}

// SaveLine keeps a line in place of an earlier one for the same agreement and product.
func (s *Store) SaveLine(ctx context.Context, l Line) error {
	return s.tx(ctx, fmt.Sprintf("saving the line of agreement %d for product %d", l.AgreementID, l.ProductID), func(tx *sql.Tx) error {
		if err := noteAdopted(ctx, tx, l); err != nil {
			return err
		}
		return saveLine(ctx, tx, l)
	})
}

func saveLine(ctx context.Context, tx *sql.Tx, l Line) error {
	_, err := exec(ctx, tx, `
		INSERT INTO lines (agreement_id, product_id, addition_id, chosen, written_quantity, written_at, release,
			shares, product, read_quantity, read_at, unit_price, currency, ended, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (agreement_id, product_id) DO UPDATE SET addition_id = excluded.addition_id, chosen = excluded.chosen,
			written_quantity = excluded.written_quantity, written_at = excluded.written_at, release = excluded.release,
			shares = excluded.shares, product = excluded.product, read_quantity = excluded.read_quantity, read_at = excluded.read_at,
			unit_price = excluded.unit_price, currency = excluded.currency, ended = excluded.ended,
			created = excluded.created OR lines.created AND lines.addition_id = excluded.addition_id`,
		l.AgreementID, l.ProductID, l.AdditionID, l.Chosen, l.Written, unix(l.WrittenAt), l.Release,
		asJSON{l.Shares}, l.Product, l.Read, unix(l.ReadAt), l.UnitPrice, l.Currency, l.Ended, l.Created)
	return err
}

// ReleasedAgreements lists the agreements without a mapping that have lines to set to 0.
func (s *Store) ReleasedAgreements(ctx context.Context) ([]MappedAgreement, error) {
	m, err := list(ctx, s.from, scanWithCompany, `SELECT `+agreementColumns+`, `+companyColumns+`
		FROM agreements a JOIN companies c ON c.id = a.company_id
		WHERE a.id IN (SELECT agreement_id FROM lines WHERE release) AND a.id NOT IN (SELECT agreement_id FROM mappings) ORDER BY a.id`)
	return m, doing("listing released agreements", err)
}

func scanWithCompany(row scanner) (m MappedAgreement, err error) {
	err = row.Scan(append(m.Agreement.dest(), m.Company.dest()...)...)
	return m, err
}
