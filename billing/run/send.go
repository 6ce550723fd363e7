package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/connect"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/survey"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// grace is how long a write in hand may go on when the run is cancelled or the process shuts down.
const grace = 15 * time.Second

// writeAll carries out the planned changes of agreements that belong together, one after the other; false: some wait for
// another look or the run is ending.
func (w *writer) writeAll(ctx context.Context, u unit, changes []store.Change) (done bool, err error) {
	slices.SortStableFunc(changes, func(a, b store.Change) int { return cmp.Compare(growth(b), growth(a)) })
	for _, c := range changes {
		switch c.State {
		case store.StateUnchanged:
			if err := w.adopt(ctx, c); err != nil {
				return false, err
			}
		case store.StatePlanned:
			if ending(ctx) {
				return false, nil
			}
			outcome, err := w.write(ctx, c)
			if err != nil {
				return false, err
			}
			if outcome == store.StateSending {
				w.postpone(u)
				return false, nil
			}
			if outcome != store.StateWritten {
				return true, nil // half a move: the rest is left for the next look
			}
		}
	}
	return true, nil
}

// growth is 1 for a change to more seats, -1 to fewer. What grows is written first: when seats move and the
// new line is refused, the old one still bills them.
func growth(c store.Change) int { return c.After.Decimal.Sub(c.Before.Decimal).Sign() }

// write carries out one change, records its outcome and returns the state it is in: 'sending' when a
// creation's outcome is unknown, until somebody has looked; empty when the process is going down.
func (w *writer) write(ctx context.Context, c store.Change) (outcome store.ChangeState, err error) {
	hand, release := inHand(ctx)
	defer release()
	why, err := store.SendingsIn(w.store).Start(hand, c.ID, w.given.against)
	if err != nil {
		return "", fmt.Errorf("starting change %d: %w", c.ID, err)
	}
	if why != "" {
		return store.StateStale, nil
	}
	addition, cause := w.send(connectwise.WithSending(hand, noting(w, c.ID)), &c)
	switch {
	case cause != nil && hand.Err() != nil:
		return "", nil // the process is going down: the change stays 'sending', for Resume
	case errors.Is(cause, connectwise.ErrUnknownOutcome) && c.Kind == store.KindCreate:
		return store.StateSending, nil
	case store.Passing(cause):
		return "", fmt.Errorf("noting that change %d goes out: %w", c.ID, cause) // it did not: the run waits, and goes on with it
	case cause != nil:
		c.State, c.Problem = store.StateFailed, connect.ProblemOf(cause)
		if addition.ID != 0 {
			c.AdditionID = addition.ID // created, but not as asked
		}
	default:
		c.State, c.AdditionID = store.StateWritten, addition.ID
		if addition.UnitPrice.Valid {
			c.UnitPrice = addition.UnitPrice
		}
	}
	if err := w.finish(context.WithoutCancel(hand), c); err != nil {
		return "", err
	}
	return c.State, w.breaker.Lost(cause)
}

// against says why a change must not be written any more, by what it rests on now. Another connection ends the run: what it has
// planned may be of another instance.
func (p prepared) against(g store.Basis) (string, error) {
	if !g.ConnectedAt.Equal(p.connectedAt) {
		return "", errConnectionChanged
	}
	return survey.Against(g), nil
}

// noting keeps when a change's request goes out, each time that it does: from then on nobody knows what becomes of it.
func noting(w *writer, changeID int64) connectwise.Sending {
	return func(ctx context.Context) error { return store.SendingsIn(w.store).Note(ctx, changeID, w.now()) }
}

// errConnectionChanged ends a run.
var errConnectionChanged = &problem.Refused{Problem: store.Problem{
	What: "The connection to ConnectWise PSA was changed while the sync ran.",
	Do:   "Sync again: what was left is planned anew with the connection as it is now.",
}, Err: errors.New("the connection was changed")}

