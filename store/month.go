package store

import (
	"fmt"
	"time"
)

// Month is a calendar month in UTC, written "2026-10".
type Month string

// MonthOf is the calendar month, in UTC, that t falls in.
func MonthOf(t time.Time) Month { return Month(t.UTC().Format("2006-01")) }

// ParseMonth reads "2026-10".
func ParseMonth(s string) (Month, error) {
	if _, err := time.Parse("2006-01", s); err != nil || len(s) != len("2006-01") {
		return "", fmt.Errorf("parsing month %q: want YYYY-MM", s)
	}
	return Month(s), nil
}

// Start is the month's first instant.
func (m Month) Start() time.Time {
	t, _ := time.Parse("2006-01", string(m))
	return t
}

// End is the first instant after the month.
func (m Month) End() time.Time { return m.Start().AddDate(0, 1, 0) }

// Add is the month n months later; a negative n looks back.
func (m Month) Add(n int) Month { return MonthOf(m.Start().AddDate(0, n, 0)) }

// String is the month in words, "October 2026".
func (m Month) String() string { return m.Start().Format("January 2006") }
