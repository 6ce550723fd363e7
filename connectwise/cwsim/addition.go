package cwsim

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Addition is a recurring line of an agreement. Dates are calendar days (midnight UTC); a zero date is absent.
type Addition struct {
	ID          int
	AgreementID int
	ProductID   int
	// Quantity is in units of UOM, per billing period; LessIncluded of them are not billed.
	Quantity     decimal.Decimal
	LessIncluded decimal.Decimal
	UnitPrice    decimal.Decimal
	UnitCost     decimal.Decimal
	BillCustomer string // Billable, DoNotBill, NoCharge
	Effective    time.Time
	Cancelled    time.Time
	Taxable      bool
	Prorate      bool // prorateCurrentPeriodFlag
	// Description, InvoiceDescription and SerialNumber are free texts.
	Description        string
	InvoiceDescription string
	SerialNumber       string
	UOM                string
	// UpdatedBy is who wrote last; it is set in what Additions returns and ignored in input.
	UpdatedBy string
}

var billCustomerOptions = []string{"Billable", "DoNotBill", "NoCharge"}

var additions = newResource("addition", "", []field[Addition]{
	idField(func(x *Addition) int { return x.ID }),
	required(field[Addition]{
		name: "product", kind: kindReference, sub: []string{"id", "identifier", "serializedFlag"},
		get: productReference,
		set: setProduct,
	}),
	numberField("quantity", func(x *Addition) *decimal.Decimal { return &x.Quantity }),
	numberField("lessIncluded", func(x *Addition) *decimal.Decimal { return &x.LessIncluded }),
	numberField("unitPrice", func(x *Addition) *decimal.Decimal { return &x.UnitPrice }),
	numberField("unitCost", func(x *Addition) *decimal.Decimal { return &x.UnitCost }),
	required(enumField("billCustomer", billCustomerOptions, func(x *Addition) *string { return &x.BillCustomer })),
	dateField("effectiveDate", func(x *Addition) *time.Time { return &x.Effective }),
	dateField("cancelledDate", func(x *Addition) *time.Time { return &x.Cancelled }),
	boolField("taxableFlag", func(x *Addition) *bool { return &x.Taxable }),
	textField("serialNumber", 50, func(x *Addition) *string { return &x.SerialNumber }),
	textField("invoiceDescription", 6000, func(x *Addition) *string { return &x.InvoiceDescription }),
	constant[Addition]("purchaseItemFlag", kindBool, false),
	constant[Addition]("specialOrderFlag", kindBool, false),
	computed("agreementId", kindInteger, func(_ *view, x *Addition) any { return x.AgreementID }),
	textField("description", 0, func(x *Addition) *string { return &x.Description }),
	computed("billedQuantity", kindNumber, func(v *view, x *Addition) any { return v.billed(x) }),
	computed("uom", kindText, func(_ *view, x *Addition) any { return filled(x.UOM) }),
	computed("extPrice", kindNumber, func(v *view, x *Addition) any { return v.billed(x).Mul(x.UnitPrice) }),
	computed("extCost", kindNumber, func(_ *view, x *Addition) any { return x.Quantity.Mul(x.UnitCost) }),
	computed("sequenceNumber", kindNumber, func(_ *view, x *Addition) any { return decimal.NewFromInt(int64(x.ID)) }),
	computed("margin", kindNumber, func(v *view, x *Addition) any {
		return v.billed(x).Mul(x.UnitPrice).Sub(x.Quantity.Mul(x.UnitCost))
	}),
	constant[Addition]("prorateCost", kindNumber, decimal.Zero),
	constant[Addition]("proratePrice", kindNumber, decimal.Zero),
	boolField("prorateCurrentPeriodFlag", func(x *Addition) *bool { return &x.Prorate }),
	computed("agreementStatus", kindText, func(v *view, x *Addition) any { return v.statusOf(x) }),
	constant[Addition]("customFields", kindList, []any{}),
},
	empty[Addition](kindNumber, "extendedProrateCost extendedProratePrice"),
	empty[Addition](kindReference, "opportunity invoiceGrouping")).andNewer(additionStatus)

// additionStatus is an addition's own, beside the agreementStatus (observed, docs/connectwise.md section 5).
func additionStatus(v *view, x *Addition) object {
	if !v.sim.assumptions.AdditionStatusShown {
		return nil
	}
	return object{{"additionStatus", x.ownStatus(v.now)}}
}

// productReference has an identifier and no name, unlike other references (openapi.json, IvItemReference).
func productReference(v *view, x *Addition) any {
	item := v.sim.catalog.find(x.ProductID)
	if item == nil {
		return nil
	}
	return object{
		{"id", item.id}, {"identifier", item.value.Identifier}, {"serializedFlag", false},
		hrefs(v, "catalog", "/procurement/catalog", item.id), extra,
	}
}

