package seats

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// says adds what a source reported of March 2026.
func (e *example) says(source Source, seats int, plan store.Plan, at string) *example {
	if e.l.Reports == nil {
		e.l.Reports = map[store.Month][]store.UsageReport{}
	}
	e.l.Reports["2026-03"] = append(e.l.Reports["2026-03"], store.UsageReport{
		Month: "2026-03", Seats: seats, Plan: plan, Source: string(source), ReportedAt: moment.At(at), ReportedBy: "who " + string(source),
	})
	return e
}

// began is since when members of it are on record.
func began(e *example, when string) *example {
	e.l.Organization.MembersSince = moment.At(when)
	return e
}

// believing are rules that believe the sources in this order, in all months.
func believing(order ...Source) Rules { return Rules{Sources: Reorder(nil, "", order)} }

// TestCase_H32_EverySourceIsKept: a report is not lost to another source's, whichever came last; the order of the sources decides and
// the others stand beside it.
func TestCase_H32_EverySourceIsKept(t *testing.T) {
	t.Parallel()
	const first, later = "2026-04-01 00:02:00", "2026-04-05"
	three := func() *example {
		return standard().old("abcd").says(SourceCSV, 20, b, later).says(SourceProvider, 7, b, first).says(SourceAPI, 30, e, later)
	}
	for _, tt := range []struct {
		name     string
		ledger   *example
		rules    Rules
		want     figure
		source   Source
		disputed bool
		others   string
	}{
		{"no other", standard().says(SourceProvider, 7, b, first), Rules{}, figure{7, b}, SourceProvider, false, ""},
		{"the same figure", standard().old("abc").says(SourceProvider, 3, b, first), Rules{}, figure{3, b}, SourceProvider, false, ""},
		{"another plan", standard().old("abc").says(SourceProvider, 3, e, first), Rules{}, figure{3, e}, SourceProvider, true, "ledger 3"},
		{"nothing on another plan", standard().old("a").deleted("2026-02-20", "a").says(SourceProvider, 0, e, first), Rules{}, figure{0, e}, SourceProvider, false, ""},
		{"all of them", three(), Rules{}, figure{7, b}, SourceProvider, true, "api 30, csv 20, ledger 4"},
		{"the file first", three(), believing(SourceCSV, SourceProvider, SourceAPI, SourceLedger), figure{20, b}, SourceCSV, true, "provider 7, api 30, ledger 4"},
		{"the ledger first", three(), believing(SourceLedger, SourceAPI, SourceCSV, SourceProvider), figure{4, b}, SourceLedger, true, "api 30, csv 20, provider 7"},
		{"the ledger first, and nobody spoke", standard().says(SourceProvider, 7, b, first), believing(SourceLedger, SourceProvider, SourceAPI, SourceCSV),
			figure{7, b}, SourceProvider, false, ""},
		{"the ledger first, which began later", org("2026-04-02", b, store.Standard).members("2026-04-02", "ab").says(SourceCSV, 9, b, later),
			believing(SourceLedger, SourceCSV, SourceProvider, SourceAPI), figure{9, b}, SourceCSV, false, ""},
		{"the ledger first and free", org("2025-06-01", b, store.NFR).old("ab").says(SourceProvider, 5, b, first),
			believing(SourceLedger, SourceProvider, SourceAPI, SourceCSV), figure{0, b}, SourceLicense, true, "provider 5"},
		{"a statement against a report", standard().none("2026-04-02").says(SourceProvider, 5, b, first), Rules{}, figure{5, b}, SourceProvider, true, "statement 0"},
		{"a ledger that began later", began(standard().members("2026-04-02", "ab"), "2026-04-02").says(SourceProvider, 5, b, first), Rules{},
			figure{5, b}, SourceProvider, false, ""},
		{"a ledger that was emptied", began(standard().old("a").deleted("2026-02-20", "a"), "2025-06-02").says(SourceProvider, 5, b, first), Rules{},
			figure{5, b}, SourceProvider, true, "ledger 0"},
		{"of a source that has no place", standard().old("abc").says("elsewhere", 9, b, first), Rules{}, figure{9, b}, "elsewhere", true, "ledger 3"},
		{"one ended", standard().old("abc").members("2026-03-20", "d").says(SourceProvider, 4, b, first).says(SourceCSV, 9, b, "2026-03-10"),
			believing(SourceCSV, SourceProvider, SourceAPI, SourceLedger), figure{4, b}, SourceProvider, false, ""},
		{"one of before the month's end, then a final one", standard().says(SourceCSV, 9, b, "2026-03-10").says(SourceProvider, 4, b, first),
			believing(SourceCSV, SourceProvider, SourceAPI, SourceLedger), figure{4, b}, SourceProvider, false, ""},
	} {
		u := Count(tt.ledger.l, WholeMonth("2026-03"), tt.rules)
		var others []string
		for _, f := range u.Others() {
			others = append(others, fmt.Sprintf("%s %d", f.Source, f.Seats))
		}
		got, names := figure{u.seats, u.Plan}, strings.Join(others, ", ")
		if got != tt.want || u.Source() != tt.source || u.Disputed != tt.disputed || names != tt.others {
			t.Errorf("%s: %v of %s, disputed %t by %q; want %v of %s, %t by %q",
				tt.name, got, u.Source(), u.Disputed, names, tt.want, tt.source, tt.disputed, tt.others)
		}
	}
	if got, want := Count(three().l, WholeMonth("2026-03"), Rules{}).Reason(),
		"Reported by the Provider API; Seatbridge itself counts 4. The HTTP API says 30 on NordPass Enterprise. The uploaded file says 20 on NordPass Business."; got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
	if got, want := Count(three().l, WholeMonth("2026-03"), believing(SourceLedger, SourceCSV, SourceProvider, SourceAPI)).Reason(),
		"Everybody who was a member on any day of the month, suspended or not. The uploaded file says 20 on NordPass Business. "+
			"The Provider API says 7 on NordPass Business. The HTTP API says 30 on NordPass Enterprise."; got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
}

