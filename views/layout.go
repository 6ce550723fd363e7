// Package views holds the pages and the parts of pages, and the plain structs
// that they are made from. It formats what it is given and knows nothing of
// the database or of ConnectWise.
//
// A component named for a thing (Organizations) takes a struct named for its
// page (OrganizationsPage). Whole pages take a Layout first; parts, which htmx
// swaps by themselves, do not.
package views

//go:generate go tool templ generate -path ..

import "time"

// Section names the entry of the navigation that a page belongs to.
type Section string

// The sections, in the order of the navigation.
const (
	SectionOverview      Section = "overview"
	SectionOrganizations Section = "organizations"
	SectionUsage         Section = "usage"
	SectionMonths        Section = "months"
	SectionIntegrations  Section = "integrations"
	SectionApprovals     Section = "approvals"
	SectionLeaks         Section = "leaks"
	SectionActivity      Section = "activity"
	SectionMembers       Section = "members"
	SectionSettings      Section = "settings"
)

// Layout is the frame around a page: who looks at it and what they may see.
type Layout struct {
	Title     string // of this page, without the product's name
	Section   Section
	MSPName   string
	UserName  string
	UserEmail string
	Role      string // owner, admin or technician
	Demo      bool   // says on the page that the data is a demo's
	DemoTour  bool   // the demo has a page of what there is to look at
	Held      int    // changes that wait for approval
	Comparing Comparing
	Leaks     int // that are open
	Flashes   []Flash
	Now       time.Time
	Refresh   int // seconds until browsers without script load the page again; 0: never
	Setup     *SetupMark
}

// SetupMark is how far the panel is set up; there is none once it is, nor for those who cannot do it.
type SetupMark struct{ Done, Of int }

// manages tells whether the user may see billing, integrations, members and
// the activity log (docs/billing-rules.md section 4).
func (l Layout) manages() bool { return l.Role == "owner" || l.Role == "admin" }

// navGroup is some entries of the navigation under a heading, which only the second look shows; the first group has none.
type navGroup struct {
	title string
	items []navItem
}

// navItem is an entry of the navigation, and how many things wait behind it.
type navItem struct {
	section             Section
	url, drawing, title string
	waiting             int
}

// navigation is what the user may see, in order.
func (l Layout) navigation() []navGroup {
	settings := navItem{SectionSettings, SettingsPath, "settings", "Settings", 0}
	overview := navGroup{"", []navItem{{SectionOverview, OverviewPath, "layout-dashboard", "Overview", 0}}}
	organizations := navItem{SectionOrganizations, OrganizationsPath, "building-2", "Organizations", 0}
	if !l.manages() {
		return []navGroup{overview, {"Customers", []navItem{organizations}}, {"Administration", []navItem{settings}}}
	}
	return []navGroup{
		overview,
		{"Customers", []navItem{organizations, {SectionUsage, UsagePath, "chart-column", "Usage data", 0}}},
		{"Billing", []navItem{
			{SectionMonths, MonthsPath, "calendar", "Months", 0},
			{SectionApprovals, HeldPath, "hand", "Approvals", l.Held},
			{SectionLeaks, LeaksPath, "droplet", "Leaks", l.Leaks},
		}},
		{"Integrations", []navItem{{SectionIntegrations, IntegrationsPath, "plug", "Integrations", 0}}},
		{"Administration", []navItem{
			{SectionMembers, MembersPath, "users", "Members", 0},
			{SectionActivity, ActivityPath, "scroll-text", "Activity log", 0},
			settings,
		}},
	}
}

// Flash is a short message about what has just been done. A success goes away
// by itself; the other kinds stay.
type Flash struct {
	Kind    string // success, info, warning or error
	Message string // one whole sentence
}

// Notice says what happened, why, and what to do, with the technical cause one
// click away. Empty parts are left out.
type Notice struct {
	Kind        string // info, warning or error; empty: error
	What        string
	Why         string
	Do          string
	Detail      string // technical, without secrets
	ActionLabel string
	ActionURL   string
}

// Problems are the errors of a form: a sentence for each field name, and under
// the empty name one for the form as a whole.
type Problems map[string]string

// Option is one entry of a select or a group of checkboxes.
type Option struct {
	Value    string
	Label    string
	Count    int // shown when HasCount
	HasCount bool
	Selected bool
	Disabled bool
}

// OptionGroup is a labelled group of options in one select.
type OptionGroup struct {
	Label   string
	Options []Option
}

// Sort is the order of a table. URL gives the address that sorts by a column.
type Sort struct {
	By   string // the column's name in the URL
	Desc bool
	URLs map[string]string // by column; the current column's turns the order round
}

// Pager is where a list stands among its pages.
type Pager struct {
	Page            int    // from 1
	From, To, Total int    // rows shown, counted from 1, of all that match
	Previous, Next  string // addresses, empty where there is none
}

// Plans and license types as they are written in props and forms.
const (
	PlanBusiness    = "business"
	PlanEnterprise  = "enterprise"
	LicenseStandard = "standard"
	LicenseTrial    = "trial"
	LicenseNFR      = "nfr"
)

// SeatMonth is one month of a seat chart.
type SeatMonth struct {
	Month      string // YYYY-MM
	Business   int
	Enterprise int
	Known      bool // false: no figure, which is not zero
	Blank      bool // nobody knew anything yet of the month: nothing is drawn
}

// Connection is the state of the ConnectWise PSA integration.
type Connection struct {
	State      string // none, incomplete, active or error
	Error      Notice // when State is error
	LastSync   time.Time
	LastImport time.Time
	NextSync   time.Time
	Schedule   string    // when the month before is written, after "at"
	CheckedAt  time.Time // when the rights were last checked
}
