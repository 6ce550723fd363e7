package handlers

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing/intake/intaketest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// rowOf is the only row of a table that mentions a text.
func rowOf(t *testing.T, page *goquery.Document, text string) *goquery.Selection {
	t.Helper()
	row := page.Find("tbody tr").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.Contains(s.Text(), text) })
	if row.Length() != 1 {
		t.Fatalf("%d rows mention %q", row.Length(), text)
	}
	return row
}

// words are the words of a selection.
func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// connected is an admin's browser of a panel with an instance without companies of its own.
func connected(t *testing.T) *browser {
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	return b
}

func TestSuggestionsAreReviewedAndMapped(t *testing.T) {
	t.Parallel()
	b := connected(t)
	one, two := b.customer("Qadenzo Ltd."), b.customer("Vulmira GmbH")
	b.sim.AddAgreement(cwsim.Agreement{CompanyID: two.CompanyID, Name: "Security", TypeID: 2})
	three := b.customer("Brizzel Workshop")
	qadenzo, vulmira, brizzel := b.organization("QADENZO", 2), b.organization("Vulmira", 3), b.organization("Brizzel", 1)
	b.importAll()

	page := b.get(views.SuggestionsPath+"?q=qadenzo", http.StatusOK)
	row := rowOf(t, page, "Qadenzo Ltd.")
	has(t, page, "[data-testid=suggestion]", "Its only agreement")
	if row.Find("input[name=pick][checked]").Length() != 1 || row.Find("option[selected]").AttrOr("value", "") != fmt.Sprint(one.ID) {
		t.Error("a certain suggestion is not ready to be mapped")
	}
	has(t, b.get(views.SuggestionsPath+"?show=agreement&q=vulmira", http.StatusOK), "[data-testid=suggestion]", "A guess among 2")
	has(t, b.get(views.SuggestionsPath+"?type=Security+Subscription&q=vulmira", http.StatusOK), "[data-testid=suggestion]", "The only one of type Security Subscription")
	doubtful := b.get(views.SuggestionsPath+"?show=doubtful&q=brizzel", http.StatusOK)
	if rowOf(t, doubtful, "Brizzel").Find("input[name=pick][checked]").Length() != 0 {
		t.Error("a doubtful suggestion is checked")
	}

	// The mapping table shows the same: the certain one is chosen, the doubtful one is not.
	table := b.get(views.CompaniesPath+"?show=suggested&q=qadenzo", http.StatusOK)
	if got := formOf(table.Find("form[action$='/map']")); got.Get("organization") != fmt.Sprint(qadenzo.ID) || got.Get("agreement") != fmt.Sprint(one.ID) {
		t.Errorf("the row offers %v", got)
	}
	table = b.get(views.CompaniesPath+"?q=brizzel", http.StatusOK)
	if got := formOf(table.Find("form[action$='/map']")); got.Get("organization") != "" {
		t.Errorf("a doubtful organization is chosen: %v", got)
	}
	has(t, table, "[data-testid=row-suggestion]", "Perhaps Brizzel")

	// Rejected, it is neither suggested here nor there, until it is restored.
	pair := fmt.Sprintf("%d-%d", three.CompanyID, brizzel.ID)
	has(t, b.part().post(views.SuggestionsPath+"/reject", form("pair", pair), http.StatusOK), "body", "not suggested for Brizzel Workshop any more")
	if b.get(views.CompaniesPath+"?q=brizzel", http.StatusOK).Find("[data-testid=row-suggestion]").Length() != 0 {
		t.Error("a rejected suggestion is made in the table")
	}
	has(t, b.get(views.SuggestionsPath+"?show=rejected", http.StatusOK), "[data-testid=rejected]", "Brizzel Workshop")
	has(t, b.part().post(views.SuggestionsPath+"/restore", form("pair", pair), http.StatusOK), "body", "Brizzel Workshop")

	// All that are ready, with the preferred type, in one go.
	page = b.get(views.SuggestionsPath+"?type=Security+Subscription", http.StatusOK)
	fields := formOf(page.Find("#map-suggestions"))
	fields.Set("scope", "all")
	ready := len(fields["shown"])
	stale := url.Values{"scope": {"all"}, "token": {"old"}, "shown": fields["shown"], "pick": fields["pick"]}
	has(t, b.post(views.SuggestionsPath+"/map", stale, http.StatusUnprocessableEntity), "[data-testid=notice]", "Nothing was mapped")
	has(t, b.post(views.SuggestionsPath+"/map", form("scope", "page"), http.StatusUnprocessableEntity), "[data-testid=notice]", "Nothing is checked")
	b.post(views.SuggestionsPath+"/map", fields, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", fmt.Sprintf("%d organizations were mapped", ready))
	mapped, err := b.store.Mappings(t.Context())
	if err != nil || len(mapped) != ready {
		t.Fatalf("%d mapped, %v; want %d", len(mapped), err, ready)
	}
	for _, id := range []int64{qadenzo.ID, vulmira.ID} {
		if _, err := b.store.Mapping(t.Context(), id); err != nil {
			t.Errorf("organization %d: %v", id, err)
		}
	}
	// A second time, from a page that is old by now: nothing, and why.
	old := b.post(views.SuggestionsPath+"/map", url.Values{"scope": {"page"}, "shown": fields["shown"], "pick": fields["pick"]}, http.StatusUnprocessableEntity)
	has(t, old, "[data-testid=notice]", "Nothing was mapped")
}

func TestShapesOfReality(t *testing.T) {
	t.Parallel()
	b := connected(t)
	company := b.sim.AddCompany(cwsim.Company{Name: "Plumbrook"})
	agreement := func(a cwsim.Agreement) cwsim.Agreement {
		a.CompanyID = company.ID
		return b.sim.AddAgreement(a)
	}
	parent := agreement(cwsim.Agreement{Name: "Parent"})
	child := agreement(cwsim.Agreement{Name: "Child", ParentID: parent.ID})
	ending := agreement(cwsim.Agreement{Name: "Ending", End: testNow().AddDate(0, 0, 20)})
	over := agreement(cwsim.Agreement{Name: "Over", Cancelled: true})
	agreement(cwsim.Agreement{Name: "Billed later", BillStart: testNow().AddDate(0, 1, 0)})
	other := b.customer("Elsewhere")
	first, second := b.organization("First", 1), b.organization("Second", 1)
	foreign, err := b.store.CreateOrganization(t.Context(), store.Organization{Name: "Foreign", Plan: store.Business, License: store.Standard, CreatedAt: testNow()})
	if err != nil {
		t.Fatal(err)
	}
	b.importAll()
	path := fmt.Sprintf("%s/%d/map", views.CompaniesPath, company.ID)
	mapTo := func(path string, agreement int, organization int64, status int) *goquery.Document {
		return b.part().post(path, form("agreement", fmt.Sprint(agreement), "organization", fmt.Sprint(organization)), status)
	}
	options := words(b.get(views.CompaniesPath+"?q=plumbrook", http.StatusOK).Find("select[name=agreement]"))
	for _, want := range []string{"Child · Managed Services · child of Parent", "ends soon, on 6 Apr 2026", "Over · Managed Services · The agreement is cancelled.", "billed from 17 Apr 2026"} {
		if !strings.Contains(options, want) {
			t.Errorf("the agreements %q lack %q", options, want)
		}
	}
	has(t, mapTo(path, over.ID, first.ID, http.StatusUnprocessableEntity), ".problem", "cancelled")
	has(t, mapTo(path, parent.ID, foreign.ID, http.StatusUnprocessableEntity), ".problem", "not managed")
	mapTo(path, child.ID, first.ID, http.StatusOK)
	has(t, mapTo(path, child.ID, second.ID, http.StatusOK), "[data-testid=mapped]", "Second") // two on one agreement
	row := mapTo(path, ending.ID, second.ID, http.StatusOK)                                   // moved within the company
	has(t, row, "[data-testid=mapped]", "ends on 6 Apr 2026")
	elsewhere := fmt.Sprintf("%s/%d/map", views.CompaniesPath, other.CompanyID)
	has(t, mapTo(elsewhere, other.ID, first.ID, http.StatusUnprocessableEntity), ".problem", "mapped to Plumbrook, agreement Child, already")
	search := b.part().get(fmt.Sprintf("%s/organizations/search?company=%d&q=first", views.ConnectWisePath, other.CompanyID), http.StatusOK)
	has(t, search, "[role=option][aria-disabled=true]", "mapped to Plumbrook")
	if last := search.Find("[role=option]").Last(); words(last) != "Add organization" {
		t.Errorf("the list ends with %q", words(last))
	}
	for state, want := range map[string]int{"ending": 1, "several": 1} {
		if got := b.get(views.CompaniesPath+"?q=plumbrook&agreements="+state, http.StatusOK).Find("[data-testid=company]").Length(); got != want {
			t.Errorf("%s: %d companies", state, got)
		}
	}
	b.get(views.CompaniesPath+"?show=suggested&sort=score&dir=desc&agreements=none&type=1&status=1&page=9", http.StatusOK)
	b.get(views.CompaniesPath+"?show=mapped&sort=mapped&dir=desc", http.StatusOK)
}

func TestAddOrganizationsForSelectedCompanies(t *testing.T) {
	t.Parallel()
	b := connected(t)
	one, two, taken := b.customer("Xorvik"), b.customer("Yelmar"), b.customer("Taken")
	b.sim.AddAgreement(cwsim.Agreement{CompanyID: two.CompanyID, Name: "Second"})
	b.organization("taken", 1)
	b.importAll()
	selected := form("company", fmt.Sprint(one.CompanyID), "company", fmt.Sprint(two.CompanyID), "company", fmt.Sprint(taken.CompanyID))
	dialog := b.part().get(views.CompanyOrganizationsPath+"?"+selected.Encode(), http.StatusOK)
	has(t, dialog, "[data-testid=adds]", "2 organizations: Xorvik, Yelmar")
	has(t, dialog, "[data-testid=notice]", "Taken")
	fields := formOf(dialog.Find("form"))
	fields.Set("plan", "")
	b.part().post(views.CompanyOrganizationsPath, fields, http.StatusUnprocessableEntity)
	fields.Set("plan", "enterprise")
	b.post(views.CompanyOrganizationsPath, fields, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "2 organizations were added, 1 of them mapped")
	found, _, err := b.store.Organizations(t.Context(), store.OrganizationFilter{Search: "xorvik"})
	if err != nil || len(found) != 1 || found[0].Plan != store.Enterprise || !found[0].Managed || found[0].AgreementID != one.ID {
		t.Errorf("added %+v, %v", found, err)
	}
	has(t, b.part().get(views.CompanyOrganizationsPath, http.StatusOK), "[data-testid=notice]", "No company is selected")
	b.post(views.CompanyOrganizationsPath, form("license", "standard", "plan", "business"), http.StatusUnprocessableEntity)
}

// posted is the status that a form is answered with.
func (b *browser) posted(path string, form url.Values) int {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w.Code
}

// upload sends a table as a browser sends a file.
func (b *browser) upload(path, table string, status int) *goquery.Document {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	file, err := w.CreateFormFile("file", "mappings.csv")
	if err != nil {
		b.t.Fatal(err)
	}
	io.WriteString(file, table)
	w.Close()
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.RemoteAddr = b.ip
	r.Header.Set("Content-Type", w.FormDataContentType())
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	b.last = httptest.NewRecorder()
	b.handler.ServeHTTP(b.last, r)
	if b.last.Code != status {
		b.t.Fatalf("POST %s = %d, want %d; %s", path, b.last.Code, status, excerpt(b.last.Body.String()))
	}
	page, err := goquery.NewDocumentFromReader(b.last.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page
}

func TestMappingsAsATable(t *testing.T) {
	t.Parallel()
	b := connected(t)
	acme, beta := b.customer("Acme Harbor"), b.customer("Beta Mills")
	b.organization("First", 1)
	b.organization("Second", 1)
	b.importAll()
	b.get(views.MappingsPath, http.StatusOK)
	company := func(id int) string {
		c, err := b.store.Company(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return c.Identifier
	}
	table := "company_identifier;agreement;organization\n" + company(acme.CompanyID) + ";;First\n" + company(beta.CompanyID) + ";;Nobody\n"
	page := b.upload(views.MappingsPath, table, http.StatusOK)
	has(t, page, "[data-testid=plan-new]", "1")
	has(t, page, "[data-testid=plan-problems]", "3")
	has(t, page, "[data-testid=plan-problems]", `There is no organization called "Nobody"`)
	if mapped, err := b.store.Mappings(t.Context()); err != nil || len(mapped) != 0 {
		t.Errorf("a dry run mapped %v, %v", mapped, err)
	}
	apply := formOf(page.Find("form[action$='/apply']"))
	apply.Set("pairs", page.Find("textarea[name=pairs]").Text())
	b.post(views.MappingsPath+"/apply", apply, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=mapped]", "First")
	has(t, b.post(views.MappingsPath+"/apply", apply, http.StatusUnprocessableEntity), "[data-testid=notice]", "Nothing was mapped")
	b.post(views.MappingsPath+"/apply", form("pairs", "nonsense"), http.StatusUnprocessableEntity)
	b.post(views.MappingsPath+"/apply", nil, http.StatusUnprocessableEntity)

	// A workbook is read like a text.
	rows := "<row>" + intaketest.Cells("company_identifier", "organization") + "</row><row>" + intaketest.Cells(company(beta.CompanyID), "Second") + "</row>"
	page = b.upload(views.MappingsPath, intaketest.Workbook([2]string{"About", ""}, [2]string{"Mappings", rows}), http.StatusOK)
	has(t, page, "[data-testid=plan-new]", "1")
	has(t, page, "[data-testid=plan-sheet]", "The workbook has 2 sheets; “Mappings” is the one that was read.")

	// The export is what an import takes; pasted, it changes nothing.
	b.get(views.MappingsPath+".csv", http.StatusOK)
	export := b.last.Body.String()
	if !strings.Contains(export, company(acme.CompanyID)+",Acme Harbor,") {
		t.Errorf("the export is %s", export)
	}
	has(t, b.post(views.MappingsPath, form("table", export), http.StatusOK), "[data-testid=plan-unchanged]", "1")
	has(t, b.post(views.MappingsPath, form("table", strings.Replace(export, "First", "Second", 1)), http.StatusOK), "[data-testid=plan-new]", "1")
	has(t, b.post(views.MappingsPath, form("table", "who,what\na,b\n"), http.StatusUnprocessableEntity), "#mappings-file-problem", "company_identifier")
}

func TestImportCountsAndNames(t *testing.T) {
	t.Parallel()
	b := connected(t)
	page := b.get(views.CompanyImportPath, http.StatusOK)
	if page.Find("input[name=type][disabled]").Length() != 1 {
		t.Error("vendors can be chosen")
	}
	has(t, b.part().get(views.CompanyImportPath+"/counts", http.StatusOK), "hx-partial[hx-target='#count-type-1']", "compan")
	has(t, b.part().get(views.CompanyImportPath+"/count?type=1&type=2&status=1", http.StatusOK), "body", "left out")
	if got := words(b.part().get(views.CompanyImportPath+"/count", http.StatusOK).Find("body")); got != "" {
		t.Errorf("nothing chosen: %q", got)
	}
	a := b.customer("Renamed Later")
	b.importAll()
	b.sim.UpdateCompany(a.CompanyID, func(c *cwsim.Company) { c.Name = "Has Another Name" })
	b.customer("Came Later")
	b.importAll()
	page = b.get(views.CompanyImportPath, http.StatusOK)
	has(t, page, "[data-testid=import-names]", "Renamed Later → Has Another Name")
	has(t, page, "[data-testid=import-names]", "Came Later")
	has(t, page, "[data-testid=left-out]", "deleted")
	b.sim.SetFaults(cwsim.Fault{Kind: cwsim.HTML503})
	b.part().get(views.CompanyImportPath+"/counts", http.StatusOK)
	b.part().get(views.CompanyImportPath+"/count?type=1&status=1", http.StatusOK)
}

// Remapping a product says first what becomes of the lines that Seatbridge keeps.
func TestRemapTellsWhatItMeans(t *testing.T) {
	t.Parallel()
	b := connected(t)
	acme := b.customer("Acme Harbor")
	organization := b.organization("Acme", 3)
	b.importAll()
	b.post(fmt.Sprintf("%s/%d/map", views.CompaniesPath, acme.CompanyID), form("agreement", fmt.Sprint(acme.ID), "organization", fmt.Sprint(organization.ID)), http.StatusSeeOther)
	b.syncNow()
	other := b.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-NEW", Description: "NordPass Business 2"})
	if b.get(views.ProductsPath, http.StatusOK).Find("[data-testid=remapped]").Length() != 0 {
		t.Error("a warning without a change")
	}
	dialog := b.part().get(fmt.Sprintf("%s?business=%d", views.ProductsPath, other.ID), http.StatusOK)
	has(t, dialog, "[data-testid=remapped]", "1 line of NP-BUS will go to 0")
	has(t, dialog, "[data-testid=remapped]", "Acme Harbor")
	confirm := formOf(dialog.Find("form[method=post]"))
	b.until("the sync lets go, and the products are mapped", func() bool { return b.posted(views.ProductsPath, confirm) == http.StatusSeeOther })
	b.syncNow()
	if got := b.quantities(acme.ID); got["NP-BUS"] != "0" || got["NP-NEW"] != "3" {
		t.Errorf("after the remapping: %v", got)
	}
}

// The first paint of the mapping table, everything it loads included, is below 100 KB on the wire. Full pages
// decide, not how many there are.
func TestMappingTableIsSmall(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.fillNames(400, 500)
	b := p.as(store.Admin)
	for _, path := range []string{views.CompaniesPath, views.CompaniesPath + "?show=suggested", views.SuggestionsPath} {
		page := b.get(path, http.StatusOK)
		total := wireSize(t, b, path)
		for _, selector := range []string{"link[rel=stylesheet]", "script[src]", "link[rel=icon]"} {
			page.Find(selector).Each(func(_ int, s *goquery.Selection) {
				total += wireSize(t, b, s.AttrOr("href", s.AttrOr("src", "")))
			})
		}
		sprite, _, _ := strings.Cut(page.Find("use").First().AttrOr("href", ""), "#")
		total += wireSize(t, b, sprite)
		t.Logf("%s: %d bytes", path, total)
		if total > 100_000 {
			t.Errorf("%s takes %d bytes", path, total)
		}
	}
}

// wireSize is the size of an answer as a browser receives it.
func wireSize(t *testing.T, b *browser, path string) int {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s = %d", path, w.Code)
	}
	return w.Body.Len()
}

// fillNames adds organizations and companies of the same names, spelled a little differently, the companies
// with two or three agreements each. Half of the organizations are mapped.
func (p *panel) fillNames(organizations, companies int) {
	p.t.Helper()
	ctx := p.t.Context()
	all := make([]store.Organization, organizations)
	for i := range all {
		all[i] = store.Organization{Name: strings.ToUpper(companyName(i)), Plan: store.Plans()[i%2], License: store.Standard, Managed: true, CreatedAt: testNow()}
	}
	created, err := p.store.CreateOrganizations(ctx, all)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.store.SaveIntegration(ctx, store.Integration{Site: p.site, Company: "c", PublicKey: "p", PrivateKey: "s", ClientID: "i", ConnectedAt: testNow()}); err != nil {
		p.t.Fatal(err)
	}
	im := store.CompanyImport{TypeIDs: []int{1}, StatusIDs: []int{1}, At: testNow()}
	for i := range companies {
		id := i + 1
		im.Companies = append(im.Companies, store.Company{ID: id, Identifier: fmt.Sprintf("Company%d", id), Name: companyName(i) + " Ltd.", Status: store.Named{ID: 1, Name: "Active"}, Types: []store.Named{{ID: 1 + i%3, Name: fmt.Sprintf("Customer %d", i%3)}}})
		for j := range 1 + i%3 {
			im.Agreements = append(im.Agreements, store.Agreement{ID: 10*id + j, CompanyID: id, Name: fmt.Sprintf("Managed Services %d", j), TypeName: "Managed Services", Status: "Active", StartDate: "2025-01-01", BillStartDate: "2025-02-01"})
		}
	}
	if _, err := p.store.SaveCompanyImport(ctx, im); err != nil {
		p.t.Fatal(err)
	}
	var mappings []store.Remapping
	for i := range organizations / 2 {
		id := i + 1
		mappings = append(mappings, store.Remapping{
			Mapping: store.Mapping{OrganizationID: created[i].ID, CompanyID: id, AgreementID: 10 * id, CreatedAt: testNow(), CreatedBy: "a@example.com"},
			Record:  store.Activity{At: testNow(), Category: store.CategoryIntegrations, Action: "Mapped."},
		})
	}
	if err := p.store.SaveMappings(ctx, mappings); err != nil {
		p.t.Fatal(err)
	}
	if err := p.rooms.Mapping.RefreshSuggestions(ctx); err != nil {
		p.t.Fatal(err)
	}
}

// companyName makes a name of two made-up words that no other number has.
func companyName(i int) string {
	syllables := strings.Fields("ba ke di mo su ra le ti no vu ga pe zi lo fu")
	word := func(n int) string {
		return strings.ToUpper(syllables[n%15][:1]) + syllables[n%15][1:] + syllables[n/15%15] + syllables[n/225%15]
	}
	return word(i*7+3) + "x " + word(i*11+5+i/3375) + "n"
}

// BenchmarkMapping is the server time of the mapping pages with 5,000 companies of one to three agreements
// and 4,000 organizations, half of them mapped.
func BenchmarkMapping(b *testing.B) {
	p := newPanel(b)
	p.fillNames(4_000, 5_000)
	admin := p.as(store.Admin)
	for _, path := range []string{
		views.CompaniesPath, views.CompaniesPath + "?page=90", views.CompaniesPath + "?q=ba", views.CompaniesPath + "?show=suggested", views.CompaniesPath + "?show=suggested&sort=score&dir=desc",
		views.CompaniesPath + "?show=mapped&sort=mapped&dir=desc", views.CompaniesPath + "?show=attention", views.CompaniesPath + "?agreements=several&type=1&status=1&sort=status",
		views.SuggestionsPath, views.SuggestionsPath + "?show=agreement",
	} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				for name, value := range admin.cookies {
					r.AddCookie(&http.Cookie{Name: name, Value: value})
				}
				w := httptest.NewRecorder()
				p.handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("status = %d", w.Code)
				}
			}
		})
	}
}
