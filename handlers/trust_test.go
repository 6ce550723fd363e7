package handlers

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// billed is a panel that is set up, with a browser in which an Admin is signed in.
type billed struct {
	*panel
	b     *browser
	names map[string]cwsim.Agreement
}

func newBilled(t *testing.T) *billed {
	t.Helper()
	p := newPanel(t)
	w := &billed{panel: p, b: p.as(store.Admin), names: map[string]cwsim.Agreement{}}
	w.b.connect()
	w.b.mapProducts()
	return w
}

// customerWith is a company with an agreement and a mapped organization of so many seats.
func (w *billed) customerWith(name string, seats int) (store.Organization, cwsim.Agreement) {
	w.t.Helper()
	a := w.customer(name)
	w.b.importAll()
	o := w.organization(name, seats)
	w.b.post(fmt.Sprintf("%s/%d/map", views.CompaniesPath, a.CompanyID), form("agreement", fmt.Sprint(a.ID), "organization", fmt.Sprint(o.ID)), http.StatusSeeOther)
	return o, a
}

// businessProduct is the catalog item of NordPass Business.
func (w *billed) businessProduct() int {
	w.t.Helper()
	products, err := w.store.ProductMappings(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return products[store.Business].ProductID
}

// line adds a line to an agreement by hand.
func (w *billed) line(a cwsim.Agreement, quantity, price string) cwsim.Addition {
	return w.sim.AddAddition(cwsim.Addition{
		AgreementID: a.ID, ProductID: w.businessProduct(), Quantity: decimal.RequireFromString(quantity), UnitPrice: decimal.RequireFromString(price), BillCustomer: "Billable",
	})
}

// join adds members to an organization.
func (w *billed) join(o store.Organization, n int) {
	w.t.Helper()
	var emails []string
	for i := range n {
		emails = append(emails, fmt.Sprintf("new%d-%d@example.com", o.ID, i))
	}
	if _, _, err := w.store.AddSeats(w.t.Context(), o.ID, emails, time.Time{}, testNow().Add(-time.Hour)); err != nil {
		w.t.Fatal(err)
	}
}

// finished waits until the run that the last answer led to has ended, and shows it.
func (w *billed) finished() (path string, page *goquery.Document) {
	w.t.Helper()
	path = w.b.location()
	w.waitFor(path)
	return path, w.b.get(path, http.StatusOK)
}

// waitFor waits until a run has ended and what it found out about the connection is noted, which its lock outlasts.
func (w *billed) waitFor(path string) {
	w.t.Helper()
	w.b.until("the end of "+path, func() bool {
		return w.b.get(path, http.StatusOK).Find("[data-testid=run-progress]").Length() == 0 && w.idle()
	})
}

// idle says whether no run holds the lock.
func (w *billed) idle() bool {
	release, err := w.store.LockSync(w.t.Context())
	if err == nil {
		release()
	}
	return err == nil
}

// sync presses Sync now and returns the run's address and page.
func (w *billed) sync() (path string, page *goquery.Document) {
	w.t.Helper()
	w.b.post(views.ConnectWisePath+"/sync", nil, http.StatusSeeOther)
	return w.finished()
}

func (w *billed) preview() (path string, page *goquery.Document) {
	w.t.Helper()
	w.b.post(views.ConnectWisePath+"/preview", nil, http.StatusSeeOther)
	return w.finished()
}

// hold saves the approvals form.
func (w *billed) hold(pairs ...string) {
	w.t.Helper()
	values := form(pairs...)
	if values.Get("hand_edits") == "" {
		values.Set("hand_edits", "overwrite")
	}
	w.b.post("/settings/approvals", values, http.StatusSeeOther)
}

// wrote fails unless the agreement's NordPass Business line has the quantity.
func (w *billed) wrote(a cwsim.Agreement, want string) {
	w.t.Helper()
	if got := w.quantities(a.ID)["NP-BUS"]; got != want {
		w.t.Errorf("%s has quantity %q, want %q", a.Name, got, want)
	}
}

// download reads a CSV file by its column names.
func (w *billed) download(path string) []map[string]string {
	w.t.Helper()
	w.b.get(path, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(w.b.last.Body.String())).ReadAll()
	if err != nil || len(rows) == 0 {
		w.t.Fatalf("%s: %v", path, err)
	}
	var records []map[string]string
	for _, row := range rows[1:] {
		record := map[string]string{}
		for i, cell := range row {
			record[rows[0][i]] = cell
		}
		records = append(records, record)
	}
	return records
}

func TestPreviewShowsSeatsAndMoney(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	_, up := w.customerWith("Rising", 5)
	_, down := w.customerWith("Sinking", 2)
	_, fresh := w.customerWith("Fresh", 3)
	w.line(up, "3", "4.90")
	w.line(down, "1002", "1.005")
	w.hold() // everything off
	path, page := w.preview()
	rows := page.Find("[data-testid=change]")
	has(t, rows.Eq(1), "td[data-label=Difference]", "+2")
	has(t, rows.Eq(1), "[data-testid=money]", "+9.80 USD")
	has(t, rows.Eq(2), "[data-testid=money]", "−1,005.00 USD")
	has(t, rows.Eq(0), "[data-testid=money]", "+14.97 USD")
	totals := page.Find("[data-testid=totals] tbody tr")
	for label, want := range map[string]string{"Lines": "3", "More seats": "+5", "Fewer seats": "−1,000", "More money": "+24.77 USD", "Less money": "−1,005.00 USD"} {
		has(t, totals, "td[data-label='"+label+"']", want)
	}
	has(t, totals, "td[data-label='More money']", "1 line at the catalog's price")
	if got := w.quantities(fresh.ID); len(got) != 0 {
		t.Errorf("a preview wrote %v", got)
	}

	// Filters.
	for query, want := range map[string]int{"kind=create": 1, "kind=update": 2, "kind=x": 3, "q=sink": 1, "state=planned&kind=update&q=ris": 1, "state=failed": 0} {
		if got := w.b.get(path+"?"+query, http.StatusOK).Find("[data-testid=change]").Length(); got != want {
			t.Errorf("?%s = %d rows, want %d", query, got, want)
		}
	}
	part := w.b.part()
	part.get(path+"?kind=create", http.StatusOK)
	part.lacks("<main", "Rising")

	// The download has the same figures.
	records := w.download(path + "/changes.csv?kind=update")
	if len(records) != 2 || records[0]["Difference in money"] != "9.80" || records[0]["Currency"] != "USD" || records[0]["Unit price"] != "4.9" ||
		records[1]["Difference in seats"] != "-1000" || records[1]["Difference in money"] != "-1005.00" || records[1]["Before"] != "1002" {
		t.Errorf("download = %v", records)
	}

	// Writing writes what was shown; what changed since is stale, and says so.
	w.sim.SetQuantity(up.ID, w.sim.Additions(up.ID)[0].ID, "4", "someone")
	w.b.post(path+"/apply", nil, http.StatusSeeOther)
	_, page = w.finished()
	has(t, page, "main", "1 line is stale and was left alone.")
	has(t, page, "[data-state=stale]", "ConnectWise says 4 now, the preview showed 3.")
	w.wrote(up, "4")
	w.wrote(down, "2")
	w.wrote(fresh, "3")
	has(t, page.Find("[data-testid=change][data-state=written]").First(), "[data-testid=money]", "USD") // the new line's price is known by now
}

func TestHeldIsApproved(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	acme, a := w.customerWith("Acme", 3)
	beta, b := w.customerWith("Beta", 3)
	gamma, c := w.customerWith("Gamma", 3)
	w.sync()
	w.hold("seats", "10")
	for _, o := range []store.Organization{acme, beta, gamma} {
		w.join(o, 12)
	}
	_, page := w.sync()
	has(t, page, "main", "3 changes wait for approval.")
	has(t, page, "[data-testid=held-count]", "3")
	held := w.b.get("/held", http.StatusOK)
	has(t, held, "[data-testid=held]", "A change of +12 is larger than 10 seats.")
	if n := held.Find("[data-testid=held]").Length(); n != 3 {
		t.Fatalf("%d changes wait, want 3", n)
	}
	has(t, w.b.get("/", http.StatusOK), "[data-testid=attention]", "3 lines waiting for approval")
	if got := w.download("/held/changes.csv"); len(got) != 3 || got[0]["State"] != "held" || got[0]["Held because"] == "" {
		t.Errorf("download = %v", got)
	}
	w.wrote(a, "3")

	// Only Owners and Admins approve.
	technician := w.as(store.Technician)
	technician.get("/held", http.StatusForbidden)
	button := held.Find("[data-testid=held]:contains(Acme) button[name=approve]").AttrOr("value", "")
	technician.post("/held", form("approve", button), http.StatusForbidden)
	technician.get("/organizations", http.StatusOK)
	technician.lacks("Approvals")

	// One.
	w.b.post("/held", form("approve", button), http.StatusSeeOther)
	has(t, w.b.follow(), "[data-testid=flash]", "1 approved")
	w.b.until("Acme's line", func() bool { return w.quantities(a.ID)["NP-BUS"] == "15" })
	w.wrote(b, "3")
	w.waitFor("/runs/2")
	// Some, rejected.
	box := w.b.get("/held", http.StatusOK).Find("[data-testid=held]:contains(Beta) input[name=change]").AttrOr("value", "")
	w.b.post("/held", form("decision", "reject", "change", box), http.StatusSeeOther)
	w.b.post("/held", form("decision", "reject", "change", box), http.StatusUnprocessableEntity) // is decided
	// All.
	page = w.b.get("/held", http.StatusOK)
	last := page.Find("input[name=last]").AttrOr("value", "")
	w.b.post("/held", form("decision", "approve_all", "last", "1"), http.StatusUnprocessableEntity) // the page did not show these
	w.b.post("/held", form("decision", "approve_all", "last", last), http.StatusSeeOther)
	w.b.until("Gamma's line", func() bool { return w.quantities(c.ID)["NP-BUS"] == "15" })
	w.waitFor("/runs/2")
	w.wrote(b, "3")

	// Who and when is on the run, and in the activity log.
	page = w.b.get("/runs/2", http.StatusOK)
	has(t, page.Find("[data-testid=change]:contains(Acme)"), "[data-testid=decision]", "Approved by admin@example.com on 17 Mar 2026, 12:00 UTC.")
	has(t, page.Find("[data-testid=change]:contains(Beta)"), "[data-testid=decision]", "Rejected by admin@example.com")
	page = w.b.get("/held", http.StatusOK)
	has(t, page, "#held", "Nothing waits for approval")
	if page.Find("[data-testid=held-count]").Length() != 0 {
		t.Error("the badge stays")
	}
	log := w.b.get("/activity", http.StatusOK)
	has(t, log, "[data-testid=activity]", "Approved: Acme, NP-BUS 3 → 15 in run 2.")
	has(t, log, "[data-testid=activity]", "Rejected: Beta, NP-BUS 3 → 15 in run 2.")
	has(t, log, "[data-testid=activity] a[href='/runs/2']", "run 2")
}

// TestHeldByReasonAndWorth narrows what waits to a reason, puts what comes to most money first, and approves all of a reason.
func TestHeldByReasonAndWorth(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	_, few := w.customerWith("Few", 3)
	_, most := w.customerWith("Most", 4)
	_, cheap := w.customerWith("Cheap", 1)
	w.line(few, "2", "4.90")
	w.line(most, "2", "500")
	w.line(cheap, "4", "0.10")
	w.sync()
	page := w.b.get("/held", http.StatusOK)
	has(t, page.Find("[data-testid=held]").Eq(0), "th[scope=row]", "Most")
	has(t, page.Find("[data-testid=held]").Eq(2), "th[scope=row]", "Cheap")
	has(t, page.Find("[data-testid=held]").Eq(2), "[data-testid=holds]", "Steep fall")
	has(t, page, "#filter-reason option[value=lower]", "Steep fall")

	page = w.b.get("/held?reason=lower", http.StatusOK)
	if n := page.Find("[data-testid=held]").Length(); n != 1 {
		t.Errorf("%d fall steeply", n)
	}
	if got := w.download("/held/changes.csv?reason=lower"); len(got) != 1 || got[0]["Company"] != "Cheap" {
		t.Errorf("download = %v", got)
	}
	w.b.get("/held?reason=x", http.StatusOK)
	last := page.Find("input[name=last]").AttrOr("value", "")
	w.b.post("/held", form("decision", "reject_all", "reason", "lower", "last", last), http.StatusSeeOther)
	if got := w.b.location(); got != "/held?reason=lower" {
		t.Errorf("then at %s", got)
	}
	page = w.b.get("/held?reason=first", http.StatusOK)
	last = page.Find("input[name=last]").AttrOr("value", "")
	w.b.post("/held", form("decision", "approve_all", "reason", "first", "last", last), http.StatusSeeOther)
	w.b.until("the last line", func() bool { return w.quantities(few.ID)["NP-BUS"] == "3" && w.quantities(most.ID)["NP-BUS"] == "4" })
	w.wrote(cheap, "4")
}

// TestPreviewIsTicked holds that applying a preview approves what was ticked there, and nothing else of what it holds.
func TestPreviewIsTicked(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	_, ticked := w.customerWith("Ticked", 3)
	_, other := w.customerWith("Other", 3)
	_, fresh := w.customerWith("Fresh", 3)
	w.line(ticked, "2", "4.90")
	w.line(other, "2", "4.90")
	path, page := w.preview()
	if n := page.Find("[data-testid=tick] input[name=change][checked]").Length(); n != 0 {
		t.Errorf("%d are ticked already", n)
	}
	box := page.Find("[data-testid=tick]:contains(Ticked) input[name=change]")
	if box.AttrOr("form", "-") != page.Find("form[action$='/apply']").AttrOr("id", "") {
		t.Error("the boxes are not those of the form")
	}
	w.b.post(path+"/apply", form("change", box.AttrOr("value", ""), "change", "999"), http.StatusSeeOther)
	_, page = w.finished()
	has(t, page.Find("[data-testid=change]:contains(Ticked)"), "[data-testid=decision]", "Approved by admin@example.com")
	w.wrote(ticked, "3")
	w.wrote(other, "2")
	w.wrote(fresh, "3")
	has(t, w.b.get("/held", http.StatusOK), "[data-testid=held]", "Other")
	has(t, w.b.get("/activity", http.StatusOK), "[data-testid=activity]", "Approved: Ticked, NP-BUS 2 → 3 in run")
}

func TestDecisionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	for _, values := range []url.Values{
		form(), form("decision", "approve"), form("decision", "burn", "change", "1"), form("approve", "x"), form("reject", "99"), form("decision", "approve_all", "last", "999", "run", "7"),
	} {
		w.b.post("/held", values, http.StatusUnprocessableEntity)
	}
	w.b.post("/changes/99/line", form("addition", "1"), http.StatusNotFound)
	w.b.post("/changes/x/line", nil, http.StatusNotFound)
	w.b.post("/agreements/99/sync", nil, http.StatusNotFound)
	w.b.get("/held?run=99&page=7", http.StatusOK)
	w.b.get("/attention?state=x&page=-1", http.StatusOK)
}

