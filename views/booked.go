package views

import "time"

// Beside is what was written and stands in ConnectWise beside an organization's figure of a month.
type Beside struct {
	Month   string // YYYY-MM; empty: there is nothing to show
	Running bool   // the month is not over: it has no difference yet
	Known   bool   // the books have the month, or it goes on
	Rows    []Booked
}

// Booked is what is known of an organization's plan in a month. Seats are decimals; empty means not known, never written or no line.
type Booked struct {
	Month          string // YYYY-MM
	Running        bool
	OrganizationID int64
	Organization   string
	Plan           string
	Due            string
	Written        string
	WrittenRun     int64
	WrittenAt      time.Time
	InConnectWise  string
	ReadAt         time.Time
	Billed         string
	Invoice        string // not_yet, invoiced, period_closed or unknown
	InvoiceNumber  string
	InvoiceDay     string // YYYY-MM-DD
	State          string // none, open or settled; empty: the month is not over
	Difference     string // what is open of it or, once it is settled, all of it
	Money          Money  // that it comes to
	Reason         string
	Late           bool // it was written with another figure than what is due now
}

// LateRows are those of some pages that were written with another figure than what is due now.
type LateRows struct {
	Rows  []Booked
	More  int  // how many more there are
	Named bool // each says whose seats it is about
}

func (b Booked) url() string { return MonthRowPath(b.Month, b.OrganizationID, b.Plan) }

// invoiced says that the invoice that carries the month is made: writing it again reaches no invoice.
func (b Booked) invoiced() bool { return b.Invoice == "invoiced" || b.Invoice == "period_closed" }

// notice says that a figure is another one than the one that was written, and where that is mended.
func (b Booked) notice(named bool) Notice {
	what := monthName(b.Month) + " was synced with " + b.Written + ", the figure is " + b.Due + " now."
	if named {
		what = b.Organization + ": " + what
	}
	n := Notice{Kind: "warning", What: what, Why: b.Reason, ActionLabel: "Sync " + monthName(b.Month) + " again", ActionURL: b.url()}
	if b.invoiced() {
		n.ActionLabel = "Settle the difference of " + monthName(b.Month)
	}
	return n
}

// invoice says which invoice carries the row, or when one is to.
func (b Booked) invoice() string {
	switch {
	case b.Invoice == "invoiced":
		return "No. " + b.InvoiceNumber + ", " + calendarDay(b.InvoiceDay)
	case b.Invoice == "not_yet" && b.InvoiceDay != "":
		return "On " + calendarDay(b.InvoiceDay)
	case b.Invoice == "not_yet" || b.Running:
		return "Not yet"
	case b.Invoice == "period_closed":
		return "Period closed, no invoice known"
	}
	return "Not known"
}

// difference is the row's difference in a word or with its sign.
func (b Booked) difference() string {
	switch {
	case b.State == "none":
		return "Agrees"
	case b.Difference == "":
		return "Not known"
	}
	return signedDecimal(b.Difference)
}

// note says what a difference comes to, and whether it is settled.
func (b Booked) note() string {
	switch {
	case b.State == "none" || b.Difference == "":
		return ""
	case b.State == "settled":
		return money(b.Money) + ", settled"
	}
	return money(b.Money)
}

// instead stands where there is no row.
func (b Beside) instead(running string) string {
	switch {
	case !b.Known:
		return "Not known"
	case b.Running:
		return running
	}
	return "Nothing due"
}

// on names the plan of a row that is not of the plan that its table's row is about.
func (b Booked) on(plan string) string {
	if b.Plan == plan {
		return ""
	}
	return planName(b.Plan)
}

func orWord(seats, word string) string {
	if seats == "" {
		return word
	}
	return seats
}
