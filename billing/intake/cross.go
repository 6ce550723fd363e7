package intake

import (
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
)

// Cross is how the file is read if its columns are months; nil: each row names one.
func (in FileImport) Cross() *sheet.Cross {
	return in.Choices.Columns.Cross(in.Kind, in.Survey.Header)
}

// refuseUnclear refuses a file whose columns are months of which somebody would have to guess one: its figures would be left out, or
// billed in another month.
func refuseUnclear(kind sheet.Kind, s table.Survey) error {
	if kind != sheet.Usage {
		return nil
	}
	if problem := sheet.UnclearMonths(s); problem != "" {
		return table.Unusable("%s", problem)
	}
	return nil
}

// isSaid says whether something was said of a row that sums up and has a cell for each month, so that only what is wrong with
// another of them is new.
func (f Findings) isSaid(t sheet.Total) bool {
	if len(f.Totals) == 0 || t.Month == "" {
		return false
	}
	return f.Totals[len(f.Totals)-1].Line == t.Line && !t.Wrong
}

// unit is what an import counts: rows, or the figures in them.
func (in FileImport) unit() string {
	if in.Cross() != nil {
		return "figure"
	}
	return "row"
}

// cells is how many rows there are to read, or cells under months.
func (in FileImport) cells() int {
	if c := in.Cross(); c != nil {
		return in.Survey.Rows * len(c.Months)
	}
	return in.Survey.Rows
}
