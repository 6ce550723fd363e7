// Package money is the one rule by which a change of quantity becomes money. Decimals are exact. What a line comes to is rounded
// once, to the digits of its currency, as an invoice's line is; sums add such amounts and round nothing, so that what is shown
// adds up.
package money

import (
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"
)

// usualDigits are those of an amount whose currency is not known, or is none of ISO 4217.
const usualDigits = 2

// Digits is how many decimal places a currency has: 2 for USD, 0 for JPY, 3 for KWD.
func Digits(code string) int32 {
	unit, err := currency.ParseISO(strings.TrimSpace(code))
	if err != nil {
		return usualDigits
	}
	scale, _ := currency.Standard.Rounding(unit)
	return int32(scale)
}

// Round is the amount in the smallest unit of its currency, half of one away from zero.
func Round(amount decimal.Decimal, code string) decimal.Decimal { return amount.Round(Digits(code)) }

// Text writes an amount with the digits of its currency, as in "-1005.00"; one that is not known is empty.
func Text(amount decimal.NullDecimal, code string) string {
	if !amount.Valid {
		return ""
	}
	return amount.Decimal.StringFixed(Digits(code))
}

// Line is a change of one line's quantity. A missing Before is a new line's, a missing After an unknown one.
type Line struct {
	Before, After, UnitPrice decimal.NullDecimal
	Currency                 string
}

// Seats is by how many the quantity rises, or falls: 0 where it is not known what it becomes.
func (l Line) Seats() decimal.Decimal {
	if !l.After.Valid {
		return decimal.Zero
	}
	return l.After.Decimal.Sub(l.Before.Decimal)
}

// Worth is what the change comes to in a whole billing period at the line's unit price: before tax, proration and included
// quantities. Without a price it is not known, which is not zero.
func (l Line) Worth() decimal.NullDecimal {
	if !l.After.Valid || !l.UnitPrice.Valid {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(Round(l.Seats().Mul(l.UnitPrice.Decimal), l.Currency))
}

// Flow is what goes up and what goes down, the latter as a negative number.
type Flow struct{ More, Less decimal.Decimal }

func (f *Flow) add(d decimal.Decimal) {
	if d.IsPositive() {
		f.More = f.More.Add(d)
	} else {
		f.Less = f.Less.Add(d)
	}
}

// Totals is what lines add up to.
type Totals struct {
	Lines    int
	Seats    Flow
	Unpriced int // lines whose worth is not known
	worth    map[string]Flow
}

// Add adds a line.
func (t *Totals) Add(l Line) {
	t.Lines++
	t.Seats.add(l.Seats())
	worth := l.Worth()
	if !worth.Valid {
		t.Unpriced++
		return
	}
	if t.worth == nil {
		t.worth = map[string]Flow{}
	}
	flow := t.worth[l.Currency]
	flow.add(worth.Decimal)
	t.worth[l.Currency] = flow
}

// Currencies are those of the lines, in order.
func (t *Totals) Currencies() []string { return slices.Sorted(maps.Keys(t.worth)) }

// Worth is what the lines of a currency come to.
func (t *Totals) Worth(code string) Flow { return t.worth[code] }
