// Package money is the one rule by which a change of quantity becomes money. Decimals are exact. What a line comes to is rounded
// once, to the digits of its currency, as an invoice's line is; sums add such amounts and round nothing, so that what is shown
// adds up.
//
// It is by the line's price in a whole billing period, before tax and proration. What of a quantity is included comes off, and what
// ConnectWise does not bill at all comes to nothing (docs/billing-rules.md section 9).
package money

import (
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"

	"seatbridge/store"
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

// Price writes a unit price with all its digits, at least those of its currency: "4.99", "4.905", "4.90".
func Price(price decimal.NullDecimal, code string) string {
	if !price.Valid {
		return ""
	}
	return price.Decimal.StringFixed(max(Digits(code), -price.Decimal.Exponent()))
}

// Of is what a quantity comes to at a unit price, rounded to the digits of the currency. Where one of the two is not known, neither is
// that, which is not zero.
func Of(quantity, price decimal.NullDecimal, code string) decimal.NullDecimal {
	if !quantity.Valid || !price.Valid {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(Round(quantity.Decimal.Mul(price.Decimal), code))
}

// Line is a change of one line's quantity. A missing Before or After is not known; that of a new line is 0 before.
type Line struct {
	Before, After, UnitPrice decimal.NullDecimal
	Currency                 string
	Included                 decimal.Decimal // so much of the quantity is not billed
	Unbilled                 bool            // ConnectWise bills nothing of the line
	Listed                   bool            // UnitPrice is the catalog item's, which a new line takes over
}

// LineOf is a change as money is computed from it. Of a line that was not read nobody knows what it says.
func LineOf(c store.Change) Line {
	l := Line{
		Before: c.Before, After: c.After, UnitPrice: c.UnitPrice, Currency: c.Currency,
		Listed: c.Kind == store.KindCreate && c.AdditionID == 0 && !c.Once() && c.UnitPrice.Valid,
	}
	if c.Kind == store.KindCreate && !l.Before.Valid {
		l.Before = decimal.NewNullDecimal(decimal.Zero)
	}
	terms := c.Terms()
	l.Included, l.Unbilled = terms.Included, terms.Unbilled != ""
	return l
}

// Seats is by how many the quantity rises, or falls: not known where one of the two is not.
func (l Line) Seats() decimal.NullDecimal {
	if !l.Before.Valid || !l.After.Valid {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(l.After.Decimal.Sub(l.Before.Decimal))
}

// billed is what ConnectWise bills of a quantity. That it bills nothing of one that is less than what is included, and credits
// nothing, is assumed (docs/connectwise.md section 5); such a change waits for a person.
func (l Line) billed(quantity decimal.Decimal) decimal.Decimal {
	return decimal.Max(quantity.Sub(l.Included), decimal.Zero)
}

// Worth is what the change comes to in a whole billing period at the line's unit price, before tax and proration. Without a price it
// is not known, which is not zero; of what is not billed it is zero, whatever the price.
func (l Line) Worth() decimal.NullDecimal {
	if !l.Seats().Valid {
		return decimal.NullDecimal{}
	}
	if l.Unbilled {
		return decimal.NewNullDecimal(decimal.Zero)
	}
	more := l.billed(l.After.Decimal).Sub(l.billed(l.Before.Decimal))
	return Of(decimal.NewNullDecimal(more), l.UnitPrice, l.Currency)
}

// Share is an organization's part of a line that an invoice took, with others' or alone.
type Share struct {
	Line                 // of which Before is what the invoice took of the whole line; After does not matter
	Own  decimal.Decimal // so much of Included comes off the organization's part
}

// Billed is what ConnectWise bills of seats that are the organization's part: less its own part of what is included, 0 at least.
func (s Share) Billed(seats decimal.Decimal) decimal.Decimal {
	return decimal.Max(seats.Sub(s.Own), decimal.Zero)
}

// Changed is by how many seats more the line would be billed if its quantity were more by some, or less. What is included of a line is
// passed by its whole quantity, whosever seats these are.
func (s Share) Changed(by decimal.Decimal) decimal.Decimal {
	before := s.Before.Decimal
	return s.billed(before.Add(by)).Sub(s.billed(before))
}

// Comes is what billed seats come to: zero where ConnectWise bills nothing, and not known without a price.
func (s Share) Comes(billed decimal.Decimal) decimal.NullDecimal {
	if s.Unbilled {
		return decimal.NewNullDecimal(decimal.Zero)
	}
	return Of(decimal.NewNullDecimal(billed), s.UnitPrice, s.Currency)
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

// Totals is what lines add up to, and how many of them its money is without.
type Totals struct {
	Lines    int
	Seats    Flow
	Unpriced int // lines whose worth is not known
	Listed   int // lines at the catalog's price
	Unbilled int // lines of which ConnectWise bills nothing
	worth    map[string]Flow
}

// Add adds a line.
func (t *Totals) Add(l Line) {
	t.Lines++
	t.Seats.add(l.Seats().Decimal)
	worth := l.Worth()
	switch {
	case !worth.Valid:
		t.Unpriced++
		return
	case l.Unbilled:
		t.Unbilled++
		return
	case l.Listed:
		t.Listed++
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

// AddAmount adds money that is known by itself, such as what a price that is too low comes to; not valid: it is not known.
func (t *Totals) AddAmount(amount decimal.NullDecimal, code string) {
	t.Lines++
	if !amount.Valid {
		t.Unpriced++
		return
	}
	if t.worth == nil {
		t.worth = map[string]Flow{}
	}
	flow := t.worth[code]
	flow.add(amount.Decimal)
	t.worth[code] = flow
}
