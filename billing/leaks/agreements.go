package leaks

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// agreement finds what leaks on one agreement.
func (f *finder) agreement(a Agreement) {
	if len(a.Feeds) == 0 {
		f.counts[Unfed] += len(a.Additions)
		f.unfedLines(a)
		return
	}
	known := !plan.AnyUnknown(a.Wants)
	if known && (a.Read || a.Gone != "") {
		f.counts[NotBilling]++
	}
	if due := a.due(); known && due.IsPositive() && f.whole(a, due) {
		return
	}
	if !a.Read {
		if a.Gone == "" { // its lines are not there to be read, and bill nothing
			f.unread++
		}
		return
	}
	f.counts[Unfed] += len(a.Additions)
	f.twins(a)
	for _, p := range f.Products {
		f.product(a, p, known)
	}
	f.unlicensed(a)
}

// due is how many seats are to be billed on an agreement.
func (a Agreement) due() decimal.Decimal {
	n := 0
	for _, w := range a.Wants {
		n += w.Seats
	}
	return decimal.NewFromInt(int64(n))
}

// whole finds that the agreement as a whole bills nothing of what is due.
func (f *finder) whole(a Agreement, due decimal.Decimal) bool {
	l := f.about(NotBilling, a, nil)
	l.Where = fmt.Sprintf("#%d", a.Found.ID)
	l.Next = Step{Kind: MendMapping, Name: a.company(), CompanyID: l.companyID, AgreementID: a.Found.ID}
	if a.Gone != "" {
		l.Sentence = fmt.Sprintf("%s %s are due for %s.", a.Gone, seatsOf(due), some(a.names("")))
		f.add(f.atAll(a, l), a.Gone)
		return true
	}
	i := slices.IndexFunc(f.findings(a), func(found store.Finding) bool { return found.Subject == store.AboutProducts })
	if !a.Read || i < 0 {
		return false
	}
	found := f.findings(a)[i]
	l.Sentence = fmt.Sprintf("%s %s are due for %s.", found.Sentence, seatsOf(due), some(a.names("")))
	l.Next.Kind, l.Answer = LookAtAgreement, f.answered(found)
	f.add(f.atAll(a, l), found.Facts)
	return true
}

// atAll prices all that is due on an agreement, each plan at the price of its line or the usual one.
func (f *finder) atAll(a Agreement, l Leak) Leak {
	seats, worth, priced, prices := decimal.Zero, decimal.Zero, true, 0
	var price decimal.NullDecimal
	for _, p := range f.Products {
		n := decimal.NewFromInt(int64(a.Wants[p.Plan].Seats))
		if n.IsZero() {
			continue
		}
		price = f.priceOn(a, p)
		prices++
		seats = seats.Add(n)
		of := l.priced(n, price)
		worth, priced = worth.Add(of.Money.Decimal), priced && of.Money.Valid
	}
	if prices == 0 { // the products are not mapped yet
		return l.priced(a.due(), decimal.NullDecimal{})
	}
	l.Seats, l.Money = seats, decimal.NullDecimal{Decimal: worth, Valid: priced}
	if prices == 1 {
		l.UnitPrice = price
	}
	return l
}

// findings are what a reading of the agreement says.
func (f *finder) findings(a Agreement) []store.Finding {
	if !a.Read || a.Gone != "" {
		return nil
	}
	return plan.Read(a.Situation, f.Products, plan.Plan(a.Situation, f.Products, f.Today), f.Today).Findings
}

// product finds what leaks of one product on a mapped agreement.
func (f *finder) product(a Agreement, p plan.MappedProduct, known bool) {
	if !f.canBill(a) {
		return
	}
	carrier, others := f.carrier(a, p)
	for _, line := range others {
		f.second(a, p, line, carrier)
	}
	due := decimal.NewFromInt(int64(a.Wants[p.Plan].Seats))
	switch {
	case !known:
	case carrier == nil && due.IsPositive():
		f.noLine(a, p, due)
	case carrier != nil && due.IsPositive():
		f.lame(a, p, *carrier, due)
	case carrier != nil && f.worth(a, *carrier).IsPositive() && !f.feedsFree(a, p.Plan):
		f.leftOver(a, *carrier)
	}
}

