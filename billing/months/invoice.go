package months

import (
	"time"

	"seatbridge/store"
)

// Billing is what is known of how an agreement is invoiced; of a child that is how its parent is (docs/connectwise.md section 9).
type Billing struct {
	Dates  store.BillingDates
	closed []closedPeriod // by their first days
	spare  []store.Invoice
}

// BillingOf is what follows from an agreement's dates, how they moved, oldest first, and its invoices of the type Agreement by their
// ids, those that were deleted too.
func BillingOf(dates store.BillingDates, moves []store.BillingMove, invoices []store.Invoice) Billing {
	b := Billing{Dates: dates}
	b.closed, b.spare = closedPeriods(dates, moves, invoices)
	return b
}

// A Carrier is the invoice that carries a month. Agreements are billed in advance: the seats of October are written on 1 November
// and go on the invoice of the period that begins in November. Of a longer period it is the one that 1 November lies in.
type Carrier struct {
	State   store.InvoiceState
	Invoice store.Invoice // a zero one: none is known
	Next    string        // where it is not made yet: on which day it is to be; empty: not known
	// At is when it took what the lines said; zero: it has not yet. Before anything was read, it took what was read first.
	At time.Time
	// After is, where nobody says when the invoice was made, the last moment at which it was not: it was made until At.
	After   time.Time
	Assumed bool   // nobody says when the invoice was made
	Period  string // the first day of its period, as far as it is known
	Until   string // the first day after it; empty: not known
	Never   bool   // the agreement ended before: no invoice will be made
}

// beforeAll is when an invoice was made of which is only known that it was there at the first reading.
var beforeAll = time.Unix(0, 0).UTC()

// Day is the invoice's date or, where it is not made yet, when it is to be.
func (c Carrier) Day() string {
	if c.Invoice.ID != 0 {
		return c.Invoice.Day
	}
	return c.Next
}

// Carrier is the invoice that carries a month.
func (b Billing) Carrier(m store.Month) Carrier {
	first, beyond := day(m.End()), day(m.Add(1).End())
	closed, is := b.closedBetween(first, beyond)
	open := b.openBefore(beyond)
	switch {
	case open != "" && (!is || open > closed.from):
		c := Carrier{State: store.NotInvoiced, Next: open, Period: open, Until: cycleOf(b.Dates).after(open)}
		if b.endedBefore(open) {
			c.Next, c.Never = "", true
		}
		return c
	case is:
		return closed.carrier()
	case b.Dates.NextInvoice == "":
		return Carrier{State: store.InvoiceUnknown, Never: b.endedBefore(first), Period: first}
	}
	return b.carriedBefore(beyond)
}

func (b Billing) endedBefore(day string) bool { return b.Dates.Ended != "" && b.Dates.Ended < day }

// closedBetween is the last closed period that begins before one day and reaches beyond another.
func (b Billing) closedBetween(first, beyond string) (found closedPeriod, is bool) {
	for _, c := range b.closed {
		if c.from < beyond && c.to > first {
			found, is = c, true
		}
	}
	return found, is
}

// openBefore is the first day of the last outstanding period that begins before a day; empty: there is none.
func (b Billing) openBefore(beyond string) (open string) {
	closed := map[string]bool{}
	for _, c := range b.closed {
		closed[c.from] = true
	}
	for from := b.Dates.NextInvoice; from != "" && from < beyond; from = cycleOf(b.Dates).after(from) {
		if !closed[from] {
			open = from
		}
	}
	return open
}

// carriedBefore is the invoice of a period that was closed when the agreement was first read: the last one that is dated before a day.
func (b Billing) carriedBefore(beyond string) Carrier {
	from := b.Dates.NextInvoice
	if len(b.closed) > 0 && b.closed[0].from >= beyond {
		from = b.closed[0].from
	}
	for from >= beyond {
		from = cycleOf(b.Dates).before(from)
	}
	c := Carrier{State: store.PeriodClosed, Period: from, Until: cycleOf(b.Dates).after(from), At: beforeAll, Assumed: true}
	for _, v := range b.spare {
		if v.Day < beyond && v.Day >= c.Invoice.Day {
			c = c.with(v)
		}
	}
	return c
}

// with is the carrier where its invoice is known.
func (c Carrier) with(v store.Invoice) Carrier {
	c.State, c.Invoice = store.Invoiced, v
	if !v.EnteredAt.IsZero() {
		c.At, c.Assumed = v.EnteredAt, false
	}
	return c
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
