//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"seatbridge/store"
)

// TestJourneyLife tells in a browser what was late to be known: an organization's history, and which of two sources is believed.
// Months that are over show what that changes.
func TestJourneyLife(t *testing.T) {
	y := newYear(t)
	y.live()
	j := y.signedIn()
	defer j.close()
	j.closeBeforeASwap()
	j.tellHistory()
	j.believe(y)
}

// closeBeforeASwap closes the dialog as an answer does, right before the page is swapped: it stays closed, and is not opened empty.
func (j *journey) closeBeforeASwap() {
	open := eval[bool](j.browser, `(() => {
		const dialog = document.querySelector("#dialog");
		dialog.append(document.createElement("p"));
		dialog.showModal();
		document.dispatchEvent(new Event("dialog:close"));
		document.dispatchEvent(new CustomEvent("htmx:after:swap", { detail: {} }));
		return dialog.open;
	})()`)
	if open {
		j.t.Error("the dialog that was closed is open again")
	}
}

// tellHistory says of an organization that was billed for October that it was NFR since the 1st: first with a day that is none.
func (j *journey) tellHistory() {
	const name = "Quillmere Architects"
	j.openOrganization(name)
	j.clickIn("#life", "Change history")
	j.fill("From", "the first of October")
	j.option("#life", "life-license-1", "NFR")
	j.clickIn("#life", "Save history")
	j.refused++
	j.see("#life-since-1-problem", "")
	j.wait("what was typed is kept", `document.querySelector("#life-since-1").value === "the first of October"`)
	j.wait("what was chosen is kept", `document.querySelector("#life-license-1").selectedOptions[0].textContent.trim() === "NFR"`)
	j.fill("From", "2026-10-01")
	j.clickIn("#life", "Save history")
	j.see("[data-testid=flash]", "The history was saved.")
	j.wait("the history has a second state", `document.querySelectorAll("#life [data-testid=state]").length === 2`)
	j.openOctober()
	j.see("[data-testid=row]", name)
	j.wait("October says that nothing is due of it any more", fmt.Sprintf(`[...document.querySelectorAll("[data-testid=row]")]
		.some(row => row.textContent.includes(%s) && row.querySelector("[data-label=Due]").textContent.trim() === "0")`, quoted(name)))
}

// believe puts Seatbridge's own record before the HTTP API, which says another figure: the order holds from the running month on.
func (j *journey) believe(y *year) {
	const name = "Thornby Veterinary"
	says := func(month store.Month, seats string) {
		j.open(j.panel + "/usage?month=" + string(month))
		j.wait(name+" has "+seats+" seats in "+string(month), fmt.Sprintf(`[...document.querySelectorAll("[data-testid=usage-row]")]
			.some(row => row.textContent.includes(%s) && row.querySelector("[data-label=Seats] a").textContent === %s
				&& row.textContent.includes("Sources disagree"))`, quoted(name), quoted(seats)))
	}
	y.report(name, "2026-10", 25)
	says("2026-10", "25")

	j.clickIn("nav", "Settings")
	j.see("h1", "Settings")
	j.option("#sources", "place-source_1", "Seat ledger")
	j.clickIn("#sources", "Save order")
	j.refused++
	j.see("#sources .problem", "is chosen as “First” already")
	j.option("#sources", "place-source_4", "Provider API")
	j.clickIn("#sources", "Save order")
	j.see("#sources", "This order holds since November 2026.")
	says("2026-10", "25")

	y.SetTime("2026-12-02 09:00:00")
	y.report(name, "2026-11", 25)
	j.signIn()
	says("2026-11", "19")
}

// report has a script report a figure.
func (y *year) report(name string, month store.Month, seats int) {
	y.T.Helper()
	y.Must(y.Organizations.ReportUsage(y.T.Context(), y.mira, store.UsageReport{
		OrganizationID: y.organizations[name].ID, Month: month, Seats: seats, Plan: store.Business, Source: "api", ReportedAt: y.Time(),
	}))
}

// option chooses an option by what it says.
func (b *browser) option(within, id, text string) {
	b.t.Helper()
	b.wait(text+" can be chosen", fmt.Sprintf(`(() => {
		const e = document.querySelector(%s + " #" + %s), option = [...e?.options ?? []].find(o => o.textContent.trim() === %s);
		if (!option || !e.checkVisibility()) return false;
		e.value = option.value;
		e.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, quoted(within), quoted(id), quoted(text)))
}
