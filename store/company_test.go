package store

import (
	"fmt"
	"testing"
	"time"
)

var (
	client = Named{1, "Client"}
	vendor = Named{2, "Vendor"}
	active = Named{10, "Active"}
)

// importOf is an import of companies 1 to n, each with one agreement, 101 and on.
func importOf(n int) CompanyImport {
	im := CompanyImport{TypeIDs: []int{1}, StatusIDs: []int{10}, At: t0}
	for i := 1; i <= n; i++ {
		im.Companies = append(im.Companies, Company{ID: i, Identifier: fmt.Sprintf("C%d", i), Name: fmt.Sprintf("Company %d", i), Status: active, Types: []Named{client}})
		im.Agreements = append(im.Agreements, Agreement{ID: 100 + i, CompanyID: i, Name: fmt.Sprintf("Agreement %d", 100+i), TypeName: "Managed", Status: "Active"})
	}
	return im
}

func importCompaniesOf(t testing.TB, s *Store, n int) {
	t.Helper()
	must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), importOf(n)))
}

func mapTo(t testing.TB, s *Store, organizationID int64, company, agreement int) {
	t.Helper()
	check(t, s.SaveMapping(t.Context(), Mapping{OrganizationID: organizationID, CompanyID: company, AgreementID: agreement, CreatedAt: t0, CreatedBy: "me@example.com"}))
}

func TestSaveCompanyImport(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	_, _, err := s.CompanyImportFilter(t.Context())
	wantErr(t, err, ErrNotFound)
	connect(t, s)
	first := importOf(4)
	first.Agreements = append(first.Agreements, Agreement{
		ID: 1011, CompanyID: 1, Name: "A child", TypeName: "Sub", ParentID: 101, Status: "Inactive", StartDate: "2026-01-01", EndDate: "2026-12-31",
		BillStartDate: "2026-02-01", NextInvoiceDate: "2026-04-01", Prorate: true, Cancelled: true,
	})
	same(t, must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), first)), CompanyImportResult{Companies: 4, NewCompanies: 4, Agreements: 5, NewAgreements: 5})
	same(t, must[Integration](t)(s.Integration(t.Context())).LastImportAt, t0)

	types, statuses, err := s.CompanyImportFilter(t.Context())
	check(t, err)
	same(t, [][]int{types, statuses}, [][]int{{1}, {10}})
	row := must[CompanyRow](t)(s.CompanyRow(t.Context(), 1))
	child, agreement := first.Agreements[4], first.Agreements[0]
	child.ImportedAt, agreement.ImportedAt = t0, t0
	company := first.Companies[0]
	company.ImportedAt = t0
	same(t, row, CompanyRow{Company: company, Agreements: []Agreement{child, agreement}})
	same(t, must[Company](t)(s.Company(t.Context(), 1)), company)
	same(t, must[Agreement](t)(s.Agreement(t.Context(), 1011)), child)
	byCompany := must[map[int][]Agreement](t)(s.Agreements(t.Context(), []int{1, 2, 99}))
	same(t, []int{len(byCompany[1]), len(byCompany[2]), len(byCompany[99])}, []int{2, 1, 0})

	same(t, must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), first)), CompanyImportResult{Companies: 4, Agreements: 5})
}

func TestImportAgain(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	orgs := newOrganizations(t, s, 2)
	importCompaniesOf(t, s, 4)
	mapTo(t, s, orgs[0].ID, 3, 103)
	check(t, s.SaveLine(t.Context(), Line{AgreementID: 103, ProductID: 5, AdditionID: 9, Written: number(4), WrittenAt: t0}))

	// Company 1 is renamed, 2 loses its agreement, 3 (mapped) and 4 are not found, 5 is new and listed twice.
	again := importOf(2)
	again.At = t0.Add(time.Hour)
	again.Companies[0].Name, again.Companies[0].Types = "Renamed", []Named{client, vendor, client}
	again.Agreements = again.Agreements[:1]
	five := Company{ID: 5, Identifier: "C5", Name: "Company 5", Status: active}
	again.Companies = append(again.Companies, five, five)
	got := must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), again))
	same(t, got, CompanyImportResult{
		Companies: 3, NewCompanies: 1, RenamedCompanies: 1, GoneCompanies: 2, Agreements: 1, GoneAgreements: 3,
		New: []string{"Company 5"}, Renamed: []Rename{{"Company 1", "Renamed"}}, Gone: []string{"Company 3", "Company 4"}, Mapped: []string{"Company 3"},
	})

	same(t, must[Company](t)(s.Company(t.Context(), 1)).Types, []Named{client, vendor})
	_, err := s.Company(t.Context(), 4)
	wantErr(t, err, ErrNotFound)
	_, err = s.Agreement(t.Context(), 102)
	wantErr(t, err, ErrNotFound)
	kept := must[CompanyRow](t)(s.CompanyRow(t.Context(), 3))
	same(t, []time.Time{kept.GoneAt, kept.Agreements[0].GoneAt, kept.ImportedAt}, []time.Time{again.At, again.At, t0})
	same(t, kept.Mappings, []MappedOrganization{{orgs[0].ID, "Org 001", 103}})

	// Found again, it is as it was: neither new nor gone.
	got = must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), importOf(3)))
	same(t, got, CompanyImportResult{
		Companies: 3, RenamedCompanies: 1, GoneCompanies: 1, Agreements: 3, NewAgreements: 1,
		Renamed: []Rename{{"Renamed", "Company 1"}}, Gone: []string{"Company 5"},
	})
	kept = must[CompanyRow](t)(s.CompanyRow(t.Context(), 3))
	if !kept.GoneAt.IsZero() || !kept.Agreements[0].GoneAt.IsZero() || len(kept.Mappings) != 1 {
		t.Errorf("got %+v", kept)
	}
	same(t, must[[]Line](t)(s.AgreementLines(t.Context(), 103)), []Line{{AgreementID: 103, ProductID: 5, AdditionID: 9, Written: number(4), WrittenAt: t0}})
}

