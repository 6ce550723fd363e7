package books_test

import (
	"database/sql"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"
	"seatbridge/billing/organizations"
	"seatbridge/store"
)

// TestSomebodySettledMeanwhile is a difference that another person settles after the rows were counted for the first one: the database
// does so itself at that moment.
func TestSomebodySettledMeanwhile(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	acme, _ := w.Mapped("Acme", 5, store.Business)
	monthly(t, w, "2026-11-01 00:30:00")
	w.Must(w.Books.Refresh(t.Context()))
	w.SetTime("2026-11-03 10:00:00")
	w.JoinAt(acme, "2026-10-20 09:00:00")
	db, err := sql.Open("sqlite3", w.Path)
	w.Must(err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `CREATE TRIGGER other_person AFTER DELETE ON books_stale WHEN NOT EXISTS (SELECT 1 FROM settlements) BEGIN
		INSERT INTO settlements (month, organization_id, plan, how, seats, settled_at, settled_by)
		VALUES ('2026-10', OLD.organization_id, 'business', 'by_hand', '1', 1, 'other@example.com'); END`)
	w.Must(err)

	_, err = w.Books.Settle(t.Context(), billingtest.Admin(), books.Settling{
		Month: "2026-10", Rows: []store.RowKey{{OrganizationID: acme.ID, Plan: store.Business}}, How: store.Waived,
	})
	if err == nil || !strings.HasSuffix(err.Error(), "Acme, NordPass Business: somebody settled it already.") {
		t.Errorf("settling what somebody else settled: %v", err)
	}
	want(t, w, "2026-10", "Acme business due 6 written 5 stands 5 billed 5 not_yet settled; late "+
		"Due were 5 when it was written on 1 November 2026, 6 are due since 3 November 2026.")
}

// TestSettleUnmanaged is an organization that the MSP gave up while its line stood: what it owes is never known, and the month can be
// closed all the same.
func TestSettleUnmanaged(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	w.SetTime("2026-10-31 12:00:00")
	_, err := w.Organizations.Edit(t.Context(), billingtest.Admin(), acme.ID, func(p *organizations.Profile) { p.Managed = false })
	w.Must(err)
	monthly(t, w, "2026-11-01 00:30:00")
	invoice(t, w, "2026-11-05 09:00:00")
	s := books.Settling{Month: "2026-10", Rows: []store.RowKey{{OrganizationID: acme.ID, Plan: store.Business}}, How: store.Waived}
	settled, err := w.Books.Settle(t.Context(), billingtest.Admin(), s)
	w.Must(err)
	if settled != 1 {
		t.Errorf("%d rows are settled, want 1", settled)
	}
	open, err := w.Books.Open(t.Context())
	w.Must(err)
	if len(open) != 0 {
		t.Errorf("%v is open", open)
	}
	kept, err := w.Books.Close(t.Context(), billingtest.Admin(), "2026-10")
	w.Must(err)
	if !strings.Contains(kept.Body, `"due":null`) {
		t.Errorf("the statement does not say that nobody knows what was due: %s", kept.Body)
	}
	if _, err = w.Books.Settle(t.Context(), billingtest.Admin(), s); err == nil {
		t.Error("what is settled was settled again")
	}
}
