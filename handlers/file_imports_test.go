package handlers

import (
	"bytes"
	"encoding/csv"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing/intake"
	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// multipartFile is a form with one file.
func multipartFile(t testing.TB, field, name, content string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte(content))
	form.Close()
	return b.String(), form.FormDataContentType()
}

// uploadFile sends a file and asserts the status.
func (b *browser) uploadFile(path, content string, status int) *goquery.Document {
	b.t.Helper()
	body, contentType := multipartFile(b.t, "file", `C:\Users\ann\seats.csv`, content)
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.RemoteAddr = b.ip
	r.Header = b.header.Clone()
	r.Header.Set("Content-Type", contentType)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	b.last = httptest.NewRecorder()
	b.handler.ServeHTTP(b.last, r)
	if b.last.Code != status {
		b.t.Fatalf("POST %s = %d, want %d; %s\nlog: %s", path, b.last.Code, status, excerpt(b.last.Body.String()), b.log)
	}
	page, err := goquery.NewDocumentFromReader(strings.NewReader(b.last.Body.String()))
	if err != nil {
		b.t.Fatal(err)
	}
	return page
}

// settled waits for the work on the import and loads its page.
func (b *browser) settled(path string) *goquery.Document {
	b.t.Helper()
	id, err := strconv.ParseInt(path[strings.LastIndex(path, "/")+1:], 10, 64)
	if err != nil {
		b.t.Fatal(err)
	}
	b.rooms.Files.Wait(b.t.Context(), id)
	return b.get(path, http.StatusOK)
}

// columns are the choices of the form as the page offers them.
func columns(page *goquery.Document) []string {
	var pairs []string
	page.Find("#file-import-choices select").Each(func(_ int, s *goquery.Selection) {
		pairs = append(pairs, s.AttrOr("name", ""), s.Find("option[selected]").AttrOr("value", ""))
	})
	return pairs
}

const hostileName = `<script>alert("x")</script> & Sons`

func TestImportMembersPage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 2)
	b := p.as(store.Admin)
	has(t, b.get("/organizations", http.StatusOK), "main", "Import members")
	b.get("/organizations/import", http.StatusOK)
	file := "Organization,E-mail,Status,Joined\nAcme,new@example.com,active,2026-02-03\nAcme,a@example.com,suspended,\nAcme,broken,active,\n\"" +
		strings.ReplaceAll(hostileName, `"`, `""`) + "\",x@example.com,active,2026-01-05\n"
	b.uploadFile("/organizations/import", file, http.StatusSeeOther)
	path := b.location()
	page := b.follow()
	has(t, page, "h1 + p", "seats.csv: 4 rows, UTF-8, commas")
	has(t, page, "[data-testid=file-import-sample]", hostileName)
	b.lacks("<script>alert", `C:\Users`)
	if page.Find("[data-testid=file-import-checked]").Length() != 0 {
		t.Error("nothing was checked yet")
	}
	b.post(path+"/write", nil, http.StatusUnprocessableEntity)
	b.post(path+"/check", form(columns(page)...), http.StatusSeeOther)
	page = b.settled(path)
	has(t, page, "[data-testid=file-import-counts]", "Members added1")
	has(t, page, "[data-testid=file-import-counts]", "Members suspended1")
	has(t, page, "[data-testid=file-import-counts]", "Bad rows1")
	has(t, page, "[data-testid=file-import-problems]", "4E-mail“broken” is not an e-mail address.")
	has(t, page, "[data-testid=file-import-unknown]", hostileName)
	has(t, b.get(path+"/changes?organization="+strconv.FormatInt(acme.ID, 10), http.StatusOK), "[data-testid=file-import-change]", "a@example.comMember suspendedactive")
	page = b.post(path+"/write", nil, http.StatusUnprocessableEntity)
	has(t, page, ".problem", "2 rows cannot be imported.")
	b.post(path+"/check", form(append(columns(page), "create", hostileName)...), http.StatusSeeOther)
	page = b.settled(path)
	has(t, page, "[data-testid=file-import-organization]", "is created")
	b.lacks("<script>alert")
	b.post(path+"/write", form("skip", "true"), http.StatusSeeOther)
	page = b.settled(path)
	has(t, page, "[data-testid=file-import-done]", "Members added2")
	b.post(path+"/check", form(columns(page)...), http.StatusNotFound)
	if seats, err := p.store.SeatHistory(t.Context(), acme.ID); err != nil || len(seats) != 3 {
		t.Errorf("seats %+v, %v", seats, err)
	}
	b.uploadFile("/organizations/import", file, http.StatusSeeOther)
	path = b.location()
	b.post(path+"/check", form(columns(b.follow())...), http.StatusSeeOther)
	page = b.settled(path)
	has(t, page, "[data-testid=file-import-counts]", "Unchanged3")
	if page.Find("[data-testid=file-import-checked] button[disabled]").Length() != 1 {
		t.Error("there is something to import the second time")
	}
	b.post(path+"/discard", nil, http.StatusSeeOther)
	has(t, b.follow(), "main", "This import was discarded")
}