func TestApprovalSettings(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	page := w.b.post("/settings/approvals", form("seats", "ten", "lower_percent", "0", "lower_seats", "1", "many_lines", "5", "zero", "true"),
		http.StatusUnprocessableEntity)
	for selector, want := range map[string]string{
		"#hold-seats-problem": "Enter a whole number", "#hold-lower-percent-problem": "Enter a whole number",
		"#hold-many-percent-problem": "enter both", "#approvals .problem": "Choose what happens",
	} {
		has(t, page, selector, want)
	}
	if page.Find("#hold-seats").AttrOr("value", "") != "ten" || page.Find("#hold-zero[checked]").Length() != 1 {
		t.Error("what was typed is lost")
	}
	for _, values := range []url.Values{
		form("seats", "-1"), form("seats", "1.5"), form("seats", "10000000"), form("lower_percent", "1e9", "lower_seats", "1"),
		form("higher_percent", "20"), form("higher_seats", "20"), form("many_lines", "1", "many_percent", "101"),
	} {
		values.Set("hand_edits", "hold")
		w.b.post("/settings/approvals", values, http.StatusUnprocessableEntity)
	}
	w.hold("seats", "", "lower_percent", "50 %", "lower_seats", "2", "decrease", "true", "first", "true", "found", "true", "hand_edits", "hold")
	after, err := w.store.Settings(t.Context())
	want := store.Holds{Lower: store.Step{Percent: 50, Seats: 2}, Decrease: true, First: true, Found: true}
	if err != nil || after.Holds != want || after.HandEdits != store.Hold {
		t.Errorf("saved %+v, %v", after, err)
	}
	has(t, w.b.get("/activity", http.StatusOK), "[data-testid=activity]",
		"Held: first writes, lower by 50 % and 2 seats, decreases, seats that may be billed elsewhere, hand edits.")
	w.b.post("/settings", form("msp", "Harbor IT"), http.StatusSeeOther)
	if kept, err := w.store.Settings(t.Context()); err != nil || kept.Holds != after.Holds || kept.HandEdits != store.Hold {
		t.Errorf("saving the other form made them %+v, %v", kept, err)
	}
	w.as(store.Technician).post("/settings/approvals", form("hand_edits", "overwrite"), http.StatusForbidden)
}

