package months

import (
	"time"

	"seatbridge/store"
)

// Billing is what is known of how an agreement is invoiced; of a child that is how its parent is (docs/connectwise.md, invoices).
type Billing struct {
	Dates    store.BillingDates
	Moves    []store.BillingMove // oldest first
	Invoices []store.Invoice     // of the type Agreement that are there, by day
}

// A Carrier is the invoice that carries a month. Agreements are billed in advance: the seats of October are written on 1 November
// and go on the invoice of the period that begins in November. Of a longer period it is the one that 1 November lies in.
type Carrier struct {
	State   store.InvoiceState
	Invoice store.Invoice // a zero one: none is known
	Next    string        // where it is not made yet: on which day it is to be; empty: not known
	// At is when it took what the lines said; zero: it has not yet.
	At time.Time
	// Assumed: nobody says when the invoice was made, only between which readings.
	Assumed bool
	Period  string // the first day of its period, as far as it is known
	Never   bool   // the agreement ended before: no invoice will be made
}

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
	switch next := b.Dates.NextInvoice; {
	case next == "":
		return Carrier{State: store.InvoiceUnknown, Never: b.endedBefore(first), Period: first}
	case next < beyond:
		period := max(next, first)
		if b.endedBefore(period) {
			return Carrier{State: store.NotInvoiced, Never: true, Period: period}
		}
		return Carrier{State: store.NotInvoiced, Next: next, Period: next}
	}
	move, moved := b.move(beyond)
	c := Carrier{State: store.PeriodClosed, Period: first, At: b.Dates.ReadAt, Assumed: true}
	if moved {
		c.Period, c.At = move.From, move.By
	}
	if invoice, found := b.invoice(move, moved, beyond); found {
		c.State, c.Invoice, c.Assumed = store.Invoiced, invoice, invoice.EnteredAt.IsZero()
		if !c.Assumed {
			c.At = invoice.EnteredAt
		} else if !moved {
			c.At = invoice.FirstSeen
		}
		if !moved {
			c.Period = max(invoice.Day, first)
		}
	}
	return c
}

func (b Billing) endedBefore(day string) bool { return b.Dates.Ended != "" && b.Dates.Ended < day }

// skew is by how much the clocks of ConnectWise and Seatbridge may differ.
const skew = 5 * time.Minute

// move is how the date passed a day, the last time that it did.
func (b Billing) move(beyond string) (store.BillingMove, bool) {
	for i := len(b.Moves) - 1; i >= 0; i-- {
		if m := b.Moves[i]; m.From < beyond && m.To >= beyond {
			return m, true
		}
	}
	return store.BillingMove{}, false
}

// invoice is the one that closed the last period that begins before a day. The record has no period: it is one of those that were made
// while the date moved or, where it was deleted and made again between two readings, of those that were made later; of several periods
// that were invoiced at once, it is the last one that is dated before the day.
func (b Billing) invoice(move store.BillingMove, moved bool, beyond string) (store.Invoice, bool) {
	if !moved {
		return lastBefore(b.Invoices, beyond)
	}
	var within, later []store.Invoice
	for _, v := range b.Invoices {
		made := v.EnteredAt
		if made.IsZero() {
			made = v.FirstSeen
		}
		switch {
		case made.Before(move.After.Add(-skew)):
		case !made.After(move.By.Add(skew)):
			within = append(within, v)
		case v.Day < move.To:
			later = append(later, v)
		}
	}
	for _, candidates := range [][]store.Invoice{within, later} {
		if v, found := lastBefore(candidates, beyond); found {
			return v, true
		}
	}
	if len(within) > 0 {
		return within[0], true
	}
	return store.Invoice{}, false
}

// lastBefore is the last invoice that is dated before a day.
func lastBefore(invoices []store.Invoice, beyond string) (last store.Invoice, found bool) {
	for _, v := range invoices {
		if v.Day < beyond && (!found || v.Day >= last.Day) {
			last, found = v, true
		}
	}
	return last, found
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
