package seats

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// The guide's moment is 00:30:00 UTC on the first of the next month; another day and hour can be chosen.
func TestDueAt(t *testing.T) {
	t.Parallel()
	guide, late := Schedule{Day: 1}, Schedule{Day: 28, Hour: 23}
	for _, tt := range []struct {
		schedule Schedule
		month    store.Month
		want     string
	}{
		{guide, "2026-10", "2026-11-01 00:30:00"},
		{guide, "2026-12", "2027-01-01 00:30:00"},
		{guide, "2028-02", "2028-03-01 00:30:00"},
		{Schedule{Day: 25, Hour: 5}, "2026-12", "2027-01-25 05:30:00"},
		{late, "2026-01", "2026-02-28 23:30:00"},
		{late, "2028-01", "2028-02-28 23:30:00"},
	} {
		if got := tt.schedule.DueAt(tt.month); !got.Equal(moment.At(tt.want)) {
			t.Errorf("%v: %s is due at %s, want %s", tt.schedule, tt.month, got, tt.want)
		}
	}
}

func TestScheduleDue(t *testing.T) {
	t.Parallel()
	chosen := func(day, hour int, since string) Schedule {
		return Schedule{Day: day, Hour: hour, Since: moment.At(since)}
	}
	for _, tt := range []struct {
		name        string
		schedule    Schedule
		active, now string
		want        []store.Month
	}{
		{"a second before", Schedule{Day: 1}, "2026-08-10", "2026-11-01 00:29:59", []store.Month{"2026-08", "2026-09"}},
		{"at its moment", Schedule{Day: 1}, "2026-08-10", "2026-11-01 00:30:00", []store.Month{"2026-08", "2026-09", "2026-10"}},
		{"active as it was due", Schedule{Day: 1}, "2026-11-01 00:30:00", "2026-11-01 00:30:00", nil},
		{"active a second before", Schedule{Day: 1}, "2026-11-01 00:29:59", "2026-11-01 00:30:00", []store.Month{"2026-10"}},
		{"another integration wrote the last month", Schedule{Day: 1, After: "2026-10"}, "2026-08-10", "2026-11-01 00:30:00", nil},
		{"the month after its last one", Schedule{Day: 1, After: "2026-09"}, "2026-08-10", "2026-11-01 00:30:00", []store.Month{"2026-10"}},
		{"its last one is to come", Schedule{Day: 1, After: "2026-11"}, "2026-08-10", "2026-12-31 00:30:00", nil},
		{"active on the first, before it was due", Schedule{Day: 1}, "2026-11-01 00:10:00", "2026-11-01 01:00:00", []store.Month{"2026-10"}},
		{"over a year's end", Schedule{Day: 1}, "2026-11-20 12:00:00", "2027-02-01 00:30:00", []store.Month{"2026-11", "2026-12", "2027-01"}},
		{"the 25th", chosen(25, 6, "2026-10-01"), "2026-10-10", "2026-11-25 06:30:00", []store.Month{"2026-09", "2026-10"}},
		{"active after the 25th", chosen(25, 6, "2026-10-01"), "2026-10-26", "2026-11-25 06:29:59", nil},
		{"the 25th, chosen on the 20th", chosen(25, 6, "2026-10-20"), "2026-10-10", "2026-10-25 06:30:00", []store.Month{"2026-09"}},
		{"the 25th, chosen on the 26th", chosen(25, 6, "2026-10-26"), "2026-10-10", "2026-11-24", nil},
		{"the 25th, chosen weeks later", chosen(25, 6, "2026-11-10"), "2026-10-10", "2026-11-25 06:30:00", []store.Month{"2026-10"}},
		{"the first, chosen on the 10th", chosen(1, 0, "2026-11-10"), "2026-10-10", "2026-11-10", []store.Month{"2026-10"}},
		{"the first, chosen on the 10th, active since the 5th", chosen(1, 0, "2026-11-10"), "2026-11-05", "2026-11-10", nil},
	} {
		if diff := cmp.Diff(tt.want, tt.schedule.Due(moment.At(tt.active), moment.At(tt.now))); diff != "" {
			t.Errorf("%s (- want, + got):\n%s", tt.name, diff)
		}
	}
}

func TestScheduleNext(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		schedule  Schedule
		now, want string
	}{
		{Schedule{Day: 1}, "2026-11-01 00:29:59", "2026-11-01 00:30:00"},
		{Schedule{Day: 1}, "2026-11-01 00:30:00", "2026-12-01 00:30:00"},
		{Schedule{Day: 1}, "2026-12-31 23:00:00", "2027-01-01 00:30:00"},
		{Schedule{Day: 1, After: "2026-10"}, "2026-11-28", "2026-12-01 00:30:00"}, // another integration wrote October last
		{Schedule{Day: 1, After: "2026-11"}, "2026-11-28", "2027-01-01 00:30:00"},
		{Schedule{Day: 5, Hour: 6, After: "2026-09"}, "2026-11-01", "2026-11-05 06:30:00"},
		{Schedule{Day: 25, Hour: 6}, "2026-11-02", "2026-11-25 06:30:00"},
		{Schedule{Day: 25, Hour: 6}, "2026-11-25 07:00:00", "2026-12-25 06:30:00"},
	} {
		if got := tt.schedule.Next(moment.At(tt.now)); !got.Equal(moment.At(tt.want)) {
			t.Errorf("%v at %s: next is %s, want %s", tt.schedule, tt.now, got, tt.want)
		}
		kiritimati := moment.At(tt.now).In(time.FixedZone("", 14*60*60))
		if got := tt.schedule.Next(kiritimati); !got.Equal(moment.At(tt.want)) {
			t.Errorf("%v, asked in another zone: next is %s, want %s", tt.schedule, got, tt.want)
		}
	}
}

func TestScheduleInWords(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[Schedule]string{
		{Day: 1}: "00:30 UTC on the first day of each month", {Day: 25, Hour: 6}: "06:30 UTC on day 25 of each month",
	} {
		if got := schedule.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
