package handlers

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/internal/moment"
	"seatbridge/store"
	"seatbridge/views"
)

// checkedFile uploads a file and checks it as its columns are recognised.
func (b *browser) checkedFile(path, content string) (imported string, page interface{ Text() string }) {
	b.t.Helper()
	b.uploadFile(path, content, http.StatusSeeOther)
	imported = b.location()
	b.post(imported+"/check", form(columns(b.follow())...), http.StatusSeeOther)
	return imported, b.settled(imported).Find("main")
}

func TestImportOrganizationsPage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 0)
	b := p.as(store.Admin)
	has(t, b.get("/organizations", http.StatusOK), "main", "Import organizations")
	has(t, b.get(views.OrganizationsImportPath, http.StatusOK), "h1", "Import organizations")
	file := "Organization,Since,Plan,Customer since\nAcme,,Enterprise,2025-11-02\nAcme,2026-02-01,Business,\n\"" +
		strings.ReplaceAll(hostileName, `"`, `""`) + "\",2026-01-01,Gold,\n"
	b.uploadFile(views.OrganizationsImportPath, file, http.StatusSeeOther)
	path := b.location()
	page := b.follow()
	has(t, page, "#file-import-choices", "Recognised by its name. From when on plan, license type and management of the row hold")
	b.post(path+"/check", form(columns(page)...), http.StatusSeeOther)
	page = b.settled(path)
	has(t, page, "[data-testid=file-import-counts]", "Organizations whose history changes1")
	has(t, page, "[data-testid=file-import-life]", "Start: not said (2026-01-17 12:00) → 2025-11-02")
	has(t, page, "[data-testid=file-import-life]", "Plan, license and management: NordPass Business, standard → NordPass Enterprise, standard; from 2026-02-01 NordPass Business, standard")
	has(t, page, "[data-testid=file-import-problems]", "4Plan“Gold” is not a plan: write Business or Enterprise.")
	b.lacks("<script>alert")
	has(t, b.get(path+"/changes?organization="+strconv.FormatInt(acme.ID, 10), http.StatusOK), "[data-testid=file-import-change]", "StartHistorynot said (2026-01-17 12:00)2025-11-02")
	b.post(path+"/write", form("skip", "true"), http.StatusSeeOther)
	has(t, b.settled(path), "[data-testid=file-import-done]", "Organizations whose history changes1")
	has(t, b.get(views.OrganizationPath(acme.ID), http.StatusOK), "main", "Start2 Nov 2025")
}

// What differs and has no day is asked, and the answer is kept in the form.
func TestUndatedLivesAreAsked(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 0)
	b := p.as(store.Admin)
	path, page := b.checkedFile(views.OrganizationsImportPath, "Organization,Plan\nAcme,Enterprise\n")
	if text := page.Text(); !strings.Contains(text, "1 organization has another plan, license type or management than Seatbridge knows") {
		t.Errorf("nothing is asked: %s", text)
	}
	b.post(path+"/check", form("column.organization", "0", "column.plan", "1", "undecided", "beginning"), http.StatusSeeOther)
	found := b.settled(path)
	has(t, found, "#undecided option[selected]", "It was never otherwise")
	has(t, found, "[data-testid=file-import-life]", "NordPass Business, standard → NordPass Enterprise, standard")
	b.post(path+"/write", nil, http.StatusSeeOther)
	b.settled(path)
	if o, err := p.store.Organization(t.Context(), acme.ID); err != nil || o.Plan != store.Enterprise {
		t.Errorf("it is %+v, %v", o, err)
	}
}

// That a life began with the first day that a file has of it is asked.
func TestStartsAreAsked(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 0)
	b := p.as(store.Admin)
	path, page := b.checkedFile(views.OrganizationsImportPath, "Organization,Since,Plan\nAcme,2025-11-02,Enterprise\n")
	if text := page.Text(); !strings.Contains(text, "1 organization has a day in the file before the organization is supposed to have begun") {
		t.Errorf("nothing is asked: %s", text)
	}
	b.post(path+"/check", form("column.organization", "0", "column.since", "1", "column.plan", "2", "first_is_start", "true"), http.StatusSeeOther)
	found := b.settled(path)
	if found.Find("#first-is-start[checked]").Length() != 1 {
		t.Error("the answer is not kept")
	}
	has(t, found, "[data-testid=file-import-life]", "Start: not said (2026-01-17 12:00) → 2025-11-02")
	b.post(path+"/write", nil, http.StatusSeeOther)
	b.settled(path)
	if o, err := p.store.Organization(t.Context(), acme.ID); err != nil || !o.StartSaid || o.Plan != store.Enterprise {
		t.Errorf("it is %+v, %v", o, err)
	}
}

// The preview says which was read: a date, whose day counts, or an instant.
func TestCase_H37_ThePreviewSaysWhichWasRead(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 0)
	b := p.as(store.Admin)
	path, page := b.checkedFile("/organizations/import", "Organization,E-mail,Joined,Deleted\nAcme,a@example.com,2026-03-05,2026-03-05\n"+
		"Acme,b@example.com,2026-03-05T00:00:00Z,2026-03-05T00:00:00Z\nAcme,c@example.com,2026-03-05,2026-03-06\n")
	for _, want := range []string{
		"2 deletions given as a date: the member was there until the end of that day, which counts.",
		"1 deletion given as 00:00, an instant: the member was not there on that day, which does not count.",
	} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the preview does not say %q", want)
		}
	}
	changes := b.get(path+"/changes?organization="+strconv.FormatInt(acme.ID, 10), http.StatusOK)
	has(t, changes, "[data-testid=file-import-change]", "deleted 5 Mar 2026 23:59 (a date: that day counts)")
	has(t, changes, "[data-testid=file-import-change]", "deleted 5 Mar 2026 00:00 (an instant: that day does not count)")
}

