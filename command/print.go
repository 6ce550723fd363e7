package command

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

func printTable(w io.Writer, run store.Run, period seats.Period, changes []store.Change) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Run %d, %s\n\n", run.ID, period)
	if len(changes) > 0 {
		fmt.Fprintln(table, "COMPANY\tAGREEMENT\tPRODUCT\tBEFORE\tAFTER\tRESULT\tWHY")
	}
	counts := map[store.ChangeState]int{}
	for _, c := range changes {
		counts[c.State]++
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			cell(c.Company), cell(c.Agreement), cell(c.Product), before(c), quantity(c.After), result(c), cell(why(c)))
	}
	fmt.Fprintf(table, "\n%s\n", summary(run, counts))
	if worth := comesTo(changes); worth != "" {
		fmt.Fprintln(table, worth)
	}
	return table.Flush()
}

// cell keeps a text in its cell: tabs and line ends are the table's own.
func cell(text string) string { return strings.Join(strings.Fields(text), " ") }

// before is what the line says, or that nobody knows.
func before(c store.Change) string {
	if c.Unread() {
		return "unknown"
	}
	return quantity(c.Before)
}

func quantity(d decimal.NullDecimal) string {
	if !d.Valid {
		return "–"
	}
	return d.Decimal.String()
}

// result is what became of a change or, in a preview, what would.
func result(c store.Change) string {
	if c.State == store.StatePlanned {
		return string(c.Kind)
	}
	return string(c.State)
}

func why(c store.Change) string { return strings.Join(problem.Reasons(c), " ") }

func summary(run store.Run, counts map[store.ChangeState]int) string {
	if len(counts) == 0 {
		return "Nothing to do."
	}
	var parts []string
	for state, n := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", n, state))
	}
	slices.Sort(parts)
	text := strings.Join(parts, ", ") + "."
	if run.Compares {
		text += " Nothing was written: Seatbridge only compares."
	}
	if run.Status == store.RunPlanned {
		text += fmt.Sprintf(" Nothing was written. The panel offers to write exactly this, or to discard it, as run %d.", run.ID)
	}
	return text
}

// comesTo says what the changes that are written, or would be, come to in a billing period, and what that is without.
func comesTo(changes []store.Change) string {
	var sum money.Totals
	for _, c := range changes {
		if c.State == store.StatePlanned || c.State == store.StateWritten {
			sum.Add(money.LineOf(c))
		}
	}
	if sum.Lines == 0 {
		return ""
	}
	text := fmt.Sprintf("Seats: +%s, %s.", sum.Seats.More, negative(sum.Seats.Less))
	for _, currency := range sum.Currencies() {
		worth := sum.Worth(currency)
		text += fmt.Sprintf(" %s: +%s, %s.", cmp.Or(currency, "Money"), money.Text(decimal.NewNullDecimal(worth.More), currency),
			money.Text(decimal.NewNullDecimal(worth.Less), currency))
	}
	for _, part := range []struct {
		n    int
		what string
	}{
		{sum.Listed, "at the catalog's price"}, {sum.Unbilled, "not billed by ConnectWise"},
		{sum.Unpriced, "left out of the money: the price is not known"},
	} {
		if part.n > 0 {
			text += fmt.Sprintf(" %s %s.", problem.Plural(part.n, "line"), part.what)
		}
	}
	return text
}

// negative writes what goes down, also where nothing does.
func negative(d decimal.Decimal) string {
	if d.IsZero() {
		return "-0"
	}
	return d.String()
}

// runJSON and changeJSON are what scripts get. Quantities are numbers; null is "no line" or "not known".
type runJSON struct {
	Run     int64       `json:"run"`
	Month   store.Month `json:"month"`
	AsOf    *time.Time  `json:"as_of"` // null: the whole month
	Preview bool        `json:"preview"`
	// Compares says that nothing was to be written: Seatbridge only compares.
	Compares bool         `json:"compares"`
	Status   string       `json:"status"`
	Problem  string       `json:"problem,omitempty"`
	Changes  []changeJSON `json:"changes"`
}

type changeJSON struct {
	CompanyID     int           `json:"company_id"`
	Company       string        `json:"company"`
	AgreementID   int           `json:"agreement_id"`
	Agreement     string        `json:"agreement"`
	Plan          store.Plan    `json:"plan"`
	ProductID     int           `json:"product_id"`
	Product       string        `json:"product"`
	AdditionID    int           `json:"addition_id,omitempty"`
	Kind          string        `json:"kind"`
	State         string        `json:"state"`
	Before        *json.Number  `json:"before"`
	After         *json.Number  `json:"after"`
	UnitPrice     *json.Number  `json:"unit_price"`         // in Currency
	PriceOf       string        `json:"price_of,omitempty"` // catalog: a new line's is its product's; line
	Money         *json.Number  `json:"money"`              // what the difference comes to in a billing period, before tax and proration
	Currency      string        `json:"currency,omitempty"`
	EffectiveDate string        `json:"effective_date,omitempty"`
	Why           string        `json:"why,omitempty"`
	Shares        []store.Share `json:"shares"`
	// HeldFor names the holds of a change that waits for a person (docs/design.md section 5, "Held"); Together is the lowest
	// agreement of those that are decided and written with it.
	HeldFor  []store.HoldReason `json:"held_for,omitempty"`
	Together int                `json:"together"`
}

func printJSON(w io.Writer, run store.Run, changes []store.Change) error {
	out := runJSON{
		Run: run.ID, Month: run.Month, Preview: run.Preview, Compares: run.Compares,
		Status: string(run.Status), Problem: run.Problem.Text(), Changes: []changeJSON{},
	}
	if !run.AsOf.IsZero() {
		out.AsOf = &run.AsOf
	}
	for _, c := range changes {
		line := money.LineOf(c)
		out.Changes = append(out.Changes, changeJSON{
			UnitPrice: number(c.UnitPrice), PriceOf: priceOf(line), Money: amount(line), Currency: c.Currency,
			CompanyID: c.CompanyID, Company: c.Company, AgreementID: c.AgreementID, Agreement: c.Agreement,
			Plan: c.Plan, ProductID: c.ProductID, Product: c.Product, AdditionID: c.AdditionID,
			Kind: c.KindWord(), State: string(c.State), Before: number(c.Before), After: number(c.After),
			EffectiveDate: c.EffectiveDate, Why: cell(why(c)), Shares: c.Shares, HeldFor: c.HeldFor, Together: c.Together,
		})
	}
	return writeJSON(w, out)
}

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// priceOf says whose a line's price is; empty: it is not known.
func priceOf(l money.Line) string {
	switch {
	case !l.UnitPrice.Valid:
		return ""
	case l.Listed:
		return "catalog"
	}
	return "line"
}

// amount is what a line's difference comes to, with the digits of its currency.
func amount(l money.Line) *json.Number {
	text := money.Text(l.Worth(), l.Currency)
	if text == "" {
		return nil
	}
	n := json.Number(text)
	return &n
}

func number(d decimal.NullDecimal) *json.Number {
	if !d.Valid {
		return nil
	}
	n := json.Number(d.Decimal.String())
	return &n
}
