package cwsim

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Types of invoices that people make here; the definition has more.
const (
	InvoiceOfAgreement   = "Agreement"
	InvoiceMiscellaneous = "Miscellaneous"
	InvoiceCreditMemo    = "CreditMemo"
)

// Invoice is an invoice of an agreement. Dates are calendar days (midnight UTC). The API shows neither a period nor lines
// (docs/connectwise.md section 9): those are for tests to look at.
type Invoice struct {
	ID     int
	Number string // goes on; the number of a deleted invoice is not used again
	Type   string // InvoiceOfAgreement, InvoiceMiscellaneous or InvoiceCreditMemo
	// AgreementID is the agreement it belongs to: of a child, its parent.
	AgreementID int
	CompanyID   int
	Date, Due   time.Time
	// First and Last are the days of the period that it bills; zero on an invoice of no period.
	First, Last time.Time
	// Lines are what it billed, the parent's before the children's. An invoice of another type has none.
	Lines []InvoiceLine
	// Amount is what it comes to, in Currency, rounded to cents. Taxes are not modelled.
	Amount   decimal.Decimal
	Currency string
	// Entered is when it was made, by the instance's clock.
	Entered time.Time
}

// InvoiceLine is an addition as an invoice billed it.
type InvoiceLine struct {
	AgreementID, AdditionID, ProductID int
	// Quantity is the addition's of that moment, Billed what of it was charged at UnitPrice.
	Quantity, Billed, UnitPrice decimal.Decimal
}

var invoices = newResource("invoice", "/finance/invoices", []field[Invoice]{
	idField(func(x *Invoice) int { return x.ID }),
	computed("invoiceNumber", kindText, func(_ *view, x *Invoice) any { return x.Number }),
	computed("type", kindText, func(_ *view, x *Invoice) any { return x.Type }),
	reference("status", idName, func(v *view, _ *Invoice) any {
		return link(v, statusNew, v.sim.billingStatuses.find(statusNew).value.Name, "status", billingStatuses.path)
	}),
	reference("company", idIdentifierName, func(v *view, x *Invoice) any { return v.company(x.CompanyID) }),
	reference("billToCompany", idIdentifierName, func(v *view, x *Invoice) any { return v.company(x.CompanyID) }),
	computed("applyToType", kindText, func(_ *view, x *Invoice) any { return x.appliesTo() }),
	computed("applyToId", kindInteger, func(_ *view, x *Invoice) any {
		if x.appliesTo() != "Agreement" {
			return 0
		}
		return x.AgreementID
	}),
	reference("agreement", []string{"id", "name", "type"}, func(v *view, x *Invoice) any { return v.agreement(x.AgreementID) }),
	computed("date", kindDate, func(_ *view, x *Invoice) any { return x.Date }),
	computed("dueDate", kindDate, func(_ *view, x *Invoice) any { return x.Due }),
	computed("agreementAmount", kindNumber, func(_ *view, x *Invoice) any {
		if x.Type != InvoiceOfAgreement {
			return decimal.Zero
		}
		return x.Amount
	}),
	sumOf("subtotal"), sumOf("total"), sumOf("balance"), noSum("serviceTotal"), noSum("productTotal"), noSum("expenseTotal"),
	noSum("salesTax"), noSum("payments"), noSum("credits"),
	reference("currency", currencyFields, func(_ *view, x *Invoice) any { return currency(orText(x.Currency, "USD")) }),
	constant[Invoice]("specialInvoiceFlag", kindBool, false),
	constant[Invoice]("customFields", kindList, []any{}),
},
	empty[Invoice](kindText, `reference customerPO topComment bottomComment internalNotes adjustmentReason adjustedBy attention
		accountNumber`),
	empty[Invoice](kindBool, "taxableFlag"),
	empty[Invoice](kindReference, "shipToCompany billingSite shippingSite billingTerms taxCode"))

// appliesTo is applyToType. A credit memo is applied when it is paid out; only its agreement reference says where it belongs.
func (x *Invoice) appliesTo() string {
	if x.Type == InvoiceCreditMemo {
		return "All"
	}
	return "Agreement"
}

func sumOf(name string) field[Invoice] {
	return computed(name, kindNumber, func(_ *view, x *Invoice) any { return x.Amount })
}

func noSum(name string) field[Invoice] { return constant[Invoice](name, kindNumber, decimal.Zero) }

// invoiceRoutes read invoices; making one by the API is refused, and a client of ours must never try.
func invoiceRoutes() []route {
	routes := collection(invoices.path, "Invoice", Invoicing, invoices, whole(func(s *Sim) *table[Invoice] { return &s.books.invoices }))
	list := routes[0].handle
	routes[0].handle = func(s *Sim, x *exchange) answer {
		if silentFields(x.request.URL.Query().Get("fields")) {
			return jsonAnswer(http.StatusOK, []any{})
		}
		return list(s, x)
	}
	return append(routes, endpoint(http.MethodPost, invoices.path, right{}, createInvoice))
}

// silentFields reports a list of fields that is answered by no rows, without a word: id, type and date, as observed
// (docs/connectwise.md section 2). Other lists work.
func silentFields(fields string) bool {
	names := slices.Sorted(strings.SplitSeq(strings.ReplaceAll(fields, " ", ""), ","))
	return slices.Equal(names, []string{"date", "id", "type"})
}

// createInvoice is POST /finance/invoices. For an agreement it is refused (docs/connectwise.md section 9); of the other
// types nothing is known here, so they are refused too.
func createInvoice(s *Sim, x *exchange) answer {
	x.violates("invoices are made by people, never by Seatbridge")
	if !s.permits(x, right{Invoicing, Add}) {
		return notPermitted()
	}
	members, bad := x.bodyObject()
	if bad != nil {
		return *bad
	}
	if members["type"] == InvoiceOfAgreement || members["applyToType"] == "Agreement" {
		return uncreatable("Cannot create agreement invoices through the Invoicing API")
	}
	return uncreatable("The invoice cannot be created.")
}

func uncreatable(why string) answer {
	return invalid(invoices.name, problem{"InvalidObject", why, invoices.name, "type"})
}
