package plan

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"

	"seatbridge/billing/seats"
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
}

// Unreliable says in a sentence why the list is not the whole one, so that nothing may be created for want of a line, or
// nothing. A list was seen to be empty, or to lack lines, for minutes (docs/connectwise.md section 2).
func (l Listing) Unreliable() string {
	switch {
	case len(l.Lacking) > 0:
		return fmt.Sprintf("ConnectWise's list of additions lacks line no. %d, which is there; nothing is created until it is whole.", l.Lacking[0])
	case l.Counted > l.Shown:
		return fmt.Sprintf("ConnectWise's list of additions has %d of the %d lines that it counts; nothing is created until it is whole.",
			l.Shown, l.Counted)
	}
	return ""
}

// Around is what may bill the seats of a line to be created already, as it was read before (docs/design.md section 5, "Before a
// line is created").
type Around struct {
	Others []Neighbour                    // the company's other agreements, and those that are parent or child of this one
	Audits map[int]connectwise.AuditEntry // by addition: what was last done to it, where that is known
	Sent   []store.Change                 // creations of unknown outcome on other agreements
}

// A Neighbour is an agreement beside the one on which a line is to be created.
type Neighbour struct {
	Agreement connectwise.Agreement
	Additions []connectwise.Addition
	Mapped    bool         // organizations are mapped to it, or its lines are to be set to 0: Seatbridge keeps its lines
	Lines     []store.Line // its bound lines
}

// Creates says whether any change, planned or held, is a new line.
func Creates(changes []store.Change) bool {
	return slices.ContainsFunc(changes, func(c store.Change) bool { return c.Kind == store.KindCreate })
}

// Ended are the additions of the product that were ended before a day with a quantity: whoever ended them may have meant it.
func Ended(additions []connectwise.Addition, p MappedProduct, today connectwise.Date) []connectwise.Addition {
	var ended []connectwise.Addition
	for _, a := range additions {
		if sameProduct(a, p) && !live(a, today) && !a.Quantity.IsZero() {
			ended = append(ended, a)
		}
	}
	return ended
}

// FoundAround is everything that says that the seats of lines to be created are or were billed by others.
func FoundAround(s Situation, changes []store.Change, today connectwise.Date) []store.Finding {
	var found []store.Finding
	for _, c := range changes {
		if c.Kind == store.KindCreate {
			found = append(found, aroundCreation(s, c, productOf(c), today)...)
		}
	}
	return Answered(found, s.Answers)
}

// productOf is the product of a change.
func productOf(c store.Change) MappedProduct {
	return MappedProduct{Plan: c.Plan, ID: c.ProductID, Identifier: c.Product}
}

// aroundCreation is what was found around one of them.
func aroundCreation(s Situation, c store.Change, p MappedProduct, today connectwise.Date) []store.Finding {
	var found []store.Finding
	for _, l := range s.Listing.Deleted {
		if l.ProductID == p.ID {
			found = append(found, deletedFinding(c, l))
		}
	}
	for _, a := range Ended(s.Additions, p, today) {
		found = append(found, endedFinding(c, a, s.Around.Audits[a.ID]))
	}
	for _, a := range s.Additions {
		if a.Product.ID != p.ID && sameProduct(a, p) && live(a, today) && !a.Quantity.IsZero() {
			found = append(found, twinFinding(c, a))
		}
	}
	for _, n := range s.Around.Others {
		found = append(found, elsewhere(c, n, p, today)...)
	}
	for _, sent := range s.Around.Sent {
		if sharesOrganization(sent, c) {
			found = append(found, sentElsewhere(c, sent))
		}
	}
	return found
}

// sameProduct says whether an addition is of the product or of a twin of it: an item whose identifier is the same up to case and
// punctuation.
func sameProduct(a connectwise.Addition, p MappedProduct) bool {
	return a.Product.ID == p.ID || letters(p.Identifier) != "" && letters(a.Product.Identifier) == letters(p.Identifier)
}

// letters is an identifier without case, spaces and punctuation.
func letters(identifier string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, identifier)
}

// lineFinding is a finding about an addition that a change's line is compared with.
func lineFinding(c store.Change, subject store.Subject, a connectwise.Addition) store.Finding {
	return store.Finding{
		AgreementID: c.AgreementID, ProductID: c.ProductID, Subject: subject, AdditionID: a.ID,
		CompanyID: c.CompanyID, Company: c.Company, Agreement: c.Agreement, Product: c.Product,
		Quantity: decimal.NewNullDecimal(a.Quantity), UnitPrice: a.UnitPrice, Currency: c.Currency,
	}
}

// holding is a finding that a new line waits for.
func holding(c store.Change, subject store.Subject, a connectwise.Addition) store.Finding {
	f := lineFinding(c, subject, a)
	f.Holds = true
	return f
}

func endedFinding(c store.Change, a connectwise.Addition, last connectwise.AuditEntry) store.Finding {
	f := holding(c, store.AboutEnded, a)
	f.Facts = fmt.Sprintf("ended %s with %s", a.CancelledDate, a.Quantity)
	f.Sentence = fmt.Sprintf("Line no. %d with %s was ended on %s.", a.ID, quantity(a.Quantity), seats.Day(a.CancelledDate.Time())) + byWhom(a, last)
	f.Advice = "Approve the new line if the seats are to be billed again; it starts after the ended one."
	return f
}

