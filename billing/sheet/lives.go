package sheet

import (
	"fmt"
	"slices"
	"time"

	"seatbridge/store"
)

// Lives is what the rows of one organization say of its life.
type Lives struct {
	Rows []LifeRow
	Bad  int // the line of a row of which something cannot be read; 0: none

	facts []said
}

// LifeRow is a good row; nil: it says nothing of the life.
type LifeRow struct {
	Line int
	*Life
}

// said is a fact with the row that says it first.
type said struct {
	Fact
	line int
}

// Add adds a good row. It keeps nothing of its own where it says what the one before it does.
func (l *Lives) Add(row LifeRow) {
	if n := len(l.Rows); n > 0 && row.Life != nil && l.Rows[n-1].Life != nil && *row.Life == *l.Rows[n-1].Life {
		row.Life = l.Rows[n-1].Life
	}
	l.Rows = append(l.Rows, row)
}

// SaysNFR says whether the rows have the organization NFR at some time.
func (l Lives) SaysNFR() bool {
	return slices.ContainsFunc(l.Rows, func(r LifeRow) bool { return r.Life != nil && r.License == store.NFR })
}

// Contradiction is a cell that says otherwise than one before it.
type Contradiction struct {
	Line     int
	Column   Column
	Sentence string
}

// Contradictions gathers the facts of the rows of a table of this kind and answers which of them say otherwise than one before them.
func (l *Lives) Contradictions(k Kind) (found []Contradiction) {
	type key struct {
		Column
		time.Time
	}
	first := map[key]said{}
	for _, row := range l.Rows {
		for _, fact := range row.facts() {
			at := key{fact.Column, fact.Since}
			before, met := first[at]
			switch {
			case !met:
				first[at] = said{fact, row.Line}
				l.facts = append(l.facts, first[at])
			case before.Value != fact.Value:
				found = append(found, Contradiction{row.Line, fact.Column, fmt.Sprintf(
					"It says %s, and line %d says %s of the same organization: %s.", fact.Value, before.line, before.Value, waysOut(k))})
			}
		}
	}
	return found
}

func (r LifeRow) facts() []Fact {
	if r.Life == nil {
		return nil
	}
	return r.Facts()
}

// waysOut is what to do about a contradiction.
func waysOut(k Kind) string {
	if k == Organizations {
		return "correct one of the two"
	}
	return "correct one of the two, or choose “Not in the file” for this column"
}

// LineOf is the first row that says something of these columns; 0: none does. Like the others it knows the rows whose contradictions
// were looked for.
func (l Lives) LineOf(columns ...Column) int {
	return l.line(func(f Fact) bool { return slices.Contains(columns, f.Column) })
}

// LineSince is the first row that says what holds from a moment on; 0: none does.
func (l Lives) LineSince(at time.Time) int {
	return l.line(func(f Fact) bool {
		return slices.Contains([]Column{PlanColumn, LicenseColumn, ManagedColumn}, f.Column) && f.Since.Equal(at)
	})
}

// LineOfNFR is the first row that has the organization NFR; 0: none has.
func (l Lives) LineOfNFR() int {
	return l.line(func(f Fact) bool { return f.Column == LicenseColumn && f.Value == string(store.NFR) })
}

func (l Lives) line(is func(Fact) bool) int {
	for _, f := range l.facts {
		if is(f.Fact) {
			return f.line
		}
	}
	return 0
}

// FirstSince is the row of the first state that has a moment; 0: none has.
func (l Lives) FirstSince() (line int) {
	var first time.Time
	for _, f := range l.facts {
		if !f.Since.IsZero() && (first.IsZero() || f.Since.Before(first)) {
			first, line = f.Since, f.line
		}
	}
	return line
}
