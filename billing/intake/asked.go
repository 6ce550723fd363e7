package intake

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
)

// options is how the file is read, or an *Invalid.
func (in FileImport) options(now time.Time) (sheet.Options, error) {
	o := sheet.Options{
		Now: now, Organization: in.Choices.Organization, OpenMonth: in.Choices.OpenMonth,
		Dates: map[sheet.Column]table.DateOrder{}, Numbers: map[sheet.Column]table.NumberStyle{},
	}
	problems := problem.Fields{}
	var invalid *problem.Invalid
	if err := in.Choices.Columns.Check(in.Kind, in.Survey.Header, o); errors.As(err, &invalid) {
		problems = invalid.Fields
	}
	for _, c := range in.fed() {
		if o.Dates[c] = in.order(c); in.LeavesOrderOpen(c) {
			if o.Dates[c] = in.Choices.Dates[c]; o.Dates[c] != table.DayFirst && o.Dates[c] != table.MonthFirst {
				problems.Add("dates."+string(c), "Choose whether the day or the month comes first.")
			}
		}
		if o.Numbers[c] = in.numbers(c); in.LeavesNumbersOpen(c) {
			if o.Numbers[c] = in.Choices.Numbers[c]; o.Numbers[c] != table.DecimalPoint && o.Numbers[c] != table.DecimalComma {
				problems.Add("numbers."+string(c), "Choose what points and commas mean.")
			}
		}
	}
	if len(problems) > 0 {
		return o, &problem.Invalid{Fields: problems}
	}
	return o, nil
}

// fed are the fields that columns of the file feed: where those are months, the seats, too.
func (in FileImport) fed() []sheet.Column {
	fed := slices.Collect(maps.Keys(in.Choices.Columns))
	if in.Cross() != nil {
		fed = append(fed, sheet.SeatsColumn)
	}
	return fed
}

// LeavesOrderOpen says whether the admin has to choose what comes first in the dates of a column, the day or the month.
func (in FileImport) LeavesOrderOpen(c sheet.Column) bool {
	order := in.order(c)
	return c.IsDate() && (order == table.AmbiguousOrder || order == table.MixedOrder)
}

// order is how the file itself writes the dates of a column. Those of a month are its first or last day.
func (in FileImport) order(c sheet.Column) table.DateOrder {
	order := of(in.Survey.Dates, in.Choices.Columns, c)
	if c == sheet.MonthColumn && order == table.AmbiguousOrder {
		return cmp.Or(of(in.Survey.Months, in.Choices.Columns, c), order)
	}
	return order
}

// LeavesNumbersOpen says whether the admin has to choose what points and commas mean in a column.
func (in FileImport) LeavesNumbersOpen(c sheet.Column) bool {
	style := in.numbers(c)
	return c == sheet.SeatsColumn && (style == table.AmbiguousNumbers || style == table.MixedNumbers)
}

func (in FileImport) numbers(c sheet.Column) table.NumberStyle {
	if cross := in.Cross(); cross != nil && c == sheet.SeatsColumn {
		return cross.Numbers(in.Survey.Numbers)
	}
	return of(in.Survey.Numbers, in.Choices.Columns, c)
}

// of is what a survey says of the column that feeds a field.
func of[T any](found []T, columns sheet.ColumnMap, c sheet.Column) (none T) {
	if i, ok := columns[c]; ok && i >= 0 && i < len(found) {
		return found[i]
	}
	return none
}
