package views

// UsagePage shows the billable seats of a month, organization by organization.
type UsagePage struct {
	Month        string   // YYYY-MM
	Current      bool     // the month is not over: figures are so far
	Months       []Option // to choose from, newest first
	Query        string
	Plan         string
	Source       string // ledger, provider, api, csv, correction
	Mapping      string // mapped, unmapped
	Disputed     string // yes: only those about which sources disagree; empty: all
	Sort         Sort   // columns name, plan, license, seats, company
	Pager        Pager
	Rows         []UsageRow
	Business     int // totals of all that match
	Enterprise   int
	Counted      int         // organizations with a figure; 0: the totals say nothing
	Unknown      int         // organizations without a known figure
	Forecast     *Forecast   // of all that match; nil: the month is over
	Trend        []SeatMonth // the last twelve months of all that match
	Notice       *Notice     // about the source of the month's figures
	Late         LateRows    // those of Rows that were written with another figure
	CountPending bool
	CSV          string // address of the download, as the filters stand
}

// UsageRow is one organization's month.
type UsageRow struct {
	OrganizationID int64
	Name           string
	Plan           string // billed on
	License        string
	Seats          int
	Known          bool
	State          string // why there is nothing to show: failed, empty, unknown, zero; empty: there is
	Source         string // e.g. "Seat ledger", "Provider API"
	Difference     int    // figure less ledger; of no meaning for the ledger's own
	Disputed       bool   // another source says another figure, and nobody corrected it; Why says which
	Trend          []SeatMonth
	Why            string // how the figure comes about
	Company        string
	Agreement      string
	Beside         Beside
}

// usageTotal is a total; none where no organization has a figure, which is not 0.
func usageTotal(p UsagePage, n int) string {
	if p.Counted == 0 {
		return none
	}
	return number(n)
}

// usageLead says by which rule seats are counted (docs/billing-rules.md section 2).
func usageLead(p UsagePage) string {
	lead := "Seats that were active or suspended members on at least one day of the month, in UTC."
	if p.CountPending {
		lead += " Seats still pending at its end count too."
	}
	if p.Current {
		lead += " The current month is counted so far."
	}
	return lead
}

// disputedLabel marks a figure of which another source says something else.
var disputedLabel = label{"warning", "circle-help", "Sources disagree"}

// usageStates tell what looks alike apart: no figure, for three reasons, and a figure of zero.
var usageStates = map[string]label{
	"failed":  {"danger", "circle-x", "Source failed"},
	"empty":   {"warning", "circle-dashed", "Source empty"},
	"unknown": {"neutral", "circle-help", "Unknown"},
	"zero":    {"neutral", "check", "Zero"},
}
