package months

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"seatbridge/store"
)

// closedPeriod is a billing period that was invoiced or written off.
type closedPeriod struct {
	from, to string            // its first day, and that of the period after it
	move     store.BillingMove // by which it was seen
	invoice  store.Invoice     // a zero one: none is known
}

func (c closedPeriod) carrier() Carrier {
	carrier := Carrier{State: store.PeriodClosed, Period: c.from, Until: c.to, At: c.move.By, After: c.move.After, Assumed: true}
	if c.invoice.ID == 0 || !c.invoice.GoneAt.IsZero() {
		return carrier
	}
	return carrier.with(c.invoice)
}

// closedPeriods are the periods that are closed, by their first days, and the invoices that are there and belong to none of them. The
// date of the next invoice moves on over the periods that are invoiced or written off, and over those after them that are closed already.
// It moves back to a period whose invoice is deleted; what was invoiced after that stays. The record of an invoice has no period: it
// is among those that were made while the date moved.
func closedPeriods(dates store.BillingDates, moves []store.BillingMove, invoices []store.Invoice) ([]closedPeriod, []store.Invoice) {
	closed, taken := map[string]closedPeriod{}, map[int]bool{}
	for _, m := range moves {
		made := slices.DeleteFunc(madeWithin(m, invoices), func(v store.Invoice) bool { return taken[v.ID] })
		var periods []closedPeriod
		if m.To < m.From {
			delete(closed, m.To)
			periods = madeMeanwhile(cycleOf(dates), m, made)
		} else {
			periods = slices.DeleteFunc(cycleOf(dates).between(m), func(c closedPeriod) bool { _, is := closed[c.from]; return is })
			periods = paired(periods, made)
		}
		for _, c := range periods {
			closed[c.from], taken[c.invoice.ID] = c, true
		}
	}
	delete(closed, dates.NextInvoice)
	spare := slices.DeleteFunc(slices.Clone(invoices), func(v store.Invoice) bool { return taken[v.ID] || !v.GoneAt.IsZero() })
	periods := slices.SortedFunc(maps.Values(closed), func(a, b closedPeriod) int { return cmp.Compare(a.from, b.from) })
	spare = replaced(periods, spare, dates.NextInvoice)
	return slices.DeleteFunc(periods, func(c closedPeriod) bool {
		return !c.invoice.GoneAt.IsZero() && c.from > dates.NextInvoice // outstanding, as those before it are
	}), spare
}

// madeMeanwhile are the periods that were invoiced while the date moved back to an earlier one: those after which it stood.
func madeMeanwhile(c cycle, m store.BillingMove, made []store.Invoice) []closedPeriod {
	var periods []closedPeriod
	from := m.From
	for _, v := range made {
		if v.GoneAt.IsZero() {
			periods = append(periods, closedPeriod{from: from, to: c.after(from), move: m, invoice: v})
			from = c.after(from)
		}
	}
	return periods
}

// replaced gives the periods whose invoice was deleted, or never seen, one of those that belong to none: it was deleted and made again
// between two readings. What is dated from the next invoice's day on
// is that of a period that is not seen to be closed yet.
func replaced(periods []closedPeriod, spare []store.Invoice, next string) []store.Invoice {
	younger := func(c closedPeriod, v store.Invoice) bool {
		return madeAt(v).After(c.move.By) && (c.invoice.ID != 0 || v.Day < next)
	}
	within := func(c closedPeriod, v store.Invoice) bool { return younger(c, v) && v.Day >= c.from && v.Day < c.to }
	for _, fits := range []func(closedPeriod, store.Invoice) bool{within, younger} {
		for p := range periods {
			c := &periods[p]
			if c.invoice.ID != 0 && c.invoice.GoneAt.IsZero() {
				continue
			}
			if i := slices.IndexFunc(spare, func(v store.Invoice) bool { return fits(*c, v) }); i >= 0 {
				c.invoice, spare = spare[i], slices.Delete(slices.Clone(spare), i, i+1)
			}
		}
	}
	return spare
}