// setProduct takes a product by id or by identifier.
func setProduct(s *Sim, x *Addition, value any) *problem {
	m, _ := value.(map[string]any)
	id := referenceID(value)
	identifier, _ := m["identifier"].(string)
	if id == 0 && identifier != "" {
		id = s.identifiers[strings.ToLower(identifier)]
	}
	if value != nil && s.catalog.find(id) == nil {
		named := strings.TrimSpace(fmt.Sprint(referenceID(value), " ", identifier))
		return &problem{"NotFound", fmt.Sprintf("Product %s not found", named), "", "product"}
	}
	x.ProductID = id
	return nil
}

// billed is the quantity that money is computed from.
func (v *view) billed(x *Addition) decimal.Decimal {
	if v.sim.assumptions.BilledIsQuantity {
		return x.Quantity
	}
	billed := x.Quantity.Sub(x.LessIncluded)
	if v.sim.assumptions.BilledFloorsAtZero && billed.IsNegative() {
		return decimal.Zero
	}
	return billed
}

// statusOf is agreementStatus of an addition; whose status that is, is not settled (docs/connectwise.md section 5).
func (v *view) statusOf(x *Addition) any {
	if v.sim.assumptions.AdditionStatusOwn {
		return x.ownStatus(v.now)
	}
	if a := v.sim.agreements.find(x.AgreementID); a != nil {
		return a.value.status(v.now)
	}
	return nil
}

// ownStatus is what a newer instance's additionStatus says, by the addition's own dates.
func (x *Addition) ownStatus(now time.Time) string {
	own := Agreement{Start: x.Effective, Cancelled: !x.Cancelled.IsZero(), CancelledOn: x.Cancelled}
	return own.status(now)
}

// additionsOf finds the agreement of the path and its additions.
func (s *Sim) additionsOf(x *exchange) (*table[Addition], *answer) {
	id := x.ids[0]
	if s.agreements.find(id) == nil || !x.sees(id) {
		return nil, s.notFound("Agreement", id)
	}
	return s.additionTable(id), nil
}

func (s *Sim) additionTable(agreementID int) *table[Addition] {
	t := s.additions[agreementID]
	if t == nil {
		t = &table[Addition]{}
		s.additions[agreementID] = t
	}
	return t
}

// createAddition is POST /finance/agreements/{id}/additions.
func (s *Sim) createAddition(x *exchange) answer {
	if _, missing := s.additionsOf(x); missing != nil {
		return *missing
	}
	members, bad := x.bodyObject()
	if bad != nil {
		return *bad
	}
	agreement := s.agreements.find(x.ids[0])
	s.disturb(x, agreement)
	addition := Addition{AgreementID: agreement.id, Quantity: decimal.NewFromInt(1), Effective: s.today()}
	if bad := additions.apply(s, &addition, members); bad != nil {
		return *bad
	}
	s.inherit(&addition, members)
	if problems := s.additionProblems(&agreement.value, nil, &addition); len(problems) > 0 {
		return invalid(additions.name, problems...)
	}
	return s.created(x, additions, s.insertAddition(addition, x.stamp()))
}

// insertAddition gives an id and files the addition.
func (s *Sim) insertAddition(addition Addition, by stamp) *row[Addition] {
	s.nextAddition++
	addition.ID = s.nextAddition
	s.trail.note(auditAddition, &addition, by, "Create", "The addition was created with the quantity "+addition.Quantity.String()+".")
	return s.additionTable(addition.AgreementID).add(addition.ID, addition, by)
}

// inherit fills from the catalog what the body leaves out.
func (s *Sim) inherit(x *Addition, sent map[string]any) {
	row := s.catalog.find(x.ProductID)
	if row == nil {
		return
	}
	item := &row.value
	x.UOM, _ = nameIn(&s.units, item.UnitID, func(u Unit) string { return u.Name })
	for name, fill := range map[string]func(){
		"unitPrice":   func() { x.UnitPrice = item.Price },
		"unitCost":    func() { x.UnitCost = item.Cost },
		"description": func() { x.Description = item.Description },
		"taxableFlag": func() { x.Taxable = item.Taxable },
	} {
		if _, given := sent[name]; !given && !(s.assumptions.PricesNotInherited && strings.HasPrefix(name, "unit")) {
			fill()
		}
	}
}

// updateAddition finds an addition, lets change work on a copy, checks the result and stores it.
func (s *Sim) updateAddition(x *exchange, change func(*Addition) *answer) answer {
	t, missing := s.additionsOf(x)
	if missing != nil {
		return *missing
	}
	row := t.find(x.ids[1])
	if row == nil {
		return *s.notFound("Addition", x.ids[1])
	}
	updated := row.value
	if bad := change(&updated); bad != nil {
		return *bad
	}
	agreement := s.agreements.find(x.ids[0])
	if problems := s.additionProblems(&agreement.value, &row.value, &updated); len(problems) > 0 {
		return invalid(additions.name, problems...)
	}
	if !x.has(PatchIgnored) {
		writeRow(s, row, updated, x.stamp())
		x.entry.Applied = true
	}
	return s.shown(x, http.StatusOK, additions, row)
}

