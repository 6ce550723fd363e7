package views

import "time"

// IntegrationsPage lists the integrations.
type IntegrationsPage struct {
	Connection Connection
	Mapped     int // organizations mapped to agreements
}

// ConnectWisePage is the page of the ConnectWise PSA integration.
type ConnectWisePage struct {
	Connection    Connection
	Credentials   CredentialsForm
	Rights        []Right // the four, in the order of the guide
	Business      *Product
	Enterprise    *Product
	Companies     int // imported
	Mapped        int // organizations
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
	Remap      bool   // both are mapped already
	Created    string // identifier of the product just created in ConnectWise PSA
	Problems   Problems
	Notice     *Notice
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
	Errors     []string
	Notice     *Notice // why it failed
}
