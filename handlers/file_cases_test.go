package handlers

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// checked uploads a file, takes what its page proposes, with pairs of fields changed, and loads what the check found.
func (b *browser) checked(upload, file string, fields ...string) (path string, page *goquery.Document) {
	b.t.Helper()
	b.uploadFile(upload, file, http.StatusSeeOther)
	path = b.location()
	return path, b.recheck(path, b.follow(), fields...)
}

// recheck sends the choices of an import's page once more, with pairs of fields changed.
func (b *browser) recheck(path string, page *goquery.Document, fields ...string) *goquery.Document {
	b.t.Helper()
	sent := form(columns(page)...)
	for i := 0; i < len(fields); i += 2 {
		sent.Set(fields[i], fields[i+1])
	}
	b.post(path+"/check", sent, http.StatusSeeOther)
	return b.settled(path)
}

// hostileNames are names that spreadsheets would run, and others that exports and readers must not change.
var hostileNames = []string{
	"=Acme", "+1 Wireless & Co", "-Dash", "@Home", "'=Quoted", "''@Twice", "'t Hooft BV", "=\"0012\"",
	"Semi; Colon, Inc.", `Said "Hi" Ltd`, "Total", "1001", "2026-10", "1,000", "Ångström – Zoë", "株式会社ナショナル", "a|b\\c", "sep=;",
}

// Our own export of usage changes nothing when it is uploaded again, whatever the organizations are called, and offers to
// create none.
func TestCase_E9_OwnExportIsReadUnchanged(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	for i, name := range hostileNames {
		p.organization(name, i%3+1)
	}
	b := p.as(store.Owner)
	b.get("/usage.csv?month=2026-02", http.StatusOK)
	_, page := b.checked("/usage/import", b.last.Body.String())
	has(t, page, "[data-testid=file-import-counts]", "Unchanged18")
	has(t, page, "[data-testid=file-import-checked]", "There is nothing to import.")
	if page.Find("[data-testid=file-import-unknown], [data-testid=file-import-problems]").Length() != 0 {
		t.Error("something of our own export is unknown or bad")
	}
}

// What differs from a known name in punctuation alone is that organization, once a person says so, and is never created.
func TestCase_E9_PunctuationMakesNoNewOrganization(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	wireless := p.organization("+1 Wireless & Co", 2)
	p.organization("Société Générale, S.A.", 1)
	b := p.as(store.Owner)
	file := "Organization,Month,Seats\n1 wireless  &co.,2026-02,9\nsociete generale SA,2026-02,5\nBrand New,2026-02,3\n"
	path, page := b.checked("/usage/import", file, "create_all", "true")
	rows := page.Find("[data-testid=file-import-unknown-row]")
	for _, i := range []int{0, 2} {
		if rows.Eq(i).Find("select option").Length() != 2 || rows.Eq(i).Find("input").Length() != 0 {
			t.Errorf("offered besides the known one: %s", rows.Eq(i).Text())
		}
	}
	has(t, page, "[data-testid=file-import-counts]", "New figures1Replaced figures0Unchanged0Rows of unknown organizations2")
	same := rows.Eq(0).Find("option").Eq(1)
	has(t, rows.Eq(0), "option", "It is +1 Wireless & Co")
	page = b.recheck(path, page, "same", same.AttrOr("value", ""))
	has(t, page, "[data-testid=file-import-organization]", "+1 Wireless & Co")
	taken := page.Find("[data-testid=file-import-taken] input[checked]")
	has(t, page, "[data-testid=file-import-taken]", "“1 wireless  &co.” is +1 Wireless & Co")
	if value := taken.AttrOr("value", ""); taken.Length() != 1 || value != same.AttrOr("value", "") {
		t.Errorf("what was said is not kept: %q", value)
	}
	b.post(path+"/write", form("skip", "true"), http.StatusSeeOther)
	b.settled(path)
	reports, err := p.store.UsageReports(t.Context(), "2026-02")
	if err != nil || len(reports) != 1 || reports[0].OrganizationID != wireless.ID || reports[0].Seats != 9 {
		t.Errorf("reports %+v, %v", reports, err)
	}
	_, page = b.checked("/usage/import", file)
	if n := page.Find("[data-testid=file-import-unknown-row]").Length(); n != 3 {
		t.Errorf("%d unknown ones in the next file: what was said of the last one is not asked again", n)
	}
}

