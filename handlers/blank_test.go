package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// A line that could not be read is not one that says nothing: it goes from unknown, without a difference.
func TestCase_I41_AReadFailure(t *testing.T) {
	t.Parallel()
	b, _ := syncedFebruary(t)
	b.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "GET", Path: "/finance/agreements/*/additions", Times: 1000})
	failed, err := b.rooms.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunManual, Period: seats.ToDate(testNow())})
	if err != nil {
		t.Fatal(err)
	}
	page := b.get(views.RunPath(failed.ID), http.StatusOK)
	if got := words(page.Find("td[data-label=Quantity]").First()); got != "from unknown → to 5" {
		t.Errorf("the quantity of what could not be read is %q", got)
	}
	if got := words(page.Find("td[data-label=Difference]").First()); got != "–" {
		t.Errorf("its difference is %q", got)
	}
}

// A fresh install knows nothing of the months before: their charts and totals are blank, not 0.
func TestCase_I41_MonthsNobodyKnowsAnythingAbout(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	add := fields(b.get(views.NewOrganizationPath, http.StatusOK).Find("form[action='" + views.OrganizationsPath + "']"))
	add.Set("name", "Fresh")
	b.post(views.OrganizationsPath, add, http.StatusSeeOther)
	o := p.named("Fresh")
	p.members(o, 3, testNow())

	for _, path := range []string{views.OverviewPath, views.UsagePath, views.OrganizationPath(o.ID)} {
		chart := b.get(path, http.StatusOK).Find("[data-testid=seat-chart]")
		values := chart.Find("text.value").Map(func(_ int, s *goquery.Selection) string { return words(s) })
		if got := strings.Join(values, ","); got != ",,,,,,,,,,,3" {
			t.Errorf("%s draws %q", path, got)
		}
		if label := chart.Find("svg.plot").AttrOr("aria-label", ""); label != "Billable seats by month. March 2026: 3 Business, 0 Enterprise." {
			t.Errorf("%s says %q", path, label)
		}
		if cell := chart.Find("tbody tr").First().Find("td"); cell.Length() != 3 || words(cell) != "" {
			t.Errorf("%s has %q in its table", path, words(cell))
		}
	}
	has(t, b.get(views.UsagePath, http.StatusOK), ".sparkline", "")
	if label := b.get(views.UsagePath, http.StatusOK).Find(".sparkline").AttrOr("aria-label", ""); label != "Seats by month: Mar 3" {
		t.Errorf("the small chart says %q", label)
	}
	totals := words(b.get(views.UsagePath+"?month=2026-02", http.StatusOK).Find("[data-testid=usage-totals]"))
	if !strings.HasPrefix(totals, "Business–Enterprise–Together–") {
		t.Errorf("a month of nobody has the totals %q", totals)
	}

	// What is said of the months before makes them known.
	life := views.OrganizationLifePath(o.ID)
	form := fields(b.get(views.OrganizationPath(o.ID), http.StatusOK).Find("form[action='" + life + "']"))
	form.Set("start", "2026-01-05")
	b.post(life, form, http.StatusSeeOther)
	values := b.follow().Find("text.value").Map(func(_ int, s *goquery.Selection) string { return words(s) })
	if got := strings.Join(values, ","); got != ",,,,,,,,,0,0,3" {
		t.Errorf("since January is drawn %q", got)
	}
}
