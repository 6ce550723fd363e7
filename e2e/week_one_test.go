//go:build e2e

package e2e

import (
	"cmp"
	"encoding/csv"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"seatbridge/billing/billingtest"
	"seatbridge/command/commandtest"
	"seatbridge/internal/handwork"
)

// mostMinutes is how long somebody may take for the first comparison of 200 companies.
const mostMinutes = 10

// TestJourneyWeekOne goes in a browser from an empty panel to a comparison of 200 companies that ten years of hand work left: each of its
// lines is what the members say, and nothing was written, by the simulator's journal.
func TestJourneyWeekOne(t *testing.T) {
	w := newWeekOne(t)
	p := &person{browser: newBrowser(t)}
	defer p.close()
	p.do("setting the window's size", chromedp.EmulateViewport(1440, 900))
	j := &journey{browser: p.browser, panel: w.serve(), printed: map[string]string{"Sign in with": mira, "Password": commandtest.OwnerPassword}}
	j.printed["Open"] = j.panel
	began := time.Now()
	j.signIn()
	w.connect(p)
	w.chooseProducts(p)
	w.upload(p, "List of organizations", "organizations.csv", w.hand.OrganizationsCSV())
	w.upload(p, "File of members", "members.csv", w.hand.MembersCSV())
	w.importCompanies(p)
	w.mapThem(p)
	w.compare(p)
	took := time.Since(began)

	if n := w.Writes(); n != 0 {
		t.Errorf("%d requests wrote to ConnectWise before writing was switched on", n)
	}
	right, wrong := w.check(p)
	t.Logf("run: %s", p.texts("[data-testid=run-summary] > div"))
	t.Logf("%d companies: %d lines compared, in %d actions and %s", len(w.hand.Sim.Companies()), right, p.actions, took.Round(time.Second))
	if right == 0 || wrong > 0 {
		t.Errorf("%d lines are right, %d are wrong", right, wrong)
	}
	if took > mostMinutes*time.Minute {
		t.Errorf("it took %s", took)
	}
}

// weekOne is a new panel beside ten years of hand work.
type weekOne struct {
	*year
	hand *handwork.World
}

func newWeekOne(t *testing.T) *weekOne {
	t.Helper()
	w := &weekOne{year: &year{World: billingtest.Empty(t)}}
	w.hand = handwork.New(handwork.Config{Seed: 13, Now: w.Time})
	w.Sim = w.hand.Sim
	server := httptest.NewServer(w.Sim)
	t.Cleanup(server.Close)
	w.Site = server.URL
	w.addMira()
	return w
}

// next opens setting up, and in it the step with a title.
func (w *weekOne) next(p *person, title string) {
	p.t.Helper()
	p.actions++
	p.clickWhere("setting up", "[data-testid=setup-mark]", "true")
	p.see("h1", "Set up Seatbridge")
	p.wait("the step "+title+" is the next one", `document.querySelector("[data-testid=step][aria-current] h2")?.textContent === `+quoted(title))
}

func (w *weekOne) connect(p *person) {
	w.next(p, "Connect ConnectWise PSA")
	c := w.Credentials()
	for label, value := range map[string]string{
		"ConnectWise site URL": c.Site, "ConnectWise company name": c.Company, "Public API key": c.PublicKey, "Private API key": c.PrivateKey,
		"Client ID": c.ClientID,
	} {
		p.actions++
		p.fill(label, value)
	}
	p.click("#credentials-form", "Save")
	p.see("[data-testid=step][aria-current] h2", "Map products")
}

func (w *weekOne) chooseProducts(p *person) {
	p.click("[data-testid=step][aria-current]", "Map products")
	for plan, item := range map[string]string{"Business": w.hand.Business.Identifier, "Enterprise": w.hand.Enterprise.Identifier} {
		p.click("body", "Choose product for NordPass "+plan)
		p.actions++
		p.clickWhere(item, "#catalog label", "name(e).startsWith("+quoted(item+" ")+")")
		p.click("body", "Done")
		p.see("[data-testid=product-"+strings.ToLower(plan)+"]", item)
	}
	p.actions++
	p.clickWhere("Compare first", "label", "name(e).startsWith('Compare first')")
	p.click("body", "Confirm mapping")
	p.see("[data-testid=comparing-banner]", "Nothing is written")
	p.see("h1", "Set up Seatbridge")
}

