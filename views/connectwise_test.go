package views

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestConnectWise(t *testing.T) {
	t.Parallel()
	doc := render(t, ConnectWise(layout(SectionIntegrations), connectWisePage("active")))
	wantText(t, one(t, doc, "[data-testid=connection-state]"), "Active")
	wantText(t, one(t, doc, "[data-testid=last-sync]"), "1 Nov 2026, 00:34 UTC", "41 written")
	wantText(t, one(t, doc, "[data-testid=last-import]"), "12 Nov 2026, 09:20 UTC")
	wantText(t, one(t, doc, "[data-testid=next-sync]"), "1 Dec 2026, 00:30 UTC")
	main := doc.Find("main")
	for _, name := range []string{"Save", "Map products", "Import and map companies from ConnectWise PSA", "Sync now", "Preview changes", "Disconnect", "Check again"} {
		control(t, main, name)
	}
	for _, label := range []string{"ConnectWise site URL", "ConnectWise company name", "Public API key", "Private API key", "Client ID"} {
		if got := doc.Find("label").FilterFunction(func(_ int, s *goquery.Selection) bool { return text(s) == label }).Length(); got != 1 {
			t.Errorf("%d fields are labelled %q", got, label)
		}
	}
	wantText(t, one(t, doc, "#confirm-disconnect"), "36 organizations' mappings", "Nothing is changed in ConnectWise PSA")
	one(t, doc, `#confirm-sync form[action="/integrations/connectwise/sync"][method=post]`)
	absent(t, doc, "#setup", "script:not([src])")
}

// Each right is shown with what the last check found.
func TestConnectWiseRights(t *testing.T) {
	t.Parallel()
	doc := render(t, ConnectWise(layout(SectionIntegrations), connectWisePage("active")))
	rows := doc.Find("[data-testid=right]")
	for i, want := range []string{"Present", "Missing", "Not checked", "Present"} {
		wantText(t, rows.Eq(i), rights()[i].Module, rights()[i].Level, want)
	}
}

func TestConnectWiseStates(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"": "Not connected", "none": "Not connected", "incomplete": "Setup incomplete", "active": "Active", "error": "Error"} {
		p := connectWisePage(state)
		wantText(t, one(t, render(t, ConnectWise(layout(SectionIntegrations), p)), "[data-testid=connection-state]"), want)
	}
	doc := render(t, ConnectWise(layout(SectionIntegrations), connectWisePage("error")))
	notice := one(t, doc, "main > [data-testid=notice]")
	wantText(t, notice, "The keys were refused.", "They were revoked.", "Generate new ones.", "Technical details")
	wantText(t, notice.Find("details"), "401 Unauthorized")
}

func TestConnectWiseNotConnected(t *testing.T) {
	t.Parallel()
	doc := render(t, ConnectWise(layout(SectionIntegrations), ConnectWisePage{}))
	wantText(t, one(t, doc, "[aria-current=step]"), "Connect : next")
	wantText(t, one(t, doc, "#rights-text"), "Agreements Inquire, Add, Edit All")
	absent(t, doc, "#products", `button[commandfor=confirm-sync]`, `button[commandfor=confirm-disconnect]`, `form[action$="/preview"]`, `form[action$="/test"]`)
	wantText(t, doc.Find("#rights"), "System › Security Roles", "API Keys")
	// The guide's four rights, before any was checked.
	needed := doc.Find("[data-testid=right]")
	for i, want := range []string{"Company Maintenance: Inquire", "Table Setup: Inquire", "Product Catalog: Inquire, Add", "Agreements: Inquire, Add, Edit"} {
		wantText(t, needed.Eq(i), want, "Not checked")
	}
}

// Without a mapping there is nothing to sync.
func TestConnectWiseNothingMapped(t *testing.T) {
	t.Parallel()
	p := connectWisePage("active")
	p.Mapped = 0
	doc := render(t, ConnectWise(layout(SectionIntegrations), p))
	absent(t, doc, "#confirm-sync", `form[action$="/preview"]`)
	wantText(t, one(t, doc, "[aria-current=step]"), "Import and map companies", "Needs Company Maintenance Inquire")
}

