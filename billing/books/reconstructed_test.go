package books_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// upgraded makes the database what the upgrade to the version that has the books makes of an older one: the statements are the upgrade's.
func upgraded(t *testing.T, w *billingtest.World) {
	t.Helper()
	upgrade, err := os.ReadFile("../../store/migrations/sqlite/00015_months.sql")
	w.Must(err)
	_, inserts, found := strings.Cut(string(upgrade), "-- What is known of the time before there were books")
	if !found {
		t.Fatal("the upgrade does not say what it takes from the journal")
	}
	db, err := sql.Open("sqlite3", w.Path)
	w.Must(err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `DELETE FROM line_history; DELETE FROM billing_dates; DELETE FROM billing_moves; DELETE FROM invoices;
		DELETE FROM months; DELETE FROM month_rows; DELETE FROM books_stale; UPDATE invoice_reading SET read_at = NULL, tried_at = NULL;
		--`+inserts)
	w.Must(err)
}

// TestReconstructedMonthsAgree is an installation that wrote each month in time, before there were books: no month differs because
// the next one was written over it since, whatever is known of its invoices.
func TestReconstructedMonthsAgree(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		importedLately, right bool
		carried               string // what is known of the invoice, once it was read
	}{
		"nobody looked at dates since": {false, false, "period_closed"},
		"companies imported lately":    {true, false, "period_closed"},
		"invoices can be read":         {false, true, "invoiced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := billingtest.New(t)
			acme, a := w.Mapped("Acme", 5, store.Business)
			w.Sim.InvoiceThrough(a.ID, moment.At("2026-10-31"))
			w.ImportAll()
			w.Trusting()
			w.Sync()
			finance := cwsim.FinanceOf(w.Sim)
			for _, month := range []string{"2026-11", "2026-12", "2027-01"} {
				monthly(t, w, month+"-01 00:30:00")
				w.SetTime(month + "-05 09:00:00")
				finance.Invoice(w.Time(), moment.At(month+"-05"))
				w.SetTime(month + "-20 10:00:00")
				w.Join(acme, 1)
			}
			if tt.importedLately {
				w.ImportAll()
			}
			if tt.right {
				w.Sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
			}
			upgraded(t, w)
			want(t, w, "2026-10", "Acme business due 5 written 5 stands 7 billed 5 "+unread(tt.importedLately)+" none;  ")
			want(t, w, "2026-11", "Acme business due 6 written 6 stands 7 billed 6 "+unread(tt.importedLately)+" none;  ")
			w.Must(w.Books.ReadInvoices(t.Context()))
			want(t, w, "2026-10", "Acme business due 5 written 5 stands 7 billed 5 "+tt.carried+" none;  ")
			want(t, w, "2026-11", "Acme business due 6 written 6 stands 7 billed 6 "+tt.carried+" none;  ")
			want(t, w, "2026-12", "Acme business due 7 written 7 stands 7 billed 7 "+tt.carried+" none;  ")
		})
	}
}

// unread is what is known of an old invoice before anything was read: an old date does not say that its period is open still.
func unread(importedLately bool) string {
	if importedLately {
		return "period_closed"
	}
	return "unknown"
}

// TestReconstructedAndNotInvoiced is a month that was written over before its invoice: a reading says that it was outstanding then.
func TestReconstructedAndNotInvoiced(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.InvoiceThrough(a.ID, moment.At("2026-10-31"))
	w.Trusting()
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-20 10:00:00")
	w.Join(acme, 2)
	monthly(t, w, "2026-12-01 00:30:00")
	w.SetTime("2026-12-10 10:00:00")
	upgraded(t, w)
	w.Must(w.Books.ReadInvoices(t.Context()))
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 7 billed 7 not_yet open; overwritten Run 2 wrote 7 of November 2026 over it on "+
		"1 December 2026 at 00:30 UTC, before the invoice was made.")
}
