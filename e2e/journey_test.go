//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/command"
	"seatbridge/command/commandtest"
	"seatbridge/connectwise"
)

const newEnterprise = "NP-ENT"

// TestJourney walks the guide in a browser, from the words that the demo prints: sign in, connect, map both products, import,
// map ten companies, Sync now; then Unmap one, change seats, Sync now again; then decide about what is held and found.
func TestJourney(t *testing.T) {
	panel := commandtest.Start(t, command.Run, "demo", "--empty", "-addr", "127.0.0.1:0")
	defer panel.Stop(t)
	j := &journey{browser: newBrowser(t), panel: panel.Address, printed: readGuide(t, panel)}
	defer j.close()

	j.signIn()
	j.everyPageSaysDemo()
	j.connect()
	j.mapProducts()
	j.importCompanies()
	j.mapCompanies(10)

	first := j.syncNow()
	if first["written"]+first["unchanged"] < 10 || first["failed"]+first["blocked"]+first["held"]+first["conflict"] > 0 {
		t.Errorf("the first sync: %v", first)
	}
	j.checkAdditions()

	before := j.additions()
	gone, grown := j.mapped[0], j.mapped[1:3]
	j.unmap(gone)
	j.addMembers(gone.organization, "one.more@unmapped.example")
	for _, m := range grown {
		j.addMembers(m.organization, "one.more@example.com", "another@example.com")
	}
	second := j.syncNow()
	lines := j.checkAdditions()
	if second["written"] != len(grown) || second["unchanged"] != lines-len(grown) {
		t.Errorf("the second sync should write the %d lines that changed and leave the other %d: %v", len(grown), lines-len(grown), second)
	}
	after := j.additions()
	changed := 0
	for line := range after {
		if after[line] != before[line] {
			changed++
		}
	}
	if changed != len(grown) || len(after) != len(before) {
		t.Errorf("%d additions changed, want %d:\n%s", changed, len(grown), cmp.Diff(before, after))
	}
	j.decideAboutHolds()
	if file := os.Getenv("SEATBRIDGE_SCREENSHOT"); file != "" {
		j.open(j.panel + "/")
		j.see("h1", "Overview")
		j.screenshot(file)
	}
}

// journey is what the person at the browser knows.
type journey struct {
	*browser
	panel   string
	printed map[string]string // what the demo printed, by its labels
	mapped  []mappedPair
}

type mappedPair struct{ company, organization string }

// readGuide reads the labelled lines that the demo prints.
func readGuide(t *testing.T, p *commandtest.Process) map[string]string {
	t.Helper()
	printed := map[string]string{}
	for {
		line, err := p.Out.ReadString('\n')
		commandtest.Must(t, err)
		if strings.HasPrefix(line, "Stop it") {
			return printed
		}
		if label, value, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
			printed[label] = value
		}
	}
}

func (j *journey) signIn() {
	j.open(j.printed["Open"])
	j.fill("E-mail address", j.printed["Sign in with"])
	j.fill("Password", j.printed["Password"])
	j.click("Sign in")
	j.see("h1", "Overview")
}

func (j *journey) everyPageSaysDemo() {
	for _, page := range []string{"Organizations", "Usage data", "Integrations", "Activity log", "Members", "Settings", "Overview"} {
		j.clickIn("nav", page)
		j.see("h1", page)
		j.see("[data-testid=demo-banner]", "Nothing here is real")
	}
}

func (j *journey) connect() {
	j.clickIn("nav", "Integrations")
	j.see("h1", "Integrations")
	j.clickIn("main", "ConnectWise PSA")
	j.see("[data-testid=connection-state]", "Not connected")
	for _, field := range []string{"ConnectWise site URL", "ConnectWise company name", "Public API key", "Private API key"} {
		j.fill(field, j.printed[field])
	}
	j.click("Save")
	j.see("[data-testid=connection-state]", "Setup incomplete")
	missing := func(right string) bool {
		return !strings.Contains(right, "Present") && !strings.Contains(right, "Optional")
	}
	if rights := j.texts("[data-testid=right]"); len(rights) < 4 || slices.ContainsFunc(rights, missing) {
		j.t.Errorf("rights: %q", rights)
	}
}

// mapProducts picks one product of the catalog and creates the other.
func (j *journey) mapProducts() {
	j.click("Map products")
	j.click("Choose product for NordPass Business")
	j.clickWhere("NP-BUS", "#catalog label", "name(e).startsWith('NP-BUS ')")
	j.click("Done")
	j.see("[data-testid=product-business]", "NP-BUS")
	j.click("Choose product for NordPass Enterprise")
	j.click("Create product in ConnectWise PSA")
	j.fill("Product ID", newEnterprise)
	j.fill("Price per seat", "6.49")
	j.click("Create product")
	j.see("[data-testid=product-enterprise]", newEnterprise)
	j.click("Confirm mapping")
	j.see("[data-testid=connection-state]", "Active")
}

