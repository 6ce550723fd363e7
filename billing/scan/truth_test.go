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

// said writes a leak as both sides know it: what is about, how many seats, how much money.
func said(kind, organization string, agreement, addition, product int, seats, money, currency string) string {
	return fmt.Sprintf("%s organization=%s agreement=%d line=%d product=%d seats=%s money=%s %s",
		kind, organization, agreement, addition, product, seats, money, currency)
}

// planted is a leak of the ground truth; late ones only after time has passed.
func planted(w *world, aged bool) []string {
	var all []string
	for _, l := range w.hand.Leaks {
		if l.Late && !aged {
			continue
		}
		organization := ""
		if l.Kind == handwork.Unbilled {
			organization = l.Organization
		}
		all = append(all, said(string(l.Kind), organization, l.AgreementID, l.AdditionID, l.ProductID,
			l.Seats.String(), l.Money.StringFixed(2), l.Currency))
	}
	return all
}

func foundOnes(found []leaks.Leak) []string {
	var all []string
	for _, l := range found {
		organization, product := "", 0
		if l.Kind == leaks.Unbilled {
			organization = l.Who
		}
		if l.Kind == leaks.UnmappedProduct {
			product = l.ProductID
		}
		all = append(all, said(string(l.Kind), organization, l.AgreementID, l.AdditionID, product,
			l.Seats.Abs().String(), l.Money.Decimal.StringFixed(2), l.Code))
	}
	return all
}

// compare fails the test for each leak that was missed or wrongly named, and answers the table of kinds.
func compare(t *testing.T, when string, w *world, open []leaks.Leak) string {
	t.Helper()
	aged := strings.HasPrefix(when, "after")
	want, got := planted(w, aged), foundOnes(open)
	tallies := map[string]*tally{}
	of := func(text string) *tally {
		kind, _, _ := strings.Cut(text, " ")
		if tallies[kind] == nil {
			tallies[kind] = &tally{}
		}
		return tallies[kind]
	}
	for _, text := range want {
		of(text).planted++
		if slices.Contains(got, text) {
			of(text).found++
			continue
		}
		of(text).missed++
		t.Errorf("%s: missed %s", when, text)
	}
	for _, text := range got {
		if !slices.Contains(want, text) {
			of(text).wrong++
			t.Errorf("%s: wrongly named %s", when, text)
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-17s %8s %6s %7s %14s\n", "kind", "planted", "found", "missed", "wrongly named")
	for _, kind := range leaks.Kinds() {
		n := of(string(kind) + " ")
		fmt.Fprintf(&table, "%-17s %8d %6d %7d %14d\n", kind, n.planted, n.found, n.missed, n.wrong)
	}
	return table.String()
}
