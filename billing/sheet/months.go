package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"seatbridge/billing/table"
	"seatbridge/store"
)

// parseMonth reads 2026-03, 03/2026, March 2026, Mar-26, 202603, the first or last day of a month, and the number as which
// a spreadsheet keeps the first. A day within the month is refused: it may be the day of the report, which is not in the
// month it reports. plain says that the month stands there with its year, as anybody reads it.
func parseMonth(text string, order table.DateOrder) (m store.Month, plain bool, problem string) {
	if text == "" {
		return "", false, "The month is missing."
	}
	text = strings.TrimPrefix(text, "'")
	words := monthWords(text)
	if m, ok := plainMonth(words); ok && !lostZero(text, words) {
		return m, true, ""
	}
	if m, ok := shortMonth(words); ok {
		return m, false, ""
	}
	if problem = unclearMonth(text, words); problem != "" {
		return "", false, problem
	}
	return monthOfDay(text, order)
}

// monthWords are the parts of a month, without articles: 1 de octubre.
func monthWords(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" -/.,'’", r) })
	words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains([]string{"de", "del", "of"}, strings.ToLower(w)) })
	switch {
	case len(words) == 1 && len(words[0]) == 6 && table.IsDigits(words[0]):
		return []string{words[0][:4], words[0][4:]}
	case len(words) == 2 && len(words[0]) == 6 && table.IsDigits(words[0]) && strings.Trim(words[1], "0") == "": // 202610.0
		return []string{words[0][:4], words[0][4:]}
	}
	return words
}

// plainMonth reads a month with its number or name and a year of four digits.
func plainMonth(words []string) (store.Month, bool) {
	if len(words) != 2 {
		return "", false
	}
	year, month := words[0], words[1]
	if len(year) != 4 || !table.IsDigits(year) {
		year, month = month, year
	}
	number := table.MonthNamed(month)
	if table.IsDigits(month) && len(month) <= 2 {
		number, _ = strconv.Atoi(month)
	}
	m, err := store.ParseMonth(fmt.Sprintf("%s-%02d", year, number))
	return m, err == nil && strings.HasPrefix(year, "20")
}

// shortMonth reads what spreadsheets make of 2026-10 when they show it: Oct-26, Okt 26, oct.-26.
func shortMonth(words []string) (store.Month, bool) {
	if len(words) != 2 || table.MonthNamed(words[0]) == 0 || len(words[1]) != 2 || !table.IsDigits(words[1]) {
		return "", false
	}
	m, err := store.ParseMonth(fmt.Sprintf("20%s-%02d", words[1], table.MonthNamed(words[0])))
	return m, err == nil
}

// mayBeDay says whether a short month may be a day of any year: Oct 12. The hyphen of a spreadsheet or an apostrophe marks a year.
func mayBeDay(text string) bool {
	m, ok := shortMonth(monthWords(text))
	return ok && m[2:4] >= "01" && m[2:4] <= "31" && !strings.ContainsAny(text, "-'’")
}

// lostZero says whether a month may be October, kept as a number, which lost its zero: 2026.10 becomes 2026.1.
func lostZero(text string, words []string) bool {
	return len(words) == 2 && len(words[0]) == 4 && words[1] == "1" && strings.ContainsAny(text, ".,")
}

// unclearMonth says why what looks like a month could be another one.
func unclearMonth(text string, words []string) string {
	switch {
	case len(words) != 2:
	case lostZero(text, words):
		return fmt.Sprintf("%s may be January, or October whose zero a spreadsheet dropped: write the month like 2026-10.", table.Excerpt(text))
	case table.IsDigits(words[0]) && len(words[0]) <= 2 && table.MonthNamed(words[1]) > 0:
		return fmt.Sprintf("%s may be a day of the month or the month of a year: write the month like 2026-10.", table.Excerpt(text))
	case table.IsDigits(words[0]) && table.IsDigits(words[1]) && len(words[0]) <= 2 && len(words[1]) <= 2:
		return fmt.Sprintf("%s has no year that can be told from a day: write the month like 2026-10.", table.Excerpt(text))
	}
	return ""
}

// monthOfDay reads a month from its first or last day.
func monthOfDay(text string, order table.DateOrder) (m store.Month, plain bool, problem string) {
	t, problem := table.ParseDay(text, order)
	_, kept := table.Serial(text)
	switch {
	case problem != "" || t.IsZero():
		if _, isDate := table.OrderedDate(text); isDate {
			return "", false, problem
		}
		return "", false, fmt.Sprintf("%s is not a month: write it like 2026-03.", table.Excerpt(text))
	case kept && t.Day() != 1:
		return "", false, fmt.Sprintf("%s is how a spreadsheet keeps %s, or %s if its dates begin in 1904: write the month like 2026-03.",
			table.Excerpt(text), t.Format(longDay), t.AddDate(4, 0, 1).Format(longDay))
	case t.Day() != 1 && t.AddDate(0, 0, 1).Day() != 1:
		return "", false, fmt.Sprintf("%s is a day within a month: write the month like 2026-03.", table.Excerpt(text))
	}
	return store.MonthOf(t), table.IsPlainDate(text), ""
}

const longDay = "2 January 2006"
