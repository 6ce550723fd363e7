package figures_test

import (
	"errors"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// TestCorrectAndWithdraw also sends the corrected figure to ConnectWise.
func TestCorrectAndWithdraw(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	acme, agreement := w.Mapped("Acme", 5, store.Business)
	correct := func(month store.Month, seats int, reason string) error {
		return w.Figures.Correct(t.Context(), billingtest.Admin(), store.Correction{OrganizationID: acme.ID, Month: month, Seats: seats, Plan: store.Business, Reason: reason})
	}
	for field, err := range map[string]error{
		"month":  correct("2026-11", 1, "x"),
		"seats":  correct("2026-10", -1, "x"),
		"reason": correct("2026-10", 1, "  "),
	} {
		var invalid *problem.Invalid
		if !errors.As(err, &invalid) || invalid.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := w.Figures.Correct(t.Context(), billingtest.Admin(), store.Correction{OrganizationID: 99, Month: "2026-10", Plan: store.Business, Reason: "x"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	figure := func() seats.Usage {
		t.Helper()
		counted, err := w.Figures.Usage(t.Context(), seats.ToDate(w.Time()), nil)
		w.Must(err)
		remembered, err := w.Figures.All(t.Context(), seats.ToDate(w.Time()))
		w.Must(err)
		if u, r := counted[acme.ID], remembered[acme.ID]; u.Quantity != r.Quantity {
			t.Errorf("remembered %+v, counted %+v", r, u)
		}
		return counted[acme.ID]
	}
	seatsOf := func(u seats.Usage) int {
		n, _ := u.Seats()
		return n
	}
	if seatsOf(figure()) != 5 {
		t.Fatalf("at first %+v", figure())
	}
	w.Must(correct("2026-10", 3, "Two test accounts."))
	w.Must(correct("2026-10", 4, "One test account."))
	if u := figure(); seatsOf(u) != 4 || seatsOf(*u.Original) != 5 {
		t.Errorf("corrected %+v", u)
	}
	w.Sync()
	if got := w.Live(agreement.ID); len(got) != 1 || !strings.Contains(got[0], "4") {
		t.Errorf("ConnectWise has %q", got)
	}
	w.Must(w.Figures.WithdrawCorrection(t.Context(), billingtest.Admin(), acme.ID, "2026-10"))
	if u := figure(); seatsOf(u) != 5 || u.Original != nil {
		t.Errorf("withdrawn %+v", u)
	}
	if err := w.Figures.WithdrawCorrection(t.Context(), billingtest.Admin(), acme.ID, "2026-10"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	all, err := w.Store.Corrections(t.Context(), acme.ID, "2026-10")
	w.Must(err)
	if len(all) != 2 || all[0].InForce() || all[1].InForce() || all[1].Seats != 3 {
		t.Errorf("corrections %+v", all)
	}
	entries, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{OrganizationID: acme.ID, Category: store.CategoryBilling})
	w.Must(err)
	var log []string
	for _, e := range entries {
		log = append(log, e.Action)
	}
	want := []string{
		"Withdrew the correction of October 2026 of Acme; 5 NordPass Business counts again.",
		"Corrected October 2026 of Acme from 3 NordPass Business to 4 NordPass Business: One test account.",
		"Corrected October 2026 of Acme from 5 NordPass Business to 3 NordPass Business: Two test accounts.",
	}
	if strings.Join(log, "\n") != strings.Join(want, "\n") {
		t.Errorf("activity %q", log)
	}
}
