// Package handwork fills a simulated ConnectWise with what ten years of hand work leave behind: companies twice and under near
// names, several agreements each, lines that ended, lines that nobody feeds, wrong prices, three currencies. Beside it stand the
// organizations that a new Seatbridge is given, which of them belongs to which agreement, and what leaks there, planted one by
// one, with what looks like a leak and is none. It imports nothing of the product, so that it cannot agree with it by mistake.
package handwork

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
)

// A Kind is what leaks.
type Kind string

// The kinds, by the words that the product has for them.
const (
	Unbilled        Kind = "unbilled"         // billable seats, and nobody is mapped
	NotBilling      Kind = "not_billing"      // mapped, and the agreement or its line bills nothing
	Unfed           Kind = "unfed"            // an open line that nothing feeds
	UnmappedProduct Kind = "unmapped_product" // lines of a product called NordPass that is not mapped
	Unlicensed      Kind = "unlicensed"       // a trial or NFR organization with a line that bills
	Price           Kind = "price"            // another price than the usual one
)

// Kinds are all kinds, in the order of the issue that asks for them.
func Kinds() []Kind { return []Kind{Unbilled, NotBilling, Unfed, UnmappedProduct, Unlicensed, Price} }

// Leak is one that was planted. Seats are how many leak: none on a line that nobody feeds and that bills what is due. Money is what
// they come to in a month, in Currency: more than 0 where somebody is billed too little, less where too much.
type Leak struct {
	Kind         Kind
	Organization string // its name; empty: the leak is about no organization
	Company      string
	AgreementID  int // 0: about no agreement
	AdditionID   int // 0: about no line
	ProductID    int // of UnmappedProduct
	Seats, Money decimal.Decimal
	Currency     string
	Late         bool // only after Age
	Why          string
}

// Decoy looks like a leak and is none.
type Decoy struct {
	Why          string
	Organization string
	Company      string
	AgreementID  int
	AdditionID   int
}

// Organization is one that a new Seatbridge is given. Days are midnight UTC.
type Organization struct {
	Name, ExternalID string
	Plan             string // Business or Enterprise
	License          string // Standard, Trial or NFR
	Start, TrialEnds time.Time
	Members          int // 0: nobody has said who they are, so its seats are not known
}

// Mapping is where an organization belongs.
type Mapping struct {
	ExternalID, Organization   string
	CompanyID                  int
	CompanyIdentifier, Company string
	AgreementID                int
}

// Config says what to make.
type Config struct {
	Seed      uint64
	Customers int              // 0: 200; every kind of leak and what looks like one is there from 40 on
	Now       func() time.Time // the instance's clock
}

// World is the simulator with its ground truth.
type World struct {
	Sim *cwsim.Sim
	// Business and Enterprise are the products to map; Twin is Business with other punctuation, Vault is called "Nord Pass" and
	// Old is the inactive one of years ago: they are not mapped.
	Business, Enterprise, Twin, Vault, Old cwsim.CatalogItem

	Organizations []Organization
	Mappings      []Mapping
	Leaks         []Leak
	Decoys        []Decoy
	late          []func()
}

// defaultCustomers is how many customers there are where nobody says.
const defaultCustomers = 200

// New makes the world of a seed: equal configurations make equal worlds, ids included.
func New(c Config) *World {
	if c.Customers == 0 {
		c.Customers = defaultCustomers
	}
	w := &World{Sim: cwsim.New(cwsim.Config{Seed: c.Seed, Companies: -1, Now: c.Now})}
	w.makeProducts()
	b := &builder{World: w, chance: rand.New(rand.NewPCG(c.Seed, 0xbeef)), today: day(c.Now())}
	b.names = b.chance.Perm(len(families) * len(trades))
	b.customary()
	for _, h := range b.deal(c.Customers - b.customers) {
		h.make(b)
	}
	w.plantProducts(b.onProducts)
	return w
}

// Age lets time pass after everybody was mapped: agreements are cancelled and expire that could be mapped before.
func (w *World) Age() {
	for _, pass := range w.late {
		pass()
	}
	w.late = nil
}

func (w *World) makeProducts() {
	for _, item := range w.Sim.Catalog() {
		switch item.Identifier {
		case cwsim.NordPassBusiness:
			w.Business = item
		case cwsim.NordPassBusiness + "-2019":
			w.Old = item
		}
	}
	w.Enterprise = w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-ENT", Description: "NordPass Enterprise", Price: amount("6.49")})
	w.Twin = w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "Np.Bus", Description: "Passwords, monthly", Price: amount("4.99")})
	w.Vault = w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "VAULT-1", Description: "Nord Pass, per user", Price: amount("5.50")})
}

// prices are what everybody pays for a plan in a currency, but for those who pay something else by mistake.
var prices = map[string]map[string]string{
	"Business":   {"USD": "4.99", "EUR": "4.59", "GBP": "3.99"},
	"Enterprise": {"USD": "6.49", "EUR": "5.99", "GBP": "5.19"},
}

func amount(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func seats(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }

func day(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// money is what seats come to at a price.
func money(n int, price string) decimal.Decimal { return seats(n).Mul(amount(price)).Round(2) }

// onProduct is a line of a product that is not mapped.
type onProduct struct {
	product  int
	currency string
	seats    int
	price    string
}

// plantProducts adds the leak of each product that is not mapped, in each currency of its lines.
func (w *World) plantProducts(lines []onProduct) {
	at := map[string]int{}
	for _, l := range lines {
		key := fmt.Sprint(l.product, l.currency)
		if _, known := at[key]; !known {
			at[key] = len(w.Leaks)
			w.Leaks = append(w.Leaks, Leak{
				Kind: UnmappedProduct, ProductID: l.product, Currency: l.currency, Why: "lines of a product that nobody mapped",
			})
		}
		leak := &w.Leaks[at[key]]
		leak.Seats, leak.Money = leak.Seats.Add(seats(l.seats)), leak.Money.Sub(money(l.seats, l.price))
	}
}
