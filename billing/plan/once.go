package plan

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// Monthly is the billing cycle of which the next period is known: it ends the day before the same day of the next month.
const Monthly = "Monthly"

// Once decides about the lines that a person puts on the next invoice (docs/design.md section 5, "On the next invoice"): each is
// created as it was chosen, or blocked where ConnectWise is not as it was chosen on. It neither reads nor changes the lines that carry
// the agreement's seats.
func Once(s Situation, chosen []store.Change, products []MappedProduct) []store.Change {
	var changes []store.Change
	for _, c := range chosen {
		c.Kind, c.State, c.AdditionID, c.Problem = store.KindCreate, store.StatePlanned, 0, store.Problem{}
		if why := s.notOnce(c, products); why != "" {
			c = refuse(c, store.StateBlocked, why, "Bill it by hand, or choose it again on the month's page when this is mended.")
		}
		changes = append(changes, c)
	}
	return changes
}

// notOnce says in a sentence why a line that is billed once would not bill what it is to bill, or nothing.
func (s Situation) notOnce(c store.Change, products []MappedProduct) string {
	if s.Gone != "" {
		return s.Gone
	}
	a := s.Found
	switch {
	case a.BillingCycle.Name != Monthly:
		return fmt.Sprintf("The agreement is billed %s, not monthly: which invoice would carry the line is not known.", a.BillingCycle.Name)
	case a.OneTime:
		return "The agreement itself is billed once."
	case !a.Prorate:
		return "The agreement does not prorate: whether a line that ends with its period is billed is not known."
	case a.ParentAgreement != nil:
		return "The agreement is invoiced with its parent: when is not known."
	case a.NextInvoiceDate.String() != c.EffectiveDate:
		return fmt.Sprintf("ConnectWise invoices the agreement next from %s on, and the line was to begin on %s: that period was invoiced, "+
			"written off or opened again meanwhile.", orUnknown(a.NextInvoiceDate), inWords(dayOf(c.EffectiveDate)))
	case ends(a, dayOf(c.CancelledDate)):
		return "The agreement ends within the period that is to be invoiced."
	case a.BillProducts == store.DoNotBill || a.BillProducts == store.NoCharge:
		return "ConnectWise does not bill products on this agreement."
	}
	return s.notOnceBeside(c, products)
}

// notOnceBeside says so by the product and by the line that carries its seats.
func (s Situation) notOnceBeside(c store.Change, products []MappedProduct) string {
	i := slices.IndexFunc(products, func(p MappedProduct) bool { return p.ID == c.ProductID })
	if i < 0 {
		return fmt.Sprintf("%s is not mapped any more.", c.Product)
	}
	if products[i].Unusable != "" {
		return products[i].Unusable
	}
	line, there := additionByID(s.Additions, BoundLine(s.Lines, c.ProductID).AdditionID)
	switch {
	case !there:
		return ""
	case line.BillCustomer != connectwise.Billable:
		return fmt.Sprintf("Line no. %d, which carries the seats, is not billed to the customer.", line.ID)
	case line.LessIncluded.GreaterThan(line.Quantity):
		return fmt.Sprintf("%s are included in line no. %d, more than stand there: these seats would not have been billed.",
			Quantity(line.LessIncluded), line.ID)
	}
	return ""
}

// Addition is the addition that a change creates.
func Addition(c store.Change) (connectwise.NewAddition, error) {
	effective, err := connectwise.ParseDate(c.EffectiveDate)
	if err != nil {
		return connectwise.NewAddition{}, err
	}
	addition := connectwise.NewAddition{ProductID: c.ProductID, Quantity: c.After.Decimal, EffectiveDate: effective}
	if c.Once() {
		addition.UnitPrice, addition.Description = c.UnitPrice, c.Description
		addition.CancelledDate, err = connectwise.ParseDate(c.CancelledDate)
	}
	return addition, err
}

// ends says whether an agreement ends before a day.
func ends(a connectwise.Agreement, before connectwise.Date) bool {
	switch {
	case a.Cancelled:
		return a.DateCancelled.Before(before)
	case a.NoEndingDate:
		return false
	}
	return !a.EndDate.IsZero() && a.EndDate.Before(before)
}

// dayOf is a day of the journal; what is none is no day.
func dayOf(text string) connectwise.Date {
	d, err := connectwise.ParseDate(text)
	if err != nil {
		return connectwise.Date{}
	}
	return d
}

func orUnknown(d connectwise.Date) string {
	if d.IsZero() {
		return "a day that is not known"
	}
	return inWords(d)
}

// Apart is additions without those that are billed once: none of these carries the seats of an agreement, doubles such a line or says
// that one was ended.
func Apart(additions []connectwise.Addition, once []int) []connectwise.Addition {
	if len(once) == 0 {
		return additions
	}
	return slices.DeleteFunc(slices.Clone(additions), func(a connectwise.Addition) bool { return slices.Contains(once, a.ID) })
}

// landedOnce finds what a creation made that is billed once: the addition of the product for these days with the quantity that was
// sent. Of several it is the one with the description; not ok: it cannot be told which.
func landedOnce(sent store.Change, additions []connectwise.Addition) (line connectwise.Addition, ok bool) {
	var found []connectwise.Addition
	for _, a := range additions {
		days := a.EffectiveDate.String() == sent.EffectiveDate && a.CancelledDate.String() == sent.CancelledDate
		if days && a.Product.ID == sent.ProductID && a.Quantity.Equal(sent.After.Decimal) && madeSince(a, sent) {
			found = append(found, a)
		}
	}
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(a connectwise.Addition) bool { return a.Description != sent.Description })
	}
	if len(found) != 1 {
		return connectwise.Addition{}, false
	}
	return found[0], true
}

// undoOnce plans to set a line that is billed once to 0, as long as no invoice has it.
func undoOnce(c store.Change, s Situation, w store.Change) store.Change {
	c.EffectiveDate, c.CancelledDate, c.Description, c.Note = w.EffectiveDate, w.CancelledDate, w.Description, w.Note
	c.After = decimal.NewNullDecimal(decimal.Zero)
	c.Reason = fmt.Sprintf("Run %d put this line on the next invoice; it cannot be deleted and goes to 0.", w.RunID)
	line, there := additionByID(s.Additions, w.AdditionID)
	switch {
	case w.Kind != store.KindCreate:
		return refuse(c, store.StateBlocked, "A line that was set to 0 is not billed again.", "Choose the difference on the month's page anew.")
	case s.Gone != "":
		return refuse(c, store.StateBlocked, s.Gone, "Correct it in ConnectWise.")
	case !there:
		return refuse(c, store.StateBlocked, "The line is not there any more.", "Look at its invoice, and correct it in ConnectWise.")
	}
	c.Before, c.UnitPrice = decimal.NewNullDecimal(line.Quantity), line.UnitPrice
	switch {
	case s.Found.NextInvoiceDate.After(dayOf(w.EffectiveDate)):
		return refuse(c, store.StateBlocked, "Its period was invoiced or written off: what the invoice has stays there.",
			"Give a credit in ConnectWise, if the seats were not due.")
	case !line.Quantity.IsZero() && !line.Quantity.Equal(w.After.Decimal):
		return touched(c, w, line)
	}
	// A line that a person set to 0 is written all the same, since the difference is open again with it.
	c.Kind, c.State = store.KindUpdate, store.StatePlanned
	return c
}
