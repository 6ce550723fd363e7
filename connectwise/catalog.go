package connectwise

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// CatalogItem is a product of the ConnectWise catalog.
type CatalogItem struct {
	ID            int
	Identifier    string
	Description   string
	Category      Reference
	Subcategory   Reference
	Type          Reference
	UnitOfMeasure Reference
	ProductClass  string // Agreement, Bundle, Inventory, NonInventory, Service; a Bundle cannot be an addition
	Price         decimal.NullDecimal
	Cost          decimal.NullDecimal
	Inactive      bool
}

const (
	catalogPath   = "/procurement/catalog"
	catalogFields = "id,identifier,description,category/id,category/name,subcategory/id,subcategory/name,type/id," +
		"type/name,unitOfMeasure/id,unitOfMeasure/name,productClass,price,cost,inactiveFlag"
)

// UnmarshalJSON reads the API's record.
func (i *CatalogItem) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID                                         int
		Identifier, Description                    text
		Category, Subcategory, Type, UnitOfMeasure Reference
		ProductClass                               string
		Price, Cost                                decimal.NullDecimal
		InactiveFlag                               bool
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	if err := checkSize(wire.Price.Decimal, wire.Cost.Decimal); err != nil {
		return err
	}
	*i = CatalogItem{
		ID: wire.ID, Identifier: string(wire.Identifier), Description: string(wire.Description),
		Category: wire.Category, Subcategory: wire.Subcategory, Type: wire.Type, UnitOfMeasure: wire.UnitOfMeasure,
		ProductClass: wire.ProductClass, Price: wire.Price, Cost: wire.Cost, Inactive: wire.InactiveFlag,
	}
	return nil
}

// CatalogFilter restricts a list of catalog items; what is empty does not restrict.
type CatalogFilter struct {
	Search     string // part of the identifier, the description or the category, in upper or lower case, or the price
	IDs        []int
	Identifier string // the whole identifier, in upper or lower case
	Limit      int    // the most items to yield; 0: all
}

// CatalogItems lists catalog items, inactive ones and bundles too.
func (c *Client) CatalogItems(ctx context.Context, filter CatalogFilter) iter.Seq2[CatalogItem, error] {
	return func(yield func(CatalogItem, error) bool) {
		yielded := 0
		for item, err := range listAll(ctx, c, filter.listings(), func(i CatalogItem) int { return i.ID }) {
			if err == nil && !filter.exact(item) {
				continue
			}
			if !yield(item, err) || err != nil {
				return
			}
			if yielded++; yielded == filter.Limit {
				return
			}
		}
	}
}

// exact repeats the comparison of whole identifiers: a star in one is a wildcard to ConnectWise.
func (f CatalogFilter) exact(item CatalogItem) bool {
	wanted := clean(f.Identifier)
	return wanted == "" || strings.EqualFold(item.Identifier, wanted)
}

func (f CatalogFilter) listings() []listing {
	var text condition
	if search := clean(f.Search); search != "" {
		text = or(
			containsText("identifier", search),
			containsText("description", search),
			containsText("category/name", search),
			priceIs(search),
			classIs(search),
		)
	}
	if identifier := clean(f.Identifier); identifier != "" {
		text = and(text, equalsText("identifier", identifier))
	}
	room := maxConditions
	if text != "" {
		room /= 4
	}
	var listings []listing
	for _, ids := range chunks(f.IDs, room) {
		l := listing{path: catalogPath, fields: catalogFields, decides: true, conditions: and(text, anyOf("id", ids)), most: len(ids)}
		if f.Limit > 0 && f.Identifier == "" && (l.most == 0 || f.Limit < l.most) {
			l.most = f.Limit
		}
		l.forwardOnly = l.most == 0
		listings = append(listings, l)
	}
	return listings
}

// classIs is the condition of a search text that names a product class; of any other there is none, because a
// value that is none of ConnectWise's could be refused (assumed: docs/connectwise.md does not say).
func classIs(search string) condition {
	for _, class := range []string{agreementClass, ClassBundle, "Inventory", "NonInventory", "Service"} {
		if strings.EqualFold(search, class) {
			return equalsText("productClass", class)
		}
	}
	return ""
}

