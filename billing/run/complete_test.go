package run_test

import (
	"slices"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/organizations"
	"seatbridge/billing/run"
	"seatbridge/store"
)

// unheardOf is a mapped organization of which nobody said anything.
func (w *world) unheardOf(name string) (store.Organization, int) {
	w.T.Helper()
	a := w.Company(name)
	w.ImportAll()
	o, err := w.Organizations.Add(w.T.Context(), billingtest.Admin(), organizations.Profile{
		Name: name, Plan: store.Business, License: store.Standard, Managed: true,
	})
	w.Must(err)
	w.Must(w.Mapping.Map(w.T.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	return o, a.ID
}

// complete completes the newest month, and holds which agreements were synced for it: nil: none.
func (w *world) complete(when string, want []int, of store.Run) {
	w.T.Helper()
	_, before, err := w.Store.Runs(w.T.Context(), store.RunFilter{})
	w.Must(err)
	w.Must(w.Runs.Months().Complete(w.T.Context()))
	runs, after, err := w.Store.Runs(w.T.Context(), store.RunFilter{})
	w.Must(err)
	switch {
	case want == nil && after != before:
		w.T.Errorf("%s: %d runs, the latest %+v; want none", when, after-before, runs[0].Run)
	case want != nil && (after != before+1 || !completes(runs[0].Run, want, of)):
		w.T.Errorf("%s: %d runs, the latest %+v; want one of agreements %v", when, after-before, runs[0].Run, want)
	}
}

// completes tells whether a run syncs these agreements again for another one.
func completes(r store.Run, agreements []int, of store.Run) bool {
	return r.Kind == store.RunRetry && r.Month == of.Month && r.AsOf.IsZero() && r.Of == of.ID && slices.Equal(r.Only, agreements)
}

// TestComplete: a month was written but for agreements whose seats nobody knew. They are synced once the seats are known, each once.
func TestComplete(t *testing.T) {
	t.Parallel()
	w := &world{billingtest.Empty(t)}
	w.complete("before there is a connection", nil, store.Run{})
	w.Connect()
	w.MapProducts()
	_, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.unheardOf("Beta")
	gamma, c := w.unheardOf("Gamma")
	delta, d := w.unheardOf("Delta")
	w.complete("before a month is due", nil, store.Run{})

	w.SetTime("2026-11-01 00:10:00")
	r := w.Runs.SyncMonth("2026-10", []int{b}, false)
	_, err := w.Runs.Run(t.Context(), billingtest.Admin(), r)
	w.Must(err)
	w.JoinAt(beta, "2026-10-21 09:00:00")
	w.SetTime("2026-11-01 00:31:00")
	w.complete("before the month is written", nil, store.Run{})

	w.Must(w.Runs.RunDue(t.Context()))
	monthly := w.lastRun(store.RunMonthly)
	w.WantChanges(monthly, "written NP-BUS ->5", "written NP-BUS ->1", "skipped NP-BUS ->-", "skipped NP-BUS ->-")
	w.complete("while nobody knows the seats", nil, store.Run{})
	w.JoinAt(gamma, "2026-10-21 09:00:00")
	w.complete("once those of one are known", []int{c}, monthly)
	w.WantLive(c, "NP-BUS 1")
	w.complete("once it was completed", nil, store.Run{})

	w.JoinAt(delta, "2026-10-21 09:00:00")
	s := w.watchStatements()
	for n := 0; ; n++ {
		s.fail(n)
		err := w.Runs.Months().Complete(t.Context())
		if s.mend(); err == nil {
			break
		}
		if n > 200 {
			t.Fatalf("it says %v", err)
		}
	}
	if last := w.lastRun(store.RunRetry); !completes(last, []int{d}, monthly) {
		t.Errorf("a statement failed, and it says that all went well, but the last run is %+v", last)
	}
	w.WantLive(a.ID, "NP-BUS 5")
}

// TestCompleteAfterAnotherConnection leaves alone what was skipped with the connection before.
func TestCompleteAfterAnotherConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	beta, _ := w.unheardOf("Beta")
	w.SetTime("2026-11-01 00:31:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.JoinAt(beta, "2026-10-21 09:00:00")
	w.Must(w.Disconnect(t.Context(), billingtest.Admin()))
	w.SetTime("2026-11-02 12:00:00")
	w.Connect()
	w.complete("with another connection", nil, store.Run{})
}

// TestMissed leaves out the month that is being written, and says of the others which run tried them.
func TestMissed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetTime("2026-12-02 12:00:00")
	tried := func(m store.Month, status store.RunStatus) store.Run {
		r, err := w.Store.CreateRun(t.Context(), store.Run{Kind: store.RunMonthly, Month: m, Status: status, StartedAt: w.Time()})
		w.Must(err)
		return r
	}
	missed := func() (all []run.MissedMonth) {
		all, err := w.Runs.Months().Missed(t.Context())
		w.Must(err)
		return all
	}
	failed := tried("2026-10", store.RunFailed)
	if got := missed(); len(got) != 2 || got[0].Month != "2026-10" || got[0].Last.ID != failed.ID || got[1].Month != "2026-11" || got[1].Last.ID != 0 {
		t.Errorf("missed are %+v, want October, which failed, and November, which nothing tried", got)
	}
	tried("2026-11", store.RunRunning)
	if got := missed(); len(got) != 1 || got[0].Month != "2026-10" {
		t.Errorf("missed are %+v, want October: November is being written", got)
	}
	s := w.watchStatements()
	for n := 0; ; n++ {
		s.fail(n)
		_, err := w.Runs.Months().Missed(t.Context())
		if s.mend(); s.which == "" {
			break
		}
		if err == nil {
			t.Errorf("%s failed, no. %d, and nobody was told", s.which, n)
		}
	}
}