func (j *journey) importCompanies() {
	j.click("Import and map companies from ConnectWise PSA")
	j.check("Company types", "Customer", "Managed Customer")
	j.check("Company statuses", "Active")
	j.click("Import companies")
	j.see("[data-testid=import-status][data-state=done]", "Companies")
	j.click("Map companies")
	j.see("h1", "Company mapping")
}

// mapCompanies maps n companies to the organizations of the same name, leaving out those with a line of NordPass already: what
// they say is decided about later. The last of them has no organization yet: it is added there.
func (j *journey) mapCompanies(n int) {
	names := map[string]bool{}
	for _, row := range j.organizations("") {
		names[row.name] = true
	}
	lines := map[string]bool{}
	for l := range j.additions() {
		lines[l.company] = true
	}
	for _, company := range j.companies() {
		if lines[company] {
			continue
		}
		switch left := n - len(j.mapped); {
		case left > 1 && names[company]:
			j.mapCompany(company, company)
		case left == 1 && !names[company]:
			j.mapNewOrganization(company)
			j.addMembers(company+" (new)", "first@example.com", "second@example.com", "third@example.com")
			return
		}
	}
	j.t.Fatalf("there were not enough companies to map: %d", len(j.mapped))
}

// companies are the names of the imported ones with an agreement that can be used, as far as one page shows them.
func (j *journey) companies() []string {
	j.open(j.panel + "/integrations/connectwise/companies?show=unmapped")
	j.see("h1", "Company mapping")
	return eval[[]string](j.browser, `[...document.querySelectorAll("[data-testid=company]")]
		.filter(row => row.querySelector("select option:not([disabled]):not([value=''])"))
		.map(row => row.querySelector(".company span").textContent)`)
}

// row finds a company in the mapping table and returns the selector of its row.
func (j *journey) row(company string) string {
	j.open(j.panel + "/integrations/connectwise/companies")
	j.search(company)
	commandtest.Eventually(j.t, "the table shows "+company+" alone", func() bool {
		rows := j.texts("[data-testid=company] .company span")
		return len(rows) == 1 && rows[0] == company
	})
	return "#" + eval[string](j.browser, `document.querySelector("[data-testid=company]").id`)
}

func (j *journey) mapCompany(company, organization string) {
	row := j.row(company)
	j.choose("Agreement for " + company)
	j.fill("Organization for "+company, organization)
	j.clickWhere("the organization "+organization, row+" [role=option]", "e.dataset.label === "+quoted(organization))
	j.clickIn(row, "Map")
	j.see(row+" [data-testid=mapped]", organization)
	j.mapped = append(j.mapped, mappedPair{company, organization})
}

func (j *journey) mapNewOrganization(company string) {
	row := j.row(company)
	j.choose("Agreement for " + company)
	j.clickWhere("the organizations", row+" [role=combobox]", "true")
	j.clickWhere("Add organization", row+" [role=option]", `e.dataset.value === "new"`)
	j.see("#dialog", "Add organization")
	j.fill("Name", company+" (new)")
	j.clickWhere("the license type Standard", "#dialog label", "name(e).startsWith('Standard')")
	j.clickWhere("the plan Enterprise", "#dialog label", "name(e).startsWith('NordPass Enterprise')")
	j.clickIn("#dialog", "Add organization")
	j.wait("the dialog is gone", `!document.querySelector("#dialog").open`)
	j.choose("Agreement for " + company)
	j.clickIn(row, "Map")
	j.see(row+" [data-testid=mapped]", company+" (new)")
	j.mapped = append(j.mapped, mappedPair{company, company + " (new)"})
}

func (j *journey) unmap(m mappedPair) {
	row := j.row(m.company)
	j.clickIn(row, "Unmap")
	j.clickIn("dialog[open]", "Unmap")
	j.wait("the mapping is gone", fmt.Sprintf("!document.querySelector(%s)", quoted(row+" [data-testid=mapped]")))
}

// openOrganization finds an organization in the list and opens its page.
func (j *journey) openOrganization(name string) {
	j.open(j.panel + "/organizations")
	j.search(name)
	j.wait("the list shows "+name+" alone", `document.querySelectorAll("[data-testid=organization]").length === 1`)
	j.clickIn("[data-testid=organization]", name)
	j.see("h1", name)
}

