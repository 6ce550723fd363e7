package connectwise

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

func TestDate(t *testing.T) {
	t.Parallel()
	march := Date{2026, time.March, 1}
	for text, want := range map[string]Date{
		`"2026-03-01T00:00:00Z"`:        march,
		`"2026-03-01T23:30:00-08:00"`:   march, // the calendar day as written, never converted
		`"2026-03-01T00:00:00.0000000"`: march,
		`"2026-03-01 00:00:00"`:         march,
		`"2026-03-01"`:                  march,
		`null`:                          {},
		`""`:                            {},
		`"0001-01-01T00:00:00Z"`:        {},
		`"2024-02-29T00:00:00Z"`:        {2024, time.February, 29},
	} {
		var got Date
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`"2026-02-30T00:00:00Z"`, `"01/03/2026"`, `"2026-03-01x"`, `20260301`, `"soon"`} {
		var got Date
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s was read as %v", text, got)
		}
	}
	if got := mustJSON(t, march); got != `"2026-03-01T00:00:00Z"` {
		t.Error(got)
	}
	if got := mustJSON(t, Date{}); got != `null` {
		t.Error(got)
	}
	evening := time.Date(2026, 2, 28, 19, 30, 0, 0, time.FixedZone("New York", -5*3600))
	if got := DateOf(evening); got != march {
		t.Errorf("DateOf(%v) = %v: the day is that of UTC", evening, got)
	}
	if !march.Before(march.AddDays(1)) || !march.After(march.AddDays(-1)) || march.AddDays(-1).String() != "2026-02-28" || march.Compare(march) != 0 {
		t.Error("order of days")
	}
	if (Date{}).String() != "" || !(Date{}).Before(march) || !(Date{}).IsZero() {
		t.Error("no date")
	}
}

