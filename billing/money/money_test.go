package money

import (
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
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
		{"a rise", Line{known("3"), known("5"), known("4.90"), "USD"}, "9.80"},
		{"a fall", Line{known("1002"), known("2"), known("1.005"), "USD"}, "-1005.00"},
		{"a new line", Line{unknown, known("3"), known("4.9"), "EUR"}, "14.70"},
		{"half a seat", Line{known("2.5"), known("5"), known("1"), "EUR"}, "2.50"},
		{"half a cent up", Line{known("0"), known("1"), known("0.005"), "EUR"}, "0.01"},
		{"half a cent down", Line{known("1"), known("0"), known("0.005"), "EUR"}, "-0.01"},
		{"a currency without decimals", Line{known("0"), known("3"), known("480.5"), "JPY"}, "1442"},
		{"a currency with three", Line{known("0"), known("3"), known("1.2345"), "KWD"}, "3.704"},
		{"any case", Line{known("0"), known("1"), known("1.5"), " jpy "}, "2"},
		{"a currency of ConnectWise's own", Line{known("0"), known("1"), known("1.5"), "US Dollars"}, "1.50"},
		{"no currency", Line{known("0"), known("1"), known("1.5"), ""}, "1.50"},
		{"no price", Line{known("0"), known("1"), unknown, "USD"}, ""},
		{"an unknown target", Line{known("1"), unknown, known("1"), "USD"}, ""},
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
		{known("2.5"), known("5"), known("1.10"), "EUR"}, {known("3"), known("1"), known("1.10"), "EUR"}, {decimal.NullDecimal{}, known("4"), decimal.NullDecimal{}, ""},
		{known("0"), known("1"), known("100"), "JPY"}, {known("7"), decimal.NullDecimal{}, known("1.10"), "EUR"},
	} {
		totals.Add(l)
	}
	if totals.Lines != 5 || totals.Unpriced != 2 || totals.Seats.More.String() != "7.5" || totals.Seats.Less.String() != "-2" {
		t.Errorf("totals %+v", totals)
	}
	if got := totals.Currencies(); len(got) != 2 || got[0] != "EUR" || got[1] != "JPY" {
		t.Errorf("currencies %v", got)
	}
	if eur := totals.Worth("EUR"); eur.More.StringFixed(2) != "2.75" || eur.Less.StringFixed(2) != "-2.20" {
		t.Errorf("EUR %+v", eur)
	}
}
