package cwsim

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Finance is what people do with invoices in the user interface, behind the API's back. What does not exist or cannot be
// done there is a mistake in the calling program and panics.
type Finance struct{ sim *Sim }

// FinanceOf is the finance department of an instance.
func FinanceOf(s *Sim) Finance { return Finance{s} }

// books are an instance's invoices and the periods that are closed.
type books struct {
	invoices table[Invoice]
	closed   map[int][]period // by agreement: invoiced or written off, in no order
	made     int              // invoices ever made
}

// period is a billing period of an agreement, both days included. invoice is the one that closed it, 0 a write-off.
type period struct {
	first, last time.Time
	invoice     int
}

func (p period) overlaps(other period) bool {
	return !p.first.After(other.last) && !p.last.Before(other.first)
}

func (p period) contains(on time.Time) bool { return !on.Before(p.first) && !on.After(p.last) }

// Invoices returns all invoices by id.
func (f Finance) Invoices() []Invoice {
	f.sim.lock()
	defer f.sim.mu.Unlock()
	return f.sim.books.invoices.values()
}

// Invoice is a person who runs Agreement Invoicing up to a day, with an invoice date of choice; the zero time is each
// period's first day. Of every agreement that is named, or of all, each period that is outstanding and begins on that day
// or before gets an invoice of its own, and the next invoice date moves on by the billing cycle. A child goes on its
// parent's invoice, whichever of the two is named. Agreements that are not active or whose products are not billed are
// left out, and so are periods after an agreement's end. An agreement that was never invoiced is outstanding from the
// clock's month on: InvoiceThrough sets another beginning.
func (f Finance) Invoice(through, dated time.Time, agreementIDs ...int) []Invoice {
	f.sim.lock()
	defer f.sim.mu.Unlock()
	var made []Invoice
	for _, family := range f.families(agreementIDs) {
		parent := family[0]
		for next := f.outstanding(parent); f.bills(parent, next) && !next.first.After(day(through)); next = f.outstanding(parent) {
			made = append(made, f.invoicePeriod(family, next, dated))
		}
	}
	return made
}

// InvoiceProrated is the invoice of its own that a line gets which began within a closed period of an agreement that
// prorates: its price for the days that were left.
func (f Finance) InvoiceProrated(agreementID, additionID int) Invoice {
	f.sim.lock()
	defer f.sim.mu.Unlock()
	agreement := must(&f.sim.agreements, agreementID)
	line := must(f.sim.additionTable(agreementID), additionID).value
	closed := f.sim.books.closed[agreementID]
	i := slices.IndexFunc(closed, func(p period) bool { return p.contains(line.Effective) })
	if i < 0 || !agreement.value.Prorate {
		panic(fmt.Sprintf("cwsim: addition %d did not begin in a closed period of an agreement that prorates", additionID))
	}
	whole, left := daysOf(closed[i].first, closed[i].last), daysOf(line.Effective, closed[i].last)
	billed := f.lineOf(&line)
	amount := billed.Billed.Mul(billed.UnitPrice).Mul(left).Div(whole).Round(2)
	return f.issue(f.root(agreement), Invoice{
		Type: InvoiceOfAgreement, Date: f.sim.today(), First: line.Effective, Last: closed[i].last,
		Lines: []InvoiceLine{billed}, Amount: amount,
	})
}

// daysOf counts the days from first to last, both included.
func daysOf(first, last time.Time) decimal.Decimal {
	return decimal.NewFromInt(int64(last.Sub(first)/(24*time.Hour)) + 1)
}

// WriteOff closes an agreement's next period, and its children's, without an invoice: the next invoice date moves on.
func (f Finance) WriteOff(agreementID int) {
	f.sim.lock()
	defer f.sim.mu.Unlock()
	must(&f.sim.agreements, agreementID)
	family := f.families([]int{agreementID})[0]
	next := f.outstanding(family[0])
	for _, member := range f.billedWith(family, next) {
		f.close(member, next)
	}
}

