package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"seatbridge/billing/plan"
	"seatbridge/store"
)

// search looks among an agreement's additions for what earlier runs sent without seeing the outcome. What is found is written, as
// it was sent; what the whole list does not have is counted as not found, once for each run.
func (w *writer) search(ctx context.Context, s *plan.Situation, journal []store.Change) error {
	if err := w.adoptSent(ctx, s); err != nil || len(s.Sent) == 0 {
		return err
	}
	if err := w.readAgain(ctx, s); err != nil {
		return err
	}
	if err := w.adoptSent(ctx, s); err != nil {
		return err
	}
	if s.Listing.Unreliable() != "" || len(journal) > 0 || w.run.Preview {
		return nil
	}
	for i := range s.Sent {
		s.Sent[i].Looks++
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.missed[s.Agreement.ID] = s.Sent
	return nil
}

// adoptSent writes down, and binds, what is there of the sent creations, and leaves those that are not.
func (w *writer) adoptSent(ctx context.Context, s *plan.Situation) error {
	var missing []store.Change
	for _, sent := range s.Sent {
		addition, ok := plan.Landed(sent, s.Additions, s.Lines)
		if !ok {
			missing = append(missing, sent)
			continue
		}
		c := plan.Adopted(sent, addition)
		c.DoneAt = w.now()
		var line *store.Line
		if c.Once() {
			s.Once = append(slices.Clone(s.Once), c.AdditionID)
			s.Additions = plan.Apart(s.Additions, s.Once)
		} else {
			line = w.lineOf(c)
			s.Lines = append(plan.Without(s.Lines, c.ProductID), *line)
		}
		if w.run.Preview {
			continue
		}
		if err := store.SendingsIn(w.store).Settle(ctx, c, line); err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("adopting addition %d: %w", c.AdditionID, err)
		}
	}
	s.Sent = missing
	return nil
}

// noteMissed keeps, in the transaction in which the agreement is planned, that its run did not find what was sent before; what is
// lost by now was not received.
func (w *writer) noteMissed(ctx context.Context, s *store.Store, agreementID int) error {
	w.mu.Lock()
	missed := w.missed[agreementID]
	delete(w.missed, agreementID)
	w.mu.Unlock()
	for _, c := range missed {
		if plan.Lost(c, w.now()) {
			c = plan.NotReceived(c, fmt.Sprintf("%d later runs did not find it.", c.Looks))
			c.DoneAt = w.now()
		}
		if err := store.SendingsIn(s).Settle(ctx, c, nil); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}
