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

// flaws are what can be amiss in ConnectWise at a customer whose line Seatbridge keeps: a finding of each kind, and several lines of
// which nobody can tell which one carries the seats.
var flaws = []func(l *life, line cwsim.Addition){
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateAddition(a.AgreementID, a.ID, func(a *cwsim.Addition) { a.UnitPrice = a.UnitPrice.Sub(decimal.NewFromInt(1)) })
	},
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateAgreement(a.AgreementID, func(a *cwsim.Agreement) { a.Currency = "EUR" })
	},
	func(l *life, a cwsim.Addition) {
		l.sim.CancelAddition(a.AgreementID, a.ID, l.clock.Now().AddDate(0, 0, -1))
	},
	func(l *life, a cwsim.Addition) { l.sim.RemoveAddition(a.AgreementID, a.ID) },
	func(l *life, a cwsim.Addition) {
		l.sim.AddAddition(cwsim.Addition{AgreementID: a.AgreementID, ProductID: a.ProductID, Quantity: four})
	},
	func(l *life, a cwsim.Addition) {
		l.sim.RemoveAddition(a.AgreementID, a.ID)
		l.sim.AddAddition(cwsim.Addition{AgreementID: a.AgreementID, ProductID: a.ProductID, Quantity: a.Quantity.Sub(four)})
		l.sim.AddAddition(cwsim.Addition{AgreementID: a.AgreementID, ProductID: a.ProductID, Quantity: four})
	},
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateAddition(a.AgreementID, a.ID, func(a *cwsim.Addition) { a.LessIncluded = decimal.NewFromInt(2) })
	},
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateAgreement(a.AgreementID, func(a *cwsim.Agreement) { a.BillProducts = store.DoNotBill })
	},
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateAddition(a.AgreementID, a.ID, func(a *cwsim.Addition) { a.BillCustomer = store.NoCharge })
	},
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateAddition(a.AgreementID, a.ID, func(a *cwsim.Addition) { a.UnitPrice = decimal.Zero })
	},
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateAgreement(a.AgreementID, func(a *cwsim.Agreement) { a.Prorate, a.InvoicedThrough = false, l.day(-3, 0, 0) })
	},
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateAgreement(a.AgreementID, func(a *cwsim.Agreement) { a.End = l.end.AddDate(0, 0, 33).Truncate(24 * time.Hour) })
	},
	func(l *life, a cwsim.Addition) {
		l.sim.UpdateCompany(l.sim.Agreement(a.AgreementID).CompanyID, func(c *cwsim.Company) { c.StatusID = 2 })
	},
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
	for _, makeFlaw := range flaws {
		for len(l.lines(l.agreements[cast[0]])) == 0 {
			cast = cast[1:]
		}
		makeFlaw(l, l.lines(l.agreements[cast[0]])[0])
		l.reserved[cast[0]], cast = true, cast[1:]
	}
	hidden := l.agreements[hiddenLine]
	l.sim.AddFault(cwsim.Fault{Kind: cwsim.Partial, Path: fmt.Sprintf("/finance/agreements/%d/additions", hidden)})
	l.sim.AddAddition(cwsim.Addition{AgreementID: hidden, ProductID: l.business, Quantity: decimal.NewFromInt(7)})
	company := l.sim.Agreement(l.agreements[billedElsewhere]).CompanyID
	other := l.sim.AddAgreement(cwsim.Agreement{Name: "Security Subscription", CompanyID: company})
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

// newcomers are customers with something to see before a line is created. Their agreements begin with the month, and have no line
// yet: what one said before it was first read would be taken for what earlier months were billed.
func newcomers(begin time.Time) []customer {
	customers := []customer{
		{sample: sample{name: "Wharfside Yoga", seats: 13}, agreement: cwsim.Agreement{BillingCycle: "Annual"}},
		{sample: sample{name: "Zephyr Kite School", seats: 6}, agreement: cwsim.Agreement{OneTime: true, BillOneTime: true}},
		{sample: sample{name: "Yellow Door Nursery"}},
		{sample: sample{name: hiddenLine, seats: 7}},
		{sample: sample{name: billedElsewhere, seats: 9}},
	}
	for i := range customers {
		customers[i].plan, customers[i].age, customers[i].agreement.Start = store.Business, 1, begin
	}
	return customers
}

// planNewcomers maps customers who came this month, whose agreements have something that a person should see before anything is
// written.
func (l *life) planNewcomers(at time.Time) {
	l.at(at, "new customers", func(ctx context.Context) error {
		begin := store.MonthOf(at).Start()
		came := newcomers(begin)
		addCustomers(l.sim, came)
		names, err := l.addNewcomers(ctx, came, begin)
		if err != nil {
			return err
		}
		if err := l.importCompanies(ctx); err != nil {
			return err
		}
		return l.mapAll(ctx, names)
	})
}

// addNewcomers adds the organizations of customers, and notes their agreements.
func (l *life) addNewcomers(ctx context.Context, came []customer, begin time.Time) (names []string, err error) {
	for _, c := range came {
		o := c.organization(l.end)
		o.CreatedAt = begin
		added, err := l.db.CreateOrganizations(ctx, []store.Organization{o})
		if err != nil {
			return nil, err
		}
		if err := l.db.AddSeatHistory(ctx, c.history(l.chance, added[0], l.clock.Now())); err != nil {
			return nil, err
		}
		l.ids[c.name], l.reserved[c.name], names = added[0].ID, true, append(names, c.name)
	}
	for _, company := range l.sim.Companies() {
		if slices.Contains(names, company.Name) {
			l.agreements[company.Name] = l.sim.Agreements(company.ID)[0].ID
		}
	}
	return names, nil
}

// four are four seats.
var four = decimal.NewFromInt(4)