// DeleteInvoice takes an invoice out for good. The period that it billed is outstanding again, whatever was invoiced
// after it: the next invoice date moves back to it.
func (f Finance) DeleteInvoice(id int) {
	f.sim.lock()
	defer f.sim.mu.Unlock()
	f.sim.trail.note(auditInvoice, &must(&f.sim.books.invoices, id).value, f.sim.stampBy(uiMember), "Delete", "The invoice was deleted.")
	f.sim.books.invoices.remove(id)
	for agreementID, closed := range f.sim.books.closed {
		i := slices.IndexFunc(closed, func(p period) bool { return p.invoice == id })
		if i < 0 {
			continue
		}
		first := closed[i].first
		f.sim.books.closed[agreementID] = slices.Delete(closed, i, i+1)
		if r := f.sim.agreements.find(agreementID); r != nil && r.value.invoiced(first) {
			edit(f.sim, r, func(a *Agreement) { a.InvoicedThrough = first.AddDate(0, 0, -1) })
		}
	}
}

// Miscellaneous makes an invoice of today that is none of a period, as people do who settle a difference.
func (f Finance) Miscellaneous(agreementID int, amount decimal.Decimal) Invoice {
	return f.byHand(agreementID, InvoiceMiscellaneous, amount)
}

// CreditMemo makes a credit memo of today for an agreement. The amount stands on it as given.
func (f Finance) CreditMemo(agreementID int, amount decimal.Decimal) Invoice {
	return f.byHand(agreementID, InvoiceCreditMemo, amount)
}

func (f Finance) byHand(agreementID int, kind string, amount decimal.Decimal) Invoice {
	f.sim.lock()
	defer f.sim.mu.Unlock()
	return f.issue(must(&f.sim.agreements, agreementID), Invoice{Type: kind, Date: f.sim.today(), Amount: amount.Round(2)})
}

// families are the agreements that are invoiced together, the parent first: those of the named agreements, or all.
func (f Finance) families(agreementIDs []int) [][]*row[Agreement] {
	wanted := map[int]bool{}
	for _, id := range agreementIDs {
		wanted[f.root(must(&f.sim.agreements, id)).id] = true
	}
	var families [][]*row[Agreement]
	place := map[int]int{}
	for _, r := range f.sim.agreements.rows {
		if f.root(r) == r && (len(wanted) == 0 || wanted[r.id]) {
			place[r.id] = len(families)
			families = append(families, []*row[Agreement]{r})
		}
	}
	for _, r := range f.sim.agreements.rows {
		root := f.root(r)
		if i, found := place[root.id]; found && root != r {
			families[i] = append(families[i], r)
		}
	}
	return families
}

// root is the agreement on whose invoice an agreement goes.
func (f Finance) root(r *row[Agreement]) *row[Agreement] {
	for parent := f.sim.agreements.find(r.value.ParentID); parent != nil; parent = f.sim.agreements.find(r.value.ParentID) {
		r = parent
	}
	return r
}

// outstanding is the next period of an agreement that is neither invoiced nor written off. It ends where one begins that
// is, after a deleted invoice and a new billing cycle.
func (f Finance) outstanding(r *row[Agreement]) period {
	next := r.value.periodFrom(r.value.nextInvoice(f.sim.now()))
	for _, closed := range f.sim.books.closed[r.id] {
		if closed.first.After(next.first) && closed.overlaps(next) {
			next.last = closed.first.AddDate(0, 0, -1)
		}
	}
	return next
}

// bills reports whether an agreement's period is among those that a person can invoice.
func (f Finance) bills(r *row[Agreement], p period) bool {
	a := &r.value
	ended := !a.End.IsZero() && a.End.Before(p.first) || a.Cancelled && a.CancelledOn.Before(p.first)
	return a.status(f.sim.now()) == "Active" && a.BillProducts != "DoNotBill" && !ended
}

// billedWith are the agreements of a family that an invoice of the parent's period bills: a child that is not active, or
// whose days are invoiced already, is left out.
func (f Finance) billedWith(family []*row[Agreement], p period) []*row[Agreement] {
	members := family[:1:1]
	for _, child := range family[1:] {
		closed := child.value.invoiced(p.last) || slices.ContainsFunc(f.sim.books.closed[child.id], p.overlaps)
		if f.bills(child, p) && !closed {
			members = append(members, child)
		}
	}
	return members
}

