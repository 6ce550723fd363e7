//go:build e2e

package e2e

import (
	"testing"
)

// TestJourneyComparing pauses writing in a browser, lets a first pass, looks at what would have been written beside what people wrote by
// hand, and switches writing on with the list of the first writes.
func TestJourneyComparing(t *testing.T) {
	y := newYear(t)
	y.write(on(3, 1, "00:30:00"))
	y.SetTime(on(3, 10, "09:00:00"))
	j := y.signedIn()
	defer j.close()
	j.clickIn("nav", "Integrations")
	j.clickIn("main", "ConnectWise PSA")
	j.see("[data-testid=writing]", "On")
	j.clickIn("[data-testid=writing]", "Pause writing")
	j.picture("writing-on")
	j.clickIn("#pause", "Pause writing")
	j.clickIn("#ask", "Pause writing")
	j.see("[data-testid=writing-state]", "Comparing only")
	j.see("[data-testid=comparing-banner]", "Nothing is written to agreements in ConnectWise PSA since")

	y.Sim.ResetRequests()
	y.byHand("Copperlane Freight", "21")
	y.join("Sandreed Logistics", 3, on(3, 14, "09:00:00"))
	y.write(on(4, 1, "00:30:00"))
	y.SetTime(on(4, 2, "09:00:00"))
	j.signIn() // three weeks later
	j.open(j.panel + "/months/2026-03")
	j.see("main", "March 2026 was only compared")
	j.picture("compared-month")
	j.clickIn("main", "Show the comparison")
	j.see("h1", "Monthly comparison: March 2026")
	j.see("[data-testid=totals]", "Would have written")
	j.picture("comparison")
	if n := y.Writes(); n != 0 {
		t.Errorf("%d requests wrote to ConnectWise while Seatbridge only compared", n)
	}
	j.clickIn("[data-testid=comparing-banner]", "Switch writing on")
	j.see("[data-testid=comparison]", "March 2026")
	j.picture("writing-off")
	j.clickIn("#switch-on", "Show the first writes")
	j.see("[data-testid=totals]", "To write")
	j.picture("first-writes")
	j.click("Switch on and write these changes")
	j.clickIn("#ask", "Switch on")
	j.see("[data-testid=run-state]", "Done")
	j.wait("the banner is gone", `!document.querySelector("[data-testid=comparing-banner]")`)
	if line := y.Live(y.agreements["Sandreed Logistics"].ID); line[0] != "NP-BUS 49" {
		t.Errorf("Sandreed Logistics has %v", line)
	}
}

// byHand is what somebody else writes to a customer's line.
func (y *year) byHand(name, seats string) {
	id := y.agreements[name].ID
	y.Sim.SetQuantity(id, y.Sim.Additions(id)[0].ID, seats, "rdale")
}
