//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"seatbridge/command/commandtest"
)

// browser is a headless Chromium with one page open, used as a person does: things are found by the words on them, and
// clicked with a mouse where they are to be seen.
type browser struct {
	t       *testing.T
	ctx     context.Context
	console iter.Seq2[chromedp.ConsoleMessage, error]
	refused int // pages that the journey expects to be answered with 422: the console says so in red
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "chromium"
	}
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1440, 1100),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.NoFirstRun, chromedp.DisableGPU,
	)...)
	t.Cleanup(stop)
	ctx, closePage := chromedp.NewContext(allocator)
	t.Cleanup(closePage)
	b := &browser{t: t, ctx: ctx, console: chromedp.Console(ctx)}
	b.do("starting the browser")
	return b
}

// close ends the browser and fails the test for what its console showed in red.
func (b *browser) close() {
	b.t.Helper()
	if b.t.Failed() {
		b.t.Logf("%s shows: %s", b.url(), eval[string](b, `(document.querySelector("dialog[open]") ?? document.body).innerText`))
	}
	b.readConsole()
	if err := chromedp.Cancel(b.ctx); err != nil {
		b.t.Errorf("closing the browser: %v", err)
	}
	if b.refused != 0 {
		b.t.Errorf("of the forms that should be refused, %d more were not than were", b.refused)
	}
}

// readConsole reads what the console showed, to the last word: what is said now comes after it.
func (b *browser) readConsole() {
	b.t.Helper()
	const lastWord = "the journey is over"
	eval[bool](b, "console.info("+quoted(lastWord)+") ?? true")
	for message, err := range b.console {
		switch {
		case err != nil:
			b.t.Errorf("reading the console: %v", err)
		case message.Text == lastWord:
			return
		case strings.Contains(message.Text, "status of 422"):
			b.refused--
		case message.Type == chromedp.ConsoleError || message.IsException():
			b.t.Errorf("console: %s %s", message, message.URL)
		}
	}
}

func (b *browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.do("opening "+url, chromedp.Navigate(url))
}

// eval evaluates a script. It answers nothing while a page is being replaced.
func eval[T any](b *browser, script string) T {
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		var nothing T
		return nothing
	}
	return result
}

// wait waits until a script's answer is true.
func (b *browser) wait(what, script string) {
	b.t.Helper()
	commandtest.Eventually(b.t, what+" (at "+b.url()+")", func() bool {
		return eval[bool](b, script)
	})
}

func (b *browser) url() string {
	return eval[string](b, "location.href")
}

// see waits until the element of a CSS selector shows a text.
func (b *browser) see(css, text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("%q shows %q", css, text),
		fmt.Sprintf("[...document.querySelectorAll(%s)].some(e => e.checkVisibility() && e.textContent.replace(/\\s+/g, ' ').includes(%s))", quoted(css), quoted(text)))
}

// texts are the texts of all elements of a CSS selector.
func (b *browser) texts(css string) []string {
	return eval[[]string](b, fmt.Sprintf("[...document.querySelectorAll(%s)].map(e => e.textContent.replace(/\\s+/g, ' ').trim())", quoted(css)))
}

// hittable is a script that finds, among the elements of a selector that pass a test, the one that a mouse would hit: a link that
// wraps is hit on its first line. The page remembers that the element was not clicked yet.
const hittable = `(() => {
	const name = e => (e.getAttribute("aria-label") ?? e.textContent).replace(/\s+/g, " ").trim();
	for (const e of document.querySelectorAll(%s)) {
		if (e.disabled || !e.checkVisibility() || !(%s)) continue;
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const box = e.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2;
		const hit = document.elementFromPoint(x, y);
		if (!hit || !e.contains(hit)) continue;
		window.missed = true;
		e.addEventListener("click", () => { window.missed = false }, { once: true, capture: true });
		return { x, y };
	}
	return null;
})()`

// click clicks the button, link or the like that has a name, within a part of the page.
func (b *browser) click(name string) {
	b.t.Helper()
	b.clickIn("body", name)
}