// patchAddition is PATCH /finance/agreements/{id}/additions/{id}.
func (s *Sim) patchAddition(x *exchange) answer {
	return s.updateAddition(x, func(addition *Addition) *answer {
		operations, bad := x.bodyValue()
		if bad != nil {
			return bad
		}
		if slashed(operations) {
			x.violates("a path of a PATCH has no leading slash")
		}
		return additions.patch(s, addition, operations)
	})
}

// replaceAddition is PUT /finance/agreements/{id}/additions/{id}: what the body leaves out is lost.
func (s *Sim) replaceAddition(x *exchange) answer {
	return s.updateAddition(x, func(addition *Addition) *answer {
		members, bad := x.bodyObject()
		if bad != nil {
			return bad
		}
		*addition = Addition{ID: addition.ID, AgreementID: addition.AgreementID, UOM: addition.UOM, Effective: s.today()}
		return additions.apply(s, addition, members)
	})
}

// deleteAddition is DELETE /finance/agreements/{id}/additions/{id}; the role of the guide lacks the level for it.
func (s *Sim) deleteAddition(x *exchange) answer {
	t, missing := s.additionsOf(x)
	if missing != nil {
		return *missing
	}
	row := t.find(x.ids[1])
	if row == nil {
		return *s.notFound("Addition", x.ids[1])
	}
	agreement := s.agreements.find(x.ids[0])
	if agreement.value.invoiced(row.value.Effective) && !s.assumptions.AcceptInvoicedDelete {
		return invalid(additions.name, problem{"InvalidObject", "The addition has been invoiced and cannot be deleted.", additions.name, "id"})
	}
	s.trail.note(auditAddition, &row.value, x.stamp(), "Delete", "The addition was deleted.")
	t.remove(row.id)
	x.entry.Applied = true
	return answer{status: http.StatusNoContent}
}

// Texts that are published (docs/connectwise.md section 5).
const (
	effectiveTooEarly = "effectiveDate cannot be less than the agreement billing start date"
	alreadyInvoiced   = "Since this period has already been invoiced there will not be an invoice generated for additional products " +
		"for this period. Please prorate the agreement or update the start date to on or after the Next Invoice Date."
)

// additionProblems are the rules of additions; before is nil for a new one.
func (s *Sim) additionProblems(agreement *Agreement, before, now *Addition) []problem {
	problems := additions.problems(s, now)
	report := func(broken bool, code, message, field string) {
		if broken {
			problems = append(problems, problem{code, message, additions.name, field})
		}
	}
	allow := s.assumptions
	status := agreement.status(s.now())
	report((status == "Cancelled" || status == "Expired") && !allow.AcceptEndedAgreement,
		"InvalidObject", "The agreement is "+strings.ToLower(status)+".", "agreementId")
	report(now.Quantity.IsNegative() && !allow.AcceptNegativeQuantity,
		"OutOfRange", "The field quantity must not be less than 0.", "quantity")
	report(!now.Cancelled.IsZero() && now.Cancelled.Before(now.Effective) && !allow.AcceptCancelBeforeStart,
		"InvalidObject", "cancelledDate cannot be less than the effective date", "cancelledDate")
	if before == nil || before.ProductID != now.ProductID {
		problems = append(problems, s.productProblems(now.ProductID)...)
	}
	if before == nil || !before.Effective.Equal(now.Effective) {
		report(now.Effective.Before(agreement.BillStart), "InvalidObject", effectiveTooEarly, "effectiveDate")
		report(agreement.invoiced(now.Effective) && !agreement.Prorate, "InvalidObject", alreadyInvoiced, "effectiveDate")
	}
	if before != nil {
		report(!before.Cancelled.IsZero() && now.Cancelled.IsZero() && !allow.AllowClearingCancelled,
			"InvalidObject", "cancelledDate cannot be cleared", "cancelledDate")
		problems = append(problems, s.quantityProblems(agreement, before, now)...)
	}
	return problems
}

func (s *Sim) productProblems(id int) []problem {
	item := s.catalog.find(id)
	switch {
	case item == nil:
		return nil
	case item.value.Class == "Bundle":
		return []problem{{"InvalidObject", "A product of class Bundle cannot be an addition.", additions.name, "product"}}
	case item.value.Inactive && !s.assumptions.AcceptInactiveProduct:
		return []problem{{"InvalidObject", "The product is inactive.", additions.name, "product"}}
	}
	return nil
}

// quantityProblems guards invoiced lines: one that is invoiced to its end has nothing left that a change could act on.
func (s *Sim) quantityProblems(agreement *Agreement, before, now *Addition) []problem {
	if before.Quantity.Equal(now.Quantity) {
		return nil
	}
	toItsEnd := !before.Cancelled.IsZero() && agreement.invoiced(before.Cancelled)
	if toItsEnd && !s.assumptions.AcceptInvoicedChange {
		return []problem{{"InvalidObject", "The addition has been invoiced and its quantity cannot change.", additions.name, "quantity"}}
	}
	if s.assumptions.RefusePeriodChange && agreement.invoiced(s.today()) && !agreement.Prorate {
		return []problem{{"InvalidObject", alreadyInvoiced, additions.name, "quantity"}}
	}
	return nil
}
