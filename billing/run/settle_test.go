package run_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// creations lists when ConnectWise was asked to create an addition.
func (w *world) creations() (asked []time.Time) {
	for _, r := range w.Sim.Requests() {
		if r.Method == "POST" {
			asked = append(asked, r.At)
		}
	}
	return asked
}

// TestACreationIsGivenTimeToShow: the answer to a creation is lost, and for half a minute no list shows what it created.
// That it is missing means nothing yet; asking again at once would bill the seats twice.
func TestACreationIsGivenTimeToShow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := bubbleWorld(t)
		w.Connect()
		w.MapProducts()
		_, a := w.Mapped("Acme", 5, store.Business)
		w.Sim.ResetRequests()
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.DropAfter, Method: "POST", Times: 1}, cwsim.Fault{Kind: cwsim.Lag, Text: "all", Wait: 30 * time.Second})
		run := w.Sync()
		billingtest.WantStatus(t, run, store.RunDone)
		w.WantChanges(run, "written NP-BUS ->5")
		w.WantLive(a.ID, "NP-BUS 5")
		if n := len(w.creations()); n != 1 {
			t.Errorf("asked %d times to create the addition, want once", n)
		}
	})
}

// TestACreationThatNobodySawIsGivenTime: a process died, or a run gave up, with a creation on its way. Whoever goes on, at
// once, waits until a missing addition means that there will be none.
func TestACreationThatNobodySawIsGivenTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		run   store.RunStatus
		state store.ChangeState
		goOn  func(w *world) error
	}{
		{"cut off, and resumed", store.RunRunning, store.StateSending, func(w *world) error { return w.Runs.Resume(w.T.Context()) }},
		{"given up, and synced anew", store.RunIncomplete, store.StateUnknown, func(w *world) error { w.Sync(); return nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := bubbleWorld(t)
				w.Connect()
				w.MapProducts()
				acme, a := w.Mapped("Acme", 5, store.Business)
				sent := w.Time()
				run, err := w.Store.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", Status: tt.run, StartedAt: sent})
				w.Must(err)
				_, err = w.Store.PlanAgreement(t.Context(), run.ID, a.ID, []store.Change{{
					CompanyID: a.CompanyID, Plan: store.Business, ProductID: w.Business.ID, Kind: store.KindCreate, State: tt.state,
					After: decimal.NewNullDecimal(plantest.Quantity("5")), EffectiveDate: "2026-10-01", SentAt: sent,
					Shares: []store.Share{{OrganizationID: acme.ID, Organization: "Acme", Plan: store.Business, Seats: 5, Known: true}},
				}})
				w.Must(err)
				w.Sim.ResetRequests()
				w.Must(tt.goOn(w))
				w.WantLive(a.ID, "NP-BUS 5")
				early := func(asked time.Time) bool { return asked.Before(sent.Add(time.Minute)) }
				if asked := w.creations(); len(asked) != 1 || slices.ContainsFunc(asked, early) {
					t.Errorf("asked to create the addition at %s, want once, a minute after %s", asked, sent)
				}
			})
		})
	}
}
