package leaks

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
)

// cycle is how often an agreement bills: so many times in so many months.
type cycle struct {
	name          string // as prices are compared within it; empty: monthly
	times, months int64  // 0: nobody knows how long it is
}

var monthly = cycle{times: 1, months: 1}

// cycles are those that ConnectWise comes with, by their letters. Whoever runs an instance may add others under any name.
var cycles = map[string]cycle{
	"": monthly, "monthly": monthly, "weekly": {"weekly", 52, 12}, "quarterly": {"quarterly", 1, 3},
	"semiannual": {"semi-annual", 1, 6}, "semiannually": {"semi-annual", 1, 6},
	"annual": {"annual", 1, 12}, "annually": {"annual", 1, 12}, "yearly": {"annual", 1, 12},
}

// cycleOf is the cycle of a name.
func cycleOf(name string) cycle {
	letters := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	if c, known := cycles[letters]; known {
		return c
	}
	return cycle{name: name}
}

func (a Agreement) cycle() cycle { return cycleOf(a.Found.BillingCycle.Name) }

// aMonth is what an amount of each billing period comes to in a month, rounded once, by the currency; not valid where either is not known.
func (c cycle) aMonth(amount decimal.NullDecimal, code string) decimal.NullDecimal {
	if !amount.Valid || c.months == 0 {
		return decimal.NullDecimal{}
	}
	months := decimal.NewFromInt(c.months)
	return decimal.NewNullDecimal(money.Round(amount.Decimal.Mul(decimal.NewFromInt(c.times)).Div(months), code))
}

// Period is what the price of a billing period is taken by for a month, "÷ 12"; empty: it is a month's, or nobody knows.
func (l Leak) Period() string {
	switch c := l.cycle; {
	case c.months <= 1:
		return ""
	case c.times > 1:
		return fmt.Sprintf("× %d ÷ %d", c.times, c.months)
	default:
		return fmt.Sprintf("÷ %d", c.months)
	}
}

// said is how a leak's money came about, where its agreement does not bill by the month; empty where it does.
func (c cycle) said() string {
	switch {
	case c == monthly:
		return ""
	case c.months == 0:
		return fmt.Sprintf("The agreement bills by the cycle %s; how long that is nobody knows, so no money a month is said.", c.name)
	case c.times > 1:
		return fmt.Sprintf("The agreement bills %s; a month is a twelfth of %d weeks.", c.name, c.times)
	}
	part := map[int64]string{3: "third", 6: "sixth", 12: "twelfth"}[c.months]
	return fmt.Sprintf("The agreement bills %s; a month is a %s of it.", c.name, part)
}