func TestHandEditsSayBothNumbersAndWhen(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	_, a := w.customerWith("Acme", 3)
	w.sync()
	w.sim.SetQuantity(a.ID, w.sim.Additions(a.ID)[0].ID, "9", "someone")
	w.hold("hand_edits", "hold")
	_, page := w.sync()
	has(t, page, "[data-testid=change][data-state=held]", "it says 9, Seatbridge left 3 there on 17 March 2026 at 12:00 UTC")
	w.wrote(a, "9")
	w.hold()
	_, page = w.sync()
	has(t, page, "[data-testid=change][data-state=written]", "it says 9, Seatbridge left 3 there")
	w.wrote(a, "3")
}

func TestConflictIsChosen(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.hold() // nothing: which line it is has nothing to do with it
	_, a := w.customerWith("Acme", 3)
	first := w.line(a, "1", "4.90")
	second := w.line(a, "2", "4.90")
	path, page := w.sync()
	conflict := page.Find("[data-testid=change][data-state=conflict]")
	has(t, conflict, "form", fmt.Sprintf("No. %d", first.ID))
	has(t, conflict, "form", "quantity 2")
	action := conflict.Find("form").AttrOr("action", "")
	has(t, w.b.get("/attention", http.StatusOK), "main", "1 line with several additions of one product")

	w.b.post(action, nil, http.StatusUnprocessableEntity)
	w.b.post(action, form("addition", "999"), http.StatusUnprocessableEntity)
	w.as(store.Technician).post(action, form("addition", fmt.Sprint(second.ID)), http.StatusForbidden)
	w.b.with("Referer", "http://example.com"+path).post(action, form("addition", fmt.Sprint(second.ID)), http.StatusSeeOther)
	if w.b.location() != path {
		t.Errorf("the choice leads to %q, want back to %s", w.b.location(), path)
	}
	page = w.b.follow()
	has(t, page, "[data-testid=chosen]", fmt.Sprintf("No. %d is chosen", second.ID))
	w.b.post(page.Find("[data-state=conflict] form[action$='/sync']").AttrOr("action", ""), nil, http.StatusSeeOther)
	_, page = w.finished()
	has(t, page, "[data-testid=run-state]", "Done")
	for _, line := range w.sim.Additions(a.ID) {
		if want := map[int]string{first.ID: "1", second.ID: "3"}[line.ID]; line.Quantity.String() != want {
			t.Errorf("addition %d has %s, want %s", line.ID, line.Quantity, want)
		}
	}
	// ConnectWise bills the other line, too, until somebody says that this is meant so.
	w.b.post(views.FindingsPath, pressed(t, w.b.get("/attention", http.StatusOK), "second", "meant"), http.StatusSeeOther)
	has(t, w.b.get("/attention", http.StatusOK), "[data-testid=all-clear]", "Nothing needs you.")
	if w.b.get(path, http.StatusOK).Find("[name=addition]").Length() != 0 {
		t.Error("a conflict that is settled can still be chosen")
	}
}

