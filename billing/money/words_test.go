package money

import (
	"testing"

	"github.com/shopspring/decimal"
)

// TestInWords holds what lines come to in words: both ways apart, each currency with its digits, and what the money is without.
func TestInWords(t *testing.T) {
	t.Parallel()
	line := func(before, after, price, code string) Line {
		l := Line{Before: known(before), After: known(after), Currency: code}
		if price != "" {
			l.UnitPrice = known(price)
		}
		return l
	}
	listed, unbilled, included := line("0", "1", "2", "EUR"), line("1", "9", "2", "EUR"), line("1", "3", "4.99", "USD")
	listed.Listed, unbilled.Unbilled, included.Included = true, true, decimal.NewFromInt(4)
	for want, lines := range map[string][]Line{
		"":                                nil,
		"+4.90 EUR":                       {line("0", "1", "4.9", "EUR")},
		"+4.90 EUR, −1.00 EUR":            {line("0", "1", "4.9", "EUR"), line("1", "0", "1", "EUR")},
		"+1 JPY, +0.001 KWD":              {line("0", "1", "0.0011", "KWD"), line("0", "1", "1.4", "JPY")},
		"0.00 USD":                        {included},
		"+1.50":                           {line("0", "1", "1.5", "")},
		"nothing; 1 line is not billed":   {unbilled},
		"nothing; 2 lines are not billed": {unbilled, unbilled},
		"not known; without 1 line whose price is not known":                                 {line("0", "1", "", "EUR")},
		"not known; without 1 line whose price is not known; 1 line is not billed":           {line("0", "1", "", "EUR"), unbilled},
		"+2.00 EUR; 1 line at the catalog's price; without 2 lines whose price is not known": {listed, line("0", "1", "", "EUR"), line("0", "2", "", "")},
	} {
		var totals Totals
		for _, l := range lines {
			totals.Add(l)
		}
		if got := totals.InWords(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
