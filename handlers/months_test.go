package handlers

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// booksPanel is the panel over a world in which October 2026 ended with differences: nothing of them is made up by the test.
//
//	Acme    5 of 5 Business    written, agrees
//	Beta    9 of 8 Business    one came late
//	Gamma   12 Enterprise      a person made the line 20
//	Delta   4 Business         is not mapped
//	Epsilon 3 Business         was mapped after the sync
type booksPanel struct {
	*panel
	*billingtest.World
	acme, beta, gamma, delta, epsilon store.Organization
	line                              int // Gamma's agreement
}

func newBooks(t *testing.T) *booksPanel {
	t.Helper()
	b := emptyBooks(t)
	b.acme, _ = b.Mapped("Acme", 5, store.Business)
	b.beta, _ = b.Mapped("Beta", 8, store.Business)
	var gamma cwsim.Agreement
	b.gamma, gamma = b.Mapped("Gamma", 12, store.Enterprise)
	b.delta = b.Organization("Delta", 4, store.Business)
	b.SetTime("2026-11-01 00:30:00")
	b.Must(b.Runs.RunDue(t.Context()))
	b.SetTime("2026-11-03 10:00:00")
	b.JoinAt(b.beta, "2026-10-20 09:00:00")
	b.line = gamma.ID
	b.epsilon = b.Organization("Epsilon", 0, store.Business)
	for range 3 {
		b.JoinAt(b.epsilon, "2026-10-20 09:00:00")
	}
	agreement := b.Company("Epsilon")
	b.ImportAll()
	b.Must(b.Mapping.Map(t.Context(), billingtest.Admin(), agreement.CompanyID, agreement.ID, b.epsilon.ID))
	b.read("20")
	return b
}

// read has a person make Gamma's line say something else, and Seatbridge read that.
func (b *booksPanel) read(quantity string) {
	b.panel.t.Helper()
	b.Sim.SetQuantity(b.line, b.Sim.Additions(b.line)[0].ID, quantity, "rdale")
	if _, err := b.Runs.Run(b.panel.t.Context(), billingtest.Admin(), b.Runs.SyncNow(true)); err != nil {
		b.panel.t.Fatal(err)
	}
}

// emptyBooks is the panel over a world in which nobody is mapped yet.
func emptyBooks(t *testing.T) *booksPanel { return booksOver(t, billingtest.New(t)) }

func booksOver(t *testing.T, w *billingtest.World) *booksPanel {
	t.Helper()
	p := &panel{t: t, log: &syncBuffer{}, path: w.Path, store: w.Store, rooms: w.Billing, sim: w.Sim, site: w.Site}
	log := slog.New(slog.NewTextHandler(p.log, nil))
	var err error
	p.server, err = newServer(Config{
		Store: w.Store, Billing: w.Billing, Log: log, Now: w.Time, SessionKeys: [][]byte{[]byte(testKey)}, Version: "test",
	})
	w.Must(err)
	p.handler, err = p.server.handler()
	w.Must(err)
	return &booksPanel{panel: p, World: w}
}

// key names a row in forms.
func key(o store.Organization, plan store.Plan) string {
	return strconv.FormatInt(o.ID, 10) + " " + string(plan)
}

// cells are the cells of an organization's row on the page, by their labels.
func cells(t *testing.T, page *goquery.Document, organization string) map[string]string {
	t.Helper()
	row := page.Find("[data-testid=row]").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return s.Find(".c-org .one").Text() == organization
	})
	if row.Length() != 1 {
		t.Fatalf("%d rows of %s, want 1", row.Length(), organization)
	}
	found := map[string]string{"State": words(row.Find(".c-st")), "Why": words(row.Find(".c-why"))}
	row.Find("td[data-label]").Each(func(_ int, s *goquery.Selection) { found[s.AttrOr("data-label", "")] = words(s) })
	return found
}

func wantCells(t *testing.T, page *goquery.Document, organization string, want map[string]string) {
	t.Helper()
	got := cells(t, page, organization)
	for label, text := range want {
		if !strings.Contains(got[label], text) || text == "" && got[label] != "" {
			t.Errorf("%s, %s: %q, want %q", organization, label, got[label], text)
		}
	}
}

