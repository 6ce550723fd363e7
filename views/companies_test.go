package views

import (
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestCompanies(t *testing.T) {
	t.Parallel()
	doc := render(t, Companies(layout(SectionIntegrations), companiesPage()))
	if got := text(doc.Find("#filter-show option[selected]")); got != "Not mapped (4,010)" {
		t.Errorf("shows %q", got)
	}
	if n := doc.Find("[data-testid=company]").Length(); n != 2 {
		t.Errorf("%d rows", n)
	}
	wantText(t, one(t, doc, ".pager"), "1–2 of 4,010 companies")
	wantText(t, render(t, Companies(layout(SectionIntegrations), CompaniesPage{})).Find("main"), "No companies imported yet")
	wantText(t, render(t, CompanyTable(CompaniesPage{All: 3, Show: "unmapped"})).Selection, "Every company is mapped")
}

func TestCompanyTableRow(t *testing.T) {
	t.Parallel()
	doc := render(t, CompanyTableRow(companyRow()))
	form := one(t, doc, `form[method=post][action="/integrations/connectwise/companies/5/map"]`)
	if form.AttrOr("hx-target", "") != "#company-5" {
		t.Error("the form does not swap its row")
	}
	one(t, doc, "tr#company-5")
	if got := control(t, form, "Map").AttrOr("aria-describedby", ""); got != "company-5-name" {
		t.Errorf("Map is described by %q", got)
	}
	usable := one(t, doc, `option[value="11"]`)
	wantText(t, usable, hostile, "Managed", "Active", "since 1 Jan 2026")
	unusable := one(t, doc, `option[value="12"]`)
	wantText(t, unusable, "ended on 31 Dec 2025")
	if _, disabled := unusable.Attr("disabled"); !disabled {
		t.Error("an unusable agreement can be chosen")
	}
	combobox := one(t, doc, `.combobox input[role=combobox][name=q]`)
	if combobox.AttrOr("hx-get", "") != "/integrations/connectwise/organizations/search?company=5" {
		t.Error("the combobox searches elsewhere")
	}
	one(t, doc, `.combobox input[type=hidden][name=organization][value=""]`)
	absent(t, doc, "script", "[role=option]") // organizations are fetched when it is opened
}

func TestCompanyTableRowKeepsWhatWasChosen(t *testing.T) {
	t.Parallel()
	r := companyRow()
	r.Agreements[0].Selected = true
	r.Organization = OrganizationOption{ID: 7, Name: hostile}
	r.Error = "It is mapped to " + hostile
	doc := render(t, CompanyTableRow(r))
	one(t, doc, `option[value="11"][selected]`)
	one(t, doc, `input[name=organization][value="7"]`)
	if got := one(t, doc, "input[role=combobox]").AttrOr("value", ""); got != hostile {
		t.Errorf("name lost: %q", got)
	}
	wantText(t, one(t, doc, "[role=alert]"), "It is mapped to")
	absent(t, doc, `option[value=""]`, "script")
}

func TestMappedCompanyTableRow(t *testing.T) {
	t.Parallel()
	doc := render(t, CompanyTableRow(mappedCompanyRow()))
	mapped := one(t, doc, "[data-testid=mapped]")
	wantText(t, mapped, hostile, "Business", "Trial", "Managed Services", "It ended.")
	one(t, doc, `form[action="/integrations/connectwise/companies/6/unmap"] input[name=organization][value="7"]`)
	form := doc.Find(`form[action$="/unmap"]`)
	control(t, form, "Unmap")
	if form.AttrOr("data-confirm", "") == "" {
		t.Error("unmapping does not ask")
	}
	// The line on the agreement stays as it is unless the admin says otherwise.
	one(t, doc, `form[data-confirm-option] input[name=line][value=keep][data-confirm-value=zero]`)
	wantText(t, one(t, doc, "details.more > summary"), "Map another organization")
}

func TestCompaniesThatCannotBeMapped(t *testing.T) {
	t.Parallel()
	gone := companyRow()
	gone.Gone = true
	bare := companyRow()
	bare.Agreements = nil
	for _, c := range []struct {
		row  CompanyRow
		want string
	}{{gone, "Cannot be mapped any more."}, {bare, "Create one in ConnectWise PSA"}} {
		doc := render(t, CompanyTableRow(c.row))
		wantText(t, doc.Selection, c.want)
		absent(t, doc, "form")
	}
}

func TestOrganizationListEndsWithAddOrganization(t *testing.T) {
	t.Parallel()
	options := render(t, OrganizationList(organizationOptions())).Find("[role=option]")
	wantText(t, options.Eq(0), hostile, "Business")
	wantText(t, options.Eq(1), "Taken", "mapped to Elsewhere")
	if options.Eq(1).AttrOr("aria-disabled", "") != "true" {
		t.Error("an organization that is mapped elsewhere can be chosen")
	}
	last := options.Last()
	if text(last) != "Add organization" || last.AttrOr("data-href", "") != "/organizations/new?company=5" {
		t.Errorf("the list ends with %q", text(last))
	}
	none := render(t, OrganizationList(OrganizationOptions{CompanyID: 5, Query: hostile}))
	wantText(t, none.Selection, "No organization matches", "Add organization")
	absent(t, none, "script")
}

func TestChooseOrganization(t *testing.T) {
	t.Parallel()
	doc := render(t, ChooseOrganization(layout(SectionIntegrations), ChooseOrganizationPage{Company: companyRow(), Options: organizationOptions()}))
	form := one(t, doc, `main form[action="/integrations/connectwise/companies/5/map"][method=post]`)
	choices := form.Find("input[type=radio][name=organization]")
	enabled := choices.FilterFunction(func(_ int, s *goquery.Selection) bool { _, off := s.Attr("disabled"); return !off })
	if choices.Length() != 2 || enabled.Length() != 1 {
		t.Errorf("%d choices, %d enabled", choices.Length(), enabled.Length())
	}
	control(t, form, "Map")
}
