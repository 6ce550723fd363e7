package handlers

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"seatbridge/handlers/api"
	"seatbridge/store"
	"seatbridge/views"
)

// An unreadable month is refused with the form expected: it never stands for the running one.
func TestCase_G30_UnreadableMonth(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 3)
	b := p.as(store.Admin)
	one := views.OrganizationPath(o.ID)
	for _, path := range []string{"/usage.csv", "/usage", one, one + "/seats.csv", "/runs", "/runs.csv"} {
		for month, sentence := range map[string]string{
			"2026-9": "The month must be written like 2026-10.", "garbage": "The month must be written like 2026-10.",
			"2026-13": "The month must be written like 2026-10.", "%00": "The month must be written like 2026-10.",
			"2027-01": "January 2027 has not begun", "0001-01": "Choose a month of this century.",
		} {
			has(t, b.get(path+"?month="+month, http.StatusBadRequest), "main", sentence)
		}
		b.get(path+"?month=", http.StatusOK)
	}
	s := p.script(api.ReadUsage)
	for _, month := range []string{"2026-9", "garbage", "2026-13", "2027-01"} {
		s.call("GET", "/usage/"+month, "", http.StatusUnprocessableEntity)
	}
}

// Switching how pending seats are counted leaves the months before as they were counted.
func TestCase_G29_SwitchCountsFromTheRunningMonthOn(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 3)
	if _, _, err := p.store.AddSeats(t.Context(), o.ID, []string{"p@example.com"}, testNow().AddDate(0, -1, 0), time.Time{}); err != nil {
		t.Fatal(err)
	}
	b := p.as(store.Owner)
	figures := func(february, march string) {
		t.Helper()
		for month, want := range map[string]string{"2026-02": february, "2026-03": march} {
			if rows := b.csv("/usage.csv?month=" + month); len(rows) != 2 || rows[1][5] != want {
				t.Errorf("%s: %q, want %s seats", month, rows, want)
			}
		}
	}
	figures("3", "3")
	b.post("/settings", form("msp", "Harbor IT", "count_pending", "true"), http.StatusSeeOther)
	figures("3", "4")
	has(t, b.get("/usage?month=2026-02", http.StatusOK), "main", "in UTC.")
	b.lacks("still pending")
	has(t, b.get("/usage?month=2026-03", http.StatusOK), "main", "still pending")
	p.wantActivity("owner@example.com", "Saved the settings. Company: Harbor IT. Pending seats are counted from March 2026 on.")
	b.post("/settings", form("msp", "Harbor IT"), http.StatusSeeOther)
	figures("3", "3")
}

// csv loads a download and reads its rows.
func (b *browser) csv(path string) [][]string {
	b.t.Helper()
	b.get(path, http.StatusOK)
	rows, err := csv.NewReader(b.last.Body).ReadAll()
	if err != nil {
		b.t.Fatalf("%s: %v", path, err)
	}
	return rows
}

// The license column and the explanation of an earlier month say what was true then.
func TestCase_G28_LicenseThen(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	left, err := p.store.CreateOrganization(t.Context(), store.Organization{
		Name: "Left NFR", Plan: store.Business, License: store.NFR, Managed: true, CreatedAt: testNow().AddDate(0, -3, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	turn := func(o store.Organization, license store.License, at time.Time) {
		t.Helper()
		o.License = license
		if err := p.store.UpdateOrganization(t.Context(), o, at); err != nil {
			t.Fatal(err)
		}
	}
	became := p.organization("Became NFR", 3)
	if _, _, err := p.store.AddSeats(t.Context(), left.ID, []string{"z@example.com"}, time.Time{}, testNow().AddDate(0, -2, 0)); err != nil {
		t.Fatal(err)
	}
	turn(left, store.Standard, testNow().AddDate(0, 0, -2))
	turn(became, store.NFR, testNow().AddDate(0, 0, -1))
	b := p.as(store.Admin)
	for month, want := range map[string][2]string{"2026-01": {"standard", "nfr"}, "2026-02": {"standard", "nfr"}, "2026-03": {"standard", "standard"}} {
		rows := b.csv("/usage.csv?sort=name&month=" + month)
		if len(rows) != 3 || rows[1][3] != want[0] || rows[2][3] != want[1] {
			t.Errorf("%s: %q, want the licenses %q", month, rows, want)
		}
	}
	names := func(sort string) (names []string) {
		for _, row := range b.csv("/usage.csv?month=2026-02&sort=" + sort)[1:] {
			names = append(names, row[1])
		}
		return names
	}
	if up, down := names("license"), names("license&dir=desc"); up[0] != "Left NFR" || down[0] != "Became NFR" {
		t.Errorf("by license %q, the other way %q", up, down)
	}
	has(t, b.get(views.OrganizationMonthPath(left.ID, "2026-02"), http.StatusOK), "main", "NFR organizations are free.")
	b.lacks("In trial", "January 0001")
}

// The running month takes no report by the API, as it takes none by a file, and a correction of it ends where a later fact begins.
func TestCase_G27_TheRunningMonthIsNotFinal(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 3)
	const sentence = "March 2026 is not over: its figure is not final. It can be reported from 1 April 2026 on."
	s := p.script(api.ReadUsage, api.WriteUsage)
	one := fmt.Sprintf("/organizations/%d", o.ID)
	answer := s.call("PUT", "/usage/2026-03"+one, `{"seats":2,"plan":"business"}`, http.StatusUnprocessableEntity)
	if text := fmt.Sprint(answer); !strings.Contains(text, sentence) {
		t.Errorf("refused with %s", text)
	}
	if seats := s.call("GET", "/usage/2026-03"+one, "", http.StatusOK)["seats"]; seats != float64(3) {
		t.Errorf("%v seats after a refusal, want 3", seats)
	}
	b := p.as(store.Admin)
	yesterday := testNow().AddDate(0, 0, -1)
	err := p.store.SaveCorrection(t.Context(), store.Correction{
		OrganizationID: o.ID, Month: "2026-03", Seats: 2, Plan: store.Business, Reason: "A test account.", At: yesterday, By: "ann@example.com",
	}, store.Activity{At: yesterday, Actor: "ann@example.com", Category: store.CategoryBilling, Action: "Corrected."})
	if err != nil {
		t.Fatal(err)
	}
	const month = "?month=2026-03"
	path := views.OrganizationPath(o.ID)
	has(t, b.get(path+month, http.StatusOK), "[data-testid=figure-why]", "A test account.")
	has(t, b.get(path+month, http.StatusOK), "main", "it ends when more becomes known")
	if _, _, err := p.store.AddSeats(t.Context(), o.ID, []string{"z@example.com"}, time.Time{}, testNow().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	has(t, b.get(path+month, http.StatusOK), "[data-testid=figure-why]", "The correction to 2 seats by ann@example.com of 16 March 2026 no longer counts")
	if rows := b.csv("/usage.csv" + month); rows[1][5] != "4" || rows[1][7] != "Seat ledger" || !strings.Contains(rows[1][9], "no longer counts") {
		t.Errorf("after another member joined: %q", rows[1])
	}
}
