package seats

import (
	"testing"
	"time"
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
