package billing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// What went wrong elsewhere, from public bug reports and does not here.

// "The source succeeded and returned nothing": nothing known is not zero.
func TestStoryEmptySourceIsNotZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.company("Acme")
	w.importAll()
	o, err := w.store.CreateOrganization(t.Context(), store.Organization{Name: "Acme", Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: w.time()})
	w.must(err)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, o.ID))
	w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("12")})
	run, err := w.Runs.Run(t.Context(), admin(), Request{Kind: store.RunManual, Period: seats.WholeMonth("2026-09")})
	w.must(err)
	wantStatus(t, run, store.RunIncomplete)
	w.wantLive(a.ID, "NP-BUS 12")
}

// "Green tick over gaps": seats that nobody is invoiced for need attention however well the sync went.
func TestStoryGapsAreNotGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapped("Acme", 5, store.Business)
	w.organization("Overlooked", 40, store.Business)
	wantStatus(t, w.sync(), store.RunDone)
	list, err := w.Attention(t.Context())
	w.must(err)
	if !slices.ContainsFunc(list, func(a Attention) bool { return a.Kind == AttendUnmapped && a.Count == 1 }) {
		t.Errorf("attention %+v, want the unmapped organization", list)
	}
}

// "A past month compared with today's subscriptions": a month's sync counts that month.
func TestStoryPastMonthCountsThatMonth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.setTime("2026-11-20 12:00")
	w.join(acme, 3)
	run, err := w.Runs.Run(t.Context(), admin(), Request{Kind: store.RunManual, Period: seats.WholeMonth("2026-10")})
	w.must(err)
	wantStatus(t, run, store.RunDone)
	w.wantLive(a.ID, "NP-BUS 5")
}

// "Trials are excluded, says the documentation; the default includes them."
func TestStoryTrialsAreNotBilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.company("Acme")
	w.importAll()
	o, err := w.store.CreateOrganization(t.Context(), store.Organization{
		Name: "Acme", Plan: store.Business, License: store.Trial, Managed: true, CreatedAt: w.time().Add(-time.Hour), TrialEndsAt: seats.TrialEnd(w.time().Add(-time.Hour)),
	})
	w.must(err)
	w.join(o, 9)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, o.ID))
	wantStatus(t, w.sync(), store.RunDone)
	w.wantLive(a.ID)
}

// "Only the first page read": 1,200 companies, and a line behind 30 others.
func TestStoryEveryPageIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var last cwsim.Agreement
	for i := range 1200 {
		last = w.company(fmt.Sprintf("Company %d", i))
	}
	w.importAll()
	if total, _, err := w.store.CompanyCounts(t.Context()); err != nil || total != 1200 {
		t.Errorf("%d companies imported (%v), want 1200", total, err)
	}
	other := w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "OTHER", Description: "Something else"})
	for range 1500 {
		w.sim.AddAddition(cwsim.Addition{AgreementID: last.ID, ProductID: other.ID, Quantity: plantest.Quantity("1")})
	}
	w.sim.AddAddition(cwsim.Addition{AgreementID: last.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("2")})
	o := w.organization("Acme", 5, store.Business)
	w.must(w.Mapping.Map(t.Context(), admin(), last.CompanyID, last.ID, o.ID))
	w.wantChanges(w.sync(), "written NP-BUS 2>5")
}

// "A list of user names overflows the invoice description", "prices reset": a write carries the quantity
// and, for a new line, what ConnectWise requires. Nothing else.
func TestStoryWritesCarryOnlyTheQuantity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	_, b := w.mapped("Beta", 4, store.Business)
	w.sim.AddAddition(cwsim.Addition{AgreementID: b.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("3"), UnitPrice: plantest.Quantity("9.99"), LessIncluded: plantest.Quantity("1"), InvoiceDescription: "By hand"})
	w.sim.ResetRequests()
	w.sync()
	for _, r := range w.sim.Requests() {
		switch r.Method {
		case "PATCH":
			if strings.Count(r.Body, `"path"`) != 1 || !strings.Contains(r.Body, `"quantity"`) {
				t.Errorf("PATCH %s", r.Body)
			}
		case "POST":
			for _, field := range []string{"invoiceDescription", "unitPrice", "unitCost", "lessIncluded", "description"} {
				if strings.Contains(r.Body, field) {
					t.Errorf("POST carries %s: %s", field, r.Body)
				}
			}
		}
	}
	line := w.sim.Additions(b.ID)[0]
	if line.UnitPrice.String() != "9.99" || line.LessIncluded.String() != "1" || line.InvoiceDescription != "By hand" {
		t.Errorf("the line became %+v", line)
	}
	w.wantLive(a.ID, "NP-BUS 5")
}

// "A cancelled agreement leaves a stale row": the mapping asks for attention and nothing is written.
func TestStoryCancelledAgreementIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.sim.CancelAgreement(a.ID, moment.At("2026-10-01"))
	w.importAll()
	list, err := w.Attention(t.Context())
	w.must(err)
	if !slices.ContainsFunc(list, func(a Attention) bool { return a.Kind == AttendMapping }) {
		t.Errorf("attention %+v, want the cancelled agreement", list)
	}
}
