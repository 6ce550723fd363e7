package billing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// ReadPrices asks ConnectWise for the prices of products that were created from here without one, and forgets those that have one by
// now or are gone. Where there is none it asks nothing.
func (b *Billing) ReadPrices(ctx context.Context) error {
	unpriced, err := store.UnpricedIn(b.Store).All(ctx)
	if err != nil || len(unpriced) == 0 {
		return err
	}
	client, err := b.Connection.Client(ctx)
	if err != nil {
		return err
	}
	var settled []int
	for _, p := range unpriced {
		item, err := client.CatalogItem(ctx, p.ProductID)
		if err != nil && !errors.Is(err, connectwise.ErrNotFound) {
			return fmt.Errorf("reading the price of product %s: %w", p.Identifier, connect.Refused(err))
		}
		if err != nil || item.Price.Decimal.IsPositive() {
			settled = append(settled, p.ProductID)
		}
	}
	return store.UnpricedIn(b.Store).Settle(ctx, settled, b.now())
}

// unpricedAttention lists the products that were created without a price and had none in ConnectWise when it was last asked.
func (b *Billing) unpricedAttention(ctx context.Context) ([]Attention, error) {
	unpriced, err := store.UnpricedIn(b.Store).All(ctx)
	if err != nil || len(unpriced) == 0 {
		return nil, err
	}
	var names []string
	for _, p := range unpriced {
		names = append(names, p.Identifier)
	}
	return []Attention{{
		Kind: AttendUnpriced, Count: len(unpriced),
		Title: fmt.Sprintf("%s without a price: %s", problem.Plural(len(unpriced), "product"), strings.Join(names, ", ")),
		Detail: "Its lines are billed as nothing. Enter the price in ConnectWise under Procurement > Product Catalog; it is read again every " +
			"hour, and when the connection is checked.",
	}}, nil
}
