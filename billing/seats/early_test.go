package seats

import (
	"strings"
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// What was said of March on the 10th ends where a later fact of March begins.
func TestCase_G27_EarlyFiguresEndWhereMoreIsKnown(t *testing.T) {
	t.Parallel()
	correct := func(e *example, at string) *example {
		e.l.Corrections = map[store.Month]store.Correction{"2026-03": {Seats: 2, Plan: b, Reason: "One test account.", By: "ann@example.com", At: moment.At(at)}}
		return e
	}
	report := func(e *example, seats int, at string) *example {
		e.l.Reports = map[store.Month][]store.UsageReport{"2026-03": {{Seats: seats, Plan: b, Source: string(SourceCSV), ReportedAt: moment.At(at)}}}
		return e
	}
	const (
		day       = "2026-03-10 12:00:00"
		corrected = "The correction to 2 seats by ann@example.com of 10 March 2026 no longer counts: it was made before the month was over, and more is known since."
		reported  = "The 2 seats reported on 10 March 2026 (Uploaded file) no longer count: the month was not over then, and more is known since."
	)
	for _, tt := range []struct {
		name   string
		ledger *example
		want   figure
		source Source
		ended  string
	}{
		{"corrected, nothing since", correct(standard().old("abc"), day), figure{2, b}, SourceCorrection, ""},
		{"corrected, one left", correct(standard().old("abc").deleted("2026-03-20", "a"), day), figure{2, b}, SourceCorrection, ""},
		{"corrected, suspended since", correct(standard().old("abc").suspended("2026-03-20", "a"), day), figure{2, b}, SourceCorrection, ""},
		{"corrected, one joined", correct(standard().old("abc").members("2026-03-20", "d"), day), figure{4, b}, SourceLedger, corrected},
		{"corrected, one joined in that second", correct(standard().old("abc").members(day, "d"), day), figure{2, b}, SourceCorrection, ""},
		{"corrected, one joined a second later", correct(standard().old("abc").members("2026-03-10 12:00:01", "d"), day), figure{4, b}, SourceLedger, corrected},
		{"corrected, one joined in April", correct(standard().old("abc").members("2026-04-01", "d"), day), figure{2, b}, SourceCorrection, ""},
		{"corrected, upgraded", correct(standard().old("abc").plan("2026-03-20", e), day), figure{3, e}, SourceLedger, corrected},
		{"corrected in a trial that ended", correct(org("2026-03-03", b, store.Trial).members("2026-03-03", "abc"), day), figure{3, b}, SourceLedger, corrected},
		{"corrected, the first member since", correct(standard().members("2026-03-20", "a"), day), figure{1, b}, SourceLedger, corrected},
		{"corrected, the month's report came", report(correct(standard().old("abc"), day), 9, "2026-04-01 00:02:00"), figure{9, b}, SourceCSV, corrected},
		{"corrected after the report", report(correct(standard().old("abc"), day), 9, "2026-03-05"), figure{2, b}, SourceCorrection, ""},
		{"corrected when the month was over", correct(standard().old("abc").members("2026-03-20", "d"), "2026-04-01"), figure{2, b}, SourceCorrection, ""},
		{"corrected when the month was over, reported again", report(correct(standard().old("abc"), "2026-04-02"), 9, "2026-04-03"), figure{2, b}, SourceCorrection, ""},
		{"reported, nothing since", report(standard().old("abc"), 2, day), figure{2, b}, SourceCSV, ""},
		{"reported, one joined", report(standard().old("abc").members("2026-03-20", "d"), 2, day), figure{4, b}, SourceLedger, reported},
		{"reported when the month was over", report(standard().old("abc").members("2026-03-20", "d"), 2, "2026-04-01"), figure{2, b}, SourceCSV, ""},
		{"reported without a ledger", report(standard(), 2, day), figure{2, b}, SourceCSV, ""},
	} {
		u := Count(tt.ledger.l, WholeMonth("2026-03"), Rules{})
		if got := (figure{u.seats, u.Plan}); got != tt.want || u.Source() != tt.source || u.Ended != tt.ended || !strings.HasSuffix(u.Reason(), tt.ended) {
			t.Errorf("%s: %v of %s, %q; want %v of %s, %q", tt.name, got, u.Source(), u.Reason(), tt.want, tt.source, tt.ended)
		}
	}
	// To date it holds until then.
	l := correct(standard().old("abc").members("2026-03-20", "d"), day).l
	for when, want := range map[string]int{day: 2, "2026-03-19 23:59:59": 2, "2026-03-20": 4, "2026-03-09": 2} {
		if u := Count(l, ToDate(moment.At(when)), Rules{}); u.seats != want {
			t.Errorf("to %s: %d seats, want %d", when, u.seats, want)
		}
	}
	if u := Count(l, WholeMonth("2026-03"), Rules{}); u.Original != nil {
		t.Errorf("a correction that ended overrules %+v", u.Original)
	}
}

func TestNotOver(t *testing.T) {
	t.Parallel()
	now := moment.At("2026-03-31 23:59:59")
	const want = "March 2026 is not over: its figure is not final. It can be reported from 1 April 2026 on."
	for m, want := range map[store.Month]string{"2026-03": want, "2026-02": "", "2026-04": ""} {
		if got := NotOver(m, now); got != want {
			t.Errorf("%s: %q, want %q", m, got, want)
		}
	}
}
