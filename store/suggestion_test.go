package store

import (
	"errors"
	"testing"
)

// Suggestions are outdated when a name has come, gone or changed, and not by anything else.
func TestSuggestionsOutdated(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	outdated := func(what string, want bool) {
		t.Helper()
		if got := must[bool](t)(s.SuggestionsOutdated(t.Context())); got != want {
			t.Errorf("%s: outdated = %t, want %t", what, got, want)
		}
		check(t, s.SaveSuggestions(t.Context(), must[Names](t)(s.Names(t.Context())).State, nil))
	}
	outdated("a new database", true)
	outdated("suggested", false)
	o := newOrganizations(t, s, 1)[0]
	outdated("organization added", true)
	importCompaniesOf(t, s, 2)
	outdated("companies imported", true)
	importCompaniesOf(t, s, 2)
	outdated("the same imported again", false)
	o.Plan = Enterprise
	check(t, s.UpdateOrganization(t.Context(), o, t0))
	outdated("plan changed", false)
	o.Name = "Another"
	check(t, s.UpdateOrganization(t.Context(), o, t0))
	outdated("organization renamed", true)
	again := importOf(1)
	again.Companies[0].Name = "Another"
	must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), again))
	outdated("company renamed, company gone", true)
	mapTo(t, s, o.ID, 1, 101)
	outdated("mapped", false)
}

// Names that changed while suggestions were made leave them outdated.
func TestSuggestionsOfOldNames(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	names := must[Names](t)(s.Names(t.Context()))
	newOrganizations(t, s, 1)
	check(t, s.SaveSuggestions(t.Context(), names.State, []Suggestion{{CompanyID: 77, OrganizationID: 1, Score: 100}}))
	if !must[bool](t)(s.SuggestionsOutdated(t.Context())) {
		t.Error("suggestions of old names pass for new")
	}
}

func TestOpenSuggestions(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	importCompaniesOf(t, s, 6)
	o := newOrganizations(t, s, 6)
	var all []Suggestion
	for i := range 6 {
		all = append(all, Suggestion{CompanyID: i + 1, OrganizationID: o[i].ID, Score: 60 + i, Certain: i == 5, Reason: "Same name"})
	}
	all = append(all, Suggestion{CompanyID: 1, OrganizationID: o[5].ID, Score: 99, Reason: "Similar"})
	check(t, s.SaveSuggestions(t.Context(), must[Names](t)(s.Names(t.Context())).State, all))

	mapTo(t, s, o[0].ID, 2, 102) // closes companies 1 (its organization) and 2
	check(t, s.RejectSuggestion(t.Context(), RejectedSuggestion{CompanyID: 3, OrganizationID: o[2].ID, RejectedAt: t0, RejectedBy: "me"}))
	o[3].Managed = false
	check(t, s.UpdateOrganization(t.Context(), o[3], t0))
	wanted := func(want ...int) {
		t.Helper()
		var got []int
		for _, g := range must[[]OpenSuggestion](t)(s.OpenSuggestions(t.Context(), nil)) {
			got = append(got, g.CompanyID)
		}
		same(t, got, want)
	}
	wanted(1, 6, 5)
	same(t, len(must[[]OpenSuggestion](t)(s.OpenSuggestions(t.Context(), []int{5, 4}))), 1)

	// The table shows the same.
	page, total, err := s.Companies(t.Context(), CompanyFilter{Show: ShowSuggested, Sort: "score", Desc: true})
	check(t, err)
	if total != 3 || page[0].ID != 1 || page[2].ID != 5 {
		t.Errorf("%d companies suggested: %v", total, page)
	}

	rejected := must[[]RejectedSuggestion](t)(s.RejectedSuggestions(t.Context()))
	same(t, rejected, []RejectedSuggestion{{CompanyID: 3, Company: "Company 3", OrganizationID: o[2].ID, Organization: o[2].Name, RejectedAt: t0, RejectedBy: "me"}})
	// Still rejected when the suggestions are made anew.
	check(t, s.SaveSuggestions(t.Context(), 1, all))
	wanted(1, 6, 5)
	check(t, s.RestoreSuggestion(t.Context(), 3, o[2].ID))
	wanted(1, 6, 5, 3)
	wantErr(t, s.RestoreSuggestion(t.Context(), 3, o[2].ID), ErrNotFound)
	wantErr(t, s.RejectSuggestion(t.Context(), RejectedSuggestion{CompanyID: 99, OrganizationID: o[2].ID, RejectedAt: t0}), ErrNotFound)
}

func TestSaveMappingsAllOrNone(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	importCompaniesOf(t, s, 3)
	o := newOrganizations(t, s, 3)
	row := func(i, was int) Remapping {
		return Remapping{
			Mapping: Mapping{OrganizationID: o[i].ID, CompanyID: i + 1, AgreementID: 101 + i, CreatedAt: t0, CreatedBy: "me"}, Was: was,
			Record: Activity{At: t0, Actor: "me", Category: CategoryIntegrations, Action: "Mapped.", OrganizationID: o[i].ID},
		}
	}
	mapTo(t, s, o[2].ID, 1, 101)
	for name, bad := range map[string]Remapping{
		"mapped meanwhile":     row(2, 0),
		"mapped elsewhere now": row(2, 103),
		"not mapped any more":  row(1, 102),
		"agreement of another": {Mapping: Mapping{OrganizationID: o[1].ID, CompanyID: 1, AgreementID: 102, CreatedAt: t0}},
		"no such organization": {Mapping: Mapping{OrganizationID: 99, CompanyID: 1, AgreementID: 101, CreatedAt: t0}},
	} {
		if err := s.SaveMappings(t.Context(), []Remapping{row(0, 0), bad}); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all := must[[]Mapping](t)(s.Mappings(t.Context())); len(all) != 1 || all[0].AgreementID != 101 {
		t.Errorf("mappings = %v", all)
	}
	check(t, s.SaveMappings(t.Context(), []Remapping{row(0, 0), row(2, 101)}))
	all := must[[]Mapping](t)(s.Mappings(t.Context()))
	if len(all) != 2 || all[0].AgreementID != 101 || all[1].AgreementID != 103 {
		t.Errorf("mappings = %v", all)
	}
	_, recorded, err := s.Activities(t.Context(), ActivityFilter{})
	check(t, err)
	same(t, recorded, 2)
}

func TestCompaniesByAgreements(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	im := importOf(5)
	im.Agreements[0].Cancelled = true
	im.Agreements[1].StartDate = "2026-04-01"
	im.Agreements[2].EndDate = "2026-03-20"
	im.Agreements = append(im.Agreements, Agreement{ID: 900, CompanyID: 5, Name: "Second", Status: "Active"})
	must[CompanyImportResult](t)(s.SaveCompanyImport(t.Context(), im))
	for state, want := range map[AgreementState]int{AgreementsNone: 2, AgreementsOne: 2, AgreementsSeveral: 1, AgreementsEnding: 1} {
		_, total, err := s.Companies(t.Context(), CompanyFilter{Agreements: state, Today: "2026-03-10", Soon: "2026-04-10"})
		check(t, err)
		if total != want {
			t.Errorf("%s: %d companies, want %d", state, total, want)
		}
	}
}
