package billing

import (
	"context"
	"fmt"
	"strings"

	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// ReadPrices asks ConnectWise for the prices of products that were created from here without one, as long as there are such products.
func (b *Billing) ReadPrices(ctx context.Context) error { return mapping.ReadPrices(ctx, b.Mapping) }

// unpricedAttention lists the products that were created without a price and have none in ConnectWise, when it was last asked.
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
		Kind: AttendUnpriced, Count: len(unpriced), Title: fmt.Sprintf("%s without a price: %s",
			problem.Plural(len(unpriced), "product"), strings.Join(names, ", ")),
		Detail: "Lines of it are billed as nothing. Enter its price in ConnectWise under Procurement > Product Catalog; it is read again every " +
			"hour, and when the connection is checked.",
	}}, nil
}
