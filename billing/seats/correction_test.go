package seats

import (
	"strings"
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

func TestCorrectionsBeatReportsBeatTheLedger(t *testing.T) {
	t.Parallel()
	l := standard().old("abcdef").l
	report := store.UsageReport{Seats: 7, Plan: store.Enterprise, Source: string(SourceCSV)}
	correction := store.Correction{Seats: 0, Plan: store.Business, Reason: "Agreed with the customer.", By: "ann@example.com", At: moment.At("2026-04-02")}
	march := WholeMonth("2026-03")
	check := func(what string, u Usage, seats int, plan store.Plan, source Source) {
		t.Helper()
		if !u.Known() || u.seats != seats || u.Plan != plan || u.Source() != source || u.Ledger != 6 {
			t.Errorf("%s: %+v", what, u)
		}
	}
	check("ledger", Count(l, march, Rules{}), 6, store.Business, SourceLedger)
	l.Reports = map[store.Month][]store.UsageReport{"2026-03": {report}}
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
	if u := Count(unknown, march, Rules{}); !u.Known() || u.Original.Known() {
		t.Errorf("an unknown figure that was corrected: %+v", u)
	}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	l := org("2026-03-03 10:00", store.Enterprise, store.Trial).members("2026-03-04", "ab").l
	l.Terms = append(l.Terms, store.Term{Since: moment.At("2026-03-10"), Plan: store.Business, License: store.Trial})
	l.Organization.DeletedAt = moment.At("2026-04-05")
	var got []string
	for _, p := range []Period{WholeMonth("2026-03"), WholeMonth("2026-04")} {
		for _, turn := range Timeline(l, p) {
			got = append(got, turn.At.Format("01-02 ")+turn.What)
		}
	}
	want := []string{
		"03-03 Began: NordPass Enterprise, trial license.",
		"03-10 Changed to NordPass Business, trial license.",
		"03-17 The trial ended; billing begins.",
		"03-10 In force at the beginning: NordPass Business, trial license.",
		"04-05 Deleted; billed for this month, not for the next.",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
}