// Two rows of one organization and month are two subscriptions, if somebody says so; never is one of them imported alone.
func TestCase_E10_TwoRowsOfOneMonthAddUp(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 2)
	b := p.as(store.Owner)
	path, page := b.checked("/usage/import", "Organization,Month,Seats,Plan\nAcme,2026-02,18,Business\nAcme,2026-02,18,Business\n")
	has(t, page, "[data-testid=file-import-counts]", "New figures0Replaced figures0Unchanged0Bad rows2")
	has(t, page, "[data-testid=file-import-problems]", "say that such rows add up (18 + 18 = 36)")
	has(t, page, "[data-testid=file-import-doubles] button", "Add such rows up")
	b.post(path+"/write", form("skip", "true"), http.StatusSeeOther)
	if reports, err := p.store.UsageReports(t.Context(), "2026-02"); err != nil || len(reports) != 0 {
		t.Fatalf("left out, but imported: %+v, %v", reports, err)
	}
	path, page = b.checked("/usage/import", "Organization,Month,Seats,Plan\nAcme,2026-02,18,Business\nACME,2026-02,18,Business\n", "add_up", "true")
	has(t, page, "[data-testid=file-import-counts]", "New figures1Replaced figures0Unchanged0")
	has(t, page, "[data-testid=file-import-sums]", "Acme, February 2026: lines 2, 3 say 18 + 18 = 36")
	b.post(path+"/write", nil, http.StatusSeeOther)
	b.settled(path)
	reports, err := p.store.UsageReports(t.Context(), "2026-02")
	if err != nil || len(reports) != 1 || reports[0].Seats != 36 || reports[0].OrganizationID != acme.ID {
		t.Errorf("reports %+v, %v", reports, err)
	}
}

// The rows of a sum have to be readable and on one plan.
func TestCase_E10_SumsAreWholeOrRefused(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 2)
	b := p.as(store.Owner)
	_, page := b.checked("/usage/import", "Organization,Month,Seats,Plan\nAcme,2026-02,18,Business\nAcme,2026-02,18,Enterprise\n", "add_up", "true")
	has(t, page, "[data-testid=file-import-counts]", "New figures0Replaced figures0Unchanged0Bad rows2")
	has(t, page, "[data-testid=file-import-problems]", "Lines 2, 3 are about “Acme” in February 2026, on different plans")
	_, page = b.checked("/usage/import", "Organization,Month,Seats,Plan\nAcme,2026-02,18,Business\nAcme,2026-02,many,Business\n")
	has(t, page, "[data-testid=file-import-counts]", "New figures0Replaced figures0Unchanged0Bad rows2")
	has(t, page, "[data-testid=file-import-problems]", "Line 3 is about the same organization and month and cannot be read")
	path, page := b.checked("/usage/import",
		"Organization,Month,Seats\nAcme,2026-02,18\nAcme,2026-02,18\nAcme,soon,18\n", "add_up", "true")
	has(t, page, "[data-testid=file-import-checked]", "can only be added up in a file without a bad row")
	b.post(path+"/write", form("skip", "true"), http.StatusUnprocessableEntity)
}

// What spreadsheets make of 2026-02 and of numbers is read, and said before it is written.
func TestCase_E11_WhatSpreadsheetsMakeOfAnExport(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	for _, name := range []string{"Acme", "Bolt", "Cafe", "Dune", "Elm"} {
		p.organization(name, 1)
	}
	b := p.as(store.Owner)
	path, page := b.checked("/usage/import", "Organization,Month,Seats\r\nAcme,Feb-26,\"1,000\"\r\nBolt,46054,14.0\r\nCafe,Feb 26,3\r\nDune,2026-02-01 00:00,4\r\nElm,02/2026,'5\r\n")
	has(t, page, "[data-testid=file-import-counts]", "New figures5Replaced figures0Unchanged0")
	for _, want := range []string{
		"“Feb-26” in Month is read as February 2026 (line 2)", "“46054” in Month is read as February 2026 (line 3)",
		"“1,000” in Seats is read as 1000 (line 2)", "“14.0” in Seats is read as 14 (line 3)",
	} {
		has(t, page, "[data-testid=file-import-readings]", want)
	}
	b.post(path+"/write", nil, http.StatusSeeOther)
	b.settled(path)
	reports, err := p.store.UsageReports(t.Context(), "2026-02")
	if err != nil || len(reports) != 5 || reports[0].Seats != 1000 || reports[1].Seats != 14 {
		t.Errorf("reports %+v, %v", reports, err)
	}
}

