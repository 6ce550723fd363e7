package table

import (
	"fmt"
	"slices"
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
type dateEvidence struct {
	dayFirst, monthFirst, either bool
	months                       monthEvidence
}

func (e *dateEvidence) weigh(cell string) {
	if len(cell) < len("1/1/26") || !IsDigits(cell[:1]) {
		return
	}
	text, _ := cutClock(cell)
	n, ok := OrderedDate(text)
	if ok {
		e.months.weigh(text, n)
	}
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

// monthEvidence is whether the dates of a column are first or last days of months, by either order.
type monthEvidence struct {
	seen                       string // one of the dates
	several                    bool   // there is another one
	year                       int    // of the first of them
	years                      bool   // they are of several
	notDayFirst, notMonthFirst bool
}

func (e *monthEvidence) weigh(text string, n [3]int) {
	e.several = e.several || e.seen != "" && e.seen != text
	e.years = e.years || e.seen != "" && e.year != n[2]
	if e.seen == "" {
		e.seen, e.year = strings.Clone(text), n[2]
	}
	e.notDayFirst = e.notDayFirst || !isEdge(date{n[2], n[1], n[0]})
	e.notMonthFirst = e.notMonthFirst || !isEdge(date{n[2], n[0], n[1]})
}

// order takes one order only on the word of several dates: a single one may be the day of the report.
func (e monthEvidence) order() DateOrder {
	switch {
	case !e.several || e.notDayFirst == e.notMonthFirst:
		return NoOrder
	case e.notDayFirst:
		return MonthFirst
	}
	return DayFirst
}

// OrderOfMonths is the order of day and month in headings that are the first or last days of months, as far as they tell. days says
// that by the other order all of them are days of one January, so that they may be days as well as months.
func OrderOfMonths(headings []string) (order DateOrder, days bool) {
	var e dateEvidence
	for _, h := range headings {
		e.weigh(h)
	}
	if e.order() == AmbiguousOrder && e.months.order() != NoOrder {
		return e.months.order(), !e.months.years
	}
	return e.order(), false
}

// isEdge says whether a day is the first or the last of its month.
func isEdge(d date) bool {
	last := time.Date(d.year, time.Month(d.month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return d.month >= 1 && d.month <= 12 && (d.day == 1 || d.day == last)
}

// ParseMoment reads a date with or without a time: 2026-12-31, 31.12.2026, 31/12/2026 or 12/31/2026 as the
// order of the column says, 31 Dec 2026, RFC 3339, and the number as which spreadsheets keep a date. A date
// without a time is 00:00:00 UTC of that day, a time without a zone is UTC, and fractions of a second are cut off.
// An empty cell, or one like "-" or "never", is the zero time. A problem is a sentence.
func ParseMoment(cell string, order DateOrder) (t time.Time, problem string) {
	if IsNothing(cell) {
		return time.Time{}, ""
	}
	cell = narrow(cell)
	if t, ok := Serial(cell); ok {
		return t, ""
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
	if _, ok := Serial(narrow(cell)); ok {
		return t.Truncate(24 * time.Hour), ""
	}
	text, _ := cutClock(narrow(cell))
	return parseDate(text, order)
}

// IsNothing says whether a cell says that there is no date, in a few languages.
func IsNothing(cell string) bool {
	switch strings.ToLower(cell) {
	case "", "-", "--", "–", "—", "n/a", "#n/a", "na", "nil", "null", "none", "(none)", "(blank)", "never",
		"nie", "kein", "keine", "keines", "jamais", "aucun", "aucune", "nunca", "ninguno", "nooit", "geen", "n.v.t.":
		return true
	}
	return false
}

// The days 2000-01-01 to 2099-12-31 as spreadsheets number them.
const firstSerial, lastSerial = 36526, 73050

// Serial reads a date of this century from the number as which a spreadsheet keeps it: days since 30 December 1899, the
// time of the day as a fraction. (Workbooks of the 1904 date system, which an old Mac may have made, count from elsewhere;
// in a text there is no telling them apart.)
func Serial(text string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	days, err := strconv.Atoi(whole)
	if err != nil || len(whole) != 5 || days < firstSerial || days > lastSerial || fraction != "" && !IsDigits(fraction) {
		return time.Time{}, false
	}
	t := time.Date(1899, 12, 30+days, 0, 0, 0, 0, time.UTC)
	if fraction != "" {
		part, _ := strconv.ParseFloat("0."+fraction, 64)
		t = t.Add(time.Duration(part*24*60*60+0.5) * time.Second)
	}
	return t, true
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
	if IsDigits(strings.Replace(text, ".", "", 1)) && len(text) != len("20261231") {
		return time.Time{}, fmt.Sprintf("%s is a number, and not the one of a date of this century. "+
			"Write the date like 2026-12-31.", Excerpt(text))
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
	if len(text) == len("20261231") && IsDigits(text) {
		n, ok := numbers([]string{text[:4], text[4:6], text[6:]})
		return date{n[0], n[1], n[2]}, ok
	}
	for _, separator := range []string{"-", "/", "."} {
		parts := strings.Split(text, separator)
		n, ok := numbers(parts)
		switch {
		case ok && len(parts[0]) == 4:
			return date{n[0], n[1], n[2]}, true
		case ok && separator == "." && (len(parts[2]) == 4 || len(parts[2]) == 2 && len(parts[0]) <= 2):
			return date{fullYear(n[2]), n[1], n[0]}, true
		}
	}
	return namedDate(text)
}

// fullYear is the year of this century that two digits stand for.
func fullYear(year int) int {
	if year < 100 {
		return 2000 + year
	}
	return year
}

// namedDate reads 31 Dec 2026, 31-Dec-26, 31. Dezember 2026, Dec 31st, 2026 and Thursday, 31 de diciembre de 2026.
func namedDate(text string) (date, bool) {
	words := slices.DeleteFunc(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" .,-/", r) }), isFiller)
	if len(words) != 3 || len(words[2]) != 4 && (len(words[2]) != 2 || !IsDigits(words[0])) {
		return date{}, false
	}
	name, number := words[1], words[0]
	if MonthNamed(name) == 0 {
		name, number = number, name
	}
	month := MonthNamed(name)
	n, ok := numbers([]string{words[2], "0", cardinal(number)})
	return date{fullYear(n[0]), month, n[2]}, ok && month > 0
}

// isFiller says whether a word of a date says nothing: a day of the week, or an article.
func isFiller(word string) bool {
	word = store.Fold(word)
	return len(word) >= 2 && !IsDigits(word) && slices.ContainsFunc(fillers[:], func(f string) bool {
		return word == f || len(word) >= 3 && strings.HasPrefix(f, word) && MonthNamed(word) == 0
	})
}

var fillers = [...]string{
	"of", "the", "de", "del", "le", "el", "den", "am", "mo", "di", "mi", "do", "fr", "sa", "so",
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
	"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag",
	"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
	"lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo",
	"maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag",
}

// cardinal is a number without the letters that make it an ordinal: 1st, 1er.
func cardinal(number string) string {
	for _, suffix := range []string{"st", "nd", "rd", "th", "er"} {
		if rest, ok := strings.CutSuffix(strings.ToLower(number), suffix); ok {
			return rest
		}
	}
	return number
}

// OrderedDate reads a date whose order of day and month has to be known: these two as they stand, and the year.
func OrderedDate(text string) (numerals [3]int, ok bool) {
	for _, separator := range []string{"/", "-"} {
		parts := strings.Split(text, separator)
		if len(parts) == 3 && (len(parts[2]) == 4 || len(parts[2]) == 2 && len(parts[0]) <= 2) {
			n, ok := numbers(parts)
			n[2] = fullYear(n[2])
			return n, ok
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
	"january januar janvier enero januari janner jaenner",
	"february februar fevrier febrero februari",
	"march marz maerz mars marzo maart mrz mrt",
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

// IsPlainDate says whether a cell is a date, perhaps with a time, that reads one way only and has its whole year.
func IsPlainDate(cell string) bool {
	text, _ := cutClock(cell)
	d, ok := plainDate(text)
	return ok && strings.Contains(text, strconv.Itoa(d.year))
}
