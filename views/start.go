package views

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The steps of setting up, by the names that they have in addresses.
const (
	StepConnect       = "connect"
	StepProducts      = "products"
	StepOrganizations = "organizations"
	StepImport        = "import"
	StepMap           = "map"
	StepWrite         = "write"
	StepFinish        = "finish"
)

// StartPage is the guided start: all steps of setting up and where one stands among them.
type StartPage struct {
	Steps         []StartStep
	Done          int
	Minutes       int  // about how long what is left takes
	Manages       bool // the reader may do all of it; others see what they may do
	Connection    Connection
	Credentials   CredentialsForm
	Rights        []Right
	Business      *Product
	Enterprise    *Product
	Organizations int
	Members       int
	Companies     int
	Agreements    int
	Suggested     int // companies with a suggestion that can be followed
	Mapped        int // organizations
	FileName      string
	FileURL       string    // of the file's import; empty: none was imported
	LookURL       string    // of the last sync or preview; empty: there is none
	LookWhat      string    // sync, preview or comparison
	LookAt        time.Time // when it began
	ActiveSince   time.Time // when the products were confirmed; zero: they are not yet

	ComparingSince time.Time // since when it only compares; zero: it writes
	ComparingBy    string    // who chose so, an e-mail address
}

// StartStep is a step as it stands.
type StartStep struct {
	Name    string
	Number  int
	Minutes int
	Done    bool
	Failing bool
	Open    bool  // it is unfolded
	Now     bool  // it is the first that is not done
	Needs   []int // steps that have to come first
	At      time.Time
	By      string
}

// startTexts are a step's title, what it is for, and what comes after it.
var startTexts = map[string]struct{ title, why, next string }{
	StepConnect: {
		"Connect ConnectWise PSA", "Lets Seatbridge read companies, agreements and products.",
		"Next: map products. Organizations and members can come first as well: they need no connection.",
	},
	StepProducts: {
		"Map products", "NordPass Business and Enterprise to a ConnectWise product each, or create them.",
		"Next: organizations and members, unless they are there already.",
	},
	StepOrganizations: {
		"Organizations and members", "Whose seats are counted. They come from a file, from NordPass, from your scripts, or by hand.",
		"Next: import companies.",
	},
	StepImport: {
		"Import companies", "Choose company types and statuses; ConnectWise’s list is read, page by page.",
		"Next: map them to organizations.",
	},
	StepMap: {
		"Map companies", "An agreement and an organization for each company; same names are suggested.",
		"Next: look at what would be written.",
	},
	StepWrite: {
		"Compare first, or write from now on", "What the next sync would write stands before you, in seats and money, before it is written.",
		"Then everything is set up.",
	},
	StepFinish: {
		"Done", "The integration is active and writes by itself, once a month.", "",
	},
}

func (s StartStep) title() string { return startTexts[s.Name].title }

// why is what a step is for.
func (p StartPage) why(s StartStep) string {
	if s.Name == StepFinish && p.compares() {
		return "The integration is active and compares by itself, once a month, until writing is switched on."
	}
	return startTexts[s.Name].why
}

func (s StartStep) next() string { return startTexts[s.Name].next }

// second is the quiet line below a step's title: what it is for or, once it is done, what there is.
func (p StartPage) second(s StartStep) string {
	if s.Failing {
		return p.Connection.Error.What
	}
	if fact := p.fact(s); s.Done && fact != "" {
		return fact + doneBy(s)
	}
	if s.Name == StepOrganizations && p.Organizations > 0 {
		return count(p.Organizations, "organization", "organizations") + ", but no members and no usage data yet."
	}
	return p.why(s)
}

// fact is what a step that is done has brought.
func (p StartPage) fact(s StartStep) string {
	switch s.Name {
	case StepConnect:
		return p.Credentials.Site + ", company " + p.Credentials.Company
	case StepProducts:
		if p.Business != nil && p.Enterprise != nil {
			return "NordPass Business is " + p.Business.Identifier + ", NordPass Enterprise is " + p.Enterprise.Identifier
		}
	case StepOrganizations:
		fact := count(p.Organizations, "organization", "organizations") + ", " + count(p.Members, "member", "members")
		if p.FileName != "" {
			fact += ", from " + p.FileName
		}
		return fact
	case StepImport:
		return count(p.Companies, "company", "companies") + ", " + count(p.Agreements, "agreement", "agreements")
	case StepMap:
		return fmt.Sprintf("%s of %s mapped", number(p.Mapped), count(p.Organizations, "organization", "organizations"))
	case StepWrite:
		return p.choice()
	}
	return ""
}

