package months

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// latestDay is the last day of the month on which every month has a period begin: where a period begins later, in a short month
// nobody knows on which day the next one does.
const latestDay = 28

// A Period is a billing period, both days included, "2026-11-01".
type Period struct{ First, Last string }

// String is the period in words.
func (p Period) String() string { return longDay(p.First) + " to " + longDay(p.Last) }

// OneTime is the period of the next invoice of a row's agreement, in which a line that is billed once bills what is open of the row; or
// why that is not offered, in a sentence (docs/design.md section 5, "On the next invoice").
func OneTime(r store.MonthRow, b Billing) (p Period, why string) {
	for _, refusal := range refusals {
		if refusal.fits(r, b) {
			return Period{}, refusal.says(r)
		}
	}
	first, err := time.Parse(time.DateOnly, b.Dates.NextInvoice)
	if err != nil || first.Day() > latestDay {
		return Period{}, "Its periods begin so late in the month that it is not known on which day the next one does."
	}
	p = Period{First: day(first), Last: day(first.AddDate(0, 1, -1))}
	if b.endedBefore(p.Last) {
		return Period{}, fmt.Sprintf("Its agreement ends on %s, within the period that is to be invoiced.", longDay(b.Dates.Ended))
	}
	return p, ""
}

// A refusal is why a difference cannot be put on the next invoice.
type refusal struct {
	fits func(store.MonthRow, Billing) bool
	says func(store.MonthRow) string
}

func saying(sentence string) func(store.MonthRow) string {
	return func(store.MonthRow) string { return sentence }
}

// refusals are the reasons; the first that fits is said.
var refusals = []refusal{
	{func(r store.MonthRow, _ Billing) bool { return !r.Open.Valid }, saying("How many seats are open is not known.")},
	{func(r store.MonthRow, _ Billing) bool { return r.Open.Decimal.IsNegative() },
		saying("It was billed for more than was due, and a credit is for a person to give: give it in ConnectWise and say that it is " +
			"billed by hand.")},
	{func(r store.MonthRow, _ Billing) bool { return r.Open.Decimal.IsZero() }, saying("There is no difference.")},
	{func(r store.MonthRow, _ Billing) bool { return r.Unbilled != "" }, func(r store.MonthRow) string {
		return TermsText(r) + " What is open would not have been billed either: waive it."
	}},
	{func(r store.MonthRow, _ Billing) bool {
		return r.Included.IsPositive() && !shareIn(r).Changed(r.Open.Decimal).Equal(r.Open.Decimal)
	}, func(r store.MonthRow) string {
		return TermsText(r) + " Less is to be billed than is open: bill that by hand."
	}},
	{func(r store.MonthRow, _ Billing) bool { return !r.Open.Decimal.IsInteger() }, func(r store.MonthRow) string {
		return fmt.Sprintf("%s is no whole number of seats: bill it by hand.", r.Open.Decimal)
	}},
	{func(r store.MonthRow, _ Billing) bool { return r.AgreementID == 0 }, saying("No agreement carries its seats: map it first.")},
	{func(r store.MonthRow, _ Billing) bool { return r.Invoice.State == store.NotInvoiced }, func(r store.MonthRow) string {
		return fmt.Sprintf("The invoice that carries %s is not made yet: sync %s again, and it is right.", r.Month, r.Month)
	}},
	{func(r store.MonthRow, b Billing) bool {
		return b.Dates.NextInvoice == "" || r.Invoice.State == store.InvoiceUnknown
	},
		saying("When its agreement is invoiced next is not known: sync first.")},
	{func(r store.MonthRow, b Billing) bool { return b.Dates.AgreementID != r.AgreementID },
		saying("Its agreement is invoiced with its parent: which invoice would carry the line is not known.")},
	{func(_ store.MonthRow, b Billing) bool { return b.Dates.Cycle != monthly },
		saying("Its agreement is not billed monthly: which invoice would carry the line is not known.")},
	{func(_ store.MonthRow, b Billing) bool { return !b.Dates.Prorates },
		saying("Its agreement does not prorate: whether a line that ends with its period is billed is not known.")},
	{func(r store.MonthRow, _ Billing) bool { return r.ProductID == 0 },
		saying("Its agreement has no line of the product yet: sync first, so that there is a price to go by.")},
	{func(r store.MonthRow, _ Billing) bool { return !r.UnitPrice.Valid || r.UnitPrice.Decimal.IsZero() },
		saying("Its line has no price: what is put there is billed as nothing.")},
}

// monthly is the billing cycle of which the next period is known.
const monthly = "Monthly"

// A Chosen row is one whose difference is to be put on the next invoice, in a period of its agreement.
type Chosen struct {
	Row     store.MonthRow
	Period  Period
	Product string // the catalog item's identifier
}

// Lines are the lines that put the differences of chosen rows on the next invoice, as changes to be journalled: one for each agreement
// and product, with what each organization adds to it, in the order of agreements and products.
func Lines(chosen []Chosen, note string) []store.Change {
	var lines []store.Change
	for _, c := range chosen {
		share := store.Share{
			OrganizationID: c.Row.OrganizationID, Organization: c.Row.Organization, Plan: c.Row.Plan,
			Seats: int(c.Row.Open.Decimal.IntPart()), Known: true, Source: c.Row.Source,
		}
		i := slices.IndexFunc(lines, func(l store.Change) bool { return l.AgreementID == c.Row.AgreementID && l.ProductID == c.Row.ProductID })
		if i < 0 {
			i = len(lines)
			lines = append(lines, lineOf(c, note))
		}
		lines[i].Shares = append(lines[i].Shares, share)
		lines[i].After.Decimal = lines[i].After.Decimal.Add(c.Row.Open.Decimal)
	}
	for i := range lines {
		finishLine(&lines[i], chosen[0].Row.Month)
	}
	slices.SortFunc(lines, func(a, b store.Change) int {
		if a.AgreementID != b.AgreementID {
			return a.AgreementID - b.AgreementID
		}
		return a.ProductID - b.ProductID
	})
	return lines
}

// lineOf is a line that nobody adds to yet.
func lineOf(c Chosen, note string) store.Change {
	r := c.Row
	return store.Change{
		CompanyID: r.CompanyID, Company: r.Company, AgreementID: r.AgreementID, Agreement: r.Agreement,
		Plan: r.Plan, ProductID: r.ProductID, Product: c.Product, Kind: store.KindCreate, State: store.StatePlanned,
		After: decimal.NewNullDecimal(decimal.Zero), UnitPrice: r.UnitPrice, Currency: r.Currency,
		EffectiveDate: c.Period.First, CancelledDate: c.Period.Last, Note: note,
	}
}

// finishLine gives a line that all have added to its words.
func finishLine(l *store.Change, m store.Month) {
	l.Description = fmt.Sprintf("%s, %s, %s not yet billed", l.Plan.Name(), m, seatsOf(l.After.Decimal))
	var parts []string
	for _, share := range l.Shares {
		parts = append(parts, fmt.Sprintf("%s %d", share.Organization, share.Seats))
	}
	l.Reason = fmt.Sprintf("A line of its own that is billed once, from %s, “%s”: %s.",
		Period{l.EffectiveDate, l.CancelledDate}, l.Description, strings.Join(parts, " + "))
}

// seatsOf is a number of seats in words.
func seatsOf(n decimal.Decimal) string {
	if n.Equal(decimal.NewFromInt(1)) {
		return "1 seat"
	}
	return n.String() + " seats"
}

func longDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("2 January 2006")
}