// Where another source says otherwise than the file, the preview says which of them is billed, and the import does so.
func TestCase_H32_TheImportSaysWhichSourceIsBilled(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme, beta := p.organization("Acme", 2), p.organization("Beta", 4)
	for id, n := range map[int64]int{acme.ID: 30, beta.ID: 4} {
		err := p.rooms.Organizations.ReportUsage(t.Context(), problem.System(), store.UsageReport{
			OrganizationID: id, Month: "2026-02", Seats: n, Plan: store.Business, Source: "api",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	b := p.as(store.Owner)
	path, page := b.checkedFile("/usage/import", "Customer;Month;Seats\nAcme;2026-02;20\nBeta;2026-02;4\nAcme;2026-01;3\n")
	sentence := "The HTTP API says 30 on NordPass Business; this file says 20 on NordPass Business: by the order in Settings the HTTP API " +
		"comes first, so 30 stays billed."
	for _, want := range []string{"1 figure meets another one of the same month", "1 figure of this file is not billed.", "Acme, February 2026: " + sentence} {
		if !strings.Contains(strings.Join(strings.Fields(page.Text()), " "), want) {
			t.Errorf("the preview does not say %q: %s", want, page.Text())
		}
	}
	changes := b.get(path+"/changes?organization="+strconv.FormatInt(acme.ID, 10), http.StatusOK)
	has(t, changes, "[data-testid=file-import-change] small", sentence)
	b.post(path+"/write", nil, http.StatusSeeOther)
	b.settled(path)
	has(t, b.get(views.OrganizationMonthPath(acme.ID, "2026-02"), http.StatusOK), "[data-testid=billable]", "30")
}

// A column that was taken for something of the organization by its name alone is named.
func TestGuessedColumnsOfLivesAreNamed(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 0)
	b := p.as(store.Admin)
	_, page := b.checkedFile("/organizations/import", "Organization,E-mail,Joined,Customer since\nAcme,a@example.com,2025-12-05,2025-12-01\n")
	if want := "“Customer since” is read as Start of the organization. Recognised by its name."; !strings.Contains(page.Text(), want) {
		t.Errorf("the preview does not say %q", want)
	}
}

// A start that nobody said moves with the first member, which the preview says.
func TestSupposedStartInThePreview(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 0)
	b := p.as(store.Admin)
	_, page := b.checkedFile("/organizations/import", "Organization,E-mail,Joined\nAcme,a@example.com,2025-12-05\n")
	for _, want := range []string{"Supposed starts that move to the first member1", "Supposed start: 2026-01-17 12:00 → 2025-12-05"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the preview does not say %q", want)
		}
	}
}

// The list is downloaded with all lives, and read back unchanged.
func TestCase_E9_TheListOfOrganizationsIsReadBack(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	desk := p.rooms.Organizations
	for i, name := range []string{"Acme", "=Acme", "+1 Wireless & Co", "-Dash", "@Home", "Ömer, \"Söhne\"", hostileName, "2026-03-01", "Total", "Over"} {
		o, err := desk.AddWithHistory(t.Context(), problem.System(), organizations.Profile{
			Name: name, Plan: store.Enterprise, License: []store.License{store.Standard, store.Trial}[i%2], Managed: i%3 > 0, ExternalID: fmt.Sprintf("00%d", i),
		}, organizations.History{Start: moment.At("2025-10-02").AddDate(0, 0, i), States: []organizations.State{
			{Since: moment.At("2026-01-05 08:30"), Plan: store.Business, License: store.Standard, Managed: true},
			{Since: moment.At("2026-02-01"), Plan: store.Enterprise, License: store.Standard, Managed: i%2 == 0},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if name == "Over" {
			if _, _, err := desk.Delete(t.Context(), problem.System(), o.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.organization("Supposed", 2)
	b := p.as(store.Admin)
	for _, filters := range []string{"", "?status=deleted", "?plan=enterprise&sort=seats&desc=1"} {
		b.get("/organizations.csv"+filters, http.StatusOK)
		file := b.last.Body.String()
		if rows := strings.Count(file, "\n"); rows < 4 {
			t.Errorf("%s: %d rows", filters, rows)
		}
		path, page := b.checkedFile(views.OrganizationsImportPath, file)
		if !strings.Contains(page.Text(), "The file says what is known already. There is nothing to import.") {
			t.Errorf("%s: %s\n%s\n%s", filters, path, file, page.Text())
		}
	}
	b.get("/organizations.csv", http.StatusOK)
	if first := strings.SplitN(b.last.Body.String(), "\r\n", 3)[0]; first != "Organization,External ID,Start,Trial ends,Since,Plan,License type,MSP-managed" {
		t.Errorf("the file begins with %s", first)
	}
	technician := p.as(store.Technician)
	technician.get("/organizations.csv", http.StatusForbidden)
	technician.get(views.OrganizationsImportPath, http.StatusForbidden)
}
