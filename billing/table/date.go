package table

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// DateOrder is how a column writes dates like 05/06/2026 or 05-06-2026.
type DateOrder string

// The orders. The last two are findings only: the admin has to choose one of the others.
const (
	NoOrder        DateOrder = "" // it has none, or reads the same either way
	DayFirst       DateOrder = "day-first"
	MonthFirst     DateOrder = "month-first"
	AmbiguousOrder DateOrder = "ambiguous" // each date of the column could be either
	MixedOrder     DateOrder = "mixed"     // some dates can only be the one, some only the other
)

// dateEvidence is what the dates of a column say of their order.
type dateEvidence struct{ dayFirst, monthFirst, either bool }

func (e *dateEvidence) weigh(cell string) {
	if len(cell) < len("1/1/2026") || !IsDigits(cell[:1]) {
		return
	}
	text, _ := cutClock(cell)
	n, ok := OrderedDate(text)
	first, second := n[0], n[1]
	switch {
	case !ok || first == second:
	case first > 12 && second <= 12:
		e.dayFirst = true
	case second > 12 && first <= 12:
		e.monthFirst = true
	case first <= 12:
		e.either = true
	}
}

func (e dateEvidence) order() DateOrder {
	switch {
	case e.dayFirst && e.monthFirst:
		return MixedOrder
	case e.dayFirst:
		return DayFirst
	case e.monthFirst:
		return MonthFirst
	case e.either:
		return AmbiguousOrder
	}
	return NoOrder
}

// ParseMoment reads a date with or without a time: 2026-12-31, 31.12.2026, 31/12/2026 or 12/31/2026 as the
// order of the column says, 31 Dec 2026, and RFC 3339. A date without a time is 00:00:00 UTC of that
// day, a time without a zone is UTC, and fractions of a second are cut off. An empty cell, or one like
// "-" or "never", is the zero time. A problem is a sentence.
func ParseMoment(cell string, order DateOrder) (t time.Time, problem string) {
	if isNothing(cell) {
		return time.Time{}, ""
	}
	text, clock := cutClock(cell)
	date, problem := parseDate(text, order)
	if problem != "" {
		return time.Time{}, problem
	}
	since, ok := parseClock(clock)
	if !ok {
		return time.Time{}, fmt.Sprintf("%s is not a time: write it like 2026-12-31 15:04 or 2026-12-31T15:04:00Z.", Excerpt(cell))
	}
	return date.Add(since), ""
}

// GivesTime says whether a cell that ParseMoment reads gives the time of the day, and so an instant and not a day.
func GivesTime(cell string) bool {
	_, clock := cutClock(cell)
	return clock != ""
}

// ParseDay reads the day of a moment as the cell says it: in another zone than UTC it may be another one than in UTC.
func ParseDay(cell string, order DateOrder) (day time.Time, problem string) {
	t, problem := ParseMoment(cell, order)
	if t.IsZero() {
		return t, problem
	}
	text, _ := cutClock(cell)
	return parseDate(text, order)
}

func isNothing(cell string) bool {
	switch strings.ToLower(cell) {
	case "", "-", "–", "—", "n/a", "null", "none", "never":
		return true
	}
	return false
}

// Excerpt quotes a cell in a sentence.
func Excerpt(cell string) string {
	return "“" + problem.Shorten(cell, 40) + "”"
}

// cutClock parts the time of the day, which is what has a colon, from the date before it.
func cutClock(cell string) (date, clock string) {
	i := strings.IndexByte(cell, ':')
	for i > 0 && IsDigits(cell[i-1:i]) {
		i--
	}
	if i <= 0 || !strings.ContainsRune(" Tt", rune(cell[i-1])) {
		return cell, ""
	}
	return strings.TrimRight(cell[:i-1], ", "), cell[i:]
}

// clockLayouts: RFC 3339 and its looser relatives; a fraction of a second is read with any of them.
var clockLayouts = [...]string{
	"15:04:05Z07:00", "15:04:05", "15:04", "15:04Z07:00", "15:04:05Z0700", "15:04Z0700", "15:04:05Z07", "15:04Z07", "3:04:05PM", "3:04PM",
}

// parseClock is the time from the date's midnight UTC to the moment: negative in the morning of the east.
func parseClock(clock string) (time.Duration, bool) {
	if clock == "" {
		return 0, true
	}
	clock = strings.ReplaceAll(strings.ToUpper(clock), " ", "")
	for _, zone := range []string{"UTC", "GMT"} {
		clock = strings.TrimSuffix(clock, zone)
	}
	for _, layout := range clockLayouts {
		if t, err := time.Parse(layout, clock); err == nil {
			midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
			return t.Sub(midnight) - time.Duration(t.Nanosecond()), true
		}
	}
	return 0, false
}

