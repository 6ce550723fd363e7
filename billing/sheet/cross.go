package sheet

import (
	"fmt"
	"slices"
	"strings"

	"seatbridge/billing/table"
	"seatbridge/store"
)

// Cross is a table of usage whose columns are months, as people keep it in a spreadsheet: a row is an organization, and a cell its
// seats in the month above it. An empty cell says nothing.
type Cross struct {
	Months  []CrossMonth // in the order of the file
	LeftOut []int        // columns that are no month and feed no field, such as totals; the first being 0
}

// CrossMonth is a column of such a table.
type CrossMonth struct {
	At    int // the first being 0
	Month store.Month
	Plain bool // the heading gives the month with its whole year, as anybody reads it
}

// Cross is what a table is if its columns are months, and nil if it has a column of months or of seats instead.
func (m ColumnMap) Cross(kind Kind, header []string) *Cross {
	if kind != Usage || m.Has(MonthColumn) || m.Has(SeatsColumn) || !isCross(header) {
		return nil
	}
	c := Cross{}
	for i, h := range readHeadings(header) {
		switch {
		case m.Feeds(i):
		case h.month != "":
			c.Months = append(c.Months, CrossMonth{i, h.month, h.plain})
		default:
			c.LeftOut = append(c.LeftOut, i)
		}
	}
	if len(c.Months) == 0 {
		return nil
	}
	return &c
}

// isCross says whether the columns of a header are months.
func isCross(header []string) bool {
	found := headingsOf(header)
	return !isLong(header) && found.known && found.months+found.unclear > 0 || found.areMonths()
}

// NamesMonths says whether the cells of a row of usage are the headings of a table whose columns are months: two different ones,
// or one beside the name of the organizations' column.
func NamesMonths(cells []string) bool { return isCross(cells) }

// UnclearMonths says of a table whose columns are months why it cannot be read, a sentence; empty: it can, or it is another one.
func UnclearMonths(s table.Survey) string {
	header := s.Header
	if !isCross(header) {
		return ""
	}
	headings := readHeadings(header)
	first := map[store.Month]string{}
	for i, h := range headings {
		other, twice := first[h.month]
		switch {
		case h.unclear != "":
			return "The columns of this table are months. " + h.unclear
		case h.month != "" && twice:
			return fmt.Sprintf("The columns of this table are months, and both %s and %s are %s: keep one of them, or give each row its month.",
				table.Excerpt(other), table.Excerpt(header[i]), h.month)
		case h.month != "":
			first[h.month] = header[i]
		case isUnnamed(header, i) && len(first) > 0 && mayHaveCells(s, i):
			return fmt.Sprintf("The columns of this table are months, and column %d has cells but no month above them: name it.", i+1)
		}
	}
	return ""
}

// mayHaveCells says whether a column has a cell that is not empty, or whether there are rows that cannot be read.
func mayHaveCells(s table.Survey, i int) bool {
	return s.Problems > 0 || i < len(s.Values) && len(s.Values[i]) > 0
}

// isUnnamed says whether a column has no name of its own.
func isUnnamed(header []string, i int) bool {
	return header[i] == "" || header[i] == table.ColumnName(i)
}

// isLong says whether a header names the columns of a month and of seats, so that each row is a month.
func isLong(header []string) bool {
	names := namesOf(header)
	return slices.ContainsFunc(names, func(n columnName) bool { return n.is(MonthColumn) }) &&
		slices.ContainsFunc(names, func(n columnName) bool { return n.is(SeatsColumn) })
}

// headings is what a header says of months.
type headings struct {
	known         bool // a column is called like that of the organizations
	months        int  // different ones
	unclear       int
	bare          int  // months without a year
	numbers       bool // there are numbers that are no months: a row of figures
	firsts, lasts bool // days by which months are named
	days          int  // within months
}

func headingsOf(cells []string) headings {
	var all headings
	different := map[store.Month]bool{}
	for i, h := range readHeadings(cells) {
		name := nameOf(cells[i])
		all.known = all.known || h.month == "" && (name.is(OrganizationColumn) || name.is(ExternalIDColumn))
		all.numbers = all.numbers || h.month == "" && table.IsDigits(cells[i])
		all.firsts, all.lasts = all.firsts || h.day == 1, all.lasts || h.day > 1
		if h.month != "" {
			different[h.month] = true
		}
		if h.unclear != "" {
			all.unclear++
		}
		if h.bare {
			all.bare++
		}
	}
	all.months = len(different)
	return all
}

// areMonths says so of the headings by themselves, where no column is called like that of the organizations. The first and the last
// day of a period in a row of figures are no headings.
func (h headings) areMonths() bool {
	return !h.known && !h.numbers && !(h.firsts && h.lasts) && (h.months >= 2 || h.bare >= 2)
}

// heading is what the name of a column says of a month.
type heading struct {
	month   store.Month
	plain   bool
	day     int    // by which the month is named; 0: it is named by itself
	bare    bool   // a month without a year
	unclear string // it looks like a month, and why it could be another one
}

func readHeadings(header []string) []heading {
	order, days := table.OrderOfMonths(header)
	all, texts := make([]heading, len(header)), make([]string, len(header))
	for i, text := range header {
		if len(text) <= longestName {
			texts[i] = withoutSeats(text)
			all[i] = readHeading(texts[i], order)
		}
	}
	if days {
		doubtOrder(all, texts, order)
	}
	doubtYears(all, texts)
	return all
}

