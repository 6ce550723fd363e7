package leaks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// today is the day on which all of it is looked at.
var today = connectwise.Date{Year: 2026, Month: 10, Day: 20}

func d(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func price(s string) decimal.NullDecimal {
	if s == "" {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(d(s))
}

var (
	business   = plan.MappedProduct{Plan: store.Business, ID: 1, Identifier: "NP-BUS", Price: price("4.99")}
	enterprise = plan.MappedProduct{Plan: store.Enterprise, ID: 2, Identifier: "NP-ENT", Price: price("6.49")}
)

// line is an open line of NP-BUS.
func line(id int, quantity, unit string, change ...func(*connectwise.Addition)) connectwise.Addition {
	a := connectwise.Addition{
		ID: id, Product: connectwise.Reference{ID: 1, Identifier: "NP-BUS"}, Quantity: d(quantity), UnitPrice: price(unit),
		BillCustomer: connectwise.Billable, EffectiveDate: connectwise.Date{Year: 2025, Month: 1, Day: 1},
	}
	for _, f := range change {
		f(&a)
	}
	return a
}

// of makes a line one of another product, no. 8.
func of(identifier string) func(*connectwise.Addition) {
	return func(a *connectwise.Addition) { a.Product = connectwise.Reference{ID: 8, Identifier: identifier} }
}

// agreement is one that bills in dollars, with these lines and nobody mapped.
func agreement(id int, lines ...connectwise.Addition) Agreement {
	return Agreement{Imported: true, Read: true, Situation: plan.Situation{
		Found: connectwise.Agreement{
			ID: id, Company: connectwise.Reference{ID: id, Name: fmt.Sprintf("Company %d", id)},
			NoEndingDate: true, Status: "Active", Currency: "USD",
		},
		Additions: lines,
	}}
}

// feeds maps organizations to an agreement, which want so many seats of Business.
func (a Agreement) feeds(n int, ids ...int64) Agreement {
	a.Feeds = ids
	a.Agreement.ID, a.Company.ID = a.Found.ID, a.Found.Company.ID
	a.Wants = map[store.Plan]plan.Want{store.Business: {Seats: n}, store.Enterprise: {}}
	return a
}

func (a Agreement) inEuros() Agreement {
	a.Found.Currency = "EUR"
	return a
}

// by makes an agreement bill in a cycle.
func (a Agreement) by(cycle string) Agreement {
	a.Found.BillingCycle.Name = cycle
	return a
}

func (a Agreement) but(change func(*Agreement)) Agreement {
	change(&a)
	return a
}

// organization has so many seats on Business; less than 0: they are not known.
func organization(id int64, seats, agreement int) Organization {
	return Organization{
		ID: id, Name: fmt.Sprintf("Org %d", id), Plan: store.Business, License: store.Standard, Managed: true,
		AgreementID: agreement, Known: seats >= 0, Seats: max(seats, 0),
	}
}

func found(k Known) []string {
	k.Today = today
	if k.Products == nil {
		k.Products = []plan.MappedProduct{business, enterprise}
	}
	r := Find(k)
	var short []string
	say := func(state string, list []Leak) {
		for _, l := range list {
			amount := "?"
			if l.Money.Valid {
				amount = l.Money.Decimal.String()
			}
			short = append(short, strings.TrimSpace(fmt.Sprintf("%s%s %s %s: %s = %s %s", state, l.Kind, l.Who, l.Where, l.Seats, amount, l.Code)))
		}
	}
	say("", r.Open)
	say("in hand ", r.InHand)
	say("meant ", r.Meant)
	slices.Sort(short)
	return short
}

func TestRules(t *testing.T) {
	t.Parallel()
	usual := []Agreement{agreement(90, line(900, "2", "4.99")).feeds(2, 9), agreement(91, line(901, "2", "4.99")).feeds(2, 9)}
	others := []Organization{organization(9, 2, 90)}
	for name, c := range map[string]struct {
		agreements    []Agreement
		organizations []Organization
		change        func(*Known)
		want          []string
	}{
		"nobody mapped, the catalog's price": {
			organizations: []Organization{organization(1, 5, 0)}, want: []string{"unbilled Org 1 NordPass Business, not mapped: 5 = 24.95 USD"},
		},
		"nobody mapped, no price anywhere": {
			organizations: []Organization{organization(1, 5, 0)},
			change: func(k *Known) {
				k.Products = []plan.MappedProduct{{Plan: store.Business, ID: 7, Identifier: "X"}, enterprise}
			},
			want: []string{
				"not_billing Company 90 #90, no line: 2 = ? USD", "not_billing Company 91 #91, no line: 2 = ? USD",
				"unbilled Org 1 NordPass Business, not mapped: 5 = ?",
			},
		},
		"a company that pays in another currency, of which no price is known": {
			organizations: []Organization{organization(1, 5, 0)},
			change: func(k *Known) {
				k.Organizations[len(k.Organizations)-1].Suggestion = &Suggestion{CompanyID: 5, Company: "C", Certain: true}
				k.Currencies = map[int][]string{5: {"CHF", "CHF"}}
			},
			want: []string{"unbilled Org 1 NordPass Business, not mapped: 5 = ? CHF"},
		},
		"seats that are not known are no leak":    {organizations: []Organization{organization(1, -1, 0)}},
		"no seats are no leak":                    {organizations: []Organization{organization(1, 0, 0)}},
		"not managed any more, and so not billed": {organizations: []Organization{{ID: 1, Name: "Gone", Known: true, Seats: 4}}},
		"the agreement cannot be billed": {
			agreements: []Agreement{agreement(1, line(10, "5", "4.49")).feeds(5, 1).but(func(a *Agreement) {
				a.Gone = "The agreement is cancelled."
			})},
			want: []string{"not_billing Company 1 #1: 5 = 22.45 USD"},
		},
		"the agreement cannot be billed, and nothing is due": {
			agreements: []Agreement{agreement(1, line(10, "0", "4.99")).feeds(0, 1).but(func(a *Agreement) {
				a.Gone = "The agreement is cancelled."
			})},
		},
		"products are shown without charge": {
			agreements: []Agreement{agreement(1, line(10, "5", "4.99")).feeds(5, 1).but(func(a *Agreement) { a.Found.BillProducts = "NoCharge" })},
			want:       []string{"not_billing Company 1 #1: 5 = 24.95 USD"},
		},
		"no line": {agreements: []Agreement{agreement(1).feeds(5, 1)}, want: []string{"not_billing Company 1 #1, no line: 5 = 24.95 USD"}},
		"no line, and its lines were not read": {
			agreements: []Agreement{agreement(1).feeds(5, 1).but(func(a *Agreement) { a.Read = false })},
		},
		"a line that ended yesterday": {
			agreements: []Agreement{agreement(1, line(10, "5", "4.99", func(a *connectwise.Addition) {
				a.CancelledDate = today.AddDays(-1)
			})).feeds(5, 1)},
			want: []string{"not_billing Company 1 #1, no line: 5 = 24.95 USD"},
		},
		"a line that ends today still bills": {
			agreements: []Agreement{agreement(1, line(10, "5", "4.99", func(a *connectwise.Addition) { a.CancelledDate = today })).feeds(5, 1)},
		},
		"a price of 0": {
			agreements: []Agreement{agreement(1, line(10, "5", "0")).feeds(5, 1)},
			want:       []string{"not_billing Company 1 #1, line 10: 5 = 24.95 USD"},
		},
		"no price": {
			agreements: []Agreement{agreement(1, line(10, "5", "")).feeds(5, 1)},
			want:       []string{"not_billing Company 1 #1, line 10: 5 = 24.95 USD"},
		},
		"not billed to the customer": {
			agreements: []Agreement{agreement(1, line(10, "5", "4.99", func(a *connectwise.Addition) {
				a.BillCustomer = "DoNotBill"
			})).feeds(5, 1)},
			want: []string{"not_billing Company 1 #1, line 10: 5 = 24.95 USD"},
		},
		"fewer than are due is what a sync writes": {agreements: []Agreement{agreement(1, line(10, "1", "4.99")).feeds(5, 1)}},
		"nothing feeds it": {
			agreements: []Agreement{agreement(1, line(10, "6", "4.99"))},
			want:       []string{"unfed Company 1 #1, line 10: -6 = -29.94 USD"},
		},
		"nothing feeds it, less what is included": {
			agreements: []Agreement{agreement(1, line(10, "6", "4.99", func(a *connectwise.Addition) { a.LessIncluded = d("2") }))},
			want:       []string{"unfed Company 1 #1, line 10: -4 = -19.96 USD"},
		},
		"nothing feeds it, and it bills nothing": {agreements: []Agreement{
			agreement(1, line(10, "6", "0")), agreement(2, line(11, "0", "4.99")), agreement(3, line(12, "6", "")),
			agreement(4, line(13, "6", "4.99", func(a *connectwise.Addition) { a.BillCustomer = "NoCharge" })),
			agreement(5, line(14, "6", "4.99")).but(func(a *Agreement) { a.Found.BillProducts = "DoNotBill" }),
			agreement(6, line(15, "6", "4.99")).but(func(a *Agreement) { a.Found.Cancelled = true }),
			agreement(7, line(16, "6", "4.99", func(a *connectwise.Addition) { a.EffectiveDate = today.AddDays(1) })),
		}},
		"a twin": {
			agreements: []Agreement{agreement(1, line(10, "6", "4.99", of("np bus")))},
			want:       []string{"unfed Company 1 #1, line 10: -6 = -29.94 USD"},
		},
		"a twin in the place of the line is one leak": {
			agreements: []Agreement{agreement(1, line(10, "5", "4.99", of("NP.BUS"))).feeds(5, 1)},
			want:       []string{"unfed Company 1 #1, line 10: 0 = 0 USD"},
		},
		"a twin that bills fewer than are due": {
			agreements: []Agreement{agreement(1, line(10, "3", "4.99", of("NP.BUS"))).feeds(50, 1)},
			want:       []string{"not_billing Company 1 #1, no line: 47 = 234.53 USD", "unfed Company 1 #1, line 10: 0 = 0 USD"},
		},
		"a twin that bills more than are due": {
			agreements: []Agreement{agreement(1, line(10, "8", "4.99", of("NP.BUS"))).feeds(5, 1)},
			want:       []string{"unfed Company 1 #1, line 10: -3 = -14.97 USD"},
		},
		"by hand as many as are due": {
			agreements: []Agreement{agreement(1, line(10, "5", "4.99"))}, organizations: []Organization{called(organization(1, 5, 0))},
			want: []string{"unfed Company 1 #1, line 10: 0 = 0 USD"},
		},
		"by hand fewer than are due, at their price": {
			agreements: []Agreement{agreement(1, line(10, "3", "3.99"))}, organizations: []Organization{called(organization(1, 50, 0))},
			want: []string{
				"price Company 1 #1, line 10: 3 = 3 USD", "unbilled Org 1 NordPass Business, not mapped: 47 = 187.53 USD",
				"unfed Company 1 #1, line 10: 0 = 0 USD",
			},
		},
		"by hand on two lines, fewer than are due": {
			agreements:    []Agreement{agreement(1, line(10, "3", "3.99"), line(11, "4", "4.99"))},
			organizations: []Organization{called(organization(1, 10, 0))},
			want: []string{
				"price Company 1 #1, line 10: 3 = 3 USD", "unbilled Org 1 NordPass Business, not mapped: 3 = 14.97 USD",
				"unfed Company 1 #1, line 10: 0 = 0 USD", "unfed Company 1 #1, line 11: 0 = 0 USD",
			},
		},
		"by hand more than are due": {
			agreements: []Agreement{agreement(1, line(10, "8", "4.99"))}, organizations: []Organization{called(organization(1, 5, 0))},
			want: []string{"unfed Company 1 #1, line 10: -3 = -14.97 USD"},
		},
		"by hand, and the organization is on the other plan": {
			agreements: []Agreement{agreement(1, line(10, "3", "4.99"))},
			organizations: []Organization{
				called(Organization{ID: 1, Name: "Org 1", Plan: store.Enterprise, Managed: true, Known: true, Seats: 3}),
			},
			want: []string{
				"unbilled Org 1 NordPass Enterprise, not mapped: 3 = 19.47 USD", "unfed Company 1 #1, line 10: -3 = -14.97 USD",
			},
		},
		"of two open lines the one that fits is fed": {
			agreements: []Agreement{agreement(1, line(10, "9", "4.99"), line(11, "5", "4.99")).feeds(5, 1)},
			want:       []string{"unfed Company 1 #1, line 10: -9 = -44.91 USD"},
		},
		"of two open lines the bound one is fed": {
			agreements: []Agreement{agreement(1, line(10, "9", "4.99"), line(11, "5", "4.99")).feeds(5, 1).but(func(a *Agreement) {
				a.Lines = []store.Line{{AgreementID: 1, ProductID: 1, AdditionID: 10}}
			})},
			want: []string{"unfed Company 1 #1, line 11: -5 = -24.95 USD"},
		},
		"a trial with a line": {
			agreements: []Agreement{agreement(1, line(10, "3", "4.99")).feeds(0, 1)},
			change:     func(k *Known) { k.Organizations = append(k.Organizations, trial(1)) },
			want:       []string{"unlicensed Company 1 #1, line 10: -3 = -14.97 USD"},
		},
		"a trial beside others whose seats are billed": {
			agreements: []Agreement{agreement(1, line(10, "5", "4.99")).feeds(5, 1, 2)},
			change:     func(k *Known) { k.Organizations = append(k.Organizations, organization(1, 5, 1), trial(2)) },
		},
		"a trial that is over, and more is billed than is due": {
			agreements: []Agreement{agreement(1, line(10, "8", "4.99")).feeds(5, 1)},
			change: func(k *Known) {
				over := trial(1)
				over.Seats = 5
				k.Organizations = append(k.Organizations, over)
			},
		},
		"a trial beside others, and more is billed": {
			agreements: []Agreement{agreement(1, line(10, "8", "4.99")).feeds(5, 1, 2)},
			change:     func(k *Known) { k.Organizations = append(k.Organizations, organization(1, 5, 1), trial(2)) },
			want:       []string{"unlicensed Company 1 #1, line 10: -3 = -14.97 USD"},
		},
		"a price below the usual": {
			agreements: []Agreement{agreement(1, line(10, "5", "3.99")).feeds(5, 1)},
			want:       []string{"price Company 1 #1, line 10: 5 = 5 USD"},
		},
		"a price above the usual": {
			agreements: []Agreement{agreement(1, line(10, "5", "5.99")).feeds(5, 1)},
			want:       []string{"price Company 1 #1, line 10: 5 = -5 USD"},
		},
		"by the year, at twelve times the price": {
			agreements: []Agreement{
				agreement(1, line(10, "5", "59.88")).feeds(5, 1).by("Annual"), agreement(2, line(11, "5", "59.88")).feeds(5, 1).by("Annual"),
			},
		},
		"by the year, at another price than others by the year": {
			agreements: []Agreement{
				agreement(1, line(10, "5", "59.88")).feeds(5, 1).by("Annual"), agreement(2, line(11, "5", "59.88")).feeds(5, 1).by("Annual"),
				agreement(3, line(12, "5", "47.88")).feeds(5, 1).by("Annual"),
			},
			want: []string{"price Company 3 #3, line 12: 5 = 5 USD"},
		},
		"by the year the money is that of a month": {
			agreements: []Agreement{agreement(1, line(10, "5", "59.88")).by("Annual")},
			want:       []string{"unfed Company 1 #1, line 10: -5 = -24.95 USD"},
		},
		"by the quarter it is rounded once": {
			agreements: []Agreement{agreement(1, line(10, "1", "10")).by("Quarterly"), agreement(2, line(11, "2", "10")).by("Semi-Annual")},
			want:       []string{"unfed Company 1 #1, line 10: -1 = -3.33 USD", "unfed Company 2 #2, line 11: -2 = -3.33 USD"},
		},
		"by the week a year has 52": {
			agreements: []Agreement{agreement(1, line(10, "5", "1.20")).by("Weekly")},
			want:       []string{"unfed Company 1 #1, line 10: -5 = -26 USD"},
		},
		"by a cycle of the instance's own, of which nobody knows how long it is": {
			agreements: []Agreement{agreement(1, line(10, "5", "9.98")).by("Every so often")},
			want:       []string{"unfed Company 1 #1, line 10: -5 = ? USD"},
		},
		"by the year, as the catalog is": {
			agreements: []Agreement{
				agreement(1, line(10, "5", "59.88")).feeds(5, 1).by("Annual"), agreement(2, line(11, "5", "59.88")).feeds(5, 1).by("Annual"),
			},
			organizations: []Organization{organization(2, 5, 0)},
			change: func(k *Known) {
				yearly := business
				yearly.Price = price("59.88")
				k.Products = []plan.MappedProduct{yearly, enterprise}
			},
			want: []string{"unbilled Org 2 NordPass Business, not mapped: 5 = 24.95 USD"},
		},
		"by the year without a line, and no price by the year is known": {
			agreements: []Agreement{agreement(1).feeds(5, 1).by("Annual")},
			want:       []string{"not_billing Company 1 #1, no line: 5 = ? USD"},
		},
		"by the year at a product that is not mapped": {
			agreements: []Agreement{agreement(1, line(10, "5", "66", of("VAULT"))).by("Annual"), agreement(2, line(11, "3", "5.50", of("VAULT")))},
			change:     func(k *Known) { k.Named = []Item{{ID: 8, Identifier: "VAULT", Description: "Nord Pass"}} },
			want:       []string{"unmapped_product VAULT product: -8 = -44 USD"},
		},
		"one line in another currency is no custom": {agreements: []Agreement{agreement(1, line(10, "5", "4.59")).feeds(5, 1).inEuros()}},
		"each currency has its own usual price": {
			agreements: []Agreement{
				agreement(1, line(10, "5", "4.59")).feeds(5, 1).inEuros(), agreement(2, line(11, "5", "4.59")).feeds(5, 1).inEuros(),
				agreement(3, line(12, "5", "4.99")).feeds(5, 1).inEuros(),
			},
			want: []string{"price Company 3 #3, line 12: 5 = -2 EUR"},
		},
		"the catalog says something else than all lines": {
			change: func(k *Known) {
				dearer := business
				dearer.Price = price("5.49")
				k.Products = []plan.MappedProduct{dearer, enterprise}
			},
			want: []string{"price NP-BUS product: 4 = 2 USD"},
		},
		"a product called Nord Pass": {
			agreements: []Agreement{
				agreement(1, line(10, "5", "5.50", of("VAULT"))), agreement(2, line(11, "3", "5.50", of("VAULT"))).inEuros(),
			},
			change: func(k *Known) {
				k.Named = []Item{{ID: 8, Identifier: "VAULT", Description: "Nord Pass"}, {ID: 1, Identifier: "NP-BUS"}}
			},
			want: []string{"unmapped_product VAULT product: -3 = -16.5 EUR", "unmapped_product VAULT product: -5 = -27.5 USD"},
		},
		"a product called NordPass without a line": {
			change: func(k *Known) { k.Named = []Item{{ID: 8, Identifier: "VAULT", Description: "NordPass"}} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := Known{Agreements: slices.Concat(usual, c.agreements), Organizations: slices.Concat(others, c.organizations)}
			if c.change != nil {
				c.change(&k)
			}
			if diff := cmp.Diff(c.want, found(k)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// called gives an organization the name of the first company, which nobody else has.
func called(o Organization) Organization {
	o.Suggestion = &Suggestion{CompanyID: 1, Company: "Company 1", Certain: true}
	return o
}

// TestWhatIsBilledByHandIsAskedAgainWithOtherSeats: that a line bills as many seats by hand as an organization of the same name has, or as
// are due beside a twin, may be meant so. It says nothing about those that join later.
func TestWhatIsBilledByHandIsAskedAgainWithOtherSeats(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]func(seats int) Known{
		"the same name": func(seats int) Known {
			return Known{
				Agreements:    []Agreement{agreement(1, line(10, "3", "4.99"))},
				Organizations: []Organization{called(organization(1, seats, 0))},
			}
		},
		"a twin": func(seats int) Known {
			return Known{Agreements: []Agreement{agreement(1, line(10, "3", "4.99", of("NP.BUS"))).feeds(seats, 1)}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal := with(3)
			equal.Today, equal.Products = today, []plan.MappedProduct{business, enterprise}
			answers := map[string]Answer{}
			for _, l := range Find(equal).Open {
				answers[l.String()] = Answer{Facts: l.Facts}
			}
			equal.Answers = answers
			if got := found(equal); len(got) != 1 || !strings.HasPrefix(got[0], "meant unfed") {
				t.Errorf("answered: %q", got)
			}
			grown := with(50)
			grown.Answers = answers
			if got := found(grown); len(got) != 2 || strings.HasPrefix(got[0], "meant") || strings.HasPrefix(got[1], "meant") {
				t.Errorf("with 50 seats: %q", got)
			}
		})
	}
}

func trial(id int64) Organization {
	o := organization(id, 0, 1)
	o.License = store.Trial
	return o
}

// TestInHandAndMeant holds what takes a leak out of those that are open.
func TestInHandAndMeant(t *testing.T) {
	t.Parallel()
	k := func(change func(*Known)) Known {
		k := Known{Agreements: []Agreement{agreement(1, line(10, "5", "4.99"), line(11, "9", "4.99")).feeds(5, 1), agreement(2).feeds(4, 2)}}
		change(&k)
		return k
	}
	second, missing := "unfed Company 1 #1, line 11: -9 = -44.91 USD", "not_billing Company 2 #2, no line: 4 = 19.96 USD"
	facts := map[string]Answer{}
	all := k(func(k *Known) { k.Today, k.Products = today, []plan.MappedProduct{business, enterprise} })
	for _, l := range Find(all).Open {
		facts[l.String()] = Answer{Facts: l.Facts}
	}
	for name, c := range map[string]struct {
		change func(*Known)
		want   []string
	}{
		"open": {func(*Known) {}, []string{missing, second}},
		"a held creation": {
			func(k *Known) { k.Waiting = []Waiting{{AgreementID: 2, ProductID: 1}} },
			[]string{"in hand " + missing, second},
		},
		"the first line is held": {
			func(k *Known) { k.Waiting = []Waiting{{AgreementID: 1, ProductID: 1, AdditionID: 10}} },
			[]string{missing, second},
		},
		"the second line is held": {
			func(k *Known) { k.Waiting = []Waiting{{AgreementID: 1, ProductID: 1, AdditionID: 11}} },
			[]string{"in hand " + second, missing},
		},
		"another product": {func(k *Known) { k.Waiting = []Waiting{{AgreementID: 2, ProductID: 2}} }, []string{missing, second}},
		"an open difference": {
			func(k *Known) { k.Waiting = []Waiting{{AgreementID: 2, OrganizationID: 2}} },
			[]string{"in hand " + missing, second},
		},
		"a difference of others": {func(k *Known) { k.Waiting = []Waiting{{AgreementID: 2, OrganizationID: 7}} }, []string{missing, second}},
		"all are meant so":       {func(k *Known) { k.Answers = facts }, []string{"meant " + missing, "meant " + second}},
		"meant so with other facts": {
			func(k *Known) { k.Answers = facts; k.Agreements[1].Wants[store.Business] = plan.Want{Seats: 5} },
			[]string{"meant " + second, "not_billing Company 2 #2, no line: 5 = 24.95 USD"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, found(k(c.change))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestLookedAtIsWhatWasLookedAt: what nobody could look at is in no count of what was looked at.
func TestLookedAtIsWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	unread := func(a *Agreement) { a.Read = false }
	k := Known{
		Today: today, Products: []plan.MappedProduct{business, enterprise},
		Agreements: []Agreement{
			agreement(1, line(10, "5", "4.99")).feeds(5, 1), agreement(2).feeds(3, 2).but(unread),
			agreement(3, line(11, "2", "4.99")).feeds(0, 3).but(func(a *Agreement) {
				a.Wants[store.Business] = plan.Want{Unknown: "Its members are not known."}
			}),
		},
		Organizations: []Organization{organization(1, 5, 1), organization(2, 3, 2), organization(3, -1, 3)},
		Named:         []Item{{ID: 1, Identifier: "NP-BUS"}},
	}
	looked := func(change func(*Known)) map[Kind]int {
		all := k
		change(&all)
		counts := map[Kind]int{}
		for _, l := range Find(all).Looked {
			counts[l.Kind] = l.N
		}
		return counts
	}
	want := map[Kind]int{Unbilled: 2, NotBilling: 1, Unfed: 2, UnmappedProduct: 1, Unlicensed: 0, Price: 2}
	if diff := cmp.Diff(want, looked(func(*Known) {})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[Kind]int{Unbilled: 2}, looked(func(k *Known) { k.Unlooked = []string{"NP-BUS"} })); diff != "" {
		t.Errorf("a mapped product was not looked for (-want +got):\n%s", diff)
	}
	delete(want, UnmappedProduct)
	if diff := cmp.Diff(want, looked(func(k *Known) { k.UnlookedNamed = []string{"VAULT"} })); diff != "" {
		t.Errorf("a product that is called NordPass was not looked for (-want +got):\n%s", diff)
	}
}

// TestMoneyIsSortedWithinACurrency: 900 yen are less than 20 dollars. The catalog's currency comes first.
func TestMoneyIsSortedWithinACurrency(t *testing.T) {
	t.Parallel()
	in := func(code string, a Agreement) Agreement { a.Found.Currency = code; return a }
	r := Find(Known{Today: today, Products: []plan.MappedProduct{business, enterprise}, Agreements: []Agreement{
		in("JPY", agreement(1, line(10, "3", "300"))), agreement(2, line(11, "4", "4.99")), agreement(3, line(12, "9", "4.99")),
		in("EUR", agreement(4, line(13, "50", "4.59"))), in("JPY", agreement(5, line(14, "9", "300"))),
	}})
	var order []int
	for _, l := range r.Open {
		order = append(order, l.AgreementID)
	}
	if want := []int{3, 2, 4, 5, 1}; !slices.Equal(order, want) {
		t.Errorf("the order is %v, want %v", order, want)
	}
}

func TestCalledNordPass(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"NordPass Business": true, "NORD PASS": true, "nord-pass (per user)": true, "Nord.Pass": true, "N o r d P a s s": true,
		"Nordic Passport": false, "NordVPN": false, "Password manager": false, "": false,
	} {
		if got := CalledNordPass(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
