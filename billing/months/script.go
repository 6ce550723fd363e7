package months

import (
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/store"
)

// What scripts get of months: the HTTP API and the command line give the same objects (docs/months.md section 8). A figure that
// nobody knows is null, which is not 0.

// MonthSummary is a month in a list. Quantities are seats.
type MonthSummary struct {
	Month    store.Month `json:"month" example:"2026-10"`
	State    State       `json:"state" enum:"running,due,written,closed" doc:"Written: its sync ended; what that left open is a difference."`
	ClosedAt *time.Time  `json:"closed_at" doc:"Null: it is not closed."`
	Due      *float64    `json:"due" doc:"Billable seats, as counted now. Null: no organization's are known."`
	Written  *float64    `json:"written" doc:"Seats that were written for this month. Null: none were."`
	Open     *float64    `json:"open" doc:"Seats that are due and neither billed nor settled; negative: billed and not due. Null: not known, or the month is running."`
	OpenRows *int        `json:"open_rows" doc:"Differences that nobody settled. More and less may cancel out in the seats, never here."`
	Settled  *float64    `json:"settled" doc:"Seats of differences that were settled."`
	Money    []OpenMoney `json:"money" doc:"What is open comes to in each currency. Rows without a price and rows that ConnectWise does not bill are not in it."`
	Unpriced *int        `json:"unpriced_rows" doc:"Of open_rows, those without a price. Null: the month is running."`
	Unbilled *int        `json:"not_billed_rows" doc:"Of open_rows, those of which ConnectWise bills nothing."`
}

// OpenMoney is what differences that nobody settled come to in one currency, as decimals with its digits.
type OpenMoney struct {
	Currency string `json:"currency" example:"USD"`
	More     string `json:"more" example:"9.98" doc:"To be billed yet."`
	Less     string `json:"less" example:"-4.99" doc:"Billed and not due, as a negative number."`
}

// MonthBook is a month with its rows.
type MonthBook struct {
	Month         store.Month `json:"month" example:"2026-10"`
	State         State       `json:"state" enum:"running,due,written,closed"`
	ClosedAt      *time.Time  `json:"closed_at" doc:"Null: it is not closed."`
	Organizations []MonthLine `json:"organizations" doc:"By id and plan."`
	NextCursor    string      `json:"next_cursor,omitempty" doc:"Where the list goes on; missing: nowhere."`
}

// MonthLine is an organization on a plan in a month. Quantities are seats as ConnectWise counts them: a person may have entered any
// decimal there.
type MonthLine struct {
	ID            int64            `json:"id" doc:"Of the organization."`
	Organization  string           `json:"organization"`
	ExternalID    string           `json:"external_id"`
	Plan          store.Plan       `json:"plan" enum:"business,enterprise"`
	Due           *float64         `json:"due" doc:"Billable seats, as counted now. Null: not known."`
	Written       *float64         `json:"written" doc:"Its part of what was written last for this month. Null: nothing was."`
	InConnectWise *float64         `json:"in_connectwise" doc:"Its part of what the line says now. Null: there is no line."`
	Invoiced      MonthLineInvoice `json:"invoiced"`
	Billed        *float64         `json:"billed" doc:"What the invoice took, inferred from what the line said when it was made; while there is none, what the line says."`
	Difference    *float64         `json:"difference" doc:"Due less billed. Null: not known, or the month is running."`
	State         store.RowState   `json:"state" enum:"none,open,settled"`
	SettledBy     *store.Settling  `json:"settled_by" enum:"written_again,next_invoice,by_hand,waived"`
	Reason        *string          `json:"reason" doc:"Why there is a difference, and what of its line is not billed, in sentences."`
	UnitPrice     *string          `json:"unit_price" example:"4.99" doc:"Of a seat, in currency. Null: not known."`
	Currency      string           `json:"currency" example:"USD"`
	Money         *string          `json:"money" example:"9.98" doc:"What the invoice would change if what is open, or was settled, were put right: what is included of the line is not billed. Null: not known."`
	Included      float64          `json:"included" doc:"Seats of the whole line that are included and not billed."`
	NotBilled     *store.Subject   `json:"not_billed" enum:"products,customer" doc:"ConnectWise bills nothing: products of the agreement, or the line to the customer. Null: it does."`
}

