package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// until repeats a look at something that goes on in the background.
func (b *browser) until(what string, done func() bool) {
	b.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4000 {
		if done() {
			return
		}
		<-tick.C
	}
	b.t.Fatalf("%s did not happen; log: %s", what, b.log)
}

// credentials is the form of the credentials as the simulator accepts them.
func (p *panel) credentials() url.Values {
	c := p.sim.Credentials()
	return form("site", p.site, "company", c.Company, "public_key", c.PublicKey, "private_key", c.PrivateKey, "client_id", c.ClientID)
}

// connect saves good credentials.
func (b *browser) connect() {
	b.t.Helper()
	b.post(views.ConnectWisePath, b.credentials(), http.StatusSeeOther)
}

// mapProducts picks two products of the simulator's catalog.
func (b *browser) mapProducts() {
	b.t.Helper()
	business := b.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS", Description: "NordPass Business seat", Price: decimal.RequireFromString("4.99")})
	enterprise := b.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-ENT", Description: "NordPass Enterprise seat", Price: decimal.RequireFromString("6.49")})
	b.post(views.ProductsPath, form("business", fmt.Sprint(business.ID), "enterprise", fmt.Sprint(enterprise.ID)), http.StatusSeeOther)
}

// importAll imports every company type and status.
func (b *browser) importAll() {
	b.t.Helper()
	page := b.get(views.CompanyImportPath, http.StatusOK)
	values := url.Values{}
	page.Find("input[type=checkbox]").Each(func(_ int, s *goquery.Selection) {
		values.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	b.post(views.CompanyImportPath, values, http.StatusSeeOther)
	b.until("the import", func() bool {
		return b.part().get(views.CompanyImportPath+"/progress", http.StatusOK).Find("[data-state=done]").Length() == 1
	})
}

// customer is a company with one good agreement.
func (p *panel) customer(name string) cwsim.Agreement {
	company := p.sim.AddCompany(cwsim.Company{Name: name})
	return p.sim.AddAgreement(cwsim.Agreement{CompanyID: company.ID, Name: name + " services"})
}

// syncNow presses Sync now and waits for its end.
func (b *browser) syncNow() *goquery.Document {
	b.t.Helper()
	b.post(views.ConnectWisePath+"/sync", nil, http.StatusSeeOther)
	run := b.location()
	b.until("the sync", func() bool {
		b.part().get(run+"/progress", http.StatusOK)
		return b.get(run, http.StatusOK).Find("[data-testid=run-progress]").Length() == 0
	})
	return b.get(run, http.StatusOK)
}

// quantities are an agreement's live additions by product identifier.
func (p *panel) quantities(agreement int) map[string]string {
	identifiers := map[int]string{}
	for _, item := range p.sim.Catalog() {
		identifiers[item.ID] = item.Identifier
	}
	quantities := map[string]string{}
	for _, a := range p.sim.Additions(agreement) {
		quantities[identifiers[a.ProductID]] = a.Quantity.String()
	}
	return quantities
}

// The guide's four steps and Sync now, through the panel.
func TestGuide(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	private := p.sim.Credentials().PrivateKey

	has(t, b.get("/", http.StatusOK), "[data-testid=next-step]", "not connected")
	has(t, b.get(views.ConnectWisePath, http.StatusOK), "[data-testid=connection-state]", "Not connected")

	// Step 2: credentials.
	b.connect()
	page := b.follow()
	has(t, page, "[data-testid=connection-state]", "Setup incomplete")
	has(t, page, "main", "Company Maintenance")
	b.lacks(private)

	// Step 3: products, one picked and one created.
	business := p.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS", Description: "NordPass Business seat", Price: decimal.RequireFromString("4.99")})
	part := b.part()
	part.get(views.ProductsPath, http.StatusOK)
	picker := part.get(views.ProductsPath+"?plan=business", http.StatusOK)
	has(t, picker, "#catalog", "NP-BUS")
	found := part.get(views.ProductsPath+"/search?plan=business&q=np-bus", http.StatusOK)
	if found.Find("#catalog input[name=business][value='"+strconv.Itoa(business.ID)+"']").Length() != 1 {
		t.Error("the search does not find the product")
	}
	chosen := "business=" + strconv.Itoa(business.ID)
	create := part.get(views.ProductsPath+"/new?plan=enterprise&"+chosen, http.StatusOK)
	fields := formOf(create.Find("form"))
	fields.Set("identifier", "")
	rejected := part.post(views.ProductsPath+"/create", fields, http.StatusUnprocessableEntity)
	if rejected.Find("[name=identifier][aria-invalid]").Length() != 1 || formOf(rejected.Find("form")).Get("business") != strconv.Itoa(business.ID) {
		t.Error("the form for a new product lost its choices or its problem")
	}
	fields.Set("identifier", "NP-ENT")
	for _, field := range []string{"subcategory", "type", "unit"} {
		if fields.Get(field) == "" {
			fields.Set(field, create.Find("[name="+field+"] option[value!='']").First().AttrOr("value", ""))
		}
	}
	fields.Set("price", "6.49")
	dialog := part.post(views.ProductsPath+"/create", fields, http.StatusOK)
	has(t, dialog, "[data-testid=product-enterprise]", "NP-ENT")
	b.post(views.ProductsPath, formOf(dialog.Find("form[method=post]")), http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=connection-state]", "Active")

	// Step 4: companies.
	acme, beta := p.customer("Acme Harbor Works"), p.customer("Beta Mills")
	organization := p.organization("Acme", 3)
	b.importAll()
	page = b.get(views.CompaniesPath+"?q=acme+harbor", http.StatusOK)
	if got := page.Find("[data-testid=company]").Length(); got != 1 {
		t.Fatalf("%d companies, want 1", got)
	}
	mapAcme := fmt.Sprintf("%s/%d/map", views.CompaniesPath, acme.CompanyID)
	row := part.post(mapAcme, form("agreement", fmt.Sprint(acme.ID)), http.StatusUnprocessableEntity)
	has(t, row, ".problem", "Choose an organization.")
	options := part.get(fmt.Sprintf("%s/organizations/search?q=acm&company=%d", views.ConnectWisePath, acme.CompanyID), http.StatusOK)
	if got := options.Find("[role=option]").First().AttrOr("data-value", ""); got != fmt.Sprint(organization.ID) {
		t.Errorf("first option = %q", got)
	}
	row = part.post(mapAcme, form("agreement", fmt.Sprint(acme.ID), "organization", fmt.Sprint(organization.ID)), http.StatusOK)
	has(t, row, "[data-testid=mapped]", "Acme")
	part.lacks("<main")

	// Add organization inside the dropdown.
	add := part.get(fmt.Sprintf("/organizations/new?company=%d", beta.CompanyID), http.StatusOK)
	fields = formOf(add.Find("form"))
	action := add.Find("form").AttrOr("action", "")
	if got := fields.Get("name"); got != "Beta Mills" {
		t.Errorf("the form offers the name %q", got)
	}
	fields.Set("name", "")
	part.post(action, fields, http.StatusUnprocessableEntity)
	fields.Set("name", "Beta")
	fields.Set("plan", "enterprise")
	row = part.post(action, fields, http.StatusOK)
	// Only the organization is swapped, so that the agreement chosen beside it stays.
	if got := part.last.Header().Get("HX-Retarget"); got != fmt.Sprintf("#company-%d-organization", beta.CompanyID) {
		t.Errorf("HX-Retarget = %q", got)
	}
	added := row.Find("input[name=organization]").AttrOr("value", "")
	if added == "" || row.Find("select").Length() > 0 {
		t.Errorf("the part swapped is %q", row.Text())
	}
	chosenForm := form("agreement", fmt.Sprint(beta.ID), "organization", added)
	b.post(fmt.Sprintf("%s/%d/map", views.CompaniesPath, beta.CompanyID), chosenForm, http.StatusSeeOther)
	b.post("/organizations/"+chosenForm.Get("organization")+"/seats", form("emails", "x@beta.example y@beta.example"), http.StatusSeeOther)

	// Preview, discard, Sync now.
	b.post(views.ConnectWisePath+"/preview", nil, http.StatusSeeOther)
	preview := b.location()
	b.until("the preview", func() bool {
		return b.get(preview, http.StatusOK).Find("form[action$='/discard']").Length() == 1
	})
	if got := p.quantities(acme.ID); len(got) != 0 {
		t.Errorf("a preview wrote %v", got)
	}
	b.post(preview+"/discard", nil, http.StatusSeeOther)

	page = b.syncNow()
	has(t, page, "[data-testid=run-state]", "Done")
	has(t, page, "[data-testid=count-written]", "2")
	if got := p.quantities(acme.ID)["NP-BUS"]; got != "3" {
		t.Errorf("Acme = %v", p.quantities(acme.ID))
	}
	if got := p.quantities(beta.ID)["NP-ENT"]; got != "2" {
		t.Errorf("Beta = %v", p.quantities(beta.ID))
	}
	// What was written is what the Organizations page shows.
	has(t, b.get("/organizations?q=acme", http.StatusOK), "td[data-label='Seats this month']", p.quantities(acme.ID)["NP-BUS"])

	// Unmap one, change the other: only what changed is written.
	part.post(fmt.Sprintf("%s/%d/unmap", views.CompaniesPath, beta.CompanyID), form("organization", chosenForm.Get("organization")), http.StatusOK)
	b.post(views.OrganizationPath(organization.ID)+"/seats", form("emails", "new@acme.example"), http.StatusSeeOther)
	p.sim.ResetRequests()
	page = b.syncNow()
	has(t, page, "[data-testid=count-written]", "1")
	writes := 0
	for _, r := range p.sim.Requests() {
		if r.Method != http.MethodGet {
			writes++
		}
	}
	if writes != 1 || p.quantities(acme.ID)["NP-BUS"] != "4" || p.quantities(beta.ID)["NP-ENT"] != "2" {
		t.Errorf("%d writes; Acme %v, Beta %v", writes, p.quantities(acme.ID), p.quantities(beta.ID))
	}
	b.get("/runs", http.StatusOK)
	b.get("/runs/1?state=written&q=acme&page=7", http.StatusOK)
	b.get("/runs/2/changes.csv", http.StatusOK)
	if csv := b.last.Body.String(); !strings.Contains(csv, "Acme: 3") {
		t.Errorf("csv = %s", csv)
	}

	// Remove.
	b.post(views.ConnectWisePath+"/disconnect", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=connection-state]", "Not connected")
	if mappings, err := p.store.Mappings(t.Context()); err != nil || len(mappings) != 0 {
		t.Errorf("mappings = %v, %v", mappings, err)
	}
	if strings.Contains(p.log.String(), private) {
		t.Error("the log tells the private key")
	}
}

// formOf is what a browser would send of a form.
func formOf(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input[name], textarea[name]").Each(func(_ int, s *goquery.Selection) {
		_, on := s.Attr("checked")
		if kind := s.AttrOr("type", ""); (kind != "radio" && kind != "checkbox") || on {
			values.Add(s.AttrOr("name", ""), s.AttrOr("value", s.Text()))
		}
	})
	form.Find("select[name]").Each(func(_ int, s *goquery.Selection) {
		option := s.Find("option[selected]")
		if option.Length() == 0 {
			option = s.Find("option").First()
		}
		values.Add(s.AttrOr("name", ""), option.AttrOr("value", ""))
	})
	return values
}

func TestConnectionFailuresSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	private := p.sim.Credentials().PrivateKey
	seen := map[string]string{}
	for name, change := range map[string]func(url.Values){
		"site is no address": func(v url.Values) { v.Set("site", "http://example.com") },
		"wrong company":      func(v url.Values) { v.Set("company", "nobody") },
		"wrong key":          func(v url.Values) { v.Set("private_key", "wrong-private-key") },
		"wrong client id":    func(v url.Values) { v.Set("client_id", "00000000-0000-4000-8000-000000000000") },
		"no company":         func(v url.Values) { v.Set("company", "") },
	} {
		values := p.credentials()
		change(values)
		page := b.post(views.ConnectWisePath, values, http.StatusUnprocessableEntity)
		got := formOf(page.Find("#credentials-form"))
		for _, field := range []string{"site", "company", "public_key", "client_id"} {
			if got.Get(field) != values.Get(field) {
				t.Errorf("%s: %s became %q", name, field, got.Get(field))
			}
		}
		b.lacks(private, "wrong-private-key")
		problem := strings.Join(strings.Fields(page.Find("#credentials-form .problem, #credentials-form [data-testid=notice]").Text()), " ")
		if problem == "" || seen[problem] != "" {
			t.Errorf("%s says %q, like %q", name, problem, seen[problem])
		}
		seen[problem] = name
	}
	if _, err := p.store.Integration(t.Context()); err == nil {
		t.Error("refused credentials were saved")
	}
	// ConnectWise down.
	p.sim.SetFaults(cwsim.Fault{Kind: cwsim.HTML503})
	page := b.part().post(views.ConnectWisePath, p.credentials(), http.StatusUnprocessableEntity)
	if page.Find("[data-testid=notice]").Length() == 0 || page.Find("main").Length() != 0 {
		t.Error("no notice in the form")
	}
	p.sim.ClearFaults()
	b.connect()

	// Saved credentials survive a failed change, and an empty private key keeps the saved one.
	values := p.credentials()
	values.Set("private_key", "wrong-private-key")
	b.post(views.ConnectWisePath, values, http.StatusUnprocessableEntity)
	values.Set("private_key", "")
	b.post(views.ConnectWisePath, values, http.StatusSeeOther)
	saved, err := p.store.Integration(t.Context())
	if err != nil || saved.PrivateKey != private {
		t.Errorf("the saved key changed: %v", err)
	}
	b.post(views.ConnectWisePath+"/test", nil, http.StatusSeeOther)
	b.follow()
	b.lacks(private)
}