func TestImportAllOrNothing(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	importCompaniesOf(t, s, 2)
	bad := importOf(1)
	bad.Agreements[0].CompanyID = 77 // of a company that is not in the import
	if _, err := s.SaveCompanyImport(t.Context(), bad); err == nil {
		t.Fatal("was accepted")
	}
	total, mapped, err := s.CompanyCounts(t.Context())
	check(t, err)
	same(t, []int{total, mapped}, []int{2, 0})
}

func TestAgreementMovesToAnotherCompany(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := newOrganizations(t, s, 1)[0]
	importCompaniesOf(t, s, 2)
	mapTo(t, s, o.ID, 1, 101)
	moved := importOf(2)
	moved.Agreements[0].CompanyID = 2
	must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), moved))
	page, _, err := s.Companies(t.Context(), CompanyFilter{Show: ShowAttention, Today: "2026-03-01"})
	check(t, err)
	if len(page) != 1 || page[0].ID != 1 {
		t.Errorf("needing attention: %+v", page)
	}
	mapped := must[[]MappedAgreement](t)(s.MappedAgreements(t.Context()))
	same(t, mapped[0].Company.ID, 2)

	// Its old company goes: it stays as long as the mapping names it.
	moved.Companies = moved.Companies[1:]
	must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), moved))
	same(t, must[Company](t)(s.Company(t.Context(), 1)).GoneAt, t0)
}

func TestCompanies(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	orgs := newOrganizations(t, s, 6)
	im := importOf(8)
	for i, c := range []Company{
		{Name: "Acme", Identifier: "zz"}, {Name: "Acme Inc", Identifier: "aa"}, {Name: "Bärlin_GmbH", Identifier: "mm"},
		{Name: "Cancelled"}, {Name: "Expired"}, {Name: "Deleted org"}, {Name: "Unmanaged org"}, {Name: "Gone"},
	} {
		im.Companies[i].Name = c.Name
		if c.Identifier != "" {
			im.Companies[i].Identifier = c.Identifier
		}
	}
	im.Companies[1].Types = []Named{vendor}
	im.Companies[2].Status = Named{11, "Lead"}
	im.Agreements[3].Cancelled = true
	im.Agreements[4].EndDate = "2026-02-28" // its status was "Active" when it was imported
	im.Agreements[2].EndDate = "2026-02-28" // without a mapping it needs no attention
	must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), im))
	for i, company := range []int{1, 4, 5, 6, 7, 8} {
		mapTo(t, s, orgs[i].ID, company, 100+company)
	}
	check(t, s.DeleteOrganization(t.Context(), orgs[3].ID, t0))
	orgs[4].Managed = false
	check(t, s.UpdateOrganization(t.Context(), orgs[4], t0))
	im.Companies, im.Agreements = im.Companies[:7], im.Agreements[:7]
	must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), im))

	for _, tc := range []struct {
		name  string
		f     CompanyFilter
		want  []int
		total int
	}{
		{"all by name", CompanyFilter{}, []int{1, 2, 3, 4, 6, 5, 8, 7}, 8},
		{"a page", CompanyFilter{Show: ShowAll, Limit: 2, Offset: 2}, []int{3, 4}, 8},
		{"descending", CompanyFilter{Desc: true, Limit: 1}, []int{7}, 8},
		{"by identifier", CompanyFilter{Sort: "identifier", Desc: true, Limit: 3}, []int{1, 3, 2}, 8},
		{"by status", CompanyFilter{Sort: "status", Desc: true, Limit: 1}, []int{3}, 8},
		{"search by name", CompanyFilter{Search: "BARLIN_"}, []int{3}, 1},
		{"search by identifier", CompanyFilter{Search: "AA"}, []int{2}, 1},
		{"name and identifier are apart", CompanyFilter{Search: "acme zz"}, nil, 0},
		{"an underscore is no wildcard", CompanyFilter{Search: "acme_inc"}, nil, 0},
		{"type", CompanyFilter{TypeID: 2}, []int{2}, 1},
		{"status", CompanyFilter{StatusID: 11}, []int{3}, 1},
		{"mapped", CompanyFilter{Show: ShowMapped}, []int{1, 4, 6, 5, 8, 7}, 6},
		{"unmapped", CompanyFilter{Show: ShowUnmapped}, []int{2, 3}, 2},
		{"attention", CompanyFilter{Show: ShowAttention, Today: "2026-03-01"}, []int{4, 6, 5, 8, 7}, 5},
		{"everything at once", CompanyFilter{Search: "exp", Show: ShowAttention, Today: "2026-03-01", TypeID: 1, StatusID: 10, Limit: 5}, []int{5}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			page, total, err := s.Companies(t.Context(), tc.f)
			check(t, err)
			var ids []int
			for _, c := range page {
				ids = append(ids, c.ID)
			}
			same(t, ids, tc.want)
			same(t, total, tc.total)
		})
	}
	types, statuses, err := s.CompanyFacets(t.Context())
	check(t, err)
	same(t, types, []Named{client, vendor})
	same(t, statuses, []Named{active, {11, "Lead"}})
	total, mapped, err := s.CompanyCounts(t.Context())
	check(t, err)
	same(t, []int{total, mapped}, []int{8, 6})
}

