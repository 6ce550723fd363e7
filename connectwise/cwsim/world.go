package cwsim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// The methods of this file look at the instance and change it behind the API's back, as people in its user interface do.
// They follow no validation rules. Ids that do not exist are mistakes in the calling program and panic.

// uiMember is who changes things in the user interface.
const uiMember = "jdoe"

// SetClock replaces the instance's clock.
func (s *Sim) SetClock(now func() time.Time) {
	s.lock()
	defer s.mu.Unlock()
	s.clock = now
}

// Companies returns all companies by id, deleted ones too.
func (s *Sim) Companies() []Company {
	s.lock()
	defer s.mu.Unlock()
	return s.companies.values()
}

// CompanyTypes returns the company types by id.
func (s *Sim) CompanyTypes() []CompanyType {
	s.lock()
	defer s.mu.Unlock()
	return s.companyTypes.values()
}

// CompanyStatuses returns the company statuses by id.
func (s *Sim) CompanyStatuses() []CompanyStatus {
	s.lock()
	defer s.mu.Unlock()
	return s.companyStatuses.values()
}

// Agreements returns a company's agreements by id, or those of all companies for 0. Status is as of the instance's clock.
func (s *Sim) Agreements(companyID int) []Agreement {
	s.lock()
	defer s.mu.Unlock()
	if companyID == 0 {
		return s.withStatus(s.agreements.values())
	}
	var out []Agreement
	for _, id := range s.agreementsByFirm[companyID] {
		out = append(out, s.agreements.find(id).value)
	}
	return s.withStatus(out)
}

func (s *Sim) withStatus(list []Agreement) []Agreement {
	for i := range list {
		list[i].Status = list[i].status(s.now())
	}
	return list
}

// Agreement returns one agreement.
func (s *Sim) Agreement(id int) Agreement {
	s.lock()
	defer s.mu.Unlock()
	return s.withStatus([]Agreement{must(&s.agreements, id).value})[0]
}

// Additions returns an agreement's additions by id, cancelled ones too.
func (s *Sim) Additions(agreementID int) []Addition {
	s.lock()
	defer s.mu.Unlock()
	t := s.additions[agreementID]
	if t == nil {
		return nil
	}
	out := t.values()
	for i, r := range t.rows {
		out[i].UpdatedBy = r.updated.by
	}
	return out
}

// Catalog returns the catalog by id.
func (s *Sim) Catalog() []CatalogItem {
	s.lock()
	defer s.mu.Unlock()
	return s.catalog.values()
}

// AddCompany adds a company and returns it with its id. Without status and types it is an Active Managed Customer.
func (s *Sim) AddCompany(c Company) Company {
	s.lock()
	defer s.mu.Unlock()
	return s.insertCompany(c, s.stampBy(uiMember)).value
}

func (s *Sim) insertCompany(c Company, by stamp) *row[Company] {
	c.ID = s.companies.nextID(firstCompany)
	if c.StatusID == 0 {
		c.StatusID = statusActive
	}
	if c.TypeIDs == nil {
		c.TypeIDs = []int{typeManaged}
	}
	if c.Identifier == "" {
		c.Identifier = identifierOf(c.Name, c.ID)
	}
	return s.companies.add(c.ID, c, by)
}

// identifierOf makes a company identifier of letters, digits and the id, at most 30 characters.
func identifierOf(name string, id int) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, name)
	return letters[:min(len(letters), 22)] + fmt.Sprint(id)
}

// UpdateCompany changes a company in place.
func (s *Sim) UpdateCompany(id int, change func(*Company)) {
	s.lock()
	defer s.mu.Unlock()
	edit(s, must(&s.companies, id), change)
}

// DeleteCompany puts a company into the recycle bin: it stays in lists with deletedFlag.
func (s *Sim) DeleteCompany(id int) {
	s.UpdateCompany(id, func(c *Company) { c.Deleted = true })
}

// RemoveCompany takes a company out for good.
func (s *Sim) RemoveCompany(id int) {
	s.lock()
	defer s.mu.Unlock()
	s.companies.remove(id)
}