func TestUndoOfARun(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	acme, a := w.customerWith("Acme", 3)
	beta, b := w.customerWith("Beta", 3)
	w.sync()
	w.join(acme, 2)
	w.join(beta, 2)
	path, page := w.sync()
	w.wrote(a, "5")
	w.sim.SetQuantity(b.ID, w.sim.Additions(b.ID)[0].ID, "8", "someone")
	w.b.post(page.Find("form[action$='/undo']").AttrOr("action", ""), nil, http.StatusSeeOther)
	undo, page := w.finished()
	has(t, page, "h1", "Preview of an undo")
	has(t, page, ".page-head", "Run 2")
	has(t, page, "[data-state=planned]", "Run 2 changed it from 3 to 5.")
	has(t, page, "[data-state=stale]", "Touched since: ConnectWise says 8, run 2 wrote 5 on 17 March 2026 at 12:00 UTC.")
	w.wrote(a, "5")
	w.b.post(undo+"/apply", nil, http.StatusSeeOther)
	w.finished()
	w.wrote(a, "3")
	w.wrote(b, "8")
	w.b.post("/runs/99/undo", nil, http.StatusNotFound)
	discarded, _ := w.preview()
	w.b.post(discarded+"/undo", nil, http.StatusUnprocessableEntity) // it wrote nothing
	w.as(store.Technician).post(path+"/undo", nil, http.StatusForbidden)
}