// priceIs is the condition of a search text that is an amount; of any other there is none.
func priceIs(search string) condition {
	price, err := decimal.NewFromString(search)
	if err != nil || checkSize(price) != nil {
		return ""
	}
	return condition("price=" + price.String())
}

// CatalogItem reads one catalog item.
func (c *Client) CatalogItem(ctx context.Context, id int) (CatalogItem, error) {
	path := fmt.Sprintf("%s/%d", catalogPath, id)
	return record(ctx, c, path, catalogFields, func(i CatalogItem) bool { return i.ID == id })
}

// Lengths that every ConnectWise version accepts, in characters (docs/connectwise.md section 5, catalog item creation).
const (
	MaxCatalogIdentifier  = 60
	MaxCatalogDescription = 60
)

// agreementClass is the product class of service lines; additions cannot be bundles, and ConnectWise's own default is
// NonInventory.
const agreementClass = "Agreement"

// NewCatalogItem is a catalog item to create, of product class Agreement.
type NewCatalogItem struct {
	Identifier      string // unique, at most MaxCatalogIdentifier characters
	Description     string // at most MaxCatalogDescription characters; shown to customers too
	SubcategoryID   int
	CategoryID      int                 // the subcategory's category; 0: left to ConnectWise, which is assumed to know it
	TypeID          int                 // a ProductType, best of Xref Service or NonInventoryPart
	UnitOfMeasureID int                 // 0: ConnectWise's default
	Price           decimal.NullDecimal // an unset price may be billed as zero
	Cost            decimal.NullDecimal
	Recurring       bool
}

// CreateCatalogItem creates a product. It sends the request once, and again only after a 429. ErrExists: the
// identifier is taken. ErrUnknownOutcome: look for the identifier before trying again. ErrNotApplied comes with the
// created item, which differs from what was asked for.
func (c *Client) CreateCatalogItem(ctx context.Context, item NewCatalogItem) (CatalogItem, error) {
	r := request{method: http.MethodPost, path: catalogPath, body: item.wire()}
	if err := item.checkLengths(c, r); err != nil {
		return CatalogItem{}, err
	}
	created, err := write(ctx, c, r, func(i CatalogItem) int { return i.ID })
	if err != nil {
		return created, err
	}
	return created, notApplied(c, r, item.differences(created))
}

func (i NewCatalogItem) checkLengths(c *Client, r request) error {
	failure := c.errorFor(r, ErrInvalid, "checked before sending")
	for _, part := range []struct {
		field, value string
		most         int
	}{
		{"identifier", i.Identifier, MaxCatalogIdentifier},
		{"description", i.Description, MaxCatalogDescription},
	} {
		switch length := utf8.RuneCountInString(part.value); {
		case length == 0:
			failure.Fields = append(failure.Fields, FieldError{part.field, "MissingField", "is required"})
		case length > part.most:
			message := fmt.Sprintf("has %d characters, at most %d are possible", length, part.most)
			failure.Fields = append(failure.Fields, FieldError{part.field, "MaxLengthField", message})
		}
	}
	if len(failure.Fields) == 0 {
		return nil
	}
	return failure
}

type wireCatalogItem struct {
	Identifier          string       `json:"identifier"`
	Description         string       `json:"description"`
	CustomerDescription string       `json:"customerDescription"`
	ProductClass        string       `json:"productClass"`
	Category            *idReference `json:"category,omitempty"`
	Subcategory         idReference  `json:"subcategory"`
	Type                idReference  `json:"type"`
	UnitOfMeasure       *idReference `json:"unitOfMeasure,omitempty"`
	Price               *json.Number `json:"price,omitempty"`
	Cost                *json.Number `json:"cost,omitempty"`
	RecurringFlag       bool         `json:"recurringFlag"`
}

func (i NewCatalogItem) wire() wireCatalogItem {
	return wireCatalogItem{
		Identifier: i.Identifier, Description: i.Description, CustomerDescription: i.Description,
		ProductClass: agreementClass, Category: optionalReference(i.CategoryID), Subcategory: idReference{i.SubcategoryID},
		Type: idReference{i.TypeID}, UnitOfMeasure: optionalReference(i.UnitOfMeasureID),
		Price: optionalNumber(i.Price), Cost: optionalNumber(i.Cost), RecurringFlag: i.Recurring,
	}
}

func optionalReference(id int) *idReference {
	if id == 0 {
		return nil
	}
	return &idReference{id}
}

