//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestJourneyMonths closes October 2026 in a browser, after months that were written, invoiced and closed.
func TestJourneyMonths(t *testing.T) {
	y := newYear(t)
	y.live()
	j := y.signedIn()
	defer j.close()
	j.clickIn("nav", "Months")
	j.see("h1", "Months")
	j.see("[data-month='2026-06'] [data-label=Settled]", "4 rows, +5 seats +26.45 USD") // what joined in the month that was missed
	j.see("[data-month='2026-06']", "Closed")
	j.picture("months")
	j.openOctober()
	j.see("[data-testid=month-state]", "Written, 6 differences open")
	j.picture("month")
	j.settleOctober()
	j.closeOctober()

	y.SetTime("2026-11-04 11:00:00")
	y.JoinAt(y.organizations["Sandreed Logistics"], "2026-10-30 12:00:00")
	j.openOctober()
	j.see("[data-testid=month-state]", "Closed")
	j.see("[data-testid=group-open]", "+1 seat, +4.99 USD")
	j.see("[data-testid=row]", "Sandreed Logistics")
}

func (j *journey) openOctober() {
	j.t.Helper()
	j.clickIn("nav", "Months")
	j.see("h1", "Months")
	j.clickIn("[data-month='2026-10']", "October 2026")
	j.see("h1", "October 2026")
}

// settleOctober bills one difference by hand, takes that back, and then settles all of them.
func (j *journey) settleOctober() {
	j.t.Helper()
	j.clickWhere("the filter Open", ".chips label", "name(e).startsWith('Open')")
	j.wait("the open rows alone are shown", `location.search.includes("show=open") && document.querySelectorAll("[data-testid=row]").length === 6`)
	j.tick("Choose Copperlane Freight")
	j.see("[data-chosen-count]", "1 chosen")
	j.see("[data-chosen-sum]", "+6 seats, +29.94 USD")
	j.settle("Billed by hand…", "Billed by hand: 1 difference of October", "+6 seats, +29.94 USD", "On invoice 20431")
	j.see("[data-testid=month-state]", "5 differences open")

	j.clickWhere("all rows", ".chips label", "name(e).startsWith('All')")
	j.clickIn("body", "More about Copperlane Freight, Business")
	j.see("#dialog [data-testid=settlement]", "“On invoice 20431”")
	j.clickIn("#dialog", "Undo: Billed by hand, +6 seats")
	j.see("[data-testid=month-state]", "6 differences open")

	j.click("Why can’t I?")
	j.see("#close-why", "6 differences are open.")
	j.clickIn("#close-why", "Show what is open")
	j.wait("the open rows alone are shown", `location.search.includes("show=open") && document.querySelectorAll("[data-testid=row]").length === 6`)
	j.tick("Choose Pennant Ridge Timber")
	j.settle("Waive…", "Waive: 1 difference of October", "−2 seats, −9.98 USD", "Agreed with the customer")
	j.tick("Choose all shown")
	j.see("[data-chosen-count]", "5 chosen")
	j.settle("Billed by hand…", "Billed by hand: 5 differences of October", "+47 seats, +272.03 USD", "On invoice 20431")
}

// tick ticks the box with a name.
func (j *journey) tick(name string) {
	j.t.Helper()
	j.clickWhere("the box "+name, "label.tick-cell", "name(e) === "+quoted(name))
}

// settle settles the chosen rows by the dialog of a button, which says what they come to.
func (j *journey) settle(button, title, sum, note string) {
	j.t.Helper()
	j.clickIn(".bulk", button)
	j.see("#dialog h2", title)
	j.see("#dialog [data-testid=settle-sum]", sum)
	j.fill("Note", note)
	j.clickWhere("the button that settles", "#dialog footer button", "e.type === 'submit'")
	j.see("[data-testid=flash]", "of October 2026")
	j.wait("the dialog is gone", `!document.querySelector("#dialog[open]")`)
}

// closeOctober closes the month and verifies all statements.
func (j *journey) closeOctober() {
	j.t.Helper()
	j.click("Close the month…")
	j.see("#dialog [data-testid=close-facts]", "+46 seats")
	j.clickIn("#dialog", "Close October 2026")
	j.see("h1", "Statement, October 2026")
	j.see("[data-testid=verified]", "Verified, unchanged since 4 Nov 2026")
	j.see("[data-testid=differences]", "“On invoice 20431”")
	j.click("Verify")
	j.see("[data-testid=verified]", "Verified, unchanged since 4 Nov 2026")
	j.clickIn("nav", "Months")
	j.click("Verify 9 statements")
	j.see("[data-kind=success]", "Verified")
}

// picture writes what is shown into a file of the directory that SEATBRIDGE_SCREENSHOT_MONTHS names, if it names one.
func (j *journey) picture(name string) {
	j.t.Helper()
	if dir := os.Getenv("SEATBRIDGE_SCREENSHOT_MONTHS"); dir != "" {
		j.screenshot(filepath.Join(dir, name+".png"))
	}
}
