package views

import (
	"strconv"
	"time"
)

// ProviderPage is the page of the NordPass Provider API.
type ProviderPage struct {
	Connected bool
	Form      ProviderForm
	Test      *ProviderTest // what a test brought
	Latest    *ProviderFetched
	Fetches   []FetchRow
}

// ProviderForm is the configuration. Its problems are named like the fields of the form. It is never given the private key.
type ProviderForm struct {
	BaseURL, MonthlyPath, DailyPath, Header            string
	Methods                                            []Option
	Algorithms                                         []Option
	KeyID, Issuer, Subject, Audience, Lifetime, Claims string
	HasKey                                             bool
	Example                                            bool // filled in with the demo's own simulator
	List, ID, Name, Seats, Plan, Business, Enterprise  string
	Trial, NFR                                         string
	Pagings                                            []Option
	NextField, PageParam, FirstPage                    string
	FlagsOmitted, Required                             bool
	Problems                                           Problems
	Notice                                             *Notice
}

// ProviderTest is what the Provider API answered; nothing of it is stored.
type ProviderTest struct {
	Notice  *Notice // the form could not be used
	Monthly *ProviderReport
	Daily   *ProviderReport
}

// ProviderReport is a usage report as it was understood.
type ProviderReport struct {
	Title   string
	State   string // failed, empty, zero or reported
	Problem *Notice
	Rows    []ProviderRow
	More    int // rows that are not shown
	Missing []string
	Sample  string          // one record as it was sent
	Billed  *ProviderBilled // of a test of a month, what would be billed; nil: it is not said
}

// ProviderBilled is what would be billed if a tested report were kept: of how many organizations its own figure, another one, or none
// that anybody knows; and what of those that it does not name.
type ProviderBilled struct {
	Taken, Other, Unknown int
	Missing               []ProviderMissing
}

// ProviderMissing is an organization that a tested report does not name.
type ProviderMissing struct {
	Name, URL string
	Billed    ProviderOutcome
}

// ProviderOutcome is what would be billed of an organization, and why, in sentences. A zero one is of nobody known here.
type ProviderOutcome struct {
	Seats int
	Known bool
	Plan  string
	Why   string
}

// sentence says how many organizations would be billed by the report.
func (b ProviderBilled) sentence() string {
	text := "If this report were kept, its figure would be billed of " + count(b.Taken, "organization", "organizations")
	if b.Other > 0 {
		text += ", another one of " + strconv.Itoa(b.Other)
	}
	if b.Unknown > 0 {
		text += "; of " + strconv.Itoa(b.Unknown) + " nobody would know one"
	}
	return text + "."
}

// text is the outcome in a sentence of its own.
func (o ProviderOutcome) text() string {
	if !o.Known {
		return "unknown"
	}
	return count(o.Seats, "seat", "seats") + " on " + planName(o.Plan)
}

// ProviderRow is one organization of a report.
type ProviderRow struct {
	Index          int // among the report's rows
	ID, Name       string
	Plan           string
	Reported       int
	Billable       int
	Note           string
	Problem        string
	OrganizationID int64
	Organization   string
	Matched        string
	Billed         ProviderOutcome // of a test
}

// ProviderFetched is the last month's report as it was fetched.
type ProviderFetched struct {
	FetchID int64
	At      time.Time
	Report  ProviderReport
	Unknown []ProviderRow // belong to no organization
	Renamed []ProviderRow // are reported under another name
	Gone    []NamedLink   // organizations of the report before, that are not in this one
	Names   []string      // of the organizations that one may belong to
}

// FetchRow is one attempt to fetch a report.
type FetchRow struct {
	ID            int64
	At            time.Time
	Period        string
	State         string
	Organizations int
	Seats         int
	Known         bool
	Problem       string
	HasAnswer     bool
}

func fetchLabel(state string) label {
	switch state {
	case "reported":
		return label{"success", "circle-check", "Reported"}
	case "zero":
		return label{"info", "info", "Zero seats"}
	case "empty":
		return label{"warning", "triangle-alert", "Empty: nothing known"}
	}
	return label{"danger", "circle-alert", "Failed: nothing known"}
}

func index(n int) string { return strconv.Itoa(n) }

func keyHint(f ProviderForm) string {
	switch {
	case f.HasKey:
		return "A key is saved. Leave this empty to keep it; it is never shown again."
	case f.Example:
		return "Leave this empty to use the demo simulator's key."
	}
	return "PEM format, all of it. It is sealed at rest and never shown again."
}
