package books

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// InWords is what is open of a month, in seats and in the money of each currency: what is to be billed yet and what was billed too
// much apart, so that neither hides the other.
func InWords(s store.MonthSums) string {
	var parts []string
	if s.More.Rows > 0 {
		parts = append(parts, signed(s.More.Seats)+moneyOf(s, s.More, func(m store.MonthMoney) decimal.Decimal { return m.More }))
	}
	if s.Less.Rows > 0 {
		parts = append(parts, signed(s.Less.Seats)+moneyOf(s, s.Less, func(m store.MonthMoney) decimal.Decimal { return m.Less }))
	}
	if s.Open.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%s not known", problem.Plural(s.Open.Unknown, "figure")))
	}
	return strings.Join(parts, "; ")
}

func moneyOf(s store.MonthSums, rows store.RowSums, part func(store.MonthMoney) decimal.Decimal) string {
	var amounts []string
	for _, m := range s.Money {
		if worth := part(m); !worth.IsZero() {
			amounts = append(amounts, money.Signed(worth, m.Currency))
		}
	}
	if rows.Unpriced > rows.Unknown {
		amounts = append(amounts, "some without a price")
	}
	if rows.Unbilled > 0 {
		amounts = append(amounts, problem.Plural(rows.Unbilled, "row")+" that ConnectWise does not bill")
	}
	if len(amounts) == 0 {
		return ""
	}
	return " (" + strings.Join(amounts, ", ") + ")"
}

func sign(d decimal.Decimal) string {
	if d.IsNegative() {
		return "−"
	}
	return "+"
}

// signed writes a number of seats with its sign.
func signed(seats decimal.Decimal) string {
	text := seats.Abs().String() + " seats"
	if seats.Abs().Equal(decimal.NewFromInt(1)) {
		text = "1 seat"
	}
	return sign(seats) + text
}
