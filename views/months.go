package views

import (
	"cmp"
	"strings"
	"time"
)

// MonthsPage is the books of all months.
type MonthsPage struct {
	Rows     []MonthLine // the running month first; none: nothing was ever connected
	Open     RowsSum     // in all months that ended
	Pending  int         // organizations that are being counted again
	SetUp    time.Time   // when the products were mapped; zero: not known
	CSV      string
	Verified *Notice // what verifying the statements found
}

// MonthLine is how far one month has come, with its sums.
type MonthLine struct {
	Month         string // YYYY-MM
	State         string // running, due, written or closed
	Reconstructed bool   // from the journal of the time before there were books
	Day, Days     int    // of the running month
	Rows          int
	Due           string // seats
	DueUnknown    int    // rows whose seats nobody knows
	DueMoney      []Money
	Written       string
	WrittenRows   int
	Open          RowsSum
	Settled       RowsSum
	Agreements    int // that carry rows
	Invoiced      int
	NextInvoice   string    // YYYY-MM-DD, the first of those that are not made yet; empty: not known
	Run           int64     // that wrote it, or was the last to try; 0: none
	Compared      bool      // that run only compared
	RunAt         time.Time // when it began
	ClosedAt      time.Time
	ClosedBy      string // empty: by the rule
}

// RowsSum is what some rows come to.
type RowsSum struct {
	Rows     int
	Seats    string // a decimal with its sign
	Unknown  int    // rows that have no figure
	Unpriced int    // rows without a price
	Unbilled int    // rows of which ConnectWise bills nothing
	Money    []Money
}

// running is the month that is not over; nil: there is none in the books.
func (p MonthsPage) running() *MonthLine {
	for i := range p.Rows {
		if p.Rows[i].State == "running" {
			return &p.Rows[i]
		}
	}
	return nil
}

// toClose is the oldest month that ended and is not closed; nil: there is none.
func (p MonthsPage) toClose() *MonthLine {
	for i := len(p.Rows) - 1; i >= 0; i-- {
		if r := &p.Rows[i]; r.State != "running" && r.State != "closed" {
			return r
		}
	}
	return nil
}

// closed are the closed months, the latest first.
func (p MonthsPage) closed() []MonthLine {
	var closed []MonthLine
	for _, r := range p.Rows {
		if r.State == "closed" {
			closed = append(closed, r)
		}
	}
	return closed
}

// span says from when to when months are.
func span(months []MonthLine) string {
	last, first := months[0].Month, months[len(months)-1].Month
	switch {
	case first == last:
		return monthName(first)
	case first[:4] == last[:4]:
		return wordOfMonth(first) + " to " + monthName(last)
	}
	return monthName(first) + " to " + monthName(last)
}

// wordOfMonth is the month's name without its year.
func wordOfMonth(month string) string {
	name, _, _ := strings.Cut(monthName(month), " ")
	return name
}

// toCloseText says what stands between a month and its close.
func toCloseText(m MonthLine) string {
	open := "nothing is open"
	if m.Open.Rows > 0 {
		open = number(m.Open.Rows) + " open"
	}
	if m.NextInvoice == "" {
		return open
	}
	return open + ", " + dayIn(m.NextInvoice, m.Month) + " is the next invoice"
}

