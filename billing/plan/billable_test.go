package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"seatbridge/connectwise"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// The list of companies that need attention asks the database, its rows ask MappingUnusable: they have to agree.
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
	found, _, err := s.Companies(t.Context(), store.CompanyFilter{Show: store.ShowAttention, Today: Day(now)})
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
		if problem := MappingUnusable(organizations[m.OrganizationID], agreement, now); problem != "" {
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
			a.StartDate = Day(now.AddDate(0, 0, r.IntN(3)-1))
		case 6, 7:
			a.EndDate = Day(now.AddDate(0, 0, r.IntN(3)-1))
		}
		later.Agreements = append(later.Agreements, a)
	}
	return later
}

func TestUnbillable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		agreement connectwise.Agreement
		want      string
	}{
		{"open-ended", connectwise.Agreement{StartDate: date("2025-01-01"), NoEndingDate: true, Status: "Active"}, ""},
		{"no end date", connectwise.Agreement{StartDate: date("2025-01-01"), Status: "Active"}, ""},
		{"ends today", connectwise.Agreement{StartDate: date("2025-01-01"), EndDate: date("2026-11-23"), Status: "Active"}, ""},
		{"ended yesterday", connectwise.Agreement{EndDate: date("2026-11-22")}, "The agreement ended on 2026-11-22."},
		{"starts today", connectwise.Agreement{StartDate: date("2026-11-23"), NoEndingDate: true}, ""},
		{"starts tomorrow", connectwise.Agreement{StartDate: date("2026-11-24")}, "The agreement starts only on 2026-11-24."},
		{"cancelled", connectwise.Agreement{Cancelled: true, NoEndingDate: true}, "The agreement is cancelled."},
		{"cancelled by its status", connectwise.Agreement{Status: "Cancelled", NoEndingDate: true}, "The agreement is cancelled."},
		{"expired by its status", connectwise.Agreement{Status: "Expired", NoEndingDate: true}, "The agreement is expired."},
		{"inactive", connectwise.Agreement{Status: "Inactive", NoEndingDate: true}, "The agreement is inactive."},
		{"a leftover end date beside noEndingDate", connectwise.Agreement{EndDate: date("2020-01-01"), NoEndingDate: true, Status: "Active"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if why := Unbillable(tt.agreement, date("2026-11-23")); why != tt.want {
				t.Errorf("got %q, want %q", why, tt.want)
			}
		})
	}
}

func TestMappedUnbillable(t *testing.T) {
	t.Parallel()
	of := func(company int) connectwise.Agreement {
		return connectwise.Agreement{Company: connectwise.Reference{ID: company}}
	}
	mapped := store.MappedAgreement{Company: store.Company{ID: 1}}
	tests := []struct {
		name    string
		mapped  store.MappedAgreement
		found   connectwise.Agreement
		company connectwise.Company
		want    string
	}{
		{"as it was mapped", mapped, of(1), connectwise.Company{}, ""},
		{"moved in ConnectWise", mapped, of(2), connectwise.Company{}, moved},
		{"the import saw it move", store.MappedAgreement{Company: store.Company{ID: 1}, Moved: true}, of(1), connectwise.Company{}, moved},
		{"mapped with a company that is not known", store.MappedAgreement{}, of(2), connectwise.Company{}, ""},
		{"the company is deleted", mapped, of(1), connectwise.Company{Name: "Acme", Deleted: true},
			"The company Acme is deleted in ConnectWise."},
		{"the agreement is cancelled", store.MappedAgreement{}, connectwise.Agreement{Cancelled: true}, connectwise.Company{},
			"The agreement is cancelled."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			why, do := MappedUnbillable(tt.mapped, tt.found, tt.company, date("2026-11-23"))
			if why != tt.want || (why == "") != (do == "") {
				t.Errorf("got %q, want %q; do %q", why, tt.want, do)
			}
		})
	}
}

// TestAgreementEndsSoon holds the two ends of the 60 days.
func TestAgreementEndsSoon(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for end, want := range map[string]string{
		"": "", "2026-10-31": "", "2026-11-01": "2026-11-01", "2026-12-31": "2026-12-31", "2027-01-01": "",
	} {
		if got := AgreementEndsSoon(store.Agreement{EndDate: end}, now); got != want {
			t.Errorf("ends on %q: got %q, want %q", end, got, want)
		}
	}
}

// An imported agreement that is to start later cannot be billed until then.
func TestAnImportedAgreementStartsOnItsDay(t *testing.T) {
	t.Parallel()
	a := store.Agreement{StartDate: "2026-03-11"}
	for day, usable := range map[int]bool{10: false, 11: true, 12: true} {
		today := time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC)
		if why := AgreementUnusable(a, today); usable != (why == "") {
			t.Errorf("on 2026-03-%d: %q", day, why)
		}
	}
}
