package leaks

import (
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// handLine is a line that nobody feeds. What it bills of seats that are due somewhere is no seat for nothing.
type handLine struct {
	leak        int // which of those found
	agreementID int
	product     int // its own
	plan        store.Plan
	left        decimal.Decimal // seats that it bills and that are due nowhere, as far as is known
}

// keepHand keeps a line that nobody feeds, which is the next leak.
func (f *finder) keepHand(a Agreement, line connectwise.Addition) {
	h := &handLine{leak: len(f.found), agreementID: a.Found.ID, product: line.Product.ID, left: f.billed(a, line)}
	if p, ours := ProductOf(line.Product, f.Products); ours {
		h.plan = p.Plan
	}
	company := a.Found.Company.ID
	f.hand[company] = append(f.hand[company], h)
}

// named are the lines that may bill an organization's seats: of its plan, on the company that has its name.
func (f *finder) named(o Organization) []*handLine {
	if o.Suggestion == nil || !o.Suggestion.Certain {
		return nil
	}
	return f.unfedOf(o.Suggestion.CompanyID, func(h *handLine) bool { return h.plan == o.Plan })
}

// twinsOf are the lines of a product's twins on an agreement.
func (f *finder) twinsOf(a Agreement, p plan.MappedProduct) []*handLine {
	return f.unfedOf(a.Found.Company.ID, func(h *handLine) bool {
		return h.agreementID == a.Found.ID && h.plan == p.Plan && h.product != p.ID
	})
}

func (f *finder) unfedOf(company int, which func(*handLine) bool) []*handLine {
	return slices.DeleteFunc(slices.Clone(f.hand[company]), func(h *handLine) bool { return !which(h) || !h.left.IsPositive() })
}

// cover takes seats that are due from what lines bill by hand, and answers how many none of them bills. What a line bills beyond them is
// what stays of its leak; the leak of one that bills no more than is due is about no seats, and stays because nobody feeds the line.
func (f *finder) cover(lines []*handLine, due decimal.Decimal) decimal.Decimal {
	for _, h := range lines {
		bills := decimal.Min(h.left, due)
		h.left, due = h.left.Sub(bills), due.Sub(bills)
		l := &f.found[h.leak]
		*l = l.priced(h.left.Neg(), l.UnitPrice)
		if h.left.IsZero() {
			delete(f.wholly, l.AdditionID) // its seats are used, so its price matters
		}
	}
	return due
}

// note adds to the leaks of lines whose seats they bill. An answer to such a leak is to these seats, too.
func (f *finder) note(lines []*handLine, sentence, fact string, next Step) {
	for _, h := range lines {
		l := &f.found[h.leak]
		l.Sentence += " " + sentence
		l.Facts += "; " + fact
		l.Next = next
	}
}
