package seats

import (
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// The guide's moment: 00:30:00 UTC on the first of the next month.
func TestDueAt(t *testing.T) {
	t.Parallel()
	for month, want := range map[store.Month]string{
		"2026-10": "2026-11-01 00:30:00",
		"2026-12": "2027-01-01 00:30:00",
		"2028-02": "2028-03-01 00:30:00",
	} {
		if got := DueAt(month); !got.Equal(moment.At(want)) {
			t.Errorf("%s is due at %s, want %s", month, got, want)
		}
	}
}
