package months

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// A Tally adds up the rows of a month.
type Tally struct {
	sums       store.MonthSums
	money      map[string]*store.MonthMoney
	agreements map[int]store.RowInvoice
}

// Add adds a row.
func (t *Tally) Add(r store.MonthRow) {
	s := &t.sums
	s.Rows++
	s.Due = s.Due.Add(r.Due.Decimal)
	if !r.Due.Valid {
		s.Unknown++
	}
	if r.Written.Valid {
		s.Written, s.WrittenRows = s.Written.Add(r.Written.Decimal), s.WrittenRows+1
	}
	s.InConnectWise, s.Billed = s.InConnectWise.Add(r.InConnectWise.Decimal), s.Billed.Add(r.Billed.Decimal)
	if r.Edited {
		s.Edited++
	}
	t.addInvoice(r)
	t.addMoney(r)
	t.addState(r)
}

func (t *Tally) addState(r store.MonthRow) {
	s := &t.sums
	if r.State == store.RowAgrees {
		s.Agrees++
	}
	if !r.Settled.IsZero() || r.State == store.RowSettled {
		s.Settled = plus(s.Settled, decimal.NewNullDecimal(r.Settled), r)
	}
	if r.State != store.RowOpen {
		return
	}
	s.Open = plus(s.Open, r.Open, r)
	switch {
	case !r.Open.Valid:
	case r.Open.Decimal.IsNegative():
		s.Less = plus(s.Less, r.Open, r)
	default:
		s.More = plus(s.More, r.Open, r)
	}
}

func plus(s store.RowSums, seats decimal.NullDecimal, r store.MonthRow) store.RowSums {
	s.Rows++
	s.Seats = s.Seats.Add(seats.Decimal)
	if !seats.Valid {
		s.Unknown++
	}
	switch {
	case r.Unbilled != "":
		s.Unbilled++
	case !r.UnitPrice.Valid:
		s.Unpriced++
	}
	return s
}

func (t *Tally) addInvoice(r store.MonthRow) {
	if r.Invoice.State == store.NotInvoiced {
		t.sums.NotInvoiced++
	}
	if r.Invoice.State == store.Invoiced {
		t.sums.InvoicedSeats = t.sums.InvoicedSeats.Add(r.Billed.Decimal)
	}
	if r.AgreementID == 0 {
		return
	}
	if t.agreements == nil {
		t.agreements = map[int]store.RowInvoice{}
	}
	t.agreements[r.AgreementID] = r.Invoice
}

// addMoney adds what the row comes to. Of what is not billed that is nothing, in whatever currency.
func (t *Tally) addMoney(r store.MonthRow) {
	if !r.UnitPrice.Valid || r.Unbilled != "" {
		return
	}
	if t.money == nil {
		t.money = map[string]*store.MonthMoney{}
	}
	m := t.money[r.Currency]
	if m == nil {
		m = &store.MonthMoney{Currency: r.Currency}
		t.money[r.Currency] = m
	}
	comes := MoneyOf(r)
	m.Due, m.InConnectWise = m.Due.Add(comes.Due.Decimal), m.InConnectWise.Add(comes.InConnectWise.Decimal)
	m.Billed, m.Settled = m.Billed.Add(comes.Billed.Decimal), m.Settled.Add(comes.Settled.Decimal)
	switch open := comes.Open.Decimal; {
	case r.State != store.RowOpen:
	case open.IsNegative():
		m.Less = m.Less.Add(open)
	default:
		m.More = m.More.Add(open)
	}
}

// Sums is what the rows add up to.
func (t *Tally) Sums() store.MonthSums {
	s := t.sums
	for _, m := range t.money {
		s.Money = append(s.Money, *m)
	}
	slices.SortFunc(s.Money, func(a, b store.MonthMoney) int { return cmp.Compare(a.Currency, b.Currency) })
	s.Agreements = len(t.agreements)
	for _, v := range t.agreements {
		switch {
		case v.State == store.Invoiced:
			s.Invoiced++
		case v.State == store.NotInvoiced && v.Day != "" && (s.NextInvoice == "" || v.Day < s.NextInvoice):
			s.NextInvoice = v.Day
		}
	}
	return s
}
