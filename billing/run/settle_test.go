package run_test

import (
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
		time.Sleep(time.Minute) // lists show the agreement
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

// TestACreationThatNobodySawIsLookedFor: a process died, or a run gave up, with a creation on its way. Whoever goes on does not
// create it again before two later runs did not find it, the second of them at least an hour after it was sent.
func TestACreationThatNobodySawIsLookedFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		run   store.RunStatus
		state store.ChangeState
		sent  time.Duration // ago; 0: the process died before the request went out
		goOn  func(w *world) error
		asks  int // how often it is created in the end
	}{
		{"cut off, and resumed", store.RunRunning, store.StateSending, time.Nanosecond, func(w *world) error { return w.Runs.Resume(w.T.Context()) }, 0},
		{"cut off before it was sent, and resumed", store.RunRunning, store.StateSending, 0, func(w *world) error { return w.Runs.Resume(w.T.Context()) }, 1},
		{"given up, and synced twice at once", store.RunIncomplete, store.StateUnknown, time.Nanosecond, func(w *world) error { w.Sync(); w.Sync(); return nil }, 0},
		{"given up, and synced once after a day", store.RunIncomplete, store.StateUnknown, 24 * time.Hour, func(w *world) error { w.Sync(); return nil }, 0},
		{"given up, and synced twice after a day", store.RunIncomplete, store.StateUnknown, 24 * time.Hour, func(w *world) error { w.Sync(); w.Sync(); return nil }, 1},
		{"given up, and previewed after a day", store.RunIncomplete, store.StateUnknown, 24 * time.Hour, func(w *world) error {
			for range 3 {
				if _, err := w.Runs.Run(w.T.Context(), billingtest.Admin(), w.Runs.SyncNow(true)); err != nil {
					return err
				}
			}
			w.Sync()
			return nil
		}, 0},
		{"given up, and looked for by itself", store.RunIncomplete, store.StateUnknown, time.Nanosecond, func(w *world) error {
			for range 3 {
				time.Sleep(40 * time.Minute)
				if err := w.Runs.LookForSent(w.T.Context()); err != nil {
					return err
				}
			}
			return nil
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := bubbleWorld(t)
				w.Connect()
				w.MapProducts()
				acme, a := w.Mapped("Acme", 5, store.Business)
				w.sendUnseen(tt.run, acme, a.ID, store.Change{State: tt.state, SentAt: sentAgo(w, tt.sent)})
				w.Sim.ResetRequests()
				w.Must(tt.goOn(w))
				if asked := w.creations(); len(asked) != tt.asks {
					t.Errorf("asked %d times to create the addition, want %d times", len(asked), tt.asks)
				}
			})
		})
	}
}

func sentAgo(w *world, ago time.Duration) time.Time {
	if ago == 0 {
		return time.Time{}
	}
	return w.Time().Add(-ago)
}

// sendUnseen writes a run down that sent a line of 5 to an agreement and did not see the outcome.
func (w *world) sendUnseen(status store.RunStatus, o store.Organization, agreementID int, c store.Change) {
	w.T.Helper()
	run, err := w.Store.CreateRun(w.T.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", AsOf: w.Time(), Status: status, StartedAt: w.Time()})
	w.Must(err)
	c.CompanyID, c.Plan, c.Kind, c.EffectiveDate = w.Sim.Agreement(agreementID).CompanyID, store.Business, store.KindCreate, "2026-10-01"
	if c.ProductID == 0 {
		c.ProductID = w.Business.ID
	}
	c.After = decimal.NewNullDecimal(plantest.Quantity("5"))
	c.Shares = []store.Share{{OrganizationID: o.ID, Organization: o.Name, Plan: store.Business, Seats: 5, Known: true}}
	_, err = w.Store.PlanAgreement(w.T.Context(), run.ID, agreementID, []store.Change{c})
	w.Must(err)
}