// doubtOrder marks the first days of months that by the other order are days of one January.
func doubtOrder(all []heading, texts []string, order table.DateOrder) {
	other := table.DayFirst
	if order == table.DayFirst {
		other = table.MonthFirst
	}
	for i, text := range texts {
		if _, ordered := table.OrderedDate(text); !ordered || all[i].month == "" {
			continue
		}
		first, _ := table.ParseDay(text, order)
		day, problem := table.ParseDay(text, other)
		if problem == "" && !day.Equal(first) {
			all[i].unclear = fmt.Sprintf("%s may be %s or %s: name the column like %s.",
				table.Excerpt(text), first.Format(longDay), day.Format(longDay), string(all[i].month))
		}
	}
}

// doubtYears marks headings like Oct 12 and Oct 19, which may be days. They are months where all have the same year, or where each
// month follows the one before it, as Dec 25 and Jan 26 do.
func doubtYears(all []heading, texts []string) {
	var at []int
	sameYear, forward, backward := true, true, true
	for i, text := range texts {
		if all[i].month == "" || !mayBeDay(text) {
			continue
		}
		if len(at) > 0 {
			before := all[at[len(at)-1]].month
			sameYear = sameYear && all[i].month[:4] == before[:4]
			forward, backward = forward && before.Add(1) == all[i].month, backward && all[i].month.Add(1) == before
		}
		at = append(at, i)
	}
	if sameYear || forward || backward {
		return
	}
	for _, i := range at {
		first := all[i].month.Start()
		all[i].unclear = fmt.Sprintf("%s may be %d %s or %s: name the column like 2026-10.",
			table.Excerpt(texts[i]), first.Year()-2000, first.Month(), first.Format("January 2006"))
	}
}

func readHeading(text string, order table.DateOrder) heading {
	if text == "" || !strings.ContainsAny(text, "0123456789") && table.MonthNamed(strings.TrimRight(text, ".")) == 0 {
		return heading{}
	}
	m, plain, problem := parseMonth(text, order)
	day, notADay := table.ParseDay(text, order)
	switch {
	case problem == "" && notADay == "" && !day.IsZero():
		return heading{month: m, plain: plain, day: day.Day()}
	case problem == "":
		return heading{month: m, plain: plain}
	case table.MonthNamed(strings.TrimRight(text, ".")) > 0:
		return heading{bare: true, unclear: table.Excerpt(text) + " has no year: name the column like 2026-10."}
	case unclearMonth(text, monthWords(text)) != "", notADay == "" && !day.IsZero():
		return heading{unclear: problem}
	}
	if _, isDate := table.OrderedDate(text); isDate {
		return heading{unclear: table.Excerpt(text) + " may be a day in one of two months: name the column like 2026-10."}
	}
	return heading{}
}

// withoutSeats is a heading without the words for seats around its month: “Seats 2026-10”, “Oct 2026 (licenses)”.
func withoutSeats(text string) string {
	words := strings.Fields(text)
	for i := 1; i < len(words); i++ {
		before, after := strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		if nameOf(before).is(SeatsColumn) {
			return after
		}
		if nameOf(after).is(SeatsColumn) {
			return before
		}
	}
	return text
}

// guessCross is GuessColumns of a table whose columns are months: none of them is taken for another field, and a single column before
// the first month is that of the organizations, whatever it is called.
func guessCross(m ColumnMap, header []string) ColumnMap {
	delete(m, MonthColumn)
	delete(m, SeatsColumn)
	headings := readHeadings(header)
	for c, i := range m {
		if headings[i].month != "" {
			delete(m, c)
		}
	}
	first := slices.IndexFunc(headings, func(h heading) bool { return h.month != "" || h.unclear != "" })
	if first == 1 && len(m) == 0 {
		m[OrganizationColumn] = 0
	}
	return m
}

// IsNamed says whether a heading is one of the names of a field.
func IsNamed(c Column, heading string) bool { return nameOf(heading).is(c) }

// eachMonth yields what a row of a table whose columns are months says of each of them.
func (r *row) eachMonth(yield func(UsageRow) bool) bool {
	shared := UsageRow{
		Line: r.Line, Organization: r.organization(), ExternalID: r.externalID(), Plan: r.plan(), Life: r.life(), Total: r.isTotal(),
	}
	shared.Problems = slices.Clone(r.problems)
	if r.Row.Problem != "" {
		return yield(shared)
	}
	for _, c := range r.cross.Months {
		text := r.Cells[c.At]
		if text == "" {
			r.options.Readings.blank(shared.Total)
			continue
		}
		usage := shared
		usage.Column = r.header[c.At]
		r.problems = slices.Clone(shared.Problems)
		r.columns[MonthColumn], r.columns[SeatsColumn] = c.At, c.At
		usage.Month = r.fitting(c.Month)
		if table.IsNothing(text) {
			r.refuse(SeatsColumn, "%s may mean none or not known: write 0 if there are none, or leave the cell empty.", table.Excerpt(text))
		} else {
			usage.Seats = r.seats()
		}
		usage.Problems = r.problems
		if !yield(usage) {
			return false
		}
	}
	return true
}

// Numbers is how the columns of months write numbers, which is the same in all of them, by what a survey found of each column.
func (c *Cross) Numbers(styles []table.NumberStyle) table.NumberStyle {
	found := table.PlainNumbers
	for _, m := range c.Months {
		if m.At >= len(styles) {
			continue
		}
		switch style := styles[m.At]; {
		case style == table.PlainNumbers, found == table.MixedNumbers, style == found:
		case found == table.PlainNumbers, found == table.AmbiguousNumbers:
			found = style
		case style != table.AmbiguousNumbers:
			found = table.MixedNumbers
		}
	}
	return found
}
