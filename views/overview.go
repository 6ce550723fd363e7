package views

import "time"

// LastRun is the last sync, whatever became of it.
type LastRun struct {
	At     time.Time
	URL    string // empty: none yet
	Result string // one sentence
}

// OverviewPage is the first page after signing in.
type OverviewPage struct {
	Connection    Connection
	LastRun       LastRun
	NextStep      *NextStep
	Comparing     bool // nothing is written: Seatbridge only compares
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
	Ended         *EndedMonth // the month that ended last; nil: the books have none yet
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

// EndedMonth is the month that ended last, in brief. Seats are decimals.
type EndedMonth struct {
	Month       string // YYYY-MM
	Due         string
	DueUnknown  int    // rows of which nobody knows what is due
	Written     string // empty: nothing was
	Differences int    // that are open
	Open        string // what they come to in seats and money, in words
	Agreements  int    // that carry its seats
	Invoiced    int    // of these
	NextInvoice string // YYYY-MM-DD, the first of the others; empty: not known
}

// invoices says when the next of its agreements is to be invoiced.
func (m EndedMonth) invoices() string {
	switch {
	case m.NextInvoice != "":
		return calendarDay(m.NextInvoice)
	case m.Agreements > 0 && m.Invoiced == m.Agreements:
		return "All invoiced"
	}
	return "Not known"
}
