package mapping_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/mapping"
	"seatbridge/billing/organizations"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

func TestChooseAgreement(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
	agreement := func(id int, change func(*store.Agreement)) store.Agreement {
		a := store.Agreement{ID: id, Name: "Managed Services", TypeName: "Managed", Status: "Active", StartDate: "2025-01-01"}
		if change != nil {
			change(&a)
		}
		return a
	}
	cancelled := agreement(1, func(a *store.Agreement) { a.Cancelled = true })
	plain, second := agreement(2, nil), agreement(3, nil)
	security := agreement(4, func(a *store.Agreement) { a.TypeName = "Security" })
	ending := agreement(5, func(a *store.Agreement) { a.EndDate = "2026-12-01" })
	child := agreement(6, func(a *store.Agreement) { a.ParentID = 2 })
	nordpass := agreement(7, func(a *store.Agreement) { a.Name = "NordPass" })
	later := agreement(8, func(a *store.Agreement) { a.StartDate = "2026-11-01" })
	for name, tc := range map[string]struct {
		agreements []store.Agreement
		hints      mapping.AgreementHints
		want       mapping.AgreementChoice
	}{
		"none":                      {nil, mapping.AgreementHints{}, mapping.AgreementChoice{Reason: "The company has no agreement"}},
		"none usable":               {[]store.Agreement{cancelled, later}, mapping.AgreementHints{}, mapping.AgreementChoice{Reason: "None of its agreements can be used"}},
		"the only one":              {[]store.Agreement{plain}, mapping.AgreementHints{}, mapping.AgreementChoice{2, true, "Its only agreement"}},
		"the only usable":           {[]store.Agreement{cancelled, plain, later}, mapping.AgreementHints{}, mapping.AgreementChoice{2, true, "The only one that can be used"}},
		"two alike":                 {[]store.Agreement{second, plain}, mapping.AgreementHints{}, mapping.AgreementChoice{2, false, "A guess among 2 that can be used"}},
		"one has a line":            {[]store.Agreement{plain, second}, mapping.AgreementHints{Lines: map[int]bool{3: true}}, mapping.AgreementChoice{3, true, "Has a line of a mapped product"}},
		"both have a line":          {[]store.Agreement{plain, second}, mapping.AgreementHints{Lines: map[int]bool{2: true, 3: true}}, mapping.AgreementChoice{2, false, "A guess among 2 that can be used"}},
		"by type":                   {[]store.Agreement{plain, security}, mapping.AgreementHints{Type: "Security"}, mapping.AgreementChoice{4, true, "The only one of type Security"}},
		"a line beats type":         {[]store.Agreement{plain, security}, mapping.AgreementHints{Type: "Security", Lines: map[int]bool{2: true}}, mapping.AgreementChoice{2, true, "Has a line of a mapped product"}},
		"two of the type":           {[]store.Agreement{plain, second, security}, mapping.AgreementHints{Type: "Managed"}, mapping.AgreementChoice{2, false, "A guess among 3 that can be used"}},
		"open-ended first":          {[]store.Agreement{ending, second}, mapping.AgreementHints{}, mapping.AgreementChoice{3, false, "A guess among 2 that can be used"}},
		"parent first":              {[]store.Agreement{child, plain}, mapping.AgreementHints{}, mapping.AgreementChoice{2, false, "A guess among 2 that can be used"}},
		"named after it":            {[]store.Agreement{plain, nordpass}, mapping.AgreementHints{}, mapping.AgreementChoice{7, false, "A guess among 2 that can be used"}},
		"a line on an unusable one": {[]store.Agreement{plain, second, cancelled}, mapping.AgreementHints{Lines: map[int]bool{1: true}}, mapping.AgreementChoice{2, false, "A guess among 2 that can be used"}},
	} {
		if diff := cmp.Diff(tc.want, mapping.ChooseAgreement(tc.agreements, tc.hints, today)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := plan.AgreementEndsSoon(ending, today); got != "2026-12-01" {
		t.Errorf("ends soon = %q", got)
	}
	if got := plan.AgreementEndsSoon(plain, today) + plan.AgreementEndsSoon(cancelled, today); got != "" {
		t.Errorf("ends soon = %q", got)
	}
}

// importEverything imports all companies of the world's instance.
func (w *world) importEverything() mapping.CompanyImportProgress {
	w.T.Helper()
	types, statuses, err := w.Mapping.FilterOptions(w.T.Context())
	if err != nil {
		w.T.Fatal(err)
	}
	var typeIDs, statusIDs []int
	for _, o := range types {
		typeIDs = append(typeIDs, o.ID)
	}
	for _, o := range statuses {
		statusIDs = append(statusIDs, o.ID)
	}
	if err := w.Mapping.StartCompanyImport(w.T.Context(), problem.Actor{Name: "admin@example.com"}, typeIDs, statusIDs); err != nil {
		w.T.Fatal(err)
	}
	w.Work.Wait()
	return w.Mapping.CompanyImportProgress()
}

// named adds an organization.
func (w *world) named(name string) store.Organization {
	w.T.Helper()
	o, err := w.Store.CreateOrganization(w.T.Context(), store.Organization{Name: name, Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: w.Time()})
	if err != nil {
		w.T.Fatal(err)
	}
	return o
}

func TestMatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.Sim.AddCompany(cwsim.Company{Name: "Contoso Ltd."})
	two := w.Sim.AddCompany(cwsim.Company{Name: "Fabrikam GmbH"})
	three := w.Sim.AddCompany(cwsim.Company{Name: "Northwind Traders"})
	a := w.Sim.AddAgreement(cwsim.Agreement{CompanyID: one.ID, Name: "Managed", TypeID: 1})
	w.Sim.AddAgreement(cwsim.Agreement{CompanyID: two.ID, Name: "Managed", TypeID: 1})
	b2 := w.Sim.AddAgreement(cwsim.Agreement{CompanyID: two.ID, Name: "Security", TypeID: 2})
	w.Sim.AddAgreement(cwsim.Agreement{CompanyID: three.ID, Name: "Managed", TypeID: 1})
	contoso, fabrikam, northwind := w.named("CONTOSO"), w.named("Fabrikam"), w.named("Northwind")
	w.importEverything()
	who := problem.Actor{Name: "admin@example.com"}

	m := matches(t, w, "")
	if len(m.Ready) != 1 || len(m.Choose) != 1 || len(m.Doubtful) != 1 {
		t.Fatalf("%d ready, %d to choose, %d doubtful", len(m.Ready), len(m.Choose), len(m.Doubtful))
	}
	if m.Ready[0].Organization.ID != contoso.ID || m.Ready[0].Agreement.ID != a.ID {
		t.Errorf("ready: %+v", m.Ready[0])
	}
	if diff := cmp.Diff([]mapping.AgreementType{{"Managed Services", 1}, {"Security Subscription", 1}}, m.Types); diff != "" {
		t.Error(diff)
	}
	// A preferred type settles the second; the set is another one then.
	preferred := matches(t, w, "Security Subscription")
	if len(preferred.Ready) != 2 || preferred.Token == m.Token || preferred.Ready[1].Agreement.ID != b2.ID {
		t.Errorf("with a type: %+v", preferred.Ready)
	}

	foreign, err := w.Store.CreateOrganization(t.Context(), store.Organization{Name: "Foreign", Plan: store.Business, License: store.Standard, CreatedAt: w.Time()})
	w.Must(err)

	// All or none: one bad pair keeps the others from being mapped.
	good := mapping.Pair{OrganizationID: contoso.ID, CompanyID: one.ID, AgreementID: a.ID}
	for name, bad := range map[string]mapping.Pair{
		"belongs to another company": {OrganizationID: fabrikam.ID, CompanyID: two.ID, AgreementID: a.ID},
		"Choose an agreement":        {OrganizationID: fabrikam.ID, CompanyID: two.ID},
		"Choose an organization":     {OrganizationID: 999, CompanyID: two.ID, AgreementID: b2.ID},
		"no such company":            {OrganizationID: fabrikam.ID, CompanyID: 999, AgreementID: b2.ID},
		"not managed by the MSP":     {OrganizationID: foreign.ID, CompanyID: two.ID, AgreementID: b2.ID},
		"chosen for two companies":   {OrganizationID: contoso.ID, CompanyID: two.ID, AgreementID: b2.ID},
	} {
		problems, err := w.Mapping.MapPairs(t.Context(), who, []mapping.Pair{good, bad})
		if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Problem, name) {
			t.Errorf("%s: %v, %v", name, problems, err)
		}
	}
	if all, err := w.Store.Mappings(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("mapped in spite of a problem: %v, %v", all, err)
	}
	if problems, err := w.Mapping.MapPairs(t.Context(), who, []mapping.Pair{good}); err != nil || len(problems) != 0 {
		t.Fatal(problems, err)
	}
	if problems, err := w.Mapping.MapPairs(t.Context(), who, []mapping.Pair{good}); err != nil || len(problems) != 1 {
		t.Errorf("mapped twice: %v, %v", problems, err)
	}
	if m := matches(t, w, ""); len(m.Ready) != 0 || len(m.Doubtful) != 1 {
		t.Errorf("a mapped company is still suggested: %+v", m)
	}

	// Rejected stays rejected, also when names change.
	if err := w.Mapping.RejectSuggestion(t.Context(), who, three.ID, northwind.ID); err != nil {
		t.Fatal(err)
	}
	w.named("Something else")
	if m := matches(t, w, ""); len(m.Doubtful) != 0 {
		t.Errorf("a rejected suggestion came back: %+v", m.Doubtful)
	}
	if err := w.Mapping.RestoreSuggestion(t.Context(), who, three.ID, northwind.ID); err != nil {
		t.Fatal(err)
	}
	if m := matches(t, w, ""); len(m.Doubtful) != 1 {
		t.Error("a restored suggestion is not made")
	}

	// Mapped to one company, an organization is not taken to another by mapping it there.
	var invalid *problem.Invalid
	err = w.Mapping.Map(t.Context(), who, two.ID, b2.ID, contoso.ID)
	if !errors.As(err, &invalid) || !strings.Contains(invalid.Fields["organization"], "Contoso Ltd.") {
		t.Errorf("mapped to a second company: %v", err)
	}
}

