// Package writing switches writing to ConnectWise PSA off and on: while it is off, Seatbridge only compares.
package writing

import (
	"context"
	"errors"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/store"
)

// Switch is what turns writing off and on.
type Switch struct {
	store *store.Store
	now   func() time.Time
	run   *run.Runner
}

// New makes the switch of a store.
func New(s *store.Store, now func() time.Time, runs *run.Runner) *Switch {
	return &Switch{store: s, now: now, run: runs}
}

// Comparing is since when Seatbridge only compares, and who chose it; a zero one says that it writes.
func (w *Switch) Comparing(ctx context.Context) (store.Comparing, error) {
	return store.ComparingsIn(w.store).Now(ctx)
}

// Pause has Seatbridge only compare from now on. A sync in progress ends its change in hand; what it has not begun it leaves alone.
// Paused already is an *problem.Invalid, not connected a problem.ErrNotConnected, and before
// the products are mapped, which is when it is asked, a problem.ErrNotActive.
func (w *Switch) Pause(ctx context.Context, who problem.Actor) error {
	return w.store.Together(ctx, "pausing writing", func(s *store.Store) error {
		integration, err := s.Integration(ctx)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return problem.ErrNotConnected
		case err != nil:
			return err
		case integration.ActiveSince.IsZero():
			return problem.ErrNotActive
		}
		comparing, err := store.ComparingsIn(s).Now(ctx)
		if err != nil {
			return err
		}
		if comparing.On() {
			return invalid("Writing is paused already.")
		}
		if err := store.ComparingsIn(s).Begin(ctx, who.Name, w.now()); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(w.now(), store.CategoryBilling,
			"Paused writing to ConnectWise PSA: Seatbridge only compares."))
	})
}

// On switches writing on and writes nothing by that: the next sync does. On already is an *problem.Invalid. problem.ErrRunning: a run is
// in progress; what began as a comparison ends as one.
func (w *Switch) On(ctx context.Context, who problem.Actor) error {
	release, err := w.store.LockSync(ctx)
	if err != nil {
		return err
	}
	defer release()
	return w.store.Together(ctx, "switching writing on", func(s *store.Store) error { return w.switchOn(ctx, s, who) })
}

// OnWith switches writing on and writes a preview, in the background: exactly what was shown, and of what waits for approval that which
// was ticked. Both or neither. A preview that was written or discarded already, and one that is no sync's, is an *problem.Invalid.
func (w *Switch) OnWith(ctx context.Context, who problem.Actor, runID int64, ticked ...int64) error {
	r, err := w.store.Run(ctx, runID)
	if err != nil {
		return err
	}
	if !r.Kind.Syncs() || !r.IsFull() {
		return invalid("Writing is switched on with a preview of a sync of all that is mapped, not with this run.")
	}
	return w.run.ApplyWith(ctx, who, runID, ticked, func(s *store.Store) error { return w.switchOn(ctx, s, who) })
}

func (w *Switch) switchOn(ctx context.Context, s *store.Store, who problem.Actor) error {
	err := store.ComparingsIn(s).End(ctx, who.Name, w.now())
	if errors.Is(err, store.ErrNotFound) {
		return invalid("Writing is on already.")
	}
	if err != nil {
		return err
	}
	return s.AddActivity(ctx, who.Did(w.now(), store.CategoryBilling, "Switched writing to ConnectWise PSA on."))
}

func invalid(what string) error { return &problem.Invalid{Fields: problem.Fields{"writing": what}} }
