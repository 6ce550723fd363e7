package views

import "time"

// Explanation takes an organization's figure of a month apart.
type Explanation struct {
	OrganizationID int64
	Month          string   // YYYY-MM
	Current        bool     // the month is not over
	Months         []Option // to choose from, newest first
	Figure         Figure
	Why            string
	Original       *Figure     // what a correction overrules
	Said           []SourceRow // what every source says of the month, in the order in which they are believed
	Disputed       bool        // another source says another figure, and nobody corrected it or said whose is right
	Keep           *KeepForm   // says whose figure is right; nil: there is nothing to say, or the visitor may not
	Ledger         int         // what the seats below add up to
	Forecast       *Forecast
	Turns          []Turn
	Counted        string // filter: yes, no; empty: all
	Yes, No        int    // seats that count, and that do not
	Rows           []SeatShare
	Pager          Pager
	CSV            string
	Form           *CorrectionForm // nil: the visitor may not correct
	Corrections    []Correction    // of the month, the latest first
	NoMembers      NoMembers       // what the visitor may say about that
}

// NoMembers is what a visitor may say about an organization's having no members.
type NoMembers string

// Nobody has spoken of any member, so that the figure is unknown; or somebody said that there are none, and can take it back.
const (
	NoMembersUnsaid NoMembers = "unsaid"
	NoMembersSaid   NoMembers = "said"
)

// Figure is a number of billable seats with its origin.
type Figure struct {
	Seats  int
	Known  bool // unknown is not zero
	Plan   string
	Source string    // e.g. "Seat ledger", "Uploaded file"
	Since  time.Time // when the source began to speak; zero: not noted
}

// SourceRow is what one source says of a month.
type SourceRow struct {
	Source string // e.g. "Provider API"
	Seats  int
	Plan   string
	At     time.Time // when, or since when, it said so; zero: not noted
	By     string    // empty: nobody noted it
	Note   string    // what there is to say about it; empty: nothing
	Counts bool      // it is what is billed
	Ended  bool      // it was said before the month was over, and more is known since
}

// countsLabel says whether a source's figure is billed.
func countsLabel(r SourceRow) label {
	switch {
	case r.Counts:
		return label{"success", "check", "Counts"}
	case r.Ended:
		return label{"neutral", "x", "Ended"}
	}
	return label{"neutral", "x", "Does not count"}
}

// Forecast is what to expect at the end of the current month.
type Forecast struct {
	Seats, ToDate int
}

// Turn is something that decided how the month is billed.
type Turn struct {
	At     time.Time
	What   string
	Before bool // it was so already when the month began
}

// SeatShare says of one seat whether it counts.
type SeatShare struct {
	Email   string
	From    time.Time
	Until   time.Time
	Counted bool
	Why     string
}

// CorrectionForm sets a month's figure by hand. Fields: month, seats, plan, reason.
type CorrectionForm struct {
	Seats    string
	Plan     string
	Reason   string
	InForce  bool // a correction is in force, which can be withdrawn
	Problems Problems
}

// KeepForm says whose figure of a month is right where sources disagree. Fields: month, facts, source, note.
type KeepForm struct {
	Sources  []Option // with their figures
	Facts    string   // the figures that the visitor sees
	Note     string
	Kept     bool // somebody said it, and it holds
	Problems Problems
}

// Correction is an admin's own figure.
type Correction struct {
	Seats       int
	Plan        string
	Reason      string
	At          time.Time
	By          string
	Withdrawn   time.Time // zero: in force
	WithdrawnBy string
}

// differs says whether the seats below do not add up to the figure.
func (e Explanation) differs() bool { return e.Figure.Known && e.Figure.Seats != e.Ledger }

func countedName(counted bool) label {
	if counted {
		return label{"success", "check", "Counted"}
	}
	return label{"neutral", "x", "Not counted"}
}

// periodName is a month, with a word for the one that is not over.
func periodName(month string, current bool) string {
	if current {
		return monthName(month) + ", so far"
	}
	return monthName(month)
}

func correctionHint(e Explanation) string {
	hint := "Shown wherever the figure is. The source’s own figure stays visible."
	if e.Current {
		hint += " The month is not over: Sync now uses the correction as it stands, and it ends when more becomes known. Correct the " +
			"whole month when it is over."
	}
	return hint
}
