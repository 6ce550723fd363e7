package money

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/billing/problem"
)

// Signed writes an amount with its sign, the digits of its currency and its currency: "+4.99 USD", "−961 JPY", "0.00 USD".
func Signed(amount decimal.Decimal, code string) string {
	sign := ""
	switch {
	case amount.IsNegative():
		sign = "−"
	case amount.IsPositive():
		sign = "+"
	}
	return strings.TrimSpace(sign + Text(decimal.NewNullDecimal(amount.Abs()), code) + " " + code)
}

// InWords is what lines come to in a whole billing period: what goes up and what goes down in each currency, then what is an estimate and
// what the money is without: "+9.98 USD, −4.99 USD; without 1 line whose price is not known". Of no line it is empty.
func (t *Totals) InWords() string {
	if t.Lines == 0 {
		return ""
	}
	parts := []string{t.amounts()}
	if t.Listed > 0 {
		parts = append(parts, problem.Plural(t.Listed, "line")+" at the catalog's price")
	}
	if t.Unpriced > 0 {
		parts = append(parts, fmt.Sprintf("without %s whose price is not known", problem.Plural(t.Unpriced, "line")))
	}
	switch {
	case t.Unbilled == 1:
		parts = append(parts, "1 line is not billed")
	case t.Unbilled > 1:
		parts = append(parts, fmt.Sprintf("%d lines are not billed", t.Unbilled))
	}
	return strings.Join(parts, "; ")
}

// amounts are those of all currencies. Where there are none, nothing is billed, or nothing is known.
func (t *Totals) amounts() string {
	var amounts []string
	for _, code := range t.Currencies() {
		flow := t.Worth(code)
		for _, amount := range []decimal.Decimal{flow.More, flow.Less} {
			if !amount.IsZero() {
				amounts = append(amounts, Signed(amount, code))
			}
		}
	}
	switch codes := t.Currencies(); {
	case len(amounts) > 0:
		return strings.Join(amounts, ", ")
	case len(codes) > 0:
		return Signed(decimal.Zero, codes[0])
	case t.Unpriced > 0:
		return "not known"
	}
	return "nothing"
}
