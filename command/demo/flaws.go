package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// flaw is something amiss in ConnectWise, at a customer whose line Seatbridge keeps.
type flaw struct {
	about store.Subject
	make  func(l *life, line cwsim.Addition)
}

// flaws are a finding of each kind that a customer can have whose line was right before.
var flaws = []flaw{
	{store.AboutDrift, func(l *life, a cwsim.Addition) {
		l.sim.UpdateAddition(a.AgreementID, a.ID, func(a *cwsim.Addition) { a.UnitPrice = a.UnitPrice.Sub(decimal.NewFromInt(1)) })
	}},
	{store.AboutCurrency, func(l *life, a cwsim.Addition) {
		l.sim.UpdateAgreement(a.AgreementID, func(a *cwsim.Agreement) { a.Currency = "EUR" })
	}},
	{store.AboutEnded, func(l *life, a cwsim.Addition) {
		l.sim.CancelAddition(a.AgreementID, a.ID, l.clock.Now().AddDate(0, 0, -1))
	}},
	{store.AboutGone, func(l *life, a cwsim.Addition) { l.sim.RemoveAddition(a.AgreementID, a.ID) }},
	{store.AboutSecond, func(l *life, a cwsim.Addition) {
		l.sim.AddAddition(cwsim.Addition{AgreementID: a.AgreementID, ProductID: a.ProductID, Quantity: four})
	}},
	{store.AboutIncluded, func(l *life, a cwsim.Addition) {
		l.sim.UpdateAddition(a.AgreementID, a.ID, func(a *cwsim.Addition) { a.LessIncluded = decimal.NewFromInt(2) })
	}},
	{store.AboutProducts, func(l *life, a cwsim.Addition) {
		l.sim.UpdateAgreement(a.AgreementID, func(a *cwsim.Agreement) { a.BillProducts = store.DoNotBill })
	}},
	{store.AboutCustomer, func(l *life, a cwsim.Addition) {
		l.sim.UpdateAddition(a.AgreementID, a.ID, func(a *cwsim.Addition) { a.BillCustomer = store.NoCharge })
	}},
	{store.AboutPrice, func(l *life, a cwsim.Addition) {
		l.sim.UpdateAddition(a.AgreementID, a.ID, func(a *cwsim.Addition) { a.UnitPrice = decimal.Zero })
	}},
	{store.AboutInvoiced, func(l *life, a cwsim.Addition) {
		l.sim.UpdateAgreement(a.AgreementID, func(a *cwsim.Agreement) { a.Prorate, a.InvoicedThrough = false, l.day(-3, 0, 0) })
	}},
	{store.AboutEnds, func(l *life, a cwsim.Addition) {
		l.sim.UpdateAgreement(a.AgreementID, func(a *cwsim.Agreement) { a.End = l.end.AddDate(0, 0, 33).Truncate(24 * time.Hour) })
	}},
	{store.AboutInactive, func(l *life, a cwsim.Addition) {
		l.sim.UpdateCompany(l.sim.Agreement(a.AgreementID).CompanyID, func(c *cwsim.Company) { c.StatusID = 2 })
	}},
}

// lastSync is when the last sync before the year's end begins, and whether the monthly one is it: in the first days of a month, before
// its invoices are made, nobody writes the running month over the one that they are for.
func (l *life) lastSync() (at time.Time, monthly bool) {
	at = l.end.Add(-50 * time.Minute)
	if at.Before(l.day(0, 1, 0).Add(25*time.Minute)) || at.After(l.day(0, 2, 16)) {
		return at, false
	}
	return l.day(0, 1, 0).Add(30 * time.Minute), true
}

