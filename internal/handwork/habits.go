package handwork

import (
	"time"

	"seatbridge/connectwise/cwsim"
)

// leaking are the habits that leak.
type leaking struct{ *builder }

// lookalike are the habits that look as if they did.
type lookalike struct{ *builder }

// unmappedWithCompany has a company of the same name, which has an agreement without a line.
func (b leaking) unmappedWithCompany() {
	c := b.dollars(b.customer())
	b.agreement(c)
	b.unmapped(c, "a company of the same name, and no line")
}

// unmappedAlone has no company.
func (b leaking) unmappedAlone() { b.unmapped(b.dollars(b.nobody()), "no company of that name") }

// unmappedAbroad has a company that pays in another currency than the catalog's.
func (b leaking) unmappedAbroad() {
	c := b.customer()
	c.plan, c.currency = "Business", "EUR"
	b.agreement(c)
	b.unmapped(c, "a company that pays in euros, and no line")
}

func (b leaking) unmapped(c customer, why string) {
	b.organization(c)
	b.leaks(Unbilled, place{c, cwsim.Agreement{}, 0}, c.seats, why).Organization = c.name
}

// cancelledLater is mapped to an agreement that is cancelled afterwards.
func (b leaking) cancelledLater() {
	b.endsLater("cancelled after it was mapped", func(a cwsim.Agreement) { b.Sim.CancelAgreement(a.ID, b.today) })
}

// expiredLater is mapped to an agreement that expires afterwards.
func (b leaking) expiredLater() {
	b.endsLater("expired after it was mapped", func(a cwsim.Agreement) {
		b.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.End = b.today.AddDate(0, 0, -3) })
	})
}

func (b leaking) endsLater(why string, end func(cwsim.Agreement)) {
	c := b.customer()
	o, a, _ := b.fed(c)
	leak := b.leaks(NotBilling, place{c, a, 0}, c.seats, why)
	leak.Organization, leak.Late = o.Name, true
	b.late = append(b.late, func() { end(a) })
}

// productsNotBilled is mapped to an agreement that does not bill products.
func (b leaking) productsNotBilled() {
	c := b.customer()
	a := b.agreement(c, func(a *cwsim.Agreement) { a.BillProducts = "DoNotBill" })
	b.line(c, a, c.seats)
	b.mapTo(b.organization(c), c, a)
	b.leaks(NotBilling, place{c, a, 0}, c.seats, "products are not billed").Organization = c.name
}

// lineNotBilled has a line that is not billed to the customer.
func (b leaking) lineNotBilled() {
	b.lame("not billed to the customer", func(l *cwsim.Addition) { l.BillCustomer = "DoNotBill" })
}

// priceless has a line at 0.
func (b leaking) priceless() {
	b.lame("its price is 0", func(l *cwsim.Addition) { l.UnitPrice = seats(0) })
}

// lineStartsLater has a line that bills nothing before the next quarter.
func (b leaking) lineStartsLater() {
	b.lame("the line starts only later", func(l *cwsim.Addition) { l.Effective = b.today.AddDate(0, 3, 0) })
}

// lame is a mapped customer whose line bills nothing.
func (b leaking) lame(why string, change func(*cwsim.Addition)) {
	c := b.customer()
	o, a, l := b.fed(c)
	b.Sim.UpdateAddition(a.ID, l.ID, change)
	b.leaks(NotBilling, place{c, a, l.ID}, c.seats, why).Organization = o.Name
}

// lineMissing is mapped to an agreement without a line.
func (b leaking) lineMissing() {
	c := b.customer()
	a := b.agreement(c)
	b.mapTo(b.organization(c), c, a)
	b.leaks(NotBilling, place{c, a, 0}, c.seats, "no line").Organization = c.name
}

// lineEnded had a line that somebody ended.
func (b leaking) lineEnded() {
	c := b.customer()
	o, a, l := b.fed(c)
	b.Sim.CancelAddition(a.ID, l.ID, b.today.AddDate(0, -1, 0))
	b.leaks(NotBilling, place{c, a, 0}, c.seats, "its only line has ended").Organization = o.Name
}

// fedByNobody is billed by hand and has no organization.
func (b leaking) fedByNobody() {
	c := b.customer()
	a := b.agreement(c)
	b.leaks(Unfed, place{c, a, b.line(c, a, c.seats).ID}, -c.seats, "billed by hand, and no organization")
}

