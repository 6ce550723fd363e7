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

// learnPrices finds the usual price of each product in each currency, and the currency that the catalog is in: ConnectWise does not say
// it, so it is the one in which most lines cost what the catalog says, or else that of most lines.
func (f *pricing) learnPrices() {
	counted, currencies := map[productCurrency]map[string]int{}, map[string]int{}
	for _, a := range f.Agreements {
		for _, line := range a.Additions {
			if !f.mapped(line.Product.ID) || !f.worth(a, line).IsPositive() {
				continue
			}
			k := productCurrency{line.Product.ID, a.Found.Currency}
			if counted[k] == nil {
				counted[k] = map[string]int{}
			}
			counted[k][line.UnitPrice.Decimal.String()]++
			currencies[a.Found.Currency]++
		}
	}
	f.home = cmp.Or(mostFrequent(f.asListed(counted, currencies)), mostFrequent(currencies), f.commonCurrency())
	f.usual = map[productCurrency]decimal.Decimal{}
	for k, prices := range counted {
		f.learn(k, prices)
	}
}

// asListed are the currencies in which a product costs most often what the catalog says, with their lines.
func (f *pricing) asListed(counted map[productCurrency]map[string]int, lines map[string]int) map[string]int {
	listed := map[string]int{}
	for _, p := range f.Products {
		for currency, n := range lines {
			prices := counted[productCurrency{p.ID, currency}]
			if most := mostFrequent(prices); most != "" && p.Price.Valid && decimal.RequireFromString(most).Equal(p.Price.Decimal) {
				listed[currency] = n
			}
		}
	}
	return listed
}

// learn keeps which price is usual: that of most lines and, among equals, the catalog's, where it is in that currency.
func (f *pricing) learn(k productCurrency, prices map[string]int) {
	most := slices.Max(slices.Collect(maps.Values(prices)))
	listed := f.listed(k.product, k.currency)
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

// listed is the catalog's price of a mapped product in a currency; not valid: it has none, or in another currency.
func (f *pricing) listed(product int, currency string) decimal.NullDecimal {
	for _, p := range f.Products {
		if p.ID == product && p.Price.Valid && p.Price.Decimal.IsPositive() && currency == f.home {
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

// priceIn is what a seat of the product costs in a currency: what is usual there, or else the catalog's price.
func (f *pricing) priceIn(p plan.MappedProduct, currency string) decimal.NullDecimal {
	if usual, known := f.usual[productCurrency{p.ID, currency}]; known {
		return decimal.NewNullDecimal(usual)
	}
	return f.listed(p.ID, currency)
}

// priceAt is a line's own price, or what is usual where it has none.
func (f *finder) priceAt(a Agreement, p plan.MappedProduct, own decimal.NullDecimal) decimal.NullDecimal {
	if own.Valid && own.Decimal.IsPositive() {
		return own
	}
	return f.priceIn(p, a.Found.Currency)
}

// priceOn is what a seat of the product costs on an agreement.
func (f *finder) priceOn(a Agreement, p plan.MappedProduct) decimal.NullDecimal {
	carrier, _ := f.carrier(a, p)
	if carrier == nil {
		return f.priceIn(p, a.Found.Currency)
	}
	return f.priceAt(a, p, carrier.UnitPrice)
}

// prices finds lines whose price is another one than the usual, and products whose usual price is another one than the catalog's.
func (f *finder) prices() {
	usually := map[productCurrency]decimal.Decimal{}
	for _, a := range f.Agreements {
		for _, line := range a.Additions {
			if !f.mapped(line.Product.ID) || !f.worth(a, line).IsPositive() {
				continue
			}
			f.counts[Price]++
			k := productCurrency{line.Product.ID, a.Found.Currency}
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

func byProduct(a, b productCurrency) int {
	return cmp.Or(a.product-b.product, cmp.Compare(a.currency, b.currency))
}

func (f *finder) otherPrice(a Agreement, line connectwise.Addition, usual decimal.Decimal) {
	l := f.about(Price, a, &line)
	seats, code := f.billed(a, line), a.Found.Currency
	own, custom := money.Price(line.UnitPrice, code), money.Price(decimal.NewNullDecimal(usual), code)
	l.Sentence = fmt.Sprintf("%s of %s at %s %s; %s %s is what is usual.", seatsOf(seats), line.Product.Identifier, own, code, custom, code)
	l.Seats, l.Money = seats, decimal.NewNullDecimal(money.Round(seats.Mul(usual.Sub(line.UnitPrice.Decimal)), code))
	l.Next = Step{Kind: LookAtAgreement, Name: a.company(), CompanyID: l.companyID, AgreementID: a.Found.ID}
	f.add(l, "usual "+custom)
}

// otherThanListed is a product whose lines cost something else than the catalog says: one leak, not one for each line.
func (f *finder) otherThanListed(k productCurrency, seats decimal.Decimal) {
	listed, usual := f.listed(k.product, k.currency), f.usual[k]
	if !listed.Valid || listed.Decimal.Equal(usual) || !seats.IsPositive() {
		return
	}
	i := slices.IndexFunc(f.Products, func(p plan.MappedProduct) bool { return p.ID == k.product })
	l := Leak{
		Key: Key{Kind: Price, ProductID: k.product, Currency: k.currency}, Code: k.currency,
		Who: f.Products[i].Identifier, Where: "product", Next: Step{Kind: LookAtProducts, Name: f.Products[i].Identifier},
	}
	now, catalog := money.Price(decimal.NewNullDecimal(usual), k.currency), money.Price(listed, k.currency)
	l.Sentence = fmt.Sprintf("%s are billed at %s %s, which is usual; the catalog says %s.", seatsOf(seats), now, k.currency, catalog)
	l.Seats, l.UnitPrice = seats, decimal.NewNullDecimal(usual)
	l.Money = decimal.NewNullDecimal(money.Round(seats.Mul(listed.Decimal.Sub(usual)), k.currency))
	f.add(l, "catalog "+catalog)
}
