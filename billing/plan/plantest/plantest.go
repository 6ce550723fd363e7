// Package plantest writes plans down in tests.
package plantest

import (
	"github.com/shopspring/decimal"

	"seatbridge/store"
)

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
