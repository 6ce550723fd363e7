package handwork

import (
	"fmt"
	"math/rand/v2"
	"time"

	"seatbridge/connectwise/cwsim"
)

// builder makes the customers of a world.
type builder struct {
	*World
	chance     *rand.Rand
	today      time.Time
	names      []int // how families and trades are dealt
	named      int
	customers  int
	onProducts []onProduct
}

// habit is one way in which a customer came to be as it is, and how many of 200 customers are so; what is rare is there once.
type habit struct {
	of200 int
	make  func(*builder)
}

// tidy is the habit of all customers that no other one is for.
var tidy = habit{0, func(b *builder) { b.fed(b.customer()) }}

// habits are the others.
var habits = []habit{
	{6, leak(leaking.unmappedWithCompany)}, {4, leak(leaking.unmappedAlone)}, {2, leak(leaking.unmappedAbroad)},
	{3, leak(leaking.cancelledLater)}, {3, leak(leaking.expiredLater)}, {3, leak(leaking.productsNotBilled)},
	{3, leak(leaking.lineNotBilled)}, {3, leak(leaking.priceless)}, {4, leak(leaking.lineMissing)}, {3, leak(leaking.lineEnded)},
	{2, leak(leaking.lineStartsLater)}, {3, leak(leaking.fedByNobody)}, {3, leak(leaking.otherTypes)},
	{3, leak(leaking.secondAgreement)}, {3, leak(leaking.secondLine)}, {3, leak(leaking.twinLine)}, {2, leak(leaking.formerPlan)},
	{3, leak(leaking.sameNameNotMapped)}, {2, leak(leaking.fewerByHand)}, {2, leak(leaking.moreByHand)}, {2, leak(leaking.twinInPlace)},
	{2, leak(leaking.yearByHand)}, {2, alike(lookalike.byTheYear)},
	{4, leak(leaking.vaultLine)}, {2, leak(leaking.oldLine)},
	{3, leak(leaking.trialWithLine)}, {1, leak(leaking.ownWithLine)}, {6, leak(leaking.wrongPrice)},
	// What looks like a leak and is none.
	{3, alike(lookalike.oldEndedLine)}, {3, alike(lookalike.endedAgreements)}, {2, alike(lookalike.laterAgreement)},
	{3, alike(lookalike.emptyLine)}, {3, alike(lookalike.bundled)}, {2, alike(lookalike.companyTwice)},
	{3, alike(lookalike.nearName)}, {3, alike(lookalike.parentAndChild)}, {2, alike(lookalike.trialBesideOthers)},
	{3, alike(lookalike.otherQuantity)}, {3, alike(lookalike.noSeats)}, {4, alike(lookalike.seatsNotKnown)},
	{3, alike(lookalike.noCustomerOfOurs)}, {2, alike(lookalike.trialWithoutLine)}, {2, alike(lookalike.twoOrganizations)},
}

func leak(f func(leaking)) func(*builder) { return func(b *builder) { f(leaking{b}) } }

func alike(f func(lookalike)) func(*builder) { return func(b *builder) { f(lookalike{b}) } }

// customary makes some customers of each plan in each currency who pay what is usual, so that it can be told what that is.
func (b *builder) customary() {
	const some = 2
	for _, plan := range []string{"Business", "Enterprise"} {
		for _, currency := range []string{"USD", "EUR", "GBP"} {
			for range some {
				c := b.customer()
				c.plan, c.currency = plan, currency
				b.fed(c)
			}
		}
	}
}

// deal is the habits of so many customers, in an order of chance.
func (b *builder) deal(customers int) []habit {
	var deck []habit
	for _, h := range habits {
		for range max(1, h.of200*(customers+b.customers)/defaultCustomers) {
			deck = append(deck, h)
		}
	}
	for len(deck) < customers {
		deck = append(deck, tidy)
	}
	b.chance.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}

// customer is somebody who is to be given agreements, lines and an organization.
type customer struct {
	name, plan, currency string
	company              cwsim.Company
	seats                int
}

func (c customer) price() string { return prices[c.plan][c.currency] }

// currencies are those of customers, in turn: three quarters pay in dollars.
var currencies = []string{"USD", "USD", "EUR", "USD", "USD", "USD", "GBP", "EUR", "USD", "USD", "USD", "USD"}

// customer makes the company of the next one.
func (b *builder) customer() customer { return b.customerOf(2) }

// customerOf makes the company of the next one, of some types.
func (b *builder) customerOf(types ...int) customer {
	c := b.nobody()
	c.company = b.Sim.AddCompany(cwsim.Company{Name: c.name, Identifier: fmt.Sprintf("C%04d", b.customers), StatusID: 1, TypeIDs: types})
	return c
}

