package views

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// CompaniesPage is the table in which companies, agreements and organizations
// are mapped.
type CompaniesPage struct {
	Adopting   *AdoptingLines
	Query      string
	Show       string // unmapped, suggested, mapped, attention; empty: all
	Type       string
	Status     string
	Agreements string // none, one, several, ending; empty: any
	Types      []Option
	Statuses   []Option
	Sort       Sort // columns name, status, score, mapped
	Pager      Pager
	Rows       []CompanyRow
	All        int // counts behind the filter Show
	Unmapped   int
	Suggested  int
	Mapped     int
	Attention  int
	LastImport time.Time
}

// CompanyRow is one company. It is also swapped alone, after an action.
type CompanyRow struct {
	ID              int64
	Name            string
	Identifier      string
	Types           []string
	Status          string
	Gone            bool // deleted in ConnectWise, or no longer found there
	Agreements      []AgreementOption
	AgreementReason string // why one is selected, a phrase
	Mappings        []CompanyMapping
	Organization    OrganizationOption // chosen and not mapped yet; ID 0: none
	Suggestion      *RowSuggestion
	Shown           *MapShown // what the agreement said when it was mapped just now
	Warning         string    // why it needs attention
	Error           string    // why the last action failed
}

// RowSuggestion is the organization that a company may be.
type RowSuggestion struct {
	OrganizationID int64
	Organization   string
	Score          int
	Reason         string // a phrase
	Certain        bool
}

// selectable tells whether organizations can be added for the company in bulk.
func (r CompanyRow) selectable() bool { return !r.Gone && len(r.Mappings) == 0 }

// usable counts the agreements that can be chosen.
func (r CompanyRow) usable() int {
	n := 0
	for _, a := range r.Agreements {
		if a.Unusable == "" {
			n++
		}
	}
	return n
}

// AgreementOption is an agreement to choose.
type AgreementOption struct {
	ID        int64
	Name      string
	Type      string
	Status    string
	Start     string // YYYY-MM-DD
	End       string // YYYY-MM-DD, empty: open
	BillStart string // YYYY-MM-DD, if later than Start
	Parent    string // the agreement that this is a child of
	EndsSoon  bool
	Line      string   // the open lines of NordPass that were found on it, a phrase; empty: none is known
	Terms     []string // what is unusual about how it bills, phrases
	Unusable  string   // why it cannot be chosen; empty: it can
	Selected  bool
}

// AdoptingLines is how far the lines are looked for of agreements on which many organizations were mapped together.
type AdoptingLines struct {
	Running     bool
	Done, Total int // agreements
	Adopted     int // lines
	Several     int // agreements with several lines of a product
	Problem     Notice
}

// notice says it.
func (a AdoptingLines) notice() Notice {
	n := Notice{Kind: "info", What: fmt.Sprintf("%s adopted, on %s. Nothing was written.",
		count(a.Adopted, "line that was there is", "lines that were there are"), count(a.Done, "agreement", "agreements"))}
	switch {
	case a.Problem.What != "":
		n.Kind, n.Why, n.Do = "warning", a.Problem.What, "The other agreements were not read; a preview finds their lines."
	case a.Running:
		n.Do = fmt.Sprintf("%s to be read; load the page again to see how far it is.",
			count(a.Total-a.Done, "agreement is still", "agreements are still"))
	case a.Several > 0:
		n.Do = fmt.Sprintf("On %s several lines are open: the next sync or preview asks which of them carries the seats.",
			count(a.Several, "agreement", "agreements"))
	}
	return n
}

// MapShown is what an agreement says to whoever maps an organization to it.
type MapShown struct {
	Found   []FoundLine // that the agreement has, and that mapping adopts
	Lines   []string    // with what the next sync writes there
	Terms   []string    // that decide whether it becomes money
	Problem string      // why ConnectWise could not be read; empty: it was
	Only    bool        // it is only shown: what is to be chosen is chosen in the mapping table
}

// FoundLine is a line that an agreement has before anybody is mapped to it.
type FoundLine struct {
	ProductID  int64
	AdditionID int64
	Sentence   string // without a full stop
	Adopted    bool
	Several    bool // of several one is chosen, or none yet
}