func TestPagesSurviveConnectWiseFailing(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	p.sim.SetFaults(cwsim.Fault{Kind: cwsim.HTML503})
	for _, path := range []string{
		views.ProductsPath, views.ProductsPath + "?plan=business&business=77", views.ProductsPath + "/search?plan=enterprise&q=x",
		views.ProductsPath + "/new?plan=business", views.CompanyImportPath, views.ConnectWisePath, "/",
	} {
		b.get(path, http.StatusOK)
	}
	b.post(views.ProductsPath, form("business", "1", "enterprise", "2"), http.StatusUnprocessableEntity)
	b.post(views.ProductsPath+"/create", form("plan", "business", "identifier", "X", "description", "Y", "subcategory", "1", "type", "1", "price", "1"), http.StatusUnprocessableEntity)
	b.post(views.ConnectWisePath+"/test", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=connection-state]", "Error")
}

// Without the right to read invoices everything works; the page says what is not known then.
func TestOptionalRight(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	invoicing := func() string {
		return strings.Join(strings.Fields(b.get(views.ConnectWisePath, http.StatusOK).Find("[data-testid=right]").Last().Text()), " ")
	}
	has(t, b.get(views.ConnectWisePath, http.StatusOK), "[data-testid=connection-state]", "Active")
	if got := invoicing(); !strings.HasPrefix(got, "Invoicing: Inquire Optional: to say on which invoice a month is;") || !strings.HasSuffix(got, "Not granted") {
		t.Errorf("without the right: %s", got)
	}
	p.sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	b.post(views.ConnectWisePath+"/test", nil, http.StatusSeeOther)
	if got := invoicing(); !strings.HasSuffix(got, "Present") {
		t.Errorf("with the right: %s", got)
	}
	p.sim.SetFaults(cwsim.Fault{Kind: cwsim.NotFound, Path: "/finance/invoices"})
	b.post(views.ConnectWisePath+"/test", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=connection-state]", "Active")
	if got := invoicing(); strings.HasSuffix(got, "Missing") {
		t.Errorf("without the endpoint: %s", got)
	}
}