// yearByHand is billed by hand for a year at once, and has no organization.
func (b leaking) yearByHand() {
	c := b.dollars(b.customer())
	a := b.agreement(c)
	l := b.line(c, a, c.seats)
	yearly(b.builder, a, l)
	b.leaks(Unfed, place{c, a, l.ID}, -c.seats, "billed by hand by the year, and no organization")
}

// otherTypes is billed by hand, and no import of customers finds its company.
func (b leaking) otherTypes() {
	types := []int{3, 5, 6}
	c := b.customerOf(types[b.chance.IntN(len(types))])
	a := b.agreement(c)
	b.leaks(Unfed, place{c, a, b.line(c, a, c.seats).ID}, -c.seats, "a company that is not imported")
}

// sameNameNotMapped is billed by hand, and the organization of the same name is mapped to nothing: the line is one that nobody feeds, and
// no seat is billed for nothing.
func (b leaking) sameNameNotMapped() {
	b.byHand(0, 0, "by hand as many as the organization of the same name has")
}

// fewerByHand is billed by hand what it had once, and its organization of the same name has grown.
func (b leaking) fewerByHand() {
	c := b.byHand(40, 0, "by hand fewer than the organization of the same name has")
	b.leaks(Unbilled, place{c, cwsim.Agreement{}, 0}, 40, "joined since somebody counted").Organization = c.name
}

// moreByHand is billed by hand what it had once, and its organization of the same name has become smaller.
func (b leaking) moreByHand() {
	b.byHand(0, 3, "by hand more than the organization of the same name has")
}

// byHand has a line that nobody feeds and an organization of the same name; some joined and some left since somebody counted.
func (b leaking) byHand(joined, left int, why string) customer {
	c := b.customer()
	a := b.agreement(c)
	l := b.line(c, a, c.seats+left)
	b.organization(c, func(o *Organization) { o.Members += joined })
	b.leaks(Unfed, place{c, a, l.ID}, -left, why)
	return c
}

// twinInPlace is mapped, and its seats are on the line of the product's twin, but for those that joined.
func (b leaking) twinInPlace() {
	const joined = 6
	c := b.dollars(b.customer())
	a := b.agreement(c)
	l := b.line(c, a, c.seats, func(l *cwsim.Addition) { l.ProductID = b.Twin.ID })
	o := b.organization(c, func(o *Organization) { o.Members += joined })
	b.mapTo(o, c, a)
	b.leaks(Unfed, place{c, a, l.ID}, 0, "a twin's line in the place of the product's")
	b.leaks(NotBilling, place{c, a, 0}, joined, "joined since somebody counted").Organization = o.Name
}

// secondAgreement has a line on an agreement that it is not mapped to as well.
func (b leaking) secondAgreement() {
	c := b.customer()
	b.fed(c)
	a := b.agreement(c, func(a *cwsim.Agreement) { a.Name = "Security Subscription" })
	b.leaks(Unfed, place{c, a, b.line(c, a, 3).ID}, -3, "a line on another agreement of the company")
}

// secondLine has two open lines on its agreement, of which one bills its seats.
func (b leaking) secondLine() {
	c := b.customer()
	_, a, _ := b.fed(c)
	n := c.seats + 5
	b.leaks(Unfed, place{c, a, b.line(c, a, n).ID}, -n, "a second open line")
}

// twinLine has a line of the same product with other punctuation, too.
func (b leaking) twinLine() {
	c := b.dollars(b.customer())
	_, a, _ := b.fed(c)
	l := b.line(c, a, 4, func(l *cwsim.Addition) { l.ProductID = b.Twin.ID })
	b.leaks(Unfed, place{c, a, l.ID}, -4, "a line of the product's twin")
}

// formerPlan still has the line of the plan that it left.
func (b leaking) formerPlan() {
	c := b.customer()
	c.plan = "Business"
	_, a, _ := b.fed(c)
	c.plan = "Enterprise"
	b.leaks(Unfed, place{c, a, b.line(c, a, 7).ID}, -7, "the line of the former plan")
}

// vaultLine is billed by a product called Nord Pass that nobody mapped.
func (b leaking) vaultLine() { b.onOther(b.Vault, "5.50") }

// oldLine is billed by the inactive product of years ago.
func (b leaking) oldLine() { b.onOther(b.Old, "4.00") }

