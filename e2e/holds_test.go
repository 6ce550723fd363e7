//go:build e2e

package e2e

import (
	"fmt"
	"net/url"

	"seatbridge/command/commandtest"
)

// The demo's customers that something is found about (command/demo/customers.go).
const (
	firstWrite = "Weather Vane Brewing"
	steepFall  = "Upper Deck Events"
	included   = "Vinegar Hill Pottery"
	ended      = "Underhill Orchards"
	unknown    = "Yellow Door Nursery"
	yearly     = "Wharfside Yoga"
)

// decideAboutHolds maps customers whose lines Seatbridge did not make, and says what is to become of each.
func (j *journey) decideAboutHolds() {
	j.mapShown(yearly, "Annual")
	j.mapShown(firstWrite, "18")
	j.mapSuggested()
	j.sayNoMembers(unknown)

	j.preview()
	j.see("[data-testid=tick]", steepFall)
	j.clickWhere("the tick of "+steepFall, "[data-testid=tick] input", "name(e).startsWith("+quoted("Approve "+steepFall)+")")
	j.click("Write these changes")
	j.see("[data-testid=run-state]", "Incomplete")
	j.same(steepFall, j.seatsOf(steepFall))
	j.same(firstWrite, j.seatsOf(firstWrite))
	j.same(included, "14") // not ticked
	j.same(unknown, "20")

	j.answer(included)
	j.approveAll()
	for _, company := range []string{included, ended, yearly} {
		j.same(company, j.seatsOf(company))
	}
	j.same(unknown, "0")
}

// mapShown maps a company to the organization of its name, once the row says what its line says.
func (j *journey) mapShown(company, says string) {
	row := j.row(company)
	j.choose("Agreement for " + company)
	j.fill("Organization for "+company, company)
	j.clickWhere("the organization "+company, row+" [role=option]", "e.dataset.label === "+quoted(company))
	j.see(row+" .map-shown", says)
	j.clickIn(row, "Map")
	j.see(row+" [data-testid=mapped]", company)
}

// mapSuggested maps all that is suggested for certain, whose lines nobody was shown.
func (j *journey) mapSuggested() {
	j.open(j.panel + "/integrations/connectwise/suggestions")
	j.see("h1", "Suggestions")
	j.choose("Preferred agreement type")
	j.wait("the suggestions are of that type", "document.querySelector('#map-suggestions input[name=type]')?.value > ''")
	j.clickWhere("Map all", "#map-suggestions button", `name(e).startsWith("Map all ")`)
	j.clickIn("dialog[open]", "Map them")
	j.see("[data-testid=flash]", "organizations were mapped")
}

func (j *journey) sayNoMembers(organization string) {
	j.openOrganization(organization)
	j.click("It has no members")
	j.clickIn("dialog[open]", "It has none")
	j.see("[data-testid=flash]", "has no members")
}

func (j *journey) preview() {
	j.open(j.panel + "/integrations/connectwise")
	j.click("Preview changes")
	j.see("[data-testid=run-state]", "Planned")
}

// answer says that what was found about a company is meant so.
func (j *journey) answer(company string) {
	j.open(j.panel + "/findings")
	j.search(company)
	j.wait("only "+company+" is listed", fmt.Sprintf(`(rows => rows.length === 1 && rows[0].textContent.includes(%s))`+
		`([...document.querySelectorAll("[data-testid=finding]")])`, quoted(company)))
	j.clickIn("[data-testid=finding]", "It is meant so")
	j.fill("Why (may be empty)", "the bundle covers five")
	j.clickWhere("It is meant so", "[data-testid=finding] button", `name(e).startsWith("It is meant so: ")`)
	j.see("[data-testid=flash]", "Remembered")
	j.wait(company+" is not listed any more", fmt.Sprintf(`![...document.querySelectorAll("[data-testid=finding]")].some(e => e.textContent.includes(%s))`,
		quoted(company)))
	j.open(j.panel + "/findings?show=meant")
	j.see("[data-testid=meant]", "the bundle covers five")
}

// approveAll approves all that waits, and waits until nothing does.
func (j *journey) approveAll() {
	j.clickWhere("Approvals", "nav a", `name(e).startsWith("Approvals")`) // beside it stands how many wait
	j.see("[data-testid=holds]", "First write")
	j.click("Approve all")
	j.clickIn("dialog[open]", "Approve all")
	j.see("[data-testid=flash]", "approved")
	commandtest.Eventually(j.t, "nothing waits", func() bool {
		j.open(j.panel + "/held")
		return eval[bool](j.browser, `document.querySelector("#held")?.textContent.includes("Nothing waits for approval")`)
	})
}

// seatsOf is what the Organizations page says of one.
func (j *journey) seatsOf(name string) string {
	j.t.Helper()
	for _, o := range j.organizations("q=" + url.QueryEscape(name)) {
		if o.name == name {
			return o.seats
		}
	}
	j.t.Fatalf("%s is not listed", name)
	return ""
}

// same waits until the NordPass Business line of a company has a quantity in ConnectWise.
func (j *journey) same(company, quantity string) {
	j.t.Helper()
	l := line{company, "Managed Services", "NP-BUS"}
	commandtest.Eventually(j.t, fmt.Sprintf("the line of %s says %s", company, quantity), func() bool { return j.additions()[l] == quantity })
}
