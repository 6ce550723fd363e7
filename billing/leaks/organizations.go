package leaks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// free says whether an organization's license is one that is not billed, and no seats of it are: a trial that is over bills.
func (o Organization) free() bool {
	return (o.License == store.Trial || o.License == store.NFR) && o.Seats == 0
}

func licenseName(l store.License) string {
	if l == store.NFR {
		return "NFR"
	}
	return "Trial"
}

// feedsFree says whether a trial or NFR organization of that plan is mapped to the agreement.
func (f *finder) feedsFree(a Agreement, p store.Plan) bool { return f.freeOne(a, p).ID != 0 }

func (f *finder) freeOne(a Agreement, p store.Plan) Organization {
	for _, id := range a.Feeds {
		if o := f.byID[id]; o.free() && o.Plan == p {
			return o
		}
	}
	return Organization{}
}

// unlicensed finds lines that bill more than an agreement's other organizations have, where one is on a trial or NFR.
func (f *finder) unlicensed(a Agreement) {
	if plan.AnyUnknown(a.Wants) {
		return
	}
	for _, p := range f.Products {
		o := f.freeOne(a, p.Plan)
		carrier, _ := f.carrier(a, p)
		if o.ID == 0 {
			continue
		}
		f.counts[Unlicensed]++
		if carrier == nil {
			continue
		}
		due := decimal.NewFromInt(int64(a.Wants[p.Plan].Seats))
		if over := f.billed(a, *carrier).Sub(due); over.IsPositive() && f.worth(a, *carrier).IsPositive() {
			f.billedFree(a, *carrier, o, over)
		}
	}
}

func (f *finder) billedFree(a Agreement, line connectwise.Addition, o Organization, over decimal.Decimal) {
	l := f.about(Unlicensed, a, &line)
	l.OrganizationID = o.ID
	l.Sentence = fmt.Sprintf("%s has the license %s, which is not billed, and line %d bills %s%s.",
		o.Name, licenseName(o.License), line.ID, seatsOf(line.Quantity), byHand(line))
	l.Next = Step{Kind: LookAtLicense, Name: o.Name, OrganizationID: o.ID, AgreementID: a.Found.ID}
	f.wholly[line.ID] = f.wholly[line.ID] || over.Equal(f.billed(a, line))
	f.add(l.priced(over.Neg(), line.UnitPrice), "license "+string(o.License))
}

// organizations finds those with billable seats that are not mapped, and counts those whose seats are not known.
func (f *finder) organizations() {
	for _, o := range f.Organizations {
		if !o.Managed {
			continue
		}
		if !o.Known {
			f.notKnown++
			continue
		}
		f.counts[Unbilled]++
		if o.AgreementID == 0 && o.Seats > 0 {
			f.unbilled(o)
		}
	}
}

// unbilled is what no line bills of an organization's seats. What a line that nobody feeds bills of them, on the company of the same name,
// is said of that line: mapping the organization mends both.
func (f *finder) unbilled(o Organization) {
	all := decimal.NewFromInt(int64(o.Seats))
	lines := f.named(o)
	seats := f.cover(lines, all)
	sentence := fmt.Sprintf("%s has the same name and %s to bill.", o.Name, seatsOf(all))
	f.note(lines, sentence, fmt.Sprintf("organization %d has %s", o.ID, all),
		Step{Kind: AcceptSuggestion, Name: o.Name, OrganizationID: o.ID, CompanyID: companyOf(o)})
	if seats.IsZero() {
		return
	}
	l := f.notMapped(o, seats)
	if len(lines) == 0 {
		f.add(l)
		return
	}
	l.Sentence = fmt.Sprintf("%s of %s that no line bills: lines on the company %s, which has the same name, bill the rest by hand.",
		seatsOf(seats), all, o.Suggestion.Company)
	if of := f.found[lines[0].leak]; len(lines) == 1 {
		l.Code, l.cycle = of.Code, of.cycle
		l = l.priced(seats, of.UnitPrice)
	}
	f.add(l, "of "+all.String())
}

func companyOf(o Organization) int {
	if o.Suggestion == nil {
		return 0
	}
	return o.Suggestion.CompanyID
}

