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
	"seatbridge/billing/match"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// NewProduct is the form of Create product in ConnectWise PSA. Price and Cost are decimals as typed, or empty.
type NewProduct struct {
	Identifier, Description       string
	SubcategoryID, TypeID, UnitID int
	Price, Cost                   string
	Unpriced                      bool  // that it has no price is meant so
	Despite                       []int // products that look the same and were seen: it is created nevertheless
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
	Reasons       map[string]string // why something is chosen already, a sentence, by the form's field; what has no reason is not chosen
}

// ProductOptions reads the choices for a new product of a plan. Chosen already is only what has a reason: the only choice there is, what
// the other plan's product has, or a unit that is called after seats. other is that product, 0: there is none yet.
func (mp *Mapper) ProductOptions(ctx context.Context, tier store.Plan, other int) (ProductOptions, error) {
	client, err := mp.connect.PageClient(ctx)
	if err != nil {
		return ProductOptions{}, err
	}
	o := ProductOptions{
		Defaults: NewProduct{Identifier: tier.Name(), Description: tier.Name() + ", per seat and month"}, Reasons: map[string]string{},
	}
	for _, read := range []func(context.Context, *connectwise.Client) error{o.readSubcategories, o.readTypes, o.readUnits} {
		if err := read(ctx, client); err != nil {
			return ProductOptions{}, connect.Refused(err)
		}
	}
	var like connectwise.CatalogItem
	if other != 0 {
		like, err = client.CatalogItem(ctx, other)
		if err != nil && !errors.Is(err, connectwise.ErrNotFound) {
			return ProductOptions{}, connect.Refused(err)
		}
	}
	o.preset(like)
	return o, nil
}

// preset chooses what there is a reason for; like is the other plan's product, a zero one: there is none.
func (o *ProductOptions) preset(like connectwise.CatalogItem) {
	subcategories := make([]store.Named, len(o.Subcategories))
	for i, s := range o.Subcategories {
		subcategories[i] = store.Named{ID: s.ID, Name: s.Name}
	}
	o.Defaults.SubcategoryID = o.reasoned("subcategory", subcategories, like, like.Subcategory.ID)
	o.Defaults.TypeID = o.reasoned("type", o.Types, like, like.Type.ID)
	o.Defaults.UnitID = o.reasoned("unit", o.Units, like, like.UnitOfMeasure.ID)
	if o.Defaults.UnitID != 0 {
		return
	}
	if i := slices.IndexFunc(o.Units, func(u store.Named) bool { return seatUnits[plan.Letters(u.Name)] }); i >= 0 {
		o.Defaults.UnitID, o.Reasons["unit"] = o.Units[i].ID, fmt.Sprintf("Chosen because it is called %s.", o.Units[i].Name)
	}
}

// seatUnits are names of units that count seats, without case and punctuation.
var seatUnits = map[string]bool{
	"seat": true, "seats": true, "perseat": true, "user": true, "users": true, "peruser": true, "license": true, "licenses": true,
	"licence": true, "licences": true, "perlicense": true,
}

// reasoned is the choice of a field that there is a reason for, which it notes; 0: there is none.
func (o *ProductOptions) reasoned(field string, choices []store.Named, like connectwise.CatalogItem, its int) int {
	if len(choices) == 1 {
		o.Reasons[field] = "Chosen because it is the only one that fits."
		return choices[0].ID
	}
	if its != 0 && slices.ContainsFunc(choices, func(c store.Named) bool { return c.ID == its }) {
		o.Reasons[field] = fmt.Sprintf("Chosen because %s, the other plan's product, has it.", like.Identifier)
		return its
	}
	return 0
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
	}
	return nil
}

// Alike says that ConnectWise has products already that look like the one to be created. The one that has its identifier keeps it from
// being created; of the others a person says whether one of them is meant.
type Alike struct {
	Products []Product
	Exact    bool // one of them has the identifier
}

