package scan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/leaks"
	"seatbridge/internal/handwork"
)

// tally is how a kind came out.
type tally struct{ planted, found, missed, wrong int }

// TestEveryPlantedLeakIsFoundAndNothingElse is the acceptance of the leak scan: in what ten years of hand work left, everything that was
// planted is found, on its line, with its seats and its money, and nothing else is.
func TestEveryPlantedLeakIsFoundAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []handwork.Config{{Seed: 1}, {Seed: 2}, {Seed: 3, Customers: 60}, {Seed: 4, Customers: 320}} {
		t.Run(fmt.Sprintf("seed %d", c.Seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			w.Sim.ResetRequests()
			w.scan()
			compare(t, "right after mapping", w, w.found().Open)
			w.hand.Age()
			w.scan()
			table := compare(t, "after agreements ended", w, w.found().Open)
			if n := w.Writes(); n > 0 {
				t.Errorf("two scans wrote %d times to ConnectWise", n)
			}
			t.Logf("%d organizations, %d agreements, %d decoys\n%s", len(w.hand.Organizations), len(w.Sim.Agreements(0)), len(w.hand.Decoys), table)
		})
	}
}

// leak is one as both sides know it: what is about, how many seats, how much money.
type leak struct {
	Kind, Organization       string
	Agreement, Line, Product int
	Seats, Money             string
	Currency                 string
}

// planted is what the ground truth has; late ones only after time has passed.
func planted(w *world, aged bool) []leak {
	var all []leak
	for _, l := range w.hand.Leaks {
		if l.Late && !aged {
			continue
		}
		of := leak{
			Kind: string(l.Kind), Agreement: l.AgreementID, Line: l.AdditionID, Product: l.ProductID,
			Seats: l.Seats.String(), Money: l.Money.StringFixed(2), Currency: l.Currency,
		}
		if l.Kind == handwork.Unbilled {
			of.Organization = l.Organization
		}
		all = append(all, of)
	}
	return all
}

func foundOnes(found []leaks.Leak) []leak {
	var all []leak
	for _, l := range found {
		of := leak{
			Kind: string(l.Kind), Agreement: l.AgreementID, Line: l.AdditionID,
			Seats: l.Seats.Abs().String(), Money: l.Money.Decimal.StringFixed(2), Currency: l.Code,
		}
		if l.Kind == leaks.Unbilled {
			of.Organization = l.Who
		}
		if l.Kind == leaks.UnmappedProduct {
			of.Product = l.ProductID
		}
		all = append(all, of)
	}
	return all
}

// compare fails the test for each leak that was missed or wrongly named, and answers the table of kinds.
func compare(t *testing.T, when string, w *world, open []leaks.Leak) string {
	t.Helper()
	aged := strings.HasPrefix(when, "after")
	want, got := planted(w, aged), foundOnes(open)
	tallies := map[string]*tally{}
	for _, kind := range leaks.Kinds() {
		tallies[string(kind)] = &tally{}
	}
	for _, l := range want {
		of := tallies[l.Kind]
		of.planted++
		if slices.Contains(got, l) {
			of.found++
			continue
		}
		of.missed++
		t.Errorf("%s: missed %+v", when, l)
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			tallies[l.Kind].wrong++
			t.Errorf("%s: wrongly named %+v", when, l)
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-17s %8s %6s %7s %14s\n", "kind", "planted", "found", "missed", "wrongly named")
	for _, kind := range leaks.Kinds() {
		n := tallies[string(kind)]
		fmt.Fprintf(&table, "%-17s %8d %6d %7d %14d\n", kind, n.planted, n.found, n.missed, n.wrong)
	}
	return table.String()
}
