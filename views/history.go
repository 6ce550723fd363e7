package views

import "time"

// OrganizationHistoryPage is what syncs did about one organization.
type OrganizationHistoryPage struct {
	ID   int64
	Name string
	Late LateRows
	List ChangeList
}

// AgreementPage is one agreement with its mapping and what syncs did there.
type AgreementPage struct {
	ID            int64
	Name          string
	Type          string
	Status        string
	Company       string
	CompanyURL    string
	Unusable      string // why nothing can be billed on it; empty: it can
	UnusableDo    string // what to do about that
	Organizations []NamedLink
	NextInvoice   string   // YYYY-MM-DD; empty: not known
	Late          LateRows // of its organizations
	Month         string   // YYYY-MM, the running one, of which Lines say what is due so far
	Lines         []AgreementLine
	Findings      FindingList // of which nobody said that they are meant so
	List          ChangeList
	CanSync       bool
	SyncMonth     string // what Sync now writes: "November 2026, so far"
}

// NamedLink is a name that leads somewhere.
type NamedLink struct{ Name, URL string }

// AgreementLine is the addition that carries a product's seats.
type AgreementLine struct {
	Product    string
	Plan       string // that the product is mapped to; empty: to none any more
	AdditionID int64
	Written    string // quantity; empty: adopted, not written yet
	WrittenAt  time.Time
	Reads      string // quantity in ConnectWise; empty: not read yet
	ReadAt     time.Time
	Due        string // seats of its organizations in the running month so far; empty: not known
	Chosen     bool   // by a person, among several
}

// AttentionPage is everything that needs a person.
type AttentionPage struct {
	Attention []Attention
	Clear     Clear
	Findings  FindingList
	List      ChangeList // the lines among them
}

// Clear says what an empty list of what needs a person is worth.
type Clear struct {
	Checked time.Time // everything was looked at by then; zero: not everything was
	Why     string    // why not
}

// nextInvoice is the day on which an agreement is to be invoiced next, as ConnectWise said when it was last read.
func nextInvoice(day string) string {
	if day == "" {
		return "Not known"
	}
	return calendarDay(day)
}
