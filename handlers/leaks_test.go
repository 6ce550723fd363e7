package handlers

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/connect"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/handwork"
	"seatbridge/store"
	"seatbridge/views"
)

// leaky is a panel beside ten years of hand work, with everybody mapped, and an admin's browser.
type leaky struct {
	*panel
	hand *handwork.World
	b    *browser
}

func newLeaky(t testing.TB) *leaky {
	t.Helper()
	w := &leaky{panel: newPanel(t), hand: handwork.New(handwork.Config{Seed: 5, Customers: 40, Now: testNow})}
	front := httptest.NewServer(w.hand.Sim)
	t.Cleanup(front.Close)
	w.sim, w.site = w.hand.Sim, front.URL
	c := w.sim.Credentials()
	billingtest.SetUp(t, w.rooms, w.hand, connect.Credentials{
		Site: w.site, Company: c.Company, PublicKey: c.PublicKey, PrivateKey: c.PrivateKey, ClientID: c.ClientID,
	})
	w.b = w.as(store.Admin)
	return w
}

// scan presses the button and waits.
func (w *leaky) scan() {
	w.t.Helper()
	w.b.post(views.LeakScanPath, nil, http.StatusSeeOther)
	w.rooms.Work.Wait()
}

func TestLeaksAreFoundByAClick(t *testing.T) {
	t.Parallel()
	w := newLeaky(t)
	page := w.b.get(views.LeaksPath, http.StatusOK)
	has(t, page, "[data-testid=empty]", "Nobody has looked yet")
	w.sim.ResetRequests()
	w.scan()
	for _, r := range w.sim.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("a scan sent %s %s", r.Method, r.Path)
		}
	}

	page = w.b.get(views.LeaksPath, http.StatusOK)
	want := 0
	for _, l := range w.hand.Leaks {
		if !l.Late {
			want++
		}
	}
	rows := page.Find("[data-testid=leak]")
	if rows.Length() != want {
		t.Errorf("%d leaks are shown, %d were planted", rows.Length(), want)
	}
	has(t, page, "[data-testid=open]", strconv.Itoa(want)+" open")
	has(t, page, "nav [aria-current=page]", "Leaks")
	has(t, page, "[data-testid=tile-unbilled]", "USD a month")
	has(t, page, "[data-testid=tile-nothing]", "EUR a month") // by currency, never added up
	has(t, page, "[data-testid=not-known]", "their seats are not known yet")
	leads := map[string]bool{}
	rows.Each(func(_ int, row *goquery.Selection) {
		if step := row.Find(".acts a").First(); step.Text() == "" || step.AttrOr("href", "") == "" {
			t.Errorf("no next step: %s", row.Text())
		}
		row.Find("a").Each(func(_ int, link *goquery.Selection) { leads[link.AttrOr("href", "")] = true })
	})
	for address := range leads { // none of them is a dead end
		w.b.get(address, http.StatusOK)
	}
	logged := w.b.get(views.ActivityPath, http.StatusOK)
	has(t, logged, "main", "Started looking for leaks")
	has(t, logged, "main", "Looked for leaks in")
	attention := w.b.get(views.AttentionPath, http.StatusOK)
	has(t, attention, "main", "that no organization feeds: −")
	w.technicianIsKeptOut()
}

func (w *leaky) technicianIsKeptOut() {
	w.t.Helper()
	technician := w.as(store.Technician)
	technician.get(views.LeaksPath, http.StatusForbidden)
	technician.get(views.LeaksCSVPath, http.StatusForbidden)
	technician.post(views.LeakScanPath, nil, http.StatusForbidden)
	technician.post(views.MeantLeaksPath, nil, http.StatusForbidden)
}

// openLeaks are the keys of the leaks that a page shows as open.
func openLeaks(page *goquery.Document) []string {
	return page.Find("[data-testid=leak]").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("data-leak", "") })
}

func TestLeaksAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	w := newLeaky(t)
	w.scan()
	page := w.b.get(views.LeaksPath, http.StatusOK)
	before := openLeaks(page)
	var key string
	for _, k := range before {
		if strings.HasPrefix(k, "unfed/") {
			key = k
			break
		}
	}
	dialog := w.b.get(views.MeantLeakPath(key), http.StatusOK)
	sent := url.Values{"leak": {key}, "facts": {dialog.Find("input[name=facts]").AttrOr("value", "")}}

	refused := w.b.post(views.MeantLeaksPath, sent, http.StatusUnprocessableEntity)
	has(t, refused, ".problem", "Say why it is meant so")
	sent.Set("note", strings.Repeat("x", 501))
	refused = w.b.post(views.MeantLeaksPath, sent, http.StatusUnprocessableEntity)
	if got := refused.Find("textarea").Text(); got != strings.Repeat("x", 501) {
		t.Errorf("what was typed is lost: %d characters are left", len(got))
	}
	other := url.Values{"leak": {key}, "facts": {"seats 1"}, "note": {"bundle"}}
	has(t, w.b.post(views.MeantLeaksPath, other, http.StatusUnprocessableEntity), "main", "something else now")
	w.b.post(views.MeantLeaksPath, url.Values{"leak": {"nonsense"}, "note": {"x"}}, http.StatusNotFound)
	w.b.get(views.MeantLeakPath("<script>"), http.StatusNotFound)

	sent.Set("note", "Inside a <b>bundle</b>")
	w.b.post(views.MeantLeaksPath, sent, http.StatusSeeOther)
	page = w.b.follow()
	if after := openLeaks(page); len(after) != len(before)-1 {
		t.Errorf("%d leaks are open, %d were", len(after), len(before))
	}
	has(t, page, "[data-testid=meant-leak]", "Inside a <b>bundle</b>")
	has(t, page, "[data-testid=meant-leak]", "admin@example.com, 17 Mar 2026")
	has(t, w.b.get(views.ActivityPath, http.StatusOK), "main", "that it is meant so")

	w.b.post(views.WithdrawLeakPath, url.Values{"leak": {key}}, http.StatusSeeOther)
	if after := openLeaks(w.b.follow()); len(after) != len(before) {
		t.Errorf("taken back, %d leaks are open, %d were", len(after), len(before))
	}
	w.b.post(views.WithdrawLeakPath, url.Values{"leak": {key}}, http.StatusUnprocessableEntity)
}

func TestLeaksAsAFile(t *testing.T) {
	t.Parallel()
	w := newLeaky(t)
	w.scan()
	shown := w.b.get(views.LeaksPath, http.StatusOK).Find("[data-testid=leak]").Length()
	w.b.get(views.LeaksCSVPath, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.b.last.Body.String(), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != shown+1 || rows[0][0] != "State" || rows[1][0] != "open" {
		t.Errorf("%d rows for %d leaks, first %q", len(rows), shown, rows[:2])
	}
}

func TestLeaksBeforeItIsConnected(t *testing.T) {
	t.Parallel()
	b := newPanel(t).as(store.Owner)
	page := b.get(views.LeaksPath, http.StatusOK)
	has(t, page, "[data-testid=empty]", "Nothing can be looked for yet")
	b.post(views.LeakScanPath, nil, http.StatusConflict)
	b.post(views.CancelLeakScanPath, nil, http.StatusSeeOther)
	b.get(views.LeakProgressPath, http.StatusSeeOther)
	b.get(views.LeaksCSVPath, http.StatusOK)
}

// TestAScanIsFollowedAndCancelled holds the page's part that is asked for while a scan runs.
func TestAScanIsFollowedAndCancelled(t *testing.T) {
	t.Parallel()
	w := newLeaky(t)
	arrived, goOn := make(chan struct{}), make(chan struct{})
	w.sim.AddFault(cwsim.Fault{Kind: cwsim.Hook, Path: "/finance/agreements/*/additions", After: 5, Times: 1, Do: func() {
		close(arrived)
		<-goOn
	}})
	w.b.post(views.LeakScanPath, nil, http.StatusSeeOther)
	<-arrived
	page := w.b.get(views.LeaksPath, http.StatusOK)
	has(t, page, "[data-testid=scan-status][data-state=running]", "Reading lines")
	has(t, page, "[data-testid=scan-status]", "You can leave this page")
	if page.Find("form[action='"+views.LeakScanPath+"']").Length() != 0 {
		t.Error("a second scan is offered while one runs")
	}
	w.b.post(views.LeakScanPath, nil, http.StatusSeeOther) // somebody else presses it: there is one already
	part := w.b.part().get(views.LeakProgressPath, http.StatusOK)
	if part.Find("progress[max]").Length() != 1 || part.Find("[hx-get]").Length() != 1 {
		t.Errorf("the part is %s", part.Text())
	}
	w.b.post(views.CancelLeakScanPath, nil, http.StatusSeeOther)
	close(goOn)
	w.rooms.Work.Wait()
	part = w.b.part().get(views.LeakProgressPath, http.StatusOK)
	has(t, part, "[data-state=cancelled]", "The scan was cancelled")
	if part.Find("[hx-get]").Length() != 0 {
		t.Error("what is over is still asked for")
	}
	has(t, w.b.get(views.ActivityPath, http.StatusOK), "main", "Cancelled looking for leaks")
}

// TestAFailedScanSaysWhy holds that the last result stays on the page.
func TestAFailedScanSaysWhy(t *testing.T) {
	t.Parallel()
	w := newLeaky(t)
	w.scan()
	before := openLeaks(w.b.get(views.LeaksPath, http.StatusOK))
	w.sim.AddFault(cwsim.Fault{Kind: cwsim.Forbidden, Path: "/finance/agreements"})
	w.scan()
	page := w.b.get(views.LeaksPath, http.StatusOK)
	has(t, page, "main [role=alert], main .alert", "did not come to its end")
	if after := openLeaks(page); len(after) != len(before) {
		t.Errorf("%d leaks are shown, %d were", len(after), len(before))
	}
	has(t, w.b.get(views.AttentionPath, http.StatusOK), "main", "The last scan for leaks failed")
}