func TestBeforeItIsConnected(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	for _, path := range []string{"/sync", "/preview", "/test", "/import", "/products"} {
		status := http.StatusConflict
		fields := form("type", "1", "status", "1", "business", "1", "enterprise", "2")
		b.post(views.ConnectWisePath+path, fields, status)
	}
	b.get(views.ProductsPath, http.StatusOK)
	b.get(views.CompanyImportPath, http.StatusConflict)
	b.get(views.CompaniesPath, http.StatusOK)
	b.get(views.CompanyImportPath+"/progress", http.StatusSeeOther)
	b.post(views.CompanyImportPath+"/cancel", nil, http.StatusSeeOther)
}

func TestImportNeedsAChoice(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	types := p.sim.CompanyTypes()
	page := b.post(views.CompanyImportPath, form("type", fmt.Sprint(types[0].ID), "type", "x", "type", "-1"), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "Choose at least one company status.")
	chosen := page.Find("input[name=type][checked]")
	if chosen.Length() != 1 || chosen.AttrOr("value", "") != fmt.Sprint(types[0].ID) {
		t.Errorf("the chosen types became %d", chosen.Length())
	}
}

func TestMappingTable(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	acme := p.customer("Acme Harbor Works")
	b.importAll()
	unmanaged := p.organization("Unmanaged", 1)
	unmanaged.Managed = false
	if err := p.store.UpdateOrganization(t.Context(), unmanaged, testNow()); err != nil {
		t.Fatal(err)
	}
	mapAcme := fmt.Sprintf("%s/%d/map", views.CompaniesPath, acme.CompanyID)
	page := b.post(mapAcme, form("agreement", fmt.Sprint(acme.ID), "organization", fmt.Sprint(unmanaged.ID)), http.StatusUnprocessableEntity)
	if page.Find("main select[name=agreement]").Length() != 1 {
		t.Error("without script there is no page to choose on")
	}
	for _, values := range []url.Values{
		nil, form("agreement", "99999999999999", "organization", "-1"), form("agreement", "1", "organization", "99"), form("agreement", "\x00", "organization", "\xff"),
	} {
		b.part().post(mapAcme, values, http.StatusUnprocessableEntity)
	}
	b.post(views.CompaniesPath+"/2147483647/map", nil, http.StatusNotFound)
	b.post(views.CompaniesPath+"/99999999999/map", nil, http.StatusNotFound)
	b.post(views.CompaniesPath+"/99999999999/organizations", nil, http.StatusNotFound)
	b.part().post(fmt.Sprintf("%s/%d/unmap", views.CompaniesPath, acme.CompanyID), form("organization", fmt.Sprint(unmanaged.ID)), http.StatusUnprocessableEntity)

	for query, want := range map[string]int{
		"": companiesPage, "q=acme+harbor": 1, "show=mapped": 0, "show=attention": 0, "show=x&type=x&status=99999999999999&sort=x&dir=x&page=0": companiesPage,
		"q=%FF%00": companiesPage, "type=2147483647": 0,
	} {
		page := b.get(views.CompaniesPath+"?"+query, http.StatusOK)
		if got := page.Find("[data-testid=company]").Length(); got != want {
			t.Errorf("?%s = %d rows, want %d", query, got, want)
		}
	}
	last := b.get(views.CompaniesPath+"?page=1000000", http.StatusOK)
	if last.Find("[data-testid=company]").Length() == 0 {
		t.Error("a page beyond the end is empty")
	}
}

func TestUnmapTakesTheSeatsOffIfAsked(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	acme, organization := p.customer("Acme Harbor Works"), p.organization("Acme", 3)
	b.importAll()
	company := fmt.Sprintf("%s/%d", views.CompaniesPath, acme.CompanyID)
	chosen := form("agreement", fmt.Sprint(acme.ID), "organization", fmt.Sprint(organization.ID))
	b.post(company+"/map", chosen, http.StatusSeeOther)
	b.syncNow()
	b.post(company+"/unmap", form("organization", fmt.Sprint(organization.ID), "line", "zero"), http.StatusSeeOther)
	b.until("the release", func() bool { return p.quantities(acme.ID)["NP-BUS"] == "0" })
}
