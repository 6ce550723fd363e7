package store

import (
	"context"
	"database/sql"
	"time"
)

// UnpricedProduct is a catalog item that was created from here without a price, and has none yet.
type UnpricedProduct struct {
	ProductID  int
	Identifier string
	CreatedAt  time.Time
	CreatedBy  string    // e-mail address
	CheckedAt  time.Time // when ConnectWise was last asked
}

// UnpricedProducts are a store's view of them.
type UnpricedProducts struct{ store *Store }

// UnpricedIn are those of a store.
func UnpricedIn(s *Store) UnpricedProducts { return UnpricedProducts{s} }

// All lists them, the oldest first.
func (u UnpricedProducts) All(ctx context.Context) ([]UnpricedProduct, error) {
	all, err := list(ctx, u.store.from, func(row scanner) (p UnpricedProduct, err error) {
		err = row.Scan(&p.ProductID, &p.Identifier, moment(&p.CreatedAt), &p.CreatedBy, moment(&p.CheckedAt))
		return p, err
	}, `SELECT product_id, identifier, created_at, created_by, checked_at FROM unpriced_products ORDER BY created_at, product_id`)
	return all, doing("listing products without a price", err)
}

// Add keeps one.
func (u UnpricedProducts) Add(ctx context.Context, p UnpricedProduct) error {
	return u.store.tx(ctx, "keeping a product without a price", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO unpriced_products (product_id, identifier, created_at, created_by, checked_at)
			VALUES ($1, $2, $3, $4, $3) ON CONFLICT (product_id) DO NOTHING`, p.ProductID, p.Identifier, unix(p.CreatedAt), p.CreatedBy)
		return err
	})
}

// Settle forgets those that have a price by now, or are gone, and notes of the others when ConnectWise was asked.
func (u UnpricedProducts) Settle(ctx context.Context, settled []int, at time.Time) error {
	return u.store.tx(ctx, "noting prices of products", func(tx *sql.Tx) error {
		if len(settled) > 0 {
			if _, err := exec(ctx, tx, `DELETE FROM unpriced_products WHERE product_id IN `+in(settled)); err != nil {
				return err
			}
		}
		_, err := exec(ctx, tx, `UPDATE unpriced_products SET checked_at = $1`, unix(at))
		return err
	})
}
