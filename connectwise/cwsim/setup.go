package cwsim

import "slices"

// CompanyType is a row of the setup table that sorts companies; a company can have several.
type CompanyType struct {
	ID      int
	Name    string
	Default bool
	Vendor  bool
}

// CompanyStatus is a row of the setup table of company statuses.
type CompanyStatus struct {
	ID       int
	Name     string
	Default  bool
	Inactive bool
}

// AgreementType is a row of the setup table of agreement types.
type AgreementType struct {
	ID       int
	Name     string
	Default  bool
	Inactive bool
	Prorate  bool
	// BillProducts is Billable, DoNotBill, NoCharge or NoDefault; empty: Billable.
	BillProducts string
	// BillingCycle is the name of the cycle; empty: Monthly.
	BillingCycle string
	OneTime      bool
}

// Category is a product category.
type Category struct {
	ID       int
	Name     string
	Inactive bool
	Default  bool
}

// Subcategory is a product subcategory; it belongs to one category.
type Subcategory struct {
	ID         int
	Name       string
	CategoryID int
	Inactive   bool
}

// ProductType is a row of the setup table of product types. XRef is InventoryPart, NonInventoryPart, OtherCharge or Service.
type ProductType struct {
	ID       int
	Name     string
	XRef     string
	Inactive bool
	Default  bool
}

// Unit is a unit of measure.
type Unit struct {
	ID       int
	Name     string
	Inactive bool
	Default  bool
}

// BillingStatus is a row of the setup table of the statuses of invoices.
type BillingStatus struct {
	ID       int
	Name     string
	Default  bool
	Closed   bool
	Sent     bool
	Inactive bool
}

var companyTypes = newResource("type", "/company/companies/types", []field[CompanyType]{
	idField(func(x *CompanyType) int { return x.ID }),
	textField("name", 50, func(x *CompanyType) *string { return &x.Name }),
	boolField("defaultFlag", func(x *CompanyType) *bool { return &x.Default }),
	boolField("vendorFlag", func(x *CompanyType) *bool { return &x.Vendor }),
	constant[CompanyType]("serviceAlertFlag", kindBool, false),
}, empty[CompanyType](kindText, "serviceAlertMessage"))

var companyStatuses = newResource("status", "/company/companies/statuses", []field[CompanyStatus]{
	idField(func(x *CompanyStatus) int { return x.ID }),
	textField("name", 50, func(x *CompanyStatus) *string { return &x.Name }),
	boolField("defaultFlag", func(x *CompanyStatus) *bool { return &x.Default }),
	boolField("inactiveFlag", func(x *CompanyStatus) *bool { return &x.Inactive }),
	constant[CompanyStatus]("notifyFlag", kindBool, false),
	constant[CompanyStatus]("disallowSavingFlag", kindBool, false),
	constant[CompanyStatus]("customNoteFlag", kindBool, false),
	constant[CompanyStatus]("cancelOpenTracksFlag", kindBool, false),
}, empty[CompanyStatus](kindText, "notificationMessage"), empty[CompanyStatus](kindReference, "track"))

var agreementTypes = newResource("type", "/finance/agreements/types", []field[AgreementType]{
	idField(func(x *AgreementType) int { return x.ID }),
	textField("name", 50, func(x *AgreementType) *string { return &x.Name }),
	boolField("defaultFlag", func(x *AgreementType) *bool { return &x.Default }),
	boolField("inactiveFlag", func(x *AgreementType) *bool { return &x.Inactive }),
	boolField("prorateFlag", func(x *AgreementType) *bool { return &x.Prorate }),
	constant[AgreementType]("applicationUnits", kindText, "Amount"),
	constant[AgreementType]("employeeCompRate", kindText, "Hourly"),
	constant[AgreementType]("employeeCompNotExceed", kindText, "Billing"),
	constant[AgreementType]("invoicingCycle", kindText, "CalendarYear"),
	constant[AgreementType]("billTime", kindText, "NoDefault"),
	constant[AgreementType]("billExpenses", kindText, "NoDefault"),
	computed("billProducts", kindText, func(_ *view, x *AgreementType) any { return orText(x.BillProducts, "Billable") }),
	reference("billingCycle", idName, func(v *view, x *AgreementType) any { return v.billingCycle(x.BillingCycle) }),
	boolField("oneTimeFlag", func(x *AgreementType) *bool { return &x.OneTime }),
},
	empty[AgreementType](kindText, "prefixSuffixOption invoicePreSuffix applicationCycle invoiceDescription integrationXRef"),
	empty[AgreementType](kindNumber, "applicationLimit expiredDays limit compHourlyRate compLimitAmount billAmount"),
	empty[AgreementType](kindBool, `prePaymentFlag restrictLocationFlag restrictDepartmentFlag applicationUnlimitedFlag
		coverAgreementTimeFlag coverAgreementProductFlag coverAgreementExpenseFlag coverSalesTaxFlag
		carryOverUnusedFlag allowOverrunsFlag expireWhenZero chargeToFirmFlag billOneTimeFlag taxableFlag
		restrictDownPaymentFlag topCommentFlag bottomCommentFlag billableTimeInvoiceFlag billableExpenseInvoiceFlag
		billableProductInvoiceFlag copyWorkRolesFlag copyWorkTypesFlag autoInvoiceFlag invoiceProratedAdditionsFlag`),
	empty[AgreementType](kindReference, `location department sla billingTerms workRole workType projectType
		invoiceTemplate emailTemplate`))

