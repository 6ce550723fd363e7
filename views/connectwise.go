package views

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// IntegrationsPage lists the integrations.
type IntegrationsPage struct {
	Connection Connection
	Mapped     int  // organizations mapped to agreements
	Provider   bool // the NordPass Provider API is connected
}

// ConnectWisePage is the page of the ConnectWise PSA integration.
type ConnectWisePage struct {
	Connection    Connection
	Credentials   CredentialsForm
	Rights        []Right // as checked; empty: not checked yet
	Business      *Product
	Enterprise    *Product
	Companies     int // imported
	Mapped        int // organizations
	Suggested     int // companies with a suggestion that can be followed
	Unmapped      int // managed organizations that are billed and not mapped
	LastRunURL    string
	LastRunResult string // one sentence
	RunningURL    string // of a run in progress, empty: none
	ImportRunning bool
}

// CredentialsForm is the form of the credentials. The private key is never
// given to it. Fields: site, company, public_key, private_key, client_id.
type CredentialsForm struct {
	Site          string
	Company       string
	PublicKey     string
	ClientID      string
	HasPrivateKey bool // one is stored: empty keeps it
	HasDefaultID  bool // the operator has set a client ID: empty uses it
	AdvancedOpen  bool
	Problems      Problems
	Notice        *Notice // the outcome of the connection test
}

// Right is one right that the API member needs.
type Right struct {
	Module string // as ConnectWise names it
	Level  string // Inquire, Add, Edit
	Use    string // what for, a phrase
	State  string // present, missing or unknown
}

// Product is a catalog item that a plan is mapped to.
type Product struct {
	ID          int64
	Identifier  string
	Description string
}

// ProductsPage is the dialog (or page) of the product mapping.
// Fields posted: business, enterprise: catalog item ids.
type ProductsPage struct {
	Business   *Product
	Enterprise *Product
	Remap      bool       // both are mapped already
	Remapped   []Remapped // what other products mean for existing lines
	Created    string     // identifier of the product just created in ConnectWise PSA
	Problems   Problems
	Notice     *Notice
}

// Remapped is a plan that gets another product.
type Remapped struct {
	Plan  string
	From  string // the former product's identifier
	Keeps bool   // the former product is the other plan's now
	Lines []RemappedLine
}

// RemappedLine is a line of the former product on a mapped agreement.
type RemappedLine struct {
	Company   string
	Agreement string
	Seats     string // last written; empty: never
}

// namesKept is how many names a long list shows.
const namesKept = 100

func remappedKind(r Remapped) string {
	if len(r.Lines) == 0 {
		return "info"
	}
	return "warning"
}

func remappedWhat(r Remapped) string {
	if len(r.Lines) == 0 {
		return "NordPass " + planName(r.Plan) + ": Seatbridge keeps no line of " + r.From + " yet. Nothing changes on existing agreements."
	}
	lines := count(len(r.Lines), "line", "lines")
	if r.Keeps {
		return "NordPass " + planName(r.Plan) + ": " + lines + " of " + r.From + " will carry the other plan's seats, and the seats of this plan appear on new lines."
	}
	return "NordPass " + planName(r.Plan) + ": " + lines + " of " + r.From + " will go to 0, and the seats appear on lines of the new product."
}

// ProductPickerPage searches the catalog for one plan's product.
type ProductPickerPage struct {
	Plan         string
	BusinessID   int64 // chosen so far, 0: none
	EnterpriseID int64
	Query        string
	Items        []CatalogItem
	More         bool // there are more than are shown
	Notice       *Notice
}

// CatalogItem is a product of the ConnectWise catalog.
type CatalogItem struct {
	ID          int64
	Identifier  string
	Description string
	Category    string
	Subcategory string
	Class       string
	Price       string // as ConnectWise has it
	Unusable    string // why it cannot be chosen; empty: it can
	Suggested   bool   // looks like a NordPass product
	Selected    bool
}

// ProductForm creates a product in ConnectWise PSA for one plan. Fields: plan,
// identifier, description, subcategory, type, unit, price, cost, and the
// choices made so far: business, enterprise.
type ProductForm struct {
	Plan          string
	BusinessID    int64
	EnterpriseID  int64
	Identifier    string
	Description   string
	Subcategories []OptionGroup // grouped by category
	Types         []Option
	Units         []Option
	Price         string
	Cost          string
	Problems      Problems
	Notice        *Notice
}

