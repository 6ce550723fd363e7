package plan

import (
	"fmt"
	"slices"
	"strings"

	"seatbridge/connectwise"
	"seatbridge/store"
)

func describe(additions []connectwise.Addition) string {
	parts := make([]string, 0, len(additions))
	for _, a := range additions {
		parts = append(parts, fmt.Sprintf("no. %d with quantity %s", a.ID, a.Quantity))
	}
	return strings.Join(parts, ", ")
}

func candidates(additions []connectwise.Addition) []store.Candidate {
	list := make([]store.Candidate, 0, len(additions))
	for _, a := range additions {
		list = append(list, store.Candidate{
			AdditionID:    a.ID,
			Quantity:      a.Quantity,
			EffectiveDate: a.EffectiveDate.String(),
			Description:   a.Description,
		})
	}
	return list
}

func allZero(additions []connectwise.Addition) bool {
	for _, a := range additions {
		if !a.Quantity.IsZero() {
			return false
		}
	}
	return true
}

// BoundLine is the line that was bound to a product, or a zero one.
func BoundLine(lines []store.Line, productID int) store.Line {
	for _, l := range lines {
		if l.ProductID == productID {
			return l
		}
	}
	return store.Line{}
}

// Without is the lines but that of a product.
func Without(lines []store.Line, productID int) []store.Line {
	return slices.DeleteFunc(slices.Clone(lines), func(l store.Line) bool { return l.ProductID == productID })
}

// findLine finds the live addition of a product: the bound one if it is among them, else the only one.
// Several without a binding are returned as such; which of them is meant is a person's to say.
func findLine(
	additions []connectwise.Addition,
	productID, boundID int,
	today connectwise.Date,
) (line *connectwise.Addition, several []connectwise.Addition) {
	found := Live(additions, productID, today)
	if i := slices.IndexFunc(found, func(a connectwise.Addition) bool { return a.ID == boundID }); i >= 0 {
		return &found[i], nil
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return &found[0], nil
	}
	return nil, found
}

// Live are the additions of a product that are open on a day: one of them carries its seats, or is to.
func Live(additions []connectwise.Addition, productID int, today connectwise.Date) []connectwise.Addition {
	var found []connectwise.Addition
	for _, a := range additions {
		if a.Product.ID == productID && live(a, today) {
			found = append(found, a)
		}
	}
	return found
}

// live says whether an addition is open on that day. One that starts later is open too: overlooking it
// would add a second one. Whether the day of cancellation is still billed is not settled (docs/connectwise.md section 5,
// "active on day d"); here it is.
func live(a connectwise.Addition, today connectwise.Date) bool {
	return a.CancelledDate.IsZero() || !a.CancelledDate.Before(today)
}

// EffectiveDate is the day a new addition starts (docs/design.md section 5): the later of the first day of
// the current month and the agreement's billing start; where the agreement does not prorate and that
// period is already invoiced, its next invoice date. A next invoice date after that day means that the
// period is invoiced already (assumed).
func EffectiveDate(a connectwise.Agreement, today connectwise.Date) connectwise.Date {
	d := today
	d.Day = 1
	if a.BillStartDate.After(d) {
		d = a.BillStartDate
	}
	if !a.Prorate && a.NextInvoiceDate.After(d) {
		d = a.NextInvoiceDate
	}
	return d
}

// ChangeOf is the change of a product's line; nil: there is none.
func ChangeOf(changes []store.Change, productID int) *store.Change {
	i := slices.IndexFunc(changes, func(c store.Change) bool { return c.ProductID == productID })
	if i < 0 {
		return nil
	}
	return &changes[i]
}
