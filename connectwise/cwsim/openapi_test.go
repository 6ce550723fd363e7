package cwsim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
)

// contract loads openapi.json with the test server as its only server.
func contract(t *testing.T, root string) (*openapi3.T, routers.Router) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: root}}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc, router
}

// validate checks an answer against the operation's schema.
func validate(t *testing.T, router routers.Router, url, method string, r reply) {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("clientId", "x")
	route, params, err := router.FindRoute(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 r.status,
		Header:                 r.header,
	}
	input.SetBodyBytes([]byte(r.body))
	if err := openapi3filter.ValidateResponse(t.Context(), input); err != nil {
		t.Errorf("%s %s: %v\n%.600s", method, url, err, r.body)
	}
}

func TestEveryEndpointAnswersByTheContract(t *testing.T) {
	t.Parallel()
	openapi3filter.RegisterBodyDecoder("application/vnd.connectwise.com+json", openapi3filter.JSONBodyDecoder)
	s := start(t, cwsim.Config{Companies: 200})
	s.Grant(cwsim.Agreements, cwsim.Delete, cwsim.All)
	s.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	makeInvoices(s)
	root := s.server.URL + "/v4_6_release/apis/3.0"
	doc, router := contract(t, root)

	tested := 0
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			tested++
			for _, concrete := range pathsFor(s, method, path) {
				body := bodyFor(method, path)
				r := s.call(method, concrete, body)
				want := map[string]int{"GET": 200, "PUT": 200, "PATCH": 200, "POST": 201, "DELETE": 204}[method]
				if r.err != nil || r.status != want {
					t.Fatalf("%s %s: status %d, error %v, want %d: %s", method, concrete, r.status, r.err, want, r.body)
				}
				validate(t, router, root+concrete, method, r)
			}
		}
	}
	if tested < 43 {
		t.Errorf("the contract has only %d operations", tested)
	}
}

// makeInvoices makes one of each type, for an agreement of its own.
func makeInvoices(s *instance) {
	agreement := s.AddAgreement(cwsim.Agreement{CompanyID: s.Companies()[0].ID})
	s.AddAddition(cwsim.Addition{AgreementID: agreement.ID, ProductID: 101, Quantity: decimal.NewFromInt(3)})
	finance := cwsim.FinanceOf(s.Sim)
	finance.Invoice(mid, time.Time{}, agreement.ID)
	finance.Miscellaneous(agreement.ID, decimal.NewFromInt(12))
	finance.CreditMemo(agreement.ID, decimal.NewFromInt(-5))
}

// pathsFor fills ids in. Reads of lists take a full page; reads of one record take many.
func pathsFor(s *instance, method, path string) []string {
	agreement, addition := openLine(s)
	path = strings.Replace(path, "{parentId}", fmt.Sprint(agreement), 1)
	if path == "/system/audittrail" {
		return []string{fmt.Sprintf("%s?type=AgreementAddition&id=%d", path, addition)}
	}
	if method == http.MethodGet && !strings.Contains(path, "{id}") {
		return []string{path + "?pageSize=1000"}
	}
	switch {
	case !strings.Contains(path, "{id}"):
		return []string{path}
	case strings.Contains(path, "additions"):
		return []string{strings.Replace(path, "{id}", fmt.Sprint(addition), 1)}
	case strings.HasSuffix(path, "companies/{id}"):
		return each(path, s.Companies(), func(c cwsim.Company) int { return c.ID })
	case strings.HasSuffix(path, "agreements/{id}"):
		return each(path, s.Agreements(0), func(a cwsim.Agreement) int { return a.ID })
	case strings.HasSuffix(path, "invoices/{id}"):
		return each(path, cwsim.FinanceOf(s.Sim).Invoices(), func(i cwsim.Invoice) int { return i.ID })
	case strings.HasSuffix(path, "catalog/{id}"):
		return each(path, s.Catalog(), func(c cwsim.CatalogItem) int { return c.ID })
	}
	return []string{strings.Replace(path, "{id}", "1", 1)}
}

func each[T any](path string, records []T, id func(T) int) []string {
	var paths []string
	for _, r := range records {
		paths = append(paths, strings.Replace(path, "{id}", fmt.Sprint(id(r)), 1))
	}
	return paths
}

// openLine finds an active agreement and a line of it.
func openLine(s *instance) (agreementID, additionID int) {
	for _, a := range s.Agreements(0) {
		lines := s.Additions(a.ID)
		i := slices.IndexFunc(lines, func(l cwsim.Addition) bool { return l.Cancelled.IsZero() })
		if a.Status == "Active" && i >= 0 {
			return a.ID, lines[i].ID
		}
	}
	s.t.Fatal("there is no active agreement with a line")
	return 0, 0
}

func bodyFor(method, path string) any {
	switch {
	case method == http.MethodGet || method == http.MethodDelete:
		return nil
	case method == http.MethodPatch:
		return []record{{"op": "replace", "path": "quantity", "value": 12.5}}
	case strings.HasSuffix(path, "catalog"):
		return record{
			"identifier": "NP-ENT", "description": "NordPass Enterprise", "customerDescription": "NordPass Enterprise",
			"subcategory": record{"id": 1}, "type": record{"id": 2}, "productClass": "Agreement",
		}
	}
	return record{"product": record{"identifier": cwsim.NordPassBusiness}, "quantity": 3, "billCustomer": "Billable"}
}
