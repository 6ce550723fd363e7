package views

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// RunsPage is the list of runs.
type RunsPage struct {
	Rows  []RunRow
	Pager Pager
}

// RunRow is one run.
type RunRow struct {
	ID        int64
	Kind      string // manual, monthly, command, undo, retry or release, retry or release
	Preview   bool
	Month     string    // YYYY-MM, whose seats it writes
	AsOf      time.Time // real-time figures up to this moment; zero: the whole month
	Actor     string
	Started   time.Time
	Ended     time.Time // zero: not ended
	Status    string    // running, planned, done, incomplete, failed, cancelled or discarded
	Counts    RunCounts
	ErrorWhat string
}

// RunCounts are a run's changes by their state.
type RunCounts struct {
	Planned, Written, Unchanged, Skipped, Blocked, Conflict, Held, Failed, Unknown, Rejected, Stale, Cancelled int
}

// RunPage is one run with its changes.
type RunPage struct {
	Run        RunRow
	Done       int // agreements looked at
	Total      int
	PerSecond  float64
	Notice     *Notice // what went wrong with the run as a whole
	State      string  // filter; empty: all
	Query      string
	States     []Option // states that occur, with their counts
	Changes    []ChangeRow
	Pager      Pager
	CSV        string
	SeatsMore  int // by how much the changes raise the seats billed
	SeatsLess  int
	CanApply   bool // a preview that may be written
	CanDiscard bool
	CanCancel  bool
}

// ChangeRow is what a run found or did about one product on one agreement.
type ChangeRow struct {
	ID          int64
	Company     string
	Agreement   string
	Plan        string
	Product     string  // identifier
	Shares      []Share // the organizations whose seats add up to it
	Before      string  // quantity; empty: no line
	After       string  // quantity; empty: none
	Difference  int     // seats
	HandEdited  bool
	Reason      string
	Warnings    []string
	State       string // planned, sending, written, unchanged, skipped, blocked, conflict, held, failed, unknown, rejected, stale or cancelled
	ErrorWhat   string
	ErrorDo     string
	ErrorDetail string
}

// Share is what one organization adds to a line.
type Share struct {
	OrganizationID int64
	Organization   string
	Seats          int
	Unknown        bool // no figure is known, which is not zero
}

func runURL(run int64, action string) templ.SafeURL {
	return templ.URL("/runs/" + id(run) + action)
}

func runningTitle(r RunRow) string {
	if r.Preview {
		return "Reading agreements"
	}
	return "Syncing"
}

func runProgressText(p RunPage) string {
	text := "Starting"
	if p.Total > 0 {
		text = number(p.Done) + " of " + count(p.Total, "agreement", "agreements")
	}
	if p.PerSecond > 0 {
		text += " · " + rate(p.PerSecond)
	}
	if c := p.Run.Counts; c.Written > 0 {
		text += " · " + number(c.Written) + " written"
	}
	if c := p.Run.Counts; c.Failed > 0 {
		text += " · " + number(c.Failed) + " failed"
	}
	return text
}

// stateCount is how many of a run's changes are in one state.
type stateCount struct {
	state string
	n     int
}

// counts lists the states that occur, what needs a person first.
func (c RunCounts) counts() []stateCount {
	every := []stateCount{
		{"failed", c.Failed}, {"unknown", c.Unknown}, {"conflict", c.Conflict}, {"blocked", c.Blocked}, {"held", c.Held}, {"stale", c.Stale},
		{"planned", c.Planned}, {"written", c.Written}, {"unchanged", c.Unchanged}, {"skipped", c.Skipped}, {"rejected", c.Rejected}, {"cancelled", c.Cancelled},
	}
	return slices.DeleteFunc(every, func(s stateCount) bool { return s.n == 0 })
}

// shownCounts lists the states that occur; Written also when it is zero.
func shownCounts(c RunCounts) []stateCount {
	list := c.counts()
	if len(list) == 0 {
		return []stateCount{{"written", 0}}
	}
	return list
}

// countsText writes the states that occur in one line.
func countsText(c RunCounts) string {
	parts := []string{}
	for _, s := range c.counts() {
		parts = append(parts, number(s.n)+" "+strings.ToLower(stateLabel(s.state).text))
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, ", ")
}

// shareText is what an organization adds, in words.
func shareText(s Share) string {
	if s.Unknown {
		return ": unknown"
	}
	return ": " + count(s.Seats, "seat", "seats")
}

func quantity(q string) string {
	if q == "" {
		return none
	}
	return q
}

func differenceClass(difference int) string {
	switch {
	case difference > 0:
		return "up"
	case difference < 0:
		return "down"
	}
	return "muted"
}