// parseDate reads a date without a time as its midnight UTC.
func parseDate(text string, order DateOrder) (time.Time, string) {
	if IsDigits(strings.Replace(text, ".", "", 1)) {
		return time.Time{}, fmt.Sprintf("%s is a number, not a date: spreadsheets keep dates so. "+
			"Format the column as a date, like 2026-12-31, and save the file again.", Excerpt(text))
	}
	d, ok := plainDate(text)
	if !ok {
		var n [3]int
		if n, ok = OrderedDate(text); ok {
			switch {
			case order == DayFirst, n[0] == n[1]:
				d = date{n[2], n[1], n[0]}
			case order == MonthFirst:
				d = date{n[2], n[0], n[1]}
			default:
				return time.Time{}, fmt.Sprintf(
					"%s could be in either order: choose whether the day or the month comes first in this column.", Excerpt(text))
			}
		}
	}
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	switch {
	case !ok:
		return time.Time{}, fmt.Sprintf("%s is not a date: write it like 2026-12-31.", Excerpt(text))
	case t.Day() != d.day || int(t.Month()) != d.month:
		return time.Time{}, fmt.Sprintf(
			"%s is not in the calendar; if day and month are in the wrong order, choose the other one for this column.", Excerpt(text))
	case d.year < 2000 || d.year > 2099:
		return time.Time{}, fmt.Sprintf("%s is not in this century.", Excerpt(text))
	}
	return t, ""
}

// date is a day as it was written, which need not be in the calendar.
type date struct{ year, month, day int }

// plainDate reads the dates that can be read one way only.
func plainDate(text string) (date, bool) {
	for _, separator := range []string{"-", "/", "."} {
		parts := strings.Split(text, separator)
		n, ok := numbers(parts)
		switch {
		case ok && len(parts[0]) == 4:
			return date{n[0], n[1], n[2]}, true
		case ok && len(parts[2]) == 4 && separator == ".":
			return date{n[2], n[1], n[0]}, true
		}
	}
	return namedDate(text)
}

// namedDate reads 31 Dec 2026, 31-Dec-2026, 31. Dezember 2026 and Dec 31, 2026.
func namedDate(text string) (date, bool) {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" .,-/", r) })
	if len(words) != 3 || len(words[2]) != 4 {
		return date{}, false
	}
	name, number := words[1], words[0]
	if !IsDigits(number) {
		name, number = number, name
	}
	month := MonthNamed(name)
	n, ok := numbers([]string{words[2], "0", number})
	return date{n[0], month, n[2]}, ok && month > 0
}

// OrderedDate reads a date whose order of day and month has to be known: these two as they stand, and the year.
func OrderedDate(text string) (numerals [3]int, ok bool) {
	for _, separator := range []string{"/", "-"} {
		if parts := strings.Split(text, separator); len(parts) == 3 && len(parts[2]) == 4 {
			return numbers(parts)
		}
	}
	return numerals, false
}

// numbers reads three numbers of at most four digits.
func numbers(parts []string) (n [3]int, ok bool) {
	if len(parts) != len(n) {
		return n, false
	}
	for i, s := range parts {
		if !IsDigits(s) || len(s) > 4 {
			return [3]int{}, false
		}
		n[i], _ = strconv.Atoi(s)
	}
	return n, true
}

// monthNames are the months in English, German, French, Spanish and Dutch, as store.Fold writes them. A
// month may be shortened to three letters or more, where that is no other month.
var monthNames = [12]string{
	"january januar janvier enero januari",
	"february februar fevrier febrero februari",
	"march marz maerz mars marzo maart mrz",
	"april avril abril",
	"may mai mayo mei",
	"june juni juin junio",
	"july juli juillet julio",
	"august aout agosto augustus",
	"september septembre septiembre sept",
	"october oktober octobre octubre",
	"november novembre noviembre",
	"december dezember decembre diciembre",
}

// MonthNamed is 0 for what is no month, or could be more than one.
func MonthNamed(word string) int {
	found := 0
	word = store.Fold(word)
	if len(word) < 3 {
		return 0
	}
	for i, names := range monthNames {
		for name := range strings.FieldsSeq(names) {
			if strings.HasPrefix(name, word) && found != i+1 {
				if found > 0 {
					return 0
				}
				found = i + 1
			}
		}
	}
	return found
}