// A correction settles what sources disagree about: all of them stay beside it.
func TestCorrectionSettlesADispute(t *testing.T) {
	t.Parallel()
	l := standard().old("abcd").says(SourceProvider, 7, b, "2026-04-01 00:02:00").l
	l.Corrections = map[store.Month]store.Correction{"2026-03": {Seats: 5, Plan: b, Reason: "As agreed.", By: "ann@example.com", At: moment.At("2026-04-03")}}
	u := Count(l, WholeMonth("2026-03"), Rules{})
	want := []SourceFigure{
		{Source: SourceCorrection, Seats: 5, Plan: b, At: moment.At("2026-04-03"), By: "ann@example.com", Why: "As agreed.", Counts: true},
		{Source: SourceProvider, Seats: 7, Plan: b, At: moment.At("2026-04-01 00:02:00"), By: "who provider"},
		{Source: SourceLedger, Seats: 4, Plan: b},
	}
	if u.Disputed || !reflect.DeepEqual(u.Said, want) {
		t.Errorf("disputed %t, said %+v, want %+v", u.Disputed, u.Said, want)
	}
	if !u.Original.Disputed || u.Original.Said[0].Source != SourceProvider || !u.Original.Said[0].Counts {
		t.Errorf("before it was corrected: %+v", u.Original)
	}
}

// Where reports are required the ledger does not speak without one; with one, the order decides.
func TestRequiredReportAndTheOrder(t *testing.T) {
	t.Parallel()
	rules := believing(SourceLedger, SourceProvider, SourceAPI, SourceCSV)
	rules.Reports = ReportRule{Since: "2026-01", Required: true}
	managed := func(e *example) *example {
		e.l.Organization.Managed = true
		return e
	}
	if u := Count(managed(standard().old("abc")).l, WholeMonth("2026-03"), rules); u.Known() || u.Said != nil {
		t.Errorf("without a report: %+v", u)
	}
	u := Count(managed(standard().old("abc").says(SourceProvider, 5, b, "2026-04-01 00:02:00")).l, WholeMonth("2026-03"), rules)
	if n, _ := u.Seats(); n != 3 || u.Source() != SourceLedger || !u.Disputed {
		t.Errorf("with one: %d of %s, disputed %t", n, u.Source(), u.Disputed)
	}
}

