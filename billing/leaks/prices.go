package leaks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/plan"
	"seatbridge/connectwise"
)

// A usualPrice needs so many lines that have it: one line is no custom.
const linesOfCustom = 2

// learnPrices finds the usual price of each product in each currency and billing cycle, and the currency and cycle that the catalog is in:
// ConnectWise does not say it, so it is the one in which most lines cost what the catalog says, or else the currency of most lines, by the
// month.
func (f *pricing) learnPrices() {
	counted, currencies, lines := map[priceKey]map[string]int{}, map[string]int{}, map[terms]int{}
	for _, a := range f.Agreements {
		for _, line := range a.Additions {
			if !f.mapped(line.Product.ID) || !f.worth(a, line).IsPositive() {
				continue
			}
			k := pricedAs(a, line)
			if counted[k] == nil {
				counted[k] = map[string]int{}
			}
			counted[k][line.UnitPrice.Decimal.String()]++
			currencies[a.Found.Currency]++
			lines[terms{k.currency, k.cycle}]++
		}
	}
	catalog := f.asListed(counted, lines)
	f.home, f.period = cmp.Or(catalog.currency, mostFrequent(currencies), f.commonCurrency()), monthly
	if catalog.currency != "" {
		f.period = catalog.cycle
	}
	f.usual = map[priceKey]decimal.Decimal{}
	for k, prices := range counted {
		f.learn(k, prices)
	}
}

// terms are what a price is in, and for how long.
type terms struct {
	currency string
	cycle    cycle
}

func byTerms(a, b terms) int {
	return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.cycle.name, b.cycle.name))
}

func pricedAs(a Agreement, line connectwise.Addition) priceKey {
	return priceKey{line.Product.ID, a.Found.Currency, a.cycle()}
}

// asListed are the terms of most lines among those on which a product costs most often what the catalog says; without a currency: none.
func (f *pricing) asListed(counted map[priceKey]map[string]int, lines map[terms]int) (catalog terms) {
	for _, p := range f.Products {
		for _, t := range slices.SortedFunc(maps.Keys(lines), byTerms) {
			most := mostFrequent(counted[priceKey{p.ID, t.currency, t.cycle}])
			if most == "" || !p.Price.Valid || !decimal.RequireFromString(most).Equal(p.Price.Decimal) {
				continue
			}
			if catalog.currency == "" || lines[t] > lines[catalog] {
				catalog = t
			}
		}
	}
	return catalog
}

// learn keeps which price is usual: that of most lines and, among equals, the catalog's, where it is in that currency.
func (f *pricing) learn(k priceKey, prices map[string]int) {
	most := slices.Max(slices.Collect(maps.Values(prices)))
	listed := f.listed(k)
	var usual []decimal.Decimal
	for text, n := range prices {
		price := decimal.RequireFromString(text)
		if n == most && listed.Valid && price.Equal(listed.Decimal) {
			usual = []decimal.Decimal{price}
			break
		}
		if n == most {
			usual = append(usual, price)
		}
	}
	switch {
	case len(usual) == 1 && (most >= linesOfCustom || listed.Valid && usual[0].Equal(listed.Decimal)):
		f.usual[k] = usual[0]
	case listed.Valid:
		f.usual[k] = listed.Decimal // no price is more usual than another one
	}
}

func (f *pricing) mapped(product int) bool {
	return slices.ContainsFunc(f.Products, func(p plan.MappedProduct) bool { return p.ID == product })
}

// listed is the catalog's price of a mapped product in a currency and cycle; not valid: it has none, or in others.
func (f *pricing) listed(k priceKey) decimal.NullDecimal {
	for _, p := range f.Products {
		if p.ID == k.product && p.Price.Valid && p.Price.Decimal.IsPositive() && k.currency == f.home && k.cycle == f.period {
			return p.Price
		}
	}
	return decimal.NullDecimal{}
}

// commonCurrency is that of most agreements.
func (f *pricing) commonCurrency() string {
	counted := map[string]int{}
	for _, codes := range f.Currencies {
		for _, code := range codes {
			counted[code]++
		}
	}
	return mostFrequent(counted)
}

// mostFrequent is the first in order of those that occur most often; empty: there is none.
func mostFrequent(counted map[string]int) string {
	best := ""
	for _, text := range slices.Sorted(maps.Keys(counted)) {
		if best == "" || counted[text] > counted[best] {
			best = text
		}
	}
	return best
}

