package views

import (
	"slices"
	"strings"

	"github.com/a-h/templ"
)

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
	Unmapped      int // organizations that are not mapped
	Billable      int // of them, those with billable seats
	LastRun       LastRun
	RunningURL    string // of a run in progress, empty: none
	ImportRunning bool
	SyncMonth     string // what Sync now writes: "November 2026, so far"
}

// CredentialsForm is the form of the credentials. The private key is never
// given to it. Fields: site, company, public_key, private_key, client_id, next.
type CredentialsForm struct {
	Site          string
	Company       string
	PublicKey     string
	ClientID      string
	HasPrivateKey bool // one is stored: empty keeps it
	HasDefaultID  bool // the operator has set a client ID: empty uses it
	Example       bool // a demo's own: an empty private key is the demo's
	AdvancedOpen  bool
	Next          string // the page to which saving leads; empty: the integration's
	Problems      Problems
	Notice        *Notice // the outcome of the connection test
}

// Right is one right that the API member needs, or may have.
type Right struct {
	Module   string // as ConnectWise names it
	Level    string // Inquire, Add, Edit
	Use      string // what for, a phrase
	State    string // present, missing or unknown
	Optional bool   // nothing is wrong without it
}

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

// InvoicingRight is optional (docs/connectwise.md section 9).
var InvoicingRight = Right{
	Module: "Invoicing", Level: "Inquire", Optional: true,
	Use: "to say on which invoice a month is; without it, only that a period is closed",
}

// rights are those of the guide until they are checked. One that was not asked for by the last check is not checked yet.
func (p ConnectWisePage) rights() []Right {
	rights := p.Rights
	if len(rights) == 0 {
		rights = guideRights
	}
	if slices.ContainsFunc(rights, func(r Right) bool { return r.Module == InvoicingRight.Module }) {
		return rights
	}
	return slices.Concat(rights, []Right{InvoicingRight})
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
func (p ConnectWisePage) settingUp() bool { return p.next() != stepSync || p.LastRun.URL == "" }

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

// rightsFound says what the last check of the connection found of the rights that are needed.
func rightsFound(rights []Right) string {
	needed, present, missing := 0, 0, 0
	for _, r := range rights {
		switch {
		case r.Optional:
			continue
		case r.State == "present":
			present++
		case r.State == "missing":
			missing++
		}
		needed++
	}
	text := "Connected; " + number(present) + " of " + count(needed, "right", "rights") + " confirmed"
	if missing > 0 {
		return text + ", " + number(missing) + " missing."
	}
	if present < needed {
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
	b.WriteString(InvoicingRight.Module + "\t" + InvoicingRight.Level + "\tAll\tOptional: " + InvoicingRight.Use + "\n")
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

func privateKeyHint(f CredentialsForm) string {
	if f.HasPrivateKey {
		return "Saved and never shown again. Leave empty to keep it."
	}
	if f.Example {
		return "Leave empty to use the key of the demo's ConnectWise PSA."
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
	return "ConnectWise refuses every request without one. Sign in to developer.connectwise.com, choose Client ID, create a private one " +
		"named Seatbridge and paste it here. It is free and made at once."
}
