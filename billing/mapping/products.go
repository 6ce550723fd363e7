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
	Price                                          decimal.NullDecimal // per unit, in the instance's currency
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

// NewProduct is the form of Create product in ConnectWise PSA. Price and Cost are decimals as typed, or empty.
type NewProduct struct {
	Identifier, Description       string
	SubcategoryID, TypeID, UnitID int
	Price, Cost                   string
}

// A Subcategory of the catalog, with the category it belongs to.
type Subcategory struct {
	ID             int
	Name, Category string
}

// ProductOptions is what the form of a new product offers.
type ProductOptions struct {
	Subcategories []Subcategory
	Types, Units  []store.Named
	Defaults      NewProduct
}

// ProductOptions reads the choices for a new product and fills in sensible ones for a plan.
func (mp *Mapper) ProductOptions(ctx context.Context, plan store.Plan) (ProductOptions, error) {
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return ProductOptions{}, err
	}
	o := ProductOptions{Defaults: NewProduct{Identifier: plan.Name(), Description: plan.Name() + ", per seat and month"}}
	for _, read := range []func(context.Context, *connectwise.Client) error{o.readSubcategories, o.readTypes, o.readUnits} {
		if err := read(ctx, client); err != nil {
			return ProductOptions{}, connect.Refused(err)
		}
	}
	return o, nil
}

func (o *ProductOptions) readSubcategories(ctx context.Context, client *connectwise.Client) error {
	for s, err := range client.Subcategories(ctx) {
		if err != nil {
			return err
		}
		if !s.Inactive {
			o.Subcategories = append(o.Subcategories, Subcategory{ID: s.ID, Name: s.Name, Category: s.Category.Name})
		}
	}
	slices.SortStableFunc(o.Subcategories, func(a, b Subcategory) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), strings.Compare(a.Name, b.Name))
	})
	return nil
}

func (o *ProductOptions) readTypes(ctx context.Context, client *connectwise.Client) error {
	for t, err := range client.ProductTypes(ctx) {
		if err != nil {
			return err
		}
		// Seats are a service: types for stocked parts do not fit (docs/connectwise.md section 5, catalog item creation).
		if t.Inactive || t.Xref != connectwise.XrefService && t.Xref != connectwise.XrefNonInventoryPart {
			continue
		}
		o.Types = append(o.Types, store.Named{ID: t.ID, Name: t.Name})
		if o.Defaults.TypeID == 0 && t.Xref == connectwise.XrefService {
			o.Defaults.TypeID = t.ID
		}
	}
	return nil
}

func (o *ProductOptions) readUnits(ctx context.Context, client *connectwise.Client) error {
	for u, err := range client.UnitsOfMeasure(ctx) {
		if err != nil {
			return err
		}
		if u.Inactive {
			continue
		}
		o.Units = append(o.Units, store.Named{ID: u.ID, Name: u.Name})
		if u.Default {
			o.Defaults.UnitID = u.ID
		}
	}
	return nil
}

// CreateProduct creates a catalog item. Problems with the form, ours or ConnectWise's, are *Invalid.
func (mp *Mapper) CreateProduct(ctx context.Context, who problem.Actor, n NewProduct) (Product, error) {
	item, err := newCatalogItem(n)
	if err != nil {
		return Product{}, err
	}
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return Product{}, err
	}
	if item.CategoryID, err = categoryOf(ctx, client, item.SubcategoryID); err != nil {
		return Product{}, err
	}
	if err := identifierFree(ctx, client, item.Identifier); err != nil {
		return Product{}, err
	}
	created, err := client.CreateCatalogItem(ctx, item)
	if errors.Is(err, connectwise.ErrUnknownOutcome) {
		// It may exist: the identifier tells, before anybody sends it again.
		created, err = findByIdentifier(ctx, client, item.Identifier, err)
	}
	if err != nil {
		return Product{}, refusedProduct(err)
	}
	err = mp.store.AddActivity(ctx, who.Did(mp.now(), store.CategoryIntegrations,
		"Created the product %s in ConnectWise PSA.", created.Identifier))
	return productOf(created), err
}

