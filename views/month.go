package views

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// MonthPage is the books of one month.
type MonthPage struct {
	MonthLine
	Compared         *Notice // that no run wrote it, and what people billed instead; nil: it was not only compared
	Agrees           int     // rows without a difference
	More, Less       RowsSum // of what is open: to be billed yet, and billed too much
	InConnectWise    string  // seats
	MoneyConnectWise []Money
	ReadAt           time.Time // the oldest of the readings of these lines; zero: not known
	InvoicedSeats    string
	Billed           string // on an invoice or, where there is none, on a line
	SettledOf        string // seats of the differences that are settled
	Pending          int
	Shows            []Option // which rows there are to choose from
	List             MonthList
	CSV              string
}

// MonthList is the rows of a month that are shown, in groups by their state unless they are sorted otherwise.
type MonthList struct {
	Month   string
	Query   string
	Show    string // open, settled, none, not_invoiced or edited; empty: all
	Sort    Sort   // columns name, due, difference
	Groups  []MonthGroup
	Total   int
	Pager   Pager
	Back    string // address of the list as it stands
	Chooses bool   // a row is there that can be settled
	OnNext  bool   // differences can be put on the next invoice
	Writes  bool   // Seatbridge writes, so that the month can be synced again
	// Sum says what all rows of the month come to; empty: the list is of some of them.
	Sum string
}

// MonthGroup is rows of one state.
type MonthGroup struct {
	State string   // open, settled or none; empty: the rows are of several
	Sum   *RowsSum // of all of them; nil: it is not known
	Rows  []MonthRow
}

// MonthRow is a row of a month's books. Seats are decimals; empty means not known.
type MonthRow struct {
	OrganizationID int64
	Organization   string
	Plan           string
	Agreement      string
	AgreementID    int64
	Company        string
	Due            string
	Source         string
	DueWas         string
	DueSince       time.Time
	Written        string
	WrittenRun     int64
	WrittenAt      time.Time
	InConnectWise  string // empty: no line
	ReadAt         time.Time
	Edited         bool
	Billed         string
	Invoice        string // not_yet, invoiced, period_closed or unknown
	InvoiceNumber  string
	InvoiceDay     string // YYYY-MM-DD
	Difference     string
	Settled        string
	SettledBy      string // by_hand, waived, written_again or next_invoice
	Open           string
	Money          Money // what Open or, where it is settled, Difference comes to
	Settles        bool  // a person can settle what is open of it
	State          string
	Cause          string
	Reason         string
}

// Key names the row within its month, in forms.
func (r MonthRow) Key() string { return id(r.OrganizationID) + " " + r.Plan }

// chooses says whether the row can be settled.
func (r MonthRow) chooses() bool { return r.State == "open" && r.Settles }

// shown is the difference as the row shows it: what is open of it or, once it is settled, all of it.
func (r MonthRow) shown() string {
	if r.State == "open" {
		return r.Open
	}
	return r.Difference
}

// differenceClass colors what is open.
func (r MonthRow) differenceClass() string {
	if r.State != "open" {
		return "strong"
	}
	return "strong " + toward(r.Open)
}

var rowCauses = map[string]label{
	"held":     {"warning", "hand", "Held"},
	"conflict": {"warning", "copy-x", "Conflict"},
	"skipped":  {"warning", "skip-forward", "Skipped"},
	"blocked":  {"danger", "ban", "Blocked"},
	"failed":   {"danger", "circle-x", "Failed"},
	"unknown":  {"warning", "circle-help", "Not known"},
}

// label is the state in a word: of what is open it says what it waits for.
func (r MonthRow) label() label {
	if l, ok := rowCauses[r.Cause]; ok && r.State == "open" {
		return l
	}
	return rowStates[r.State]
}

var rowStates = map[string]label{
	"open":    {"info", "circle-dot", "Open"},
	"settled": {"success", "circle-check", "Settled"},
	"none":    {"success", "check", "Agrees"},
}

// settlings are the ways in which a difference was settled.
var settlings = map[string]string{
	"written_again": "Written again", "next_invoice": "On the next invoice", "by_hand": "Billed by hand", "waived": "Waived",
}

// SettlingName is a way to settle a difference, in words.
func SettlingName(how string) string { return settlings[how] }

// why is why there is a difference and, where it is settled, how.
func (r MonthRow) why() string {
	if r.State == "settled" {
		return strings.TrimSpace(SettlingName(r.SettledBy) + ". " + r.Reason)
	}
	return r.Reason
}

// invoiceNote says which invoice carries the row, or when one is to.
func (r MonthRow) invoiceNote(month string) string {
	switch {
	case r.Invoice == "invoiced":
		return "no. " + r.InvoiceNumber + ", " + dayIn(r.InvoiceDay, month)
	case r.Invoice == "not_yet" && r.InvoiceDay != "":
		return "on " + dayIn(r.InvoiceDay, month)
	case r.Invoice == "period_closed":
		return "period closed, no invoice known"
	}
	return ""
}

// step is one of the states that a month goes through.
type step struct {
	text       string
	done, here bool
}

// steps are the states of the month; the present one says what it waits for.
func (p MonthPage) steps() []step {
	states := []string{"running", "due", "written", "closed"}
	var steps []step
	reached := true
	for _, state := range states {
		s := step{text: monthStates[state].text, done: reached, here: state == p.State}
		if s.here {
			s.done, reached = false, false
			s.text += p.stepNote()
		}
		steps = append(steps, s)
	}
	return steps
}

// stepNote is what stands between a month and its close.
func (p MonthPage) stepNote() string {
	switch {
	case p.State == "running":
		return ", " + p.stateNote()
	case p.Open.Rows > 0:
		return ", " + count(p.Open.Rows, "difference open", "differences open")
	case p.State == "due":
		return ", no sync wrote it"
	case p.State == "written":
		return ", nothing open"
	}
	return " " + momentDay(p.ClosedAt, p.Month)
}