// nobody is a customer that ConnectWise has no company of.
func (b *builder) nobody() customer {
	c := customer{name: b.name(), plan: "Business", currency: currencies[b.customers%len(currencies)], seats: 2 + b.chance.IntN(58)}
	if b.customers%4 == 3 {
		c.plan = "Enterprise"
	}
	b.customers++
	return c
}

func (b *builder) dollars(c customer) customer {
	c.plan, c.currency = "Business", "USD"
	return c
}

func (b *builder) name() string {
	n, round := b.names[b.named%len(b.names)], b.named/len(b.names)
	b.named++
	name := families[n%len(families)] + " " + trades[n/len(families)]
	if round > 0 {
		name += fmt.Sprintf(" %d", round+1)
	}
	return name
}

// agreement makes one that bills by the month, some years old.
func (b *builder) agreement(c customer, change ...func(*cwsim.Agreement)) cwsim.Agreement {
	start := time.Date(b.today.Year()-2-b.chance.IntN(8), time.Month(1+b.chance.IntN(12)), 1, 0, 0, 0, 0, time.UTC)
	a := cwsim.Agreement{
		Name: "Managed Services", CompanyID: c.company.ID, Start: start, BillStart: start, Currency: c.currency, Prorate: true,
	}
	for _, f := range change {
		f(&a)
	}
	return b.Sim.AddAgreement(a)
}

func (b *builder) product(plan string) cwsim.CatalogItem {
	if plan == "Enterprise" {
		return b.Enterprise
	}
	return b.Business
}

// line adds an open line of the customer's product at its usual price.
func (b *builder) line(c customer, a cwsim.Agreement, n int, change ...func(*cwsim.Addition)) cwsim.Addition {
	add := cwsim.Addition{
		AgreementID: a.ID, ProductID: b.product(c.plan).ID, Quantity: seats(n), UnitPrice: amount(c.price()), Effective: a.BillStart,
		Description: "NordPass " + c.plan,
	}
	for _, f := range change {
		f(&add)
	}
	return b.Sim.AddAddition(add)
}

// organization adds the customer's, with so many members as it has seats.
func (b *builder) organization(c customer, change ...func(*Organization)) Organization {
	o := Organization{
		Name: c.name, ExternalID: fmt.Sprintf("NP-%05d", 10000+len(b.Organizations)), Plan: c.plan, License: "Standard",
		Start: b.today.AddDate(-1, -b.chance.IntN(12), -b.today.Day()+1), Members: c.seats,
	}
	for _, f := range change {
		f(&o)
	}
	if !o.TrialEnds.IsZero() {
		o.Start = b.today.AddDate(0, -1, 0) // a trial lasts a year at most
	}
	b.Organizations = append(b.Organizations, o)
	return o
}

func (b *builder) mapTo(o Organization, c customer, a cwsim.Agreement) {
	b.Mappings = append(b.Mappings, Mapping{
		ExternalID: o.ExternalID, Organization: o.Name, AgreementID: a.ID,
		CompanyID: c.company.ID, CompanyIdentifier: c.company.Identifier, Company: c.company.Name,
	})
}

// fed is a customer as it should be: an organization, mapped to an agreement whose line bills its seats.
func (b *builder) fed(c customer) (Organization, cwsim.Agreement, cwsim.Addition) {
	a := b.agreement(c)
	l := b.line(c, a, c.seats)
	o := b.organization(c)
	b.mapTo(o, c, a)
	return o, a, l
}

// place is where something leaks: a customer's line, or without one its agreement; of no agreement it is zero.
type place struct {
	customer
	agreement cwsim.Agreement
	line      int
}

// leaks plants one; of is by how many seats, less than 0 where they are billed for nothing.
func (b *builder) leaks(kind Kind, at place, of int, why string) *Leak {
	leak := Leak{
		Kind: kind, Company: at.company.Name, AgreementID: at.agreement.ID, AdditionID: at.line, Currency: at.currency,
		Seats: seats(max(of, -of)), Money: money(of, at.price()), Why: why,
	}
	b.Leaks = append(b.Leaks, leak)
	return &b.Leaks[len(b.Leaks)-1]
}

func (b *builder) decoy(why string, c customer, a cwsim.Agreement, line int) {
	b.Decoys = append(b.Decoys, Decoy{Why: why, Organization: c.name, Company: c.company.Name, AgreementID: a.ID, AdditionID: line})
}
