package books_test

import (
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/organizations"
	"seatbridge/billing/sheet"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// enteredLate is a world in which October was written with the 5 seats of Acme, which was entered on the 10th: a sixth member who
// had left on the 8th counted for nothing, since nobody knew of Acme then.
func enteredLate(t *testing.T) (*billingtest.World, store.Organization) {
	t.Helper()
	w := billingtest.New(t)
	a := w.Company("Acme")
	w.ImportAll()
	acme, err := w.Store.CreateOrganization(t.Context(), store.Organization{
		Name: "Acme", Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: moment.At("2026-10-10"),
	})
	w.Must(err)
	w.Must(w.Store.AddSeatHistory(t.Context(), []store.Seat{{
		OrganizationID: acme.ID, Email: "left@example.com", JoinedAt: moment.At("2026-10-02"), DeletedAt: moment.At("2026-10-08"),
	}}))
	w.Join(acme, 5)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, acme.ID))
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.SetTime("2026-11-06 08:41:00")
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ")
	return w, acme
}

// A month that is written already changes with what is said late of an organization's life, as it does with any late fact.
func TestALifeThatIsToldAfterTheSync(t *testing.T) {
	t.Parallel()
	first := organizations.StateText{Plan: store.Business, License: store.Standard, Managed: organizations.Yes}
	late := func(n string) string {
		return "Due were 5 when it was written on 1 November 2026, " + n + " due since 6 November 2026."
	}
	for name, tt := range map[string]struct {
		said organizations.HistoryText
		want []string
	}{
		"it began before it was entered": {organizations.HistoryText{Start: "2026-10-01", States: []organizations.StateText{first}}, []string{
			"Acme business due 6 written 5 stands 5 billed 5 not_yet open; late " + late("6 are"),
		}},
		"it was in its trial": {organizations.HistoryText{Start: "2026-10-01", TrialEnds: "2026-11-01", States: []organizations.StateText{
			{Plan: store.Business, License: store.Trial, Managed: organizations.Yes}, {Since: "2026-11-01", License: store.Standard},
		}}, []string{
			"Acme business due 0 written 5 stands 5 billed 5 not_yet open; late Due were 5 when it was written on 1 November 2026, " +
				"0 are due since 6 November 2026 (license).",
		}},
		"it was on the higher plan": {organizations.HistoryText{Start: "2026-10-01", States: []organizations.StateText{
			{Plan: store.Enterprise, License: store.Standard, Managed: organizations.Yes}, {Since: "2026-10-12", Plan: store.Business},
		}}, []string{
			"Acme business due 0 written 5 stands 5 billed 5 not_yet open; late " + late("0 are"),
			"Acme enterprise due 6 written 0 stands 0 billed 0 not_yet open; differs 6 are due, 0 were billed.",
		}},
	} {
		w, acme := enteredLate(t)
		h, problems := tt.said.Parse()
		if len(problems) > 0 {
			t.Fatal(name, problems)
		}
		_, done, err := w.Organizations.SetHistory(t.Context(), billingtest.Admin(), acme.ID, func(known *organizations.History) { *known = h })
		w.Must(err)
		if !done {
			t.Errorf("%s: nothing changed", name)
		}
		t.Log(name)
		want(t, w, "2026-10", tt.want...)
	}
}

// imported imports a file with the columns that are recognised.
func imported(t *testing.T, w *billingtest.World, kind sheet.Kind, file string) {
	t.Helper()
	saved, err := w.Files.Upload(t.Context(), billingtest.Admin(), kind, "file.csv", strings.NewReader(file))
	w.Must(err)
	in, err := w.Files.Find(t.Context(), saved.ID)
	w.Must(err)
	w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
	w.Files.Wait(t.Context(), in.ID)
	w.Must(w.Files.Write(t.Context(), billingtest.Admin(), in.ID, false))
	w.Files.Wait(t.Context(), in.ID)
	if in, err = w.Files.Find(t.Context(), in.ID); err != nil || in.State != store.FileImportDone || in.Findings.Histories != 1 {
		t.Fatalf("the file was not imported: %+v, %+v, %v", in.Progress, in.Findings, err)
	}
}

// What a file tells of a life after the sync is a late fact, whatever kind of file it is.
func TestALifeThatAFileTellsAfterTheSync(t *testing.T) {
	t.Parallel()
	began := "Acme business due 6 written 5 stands 5 billed 5 not_yet open; late Due were 5 when it was written on 1 November 2026, " +
		"6 are due since 6 November 2026."
	for name, tt := range map[string]struct {
		kind sheet.Kind
		file string
		want []string
	}{
		"a list":                 {sheet.Organizations, "Organization,Start\nAcme,2026-10-01\n", []string{began}},
		"members":                {sheet.Members, "Organization,E-mail,Status,Customer since\nAcme,left@example.com,deleted,2026-10-01\n", []string{began}},
		"usage of another month": {sheet.Usage, "Month,Organization,Seats,Customer since\n2026-09,Acme,1,2026-10-01\n", []string{began}},
		"a list with a trial": {sheet.Organizations, "Organization;Kunde seit;Testende;Lizenztyp\nAcme;01.10.2026;01.11.2026;Standard\n", []string{
			"Acme business due 0 written 5 stands 5 billed 5 not_yet open; late Due were 5 when it was written on 1 November 2026, " +
				"0 are due since 6 November 2026 (license).",
		}},
		"a list of plans": {sheet.Organizations, "Organization,Start,Since,Plan\nAcme,2026-10-01,,Enterprise\nAcme,,2026-10-12,Business\n", []string{
			"Acme business due 0 written 5 stands 5 billed 5 not_yet open; late Due were 5 when it was written on 1 November 2026, " +
				"0 are due since 6 November 2026.",
			"Acme enterprise due 6 written 0 stands 0 billed 0 not_yet open; differs 6 are due, 0 were billed.",
		}},
	} {
		w, _ := enteredLate(t)
		imported(t, w, tt.kind, tt.file)
		t.Log(name)
		want(t, w, "2026-10", tt.want...)
	}
}
