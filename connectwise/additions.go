package connectwise

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Addition is a line of an agreement: a product and how many of it are billed.
type Addition struct {
	ID      int
	Product Reference // ConnectWise sends id and identifier, no name
	// Quantity is what a seat count is compared with; no quantity reads as 0.
	Quantity     decimal.Decimal
	LessIncluded decimal.Decimal
	// BilledQuantity is ConnectWise's Quantity − LessIncluded.
	BilledQuantity     decimal.NullDecimal
	UnitPrice          decimal.NullDecimal // in the agreement's currency
	ExtPrice           decimal.NullDecimal // what ConnectWise says the line comes to, in the agreement's currency
	BillCustomer       string              // Billable, DoNotBill, NoCharge
	EffectiveDate      Date
	CancelledDate      Date // zero while the line is open
	Description        string
	InvoiceDescription string
	// Status is additionStatus: Active, Inactive, Cancelled or Expired where an instance shows it, "" elsewhere. Only newer
	// instances have it, and only in records that were asked for without fields: never require it.
	Status      string
	LastUpdated time.Time // UTC; zero if ConnectWise did not say
	UpdatedBy   string
	DateEntered time.Time // UTC; zero if ConnectWise did not say
	EnteredBy   string
}

// additionFields lists _info too: it is left out unless it is asked for (docs/connectwise.md section 2).
const additionFields = "id,product/id,product/identifier,quantity,lessIncluded,billedQuantity,unitPrice,extPrice,billCustomer," +
	"effectiveDate,cancelledDate,description,invoiceDescription,_info"

// Billable is the billCustomer of every addition that Seatbridge creates.
const Billable = "Billable"