// pieces are the texts of elements, with a space between each two.
func pieces(found *goquery.Selection) string {
	return strings.Join(found.Map(func(_ int, s *goquery.Selection) string { return words(s) }), " ")
}

// rowNames are the organizations of the rows, in their order.
func rowNames(page *goquery.Document) []string {
	return page.Find("[data-testid=row] .c-org .one").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
}

func TestMonthShowsItsBooks(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	page := b.as(store.Admin).get("/months/2026-10", http.StatusOK)
	has(t, page, "h1", "October 2026")
	has(t, page, "[data-testid=month-state]", "Written, 4 differences open")
	wantCells(t, page, "Acme", map[string]string{"Due": "5", "Written": "5", "In ConnectWise": "5", "Invoiced": "not yet", "Difference": "0", "State": "Agrees"})
	wantCells(t, page, "Beta", map[string]string{"Due": "9", "Written": "8", "Difference": "+1 +4.99 USD", "State": "Open", "Why": "Due were 8"})
	wantCells(t, page, "Gamma", map[string]string{"Due": "12", "In ConnectWise": "20, edited by hand", "Difference": "−8 −51.92 USD", "Why": "Edited by hand"})
	wantCells(t, page, "Delta", map[string]string{"Due": "4", "Written": "–", "In ConnectWise": "no line", "Invoiced": "–", "Difference": "+4 +19.96 USD", "Why": "Not mapped"})
	wantCells(t, page, "Epsilon", map[string]string{"Due": "3", "In ConnectWise": "no line", "Difference": "+3 +14.97 USD", "Why": "Mapped on 3 November 2026"})
	strip := pieces(page.Find("[data-testid=month-strip] dt, [data-testid=month-strip] dd"))
	for _, want := range []string{"33 seats", "25 seats", "33 seats", "0 of 4 agreements", "+39.92 USD", "+8 seats in 3 rows", "−51.92 USD", "−8 seats in 1 row"} {
		if !strings.Contains(strip, want) {
			t.Errorf("the strip lacks %q: %s", want, strip)
		}
	}
	has(t, page, "[data-testid=group-open]", "Open 4 0 seats, −12.00 USD")
	has(t, page, "[data-testid=month-sum]", "33 due = 33 invoiced or on a line + 0 open + 0 settled")
	if got := strings.Join(rowNames(page), " "); got != "Gamma Delta Epsilon Beta Acme" {
		t.Errorf("the rows are in the order %s: what is at stake comes first", got)
	}
}

