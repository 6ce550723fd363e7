package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Adoptions are a store's view of lines that were there before Seatbridge: those that mapping an organization binds.
type Adoptions struct{ store *Store }

// AdoptionsIn are those of a store.
func AdoptionsIn(s *Store) Adoptions { return Adoptions{s} }

// Adopt binds a line that was there, with what it said when it was read, unless the product has a line on the agreement already or
// nobody is mapped to the agreement any more; entry says so in the activity log, in the same transaction. It answers whether it was
// bound.
func (a Adoptions) Adopt(ctx context.Context, l Line, entry Activity) (bool, error) {
	bound := false
	err := a.store.tx(ctx, fmt.Sprintf("adopting addition %d of agreement %d", l.AdditionID, l.AgreementID), func(tx *sql.Tx) error {
		err := execOne(ctx, tx, `
			INSERT INTO lines (agreement_id, product_id, addition_id, chosen, release, shares, product, read_quantity, read_at, unit_price, currency)
			SELECT $1, $2, $3, $4, FALSE, $5, $6, $7, $8, $9, $10 WHERE EXISTS (SELECT 1 FROM mappings WHERE agreement_id = $1)
			ON CONFLICT (agreement_id, product_id) DO NOTHING`,
			l.AgreementID, l.ProductID, l.AdditionID, l.Chosen, asJSON{l.Shares}, l.Product, l.Read, unix(l.ReadAt), l.UnitPrice, l.Currency)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		bound = true
		return addActivity(ctx, tx, entry)
	})
	return bound, err
}