// UnmarshalJSON reads the API's record.
func (a *Addition) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID                              int
		Product                         Reference
		Quantity, LessIncluded          decimal.Decimal
		BilledQuantity                  decimal.NullDecimal
		UnitPrice, ExtPrice             decimal.NullDecimal
		BillCustomer                    string
		EffectiveDate, CancelledDate    Date
		Description, InvoiceDescription text
		AdditionStatus                  looseText
		Info                            struct{ LastUpdated, UpdatedBy, DateEntered, EnteredBy looseText } `json:"_info"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	err := checkSize(wire.Quantity, wire.LessIncluded, wire.BilledQuantity.Decimal, wire.UnitPrice.Decimal, wire.ExtPrice.Decimal)
	if err != nil {
		return err
	}
	*a = Addition{
		ID: wire.ID, Product: wire.Product,
		Quantity: wire.Quantity, LessIncluded: wire.LessIncluded, BilledQuantity: wire.BilledQuantity,
		UnitPrice: wire.UnitPrice, ExtPrice: wire.ExtPrice, BillCustomer: wire.BillCustomer,
		EffectiveDate: wire.EffectiveDate, CancelledDate: wire.CancelledDate,
		Description: string(wire.Description), InvoiceDescription: string(wire.InvoiceDescription),
		Status:      string(wire.AdditionStatus),
		LastUpdated: wire.Info.LastUpdated.moment(), UpdatedBy: clean(string(wire.Info.UpdatedBy)),
		DateEntered: wire.Info.DateEntered.moment(), EnteredBy: clean(string(wire.Info.EnteredBy)),
	}
	return nil
}

func additionsPath(agreementID int) string {
	return fmt.Sprintf("%s/%d/additions", agreementsPath, agreementID)
}

// Additions lists all additions of an agreement, cancelled and expired ones too.
func (c *Client) Additions(ctx context.Context, agreementID int) iter.Seq2[Addition, error] {
	// Not forward-only: there, one page is known to be the last only after another request (docs/connectwise.md section 2), and this
	// list is read once for each mapped agreement.
	l := listing{path: additionsPath(agreementID), fields: additionFields}
	return list(ctx, c, l, func(a Addition) int { return a.ID })
}

// AdditionsUnfiltered is Additions without a list of fields. Where that list is not understood, an instance answers an
// empty list without a word (docs/connectwise.md section 2), so this is asked before a line is created.
func (c *Client) AdditionsUnfiltered(ctx context.Context, agreementID int) iter.Seq2[Addition, error] {
	return list(ctx, c, listing{path: additionsPath(agreementID)}, func(a Addition) int { return a.ID })
}

// CountAdditions counts all additions of an agreement, cancelled and expired ones too: a list that is shorter is not
// the whole one.
func (c *Client) CountAdditions(ctx context.Context, agreementID int) (int, error) {
	return countOf(ctx, c, listing{path: additionsPath(agreementID)})
}

// Addition reads one addition.
func (c *Client) Addition(ctx context.Context, agreementID, id int) (Addition, error) {
	path := fmt.Sprintf("%s/%d", additionsPath(agreementID), id)
	return record(ctx, c, path, additionFields, func(a Addition) bool { return a.ID == id })
}

// NewAddition is an addition to create. Cost and unit come from the catalog item, and so do price and description where they are
// left out.
type NewAddition struct {
	ProductID     int
	Quantity      decimal.Decimal
	EffectiveDate Date                // zero: left to ConnectWise
	CancelledDate Date                // the last billed day; zero: the line stays open
	UnitPrice     decimal.NullDecimal // in the agreement's currency; not valid: the catalog item's
	Description   string              // empty: the catalog item's
}

// MarshalJSON writes the API's record.
func (n NewAddition) MarshalJSON() ([]byte, error) {
	var price json.Number
	if n.UnitPrice.Valid {
		price = number(n.UnitPrice.Decimal)
	}
	return json.Marshal(struct {
		Product       idReference `json:"product"`
		Quantity      json.Number `json:"quantity"`
		BillCustomer  string      `json:"billCustomer"`
		EffectiveDate Date        `json:"effectiveDate,omitzero"`
		CancelledDate Date        `json:"cancelledDate,omitzero"`
		UnitPrice     json.Number `json:"unitPrice,omitempty"`
		Description   string      `json:"description,omitempty"`
	}{idReference{n.ProductID}, number(n.Quantity), Billable, n.EffectiveDate, n.CancelledDate, price, n.Description})
}

// differences is how an addition that was created is not as it was asked for.
func (n NewAddition) differences(created Addition) []string {
	var list []string
	differs := func(is bool, format string, args ...any) {
		if is {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	differs(created.Product.ID != n.ProductID, "product %d instead of %d", created.Product.ID, n.ProductID)
	differs(!created.Quantity.Equal(n.Quantity), "%s", quantityDifference(created.Quantity, n.Quantity))
	differs(created.BillCustomer != Billable, "billCustomer %s", created.BillCustomer)
	differs(!n.EffectiveDate.IsZero() && created.EffectiveDate != n.EffectiveDate,
		"effective date %s instead of %s", created.EffectiveDate, n.EffectiveDate)
	differs(!n.CancelledDate.IsZero() && created.CancelledDate != n.CancelledDate,
		"cancelled date %s instead of %s", cmp.Or(created.CancelledDate.String(), "none"), n.CancelledDate)
	differs(n.UnitPrice.Valid && !(created.UnitPrice.Valid && created.UnitPrice.Decimal.Equal(n.UnitPrice.Decimal)),
		"unit price %s instead of %s", created.UnitPrice.Decimal, n.UnitPrice.Decimal)
	return list
}

// CreateAddition adds a line to an agreement. It sends the request once, and again only after a 429. An error that is
// ErrUnknownOutcome means that the line may exist: read the additions before trying again. ErrNotApplied comes with
// the created line, which differs from what was asked for.
func (c *Client) CreateAddition(ctx context.Context, agreementID int, addition NewAddition) (Addition, error) {
	r := request{method: http.MethodPost, path: additionsPath(agreementID), body: addition}
	created, err := write(ctx, c, r, func(a Addition) int { return a.ID })
	if err != nil {
		return created, err
	}
	return created, notApplied(c, r, addition.differences(created))
}

// UpdateQuantity sets the quantity of an addition and nothing else. ErrNotApplied comes with the addition as
// ConnectWise returned it, whose quantity is not the one asked for.
func (c *Client) UpdateQuantity(ctx context.Context, agreementID, additionID int, quantity decimal.Decimal) (Addition, error) {
	r := request{
		method: http.MethodPatch,
		path:   fmt.Sprintf("%s/%d", additionsPath(agreementID), additionID),
		body:   []patchOperation{{Op: "replace", Path: "quantity", Value: number(quantity)}},
	}
	updated, err := write(ctx, c, r, func(a Addition) int { return a.ID })
	if err != nil {
		return updated, err
	}
	var differences []string
	if updated.ID != additionID {
		differences = append(differences, fmt.Sprintf("addition %d instead of %d", updated.ID, additionID))
	}
	if !updated.Quantity.Equal(quantity) {
		differences = append(differences, quantityDifference(updated.Quantity, quantity))
	}
	return updated, notApplied(c, r, differences)
}

// patchOperation is ConnectWise's dialect: the path has no leading slash (docs/connectwise.md section 4).
type patchOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// checkSize refuses numbers that no invoice has: a few characters of JSON can name one whose digits fill the memory.
func checkSize(numbers ...decimal.Decimal) error {
	for _, n := range numbers {
		if n.Exponent() > 20 || n.Exponent() < -40 {
			return fmt.Errorf("reading a number with exponent %d: out of range", n.Exponent())
		}
	}
	return nil
}

// number writes a decimal as a JSON number; a string would be answered by a 500 (docs/connectwise.md section 3).
func number(d decimal.Decimal) json.Number { return json.Number(d.String()) }

func quantityDifference(got, asked decimal.Decimal) string {
	return fmt.Sprintf("quantity %s instead of %s", got, asked)
}

// write sends a change and reads the record that ConnectWise returns. A success without a record is a write whose
// outcome is unknown.
func write[T any](ctx context.Context, c *Client, r request, id func(T) int) (T, error) {
	written, _, err := call[T](ctx, c, r)
	if err == nil && id(written) <= 0 {
		failure := c.errorFor(r, ErrUnknownOutcome, "the answer is no record")
		failure.unknown = true
		err = failure
	}
	return written, err
}

// notApplied is the error of a write whose returned record differs from what was asked; nil without differences.
func notApplied(c *Client, r request, differences []string) error {
	if len(differences) == 0 {
		return nil
	}
	return c.errorFor(r, ErrNotApplied, "ConnectWise returned "+strings.Join(differences, ", "))
}
