package command

import (
	"context"
	"io"
	"testing"

	"seatbridge/billing/problem"
	"seatbridge/command/commandtest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// BenchmarkSync is a sync of 1,000 agreements without pacing, all of whose lines are new at first, then all as they should
// be. It reports the requests that each agreement cost.
func BenchmarkSync(b *testing.B) {
	const agreements = 1000
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b, agreements, 0)
		c := &config{data: w.data}
		c.tuning.Tune = func(cw *connectwise.Config) { cw.RequestsPerMinute = 10_000_000 }
		_, db, err := open(b.Context(), c)
		commandtest.Must(b, err)
		rooms := c.newBilling(db, c.logger(io.Discard, 0))
		b.StartTimer()
		for _, kind := range []string{"new", "unchanged"} {
			w.sim.ResetRequests()
			run, err := rooms.Runs.Run(b.Context(), problem.System(), rooms.Runs.SyncNow(false))
			commandtest.Must(b, err)
			if run.Status != store.RunDone {
				b.Fatalf("the run ended as %s: %+v", run.Status, run.Problem)
			}
			b.ReportMetric(float64(len(w.sim.Requests()))/agreements, "requests/agreement-"+kind)
		}
		b.StopTimer()
		commandtest.Must(b, rooms.Close(context.WithoutCancel(b.Context())))
		commandtest.Must(b, db.Close())
		b.StartTimer()
	}
}
