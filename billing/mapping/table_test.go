package mapping_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/intake/intaketest"
	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

func TestPlanMappings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company := func(identifier, name string, agreements ...cwsim.Agreement) []cwsim.Agreement {
		c := w.Sim.AddCompany(cwsim.Company{Identifier: identifier, Name: name})
		for i := range agreements {
			agreements[i].CompanyID = c.ID
			agreements[i] = w.Sim.AddAgreement(agreements[i])
		}
		return agreements
	}
	contoso := company("CONTOSO", "Contoso Ltd", cwsim.Agreement{Name: "Managed"})
	twice := company("TWICE", "Twice", cwsim.Agreement{Name: "Managed"}, cwsim.Agreement{Name: "Managed"}, cwsim.Agreement{Name: "Security"})
	company("NONE", "No Agreement")
	company("TWIN1", "Twin", cwsim.Agreement{Name: "Managed"})
	company("TWIN2", "Twin", cwsim.Agreement{Name: "Managed"})
	over := company("OVER", "Over", cwsim.Agreement{Name: "Over", Cancelled: true})
	mapped, moved := w.named("Mapped"), w.named("Moved")
	external, err := w.Store.CreateOrganization(t.Context(), store.Organization{Name: "Has an ID", Plan: store.Business, License: store.Standard, Managed: true, ExternalID: "X-1", CreatedAt: w.Time()})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := w.Store.CreateOrganization(t.Context(), store.Organization{Name: "Foreign", Plan: store.Business, License: store.Standard, CreatedAt: w.Time()})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"One", "=Two", "Three", "Four", "Five", "Six", "Seven"} {
		w.named(name)
	}
	w.importEverything()
	who := problem.Actor{Name: "admin@example.com"}
	for _, p := range []mapping.Pair{
		{OrganizationID: mapped.ID, CompanyID: contoso[0].CompanyID, AgreementID: contoso[0].ID},
		{OrganizationID: moved.ID, CompanyID: contoso[0].CompanyID, AgreementID: contoso[0].ID},
	} {
		if problems, err := w.Mapping.MapPairs(t.Context(), who, []mapping.Pair{p}); err != nil || problems != nil {
			t.Fatal(problems, err)
		}
	}

	file := "Company identifier;Company;Agreement ID;Agreement;External ID;Organization\r\n" +
		"contoso;;;;;Mapped\r\n" + // 2
		fmt.Sprintf("TWICE;;%d;;;Moved\r\n", twice[2].ID) +
		"CONTOSO;;;;X-1;\r\n" +
		";Contoso Ltd;;managed;;One\r\n" +
		"TWICE;;;Security;;'=Two\r\n" + // 6, as exported
		"TWICE;;;Managed;;Three\r\n" +
		"TWICE;;;;;Three\r\n" +
		"NOBODY;;;;;Three\r\n" +
		";Twin;;;;Three\r\n" + // 10
		"CONTOSO;;;;;Nobody\r\n" +
		"CONTOSO;;;;;One\r\n" +
		"NONE;;;;;Three\r\n" +
		fmt.Sprintf("OVER;;%d;;;Four\r\n", over[0].ID) +
		fmt.Sprintf("CONTOSO;;%d;;;Five\r\n", over[0].ID) + // 15
		"CONTOSO;;;;;Foreign\r\n" +
		"CONTOSO;;;;X-9;\r\n" +
		"CONTOSO;;;Other;;Six\r\n" +
		"CONTOSO;;;;;\r\n" + // 19
		";;;;;Seven\r\n" +
		"too short\r\n"
	plan, err := w.Mapping.PlanMappings(t.Context(), strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"unchanged", "moved", "new", "new", "new", "give the agreement's ID", "give the agreement's ID", `identifier "NOBODY"`, "give the company's identifier",
		`no organization called "Nobody"`, "Line 5 maps", "The company has no agreement.", "cancelled", "no agreement with the ID", "not managed",
		`external ID "X-9"`, `no agreement called "Other"`, "names no organization", "names no company", "cell",
	} {
		row := plan.Rows[i]
		got := string(row.Kind)
		if row.Kind == mapping.MappingProblem {
			got = row.Problem
		}
		if row.Line != i+2 || !strings.Contains(got, want) {
			t.Errorf("line %d: %q, want %q", row.Line, got, want)
		}
	}
	if len(plan.Rows) != 20 || plan.Counts[mapping.MappingNew] != 3 || plan.Counts[mapping.MappingMoved] != 1 || plan.Counts[mapping.MappingUnchanged] != 1 {
		t.Errorf("%d rows, %v", len(plan.Rows), plan.Counts)
	}

	// What was planned can be done as a whole, and only once.
	var pairs []mapping.Pair
	for _, row := range plan.Rows {
		if row.Kind == mapping.MappingNew || row.Kind == mapping.MappingMoved {
			pairs = append(pairs, row.Pair)
		}
	}
	if problems, err := w.Mapping.MapPairs(t.Context(), who, pairs); err != nil || len(problems) != 0 {
		t.Fatal(problems, err)
	}
	if m, err := w.Store.Mapping(t.Context(), moved.ID); err != nil || m.AgreementID != twice[2].ID {
		t.Errorf("moved to %v, %v", m, err)
	}
	if problems, err := w.Mapping.MapPairs(t.Context(), who, pairs); err != nil || len(problems) != len(pairs) {
		t.Errorf("done twice: %v, %v", problems, err)
	}
	_, _ = external, foreign

	// What is exported is imported as unchanged.
	var export strings.Builder
	fmt.Fprintln(&export, strings.Join(mapping.MappingColumns(), ","))
	for m, err := range w.Store.EachMapping(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&export, "%s,%s,%d,%s,%s,%s\n", m.CompanyIdentifier, m.Company, m.AgreementID, m.Agreement, m.ExternalID, m.Organization)
	}
	again, err := w.Mapping.PlanMappings(t.Context(), strings.NewReader(export.String()))
	if err != nil || again.Counts[mapping.MappingUnchanged] != 5 || len(again.Rows) != 5 {
		t.Errorf("the export comes back as %v, %v:\n%s", again.Counts, err, export.String())
	}
}

func TestPlanMappingsRefusesFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, file := range map[string]string{
		"empty":           "",
		"no header":       "CONTOSO,12,Acme\n",
		"another table":   "email,seats\na@example.com,3\n",
		"no organization": "company_identifier,agreement\nA,B\n",
		"a workbook":      "PK\x03\x04 not text",
	} {
		var invalid *problem.Invalid
		if _, err := w.Mapping.PlanMappings(t.Context(), strings.NewReader(file)); !errors.As(err, &invalid) || invalid.Fields["file"] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Importing leaves out deleted companies and vendors, and counts them.
func TestImportLeavesOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Sim.AddCompany(cwsim.Company{Name: "Customer", TypeIDs: []int{1}})
	w.Sim.AddCompany(cwsim.Company{Name: "Customer and vendor", TypeIDs: []int{1, 4}})
	w.Sim.AddCompany(cwsim.Company{Name: "Vendor", TypeIDs: []int{4}})
	w.Sim.AddCompany(cwsim.Company{Name: "Deleted", TypeIDs: []int{1}, Deleted: true})
	w.Sim.AddCompany(cwsim.Company{Name: "No type", TypeIDs: []int{}})
	w.Sim.AddCompany(cwsim.Company{Name: "No type, deleted", TypeIDs: []int{}, Deleted: true})
	p := w.importEverything()
	if p.Result == nil || p.Result.Companies != 3 || p.LeftOut != (mapping.LeftOut{Deleted: 2, Vendors: 1}) {
		t.Errorf("imported %+v, left out %+v, %+v", p.Result, p.LeftOut, p.Problem)
	}
	w.Must(w.Mapping.StartCompanyImport(t.Context(), problem.System(), []int{1, 2, 3}, []int{1, 2, 3, 4, 5}))
	w.Work.Wait()
	if p = w.Mapping.CompanyImportProgress(); p.Result == nil || p.Result.Companies != 2 || p.LeftOut != (mapping.LeftOut{Deleted: 1, Vendors: 1, Untyped: 1}) {
		t.Errorf("imported %+v, left out %+v, %+v", p.Result, p.LeftOut, p.Problem)
	}
	companies, left, err := w.Mapping.CountCompanyImport(t.Context(), []int{1, 2, 4}, []int{1})
	if err != nil || companies != 2 || left != (mapping.LeftOut{Deleted: 1, Vendors: 1, Untyped: 1}) {
		t.Errorf("counted %d, %+v, %v", companies, left, err)
	}
	types, statuses, err := w.Mapping.OptionCounts(t.Context())
	if err != nil || types[1] != 2 || types[4] != 2 || types[3] != 0 || types[mapping.NoType] != 1 || statuses[1] != 4 {
		t.Errorf("types %v, statuses %v, %v", types, statuses, err)
	}
	if _, _, err := w.Mapping.CountCompanyImport(t.Context(), []int{4}, []int{1}); err == nil {
		t.Error("vendors alone can be imported")
	}
}

func TestProductChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.Sim.AddCompany(cwsim.Company{Name: "Contoso"})
	a := w.Sim.AddAgreement(cwsim.Agreement{CompanyID: c.ID, Name: "Managed"})
	o := w.named("Contoso")
	w.importEverything()
	if err := w.Mapping.Map(t.Context(), problem.Actor{}, c.ID, a.ID, o.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.SaveLine(t.Context(), store.Line{AgreementID: a.ID, ProductID: w.Business.ID, AdditionID: 7}); err != nil {
		t.Fatal(err)
	}
	other := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "OTHER", Description: "Another"})
	for name, tc := range map[string]struct {
		business, enterprise int
		plans, lines         int
		keeps                bool
	}{
		"nothing changes": {w.Business.ID, w.Enterprise.ID, 0, 0, false},
		"another product": {other.ID, w.Enterprise.ID, 1, 1, false},
		"swapped":         {w.Enterprise.ID, w.Business.ID, 2, 1, true},
	} {
		got, err := w.Mapping.ProductChanges(t.Context(), map[store.Plan]int{store.Business: tc.business, store.Enterprise: tc.enterprise})
		lines, keeps := 0, false
		for _, r := range got {
			lines += len(r.Lines)
			keeps = keeps || r.Keeps
		}
		if err != nil || len(got) != tc.plans || lines != tc.lines || keeps != tc.keeps {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// A workbook is read like a text: the first sheet that names the columns, with the lines of its rows.
func TestPlanMappingsReadsWorkbooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company := w.Sim.AddCompany(cwsim.Company{Identifier: "ACME", Name: "Acme Harbor"})
	agreement := w.Sim.AddAgreement(cwsim.Agreement{CompanyID: company.ID, Name: "Managed"})
	w.named("First")
	w.importEverything()
	rows := func(rows ...string) string { return "<row>" + strings.Join(rows, "</row><row>") + "</row>" }
	file := intaketest.Workbook([2]string{"About", rows(intaketest.Cells("Who is billed where"))},
		[2]string{"Mappings", rows(intaketest.Cells("company", "agreement_id", "organization", "agreement"),
			intaketest.Cells("Acme Harbor")+`<c><v>`+fmt.Sprint(agreement.ID)+`</v></c>`+intaketest.Cells("First"),
			intaketest.Cells("Nobody", "", "First", ""))})
	plan, err := w.Mapping.PlanMappings(t.Context(), strings.NewReader(file))
	if err != nil || plan.Sheet != "Mappings" || plan.Sheets != 2 || len(plan.Rows) != 2 {
		t.Fatalf("%+v, %v", plan, err)
	}
	if row := plan.Rows[0]; row.Kind != mapping.MappingNew || row.Pair.AgreementID != agreement.ID || row.Line != 2 {
		t.Errorf("%+v", row)
	}
	if row := plan.Rows[1]; row.Line != 3 || row.Problem != `No imported company is called "Nobody".` {
		t.Errorf("%+v", row)
	}
	var invalid *problem.Invalid
	for _, bad := range []string{
		file[:len(file)/2], intaketest.Workbook([2]string{"About", rows(intaketest.Cells("Who", "Where"))}), intaketest.Workbook([2]string{"Empty", ""}),
	} {
		if _, err := w.Mapping.PlanMappings(t.Context(), strings.NewReader(bad)); !errors.As(err, &invalid) || invalid.Fields["file"] == "" {
			t.Errorf("a workbook that cannot be used: %v", err)
		}
	}
}

// A company whose types cannot be read has not none: an import of those without a type fails where they are refused, and says which
// right is missing.
func TestImportOfNoTypeNeedsTheTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Sim.AddCompany(cwsim.Company{Name: "No type", TypeIDs: []int{}})
	w.Sim.SetAssumptions(cwsim.Assumptions{TypesElsewhere: true})
	w.Sim.AddCompany(cwsim.Company{Name: "Vendor", TypeIDs: []int{4}})
	for kind, want := range map[cwsim.FaultKind][2]string{
		cwsim.Forbidden: {"Company Maintenance – Inquire", "Security Roles"},
		cwsim.NotFound:  {"did not tell the types", "Leave out “No type”"}, // no such endpoint
	} {
		w.Sim.SetFaults(cwsim.Fault{Kind: kind, Path: typeAssociations})
		p := w.importEverything()
		if p.Result != nil || !strings.Contains(p.Problem.What, want[0]) || !strings.Contains(p.Problem.Do, want[1]) {
			t.Errorf("%s: imported %+v, %+v", kind, p.Result, p.Problem)
		}
		if kept, _, err := w.Store.Companies(t.Context(), store.CompanyFilter{}); err != nil || len(kept) != 0 {
			t.Errorf("%s: kept %+v, %v", kind, kept, err)
		}
	}
	w.Sim.ClearFaults()
	if p := w.importEverything(); p.Result == nil || p.Result.Companies != 1 {
		t.Errorf("with the right imported %+v, %+v", p.Result, p.Problem)
	}
}

