package views

import "time"

// RunsPage is the list of runs.
type RunsPage struct {
	Rows  []RunRow
	Pager Pager
}

// RunRow is one run.
type RunRow struct {
	ID        int64
	Kind      string // manual, monthly, command or undo
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
	Planned, Written, Unchanged, Skipped, Blocked, Conflict, Held, Failed, Stale, Cancelled int
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
	State       string // planned, sending, written, unchanged, skipped, blocked, conflict, held, failed, stale or cancelled
	ErrorWhat   string
	ErrorDo     string
	ErrorDetail string
}

// Share is what one organization adds to a line.
type Share struct {
	OrganizationID int64
	Organization   string
	Seats          int
}