func TestRetryOfARun(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	acme, a := w.customerWith("Acme", 3)
	_, b := w.customerWith("Beta", 3)
	w.sync()
	w.join(acme, 1)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH", Times: 1})
	_, page := w.sync()
	has(t, page, "[data-testid=count-failed]", "1")
	has(t, w.b.get("/attention?state=failed", http.StatusOK), "[data-testid=change][data-state=failed]", "Acme")
	w.b.post(page.Find("form[action$='/retry']").AttrOr("action", ""), nil, http.StatusSeeOther)
	_, page = w.finished()
	has(t, page, "h1", "Retry")
	if n := page.Find("[data-testid=change]").Length(); n != 1 {
		t.Errorf("the retry looked at %d lines, want the one that failed", n)
	}
	w.wrote(a, "4")
	w.wrote(b, "3")
	if page := w.b.get("/runs/1", http.StatusOK); page.Find("form[action$='/retry']").Length() != 0 {
		t.Error("a run that wrote everything can be retried")
	}
}

// A line that may have been created is looked for; whoever sees that it is not there has it created at once.
func TestWhatWasSentIsNotThere(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	_, a := w.customerWith("Acme", 3)
	run, err := w.store.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-03", AsOf: testNow(), Status: store.RunIncomplete, StartedAt: testNow()})
	if err == nil {
		_, err = w.store.PlanAgreement(t.Context(), run.ID, a.ID, []store.Change{{
			CompanyID: a.CompanyID, Company: "Acme", Agreement: a.Name, Plan: store.Business, ProductID: w.businessProduct(), Kind: store.KindCreate,
			State: store.StateUnknown, After: decimal.NewNullDecimal(decimal.NewFromInt(3)), SentAt: testNow(),
		}})
	}
	if err != nil {
		t.Fatal(err)
	}
	page := w.b.get("/attention", http.StatusOK)
	said := page.Find("form[action$='/not-there']").AttrOr("action", "")
	w.b.post(said, nil, http.StatusSeeOther)
	w.waitFor("/runs/2")
	w.wrote(a, "3")
	has(t, w.b.get("/activity", http.StatusOK), "[data-testid=activity]", "Said that addition of ")
	page = w.b.get("/runs/1", http.StatusOK)
	has(t, page, "[data-testid=change][data-state=failed]", "admin@example.com looked and did not find it.")
	if page.Find("form[action$='/not-there']").Length() != 0 {
		t.Error("what is settled can be said again")
	}
	w.b.post(said, nil, http.StatusUnprocessableEntity)
	w.b.post("/changes/99/not-there", nil, http.StatusNotFound)
}

