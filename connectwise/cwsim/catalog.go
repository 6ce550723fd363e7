package cwsim

import (
	"strings"

	"github.com/shopspring/decimal"
)

// CatalogItem is a product. Price and cost are per unit and month.
type CatalogItem struct {
	ID                  int
	Identifier          string // at most 75 characters, unique without regard to case
	Description         string // at most 60 characters
	CustomerDescription string
	SubcategoryID       int
	CategoryID          int
	TypeID              int
	Class               string // Agreement, Bundle, Inventory, NonInventory, Service
	UnitID              int
	Price               decimal.Decimal
	Cost                decimal.Decimal
	Taxable             bool
	Inactive            bool
	Recurring           bool
	Billable            string // billableOption: Billable, DoNotBill, NoCharge, NoDefault
	CycleType           string // recurringCycleType: ContractYear, CalendarYear
	VendorSKU           string
	XRef                string
}

var (
	productClasses  = []string{"Agreement", "Bundle", "Inventory", "NonInventory", "Service"}
	billableOptions = []string{"Billable", "DoNotBill", "NoCharge", "NoDefault"}
	cycleTypes      = []string{"ContractYear", "CalendarYear"}
)

var catalogItems = newResource("catalogItem", "/procurement/catalog", []field[CatalogItem]{
	idField(func(x *CatalogItem) int { return x.ID }),
	required(textField("identifier", 75, func(x *CatalogItem) *string { return &x.Identifier })),
	required(textField("description", 60, func(x *CatalogItem) *string { return &x.Description })),
	boolField("inactiveFlag", func(x *CatalogItem) *bool { return &x.Inactive }),
	required(idReference("subcategory", "Subcategory", func(x *CatalogItem) *int { return &x.SubcategoryID },
		func(s *Sim, id int) (string, bool) {
			return nameIn(&s.subcategories, id, func(x Subcategory) string { return x.Name })
		},
		"/procurement/subcategories")),
	required(idReference("type", "Type", func(x *CatalogItem) *int { return &x.TypeID },
		func(s *Sim, id int) (string, bool) {
			return nameIn(&s.productTypes, id, func(x ProductType) string { return x.Name })
		},
		"/procurement/types")),
	enumField("productClass", productClasses, func(x *CatalogItem) *string { return &x.Class }),
	constant[CatalogItem]("serializedFlag", kindBool, false),
	constant[CatalogItem]("serializedCostFlag", kindBool, false),
	constant[CatalogItem]("phaseProductFlag", kindBool, false),
	idReference("unitOfMeasure", "Unit of Measure", func(x *CatalogItem) *int { return &x.UnitID },
		func(s *Sim, id int) (string, bool) {
			return nameIn(&s.units, id, func(x Unit) string { return x.Name })
		},
		"/procurement/unitOfMeasures"),
	constant[CatalogItem]("minStockLevel", kindInteger, 0),
	numberField("price", func(x *CatalogItem) *decimal.Decimal { return &x.Price }),
	numberField("cost", func(x *CatalogItem) *decimal.Decimal { return &x.Cost }),
	boolField("taxableFlag", func(x *CatalogItem) *bool { return &x.Taxable }),
	required(textField("customerDescription", 6000, func(x *CatalogItem) *string { return &x.CustomerDescription })),
	textField("vendorSku", 50, func(x *CatalogItem) *string { return &x.VendorSKU }),
	textField("integrationXRef", 50, func(x *CatalogItem) *string { return &x.XRef }),
	boolField("recurringFlag", func(x *CatalogItem) *bool { return &x.Recurring }),
	reference("recurringBillCycle", idName, func(v *view, x *CatalogItem) any {
		if x.Recurring {
			return v.billingCycle("")
		}
		return nil
	}),
	enumField("recurringCycleType", cycleTypes, func(x *CatalogItem) *string { return &x.CycleType }),
	idReference("category", "Category", func(x *CatalogItem) *int { return &x.CategoryID },
		func(s *Sim, id int) (string, bool) {
			return nameIn(&s.categories, id, func(x Category) string { return x.Name })
		},
		"/procurement/categories"),
	enumField("billableOption", billableOptions, func(x *CatalogItem) *string { return &x.Billable }),
	constant[CatalogItem]("customFields", kindList, []any{}),
},
	empty[CatalogItem](kindText, "priceAttribute manufacturerPartNumber notes connectWiseID"),
	empty[CatalogItem](kindNumber, "recurringRevenue recurringCost calculatedPrice calculatedCost markupPercentage"),
	empty[CatalogItem](kindBool, `dropShipFlag specialOrderFlag recurringOneTimeFlag calculatedPriceFlag calculatedCostFlag
		markupFlag autoUpdateUnitCostFlag autoUpdateUnitPriceFlag`),
	empty[CatalogItem](kindReference, "manufacturer vendor sla entityType agreementType"))

// createCatalogItem is POST /procurement/catalog.
func (s *Sim) createCatalogItem(x *exchange) answer {
	members, bad := x.bodyObject()
	if bad != nil {
		return *bad
	}
	item := CatalogItem{Class: "NonInventory", Billable: "Billable"}
	if bad := catalogItems.apply(s, &item, members); bad != nil {
		return *bad
	}
	if problems := s.catalogProblems(&item); len(problems) > 0 {
		return invalid(catalogItems.name, problems...)
	}
	return s.created(x, catalogItems, s.insertCatalogItem(item, x.stamp()))
}

// insertCatalogItem gives an id and files the identifier.
func (s *Sim) insertCatalogItem(item CatalogItem, by stamp) *row[CatalogItem] {
	item.ID = s.catalog.nextID(101)
	if !s.assumptions.CategoryAsSent {
		if sub := s.subcategories.find(item.SubcategoryID); sub != nil {
			item.CategoryID = sub.value.CategoryID
		}
	}
	s.identifiers[strings.ToLower(item.Identifier)] = item.ID
	return s.catalog.add(item.ID, item, by)
}

func (s *Sim) catalogProblems(item *CatalogItem) []problem {
	problems := catalogItems.problems(s, item)
	if s.assumptions.Identifier60 && len([]rune(item.Identifier)) > 60 {
		problems = append(problems, tooLong(catalogItems.name, "identifier", 60))
	}
	if _, taken := s.identifiers[strings.ToLower(item.Identifier)]; taken && !s.assumptions.AcceptDuplicates {
		problems = append(problems, problem{"ObjectExists", "The Product ID already exists.", catalogItems.name, "identifier"})
	}
	return problems
}
