package views

// SyncPage asks before a month is written.
type SyncPage struct {
	Title      string // with the month: "Sync now: November 2026, so far"
	Period     string // whose seats, in words
	Compare    bool   // nothing is written: Seatbridge only compares
	Text       string // what is written, and where
	Action     string // where the form goes
	Button     string
	Agreements []int64 // these only; none: all
	Overwrites string  // which later figures it overwrites, a sentence; empty: none
	Carried    Carried // of Sync now: the lines that still carry a month that is not invoiced
}

// Carried is what would be overwritten before an invoice took it.
type Carried struct {
	Lines, Agreements int
	Months            []CarriedMonth
}

// CarriedMonth is one month of it.
type CarriedMonth struct {
	Month string // in words
	Lines int
	Seats string
	Money []Money // by currency
	Next  string  // the earliest next invoice date, YYYY-MM-DD
	// Unpriced is how many of the lines have no known price.
	Unpriced int
	Unbilled int // of which ConnectWise bills nothing
}

// text says what lines carry: "7 lines still carry October 2026: 120 seats, 612.39 USD, the first invoiced on 5 Nov 2026."
func (m CarriedMonth) text() string {
	text := count(m.Lines, "line still carries", "lines still carry") + " " + m.Month + ": " + m.Seats + " seats"
	for _, sum := range m.Money {
		text += ", " + sum.Amount + " " + sum.Currency
	}
	if left := withoutLines(m.Unpriced, m.Unbilled); left != "" {
		text += ", " + left
	}
	return text + ", next invoiced from " + calendarDay(m.Next) + " on."
}

// leaveLabel is what the box says.
func (c Carried) leaveLabel() string {
	return "Leave " + plural(c.Lines, "this line as it is", "these "+number(c.Lines)+" lines as they are")
}

// leaveHint says what leaving them means.
func (c Carried) leaveHint() string {
	return "Then " + count(c.Agreements, "agreement is", "agreements are") + " not synced, nor what belongs together with " +
		plural(c.Agreements, "it", "them") + "."
}
