package hosted

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/seats"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// TestWays holds when the hosted integration is to be disconnected for each last month, and which month is the first one here.
func TestWays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                   string
		schedule               seats.Schedule
		now                    string
		last, first            store.Month // of the way of this place
		after, before, firstAt string
		written                bool
		place                  int
	}{
		{"let it write the running month", seats.Schedule{Day: 1}, "2026-11-28 09:00:00", "2026-11", "2026-12",
			"2026-12-01 00:30:00", "2027-01-01 00:30:00", "2027-01-01 00:30:00", false, 0},
		{"it wrote the month before", seats.Schedule{Day: 1}, "2026-11-28 09:00:00", "2026-10", "2026-11",
			"2026-11-01 00:30:00", "2026-12-01 00:30:00", "2026-12-01 00:30:00", true, 1},
		{"on the first, before it wrote", seats.Schedule{Day: 1}, "2026-12-01 00:29:59", "2026-11", "2026-12",
			"2026-12-01 00:30:00", "2027-01-01 00:30:00", "2027-01-01 00:30:00", false, 1},
		{"on the first, as it writes", seats.Schedule{Day: 1}, "2026-12-01 00:30:00", "2026-11", "2026-12",
			"2026-12-01 00:30:00", "2027-01-01 00:30:00", "2027-01-01 00:30:00", true, 1},
		{"Seatbridge writes on another day", seats.Schedule{Day: 5, Hour: 6}, "2026-11-28 09:00:00", "2026-10", "2026-11",
			"2026-11-01 00:30:00", "2026-12-01 00:30:00", "2026-12-05 06:30:00", true, 1},
		{"over the turn of the year", seats.Schedule{Day: 1}, "2027-01-15 09:00:00", "2026-12", "2027-01",
			"2027-01-01 00:30:00", "2027-02-01 00:30:00", "2027-02-01 00:30:00", true, 1},
	} {
		ways := begun{schedule: tt.schedule, active: moment.At("2025-01-10 12:00:00")}.ways(moment.At(tt.now))
		if len(ways) != monthsOffered {
			t.Fatalf("%s: %d ways", tt.name, len(ways))
		}
		want := Way{
			Last: tt.last, First: tt.first, After: moment.At(tt.after), Before: moment.At(tt.before), FirstAt: moment.At(tt.firstAt), Written: tt.written,
		}
		got := ways[tt.place]
		got.NextAt = want.NextAt
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestBetween holds which months neither the hosted integration nor Seatbridge's monthly sync writes.
func TestBetween(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, active string
		last         store.Month
		written      []store.Month
		want         []OpenMonth
	}{
		{"it wrote the month before last, and then stopped", "2026-11-20 09:00:00", "2026-09", nil, []OpenMonth{{Month: "2026-10"}}},
		{"two months", "2026-11-20 09:00:00", "2026-08", nil, []OpenMonth{{Month: "2026-09"}, {Month: "2026-10"}}},
		{"one of them was synced again", "2026-11-20 09:00:00", "2026-08", []store.Month{"2026-10"}, []OpenMonth{{"2026-09", true}}},
		{"all were", "2026-11-20 09:00:00", "2026-08", []store.Month{"2026-09", "2026-10"}, nil},
		{"without a gap", "2026-11-20 09:00:00", "2026-10", nil, nil},
		{"active before it fell due", "2026-10-20 09:00:00", "2026-09", nil, nil},
		{"active between two", "2026-10-20 09:00:00", "2026-08", nil, []OpenMonth{{"2026-09", true}}},
		{"not active", "", "2026-09", nil, []OpenMonth{{Month: "2026-10"}}},
	} {
		b := begun{schedule: seats.Schedule{Day: 1}, written: map[store.Month]bool{}}
		if tt.active != "" {
			b.active = moment.At(tt.active)
		}
		for _, m := range tt.written {
			b.written[m] = true
		}
		if diff := cmp.Diff(tt.want, b.between(tt.last, moment.At("2026-11-28 09:00:00"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestLooksHosted holds which changes are very likely the hosted integration's.
func TestLooksHosted(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]bool{
		"2026-12-01 00:30:00": true, "2026-12-01 00:47:12": true, "2026-12-01 00:28:30": true, "2026-12-01 00:20:00": false,
		"2026-12-01 01:31:00": false, "2026-12-02 00:30:00": false, "2026-11-30 00:30:00": false,
	} {
		if got := looksHosted(moment.At(at)); got != want {
			t.Errorf("a change at %s looks like the hosted integration's: %t", at, got)
		}
	}
}
