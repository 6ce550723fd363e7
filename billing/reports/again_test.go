package reports_test

import (
	"net/http/httptest"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/nordpass/npsim"
	"seatbridge/store"
)

// reported is a world whose figures need the Provider API's report, which lacks Gamma until it is completed.
type reported struct {
	*billingtest.World
	records []npsim.Record
	asked   int // how often the monthly report was asked for
	gamma   int // the agreement that Gamma is mapped to
}

// newReported has written October on 1 November, but for Gamma.
func newReported(t *testing.T) *reported {
	t.Helper()
	w := &reported{World: billingtest.New(t), records: []npsim.Record{{ID: "np-1", Name: "Acme", Licenses: 7, Tier: "Business"}}}
	w.Trusting()
	w.Mapped("Acme", 5, store.Business)
	_, gamma := w.Mapped("Gamma", 2, store.Business)
	w.gamma = gamma.ID
	monthly := func(string) []npsim.Record { w.asked++; return w.records }
	daily := func(string) []npsim.Record { return w.records }
	sim, err := npsim.New(npsim.Config{Now: w.Time, Monthly: monthly, Daily: daily, PerPage: 5})
	w.Must(err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	key, err := sim.PrivateKey()
	w.Must(err)
	config := simConfig(server.URL, key)
	config.Required = true
	w.Must(w.Reports.Save(t.Context(), billingtest.Admin(), config))
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	run := w.october()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	return w
}

// october is the monthly run.
func (w *reported) october() store.Run {
	w.T.Helper()
	run, err := w.Store.LastRun(w.T.Context(), store.RunMonthly, "2026-10")
	w.Must(err)
	return run
}

// complete adds Gamma to the report.
func (w *reported) complete() {
	w.records = append(w.records, npsim.Record{ID: "np-2", Name: "Gamma", Licenses: 4, Tier: "Business"})
}

func (w *reported) wantGamma(when string, want ...string) {
	w.T.Helper()
	if got := w.Live(w.gamma); len(got) != len(want) || len(want) == 1 && got[0] != want[0] {
		w.T.Errorf("%s: Gamma's line is %v, want %v", when, got, want)
	}
}

// TestCase_G24_RetryAsksTheSource has the report completed before somebody retries what was skipped for want of it.
func TestCase_G24_RetryAsksTheSource(t *testing.T) {
	t.Parallel()
	w := newReported(t)
	w.complete()
	w.SetTime("2026-11-02 10:00:00")
	_, err := w.Runs.Retry(t.Context(), billingtest.Admin(), w.october().ID)
	w.Must(err)
	w.Work.Wait()
	w.wantGamma("after Retry", "NP-BUS 4")
}

// TestCase_G24_ACompletedReportIsFetchedByItself has the report completed on 2 November, and nobody there.
func TestCase_G24_ACompletedReportIsFetchedByItself(t *testing.T) {
	t.Parallel()
	w := newReported(t)
	hour := func(at string) {
		t.Helper()
		w.SetTime(at)
		w.Must(w.Reports.PullDue(t.Context()))
		w.Must(w.Runs.RunDue(t.Context()))
		w.Must(w.Runs.Months().Complete(t.Context()))
	}
	asked := w.asked
	hour("2026-11-01 01:35:00")
	hour("2026-11-01 02:35:00")
	if w.asked != asked+2 {
		t.Errorf("a report that lacks Gamma was asked for %d times in two hours, want 2", w.asked-asked)
	}
	fetches, err := w.Store.UsageFetches(t.Context(), 100)
	w.Must(err)
	hour("2026-11-01 03:35:00")
	if again, err := w.Store.UsageFetches(t.Context(), 100); err != nil || len(again) != len(fetches) {
		t.Errorf("an answer that says the same again was kept: %d fetches, want %d (%v)", len(again), len(fetches), err)
	}
	w.wantGamma("before the report is complete")

	w.complete()
	hour("2026-11-02 10:35:00")
	w.wantGamma("once it is", "NP-BUS 4")
	runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunRetry})
	w.Must(err)
	if len(runs) != 1 || runs[0].Month != "2026-10" || len(runs[0].Only) != 1 || runs[0].Only[0] != w.gamma {
		t.Errorf("what went on by itself is %+v, want a retry of October on Gamma's agreement alone", runs)
	}

	asked = w.asked
	hour("2026-11-02 11:35:00")
	if w.asked != asked {
		t.Error("a report that lacks nobody is asked for again")
	}
	if _, n, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunRetry}); err != nil || n != 1 {
		t.Errorf("%d retries, want no other (%v)", n, err)
	}
}

// TestCase_G22_WhatALaterSyncOverwroteIsNotWrittenOver has November synced before October's report is complete: its figure is kept,
// and the lines stay November's.
func TestCase_G22_WhatALaterSyncOverwroteIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	w := newReported(t)
	w.SetTime("2026-11-02 09:00:00")
	w.Sync()
	w.complete()
	w.SetTime("2026-11-02 10:35:00")
	w.Must(w.Reports.PullDue(t.Context()))
	w.Must(w.Runs.Months().Complete(t.Context()))
	if _, n, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunRetry}); err != nil || n != 0 {
		t.Errorf("%d retries of what a later run has looked at (%v)", n, err)
	}
}
