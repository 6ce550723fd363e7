//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"seatbridge/command"
	"seatbridge/command/commandtest"
)

// TestJourneyKeyboard maps a company, rejects a suggestion and selects rows without a mouse.
func TestJourneyKeyboard(t *testing.T) {
	panel := commandtest.Start(t, command.Run, "demo", "--empty", "-addr", "127.0.0.1:0")
	defer panel.Stop(t)
	j := &journey{browser: newBrowser(t), panel: panel.Address, printed: readGuide(t, panel)}
	defer j.close()
	j.signIn()
	j.connect()
	j.mapProducts()
	j.importCompanies()

	j.open(j.panel + "/integrations/connectwise/companies?show=suggested&sort=score&dir=desc")
	j.see("h1", "Company mapping")
	j.press(kb.Tab, "the search field", `document.activeElement?.type === "search"`)
	j.key(kb.ArrowDown)
	focused := `document.activeElement?.matches("tr[data-testid=company]")`
	j.wait("a row has the focus", focused)
	first := eval[string](j.browser, "document.activeElement.id")
	j.key("j")
	j.wait("the next row has the focus", focused+" && document.activeElement.id !== "+quoted(first))
	j.key("k")
	j.wait("the first row has the focus", "document.activeElement.id === "+quoted(first))
	j.key(kb.Enter)
	j.wait("the agreement has the focus", `document.activeElement?.matches("#`+first+` select[name=agreement]")`)
	j.press(kb.Escape, "the row again", "document.activeElement.id === "+quoted(first))
	j.key("m")
	j.see("#"+first+" [data-testid=mapped]", "Unmap")
	j.wait("the row keeps the focus", "document.activeElement?.id === "+quoted(first))
	j.key("j")
	second := eval[string](j.browser, "document.activeElement.id")
	j.key("r")
	j.see("[data-testid=flash]", "Not suggested any more")
	j.wait("the row keeps the focus", "document.activeElement?.id === "+quoted(second))

	// Choose another organization by typing and the arrow keys.
	j.key(kb.Enter)
	j.press(kb.Tab, "the organization", `document.activeElement?.role === "combobox"`)
	j.do("typing", chromedp.KeyEvent("acorn"))
	// What is offered before the answer to the typing has others, too.
	j.wait("only it is found", `(o => o.length > 0 && o.every(o => o.checkVisibility() && o.dataset.label.includes("Acorn")))`+
		`([...document.querySelectorAll("#`+second+` [role=option][data-label]:not([data-value=new])")])`)
	// The list takes up the keys again a moment after an answer is in it: a key before that is pressed once more, as a person would.
	found := `document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.dataset.label?.includes("Acorn") === true`
	commandtest.Eventually(j.t, "it is chosen", func() bool {
		if eval[bool](j.browser, `!!document.activeElement.value?.includes("Acorn")`) {
			return true
		}
		if eval[bool](j.browser, found) {
			j.key(kb.Enter)
		} else {
			j.key(kb.ArrowDown)
		}
		return false
	})
	j.key(kb.Tab)
	j.key(kb.Enter)
	j.see("#"+second+" [data-testid=mapped]", "Acorn")

	// Select companies and add organizations for them.
	j.open(j.panel + "/integrations/connectwise/companies?show=unmapped&agreements=one")
	j.press(kb.Tab, "the search field", `document.activeElement?.type === "search"`)
	j.key(kb.ArrowDown)
	j.key("x")
	j.key("j")
	j.key("x")
	j.wait("two are selected", `document.querySelectorAll("input[name=company]:checked").length === 2`)
	j.key("a")
	j.see("#dialog", "2 organizations:")
}

// key presses a key, given as chromedp's kb has it.
func (b *browser) key(key string) {
	b.t.Helper()
	b.do(fmt.Sprintf("pressing %q", key), chromedp.KeyEvent(key))
}

// press presses a key until something holds.
func (b *browser) press(key, what, holds string) {
	b.t.Helper()
	for range 200 {
		if eval[bool](b, holds) {
			return
		}
		b.key(key)
	}
	b.t.Fatalf("%q does not lead to %s", key, what)
}
