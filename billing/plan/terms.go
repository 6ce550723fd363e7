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

// terms is what decides whether and how a quantity becomes money: of an agreement or, with a product, of its line there.
type terms struct {
	agreement connectwise.Agreement
	company   store.Company         // with the status that ConnectWise says it has
	product   MappedProduct         // of the line
	line      *connectwise.Addition // nil: there is none yet
	after     decimal.NullDecimal   // what the line is to say; not valid: not known
	today     connectwise.Date
}

// A clause is a row of the tables below: something about the terms that a person should know.
type clause struct {
	about    store.Subject
	fits     func(t terms) bool
	facts    func(t terms) string // what it rests on, part by part: parts
	sentence func(t terms) string
	advice   string
	holds    bool // a write waits until somebody says that it is meant so
}

// agreementClauses are about an agreement as a whole (docs/design.md section 5, terms).
var agreementClauses = []clause{
	{
		about: store.AboutProducts,
		fits:  func(t terms) bool { return unusualWord(t.agreement.BillProducts, connectwise.NoDefault) },
		facts: func(t terms) string { return t.agreement.BillProducts },
		sentence: func(t terms) string {
			switch t.agreement.BillProducts {
			case store.DoNotBill:
				return "ConnectWise does not bill products on this agreement."
			case store.NoCharge:
				return "ConnectWise shows products on this agreement without charging for them."
			}
			return fmt.Sprintf("How the agreement bills products is %q, which Seatbridge does not know.", t.agreement.BillProducts)
		},
		advice: "Bill products on the agreement in ConnectWise, or map the organization to one that bills them.",
	},
	{
		about: store.AboutCycle,
		fits:  func(t terms) bool { return unusualCycle(t.agreement.BillingCycle.Name) },
		facts: func(t terms) string { return t.agreement.BillingCycle.Name },
		sentence: func(t terms) string {
			return fmt.Sprintf("Monthly seats on an agreement whose billing cycle is %s: its invoice takes the quantity "+
				"that stands there when it is made.", t.agreement.BillingCycle.Name)
		},
		advice: "Map the organization to an agreement that is billed monthly, or say that this is meant so.",
		holds:  true,
	},
	{
		about: store.AboutOneTime,
		fits:  func(t terms) bool { return t.agreement.OneTime },
		facts: func(terms) string { return "one-time" },
		sentence: func(terms) string {
			return "The agreement is billed once; what changes after that invoice is never billed."
		},
		advice: "Map the organization to an agreement that is billed monthly, or say that this is meant so.",
		holds:  true,
	},
	{
		about:    store.AboutInvoiced,
		fits:     func(t terms) bool { return len(t.unbilledMonths()) > 1 },
		facts:    func(terms) string { return "invoiced ahead, not prorated" },
		sentence: invoicedSentence,
		advice:   "Bill what is missing by hand, or let ConnectWise prorate on the agreement.",
	},
	{
		about: store.AboutEnds,
		fits:  func(t terms) bool { return agreementEndsSoon(t.agreement, t.today) },
		facts: func(t terms) string { return "ends " + t.agreement.EndDate.String() },
		sentence: func(t terms) string {
			return fmt.Sprintf("The agreement ends on %s.", inWords(t.agreement.EndDate))
		},
		advice: "Extend it in ConnectWise, or map the organization to another agreement before.",
	},
	{
		about: store.AboutEnds,
		fits:  func(t terms) bool { return t.agreement.BillStartDate.After(t.today) },
		facts: func(t terms) string { return "billed from " + t.agreement.BillStartDate.String() },
		sentence: func(t terms) string {
			return fmt.Sprintf("The agreement is billed only from %s on.", inWords(t.agreement.BillStartDate))
		},
		advice: "Nothing is billed before that day; correct the day in ConnectWise if it is wrong.",
	},
	{
		about: store.AboutInactive,
		fits:  func(t terms) bool { return strings.Contains(store.Fold(t.company.Status.Name), "inactive") },
		facts: func(t terms) string { return t.company.Status.Name },
		sentence: func(t terms) string {
			return fmt.Sprintf("The company %s has the status %s in ConnectWise.", t.company.Name, t.company.Status.Name)
		},
		advice: "Unmap its organizations if it is no customer any more, or correct its status in ConnectWise.",
	},
}

