package views

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// leakOf is a leak of a kind, with a hostile name.
func leakOf(kind string) Leak {
	return Leak{
		Key: kind + "/0/11/4302/1/", Facts: hostile, Kind: kind, Who: hostile, WhoURL: OrganizationPath(7), Where: "#11, line 4302", Sentence: hostile,
		Seats: "-6", UnitPrice: "4.99", Money: Money{Amount: "-29.94", Currency: "USD"}, StepLabel: "Map " + hostile, StepURL: CompaniesNamedPath(hostile),
		Note: hostile, By: "mira@x.example", At: at("2026-11-04 09:14"),
	}
}

func leaksPage() LeaksPage {
	more := leakOf("unbilled")
	more.Seats, more.Money.Amount = "5", "24.95"
	unpriced := leakOf("unbilled")
	unpriced.UnitPrice, unpriced.Money, unpriced.Key = "", Money{}, "unbilled/8/0/0/0/"
	hand := leakOf("not_billing")
	hand.InHand = "A change of it waits for approval."
	found := leakOf("not_billing")
	found.Finding = true
	sum := LeakSum{Leaks: 2, Seats: "11", Unpriced: 1, Money: []Money{{Amount: "24.95", Currency: "USD"}, {Amount: "4.59", Currency: "EUR"}}}
	nothing := LeakSum{Leaks: 1, Seats: "6", Money: []Money{{Amount: "-29.94", Currency: "USD"}}}
	return LeaksPage{
		Ready: true, Open: 3, Unbilled: sum, Nothing: nothing, Hand: LeakSum{Leaks: 1, Seats: "3", Unpriced: 1}, NotKnown: 4, Unread: 2, Unlooked: []string{"PWM", hostile},
		Scan: &LeakScan{At: at("2026-11-01 02:00"), Agreements: 300, Read: 256, Lines: 2906, Products: 1412, Elsewhere: 12},
		Next: at("2026-11-25 02:00"), Failed: &Notice{What: "It failed.", Why: hostile},
		Groups: []LeakGroup{{Kind: "unfed", Sum: nothing, Rows: []Leak{leakOf("unfed")}}, {Kind: "unbilled", Sum: sum, Rows: []Leak{more, unpriced}}},
		InHand: []LeakGroup{{Kind: "not_billing", Sum: sum, Rows: []Leak{hand}}}, Meant: []Leak{leakOf("price"), found},
		Looked: []LeakLooked{{Kind: "unmapped_product", Count: "1,412 products"}, {Kind: "price", Count: "23 lines"}},
	}
}

func TestLeaksInWords(t *testing.T) {
	t.Parallel()
	page := render(t, Leaks(layout(SectionLeaks), leaksPage()))
	for testid, want := range map[string]string{
		"tile-unbilled": "Nobody is billed | +24.95 USD a month | +4.59 EUR a month | 11 seats, 2 leaks, 1 without a price",
		"tile-nothing":  "Billed for nothing | −29.94 USD a month | 6 seats, 1 leak",
		"tile-hand":     "In hand already | Price not known | 3 seats, 1 leak",
		"not-known":     "Not known | 4 organizations | their seats are not known yet",
	} {
		cells := one(t, page, "[data-testid="+testid+"]").Find("dt, dd").Map(func(_ int, s *goquery.Selection) string { return text(s) })
		if got := strings.Join(cells, " | "); got != want {
			t.Errorf("%s says %q, want %q", testid, got, want)
		}
	}
	if got := text(page.Selection); !strings.Contains(got, "The lines of PWM, "+hostile+" were not looked for yet.") {
		t.Error("it does not say whose lines were not looked for")
	}
	byYear := Leak{Seats: "-5", UnitPrice: "59.88", Money: Money{Amount: "-24.95", Currency: "USD"}, Period: "÷ 12"}
	if got := byYear.times(); got != "5 × 59.88 ÷ 12" {
		t.Errorf("a leak by the year says %q", got)
	}
	unpriced := one(t, page, "[data-leak='unbilled/8/0/0/0/'] .c-mo")
	if got := text(unpriced); got != "no price known" {
		t.Errorf("a leak without a price says %q", got)
	}
}