// MonthGroupName is the heading over rows of a state.
func MonthGroupName(state string) string { return rowStates[state].text }

// SettleDialog asks how chosen differences are to be settled.
type SettleDialog struct {
	Month    string
	How      string // by_hand, waived, next_invoice or written_again
	Rows     []MonthRow
	Sum      RowsSum
	Seen     string // the sum of the seats, as the form sends it back
	Note     string
	Back     string
	Problems Problems // rows, note, how
}

// A settleWay is how a way to settle is offered.
type settleWay struct{ title, button, lead string }

var settleWays = map[string]settleWay{
	"by_hand": {"Billed by hand", "Billed by hand: ",
		"Says that you put these seats on an invoice, or credited them, yourself. Nothing is written to ConnectWise PSA; " +
			"what changes later is a difference again."},
	"waived": {"Waive", "Waive ",
		"Nobody is billed or credited for these seats. Nothing is written to ConnectWise PSA; what changes later is a difference again."},
	"next_invoice": {"On the next invoice", "Preview ",
		"Adds lines that are billed once to the agreements, within the period that is invoiced next. " +
			"You see them first; nothing is written before you say so."},
	"written_again": {"Sync again", "Sync again: ",
		"Writes what is due now on the lines of these agreements, and of those that belong together with them, " +
			"before their invoices are made. What is unusual waits for approval."},
}

// title says what the dialog does.
func (d SettleDialog) title() string {
	return settleWays[d.How].title + ": " + count(len(d.Rows), "difference", "differences") + " of " + wordOfMonth(d.Month)
}

// lead says what it means.
func (d SettleDialog) lead() string { return settleWays[d.How].lead }

// button is what stands on the button before the money, or instead of it where no price is known.
func (d SettleDialog) button() string {
	if len(d.Sum.Money) == 0 {
		return settleWays[d.How].button + sumText(d.Sum)
	}
	return settleWays[d.How].button
}

// notes: the way keeps a note.
func (d SettleDialog) notes() bool { return d.How != "written_again" }

// besides are the problems that belong to no field of a form, in a fixed order.
func (p Problems) besides(fields ...string) []string {
	var sentences []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(fields, name) {
			sentences = append(sentences, p[name])
		}
	}
	return sentences
}

// CloseDialog asks whether a month is to be closed.
type CloseDialog struct {
	MonthLine
	Billed   string
	Problems Problems
}

// notInvoiced says for how many agreements the invoice is not made yet; empty: for none.
func (d CloseDialog) notInvoiced() string {
	left := d.Agreements - d.Invoiced
	if left == 0 {
		return ""
	}
	text := count(left, "agreement is", "agreements are") + " not known to be invoiced yet"
	if d.NextInvoice != "" {
		text += ", the next on " + dayIn(d.NextInvoice, d.Month)
	}
	return text + "."
}

// MonthRowDialog is what is known of a row, and how it was settled.
type MonthRowDialog struct {
	Month       string
	Row         MonthRow
	Settlements []Settlement
	Elsewhere   *Elsewhere // nil: nobody says that it is invoiced elsewhere
	Mapped      bool
	Note        string
	Back        string
	Problems    Problems // note, organization, settlement
}

// Settlement is how somebody dealt with a difference.
type Settlement struct {
	ID       int64
	How      string
	Seats    string
	Money    Money
	Note     string
	At       time.Time
	By       string
	UndoneAt time.Time // zero: it holds
	UndoneBy string
	RunID    int64 // that is to be undone instead; 0: none
}

// Elsewhere is that an organization is invoiced elsewhere.
type Elsewhere struct {
	Note, By string
	At       time.Time
}

// seatsOf writes seats with their noun, without a sign.
func seatsOf(decimal string) string {
	return plain(decimal) + " " + plural(ones(decimal), "seat", "seats")
}

// Balance is what the rows of a month come to whose figures are known, in seats.
type Balance struct {
	Due, Billed, Open, Settled string
	Holds                      bool // what is due is what was billed, what is open and what is settled
}

// MonthEquation says what became of the seats that are due; empty where a figure is not known, so that they do not add up.
func MonthEquation(b Balance) string {
	if !b.Holds {
		return ""
	}
	equation := plain(b.Due) + " due = " + plain(b.Billed) + " invoiced or on a line"
	for _, part := range []struct{ seats, word string }{{b.Open, "open"}, {b.Settled, "settled"}} {
		sign, digits := " + ", strings.TrimPrefix(part.seats, "-")
		if digits != part.seats {
			sign = " − "
		}
		equation += sign + plain(digits) + " " + part.word
	}
	return equation
}

// unknownDue says of how many rows nobody knows what is due, so that the sum is not all.
func (p MonthPage) unknownDue() string {
	if p.DueUnknown == 0 {
		return ""
	}
	note := count(p.DueUnknown, "row not known", "rows not known")
	if p.State != "running" && len(p.DueMoney) == 0 {
		return note
	}
	return ", " + note
}

// readNote says when the lines were read.
func (p MonthPage) readNote() string {
	if p.ReadAt.IsZero() {
		return ""
	}
	note := "read " + p.ReadAt.UTC().Format("2 Jan 15:04")
	if len(p.MoneyConnectWise) == 0 {
		return note
	}
	return ", " + note
}

// invoicedSeats says what invoices took, and when the others are to be made.
func (p MonthPage) invoicedSeats() string {
	if p.Invoiced == p.Agreements {
		return seatsOf(p.InvoicedSeats)
	}
	return seatsOf(p.InvoicedSeats) + "; " + p.invoicedNote()
}
