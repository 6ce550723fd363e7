package survey

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/billing/seats"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Around is what may bill the seats of a line to be created already, as it was read before (docs/design.md section 5, "Before a
// line is created").
type Around struct {
	Others []Neighbour                    // the company's other agreements, and those that are parent or child of this one
	Audits map[int]connectwise.AuditEntry // by addition: what was last done to it, where that is known
	Sent   []store.Change                 // creations of unknown outcome on other agreements
	Ours   []Own                          // lines that Seatbridge wrote for the same organizations, and that nobody feeds any more
}

// Own is a line on an agreement that no organization is mapped to any more, as it is now.
type Own struct {
	Agreement    string
	Line         store.Line
	Addition     connectwise.Addition
	Organization string // whose seats were written there
}

// A Neighbour is an agreement beside the one on which a line is to be created.
type Neighbour struct {
	Agreement connectwise.Agreement
	Additions []connectwise.Addition
	Mapped    bool         // organizations are mapped to it, or its lines are to be set to 0: Seatbridge keeps its lines
	Lines     []store.Line // its bound lines
}

// Found is everything that says that the seats of lines to be created, or to grow, are or were billed by others.
func (around Around) Found(s plan.Situation, changes []store.Change, today connectwise.Date) []store.Finding {
	var found []store.Finding
	for _, c := range changes {
		if c.Kind == store.KindCreate {
			found = append(found, around.creation(s, c, today)...)
		}
		for _, own := range around.Ours {
			if known := slices.ContainsFunc(found, about(c, own)); !known && plan.Grows(c) && own.bills(c) {
				found = append(found, ownFinding(c, own))
			}
		}
	}
	return plan.Answered(found, s.Answers)
}

// creation is what was found around one of them.
func (around Around) creation(s plan.Situation, c store.Change, today connectwise.Date) []store.Finding {
	p := plan.MappedProduct{Plan: c.Plan, ID: c.ProductID, Identifier: c.Product}
	var found []store.Finding
	for _, l := range s.Listing.Deleted {
		if l.ProductID == p.ID {
			found = append(found, deletedFinding(c, l))
		}
	}
	for _, a := range plan.Ended(s, p, today) {
		found = append(found, endedFinding(c, a, leftBefore(s, a)+byWhom(a, around.Audits[a.ID])))
	}
	for _, a := range s.Additions {
		if a.Product.ID != p.ID && plan.Bills(a, p, today) {
			found = append(found, twinFinding(c, a))
		}
	}
	for _, n := range around.Others {
		found = append(found, elsewhere(c, n, p, today)...)
	}
	for _, sent := range around.Sent {
		if sharesOrganization(sent, c) {
			found = append(found, sentElsewhere(c, sent))
		}
	}
	return found
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

func endedFinding(c store.Change, a connectwise.Addition, history string) store.Finding {
	f := holding(c, store.AboutEnded, a)
	f.Facts = fmt.Sprintf("ended %s with %s", a.CancelledDate, a.Quantity)
	day := seats.Day(a.CancelledDate.Time())
	f.Sentence = fmt.Sprintf("Line no. %d with %s was ended on %s.", a.ID, plan.Quantity(a.Quantity), day) + history
	f.Advice = "If the seats are to be billed again, create a new line; it starts after the ended one. If not, unmap the organization."
	return f
}

// leftBefore says what Seatbridge had left on an addition that says 0.
func leftBefore(s plan.Situation, a connectwise.Addition) string {
	if !a.Quantity.IsZero() {
		return ""
	}
	return fmt.Sprintf(" Seatbridge left %s there.", plan.Left(s.Lines, a.ID))
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
	f.Advice = "If the seats are to be billed again, create a new line. If not, unmap the organization."
	return f
}

func twinFinding(c store.Change, a connectwise.Addition) store.Finding {
	f := holding(c, store.AboutSecond, a)
	f.Facts = fmt.Sprintf("product %d, quantity %s", a.Product.ID, a.Quantity)
	f.Sentence = fmt.Sprintf("Line no. %d of %s with %s is open on this agreement: a product of nearly the same name.",
		a.ID, a.Product.Identifier, plan.Quantity(a.Quantity))
	f.Advice = "End it in ConnectWise or map its product, if it bills the same seats."
	return f
}

// elsewhere is every open line of the product on another agreement that no organization of Seatbridge's feeds.
func elsewhere(c store.Change, n Neighbour, p plan.MappedProduct, today connectwise.Date) []store.Finding {
	var found []store.Finding
	for _, a := range n.Additions {
		if !plan.Bills(a, p, today) || n.feeds(a, p, today) {
			continue
		}
		f := holding(c, store.AboutElsewhere, a)
		f.Facts = fmt.Sprintf("agreement %d, quantity %s", n.Agreement.ID, a.Quantity)
		f.Sentence = fmt.Sprintf("The agreement %s (no. %d) has line no. %d of %s with %s, which no organization here is mapped to.",
			n.Agreement.Name, n.Agreement.ID, a.ID, a.Product.Identifier, plan.Quantity(a.Quantity))
		f.Advice = "If that line bills the same seats, map the organization to its agreement or end it. Otherwise create the new line."
		found = append(found, f)
	}
	return found
}

// about says of a finding that it is one of a change about a line of ours.
func about(c store.Change, own Own) func(store.Finding) bool {
	return func(f store.Finding) bool { return f.ProductID == c.ProductID && f.AdditionID == own.Addition.ID }
}

// bills says whether seats of one of a change's organizations stand on the line.
func (own Own) bills(c store.Change) bool {
	return slices.ContainsFunc(c.Shares, func(share store.Share) bool { return share.Seats > 0 && own.Line.Bills(share.OrganizationID) })
}

// ownFinding is a line of Seatbridge's that may bill the same seats.
func ownFinding(c store.Change, own Own) store.Finding {
	f := holding(c, store.AboutElsewhere, own.Addition)
	f.Facts = fmt.Sprintf("agreement %d, quantity %s", own.Line.AgreementID, own.Addition.Quantity)
	f.Sentence = fmt.Sprintf("Line no. %d of %s on the agreement %s still bills %s: Seatbridge wrote %s of %s there, "+
		"and no organization is mapped to that agreement any more.", own.Addition.ID, own.Addition.Product.Identifier, own.Agreement,
		plan.Quantity(own.Addition.Quantity), plan.Quantity(own.Line.Written.Decimal), own.Organization)
	f.Advice = "Set that line to 0 or end it, if it bills the same seats. Otherwise approve this one."
	return f
}

// feeds says whether Seatbridge keeps the addition: it is the line of the product on an agreement that is mapped, or whose lines
// it sets to 0.
func (n Neighbour) feeds(a connectwise.Addition, p plan.MappedProduct, today connectwise.Date) bool {
	return n.Mapped && plan.Carrier(n.Additions, n.Lines, p, today) == a.ID
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
		plan.Quantity(sent.After.Decimal), sent.Agreement, seats.Minute(sent.SentAt))
	f.Advice = "Look at that agreement in ConnectWise first."
	return f
}
