package store

import (
	"context"
	"database/sql"
	"time"
)

// ProductMapping is the ConnectWise catalog item that a plan is billed as.
type ProductMapping struct {
	Plan        Plan
	ProductID   int // the catalog item
	Identifier  string
	Description string
	ConfirmedAt time.Time
}

// ProductMappings reads the catalog items of the plans that have one.
func (s *Store) ProductMappings(ctx context.Context) (map[Plan]ProductMapping, error) {
	products := map[Plan]ProductMapping{}
	rows := each(ctx, s.from, scanProductMapping, `SELECT plan, product_id, identifier, description, confirmed_at FROM product_mappings`)
	for p, err := range rows {
		if err != nil {
			return nil, doing("reading product mappings", err)
		}
		products[p.Plan] = p
	}
	return products, nil
}

func scanProductMapping(row scanner) (p ProductMapping, err error) {
	err = row.Scan(&p.Plan, &p.ProductID, &p.Identifier, &p.Description, moment(&p.ConfirmedAt))
	return p, err
}

// SaveProductMappings replaces the product mappings by those given, confirmed at the moment at. When
// every plan has its product for the first time, the integration becomes active. ErrNotFound when
// there is no integration; one product for two plans is a *Conflict.
func (s *Store) SaveProductMappings(ctx context.Context, products []ProductMapping, at time.Time) error {
	return s.tx(ctx, "saving product mappings", func(tx *sql.Tx) error {
		if _, err := one(ctx, tx, scanValue[int], `SELECT id FROM integration`); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, `DELETE FROM product_mappings`); err != nil {
			return err
		}
		for _, p := range products {
			_, err := exec(ctx, tx, `
				INSERT INTO product_mappings (plan, product_id, identifier, description, confirmed_at) VALUES ($1, $2, $3, $4, $5)`,
				p.Plan, p.ProductID, p.Identifier, p.Description, unix(at))
			if err != nil {
				return err
			}
		}
		_, err := exec(ctx, tx, `UPDATE integration SET active_since = $1
			WHERE active_since IS NULL AND (SELECT COUNT(*) FROM product_mappings) = $2`, unix(at), len(Plans()))
		return err
	})
}