// Where a number could be two, somebody says which.
func TestCase_E11_UnclearNumbersAreAsked(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 1)
	b := p.as(store.Owner)
	b.uploadFile("/usage/import", "Organization\tMonth\tSeats\nAcme\t2026-02\t1,000\n", http.StatusSeeOther)
	path := b.location()
	page := b.follow()
	has(t, page, "#file-import-choices", "Numbers like 1,000 and 1.000 in Billable seats")
	page = b.post(path+"/check", form(columns(page)...), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "Choose what points and commas mean.")
	page = b.recheck(path, page, "numbers.seats", "decimal-point")
	has(t, page, "[data-testid=file-import-readings]", "“1,000” in Seats is read as 1000")
}

// A column that is called State and holds states of a country is no status; the order of the last file's dates is asked again.
func TestCase_H38_GuessesAreSaidAndAsked(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 0)
	b := p.as(store.Admin)
	_, page := b.checked("/organizations/import", "Organization,E-mail,State\nAcme,ann@example.com,TX\nAcme,bob@example.com,CA\n")
	has(t, page, "[data-testid=file-import-counts]", "Members added2Unchanged0")
	has(t, page, "#file-import-choices", "“State” was not taken for it: its values are no statuses.")
	_, page = b.checked("/organizations/import", "Organization;E-Mail;Beginn;Ende\nAcme;cas@example.com;01.12.2025;28.02.2026\n")
	if got := strings.TrimSpace(page.Find("#column-deleted option[selected]").Text()); got != "Ende" {
		t.Errorf("the end is %q", got)
	}
	has(t, page, "#file-import-choices", "Recognised by its name.")

	file := "Organization,E-mail,Joined\nAcme,new@example.com,02/03/2026\n"
	b.checked("/organizations/import", file, "dates.joined", "day-first")
	b.uploadFile("/organizations/import", file, http.StatusSeeOther)
	path := b.location()
	page = b.follow()
	has(t, page, "#file-import-choices", "In the last file with these headings the day came first.")
	b.post(path+"/check", form(columns(page)...), http.StatusUnprocessableEntity)
}

// What is no table is refused with what it is and what to do.
func TestCase_H38_WhatIsNoTableIsRefused(t *testing.T) {
	t.Parallel()
	b := newPanel(t).as(store.Admin)
	for content, want := range map[string]string{
		"\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03": "This is a compressed file (gzip). Unpack it",
		"%PDF-1.7\n%\xE2\xE3\xCF\xD3":              "This is a PDF",
		"\x89PNG\r\n\x1A\n\x00\x00\x00\rIHDR":      "This is a picture (PNG)",
		"<!DOCTYPE html><title>Sign in</title>":    "This is a web page (HTML)",
		`{"organization": "Acme", "seats": 5}`:     "This is a JSON file",
	} {
		page := b.uploadFile("/usage/import", content, http.StatusUnprocessableEntity)
		has(t, page, ".problem", want)
		has(t, page, "form[enctype]", "File")
	}
}

// A corrected file takes the place of the refused one, with what was chosen.
func TestCorrectedFileKeepsTheChoices(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 1)
	b := p.as(store.Owner)
	path, page := b.checked("/usage/import", "A,B,C\nAcme,2026-02,many\n", "column.organization", "0", "column.month", "1", "column.seats", "2")
	has(t, page, "[data-testid=file-import-problems]", "2C“many” is not a whole number in digits")
	if action := page.Find("#file-import-corrected").AttrOr("action", ""); action != path+"/file" {
		t.Fatalf("the corrected file goes to %q", action)
	}
	page = b.uploadFile(path+"/file", "%PDF-", http.StatusUnprocessableEntity)
	has(t, page, "#file-import-corrected .problem", "This is a PDF")
	has(t, page, "[data-testid=file-import-problems]", "“many”")
	b.uploadFile(path+"/file", "B,A,C,D\n2026-02,Acme,7,x\n", http.StatusSeeOther)
	next := b.location()
	page = b.settled(next)
	has(t, page, "[data-testid=file-import-counts]", "New figures1Replaced figures0Unchanged0")
	b.post(next+"/write", nil, http.StatusSeeOther)
	b.settled(next)
	reports, err := p.store.UsageReports(t.Context(), "2026-02")
	if err != nil || len(reports) != 1 || reports[0].OrganizationID != acme.ID || reports[0].Seats != 7 {
		t.Errorf("reports %+v, %v", reports, err)
	}
	has(t, b.get(path, http.StatusOK), "main", "This import was discarded")
}

