package command

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"

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
			cell(c.Company), cell(c.Agreement), cell(c.Product), quantity(c.Before), quantity(c.After), result(c), cell(why(c)))
	}
	fmt.Fprintf(table, "\n%s\n", summary(run, counts))
	return table.Flush()
}

// cell keeps a text in its cell: tabs and line ends are the table's own.
func cell(text string) string { return strings.Join(strings.Fields(text), " ") }

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

func why(c store.Change) string {
	parts := append([]string{c.Reason}, c.Warnings...)
	if c.State == store.StateHeld {
		parts = append(parts, "Held: "+c.HeldBecause)
	}
	return strings.Join(append(parts, c.Problem.Text()), " ")
}

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
	if run.Status == store.RunPlanned {
		text += fmt.Sprintf(" Nothing was written. The panel offers to write exactly this, or to discard it, as run %d.", run.ID)
	}
	return text
}

// runJSON and changeJSON are what scripts get. Quantities are numbers; null is "no line" or "not known".
type runJSON struct {
	Run     int64        `json:"run"`
	Month   store.Month  `json:"month"`
	AsOf    *time.Time   `json:"as_of"` // null: the whole month
	Preview bool         `json:"preview"`
	Status  string       `json:"status"`
	Problem string       `json:"problem,omitempty"`
	Changes []changeJSON `json:"changes"`
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
		Run: run.ID, Month: run.Month, Preview: run.Preview, Status: string(run.Status), Problem: run.Problem.Text(), Changes: []changeJSON{},
	}
	if !run.AsOf.IsZero() {
		out.AsOf = &run.AsOf
	}
	for _, c := range changes {
		out.Changes = append(out.Changes, changeJSON{
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

func number(d decimal.NullDecimal) *json.Number {
	if !d.Valid {
		return nil
	}
	n := json.Number(d.Decimal.String())
	return &n
}
