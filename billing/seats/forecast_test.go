package seats

import (
	"math"
	"testing"
	"time"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

// entered is an example that Seatbridge was told of on a day.
func entered(e *example, day string) *example {
	e.l.Organization.EnteredAt = moment.At(day)
	return e
}

// forecastAt is the forecast of a ledger at a moment in March 2026.
func forecastAt(l store.Ledger, now time.Time) Forecast {
	return TrendOf(l, now, Rules{}).Forecast(Count(l, ToDate(now), Rules{}))
}

func TestForecast(t *testing.T) {
	t.Parallel()
	noon := moment.At("2026-03-16 12:00") // 15.5 days are left
	left := 15.5
	tests := []struct {
		name     string
		l        store.Ledger
		expected float64
	}{
		{"nobody joined for months", standard().old("abcde").l, 5},
		{"nine joins in December to February, which have 90 days", standard().old("abc").members("2025-12-01", "def").members("2026-01-31", "ghi").members("2026-02-28", "jkl").l, 12 + 9.0/90*left},
		{"joins of this month are counted and say nothing of the pace", standard().old("ab").members("2026-03-10", "cde").l, 5},
		{"older joins say nothing", standard().old("ab").members("2025-11-30", "cde").l, 5},
		{"who leaves this month stays counted", standard().old("abcde").deleted("2026-03-05", "e").l, 5},
		{"created in February with all its members", org("2026-02-08", store.Business, store.Standard).members("2026-02-08", "abcdef").l, 6},
		{"created in February, then growing for 20 days", org("2026-02-08", store.Business, store.Standard).members("2026-02-08", "abc").members("2026-02-12", "de").l, 5 + 2.0/20*left},
		{"entered in February with all its members, begun in January", entered(org("2026-01-08", store.Business, store.Standard).members("2026-02-08", "abcdef"), "2026-02-08").l, 6},
		{"entered in February, three members known since January", entered(org("2026-01-08", store.Business, store.Standard).members("2026-01-18", "abc").members("2026-02-08", "def"), "2026-02-08").l, 6 + 3.0/51*left},
		{"created this month", org("2026-03-08", store.Business, store.Standard).members("2026-03-10", "abc").l, 3},
		{"a trial that ends this month", org("2026-03-06", store.Business, store.Trial).members("2026-03-07", "abcd").l, 4},
		{"a trial that ends next month", org("2026-03-20", store.Business, store.Trial).l, 0},
		{"NFR", org("2025-06-01", store.Business, store.NFR).members("2026-02-02", "abcdef").l, 0},
	}
	for _, tt := range tests {
		f := forecastAt(tt.l, noon)
		if !f.Known && tt.l.Organization.CreatedAt.Before(noon) || math.Abs(f.Expected-tt.expected) > 1e-3 {
			t.Errorf("%s: %+v, want %.3f", tt.name, f, tt.expected)
		}
		if f.Expected < float64(f.ToDate) {
			t.Errorf("%s: %+v is less than what counts already", tt.name, f)
		}
	}
}

func TestForecastOfFixedAndUnknownFigures(t *testing.T) {
	t.Parallel()
	growing := standard().old("abc").members("2026-02-02", "defghijkl").l
	if f := forecastAt(growing, moment.At("2026-03-01")); f.Seats() != 15 { // 12 and 9 in 90 days, for 31 days: 3.1
		t.Errorf("%+v", f)
	}
	growing.Corrections = map[store.Month]store.Correction{"2026-03": {Seats: 4, Plan: store.Business, Reason: "x"}}
	if f := forecastAt(growing, moment.At("2026-03-01")); f.Expected != 4 {
		t.Errorf("corrected: %+v", f)
	}
	if f := (Trend{PerDay: 3}).Forecast(Usage{Period: ToDate(moment.At("2026-03-10"))}); f.Known || f.Expected != 0 {
		t.Errorf("unknown: %+v", f)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	now := moment.At("2026-03-16 12:00")
	with := func(e *example, change func(*store.Organization)) store.Ledger {
		change(&e.l.Organization)
		return e.l
	}
	growing := func() *example { return standard().old("a").members("2026-02-02", "bcdefghij") }
	for _, tt := range []struct {
		name string
		l    store.Ledger
		want float64
	}{
		{"nine in 90 days", growing().l, 0.1},
		{"nobody can join where all are suspended", growing().dormant("2026-03-02").l, 0},
		{"nobody joins what is deleted", with(growing(), func(o *store.Organization) { o.DeletedAt = moment.At("2026-03-02") }), 0},
		{"joins of a trial are not billed this month", with(growing(), func(o *store.Organization) {
			o.License, o.TrialEndsAt = store.Trial, moment.At("2026-04-01")
		}), 0},
		{"joins of a trial that ended are", with(growing(), func(o *store.Organization) {
			o.License, o.TrialEndsAt = store.Trial, moment.At("2026-03-31 23:59:59")
		}), 0.1},
		{"who joins as the month begins is of this month", standard().old("a").members("2026-03-01", "b").l, 0},
		{"less than a day says nothing", org("2026-02-27 12:00", b, store.Standard).members("2026-02-28 18:00", "a").l, 0},
		{"no time at all says nothing", org("2026-02-28", b, store.Standard).members("2026-03-01", "a").l, 0},
		{"a day says something", org("2026-02-27", b, store.Standard).members("2026-02-28", "ab").l, 2},
	} {
		if got := TrendOf(tt.l, now, Rules{}).PerDay; math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %f a day, want %f", tt.name, got, tt.want)
		}
	}
}

func TestSeatsOfATrialThatEnds(t *testing.T) {
	t.Parallel()
	now := moment.At("2026-03-10 12:00")
	trial := func(created string) *example {
		return org(created, b, store.Trial).members("2026-03-06", "abc").members("2026-03-10 12:00", "d").
			members("2026-03-10 12:00:01", "e").invited("2026-03-07", "fg").deleted("2026-03-09", "ag")
	}
	standard := trial("2026-03-06")
	standard.l.Organization.License = store.Standard
	for _, tt := range []struct {
		name    string
		l       store.Ledger
		pending bool
		want    int
	}{
		{"those who are there now", trial("2026-03-06").l, false, 3},
		{"and those who are invited, if they count", trial("2026-03-06").l, true, 5},
		{"a trial that ends in the month's last second", trial("2026-03-17 23:59:59").l, false, 3},
		{"a trial that ends as the next month begins", trial("2026-03-18").l, false, 0},
		{"a trial that ended this month", trial("2026-02-20").l, false, 0},
		{"no trial", standard.l, false, 0},
	} {
		if got := TrendOf(tt.l, now, always(tt.pending)).TrialSeats; got != tt.want {
			t.Errorf("%s: %d seats, want %d", tt.name, got, tt.want)
		}
	}
}
