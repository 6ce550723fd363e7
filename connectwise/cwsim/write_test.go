package cwsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
)

// product finds a catalog item by identifier.
func product(s *instance, identifier string) cwsim.CatalogItem {
	s.t.Helper()
	for _, c := range s.Catalog() {
		if c.Identifier == identifier {
			return c
		}
	}
	s.t.Fatalf("there is no product %s", identifier)
	return cwsim.CatalogItem{}
}

// with returns a body for a new line with some members changed; a nil member is left out.
func with(changes record) record {
	body := record{
		"product": record{"identifier": cwsim.NordPassBusiness}, "quantity": 5, "billCustomer": "Billable", "effectiveDate": "2026-11-01T00:00:00Z",
	}
	for name, value := range changes {
		if body[name] = value; value == nil {
			delete(body, name)
		}
	}
	return body
}

func TestCreateAddition(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	path := fmt.Sprintf("/finance/agreements/%d/additions", a.ID)
	created := decode[record](t, s.call("POST", path, with(record{"lessIncluded": 2, "unknownField": []int{1}, "extPrice": 1000, "invoiceDescription": "a\nb\tc"})), 201)
	for name, want := range map[string]any{
		"quantity": 5.0, "billedQuantity": 3.0, "unitPrice": 4.99, "unitCost": 3.49, "extPrice": 14.97, "extCost": 17.45, "margin": -2.48,
		"description": "NordPass Business", "uom": "Seat", "taxableFlag": true, "billCustomer": "Billable", "effectiveDate": "2026-11-01T00:00:00Z",
		"agreementStatus": "Active", "invoiceDescription": "a bc", "agreementId": float64(a.ID),
	} {
		if created[name] != want {
			t.Errorf("%s is %v, want %v", name, created[name], want)
		}
	}
	if _, there := created["cancelledDate"]; there {
		t.Error("an absent date is present")
	}
	reference := created["product"].(record)
	if _, named := reference["name"]; named || reference["identifier"] != cwsim.NordPassBusiness {
		t.Errorf("the product reference is %v", reference)
	}
	lines := s.Additions(a.ID)
	if len(lines) != 1 || float64(lines[0].ID) != created["id"] || lines[0].UpdatedBy == "" {
		t.Errorf("the lines are %+v", lines)
	}
	defaulted := decode[record](t, s.call("POST", path, with(record{"quantity": nil, "effectiveDate": nil, "unitPrice": 3.5})), 201)
	if defaulted["quantity"] != 1.0 || defaulted["effectiveDate"] != "2026-11-12T00:00:00Z" || defaulted["unitPrice"] != 3.5 {
		t.Errorf("the defaults are %v", defaulted)
	}
}