// lineClauses are about the line of a product, there already or to be created (docs/design.md section 5, terms).
var lineClauses = []clause{
	{
		about: store.AboutIncluded,
		fits:  func(t terms) bool { return t.included().IsPositive() && !t.belowIncluded() },
		facts: func(t terms) string { return "included " + t.included().String() },
		sentence: func(t terms) string {
			return fmt.Sprintf("%s of the quantity are included and not billed.", t.included())
		},
		advice: "Correct Less Included in ConnectWise, or say that this is meant so.",
	},
	{
		about: store.AboutIncluded,
		fits:  func(t terms) bool { return t.included().IsPositive() && t.belowIncluded() },
		facts: func(t terms) string { return joinParts("included "+t.included().String(), "less than that") },
		sentence: func(t terms) string {
			return fmt.Sprintf("%s of the quantity are included and not billed: with %s ConnectWise would bill %s, "+
				"which may be a credit or nothing.", t.included(), t.after.Decimal, t.after.Decimal.Sub(t.included()))
		},
		advice: "Correct Less Included in ConnectWise, or let this line always be written: where another line carries the minimum, it is right.",
		holds:  true,
	},
	{
		about: store.AboutCustomer,
		fits:  func(t terms) bool { return t.line != nil && unusualWord(t.line.BillCustomer) },
		facts: func(t terms) string { return t.line.BillCustomer },
		sentence: func(t terms) string {
			return fmt.Sprintf("ConnectWise does not bill this addition: its bill customer setting is %s.", t.line.BillCustomer)
		},
		advice: "Set it to Billable in ConnectWise, or say that this is meant so, as where the line only carries a cost.",
	},
	{
		about: store.AboutPrice,
		fits:  func(t terms) bool { return t.priceMatters() && t.price().Decimal.IsZero() },
		facts: func(t terms) string { return "price " + termOf(t.price()) },
		sentence: func(t terms) string {
			switch {
			case t.line == nil && !t.price().Valid:
				return fmt.Sprintf("The product %s has no price: a new line takes it over and bills nothing.", t.product.Identifier)
			case t.line == nil:
				return fmt.Sprintf("The product %s has the price 0: a new line takes it over and bills nothing.", t.product.Identifier)
			case !t.price().Valid:
				return "The line has no unit price; it bills nothing."
			}
			return "The line's unit price is 0; it bills nothing."
		},
		advice: "Enter the price in ConnectWise, or say that this is meant so.",
	},
	{
		about: store.AboutEnds,
		fits:  func(t terms) bool { return t.line != nil && t.line.EffectiveDate.After(t.today) },
		facts: func(t terms) string { return "starts " + t.line.EffectiveDate.String() },
		sentence: func(t terms) string {
			return fmt.Sprintf("The line starts only on %s; nothing of it is billed before.", inWords(t.line.EffectiveDate))
		},
		advice: "Correct its effective date in ConnectWise if it is wrong.",
	},
	{
		about: store.AboutEnds,
		fits:  func(t terms) bool { return t.line != nil && !t.line.CancelledDate.IsZero() },
		facts: func(t terms) string { return "ends " + t.line.CancelledDate.String() },
		sentence: func(t terms) string {
			return fmt.Sprintf("The line is cancelled and ends on %s; nothing of it is billed afterwards.", inWords(t.line.CancelledDate))
		},
		advice: "Take the cancelled date away in ConnectWise, or unmap the organization if its billing is to end.",
	},
	{
		about:    store.AboutEnds,
		fits:     func(t terms) bool { return t.line != nil && t.unusualStatus() },
		facts:    func(t terms) string { return "status " + t.line.Status },
		sentence: func(t terms) string { return fmt.Sprintf("ConnectWise says that the line is %s.", t.line.Status) },
		advice:   "Look at the line in ConnectWise: it may not be billed.",
	},
}