// choice is what was chosen about writing, as a phrase.
func (p StartPage) choice() string {
	switch {
	case !p.ComparingSince.IsZero():
		return "Only compares since " + day(p.ComparingSince) + ", chosen by " + p.ComparingBy
	case !p.ActiveSince.IsZero():
		return "Writes from now on, chosen when the products were mapped, " + day(p.ActiveSince)
	}
	return ""
}

// compares says that nothing is written until somebody switches it on.
func (p StartPage) compares() bool { return !p.ComparingSince.IsZero() }

// doneBy is by whom and when a step was done, after what it brought.
func doneBy(s StartStep) string {
	var parts []string
	if s.By != "" {
		parts = append(parts, "by "+s.By)
	}
	if !s.At.IsZero() {
		parts = append(parts, moment(s.At))
	}
	said := strings.Join(parts, ", ")
	switch {
	case said == "" || s.Name == StepOrganizations && s.By == "": // they came one by one
		return ""
	case s.Name == StepWrite:
		return "; what would be written was looked at " + said
	}
	return ", " + said
}

// end says at the right of a step what it needs, how long it takes, or that it is done.
func (s StartStep) end() string {
	switch {
	case s.Failing:
		return "does not work"
	case s.Done:
		return "done"
	}
	var parts []string
	if needs := stepsNeeded(s.Needs); needs != "" {
		parts = append(parts, "needs "+needs)
	}
	if s.Minutes > 0 {
		parts = append(parts, fmt.Sprintf("%d min", s.Minutes))
	}
	return strings.Join(parts, " · ")
}

// stepsNeeded names steps by their numbers: "step 1", "steps 2 and 4", "steps 2 to 4".
func stepsNeeded(numbers []int) string {
	switch n := len(numbers); {
	case n == 0:
		return ""
	case n == 1:
		return fmt.Sprintf("step %d", numbers[0])
	case n > 2 && numbers[n-1]-numbers[0] == n-1:
		return fmt.Sprintf("steps %d to %d", numbers[0], numbers[n-1])
	default:
		words := make([]string, n)
		for i, number := range numbers {
			words[i] = fmt.Sprint(number)
		}
		return "steps " + strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// needed are the steps that a step needs, for a sentence with links.
func (p StartPage) needed(s StartStep) []StartStep {
	var steps []StartStep
	for _, other := range p.Steps {
		if slices.Contains(s.Needs, other.Number) {
			steps = append(steps, other)
		}
	}
	return steps
}

// class says how a step looks.
func (s StartStep) class() string {
	switch {
	case s.Failing:
		return "failing"
	case s.Done:
		return "done"
	case s.Now:
		return "now"
	}
	return ""
}

// lead is what holds for the whole page: that nothing is written yet, or when something is.
func (p StartPage) lead() string {
	switch {
	case p.compares():
		return "Seatbridge only compares: nothing is written to agreements until you switch it on"
	case p.Done == len(p.Steps):
		return "Everything is set up"
	case p.Mapped == 0 || p.Connection.NextSync.IsZero():
		return "Nothing is written to agreements before step 6"
	}
	return "Nothing is written to agreements before you press Sync now, or before " + moment(p.Connection.NextSync)
}

// meter says how far one is.
func (p StartPage) meter() string {
	text := fmt.Sprintf("%d of %d done", p.Done, len(p.Steps))
	if p.Minutes > 0 {
		text += fmt.Sprintf(", about %d min left", p.Minutes)
	}
	return text
}

// AllowOnly unfolds for those who may not do the other steps the one that they may do.
func (p *StartPage) AllowOnly(manages bool) {
	for i := range p.Steps {
		s := &p.Steps[i]
		if !manages {
			s.Open = s.Open && s.Done || s.Name == StepOrganizations
		}
	}
}

// missingRights names the rights that the last check found to be missing, as a list in words.
func (p StartPage) missingRights() string {
	var missing []string
	for _, r := range p.Rights {
		if r.State == "missing" && !r.Optional {
			missing = append(missing, r.Module+" – "+r.Level)
		}
	}
	return strings.Join(missing, ", ")
}

// andBack is an address that leads back to the guided start once what is done there is done.
func andBack(address string) string { return WithNext(address, StartPath) }

// WithNext is an address of a page that leads on to another one, once what is done there is done.
func WithNext(address, next string) string {
	if next == "" {
		return address
	}
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + "next=" + url.QueryEscape(next)
}

// stepID is the id of a step on the page.
func stepID(name string) string { return "step-" + name }

// StartStepPath is a step of the guided start, unfolded.
func startStepPath(name string) string { return StartPath + "?step=" + name + "#" + stepID(name) }

// suggestionsWhen says what the suggestions are good for.
func suggestionsWhen(n int) string {
	if n == 0 {
		return "companies and organizations with the same name, mapped at once."
	}
	return fmt.Sprintf("%s with an organization of the same or nearly the same name, mapped at once.", count(n, "company", "companies"))
}