// Whatever organizations are called and wherever their figures are from, each month's export comes back unchanged.
func TestCase_E9_EveryUsageExportIsReadUnchanged(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		p := newPanel(t)
		rng := rand.New(rand.NewPCG(seed, 9))
		p.randomOrganizations(rng)
		b := p.as(store.Owner)
		for _, month := range []string{"2026-01", "2026-02", "2026-03"} {
			b.get("/usage.csv?month="+month, http.StatusOK)
			file := b.last.Body.String()
			_, page := b.checked("/usage/import", file, "open_month", "true")
			if page.Find("[data-testid=file-import-unknown], [data-testid=file-import-problems], [data-testid=file-import-organization]").Length() != 0 ||
				!strings.Contains(page.Find("[data-testid=file-import-checked]").Text(), "There is nothing to import.") {
				t.Errorf("seed %d, %s: %s\nof\n%s", seed, month, page.Find("[data-testid=file-import-checked]").Text(), file)
			}
		}
	}
}

// randomOrganizations have names that are hard to write down, and figures of every source.
func (p *panel) randomOrganizations(rng *rand.Rand) {
	p.t.Helper()
	pieces := []string{"=", "+", "-", "@", "'", `"`, ",", ";", "|", "Acme", "Ünï", "1,000", "2026-10", "46296", "Total", "株式会社", "& Co", "sep=;", `\`, "“x”", "N/A", "0"}
	taken := map[string]bool{}
	for i := range 40 {
		var name strings.Builder
		for range 1 + rng.IntN(4) {
			name.WriteString(pieces[rng.IntN(len(pieces))])
		}
		if folded := store.Fold(name.String()); taken[folded] {
			continue
		} else {
			taken[folded] = true
		}
		o := store.Organization{
			Name: name.String(), Plan: store.Plans()[rng.IntN(2)], License: []store.License{store.NFR, store.Standard}[min(i, 1)], // there is one that is not for resale
			Managed: true, CreatedAt: testNow().AddDate(0, -3, 0),
		}
		if rng.IntN(3) == 0 {
			o.ExternalID = pieces[rng.IntN(len(pieces))] + strconv.Itoa(i)
		}
		o, err := p.store.CreateOrganization(p.t.Context(), o)
		if err != nil {
			p.t.Fatal(err)
		}
		emails := make([]string, rng.IntN(4))
		for n := range emails {
			emails[n] = fmt.Sprintf("m%d@example.com", n)
		}
		if _, _, err := p.store.AddSeats(p.t.Context(), o.ID, emails, time.Time{}, testNow().AddDate(0, -1-rng.IntN(2), 0)); err != nil {
			p.t.Fatal(err)
		}
		if rng.IntN(3) == 0 {
			report := store.UsageReport{
				OrganizationID: o.ID, Month: "2026-02", Seats: rng.IntN(2000), Plan: store.Plans()[rng.IntN(2)],
				Source: []string{"csv", "api", "provider"}[rng.IntN(3)], ReportedAt: testNow(),
			}
			if err := p.store.SaveUsageReport(p.t.Context(), report); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// Of two organizations with one name, one of which was deleted, a month's figure is of the one that there was.
func TestCase_E9_NamesakesAreToldByTheMonth(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	old := p.organization("Acme", 2)
	if _, _, err := p.rooms.Organizations.Delete(t.Context(), problem.System(), old.ID); err != nil {
		t.Fatal(err)
	}
	p.organization("ACME", 3)
	b := p.as(store.Owner)
	_, page := b.checked("/usage/import", "Organization,Month,Seats\nAcme,2026-02,9\n")
	has(t, page, "[data-testid=file-import-problems]", "2 organizations were called “ACME” in February 2026: give the external ID")
}

// The download that explains a figure is no list of members.
func TestCase_E9_ExplanationIsNoListOfMembers(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 2)
	b := p.as(store.Owner)
	b.get("/organizations/1/seats.csv?month=2026-02", http.StatusOK)
	page := b.uploadFile("/organizations/import", b.last.Body.String(), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "explains the figure of a month, and no list of members")
}

// A key that stands twice is refused, not the last one taken.
func TestCase_H38_DuplicateJSONKey(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script("organizations:write", "organizations:read")
	answer := s.call("POST", "/organizations", `{"name": "Acme", "plan": "business", "plan": "enterprise"}`, http.StatusBadRequest)
	if text := fmt.Sprint(answer); !strings.Contains(text, `the key "plan" stands twice`) {
		t.Errorf("the answer is %s", text)
	}
	if rows, _, err := p.store.Organizations(t.Context(), store.OrganizationFilter{}); err != nil || len(rows) != 0 {
		t.Errorf("organizations %+v, %v", rows, err)
	}
}
