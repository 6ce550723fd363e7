package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/handlers/api"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// invoicedBooks is the panel over a world in which October was invoiced without a seat of Acme that was found later.
func invoicedBooks(t *testing.T) (b *booksPanel, agreement cwsim.Agreement) {
	t.Helper()
	b = emptyBooks(t)
	b.acme, agreement = b.Mapped("Acme", 5, store.Business)
	b.Sim.InvoiceThrough(agreement.ID, moment.At("2026-10-31"))
	b.SetTime("2026-11-01 00:30:00")
	b.Must(b.Runs.RunDue(t.Context()))
	b.SetTime("2026-11-01 09:00:00")
	cwsim.FinanceOf(b.Sim).Invoice(b.Time(), time.Time{})
	b.SetTime("2026-11-01 09:10:00")
	b.Must(b.Books.ReadInvoices(t.Context()))
	b.SetTime("2026-11-03 10:00:00")
	b.JoinAt(b.acme, "2026-10-20 09:00:00")
	return b, agreement
}

// A person allows it in the settings, chooses a difference, looks at the lines, applies them, and undoes that.
func TestTheRoadToTheNextInvoice(t *testing.T) {
	t.Parallel()
	b, agreement := invoicedBooks(t)
	admin := b.as(store.Admin)
	if admin.get("/months/2026-10", http.StatusOK).Find("[value=next_invoice]").Length() != 0 {
		t.Error("it is offered without the setting")
	}
	_, sent := b.settle(admin, "next_invoice", "", key(b.acme, store.Business))
	has(t, admin.part().post("/months/2026-10/settle", sent, http.StatusUnprocessableEntity), "[data-testid=notice]", "can allow it in the settings")
	admin.post("/settings/months", form("sync_day", "1", "sync_hour", "0", "remind_days", "2", "next_invoice", "true"), http.StatusSeeOther)
	if admin.get("/settings", http.StatusOK).Find("#next-invoice[checked]").Length() != 1 {
		t.Error("the setting is not kept")
	}
	has(t, admin.get("/months/2026-10", http.StatusOK), "[value=next_invoice]", "On the next invoice…")

	dialog, sent := b.settle(admin, "next_invoice", "Agreed by phone", key(b.acme, store.Business))
	has(t, dialog, "h2", "On the next invoice: 1 difference of October")
	has(t, dialog, "footer button:last-of-type", "Preview ")
	admin.post("/months/2026-10/settle", sent, http.StatusSeeOther)
	run := admin.location()
	b.Work.Wait()
	page := admin.get(run, http.StatusOK)
	has(t, page, "main", "Preview of lines on the next invoice")
	has(t, page, "main", "from 1 December 2026 to 31 December 2026, “NordPass Business, October 2026, 1 seat not yet billed”: Acme 1.")
	wantLines := func(want int) {
		t.Helper()
		if got := len(b.Sim.Additions(agreement.ID)); got != want {
			t.Errorf("%d lines in ConnectWise, want %d", got, want)
		}
	}
	wantLines(1)
	admin.post(run+"/apply", nil, http.StatusSeeOther)
	b.Work.Wait()
	wantLines(2)
	page = admin.get(run, http.StatusOK)
	if page.Find("form[action='"+run+"/retry']").Length() != 0 || page.Find("form[action='"+run+"/undo']").Length() != 1 {
		t.Error("what can be done with the run is not to undo it")
	}
	wantCells(t, admin.get("/months/2026-10", http.StatusOK), "Acme", map[string]string{"State": "Settled", "Why": "On the next invoice."})
	row := fmt.Sprintf("/months/2026-10/rows/%d/business", b.acme.ID)
	has(t, admin.get(row, http.StatusOK), "[data-testid=settlement]", "“Agreed by phone”")
	has(t, admin.get(row, http.StatusOK), "[data-testid=settlement]", "It is a line in ConnectWise: undo run")
	admin.get("/runs?kind=settle", http.StatusOK)

	admin.post(run+"/undo", nil, http.StatusSeeOther)
	undo := admin.location()
	b.Work.Wait()
	admin.post(undo+"/apply", nil, http.StatusSeeOther)
	b.Work.Wait()
	wantCells(t, admin.get("/months/2026-10", http.StatusOK), "Acme", map[string]string{"State": "Open"})
	if got := b.Sim.Additions(agreement.ID)[1].Quantity; !got.IsZero() {
		t.Errorf("the line bills %s", got)
	}
	b.as(store.Technician).post("/months/2026-10/settle", url.Values{"how": {"next_invoice"}}, http.StatusForbidden)
}

// A script can choose, and a person applies.
func TestAPIOnTheNextInvoice(t *testing.T) {
	t.Parallel()
	b, agreement := invoicedBooks(t)
	s := b.script(api.ReadUsage, api.WriteMonths)
	body := fmt.Sprintf(`{"rows":[{"id":%d,"plan":"business"}],"how":"next_invoice"}`, b.acme.ID)
	wantDetail(t, s.call("POST", "/months/2026-10/settlements", body, 422), "can allow it in the settings")
	b.Set(func(s *store.Settings) { s.Months.NextInvoice = true })
	answer := s.call("POST", "/months/2026-10/settlements", body, 200)
	b.Work.Wait()
	runs, total, err := b.World.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunSettle})
	if err != nil || total != 1 || answer["settled"] != 0.0 || answer["run"] != float64(runs[0].ID) || runs[0].Status != store.RunPlanned {
		t.Errorf("%v %d %+v %v", answer, total, runs, err)
	}
	if got := len(b.Sim.Additions(agreement.ID)); got != 1 {
		t.Errorf("%d lines", got)
	}
	b.Must(b.Runs.Apply(t.Context(), billingtest.Admin(), runs[0].ID))
	b.Work.Wait()
	wantDetail(t, s.call("POST", "/months/2026-10/settlements", body, 409), "somebody settled it already")
}
