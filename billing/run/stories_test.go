package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/run"
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
	a := w.Company("Acme")
	w.ImportAll()
	o, err := w.Store.CreateOrganization(t.Context(), store.Organization{Name: "Acme", Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: w.Time()})
	w.Must(err)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("12")})
	run, err := w.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunManual, Period: seats.WholeMonth("2026-09")})
	w.Must(err)
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantLive(a.ID, "NP-BUS 12")
}

// "Green tick over gaps": seats that nobody is invoiced for need attention however well the sync went.
func TestStoryGapsAreNotGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	w.Organization("Overlooked", 40, store.Business)
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	list, err := w.Attention(t.Context())
	w.Must(err)
	if !slices.ContainsFunc(list, func(a billing.Attention) bool { return a.Kind == billing.AttendUnmapped && a.Count == 1 }) {
		t.Errorf("attention %+v, want the unmapped organization", list)
	}
}

// "A past month compared with today's subscriptions": a month's sync counts that month.
func TestStoryPastMonthCountsThatMonth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.SetTime("2026-11-20 12:00")
	w.Join(acme, 3)
	run, err := w.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunManual, Period: seats.WholeMonth("2026-10")})
	w.Must(err)
	billingtest.WantStatus(t, run, store.RunDone)
	w.WantLive(a.ID, "NP-BUS 5")
}

// "Trials are excluded, says the documentation; the default includes them."
func TestStoryTrialsAreNotBilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Company("Acme")
	w.ImportAll()
	o, err := w.Store.CreateOrganization(t.Context(), store.Organization{
		Name: "Acme", Plan: store.Business, License: store.Trial, Managed: true, CreatedAt: w.Time().Add(-time.Hour), TrialEndsAt: seats.TrialEnd(w.Time().Add(-time.Hour)),
	})
	w.Must(err)
	w.Join(o, 9)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(a.ID)
}

// "Only the first page read": 1,200 companies, and a line behind 30 others.
func TestStoryEveryPageIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var last cwsim.Agreement
	for i := range 1200 {
		last = w.Company(fmt.Sprintf("Company %d", i))
	}
	w.ImportAll()
	if total, _, err := w.Store.CompanyCounts(t.Context()); err != nil || total != 1200 {
		t.Errorf("%d companies imported (%v), want 1200", total, err)
	}
	other := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "OTHER", Description: "Something else"})
	for range 1500 {
		w.Sim.AddAddition(cwsim.Addition{AgreementID: last.ID, ProductID: other.ID, Quantity: plantest.Quantity("1")})
	}
	w.Sim.AddAddition(cwsim.Addition{AgreementID: last.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("2")})
	o := w.Organization("Acme", 5, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), last.CompanyID, last.ID, o.ID))
	w.WantChanges(w.Sync(), "written NP-BUS 2>5") // as whoever mapped it was shown
}

// "A list of user names overflows the invoice description", "prices reset": a write carries the quantity
// and, for a new line, what ConnectWise requires. Nothing else.
func TestStoryWritesCarryOnlyTheQuantity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 4, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: b.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3"), UnitPrice: plantest.Quantity("9.99"), LessIncluded: plantest.Quantity("1"), InvoiceDescription: "By hand"})
	w.Sim.ResetRequests()
	w.Sync()
	for _, r := range w.Sim.Requests() {
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
	line := w.Sim.Additions(b.ID)[0]
	if line.UnitPrice.String() != "9.99" || line.LessIncluded.String() != "1" || line.InvoiceDescription != "By hand" {
		t.Errorf("the line became %+v", line)
	}
	w.WantLive(a.ID, "NP-BUS 5")
}

// "A cancelled agreement leaves a stale row": the mapping asks for attention and nothing is written.
func TestStoryCancelledAgreementIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Sim.CancelAgreement(a.ID, moment.At("2026-10-01"))
	w.ImportAll()
	list, err := w.Attention(t.Context())
	w.Must(err)
	if !slices.ContainsFunc(list, func(a billing.Attention) bool { return a.Kind == billing.AttendMapping }) {
		t.Errorf("attention %+v, want the cancelled agreement", list)
	}
}
