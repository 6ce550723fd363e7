package bulletin

import (
	"strings"
	"testing"
	"time"

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

// TestDeed holds how the activity log names a run.
func TestDeed(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]store.Run{
		"a sync of October 2026":                                              {Kind: store.RunMonthly, Month: "2026-10"},
		"a preview of October 2026":                                           {Kind: store.RunManual, Month: "2026-10", Preview: true},
		"a sync of October 2026 for agreement 31":                             {Kind: store.RunManual, Month: "2026-10", Agreement: 31},
		"a preview of undoing run 7, October 2026":                            {Kind: store.RunUndo, Month: "2026-10", Preview: true, Of: 7},
		"a sync of what run 7 did not write of October 2026 for agreement 31": {Kind: store.RunRetry, Month: "2026-10", Of: 7, Agreement: 31},
		"a sync of November 2026 to date for 2 agreements":                    {Kind: store.RunManual, Month: "2026-11", AsOf: time.Unix(1, 0), Only: []int{31, 32}},
		"a sync of October 2026 for agreement 32":                             {Kind: store.RunManual, Month: "2026-10", Only: []int{32}},
		"setting the lines of agreement 31 to 0":                              {Kind: store.RunRelease, Month: "2026-10", Agreement: 31},
		"setting line no. 9 of agreement 31 to 0":                             {Kind: store.RunRelease, Month: "2026-10", Agreement: 31, Addition: 9},
	} {
		if got := Deed(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