func TestRefusedAdditions(t *testing.T) {
	t.Parallel()
	ended := func(a *cwsim.Agreement) { a.End = date(2026, 10, 31) }
	cancelled := func(a *cwsim.Agreement) { a.Cancelled, a.CancelledOn = true, date(2026, 10, 31) }
	invoiced := func(a *cwsim.Agreement) { a.InvoicedThrough = date(2026, 11, 30) }
	invoicedText := "Since this period has already been invoiced there will not be an invoice generated for additional products for this period. " +
		"Please prorate the agreement or update the start date to on or after the Next Invoice Date."
	tests := map[string]struct {
		body      any
		agreement func(*cwsim.Agreement)
		allow     cwsim.Assumptions
		status    int
		text      string
	}{
		"no product":               {body: with(record{"product": nil}), status: 400, text: "MissingRequiredField"},
		"no billCustomer":          {body: with(record{"billCustomer": nil}), status: 400, text: "billCustomer"},
		"null billCustomer":        {body: `{"product":{"identifier":"NP-BUS"},"billCustomer":null}`, status: 400, text: "billCustomer"},
		"other billCustomer":       {body: with(record{"billCustomer": "NoDefault"}), status: 500, text: "Error converting value"},
		"unknown product":          {body: with(record{"product": record{"id": 99999}}), status: 400, text: "NotFound"},
		"product is a number":      {body: with(record{"product": 5}), status: 500, text: "Error converting value 5"},
		"quantity is text":         {body: with(record{"quantity": "5"}), status: 500, text: `Error converting value \"5\" to type`},
		"huge quantity":            {body: `{"quantity":1e999999999}`, status: 500, text: "Error converting value"},
		"date is no date":          {body: with(record{"effectiveDate": "tomorrow"}), status: 500, text: "System.DateTime"},
		"flag is text":             {body: with(record{"taxableFlag": "yes"}), status: 500, text: "System.Boolean"},
		"an array":                 {body: "[]", status: 400, text: "not an object"},
		"no JSON":                  {body: "{", status: 400, text: "JSON"},
		"two values":               {body: "{}{}", status: 400, text: "JSON"},
		"long serial number":       {body: with(record{"serialNumber": strings.Repeat("x", 51)}), status: 400, text: "MaxLengthField"},
		"long description":         {body: with(record{"invoiceDescription": strings.Repeat("é", 6001)}), status: 400, text: "MaxLengthField"},
		"bundle":                   {body: with(record{"product": record{"identifier": "SEC-BUNDLE"}}), status: 400, text: "Bundle"},
		"inactive product":         {body: with(record{"product": record{"identifier": "NP-BUS-2019"}}), status: 400, text: "inactive"},
		"inactive, allowed":        {body: with(record{"product": record{"identifier": "NP-BUS-2019"}}), allow: cwsim.Assumptions{AcceptInactiveProduct: true}, status: 201},
		"negative":                 {body: with(record{"quantity": -1}), status: 400, text: "OutOfRange"},
		"negative, allowed":        {body: with(record{"quantity": -1}), allow: cwsim.Assumptions{AcceptNegativeQuantity: true}, status: 201},
		"ends before it starts":    {body: with(record{"cancelledDate": "2026-10-31T00:00:00Z"}), status: 400, text: "cancelledDate"},
		"ends before, allowed":     {body: with(record{"cancelledDate": "2026-10-31T00:00:00Z"}), allow: cwsim.Assumptions{AcceptCancelBeforeStart: true}, status: 201},
		"ends as it starts":        {body: with(record{"cancelledDate": "2026-11-01T00:00:00Z"}), status: 201},
		"expired":                  {body: with(nil), agreement: ended, status: 400, text: "expired"},
		"cancelled":                {body: with(nil), agreement: cancelled, status: 400, text: "cancelled"},
		"cancelled, allowed":       {body: with(nil), agreement: cancelled, allow: cwsim.Assumptions{AcceptEndedAgreement: true}, status: 201},
		"not started":              {body: with(record{"effectiveDate": "2027-01-01T00:00:00Z"}), agreement: func(a *cwsim.Agreement) { a.Start, a.BillStart = date(2027, 1, 1), date(2027, 1, 1) }, status: 201},
		"before billing":           {body: with(nil), agreement: func(a *cwsim.Agreement) { a.BillStart = date(2026, 11, 2) }, status: 400, text: "effectiveDate cannot be less than the agreement billing start date"},
		"on the first day":         {body: with(nil), agreement: func(a *cwsim.Agreement) { a.BillStart = date(2026, 11, 1) }, status: 201},
		"invoiced":                 {body: with(nil), agreement: invoiced, status: 400, text: invoicedText},
		"invoiced, next period":    {body: with(record{"effectiveDate": "2026-12-01T00:00:00Z"}), agreement: invoiced, status: 201},
		"invoiced, prorated":       {body: with(nil), agreement: func(a *cwsim.Agreement) { invoiced(a); a.Prorate = true }, status: 201},
		"local midnight as UTC":    {body: with(record{"effectiveDate": "2026-10-31T23:00:00Z"}), agreement: func(a *cwsim.Agreement) { a.BillStart = date(2026, 11, 1) }, status: 400, text: "billing start"},
		"everything wrong at once": {body: with(record{"product": nil, "quantity": -1}), agreement: ended, status: 400, text: "OutOfRange"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, a := world(t, test.allow)
			if test.agreement != nil {
				s.UpdateAgreement(a.ID, test.agreement)
			}
			r := s.call("POST", fmt.Sprintf("/finance/agreements/%d/additions", a.ID), test.body)
			r.expect(t, test.status, test.text)
			if stored := len(s.Additions(a.ID)); stored != map[bool]int{true: 1}[test.status == 201] {
				t.Errorf("%d lines are stored after status %d", stored, r.status)
			}
			if test.status == 400 && test.text != "JSON" && test.text != "not an object" && !strings.Contains(r.body, `"message": "addition object is invalid"`) {
				t.Errorf("the message is another: %s", r.body)
			}
		})
	}
}

