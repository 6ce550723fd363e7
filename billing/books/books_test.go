package books_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/billingtest"
	"seatbridge/store"
)

// rows are the rows of a month in words: organization and plan, due, written, in ConnectWise, billed, state and cause.
func rows(t *testing.T, w *billingtest.World, m store.Month) []string {
	t.Helper()
	w.Must(w.Books.Refresh(t.Context()))
	var all []string
	for r, err := range store.BooksIn(w.Store).EachRow(t.Context(), store.MonthRowFilter{Month: m, Sort: "name"}) {
		w.Must(err)
		all = append(all, fmt.Sprintf("%s %s due %s written %s stands %s billed %s %s %s; %s %s", r.Organization, r.Plan,
			r.Due.Decimal, r.Written.Decimal, r.InConnectWise.Decimal, r.Billed.Decimal, r.Invoice.State, r.State, r.Cause, r.Reason))
	}
	return all
}

func want(t *testing.T, w *billingtest.World, m store.Month, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, rows(t, w, m)); diff != "" {
		t.Errorf("the books of %s (-want +got):\n%s", m, diff)
	}
}

// TestAMonthThatAgrees is a month that was written in time.
func TestAMonthThatAgrees(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	w.Mapped("Acme", 5, store.Business)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ")
}

// TestCase_G21_AMemberFoundLate is due and not billed until somebody deals with it.
func TestCase_G21_AMemberFoundLate(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	acme, agreement := w.Mapped("Acme", 5, store.Business)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.Must(w.Books.Refresh(t.Context()))
	w.SetTime("2026-11-03 10:00:00")
	w.JoinAt(acme, "2026-10-20 09:00:00")
	want(t, w, "2026-10", "Acme business due 6 written 5 stands 5 billed 5 not_yet open; late "+
		"Due were 5 when it was written on 1 November 2026, 6 are due since 3 November 2026.")
	_ = agreement
}
