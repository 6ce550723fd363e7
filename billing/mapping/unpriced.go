package mapping

import (
	"context"
	"errors"
	"fmt"

	"seatbridge/billing/connect"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// ReadPrices asks ConnectWise for the prices of products that were created from here without one, and forgets those that have one by
// now or are gone. Where there is none it asks nothing.
func ReadPrices(ctx context.Context, mp *Mapper) error {
	unpriced, err := store.UnpricedIn(mp.store).All(ctx)
	if err != nil || len(unpriced) == 0 {
		return err
	}
	client, err := mp.connect.Client(ctx)
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
	return store.UnpricedIn(mp.store).Settle(ctx, settled, mp.now())
}