func TestImportUsagePage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme := p.organization("Acme", 2)
	b := p.as(store.Owner)
	b.uploadFile("/usage/import", "Customer;Month;Seats;Plan\nAcme;2026-02;9;Enterprise\n", http.StatusSeeOther)
	path := b.location()
	b.post(path+"/check", form(columns(b.follow())...), http.StatusSeeOther)
	has(t, b.settled(path), "[data-testid=file-import-counts]", "New figures1")
	b.post(path+"/write", nil, http.StatusSeeOther)
	has(t, b.settled(path), "[data-testid=file-import-done]", "New figures1")
	page := b.get("/usage?month=2026-02&source=csv", http.StatusOK)
	has(t, page, "[data-testid=usage-row]", "9")
	has(t, page, "[data-testid=usage-row]", "+7 to the ledger")
	has(t, page, "[data-testid=usage-row]", "Uploaded file")
	if rows := b.get("/usage?month=2026-02&source=ledger", http.StatusOK).Find("[data-testid=usage-row]").Length(); rows != 0 {
		t.Errorf("%d rows of the ledger", rows)
	}
	page = b.get(views.OrganizationMonthPath(acme.ID, "2026-02"), http.StatusOK)
	has(t, page, "[data-testid=billable]", "9")
	has(t, page, "[data-testid=share-counts]", "2 seats count")
	entries, _, err := p.store.Activities(t.Context(), store.ActivityFilter{Category: store.CategoryBilling})
	if err != nil || len(entries) != 1 || entries[0].Action != "Imported usage from “seats.csv”: 1 figure added." {
		t.Errorf("activity %+v, %v", entries, err)
	}
}

func TestAmbiguousDatesPage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 0)
	b := p.as(store.Admin)
	b.uploadFile("/organizations/import", "Organization,E-mail,Joined\nAcme,new@example.com,02/03/2026\n", http.StatusSeeOther)
	path := b.location()
	sent := columns(b.follow())
	page := b.post(path+"/check", form(append(sent, "organization", "Kept & <b>safe</b>")...), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "Choose whether the day or the month comes first.")
	if got := page.Find("#organization").AttrOr("value", ""); got != "Kept & <b>safe</b>" {
		t.Errorf("the input became %q", got)
	}
	if got := page.Find("#column-joined option[selected]").Text(); !strings.Contains(got, "Joined") {
		t.Errorf("the column became %q", got)
	}
	b.post(path+"/check", form(append(sent, "dates.joined", "month-first")...), http.StatusUnprocessableEntity) // the first value wins
	for i := range sent {
		if sent[i] == "dates.joined" {
			sent[i+1] = "month-first"
		}
	}
	b.post(path+"/check", form(sent...), http.StatusSeeOther)
	page = b.settled(path)
	has(t, page, "[data-testid=file-import-counts]", "Members added1")
	has(t, b.get(path+"/changes?organization=1", http.StatusOK), "[data-testid=file-import-change]", "joined 3 Feb 2026")
}

func TestUploadsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	for content, want := range map[string]string{
		"":                    "The file is empty.",
		"PK\x03\x04 workbook": "This is a spreadsheet workbook",
	} {
		has(t, b.uploadFile("/usage/import", content, http.StatusUnprocessableEntity), ".problem", want)
	}
	has(t, b.uploadFile("/usage/import", strings.Repeat("a", maxUpload), http.StatusUnprocessableEntity), ".problem", "The file is larger than 64 MB.")
	b.post("/usage/import", form("file", "x"), http.StatusUnprocessableEntity)
	for _, path := range []string{"/imports/1", "/imports/0", "/imports/x", "/imports/1/changes", "/imports/1/progress"} {
		b.get(path, http.StatusNotFound)
	}
	technician := p.as(store.Technician)
	technician.get("/usage/import", http.StatusForbidden)
	technician.uploadFile("/organizations/import", "a,b\n", http.StatusForbidden)
	technician.post("/organizations/1/corrections", nil, http.StatusForbidden)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 30)
	_, _, err := p.store.AddSeats(t.Context(), o.ID, []string{"=HYPERLINK(1)@example.com", "invited@example.com"}, testNow(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	b := p.as(store.Technician)
	page := b.get(views.OrganizationMonthPath(o.ID, "2026-03"), http.StatusOK)
	has(t, page, "[data-testid=billable]", "30")
	has(t, page, "[data-testid=share-counts]", "30 seats count, 2 do not.")
	if rows := page.Find("[data-testid=share]").Length(); rows != sharesPage {
		t.Errorf("%d rows", rows)
	}
	if page.Find("#correction").Length() != 0 {
		t.Error("a technician can correct figures")
	}
	explain := views.OrganizationPath(o.ID) + "/explain"
	part := b.part()
	page = part.get(explain+"?month=2026-03&counted=no", http.StatusOK)
	if rows := page.Find("[data-testid=share]").Length(); rows != 2 || page.Find("main").Length() != 0 {
		t.Errorf("%d rows that do not count", rows)
	}
	if got := part.last.Header().Get("HX-Push-Url"); got != views.OrganizationPath(o.ID)+"?counted=no&month=2026-03" {
		t.Errorf("the address becomes %q", got)
	}
	b.get(explain+"?month=2026-03&page=2", http.StatusSeeOther)
	if rows := b.follow().Find("[data-testid=share]").Length(); rows != 10 {
		t.Errorf("%d rows on the second page", rows)
	}
	b.get(views.OrganizationPath(o.ID)+"/seats.csv?month=2026-03", http.StatusOK)
	records, err := csv.NewReader(b.last.Body).ReadAll()
	if err != nil || len(records) != 33 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	counted := 0
	for _, record := range records[1:] {
		if record[5] == "yes" {
			counted++
		}
		if strings.HasPrefix(record[2], "=") {
			t.Errorf("a formula: %q", record)
		}
	}
	if counted != 30 {
		t.Errorf("%d seats count in the file", counted)
	}
	has(t, b.get(views.OrganizationMonthPath(o.ID, "2025-12"), http.StatusOK), "[data-testid=billable]", "Unknown")
	has(t, b.get(views.OrganizationPath(o.ID), http.StatusOK), "#explained", "March 2026, so far")
	b.get("/organizations/99/explain", http.StatusNotFound)
	b.get("/organizations/99/seats.csv", http.StatusNotFound)
}

func TestCorrections(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 3)
	b := p.as(store.Admin)
	path := views.OrganizationPath(o.ID) + "/corrections"
	page := b.post(path, form("month", "2026-02", "seats", "many", "plan", "business", "reason", hostileName), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "Enter the number of seats in plain digits.")
	has(t, page, "#correction-reason", hostileName)
	if got := page.Find("#correction-seats").AttrOr("value", ""); got != "many" {
		t.Errorf("the input became %q", got)
	}
	b.lacks("<script>alert")
	for _, bad := range [][]string{
		{"month", "2026-02", "seats", "4", "plan", "business"},
		{"month", "2026-02", "seats", "4", "plan", "gold", "reason", "x"},
		{"month", "2026-04", "seats", "4", "plan", "business", "reason", "x"},
		{"seats", "4", "plan", "business", "reason", "x"},
	} {
		if b.post(path, form(bad...), http.StatusUnprocessableEntity).Find("[data-testid=notice]").Length() == 0 {
			t.Errorf("%q: nothing is said", bad)
		}
	}
	b.post(path, form("month", "2026-02", "seats", "4", "plan", "enterprise", "reason", "Agreed with "+hostileName), http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=flash]", "February 2026 is corrected to 4 seats.")
	has(t, page, "[data-testid=billable]", "4")
	has(t, page, "[data-testid=figure-source]", "Correction")
	has(t, page, "[data-testid=original]", "Without the correction: 3Business (Seat ledger).")
	b.lacks("<script>alert")
	has(t, b.get("/usage?month=2026-02", http.StatusOK), "[data-testid=usage-row]", "+1 to the ledger")
	b.lacks("<script>alert")
	b.post(path+"/withdraw", form("month", "2026-02"), http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=billable]", "3")
	has(t, page, "[data-testid=correction]", "Withdrawn or replaced by admin@example.com")
	b.post(path+"/withdraw", form("month", "2026-02"), http.StatusNotFound)
	b.post(path+"/withdraw", form("month", "x"), http.StatusBadRequest)
}

