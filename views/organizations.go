package views

import "time"

// OrganizationsPage is the list of organizations.
type OrganizationsPage struct {
	Query      string
	Plan       string // filters; empty: all
	License    string
	Status     string // active, suspended, deleted; empty: all but deleted
	Mapping    string // mapped, unmapped
	Sort       Sort   // columns name, plan, license, status, seats, company
	Pager      Pager
	Rows       []OrganizationRow
	CSV        string // empty: the reader may not have it
	Any        bool   // there are organizations at all, whatever the filters
	CanEdit    bool
	Manages    bool      // sees billing and integrations
	CanImport  bool      // the integration is active: Import companies leads somewhere
	LastImport time.Time // of companies
	Ended      string    // YYYY-MM, the month that ended last, of which rows say what was due and written; empty: the reader sees no billing
}

// OrganizationRow is one line of the list.
type OrganizationRow struct {
	ID         int64
	Name       string
	Plan       string
	License    string
	TrialEnds  time.Time // zero: no trial
	Status     string    // active, suspended or deleted
	Managed    bool
	Seats      int // billable this month so far
	SeatsKnown bool
	Company    string // mapped to; empty: not mapped
	Agreement  string
	Beside     Beside // of the last month that ended
}

// OrganizationForm adds or edits an organization.
// Fields: name, license, plan, managed, external_id; of one that is added, those of the LifeForm, too.
type OrganizationForm struct {
	Action      string // where it is posted
	Edit        bool   // false: adds
	Name        string
	License     string
	Plan        string
	Managed     bool
	ExternalID  string
	CompanyName string // set when it is added for this ConnectWise company's row
	Cancel      string // address to go back to where there is no dialog
	Life        LifeForm
	Problems    Problems
}

// OrganizationPage is one organization.
type OrganizationPage struct {
	ID         int64
	Name       string
	Plan       string
	License    string
	Status     string
	Managed    bool
	ExternalID string
	TrialEnds  time.Time
	Suspended  time.Time
	Deleted    time.Time

	Explained Explanation
	Months    []SeatMonth // the last twelve

	Mapping *OrganizationMapping
	Life    OrganizationLife
	Form    OrganizationForm
	Seats   SeatList
	CanEdit bool
	CanSync bool        // sees integrations
	History []ChangeRow // the latest lines with its seats that syncs looked at; for those who see integrations
	Booked  []Booked    // its months, the running one first; for those who see integrations
	Late    LateRows
}

// OrganizationMapping is where an organization's seats are billed.
type OrganizationMapping struct {
	Company   string
	Agreement string
	Status    string // of the agreement
	Since     time.Time
	By        string
	URL       string // of the company in the mapping table
	ID        int64  // of the agreement
	SyncMonth string // what Sync now writes: "November 2026, so far"
}

// SeatList is the table of an organization's members.
type SeatList struct {
	OrganizationID int64
	Query          string
	Status         string // active, suspended, pending, deleted; empty: all but deleted
	Pager          Pager
	Rows           []SeatRow
	Any            bool
	CanEdit        bool
	Add            SeatForm
	Notice         *Notice // about the last action
}

// SeatRow is one member.
type SeatRow struct {
	ID      int64
	Email   string
	Status  string // active, suspended, pending or deleted
	Invited time.Time
	Joined  time.Time
	Deleted time.Time
}

// SeatForm adds members by e-mail. Fields: emails (one a line), pending.
type SeatForm struct {
	Emails   string
	Pending  bool
	Problems Problems
}

func addOrganizationLead(f OrganizationForm) string {
	if f.CompanyName != "" {
		return "For " + f.CompanyName + ". It can be mapped as soon as it is added."
	}
	return ""
}

func planHint(f OrganizationForm) string {
	if f.Edit {
		return "In a month in which the plan changes, the higher plan is billed for the whole month."
	}
	return ""
}

func yesNo(yes bool) string {
	if yes {
		return "Yes"
	}
	return "No"
}
