package seats

import (
	"testing"
	"time"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// What nobody stands for is no quantity, whatever its seats say: that is the zero value of everything that has one.
func TestNoQuantityWithoutSource(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]Quantity{"zero value": {}, "seats alone": {seats: 5}, "a usage's zero value": Usage{}.Quantity} {
		if n, ok := q.Seats(); ok || q.Known() || q.Source() != "" || !q.Since().IsZero() {
			t.Errorf("%s: %d seats, known %t, from %q", name, n, ok, q.Source())
		}
	}
}

// Every figure has a source and, as far as somebody noted it, since when it speaks.
func TestSourceOfFigure(t *testing.T) {
	t.Parallel()
	since := func(e *example) *example {
		e.l.Organization.MembersSince = moment.At("2025-06-02")
		return e
	}
	reported := standard().report(7, b)
	reported.l.Reports["2026-03"][0].ReportedAt = moment.At("2026-04-01 00:01")
	corrected := standard()
	corrected.l.Corrections = map[store.Month]store.Correction{"2026-03": {Seats: 4, Plan: b, At: moment.At("2026-04-03")}}
	for _, tt := range []struct {
		name   string
		ledger *example
		seats  int
		source Source
		since  time.Time
	}{
		{"members", since(standard().old("ab")), 2, SourceLedger, moment.At("2025-06-02")},
		{"members who left before the ledger's span", since(standard()), 0, SourceLedger, moment.At("2025-06-02")},
		{"a statement", standard().none("2026-04-02"), 0, SourceStatement, moment.At("2026-04-02")},
		{"free of charge, with members", since(org("2025-06-01", b, store.NFR).old("ab")), 0, SourceLicense, moment.At("2025-06-01")},
		{"deleted before", standard().old("ab").gone("2026-02-28"), 0, SourceLicense, moment.At("2026-02-28")},
		{"a report", reported, 7, SourceCSV, moment.At("2026-04-01 00:01")},
		{"a correction of nothing known", corrected, 4, SourceCorrection, moment.At("2026-04-03")},
	} {
		u := Count(tt.ledger.l, WholeMonth("2026-03"), Rules{})
		if n, ok := u.Seats(); !ok || n != tt.seats || u.Source() != tt.source || !u.Since().Equal(tt.since) || u.Do != "" || u.Unspoken {
			t.Errorf("%s: %d (%t) from %q since %s, %q; want %d from %q since %s", tt.name, n, ok, u.Source(), u.Since(), u.Do, tt.seats, tt.source, tt.since)
		}
	}
	u := Count(standard().l, WholeMonth("2026-03"), Rules{})
	if u.Do != "Import or add its members first, or say that it has none." || !u.Unspoken || u.Source() != "" {
		t.Errorf("nobody spoke: %+v", u)
	}
}

// A member who is recorded after somebody said that there are none counts, whatever the statement.
func TestRecordedMemberBeatsStatement(t *testing.T) {
	t.Parallel()
	u := Count(standard().none("2026-03-02").members("2026-03-20", "a").l, WholeMonth("2026-03"), Rules{})
	if n, ok := u.Seats(); !ok || n != 1 || u.Source() != SourceLedger {
		t.Errorf("%d (%t) from %q", n, ok, u.Source())
	}
}
