package sheet

import "seatbridge/store"

// Total is a row that sums up others and is passed over.
type Total struct {
	Line  int  `json:"line"`
	Says  int  `json:"says"`  // its number
	Sum   int  `json:"sum"`   // what the rows before it come to
	Wrong bool `json:"wrong"` // it says another number

	Month store.Month `json:"month,omitempty"` // the column that it sums up, where columns are months
}

// RunningTotals are the sums of the rows so far: of a table whose columns are months those of each month.
type RunningTotals map[store.Month]*runningTotal

// Add adds a row that sums up nothing.
func (t RunningTotals) Add(row UsageRow) { t.of(row).add(row) }

func (t RunningTotals) of(row UsageRow) *runningTotal {
	var month store.Month
	if row.Column != "" {
		month = row.Month
	}
	if t[month] == nil {
		t[month] = &runningTotal{}
	}
	return t[month]
}

// At holds what a row says that sums up against the rows before it.
func (t RunningTotals) At(row UsageRow) Total {
	total := t.of(row).at(row)
	if row.Column != "" {
		total.Month = row.Month
	}
	return total
}

// runningTotal is what the rows so far come to, all of them and those since the last total.
type runningTotal struct {
	all, since int
	bad        bool
}

func (t *runningTotal) add(row UsageRow) {
	t.all, t.since, t.bad = t.all+row.Seats, t.since+row.Seats, t.bad || len(row.Problems) > 0
}

// at holds a row that sums up against the rows before it.
func (t *runningTotal) at(row UsageRow) Total {
	total := Total{Line: row.Line, Says: row.Seats, Sum: t.since}
	total.Wrong = !t.bad && row.Seats > 0 && row.Seats != t.since && row.Seats != t.all
	t.since = 0
	return total
}