// TestUsageStates: no figure, for three reasons, and a figure of zero are four different things.
func TestUsageStates(t *testing.T) {
	t.Parallel()
	for fetched, want := range map[store.FetchState]string{"": "Unknown", store.FetchFailed: "Source failed", store.FetchEmpty: "Source empty"} {
		p := newPanel(t)
		p.organization("Needs a report", 3)
		zero := p.organization("Zero", 3)
		err := errors.Join(
			p.store.SaveProvider(t.Context(), store.Provider{Config: `{"required":true}`, PrivateKey: "key", Since: testNow().AddDate(0, -3, 0)}),
			p.store.SaveUsageReport(t.Context(), store.UsageReport{OrganizationID: zero.ID, Month: "2026-02", Plan: store.Business, Source: "csv", ReportedAt: testNow()}),
		)
		if fetched != "" {
			problem := store.Problem{What: "The report could not be read."}
			err = errors.Join(err, p.store.AddUsageFetch(t.Context(), store.UsageFetch{At: testNow(), Period: "2026-02", State: fetched, Problem: problem}, nil))
		}
		if err != nil {
			t.Fatal(err)
		}
		page := p.as(store.Admin).get("/usage?month=2026-02", http.StatusOK)
		rows := page.Find("[data-testid=usage-row]")
		if got := rows.Eq(0).Find("td[data-label=Seats]").Text(); strings.TrimSpace(got) != want {
			t.Errorf("%q: shown as %q, want %q", fetched, got, want)
		}
		if got := rows.Eq(1).Find("td[data-label=Seats]").Text(); !strings.HasPrefix(strings.TrimSpace(got), "0") || !strings.Contains(got, "Zero") {
			t.Errorf("%q: zero is shown as %q", fetched, got)
		}
		if notice := page.Find("#usage [data-testid=notice]").Text(); strings.Contains(notice, "could not be read") != (fetched != "") {
			t.Errorf("%q: notice %q", fetched, notice)
		}
	}
}

func FuzzUploadedFile(f *testing.F) {
	body, contentType := multipartFile(f, "file", "seats.csv", "a,b\n1,2\n")
	f.Add(contentType, body)
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=file; filename=\"../../x\"\r\n\r\n\r\n--x--")
	f.Add("multipart/form-data", "")
	f.Add("text/plain", "x")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		r := httptest.NewRequest(http.MethodPost, "/usage/import", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		part, err := uploadedFile(r)
		if err != nil && web.AsError(err).Status != http.StatusUnprocessableEntity {
			t.Errorf("%v is not the sender's mistake", err)
		}
		if part == nil {
			return
		}
		if name := fileName(part.FileName()); name == "" || web.Length(name) > problem.MaxName || strings.ContainsAny(name, "/\\\x00\n") {
			t.Errorf("file name %q", name)
		}
	})
}