// FoundProduct is several lines of one product, of which one can be adopted.
type FoundProduct struct {
	ID    int64
	Lines []FoundLine
}

// single are the lines that are adopted without a question.
func (s MapShown) single() []FoundLine {
	return slices.DeleteFunc(slices.Clone(s.Found), func(f FoundLine) bool { return f.Several })
}

// several are the lines of which one is to be chosen, by product.
func (s MapShown) several() []FoundProduct {
	var products []FoundProduct
	for _, f := range s.Found {
		if !f.Several {
			continue
		}
		if n := len(products); n == 0 || products[n-1].ID != f.ProductID {
			products = append(products, FoundProduct{ID: f.ProductID})
		}
		last := &products[len(products)-1]
		last.Lines = append(last.Lines, f)
	}
	return products
}

// chosen says whether one of several lines was.
func (p FoundProduct) chosen() bool {
	return slices.ContainsFunc(p.Lines, func(f FoundLine) bool { return f.Adopted })
}

// sentences says which the lines are.
func (p FoundProduct) sentences() string {
	var all []string
	for _, f := range p.Lines {
		all = append(all, f.Sentence)
	}
	return strings.Join(all, ". ")
}

// adopted says of the lines that were adopted that they were.
func (s MapShown) adopted() []string {
	var sentences []string
	for _, f := range s.Found {
		if f.Adopted {
			sentences = append(sentences, f.Sentence+". It is adopted; nothing is written before the next sync.")
		}
	}
	return sentences
}

// adoptField is the name of the field that says which of several lines of a product is adopted.
func adoptField(product int64) string { return AdoptField + id(product) }

// AdoptField begins the names of the fields that say which of several lines of a product, whose id follows, is adopted.
const AdoptField = "adopt-"

// empty says that there is nothing to show yet.
func (s MapShown) empty() bool {
	return len(s.Found) == 0 && len(s.Lines) == 0 && len(s.Terms) == 0 && s.Problem == ""
}

// sentence is the same in one line, for a message.
func (s MapShown) sentence() string {
	if s.Problem != "" {
		return "ConnectWise could not be read, so nothing was shown: " + s.Problem
	}
	return strings.Join(slices.Concat(s.adopted(), s.Lines, s.Terms), " ")
}

// MappedMessage says that an organization was mapped, and what was shown.
func MappedMessage(s MapShown) string { return strings.TrimSpace("Mapped. " + s.sentence()) }

// CompanyMapping is an organization mapped to one of the company's agreements.
type CompanyMapping struct {
	OrganizationID int64
	Organization   string
	Plan           string
	License        string
	Agreement      string
	EndsSoon       string // YYYY-MM-DD: the agreement's last day
	Warning        string
	Due            string // seats of the running month so far; empty: not known
	NextInvoice    string // YYYY-MM-DD; empty: not known
	Beside         Beside // of the running month
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
	ID         int64
	Name       string
	ExternalID string
	Plan       string
	License    string
	MappedTo   string // company it is mapped to already
	Suggested  string // why it is suggested, a phrase
	Unusable   string // why it cannot be chosen
}

// ChooseOrganizationPage does what a row of the mapping table does, for
// browsers without script.
type ChooseOrganizationPage struct {
	Company CompanyRow
	Options OrganizationOptions
}

func companyShownID(company int64) string { return companyRowID(company) + "-shown" }

func companyRowID(company int64) string { return "company-" + id(company) }

func mappedID(company int64, m CompanyMapping) string {
	return companyRowID(company) + "-mapped-" + id(m.OrganizationID)
}

// rowAction lets a row's form swap that row alone.
func rowAction(path string, company int64) templ.Attributes {
	return templ.Attributes{
		"hx-post": path, "hx-target": "#" + companyRowID(company),
		"hx-swap": "outerHTML", "hx-sync": "this:drop",
	}
}

func companyTypes(r CompanyRow) string {
	if len(r.Types) == 0 {
		return none
	}
	return strings.Join(r.Types, ", ")
}

func noneSelected(agreements []AgreementOption) bool {
	return !slices.ContainsFunc(agreements, func(a AgreementOption) bool { return a.Selected })
}

