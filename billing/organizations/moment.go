package organizations

import (
	"fmt"
	"strings"
	"time"

	"seatbridge/billing/problem"
)

// momentLayouts are the ways in which a form or a script writes a moment; without a zone it is UTC.
var momentLayouts = [...]string{
	time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339, "2006-01-02T15:04Z07:00",
}

// ParseMoment reads when something began: a day is its first instant in UTC, an instant is that second; an empty text is the zero time.
// A problem is a sentence.
func ParseMoment(text string) (at time.Time, sentence string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, ""
	}
	for _, layout := range momentLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Second), ""
		}
	}
	return time.Time{}, fmt.Sprintf("“%s” is no day: write it like 2026-03-10 or, with a time in UTC, 2026-03-10 14:30.",
		problem.Shorten(text, 40))
}

// Written is a moment as ParseMoment reads it and people write it: the first instant of a day as the day.
func Written(t time.Time) string {
	t = t.UTC()
	switch {
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly)
	case t.Second() == 0:
		return t.Format("2006-01-02 15:04")
	}
	return t.Format(time.DateTime)
}
