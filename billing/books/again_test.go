package books_test

import (
	"errors"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

func again(w *billingtest.World, o store.Organization) (store.Run, error) {
	return w.Books.WriteAgain(w.T.Context(), billingtest.Admin(), books.Settling{
		Month: "2026-10", Rows: []store.RowKey{{OrganizationID: o.ID, Plan: store.Business}}, Note: "Found in the payroll",
	})
}

// wantNotAgain fails unless writing October again is refused with that sentence.
func wantNotAgain(t *testing.T, w *billingtest.World, o store.Organization, sentence string) {
	t.Helper()
	run, err := again(w, o)
	var invalid *problem.Invalid
	if run.ID != 0 || !errors.As(err, &invalid) || !strings.Contains(invalid.Sentence(), sentence) {
		t.Errorf("run %d, %v; want %q", run.ID, err, sentence)
	}
}

// TestCase_G23_WrittenAgain writes October, not the running month, and only while its invoice is to come.
func TestCase_G23_WrittenAgain(t *testing.T) {
	t.Parallel()
	w, acme, agreement := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-01 08:00:00")
	wantNotAgain(t, w, acme, "there is no difference any more")
	w.JoinAt(acme, "2026-10-20 13:00:00")
	w.Join(acme, 2) // of November

	run, err := again(w, acme)
	w.Must(err)
	w.Work.Wait()
	run, err = w.Store.Run(t.Context(), run.ID)
	w.Must(err)
	billingtest.WantStatus(t, run, store.RunDone)
	if run.Month != "2026-10" || !run.AsOf.IsZero() {
		t.Errorf("it wrote %+v", run)
	}
	w.WantLive(agreement.ID, "NP-BUS 6")
	want(t, w, "2026-10", "Acme business due 6 written 6 stands 6 billed 6 not_yet none;  ")
	log, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Category: store.CategoryBilling, Limit: 1})
	w.Must(err)
	if len(log) != 1 || !strings.HasPrefix(log[0].Action, "Had 1 difference of October 2026 written again, by run ") ||
		!strings.HasSuffix(log[0].Action, "“Found in the payroll”") {
		t.Errorf("the log says %+v", log)
	}

	invoice(t, w, "2026-11-01 09:00:00")
	w.JoinAt(acme, "2026-10-21 13:00:00")
	wantNotAgain(t, w, acme, "Acme, NordPass Business: invoice ")
	wantNotAgain(t, w, acme, " of 2026-11-01 was made already, and what is written now goes on a later one.")
}

func TestWrittenAgainOfWhatNoAgreementCarries(t *testing.T) {
	t.Parallel()
	w, _, _ := october(t)
	beta := w.Organization("Beta", 0, store.Business)
	w.JoinAt(beta, "2026-10-20 13:00:00")
	monthly(t, w, "2026-11-01 00:30:00")
	wantNotAgain(t, w, beta, "Beta, NordPass Business: no agreement carries it. Map the organization first.")
}

// TestWrittenAgainOverALaterMonth is refused: somebody has to say that the later one is overwritten.
func TestWrittenAgainOverALaterMonth(t *testing.T) {
	t.Parallel()
	w, acme, agreement := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-01 08:00:00")
	w.JoinAt(acme, "2026-10-20 13:00:00")
	w.Join(acme, 2)
	w.Sync() // November, so far
	wantNotAgain(t, w, acme, "has written November 2026 to date on these lines, and October 2026 would overwrite it.")
	w.WantLive(agreement.ID, "NP-BUS 8")
}
