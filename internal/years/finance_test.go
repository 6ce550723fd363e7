package years

import (
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/bookkeeper"
)

// planInvoices plans when the agreements of each family are invoiced in a month that begins with a day.
func (w *world) planInvoices(first time.Time, add func(time.Time, func())) {
	at := func(day, hour, minute int) time.Time {
		return first.AddDate(0, 0, day-1).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + 13*time.Second)
	}
	for _, payer := range w.payers() {
		invoice := func() { w.invoice(payer, first) }
		made := time.Time{}
		switch w.IntN(10) {
		case 0:
			made = at(1, 0, 5) // before the sync
		case 1, 2, 3, 4:
			made = at(1, 9, 10)
		case 5, 6:
			made = at(5, 14, 20)
		case 7:
			made = at(20, 8, 0)
		case 8: // with the next month's
		case 9:
			add(at(1+w.IntN(20), 10, 0), func() { w.writeItOff(payer) })
		}
		if made.IsZero() {
			continue
		}
		add(made, invoice)
		if w.chance(4) {
			deleted := made.Add(time.Duration(1+w.IntN(120)) * time.Hour).Add(7 * time.Minute)
			add(deleted, func() { w.deleteInvoice(payer) })
			if !w.chance(3) {
				add(deleted.Add(time.Duration(1+w.IntN(100))*time.Hour*time.Duration(w.IntN(2))+10*time.Minute), invoice)
			}
		}
	}
}

func (w *world) payers() []int {
	return slices.DeleteFunc(slices.Clone(w.agreements), func(id int) bool { return w.payer(id) != id })
}

// invoice is a person who invoices all that is outstanding of an agreement up to a day.
func (w *world) invoice(payer int, through time.Time) {
	dated := pick(w, []time.Time{{}, {}, w.now().Truncate(24 * time.Hour)})
	for _, v := range cwsim.FinanceOf(w.Sim).Invoice(through, dated, payer) {
		w.tell("invoice %s of agreement %d is made, dated %s, for %s to %s: %v", v.Number, payer, v.Date.Format(time.DateOnly),
			v.First.Format(time.DateOnly), v.Last.Format(time.DateOnly), v.Lines)
	}
}

func (w *world) writeItOff(payer int) {
	first := w.nextInvoice(payer)
	if first.After(w.now()) {
		return
	}
	cwsim.FinanceOf(w.Sim).WriteOff(payer)
	p := bookkeeper.Period{First: first, Last: w.nextInvoice(payer).AddDate(0, 0, -1)}
	w.writeOff[payer] = append(w.writeOff[payer], closing{p, w.now()})
	w.tell("the period of agreement %d from %s on is written off", payer, first.Format(time.DateOnly))
}

func (w *world) nextInvoice(payer int) time.Time {
	return w.Sim.Agreement(payer).InvoicedThrough.AddDate(0, 0, 1)
}

// deleteInvoice deletes the latest invoice of an agreement, or rarely an older one.
func (w *world) deleteInvoice(payer int) {
	invoices := w.invoices(payer)
	if len(invoices) == 0 {
		return
	}
	v := invoices[len(invoices)-1]
	if !w.noInvoicing && w.chance(4) { // else nobody can tell that others were invoiced before the date was read
		v = pick(w, invoices)
	}
	if v.Date.Before(w.now().AddDate(0, -2, 0)) {
		return // it is not read again, unless the date moves (docs/months.md section 3)
	}
	cwsim.FinanceOf(w.Sim).DeleteInvoice(v.ID)
	w.deleted = append(w.deleted, v)
	w.tell("invoice %s of agreement %d for %s is deleted", v.Number, payer, v.First.Format(time.DateOnly))
}

// invoices are those of an agreement that are there, by their ids.
func (w *world) invoices(payer int) []cwsim.Invoice {
	return slices.DeleteFunc(cwsim.FinanceOf(w.Sim).Invoices(), func(v cwsim.Invoice) bool {
		return v.AgreementID != payer || v.Type != cwsim.InvoiceOfAgreement
	})
}

// readInvoices reads how agreements are invoiced, as the hourly job does.
func (w *world) readInvoices() {
	if err := w.Books.ReadInvoices(w.T.Context()); err != nil {
		w.tell("invoices are not read: %s", firstLine(err))
		return
	}
	w.dated = append(w.dated, w.now())
}

// took is what the additions of a line may have billed, by their ids, and when it was taken.
type took struct {
	lines map[int]int
	at    time.Time
}

