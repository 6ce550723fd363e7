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

// TestDueAsSet changes when a month is written, which acts at the next look.
func TestDueAsSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // active since October
	_, a := w.Mapped("Acme", 5, store.Business)
	months := func(day, hour int) {
		w.Set(func(s *store.Settings) { s.Months = store.Months{SyncDay: day, SyncHour: hour, SyncSetAt: w.Time()} })
	}
	due := func(now string, want store.Month) {
		t.Helper()
		w.SetTime(now)
		got, err := w.Runs.Due(t.Context())
		w.Must(err)
		if got != want {
			t.Errorf("due at %s is %q, want %q", now, got, want)
		}
	}
	w.SetTime("2026-10-30 12:00:00")
	months(25, 6) // September is over since before
	due("2026-11-01 00:30:00", "")
	due("2026-11-25 06:29:59", "")
	due("2026-11-25 06:30:00", "2026-10")
	months(28, 23)
	due("2026-11-25 06:30:00", "")
	months(3, 0)
	due("2026-11-25 06:30:00", "2026-10")
	w.Must(w.Runs.RunDue(t.Context()))
	w.WantLive(a.ID, "NP-BUS 5")
	months(28, 0)
	due("2026-11-28 00:30:00", "") // it was written already
	months(1, 0)
	due("2026-12-01 00:30:00", "2026-11")
}
