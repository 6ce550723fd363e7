package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// pressed is what the form of the only finding about a subject sends when a button of it is pressed.
func pressed(t *testing.T, page *goquery.Document, subject, do string) url.Values {
	t.Helper()
	row := page.Find("[data-testid=finding][data-subject=" + subject + "]")
	if row.Length() != 1 {
		t.Fatalf("%d findings about %s", row.Length(), subject)
	}
	if row.Find("button[name=do][value="+do+"]").Length() != 1 {
		t.Fatalf("%s offers no %s", subject, do)
	}
	form := url.Values{"do": {do}}
	row.Find("form.finding input").Each(func(_ int, input *goquery.Selection) {
		form.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	return form
}

// customerOn is a company whose agreement has these terms, with a mapped organization of 3 seats.
func (w *billed) customerOn(name string, terms func(*cwsim.Agreement)) {
	w.t.Helper()
	a := w.customer(name)
	w.sim.UpdateAgreement(a.ID, terms)
	w.b.importAll()
	o := w.organization(name, 3)
	w.b.post(views.MapCompanyPath(int64(a.CompanyID)), form("agreement", fmt.Sprint(a.ID), "organization", fmt.Sprint(o.ID)), http.StatusSeeOther)
}

func yearly(a *cwsim.Agreement) { a.BillingCycle = "Annual" }

func TestFindingsAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerOn("Acme", yearly)
	w.sync()

	page := w.b.get(views.AttentionPath, http.StatusOK)
	has(t, page, "[data-testid=attention]", "1 agreement not billed monthly")
	has(t, page, "[data-testid=finding]", "billing cycle is Annual")
	has(t, page, "[data-testid=holds]", "Nothing is written there")
	has(t, w.b.get(views.OverviewPath, http.StatusOK), "[data-testid=attention]", "1 agreement not billed monthly")

	asked := w.b.get(views.RunPath(1), http.StatusOK)
	has(t, asked, "[data-testid=asks]", "Decide about what was found")
	has(t, w.b.get(asked.Find("[data-testid=asks] a").AttrOr("href", ""), http.StatusOK), "[data-testid=finding]", "billing cycle is Annual")
	page = w.b.get(views.FindingsPath+"?kind=cycle", http.StatusOK)
	answer := pressed(t, page, "cycle", "meant")
	if page.Find("button[value=zero]").Length() != 0 {
		t.Error("an agreement cannot be set to 0")
	}
	answer.Set("note", "paid a year <b>ahead</b>")
	other := url.Values{}
	for name := range answer {
		other.Set(name, answer.Get(name))
	}
	other.Set("facts", "Quarterly")
	w.b.post(views.FindingsPath, other, http.StatusUnprocessableEntity)
	w.b.post(views.FindingsPath, url.Values{"agreement": {answer.Get("agreement")}}, http.StatusUnprocessableEntity)

	w.b.post(views.FindingsPath, answer, http.StatusSeeOther)
	if n := w.b.get(views.FindingsPath, http.StatusOK).Find("[data-testid=finding]").Length(); n != 0 {
		t.Errorf("%d findings still need an answer", n)
	}
	page = w.b.get(views.FindingsPath+"?show=meant", http.StatusOK)
	has(t, page, "[data-testid=meant]", "paid a year <b>ahead</b>")
	if page.Find("[data-testid=meant] b").Length() != 0 {
		t.Error("a note is taken for markup")
	}
	w.b.get(views.AttentionPath, http.StatusOK)
	w.b.lacks("not billed monthly")

	w.b.post(views.FindingsPath, pressed(t, page, "cycle", "withdraw"), http.StatusSeeOther)
	has(t, w.b.get(views.FindingsPath, http.StatusOK), "[data-testid=finding]", "billing cycle is Annual")
	has(t, w.b.get("/activity", http.StatusOK), "body", "Took back that it is meant so of Acme")
}

func TestFindingsAreFiltered(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerOn("Acme", yearly)
	w.customerOn("Beta & Sons", func(a *cwsim.Agreement) { a.BillProducts = "DoNotBill" })
	w.sync()
	for query, want := range map[string]string{
		"": "cycle products", "?kind=cycle": "cycle", "?kind=price": "", "?q=beta": "products", "?q=%25": "", "?show=meant": "",
		"?kind=garbage": "cycle products", "?page=99": "cycle products",
	} {
		var got []string
		w.b.get(views.FindingsPath+query, http.StatusOK).Find("[data-testid=finding]").Each(func(_ int, row *goquery.Selection) {
			got = append(got, row.AttrOr("data-subject", ""))
		})
		if strings.Join(got, " ") != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
}

func TestALineThatNobodyFeedsIsSetTo0(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	o, a := w.customerWith("Acme", 3)
	w.sync()
	w.b.post(views.UnmapCompanyPath(int64(a.CompanyID)), url.Values{"organization": {number(o.ID)}, "line": {"keep"}}, http.StatusSeeOther)
	page := w.b.get(views.AttentionPath, http.StatusOK)
	has(t, page, "[data-testid=attention]", "1 line that nobody feeds any more")
	has(t, page, "[data-testid=finding]", "still bills 3, and no organization is mapped")
	has(t, page, "[data-testid=finding] [data-testid=money]", "14.97 USD")
	w.b.post(views.FindingsPath, pressed(t, page, "unfed", "look"), http.StatusSeeOther)
	w.b.post(views.FindingsPath, pressed(t, page, "unfed", "zero"), http.StatusSeeOther)
	w.finished()
	w.wrote(a, "0")
	w.b.get(views.AttentionPath, http.StatusOK)
	w.b.lacks("nobody feeds")
}

// That a line was ended may well be meant so: the answer after which its seats are billed again says that it creates a line.
func TestTheAnswerToAnEndedLineCreatesOne(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	_, a := w.customerWith("Acme", 3)
	w.sync()
	w.sim.CancelAddition(a.ID, w.sim.Additions(a.ID)[0].ID, testNow().AddDate(0, 0, -1))
	w.sync()
	page := w.b.get(views.FindingsPath+"?kind=ended", http.StatusOK)
	has(t, page, "[data-testid=finding] summary", "Create a line all the same")
	has(t, page, "[data-testid=finding]", "If not, unmap the organization")
	if strings.Contains(page.Find("[data-testid=finding]").Text(), "It is meant so") {
		t.Error("an ended line asks whether it is meant so")
	}
	w.b.post(views.FindingsPath, pressed(t, page, "ended", "meant"), http.StatusSeeOther)
	page = w.b.get(views.FindingsPath+"?show=meant", http.StatusOK)
	has(t, page, "body", "The next sync creates the line")
	has(t, page, "[data-testid=meant]", "A line may be created all the same")
	has(t, w.b.get("/activity", http.StatusOK), "body", "Said of Acme, agreement Acme services that a line may be created all the same: Line no.")
}

// Beside Approve a change can be let through for good.
func TestApprovedForGood(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerOn("Acme", yearly)
	w.sync()
	page := w.b.get(views.HeldPath, http.StatusOK)
	always := page.Find("button[name=always]")
	w.b.post(views.HeldPath, form("always", always.AttrOr("value", "")), http.StatusSeeOther)
	w.waitFor(views.RunPath(1))
	for _, change := range []string{"written", "unchanged"} {
		changes, _, err := w.store.Changes(t.Context(), store.ChangeFilter{States: []store.ChangeState{store.ChangeState(change)}})
		if err != nil || len(changes) != 1 {
			t.Errorf("%d changes are %s, %v", len(changes), change, err)
		}
		w.sync()
	}
	if n := w.b.get(views.FindingsPath, http.StatusOK).Find("[data-testid=finding]").Length(); n != 0 {
		t.Errorf("%d findings still need an answer", n)
	}
	w.b.post(views.HeldPath, form("always", always.AttrOr("value", "")), http.StatusUnprocessableEntity)
}

// What no page sends is answered as a mistake of the sender's, and does nothing.
func TestFindingsTakeNoWrongInput(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerOn("Acme", yearly)
	w.sync()
	right := pressed(t, w.b.get(views.FindingsPath, http.StatusOK), "cycle", "meant")
	for _, do := range []string{"meant", "withdraw", "zero", "look", "end", ""} {
		for _, id := range []string{"", "0", "-1", "77", "4294967296", "99999999999999999999", "1e3", "x"} {
			wrong := url.Values{}
			for name := range right {
				wrong.Set(name, right.Get(name))
			}
			wrong.Set("do", do)
			wrong.Set("agreement", id)
			w.b.post(views.FindingsPath, wrong, http.StatusUnprocessableEntity)
		}
	}
	w.b.post(views.HeldPath, form("always", "77"), http.StatusNotFound)
	for _, id := range []string{"", "0", "-1", "77", "99999999999999999999", "x"} {
		w.b.post(views.HeldPath, form("approve", "", "change", id), http.StatusUnprocessableEntity)
	}
	right.Set("do", "look")
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized, Method: "GET"})
	w.b.post(views.FindingsPath, right, http.StatusBadGateway)
}