func TestPatchRules(t *testing.T) {
	t.Parallel()
	op := func(op, path string, value any) []record { return []record{{"op": op, "path": path, "value": value}} }
	one := decimal.NewFromInt(1)
	tests := map[string]struct {
		body   any
		allow  cwsim.Assumptions
		status int
		text   string
		change func(*cwsim.Addition) // what the stored line must differ by
	}{
		"quantity":            {body: op("replace", "quantity", 1), status: 200, change: func(a *cwsim.Addition) { a.Quantity = one }},
		"add is replace":      {body: op("add", "quantity", 1), status: 200, change: func(a *cwsim.Addition) { a.Quantity = one }},
		"remove":              {body: []record{{"op": "remove", "path": "lessIncluded"}}, status: 200, change: func(a *cwsim.Addition) { a.LessIncluded = decimal.Zero }},
		"several":             {body: append(op("replace", "quantity", 1), op("replace", "unitPrice", 1)...), status: 200, change: func(a *cwsim.Addition) { a.Quantity, a.UnitPrice = one, one }},
		"all or nothing":      {body: append(op("replace", "quantity", 1), op("replace", "nothing", 1)...), status: 400, text: "does not exist"},
		"none":                {body: []record{}, status: 200},
		"an object":           {body: op("replace", "quantity", 1)[0], status: 400, text: "array"},
		"capital op":          {body: op("Replace", "quantity", 1), status: 400, text: "not a valid operation"},
		"test":                {body: op("test", "quantity", 1), status: 400, text: "not a valid operation"},
		"leading slash":       {body: op("replace", "/quantity", 1), status: 200, change: func(a *cwsim.Addition) { a.Quantity = one }},
		"other case":          {body: op("replace", "Quantity", 1), status: 400, text: "does not exist"},
		"no value":            {body: []record{{"op": "replace", "path": "quantity"}}, status: 400, text: "no value"},
		"wrong type":          {body: op("replace", "quantity", "1"), status: 500, text: "Error converting value"},
		"read-only":           {body: op("replace", "billedQuantity", 1), status: 400, text: "read-only"},
		"read-only, ignored":  {body: op("replace", "billedQuantity", 1), allow: cwsim.Assumptions{ReadOnlyIgnored: true}, status: 200},
		"into a reference":    {body: op("replace", "product/id", 101), status: 200},
		"into, refused":       {body: op("replace", "product/id", 101), allow: cwsim.Assumptions{PatchIntoReference400: true}, status: 400, text: "reference"},
		"into something else": {body: op("replace", "quantity/id", 1), status: 400, text: "quantity/id"},
		"whole reference":     {body: op("replace", "product", record{"id": 101}), status: 200, change: func(a *cwsim.Addition) { a.ProductID = 101 }},
		"reference to bundle": {body: op("replace", "product", record{"identifier": "SEC-BUNDLE"}), status: 400, text: "Bundle"},
		"required to null":    {body: op("replace", "billCustomer", nil), status: 400, text: "billCustomer"},
		"negative":            {body: op("replace", "quantity", -1), status: 400, text: "OutOfRange"},
		"end it":              {body: op("replace", "cancelledDate", "2026-11-30T00:00:00Z"), status: 200, change: func(a *cwsim.Addition) { a.Cancelled = date(2026, 11, 30) }},
		"day as sent":         {body: op("replace", "cancelledDate", "2026-11-30T22:00:00Z"), status: 200, change: func(a *cwsim.Addition) { a.Cancelled = date(2026, 11, 30) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, a := world(t, test.allow)
			line := s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: product(s, cwsim.NordPassBusiness).ID, Quantity: decimal.NewFromInt(9), LessIncluded: one})
			r := s.call("PATCH", fmt.Sprintf("/finance/agreements/%d/additions/%d", a.ID, line.ID), test.body)
			r.expect(t, test.status, test.text)
			if test.change != nil {
				test.change(&line)
			}
			stored := s.Additions(a.ID)[0]
			stored.UpdatedBy = ""
			if diff := cmp.Diff(line, stored); diff != "" {
				t.Errorf("the stored line differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenQuestionsOfPatch(t *testing.T) {
	t.Parallel()
	clearing := []record{{"op": "replace", "path": "cancelledDate", "value": nil}}
	quantity := []record{{"op": "replace", "path": "quantity", "value": 3}}
	tests := map[string]struct {
		body      any
		cancelled time.Time
		invoiced  time.Time
		allow     cwsim.Assumptions
		status    int
	}{
		"clearing the cancelled date":   {body: clearing, cancelled: date(2026, 11, 30), status: 400},
		"clearing, allowed":             {body: clearing, cancelled: date(2026, 11, 30), allow: cwsim.Assumptions{AllowClearingCancelled: true}, status: 200},
		"invoiced to its end":           {body: quantity, cancelled: date(2026, 9, 30), invoiced: date(2026, 10, 31), status: 400},
		"invoiced to its end, allowed":  {body: quantity, cancelled: date(2026, 9, 30), invoiced: date(2026, 10, 31), allow: cwsim.Assumptions{AcceptInvoicedChange: true}, status: 200},
		"invoiced this month":           {body: quantity, invoiced: date(2026, 11, 30), status: 200},
		"invoiced this month, harshest": {body: quantity, invoiced: date(2026, 11, 30), allow: cwsim.Assumptions{RefusePeriodChange: true}, status: 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, a := world(t, test.allow)
			s.InvoiceThrough(a.ID, test.invoiced)
			line := s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: 101, Cancelled: test.cancelled})
			s.call("PATCH", fmt.Sprintf("/finance/agreements/%d/additions/%d", a.ID, line.ID), test.body).expect(t, test.status, "")
		})
	}
}

func TestReplaceLosesWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	line := s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: 101, Quantity: decimal.NewFromInt(9), LessIncluded: decimal.NewFromInt(2), InvoiceDescription: "kept?"})
	path := fmt.Sprintf("/finance/agreements/%d/additions/%d", a.ID, line.ID)
	decode[record](t, s.call("PUT", path, with(nil)), 200)
	stored := s.Additions(a.ID)[0]
	if stored.Quantity.String() != "5" || !stored.LessIncluded.IsZero() || !stored.UnitPrice.IsZero() || stored.InvoiceDescription != "" || stored.ID != line.ID {
		t.Errorf("the replaced line is %+v", stored)
	}
}

func TestDeleteNeedsItsLevel(t *testing.T) {
	t.Parallel()
	s, a := world(t, cwsim.Assumptions{})
	line := s.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: 101})
	path := fmt.Sprintf("/finance/agreements/%d/additions/%d", a.ID, line.ID)
	s.call("DELETE", path, nil).expect(t, 403, "You do not have security permission to perform this action.")
	s.Grant(cwsim.Agreements, cwsim.Delete, cwsim.All)
	s.InvoiceThrough(a.ID, date(2026, 10, 31))
	s.call("DELETE", path, nil).expect(t, 400, "invoiced")
	s.SetAssumptions(cwsim.Assumptions{AcceptInvoicedDelete: true})
	r := s.call("DELETE", path, nil)
	r.expect(t, 204, "")
	if r.body != "" || len(s.Additions(a.ID)) != 0 {
		t.Errorf("after DELETE: body %q, lines %v", r.body, s.Additions(a.ID))
	}
	s.call("GET", path, nil).expect(t, 404, "NotFound")
}

func TestCreateCatalogItem(t *testing.T) {
	t.Parallel()
	item := func(changes record) record {
		body := record{
			"identifier": "NP-ENT", "description": "NordPass Enterprise", "customerDescription": "NordPass Enterprise",
			"subcategory": record{"id": 2}, "type": record{"id": 2},
		}
		for name, value := range changes {
			if body[name] = value; value == nil {
				delete(body, name)
			}
		}
		return body
	}
	tests := map[string]struct {
		body   record
		allow  cwsim.Assumptions
		status int
		text   string
	}{
		"least":                {body: item(nil), status: 201, text: `"productClass": "NonInventory"`},
		"category follows":     {body: item(nil), status: 201, text: `"name": "Security"`},
		"class":                {body: item(record{"productClass": "Agreement", "price": 5.5, "unitOfMeasure": record{"id": 2}}), status: 201, text: `"price": 5.50`},
		"unknown class":        {body: item(record{"productClass": "Subscription"}), status: 500, text: "Error converting value"},
		"no identifier":        {body: item(record{"identifier": nil}), status: 400, text: "MissingRequiredField"},
		"no description":       {body: item(record{"description": nil}), status: 400, text: "description"},
		"no customer text":     {body: item(record{"customerDescription": nil}), status: 400, text: "customerDescription"},
		"no subcategory":       {body: item(record{"subcategory": nil}), status: 400, text: "subcategory"},
		"no type":              {body: item(record{"type": nil}), status: 400, text: "type"},
		"unknown subcategory":  {body: item(record{"subcategory": record{"id": 999}}), status: 400, text: "Subcategory 999 not found"},
		"75 characters":        {body: item(record{"identifier": strings.Repeat("x", 75)}), status: 201},
		"76 characters":        {body: item(record{"identifier": strings.Repeat("x", 76)}), status: 400, text: "MaxLengthField"},
		"61, older":            {body: item(record{"identifier": strings.Repeat("x", 61)}), allow: cwsim.Assumptions{Identifier60: true}, status: 400, text: "MaxLengthField"},
		"long description":     {body: item(record{"description": strings.Repeat("x", 61)}), status: 400, text: "MaxLengthField"},
		"taken identifier":     {body: item(record{"identifier": "np-bus"}), status: 400, text: "ObjectExists"},
		"taken, allowed":       {body: item(record{"identifier": "np-bus"}), allow: cwsim.Assumptions{AcceptDuplicates: true}, status: 201},
		"without its category": {body: item(nil), allow: cwsim.Assumptions{CategoryAsSent: true}, status: 201, text: "NP-ENT"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := world(t, test.allow)
			before := len(s.Catalog())
			s.call("POST", "/procurement/catalog", test.body).expect(t, test.status, test.text)
			if added := len(s.Catalog()) - before; added != map[bool]int{true: 1}[test.status == 201] {
				t.Errorf("%d products were added", added)
			}
		})
	}
}
