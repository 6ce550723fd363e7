package cwsim

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// handler answers a call that has been let in. The lock is held.
type handler func(s *Sim, x *exchange) answer

// route is one endpoint; the segment {id} is a number.
type route struct {
	method   string
	right    right
	handle   handler
	segments []string
}

func endpoint(method, path string, r right, h handler) route {
	return route{method, r, h, strings.Split(strings.Trim(path, "/"), "/")}
}

// collection makes the three reads of a collection: list, count, one.
func collection[T any](path, what string, module Module, res *resource[T], pick picker[T]) []route {
	r := right{module, Inquire}
	return []route{
		endpoint(http.MethodGet, path, r, listing(res, pick)),
		endpoint(http.MethodGet, path+"/count", r, counting(res, pick)),
		endpoint(http.MethodGet, path+"/{id}", r, reading(res, what, pick)),
	}
}

const additionsPath = "/finance/agreements/{id}/additions"

// endpoints is every endpoint of openapi.json, a company's typeAssociations, and the two that make invoices, which a client
// must never call.
func endpoints() []route {
	return slices.Concat(
		collection("/company/companies", "Company", CompanyMaintenance, companies, whole(func(s *Sim) *table[Company] { return &s.companies })),
		collection("/company/companies/types", "Type", TableSetup, companyTypes,
			whole(func(s *Sim) *table[CompanyType] { return &s.companyTypes })),
		collection("/company/companies/statuses", "Status", TableSetup, companyStatuses,
			whole(func(s *Sim) *table[CompanyStatus] { return &s.companyStatuses })),
		collection("/company/companies/{id}/typeAssociations", "TypeAssociation", CompanyMaintenance, associations, (*Sim).typeAssociations),
		collection("/finance/agreements", "Agreement", Agreements, agreements, whole(func(s *Sim) *table[Agreement] { return &s.agreements })),
		collection("/finance/agreements/types", "Type", TableSetup, agreementTypes,
			whole(func(s *Sim) *table[AgreementType] { return &s.agreementTypes })),
		collection(additionsPath, "Addition", Agreements, additions, (*Sim).additionsOf),
		collection("/procurement/catalog", "CatalogItem", ProductCatalog, catalogItems,
			whole(func(s *Sim) *table[CatalogItem] { return &s.catalog })),
		collection("/procurement/categories", "Category", TableSetup, categories, whole(func(s *Sim) *table[Category] { return &s.categories })),
		collection("/procurement/subcategories", "SubCategory", TableSetup, subcategories,
			whole(func(s *Sim) *table[Subcategory] { return &s.subcategories })),
		collection("/procurement/types", "Type", TableSetup, productTypes, whole(func(s *Sim) *table[ProductType] { return &s.productTypes })),
		collection("/procurement/unitOfMeasures", "UnitOfMeasure", TableSetup, units, whole(func(s *Sim) *table[Unit] { return &s.units })),
		collection("/finance/billingStatuses", "BillingStatus", TableSetup, billingStatuses,
			whole(func(s *Sim) *table[BillingStatus] { return &s.billingStatuses })),
		invoiceRoutes(),
		collection("/system/mySecurity", "MySecurity", "", mySecurity, (*Sim).securityRows),
		[]route{
			endpoint(http.MethodPost, additionsPath, right{Agreements, Add}, (*Sim).createAddition),
			endpoint(http.MethodPatch, additionsPath+"/{id}", right{Agreements, Edit}, (*Sim).patchAddition),
			endpoint(http.MethodPut, additionsPath+"/{id}", right{Agreements, Edit}, (*Sim).replaceAddition),
			endpoint(http.MethodDelete, additionsPath+"/{id}", right{Agreements, Delete}, (*Sim).deleteAddition),
			endpoint(http.MethodPost, "/finance/agreements/{id}/invoice", right{Agreements, Edit}, invoiceAgreement),
			endpoint(http.MethodPost, "/procurement/catalog", right{ProductCatalog, Add}, (*Sim).createCatalogItem),
			endpoint(http.MethodGet, "/system/audittrail", right{}, auditTrail),
			endpoint(http.MethodGet, "/system/info", right{}, systemInfo),
			endpoint(http.MethodGet, "/system/myMembers", right{}, myMember),
		},
	)
}

// table of routes, made once; nothing changes it.
var routing = endpoints()

// dispatch finds the endpoint and checks verb, right and media type.
func (s *Sim) dispatch(x *exchange) answer {
	segments := strings.Split(strings.Trim(x.path, "/"), "/")
	known := false
	for i := range routing {
		ids, fits := routing[i].match(segments)
		if !fits {
			continue
		}
		known = true
		if routing[i].method == x.request.Method {
			x.ids = ids
			return s.enter(x, &routing[i])
		}
	}
	if known {
		return wrongMethod()
	}
	return noEndpoint()
}

func (r *route) match(segments []string) (ids []int, fits bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	for i, wanted := range r.segments {
		if wanted != "{id}" {
			if segments[i] != wanted {
				return nil, false
			}
			continue
		}
		id, err := strconv.ParseInt(segments[i], 10, 32)
		if err != nil || id < 0 {
			return nil, false
		}
		ids = append(ids, int(id))
	}
	return ids, true
}

func (s *Sim) enter(x *exchange, r *route) answer {
	if !s.permits(x, r.right) {
		return notPermitted()
	}
	if takesBody(r.method) && !isJSON(x.request.Header.Get("Content-Type")) {
		return failure(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The request entity's media type is not supported.")
	}
	return versioned(x, r.handle(s, x))
}

func takesBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPatch || method == http.MethodPut
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// versioned answers in the vendor's media type where Accept asks for it.
func versioned(x *exchange, a answer) answer {
	versioned := strings.Contains(x.request.Header.Get("Accept"), "application/vnd.connectwise.com+json")
	if a.status < 300 && a.status != http.StatusNoContent && versioned {
		a.header.Set("Content-Type", "application/vnd.connectwise.com+json; version="+modelVersion)
	}
	return a
}

func wrongMethod() answer {
	return failure(http.StatusMethodNotAllowed, "MethodNotAllowed", "The requested resource does not support this http method.")
}
