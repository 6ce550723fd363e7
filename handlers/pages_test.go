package handlers

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/handlers/web"
	"seatbridge/store"
)

func TestUsagePage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 3)
	p.organization("Beta", 2)
	p.organization("=HYPERLINK(1)", 1)
	if err := p.store.SaveUsageReport(t.Context(), store.UsageReport{
		OrganizationID: acme.ID, Month: "2026-02", Seats: 7, Plan: store.Enterprise, Source: "NordPass report", ReportedAt: testNow(),
	}); err != nil {
		t.Fatal(err)
	}
	b := p.as(store.Admin)
	page := b.get("/usage", http.StatusOK)
	has(t, page, "main", "Acme")
	page = b.get("/usage?month=2026-02&q=acme", http.StatusOK)
	has(t, page, "main", "NordPass report")
	for _, query := range []string{"plan=x&mapping=x&sort=x&page=99", "month=2001-01", "month="} {
		b.get("/usage?"+query, http.StatusOK)
	}
	b.get("/usage.csv?month=2026-02", http.StatusOK)
	rows, err := csv.NewReader(b.last.Body).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("rows = %v, %v", rows, err)
	}
	if rows[1][1] != "'=HYPERLINK(1)" {
		t.Errorf("a formula got through: %q", rows[1][1])
	}
	if rows[2][1] != "Acme" || rows[2][4] != "NordPass Enterprise" || rows[2][5] != "7" {
		t.Errorf("Acme = %q", rows[2])
	}
	if got := b.last.Header().Get("Content-Disposition"); got != `attachment; filename="usage-2026-02.csv"` {
		t.Errorf("Content-Disposition = %q", got)
	}
}

// A download that fails must not look complete.
func TestDownloadFails(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	for _, size := range []int{1, web.CSVBuffer} {
		func() {
			defer func() {
				cause, _ := recover().(error)
				if errors.Is(cause, http.ErrAbortHandler) != (size == web.CSVBuffer) {
					t.Errorf("after %d bytes: %v", size, cause)
				}
			}()
			b := p.browser()
			h := p.server.web.Handler(func(w http.ResponseWriter, r *http.Request) error {
				return p.server.web.SendCSV(w, r, "x", []string{"a"}, func(write func(...string)) error {
					write(strings.Repeat("x", size))
					write("y")
					return fmt.Errorf("the disk is gone")
				})
			})
			b.panel = &panel{t: t, handler: h, log: p.log}
			b.get("/usage.csv", http.StatusInternalServerError)
			b.lacks("the disk is gone", "xxxx")
		}()
	}
}