// TestInvoiceRecords: which agreement an invoice belongs to, in whole records and in poor ones.
func TestInvoiceRecords(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/invoices/count", respondJSON(200, `{"count":5}`))
	f.api("GET /finance/invoices", respondJSON(200, `[
		{"id":1,"invoiceNumber":"A-1","type":"Agreement","applyToType":"Agreement","applyToId":7,"agreement":{"id":8,"name":"Child"},
			"date":"2026-11-01T00:00:00Z","total":12.5,"currency":{"currencyCode":"EUR"},"_info":{"dateEntered":"2026-11-01T00:10:00Z"}},
		{"id":2,"invoiceNumber":1234,"type":"CreditMemo","applyToType":"All","applyToId":0,"agreement":{"id":7},"currency":{"name":"Euro"}},
		{"id":3,"type":"Standard","applyToType":"Ticket","applyToId":7,"agreement":null},
		{"id":4,"type":"Agreement","applyToType":"Agreement","applyToId":7,"total":null,"status":null,"company":null,"currency":null},
		{"id":5,"type":"Agreement","applyToType":"Agreement","applyToId":null,"agreement":{"id":7}}]`))
	var got []string
	for _, i := range collect(t, FinanceOf(f.client(t)).Invoices(t.Context(), InvoiceFilter{})) {
		got = append(got, fmt.Sprint(i.ID, " ", i.Number, " ", i.AgreementID, " ", i.OfPeriod(), " ", i.Total.Valid, " ", i.Currency, " ", i.EnteredAt.Format("15:04")))
	}
	want := []string{"1 A-1 7 true true EUR 00:10", "2 1234 7 false false Euro 00:00", "4  7 true false  00:00", "5  7 true false  00:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var huge Invoice
	if err := json.Unmarshal([]byte(`{"id":1,"total":1e999999999}`), &huge); err == nil {
		t.Error("a number of a billion digits is read")
	}
}

func TestAgreementRecord(t *testing.T) {
	t.Parallel()
	var got Agreement
	err := json.Unmarshal([]byte(`{
		"id": 7, "name": "Backup \"Gold\" <b>\u0000", "type": {"id": 2, "name": "Managed", "_info": {"x": "y"}},
		"company": {"id": 3, "identifier": "ACME", "name": "Acme\u200b Ltd", "_info": {}}, "parentAgreement": {"id": 5, "name": "Main"},
		"startDate": "2025-01-01T00:00:00Z", "endDate": null, "noEndingDateFlag": true, "cancelledFlag": null,
		"billStartDate": "2025-02-01T00:00:00Z", "nextInvoiceDate": "2026-04-01T00:00:00Z", "prorateFlag": true,
		"billingCycle": {"id": 2, "name": "Annual"}, "oneTimeFlag": false, "billOneTimeFlag": true, "invoiceProratedAdditionsFlag": false, "periodType": "Current", "billProducts": "Billable", "agreementStatus": "Active",
		"currency": {"id": 1, "currencyCode": "EUR", "name": "Euro", "numberOfDecimals": 2}, "newField": [1, {"a": null}]}`), &got)
	want := Agreement{
		ID: 7, Name: `Backup "Gold" <b>`, Type: Reference{ID: 2, Name: "Managed"},
		Company:         Reference{ID: 3, Identifier: "ACME", Name: "Acme Ltd"},
		ParentAgreement: &Reference{ID: 5, Name: "Main"},
		StartDate:       Date{2025, 1, 1}, NoEndingDate: true, BillStartDate: Date{2025, 2, 1}, NextInvoiceDate: Date{2026, 4, 1},
		Prorate: true, BillingCycle: Reference{ID: 2, Name: "Annual"}, OneTime: true, PeriodType: "Current", BillProducts: "Billable", Status: "Active", Currency: "EUR",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, text := range []string{`{"id":7}`, `{"id":7,"parentAgreement":null,"currency":null,"company":null,"nextInvoiceDate":null}`, `{"id":7,"parentAgreement":{"id":null},"nextInvoiceDate":"4/1/2026"}`} {
		var got Agreement
		err := json.Unmarshal([]byte(text), &got)
		if diff := cmp.Diff(Agreement{ID: 7}, got); err != nil || diff != "" {
			t.Error(text, err, diff)
		}
	}
	var refused Agreement
	if err := json.Unmarshal([]byte(`{"id":7,"dateCancelled":"someday"}`), &refused); err == nil {
		t.Error("an unreadable cancellation was taken for none")
	}
}

func TestAdditionRecord(t *testing.T) {
	t.Parallel()
	var got Addition
	err := json.Unmarshal([]byte(`{"id": 9, "product": {"id": 4, "identifier": "NP-BUS", "serializedFlag": false},
		"quantity": 12.50, "lessIncluded": 2.00, "billedQuantity": 10.5, "unitPrice": 1e1, "extPrice": 105.00, "additionStatus": "Active", "billCustomer": "Billable",
		"effectiveDate": "2026-01-01T00:00:00Z", "cancelledDate": null, "description": "Seats", "invoiceDescription": "a\r\nb",
		"_info": {"lastUpdated": "2026-03-01T02:03:04Z", "updatedBy": "jdoe", "dateEntered": "2026-01-02T00:00:00Z", "enteredBy": "mm", "addition_href": "https://x"}}`), &got)
	want := Addition{
		ID: 9, Product: Reference{ID: 4, Identifier: "NP-BUS"}, Quantity: dec("12.5"), LessIncluded: dec("2"),
		BilledQuantity: someDec("10.5"), UnitPrice: someDec("10"), ExtPrice: someDec("105"), Status: "Active", BillCustomer: Billable, EffectiveDate: Date{2026, 1, 1},
		Description: "Seats", InvoiceDescription: "a  b", LastUpdated: time.Date(2026, 3, 1, 2, 3, 4, 0, time.UTC), UpdatedBy: "jdoe",
		DateEntered: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), EnteredBy: "mm",
	}
	if diff := cmp.Diff(want, got, sameDecimal); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, text := range []string{`{"id":9}`, `{"id":9,"quantity":null,"unitPrice":null,"product":null,"_info":null,"description":null}`} {
		var got Addition
		err := json.Unmarshal([]byte(text), &got)
		if diff := cmp.Diff(Addition{ID: 9}, got, sameDecimal); err != nil || diff != "" {
			t.Error(text, err, diff)
		}
	}
}

func TestImpossibleNumbersAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"id":9,"quantity":1e999999999}`, `{"id":9,"unitPrice":1e-999999999}`, `{"id":9,"quantity":"many"}`} {
		var addition Addition
		if err := json.Unmarshal([]byte(text), &addition); err == nil {
			t.Errorf("%s was read", text)
		}
	}
	var item CatalogItem
	if err := json.Unmarshal([]byte(`{"id":9,"price":1e99}`), &item); err == nil {
		t.Error("an impossible price was read")
	}
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func someDec(s string) decimal.NullDecimal { return decimal.NewNullDecimal(dec(s)) }

var sameDecimal = cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })

func TestCreateAddition(t *testing.T) {
	t.Parallel()
	wanted := NewAddition{ProductID: 4, Quantity: dec("12.50"), EffectiveDate: Date{2026, 3, 1}}
	for _, test := range []struct {
		name, answer string
		want         error
		id           int
	}{
		{"as asked", `{"id":9,"product":{"id":4},"quantity":12.5,"billCustomer":"Billable","effectiveDate":"2026-03-01T00:00:00Z"}`, nil, 9},
		{"other quantity", `{"id":9,"product":{"id":4},"quantity":1,"billCustomer":"Billable","effectiveDate":"2026-03-01T00:00:00Z"}`, ErrNotApplied, 9},
		{"other product", `{"id":9,"product":{"id":5},"quantity":12.5,"billCustomer":"Billable","effectiveDate":"2026-03-01T00:00:00Z"}`, ErrNotApplied, 9},
		{"not billed", `{"id":9,"product":{"id":4},"quantity":12.5,"billCustomer":"NoCharge","effectiveDate":"2026-03-01T00:00:00Z"}`, ErrNotApplied, 9},
		{"day moved", `{"id":9,"product":{"id":4},"quantity":12.5,"billCustomer":"Billable","effectiveDate":"2026-02-28T00:00:00Z"}`, ErrNotApplied, 9},
		{"no record", `{}`, ErrUnknownOutcome, 0},
	} {
		f := newFake(t)
		f.api("POST /finance/agreements/7/additions", respondJSON(201, test.answer))
		got, err := f.client(t).CreateAddition(t.Context(), 7, wanted)
		if !errors.Is(err, test.want) || got.ID != test.id {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
		body := f.apiCalls()[0].body
		if want := `{"product":{"id":4},"quantity":12.5,"billCustomer":"Billable","effectiveDate":"2026-03-01T00:00:00Z"}`; body != want {
			t.Errorf("%s: sent %s", test.name, body)
		}
	}
}

func TestCreateAdditionWithoutDate(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("POST /finance/agreements/7/additions", respondJSON(201, `{"id":9,"product":{"id":4},"quantity":0,"billCustomer":"Billable","effectiveDate":"2026-03-05T00:00:00Z"}`))
	got, err := f.client(t).CreateAddition(t.Context(), 7, NewAddition{ProductID: 4})
	if err != nil || got.EffectiveDate != (Date{2026, 3, 5}) {
		t.Error(got, err)
	}
	if body := f.apiCalls()[0].body; strings.Contains(body, "effectiveDate") {
		t.Errorf("sent %s", body)
	}
}

// TestCreateAdditionThatIsBilledOnce ends a line on the day it names, at the price and with the words that it is given.
func TestCreateAdditionThatIsBilledOnce(t *testing.T) {
	t.Parallel()
	wanted := NewAddition{
		ProductID: 4, Quantity: dec("1"), EffectiveDate: Date{2026, 11, 1}, CancelledDate: Date{2026, 11, 30}, UnitPrice: someDec("4.50"),
		Description: "NordPass Business, October 2026, 1 seat not yet billed",
	}
	const answer = `{"id":9,"product":{"id":4},"quantity":1,"billCustomer":"Billable","effectiveDate":"2026-11-01T00:00:00Z","unitPrice":4.5,` +
		`"cancelledDate":"2026-11-30T00:00:00Z"}`
	for _, test := range []struct {
		name, answer string
		want         error
	}{
		{"as asked", answer, nil},
		{"other last day", strings.Replace(answer, "11-30", "12-31", 1), ErrNotApplied},
		{"left open", strings.Replace(answer, `"2026-11-30T00:00:00Z"`, "null", 1), ErrNotApplied},
		{"other price", strings.Replace(answer, "4.5", "4.99", 1), ErrNotApplied},
		{"no price", strings.Replace(answer, "4.5", "null", 1), ErrNotApplied},
	} {
		f := newFake(t)
		f.api("POST /finance/agreements/7/additions", respondJSON(201, test.answer))
		if got, err := f.client(t).CreateAddition(t.Context(), 7, wanted); !errors.Is(err, test.want) || got.ID != 9 {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
		const want = `{"product":{"id":4},"quantity":1,"billCustomer":"Billable","effectiveDate":"2026-11-01T00:00:00Z",` +
			`"cancelledDate":"2026-11-30T00:00:00Z","unitPrice":4.5,"description":"NordPass Business, October 2026, 1 seat not yet billed"}`
		if body := f.apiCalls()[0].body; body != want {
			t.Errorf("%s: sent %s", test.name, body)
		}
	}
}

func TestUpdateQuantity(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, answer string
		want         error
	}{
		{"applied", `{"id":9,"quantity":3.00}`, nil},
		{"ignored", `{"id":9,"quantity":2}`, ErrNotApplied},
		{"without a quantity", `{"id":9}`, ErrNotApplied},
		{"another record", `{"id":8,"quantity":3}`, ErrNotApplied},
		{"no record", `{}`, ErrUnknownOutcome},
	} {
		f := newFake(t)
		f.api("PATCH /finance/agreements/7/additions/9", respondJSON(200, test.answer))
		_, err := f.client(t).UpdateQuantity(t.Context(), 7, 9, dec("3"))
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
		if want := `[{"op":"replace","path":"quantity","value":3}]`; f.apiCalls()[0].body != want {
			t.Errorf("%s: sent %s", test.name, f.apiCalls()[0].body)
		}
	}
}

func TestAnotherRecordIsRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/{id}", agreement7)
	if _, err := f.client(t).Agreement(t.Context(), 8); !errors.Is(err, ErrNotConnectWise) {
		t.Error(err)
	}
}

func TestCompaniesQuery(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /company/companies", respondJSON(200, `[
		{"id":1,"identifier":"a","name":"A","status":{"id":1,"name":"Active"},"types":[{"id":5,"name":"Customer"},{"id":6,"name":"Partner"}],"deletedFlag":false},
		{"id":2,"identifier":"b","name":"B","status":{"id":2},"types":[{"id":6,"name":"Partner"}]},
		{"id":3,"identifier":"c","name":"C","status":{"id":2},"types":[{"id":6,"name":"Partner"}],"deletedFlag":true},
		{"id":4,"identifier":"d","name":"D","status":{"id":9},"types":[{"id":6,"name":"Partner"}]}]`))
	f.api("GET /company/companies/count", respondJSON(200, `{"count":2}`))
	c := f.client(t)
	filter := CompanyFilter{TypeIDs: []int{6, 5, 6}, StatusIDs: []int{1, 2}}
	got := collect(t, c.Companies(t.Context(), filter))
	want := []Company{
		{ID: 1, Identifier: "a", Name: "A", Status: Reference{ID: 1, Name: "Active"}, Types: []Reference{{ID: 5, Name: "Customer"}, {ID: 6, Name: "Partner"}}},
		{ID: 2, Identifier: "b", Name: "B", Status: Reference{ID: 2}, Types: []Reference{{ID: 6, Name: "Partner"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n, err := c.CountCompanies(t.Context(), filter); err != nil || n != 2 {
		t.Error(n, err)
	}
	for _, call := range f.apiCalls() {
		query, _ := url.ParseQuery(call.query)
		want := "status/id in (1,2)"
		if strings.HasSuffix(call.path, "/count") {
			want = "deletedFlag=False and " + want
		}
		if got := query.Get("conditions"); got != want {
			t.Errorf("%s: conditions %s", call.path, got)
		}
		if got, want := query.Get("childConditions"), "types/id=5 or types/id=6"; got != want {
			t.Errorf("%s: childConditions %s", call.path, got)
		}
	}
}

func TestCompanyOfTypesInTwoRequestsIsYieldedOnce(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /company/companies", respondJSON(200, `[{"id":1,"types":[{"id":5}]}]`))
	var types []int
	for id := range 2*typesPerRequest - 5 {
		types = append(types, id+1)
	}
	got := collect(t, f.client(t).Companies(t.Context(), CompanyFilter{TypeIDs: types, IncludeDeleted: true}))
	if len(got) != 1 || len(f.apiCalls()) != 2 {
		t.Errorf("%d companies in %d requests", len(got), len(f.apiCalls()))
	}
}

func TestCompanyTypesKeptElsewhere(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /company/companies", respondJSON(200, `[{"id":1,"types":[{"id":5}]},{"id":2,"types":[]},{"id":3,"types":null}]`))
	f.api("GET /company/companies/2/typeAssociations", respondJSON(200, `[{"id":21,"type":{"id":5,"name":"Customer"}},{"id":22,"type":{"id":6}}]`))
	f.api("GET /company/companies/3/typeAssociations", respondJSON(200, `[]`))
	got := collect(t, f.client(t).Companies(t.Context(), CompanyFilter{}))
	want := []Company{{ID: 1, Types: []Reference{{ID: 5}}}, {ID: 2, Types: []Reference{{ID: 5, Name: "Customer"}, {ID: 6}}}, {ID: 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(f.apiCalls()) != 3 {
		t.Errorf("%d requests", len(f.apiCalls()))
	}
}

func TestCompanyTypesRefusedElsewhere(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /company/companies", respondJSON(200, `[{"id":1},{"id":2},{"id":3}]`))
	f.api("GET /company/companies/{id}/typeAssociations", respondJSON(403, `{"code":"Security"}`))
	got := collect(t, f.client(t).Companies(t.Context(), CompanyFilter{}))
	if len(got) != 3 || len(f.apiCalls()) != 2 {
		t.Errorf("%d companies in %d requests", len(got), len(f.apiCalls()))
	}
}

func TestAgreementsOfManyCompanies(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements", func(w http.ResponseWriter, r *http.Request) {
		ids, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Query().Get("conditions"), "company/id in ("), ")")
		first, _, _ := strings.Cut(ids, ",")
		respondJSON(200, `[{"id":`+first+`,"company":{"id":`+first+`}}]`)(w, r)
	})
	companies := make([]int, 1000)
	for i := range companies {
		companies[i] = 20_000 + i
	}
	got := collect(t, f.client(t).Agreements(t.Context(), AgreementFilter{CompanyIDs: companies}))
	if calls := len(f.apiCalls()); calls < 2 || calls > 8 || len(got) != calls {
		t.Errorf("%d agreements in %d requests", len(got), calls)
	}
}

func TestAgreementsByIDsAndCompanies(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements", respondJSON(200, `[{"id":7,"company":{"id":3}},{"id":8,"company":{"id":4}}]`))
	got := collect(t, f.client(t).Agreements(t.Context(), AgreementFilter{IDs: []int{8, 7, 8}, CompanyIDs: []int{3}}))
	query, _ := url.ParseQuery(f.apiCalls()[0].query)
	if len(got) != 1 || got[0].ID != 7 || len(f.apiCalls()) != 1 || query.Get("conditions") != "id in (7,8)" {
		t.Errorf("%d agreements in %d requests with %s", len(got), len(f.apiCalls()), query.Get("conditions"))
	}
}

// TestAgreementsOfManyIDs: all are read by pages where that takes fewer requests, but not out of a hundred thousand, nor when
// nobody says how many there are.
func TestAgreementsOfManyIDs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		count http.HandlerFunc
		byID  bool
	}{
		{"few others", respondJSON(200, `{"count":2500}`), false},
		{"many others", respondJSON(200, `{"count":100000}`), true},
		{"not counted", respondJSON(500, `{}`), true},
	} {
		f := newFake(t)
		f.api("GET /finance/agreements/count", test.count)
		f.api("GET /finance/agreements", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Query().Get("conditions"), "id in (") {
				respondJSON(200, `[]`)(w, r)
				return
			}
			pages{ids: sequence(2500)}.ServeHTTP(w, r)
		})
		got := collect(t, f.client(t).WithTries(1).Agreements(t.Context(), AgreementFilter{IDs: sequence(1500)}))
		asked := 0
		for _, call := range f.apiCalls() {
			query, _ := url.ParseQuery(call.query)
			if query.Get("conditions") != "" {
				asked++
			}
		}
		switch {
		case test.byID && (asked < 6 || len(got) != 0):
			t.Errorf("%s: %d agreements, %d requests by ids", test.name, len(got), asked)
		case !test.byID && (asked != 0 || len(got) != 1500):
			t.Errorf("%s: %d agreements, %d requests by ids", test.name, len(got), asked)
		}
	}
}

func TestLimitAcrossPages(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /procurement/catalog", pages{ids: sequence(2500)}.ServeHTTP)
	got := collect(t, f.client(t).CatalogItems(t.Context(), CatalogFilter{Limit: 1500}))
	if len(got) != 1500 || len(f.apiCalls()) != 2 {
		t.Errorf("%d items in %d requests", len(got), len(f.apiCalls()))
	}
}

func TestCatalogQuery(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /procurement/catalog", respondJSON(200, `[{"id":1,"identifier":"NP*"},{"id":2,"identifier":"np-bus"},{"id":3,"identifier":"NP-BUSINESS"}]`))
	c := f.client(t)
	if got := collect(t, c.CatalogItems(t.Context(), CatalogFilter{Search: " np ", Limit: 2})); len(got) != 2 {
		t.Errorf("limit: %d items", len(got))
	}
	if got := collect(t, c.CatalogItems(t.Context(), CatalogFilter{Identifier: "NP*"})); len(got) != 1 || got[0].ID != 1 {
		t.Errorf("a star is no wildcard: %v", got)
	}
	collect(t, c.CatalogItems(t.Context(), CatalogFilter{IDs: []int{2, 1}}))
	var conditions []string
	for _, call := range f.apiCalls() {
		query, _ := url.ParseQuery(call.query)
		conditions = append(conditions, query.Get("conditions")+" | "+query.Get("pageSize"))
	}
	want := []string{
		`(identifier contains "np" or description contains "np" or category/name contains "np") | 2`,
		`identifier="NP*" | 1000`,
		`id in (1,2) | 2`,
	}
	if diff := cmp.Diff(want, conditions); diff != "" {
		t.Error(diff)
	}
	_, err := firstError(c.CatalogItems(t.Context(), CatalogFilter{Search: strings.Repeat("пароль ", 100)}))
	if !errors.Is(err, ErrInvalid) || len(f.apiCalls()) != 3 {
		t.Errorf("a search that is too long: %v", err)
	}
}

func TestCreateCatalogItem(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("POST /procurement/catalog", inTurn(
		respondJSON(201, `{"id":31,"identifier":"NP-BUS","description":"NordPass Business","subcategory":{"id":2},"type":{"id":3},"productClass":"Agreement","price":4.99}`),
		respondJSON(201, `{"id":32,"identifier":"NP-BUS","subcategory":{"id":2},"type":{"id":3},"productClass":"NonInventory","price":0}`),
		respondJSON(400, `{"code":"InvalidObject","message":"catalogItem object is invalid","errors":[{"code":"ObjectExists","field":"identifier","message":"exists"}]}`)))
	c := f.client(t)
	item := NewCatalogItem{Identifier: "NP-BUS", Description: "NordPass Business", SubcategoryID: 2, TypeID: 3, UnitOfMeasureID: 8, Price: someDec("4.99"), Recurring: true}
	if got, err := c.CreateCatalogItem(t.Context(), item); err != nil || got.ID != 31 {
		t.Error(got, err)
	}
	if want := `{"identifier":"NP-BUS","description":"NordPass Business","customerDescription":"NordPass Business","productClass":"Agreement",` +
		`"subcategory":{"id":2},"type":{"id":3},"unitOfMeasure":{"id":8},"price":4.99,"recurringFlag":true}`; f.apiCalls()[0].body != want {
		t.Errorf("sent %s", f.apiCalls()[0].body)
	}
	if got, err := c.CreateCatalogItem(t.Context(), item); !errors.Is(err, ErrNotApplied) || got.ID != 32 {
		t.Error(got, err)
	}
	if _, err := c.CreateCatalogItem(t.Context(), item); !errors.Is(err, ErrExists) || !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	item.Identifier, item.Description = strings.Repeat("é", 61), ""
	_, err := c.CreateCatalogItem(t.Context(), item)
	var failure *Error
	if !errors.Is(err, ErrInvalid) || !errors.As(err, &failure) || len(failure.Fields) != 2 || len(f.apiCalls()) != 3 {
		t.Errorf("lengths: %v", err)
	}
}

func TestSetupTables(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	rows := `[{"id":2,"name":"Cloud\u0000","category":{"id":1,"name":"Software"},"typeXref":"Service","defaultFlag":true,"inactiveFlag":true,"vendorFlag":true}]`
	for _, path := range []string{"/procurement/categories", "/procurement/subcategories/{$}", "/procurement/types", "/procurement/unitOfMeasures", "/company/companies/types", "/company/companies/statuses"} {
		f.api("GET "+path, respondJSON(200, rows))
	}
	c, ctx := f.client(t), t.Context()
	for name, diff := range map[string]string{
		"categories":    cmp.Diff([]Category{{2, "Cloud", true}}, collect(t, c.Categories(ctx))),
		"subcategories": cmp.Diff([]Subcategory{{2, "Cloud", Reference{ID: 1, Name: "Software"}, true}}, collect(t, c.Subcategories(ctx))),
		"types":         cmp.Diff([]ProductType{{2, "Cloud", "Service", true, true}}, collect(t, c.ProductTypes(ctx))),
		"units":         cmp.Diff([]UnitOfMeasure{{2, "Cloud", true, true}}, collect(t, c.UnitsOfMeasure(ctx))),
		"company types": cmp.Diff([]CompanyType{{2, "Cloud", true, true}}, collect(t, c.CompanyTypes(ctx))),
		"statuses":      cmp.Diff([]CompanyStatus{{2, "Cloud", true, true}}, collect(t, c.CompanyStatuses(ctx))),
	} {
		if diff != "" {
			t.Error(name, diff)
		}
	}
}
