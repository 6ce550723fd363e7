package cwsim

import (
	"fmt"
	"net/http"
)

// Company is a customer, vendor or prospect of the instance.
type Company struct {
	ID         int
	Identifier string // at most 30 characters
	Name       string // at most 50 characters; not unique
	StatusID   int
	TypeIDs    []int
	Deleted    bool // in the recycle bin: still listed unless the filter says otherwise
	ParentID   int
}

const companiesPath = "/company/companies"

var companies = newResource("company", companiesPath, []field[Company]{
	idField(func(x *Company) int { return x.ID }),
	textField("identifier", 30, func(x *Company) *string { return &x.Identifier }),
	textField("name", 50, func(x *Company) *string { return &x.Name }),
	reference("status", idName, func(v *view, x *Company) any {
		if r := v.sim.companyStatuses.find(x.StatusID); r != nil {
			return link(v, r.id, r.value.Name, "status", companyStatuses.path)
		}
		return nil
	}),
	computed("addressLine1", kindText, func(_ *view, x *Company) any { return fmt.Sprint(x.ID%180+1, " Old Orchard Road") }),
	computed("city", kindText, func(_ *view, x *Company) any { return towns[x.ID%len(towns)] }),
	computed("phoneNumber", kindText, func(_ *view, x *Company) any { return fmt.Sprintf("555010%04d", x.ID%10000) }),
	constant[Company]("country", kindReference, object{{"id", 1}, {"name", "Testland"}}),
	reference("territory", idName, func(v *view, _ *Company) any {
		return link(v, 38, "Head Office", "location", "/system/locations")
	}),
	reference("defaultContact", idName, func(v *view, x *Company) any {
		return link(v, contactID(x.ID), "Front Desk", "contact", "/company/contacts")
	}),
	reference("parentCompany", idIdentifierName, func(v *view, x *Company) any { return v.company(x.ParentID) }),
	boolField("deletedFlag", func(x *Company) *bool { return &x.Deleted }),
	computed("isVendorFlag", kindBool, func(v *view, x *Company) any { return isVendor(v.sim, x) }),
	{name: "types", kind: kindList, sub: idName, get: func(v *view, x *Company) any {
		if v.sim.assumptions.TypesElsewhere {
			return []any{}
		}
		return v.typesOf(x)
	}},
	constant[Company]("integratorTags", kindList, []any{}),
	{name: "customFields", kind: kindList, sub: []string{"id", "caption", "value"}, get: func(_ *view, x *Company) any {
		return []any{object{
			{"id", 12}, {"caption", "Onboarding tier"}, {"type", "Text"}, {"entryMethod", "EntryField"}, {"numberOfDecimals", 0},
			{"value", []string{"Bronze", "Silver", "Gold"}[x.ID%3]},
		}}
	}},
},
	empty[Company](kindText, `addressLine2 state zip faxNumber website accountNumber leadSource vendorIdentifier
		taxIdentifier invoiceToEmailAddress invoiceCCEmailAddress deletedBy mobileGuid facebookUrl twitterUrl linkedInUrl
		resellerIdentifier userDefinedField1 userDefinedField2 userDefinedField3 userDefinedField4 userDefinedField5
		userDefinedField6 userDefinedField7 userDefinedField8 userDefinedField9 userDefinedField10`),
	empty[Company](kindNumber, "annualRevenue numberOfEmployees yearEstablished revenueYear"),
	empty[Company](kindBool, "leadFlag unsubscribeFlag"),
	empty[Company](kindDate, "dateAcquired dateDeleted"),
	empty[Company](kindReference, `market sicCode ownershipType timeZoneSetup calendar taxCode billingTerms invoiceTemplate
		pricingSchedule companyEntityType billToCompany billingSite billingContact invoiceDeliveryMethod currency
		territoryManager site`))

// company makes a reference to a company.
func (v *view) company(id int) any {
	r := v.sim.companies.find(id)
	if r == nil {
		return nil
	}
	return object{
		{"id", id}, {"identifier", r.value.Identifier}, {"name", r.value.Name},
		hrefs(v, "company", companiesPath, id), extra,
	}
}

func (v *view) typesOf(x *Company) []any {
	list := make([]any, 0, len(x.TypeIDs))
	for _, id := range x.TypeIDs {
		if r := v.sim.companyTypes.find(id); r != nil {
			list = append(list, link(v, id, r.value.Name, "type", companyTypes.path))
		}
	}
	return list
}

func isVendor(s *Sim, x *Company) bool {
	for _, id := range x.TypeIDs {
		if r := s.companyTypes.find(id); r != nil && r.value.Vendor {
			return true
		}
	}
	return false
}

func contactID(companyID int) int { return 9000 + companyID }

// association is a row of a company's typeAssociations.
type association struct {
	id, companyID, typeID int
}

var associations = newResource("typeAssociation", "", []field[association]{
	idField(func(x *association) int { return x.id }),
	reference("company", idIdentifierName, func(v *view, x *association) any { return v.company(x.companyID) }),
	reference("type", idName, func(v *view, x *association) any {
		r := v.sim.companyTypes.find(x.typeID)
		return link(v, x.typeID, r.value.Name, "type", companyTypes.path)
	}),
})

// typeAssociations makes the table of a company's types.
func (s *Sim) typeAssociations(x *exchange) (*table[association], *answer) {
	company := s.companies.find(x.ids[0])
	if company == nil {
		return nil, s.notFound("Company", x.ids[0])
	}
	t := &table[association]{}
	for i, id := range company.value.TypeIDs {
		if s.companyTypes.find(id) != nil {
			t.add(company.id*10+i, association{company.id*10 + i, company.id, id}, company.entered)
		}
	}
	return t, nil
}

// notFound answers for a record that does not exist (its body is assumed, docs/connectwise.md section 6).
func (s *Sim) notFound(what string, id int) *answer {
	a := failure(http.StatusNotFound, "NotFound", fmt.Sprintf("%s %d not found", what, id))
	if s.assumptions.UnknownRecordEmpty {
		a = answer{status: http.StatusNotFound}
	}
	return &a
}
