package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ChangeList is a table of changes with its filters and pages.
type ChangeList struct {
	Path    string // of the page that it stands on
	Query   string // filters; empty: all
	Kind    string
	State   string
	Kinds   []Option
	States  []Option // that occur
	Rows    []ChangeRow
	Pager   Pager
	CSV     string
	ShowRun bool // changes of several runs: each says of which
	Empty   Notice
}

// saying is the list with what it says where it is empty.
func (l ChangeList) saying(empty Notice) ChangeList {
	l.Empty = empty
	return l
}

func (l ChangeList) filtered() bool { return l.Query != "" || l.Kind != "" || l.State != "" }

// ChangeRow is what a run found or did about one product on one agreement.
type ChangeRow struct {
	ID          int64
	RunID       int64
	Run         string    // what kind of run it was
	At          time.Time // when it was done or, before that, planned
	Company     string
	AgreementID int64
	Agreement   string
	Plan        string
	Product     string  // identifier
	Shares      []Share // the organizations whose seats add up to it
	Compared    bool    // nothing was to be written: its run only compared
	Before      string  // quantity; empty: no line
	Unread      bool    // the line could not be read: nobody knows what it says
	After       string  // quantity; empty: none
	Difference  string  // in seats, a decimal; empty: nobody knows, as before a line is chosen, or where it was not read
	Money       Money   // what the difference is worth in a billing period
	ListPrice   string  // the catalog item's, which a new line takes over; empty: the line has a price of its own
	Unbilled    bool    // ConnectWise bills nothing of the line
	Kind        string  // create, update, unchanged, skipped, blocked or conflict
	HandEdited  bool
	Reason      string
	Warnings    []string
	State       string // planned, sending, written, unchanged, skipped, blocked, conflict, held, failed, unknown, rejected, stale or cancelled
	Asks        bool   // something that was found makes it wait until somebody says that it is meant so
	HeldBecause string
	DecidedBy   string // who approved or rejected it
	DecidedAt   time.Time
	Candidates  []Candidate // the additions that a conflict is about
	Chosen      int64       // the one that a person chose since; 0: none
	Sync        *SyncButton // the agreement can be synced by itself
	Sought      bool        // a new line was sent and is looked for: whoever knows better can say that it is not there
	ErrorWhat   string
	ErrorDo     string
	ErrorDetail string
}

// SyncButton starts a sync of one agreement, and says of which month.
type SyncButton struct {
	Label     string
	URL       string
	Of        string // company and agreement
	Agreement string // its id, where the address does not name it
}

// why is the reason without the seats of a single organization, which stand below it with a link.
func (c ChangeRow) why() string {
	if len(c.Shares) != 1 {
		return c.Reason
	}
	alone := fmt.Sprintf("%s %d", c.Shares[0].Organization, c.Shares[0].Seats)
	return strings.TrimSpace(strings.TrimSuffix(c.Reason, alone))
}

// Share is what one organization adds to a line.
type Share struct {
	OrganizationID int64
	Organization   string
	Seats          int
	Unknown        bool // no figure is known, which is not zero
}

// Candidate is one of several open additions of a product on an agreement.
type Candidate struct {
	AdditionID  int64
	Quantity    string
	Effective   string // YYYY-MM-DD; empty: not known
	Description string
}

// Money is an amount with its sign, as "-1234.50".
type Money struct {
	Amount   string // empty: not known
	Currency string // as ConnectWise codes or names it; empty: not known
	Unbilled bool   // ConnectWise bills nothing of it, which is why it is 0
}

// Totals is what changes add up to.
type Totals struct {
	Lines     int
	SeatsMore string       // by how many the seats billed rise, a decimal
	SeatsLess string       // and fall, a negative one
	Money     []MoneyTotal // by currency
	Unpriced  int          // lines whose worth is not known
	Listed    int          // lines at the catalog's price
	Unbilled  int          // lines of which ConnectWise bills nothing
}

// MoneyTotal is what changes add up to in one currency.
type MoneyTotal struct{ More, Less Money }

// worth says what the difference comes to.
func (c ChangeRow) worth() string {
	if c.Unbilled {
		return "Not billed"
	}
	return money(c.Money)
}

// withoutLines says what a sum of money is without; empty: nothing.
func withoutLines(unpriced, unbilled int) string {
	var parts []string
	if unpriced > 0 {
		parts = append(parts, "without "+count(unpriced, "line", "lines")+" whose price is not known")
	}
	if unbilled > 0 {
		parts = append(parts, count(unbilled, "line is", "lines are")+" not billed")
	}
	return strings.Join(parts, "; ")
}

// remarks say what the sums of money are without, and of what they are an estimate.
func (t Totals) remarks() []string {
	var remarks []string
	if left := withoutLines(t.Unpriced, t.Unbilled); left != "" {
		remarks = append(remarks, left)
	}
	if t.Listed > 0 {
		remarks = append(remarks, count(t.Listed, "line", "lines")+" at the catalog's price")
	}
	return remarks
}

// money writes an amount with its sign and thousands.
func money(m Money) string {
	switch {
	case m.Unbilled:
		return "Not billed in ConnectWise"
	case m.Amount == "":
		return "Price not known"
	}
	return strings.TrimSpace(signedDecimal(m.Amount) + " " + m.Currency)
}

// signedDecimal writes a decimal with its sign and thousands.
func signedDecimal(decimal string) string {
	digits, negative := strings.CutPrefix(decimal, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	text := thousands(whole)
	if fraction != "" {
		text += "." + fraction
	}
	switch {
	case negative:
		text = "−" + text
	case strings.Trim(digits, "0.") != "":
		text = "+" + text
	}
	return text
}

// differenceClass says which way a decimal goes.
func differenceClass(decimal string) string {
	switch {
	case strings.Trim(decimal, "-0.") == "":
		return "muted"
	case strings.HasPrefix(decimal, "-"):
		return "down"
	}
	return "up"
}

// candidateText describes an addition to choose.
func candidateText(c Candidate) string {
	parts := []string{"quantity " + c.Quantity}
	if c.Effective != "" {
		parts = append(parts, "since "+calendarDay(c.Effective))
	}
	if c.Description != "" {
		parts = append(parts, c.Description)
	}
	return strings.Join(parts, ", ")
}

func candidateID(change ChangeRow, c Candidate) string {
	return "line-" + id(change.ID) + "-" + strconv.FormatInt(c.AdditionID, 10)
}

// decision says who decided about a change.
func decision(c ChangeRow) string {
	verb := "Approved"
	if c.State == "rejected" {
		verb = "Rejected"
	}
	return verb + " by " + c.DecidedBy + " on " + moment(c.DecidedAt) + "."
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
