package connectwise

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/shopspring/decimal"
)

// Values of Invoice.Type and Invoice.ApplyToType that matter here; the API has more.
const (
	InvoiceOfAgreement = "Agreement"
	AppliedToAgreement = "Agreement"
)

// Invoice is an invoice of an agreement. Seatbridge only reads it. The record has neither lines nor a period
// (docs/connectwise.md section 9).
type Invoice struct {
	ID     int
	Number string // as people know it
	Type   string // Agreement, CreditMemo, DownPayment, Miscellaneous, Progress, Standard
	Status Reference
	// Company is the customer.
	Company     Reference
	ApplyToType string // All, Agreement, Project, ProjectPhase, SalesOrder, Ticket
	ApplyToID   int
	// AgreementID is the agreement it was applied to or, of what was applied to something else, the one it refers to; 0: none.
	AgreementID int
	Date        Date      // the invoice date, which a person chooses; zero if ConnectWise has none
	EnteredAt   time.Time // when it was made, in UTC; zero if ConnectWise did not say
	// Total is with taxes, in Currency; not valid if ConnectWise did not say.
	Total    decimal.NullDecimal
	Currency string // currency code; the currency's name where there is no code
}

// OfPeriod reports whether it is the invoice of a period of its agreement, and of the agreement's children. What else refers
// to the agreement, such as a credit memo, is how people settle a difference (docs/connectwise.md section 9).
func (i Invoice) OfPeriod() bool {
	return i.Type == InvoiceOfAgreement && i.ApplyToType == AppliedToAgreement
}

const (
	invoicesPath = "/finance/invoices"
	// invoiceFields is longer than the list that was seen to be answered by nothing (docs/connectwise.md section 2).
	invoiceFields = "id,invoiceNumber,type,status/id,status/name,company/id,company/identifier,company/name," +
		"applyToType,applyToId,agreement/id,date,total,currency/currencyCode,currency/name,_info"
)

// UnmarshalJSON reads the API's record.
func (i *Invoice) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID                         int
		InvoiceNumber              looseText
		Type, ApplyToType          string
		ApplyToID                  int
		Status, Company, Agreement Reference
		Date                       Date
		Total                      decimal.NullDecimal
		Currency                   struct{ CurrencyCode, Name text }
		Info                       struct{ DateEntered looseText } `json:"_info"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	if err := checkSize(wire.Total.Decimal); err != nil {
		return err
	}
	*i = Invoice{
		ID: wire.ID, Number: clean(string(wire.InvoiceNumber)), Type: wire.Type, Status: wire.Status, Company: wire.Company,
		ApplyToType: wire.ApplyToType, ApplyToID: wire.ApplyToID, AgreementID: wire.Agreement.ID,
		Date: wire.Date, EnteredAt: wire.Info.DateEntered.moment(), Total: wire.Total, Currency: string(wire.Currency.CurrencyCode),
	}
	if i.ApplyToType == AppliedToAgreement && i.ApplyToID > 0 {
		i.AgreementID = i.ApplyToID
	}
	if i.Currency == "" {
		i.Currency = string(wire.Currency.Name)
	}
	return nil
}

// Finance reads invoices. It needs the right Invoicing – Inquire, which is optional for Seatbridge: without it every call is
// ErrForbidden.
type Finance struct{ client *Client }

// FinanceOf is the client's Finance.
func FinanceOf(c *Client) Finance { return Finance{c} }

// InvoiceFilter restricts a list of invoices to invoice dates, both days included; a zero date does not restrict.
type InvoiceFilter struct {
	From, Until Date
}

// Invoices lists the invoices of agreements, of every type, each once and in the order of their ids, by pages of 1000. The
// list is compared with ConnectWise's count of it, and is ErrIncomplete if invoices are missing: a list of fields that is
// not understood is answered by nothing, without a word (docs/connectwise.md section 2). Still it can lag behind for
// minutes: before an invoice that was known is taken for deleted, ask Invoice.
func (f Finance) Invoices(ctx context.Context, filter InvoiceFilter) iter.Seq2[Invoice, error] {
	return func(yield func(Invoice, error) bool) {
		read, err := f.dated(ctx, filter)
		if err != nil {
			yield(Invoice{}, err)
			return
		}
		for _, invoice := range read {
			if invoice.AgreementID > 0 && filter.has(invoice.Date) && !yield(invoice, nil) {
				return
			}
		}
	}
}

// dated reads the invoices of the filter's days, and maybe others. Nothing at all may be an instance that finds nothing
// by joined conditions: it is asked again by one.
func (f Finance) dated(ctx context.Context, filter InvoiceFilter) ([]Invoice, error) {
	for _, asked := range filter.conditions() {
		l := listing{path: invoicesPath, fields: invoiceFields, conditions: asked, forwardOnly: true}
		invoices, err := listWhole(ctx, f.client, l, func(i Invoice) int { return i.ID })
		if err != nil || len(invoices) > 0 {
			return invoices, err
		}
	}
	return nil, nil
}

// conditions are those to ask by, one after the other as long as nothing is found. They name the days around the filter's:
// what is not earlier than a day was seen to lack that very day (docs/connectwise.md section 2).
func (f InvoiceFilter) conditions() []condition {
	from, until := later("date", f.From.AddDays(-1)), earlier("date", f.Until.AddDays(1))
	switch {
	case f.From.IsZero() && f.Until.IsZero():
		return []condition{""}
	case f.From.IsZero():
		return []condition{until}
	case f.Until.IsZero():
		return []condition{from}
	}
	return []condition{and(from, until), from}
}

func (f InvoiceFilter) has(on Date) bool {
	return !on.Before(f.From) && (f.Until.IsZero() || !on.After(f.Until))
}

// Invoice reads one invoice. ErrNotFound: it was deleted, so that its period is to be invoiced again.
func (f Finance) Invoice(ctx context.Context, id int) (Invoice, error) {
	path := fmt.Sprintf("%s/%d", invoicesPath, id)
	return record(ctx, f.client, path, invoiceFields, func(i Invoice) bool { return i.ID == id })
}
