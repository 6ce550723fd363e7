package run

import (
	"context"
	"fmt"
	"slices"

	"seatbridge/billing/bulletin"
	"seatbridge/billing/connect"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Approve writes held changes of any runs, in the background and run by run, from the quantity that was shown to the one that was
// shown; where ConnectWise says another one by now, it is asked again. All that belongs together is approved with one of them; n
// says how many changes there were. Those of a preview wait until the rest of it is written.
func (rn *Runner) Approve(ctx context.Context, who problem.Actor, changeIDs []int64) (n int, err error) {
	release, err := rn.store.LockSync(ctx)
	if err != nil {
		return 0, err
	}
	approved, err := rn.approve(ctx, who, changeIDs)
	if err != nil {
		release()
		return 0, err
	}
	rn.work.Go(func(ctx context.Context) {
		defer release()
		runs := store.RunsOf(approved)
		if err := rn.goOn(ctx, runs); err != nil {
			rn.log.Error("writing what was approved", "runs", runs, "err", err)
		}
	})
	return len(approved), nil
}

func (rn *Runner) approve(ctx context.Context, who problem.Actor, changeIDs []int64) (approved []store.Change, err error) {
	err = rn.store.Together(ctx, "approving", func(s *store.Store) error {
		if err := connect.Writes(ctx, s); err != nil {
			return err
		}
		if approved, err = s.Approve(ctx, changeIDs, who.Name, rn.now()); err != nil {
			return err
		}
		return noteDecision(ctx, s, who.Did(rn.now(), store.CategoryBilling, "Approved"), approved)
	})
	return approved, err
}

// noteDecision says in the activity log what was decided, after the entry's verb and in the transaction of the decision; one about
// nothing is an *Invalid.
func noteDecision(ctx context.Context, s *store.Store, entry store.Activity, decided []store.Change) error {
	if len(decided) == 0 {
		return &problem.Invalid{Fields: problem.Fields{"change": "None of the chosen changes waits for approval any more."}}
	}
	entry.Action = fmt.Sprintf("%s: %s.", entry.Action, bulletin.Names(decided))
	return s.AddActivity(ctx, entry)
}

// goOn carries runs on whose changes were approved, after those that were cut off before.
func (rn *Runner) goOn(ctx context.Context, runs []int64) error {
	if err := rn.resume(ctx, func(r store.Run) bool { return !slices.Contains(runs, r.ID) }); err != nil {
		return err
	}
	for _, id := range runs {
		run, err := rn.store.Run(ctx, id)
		if err != nil {
			return fmt.Errorf("going on with run %d: %w", id, err)
		}
		if run.Preview {
			continue // it waits to be written as a whole
		}
		if _, err := rn.drive(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// Reject ends held changes of any runs unwritten and says how many there were.
func (rn *Runner) Reject(ctx context.Context, who problem.Actor, changeIDs []int64) (n int, err error) {
	err = rn.store.Together(ctx, "rejecting", func(s *store.Store) error {
		rejected, err := s.Reject(ctx, changeIDs, who.Name, rn.now())
		if err != nil {
			return err
		}
		n = len(rejected)
		if err := store.JournalIn(s).Conclude(ctx, store.RunsOf(rejected), bulletin.Outcome); err != nil {
			return err
		}
		return noteDecision(ctx, s, who.Did(rn.now(), store.CategoryBilling, "Rejected"), rejected)
	})
	return n, err
}

// Undo previews putting back what a run wrote; Apply then writes it.
func (rn *Runner) Undo(ctx context.Context, who problem.Actor, runID int64) (store.Run, error) {
	r, err := rn.following(ctx, runID)
	if err != nil {
		return store.Run{}, err
	}
	r.Kind, r.Preview = store.RunUndo, true
	return rn.Start(ctx, who, r)
}

// Retry syncs what a run did not write, for the same period, in the background.
func (rn *Runner) Retry(ctx context.Context, who problem.Actor, runID int64) (store.Run, error) {
	r, err := rn.following(ctx, runID)
	if err != nil {
		return store.Run{}, err
	}
	run, err := rn.store.Run(ctx, runID)
	if err != nil {
		return store.Run{}, fmt.Errorf("reading run %d: %w", runID, err)
	}
	switch run.Kind {
	case store.RunUndo:
		return rn.Undo(ctx, who, run.Of) // what is undone already needs nothing
	case store.RunSettle:
		return store.Run{}, &problem.Invalid{Fields: problem.Fields{"run": "What it did not write is open in its month: choose it there."}}
	case store.RunRelease:
		return rn.Start(ctx, who, Request{
			Kind: store.RunRelease, Period: seats.ToDate(rn.now()), Agreement: run.Agreement, Addition: run.Addition,
		})
	}
	if err := refuseOvertaken(ctx, rn.store, run); err != nil {
		return store.Run{}, err
	}
	r.Kind = store.RunRetry
	return rn.Start(ctx, who, r)
}

// following is a request that refers to a run that has ended.
func (rn *Runner) following(ctx context.Context, runID int64) (Request, error) {
	run, err := rn.store.Run(ctx, runID)
	if err != nil {
		return Request{}, fmt.Errorf("reading run %d: %w", runID, err)
	}
	if run.Preview || run.Status == store.RunRunning {
		return Request{}, &problem.Invalid{Fields: problem.Fields{"run": "This run has not written anything yet."}}
	}
	i, err := rn.store.Integration(ctx)
	if err != nil {
		return Request{}, fmt.Errorf("reading the integration: %w", err)
	}
	if run.StartedAt.Before(i.ConnectedAt) {
		return Request{}, &problem.Invalid{Fields: problem.Fields{"run": "This run was made with another connection."}}
	}
	return Request{Period: seats.Period{Month: run.Month, AsOf: run.AsOf}, Of: runID}, nil
}

// SyncAgreement syncs one agreement with real-time figures, in the background.
func (rn *Runner) SyncAgreement(ctx context.Context, who problem.Actor, agreementID int) (store.Run, error) {
	r := rn.SyncNow(false)
	r.Agreement = agreementID
	return rn.Start(ctx, who, r)
}

// NotThere takes a person's word that what was sent for a change's line without seeing the outcome is not in ConnectWise, and syncs
// its agreement again in the background: unless that finds the line, it is created again.
func (rn *Runner) NotThere(ctx context.Context, who problem.Actor, changeID int64) error {
	sent, err := sentFor(ctx, rn.store, changeID)
	if err != nil {
		return err
	}
	r, err := lookAgain(ctx, rn, sent)
	if err != nil {
		return err
	}
	entry := who.Did(rn.now(), store.CategoryBilling,
		"Said that addition of %s to %s, agreement %s, which run %d sent, is not there.", sent.Product, sent.Company, sent.Agreement, sent.RunID)
	return rn.StartAfter(ctx, who, r, func() error {
		return rn.store.Record(ctx, entry, func(s *store.Store) error {
			c := plan.NotReceived(sent, who.Name+" looked and did not find it.")
			c.DoneAt = rn.now()
			return store.SendingsIn(s).Settle(ctx, c, nil)
		})
	})
}

// sentFor is the creation of unknown outcome that a change is, or waits for.
func sentFor(ctx context.Context, db *store.Store, changeID int64) (store.Change, error) {
	c, err := db.Change(ctx, changeID)
	if err != nil {
		return store.Change{}, fmt.Errorf("reading change %d: %w", changeID, err)
	}
	sent, err := store.SendingsIn(db).Unknown(ctx, 0)
	if err != nil {
		return store.Change{}, err
	}
	i := slices.IndexFunc(sent, func(s store.Change) bool {
		return s.AgreementID == c.AgreementID && s.ProductID == c.ProductID && s.Once() == c.Once() && (s.ID == c.ID || !c.Once())
	})
	if i < 0 || c.State != store.StateUnknown {
		return store.Change{}, &problem.Invalid{Fields: problem.Fields{"change": "Nothing that was sent for this line is looked for any more."}}
	}
	return sent[i], nil
}
