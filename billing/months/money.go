package months

import (
	"fmt"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/store"
)

// Money is what a row comes to in the currency of its line, by the rule of billing/money: Due is Billed and Difference, but never
// less than nothing; Difference is Settled and Open. Each is rounded once. What is not known is NULL.
type Money struct {
	Due, InConnectWise, Billed, Difference, Settled, Open decimal.NullDecimal
}

// MoneyOf is what a row comes to. A difference is what the invoice would change if it alone were put right: seats within what is included
// of the line are 0, and so is all where ConnectWise bills nothing. What of a line is included comes off the organizations on it in
// proportion to what they were billed (docs/billing-rules.md section 9).
func MoneyOf(r store.MonthRow) Money {
	s := shareIn(r)
	m := Money{InConnectWise: s.of(r.InConnectWise, s.Billed), Billed: s.of(r.Billed, s.Billed)}
	if !r.Difference.Valid {
		m.Due, m.Settled = s.of(r.Due, s.Billed), s.Comes(s.Changed(r.Settled))
		return m
	}
	billed, differs := s.Billed(r.Billed.Decimal), s.Changed(r.Difference.Decimal)
	settled := s.settled(r, r.Settled)
	m.Due, m.Difference, m.Settled = s.Comes(decimal.Max(billed.Add(differs), decimal.Zero)), s.Comes(differs), s.Comes(settled)
	m.Open = s.Comes(differs.Sub(settled))
	return m
}

// share is the organization's part of the line that carries a row.
type share struct{ money.Share }

func shareIn(r store.MonthRow) share {
	return share{money.Share{
		Line: money.Line{
			Before: decimal.NewNullDecimal(r.LineBilled), UnitPrice: r.UnitPrice, Currency: r.Currency,
			Included: r.Included, Unbilled: r.Unbilled != "",
		},
		Own: r.IncludedShare,
	}}
}

// settled is how many of the seats by which a row's difference is settled are billed ones.
func (s share) settled(r store.MonthRow, seats decimal.Decimal) decimal.Decimal {
	return s.Changed(r.Difference.Decimal).Sub(s.Changed(r.Difference.Decimal.Sub(seats)))
}

// SettledMoney is what a settlement of a row comes to, at the price that the line had then, in the settlement's currency.
func SettledMoney(by store.Settlement, r store.MonthRow) decimal.NullDecimal {
	s := shareIn(r)
	s.UnitPrice, s.Currency = by.UnitPrice, by.Currency
	return s.Comes(s.settled(r, by.Seats))
}

// of is what seats come to, as many of them as are billed; not known where they are not.
func (s share) of(seats decimal.NullDecimal, billed func(decimal.Decimal) decimal.Decimal) decimal.NullDecimal {
	if !seats.Valid {
		return seats
	}
	return s.Comes(billed(seats.Decimal))
}

// TermsText says in a sentence what of a row's line is not billed. Empty: all of it is.
func TermsText(r store.MonthRow) string {
	switch {
	case r.Unbilled == store.AboutProducts:
		return "ConnectWise does not bill products on this agreement."
	case r.Unbilled == store.AboutCustomer:
		return "ConnectWise does not bill this line to the customer."
	case r.Included.IsPositive():
		if r.Included.Equal(decimal.NewFromInt(1)) {
			return "1 seat of the line is included and not billed."
		}
		return fmt.Sprintf("%s seats of the line are included and not billed.", r.Included)
	}
	return ""
}
