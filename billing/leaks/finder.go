package leaks

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// finder finds leaks.
type finder struct {
	pricing
	byID   map[int64]Organization
	found  []Leak
	wholly map[int]bool        // additions of which all is billed for nothing: nobody asks for their price
	hand   map[int][]*handLine // by company: the lines there that nobody feeds
	counts map[Kind]int

	notKnown, unread int
}

// pricing is what is known, and what things cost by it.
type pricing struct {
	Known
	usual  map[priceKey]decimal.Decimal // the price that most lines have
	home   string                       // the currency that the catalog's prices are taken to be in
	period cycle                        // and what they are for
}

// priceKey names the lines that one price is usual for.
type priceKey struct {
	product  int
	currency string
	cycle    cycle
}

func newFinder(k Known) *finder {
	f := &finder{
		pricing: pricing{Known: k}, byID: map[int64]Organization{}, wholly: map[int]bool{}, hand: map[int][]*handLine{}, counts: map[Kind]int{},
	}
	for _, o := range k.Organizations {
		f.byID[o.ID] = o
	}
	f.learnPrices()
	return f
}

// looked leaves out the kinds that need lines which the last scan did not look for.
func (f *finder) looked() []Looked {
	looked := make([]Looked, 0, len(Kinds()))
	for _, kind := range Kinds() {
		switch {
		case kind != Unbilled && len(f.Unlooked) > 0, kind == UnmappedProduct && len(f.UnlookedNamed) > 0:
		default:
			looked = append(looked, Looked{kind, f.counts[kind]})
		}
	}
	return looked
}

// billed is what a line bills today, in seats: nothing where it is ended, begins later, or is not billed to the customer.
func (f *pricing) billed(a Agreement, line connectwise.Addition) decimal.Decimal {
	begun := !line.EffectiveDate.After(f.Today)
	terms := store.TermsOf(a.Found.BillProducts, line.BillCustomer, line.LessIncluded)
	if !plan.Open(line, f.Today) || !begun || terms.Unbilled != "" || !f.canBill(a) {
		return decimal.Zero
	}
	return decimal.Max(line.Quantity.Sub(line.LessIncluded), decimal.Zero)
}

// worth is what a line bills today, in money; 0 where it has no price.
func (f *pricing) worth(a Agreement, line connectwise.Addition) decimal.Decimal {
	return money.Round(f.billed(a, line).Mul(line.UnitPrice.Decimal), a.Found.Currency)
}

func (f *pricing) canBill(a Agreement) bool {
	return a.Gone == "" && plan.Unbillable(a.Found, f.Today) == ""
}

// ProductOf is the mapped product that a line's product is, or is a twin of.
func ProductOf(of connectwise.Reference, products []plan.MappedProduct) (plan.MappedProduct, bool) {
	for _, p := range products {
		if of.ID == p.ID {
			return p, true
		}
	}
	// A line of it with a quantity that does not end: what is left to decide is the product.
	line := connectwise.Addition{Product: of, Quantity: decimal.NewFromInt(1)}
	i := slices.IndexFunc(products, func(p plan.MappedProduct) bool { return plan.Bills(line, p, connectwise.Date{}) })
	if i < 0 {
		return plan.MappedProduct{}, false
	}
	return products[i], true
}

// CalledNordPass says whether a text names NordPass, whatever its case, spaces and punctuation.
func CalledNordPass(text string) bool {
	letters := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
	return strings.Contains(letters, "nordpass")
}

// about is a leak on an agreement or, with a line, on it.
func (f *finder) about(kind Kind, a Agreement, line *connectwise.Addition) Leak {
	l := Leak{
		Key: Key{Kind: kind, AgreementID: a.Found.ID}, Who: a.company(), Where: fmt.Sprintf("#%d, no line", a.Found.ID),
		Code: a.Found.Currency, Organizations: a.Feeds, companyID: a.Found.Company.ID, cycle: a.cycle(),
	}
	if line != nil {
		l.AdditionID, l.ProductID, l.UnitPrice = line.ID, line.Product.ID, line.UnitPrice
		l.Where = fmt.Sprintf("#%d, line %d", a.Found.ID, line.ID)
	}
	return l
}

func (a Agreement) company() string {
	if a.Found.Company.Name != "" {
		return a.Found.Company.Name
	}
	return a.Company.Name
}

// priced is a leak with its seats and what they come to.
func (l Leak) priced(seats decimal.Decimal, price decimal.NullDecimal) Leak {
	l.Seats, l.UnitPrice, l.Money = seats, price, decimal.NullDecimal{}
	if price.Valid {
		l.Money = l.cycle.aMonth(decimal.NewNullDecimal(seats.Mul(price.Decimal)), l.Code)
	}
	return l
}

// add keeps a leak. Its facts are its seats, price and what else it rests on.
func (f *finder) add(l Leak, facts ...string) {
	price := "no price"
	if l.UnitPrice.Valid {
		price = strings.TrimSpace(money.Price(l.UnitPrice, l.Code) + " " + l.Code)
	}
	if text := l.cycle.said(); text != "" {
		l.Sentence += " " + text
		facts = append(facts, "cycle "+l.cycle.name)
	}
	l.Facts = strings.Join(append([]string{"seats " + l.Seats.String(), "price " + price}, facts...), "; ")
	f.found = append(f.found, l)
}

// answered is what was said of a finding, if it is the leak.
func (f *finder) answered(of store.Finding) *Answer {
	k, said := f.Findings[of.Key()]
	if !said || !of.Answered {
		return nil
	}
	return &Answer{Note: k.Note, By: k.AnsweredBy, At: k.AnsweredAt, Finding: true}
}

// names are those of an agreement's organizations that have a plan's seats to bill or, with the empty plan, any.
func (a Agreement) names(of store.Plan) []string {
	var names []string
	for _, p := range store.Plans() {
		for _, share := range a.Wants[p].Shares {
			if share.Seats > 0 && (of == "" || p == of) {
				names = append(names, share.Organization)
			}
		}
	}
	return names
}

// seatsOf is a number of seats in words.
func seatsOf(n decimal.Decimal) string { return plan.Quantity(n) }

// dayOf writes a day in words.
func dayOf(d connectwise.Date) string { return d.Time().Format("2 January 2006") }

// byHand says who entered a line and when, as far as ConnectWise says.
func byHand(line connectwise.Addition) string {
	text := ""
	if !line.EffectiveDate.IsZero() {
		text = " since " + dayOf(line.EffectiveDate)
	}
	if line.EnteredBy != "" {
		text += ", entered by " + line.EnteredBy
	}
	return text
}

// some lists names, the first three of them.
func some(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(names[:most], ", "), decimal.NewFromInt(int64(len(names)-most)))
}