// addMembers adds seats on an organization's page.
func (j *journey) addMembers(organization string, emails ...string) {
	j.openOrganization(organization)
	j.wait("the members are shown", `document.querySelector("#seats details") !== null`)
	if eval[bool](j.browser, `!document.querySelector("#seats details").open`) {
		j.clickIn("#seats", "Add members")
	}
	j.fill("E-mail addresses", strings.Join(emails, "\n"))
	j.clickIn("#seats form", "Add members")
	j.wait("the members are added", `document.querySelector("#seat-emails").value === ""`)
	for _, email := range emails {
		j.fill("Search members", email)
		j.wait(email+" is found", `document.querySelectorAll("[data-testid=seat]").length === 1`)
		j.see("[data-testid=seat]", email)
	}
}

// syncNow syncs and returns how many changes came to which end.
func (j *journey) syncNow() map[string]int {
	j.open(j.panel + "/integrations/connectwise")
	j.click("Sync now")
	j.click("Start sync")
	j.wait("the sync has ended", `document.querySelector("[data-testid=run-summary]") !== null`)
	if state := j.texts("[data-testid=run-state]"); len(state) != 1 || state[0] != "Done" {
		j.t.Errorf("the sync ended as %q:\n%s", state, strings.Join(j.texts("[data-testid=change]"), "\n"))
	}
	counts := map[string]int{}
	for _, state := range []string{"written", "unchanged", "failed", "blocked", "held", "conflict", "skipped"} {
		for _, text := range j.texts("[data-testid=count-" + state + "]") {
			n, err := strconv.Atoi(text)
			commandtest.Must(j.t, err)
			counts[state] = n
		}
	}
	return counts
}

// organization is a row of the Organizations page.
type organization struct{ name, plan, seats, company, agreement string }

func (j *journey) organizations(query string) []organization {
	j.open(j.panel + "/organizations?" + query)
	j.see("h1", "Organizations")
	var rows []organization
	for {
		cells := eval[[][]string](j.browser, `[...document.querySelectorAll("[data-testid=organization]")].map(row => {
			const text = e => e?.textContent.replace(/\s+/g, " ").trim() ?? "";
			const cell = row.querySelector("[data-label='Mapped to'] div"), agreement = text(cell.querySelector("small"));
			return [text(row.querySelector("th")), text(row.querySelector("[data-label=Plan]")),
				text(row.querySelector("[data-label='Seats this month']")), text(cell).slice(0, -agreement.length).trim(), agreement];
		})`)
		for _, c := range cells {
			rows = append(rows, organization{c[0], c[1], c[2], c[3], c[4]})
		}
		next := eval[string](j.browser, `[...document.querySelectorAll(".pager a[href]")].find(a => a.textContent.trim() === "Next")?.href ?? ""`)
		if next == "" {
			return rows
		}
		j.open(next)
	}
}

// line is an addition of a NordPass product on an agreement.
type line struct{ company, agreement, product string }

// checkAdditions compares the simulator's additions with the seats that the Organizations page shows, and returns how many
// lines the mapped agreements have. A line without a seat says 0.
func (j *journey) checkAdditions() (lines int) {
	j.t.Helper()
	want, mapped := map[line]string{}, map[line]bool{}
	for _, o := range j.organizations("mapping=mapped") {
		product := "NP-BUS"
		if o.plan == "Enterprise" {
			product = newEnterprise
		}
		want[line{o.company, o.agreement, product}] = o.seats
		mapped[line{o.company, o.agreement, ""}] = true
	}
	got := j.additions()
	maps.DeleteFunc(got, func(l line, _ string) bool { return !mapped[line{l.company, l.agreement, ""}] })
	for l := range got {
		if want[l] == "" {
			want[l] = "0"
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
		j.t.Errorf("additions in ConnectWise (-seats shown +found):\n%s", diff)
	}
	return len(got)
}

// additions reads the open NordPass additions of all agreements through the simulator's API. A second addition of one
// product shows as "3 + 3".
func (j *journey) additions() map[line]string {
	j.t.Helper()
	cw, err := connectwise.New(connectwise.Config{
		Site: j.printed["ConnectWise site URL"], Company: j.printed["ConnectWise company name"], ClientID: j.printed["Client ID"],
		PublicKey: j.printed["Public API key"], PrivateKey: j.printed["Private API key"], RequestsPerMinute: 1_000_000,
	})
	commandtest.Must(j.t, err)
	found := map[line]string{}
	for agreement, err := range cw.Agreements(j.t.Context(), connectwise.AgreementFilter{}) {
		commandtest.Must(j.t, err)
		for addition, err := range cw.Additions(j.t.Context(), agreement.ID) {
			commandtest.Must(j.t, err)
			l := line{agreement.Company.Name, agreement.Name, addition.Product.Identifier}
			if l.product != "NP-BUS" && l.product != newEnterprise || !addition.CancelledDate.IsZero() {
				continue
			}
			if found[l] != "" {
				found[l] += " + "
			}
			found[l] += addition.Quantity.String()
		}
	}
	return found
}
