package handlers

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/handlers/api"
	"seatbridge/store"
	"seatbridge/views"
)

// syncedFebruary is a panel whose organization Acme, with 5 members since January, was synced for February on 1 March.
func syncedFebruary(t *testing.T) (*browser, store.Organization, cwsim.Agreement, store.Run) {
	t.Helper()
	b := connected(t)
	agreement := b.customer("Acme")
	o := b.organization("Acme", 0)
	b.importAll()
	b.members(o, 5, testNow().AddDate(0, -2, 0))
	if err := b.rooms.Mapping.Map(t.Context(), billingtest.Admin(), agreement.CompanyID, agreement.ID, o.ID); err != nil {
		t.Fatal(err)
	}
	written, err := b.rooms.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunManual, Period: seats.WholeMonth("2026-02")})
	if err != nil {
		t.Fatal(err)
	}
	return b, o, agreement, written
}

// members adds so many members that joined at a moment.
func (p *panel) members(o store.Organization, n int, joined time.Time) {
	p.t.Helper()
	emails := make([]string, n)
	for i := range emails {
		emails[i] = fmt.Sprintf("m%d-%d@example.com", joined.Unix(), i)
	}
	if _, _, err := p.store.AddSeats(p.t.Context(), o.ID, emails, time.Time{}, joined); err != nil {
		p.t.Fatal(err)
	}
}

// A month that was synced and is another figure afterwards says so on every page about it, with the way to write it again.
func TestCase_D8_SyncedWithAnotherFigure(t *testing.T) {
	t.Parallel()
	b, o, agreement, written := syncedFebruary(t)
	pages := map[string]string{
		"usage": views.UsagePath + "?month=2026-02", "organization": views.OrganizationPath(o.ID), "its history": views.OrganizationHistoryPath(o.ID),
		"agreement": views.AgreementPath(int64(agreement.ID)), "run": views.RunPath(written.ID),
	}
	const sentence = "February 2026 was synced with 5, the figure is 9 now."
	for _, path := range pages {
		b.get(path, http.StatusOK)
		b.lacks("was synced with")
	}
	b.script(api.WriteUsage).call("PUT", fmt.Sprintf("/usage/2026-02/organizations/%d", o.ID), `{"seats":9,"plan":"business"}`, http.StatusOK)
	for name, path := range pages {
		page := b.get(path, http.StatusOK)
		late := page.Find("[data-testid=late]").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Text() != "" })
		if late.Length() == 0 {
			t.Errorf("%s does not say that the figure is another one", name)
			continue
		}
		has(t, page, "[data-testid=late]", sentence)
		again := late.Find("a[href='" + views.MonthRowPath("2026-02", o.ID, "business") + "']")
		if text := words(again); text != "Sync February 2026 again" {
			t.Errorf("%s: the way to write it again reads %q", name, text)
		}
	}
}