// ImportPage chooses which companies to import. Fields: type, status (both
// repeated).
type ImportPage struct {
	Types      []Option
	Statuses   []Option
	LastImport time.Time
	Imported   int // companies imported so far
	Problems   Problems
	Notice     *Notice
	Progress   *ImportProgress // an import that runs or has just ended
}

// ImportProgress is the state of an import.
type ImportProgress struct {
	State      string // running, done, cancelled or failed
	Step       string // what it is doing, a phrase
	Done       int    // companies
	Total      int    // 0: not known yet
	PerSecond  float64
	Started    time.Time
	Companies  int // results
	Agreements int
	New        int
	Renamed    int
	Gone       int
	NewNames   []string // the first of each, none after a first import
	Renames    []string
	GoneNames  []string
	MappedGone []string // of GoneNames, those that are mapped and therefore kept
	Deleted    int      // left out, in ConnectWise's recycle bin
	Vendors    int      // left out
	Errors     []string
	Notice     *Notice // why it failed
}

// ImportSize is what an import of the present choice would read.
type ImportSize struct {
	Known     bool // something is chosen, and ConnectWise has answered
	Companies int
	Deleted   int // left out, in ConnectWise's recycle bin
	Vendors   int // left out
}

// leftOut says what an import passes over, or nothing.
func leftOut(deleted, vendors int) string {
	var parts []string
	if deleted > 0 {
		parts = append(parts, number(deleted)+" deleted")
	}
	if vendors > 0 {
		parts = append(parts, count(vendors, "vendor", "vendors"))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " and ") + " left out."
}

// namesOf is a list's title with its number.
func namesOf(title string, n int) string { return title + " (" + number(n) + ")" }

// sortedIDs puts the keys of counts in order.
func sortedIDs(counts map[int]int) []int { return slices.Sorted(maps.Keys(counts)) }

// setupStepName is a step of setting the integration up, in order.
type setupStepName int

const (
	stepConnect setupStepName = iota
	stepProducts
	stepCompanies
	stepSync
)

func (p ConnectWisePage) connected() bool {
	return p.Connection.State != "" && p.Connection.State != "none"
}

// guideRights are the rights that the API member needs (docs/connectwise.md section 1), shown
// until they are checked.
var guideRights = []Right{
	{Module: "Company Maintenance", Level: "Inquire", Use: "to read the companies to map"},
	{Module: "Table Setup", Level: "Inquire", Use: "to read types, statuses and categories"},
	{Module: "Product Catalog", Level: "Inquire, Add", Use: "to choose or create products"},
	{Module: "Agreements", Level: "Inquire, Add, Edit", Use: "to write seats to agreements"},
}

func (p ConnectWisePage) rights() []Right {
	if len(p.Rights) == 0 {
		return guideRights
	}
	return p.Rights
}

// next is the step that comes next.
func (p ConnectWisePage) next() setupStepName {
	switch {
	case !p.connected():
		return stepConnect
	case p.Business == nil || p.Enterprise == nil:
		return stepProducts
	case p.Mapped == 0:
		return stepCompanies
	}
	return stepSync
}

// due tells whether a step's button is the page's primary one. With a broken
// connection none is: checking it again comes first.
func (p ConnectWisePage) due(step setupStepName) bool {
	return p.Connection.State != "error" && p.next() == step
}

// canSync tells whether syncing makes sense now.
func (p ConnectWisePage) canSync() bool {
	return p.next() == stepSync && p.RunningURL == ""
}

func stepState(p ConnectWisePage, step setupStepName) templ.Attributes {
	switch {
	case step < p.next():
		return templ.Attributes{"data-done": "true"}
	case step == p.next():
		return templ.Attributes{"aria-current": "step"}
	}
	return nil
}

// settingUp tells whether there is a step left before the first preview.
func (p ConnectWisePage) settingUp() bool { return p.next() != stepSync || p.LastRunURL == "" }

func stepWord(p ConnectWisePage, step setupStepName) string {
	switch {
	case step < p.next():
		return "done"
	case step == p.next():
		return "next"
	}
	return "later"
}

