package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// A Reading is what reading an agreement says beyond what is to be changed there.
type Reading struct {
	Findings []store.Finding     // what a person should know, answered or not
	Terms    []store.BillingTerm // what decides whether a quantity becomes money, for the next reading to compare with
	Lines    []store.Line        // what the lines say: those that are bound, those that changes are about, and others of the products
	Dates    store.BillingDates  // how the agreement is invoiced
}

// Read says what a person should know about an agreement whose additions were read: its terms and those of its lines, what
// drifted since the last reading, second open lines, and what was found before a creation. changes are what there is to do.
func Read(s Situation, products []MappedProduct, changes []store.Change, today connectwise.Date) Reading {
	if s.Gone != "" {
		return Reading{Terms: s.Terms, Dates: DatesOf(s.Found, s.ReadAt)} // nothing is billed there, and its changes say so
	}
	r := Reading{Terms: readTerms(s, changes), Lines: append(readLines(s), newLines(s, changes)...), Dates: DatesOf(s.Found, s.ReadAt)}
	r.Lines = append(r.Lines, otherLines(s, products, r.Lines)...)
	found := termFindings(s, products, changes, today)
	found = append(found, driftFindings(s, r.Terms)...)
	found = append(found, secondFindings(s, products, today)...)
	r.Findings = Answered(append(found, s.Extra...), s.Answers)
	return r
}

// withFindings puts on each change that may be written what was found about its line and agreement; what nobody said to be
// meant so yet is a warning.
func withFindings(s Situation, products []MappedProduct, changes []store.Change, today connectwise.Date) []store.Change {
	found := Read(s, products, changes, today).Findings
	for i := range changes {
		c := &changes[i]
		if !stands(*c) {
			continue
		}
		for _, f := range found {
			if f.ProductID != 0 && f.ProductID != c.ProductID {
				continue
			}
			c.Found = append(c.Found, f)
			if !f.Answered {
				c.Warnings = append(c.Warnings, f.Sentence)
			}
		}
	}
	return changes
}

// Answered marks the findings that somebody said to be meant so. An answer is to facts, part by part: it holds while every
// part of the finding's facts is one that it was given to, so that it is asked again when something is added or different.
func Answered(findings []store.Finding, answers map[store.FindingKey]string) []store.Finding {
	for i := range findings {
		answer, given := answers[findings[i].Key()]
		findings[i].Answered = given && covers(answer, findings[i].Facts)
	}
	return findings
}

func covers(answer, facts string) bool {
	given := parts(answer)
	return !slices.ContainsFunc(parts(facts), func(part string) bool { return !slices.Contains(given, part) })
}

// between separates the parts of facts.
const between = "; "

func parts(facts string) []string { return strings.Split(facts, between) }

func joinParts(all ...string) string { return strings.Join(all, between) }

// termFindings are the clauses that fit the agreement and its lines, as far as anything is billed there.
func termFindings(s Situation, products []MappedProduct, changes []store.Change, today connectwise.Date) []store.Finding {
	t := terms{agreement: s.Found, company: s.Company, today: today}
	var found []store.Finding
	if slices.ContainsFunc(changes, bills) {
		found = gather(agreementClauses, t, s.finding(0, ""))
	}
	for _, p := range products {
		c := ChangeOf(changes, p.ID)
		if c == nil || !bills(*c) || !stands(*c) {
			continue
		}
		t.product, t.after, t.line = p, c.After, nil
		about := s.finding(p.ID, p.Identifier)
		if line, there := additionByID(s.Additions, c.AdditionID); there {
			t.line = &line
			about = about.of(line)
		}
		found = append(found, gather(lineClauses, t, about)...)
	}
	return found
}

// stands says that a line is right, or is to be written at once or when a person says so.
func stands(c store.Change) bool {
	return c.State == store.StatePlanned || c.State == store.StateHeld || c.State == store.StateUnchanged
}