func TestActivityLog(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 0)
	p.organization("Acme Two", 0)
	for i := range 60 {
		err := p.store.AddActivity(t.Context(), store.Activity{
			At: testNow().AddDate(0, 0, -i), Actor: "olga@example.com", IP: "192.0.2.1", Category: store.CategoryOrganizations,
			Action: fmt.Sprintf("Did thing %d.", i), OrganizationID: o.ID * int64(i%2),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	b := p.as(store.Admin)
	rows := func(query string, status int) int {
		return b.get("/activity?"+query, status).Find("[data-testid=activity]").Length()
	}
	for query, want := range map[string]int{
		"": 30, "from=2026-01-01&to=2026-03-17": 50, "from=2026-01-01&to=2026-03-17&page=2": 10, "from=2026-03-17&to=2026-03-17": 1,
		"member=OLGA&from=2026-03-16": 2, "member=nobody": 0, "category=billing": 0, "category=x": 30, "organization=acme&from=2026-03-14": 2,
	} {
		if got := rows(query, http.StatusOK); got != want {
			t.Errorf("?%s = %d rows, want %d", query, got, want)
		}
	}
	for _, query := range []string{
		"from=2025-01-01&to=2026-03-17", "from=2026-03-17&to=2026-03-01", "from=yesterday", "to=9999-99-99", "organization=acm", "organization=nothing",
	} {
		page := b.get("/activity?"+query, http.StatusUnprocessableEntity)
		if page.Find("[data-testid=notice]").Length() == 0 {
			t.Errorf("?%s says nothing", query)
		}
		b.get("/activity.csv?"+query, http.StatusUnprocessableEntity)
	}
	b.get("/activity.csv?from=2026-03-10&to=2026-03-17", http.StatusOK)
	lines, err := csv.NewReader(b.last.Body).ReadAll()
	if err != nil || len(lines) != 9 || lines[2][5] != "Acme" || lines[1][0] != "2026-03-17T12:00:00Z" {
		t.Errorf("csv = %v, %v", lines, err)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	first := p.user(store.Owner, "first@example.com")
	ownerPath := fmt.Sprintf("/members/%d", first.ID)
	admin := p.as(store.Admin)
	tech := p.user(store.Technician, "tech@example.com")
	techPath := fmt.Sprintf("/members/%d", tech.ID)
	techBrowser := p.signedIn(tech)

	// Admins manage everybody but Owners.
	for _, action := range []string{"/suspend", "/remove", "/reactivate", "/role"} {
		admin.post(ownerPath+action, form("role", "technician"), http.StatusForbidden)
	}
	admin.post(techPath+"/role", form("role", "owner"), http.StatusForbidden)
	admin.post("/members", form("email", "x@example.com", "name", "X", "role", "owner"), http.StatusUnprocessableEntity)
	admin.post(techPath+"/role", form("role", "emperor"), http.StatusUnprocessableEntity)
	page := admin.post("/members", form("email", "TECH@example.com", "name", "Double", "role", "admin"), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "A member has this e-mail address already.")
	if name := page.Find("#invite-name").AttrOr("value", ""); name != "Double" {
		t.Errorf("the name is lost: %q", name)
	}

	techBrowser.get("/organizations", http.StatusOK)
	admin.post(techPath+"/reactivate", nil, http.StatusConflict)
	admin.post(techPath+"/suspend", nil, http.StatusSeeOther)
	techBrowser.get("/organizations", http.StatusSeeOther) // signed out at once
	admin.post(techPath+"/reactivate", nil, http.StatusSeeOther)
	admin.post(techPath+"/role", form("role", "admin"), http.StatusSeeOther)
	admin.post(techPath+"/remove", nil, http.StatusSeeOther)
	has(t, admin.follow(), "[data-testid=flash]", "Removed tech@example.com.")
	admin.post(techPath+"/remove", nil, http.StatusNotFound)

	owner := p.signedIn(first)
	owner.post(ownerPath+"/role", form("role", "admin"), http.StatusConflict) // oneself
	second := p.user(store.Owner, "second@example.com")
	other := p.signedIn(second)
	other.post(ownerPath+"/role", form("role", "admin"), http.StatusSeeOther)
	owner.post(fmt.Sprintf("/members/%d/remove", second.ID), nil, http.StatusForbidden) // an Admin by now
}

func TestSettings(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	page := b.post("/settings", form("msp", strings.Repeat("x", 201), "count_pending", "true"), http.StatusUnprocessableEntity)
	if page.Find("[name=count_pending][checked]").Length() != 1 {
		t.Error("the form lost what was chosen")
	}
	b.post("/settings", form("msp", "Harbor IT", "count_pending", "true"), http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "Settings saved.")
	settings, err := p.store.Settings(t.Context())
	// What is held has its own form and its defaults.
	if err != nil || settings.MSPName != "Harbor IT" || settings.HandEdits != store.Overwrite || !settings.Holds.First {
		t.Errorf("settings = %+v, %v", settings, err)
	}
	counted := []store.PendingRule{{From: "2026-03", Counted: true}} // from the running month on
	if diff := cmp.Diff(counted, settings.Pending); diff != "" {
		t.Errorf("pending seats (- want, + got):\n%s", diff)
	}
	has(t, b.get("/settings", http.StatusOK), "#count-pending-hint", "On since March 2026.")
	page = p.as(store.Technician).get("/settings", http.StatusOK)
	if page.Find("form[action='/settings']").Length() != 0 || page.Find("form[action='/settings/password']").Length() != 1 {
		t.Error("a Technician sees the wrong forms")
	}
}

// When the month before is written is a setting, which the pages follow.
func TestSettingsOfMonths(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	months := func(day, hour, remind string, more ...string) url.Values {
		return form(append([]string{"sync_day", day, "sync_hour", hour, "remind_days", remind}, more...)...)
	}
	page := b.get("/settings", http.StatusOK)
	for id, want := range map[string]string{"sync-day": "1", "sync-hour": "0", "remind-days": "2"} {
		if got := page.Find("#"+id).AttrOr("value", ""); got != want {
			t.Errorf("%s is %q at first, want %q", id, got, want)
		}
	}
	b.connect()
	b.mapProducts()
	has(t, b.get("/integrations/connectwise", http.StatusOK), "main", "At 00:30 UTC on the first day of each month, the billable seats")
	has(t, b.get("/", http.StatusOK), "main", "1 Apr 2026, 00:30 UTC")
	for field, values := range map[string]url.Values{
		"sync-day": months("29", "0", "2"), "sync-hour": months("1", "24", "2"), "remind-days": months("1", "0", "29"),
	} {
		page := b.post("/settings/months", values, http.StatusUnprocessableEntity)
		has(t, page, "#months .field:has(#"+field+")", "Enter a whole number from")
		if page.Find("#months .field.invalid, #months .field[data-invalid]").Length() > 1 {
			t.Errorf("%s: more than it is marked", field)
		}
	}
	for _, bad := range []url.Values{months("0", "0", "2"), months("1", "-1", "2"), months("1", "0", "-1"), months("", "", ""), months("1.5", "0", "2"), {}} {
		b.post("/settings/months", bad, http.StatusUnprocessableEntity)
	}
	page = b.post("/settings/months", months("31", "abc", "2", "close_months", "true"), http.StatusUnprocessableEntity)
	if page.Find("#sync-hour").AttrOr("value", "") != "abc" || page.Find("#close-months[checked]").Length() != 1 {
		t.Error("the form lost what was typed")
	}
	saved := func(values url.Values, want string) {
		t.Helper()
		b.post("/settings/months", values, http.StatusSeeOther)
		if b.location() != "/settings#months" {
			t.Errorf("saved, and sent to %s", b.location())
		}
		has(t, b.get("/settings", http.StatusOK), "[data-testid=flash]", want)
	}
	saved(months("25", "6", "2"), "Months saved. The next sync by itself is on 25 March 2026 at 06:30 UTC.")
	saved(months("2", "6", "2"), "Months saved. The next sync by itself is on 2 April 2026 at 06:30 UTC. February 2026 is due already: if it was not synced, it is within the hour.")
	saved(months("25", "6", "0", "close_months", "true"), "Months saved. The next sync by itself is on 25 March 2026 at 06:30 UTC.")
	settings, err := p.store.Settings(t.Context())
	if want := (store.Months{SyncDay: 25, SyncHour: 6, SyncSetAt: testNow(), CloseByItself: true}); err != nil || settings.Months != want || !settings.Holds.First {
		t.Errorf("settings = %+v, %v; want %+v", settings, err, want)
	}
	p.wantActivity("admin@example.com", "Saved the months. Synced at 06:30 UTC on day 25 of each month; "+
		"days from the reminder to the invoicing day: off; months close by themselves when nothing is open; differences are not put on the next invoice.")
	has(t, b.get("/integrations/connectwise", http.StatusOK), "main", "At 06:30 UTC on day 25 of each month, the billable seats")
	has(t, b.get("/", http.StatusOK), "main", "25 Mar 2026, 06:30 UTC")
	p.as(store.Technician).post("/settings/months", months("1", "0", "2"), http.StatusForbidden)
}

func TestTechnicianStartsWithOrganizations(t *testing.T) {
	t.Parallel()
	b := newPanel(t).as(store.Technician)
	b.get("/", http.StatusSeeOther)
	if b.location() != "/organizations" {
		t.Errorf("Location = %q", b.location())
	}
}

func TestPagesAreCompressed(t *testing.T) {
	t.Parallel()
	b := newPanel(t).as(store.Owner).with("Accept-Encoding", "gzip, br")
	b.get("/", http.StatusOK)
	if got := b.last.Header().Get("Content-Encoding"); got != "gzip" {
		t.Errorf("Content-Encoding = %q", got)
	}
}

func TestDevice(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15": "Safari on macOS",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                "Firefox on Linux",
		"curl/8": "Another browser on another system",
	} {
		if got := device(agent); got != want {
			t.Errorf("device(%q) = %q, want %q", agent, got, want)
		}
	}
}

func TestActivityRange(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 17, 23, 59, 0, 0, time.UTC)
	b := newPanel(t, func(c *Config) { c.Now = func() time.Time { return now } }).as(store.Owner)
	page := b.get("/activity?from=2026-01-01", http.StatusOK)
	if got := page.Find("#to").AttrOr("value", ""); got != "2026-03-17" {
		t.Errorf("to = %q", got)
	}
	page = b.get("/activity?from=2025-01-01", http.StatusOK)
	if got := page.Find("#to").AttrOr("value", ""); got != "2025-03-31" {
		t.Errorf("to = %q, want 90 days", got)
	}
}
