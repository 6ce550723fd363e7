package money

import (
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/store"
)

func known(text string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(text))
}

func TestWorth(t *testing.T) {
	t.Parallel()
	unknown := decimal.NullDecimal{}
	for _, c := range []struct {
		name string
		line Line
		want string
	}{
		{"a rise", Line{Before: known("3"), After: known("5"), UnitPrice: known("4.90"), Currency: "USD"}, "9.80"},
		{"a fall", Line{Before: known("1002"), After: known("2"), UnitPrice: known("1.005"), Currency: "USD"}, "-1005.00"},
		{"a new line", Line{Before: known("0"), After: known("3"), UnitPrice: known("4.9"), Currency: "EUR", Listed: true}, "14.70"},
		{"half a seat", Line{Before: known("2.5"), After: known("5"), UnitPrice: known("1"), Currency: "EUR"}, "2.50"},
		{"half a cent up", Line{Before: known("0"), After: known("1"), UnitPrice: known("0.005"), Currency: "EUR"}, "0.01"},
		{"half a cent down", Line{Before: known("1"), After: known("0"), UnitPrice: known("0.005"), Currency: "EUR"}, "-0.01"},
		{"a currency without decimals", Line{Before: known("0"), After: known("3"), UnitPrice: known("480.5"), Currency: "JPY"}, "1442"},
		{"a currency with three", Line{Before: known("0"), After: known("3"), UnitPrice: known("1.2345"), Currency: "KWD"}, "3.704"},
		{"any case", Line{Before: known("0"), After: known("1"), UnitPrice: known("1.5"), Currency: " jpy "}, "2"},
		{"a currency of ConnectWise's own", Line{Before: known("0"), After: known("1"), UnitPrice: known("1.5"), Currency: "US Dollars"}, "1.50"},
		{"no currency", Line{Before: known("0"), After: known("1"), UnitPrice: known("1.5")}, "1.50"},
		{"no price", Line{Before: known("0"), After: known("1"), UnitPrice: unknown, Currency: "USD"}, ""},
		{"an unknown target", Line{Before: known("1"), After: unknown, UnitPrice: known("1"), Currency: "USD"}, ""},
		{"a line that was not read", Line{Before: unknown, After: known("4"), UnitPrice: known("1"), Currency: "USD"}, ""},
		{"all above what is included", Line{Before: known("6"), After: known("9"), UnitPrice: known("4.99"), Currency: "USD", Included: decimal.NewFromInt(4)}, "14.97"},
		{"below what is included", Line{Before: known("5"), After: known("3"), UnitPrice: known("4.99"), Currency: "USD", Included: decimal.NewFromInt(4)}, "-4.99"},
		{"within what is included", Line{Before: known("1"), After: known("3"), UnitPrice: known("4.99"), Currency: "USD", Included: decimal.NewFromInt(4)}, "0.00"},
		{"a part of a seat above it", Line{Before: known("4"), After: known("4.5"), UnitPrice: known("5"), Currency: "USD", Included: decimal.NewFromInt(4)}, "2.50"},
		{"not billed", Line{Before: known("5"), After: known("9"), UnitPrice: known("4.99"), Currency: "USD", Unbilled: true}, "0.00"},
		{"not billed, without a price", Line{Before: known("5"), After: known("9"), UnitPrice: unknown, Currency: "USD", Unbilled: true}, "0.00"},
	} {
		if got := Text(c.line.Worth(), c.line.Currency); got != c.want {
			t.Errorf("%s comes to %q, want %q", c.name, got, c.want)
		}
	}
}

// I40: three thirds of a cent stood beside a total of one cent.
func TestCase_I40_LinesAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 0))
	for range 200 {
		var totals Totals
		shown := map[string]Flow{}
		for range 1 + r.IntN(60) {
			l := Line{
				Before: decimal.NewNullDecimal(decimal.New(r.Int64N(2000), -1)), After: decimal.NewNullDecimal(decimal.New(r.Int64N(2000), -1)),
				UnitPrice: decimal.NewNullDecimal(decimal.New(r.Int64N(100_000), -4)), Currency: []string{"USD", "JPY", "KWD"}[r.IntN(3)],
			}
			totals.Add(l)
			flow := shown[l.Currency]
			flow.add(decimal.RequireFromString(Text(l.Worth(), l.Currency)))
			shown[l.Currency] = flow
		}
		for _, code := range totals.Currencies() {
			total := totals.Worth(code)
			for _, pair := range [][2]decimal.Decimal{{total.More, shown[code].More}, {total.Less, shown[code].Less}} {
				if got, want := Text(decimal.NewNullDecimal(pair[0]), code), Text(decimal.NewNullDecimal(pair[1]), code); got != want {
					t.Fatalf("the lines in %s add up to %s, the total is %s", code, want, got)
				}
			}
		}
	}
}

