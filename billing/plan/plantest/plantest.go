// Package plantest writes plans down in tests.
package plantest

import (
	"github.com/shopspring/decimal"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Known is what an organization has to pay for by a report of the month. Only counting makes a figure, so it is counted.
func Known(id int64, name string, billable int, plan store.Plan) seats.Usage {
	const month store.Month = "2026-10"
	return seats.Count(store.Ledger{
		Organization: store.Organization{ID: id, Name: name, Plan: plan, Managed: true},
		Reports:      map[store.Month][]store.UsageReport{month: {{Seats: billable, Plan: plan, Source: string(seats.SourceCSV)}}},
	}, seats.WholeMonth(month), seats.Rules{})
}

// Quantity is a quantity.
func Quantity(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// Show is a change in short: "state product before>after".
func Show(c store.Change) string {
	return string(c.State) + " " + c.Product + " " + Side(c.Before) + ">" + Side(c.After)
}

// Side is a quantity before or after a change, or a dash.
func Side(d decimal.NullDecimal) string {
	if !d.Valid {
		return "-"
	}
	return d.Decimal.String()
}

// Change is a planned change of a line of Business on agreement 1 to a quantity; an empty one before: there is no line.
func Change(productID int, kind store.ChangeKind, addition int, before, after string) store.Change {
	c := store.Change{
		AgreementID: 1, ProductID: productID, Plan: store.Business, AdditionID: addition,
		Kind: kind, State: store.StatePlanned, After: decimal.NewNullDecimal(Quantity(after)),
	}
	if before != "" {
		c.Before = decimal.NewNullDecimal(Quantity(before))
	}
	return c
}