// send makes the request.
func (w *writer) send(ctx context.Context, c *store.Change) (connectwise.Addition, error) {
	if c.Kind == store.KindUpdate {
		a, err := w.client.UpdateQuantity(ctx, c.AgreementID, c.AdditionID, c.After.Decimal)
		if err != nil && connect.Ambiguous(err) {
			return w.confirm(ctx, *c, err)
		}
		return a, err
	}
	a, err := w.create(ctx, *c)
	if !errors.Is(err, connectwise.ErrInvalid) || c.Once() {
		return a, err
	}
	effective, differs := w.redate(ctx, *c, err)
	if !differs {
		return a, err
	}
	c.EffectiveDate = effective
	return w.create(ctx, *c) // the first one was refused, so nothing is doubled
}

// redate looks, after a refusal, whether the agreement's dates changed since they were read or its period
// turned out to be invoiced, and says on which day the addition has to start instead.
func (w *writer) redate(ctx context.Context, c store.Change, refusal error) (effective string, differs bool) {
	a, err := w.client.Agreement(ctx, c.AgreementID)
	if err != nil {
		return "", false
	}
	d := plan.EffectiveDate(a, w.given.today)
	if connectwise.PeriodInvoiced(refusal) && a.NextInvoiceDate.After(d) {
		d = a.NextInvoiceDate
	}
	return d.String(), d.String() > c.EffectiveDate // never earlier: a line that was ended may be before it
}

func (w *writer) create(ctx context.Context, c store.Change) (connectwise.Addition, error) {
	addition, err := plan.Addition(c)
	if err != nil {
		return connectwise.Addition{}, fmt.Errorf("creating an addition on agreement %d: %w", c.AgreementID, err)
	}
	return w.client.CreateAddition(ctx, c.AgreementID, addition)
}

// confirm looks whether the quantity was written after all.
func (w *writer) confirm(ctx context.Context, c store.Change, cause error) (connectwise.Addition, error) {
	a, err := w.client.Addition(ctx, c.AgreementID, c.AdditionID)
	if err == nil && a.Quantity.Equal(c.After.Decimal) {
		return a, nil
	}
	return connectwise.Addition{}, cause
}

// inHand lets a write go on for a while after the run was told to stop: cutting it off would make its
// outcome unknown.
func inHand(ctx context.Context) (context.Context, func()) {
	hand, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		select {
		case <-hand.Done():
		case <-time.After(grace):
			cancel()
		}
	})
	return hand, cancel
}

// finish writes a change's outcome and, where the line is now as it should be, binds it.
func (w *writer) finish(ctx context.Context, c store.Change) error {
	c.DoneAt = w.now()
	var line *store.Line
	bound := plan.BoundLine(w.given.lines[c.AgreementID], c.ProductID)
	if w.binds(c, bound) {
		line = w.lineOf(c)
	}
	if err := w.store.FinishChange(ctx, c, line); err != nil {
		return fmt.Errorf("recording change %d: %w", c.ID, err)
	}
	return store.ReadingsIn(w.store).Written(ctx, c)
}

// adopt binds a line that is right already, unless it is bound so, with the same seats behind it.
func (w *writer) adopt(ctx context.Context, c store.Change) error {
	bound := plan.BoundLine(w.given.lines[c.AgreementID], c.ProductID)
	written := bound.AdditionID == c.AdditionID && bound.Written.Valid && bound.Written.Decimal.Equal(c.After.Decimal)
	if written && slices.EqualFunc(bound.Shares, c.Shares, store.Share.Same) {
		return nil
	}
	if err := w.store.SaveLine(ctx, *w.lineOf(c)); err != nil {
		return fmt.Errorf("binding addition %d: %w", c.AdditionID, err)
	}
	return nil
}

// lineOf binds the change's addition, with the quantity it has now.
func (w *writer) lineOf(c store.Change) *store.Line {
	bound := plan.BoundLine(w.given.lines[c.AgreementID], c.ProductID)
	return &store.Line{
		AgreementID: c.AgreementID, ProductID: c.ProductID, Product: c.Product, AdditionID: c.AdditionID,
		Chosen:  bound.Chosen && bound.AdditionID == c.AdditionID,
		Created: c.Kind == store.KindCreate,
		Written: c.After, WrittenAt: w.now(), Shares: c.Shares,
		Read: c.After, ReadAt: w.now(), UnitPrice: c.UnitPrice, Currency: c.Currency,
	}
}