// notMapped is an organization with seats that are to be billed at the usual price.
func (f *finder) notMapped(o Organization, seats decimal.Decimal) Leak {
	l := Leak{
		Key: Key{Kind: Unbilled, OrganizationID: o.ID}, Who: o.Name, Where: o.Plan.Name() + ", not mapped",
		Code: f.currencyOf(o), cycle: f.period,
		Sentence: fmt.Sprintf("%s to bill, and no company of ConnectWise is mapped. None has a name like it.", seatsOf(seats)),
		Next:     Step{Kind: MapOrganization, Name: o.Name, OrganizationID: o.ID},
	}
	if s := o.Suggestion; s != nil {
		like := "looks like it"
		if s.Certain {
			like = "has the same name"
		}
		l.Sentence = fmt.Sprintf("%s to bill, and nobody is mapped. The company %s %s.", seatsOf(seats), s.Company, like)
		l.Next = Step{Kind: AcceptSuggestion, Name: s.Company, OrganizationID: o.ID, CompanyID: s.CompanyID}
	}
	price := decimal.NullDecimal{}
	if i := slices.IndexFunc(f.Products, func(p plan.MappedProduct) bool { return p.Plan == o.Plan }); i >= 0 {
		price = f.priceIn(f.Products[i], l.Code, f.period)
	}
	return l.priced(seats, price)
}

// currencyOf is what an organization would be billed in: the one currency of the agreements of the company that has its name, or else
// that of most lines. A company that only looks like it says nothing.
func (f *finder) currencyOf(o Organization) string {
	if o.Suggestion == nil || !o.Suggestion.Certain {
		return f.home
	}
	codes := slices.Clone(f.Currencies[o.Suggestion.CompanyID])
	slices.Sort(codes)
	switch codes = slices.Compact(codes); len(codes) {
	case 0:
		return f.home
	case 1:
		return codes[0]
	}
	return ""
}

// unmappedProducts finds the open lines of products that are called NordPass and are neither mapped nor twins of those that are.
func (f *finder) unmappedProducts() {
	for _, item := range f.Named {
		f.counts[UnmappedProduct]++
		if _, ours := ProductOf(connectwise.Reference{ID: item.ID, Identifier: item.Identifier}, f.Products); !ours {
			f.unmappedProduct(item)
		}
	}
}

// productLines are the lines of a product in one currency.
type productLines struct {
	seats     decimal.Decimal
	worth     decimal.NullDecimal // a month; not valid: that of a line is not known
	lines     int
	companies []string
}

func (f *finder) unmappedProduct(item Item) {
	in := map[string]*productLines{}
	for _, a := range f.Agreements {
		for _, line := range a.Additions {
			if line.Product.ID != item.ID || !f.worth(a, line).IsPositive() {
				continue
			}
			code := a.Found.Currency
			if in[code] == nil {
				in[code] = &productLines{worth: decimal.NewNullDecimal(decimal.Zero)}
			}
			worth := f.billed(a, line).Mul(line.UnitPrice.Decimal)
			in[code].add(f.billed(a, line), a.cycle().aMonth(decimal.NewNullDecimal(worth), code), a.company())
		}
	}
	for _, code := range slices.Sorted(maps.Keys(in)) {
		f.add(in[code].leak(item, code), fmt.Sprintf("lines %d", in[code].lines),
			"worth "+money.Text(in[code].worth, code))
	}
}

func (p *productLines) add(seats decimal.Decimal, worth decimal.NullDecimal, company string) {
	p.seats, p.lines = p.seats.Add(seats), p.lines+1
	p.worth = decimal.NullDecimal{Decimal: p.worth.Decimal.Add(worth.Decimal), Valid: p.worth.Valid && worth.Valid}
	if !slices.Contains(p.companies, company) {
		p.companies = append(p.companies, company)
	}
}

func (p *productLines) leak(item Item, code string) Leak {
	sentence := fmt.Sprintf("The product %q is called NordPass and is not mapped: %s on open lines of %s.",
		item.Description, seatsOf(p.seats), some(p.companies))
	return Leak{
		Key: Key{Kind: UnmappedProduct, ProductID: item.ID, Currency: code}, Who: item.Identifier, Where: "product", Code: code,
		Sentence: sentence, Seats: p.seats.Neg(), cycle: monthly,
		Money: decimal.NullDecimal{Decimal: p.worth.Decimal.Neg(), Valid: p.worth.Valid},
		Next:  Step{Kind: LookAtProducts, Name: item.Identifier},
	}
}
