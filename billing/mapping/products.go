package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// maxProducts is how many catalog items a search shows.
const maxProducts = 50

// A Product is a catalog item of ConnectWise, as the mapping dialog shows it.
type Product struct {
	ID                                             int
	Identifier, Description, Category, Class, Unit string
	Subcategory, Type                              string
	Price, Cost                                    decimal.NullDecimal // per unit, in the instance's currency
	Unusable                                       string              // why it cannot be chosen, a sentence; empty: it can
	Suggested                                      bool                // looks like a NordPass item
}

// SearchProducts finds catalog items by identifier or description, NordPass-like ones first; more says
// that there are others beyond those shown.
func (mp *Mapper) SearchProducts(ctx context.Context, query string) (found []Product, more bool, err error) {
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return nil, false, err
	}
	query = strings.TrimSpace(query)
	seen := map[int]bool{}
	collect := func(search string) error {
		for item, err := range client.CatalogItems(ctx, connectwise.CatalogFilter{Search: search, Limit: maxProducts + 1}) {
			if err != nil {
				return connect.Refused(err)
			}
			if !seen[item.ID] {
				seen[item.ID] = true
				found = append(found, productOf(item))
			}
		}
		return nil
	}
	if query == "" {
		// Without a search the list would start with the oldest items; the likely ones come first.
		if err := collect("NordPass"); err != nil {
			return nil, false, err
		}
	}
	if err := collect(query); err != nil {
		return nil, false, err
	}
	slices.SortStableFunc(found, func(a, b Product) int {
		return cmp.Or(
			compareBool(a.Unusable == "", b.Unusable == ""), compareBool(a.Suggested, b.Suggested),
			strings.Compare(strings.ToLower(a.Identifier), strings.ToLower(b.Identifier)),
		)
	})
	if len(found) > maxProducts {
		return found[:maxProducts], true, nil
	}
	return found, false, nil
}

// compareBool orders true first.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// Product is one catalog item. An unknown id is store.ErrNotFound.
func (mp *Mapper) Product(ctx context.Context, id int) (Product, error) {
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return Product{}, err
	}
	item, err := client.CatalogItem(ctx, id)
	if errors.Is(err, connectwise.ErrNotFound) {
		return Product{}, store.ErrNotFound
	}
	if err != nil {
		return Product{}, connect.Refused(err)
	}
	return productOf(item), nil
}

func productOf(item connectwise.CatalogItem) Product {
	p := Product{
		ID: item.ID, Identifier: item.Identifier, Description: item.Description, Category: item.Category.Name,
		Class: item.ProductClass, Unit: item.UnitOfMeasure.Name, Price: item.Price,
		Subcategory: item.Subcategory.Name, Type: item.Type.Name, Cost: item.Cost,
	}
	switch {
	case item.Inactive:
		p.Unusable = "Inactive in ConnectWise."
	case item.ProductClass == connectwise.ClassBundle:
		p.Unusable = "A bundle cannot be added to an agreement."
	}
	name := strings.ReplaceAll(store.Fold(item.Identifier+" "+item.Description), " ", "")
	p.Suggested = strings.Contains(name, "nordpass")
	return p
}

// ConfirmMapping maps each plan to a catalog item; the integration is active from here on. With compare it only compares, until writing
// is switched on; that is asked when the products are mapped for the first time, and no answer afterwards.
func (mp *Mapper) ConfirmMapping(ctx context.Context, who problem.Actor, items map[store.Plan]int, compare bool) error {
	problems := map[string]string{}
	var mappings []store.ProductMapping
	for _, plan := range store.Plans() {
		id := items[plan]
		if id == 0 {
			problems[string(plan)] = fmt.Sprintf("Choose the product for %s.", plan.Name())
			continue
		}
		product, err := mp.Product(ctx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			problems[string(plan)] = "This product no longer exists in ConnectWise; choose another one."
		case err != nil:
			return err
		case product.Unusable != "":
			problems[string(plan)] = product.Unusable
		}
		mappings = append(mappings, store.ProductMapping{
			Plan:        plan,
			ProductID:   id,
			Identifier:  product.Identifier,
			Description: product.Description,
		})
	}
	if len(problems) == 0 && items[store.Business] == items[store.Enterprise] {
		problems[string(store.Enterprise)] = "Choose two different products: each plan has its own line and price."
	}
	if len(problems) > 0 {
		return &problem.Invalid{Fields: problems}
	}
	release, err := mp.store.LockSync(ctx)
	if err != nil {
		return err
	}
	defer release()
	entry := who.Did(mp.now(), store.CategoryIntegrations, "Mapped %s to %s and %s to %s.",
		mappings[0].Plan.Name(), mappings[0].Identifier, mappings[1].Plan.Name(), mappings[1].Identifier)
	return mp.store.Record(ctx, entry, func(s *store.Store) error {
		if compare {
			if err := mp.compareFirst(ctx, s, who); err != nil {
				return err
			}
		}
		return s.SaveProductMappings(ctx, mappings, mp.now())
	})
}

// compareFirst begins with comparing, where nothing could be written before.
func (mp *Mapper) compareFirst(ctx context.Context, s *store.Store, who problem.Actor) error {
	i, err := s.Integration(ctx)
	if err != nil || !i.ActiveSince.IsZero() {
		return err
	}
	if err := store.ComparingsIn(s).Begin(ctx, who.Name, mp.now()); err != nil {
		return err
	}
	return s.AddActivity(ctx, who.Did(mp.now(), store.CategoryBilling, "Chose to compare first: nothing is written to ConnectWise PSA."))
}