func matches(t *testing.T, w *world, preferred string) mapping.Matches {
	t.Helper()
	m, err := w.Mapping.Matches(t.Context(), preferred)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAddOrganizations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.Sim.AddCompany(cwsim.Company{Name: "Contoso"}), w.Sim.AddCompany(cwsim.Company{Name: "Fabrikam"})
	w.Sim.AddAgreement(cwsim.Agreement{CompanyID: one.ID, Name: "Managed"})
	for _, name := range []string{"Managed", "Security"} {
		w.Sim.AddAgreement(cwsim.Agreement{CompanyID: two.ID, Name: name})
	}
	w.importEverything()
	profile := organizations.Profile{Plan: store.Business, License: store.Standard, Managed: true}
	who := problem.Actor{Name: "admin@example.com"}
	mapped, err := w.Mapping.AddOrganizations(t.Context(), who, profile, []mapping.CompanyOrganization{{one.ID, "Contoso"}, {two.ID, "Fabrikam"}})
	if err != nil || mapped != 1 {
		t.Errorf("%d mapped, %v; want the one whose agreement is clear", mapped, err)
	}
	var conflict *store.Conflict
	if _, err := w.Mapping.AddOrganizations(t.Context(), who, profile, []mapping.CompanyOrganization{{one.ID, "New"}, {two.ID, "fabrikam"}}); !errors.As(err, &conflict) {
		t.Errorf("a taken name: %v", err)
	}
	_, total, err := w.Store.Organizations(t.Context(), store.OrganizationFilter{})
	if err != nil || total != 2 {
		t.Errorf("%d organizations, %v", total, err)
	}
}