// AddAgreement adds an agreement to a company and returns it with its id. What is left out: a name, the first agreement
// type, a start a year ago, billing from the start.
func (s *Sim) AddAgreement(a Agreement) Agreement {
	s.lock()
	defer s.mu.Unlock()
	must(&s.companies, a.CompanyID)
	return s.withStatus([]Agreement{s.insertAgreement(a, s.stampBy(uiMember)).value})[0]
}

func (s *Sim) insertAgreement(a Agreement, by stamp) *row[Agreement] {
	a.ID = s.agreements.nextID(firstAgreement)
	a.Status = ""
	if a.Name == "" {
		a.Name = "Managed Services"
	}
	if a.TypeID == 0 {
		a.TypeID = 1
	}
	if a.Start.IsZero() {
		a.Start = monthStart(s.today()).AddDate(-1, 0, 0)
	}
	if a.BillStart.IsZero() {
		a.BillStart = a.Start
	}
	s.agreementsByFirm[a.CompanyID] = append(s.agreementsByFirm[a.CompanyID], a.ID)
	return s.agreements.add(a.ID, a, by)
}

func monthStart(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.Day()) }

// UpdateAgreement changes an agreement in place. Moving it to another company is not supported.
func (s *Sim) UpdateAgreement(id int, change func(*Agreement)) {
	s.lock()
	defer s.mu.Unlock()
	edit(s, must(&s.agreements, id), change)
}

// CancelAgreement cancels an agreement on a day.
func (s *Sim) CancelAgreement(id int, on time.Time) {
	s.UpdateAgreement(id, func(a *Agreement) { a.Cancelled, a.CancelledOn, a.CancelReason = true, day(on), "Customer left" })
}

// InvoiceThrough marks the periods up to a day as invoiced; the next invoice date is the day after.
func (s *Sim) InvoiceThrough(id int, last time.Time) {
	s.UpdateAgreement(id, func(a *Agreement) { a.InvoicedThrough = day(last) })
}

// RemoveAgreement takes an agreement with its additions out for good.
func (s *Sim) RemoveAgreement(id int) {
	s.lock()
	defer s.mu.Unlock()
	company := must(&s.agreements, id).value.CompanyID
	s.agreementsByFirm[company] = slices.DeleteFunc(s.agreementsByFirm[company], func(other int) bool { return other == id })
	s.agreements.remove(id)
	delete(s.additions, id)
}

// UpdateAgreementType changes an agreement type in place; agreements made from it stay as they are.
func (s *Sim) UpdateAgreementType(id int, change func(*AgreementType)) {
	s.lock()
	defer s.mu.Unlock()
	edit(s, must(&s.agreementTypes, id), change)
}

// AddAddition adds a line to an agreement and returns it with its id. What is left out comes from the catalog; billing
// is Billable, and the line is effective from the agreement's billing start.
func (s *Sim) AddAddition(a Addition) Addition {
	s.lock()
	defer s.mu.Unlock()
	agreement := must(&s.agreements, a.AgreementID)
	must(&s.catalog, a.ProductID)
	return s.insertLine(a, &agreement.value, s.stampBy(uiMember)).value
}

func (s *Sim) insertLine(a Addition, agreement *Agreement, by stamp) *row[Addition] {
	given := map[string]any{}
	for name, set := range map[string]bool{
		"unitPrice": !a.UnitPrice.IsZero(), "unitCost": !a.UnitCost.IsZero(), "description": a.Description != "", "taxableFlag": a.Taxable,
	} {
		if set {
			given[name] = true
		}
	}
	s.inherit(&a, given)
	if a.BillCustomer == "" {
		a.BillCustomer = "Billable"
	}
	if a.Effective.IsZero() {
		a.Effective = agreement.BillStart
	}
	return s.insertAddition(a, by)
}

// UpdateAddition changes a line in place.
func (s *Sim) UpdateAddition(agreementID, id int, change func(*Addition)) {
	s.editAddition(agreementID, id, uiMember, change)
}

func (s *Sim) editAddition(agreementID, id int, by string, change func(*Addition)) {
	s.lock()
	defer s.mu.Unlock()
	editBy(s, must(s.additionTable(agreementID), id), by, change)
}