func (t took) sum() decimal.Decimal {
	sum := 0
	for _, n := range t.lines {
		sum += n
	}
	return decimal.NewFromInt(int64(sum))
}

// billed is what a line billed for a month; several where nobody can know which.
func (w *world) billed(k lineKey, m time.Time) []took {
	payer := w.payer(k.agreement)
	var periods []bookkeeper.Period
	invoices := w.invoices(payer)
	for _, v := range invoices {
		periods = append(periods, bookkeeper.Period{First: v.First, Last: v.Last})
	}
	for _, c := range w.writeOff[payer] {
		periods = append(periods, c.Period)
	}
	i := bookkeeper.Carries(periods, m)
	switch {
	case i < 0:
		return w.took(k, w.now(), w.now(), w.outstanding(payer, m))
	case i < len(invoices):
		return w.invoiced(k, invoices[i])
	}
	c := w.writeOff[payer][i-len(invoices)]
	w.tally["written off"]++
	from, to := around(w.dated, c.at, w.now())
	return w.took(k, from, to, c.Period)
}

// outstanding is the period that carries a month and is not invoiced yet: the next one, or one after it.
func (w *world) outstanding(payer int, m time.Time) bookkeeper.Period {
	months := 1
	if w.Sim.Agreement(payer).BillingCycle == "Annual" {
		months = 12
	}
	p := bookkeeper.Period{First: w.nextInvoice(payer)}
	for {
		next := p.First.AddDate(0, months, 0)
		p.Last = next.AddDate(0, 0, -1)
		if !next.Before(m.AddDate(0, 2, 0)) {
			return p
		}
		p.First = next
	}
}

// invoiced is what an invoice billed of a line. Where a person edited it between two readings and the invoice was made between them,
// all that it said between them is possible; and all that it said while nobody read the dates, where nobody may read invoices.
func (w *world) invoiced(k lineKey, v cwsim.Invoice) []took {
	billed := took{map[int]int{}, v.Entered}
	for _, line := range v.Lines {
		if line.AgreementID == k.agreement && line.ProductID == w.product(k.enterprise) {
			billed.lines[line.AdditionID] = int(line.Quantity.IntPart())
		}
	}
	period := bookkeeper.Period{First: v.First, Last: v.Last}
	from, to := v.Entered, v.Entered
	if w.noInvoicing {
		from, to = around(w.dated, v.Entered, w.now())
	}
	all := append([]took{billed}, w.took(k, from, to, period)...)
	for _, old := range w.deleted {
		if w.noInvoicing && old.AgreementID == v.AgreementID && old.First.Equal(v.First) { // nobody can tell that it was made anew
			from, to = around(w.dated, old.Entered, w.now())
			all = append(all, w.took(k, from, to, period)...)
		}
	}
	return all
}

// took is what a line said in a time that may have been taken for a period; with what was edited by hand between the readings around
// that time.
func (w *world) took(k lineKey, from, to time.Time, p bookkeeper.Period) []took {
	var all []took
	read := w.listed[k.agreement]
	before, _ := around(read, from, w.now())
	_, after := around(read, to, w.now())
	for i, s := range w.stood[k] {
		last, until := i+1 == len(w.stood[k]), w.now()
		if !last {
			until = w.stood[k][i+1].at
		}
		within := !s.at.After(to) && (until.After(from) || last)
		near := !s.at.After(after) && until.After(before)
		edited := s.byHand || !last && w.stood[k][i+1].byHand
		if within || near && edited || len(read) == 0 {
			all = append(all, took{liveIn(s, p), later(s.at, from)})
		}
	}
	if len(read) == 0 {
		all = append(all, took{nil, from}) // nobody read what there is
	}
	return all
}

// liveIn is what the additions of a line bill in a period.
func liveIn(s stand, p bookkeeper.Period) map[int]int {
	billed := map[int]int{}
	for id, line := range s.lines {
		if line.from <= dayOf(p.Last) && (line.to == "" || line.to >= dayOf(p.First)) {
			billed[id], _ = strconv.Atoi(line.quantity)
		}
	}
	return billed
}

// around are the last of some moments that is not after one, and the first that is not before it; where there is none, that is
// the zero time, or now.
func around(moments []time.Time, at, now time.Time) (before, after time.Time) {
	after = now
	for _, m := range moments {
		if !m.After(at) {
			before = m
		}
		if !m.Before(at) {
			return before, m
		}
	}
	return before, after
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