// categoryOf is the category that a subcategory belongs to: ConnectWise may ask for both.
func categoryOf(ctx context.Context, client *connectwise.Client, subcategoryID int) (int, error) {
	for s, err := range client.Subcategories(ctx) {
		if err != nil {
			return 0, connect.Refused(err)
		}
		if s.ID == subcategoryID {
			return s.Category.ID, nil
		}
	}
	return 0, &problem.Invalid{Fields: problem.Fields{"subcategory": "This subcategory no longer exists in ConnectWise; choose another one."}}
}

func newCatalogItem(n NewProduct) (connectwise.NewCatalogItem, error) {
	item := connectwise.NewCatalogItem{
		Identifier: strings.TrimSpace(n.Identifier), Description: strings.TrimSpace(n.Description),
		SubcategoryID: n.SubcategoryID, TypeID: n.TypeID, UnitOfMeasureID: n.UnitID,
	}
	problems := map[string]string{}
	checkText(problems, "identifier", item.Identifier, connectwise.MaxCatalogIdentifier)
	checkText(problems, "description", item.Description, connectwise.MaxCatalogDescription)
	if n.SubcategoryID == 0 {
		problems["subcategory"] = "Choose a subcategory."
	}
	if n.TypeID == 0 {
		problems["type"] = "Choose a product type."
	}
	item.Price = parseMoney(problems, "price", n.Price)
	item.Cost = parseMoney(problems, "cost", n.Cost)
	if len(problems) > 0 {
		return item, &problem.Invalid{Fields: problems}
	}
	return item, nil
}

func checkText(problems map[string]string, field, text string, limit int) {
	switch n := len([]rune(text)); {
	case n == 0:
		problems[field] = "This is needed."
	case n > limit:
		problems[field] = fmt.Sprintf("At most %d characters; these are %d.", limit, n)
	}
}

func parseMoney(problems map[string]string, field, text string) decimal.NullDecimal {
	text = strings.TrimSpace(text)
	if text == "" {
		return decimal.NullDecimal{}
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.IsNegative() || d.Exponent() < -6 || d.GreaterThan(decimal.NewFromInt(1_000_000_000)) {
		problems[field] = "Enter an amount with a decimal point, such as 3.50."
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(d)
}

func identifierFree(ctx context.Context, client *connectwise.Client, identifier string) error {
	_, err := findByIdentifier(ctx, client, identifier, connectwise.ErrNotFound)
	if errors.Is(err, connectwise.ErrNotFound) {
		return nil
	}
	if err != nil {
		return connect.Refused(err)
	}
	return &problem.Invalid{Fields: problem.Fields{
		"identifier": "ConnectWise has a product with this identifier; pick it from the list, or choose another identifier.",
	}}
}

// findByIdentifier looks a catalog item up; missing is the error if there is none.
func findByIdentifier(ctx context.Context, client *connectwise.Client, identifier string, missing error) (connectwise.CatalogItem, error) {
	for item, err := range client.CatalogItems(ctx, connectwise.CatalogFilter{Identifier: identifier}) {
		return item, err
	}
	return connectwise.CatalogItem{}, missing
}

// refusedProduct puts ConnectWise's field errors next to the form's fields.
func refusedProduct(err error) error {
	var cw *connectwise.Error
	if !errors.As(err, &cw) || !errors.Is(err, connectwise.ErrInvalid) {
		return connect.Refused(err)
	}
	problems := map[string]string{}
	for _, f := range cw.Fields {
		field, ok := productFields[strings.ToLower(strings.SplitN(f.Field, "/", 2)[0])]
		if ok && f.Message != "" {
			problems[field] = f.Message
		}
	}
	if len(problems) == 0 {
		return connect.Refused(err)
	}
	return &problem.Invalid{Fields: problems}
}

// productFields is ConnectWise's field names, in lower case, and ours.
var productFields = map[string]string{
	"identifier": "identifier", "description": "description", "customerdescription": "description",
	"subcategory": "subcategory", "category": "subcategory", "type": "type", "unitofmeasure": "unit", "price": "price", "cost": "cost",
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
