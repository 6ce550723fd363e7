package views

import (
	"strings"
	"testing"

	"github.com/a-h/templ"
)

func TestOrganizations(t *testing.T) {
	t.Parallel()
	doc := render(t, Organizations(layout(SectionOrganizations), organizationsPage()))
	control(t, doc.Find("main"), "Add organization")
	if href := control(t, doc.Find("main"), "Import companies").AttrOr("href", ""); href != "/integrations/connectwise/import" {
		t.Errorf("Import companies leads to %q", href)
	}
	rows := doc.Find("[data-testid=organization]")
	if rows.Length() != 3 {
		t.Fatalf("%d rows", rows.Length())
	}
	wantText(t, rows.Eq(0), hostile, "Business", "Trial", "until 30 Nov 2026", "Active", "1,234")
	wantText(t, rows.Eq(1), "Suspended", "Unknown", "Not mapped") // an unknown figure is not 0
	wantText(t, rows.Eq(2), "NFR", "Not MSP-managed")
	if sort := doc.Find("th[aria-sort=ascending]"); sort.Length() != 1 || text(sort) != "Name" {
		t.Errorf("sorted by %q", text(sort))
	}
	wantText(t, one(t, doc, ".pager"), "51–53 of 53 organizations")
	one(t, doc, `.pager a[href="/organizations?page=1"]`)
	if got := one(t, doc, "#q").AttrOr("value", ""); got != hostile {
		t.Errorf("search lost: %q", got)
	}
	if got := text(doc.Find("#filter-plan option[selected]")); got != "NordPass Business" {
		t.Errorf("plan filter %q", got)
	}
}

func TestOrganizationsWithoutRights(t *testing.T) {
	t.Parallel()
	p := organizationsPage()
	p.CanEdit, p.CanImport = false, false
	doc := render(t, Organizations(layout(SectionOrganizations), p))
	absent(t, doc, `main form[action*="/suspend"]`, `main form[action="/organizations/new"]`, `main a[href$="/import"]`)
}

func TestOrganizationsEmptyStates(t *testing.T) {
	t.Parallel()
	wantText(t, render(t, OrganizationsList(OrganizationsPage{CanEdit: true})).Selection, "No organizations yet", "Add your first organization")
	doc := render(t, OrganizationsList(OrganizationsPage{Any: true, Query: "x"}))
	wantText(t, doc.Selection, "No organization matches", "Clear filters")
	absent(t, doc, "table")
}

// A part is not a page.
func TestPartsAreParts(t *testing.T) {
	t.Parallel()
	for _, c := range []templ.Component{
		OrganizationsList(organizationsPage()), SeatTable(seatList()), CompanyTable(companiesPage()), UsageTable(usagePage()),
		RunList(RunsPage{}), ChangeTable(changeList()), RunProgress(runningPage()), ActivityTable(activityPage()), Catalog(pickerPage()),
		ProductsDialog(ProductsPage{}), ProductPickerDialog(pickerPage()), NewProductDialog(productForm(nil)), ErrorAlert(ErrorPage{Status: 403}),
	} {
		absent(t, render(t, c), "#sidebar", "main", "title")
	}
}

func TestOrganizationTableRow(t *testing.T) {
	t.Parallel()
	doc := render(t, OrganizationTableRow(organizationRow(), true))
	one(t, doc, "tr#organization-7")
	form := one(t, doc, `form[hx-post="/organizations/7/suspend"][hx-target="closest tr"]`)
	if !strings.Contains(form.AttrOr("data-confirm", ""), "billed like an active one") {
		t.Error("suspending does not say that it is billed")
	}
	absent(t, doc, "script")
}

func TestAddOrganizationKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	doc := render(t, AddOrganizationDialog(OrganizationForm{
		Action: "/organizations", Name: hostile, License: LicenseNFR, Plan: PlanEnterprise, ExternalID: "np-1", Cancel: "/organizations",
		Problems: Problems{"name": "Another organization has this name.", "license": "There is one NFR organization already."},
	}))
	name := one(t, doc, "#organization-name")
	if name.AttrOr("value", "") != hostile || name.AttrOr("aria-invalid", "") != "true" {
		t.Error("the name is lost or not marked")
	}
	wantText(t, doc.Find("#organization-name-problem"), "Another organization has this name.")
	one(t, doc, "input[name=license][value=nfr][checked]")
	one(t, doc, "input[name=plan][value=enterprise][checked]")
	absent(t, doc, "input[name=managed][checked]", "script")
	wantText(t, doc.Find("form"), "There is one NFR organization already.", "Please correct the marked fields.")
}

// For a company's row only name, license type and plan are asked.
func TestAddOrganizationForCompany(t *testing.T) {
	t.Parallel()
	doc := render(t, AddOrganizationDialog(OrganizationForm{Action: "/integrations/connectwise/companies/5/organizations", Name: "Sons", CompanyName: "Sons"}))
	absent(t, doc, "[name=managed]", "[name=external_id]")
	wantText(t, one(t, doc, "header"), "For Sons.")
}

func TestOrganization(t *testing.T) {
	t.Parallel()
	doc := render(t, Organization(layout(SectionOrganizations), organizationPage()))
	wantText(t, one(t, doc, "[data-testid=billable]"), "48")
	wantText(t, doc.Find("main"), "Without the correction: 47", "3 Feb 2025", "Managed Services")
	wantText(t, one(t, doc, "#confirm-delete"), "cannot be undone", "its mapping to")
	one(t, doc, `#confirm-delete form[action="/organizations/7/delete"][method=post]`)
	wantText(t, one(t, doc, "#confirm-suspend"), "billed like an active one")
	one(t, doc, `form[action="/organizations/7"] #organization-name`)
}

func TestOrganizationUnknownFigure(t *testing.T) {
	t.Parallel()
	p := organizationPage()
	p.Explained.Figure = Figure{}
	doc := render(t, Organization(layout(SectionOrganizations), p))
	if got := text(one(t, doc, "[data-testid=billable]")); got != "Unknown" {
		t.Errorf("unknown figure shown as %q", got)
	}
}

func TestDeletedOrganizationCannotBeChanged(t *testing.T) {
	t.Parallel()
	p := organizationPage()
	p.Status, p.Deleted, p.Mapping = "deleted", at("2026-10-10 10:00"), nil
	p.Seats.CanEdit = false
	doc := render(t, Organization(layout(SectionOrganizations), p))
	absent(t, doc, "#edit", `main button[commandfor]:not(dialog button)`, `form[action$="/seats"]`, "input[type=checkbox][name=seat]")
	wantText(t, doc.Find("main"), "Deleted", "10 Oct 2026")
}

func TestSeatTable(t *testing.T) {
	t.Parallel()
	doc := render(t, SeatTable(seatList()))
	rows := doc.Find("[data-testid=seat]")
	wantText(t, rows.Eq(0), hostile, "Active", "4 Mar 2026")
	wantText(t, rows.Eq(1), "Deleted", "10 Oct 2026")
	if _, disabled := rows.Eq(1).Find("input").Attr("disabled"); !disabled {
		t.Error("a deleted seat can be selected")
	}
	for _, action := range []string{"suspend", "reactivate", "join", "delete"} {
		one(t, doc, `form[action="/organizations/7/seats/action"] button[name=action][value=`+action+`]`)
	}
	if page := one(t, doc, "input[name=page]").AttrOr("value", ""); page != "3" {
		t.Errorf("acts and goes to page %q", page)
	}
	if got := text(one(t, doc, "textarea[name=emails]")); got != "not an address" {
		t.Errorf("typed addresses lost: %q", got)
	}
	wantText(t, doc.Selection, "Line 1 is not an e-mail address.")
	absent(t, doc, "script")
}