var categories = newResource("category", "/procurement/categories", []field[Category]{
	idField(func(x *Category) int { return x.ID }),
	textField("name", 50, func(x *Category) *string { return &x.Name }),
	boolField("inactiveFlag", func(x *Category) *bool { return &x.Inactive }),
	boolField("defaultFlag", func(x *Category) *bool { return &x.Default }),
}, empty[Category](kindText, "priceLevelXref integrationXref"))

var subcategories = newResource("subcategory", "/procurement/subcategories", []field[Subcategory]{
	idField(func(x *Subcategory) int { return x.ID }),
	textField("name", 50, func(x *Subcategory) *string { return &x.Name }),
	boolField("inactiveFlag", func(x *Subcategory) *bool { return &x.Inactive }),
	constant[Subcategory]("defaultFlag", kindBool, false),
	reference("category", idName, func(v *view, x *Subcategory) any { return v.category(x.CategoryID) }),
}, empty[Subcategory](kindText, "integrationXref"))

var productTypes = newResource("type", "/procurement/types", []field[ProductType]{
	idField(func(x *ProductType) int { return x.ID }),
	textField("name", 50, func(x *ProductType) *string { return &x.Name }),
	boolField("inactiveFlag", func(x *ProductType) *bool { return &x.Inactive }),
	textField("typeXref", 0, func(x *ProductType) *string { return &x.XRef }),
	boolField("defaultFlag", func(x *ProductType) *bool { return &x.Default }),
})

var units = newResource("unitOfMeasure", "/procurement/unitOfMeasures", []field[Unit]{
	idField(func(x *Unit) int { return x.ID }),
	textField("name", 50, func(x *Unit) *string { return &x.Name }),
	boolField("inactiveFlag", func(x *Unit) *bool { return &x.Inactive }),
	boolField("defaultFlag", func(x *Unit) *bool { return &x.Default }),
}, empty[Unit](kindText, "uomScheduleXref"))

var billingStatuses = newResource("billingStatus", "/finance/billingStatuses", []field[BillingStatus]{
	idField(func(x *BillingStatus) int { return x.ID }),
	textField("name", 50, func(x *BillingStatus) *string { return &x.Name }),
	computed("sortOrder", kindInteger, func(_ *view, x *BillingStatus) any { return x.ID }),
	boolField("defaultFlag", func(x *BillingStatus) *bool { return &x.Default }),
	boolField("closedFlag", func(x *BillingStatus) *bool { return &x.Closed }),
	boolField("inactiveFlag", func(x *BillingStatus) *bool { return &x.Inactive }),
	boolField("sentFlag", func(x *BillingStatus) *bool { return &x.Sent }),
})

// billingCycles are the instance's, by id from 1.
var billingCycles = []string{"Weekly", "Monthly", "Quarterly", "Semi-Annual", "Annual"}

// billingCycle refers to a cycle by its name; no name is Monthly.
func (v *view) billingCycle(name string) any {
	name = orText(name, "Monthly")
	id := slices.Index(billingCycles, name) + 1
	if id == 0 {
		id = len(billingCycles) + 1 // of this tenant's own making
	}
	return link(v, id, name, "billingCycle", "/finance/billingCycles")
}

func (v *view) category(id int) any {
	if r := v.sim.categories.find(id); r != nil {
		return link(v, id, r.value.Name, "category", categories.path)
	}
	return nil
}
