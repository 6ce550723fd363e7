package seats

import (
	"math"
	"testing"
	"time"

	"seatbridge/internal/moment"
	"seatbridge/store"
)

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