// skew is by how much the clocks of ConnectWise and Seatbridge may differ.
const skew = 5 * time.Minute

// madeWithin are the invoices that were made while a date moved.
func madeWithin(m store.BillingMove, invoices []store.Invoice) []store.Invoice {
	var made []store.Invoice
	for _, v := range invoices {
		if at := madeAt(v); at.After(m.After.Add(-skew)) && !at.After(m.By.Add(skew)) {
			made = append(made, v)
		}
	}
	return made
}

// madeAt is when an invoice was made or, where nobody says it, first seen.
func madeAt(v store.Invoice) time.Time {
	if v.EnteredAt.IsZero() {
		return v.FirstSeen
	}
	return v.EnteredAt
}

// paired gives periods that were closed at once their invoices: each the one that is dated within it or, since people choose the
// dates, one after the other in the order in which they were made.
func paired(periods []closedPeriod, made []store.Invoice) []closedPeriod {
	there := slices.DeleteFunc(slices.Clone(made), func(v store.Invoice) bool { return !v.GoneAt.IsZero() })
	if dated, all := pairedByDay(periods, there); all {
		return dated
	}
	for _, invoices := range [][]store.Invoice{there, made} {
		if len(invoices) == len(periods) {
			for i := range periods {
				periods[i].invoice = invoices[i]
			}
			return periods
		}
	}
	dated, _ := pairedByDay(periods, there)
	for _, v := range there {
		has := func(c closedPeriod) bool { return c.invoice.ID == v.ID }
		free := slices.IndexFunc(dated, func(c closedPeriod) bool { return c.invoice.ID == 0 })
		if free >= 0 && !slices.ContainsFunc(dated, has) {
			dated[free].invoice = v
		}
	}
	return dated
}

// pairedByDay gives each period the last invoice that is dated within it; all says that each has one.
func pairedByDay(periods []closedPeriod, invoices []store.Invoice) (dated []closedPeriod, all bool) {
	dated, all = slices.Clone(periods), true
	for i := range dated {
		c := &dated[i]
		for _, v := range invoices {
			if v.Day >= c.from && v.Day < c.to {
				c.invoice = v
			}
		}
		all = all && c.invoice.ID != 0
	}
	return dated, all
}

// cycle is how long a billing period is; a zero one is a month.
type cycle struct{ months, days int }

// cycles are those that are not a month long, by their names in lower case. What a tenant calls otherwise is taken for a month.
var cycles = map[string]cycle{
	"weekly": {days: 7}, "quarterly": {months: 3}, "semi-annual": {months: 6}, "semi-annually": {months: 6},
	"annual": {months: 12}, "annually": {months: 12}, "yearly": {months: 12},
}

func cycleOf(d store.BillingDates) cycle {
	if c, known := cycles[strings.ToLower(d.Cycle)]; known {
		return c
	}
	return cycle{months: 1}
}

// between are the periods that a date moved over.
func (c cycle) between(m store.BillingMove) []closedPeriod {
	var periods []closedPeriod
	for from := m.From; from != "" && from < m.To; {
		to := c.after(from)
		if to == "" || to > m.To {
			to = m.To
		}
		periods = append(periods, closedPeriod{from: from, to: to, move: m})
		from = to
	}
	return periods
}

// after is the first day of the period after the one that begins on a day, before that of the one before it; empty: it is no day.
func (c cycle) after(from string) string { return c.step(from, 1) }

func (c cycle) before(from string) string { return c.step(from, -1) }

func (c cycle) step(from string, by int) string {
	t, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return ""
	}
	if c.days > 0 {
		return day(t.AddDate(0, 0, by*c.days))
	}
	month := t.AddDate(0, by*c.months, 1-t.Day())
	last := month.AddDate(0, 1, -1).Day()
	return day(month.AddDate(0, 0, min(t.Day(), last)-1))
}