func TestTotals(t *testing.T) {
	t.Parallel()
	var totals Totals
	for _, l := range []Line{
		{Before: known("2.5"), After: known("5"), UnitPrice: known("1.10"), Currency: "EUR"},
		{Before: known("3"), After: known("1"), UnitPrice: known("1.10"), Currency: "EUR"},
		{Before: known("0"), After: known("4")},
		{Before: known("0"), After: known("1"), UnitPrice: known("100"), Currency: "JPY", Listed: true},
		{Before: known("7"), UnitPrice: known("1.10"), Currency: "EUR"},
		{Before: known("1"), After: known("3"), UnitPrice: known("9"), Currency: "GBP", Unbilled: true},
	} {
		totals.Add(l)
	}
	if totals.Lines != 6 || totals.Unpriced != 2 || totals.Listed != 1 || totals.Unbilled != 1 || totals.Seats.More.String() != "9.5" || totals.Seats.Less.String() != "-2" {
		t.Errorf("totals %+v", totals)
	}
	if got := totals.Currencies(); len(got) != 2 || got[0] != "EUR" || got[1] != "JPY" {
		t.Errorf("currencies %v", got)
	}
	if eur := totals.Worth("EUR"); eur.More.StringFixed(2) != "2.75" || eur.Less.StringFixed(2) != "-2.20" {
		t.Errorf("EUR %+v", eur)
	}
}

// I39, I40 and I41: what a change says of its money.
func TestLineOf(t *testing.T) {
	t.Parallel()
	found := func(subject store.Subject, facts string, included int64) []store.Finding {
		return []store.Finding{{Subject: subject, Facts: facts, Included: decimal.NewFromInt(included)}}
	}
	five := store.Change{Kind: store.KindUpdate, AdditionID: 7, Before: known("5"), After: known("9"), UnitPrice: known("4.99"), Currency: "USD"}
	with := func(f []store.Finding) store.Change { c := five; c.Found = f; return c }
	fresh := store.Change{Kind: store.KindCreate, After: known("3"), UnitPrice: known("4.99"), Currency: "USD"}
	written, once := fresh, fresh
	written.AdditionID, once.CancelledDate = 8, "2026-10-31"
	for name, c := range map[string]struct {
		change store.Change
		worth  string
		listed bool
	}{
		"a rise":                  {five, "19.96", false},
		"a new line":              {fresh, "14.97", true},
		"a new line, written":     {written, "14.97", false},
		"a line of its own price": {once, "14.97", false},
		"not read":                {store.Change{State: store.StateFailed, After: known("4"), UnitPrice: known("4.99")}, "", false},
		"included":                {with(found(store.AboutIncluded, "included 6", 6)), "14.97", false},
		"does not bill":           {with(found(store.AboutProducts, "DoNotBill", 0)), "0.00", false},
		"no charge":               {with(found(store.AboutCustomer, "NoCharge", 0)), "0.00", false},
		"a word nobody knows":     {with(found(store.AboutProducts, "Sometimes", 0)), "19.96", false},
	} {
		l := LineOf(c.change)
		if got := Text(l.Worth(), "USD"); got != c.worth || l.Listed != c.listed {
			t.Errorf("%s comes to %q at a listed price %t, want %q, %t", name, got, l.Listed, c.worth, c.listed)
		}
	}
}

func TestPrice(t *testing.T) {
	t.Parallel()
	for want, of := range map[string][2]string{"4.99": {"4.99", "USD"}, "4.90": {"4.9", "USD"}, "4.905": {"4.905", "USD"}, "480": {"480", "JPY"}, "1.500": {"1.5", "KWD"}} {
		if got := Price(known(of[0]), of[1]); got != want {
			t.Errorf("%s %s is written %q", of[0], of[1], got)
		}
	}
	if got := Price(decimal.NullDecimal{}, "USD"); got != "" {
		t.Errorf("no price is written %q", got)
	}
}
