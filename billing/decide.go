package billing

import (
	"context"
	"fmt"

	"seatbridge/store"
)

// Approve writes held changes of a run, in the background, exactly as they were shown; what changed in
// ConnectWise since is marked stale. All held changes of an agreement are approved with one of them.
func (b *Bridge) Approve(ctx context.Context, who Actor, runID int64, changeIDs []int64) error {
	release, err := b.lock()
	if err != nil {
		return err
	}
	run, err := b.approve(ctx, who, runID, changeIDs)
	if err != nil {
		release()
		return err
	}
	if run.Preview {
		release() // it waits with the rest of the preview
		return nil
	}
	b.background(func(ctx context.Context) { b.inBackground(ctx, run, release) })
	return nil
}

func (b *Bridge) approve(ctx context.Context, who Actor, runID int64, changeIDs []int64) (store.Run, error) {
	run, err := b.store.Run(ctx, runID)
	if err != nil {
		return run, fmt.Errorf("reading run %d: %w", runID, err)
	}
	n, err := b.store.Approve(ctx, runID, changeIDs, who.Name, b.now())
	if err != nil {
		return run, fmt.Errorf("approving changes of run %d: %w", runID, err)
	}
	if n == 0 {
		return run, &Invalid{Fields: map[string]string{"change": "None of the chosen changes waits for approval any more."}}
	}
	if err := b.record(ctx, who, store.CategoryBilling, "Approved %s of run %d.", plural(n, "held change"), runID); err != nil {
		return run, err
	}
	if run.Preview {
		return run, nil
	}
	// From here on the run writes what was shown and nothing else.
	run.Status, run.PlannedAt = store.RunRunning, b.now()
	if err := b.store.UpdateRun(ctx, run); err != nil {
		return run, fmt.Errorf("going on with run %d: %w", runID, err)
	}
	return run, nil
}

// Reject ends held changes of a run unwritten.
func (b *Bridge) Reject(ctx context.Context, who Actor, runID int64, changeIDs []int64) error {
	n, err := b.store.Reject(ctx, runID, changeIDs, who.Name, b.now())
	if err != nil {
		return fmt.Errorf("rejecting changes of run %d: %w", runID, err)
	}
	if n == 0 {
		return &Invalid{Fields: map[string]string{"change": "None of the chosen changes waits for approval any more."}}
	}
	return b.record(ctx, who, store.CategoryBilling, "Rejected %s of run %d.", plural(n, "held change"), runID)
}

// Undo previews putting back what a run wrote; Apply then writes it.
func (b *Bridge) Undo(ctx context.Context, who Actor, runID int64) (store.Run, error) {
	r, err := b.following(ctx, runID)
	if err != nil {
		return store.Run{}, err
	}
	r.Kind, r.Preview = store.RunUndo, true
	return b.Start(ctx, who, r)
}

// Retry syncs what a run did not write, for the same period, in the background.
func (b *Bridge) Retry(ctx context.Context, who Actor, runID int64) (store.Run, error) {
	r, err := b.following(ctx, runID)
	if err != nil {
		return store.Run{}, err
	}
	r.Kind = store.RunRetry
	return b.Start(ctx, who, r)
}

// following is a request that refers to a run that has ended.
func (b *Bridge) following(ctx context.Context, runID int64) (Request, error) {
	run, err := b.store.Run(ctx, runID)
	if err != nil {
		return Request{}, fmt.Errorf("reading run %d: %w", runID, err)
	}
	if run.Preview || run.Status == store.RunRunning {
		return Request{}, &Invalid{Fields: map[string]string{"run": "This run has not written anything yet."}}
	}
	return Request{Period: Period{Month: run.Month, AsOf: run.AsOf}, Of: runID}, nil
}

// SyncAgreement syncs one agreement with real-time figures, in the background.
func (b *Bridge) SyncAgreement(ctx context.Context, who Actor, agreementID int) (store.Run, error) {
	r := b.SyncNow(false)
	r.Agreement = agreementID
	return b.Start(ctx, who, r)
}

// ChooseLine says which of several open additions carries a product's seats on an agreement. The choice is
// remembered by the addition's id; the next sync follows it.
func (b *Bridge) ChooseLine(ctx context.Context, who Actor, changeID int64, additionID int) error {
	c, err := b.store.Change(ctx, changeID)
	if err != nil {
		return fmt.Errorf("reading change %d: %w", changeID, err)
	}
	offered := false
	for _, candidate := range c.Candidates {
		offered = offered || candidate.AdditionID == additionID
	}
	if !offered {
		return &Invalid{Fields: map[string]string{"addition": "Choose one of the additions that are listed."}}
	}
	err = b.store.SaveLine(ctx, store.Line{AgreementID: c.AgreementID, ProductID: c.ProductID, AdditionID: additionID, Chosen: true})
	if err != nil {
		return fmt.Errorf("keeping the choice: %w", err)
	}
	return b.record(ctx, who, store.CategoryBilling, "Chose addition %d for %s on %s, agreement %s.", additionID, c.Product, c.Company, c.Agreement)
}
