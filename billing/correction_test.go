package billing

import (
	"errors"
	"strings"
	"testing"

	"seatbridge/store"
)

func TestCorrectionsBeatReportsBeatTheLedger(t *testing.T) {
	t.Parallel()
	l := standard().old("abcdef").l
	report := store.UsageReport{Seats: 7, Plan: store.Enterprise, Source: string(SourceCSV)}
	correction := store.Correction{Seats: 0, Plan: store.Business, Reason: "Agreed with the customer.", By: "ann@example.com", At: at("2026-04-02")}
	march := WholeMonth("2026-03")
	check := func(what string, u Usage, seats int, plan store.Plan, source Source) {
		t.Helper()
		if !u.Known || u.Seats != seats || u.Plan != plan || u.Source != source || u.Ledger != 6 {
			t.Errorf("%s: %+v", what, u)
		}
	}
	check("ledger", Count(l, march, Rules{}), 6, store.Business, SourceLedger)
	l.Reports = map[store.Month]store.UsageReport{"2026-03": report}
	check("report", Count(l, march, Rules{}), 7, store.Enterprise, SourceCSV)
	l.Corrections = map[store.Month]store.Correction{"2026-03": correction}
	u := Count(l, march, Rules{})
	check("correction", u, 0, store.Business, SourceCorrection)
	check("what it overrules", *u.Original, 7, store.Enterprise, SourceCSV)
	if want := "Corrected on 2 April 2026 by ann@example.com: Agreed with the customer."; u.Why != want {
		t.Errorf("why: %s", u.Why)
	}
	check("the month before", Count(l, WholeMonth("2026-02"), Rules{}), 6, store.Business, SourceLedger)
	unknown := org("2026-06-01", store.Business, store.Standard).l
	unknown.Corrections = l.Corrections
	if u := Count(unknown, march, Rules{}); !u.Known || u.Original.Known {
		t.Errorf("an unknown figure that was corrected: %+v", u)
	}
}

// TestCorrectAndWithdraw also sends the corrected figure to ConnectWise.
func TestCorrectAndWithdraw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, agreement := w.mapped("Acme", 5, store.Business)
	correct := func(month store.Month, seats int, reason string) error {
		return w.Correct(t.Context(), admin(), store.Correction{OrganizationID: acme.ID, Month: month, Seats: seats, Plan: store.Business, Reason: reason})
	}
	for field, err := range map[string]error{
		"month":  correct("2026-11", 1, "x"),
		"seats":  correct("2026-10", -1, "x"),
		"reason": correct("2026-10", 1, "  "),
	} {
		var invalid *Invalid
		if !errors.As(err, &invalid) || invalid.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := w.Correct(t.Context(), admin(), store.Correction{OrganizationID: 99, Month: "2026-10", Plan: store.Business, Reason: "x"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	figure := func() Usage {
		t.Helper()
		counted, err := w.Usage(t.Context(), ToDate(w.time()), nil)
		w.must(err)
		remembered, err := w.Figures(t.Context(), ToDate(w.time()))
		w.must(err)
		if u, r := counted[acme.ID], remembered[acme.ID]; u.Seats != r.Seats || u.Source != r.Source {
			t.Errorf("remembered %+v, counted %+v", r, u)
		}
		return counted[acme.ID]
	}
	if figure().Seats != 5 {
		t.Fatalf("at first %+v", figure())
	}
	w.must(correct("2026-10", 3, "Two test accounts."))
	w.must(correct("2026-10", 4, "One test account."))
	if u := figure(); u.Seats != 4 || u.Original.Seats != 5 {
		t.Errorf("corrected %+v", u)
	}
	w.sync()
	if got := w.live(agreement.ID); len(got) != 1 || !strings.Contains(got[0], "4") {
		t.Errorf("ConnectWise has %q", got)
	}
	w.must(w.WithdrawCorrection(t.Context(), admin(), acme.ID, "2026-10"))
	if u := figure(); u.Seats != 5 || u.Original != nil {
		t.Errorf("withdrawn %+v", u)
	}
	if err := w.WithdrawCorrection(t.Context(), admin(), acme.ID, "2026-10"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	all, err := w.store.Corrections(t.Context(), acme.ID, "2026-10")
	w.must(err)
	if len(all) != 2 || all[0].InForce() || all[1].InForce() || all[1].Seats != 3 {
		t.Errorf("corrections %+v", all)
	}
	entries, _, err := w.store.Activities(t.Context(), store.ActivityFilter{OrganizationID: acme.ID, Category: store.CategoryBilling})
	w.must(err)
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

func TestTimeline(t *testing.T) {
	t.Parallel()
	l := org("2026-03-03 10:00", store.Enterprise, store.Trial).members("2026-03-04", "ab").l
	l.Terms = append(l.Terms, store.Term{Since: at("2026-03-10"), Plan: store.Business, License: store.Trial})
	l.Organization.DeletedAt = at("2026-04-05")
	var got []string
	for _, p := range []Period{WholeMonth("2026-03"), WholeMonth("2026-04")} {
		for _, turn := range Timeline(l, p) {
			got = append(got, turn.At.Format("01-02 ")+turn.What)
		}
	}
	want := []string{
		"03-03 Created: NordPass Enterprise, trial license.",
		"03-10 Changed to NordPass Business, trial license.",
		"03-17 The trial ended; billing begins.",
		"03-10 In force at the beginning: NordPass Business, trial license.",
		"04-05 Deleted; billed for this month, not for the next.",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
}