// stepRights are the rights of the API member that a step uses.
func stepRights(step setupStepName) []string {
	switch step {
	case stepProducts:
		return []string{"Product Catalog Inquire", "Product Catalog Add", "Table Setup Inquire"}
	case stepCompanies:
		return []string{"Company Maintenance Inquire", "Table Setup Inquire", "Agreements Inquire"}
	case stepSync:
		return []string{"Agreements Inquire", "Agreements Add", "Agreements Edit"}
	}
	return nil
}

// stepNeeds says which rights a step uses, and which of them are known to be missing.
func stepNeeds(p ConnectWisePage, step setupStepName) string {
	if step < p.next() {
		return ""
	}
	needs := stepRights(step)
	var missing []string
	for _, right := range p.Rights {
		if name := right.Module + " " + right.Level; right.State == "missing" && slices.Contains(needs, name) {
			missing = append(missing, name)
		}
	}
	text := strings.Join(needs, ", ")
	if len(missing) > 0 {
		text += ". Missing: " + strings.Join(missing, ", ")
	}
	return text
}

// rightsFound says what the last check of the connection found.
func rightsFound(rights []Right) string {
	present, missing := 0, 0
	for _, r := range rights {
		switch r.State {
		case "present":
			present++
		case "missing":
			missing++
		}
	}
	text := "Connected; " + number(present) + " of " + count(len(rights), "right", "rights") + " confirmed"
	if missing > 0 {
		return text + ", " + number(missing) + " missing."
	}
	if present < len(rights) {
		return text + ", the others could not be checked without writing."
	}
	return text + "."
}

// rightsText is the guide's table of rights for pasting, tab separated.
func rightsText() string {
	var b strings.Builder
	b.WriteString("Module\tLevels\tScope\tUsed for\n")
	for _, r := range guideRights {
		b.WriteString(r.Module + "\t" + r.Level + "\tAll\t" + r.Use + "\n")
	}
	return b.String()
}

func connectionLead(p ConnectWisePage) string {
	switch p.next() {
	case stepConnect:
		return "Enter the credentials of your ConnectWise PSA to begin."
	case stepProducts:
		return "Connected. Map both products to finish setting up."
	case stepCompanies:
		return "Ready. Import your companies and map them to organizations."
	}
	return ""
}

// variant makes a button primary, of which a page has one, or quiet.
func variant(primary bool) templ.Attributes {
	if primary {
		return nil
	}
	return templ.Attributes{"data-variant": "outline"}
}

func privateKeyHint(f CredentialsForm) string {
	if f.HasPrivateKey {
		return "Saved and never shown again. Leave empty to keep it."
	}
	return "Shown once in ConnectWise PSA, when it is generated."
}

func privateKeyPlaceholder(f CredentialsForm) string {
	if f.HasPrivateKey {
		return "Saved"
	}
	return ""
}

func clientIDHint(f CredentialsForm) string {
	if f.HasDefaultID {
		return "Leave empty to use the one this installation was given."
	}
	return "ConnectWise asks every integration for one. Register yours on the ConnectWise developer site."
}

func productID(p *Product) string {
	if p == nil {
		return ""
	}
	return id(p.ID)
}

func chooseProduct(plan string, product *Product) string {
	if product == nil {
		return "Choose product for NordPass " + planName(plan)
	}
	return "Change product for NordPass " + planName(plan)
}

// productsURL is the product mapping with the choices made so far.
func productsURL(business, enterprise int64) string {
	values := url.Values{}
	if business != 0 {
		values.Set(PlanBusiness, id(business))
	}
	if enterprise != 0 {
		values.Set(PlanEnterprise, id(enterprise))
	}
	return "/integrations/connectwise/products?" + values.Encode()
}

func catalogPlace(item CatalogItem) string {
	return strings.Join(slices.DeleteFunc([]string{item.Category, item.Subcategory, item.Class}, func(s string) bool { return s == "" }), " › ")
}

func importTitle(state string) string {
	switch state {
	case "running":
		return "Importing companies"
	case "done":
		return "Import finished"
	case "cancelled":
		return "Import cancelled"
	}
	return "Import failed"
}

func importProgressText(p *ImportProgress) string {
	text := capital(p.Step)
	if p.Total > 0 {
		text = number(p.Done) + " of " + number(p.Total) + " · " + text
	}
	if p.PerSecond > 0 {
		text += " · " + rate(p.PerSecond)
	}
	return text
}