func (b *browser) clickIn(within, name string) {
	b.t.Helper()
	css := ""
	for _, kind := range []string{"button", "a[href]", "summary"} {
		css += "," + within + " " + kind
	}
	b.clickWhere(fmt.Sprintf("%q in %s", name, within), css[1:], "name(e) === "+quoted(name))
}

// clickWhere clicks the element of a selector that passes a test, once it rests at one place. What moves away from under the mouse
// at the last moment is clicked again; a page that was replaced has been.
func (b *browser) clickWhere(what, css, test string) {
	b.t.Helper()
	type point struct{ X, Y float64 }
	var last *point
	commandtest.Eventually(b.t, what+" can be clicked (at "+b.url()+")", func() bool {
		now := eval[*point](b, fmt.Sprintf(hittable, quoted(css), test))
		resting := now != nil && last != nil && *now == *last
		last = now
		if !resting {
			return false
		}
		b.do("clicking "+what, chromedp.MouseClickXY(last.X, last.Y))
		return !eval[bool](b, "window.missed === true")
	})
}

// labelled is a script's test for a field by its label.
func labelled(label string) string {
	return fmt.Sprintf("(e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? '').replace(/\\s+/g, ' ').trim() === %s", quoted(label))
}

// fill types a text into the field with a label, in place of what was there. It begins anew where the field was replaced
// under its hands, as a person would.
func (b *browser) fill(label, text string) {
	b.t.Helper()
	selected := fmt.Sprintf("(e => { if (!e?.select || !(%s)) return false; e.select(); return true })(document.activeElement)", labelled(label))
	filled := fmt.Sprintf("(e => e !== null && (%s) && e.value === %s)(document.activeElement)", labelled(label), quoted(text))
	commandtest.Eventually(b.t, label+" is filled in (at "+b.url()+")", func() bool {
		b.clickWhere("the field "+label, "input, textarea", labelled(label))
		if !eval[bool](b, selected) {
			return false
		}
		_, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err == nil && eval[bool](b, filled)
	})
}

// search fills in a list's search and waits until the address says so: what is clicked before that may be lost.
func (b *browser) search(text string) {
	b.t.Helper()
	b.fill("Search", text)
	b.wait("the list is searched for "+text, "new URLSearchParams(location.search).get('q') === "+quoted(text))
}

// choose selects the first usable option of the select with a label.
func (b *browser) choose(label string) {
	b.t.Helper()
	b.wait("an option of "+label+" can be chosen", fmt.Sprintf(`(() => {
		for (const e of document.querySelectorAll("select")) {
			if (!e.checkVisibility() || !(%s)) continue;
			const option = [...e.options].find(o => o.value && !o.disabled);
			if (!option) return false;
			e.value = option.value;
			e.dispatchEvent(new Event("change", { bubbles: true }));
			return true;
		}
		return false;
	})()`, labelled(label)))
}

// check ticks exactly the given boxes of a group.
func (b *browser) check(group string, names ...string) {
	b.t.Helper()
	wanted, err := json.Marshal(names)
	commandtest.Must(b.t, err)
	b.wait("the boxes of "+group+" are ticked", fmt.Sprintf(`(() => {
		const wanted = %s, found = [];
		for (const set of document.querySelectorAll("fieldset")) {
			if (set.querySelector("legend")?.textContent.trim() !== %s) continue;
			for (const label of set.querySelectorAll("label")) {
				const box = label.querySelector("input"), name = label.querySelector("span").firstChild.textContent.trim();
				if (box.checked !== wanted.includes(name)) box.click();
				if (box.checked) found.push(name);
			}
		}
		return found.sort().join() === wanted.sort().join();
	})()`, wanted, quoted(group)))
}

// screenshot writes what the browser shows into a PNG file.
func (b *browser) screenshot(file string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	commandtest.Must(b.t, err)
	commandtest.Must(b.t, os.WriteFile(file, png, 0o644))
}

// quoted is a text as a script's string.
func quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(encoded), "%", "\\u0025") // it ends up in format strings, too
}
