package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// onThe is when months are due on a day of the next one, at half past midnight UTC.
func onThe(day int) func(store.Month) time.Time {
	return func(m store.Month) time.Time { return m.End().AddDate(0, 0, day-1).Add(30 * time.Minute) }
}

func TestDueMonths(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, active, now string
		day               int
		want              []store.Month
	}{
		{"before the first is due", "2026-10-20 12:00:00", "2026-11-01 00:29:59", 1, nil},
		{"at its moment", "2026-10-20 12:00:00", "2026-11-01 00:30:00", 1, []store.Month{"2026-10"}},
		{"active on the first, before it was due", "2026-11-01 00:10:00", "2026-11-01 01:00:00", 1, []store.Month{"2026-10"}},
		{"active at its moment", "2026-11-01 00:30:00", "2026-11-30 12:00:00", 1, nil},
		{"over a year's end", "2026-11-20 12:00:00", "2027-02-01 00:30:00", 1, []store.Month{"2026-11", "2026-12", "2027-01"}},
		{"due on the 28th", "2026-10-20 12:00:00", "2026-11-28 00:29:59", 28, []store.Month{"2026-09"}},
		{"due on the 28th, at its moment", "2026-10-20 12:00:00", "2026-11-28 00:30:00", 28, []store.Month{"2026-09", "2026-10"}},
	} {
		if diff := cmp.Diff(tt.want, DueMonths(moment.At(tt.now), moment.At(tt.active), onThe(tt.day))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

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