// Whatever the sources say of a month that is over, and in whatever order it arrives, the figure is that of the first source in the
// order that said anything; whoever says another thing is named; and nothing of it depends on when it was said.
func TestFigureByPrecedenceWhateverTheArrival(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, rng *rand.Rand, l store.Ledger, p Period, r Rules) {
		order := Ranked()
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		r.Sources = Reorder(nil, "", order)
		own := Count(l, p, r) // nobody else has spoken
		reports := map[Source]store.UsageReport{}
		var arrival []store.UsageReport
		for _, s := range []Source{SourceProvider, SourceAPI, SourceCSV} {
			if rng.IntN(2) == 0 {
				reports[s] = store.UsageReport{
					Month: p.Month, Seats: rng.IntN(4), Plan: store.Plans()[rng.IntN(2)], Source: string(s),
					ReportedAt: p.Month.End().Add(time.Duration(rng.IntN(100)) * time.Hour),
				}
				arrival = append(arrival, reports[s])
			}
		}
		want, from := own, -1
		for i, s := range order {
			report, said := reports[s]
			if from < 0 && (said || s == SourceLedger && own.Known()) {
				from = i
				if said {
					want.seats, want.Plan, want.source = report.Seats, report.Plan, s
				}
			}
		}
		var before Usage
		for range 3 {
			rng.Shuffle(len(arrival), func(i, j int) { arrival[i], arrival[j] = arrival[j], arrival[i] })
			l.Reports = map[store.Month][]store.UsageReport{p.Month: slices.Clone(arrival)}
			u := Count(l, p, r)
			if u.Known() != (from >= 0) || u.seats != want.seats || u.Known() && (u.Plan != want.Plan || u.Source() != want.source) {
				t.Errorf("%s by %v: %+v, want %+v", p, order, u, want)
			}
			disputed := own.Known() && u.Known() && (own.seats != u.seats || u.seats > 0 && own.Plan != u.Plan)
			for _, report := range reports {
				disputed = disputed || report.Seats != u.seats || u.seats > 0 && report.Plan != u.Plan
			}
			if u.Disputed != disputed {
				t.Errorf("%s: disputed %t, want %t: %+v", p, u.Disputed, disputed, u.Said)
			}
			if before.Said != nil && !reflect.DeepEqual(u, before) {
				t.Errorf("%s: %+v in another order of arrival, %+v", p, u, before)
			}
			before = u
		}
	})
}

// TestOverruled: why another figure than a report's is billed, with what a test puts in the place of an earlier report.
func TestOverruled(t *testing.T) {
	t.Parallel()
	ledger := func() store.Ledger {
		return store.Ledger{
			Organization: store.Organization{ID: 1, Name: "Acme", Plan: store.Business, Managed: true, MembersSince: moment.At("2026-01-02")},
			Terms:        []store.Term{{Plan: store.Business, License: store.NFR}},
			Reports: map[store.Month][]store.UsageReport{"2026-10": {
				{Month: "2026-10", Seats: 20, Plan: store.Business, Source: "csv", ReportedAt: moment.At("2026-11-01")},
				{Month: "2026-10", Seats: 6, Plan: store.Business, Source: "provider", ReportedAt: moment.At("2026-11-01")},
			}},
		}
	}
	report := store.UsageReport{Month: "2026-10", Seats: 7, Plan: store.Business, Source: "provider", ReportedAt: moment.At("2026-11-02")}
	first := func(names ...string) Rules { return Rules{Sources: []store.SourceOrder{{Sources: names}}} }
	for _, tt := range []struct {
		rules     Rules
		corrected bool
		seats     int
		why       string
	}{
		{Rules{}, false, 7, ""},
		{Rules{}, true, 9, "A correction counts instead of the report, as it does before every source. Corrected on 3 November 2026 by ann: As agreed."},
		{first("csv"), false, 20, "The uploaded file says 20 on NordPass Business and comes before the Provider API in the order of the sources of that month: " +
			"Uploaded file, Provider API, HTTP API, Seat ledger."},
		{first("ledger"), false, 0, "Seatbridge itself says 0 on NordPass Business and comes before the Provider API in the order of the sources of that month: " +
			"Seat ledger, Provider API, HTTP API, Uploaded file. NFR organizations are free."},
	} {
		l := ledger()
		if tt.corrected {
			l.Corrections = map[store.Month]store.Correction{"2026-10": {Seats: 9, Plan: store.Business, Reason: "As agreed.", By: "ann", At: moment.At("2026-11-03")}}
		}
		u := Count(With(l, report), WholeMonth("2026-10"), tt.rules)
		if n, _ := u.Seats(); n != tt.seats || u.Overruled(SourceProvider, tt.rules) != tt.why {
			t.Errorf("%d because %q, want %d because %q", n, u.Overruled(SourceProvider, tt.rules), tt.seats, tt.why)
		}
		if l.Reports["2026-10"][1].Seats != 6 || len(l.Reports["2026-10"]) != 2 {
			t.Errorf("the ledger itself was changed: %v", l.Reports)
		}
	}
	if u := Count(With(store.Ledger{}, report), WholeMonth("2026-10"), Rules{}); u.Overruled(SourceAPI, Rules{}) == "" || u.Overruled(SourceProvider, Rules{}) != "" {
		t.Errorf("of the first report of all: %+v", u)
	}
}
