package mapping

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// The list of companies that need attention asks the database, its rows ask Unusable: they have to agree.
func TestAttentionFilterAgreesWithBillable(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	made := generateMappings(t, s, rand.New(rand.NewPCG(7, 9)), now)
	all, _, err := s.Companies(t.Context(), store.CompanyFilter{})
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string]int{}
	var want []int
	for _, row := range all {
		if problem := brokenMapping(row, made, now); problem != "" {
			want = append(want, row.ID)
			broken[problem]++
		}
	}
	found, _, err := s.Companies(t.Context(), store.CompanyFilter{Show: store.ShowAttention, Today: plan.Day(now)})
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, row := range found {
		got = append(got, row.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the database finds %v, the rule %v", got, want)
	}
	if len(broken) < 7 || len(want) == len(all) {
		t.Errorf("of %d companies the generated ones are broken so: %v", len(all), broken)
	}
}

// brokenMapping is what is wrong with the company or the first of its broken mappings, or nothing.
func brokenMapping(row store.CompanyRow, organizations map[int64]store.Organization, now time.Time) string {
	if len(row.Mappings) > 0 && CompanyUnusable(row.Company) != "" {
		return CompanyUnusable(row.Company)
	}
	for _, m := range row.Mappings {
		var agreement *store.Agreement
		if i := slices.IndexFunc(row.Agreements, func(a store.Agreement) bool { return a.ID == m.AgreementID }); i >= 0 {
			agreement = &row.Agreements[i]
		}
		if problem := Unusable(organizations[m.OrganizationID], agreement, now); problem != "" {
			return problem
		}
	}
	return ""
}

// generateMappings imports companies, maps organizations to them, and lets then happen to them what happens.
func generateMappings(t *testing.T, s *store.Store, r *rand.Rand, now time.Time) map[int64]store.Organization {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const n = 120
	im := store.CompanyImport{TypeIDs: []int{1}, StatusIDs: []int{10}, At: now.AddDate(0, -1, 0)}
	for i := 1; i <= n; i++ {
		im.Companies = append(im.Companies, store.Company{ID: i, Identifier: fmt.Sprintf("C%d", i), Name: fmt.Sprintf("Company %d", i)})
		im.Agreements = append(im.Agreements, store.Agreement{ID: 1000 + i, CompanyID: i, Name: "Managed", Status: "Active"})
	}
	_, err := s.SaveCompanyImport(t.Context(), im)
	must(err)
	organizations := map[int64]store.Organization{}
	for i := 1; i <= n; i++ {
		o, err := s.CreateOrganization(t.Context(), store.Organization{
			Name: fmt.Sprintf("Organization %d", i), Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: im.At,
		})
		must(err)
		organizations[o.ID] = o
		if r.IntN(5) > 0 {
			must(s.SaveMapping(t.Context(), store.Mapping{OrganizationID: o.ID, CompanyID: i, AgreementID: 1000 + i, CreatedAt: im.At, CreatedBy: "me@example.com"}))
		}
	}
	_, err = s.SaveCompanyImport(t.Context(), changedImport(im, r, now))
	must(err)
	for id, o := range organizations {
		switch r.IntN(6) {
		case 0:
			o.Managed = false
			must(s.UpdateOrganization(t.Context(), o, now))
		case 1:
			must(s.DeleteOrganization(t.Context(), id, now))
		}
		organizations[id], err = s.Organization(t.Context(), id)
		must(err)
	}
	return organizations
}

// changedImport is a later import of companies that changed at random.
func changedImport(im store.CompanyImport, r *rand.Rand, now time.Time) store.CompanyImport {
	later := store.CompanyImport{TypeIDs: im.TypeIDs, StatusIDs: im.StatusIDs, At: now}
	for i, c := range im.Companies {
		if r.IntN(12) > 0 {
			later.Companies = append(later.Companies, c)
		}
		a := im.Agreements[i]
		switch r.IntN(14) {
		case 0:
			continue // gone
		case 1:
			a.Cancelled = true
		case 2:
			a.Status = "Cancelled"
		case 3:
			a.Status = "Inactive" // at the import; its days tell what it is today
		case 4:
			a.CompanyID = 1 + r.IntN(len(im.Companies))
		case 5:
			a.StartDate = plan.Day(now.AddDate(0, 0, r.IntN(3)-1))
		case 6, 7:
			a.EndDate = plan.Day(now.AddDate(0, 0, r.IntN(3)-1))
		}
		later.Agreements = append(later.Agreements, a)
	}
	return later
}
