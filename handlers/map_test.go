package handlers

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
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

// What the agreement has is found and shown before Map is pressed; of several lines one is chosen there.
func TestFoundLineIsAdopted(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	acme := p.customer("Acme")
	business := p.sim.Catalog()[len(p.sim.Catalog())-2]
	first := p.sim.AddAddition(cwsim.Addition{AgreementID: acme.ID, ProductID: business.ID, Quantity: decimal.NewFromInt(25), UnitPrice: decimal.RequireFromString("4.99")})
	o := p.organization("Acme", 27)
	b.importAll()
	p.sim.ResetRequests()
	ask := views.CompanyShownPath(int64(acme.CompanyID)) + fmt.Sprintf("?agreement=%d&organization=%d", acme.ID, o.ID)

	part := b.part().get(ask, http.StatusOK)
	has(t, part, "[data-testid=found]", fmt.Sprintf("Line no. %d of NP-BUS, 25 seats at 4.99", first.ID))
	has(t, part, "[data-testid=found]", "Mapping adopts it; nothing is written before the next sync.")
	has(t, part, "[data-testid=shown]", "25 now → 27 at the next sync.")

	second := p.sim.AddAddition(cwsim.Addition{AgreementID: acme.ID, ProductID: business.ID, Quantity: decimal.NewFromInt(5)})
	part = b.part().get(ask, http.StatusOK)
	radio := fmt.Sprintf("[data-testid=choose-line] input[name='adopt-%d']", business.ID)
	if n := part.Find(radio).Length(); n != 3 || part.Find(radio+"[checked]").AttrOr("value", "-") != "" {
		t.Errorf("%d choices, %q is chosen", n, part.Find(radio+"[checked]").AttrOr("value", "-"))
	}
	only := b.part().get(ask+"&only=true", http.StatusOK)
	if only.Find("input").Length() != 0 {
		t.Error("a choice is offered where it is only shown")
	}

	chosen := form("agreement", fmt.Sprint(acme.ID), "organization", fmt.Sprint(o.ID), fmt.Sprintf("adopt-%d", business.ID), fmt.Sprint(second.ID))
	row := b.part().post(views.MapCompanyPath(int64(acme.CompanyID)), chosen, http.StatusOK)
	has(t, row, "[data-testid=adopted]", fmt.Sprintf("Line no. %d of NP-BUS, 5 seats", second.ID))
	has(t, row, "[data-testid=adopted]", "It is adopted; nothing is written before the next sync.")
	if written := p.writes(); len(written) > 0 {
		t.Errorf("mapping wrote %q", written)
	}
	lines, err := p.store.AgreementLines(t.Context(), acme.ID)
	if err != nil || len(lines) != 1 || lines[0].AdditionID != second.ID || !lines[0].Chosen {
		t.Errorf("bound %+v, %v", lines, err)
	}
}

// A chosen line that is gone meanwhile is refused in the row, and nothing is mapped.
func TestFoundLineIsGone(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	b.connect()
	b.mapProducts()
	acme := p.customer("Acme")
	business := p.sim.Catalog()[len(p.sim.Catalog())-2]
	for range 2 {
		p.sim.AddAddition(cwsim.Addition{AgreementID: acme.ID, ProductID: business.ID, Quantity: decimal.NewFromInt(25)})
	}
	o := p.organization("Acme", 27)
	b.importAll()
	chosen := form("agreement", fmt.Sprint(acme.ID), "organization", fmt.Sprint(o.ID), fmt.Sprintf("adopt-%d", business.ID), "999")
	row := b.part().post(views.MapCompanyPath(int64(acme.CompanyID)), chosen, http.StatusUnprocessableEntity)
	has(t, row, ".problem", "The chosen line is not open any more; choose another one.")
	if _, err := p.store.Mapping(t.Context(), o.ID); err == nil {
		t.Error("it was mapped")
	}
}
