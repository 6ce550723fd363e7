//go:build e2e

package e2e

import (
	"testing"

	"seatbridge/command"
	"seatbridge/command/commandtest"
)

// TestGuidedStart walks the guided start in a browser, from a panel that is not connected to one that is set up: each step leads to
// its page and back, and a dialog that is not saved is not lost by a stray click.
func TestGuidedStart(t *testing.T) {
	panel := commandtest.Start(t, command.Run, "demo", "-empty", "-addr", "127.0.0.1:0")
	defer panel.Stop(t)
	j := &journey{browser: newBrowser(t), panel: panel.Address, printed: readGuide(t, panel)}
	defer j.close()
	j.signIn()

	j.open(j.panel + "/start")
	j.see("h1", "Set up Seatbridge")
	j.see("[data-testid=start-lead]", "Nothing is written to agreements before step 6")
	j.see("[data-testid=step][aria-current=step]", "Connect ConnectWise PSA")
	for _, field := range []string{"ConnectWise site URL", "ConnectWise company name", "Public API key", "Private API key"} {
		j.fill(field, j.printed[field])
	}
	j.click("Save")
	j.see("[data-testid=step][aria-current=step]", "Map products")

	j.startProducts()
	j.see("[data-testid=step][aria-current=step]", "Import companies")
	j.clickIn("main", "Import companies")
	j.check("Company types", "Customer", "Managed Customer")
	j.check("Company statuses", "Active")
	j.click("Import companies")
	j.see("[data-testid=import-status][data-state=done]", "Companies")
	j.click("Go on setting up")
	j.see("[data-testid=step][aria-current=step]", "Map companies")

	j.mapCompanies(2)
	j.open(j.panel + "/start")
	j.see("[data-testid=step][aria-current=step]", "Compare first, or write from now on")
	j.see("[data-testid=choice]", "Writes from now on")
	j.click("Preview changes")
	j.see("h1", "Preview")
	j.see("[data-testid=run-state]", "Planned")
	j.open(j.panel + "/start")
	j.see("[data-testid=start-meter]", "7 of 7 done")
	j.see("#step-finish", "The status is Active")
}

// startProducts picks one product, is kept from losing the form of the other, and creates it.
func (j *journey) startProducts() {
	j.clickIn("main", "Map products")
	j.clickWhere("Compare first", "[data-testid=ask-writing] label", "name(e).startsWith('Compare first')")
	j.click("Choose product for NordPass Business")
	j.clickWhere("NP-BUS", "#catalog label", "name(e).startsWith('NP-BUS ')")
	j.click("Done")
	j.see("[data-testid=product-business]", "NP-BUS")
	j.click("Choose product for NordPass Enterprise")
	j.click("Create product in ConnectWise PSA")
	j.fill("Product ID", newEnterprise)
	j.key("\u001b") // Escape
	j.see("#ask[open]", "Close without saving?")
	j.clickIn("#ask", "Cancel")
	j.see("#dialog[open]", "Create product in ConnectWise PSA")
	j.refused++
	j.click("Create product")
	j.see("#product-unpriced-problem", "billed as nothing")
	j.fill("Price per seat", "6.49")
	j.click("Create product")
	j.see("[data-testid=product-enterprise]", newEnterprise)
	j.see("[data-testid=notice]", "class Agreement")
	j.wait("Compare first is ticked still", `document.querySelector("[data-testid=ask-writing] input:checked").value === "compare"`)
	j.clickWhere("Write from now on", "[data-testid=ask-writing] label", "name(e).startsWith('Write from now on')")
	j.click("Confirm mapping")
}
