package views

import "time"

// CompaniesPage is the table in which companies, agreements and organizations
// are mapped.
type CompaniesPage struct {
	Query      string
	Show       string // unmapped, mapped, attention; empty: all
	Type       string
	Status     string
	Types      []Option
	Statuses   []Option
	Sort       Sort // columns name, status
	Pager      Pager
	Rows       []CompanyRow
	All        int // counts behind the filter Show
	Unmapped   int
	Mapped     int
	Attention  int
	LastImport time.Time
}

func (p CompaniesPage) filtered() bool {
	return p.Query != "" || p.Show != "" || p.Type != "" || p.Status != ""
}

// CompanyRow is one company. It is also swapped alone, after an action.
type CompanyRow struct {
	ID           int64
	Name         string
	Identifier   string
	Types        []string
	Status       string
	Gone         bool // deleted in ConnectWise, or no longer found there
	Agreements   []AgreementOption
	Mappings     []CompanyMapping
	Organization OrganizationOption // chosen and not mapped yet; ID 0: none
	Warning      string             // why it needs attention
	Error        string             // why the last action failed
}

// AgreementOption is an agreement to choose.
type AgreementOption struct {
	ID       int64
	Name     string
	Type     string
	Status   string
	Start    string // YYYY-MM-DD
	End      string // YYYY-MM-DD, empty: open
	Unusable string // why it cannot be chosen; empty: it can
	Selected bool
}

// CompanyMapping is an organization mapped to one of the company's agreements.
type CompanyMapping struct {
	OrganizationID int64
	Organization   string
	Plan           string
	License        string
	Agreement      string
	Warning        string
}

// OrganizationOptions are the entries of the organization combobox for a
// search. They end with Add organization.
type OrganizationOptions struct {
	CompanyID int64
	Query     string
	Options   []OrganizationOption
	More      bool // there are more than are shown
}

// OrganizationOption is an organization to choose.
type OrganizationOption struct {
	ID       int64
	Name     string
	Plan     string
	License  string
	MappedTo string // company it is mapped to already
	Unusable string // why it cannot be chosen
}

// ChooseOrganizationPage does what a row of the mapping table does, for
// browsers without script.
type ChooseOrganizationPage struct {
	Company CompanyRow
	Options OrganizationOptions
}