// No sync can be started while one runs.
func TestConnectWiseRunning(t *testing.T) {
	t.Parallel()
	p := connectWisePage("active")
	p.RunningURL = "/runs/9"
	doc := render(t, ConnectWise(layout(SectionIntegrations), p))
	absent(t, doc, `button[commandfor=confirm-sync]`, `form[action$="/preview"]`)
	one(t, doc, `[data-testid=notice] a[href="/runs/9"]`)
}

// The form has no way to show the private key: an empty field keeps it.
func TestPrivateKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	doc := render(t, CredentialsFields(connectWisePage("active").Credentials, true))
	key := one(t, doc, "#private-key")
	if key.AttrOr("value", "") != "" || key.AttrOr("type", "") != "password" {
		t.Error("the private key's field is filled or readable")
	}
	if _, required := key.Attr("required"); required {
		t.Error("the stored key has to be typed again")
	}
	wantText(t, one(t, doc, "#private-key-hint"), "never shown again", "Leave empty to keep it")
	fresh := render(t, CredentialsFields(CredentialsForm{}, true))
	if _, required := one(t, fresh, "#private-key").Attr("required"); !required {
		t.Error("a first private key is not required")
	}
}

func TestCredentialsProblems(t *testing.T) {
	t.Parallel()
	doc := render(t, CredentialsFields(CredentialsForm{
		Site: hostile, Problems: Problems{"site": "No server answers.", "client_id": "ConnectWise does not know it."}, Notice: &Notice{What: "No connection.", Detail: hostile},
	}, true))
	if got := one(t, doc, "#site").AttrOr("value", ""); got != hostile {
		t.Errorf("typed site lost: %q", got)
	}
	wantText(t, one(t, doc, "#site-problem"), "No server answers.")
	if _, open := doc.Find("details.more").Attr("open"); !open {
		t.Error("the client ID's problem is hidden")
	}
	absent(t, doc, "script")
}

func TestProductsDialog(t *testing.T) {
	t.Parallel()
	doc := render(t, ProductsDialog(ProductsPage{Business: &Product{11, "NP-BUS", hostile}}))
	wantText(t, one(t, doc, "[data-testid=product-business]"), "NP-BUS", hostile)
	wantText(t, one(t, doc, "[data-testid=product-enterprise]"), "No product chosen")
	control(t, doc.Selection, "Choose product for NordPass Enterprise")
	if _, disabled := control(t, doc.Selection, "Confirm mapping").Attr("disabled"); !disabled {
		t.Error("half a mapping can be confirmed")
	}
	doc = render(t, ProductsDialog(ProductsPage{Business: &Product{11, "a", ""}, Enterprise: &Product{22, "b", ""}, Created: "NP-ENT"}))
	form := one(t, doc, "form[method=post]")
	if form.Find("[name=business]").AttrOr("value", "") != "11" || form.Find("[name=enterprise]").AttrOr("value", "") != "22" {
		t.Error("the choices are not sent")
	}
	wantText(t, doc.Selection, "NP-ENT was created in ConnectWise PSA.", "Complete the product there")
}

func TestProductPicker(t *testing.T) {
	t.Parallel()
	doc := render(t, ProductPickerDialog(pickerPage()))
	one(t, doc, `input[type=radio][name=business][value="11"][checked]`)
	if n := doc.Find("#catalog input[type=radio]").Length(); n != 1 {
		t.Errorf("%d items can be chosen", n)
	}
	wantText(t, doc.Find("#catalog"), "Looks like a match", "Software › Subscriptions › Agreement", "4.90", "Cannot be chosen: it is a bundle", "The first 2 products")
	// What was chosen for the other plan goes along.
	if got := one(t, doc, "#pick-product input[type=hidden]").AttrOr("name", ""); got != "enterprise" {
		t.Errorf("carries %q along", got)
	}
	control(t, doc.Selection, "Create product in ConnectWise PSA")
	if got := control(t, doc.Selection, "Done").AttrOr("form", ""); got != "pick-product" {
		t.Errorf("Done submits %q", got)
	}
	one(t, doc, `form[hx-get="/integrations/connectwise/products/search"] input[name=plan][value=business]`)
	absent(t, doc, "script")
}

