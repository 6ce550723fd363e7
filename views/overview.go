package views

// OverviewPage is the first page after signing in.
type OverviewPage struct {
	Connection    Connection
	LastRunURL    string // of the last sync, empty: none yet
	LastRunResult string // one sentence on the last sync
	NextStep      *NextStep
	Attention     []Attention
	Clear         Clear  // what an empty Attention is worth
	Month         string // YYYY-MM, the current one
	Business      int    // billable seats of the current month so far
	Enterprise    int
	Organizations int // not deleted
	Mapped        int
	Unmapped      int         // without a mapping
	Months        []SeatMonth // twelve, oldest first
	Runs          []RunRow    // the latest few
}

// NextStep is the one thing to do next, the page's only primary button.
type NextStep struct {
	Why   string // a sentence
	Label string
	URL   string
}

// Attention is something that needs a person.
type Attention struct {
	Kind        string // warning or error
	Title       string
	Detail      string
	ActionLabel string
	ActionURL   string
}
