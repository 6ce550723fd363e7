package handlers

import (
	"fmt"
	"net/http"
	"strings"
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

// syncedMonth is who was synced on which agreement, by which run.
type syncedMonth struct {
	organization store.Organization
	agreement    cwsim.Agreement
	run          store.Run
}

// syncedFebruary is a panel whose organization Acme, with 5 members since January, was synced for February on 1 March.
func syncedFebruary(t *testing.T) (*browser, syncedMonth) {
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
	return b, syncedMonth{o, agreement, written}
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
	b, synced := syncedFebruary(t)
	o, agreement, written := synced.organization, synced.agreement, synced.run
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
	card := b.get(views.OverviewPath, http.StatusOK).Find("[data-testid=overview-month]")
	if got := words(card); !strings.Contains(got, "Due9 Written5Open1 difference +4 seats (+19.96 USD)Next invoice1 Mar 2026") ||
		card.Find("a[href='"+views.MonthPath("2026-02")+"']").Length() != 1 {
		t.Errorf("the overview's card is %q", got)
	}
	for _, path := range []string{views.OverviewPath, views.AttentionPath} {
		has(t, b.get(path, http.StatusOK), "[data-testid=attention]", "February 2026: 1 difference open, +4 seats (+19.96 USD)")
	}
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

// The running month has what its last sync wrote and what the lines say, with when they were read; a month without books says so.
func TestWrittenBesideDue(t *testing.T) {
	t.Parallel()
	b, synced := syncedFebruary(t)
	o, agreement, written := synced.organization, synced.agreement, synced.run
	row := rowOf(t, b.get(views.UsagePath+"?month=2026-02", http.StatusOK), "Acme")
	has(t, row, "[data-testid=written]", "5")
	has(t, row, "[data-testid=written] a[href='"+views.RunPath(written.ID)+"']", "Run")
	has(t, row, "[data-testid=in-connectwise]", "5")
	has(t, row, "[data-testid=in-connectwise]", "read 17 Mar 2026, 12:00 UTC")
	has(t, row, "[data-testid=difference] a[href='"+views.MonthRowPath("2026-02", o.ID, "business")+"']", "Agrees")

	row = rowOf(t, b.get(views.UsagePath, http.StatusOK), "Acme")
	has(t, row, "[data-testid=written]", "Not written")
	has(t, row, "[data-testid=in-connectwise]", "5")
	row = rowOf(t, b.get(views.UsagePath+"?month=2026-01", http.StatusOK), "Acme")
	has(t, row, "[data-testid=written]", "Not known")
	has(t, row, "[data-testid=in-connectwise]", "Not known")

	b.members(o, 2, testNow().AddDate(0, 0, -1))
	b.syncNow()
	row = rowOf(t, b.get(views.UsagePath, http.StatusOK), "Acme")
	has(t, row, "[data-testid=written]", "7")
	has(t, row, "[data-testid=in-connectwise]", "7")

	months := b.get(views.OrganizationPath(o.ID), http.StatusOK).Find("[data-testid=booked]")
	if got := words(months); months.Length() != 2 || !strings.Contains(got, "March 2026, so far Business77Run 2, 17 Mar 20267read") ||
		!strings.Contains(got, "February 2026 Business55Run 1, 17 Mar 20267read") {
		t.Errorf("the organization's months are %q", got)
	}
	row = rowOf(t, b.get(views.OrganizationsPath+"?q=acme", http.StatusOK), "Acme")
	has(t, row, "[data-testid=ended]", "5, 5")

	page := b.get(views.AgreementPath(int64(agreement.ID)), http.StatusOK)
	has(t, page, "[data-testid=line-due]", "7")
	has(t, page, "[data-testid=line-reads]", "7")
	has(t, page, "[data-testid=next-invoice]", "2026")
	has(t, b.get(views.CompaniesPath+"?q=acme", http.StatusOK), "[data-testid=stands]", "7 due so far · 7 in ConnectWise on Business, read 17 Mar 2026, 12:00 UTC · next invoice")
}

// Technicians see organizations without what is billed of them.
func TestTechniciansSeeOrganizationsWithoutBooks(t *testing.T) {
	t.Parallel()
	b, synced := syncedFebruary(t)
	o := synced.organization
	technician := b.as(store.Technician)
	for _, path := range []string{views.OrganizationsPath, views.OrganizationPath(o.ID)} {
		page := technician.get(path, http.StatusOK)
		if n := page.Find("[data-testid=ended], [data-testid=booked], [data-testid=late]").Length(); n != 0 {
			t.Errorf("%s shows %d parts of the books", path, n)
		}
		technician.lacks(views.MonthsPath)
	}
}

// Each row of the list that is swapped alone keeps its cells.
func TestBooksStayInARowThatChanged(t *testing.T) {
	t.Parallel()
	b, synced := syncedFebruary(t)
	o := synced.organization
	row := b.part().post(views.SuspendOrganizationPath(o.ID), nil, http.StatusOK)
	has(t, row, "[data-testid=ended]", "5, 5")
}

// The downloads have the same, and empty cells or words for what is not known.
func TestWrittenInDownloads(t *testing.T) {
	t.Parallel()
	b, synced := syncedFebruary(t)
	o := synced.organization
	cells := func(month string) string {
		rows := b.csv(views.UsageCSVPath + "?month=" + month)
		return strings.Join(rows[1][12:], "|")
	}
	if got := cells("2026-02"); got != "5|1|5|2026-03-17T12:00:00Z|5|0|0.00|USD|none|" {
		t.Errorf("February is %q", got)
	}
	if got := cells("2026-01"); got != "||||||||not known|" {
		t.Errorf("January is %q", got)
	}
	b.script(api.WriteUsage).call("PUT", fmt.Sprintf("/usage/2026-02/organizations/%d", o.ID), `{"seats":6,"plan":"enterprise"}`, http.StatusOK)
	if got := cells("2026-02"); got != "||||0|6|||open|NordPass Business: written 5, in ConnectWise 5, difference -5" {
		t.Errorf("February on another plan is %q", got)
	}
}