// priceIn is what a seat of the product costs in a currency and cycle: what is usual there, or else the catalog's price.
func (f *pricing) priceIn(p plan.MappedProduct, currency string, in cycle) decimal.NullDecimal {
	k := priceKey{p.ID, currency, in}
	if usual, known := f.usual[k]; known {
		return decimal.NewNullDecimal(usual)
	}
	return f.listed(k)
}

// priceAt is a line's own price, or what is usual where it has none.
func (f *finder) priceAt(a Agreement, p plan.MappedProduct, own decimal.NullDecimal) decimal.NullDecimal {
	if own.Valid && own.Decimal.IsPositive() {
		return own
	}
	return f.priceIn(p, a.Found.Currency, a.cycle())
}

// priceOn is what a seat of the product costs on an agreement.
func (f *finder) priceOn(a Agreement, p plan.MappedProduct) decimal.NullDecimal {
	carrier, _ := f.carrier(a, p)
	if carrier == nil {
		return f.priceIn(p, a.Found.Currency, a.cycle())
	}
	return f.priceAt(a, p, carrier.UnitPrice)
}

// prices finds lines whose price is another one than the usual, and products whose usual price is another one than the catalog's.
func (f *finder) prices() {
	usually := map[priceKey]decimal.Decimal{}
	for _, a := range f.Agreements {
		for _, line := range a.Additions {
			if !f.mapped(line.Product.ID) || !f.worth(a, line).IsPositive() {
				continue
			}
			f.counts[Price]++
			k := pricedAs(a, line)
			usual, known := f.usual[k]
			switch {
			case known && line.UnitPrice.Decimal.Equal(usual):
				usually[k] = usually[k].Add(f.billed(a, line))
			case known && !f.wholly[line.ID]:
				f.otherPrice(a, line, usual)
			}
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(usually), byProduct) {
		f.otherThanListed(k, usually[k])
	}
}

func byProduct(a, b priceKey) int {
	return cmp.Or(a.product-b.product, byTerms(terms{a.currency, a.cycle}, terms{b.currency, b.cycle}))
}

func (f *finder) otherPrice(a Agreement, line connectwise.Addition, usual decimal.Decimal) {
	l := f.about(Price, a, &line)
	seats, code := f.billed(a, line), a.Found.Currency
	own, custom := money.Price(line.UnitPrice, code), money.Price(decimal.NewNullDecimal(usual), code)
	l.Sentence = fmt.Sprintf("%s of %s at %s %s; %s %s is what is usual.", seatsOf(seats), line.Product.Identifier, own, code, custom, code)
	l.Seats, l.Money = seats, l.cycle.aMonth(decimal.NewNullDecimal(seats.Mul(usual.Sub(line.UnitPrice.Decimal))), code)
	l.Next = Step{Kind: LookAtAgreement, Name: a.company(), CompanyID: l.companyID, AgreementID: a.Found.ID}
	f.add(l, "usual "+custom)
}

// otherThanListed is a product whose lines cost something else than the catalog says: one leak, not one for each line.
func (f *finder) otherThanListed(k priceKey, seats decimal.Decimal) {
	listed, usual := f.listed(k), f.usual[k]
	if !listed.Valid || listed.Decimal.Equal(usual) || !seats.IsPositive() {
		return
	}
	i := slices.IndexFunc(f.Products, func(p plan.MappedProduct) bool { return p.ID == k.product })
	l := Leak{
		Key: Key{Kind: Price, ProductID: k.product, Currency: k.currency}, Code: k.currency, cycle: k.cycle,
		Who: f.Products[i].Identifier, Where: "product", Next: Step{Kind: LookAtProducts, Name: f.Products[i].Identifier},
	}
	now, catalog := money.Price(decimal.NewNullDecimal(usual), k.currency), money.Price(listed, k.currency)
	l.Sentence = fmt.Sprintf("%s are billed at %s %s, which is usual; the catalog says %s.", seatsOf(seats), now, k.currency, catalog)
	l.Seats, l.UnitPrice = seats, decimal.NewNullDecimal(usual)
	l.Money = k.cycle.aMonth(decimal.NewNullDecimal(seats.Mul(listed.Decimal.Sub(usual))), k.currency)
	f.add(l, "catalog "+catalog)
}