// agreementChoice is an agreement among others: with its number where another one reads the same.
func agreementChoice(all []AgreementOption, a AgreementOption) string {
	text := agreementText(a)
	for _, other := range all {
		if other.ID != a.ID && agreementText(other) == text {
			return text + " · no. " + id(a.ID)
		}
	}
	return text
}

// agreementText is all that an option of a select can show: name, type,
// status, dates, the line that was found there, and why it cannot be chosen.
func agreementText(a AgreementOption) string {
	parts := []string{a.Name}
	if a.Type != a.Name {
		parts = append(parts, a.Type)
	}
	if a.Parent != "" {
		parts = append(parts, "child of "+a.Parent)
	}
	if a.Unusable != "" {
		return strings.Join(append(parts, a.Unusable), " · ")
	}
	parts = append(parts, a.Status)
	switch {
	case a.EndsSoon:
		parts = append(parts, "ends soon, on "+calendarDay(a.End))
	case a.Start != "" && a.End != "":
		parts = append(parts, calendarDay(a.Start)+" to "+calendarDay(a.End))
	case a.End != "":
		parts = append(parts, "until "+calendarDay(a.End))
	case a.Start != "":
		parts = append(parts, "since "+calendarDay(a.Start))
	}
	if a.BillStart != "" {
		parts = append(parts, "billed from "+calendarDay(a.BillStart))
	}
	parts = append(append(parts, a.Line), a.Terms...)
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// CompanyOrganizationsForm adds an organization for each of several companies.
// Fields: company (repeated), license, plan.
type CompanyOrganizationsForm struct {
	IDs      []int64
	Names    []string
	Taken    []string // companies left out: an organization has their name
	License  string
	Plan     string
	Problems Problems
}

// namesShown is how many names a list shows before it is cut.
const namesShown = 12

// firstNames lists names, of many the first ones and how many there are besides.
func firstNames(names []string) string {
	if len(names) <= namesShown {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:namesShown], ", ") + " and " + number(len(names)-namesShown) + " more"
}

func idOf(o OrganizationOption) string {
	if o.ID == 0 {
		return ""
	}
	return id(o.ID)
}

func optionState(o OrganizationOption) templ.Attributes {
	if o.Unusable == "" {
		return nil
	}
	return templ.Attributes{"aria-disabled": "true"}
}

// organizationChoice is the note of an organization among others: with its external ID, or else its number, where another one has its
// name and reads the same.
func organizationChoice(all []OrganizationOption, o OrganizationOption) string {
	note := organizationNote(o)
	for _, other := range all {
		if other.ID == o.ID || !strings.EqualFold(other.Name, o.Name) || organizationNote(other) != note {
			continue
		}
		if o.ExternalID != "" {
			return note + " · external ID " + o.ExternalID
		}
		return note + " · no. " + id(o.ID)
	}
	return note
}

// organizationNote tells organizations apart and says where one is mapped.
func organizationNote(o OrganizationOption) string {
	note := planName(o.Plan)
	if o.License != "" && o.License != LicenseStandard {
		note += ", " + licenseName(o.License)
	}
	if o.Suggested != "" {
		note += " · suggested: " + o.Suggested
	}
	if o.MappedTo != "" {
		note += " · mapped to " + o.MappedTo
	}
	if o.Unusable != "" {
		note += " · " + o.Unusable
	}
	return note
}

// stands says what is due of the running month so far, what its lines say and when the agreement is to be invoiced.
func (m CompanyMapping) stands() string {
	parts := []string{orWord(m.Due, "not known what is") + " due so far"}
	for _, r := range m.Beside.Rows {
		switch {
		case r.InConnectWise == "":
		case r.ReadAt.IsZero():
			parts = append(parts, r.InConnectWise+" in ConnectWise on "+planName(r.Plan)+", not read since")
		default:
			parts = append(parts, r.InConnectWise+" in ConnectWise on "+planName(r.Plan)+", read "+moment(r.ReadAt))
		}
	}
	if len(parts) == 1 {
		parts = append(parts, "no line yet")
	}
	if m.NextInvoice != "" {
		parts = append(parts, "next invoice "+calendarDay(m.NextInvoice))
	}
	return strings.Join(parts, " · ")
}