// planLastDay plans what is amiss in ConnectWise at last, new customers who are mapped on the last day, and the sync that finds it.
func (l *life) planLastDay() {
	sync, monthly := l.lastSync()
	l.planNewcomers(sync.Add(-3 * time.Hour))
	l.at(sync.Add(-2*time.Minute), "what is amiss", l.spoil)
	if !monthly {
		l.at(sync, "the last sync", func(ctx context.Context) error {
			_, err := l.Runs.Run(ctx, l.admin, l.Runs.SyncNow(false))
			return err
		})
	}
	l.at(sync.Add(5*time.Minute), "the last look", l.lastLook)
}

// spoil makes each flaw at another customer, leaves a line behind that nobody feeds, and edits one by hand.
func (l *life) spoil(ctx context.Context) error {
	cast := slices.Concat(l.cast[2:7], l.cast[9:])
	for _, f := range flaws {
		for len(l.lines(l.agreements[cast[0]])) == 0 {
			cast = cast[1:]
		}
		f.make(l, l.lines(l.agreements[cast[0]])[0])
		l.reserved[cast[0]], cast = true, cast[1:]
	}
	hidden := l.agreements[hiddenLine]
	l.sim.AddFault(cwsim.Fault{Kind: cwsim.Partial, Path: fmt.Sprintf("/finance/agreements/%d/additions", hidden)})
	l.sim.AddAddition(cwsim.Addition{AgreementID: hidden, ProductID: l.business, Quantity: decimal.NewFromInt(7)})
	other := l.sim.AddAgreement(cwsim.Agreement{Name: "Security Subscription", CompanyID: l.sim.Agreement(l.agreements[billedElsewhere]).CompanyID})
	l.sim.AddAddition(cwsim.Addition{AgreementID: other.ID, ProductID: l.business, Quantity: decimal.NewFromInt(9)})
	edited := l.lines(l.agreements[l.cast[1]])[0]
	l.sim.SetQuantity(edited.AgreementID, edited.ID, edited.Quantity.Add(four).String(), "jdoe")
	l.handEdited = l.cast[1]
	return l.Mapping.Unmap(ctx, l.admin, l.ids[l.cast[0]], false)
}

// Customers of whom a line cannot be seen, and is on another agreement.
const (
	hiddenLine      = "Cobbler's Row Shoes"
	billedElsewhere = "Bramble & Rye Bakery"
)

// newcomersToLookAt are further customers with something to see before a line is created.
func newcomersToLookAt() []customer {
	return []customer{
		{
			sample:    sample{name: "Zephyr Kite School", plan: store.Business, age: 150, seats: 6},
			agreement: cwsim.Agreement{OneTime: true, BillOneTime: true}, lines: []cwsim.Addition{{Quantity: decimal.NewFromInt(6)}},
		},
		{sample: sample{name: hiddenLine, plan: store.Business, age: 140, seats: 7}},
		{sample: sample{name: billedElsewhere, plan: store.Business, age: 130, seats: 9}},
	}
}

// planNewcomers maps the customers whose agreements have something that a person should see before anything is written.
func (l *life) planNewcomers(at time.Time) {
	l.at(at, "new customers", func(ctx context.Context) error {
		newcomers := slices.Concat(customersToLookAt(l.first), newcomersToLookAt())
		addCustomers(l.sim, newcomers)
		var names []string
		for _, c := range newcomers {
			added, err := l.db.CreateOrganizations(ctx, []store.Organization{c.organization(l.end)})
			if err != nil {
				return err
			}
			l.ids[c.name], names, l.reserved[c.name] = added[0].ID, append(names, c.name), true
			if err := l.db.AddSeatHistory(ctx, c.history(l.chance, added[0], l.clock.Now())); err != nil {
				return err
			}
		}
		for _, company := range l.sim.Companies() {
			if _, is := l.ids[company.Name]; is && l.agreements[company.Name] == 0 && company.Name != unmapped {
				l.agreements[company.Name] = l.sim.Agreements(company.ID)[0].ID
			}
		}
		if err := l.importCompanies(ctx); err != nil {
			return err
		}
		return l.mapAll(ctx, names)
	})
}

// four are four seats.
var four = decimal.NewFromInt(4)
