package books_test

import (
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/organizations"
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
