package connectwise

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Date is a calendar day without a time zone, as ConnectWise means its date-only fields. The zero value is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the calendar day of an instant in UTC.
func DateOf(t time.Time) Date {
	year, month, day := t.UTC().Date()
	return Date{year, month, day}
}

// ParseDate reads "2006-01-02"; the empty string is no date.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("reading date %q: not a calendar day", s)
	}
	return DateOf(t), nil
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Time returns the day's first instant in UTC.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// AddDays returns the day n days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// Compare is negative if d comes before other, positive if after. No date comes before every date.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is later than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// String returns "2006-01-02", or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalJSON writes the calendar day with midnight UTC, as ConnectWise expects (docs/connectwise.md section 4).
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.String() + "T00:00:00Z")
}

// UnmarshalJSON takes the calendar day as it is written and ignores the time of day and its zone: converting moves
// the day (docs/connectwise.md section 4). Null, "" and the year 1, which is how .NET writes no date, are no date.
func (d *Date) UnmarshalJSON(data []byte) error {
	var s *string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*d = Date{}
	if s == nil || *s == "" {
		return nil
	}
	day, rest := *s, ""
	if len(day) > len(time.DateOnly) {
		day, rest = day[:len(time.DateOnly)], day[len(time.DateOnly):]
	}
	parsed, err := ParseDate(day)
	if err != nil || rest != "" && rest[0] != 'T' && rest[0] != ' ' {
		return fmt.Errorf("reading date %q: not a calendar day", *s)
	}
	if parsed.Year > 1 {
		*d = parsed
	}
	return nil
}

// looseDate is a date in a field that the API defines as text, nextInvoiceDate: what is not a date is no date.
type looseDate struct{ Date }

func (d *looseDate) UnmarshalJSON(data []byte) error {
	if d.Date.UnmarshalJSON(data) != nil {
		d.Date = Date{}
	}
	return nil
}