// bills says that a line has a quantity, is to get one, or may.
func bills(c store.Change) bool {
	return !c.After.Valid || !c.After.Decimal.IsZero() || !c.Before.Decimal.IsZero()
}

// finding is one about the agreement or, with a product, about its line; what it is is left open.
func (s Situation) finding(productID int, product string) about {
	return about{
		AgreementID: s.Agreement.ID, CompanyID: s.Company.ID, Company: s.Company.Name, Agreement: s.Agreement.Name,
		ProductID: productID, Product: product, Currency: s.Found.Currency,
	}
}

// about is a finding of which it is known what it is about, and not yet what it says.
type about store.Finding

func (a about) of(line connectwise.Addition) about {
	a.AdditionID, a.Quantity, a.UnitPrice, a.Included = line.ID, decimal.NewNullDecimal(line.Quantity), line.UnitPrice, line.LessIncluded
	return a
}

func (a about) saying(subject store.Subject, facts, sentence, advice string) store.Finding {
	f := store.Finding(a)
	f.Subject, f.Facts, f.Sentence, f.Advice = subject, facts, sentence, advice
	return f
}

// gather is what the clauses that fit say; several about one subject are one finding.
func gather(clauses []clause, t terms, of about) []store.Finding {
	var found []store.Finding
	for _, c := range clauses {
		if !c.fits(t) {
			continue
		}
		f := of.saying(c.about, c.facts(t), c.sentence(t), c.advice)
		f.Holds = c.holds
		if n := len(found); n > 0 && found[n-1].Subject == f.Subject {
			found[n-1] = both(found[n-1], f)
			continue
		}
		found = append(found, f)
	}
	return found
}

func both(a, b store.Finding) store.Finding {
	a.Facts, a.Sentence, a.Advice = joinParts(a.Facts, b.Facts), a.Sentence+" "+b.Sentence, strings.TrimSpace(a.Advice+" "+b.Advice)
	a.Holds = a.Holds || b.Holds
	return a
}

// secondFindings are the open lines of a mapped product beside the one that is bound: ConnectWise bills both. Where a person
// chose the bound one among several, the others were seen.
func secondFindings(s Situation, products []MappedProduct, today connectwise.Date) []store.Finding {
	var found []store.Finding
	for _, p := range products {
		bound := BoundLine(s.Lines, p.ID)
		line, there := additionByID(s.Additions, bound.AdditionID)
		if !there || !live(line, today) {
			continue
		}
		for _, a := range s.Additions {
			if a.Product.ID != p.ID || a.ID == line.ID || !live(a, today) || a.Quantity.IsZero() {
				continue
			}
			f := s.finding(p.ID, p.Identifier).of(a).saying(
				store.AboutSecond, a.Quantity.String(),
				fmt.Sprintf("Two lines of %s are open: no. %d with %s, which Seatbridge keeps, and no. %d with %s. ConnectWise bills both.",
					p.Identifier, line.ID, line.Quantity, a.ID, a.Quantity),
				"End the second one in ConnectWise or set it to 0, or say that both are meant so.")
			f.Holds = !bound.Chosen
			found = append(found, f)
		}
	}
	return found
}

// Unfed is a line that Seatbridge wrote and does not keep up any more, in words. Its facts say why, then how much it says.
func Unfed(f store.Finding) store.Finding {
	what := fmt.Sprintf("Line no. %d of %s still bills %s", f.AdditionID, f.Product, f.Quantity.Decimal)
	switch why := parts(f.Facts)[0]; why {
	case store.UnfedProduct:
		f.Sentence = what + ", and its product is not mapped any more."
		f.Advice = "The next sync sets it to 0; its seats are billed on the newly mapped product."
	case store.UnfedReleased:
		f.Sentence = what + ", and its organizations are mapped elsewhere now."
		f.Advice = "The next sync sets it to 0."
	case store.UnfedUnmanaged:
		f.Sentence = what + ", and an organization on it is not managed by the MSP any more: nothing is written there."
		f.Advice = "Unmap that organization, end the line in ConnectWise, set it to 0, or say that it is meant so."
	default:
		f.Sentence = what + ", and no organization is mapped to the agreement any more."
		f.Advice = "End it in ConnectWise, set it to 0, or say that it is meant so."
	}
	return f
}