// invoicePeriod invoices a family's period.
func (f Finance) invoicePeriod(family []*row[Agreement], p period, dated time.Time) Invoice {
	if dated.IsZero() {
		dated = p.first
	}
	invoice := Invoice{Type: InvoiceOfAgreement, Date: day(dated), First: p.first, Last: p.last}
	members := f.billedWith(family, p)
	for _, member := range members {
		for _, line := range f.linesOf(member.id, p) {
			invoice.Lines = append(invoice.Lines, line)
			invoice.Amount = invoice.Amount.Add(line.Billed.Mul(line.UnitPrice))
		}
	}
	invoice.Amount = invoice.Amount.Round(2)
	invoice = f.issue(family[0], invoice)
	p.invoice = invoice.ID
	for _, member := range members {
		f.close(member, p)
	}
	return invoice
}

// linesOf are the additions of an agreement that are billed in a period: those that are live on one of its days. So a
// line that begins and ends within it is billed once, and one that begins in it is billed in full.
func (f Finance) linesOf(agreementID int, p period) []InvoiceLine {
	var lines []InvoiceLine
	for _, r := range f.sim.additionTable(agreementID).rows {
		x := &r.value
		live := !x.Effective.After(p.last) && (x.Cancelled.IsZero() || !x.Cancelled.Before(p.first))
		if live && x.BillCustomer == "Billable" {
			lines = append(lines, f.lineOf(x))
		}
	}
	return lines
}

func (f Finance) lineOf(x *Addition) InvoiceLine {
	v := &view{sim: f.sim, now: f.sim.now()}
	return InvoiceLine{x.AgreementID, x.ID, x.ProductID, x.Quantity, v.billed(x), x.UnitPrice}
}

// close moves an agreement's next invoice date behind a period, and behind those after it that are closed already.
func (f Finance) close(r *row[Agreement], p period) {
	b := &f.sim.books
	b.closed[r.id] = append(b.closed[r.id], p)
	last := p.last
	for {
		i := slices.IndexFunc(b.closed[r.id], func(other period) bool { return other.contains(last.AddDate(0, 0, 1)) })
		if i < 0 {
			break
		}
		last = b.closed[r.id][i].last
	}
	edit(f.sim, r, func(a *Agreement) { a.InvoicedThrough = last })
}

// issue files an invoice of an agreement under the next id and number.
func (f Finance) issue(agreement *row[Agreement], invoice Invoice) Invoice {
	b := &f.sim.books
	b.made++
	by := f.sim.stampBy(uiMember)
	invoice.ID, invoice.Number, invoice.Entered = firstInvoice+b.made, fmt.Sprint(firstInvoiceNumber+b.made), by.at
	invoice.AgreementID, invoice.CompanyID, invoice.Currency = agreement.id, agreement.value.CompanyID, agreement.value.Currency
	invoice.Due = invoice.Date.AddDate(0, 0, daysToPay)
	b.invoices.add(invoice.ID, invoice, by)
	f.sim.trail.note(auditInvoice, &invoice, by, "Create", "The invoice was created.")
	return invoice
}

// Where ids and numbers of invoices begin, and the terms of payment.
const (
	firstInvoice       = 5200
	firstInvoiceNumber = 41000
	daysToPay          = 30
)

// monthsOf are the cycles that last other than a month; Weekly has days. One of the tenant's own making is monthly here.
var monthsOf = map[string]int{"Quarterly": 3, "Semi-Annual": 6, "Annual": 12}

// periodFrom is the billing period that begins on a day. The day of the month stays: a period that ends a month early,
// because the month is too short, is followed by one of the billing start's day.
func (x *Agreement) periodFrom(first time.Time) period {
	if x.BillingCycle == "Weekly" {
		return period{first: first, last: first.AddDate(0, 0, 6)}
	}
	wanted := first.Day()
	if first.AddDate(0, 0, 1).Day() == 1 {
		wanted = max(wanted, x.BillStart.Day())
	}
	month := monthStart(first).AddDate(0, max(1, monthsOf[x.BillingCycle]), 0)
	next := month.AddDate(0, 0, min(wanted, month.AddDate(0, 1, -1).Day())-1)
	return period{first: first, last: next.AddDate(0, 0, -1)}
}
