package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Line is the addition that carries a product on an agreement, and what Seatbridge last wrote there.
type Line struct {
	AgreementID int
	ProductID   int
	AdditionID  int
	Chosen      bool                // by a person, among several
	Written     decimal.NullDecimal // NULL: adopted, never written
	WrittenAt   time.Time
}

// LineKey names a line.
type LineKey struct{ AgreementID, ProductID int }

const lineColumns = `agreement_id, product_id, addition_id, chosen, written_quantity, written_at`

func scanLine(row scanner) (l Line, err error) {
	err = row.Scan(&l.AgreementID, &l.ProductID, &l.AdditionID, &l.Chosen, &l.Written, moment(&l.WrittenAt))
	return l, err
}

// Lines reads all lines.
func (s *Store) Lines(ctx context.Context) (map[LineKey]Line, error) {
	lines := map[LineKey]Line{}
	for l, err := range each(ctx, s.reader, scanLine, `SELECT `+lineColumns+` FROM lines`) {
		if err != nil {
			return nil, doing("reading lines", err)
		}
		lines[LineKey{l.AgreementID, l.ProductID}] = l
	}
	return lines, nil
}

// AgreementLines lists the lines of one agreement by product.
func (s *Store) AgreementLines(ctx context.Context, agreementID int) ([]Line, error) {
	lines, err := list(ctx, s.reader, scanLine, `SELECT `+lineColumns+` FROM lines WHERE agreement_id = $1 ORDER BY product_id`, agreementID)
	return lines, doing(fmt.Sprintf("listing the lines of agreement %d", agreementID), err)
}

// SaveLine keeps a line in place of an earlier one for the same agreement and product.
func (s *Store) SaveLine(ctx context.Context, l Line) error {
	return s.tx(ctx, fmt.Sprintf("saving the line of agreement %d for product %d", l.AgreementID, l.ProductID), func(tx *sql.Tx) error {
		return saveLine(ctx, tx, l)
	})
}

func saveLine(ctx context.Context, tx *sql.Tx, l Line) error {
	_, err := exec(ctx, tx, `
		INSERT INTO lines (agreement_id, product_id, addition_id, chosen, written_quantity, written_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (agreement_id, product_id) DO UPDATE SET addition_id = excluded.addition_id, chosen = excluded.chosen,
			written_quantity = excluded.written_quantity, written_at = excluded.written_at`,
		l.AgreementID, l.ProductID, l.AdditionID, l.Chosen, l.Written, unix(l.WrittenAt))
	return err
}