// byWhom says who changed an addition last and when, as far as ConnectWise tells.
func byWhom(a connectwise.Addition, last connectwise.AuditEntry) string {
	who, at := last.EnteredBy, last.EnteredAt
	if who == "" {
		who, at = a.UpdatedBy, a.LastUpdated
	}
	if who == "" || at.IsZero() {
		return ""
	}
	return fmt.Sprintf(" It was last changed by %s on %s.", who, seats.Minute(at))
}

func deletedFinding(c store.Change, l store.Line) store.Finding {
	f := holding(c, store.AboutGone, connectwise.Addition{ID: l.AdditionID, Quantity: l.Written.Decimal, UnitPrice: l.UnitPrice})
	f.Facts = "deleted"
	f.Sentence = fmt.Sprintf("Line no. %d was deleted in ConnectWise", l.AdditionID)
	if l.Written.Valid {
		f.Sentence += fmt.Sprintf("; Seatbridge left %s there on %s", l.Written.Decimal, seats.Minute(l.WrittenAt))
	}
	f.Sentence += "."
	f.Advice = "Approve the new line if the seats are to be billed again."
	return f
}

func twinFinding(c store.Change, a connectwise.Addition) store.Finding {
	f := holding(c, store.AboutSecond, a)
	f.Facts = fmt.Sprintf("product %d, quantity %s", a.Product.ID, a.Quantity)
	f.Sentence = fmt.Sprintf("Line no. %d of %s with %s is open on this agreement: a product of nearly the same name.",
		a.ID, a.Product.Identifier, quantity(a.Quantity))
	f.Advice = "End it in ConnectWise or map its product, if it bills the same seats."
	return f
}

// elsewhere is every open line of the product on another agreement that no organization of Seatbridge's feeds.
func elsewhere(c store.Change, n Neighbour, p MappedProduct, today connectwise.Date) []store.Finding {
	var found []store.Finding
	for _, a := range n.Additions {
		if !sameProduct(a, p) || !live(a, today) || a.Quantity.IsZero() || n.feeds(a, p, today) {
			continue
		}
		f := holding(c, store.AboutElsewhere, a)
		f.Facts = fmt.Sprintf("agreement %d, quantity %s", n.Agreement.ID, a.Quantity)
		f.Sentence = fmt.Sprintf("The agreement %s (no. %d) has line no. %d of %s with %s, which no organization here is mapped to.",
			n.Agreement.Name, n.Agreement.ID, a.ID, a.Product.Identifier, quantity(a.Quantity))
		f.Advice = "If that line bills the same seats, map the organization to its agreement or end it. Otherwise approve the new line."
		found = append(found, f)
	}
	return found
}

// BillsNothing says whether an agreement bills nothing any more. One that starts later does.
func BillsNothing(a connectwise.Agreement, today connectwise.Date) bool {
	return Unbillable(a, today) != "" && !a.StartDate.After(today)
}

// feeds says whether Seatbridge keeps the addition: it is the line of the product on an agreement that is mapped, or whose lines
// it sets to 0.
func (n Neighbour) feeds(a connectwise.Addition, p MappedProduct, today connectwise.Date) bool {
	if !n.Mapped {
		return false
	}
	line, _ := findLine(n.Additions, p.ID, BoundLine(n.Lines, p.ID).AdditionID, today)
	return line != nil && line.ID == a.ID
}

// sharesOrganization says whether two changes bill seats of the same organization.
func sharesOrganization(a, b store.Change) bool {
	return slices.ContainsFunc(a.Shares, func(one store.Share) bool {
		return slices.ContainsFunc(b.Shares, func(other store.Share) bool { return one.OrganizationID == other.OrganizationID })
	})
}

// sentElsewhere is a line that may have been created on another agreement for the same organization.
func sentElsewhere(c, sent store.Change) store.Finding {
	f := holding(c, store.AboutElsewhere, connectwise.Addition{Quantity: sent.After.Decimal})
	f.Facts = fmt.Sprintf("sent to agreement %d at %d", sent.AgreementID, sent.SentAt.Unix())
	f.Sentence = fmt.Sprintf("A line with %s was sent to the agreement %s on %s, and nobody saw yet what became of it.",
		quantity(sent.After.Decimal), sent.Agreement, seats.Minute(sent.SentAt))
	f.Advice = "Look at that agreement in ConnectWise first."
	return f
}

// quantity is a line's quantity in words.
func quantity(q decimal.Decimal) string {
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

// foundSince is the sentences of what a new line waits for now and did not when it was decided.
func foundSince(old, fresh store.Change) string {
	var news []string
	for _, f := range fresh.Found {
		known := slices.ContainsFunc(old.Found, func(o store.Finding) bool { return o.Key() == f.Key() && o.Facts == f.Facts })
		if f.Holds && !f.Answered && !known {
			news = append(news, f.Sentence)
		}
	}
	return strings.Join(news, " ")
}