func TestMonthFilters(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	for query, want := range map[string]string{
		"show=open": "Gamma Delta Epsilon Beta", "show=none": "Acme", "show=settled": "", "show=edited": "Gamma",
		"show=not_invoiced": "Gamma Epsilon Beta Acme", "q=ta": "Delta Beta", "q=ta&show=open&sort=name": "Beta Delta",
		"sort=name&dir=desc": "Gamma Epsilon Delta Beta Acme", "sort=due": "Epsilon Delta Acme Beta Gamma",
		"sort=difference": "Gamma Acme Beta Epsilon Delta", "show=nonsense&sort=nonsense&page=-7": "Gamma Delta Epsilon Beta Acme", "page=999": "Gamma Delta Epsilon Beta Acme",
	} {
		page := admin.get("/months/2026-10?"+query, http.StatusOK)
		if got := strings.Join(rowNames(page), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		if rows := admin.csv("/months/2026-10/rows.csv?" + query); len(rows)-1 != len(strings.Fields(want)) {
			t.Errorf("%s: the file has %d rows, want those of the page", query, len(rows)-1)
		}
	}
	page := admin.get("/months/2026-10?show=edited", http.StatusOK)
	if page.Find("[name=show][value=edited][checked]").Length() != 1 {
		t.Error("the filter in the address is not chosen")
	}
	has(t, page, ".chips", "Edited by hand 1")
	has(t, page, "[data-testid=group-open]", "−8 seats, −51.92 USD")
	part := admin.part().get("/months/2026-10?q=Beta", http.StatusOK)
	if part.Find("#rows").Length() != 1 || part.Find("main").Length() != 0 {
		t.Error("htmx gets another part than the rows")
	}
}

func TestMonthsShowAllMonths(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	page := admin.get("/months", http.StatusOK)
	line := pieces(page.Find("[data-month='2026-10'] > *"))
	for _, want := range []string{"October 2026", "33", "182.67 USD", "25 3 of 5 rows", "4 rows, 0 seats −12.00 USD", "0 of 4", "Written", "run 1"} {
		if !strings.Contains(line, want) {
			t.Errorf("October lacks %q: %s", want, line)
		}
	}
	has(t, page, "[data-month='2026-11']", "Running")
	has(t, page, "[data-month='2026-11']", "3 of 30 days")
	strip := pieces(page.Find("[data-testid=months-strip] dt, [data-testid=months-strip] dd"))
	for _, want := range []string{"November 33 seats so far", "October 4 open", "−12.00 USD 0 seats in 4 rows", "none was closed yet"} {
		if !strings.Contains(strip, want) {
			t.Errorf("the strip lacks %q: %s", want, strip)
		}
	}
	has(t, page, "[data-testid=books-begin]", "Nothing is known before October 2026: the products were mapped on 20 Oct 2026.")
	rows := admin.csv("/months.csv")
	if len(rows) != 3 || rows[2][0] != "2026-10" || rows[2][3] != "33" || rows[2][8] != "4" {
		t.Errorf("the file says %q", rows)
	}
}

func TestMonthsBeforeAnythingIsConnected(t *testing.T) {
	t.Parallel()
	b := booksOver(t, billingtest.Empty(t))
	admin := b.as(store.Admin)
	has(t, admin.get("/months", http.StatusOK), "[data-testid=empty]", "There are no books yet")
	admin.get("/months/2026-09", http.StatusNotFound)
}

func TestRunningMonthIsSoFar(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	page := b.as(store.Admin).get("/months/2026-11?show=open", http.StatusOK)
	has(t, page, "[data-testid=month-state]", "Running, 3 of 30 days")
	has(t, page, "[data-testid=month-strip] dd:nth-of-type(1)", "33 seats")
	if page.Find("[data-testid=row]").Length() != 0 {
		t.Error("the running month has differences")
	}
}

// What is no month, or none of the books, is said so; whatever else an address or a form says is no fault of ours.
func TestMonthAddressesThatNameNothing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	row := strconv.FormatInt(b.beta.ID, 10)
	for _, path := range []string{"", "/rows.csv", "/rows/" + row + "/business", "/settle?how=waived&row=" + url.QueryEscape(key(b.beta, store.Business))} {
		for _, month := range []string{"2026-13", "october", "2026-1", "0001-01", "2026-10%00", "2027-05", "1e9"} {
			admin.get("/months/"+month+path, http.StatusBadRequest)
		}
		admin.get("/months/2026-09"+path, http.StatusNotFound)
	}
	for _, path := range []string{"/rows/x/business", "/rows/999/business", "/rows/" + row + "/gold", "/rows/" + row + "/enterprise", "/rows/-1/business"} {
		admin.get("/months/2026-10"+path, http.StatusNotFound)
	}
	for _, query := range []string{"", "?how=waived", "?how=waived&row=x", "?row=" + url.QueryEscape(key(b.beta, store.Business)), "?how=gift&row=1+business"} {
		admin.get("/months/2026-10/settle"+query, http.StatusUnprocessableEntity)
	}
	for _, path := range []string{"/settlements/7/undo", "/settlements/x/undo", "/elsewhere/999", "/elsewhere/x", "/elsewhere/999/withdraw"} {
		admin.post("/months/2026-10"+path, nil, http.StatusNotFound)
	}
	admin.post("/months/2026-11/settle", form("row", key(b.beta, store.Business), "how", "waived", "seen", "1"), http.StatusUnprocessableEntity)
	admin.post("/months/2026-10/settle", form("row", "\x00", "how", "\xff", "seen", "1e999999", "back", "//evil.example"), http.StatusUnprocessableEntity)
}

func TestTechniciansSeeNoBooks(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	technician := b.as(store.Technician)
	technician.get("/months", http.StatusForbidden)
	technician.get("/months/2026-10", http.StatusForbidden)
	technician.get("/organizations", http.StatusOK)
	technician.lacks(views.MonthsPath)
}

