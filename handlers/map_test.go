package handlers

import (
	"fmt"
	"net/http"
	"testing"

	"seatbridge/views"
)

func TestMappingShowsTheLine(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	a := w.customer("Acme")
	w.sim.UpdateAgreement(a.ID, yearly)
	line := w.line(a, "14", "4.99")
	w.b.importAll()
	o := w.organization("Acme", 3)
	chosen := form("agreement", fmt.Sprint(a.ID), "organization", fmt.Sprint(o.ID))
	what := fmt.Sprintf("Line no. %d of NP-BUS: 14 now → 3 at the next sync.", line.ID)

	// Before, as soon as both are chosen.
	path := views.CompanyShownPath(int64(a.CompanyID))
	part := w.b.part().get(path+"?"+chosen.Encode(), http.StatusOK)
	has(t, part, "[data-testid=shown]", what)
	has(t, part, "[data-testid=shown] .warning", "billing cycle is Annual")
	has(t, part, "[data-testid=shown] .warning", "Nothing is written there before somebody decides")
	for _, query := range []string{"", "?agreement=1", "?agreement=999999&organization=1"} {
		if w.b.part().get(path+query, http.StatusOK).Find("[data-testid=shown]").Length() != 0 {
			t.Errorf("%q shows something", query)
		}
	}
	row := w.b.get(views.CompaniesPath+"?q=Acme", http.StatusOK)
	has(t, row, "select[name=agreement]", "billing cycle Annual")

	// Afterwards, in the row or, without script, in the message.
	row = w.b.part().post(views.MapCompanyPath(int64(a.CompanyID)), chosen, http.StatusOK)
	has(t, row, "[data-testid=shown]", what)
	other := w.organization("Beta", 2)
	chosen.Set("organization", fmt.Sprint(other.ID))
	w.b.post(views.MapCompanyPath(int64(a.CompanyID)), chosen, http.StatusSeeOther)
	has(t, w.b.follow(), "#alerts, #toaster", "14 now → 5 at the next sync.")
}