func TestOneAgreement(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	acme, a := w.customerWith("Acme", 3)
	beta, b := w.customerWith("Beta", 3)
	w.sync()
	w.join(acme, 1)
	w.join(beta, 1)
	page := w.b.get(views.OrganizationPath(acme.ID), http.StatusOK)
	w.b.post(page.Find("form[action$='/sync']").AttrOr("action", ""), nil, http.StatusSeeOther)
	_, page = w.finished()
	has(t, page, "h1", "Sync now, one agreement")
	w.wrote(a, "4")
	w.wrote(b, "3")

	// The agreement and the organization have their own history, without previews.
	w.preview()
	for _, path := range []string{views.AgreementPath(int64(a.ID)), views.OrganizationPath(acme.ID) + "/history"} {
		page := w.b.get(path, http.StatusOK)
		if n := page.Find("[data-testid=change]").Length(); n != 2 {
			t.Errorf("%s lists %d changes, want 2", path, n)
		}
		w.b.lacks("Beta")
		if n := w.b.get(path+"?state=written&kind=create", http.StatusOK).Find("[data-testid=change]").Length(); n != 1 {
			t.Errorf("%s filters to %d, want 1", path, n)
		}
		records := w.download(path + "/changes.csv")
		if len(records) != 2 || records[0]["Before"] != "3" || records[0]["After"] != "4" || records[0]["Run"] != "2" || records[1]["Organizations"] != "Acme: 3" {
			t.Errorf("%s download = %v", path, records)
		}
	}
	has(t, w.b.get(views.AgreementPath(int64(a.ID)), http.StatusOK), "[data-testid=line]", "4")
	has(t, w.b.get(views.OrganizationPath(acme.ID), http.StatusOK), "#history [data-testid=change]", "Sync now")
	w.b.get("/agreements/999", http.StatusNotFound)
	technician := w.as(store.Technician)
	technician.get(views.OrganizationPath(acme.ID), http.StatusOK)
	technician.lacks("Sync history", "Sync now")
	technician.get(views.OrganizationPath(acme.ID)+"/history", http.StatusForbidden)
}

