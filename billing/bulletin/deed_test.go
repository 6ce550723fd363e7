package bulletin

import (
	"testing"

	"seatbridge/store"
)

// TestDeed holds how the activity log says which run was started.
func TestDeed(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]store.Run{
		"a sync of October 2026":                                              {Kind: store.RunMonthly},
		"a preview of October 2026":                                           {Kind: store.RunManual, Preview: true},
		"a sync of October 2026 for agreement 31":                             {Kind: store.RunManual, Agreement: 31},
		"a sync of October 2026 for agreement 1":                              {Kind: store.RunManual, Agreement: 1},
		"a sync of October 2026 for agreement 32":                             {Kind: store.RunManual, Only: []int{32}},
		"a sync of October 2026 for 2 agreements":                             {Kind: store.RunManual, Only: []int{31, 32}},
		"a sync of October 2026 for 0 agreements":                             {Kind: store.RunManual, Only: []int{}},
		"a preview of undoing run 7, October 2026":                            {Kind: store.RunUndo, Preview: true, Of: 7},
		"a sync of what run 7 did not write of October 2026":                  {Kind: store.RunRetry, Of: 7},
		"a sync of what run 7 did not write of October 2026 for agreement 31": {Kind: store.RunRetry, Of: 7, Agreement: 31},
		"setting the lines of agreement 31 to 0":                              {Kind: store.RunRelease, Agreement: 31},
		"setting line no. 9 of agreement 31 to 0":                             {Kind: store.RunRelease, Agreement: 31, Addition: 9},
		"setting line no. 1 of agreement 31 to 0":                             {Kind: store.RunRelease, Agreement: 31, Addition: 1},
	} {
		r.Month = "2026-10"
		if got := Deed(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