// SetQuantity is a hand edit of a line's quantity by a member of that name.
func (s *Sim) SetQuantity(agreementID, additionID int, quantity, by string) {
	q := decimal.RequireFromString(quantity)
	s.editAddition(agreementID, additionID, by, func(a *Addition) { a.Quantity = q })
}

// CancelAddition ends a line: its cancelled date is that day.
func (s *Sim) CancelAddition(agreementID, additionID int, on time.Time) {
	s.UpdateAddition(agreementID, additionID, func(a *Addition) { a.Cancelled = day(on) })
}

// RemoveAddition takes a line out for good.
func (s *Sim) RemoveAddition(agreementID, additionID int) {
	s.lock()
	defer s.mu.Unlock()
	t := s.additionTable(agreementID)
	s.trail.note(auditAddition, &must(t, additionID).value, s.stampBy(uiMember), "Delete", "The addition was deleted.")
	t.remove(additionID)
}

// AddCatalogItem adds a product and returns it with its id. What is left out: descriptions from the identifier, class
// Agreement, the first subcategory, type and unit.
func (s *Sim) AddCatalogItem(c CatalogItem) CatalogItem {
	s.lock()
	defer s.mu.Unlock()
	for _, d := range []struct{ to, from *string }{{&c.Description, &c.Identifier}, {&c.CustomerDescription, &c.Description}} {
		if *d.to == "" {
			*d.to = *d.from
		}
	}
	if c.Class == "" {
		c.Class = "Agreement"
	}
	if c.Billable == "" {
		c.Billable = "Billable"
	}
	for _, id := range []*int{&c.SubcategoryID, &c.TypeID, &c.UnitID} {
		if *id == 0 {
			*id = 1
		}
	}
	return s.insertCatalogItem(c, s.stampBy(uiMember)).value
}

// UpdateCatalogItem changes a product in place.
func (s *Sim) UpdateCatalogItem(id int, change func(*CatalogItem)) {
	s.lock()
	defer s.mu.Unlock()
	r := must(&s.catalog, id)
	delete(s.identifiers, strings.ToLower(r.value.Identifier))
	edit(s, r, change)
	s.identifiers[strings.ToLower(r.value.Identifier)] = id
}

// SetInactive makes a product inactive or active again.
func (s *Sim) SetInactive(catalogID int, inactive bool) {
	s.UpdateCatalogItem(catalogID, func(c *CatalogItem) { c.Inactive = inactive })
}

// RemoveCatalogItem takes a product out for good.
func (s *Sim) RemoveCatalogItem(id int) {
	s.lock()
	defer s.mu.Unlock()
	delete(s.identifiers, strings.ToLower(must(&s.catalog, id).value.Identifier))
	s.catalog.remove(id)
}

func must[T any](t *table[T], id int) *row[T] {
	r := t.find(id)
	if r == nil {
		panic(fmt.Sprintf("cwsim: there is no %T %d", *new(T), id))
	}
	return r
}

func edit[T any](s *Sim, r *row[T], change func(*T)) { editBy(s, r, uiMember, change) }

func editBy[T any](s *Sim, r *row[T], by string, change func(*T)) {
	value := r.value
	change(&value)
	writeRow(s, r, value, s.stampBy(by))
}

// writeRow replaces a record, and the audit trail says what changed.
func writeRow[T any](s *Sim, r *row[T], value T, by stamp) {
	s.trail.changed(&view{sim: s, now: by.at}, &r.value, &value, by)
	r.write(value, by)
}

// duplicate adds a copy of a row under a new id, as RowInserted does.
func (s *Sim) duplicate(first any) {
	by := s.stampBy(uiMember)
	switch r := first.(type) {
	case *row[Company]:
		c := r.value
		c.Identifier = ""
		s.insertCompany(c, by)
	case *row[Agreement]:
		s.insertAgreement(r.value, by)
	case *row[CatalogItem]:
		item := r.value
		item.Identifier = fmt.Sprint(item.Identifier, "-", s.catalog.nextID(0))
		s.insertCatalogItem(item, by)
	case *row[Addition]:
		s.insertAddition(r.value, by)
	case *row[Invoice]:
		FinanceOf(s).issue(must(&s.agreements, r.value.AgreementID), r.value)
	}
}
