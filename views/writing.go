package views

import (
	"strings"
	"time"
)

// Comparing is since when Seatbridge only compares and writes nothing; a zero one says that it writes.
type Comparing struct {
	Since time.Time
	By    string // who chose it, an e-mail address
}

// On says that it only compares.
func (c Comparing) On() bool { return !c.Since.IsZero() }

// WritingPage says whether Seatbridge writes, and switches it.
type WritingPage struct {
	Comparing   Comparing
	Active      bool              // the products are mapped, so that there is anything to compare or write
	NextSync    time.Time         // or the next comparison
	Comparisons []Comparison      // the latest, the latest first
	Periods     []Option          // whose seats the first writes can be of
	Pauses      []ComparingPeriod // that are over, the latest first
	FellDue     []string          // months whose sync was due while Seatbridge only compared
}

// Comparison is a run that only compared, in brief.
type Comparison struct {
	Run   RunRow
	Would Totals // what it would have written
	Held  Totals // what would have waited for approval
}

// ComparingPeriod is a time in which Seatbridge only compared.
type ComparingPeriod struct {
	Since, Until time.Time
	By, EndedBy  string
}

// equal counts the lines that were as they should be.
func (c Comparison) equal() int { return c.Run.Counts.Unchanged }

// left counts the lines that would have been left alone, because something was in the way.
func (c Comparison) left() int {
	n := c.Run.Counts
	return n.Skipped + n.Blocked + n.Conflict + n.Failed + n.Unknown + n.Stale
}

// stateOf is how a run stands, as its badge says it.
func stateOf(r RunRow) string {
	if r.Compares && r.Status == "done" {
		return "compared"
	}
	return r.Status
}

// stateOfChange is how a change of a run stands, as badges and counts say it: what is only compared is neither planned nor waits.
func stateOfChange(compares bool, state string) string {
	if compares && (state == "planned" || state == "held") {
		return "would_be_" + state
	}
	return state
}

func writingLink(c Comparing) string {
	if c.On() {
		return "Switch writing on"
	}
	return "Pause writing"
}

func nextSyncTerm(c Comparing) string {
	if c.On() {
		return "Next comparison"
	}
	return "Next sync"
}

// RunStateWord is a state of changes of a run within a sentence.
func RunStateWord(compares bool, state string) string {
	if compares && (state == "planned" || state == "held") {
		return strings.ToLower(stateLabel(stateOfChange(compares, state)).text)
	}
	return state
}