// unusualWord says whether a billing option is anything else than Billable, which an empty one is, and than the words that
// say nothing either. A word that nobody has heard of is unusual, too.
func unusualWord(word string, usual ...string) bool {
	return word != "" && word != connectwise.Billable && !slices.Contains(usual, word)
}

// unusualCycle says whether the name of a billing cycle, of the instance's own choosing, is not known to mean once a month.
func unusualCycle(name string) bool {
	words := strings.FieldsFunc(store.Fold(name), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') })
	if len(words) > 0 && (words[0] == "1" || words[0] == "every") {
		words = words[1:]
	}
	return len(words) > 0 && words[0] != "monthly" && words[0] != "month"
}

// UnusualTerms are what is unusual about how an imported agreement bills, in phrases for choosing among agreements.
func UnusualTerms(a store.Agreement) []string {
	var phrases []string
	if unusualCycle(a.BillingCycle) {
		phrases = append(phrases, "billing cycle "+a.BillingCycle)
	}
	if a.OneTime {
		phrases = append(phrases, "billed once")
	}
	if unusualWord(a.BillProducts, connectwise.NoDefault) {
		phrases = append(phrases, "products: "+a.BillProducts)
	}
	return phrases
}

func (t terms) included() decimal.Decimal {
	if t.line == nil {
		return decimal.Zero
	}
	return t.line.LessIncluded
}

// belowIncluded says that the line would be billed a negative quantity.
func (t terms) belowIncluded() bool { return t.after.Valid && t.after.Decimal.LessThan(t.included()) }

// price is the line's or, before there is one, that of the product which it will take over.
func (t terms) price() decimal.NullDecimal {
	if t.line == nil {
		return t.product.Price
	}
	return t.line.UnitPrice
}

// priceMatters says that somebody pays by the price: of a line that is not billed to the customer, only its cost counts.
func (t terms) priceMatters() bool { return t.line == nil || !unusualWord(t.line.BillCustomer) }

// unusualStatus says that a newer instance calls a line that is open by its dates anything else than active.
func (t terms) unusualStatus() bool {
	open := t.line.CancelledDate.IsZero() && !t.line.EffectiveDate.After(t.today)
	return open && t.line.Status != "" && t.line.Status != connectwise.AgreementActive
}

// unbilledMonths are the months from today's on of which nothing that changes now is billed any more, because their period is
// invoiced and the agreement does not prorate. One is the rule where agreements are billed in advance.
func (t terms) unbilledMonths() []time.Time {
	next := t.agreement.NextInvoiceDate
	if t.agreement.Prorate || next.IsZero() {
		return nil
	}
	first := t.today
	first.Day = 1
	var months []time.Time
	for m := first.Time(); m.AddDate(0, 1, 0).Compare(next.Time()) <= 0 && len(months) < 24; m = m.AddDate(0, 1, 0) {
		months = append(months, m)
	}
	return months
}

func invoicedSentence(t terms) string {
	months := t.unbilledMonths()
	return fmt.Sprintf("Invoiced ahead and not prorated: what changes now is invoiced from %s on; %s to %s are not.",
		inWords(t.agreement.NextInvoiceDate), months[0].Format("January 2006"), months[len(months)-1].Format("January 2006"))
}

// agreementEndsSoon says that an agreement that goes on today ends within 60 days.
func agreementEndsSoon(a connectwise.Agreement, today connectwise.Date) bool {
	soon := connectwise.DateOf(today.Time().Add(endsSoon))
	return !a.NoEndingDate && !a.EndDate.IsZero() && !a.EndDate.Before(today) && !a.EndDate.After(soon)
}

func inWords(d connectwise.Date) string { return d.Time().Format("2 January 2006") }

// termOf writes a price as a term.
func termOf(price decimal.NullDecimal) string {
	if !price.Valid {
		return "none"
	}
	return price.Decimal.String()
}