func (b leaking) onOther(product cwsim.CatalogItem, price string) {
	c := b.customer()
	a := b.agreement(c)
	b.line(c, a, c.seats, func(l *cwsim.Addition) { l.ProductID, l.UnitPrice = product.ID, amount(price) })
	b.onProducts = append(b.onProducts, onProduct{product.ID, c.currency, c.seats, price})
}

// trialWithLine is billed for a trial.
func (b leaking) trialWithLine() {
	b.unlicensed("Trial", b.today.AddDate(0, 2, 0), "a trial with a line")
}

// ownWithLine is the NFR organization, billed.
func (b leaking) ownWithLine() { b.unlicensed("NFR", time.Time{}, "NFR with a line") }

func (b leaking) unlicensed(license string, ends time.Time, why string) {
	c := b.customer()
	a := b.agreement(c)
	l := b.line(c, a, c.seats)
	o := b.organization(c, func(o *Organization) { o.License, o.TrialEnds = license, ends })
	b.mapTo(o, c, a)
	b.leaks(Unlicensed, place{c, a, l.ID}, -c.seats, why).Organization = o.Name
}

// wrongPrice pays more or less than everybody else in its currency.
func (b leaking) wrongPrice() {
	c := b.dollars(b.customer())
	price := []string{"3.99", "5.99", "4.90"}[b.customers%3]
	if b.customers%4 == 0 {
		c.currency, price = "EUR", "4.09"
	}
	_, a, l := b.fed(c)
	b.Sim.UpdateAddition(a.ID, l.ID, func(l *cwsim.Addition) { l.UnitPrice = amount(price) })
	leak := b.leaks(Price, place{c, a, l.ID}, c.seats, "another price than everybody's")
	leak.Money = seats(c.seats).Mul(amount(c.price()).Sub(amount(price))).Round(2)
}

// byTheYear pays twelve months at once.
func (b lookalike) byTheYear() {
	const some = 2 // one alone is no custom
	for range some {
		c := b.dollars(b.customer())
		_, a, l := b.fed(c)
		yearly(b.builder, a, l)
		b.decoy("a line that costs twelve times as much, on an agreement that bills by the year", c, a, l.ID)
	}
}

// yearly makes an agreement bill by the year, and its line cost twelve months.
func yearly(b *builder, a cwsim.Agreement, l cwsim.Addition) {
	const months = 12
	b.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillingCycle = "Annual" })
	b.Sim.UpdateAddition(a.ID, l.ID, func(l *cwsim.Addition) { l.UnitPrice = l.UnitPrice.Mul(seats(months)) })
}

// oldEndedLine has a line of years ago beside the open one.
func (b lookalike) oldEndedLine() {
	c := b.customer()
	_, a, _ := b.fed(c)
	old := b.line(c, a, 9, func(l *cwsim.Addition) { l.Cancelled = b.today.AddDate(-1, 0, 0) })
	b.decoy("a line that ended a year ago", c, a, old.ID)
}

// endedAgreements have open lines that bill nothing any more.
func (b lookalike) endedAgreements() {
	c := b.customer()
	b.fed(c)
	expired := b.agreement(c, func(a *cwsim.Agreement) { a.Name, a.End = "Managed Services (old)", b.today.AddDate(-1, 0, 0) })
	b.decoy("an open line on an agreement that expired", c, expired, b.line(c, expired, 12).ID)
	cancelled := b.agreement(c, func(a *cwsim.Agreement) { a.Name = "Block Time" })
	l := b.line(c, cancelled, 6)
	b.Sim.CancelAgreement(cancelled.ID, b.today.AddDate(0, -6, 0))
	b.decoy("an open line on a cancelled agreement", c, cancelled, l.ID)
}

