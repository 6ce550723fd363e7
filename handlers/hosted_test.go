package handlers

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// The page says for each last month when to disconnect and which is the first month here, keeps the choice, and shows it on Overview.
func TestHostedIntegration(t *testing.T) {
	t.Parallel()
	p := newPanel(t) // on 17 March 2026
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	page := b.get(views.HostedPath, http.StatusOK)
	has(t, page, "form[action='"+views.HostedPath+"']", "Disconnect it there after 1 Apr 2026, 00:30 UTC and before 1 May 2026, 00:30 UTC. The first month here is April 2026")
	has(t, page, "form[action='"+views.HostedPath+"']", "Disconnect it there before 1 Apr 2026, 00:30 UTC: now, best. The first month here is March 2026, written on 1 Apr 2026, 00:30 UTC.")
	if got := page.Find("input[name=last][checked]").AttrOr("value", "-"); got != "" {
		t.Errorf("%q is chosen before anybody chose", got)
	}
	refused := b.post(views.HostedPath, form("last", "1999-01"), http.StatusUnprocessableEntity)
	has(t, refused, ".problem", "Choose one of the months")

	b.post(views.HostedPath, form("last", "2026-03"), http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=hosted-chosen]", "March 2026 is its last month.")
	if got := page.Find("input[name=last][checked]").AttrOr("value", "-"); got != "2026-03" {
		t.Errorf("%q is chosen", got)
	}
	has(t, b.get(views.ConnectWisePath, http.StatusOK), "[data-testid=next-sync]", "1 May 2026, 00:30 UTC")
	b.post("/settings/months", form("sync_day", "2", "sync_hour", "0", "remind_days", "0"), http.StatusSeeOther)
	has(t, b.get(views.HostedPath, http.StatusOK), "[data-testid=hosted-chosen]", "written on 2 May 2026, 00:30 UTC")
	b.post(views.HostedPath, form("last", ""), http.StatusSeeOther)
	if b.follow().Find("[data-testid=hosted-chosen]").Length() != 0 {
		t.Error("the choice cannot be taken back")
	}
}

// A month between the two, which fell due before the products were mapped, is said to be nobody's, with the way to write it.
func TestHostedMonthBetween(t *testing.T) {
	t.Parallel()
	p := newPanel(t) // on 17 March 2026
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	acme := p.customer("Acme")
	o := p.organization("Acme", 3)
	b.importAll()
	b.post(views.MapCompanyPath(int64(acme.CompanyID)), form("agreement", strconv.Itoa(acme.ID), "organization", strconv.FormatInt(o.ID, 10)), http.StatusSeeOther)
	b.post(views.HostedPath, form("last", "2026-01"), http.StatusSeeOther)
	page := b.follow()
	has(t, page, "[data-testid=hosted-chosen]", "The first month here is February 2026. February 2026 is not written by itself")
	has(t, page, "[data-testid=hosted-chosen]", "The next month is written on 1 Apr 2026, 00:30 UTC.")
	again := views.SyncMonthPath("2026-02")
	has(t, page, "[data-testid=hosted-open] a[href='"+again+"']", "Sync February 2026 again")
	has(t, b.get(views.OverviewPath, http.StatusOK), "main", "February 2026 is written by nobody")
	b.get(again, http.StatusOK)
	b.post(again, nil, http.StatusSeeOther)
	b.until("the sync", func() bool { return len(p.writes()) > 0 })
	p.rooms.Work.Wait()
	page = b.get(views.HostedPath, http.StatusOK)
	has(t, page, "[data-testid=hosted-chosen]", "The first month here was February 2026")
	if page.Find("[data-testid=hosted-open]").Length() != 0 {
		t.Error("it is still said to be nobody's")
	}
}

// Check now names who else changed a line, and only reads.
func TestHostedCheck(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	acme := p.customer("Acme")
	o := p.organization("Acme", 3)
	b.importAll()
	if b.get(views.HostedPath, http.StatusOK).Find("form[action='"+views.CheckHostedPath+"']").Length() != 0 {
		t.Error("it can be checked though nothing is mapped")
	}
	b.post(views.MapCompanyPath(int64(acme.CompanyID)), form("agreement", strconv.Itoa(acme.ID), "organization", strconv.FormatInt(o.ID, 10)), http.StatusSeeOther)
	b.syncNow()
	p.sim.ResetRequests()
	b.post(views.CheckHostedPath, nil, http.StatusSeeOther)
	b.until("the check", func() bool { return !p.rooms.Hosted.Last().Running })
	page := b.get(views.HostedPath, http.StatusOK)
	has(t, page, "[data-testid=hosted-check]", "Nobody but Seatbridge has changed a line since")
	has(t, page, "[data-testid=hosted-check]", "Seatbridge writes as Seats.")
	if written := p.writes(); len(written) > 0 {
		t.Errorf("the check wrote %q", written)
	}
	p.sim.SetAssumptions(cwsim.Assumptions{AuditTrailRefused: true})
	b.post(views.CheckHostedPath, nil, http.StatusSeeOther)
	b.until("the check", func() bool { return !p.rooms.Hosted.Last().Running })
	page = b.get(views.HostedPath, http.StatusOK)
	has(t, page, "[data-testid=hosted-unknown]", "Only the last change of 1 line is known")
	if text := words(page.Find("[data-testid=hosted-check]")); strings.Contains(text, "Nobody") {
		t.Errorf("without the audit trail it says %q", text)
	}
}