// dayIn writes a day given as YYYY-MM-DD, with its year only where it is not the month's.
func dayIn(day, month string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	if strings.HasPrefix(month, day[:4]) {
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// momentDay writes an instant's day as dayIn does.
func momentDay(t time.Time, month string) string { return dayIn(t.UTC().Format(time.DateOnly), month) }

// plain writes a decimal with thousands, and with a sign only below zero.
func plain(decimal string) string { return strings.TrimPrefix(signedDecimal(decimal), "+") }

// seatFigure is a number of seats that may be unknown.
func seatFigure(decimal string) string {
	if decimal == "" {
		return "not known"
	}
	return plain(decimal)
}

// seatsText writes seats with their sign and noun.
func seatsText(decimal string) string {
	return signedDecimal(decimal) + " " + plural(ones(decimal), "seat", "seats")
}

// ones is 1 where a decimal is one seat, up or down.
func ones(decimal string) int {
	if strings.TrimPrefix(decimal, "-") == "1" {
		return 1
	}
	return 0
}

// sumText is what rows come to in seats.
func sumText(s RowsSum) string {
	var parts []string
	if s.Rows > s.Unknown || s.Rows == 0 {
		parts = append(parts, seatsText(s.Seats))
	}
	if s.Unknown > 0 {
		parts = append(parts, count(s.Unknown, "row not known", "rows not known"))
	}
	return strings.Join(parts, ", ")
}

// toward is the class of what goes up or down: color says the same as the sign.
func toward(decimal string) string {
	switch {
	case strings.HasPrefix(decimal, "-"):
		return "minus"
	case strings.Trim(decimal, "0.") != "":
		return "plus"
	}
	return ""
}

// toward is the direction of the money or, where no price is known, of the seats. Of several currencies that disagree it is none.
func (s RowsSum) toward() string {
	way := ""
	for _, m := range s.Money {
		next := toward(m.Amount)
		if way != "" && next != "" && next != way {
			return ""
		}
		way = cmp.Or(next, way)
	}
	if len(s.Money) == 0 {
		return toward(s.Seats)
	}
	return way
}

// monthStates are the words for how far a month has come.
var monthStates = map[string]label{
	"running": {"neutral", "circle-dashed", "Running"},
	"due":     {"warning", "clock", "Due"},
	"written": {"info", "circle-dot", "Written"},
	"closed":  {"neutral", "lock", "Closed"},
}

// stateNote says when, and by what or whom, a month came to its state.
func (m MonthLine) stateNote() string {
	switch {
	case m.State == "running":
		return number(m.Day) + " of " + count(m.Days, "day", "days")
	case m.State == "closed" && m.ClosedBy == "":
		return momentDay(m.ClosedAt, m.Month) + ", by the rule"
	case m.State == "closed":
		return momentDay(m.ClosedAt, m.Month) + ", by " + m.ClosedBy
	case m.State == "due" && m.Run == 0:
		return "no sync yet"
	case m.State == "due" && m.Compared:
		return "compared " + momentDay(m.RunAt, m.Month)
	case m.State == "due":
		return "tried " + momentDay(m.RunAt, m.Month)
	}
	return momentDay(m.RunAt, m.Month) + ", run " + id(m.Run)
}

// invoicedNote says of which agreements the month is not invoiced yet, and when it is to be.
func (m MonthLine) invoicedNote() string {
	switch {
	case m.Agreements == m.Invoiced:
		return plural(m.Agreements, "agreement", "agreements")
	case m.NextInvoice == "":
		return "the others not yet"
	}
	return "the next on " + dayIn(m.NextInvoice, m.Month)
}

// unwritten says why no row of a month is written: it is still to come, or the month was missed and another took its place.
func (m MonthLine) unwritten() string {
	if m.State == "due" {
		return "not yet"
	}
	return "never"
}

// stateInShort is stateNote with as much of an e-mail address as tells colleagues apart.
func (m MonthLine) stateInShort() string {
	m.ClosedBy, _, _ = strings.Cut(m.ClosedBy, "@")
	return m.stateNote()
}

// writtenRows says of how many rows a figure was written.
func (m MonthLine) writtenRows() string {
	switch {
	case m.Rows == 0:
		return "no rows"
	case m.WrittenRows == m.Rows:
		return "all rows"
	}
	return number(m.WrittenRows) + " of " + count(m.Rows, "row", "rows")
}

// unpriced says how many rows have no known price or are not billed in ConnectWise, so that the money beside is not all of the seats.
func unpriced(s RowsSum) string {
	text := ""
	switch {
	case s.Unpriced == 0:
	case len(s.Money) == 0 && s.Unbilled == 0:
		text = ", price not known"
	default:
		text = ", " + number(s.Unpriced) + " without a price"
	}
	switch {
	case s.Unbilled == 0:
	case len(s.Money) == 0 && s.Unpriced == 0:
		text += ", not billed in ConnectWise"
	default:
		text += ", " + number(s.Unbilled) + " not billed in ConnectWise"
	}
	return text
}

// ending is what stands after an amount: the next one, or what is said after the last.
func ending(i int, sums []Money, after string) string {
	if i+1 < len(sums) {
		return ";"
	}
	return after
}

// seatsThenMoney is the seats as they stand before the money.
func (s RowsSum) seatsThenMoney() string {
	if len(s.Money) == 0 {
		return sumText(s)
	}
	return sumText(s) + ", "
}

// begin says from when on there are books.
func (p MonthsPage) begin() string {
	from := "Nothing is known before " + monthName(p.Rows[len(p.Rows)-1].Month)
	if p.SetUp.IsZero() {
		return from + "."
	}
	return from + ": the products were mapped on " + day(p.SetUp) + "."
}