// carrier is the line that carries the product's seats, and the other open ones of the product. Where nobody has said yet which of
// several it is, it is supposed to be the one whose quantity is next to what is due, and the older of equals.
func (f *finder) carrier(a Agreement, p plan.MappedProduct) (*connectwise.Addition, []connectwise.Addition) {
	var lines []connectwise.Addition
	for _, line := range a.Additions {
		if line.Product.ID == p.ID && plan.Carrier([]connectwise.Addition{line}, nil, p, f.Today) != 0 {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil, nil
	}
	due := decimal.NewFromInt(int64(a.Wants[p.Plan].Seats))
	carrying := plan.Carrier(a.Additions, a.Lines, p, f.Today)
	at := slices.IndexFunc(lines, func(l connectwise.Addition) bool { return l.ID == carrying })
	if at < 0 {
		at = 0
		for i, l := range lines {
			if l.Quantity.Sub(due).Abs().LessThan(lines[at].Quantity.Sub(due).Abs()) {
				at = i
			}
		}
	}
	line := lines[at]
	return &line, slices.Delete(lines, at, at+1)
}

// second is another open line of the product beside the one that carries the seats.
func (f *finder) second(a Agreement, p plan.MappedProduct, line connectwise.Addition, carrier *connectwise.Addition) {
	sentence := fmt.Sprintf("Two lines of %s are open: %d with %s, and this one with %s%s. ConnectWise bills both.",
		p.Identifier, carrier.ID, carrier.Quantity, line.Quantity, byHand(line))
	next := Step{Kind: LookAtAgreement, Name: a.company(), CompanyID: a.Found.Company.ID, AgreementID: a.Found.ID}
	f.forNothing(a, line, sentence, next)
}

// forNothing is a line that nobody feeds.
func (f *finder) forNothing(a Agreement, line connectwise.Addition, sentence string, next Step) {
	if !f.worth(a, line).IsPositive() {
		return
	}
	l := f.about(Unfed, a, &line)
	l.Sentence, l.Next = sentence, next
	for _, subject := range []store.Subject{store.AboutSecond, store.AboutUnfed} {
		k := store.FindingKey{AgreementID: a.Found.ID, ProductID: line.Product.ID, Subject: subject, AdditionID: line.ID}
		if said, ok := f.Findings[k]; ok && said.Quantity.Decimal.Equal(line.Quantity) {
			l.Answer = &Answer{Note: said.Note, By: said.AnsweredBy, At: said.AnsweredAt, Finding: true}
		}
	}
	f.wholly[line.ID] = true
	f.keepHand(a, line)
	f.add(l.priced(f.billed(a, line).Neg(), line.UnitPrice))
}

// unfedLines are the lines of an agreement that no organization is mapped to.
func (f *finder) unfedLines(a Agreement) {
	for _, line := range a.Additions {
		p, ours := ProductOf(line.Product, f.Products)
		if !ours {
			continue
		}
		next := Step{Kind: MapCompany, Name: a.company(), CompanyID: a.Found.Company.ID, AgreementID: a.Found.ID}
		if !a.Imported {
			next.Kind = ImportCompanies
		}
		sentence := fmt.Sprintf("%s, %s%s. No organization is mapped to the agreement.", nameOf(p), seatsOf(line.Quantity), byHand(line))
		f.forNothing(a, line, sentence, next)
	}
}

// twins are the lines of a mapped agreement whose product is the same as a mapped one up to case and punctuation: no sync keeps them up.
func (f *finder) twins(a Agreement) {
	for _, line := range a.Additions {
		p, ours := ProductOf(line.Product, f.Products)
		if !ours || p.ID == line.Product.ID {
			continue
		}
		sentence := fmt.Sprintf("A line of %s, which is not the mapped product %s: %s%s, and no sync keeps it up.",
			line.Product.Identifier, p.Identifier, seatsOf(line.Quantity), byHand(line))
		f.forNothing(a, line, sentence, Step{Kind: LookAtProducts, Name: a.company(), AgreementID: a.Found.ID})
	}
}

// nameOf is what a product is called beside its plan.
func nameOf(p plan.MappedProduct) string {
	return p.Plan.Name() + " (" + p.Identifier + ")"
}

// leftOver is the line of a plan that none of the agreement's organizations has seats on.
func (f *finder) leftOver(a Agreement, line connectwise.Addition) {
	sentence := fmt.Sprintf("%s of %s%s, and none of the agreement's organizations has seats on that plan.",
		seatsOf(line.Quantity), line.Product.Identifier, byHand(line))
	f.forNothing(a, line, sentence, Step{Kind: SyncNow, Name: a.company(), AgreementID: a.Found.ID})
}

// noLine is seats that no line bills, though an agreement is chosen for them. What a twin bills of them is said of its line.
func (f *finder) noLine(a Agreement, p plan.MappedProduct, all decimal.Decimal) {
	due := all
	if twins := f.twinsOf(a, p); len(twins) > 0 {
		due = f.cover(twins, all)
		f.note(twins, fmt.Sprintf("%s are due, and no other line bills them.", seatsOf(all)), "due "+all.String(),
			Step{Kind: LookAtProducts, Name: a.company(), AgreementID: a.Found.ID})
	}
	if due.IsZero() {
		return
	}
	l := f.about(NotBilling, a, nil)
	l.ProductID = p.ID
	l.Next = Step{Kind: SyncNow, Name: a.company(), CompanyID: l.companyID, AgreementID: a.Found.ID}
	l.Sentence = fmt.Sprintf("%s are due for %s, and the agreement has no line of %s.", seatsOf(due), some(a.names(p.Plan)), p.Identifier)
	fact := "no line"
	if ended := plan.Ended(a.Situation, p, f.Today); len(ended) > 0 {
		last := ended[len(ended)-1]
		fact = "ended " + last.CancelledDate.String()
		l.Sentence = fmt.Sprintf("%s are due for %s; line %d of %s ended on %s.",
			seatsOf(due), some(a.names(p.Plan)), last.ID, p.Identifier, dayOf(last.CancelledDate))
	}
	if !due.Equal(all) {
		fact += "; of " + all.String()
		l.Sentence += fmt.Sprintf(" They are what the line of another product does not bill of %s.", seatsOf(all))
	}
	f.add(l.priced(due, f.priceOn(a, p)), fact)
}

// lameSubjects are what a reading says of a line that bills nothing.
var lameSubjects = []store.Subject{store.AboutCustomer, store.AboutPrice}

// lame is a line that is there, and bills nothing of its quantity.
func (f *finder) lame(a Agreement, p plan.MappedProduct, line connectwise.Addition, due decimal.Decimal) {
	l := f.about(NotBilling, a, &line)
	l.Next = Step{Kind: LookAtAgreement, Name: a.company(), CompanyID: l.companyID, AgreementID: a.Found.ID}
	for _, found := range f.findings(a) {
		later := found.Subject == store.AboutEnds && line.EffectiveDate.After(f.Today)
		if found.AdditionID != line.ID || !later && !slices.Contains(lameSubjects, found.Subject) {
			continue
		}
		l.Answer = f.answered(found)
		l.Sentence = fmt.Sprintf("%s %s are due for %s.", found.Sentence, seatsOf(due), some(a.names(p.Plan)))
		f.wholly[line.ID] = true
		f.add(l.priced(due, f.priceAt(a, p, line.UnitPrice)), found.Facts)
		return
	}
}