// Error is for the log.
func (a *Alike) Error() string {
	return fmt.Sprintf("ConnectWise has %d products that look the same", len(a.Products))
}

// CreateProduct creates a catalog item of class Agreement (docs/connectwise.md section 5). What is wrong with the form is *Invalid, with
// the field "unpriced" where only the word is missing that it has no price; *Alike says that ConnectWise has it already, or may.
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
	if err := unlike(ctx, client, n); err != nil {
		return Product{}, err
	}
	created, err := client.CreateCatalogItem(ctx, item)
	if sent := err; errors.Is(sent, connectwise.ErrUnknownOutcome) { // it may exist: the identifier tells, before anybody sends it again
		if created, err = findByIdentifier(ctx, client, item.Identifier, sent); err != nil {
			return Product{}, connect.PerhapsCreated(item.Identifier, sent)
		}
	}
	if err != nil {
		return Product{}, refusedProduct(err)
	}
	entry := who.Did(mp.now(), store.CategoryIntegrations, "Created the product %s in ConnectWise PSA.", created.Identifier)
	err = mp.store.Record(ctx, entry, func(s *store.Store) error {
		if created.Price.Decimal.IsPositive() {
			return nil
		}
		return store.UnpricedIn(s).Add(ctx, store.UnpricedProduct{
			ProductID: created.ID, Identifier: created.Identifier, CreatedAt: mp.now(), CreatedBy: who.Name,
		})
	})
	return productOf(created), err
}

// unlike is nil where nothing in ConnectWise looks like a new product, or a person saw what does; else an *Alike.
func unlike(ctx context.Context, client *connectwise.Client, n NewProduct) error {
	alike, err := lookalikes(ctx, client, n)
	if err != nil {
		return connect.Refused(err)
	}
	seen := true
	for _, p := range alike.Products {
		seen = seen && slices.Contains(n.Despite, p.ID)
	}
	if seen && !alike.Exact {
		return nil
	}
	return &alike
}

// lookalikes finds the products, active or not, whose identifier or description is that of a new one up to case, spaces and punctuation.
// ConnectWise compares letter by letter, so it is asked for a word of each.
func lookalikes(ctx context.Context, client *connectwise.Client, n NewProduct) (alike Alike, err error) {
	names := map[string]bool{plan.Letters(n.Identifier): true, plan.Letters(n.Description): true}
	seen := map[int]bool{}
	for _, search := range []string{match.SearchWord(n.Identifier), match.SearchWord(n.Description)} {
		if search == "" {
			continue
		}
		for item, err := range client.CatalogItems(ctx, connectwise.CatalogFilter{Search: search}) {
			if err != nil {
				return alike, err
			}
			if !seen[item.ID] && (names[plan.Letters(item.Identifier)] || names[plan.Letters(item.Description)]) {
				alike.Products = append(alike.Products, productOf(item))
				alike.Exact = alike.Exact || strings.EqualFold(item.Identifier, strings.TrimSpace(n.Identifier))
			}
			seen[item.ID] = true
		}
	}
	if alike.Exact {
		return alike, nil
	}
	item, err := findByIdentifier(ctx, client, strings.TrimSpace(n.Identifier), connectwise.ErrNotFound)
	if errors.Is(err, connectwise.ErrNotFound) {
		return alike, nil
	}
	alike.Products, alike.Exact = append(alike.Products, productOf(item)), err == nil
	return alike, err
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
	if n.UnitID == 0 {
		problems["unit"] = "Choose a unit of measure."
	}
	item.Price = parseMoney(problems, "price", n.Price)
	item.Cost = parseMoney(problems, "cost", n.Cost)
	if len(problems) == 0 && !n.Unpriced && !item.Price.Decimal.IsPositive() {
		problems["unpriced"] = "Lines of a product without a price are billed as nothing. Enter the price, or say that it is created without one."
	}
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
