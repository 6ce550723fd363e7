package seats

import (
	"strings"
	"testing"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// TestKeptFigure: a word about whose figure is right counts as long as nothing contradicts it that it was not said of.
func TestKeptFigure(t *testing.T) {
	t.Parallel()
	const first, later = "2026-04-01 00:02:00", "2026-04-02 09:00:00"
	three := func() *example {
		return standard().old("abcd").says(SourceProvider, 7, b, first).says(SourceAPI, 30, b, later).says(SourceCSV, 20, e, later)
	}
	const facts = "api 30 business; csv 20 enterprise; ledger 4 business; provider 7 business"
	if got := Count(three().l, WholeMonth("2026-03"), Rules{}).Facts(); got != facts {
		t.Fatalf("the facts are %q, want %q", got, facts)
	}
	for name, tt := range map[string]struct {
		source Source
		change func(x *example)
		seats  int
		holds  bool
	}{
		"another source than the first":  {SourceAPI, func(*example) {}, 30, true},
		"the first one":                  {SourceProvider, func(*example) {}, 7, true},
		"our own record":                 {SourceLedger, func(*example) {}, 4, true},
		"the kept figure is another":     {SourceAPI, func(x *example) { x.says(SourceAPI, 31, b, later) }, 7, false},
		"another plan":                   {SourceAPI, func(x *example) { x.says(SourceAPI, 30, e, later) }, 7, false},
		"another one is another":         {SourceAPI, func(x *example) { x.says(SourceCSV, 21, e, later) }, 7, false},
		"the ledger is another":          {SourceAPI, func(x *example) { x.members("2026-03-10", "e") }, 7, false},
		"another one came to say so":     {SourceAPI, func(x *example) { x.says(SourceCSV, 30, b, later) }, 30, true},
		"a new one that says the same":   {SourceAPI, func(x *example) { x.says("elsewhere", 30, b, later) }, 30, true},
		"a new one that says other":      {SourceAPI, func(x *example) { x.says("elsewhere", 8, b, later) }, 7, false},
		"one that says nothing any more": {SourceAPI, func(x *example) { x.l.Reports["2026-03"] = x.l.Reports["2026-03"][:2] }, 30, true},
		"of a source that said nothing":  {"elsewhere", func(*example) {}, 7, false},
	} {
		x := three()
		tt.change(x)
		reports := map[Source]store.UsageReport{} // the latest of each source, as they are kept
		for _, r := range x.l.Reports["2026-03"] {
			reports[Source(r.Source)] = r
		}
		x.l.Reports["2026-03"] = nil
		for _, r := range reports {
			x.l.Reports["2026-03"] = append(x.l.Reports["2026-03"], r)
		}
		x.l.Kept = map[store.Month]store.KeptFigure{"2026-03": {
			Month: "2026-03", Source: string(tt.source), Facts: facts, Note: "As agreed.", By: "ann@example.com", At: moment.At("2026-04-03"),
		}}
		u := Count(x.l, WholeMonth("2026-03"), Rules{})
		n, _ := u.Seats()
		if n != tt.seats || (u.Kept != nil) != tt.holds || u.Disputed == tt.holds {
			t.Errorf("%s: %d, kept %t, disputed %t; want %d, %t", name, n, u.Kept != nil, u.Disputed, tt.seats, tt.holds)
		}
		said := "ann@example.com said on 3 April 2026 that the figure of " + tt.source.Within() + " is right: As agreed."
		if strings.Contains(u.Reason(), said) != tt.holds {
			t.Errorf("%s: the reason is %q", name, u.Reason())
		}
		if tt.holds && (u.Source() != tt.source || countsOf(u) != tt.source) {
			t.Errorf("%s: %s counts, %s is marked", name, u.Source(), countsOf(u))
		}
	}
}

func countsOf(u Usage) (s Source) {
	for _, f := range u.Said {
		if f.Counts {
			s += f.Source
		}
	}
	return s
}

// A correction comes before a word, and leaves it: without the correction it holds again.
func TestCorrectionBeforeAWord(t *testing.T) {
	t.Parallel()
	l := standard().old("abcd").says(SourceProvider, 7, b, "2026-04-01 00:02:00").l
	l.Kept = map[store.Month]store.KeptFigure{"2026-03": {Source: "ledger", Facts: "ledger 4 business; provider 7 business", By: "ann@example.com", At: moment.At("2026-04-02")}}
	l.Corrections = map[store.Month]store.Correction{"2026-03": {Seats: 5, Plan: b, Reason: "As agreed.", By: "ann@example.com", At: moment.At("2026-04-03")}}
	u := Count(l, WholeMonth("2026-03"), Rules{})
	if n, _ := u.Seats(); n != 5 || u.Kept != nil || u.Disputed || u.Original == nil || u.Original.Kept == nil {
		t.Errorf("corrected it is %+v", u)
	}
	if got := u.Facts(); got != "ledger 4 business; provider 7 business" {
		t.Errorf("the facts beside a correction are %q", got)
	}
}
