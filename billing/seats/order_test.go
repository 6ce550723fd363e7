package seats

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/store"
)

func TestOrderIn(t *testing.T) {
	t.Parallel()
	orders := []store.SourceOrder{
		{From: "2026-03", Sources: []string{"csv", "provider", "api", "ledger"}},
		{From: "2026-06", Sources: []string{"ledger"}}, // from before a source was known
	}
	for m, want := range map[store.Month][]Source{
		"2026-02": {SourceProvider, SourceAPI, SourceCSV, SourceLedger},
		"2026-03": {SourceCSV, SourceProvider, SourceAPI, SourceLedger},
		"2026-05": {SourceCSV, SourceProvider, SourceAPI, SourceLedger},
		"2026-06": {SourceLedger, SourceProvider, SourceAPI, SourceCSV},
	} {
		if diff := cmp.Diff(want, OrderIn(orders, m)); diff != "" {
			t.Errorf("%s: %s", m, diff)
		}
	}
}

// What is chosen counts from the running month on.
func TestReorder(t *testing.T) {
	t.Parallel()
	file := []Source{SourceCSV, SourceProvider, SourceAPI, SourceLedger}
	march := store.SourceOrder{From: "2026-03", Sources: []string{"csv", "provider", "api", "ledger"}}
	may := store.SourceOrder{From: "2026-05", Sources: []string{"provider", "api", "csv", "ledger"}}
	for _, tt := range []struct {
		name    string
		before  []store.SourceOrder
		running store.Month
		chosen  []Source
		want    []store.SourceOrder
	}{
		{"the default again", nil, "2026-03", Ranked(), nil},
		{"another", nil, "2026-03", file, []store.SourceOrder{march}},
		{"the same again", []store.SourceOrder{march}, "2026-05", file, []store.SourceOrder{march}},
		{"back later", []store.SourceOrder{march}, "2026-05", Ranked(), []store.SourceOrder{march, may}},
		{"back in the same month", []store.SourceOrder{march}, "2026-03", Ranked(), nil},
	} {
		if diff := cmp.Diff(tt.want, Reorder(tt.before, tt.running, tt.chosen)); diff != "" && len(tt.want)+len(Reorder(tt.before, tt.running, tt.chosen)) > 0 {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestOrderText(t *testing.T) {
	t.Parallel()
	if got, want := OrderText(Ranked()), "Provider API, HTTP API, Uploaded file, Seat ledger"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
