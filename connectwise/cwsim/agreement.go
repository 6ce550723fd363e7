package cwsim

import (
	"net/http"
	"time"
)

// Agreement is a contract of a company. Dates are calendar days (midnight UTC); a zero date is absent.
type Agreement struct {
	ID        int
	Name      string
	TypeID    int
	CompanyID int
	ParentID  int // the agreement it is a child of
	Start     time.Time
	End       time.Time // zero: open-ended
	Cancelled bool
	// CancelledOn and CancelReason go with Cancelled.
	CancelledOn  time.Time
	CancelReason string
	// BillStart is the first day additions can be effective on.
	BillStart time.Time
	// InvoicedThrough is the last day of the periods already invoiced; zero: none. The next invoice date is the day after.
	InvoicedThrough time.Time
	// Prorate lets additions start within an invoiced period.
	Prorate bool
	// BillingCycle is the name of the cycle; empty: Monthly.
	BillingCycle string
	// OneTime and BillOneTime are the definition's oneTimeFlag and billOneTimeFlag.
	OneTime, BillOneTime bool
	// BillProducts is Billable, DoNotBill, NoCharge or NoDefault; empty: Billable. PeriodType is Current, Future, Both or
	// Undefined; empty: Current. Currency is a code; empty: USD.
	BillProducts, PeriodType, Currency string
	// Status is computed by the instance's clock (Active, Inactive, Expired, Cancelled) in what Agreements returns; it is ignored in input.
	Status string
}

var agreements = newResource("agreement", "/finance/agreements", []field[Agreement]{
	idField(func(x *Agreement) int { return x.ID }),
	textField("name", 100, func(x *Agreement) *string { return &x.Name }),
	reference("type", idName, func(v *view, x *Agreement) any {
		if r := v.sim.agreementTypes.find(x.TypeID); r != nil {
			return link(v, r.id, r.value.Name, "type", agreementTypes.path)
		}
		return nil
	}),
	reference("company", idIdentifierName, func(v *view, x *Agreement) any { return v.company(x.CompanyID) }),
	reference("contact", idName, func(v *view, x *Agreement) any {
		return link(v, contactID(x.CompanyID), "Front Desk", "contact", "/company/contacts")
	}),
	reference("site", idName, func(v *view, x *Agreement) any {
		return link(v, 7000+x.CompanyID, "Main", "site", "/company/sites")
	}),
	reference("parentAgreement", []string{"id", "name", "type"}, func(v *view, x *Agreement) any { return v.agreement(x.ParentID) }),
	dateField("startDate", func(x *Agreement) *time.Time { return &x.Start }),
	dateField("endDate", func(x *Agreement) *time.Time { return &x.End }),
	computed("noEndingDateFlag", kindBool, func(_ *view, x *Agreement) any { return x.End.IsZero() }),
	boolField("cancelledFlag", func(x *Agreement) *bool { return &x.Cancelled }),
	dateField("dateCancelled", func(x *Agreement) *time.Time { return &x.CancelledOn }),
	textField("reasonCancelled", 100, func(x *Agreement) *string { return &x.CancelReason }),
	reference("billingCycle", idName, func(v *view, x *Agreement) any { return v.billingCycle(x.BillingCycle) }),
	boolField("oneTimeFlag", func(x *Agreement) *bool { return &x.OneTime }),
	boolField("billOneTimeFlag", func(x *Agreement) *bool { return &x.BillOneTime }),
	dateField("billStartDate", func(x *Agreement) *time.Time { return &x.BillStart }),
	// The definition gives nextInvoiceDate as plain text.
	computed("nextInvoiceDate", kindText, func(v *view, x *Agreement) any {
		return x.nextInvoice(v.now).Format(time.RFC3339)
	}),
	boolField("prorateFlag", func(x *Agreement) *bool { return &x.Prorate }),
	computed("invoiceProratedAdditionsFlag", kindBool, func(_ *view, x *Agreement) any { return x.Prorate }),
	textOr("periodType", "Current", func(x *Agreement) *string { return &x.PeriodType }),
	constant[Agreement]("applicationUnits", kindText, "Amount"),
	constant[Agreement]("invoicingCycle", kindText, "CalendarYear"),
	constant[Agreement]("employeeCompRate", kindText, "Hourly"),
	constant[Agreement]("billTime", kindText, "NoDefault"),
	constant[Agreement]("billExpenses", kindText, "NoDefault"),
	textOr("billProducts", "Billable", func(x *Agreement) *string { return &x.BillProducts }),
	reference("currency", currencyFields, func(_ *view, x *Agreement) any { return currency(orText(x.Currency, "USD")) }),
	computed("agreementStatus", kindText, func(v *view, x *Agreement) any { return x.status(v.now) }),
	constant[Agreement]("customFields", kindList, []any{}),
},
	empty[Agreement](kindText, `customerPO workOrder internalNotes applicationCycle employeeCompNotExceed invoiceDescription`),
	empty[Agreement](kindNumber, `applicationLimit expiredDays limit compHourlyRate compLimitAmount billAmount prorateFirstBill`),
	empty[Agreement](kindBool, `restrictLocationFlag restrictDepartmentFlag applicationUnlimitedFlag
		coverAgreementTime coverAgreementProduct coverAgreementExpense coverSalesTax carryOverUnused allowOverruns
		expireWhenZero chargeToFirm taxable restrictDownPayment topComment bottomComment
		billableTimeInvoice billableExpenseInvoice billableProductInvoice autoInvoiceFlag`),
	empty[Agreement](kindReference, `subContractCompany subContractContact location department opportunity sla
		billingTerms billToCompany billToContact billToSite taxCode workRole workType projectType invoiceTemplate
		companyLocation shipToCompany shipToContact shipToSite`))

