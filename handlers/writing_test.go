package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/store"
	"seatbridge/views"
)

// TestPausedPagesSaySo: every page says that nothing is written, the question before a sync, the run and the pages that lead to it.
func TestPausedPagesSaySo(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	_, acme := w.customerWith("Acme", 5)
	w.customerWith("Beta", 3)
	w.line(acme, "7", "4.99") // nobody who mapped it was shown it: its first write waits
	has(t, w.b.get(views.WritingPath, http.StatusOK), "[data-testid=writing-state]", "On")
	w.b.post(views.PauseWritingPath, nil, http.StatusSeeOther)
	has(t, w.b.post(views.PauseWritingPath, nil, http.StatusUnprocessableEntity), "main", "Writing is paused already.")
	for _, path := range []string{
		views.OverviewPath, views.OrganizationsPath, views.UsagePath, views.MonthsPath, views.HeldPath, views.ConnectWisePath, views.CompaniesPath,
		views.RunsPath, views.SettingsPath, views.WritingPath,
	} {
		has(t, w.b.get(path, http.StatusOK), "[data-testid=comparing-banner]", "Nothing is written to agreements in ConnectWise PSA since")
	}
	has(t, w.b.get(views.ConnectWisePath, http.StatusOK), "[data-testid=writing]", "Only compares")
	has(t, w.as(store.Technician).get(views.OrganizationsPath, http.StatusOK), "[data-testid=comparing-banner]", "Nothing is written")

	asks := w.b.get(views.StartSyncPath, http.StatusOK).Find("[data-testid=sync-dialog]")
	if text := asks.Text(); !strings.Contains(text, "Seatbridge only compares") || !strings.Contains(text, "Nothing is written.") {
		t.Errorf("the question says %q", text)
	}
	w.b.post(asks.AttrOr("action", ""), formOf(asks), http.StatusSeeOther)
	path, page := w.finished()
	has(t, page, "h1", "Comparison: ")
	has(t, page, "[data-testid=run-state]", "Compared")
	has(t, page, "[data-testid=totals]", "Would have written1+3")
	has(t, page, "[data-testid=totals]", "Would wait for approval10−2")
	has(t, page, "[data-testid=change]", "Would be written")
	has(t, page, "main", "Nothing was written: Seatbridge only compares.")
	hasNot(t, page, `form[action$="/apply"]`)
	w.wrote(acme, "7")

	has(t, w.b.get(views.OverviewPath, http.StatusOK), "main", "Switch writing on")
	has(t, w.b.get(views.RunsPath+"?kind=comparison", http.StatusOK), "[data-testid=run]", "1 would wait for approval, 1 would be written")
	row := w.b.get(views.WritingPath, http.StatusOK).Find("[data-testid=comparison]")
	if link := row.Find("a").AttrOr("href", ""); row.Length() != 1 || link != path {
		t.Errorf("the comparison leads to %q: %q", link, row.Text())
	}

	// What was asked for as a comparison does not write because somebody switched writing on meanwhile.
	w.b.post(views.SwitchOnPath, nil, http.StatusSeeOther)
	has(t, w.b.post(views.StartSyncPath, formOf(asks), http.StatusUnprocessableEntity), "main", "Writing was switched on meanwhile")
	w.wrote(acme, "7")
	hasNot(t, w.b.get(views.OverviewPath, http.StatusOK), "[data-testid=comparing-banner]")
	log := w.b.get(views.ActivityPath, http.StatusOK)
	has(t, log, "main", "Paused writing to ConnectWise PSA: Seatbridge only compares.")
	has(t, log, "main", "Switched writing to ConnectWise PSA on.")
	has(t, log, "main", "Started comparing ")
}

// TestSwitchedOnWithTheFirstWrites: the list of the first writes stands above the button that writes them, and what waits for approval is
// ticked there.
func TestSwitchedOnWithTheFirstWrites(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	_, acme := w.customerWith("Acme", 5)
	_, beta := w.customerWith("Beta", 3)
	w.line(acme, "7", "4.99") // nobody who mapped it was shown it: its first write waits
	w.b.post(views.PauseWritingPath, nil, http.StatusSeeOther)
	form := w.b.get(views.WritingPath, http.StatusOK).Find(`form[action="` + views.FirstWritesPath + `"]`)
	w.b.post(views.FirstWritesPath, formOf(form), http.StatusSeeOther)
	path, page := w.finished()
	has(t, page, "h1", "Preview")
	button := page.Find(`form[action="` + views.SwitchOnPath + `"]`)
	if text := strings.TrimSpace(button.Text()); text != "Switch on and write these changes" {
		t.Fatalf("the button says %q", text)
	}
	has(t, w.b.post(path+"/apply", nil, http.StatusUnprocessableEntity), "main", "Seatbridge only compares. Switch writing on first.")
	values := formOf(button)
	page.Find(`input[name=change]`).Each(func(_ int, tick *goquery.Selection) { values.Add("change", tick.AttrOr("value", "")) })
	if len(values["change"]) != 1 {
		t.Fatalf("to tick are %v", values["change"])
	}
	w.b.post(views.SwitchOnPath, values, http.StatusSeeOther)
	w.waitFor(path)
	w.wrote(acme, "5")
	w.wrote(beta, "3")
	has(t, w.b.post(views.SwitchOnPath, nil, http.StatusUnprocessableEntity), "main", "Writing is on already.")
	has(t, w.b.get(views.WritingPath, http.StatusOK), "#pauses", "switched on by")
}

// TestWritingBadInput answers to what nobody can send from the page.
func TestWritingBadInput(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	has(t, b.post(views.PauseWritingPath, nil, http.StatusConflict), "main", "First connect ConnectWise PSA")
	b.connect()
	has(t, b.get(views.WritingPath, http.StatusOK), "#pause", "The products are not mapped yet")
	has(t, b.post(views.PauseWritingPath, nil, http.StatusConflict), "main", "products")
	b.mapProducts()
	b.importAll()
	b.post(views.PauseWritingPath, nil, http.StatusSeeOther)
	for month, sentence := range map[string]string{
		"soon": "Choose one of the months that are offered.", "2099-01": "has not begun", string(store.MonthOf(testNow())): "is not over",
	} {
		has(t, b.post(views.FirstWritesPath, form("month", month), http.StatusUnprocessableEntity), "main", sentence)
	}
	b.post(views.SwitchOnPath, form("run", "99"), http.StatusNotFound)
	technician := p.as(store.Technician)
	for _, path := range []string{views.PauseWritingPath, views.FirstWritesPath, views.SwitchOnPath} {
		technician.post(path, nil, http.StatusForbidden)
	}
	technician.get(views.WritingPath, http.StatusForbidden)
}

// hasNot fails if something is on a page.
func hasNot(t *testing.T, page *goquery.Document, selector string) {
	t.Helper()
	if found := page.Find(selector); found.Length() > 0 {
		t.Errorf("%s is on the page: %q", selector, found.Text())
	}
}