func optionalNumber(d decimal.NullDecimal) *json.Number {
	if !d.Valid {
		return nil
	}
	n := number(d.Decimal)
	return &n
}

func (i NewCatalogItem) differences(created CatalogItem) []string {
	var differences []string
	if !strings.EqualFold(created.Identifier, clean(i.Identifier)) {
		differences = append(differences, fmt.Sprintf("identifier %q instead of %q", created.Identifier, i.Identifier))
	}
	if created.Subcategory.ID != i.SubcategoryID {
		differences = append(differences, "another subcategory")
	}
	if created.Type.ID != i.TypeID {
		differences = append(differences, "another product type")
	}
	if created.ProductClass != agreementClass {
		differences = append(differences, "product class "+created.ProductClass)
	}
	if i.Price.Valid && !(created.Price.Valid && created.Price.Decimal.Equal(i.Price.Decimal)) {
		differences = append(differences, "another price")
	}
	return differences
}

// Category groups subcategories of the catalog.
type Category struct {
	ID       int
	Name     string
	Inactive bool
}

// Subcategory is where a catalog item belongs.
type Subcategory struct {
	ID       int
	Name     string
	Category Reference
	Inactive bool
}

// ProductType is the accounting type of a catalog item.
type ProductType struct {
	ID       int
	Name     string
	Xref     string // InventoryPart, NonInventoryPart, OtherCharge, Service
	Default  bool
	Inactive bool
}

// UnitOfMeasure is what a quantity of a catalog item counts.
type UnitOfMeasure struct {
	ID       int
	Name     string
	Default  bool
	Inactive bool
}

// setupRecord is what the catalog's setup tables have in common, and the two fields that only one of them has.
type setupRecord struct {
	ID                        int
	Name                      text
	Category                  Reference
	TypeXref                  string
	DefaultFlag, InactiveFlag bool
}

const (
	categoryFields      = "id,name,inactiveFlag"
	subcategoryFields   = "id,name,inactiveFlag,category/id,category/name"
	productTypeFields   = "id,name,inactiveFlag,defaultFlag,typeXref"
	unitOfMeasureFields = "id,name,inactiveFlag,defaultFlag"
)

// Categories lists the catalog's categories.
func (c *Client) Categories(ctx context.Context) iter.Seq2[Category, error] {
	return setupTable(ctx, c, "/procurement/categories", categoryFields, func(r setupRecord) Category {
		return Category{ID: r.ID, Name: string(r.Name), Inactive: r.InactiveFlag}
	})
}

// Subcategories lists the catalog's subcategories with their categories.
func (c *Client) Subcategories(ctx context.Context) iter.Seq2[Subcategory, error] {
	// The trailing slash is the vendor's (docs/connectwise.md section 2).
	return setupTable(ctx, c, "/procurement/subcategories/", subcategoryFields, func(r setupRecord) Subcategory {
		return Subcategory{ID: r.ID, Name: string(r.Name), Category: r.Category, Inactive: r.InactiveFlag}
	})
}

// ProductTypes lists the types that catalog items can have.
func (c *Client) ProductTypes(ctx context.Context) iter.Seq2[ProductType, error] {
	return setupTable(ctx, c, "/procurement/types", productTypeFields, func(r setupRecord) ProductType {
		return ProductType{ID: r.ID, Name: string(r.Name), Xref: r.TypeXref, Default: r.DefaultFlag, Inactive: r.InactiveFlag}
	})
}

// UnitsOfMeasure lists the units that catalog items can have.
func (c *Client) UnitsOfMeasure(ctx context.Context) iter.Seq2[UnitOfMeasure, error] {
	return setupTable(ctx, c, "/procurement/unitOfMeasures", unitOfMeasureFields, func(r setupRecord) UnitOfMeasure {
		return UnitOfMeasure{ID: r.ID, Name: string(r.Name), Default: r.DefaultFlag, Inactive: r.InactiveFlag}
	})
}

func setupTable[T any](ctx context.Context, c *Client, path, fields string, convert func(setupRecord) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		l := listing{path: path, fields: fields}
		for r, err := range list(ctx, c, l, func(r setupRecord) int { return r.ID }) {
			if !yield(convert(r), err) || err != nil {
				return
			}
		}
	}
}
