package views

// UsagePage shows the billable seats of a month, organization by organization.
type UsagePage struct {
	Month        string   // YYYY-MM
	Current      bool     // the month is not over: figures are so far
	Months       []Option // to choose from, newest first
	Query        string
	Plan         string
	Mapping      string // mapped, unmapped
	Sort         Sort   // columns name, plan, license, seats, company
	Pager        Pager
	Rows         []UsageRow
	Business     int // totals of all that match
	Enterprise   int
	Unknown      int // organizations without a known figure
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
	Source         string // e.g. "Seat ledger", "NordPass report"
	Why            string // how the figure comes about
	Company        string
	Agreement      string
}

// usageLead says by which rule seats are counted (nordpass.md section 2).
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