// settle walks the road of a person: rows are ticked, the dialog says what they come to, its form settles that.
func (b *booksPanel) settle(admin *browser, how, note string, keys ...string) (dialog *goquery.Document, sent url.Values) {
	b.panel.t.Helper()
	query := url.Values{"how": {how}, "row": keys, "back": {"/months/2026-10?show=open"}}
	dialog = admin.part().get("/months/2026-10/settle?"+query.Encode(), http.StatusOK)
	sent = url.Values{"note": {note}}
	dialog.Find("form input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		sent.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	return dialog, sent
}

func TestSettling(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	dialog, sent := b.settle(admin, "by_hand", "On invoice 20350", key(b.beta, store.Business), key(b.epsilon, store.Business))
	has(t, dialog, "h2", "Billed by hand: 2 differences of October")
	has(t, dialog, "[data-testid=settle-sum]", "+4 seats, +19.96 USD")
	admin.post("/months/2026-10/settle", sent, http.StatusSeeOther)
	if got := admin.location(); got != "/months/2026-10?show=open" {
		t.Errorf("it leads to %s, not back to the filtered list", got)
	}
	has(t, admin.follow(), "[data-testid=flash]", "2 differences of October 2026 are settled: billed by hand.")
	page := admin.get("/months/2026-10", http.StatusOK)
	wantCells(t, page, "Beta", map[string]string{"Difference": "+1 +4.99 USD", "State": "Settled", "Why": "Billed by hand."})
	has(t, page, "[data-testid=group-settled]", "Settled 2 +4 seats, +19.96 USD")
	has(t, page, "[data-testid=month-sum]", "33 due = 33 invoiced or on a line − 4 open + 4 settled")
	b.panel.wantActivity("admin@example.com", "Settled the difference of October 2026 of “Beta”, NordPass Business, +1 seat: billed by hand. “On invoice 20350”")

	// The same form once more, as from a second tab: nothing is settled twice, and the note is not lost.
	again := admin.part().post("/months/2026-10/settle", sent, http.StatusUnprocessableEntity)
	has(t, again, "[data-testid=notice]", "somebody settled it already")
	if settled, err := store.BooksIn(b.World.Store).MonthSettlements(t.Context(), "2026-10"); err != nil || len(settled) != 2 {
		t.Errorf("%d settlements (%v), want 2", len(settled), err)
	}
}

// A difference that is another one by now, or gone, is not settled; what to do stands beside what was written.
func TestSettlingWhatIsNoMore(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	_, sent := b.settle(admin, "waived", "Our fault", key(b.beta, store.Business))
	b.JoinAt(b.beta, "2026-10-21 09:00:00")
	changed := admin.part().post("/months/2026-10/settle", sent, http.StatusUnprocessableEntity)
	has(t, changed, "[data-testid=notice]", "The differences are others by now: +2 seats in sum, not +1 seat. Look again.")
	has(t, changed, "textarea[name=note]", "Our fault")
	has(t, changed, "[data-testid=settle-sum]", "+2 seats, +9.98 USD")
	if seen := changed.Find("[name=seen]").AttrOr("value", ""); seen != "2" {
		t.Errorf("the dialog would settle %q, it shows +2", seen)
	}
	_, sent = b.settle(admin, "waived", "Our fault", key(b.gamma, store.Enterprise))
	b.read("12")
	gone := admin.part().post("/months/2026-10/settle", sent, http.StatusUnprocessableEntity)
	has(t, gone, "[data-testid=notice]", "there is no difference any more")
	if settled, err := store.BooksIn(b.World.Store).MonthSettlements(t.Context(), "2026-10"); err != nil || len(settled) != 0 {
		t.Errorf("%d settlements (%v), want none", len(settled), err)
	}
}

func TestSettlementIsUndone(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	_, sent := b.settle(admin, "waived", "Goodwill", key(b.beta, store.Business))
	admin.post("/months/2026-10/settle", sent, http.StatusSeeOther)
	path := views.MonthRowPath("2026-10", b.beta.ID, "business")
	row := admin.part().get(path, http.StatusOK)
	has(t, row, "[data-testid=settlement]", "Waived +1 seat, +4.99 USD")
	has(t, row, "[data-testid=settlement]", "by admin@example.com")
	has(t, row, "[data-testid=settlement]", "“Goodwill”")
	undo := row.Find("[data-testid=settlement] form").AttrOr("action", "")
	admin.post(undo, form("back", "/months/2026-10"), http.StatusSeeOther)
	wantCells(t, admin.get("/months/2026-10", http.StatusOK), "Beta", map[string]string{"State": "Open", "Difference": "+1"})
	twice := admin.part().post(undo, form("back", "/months/2026-10"), http.StatusUnprocessableEntity)
	has(t, twice, "[data-testid=notice]", "Somebody undid it already.")
	has(t, twice, "[data-testid=settlement]", "Undone")
	if twice.Find("[data-testid=settlement] form").Length() != 0 {
		t.Error("what was undone can be undone once more")
	}
	admin.post(strings.Replace(undo, "2026-10", "2026-11", 1), nil, http.StatusNotFound)
}

func TestInvoicedElsewhere(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	path := views.MonthRowPath("2026-10", b.delta.ID, "business")
	has(t, admin.get(path, http.StatusOK), "[data-testid=elsewhere]", "Nobody is invoiced for Delta")
	long := admin.post(views.ElsewherePath("2026-10", b.delta.ID), form("note", strings.Repeat("x", 501), "plan", "business"), http.StatusUnprocessableEntity)
	if kept := long.Find("[name=note]").AttrOr("value", ""); len(kept) != 501 {
		t.Errorf("%d characters of the note are left", len(kept))
	}
	admin.post(views.ElsewherePath("2026-10", b.delta.ID), form("note", "By the parent company", "plan", "business"), http.StatusSeeOther)
	wantCells(t, admin.get("/months/2026-10", http.StatusOK), "Delta", map[string]string{"State": "Settled", "Difference": "+4"})
	row := admin.get(path, http.StatusOK)
	has(t, row, "[data-testid=elsewhere]", "“By the parent company”")
	admin.post(row.Find("[data-testid=elsewhere] form").AttrOr("action", ""), form("plan", "business"), http.StatusSeeOther)
	wantCells(t, admin.get("/months/2026-10", http.StatusOK), "Delta", map[string]string{"State": "Open"})
	mapped := admin.post(views.ElsewherePath("2026-10", b.beta.ID), form("plan", "business"), http.StatusUnprocessableEntity)
	has(t, mapped, "[data-testid=notice]", "Beta is mapped")
}

// settleAll settles whatever is open of October.
func (b *booksPanel) settleAll(admin *browser) {
	b.panel.t.Helper()
	keys := []string{key(b.beta, store.Business), key(b.gamma, store.Enterprise), key(b.delta, store.Business), key(b.epsilon, store.Business)}
	_, sent := b.settle(admin, "by_hand", "On invoice 20350", keys...)
	admin.post("/months/2026-10/settle", sent, http.StatusSeeOther)
}

func TestClosingAMonth(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	page := admin.get("/months/2026-10", http.StatusOK)
	has(t, page, "#close-why", "4 differences are open.")
	has(t, page, "button[aria-disabled=true][aria-describedby=close-why]", "Close the month")
	refused := admin.part().post("/months/2026-10/close", nil, http.StatusUnprocessableEntity)
	has(t, refused, "[data-testid=notice]", "4 differences of October 2026 are open")
	admin.get("/months/2026-10/statement", http.StatusConflict)
	admin.get("/months/2026-11/close", http.StatusConflict)
	admin.get("/months/2026-09/close", http.StatusNotFound)
	admin.get("/months/2026-09/statement", http.StatusConflict)

	b.settleAll(admin)
	dialog := admin.part().get("/months/2026-10/close", http.StatusOK)
	has(t, dialog, "[data-testid=close-facts]", "33 seats")
	has(t, dialog, "[data-testid=notice]", "4 agreements are not known to be invoiced yet, the next on 1 Nov.")
	admin.post("/months/2026-10/close", nil, http.StatusSeeOther)
	if got := admin.location(); got != "/months/2026-10/statement" {
		t.Fatalf("it leads to %s", got)
	}
	statement := admin.follow()
	has(t, statement, "[data-testid=verified]", "Verified, unchanged since 3 Nov 2026")
	has(t, statement, ".paper header", "No. 1")
	has(t, statement, ".paper header", "by admin@example.com")
	has(t, statement, "[data-testid=statement-sums]", "33 seats")
	has(t, statement, "[data-testid=differences]", "Beta, Business: due 9, billed 8, +1 seat, +4.99 USD.")
	has(t, statement, "[data-testid=differences]", "“On invoice 20350”")
	if n := statement.Find("[data-testid=statement-row]").Length(); n != 5 {
		t.Errorf("%d rows, want 5", n)
	}
	again := admin.part().post("/months/2026-10/close", nil, http.StatusUnprocessableEntity)
	has(t, again, "[data-testid=notice]", "admin@example.com closed October 2026 already")
	has(t, admin.get("/months", http.StatusOK), "[data-month='2026-10']", "Closed")
	has(t, admin.get("/months", http.StatusOK), "[data-month='2026-10'] .c-act a", "Statement")
}

// What is downloaded is what was hashed; what was changed in the database is said.
func TestStatementFilesAndForgery(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	b.settleAll(admin)
	admin.post("/months/2026-10/close", nil, http.StatusSeeOther)
	page := admin.get("/months/2026-10/statement", http.StatusOK)
	admin.get("/months/2026-10/statement.json", http.StatusOK)
	sum := sha256.Sum256(admin.last.Body.Bytes())
	if shown := strings.ReplaceAll(words(page.Find("[data-testid=sha256]")), " ", ""); shown != hex.EncodeToString(sum[:]) {
		t.Errorf("the page says %s, the file has %x", shown, sum)
	}
	if rows := admin.csv("/months/2026-10/statement.csv"); len(rows) != 6 {
		t.Errorf("the file has %d rows, want 5 and a head", len(rows))
	}
	has(t, admin.get("/months?verify=all", http.StatusOK), "[data-kind=success]", "Verified")
	db, err := sql.Open("sqlite3", b.World.Path)
	b.Must(err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `UPDATE statements SET body = replace(body, '"due":"9"', '"due":"8"')`)
	b.Must(err)
	forged := admin.get("/months/2026-10/statement", http.StatusOK)
	has(t, forged, "[data-testid=notice]", "The statements are not what they were.")
	if forged.Find("[data-testid=verified]").Length() != 0 {
		t.Error("a forged statement is called verified")
	}
	has(t, admin.get("/months?verify=all", http.StatusOK), "[data-testid=notice]", "The statements are not what they were.")
}

func TestSyncingChosenRowsAgain(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	dialog, sent := b.settle(admin, "written_again", "", key(b.beta, store.Business), key(b.delta, store.Business))
	has(t, dialog, "h2", "Sync again: 1 difference of October")
	has(t, dialog, "[data-testid=notice]", "One of the chosen rows cannot be settled in this way")
	admin.post("/months/2026-10/settle", sent, http.StatusSeeOther)
	b.Work.Wait()
	has(t, admin.follow(), "h1", "Sync again, some agreements: October 2026")
	wantCells(t, admin.get("/months/2026-10", http.StatusOK), "Beta", map[string]string{"Written": "9", "In ConnectWise": "9", "State": "Agrees"})
	wantCells(t, admin.get("/months/2026-10", http.StatusOK), "Gamma", map[string]string{"In ConnectWise": "20, edited by hand"})
}

// What goes on the next invoice is offered only where the settings allow it, and previewed.
func TestOnTheNextInvoice(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	admin := b.as(store.Admin)
	if admin.get("/months/2026-10", http.StatusOK).Find("[name=how][value=next_invoice]").Length() != 0 {
		t.Error("it is offered although the settings do not allow it")
	}
	_, sent := b.settle(admin, "next_invoice", "Late", key(b.beta, store.Business))
	refused := admin.part().post("/months/2026-10/settle", sent, http.StatusUnprocessableEntity)
	has(t, refused, "[data-testid=notice]", "settings")
	b.Set(func(s *store.Settings) { s.Months.NextInvoice = true })
	if admin.get("/months/2026-10", http.StatusOK).Find("[name=how][value=next_invoice]").Length() != 1 {
		t.Error("it is not offered")
	}
}