// MonthLineInvoice is what is known of the invoice that carries a line.
type MonthLineInvoice struct {
	State  store.InvoiceState `json:"state" enum:"not_yet,invoiced,period_closed,unknown"`
	Number *string            `json:"number"`
	Date   *string            `json:"date" doc:"Of the invoice, as 2026-11-01."`
}

// Summary is a month of the books for scripts.
func Summary(b store.BookedMonth, state State) MonthSummary {
	s := MonthSummary{Month: b.Month, State: state, ClosedAt: utc(b.ClosedAt), Money: []OpenMoney{}}
	sums := b.Sums
	s.Due = sumOf(sums.Due, sums.Rows, sums.Unknown)
	if state == Running {
		return s
	}
	s.Written = sumOf(sums.Written, sums.Rows, sums.Rows-sums.WrittenRows)
	s.Open = sumOf(sums.Open.Seats, sums.Open.Rows, sums.Open.Unknown)
	s.OpenRows = &sums.Open.Rows
	s.Settled = number(decimal.NewNullDecimal(sums.Settled.Seats))
	s.Unpriced, s.Unbilled = &sums.Open.Unpriced, &sums.Open.Unbilled
	s.Money = OpenIn(sums.Money)
	return s
}

// sumOf is a sum over rows: not known where it is known of none of them.
func sumOf(sum decimal.Decimal, rows, unknown int) *float64 {
	if rows > 0 && unknown >= rows {
		return nil
	}
	return number(decimal.NewNullDecimal(sum))
}

// LineOf is a row of the books for scripts.
func LineOf(r store.MonthRow) MonthLine {
	l := MonthLine{
		ID: r.OrganizationID, Organization: r.Organization, ExternalID: r.ExternalID, Plan: r.Plan,
		Due: number(r.Due), Written: number(r.Written), InConnectWise: number(r.InConnectWise), Billed: number(r.Billed),
		Invoiced: MonthLineInvoice{State: r.Invoice.State}, Difference: number(r.Difference), State: r.State, Reason: notEmpty(r.Reason),
	}
	if r.Invoice.ID != 0 {
		l.Invoiced.Number, l.Invoiced.Date = notEmpty(r.Invoice.Number), notEmpty(r.Invoice.Day)
	}
	if r.State == store.RowSettled {
		l.SettledBy = notEmpty(r.SettledBy)
	}
	l.comes(r)
	return l
}

// comes adds what the row comes to.
func (l *MonthLine) comes(r store.MonthRow) {
	m := MoneyOf(r)
	shown := m.Difference
	if r.State == store.RowOpen {
		shown = m.Open
	}
	l.UnitPrice, l.Currency = notEmpty(money.Price(r.UnitPrice, r.Currency)), r.Currency
	l.Money, l.Included, l.NotBilled = notEmpty(money.Text(shown, r.Currency)), r.Included.InexactFloat64(), notEmpty(r.Unbilled)
}

// OpenIn is what is open in each currency.
func OpenIn(sums []store.MonthMoney) []OpenMoney {
	open := make([]OpenMoney, len(sums))
	for i, m := range sums {
		open[i] = OpenMoney{m.Currency, amount(m.More, m.Currency), amount(m.Less, m.Currency)}
	}
	return open
}

func amount(d decimal.Decimal, currency string) string {
	return money.Text(decimal.NewNullDecimal(d), currency)
}

func number(d decimal.NullDecimal) *float64 {
	if !d.Valid {
		return nil
	}
	n := d.Decimal.InexactFloat64()
	return &n
}

func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}

func notEmpty[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}