// readLines is what the bound lines say now. One that is not there any more says 0.
func readLines(s Situation) []store.Line {
	var lines []store.Line
	for _, l := range s.Lines {
		a, there := additionByID(s.Additions, l.AdditionID)
		l.Read, l.ReadAt, l.Currency = decimal.NewNullDecimal(a.Quantity), s.ReadAt, s.Found.Currency
		if there {
			l.Product, l.UnitPrice, l.Ended = a.Product.Identifier, a.UnitPrice, a.CancelledDate.String()
			l.ChangedAt, l.Terms = a.LastUpdated, s.unbilled(a)
		}
		lines = append(lines, l)
	}
	return lines
}

// unbilled is what of an addition's quantity is not billed.
func (s Situation) unbilled(a connectwise.Addition) *store.LineTerms {
	t := store.TermsOf(s.Found.BillProducts, a.BillCustomer, a.LessIncluded)
	return &t
}

// newLines is what the lines say that changes are about and that are not bound yet, with the seats that would stand on them.
func newLines(s Situation, changes []store.Change) []store.Line {
	var lines []store.Line
	for _, c := range changes {
		if c.AdditionID == 0 || !c.Before.Valid || BoundLine(s.Lines, c.ProductID).AdditionID == c.AdditionID {
			continue
		}
		l := store.Line{
			AgreementID: c.AgreementID, ProductID: c.ProductID, Product: c.Product, AdditionID: c.AdditionID, Shares: c.Shares,
			Read: c.Before, ReadAt: s.ReadAt, UnitPrice: c.UnitPrice, Currency: s.Found.Currency,
		}
		if a, there := additionByID(s.Additions, c.AdditionID); there {
			l.Terms = s.unbilled(a)
		}
		lines = append(lines, l)
	}
	return lines
}

// otherLines is what the other lines of the products say: ended ones, and second ones that a person has to end. ConnectWise bills
// them, too (docs/months.md).
func otherLines(s Situation, products []MappedProduct, known []store.Line) []store.Line {
	var lines []store.Line
	for _, a := range s.Additions {
		i := slices.IndexFunc(products, func(p MappedProduct) bool { return p.ID == a.Product.ID })
		if i < 0 || slices.ContainsFunc(known, func(l store.Line) bool { return l.AdditionID == a.ID }) {
			continue
		}
		lines = append(lines, store.Line{
			AgreementID: s.Agreement.ID, ProductID: a.Product.ID, Product: products[i].Identifier, AdditionID: a.ID,
			Read: decimal.NewNullDecimal(a.Quantity), ReadAt: s.ReadAt, UnitPrice: a.UnitPrice, Currency: s.Found.Currency,
			Terms: s.unbilled(a), Ended: a.CancelledDate.String(),
		})
	}
	return lines
}

// DatesOf is how an agreement is invoiced, as it was read at a moment.
func DatesOf(a connectwise.Agreement, at time.Time) store.BillingDates {
	d := store.BillingDates{
		AgreementID: a.ID, NextInvoice: a.NextInvoiceDate.String(), Cycle: a.BillingCycle.Name, PeriodType: a.PeriodType,
		Prorates: a.Prorate, ReadAt: at,
	}
	if a.ParentAgreement != nil {
		d.ParentID = a.ParentAgreement.ID
	}
	switch {
	case a.Cancelled:
		d.Ended = a.DateCancelled.String()
	case !a.NoEndingDate:
		d.Ended = a.EndDate.String()
	}
	return d
}
