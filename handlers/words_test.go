package handlers

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
	"seatbridge/views"
)

// I39: the first preview said −289.42 in all, because it left out every new line, whose price had been shown when its product was
// chosen. A new line takes its product's price over, and says that it is that one.
func TestCase_I39_NewLinesHaveTheCatalogsPrice(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.hold()
	w.customerWith("Fresh", 3)
	_, sinking := w.customerWith("Sinking", 2)
	w.line(sinking, "60", "4.99")
	path, page := w.preview()
	fresh := page.Find("[data-testid=change]:contains(Fresh)")
	has(t, fresh, "[data-testid=money]", "+14.97 USD")
	has(t, fresh, "[data-testid=price]", "at the catalog's price of 4.99")
	if n := page.Find("[data-testid=change]:contains(Sinking) [data-testid=price]").Length(); n != 0 {
		t.Error("a line with a price of its own is said to have the catalog's")
	}
	totals := page.Find("[data-testid=totals] tbody tr")
	has(t, totals, "td[data-label='More money']", "+14.97 USD")
	has(t, totals, "td[data-label='More money']", "1 line at the catalog's price")
	has(t, totals, "td[data-label='Less money']", "−289.42 USD")
	records := w.download(path + "/changes.csv?kind=create")
	if len(records) != 1 || records[0]["Unit price"] != "4.99" || records[0]["Price of"] != "catalog" || records[0]["Difference in money"] != "14.97" {
		t.Errorf("download = %v", records)
	}

	w.b.post(path+"/apply", nil, http.StatusSeeOther)
	_, page = w.finished()
	if n := page.Find("[data-testid=price]").Length(); n != 0 {
		t.Error("the price of a line that is there is its own")
	}
}

// I40: money is of what ConnectWise bills: less what is included, and nothing where it bills nothing.
func TestCase_I40_MoneyIsOfWhatIsBilled(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.hold()
	_, included := w.customerWith("Included", 3)
	free := w.sim.AddAgreement(cwsim.Agreement{CompanyID: w.sim.AddCompany(cwsim.Company{Name: "Free"}).ID, Name: "Free services", BillProducts: "DoNotBill"})
	w.b.importAll()
	o := w.organization("Free", 9)
	w.b.post(fmt.Sprintf("%s/%d/map", views.CompaniesPath, free.CompanyID), form("agreement", fmt.Sprint(free.ID), "organization", fmt.Sprint(o.ID)), http.StatusSeeOther)
	w.sim.AddAddition(cwsim.Addition{
		AgreementID: included.ID, ProductID: w.businessProduct(), Quantity: decimal.NewFromInt(5), LessIncluded: decimal.NewFromInt(4),
		UnitPrice: decimal.RequireFromString("4.99"), BillCustomer: "Billable",
	})
	w.line(free, "5", "4.99")
	path, page := w.preview()
	has(t, page.Find("[data-testid=change]:contains(Included)"), "[data-testid=money]", "−4.99 USD")
	has(t, page.Find("[data-testid=change]:contains(Free)"), "[data-testid=money]", "Not billed")
	totals := page.Find("[data-testid=totals] tbody tr")
	has(t, totals, "td[data-label='Less money']", "−4.99 USD")
	has(t, totals, "td[data-label='More money']", "1 line is not billed")
	for _, record := range w.download(path + "/changes.csv") {
		if want := map[string]string{"Included": "-4.99", "Free": "0.00"}[record["Company"]]; record["Difference in money"] != want {
			t.Errorf("download of %s says %s, want %s", record["Company"], record["Difference in money"], want)
		}
	}
}

// I42: where the keys are refused, four mapped agreements had something to write, and nobody knows whether.
func TestCase_I42_RefusedKeys(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	for _, name := range []string{"Acme", "Beta", "Gamma", "Delta"} {
		w.customerWith(name, 3)
	}
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized, Times: 1000})
	_, page := w.sync()
	has(t, page, "[data-testid=run-state]", "Failed")
	has(t, page, "#changes", "No line was read")
	has(t, page, "#changes", "4 agreements were to be synced. ConnectWise refused the API keys.")
	w.b.lacks("No mapped organization had anything to write")
	for _, path := range []string{views.OverviewPath, views.ConnectWisePath} {
		if w.b.get(path, http.StatusOK).Find(".badge:contains(Active)").Length() != 0 {
			t.Errorf("%s calls the connection active", path)
		}
	}
}

// I42: a run of which every line failed has failed; what it says of the connection is nothing.
func TestCase_I42_EveryLineFailed(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	for _, name := range []string{"Acme", "Beta", "Gamma", "Delta"} {
		w.customerWith(name, 3)
	}
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "POST", Path: "/finance/agreements/*/additions", Times: 4})
	_, page := w.sync()
	has(t, page, "[data-testid=count-failed]", "4")
	has(t, page, "[data-testid=run-state]", "Failed")
	has(t, page, "main", "No line could be written.")
	has(t, w.b.get("/runs", http.StatusOK), "[data-testid=run]", "Failed")
}

// I43: a run whose held changes were all decided needs nobody any more.
func TestCase_I43_AllDecided(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	acme, _ := w.customerWith("Acme", 3)
	beta, _ := w.customerWith("Beta", 3)
	w.sync()
	w.hold("seats", "10")
	w.join(acme, 12)
	w.join(beta, 12)
	path, page := w.sync()
	has(t, page, "[data-testid=run-state]", "Incomplete")
	held := w.b.get("/held", http.StatusOK)
	button := func(name, do string) string {
		return held.Find("[data-testid=held]:contains("+name+") button[name="+do+"]").AttrOr("value", "")
	}
	w.b.post("/held", form("reject", button("Acme", "reject")), http.StatusSeeOther)
	has(t, w.b.get(path, http.StatusOK), "[data-testid=run-state]", "Incomplete") // Beta waits
	w.b.post("/held", form("approve", button("Beta", "approve")), http.StatusSeeOther)
	w.waitFor(path)
	has(t, w.b.get(path, http.StatusOK), "[data-testid=run-state]", "Done")

	w.join(beta, 30)
	path, page = w.sync()
	has(t, page, "[data-testid=run-state]", "Incomplete")
	held = w.b.get("/held", http.StatusOK)
	w.b.post("/held", form("decision", "reject_all", "last", held.Find("input[name=last]").AttrOr("value", "")), http.StatusSeeOther)
	has(t, w.b.get(path, http.StatusOK), "[data-testid=run-state]", "Done")
	log := w.b.get("/activity", http.StatusOK)
	has(t, log, "[data-testid=activity]", "Rejected: Acme, NP-BUS 3 → 15 in run 2")
	has(t, log, "[data-testid=activity]", "Approved: Beta, NP-BUS 3 → 15 in run 2.")
	has(t, log, "[data-testid=activity] a[href='/runs/2']", "run 2")
}
