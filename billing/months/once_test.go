package months

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/store"
)

func some(s string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(s)) }

// openRow is a row of October with a seat that its invoice does not have, on an agreement that is invoiced next on 1 December.
func openRow() (store.MonthRow, Billing) {
	return store.MonthRow{
		Month: "2026-10", OrganizationID: 1, Organization: "Acme", Plan: store.Business, CompanyID: 30, Company: "Acme Inc", AgreementID: 4,
		Agreement: "Acme Services", ProductID: 71, AdditionID: 9, Open: some("1"), State: store.RowOpen, UnitPrice: some("4.99"), Currency: "USD",
		Invoice: store.RowInvoice{State: store.Invoiced}, Source: "ledger",
	}, Billing{Dates: store.BillingDates{AgreementID: 4, NextInvoice: "2026-12-01", Cycle: "Monthly", Prorates: true}}
}

// TestOneTime holds in which period a difference can be billed, and why it cannot.
func TestOneTime(t *testing.T) {
	t.Parallel()
	const lateDay = "Its periods begin so late in the month that it is not known on which day the next one does."
	for name, tt := range map[string]struct {
		change func(*store.MonthRow, *Billing)
		want   string
	}{
		"the next period": {func(*store.MonthRow, *Billing) {}, "1 December 2026 to 31 December 2026"},
		"written off":     {func(r *store.MonthRow, _ *Billing) { r.Invoice.State = store.PeriodClosed }, "1 December 2026 to 31 December 2026"},
		"in mid-month":    {func(_ *store.MonthRow, b *Billing) { b.Dates.NextInvoice = "2026-12-05" }, "5 December 2026 to 4 January 2027"},
		"February":        {func(_ *store.MonthRow, b *Billing) { b.Dates.NextInvoice = "2027-02-28" }, "28 February 2027 to 27 March 2027"},
		"ends with it":    {func(_ *store.MonthRow, b *Billing) { b.Dates.Ended = "2026-12-31" }, "1 December 2026 to 31 December 2026"},
		"ends within it": {func(_ *store.MonthRow, b *Billing) { b.Dates.Ended = "2026-12-30" },
			"Its agreement ends on 30 December 2026, within the period that is to be invoiced."},
		"begins late":   {func(_ *store.MonthRow, b *Billing) { b.Dates.NextInvoice = "2026-12-29" }, lateDay},
		"begins on day": {func(_ *store.MonthRow, b *Billing) { b.Dates.NextInvoice = "soon" }, lateDay},
		"unknown":       {func(r *store.MonthRow, _ *Billing) { r.Open = decimal.NullDecimal{} }, "How many seats are open is not known."},
		"too much": {func(r *store.MonthRow, _ *Billing) { r.Open = some("-1") },
			"It was billed for more than was due, and a credit is for a person to give: give it in ConnectWise and say that it is billed by hand."},
		"nothing": {func(r *store.MonthRow, _ *Billing) { r.Open = some("0") }, "There is no difference."},
		"a part":  {func(r *store.MonthRow, _ *Billing) { r.Open = some("0.5") }, "0.5 is no whole number of seats: bill it by hand."},
		"not billed": {func(r *store.MonthRow, _ *Billing) { r.Unbilled = store.AboutProducts },
			"ConnectWise does not bill products on this agreement. What is open would not have been billed either: waive it."},
		"within what is included": {func(r *store.MonthRow, _ *Billing) { r.Included, r.LineBilled = some("4").Decimal, some("3").Decimal },
			"4 seats of the line are included and not billed. Less is to be billed than is open: bill that by hand."},
		"above it": {func(r *store.MonthRow, _ *Billing) { r.Included, r.LineBilled = some("4").Decimal, some("4").Decimal },
			"1 December 2026 to 31 December 2026"},
		"no agreement": {func(r *store.MonthRow, _ *Billing) { r.AgreementID = 0 }, "No agreement carries its seats: map it first."},
		"not invoiced": {func(r *store.MonthRow, _ *Billing) { r.Invoice.State = store.NotInvoiced },
			"The invoice that carries October 2026 is not made yet: sync October 2026 again, and it is right."},
		"no date":         {func(_ *store.MonthRow, b *Billing) { b.Dates.NextInvoice = "" }, "When its agreement is invoiced next is not known: sync first."},
		"unknown invoice": {func(r *store.MonthRow, _ *Billing) { r.Invoice.State = store.InvoiceUnknown }, "When its agreement is invoiced next is not known: sync first."},
		"a child": {func(_ *store.MonthRow, b *Billing) { b.Dates.AgreementID = 3 },
			"Its agreement is invoiced with its parent: which invoice would carry the line is not known."},
		"yearly": {func(_ *store.MonthRow, b *Billing) { b.Dates.Cycle = "Annual" },
			"Its agreement is not billed monthly: which invoice would carry the line is not known."},
		"not prorated": {func(_ *store.MonthRow, b *Billing) { b.Dates.Prorates = false },
			"Its agreement does not prorate: whether a line that ends with its period is billed is not known."},
		"no line": {func(r *store.MonthRow, _ *Billing) { r.ProductID = 0 },
			"Its agreement has no line of the product yet: sync first, so that there is a price to go by."},
		"no price": {func(r *store.MonthRow, _ *Billing) { r.UnitPrice = decimal.NullDecimal{} }, "Its line has no price: what is put there is billed as nothing."},
		"for free": {func(r *store.MonthRow, _ *Billing) { r.UnitPrice = some("0") }, "Its line has no price: what is put there is billed as nothing."},
	} {
		r, b := openRow()
		tt.change(&r, &b)
		p, got := OneTime(r, b)
		if got == "" {
			got = p.String()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestLines adds up what stands on one agreement and product, and says whose seats it is.
func TestLines(t *testing.T) {
	t.Parallel()
	chosen := func(organization string, id int64, agreement, product int, open string) Chosen {
		r, _ := openRow()
		r.Organization, r.OrganizationID, r.AgreementID, r.ProductID, r.Open = organization, id, agreement, product, some(open)
		return Chosen{Row: r, Period: Period{"2026-12-01", "2026-12-31"}, Product: "NP-BUS"}
	}
	got := Lines([]Chosen{
		chosen("Beta", 2, 5, 71, "2"), chosen("Acme", 1, 4, 72, "1"), chosen("Branch", 3, 4, 71, "3"), chosen("Acme", 1, 4, 71, "1"),
	}, "agreed")
	var short []string
	for _, l := range got {
		text := l.After.Decimal.String() + " " + l.Description + "; " + l.Reason
		if l.Kind != store.KindCreate || l.State != store.StatePlanned || !l.Once() || l.Note != "agreed" || l.EffectiveDate != "2026-12-01" ||
			l.Before.Valid || l.AdditionID != 0 || !l.UnitPrice.Valid || l.Plan != store.Business || l.Product != "NP-BUS" {
			t.Errorf("%+v", l)
		}
		for _, s := range l.Shares {
			if !s.Known || s.Plan != store.Business || s.Source != "ledger" || s.Seats == 0 {
				t.Errorf("%+v", s)
			}
		}
		short = append(short, text)
	}
	const period = "A line of its own that is billed once, from 1 December 2026 to 31 December 2026, "
	want := []string{
		"4 NordPass Business, October 2026, 4 seats not yet billed; " + period +
			"“NordPass Business, October 2026, 4 seats not yet billed”: Branch 3 + Acme 1.",
		"1 NordPass Business, October 2026, 1 seat not yet billed; " + period +
			"“NordPass Business, October 2026, 1 seat not yet billed”: Acme 1.",
		"2 NordPass Business, October 2026, 2 seats not yet billed; " + period +
			"“NordPass Business, October 2026, 2 seats not yet billed”: Beta 2.",
	}
	if diff := cmp.Diff(want, short); diff != "" {
		t.Error(diff)
	}
}
