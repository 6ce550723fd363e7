package bulletin

import (
	"strings"
	"testing"

	"seatbridge/billing/plan/plantest"
	"seatbridge/store"
)

// TestNames holds how the activity log names what was decided: each change of a few, the runs of the rest of many.
func TestNames(t *testing.T) {
	t.Parallel()
	change := func(run int, before string) store.Change {
		c := plantest.Change(71, store.KindUpdate, 9, before, "12")
		c.Company, c.Product, c.RunID = "Acme", "NP-BUS", int64(run)
		return c
	}
	if got, want := Names([]store.Change{change(7, "14"), change(8, "")}),
		"Acme, NP-BUS 14 → 12 in run 7; Acme, NP-BUS no line → 12 in run 8"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for n, ends := range map[int]string{
		20: "→ 12 in run 20", 21: "→ 12 in run 20; and 1 more of run 21", 22: "→ 12 in run 20; and 2 more of run 21, run 22",
	} {
		var changes []store.Change
		for i := range n {
			changes = append(changes, change(i+1, "14"))
		}
		if got := Names(changes); strings.Count(got, "NP-BUS") != 20 || !strings.HasSuffix(got, ends) {
			t.Errorf("of %d: %q, want it to end %q", n, got, ends)
		}
	}
}
