package run_test

import (
	"testing"
	"testing/synctest"

	"seatbridge/billing/billingtest"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// TestDue asks, at one moment each, whether a month is due that was tried before or not. The clock stands still in between.
func TestDue(t *testing.T) {
	t.Parallel()
	tried := func(when string, status store.RunStatus) store.Run {
		return store.Run{StartedAt: moment.At(when), Status: status}
	}
	tests := []struct {
		name  string
		month store.Month
		now   string
		tries []store.Run
		want  bool
	}{
		{"a second too early", "2026-10", "2026-11-01 00:29:59", nil, false},
		{"at its moment", "2026-10", "2026-11-01 00:30:00", nil, true},
		{"the month before the products were mapped", "2026-09", "2026-11-01 00:30:01", nil, false},
		{"the running month", "2026-11", "2026-11-30 23:59:59", nil, false},
		{"done", "2026-11", "2026-12-01 01:30:00", []store.Run{tried("2026-12-01 00:30:00", store.RunDone)}, false},
		{"incomplete is not repeated", "2026-12", "2027-01-01 01:30:00", []store.Run{tried("2027-01-01 00:30:00", store.RunIncomplete)}, false},
		{"cancelled by an admin", "2027-01", "2027-02-01 01:30:00", []store.Run{tried("2027-02-01 00:30:00", store.RunCancelled)}, false},
		{"in progress", "2027-02", "2027-03-01 01:30:00", []store.Run{tried("2027-03-01 00:30:00", store.RunRunning)}, false},
		{"failed a moment ago", "2027-03", "2027-04-01 01:24:59", []store.Run{tried("2027-04-01 00:30:00", store.RunFailed)}, false},
		{"failed an hour ago", "2027-03", "2027-04-01 01:25:00", nil, true},
		{"failed once more a moment ago", "2027-03", "2027-04-01 02:19:59", []store.Run{tried("2027-04-01 01:25:00", store.RunFailed)}, false},
		{"failed for a day", "2027-03", "2027-04-02 00:30:00", nil, true},
		{"failed until the end", "2027-03", "2027-04-30 23:59:59", nil, true},
		{"its successor has taken its place", "2027-03", "2027-05-01 00:30:00", nil, false},
		{"failed, then done", "2027-04", "2027-05-01 02:30:00", []store.Run{tried("2027-05-01 00:30:00", store.RunFailed), tried("2027-05-01 01:25:00", store.RunDone)}, false},
		{"only previewed", "2027-05", "2027-06-01 01:30:00", []store.Run{{StartedAt: moment.At("2027-06-01 00:30:00"), Status: store.RunPlanned, Preview: true}}, true},
	}
	synctest.Test(t, func(t *testing.T) {
		w := bubbleWorld(t)
		w.Connect()
		w.MapProducts()
		for _, tt := range tests {
			billingtest.SleepUntil(tt.now)
			for _, try := range tt.tries {
				try.Kind, try.Month = store.RunMonthly, tt.month
				_, err := w.Store.CreateRun(t.Context(), try)
				w.Must(err)
			}
			due, err := w.Runs.Due(t.Context())
			w.Must(err)
			if got := due == tt.month; got != tt.want {
				t.Errorf("%s: %s is due at %s: %t, want %t", tt.name, tt.month, tt.now, got, tt.want)
			}
		}
	})
}