func TestRunsAreFiltered(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerWith("Acme", 3)
	w.sync()
	w.preview()
	for query, want := range map[string]int{
		"": 2, "kind=manual": 1, "kind=preview": 1, "kind=monthly": 0, "kind=x": 2, "month=2026-03": 2, "month=2026-02": 0, "result=done": 1, "result=planned": 1, "result=x&page=9": 2,
	} {
		if got := w.b.get("/runs?"+query, http.StatusOK).Find("[data-testid=run]").Length(); got != want {
			t.Errorf("?%s = %d runs, want %d", query, got, want)
		}
	}
	records := w.download("/runs.csv?kind=manual")
	if len(records) != 1 || records[0]["Result"] != "done" || records[0]["Written"] != "1" || records[0]["By"] != "admin@example.com" || records[0]["Started (UTC)"] != "2026-03-17T12:00:00Z" {
		t.Errorf("download = %v", records)
	}
}

func TestGreenOnlyWhereAllWasChecked(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerWith("Acme", 3)
	page := w.b.get("/", http.StatusOK)
	if page.Find("[data-testid=all-clear]").Length() != 0 {
		t.Error("all is clear before the first sync")
	}
	has(t, page, "[data-testid=not-checked]", "nothing was synced yet")
	w.sync()
	has(t, w.b.get("/", http.StatusOK), "[data-testid=all-clear]", "Everything was checked")
}