// textOr is a text that a new record has, unless somebody set another.
func textOr(name, standard string, get func(*Agreement) *string) field[Agreement] {
	f := textField(name, 0, get)
	f.get = func(_ *view, x *Agreement) any { return orText(*get(x), standard) }
	return f
}

// agreement refers to an agreement; of one that does not exist there is no reference.
func (v *view) agreement(id int) any {
	r := v.sim.agreements.find(id)
	if r == nil {
		return nil
	}
	kind := ""
	if t := v.sim.agreementTypes.find(r.value.TypeID); t != nil {
		kind = t.value.Name
	}
	return object{
		{"id", r.id}, {"name", r.value.Name}, {"type", kind}, {"chargeFirmFlag", false},
		hrefs(v, "agreement", "/finance/agreements", r.id),
	}
}

var currencyFields = []string{"id", "symbol", "currencyCode", "decimalSeparator", "numberOfDecimals", "thousandsSeparator", "name"}

// currency is a currency as agreements and invoices refer to it.
func currency(code string) object {
	o := object{{"id", 7}, {"symbol", "$"}, {"currencyCode", code}, {"decimalSeparator", "."}, {"numberOfDecimals", 2},
		{"thousandsSeparator", ","}, {"name", "US Dollars"}}
	if code != "USD" {
		o[0].value, o[1].value, o[6].value = 8, code, code
	}
	return o
}

// invoiceAgreement is POST /finance/agreements/{id}/invoice, "Post AgreementInvoice": a client of ours must never call it
// (docs/connectwise.md section 9). What it would do is not established, so it does nothing.
func invoiceAgreement(s *Sim, x *exchange) answer {
	id := x.ids[0]
	if s.agreements.find(id) == nil || !x.sees(id) {
		return *s.notFound("Agreement", id)
	}
	x.violates("invoices are made by people, never by Seatbridge")
	return jsonAnswer(http.StatusCreated, x.entry.Number)
}

// status is computed, nothing activates an agreement (docs/connectwise.md section 5). The end day itself still counts.
func (x *Agreement) status(now time.Time) string {
	today := day(now)
	switch {
	case x.Cancelled && !x.CancelledOn.After(today):
		return "Cancelled"
	case !x.End.IsZero() && x.End.Before(today):
		return "Expired"
	case x.Start.After(today):
		return "Inactive"
	}
	return "Active"
}

// nextInvoice is the day after the invoiced periods or, when nothing is invoiced yet, the first of the current month or
// the billing start, whichever is later.
func (x *Agreement) nextInvoice(now time.Time) time.Time {
	if !x.InvoicedThrough.IsZero() {
		return x.InvoicedThrough.AddDate(0, 0, 1)
	}
	today := day(now)
	first := today.AddDate(0, 0, 1-today.Day())
	if x.BillStart.After(first) {
		return x.BillStart
	}
	return first
}

// invoiced reports whether the period that a day falls into is already invoiced.
func (x *Agreement) invoiced(on time.Time) bool {
	return !x.InvoicedThrough.IsZero() && !on.After(x.InvoicedThrough)
}