func TestMappings(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	orgs := newOrganizations(t, s, 4)
	importCompaniesOf(t, s, 3)
	m := Mapping{OrganizationID: orgs[0].ID, CompanyID: 2, AgreementID: 102, CreatedAt: t0, CreatedBy: "me@example.com"}
	check(t, s.SaveMapping(t.Context(), m))
	same(t, must[Mapping](t)(s.Mapping(t.Context(), m.OrganizationID)), m)
	m.CompanyID, m.AgreementID, m.CreatedAt = 1, 101, t0.Add(time.Hour)
	check(t, s.SaveMapping(t.Context(), m)) // in place of the first
	same(t, must[[]Mapping](t)(s.Mappings(t.Context())), []Mapping{m})

	orgs[2].Managed = false
	check(t, s.UpdateOrganization(t.Context(), orgs[2], t0))
	check(t, s.DeleteOrganization(t.Context(), orgs[3].ID, t0))
	for name, bad := range map[string]Mapping{
		"another company's agreement": {OrganizationID: orgs[1].ID, CompanyID: 1, AgreementID: 102},
		"no such agreement":           {OrganizationID: orgs[1].ID, CompanyID: 1, AgreementID: 999},
		"no such organization":        {OrganizationID: 999, CompanyID: 1, AgreementID: 101},
		"not managed":                 {OrganizationID: orgs[2].ID, CompanyID: 1, AgreementID: 101},
		"deleted":                     {OrganizationID: orgs[3].ID, CompanyID: 1, AgreementID: 101},
	} {
		bad.CreatedAt = t0
		t.Run(name, func(t *testing.T) { wantErr(t, s.SaveMapping(t.Context(), bad), ErrNotFound) })
	}

	mapTo(t, s, orgs[1].ID, 1, 101)
	mapped := must[[]MappedAgreement](t)(s.MappedAgreements(t.Context()))
	same(t, len(mapped), 1)
	same(t, mapped[0].OrganizationIDs, []int64{orgs[0].ID, orgs[1].ID})
	same(t, []string{mapped[0].Name, mapped[0].Company.Name}, []string{"Agreement 101", "Company 1"})
	mapTo(t, s, orgs[0].ID, 3, 103)
	mapped = must[[]MappedAgreement](t)(s.MappedAgreements(t.Context()))
	same(t, []int{len(mapped), mapped[0].ID, mapped[1].ID}, []int{2, 101, 103})

	check(t, s.DeleteMapping(t.Context(), orgs[0].ID, t0))
	wantErr(t, s.DeleteMapping(t.Context(), orgs[0].ID, t0), ErrNotFound)
	_, err := s.Mapping(t.Context(), orgs[0].ID)
	wantErr(t, err, ErrNotFound)
}

func TestLines(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	adopted := Line{AgreementID: 1, ProductID: 5, AdditionID: 50}
	other := Line{AgreementID: 1, ProductID: 6, AdditionID: 60, Chosen: true, Written: number(3), WrittenAt: t0}
	check(t, s.SaveLine(t.Context(), adopted))
	check(t, s.SaveLine(t.Context(), other))
	adopted.Written, adopted.WrittenAt = number(12), t0
	check(t, s.SaveLine(t.Context(), adopted))
	same(t, must[[]Line](t)(s.AgreementLines(t.Context(), 1)), []Line{adopted, other})
	same(t, must[map[LineKey]Line](t)(s.Lines(t.Context())), map[LineKey]Line{{1, 5}: adopted, {1, 6}: other})
}
