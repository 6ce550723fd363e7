package plan

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// A Listing is how far an agreement's list of additions can be trusted.
type Listing struct {
	Lacking []int        // additions that are there, as asking for them by id says, and that the list does not show
	Deleted []store.Line // bound lines that ConnectWise does not have any more
	Checked bool         // it was read again, as whole records, and compared with a count
	Shown   int          // how many it had then
	Counted int          // how many ConnectWise counts
	Alone   bool         // the lists of agreements around it lack the agreement itself
}

// Unreliable says in a sentence why the list is not the whole one, so that nothing may be created for want of a line, or
// nothing. A list was seen to be empty, or to lack lines, for minutes (docs/connectwise.md section 2).
func (l Listing) Unreliable() string {
	switch {
	case len(l.Lacking) > 0:
		return fmt.Sprintf("ConnectWise's list of additions lacks line no. %d, which is there; nothing is created until it is whole.",
			l.Lacking[0])
	case l.Counted > l.Shown:
		return fmt.Sprintf("ConnectWise's list of additions has %d of the %d lines that it counts; nothing is created until it is whole.",
			l.Shown, l.Counted)
	case l.Alone:
		return "ConnectWise lists the agreements of its company, or the children of its parent, without this agreement; " +
			"nothing is created until those lists are whole."
	}
	return ""
}

// Creates says whether any change, planned or held, is a new line.
func Creates(changes []store.Change) bool {
	return slices.ContainsFunc(changes, func(c store.Change) bool { return c.Kind == store.KindCreate })
}

// Grows says whether a change, planned or held, raises what its line bills.
func Grows(c store.Change) bool {
	return c.Kind != store.KindNone && c.After.Decimal.GreaterThan(c.Before.Decimal)
}

// Moved names an organization of a growing change whose seats stand on a line as it was last written; empty: none.
func Moved(changes []store.Change, l store.Line) string {
	for _, c := range changes {
		for _, share := range c.Shares {
			if Grows(c) && share.Seats > 0 && l.Bills(share.OrganizationID) {
				return share.Organization
			}
		}
	}
	return ""
}

// Open says whether an addition bills anything on a day.
func Open(a connectwise.Addition, today connectwise.Date) bool {
	return live(a, today) && !a.Quantity.IsZero()
}

// Ended are the additions of the product that were ended before a day with a quantity, or with 0 where Seatbridge had left more:
// whoever ended them may have meant it.
func Ended(s Situation, p MappedProduct, today connectwise.Date) []connectwise.Addition {
	var ended []connectwise.Addition
	for _, a := range s.Additions {
		if sameProduct(a, p) && !live(a, today) && (!a.Quantity.IsZero() || Left(s.Lines, a.ID).IsPositive()) {
			ended = append(ended, a)
		}
	}
	return ended
}

// Left is the quantity that Seatbridge left on a bound addition; 0 on any other.
func Left(lines []store.Line, additionID int) decimal.Decimal {
	i := slices.IndexFunc(lines, func(l store.Line) bool { return l.AdditionID == additionID })
	if i < 0 {
		return decimal.Zero
	}
	return lines[i].Written.Decimal
}

// sameProduct says whether an addition is of the product or of a twin of it: an item whose identifier is the same up to case and
// punctuation.
func sameProduct(a connectwise.Addition, p MappedProduct) bool {
	return a.Product.ID == p.ID || Letters(p.Identifier) != "" && Letters(a.Product.Identifier) == Letters(p.Identifier)
}

// Letters is an identifier without case, spaces and punctuation.
func Letters(identifier string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, identifier)
}

// Bills says whether an addition is an open line of the product, or of a twin of it, with a quantity.
func Bills(a connectwise.Addition, p MappedProduct, today connectwise.Date) bool {
	return sameProduct(a, p) && live(a, today) && !a.Quantity.IsZero()
}

// Carrier is the addition that carries a product on an agreement with these bound lines; 0: none, or nobody knows which.
func Carrier(additions []connectwise.Addition, bound []store.Line, p MappedProduct, today connectwise.Date) int {
	line, _ := findLine(additions, p.ID, BoundLine(bound, p.ID).AdditionID, today)
	if line == nil {
		return 0
	}
	return line.ID
}

// BillsNothing says whether an agreement bills nothing any more. One that starts later does.
func BillsNothing(a connectwise.Agreement, today connectwise.Date) bool {
	return Unbillable(a, today) != "" && !a.StartDate.After(today)
}

// Quantity is a line's quantity in words.
func Quantity(q decimal.Decimal) string {
	if q.Equal(decimal.NewFromInt(1)) {
		return "1 seat"
	}
	return q.String() + " seats"
}

// startsAfter is the day on which a new line starts: not before the day after the last one of its product that was ended.
func startsAfter(d connectwise.Date, ended []connectwise.Addition) connectwise.Date {
	for _, a := range ended {
		if !a.CancelledDate.Before(d) {
			d = a.CancelledDate.AddDays(1)
		}
	}
	return d
}

// FoundSince is the sentences of what a new line waits for now and did not when it was decided.
func FoundSince(old, fresh store.Change) string {
	var news []string
	for _, f := range fresh.Found {
		known := slices.ContainsFunc(old.Found, func(o store.Finding) bool { return o.Key() == f.Key() && o.Facts == f.Facts })
		if f.Holds && !f.Answered && !known {
			news = append(news, f.Sentence)
		}
	}
	return strings.Join(news, " ")
}