func FuzzFileImportChoices(f *testing.F) {
	f.Add("column.email=1&dates.joined=day-first&create=Acme&encoding=UTF-8")
	f.Add("column.email=-1&column.seats=99999999999&dates.joined=x&encoding=EBCDIC&create=%00")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodPost, "/imports/1/check", strings.NewReader(query))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if web.ParseForm(r) != nil {
			return
		}
		for _, kind := range []sheet.Kind{sheet.Members, sheet.Usage} {
			c := parseFileImportChoices(r.PostForm, intake.FileImport{Kind: kind})
			for column, i := range c.Columns {
				if i < 0 || i > 1<<16 {
					t.Errorf("%s is column %d", column, i)
				}
			}
			for _, name := range c.Create {
				if name == "" || strings.ContainsRune(name, 0) {
					t.Errorf("name %q", name)
				}
			}
		}
	})
}

// A table whose columns are months is shown as it is understood before anything is written, and its empty cells are no zeros.
func TestImportOfMonthsInColumnsPage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	acme, bolt := p.organization("Acme", 2), p.organization("Bolt", 1)
	b := p.as(store.Admin)
	file := "Customer,Jan-26,2026-02,2026-03,Total,Contact\nAcme,12,14,,26,ann\nBolt,3,,7,10,\nTotal,15,15,7,36,\n"
	b.uploadFile("/usage/import", file, http.StatusSeeOther)
	path, page := b.location(), b.follow()
	has(t, page, "[data-testid=file-import-months]", "“Jan-26” is January 2026, “2026-02” is February 2026, “2026-03” is March 2026")
	has(t, page, "[data-testid=file-import-left-out]", "The columns “Total”, “Contact” are left out")
	has(t, page, "#column-month", "The columns are months")
	b.post(path+"/check", form(columns(page)...), http.StatusSeeOther)
	page = b.settled(path)
	has(t, page, "[data-testid=file-import-counts]", "New figures3")
	has(t, page, "[data-testid=file-import-counts]", "Bad figures1")
	has(t, page, "[data-testid=file-import-readings]", "“Jan-26” is January 2026")
	has(t, page, "[data-testid=file-import-readings]", "2 empty cells say nothing of the month")
	has(t, page, "[data-testid=file-import-readings]", "Line 4 sums up others and was passed over, but for February 2026 it says 15 and the rows before it come to 14")
	has(t, page, "[data-testid=file-import-problems]", "32026-03March 2026 is not over")
	has(t, page, "label[for=skip]", "Leave out 1 figure that cannot be imported")
	changes := b.get(path+"/changes?organization="+strconv.FormatInt(acme.ID, 10), http.StatusOK).Find("[data-testid=file-import-change]")
	if got := changes.Text(); changes.Length() != 2 || !strings.Contains(got, "January 2026") || !strings.Contains(got, "14 NordPass Business") {
		t.Errorf("changes %q", got)
	}
	b.post(path+"/write", form("skip", "true"), http.StatusSeeOther)
	has(t, b.settled(path), "[data-testid=file-import-done]", "New figures3")
	for month, want := range map[store.Month]int{"2026-01": 2, "2026-02": 1, "2026-03": 0} {
		reports, err := p.store.UsageReports(t.Context(), month)
		if err != nil || len(reports) != want {
			t.Errorf("%s: %+v, %v", month, reports, err)
		}
	}
	if reports, _ := p.store.UsageReports(t.Context(), "2026-01"); reports[1].OrganizationID != bolt.ID || reports[1].Seats != 3 {
		t.Errorf("January: %+v", reports)
	}
}

// What could be another month is asked for where the file is chosen, and the file is not kept.
func TestUnclearMonthsInColumnsAreRefused(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	page := b.uploadFile("/usage/import", "Customer,Jan,Feb\nAcme,12,14\n", http.StatusUnprocessableEntity)
	has(t, page, ".problem", "The columns of this table are months. “Jan” has no year: name the column like 2026-10.")
	if _, err := p.store.FileImport(t.Context(), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an import was kept: %v", err)
	}
}