// upload imports a file, and creates what it names.
func (w *weekOne) upload(p *person, way, name, text string) {
	file := filepath.Join(p.t.TempDir(), name)
	commandtest.Must(p.t, os.WriteFile(file, []byte(text), 0o600))
	p.open(w.page(p, "/start"))
	if eval[bool](p.browser, `!document.querySelector("#step-organizations details").open`) {
		p.actions++
		p.clickWhere("the step of organizations", "#step-organizations summary", "true")
	}
	p.click("#step-organizations", way)
	p.see("main form", "Upload")
	p.wait("the page is loaded", `document.readyState === "complete"`)
	p.actions++
	p.do("choosing "+name, chromedp.SetUploadFiles(`input[type=file]`, []string{file}))
	p.click("main", "Upload")
	p.see("main", "Columns")
	p.click("main", "Check")
	p.see("main", "What the import would do")
	if eval[bool](p.browser, `!!document.querySelector("input[name=create_all]:not(:checked)")`) {
		p.actions++
		p.clickWhere("Create all that are like no known organization", "label", "name(e).startsWith('Create all')")
		p.clickWhereNamed("Take these choices", "button")
	}
	p.wait("the file is checked", `[...document.querySelectorAll("button:not([disabled])")].some(b => b.textContent.trim().startsWith("Import "))`)
	p.clickWhereNamed("Import ", "main button:not([disabled])")
	p.see("main", "Imported")
}

func (w *weekOne) page(p *person, path string) string {
	return eval[string](p.browser, "location.origin") + path
}

func (w *weekOne) importCompanies(p *person) {
	w.next(p, "Import companies")
	p.click("[data-testid=step][aria-current]", "Import companies")
	p.actions += 3
	p.check("Company types", "Customer", "Managed Customer")
	p.check("Company statuses", "Active")
	p.click("form", "Import companies")
	p.see("[data-testid=import-status][data-state=done]", "Companies")
}

// mapThem follows the certain suggestions at once, and maps by a table what a person knows besides: what is near, twice or without a name
// in common.
func (w *weekOne) mapThem(p *person) {
	p.open(w.page(p, "/integrations/connectwise/suggestions"))
	p.clickWhereNamed("Map all ", "#map-suggestions button")
	p.click("dialog[open]", "Map them")
	p.see("[data-testid=flash]", "organizations were mapped")
	p.t.Logf("suggestions: %s; left: %s", p.texts("[data-testid=flash]"), p.texts("nav.chips a"))
	file := filepath.Join(p.t.TempDir(), "mappings.csv")
	commandtest.Must(p.t, os.WriteFile(file, []byte(w.hand.MappingsCSV()), 0o600))
	p.open(w.page(p, "/integrations/connectwise/mappings"))
	p.actions++
	p.do("choosing the table", chromedp.SetUploadFiles("#mappings-file", []string{file}))
	p.click("main", "Dry run")
	p.see("[data-testid=plan-bad]", "0")
	p.t.Logf("by the table: %s more, %s moved, %s as they were", p.texts("[data-testid=plan-new]"), p.texts("[data-testid=plan-moved]"), p.texts("[data-testid=plan-unchanged]"))
	p.actions++
	p.clickWhere("importing the table", "[data-testid=mapping-plan] form button", "true")
	p.see("[data-testid=flash]", "mapped")
}

// compare is the first comparison.
func (w *weekOne) compare(p *person) {
	p.open(w.page(p, "/integrations/connectwise"))
	p.click("main", "Sync now")
	p.click("dialog[open]", "Compare")
	p.wait("the comparison has ended", `document.querySelector("[data-testid=run-summary]") !== null`)
	p.see("[data-testid=run-state]", "Compared")
}

// check compares the lines of the run that is shown with what the members come to, reckoned from the world alone.
func (w *weekOne) check(p *person) (right, wrong int) {
	text := eval[string](p.browser, `(() => { const r = new XMLHttpRequest(); r.open("GET", location.pathname + "/changes.csv", false); r.send(); return r.responseText })()`)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	commandtest.Must(p.t, err)
	column := func(name string) int { return slices.Index(rows[0], name) }
	for _, row := range rows[1:] {
		agreement, err := strconv.Atoi(row[column("Agreement ID")])
		commandtest.Must(p.t, err)
		state := row[column("State")]
		if state != "planned" && state != "held" && state != "unchanged" {
			continue
		}
		want := w.due(agreement, row[column("Company")], strings.TrimPrefix(row[column("Plan")], "NordPass "))
		if got := row[column("After")]; got != want {
			wrong++
			p.t.Errorf("%s, agreement %d, %s: %s would be written, %s are due", row[column("Company")], agreement, row[column("Plan")], cmp.Or(got, "nothing"), want)
			continue
		}
		right++
	}
	return right, wrong
}

// due is how many seats stand for a plan on an agreement, by the members of the organizations that belong there: by the list of whoever
// knows them or, where it has none of them, by a company's own name.
func (w *weekOne) due(agreement int, company, plan string) string {
	sum := 0
	for _, o := range w.hand.Organizations {
		i := slices.IndexFunc(w.hand.Mappings, func(m handwork.Mapping) bool { return m.ExternalID == o.ExternalID })
		belongs := i < 0 && o.Name == company || i >= 0 && w.hand.Mappings[i].AgreementID == agreement
		if belongs && o.Plan == plan && o.License == "Standard" {
			sum += o.Members
		}
	}
	return strconv.Itoa(sum)
}