func TestCatalogEmpty(t *testing.T) {
	t.Parallel()
	wantText(t, render(t, Catalog(ProductPickerPage{Query: "x"})).Selection, "No product found")
	doc := render(t, Catalog(ProductPickerPage{Notice: &Notice{What: "ConnectWise PSA does not answer."}}))
	wantText(t, doc.Selection, "does not answer")
	absent(t, doc, "[data-testid=empty]") // failed is not empty
}

func TestNewProduct(t *testing.T) {
	t.Parallel()
	doc := render(t, NewProductDialog(productForm(Problems{"identifier": "It exists.", "price": "Not an amount."})))
	wantText(t, one(t, doc, "#product-identifier-problem"), "It exists.")
	wantText(t, one(t, doc, "#product-price-problem"), "Not an amount.")
	one(t, doc, `optgroup[label=Software] option[value="5"][selected]`)
	one(t, doc, `form[method=post] input[name=business][value="11"]`)
	for _, name := range []string{"identifier", "description", "subcategory", "type", "unit", "price", "cost", "plan"} {
		one(t, doc, "form[method=post] [name="+name+"]")
	}
	absent(t, doc, "script")
}

func TestImport(t *testing.T) {
	t.Parallel()
	doc := render(t, Import(layout(SectionIntegrations), importPage(nil)))
	one(t, doc, `input[name=type][value="1"][checked]`)
	one(t, doc, `input[name=status][value="1"]`)
	wantText(t, doc.Find("form"), hostile)
	absent(t, doc, "[data-testid=import-status]")
}

func TestImportProgress(t *testing.T) {
	t.Parallel()
	doc := render(t, ImportStatus(&ImportProgress{State: "running", Step: "reading agreements", Done: 412, Total: 1043, PerSecond: 60.6}))
	poll := one(t, doc, `[hx-trigger="every 1s"]`)
	if poll.AttrOr("hx-target", "") != "#import-status" || poll.AttrOr("hx-swap", "") != "outerMorph" {
		t.Error("the poll does not morph the status")
	}
	wantText(t, one(t, doc, "[role=status]"), "412 of 1,043", "Reading agreements", "61 a second")
	if got := one(t, doc, "progress").AttrOr("value", ""); got != "412" {
		t.Errorf("progress %q", got)
	}
	one(t, doc, `form[action="/integrations/connectwise/import/cancel"]`)
	for _, state := range []string{"done", "cancelled", "failed"} {
		doc := render(t, ImportStatus(&ImportProgress{State: state, Companies: 3, Notice: &Notice{What: "Why not."}}))
		absent(t, doc, "[hx-trigger]", "progress", `form[action$="/cancel"]`)
		if got := one(t, doc, "[data-testid=import-status]").AttrOr("data-state", ""); got != state {
			t.Errorf("state %q, want %q", got, state)
		}
	}
	if html, _ := one(t, render(t, ImportStatus(nil)), "#import-status").Html(); strings.TrimSpace(html) != "" {
		t.Errorf("no import shows %q", html)
	}
}

// A total that is not known yet is no division of nothing.
func TestImportProgressUnknownTotal(t *testing.T) {
	t.Parallel()
	doc := render(t, ImportStatus(&ImportProgress{State: "running", Step: "counting"}))
	if _, has := one(t, doc, "progress").Attr("value"); has {
		t.Error("progress has a value")
	}
}
