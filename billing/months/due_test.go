package months

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/store"
)

func TestOpenMonths(t *testing.T) {
	t.Parallel()
	due := []store.Month{"2026-08", "2026-09", "2026-10"}
	for _, tt := range []struct {
		written map[store.Month]bool
		want    []OpenMonth
	}{
		{nil, []OpenMonth{{"2026-08", true}, {"2026-09", true}, {"2026-10", false}}},
		{map[store.Month]bool{"2026-10": true}, []OpenMonth{{"2026-08", true}, {"2026-09", true}}},
		{map[store.Month]bool{"2026-08": true}, []OpenMonth{{"2026-09", true}, {"2026-10", false}}},
		{map[store.Month]bool{"2026-08": true, "2026-09": true, "2026-10": true}, nil},
	} {
		if diff := cmp.Diff(tt.want, OpenMonths(due, tt.written)); diff != "" {
			t.Errorf("with %v written (-want +got):\n%s", tt.written, diff)
		}
	}
	if open := OpenMonths(nil, nil); open != nil {
		t.Errorf("nothing was due, and open are %v", open)
	}
}