// laterAgreement starts next year.
func (b lookalike) laterAgreement() {
	c := b.customer()
	b.fed(c)
	start := time.Date(b.today.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
	a := b.agreement(c, func(a *cwsim.Agreement) { a.Name, a.Start, a.BillStart = "Renewal", start, start })
	b.decoy("a line on an agreement that starts next year", c, a, b.line(c, a, c.seats).ID)
}

// emptyLine says 0.
func (b lookalike) emptyLine() {
	c := b.customer()
	a := b.agreement(c)
	b.decoy("a line of 0 that nobody feeds", c, a, b.line(c, a, 0).ID)
}

// bundled is a line that bills nothing and only carries a cost, inside something else that is billed.
func (b lookalike) bundled() {
	c := b.customer()
	a := b.agreement(c)
	l := b.line(c, a, c.seats, func(l *cwsim.Addition) { l.BillCustomer = "DoNotBill" })
	b.decoy("a line inside a bundle that is not billed to the customer, and nobody feeds", c, a, l.ID)
}

// companyTwice is in ConnectWise twice; the second has an agreement without a line.
func (b lookalike) companyTwice() {
	c := b.customer()
	b.fed(c)
	twice := c
	twice.company = b.Sim.AddCompany(cwsim.Company{Name: c.name, Identifier: c.company.Identifier + "X", StatusID: 1, TypeIDs: []int{1}})
	b.decoy("the same company once more, without a line", twice, b.agreement(twice), 0)
}

// nearName is another company with almost the same name.
func (b lookalike) nearName() {
	c := b.customer()
	b.fed(c)
	near := c
	near.name += " (Holding)"
	near.company = b.Sim.AddCompany(cwsim.Company{Name: near.name, Identifier: c.company.Identifier + "H", StatusID: 1, TypeIDs: []int{1}})
	b.decoy("a company of almost the same name, without a line", near, b.agreement(near), 0)
}

// parentAndChild is billed on a child agreement; its parent has no line.
func (b lookalike) parentAndChild() {
	c := b.customer()
	parent := b.agreement(c)
	child := b.agreement(c, func(a *cwsim.Agreement) { a.Name, a.ParentID = "Passwords", parent.ID })
	l := b.line(c, child, c.seats)
	b.mapTo(b.organization(c), c, child)
	b.decoy("a line on a child agreement", c, child, l.ID)
}

// trialBesideOthers shares a line that bills the others alone.
func (b lookalike) trialBesideOthers() {
	c := b.customer()
	_, a, l := b.fed(c)
	trial := b.organization(c, func(o *Organization) {
		o.Name, o.License, o.TrialEnds, o.Members = c.name+" Lab", "Trial", b.today.AddDate(0, 1, 0), 3
	})
	b.mapTo(trial, c, a)
	b.decoy("a trial on a line that bills only others", c, a, l.ID)
}

// otherQuantity has a line that the next sync corrects.
func (b lookalike) otherQuantity() {
	c := b.customer()
	_, a, l := b.fed(c)
	b.Sim.SetQuantity(a.ID, l.ID, seats(c.seats+2).String(), "rdale")
	b.decoy("another quantity than is due, which a sync writes", c, a, l.ID)
}

// noSeats has an agreement and a line of 0, and an organization whose trial is not over.
func (b lookalike) noSeats() {
	c := b.customer()
	a := b.agreement(c)
	l := b.line(c, a, 0)
	o := b.organization(c, func(o *Organization) { o.License, o.TrialEnds = "Trial", b.today.AddDate(0, 1, 0) })
	b.mapTo(o, c, a)
	b.decoy("a trial with a line of 0", c, a, l.ID)
}

// seatsNotKnown is an organization of which nobody said who its members are.
func (b lookalike) seatsNotKnown() {
	c := b.nobody()
	b.organization(c, func(o *Organization) { o.Members = 0 })
	b.decoy("an organization whose seats are not known", c, cwsim.Agreement{}, 0)
}

// noCustomerOfOurs buys other things.
func (b lookalike) noCustomerOfOurs() {
	c := b.customer()
	a := b.agreement(c)
	l := b.line(c, a, 40, func(l *cwsim.Addition) { l.ProductID, l.Description = b.Sim.Catalog()[0].ID, "Endpoint protection" })
	b.decoy("a line of another product", c, a, l.ID)
}

// trialWithoutLine is mapped, and nothing is billed.
func (b lookalike) trialWithoutLine() {
	c := b.customer()
	a := b.agreement(c)
	b.mapTo(b.organization(c, func(o *Organization) { o.License, o.TrialEnds = "Trial", b.today.AddDate(0, 2, 0) }), c, a)
	b.decoy("a trial without a line", c, a, 0)
}

// twoOrganizations share a line that bills both.
func (b lookalike) twoOrganizations() {
	c := b.customer()
	_, a, l := b.fed(c)
	other := b.organization(c, func(o *Organization) { o.Name, o.Members = c.name+" North", 6 })
	b.mapTo(other, c, a)
	b.Sim.SetQuantity(a.ID, l.ID, seats(c.seats+6).String(), "rdale")
	b.decoy("a line that bills two organizations", c, a, l.ID)
}
