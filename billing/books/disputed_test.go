package books_test

import (
	"slices"
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// TestCase_H32_DisagreementEndsWithTheMonth: sources that disagree need a person until the month is closed, or is no longer the last one;
// and the order of then decides about it whatever is chosen later.
func TestCase_H32_DisagreementEndsWithTheMonth(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	w.Set(func(s *store.Settings) {
		s.Sources = seats.Reorder(nil, "2026-10", []seats.Source{seats.SourceLedger, seats.SourceProvider, seats.SourceAPI, seats.SourceCSV})
	})
	disputed := func() (found []string) {
		t.Helper()
		list, err := w.Attention(t.Context())
		w.Must(err)
		for _, a := range list {
			if a.Kind == billing.AttendDisputed {
				found = append(found, a.Title)
			}
		}
		return found
	}
	october := []string{"Sources disagree about October 2026 of 1 organization"}
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-02 10:00:00")
	report(t, w, acme, "2026-10", 9)
	if got := disputed(); !slices.Equal(got, october) {
		t.Errorf("attention has %q, want %q", got, october)
	}
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ")

	// In November another order is chosen: October, which was over, keeps its own.
	w.Set(func(s *store.Settings) { s.Sources = seats.Reorder(s.Sources, "2026-11", seats.Ranked()) })
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ")
	invoice(t, w, "2026-11-04 09:00:00")
	_, err := w.Books.Close(t.Context(), billingtest.Admin(), "2026-10")
	w.Must(err)
	if got := disputed(); got != nil {
		t.Errorf("of a closed month attention has %q", got)
	}
}
