package seats

import (
	"testing"
	"time"

	"seatbridge/store"
)

func TestParsePeriod(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 4, 12, 0, 0, 0, time.UTC)
	const unreadable = "The month must be written like 2026-10."
	for _, c := range []struct {
		text, problem string
		want          Period
	}{
		{"2026-09", "", WholeMonth("2026-09")},
		{"2026-10", "", ToDate(now)},
		{"2000-01", "", WholeMonth("2000-01")},
		{"2026-11", "November 2026 has not begun: it is in the future.", Period{}},
		{"1999-12", "Choose a month of this century.", Period{}},
		{"", unreadable, Period{}},
		{"2026-9", unreadable, Period{}},
		{"2026-13", unreadable, Period{}},
		{"2026-10-01", unreadable, Period{}},
		{" 2026-09", unreadable, Period{}},
		{"garbage", unreadable, Period{}},
	} {
		if got, problem := ParsePeriod(c.text, now); got != c.want || problem != c.problem {
			t.Errorf("ParsePeriod(%q) = %v, %q; want %v, %q", c.text, got, problem, c.want, c.problem)
		}
	}
}

// Real-time figures count up to and including the present second, in UTC.
func TestToDate(t *testing.T) {
	t.Parallel()
	newYork := time.FixedZone("New York", -4*60*60)
	now := time.Date(2026, 3, 31, 20, 30, 15, 999_999_999, newYork) // April in UTC
	p := ToDate(now)
	if end := time.Date(2026, 4, 1, 0, 30, 16, 0, time.UTC); p.Month != "2026-04" || p.End() != end {
		t.Errorf("%s, %s; want April 2026 up to %s", p.Month, p.End(), end)
	}
	last := time.Date(2026, 3, 31, 23, 59, 59, 0, time.UTC)
	for _, tt := range []struct {
		p    Period
		text string
		end  time.Time
	}{
		{WholeMonth("2026-03"), "March 2026", store.Month("2026-03").End()},
		{ToDate(last), "March 2026 to date", last.Add(time.Second)},
		{Period{Month: "2026-03", AsOf: last.AddDate(0, 1, 0)}, "March 2026 to date", store.Month("2026-03").End()},
	} {
		if tt.p.String() != tt.text || tt.p.End() != tt.end {
			t.Errorf("%s until %s, want %s until %s", tt.p, tt.p.End(), tt.text, tt.end)
		}
	}
}