// A company that is deleted while an import reads is left out, and the types of those after it are read.
func TestImportOfNoTypeWhileACompanyIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Sim.SetAssumptions(cwsim.Assumptions{TypesElsewhere: true})
	gone := w.Sim.AddCompany(cwsim.Company{Name: "Deleted meanwhile", TypeIDs: []int{}})
	w.Sim.AddCompany(cwsim.Company{Name: "Vendor", TypeIDs: []int{4}})
	w.Sim.AddCompany(cwsim.Company{Name: "No type", TypeIDs: []int{}})
	w.Sim.AddCompany(cwsim.Company{Name: "Customer", TypeIDs: []int{1}})
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: typeAssociations, Times: 1, Do: func() { w.Sim.RemoveCompany(gone.ID) }})
	p := w.importEverything()
	if p.Result == nil {
		t.Fatalf("%+v", p.Problem)
	}
	kept, _, err := w.Store.Companies(t.Context(), store.CompanyFilter{})
	w.Must(err)
	var names []string
	for _, c := range kept {
		names = append(names, c.Name)
	}
	if want := []string{"Customer", "No type"}; !slices.Equal(slices.Sorted(slices.Values(names)), want) {
		t.Errorf("imported %q, want %q", names, want)
	}
}

// typeAssociations are the types of a company that its record lacks.
const typeAssociations = "/company/companies/*/typeAssociations"
