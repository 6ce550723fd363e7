package run

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"seatbridge/billing/connect"
	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

const (
	// workers is how many agreements are worked on at once; the client paces their requests together.
	workers = 8
	// looks is how often an addition whose creation has an unknown outcome is looked for.
	looks = 3
)

// writer carries one run out.
type writer struct {
	store   *store.Store
	client  *connectwise.Client
	now     func() time.Time
	settle  time.Duration // how long ConnectWise may still act on a request of unknown outcome
	run     store.Run
	given   prepared
	breaker breaker

	mu        sync.Mutex
	postponed map[int]store.MappedAgreement
}

// carryOut does the run's work; the error is what ended it early.
func (rn *Runner) carryOut(ctx context.Context, run store.Run) error {
	client, err := rn.connect.Client(ctx)
	if err != nil {
		return err
	}
	given, err := rn.prepare(ctx, client, run)
	if err != nil {
		return err
	}
	w := &writer{store: rn.store, client: client, now: rn.now, settle: rn.settle, run: run, given: given}
	todo := given.todo
	for look := 1; len(todo) > 0; look++ {
		if err := w.processAll(ctx, todo); err != nil {
			return err
		}
		todo = nil
		for _, m := range w.postponed {
			todo = append(todo, m)
		}
		if look == looks {
			return nil // what is still unknown is recorded as such when the run is concluded
		}
		if len(todo) == 0 {
			return nil
		}
		if err := wait(ctx, rn.after(rn.settle)); err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, over <-chan time.Time) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-over:
		return nil
	}
}

// ending says that the run was cancelled, failed or is interrupted: what is not begun yet is left, and drive says why.
func ending(ctx context.Context) bool { return ctx.Err() != nil }

// processAll works on several agreements at once.
func (w *writer) processAll(ctx context.Context, todo []store.MappedAgreement) error {
	w.postponed = map[int]store.MappedAgreement{}
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, m := range todo {
		group.Go(func() error {
			if ending(each) {
				return nil
			}
			return w.process(each, m)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// process plans one agreement, writes the plan down and, unless this is a preview, carries it out.
// A failure of this agreement is recorded with it; the error is one that ends the run.
func (w *writer) process(ctx context.Context, m store.MappedAgreement) error {
	journal, err := w.store.AgreementChanges(ctx, w.run.ID, m.Agreement.ID)
	if err != nil {
		return fmt.Errorf("reading the journal of agreement %d: %w", m.Agreement.ID, err)
	}
	s := w.situation(m, journal)
	if s.Gone == "" && !plan.AnyUnknown(s.Wants) {
		if s.Additions, err = w.additions(ctx, m.Agreement.ID); err != nil {
			return w.fail(ctx, s, err)
		}
	}
	changes, unsettled, err := w.take(ctx, plan.Settle(w.look(m, w.plan(s), journal)))
	if err != nil {
		return err
	}
	if unsettled {
		w.postpone(m)
		return nil
	}
	changes, err = w.store.PlanAgreement(ctx, w.run.ID, m.Agreement.ID, changes)
	if err != nil {
		return fmt.Errorf("planning agreement %d: %w", m.Agreement.ID, err)
	}
	if !slices.ContainsFunc(changes, func(c store.Change) bool { return c.State == store.StatePlanned }) {
		w.breaker.inOrder() // nothing to write: that it could be read is all there is to tell
	}
	if !w.run.Preview {
		if done, err := w.writeAll(ctx, m, changes); err != nil || !done {
			return err
		}
	}
	return w.store.AddProcessed(context.WithoutCancel(ctx), w.run.ID, 1)
}

// plan decides what to do on one agreement, by the kind of the run.
func (w *writer) plan(s plan.Situation) []store.Change {
	switch w.run.Kind {
	case store.RunUndo:
		return plan.Undo(s, w.given.undo[s.Agreement.ID], w.given.later, w.given.today)
	case store.RunRelease:
		return plan.Release(s, w.given.today)
	}
	if s.MappedAt.IsZero() {
		return plan.Hold(plan.Release(s, w.given.today), false, w.given.policy) // its organizations are mapped elsewhere now
	}
	return plan.Plan(s, w.given.products, w.given.today, w.given.policy)
}

// situation gathers what is known of the agreement. What the journal says was wanted is still wanted:
// a run that goes on, or writes a preview, does not count anew.
func (w *writer) situation(m store.MappedAgreement, journal []store.Change) plan.Situation {
	id := m.Agreement.ID
	s := plan.Situation{
		Company: m.Company, Agreement: m.Agreement, Found: w.given.judged[id].found, Gone: w.given.judged[id].gone,
		Wants: w.given.wants[id], Lines: w.given.lines[id], MappedAt: m.MappedAt,
	}
	if len(journal) > 0 {
		s.Wants = plan.Wanted(journal)
	}
	return s
}

// look is what Settle has to know of the agreement.
func (w *writer) look(m store.MappedAgreement, planned, journal []store.Change) plan.Look {
	l := plan.Look{Plan: planned, Journal: journal, Applies: applies(w.run), Unknown: w.given.unknown, Settled: w.now().Add(-w.settle)}
	if w.run.Kind != store.RunUndo && w.run.Kind != store.RunRelease {
		l.Outdated = plan.Outdated(journal, m.OrganizationIDs, w.given.products)
	}
	return l
}

// take carries out what Settle decided. It returns what is to be planned; unsettled: nothing yet, because a
// creation of unknown outcome is too young for a missing addition to mean anything.
func (w *writer) take(ctx context.Context, steps []plan.Step) (changes []store.Change, unsettled bool, err error) {
	for _, s := range steps {
		switch s.Do {
		case plan.Wait:
			return nil, true, nil
		case plan.Finish:
			err = w.finish(ctx, s.Change)
		case plan.Replan:
			err = w.replan(ctx, s.Change)
		case plan.Enter:
			changes = append(changes, s.Change)
		}
		if err != nil {
			return nil, false, err
		}
	}
	return changes, false, nil
}

// replan takes back that a change was sent: ConnectWise does not have it, and only a planned one may be sent again.
func (w *writer) replan(ctx context.Context, c store.Change) error {
	c.State = store.StatePlanned
	if err := w.store.FinishChange(ctx, c, nil); err != nil {
		return fmt.Errorf("planning change %d again: %w", c.ID, err)
	}
	return nil
}

// postpone leaves an agreement for another look after the others.
func (w *writer) postpone(m store.MappedAgreement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.postponed[m.Agreement.ID] = m
}

// fail records that the agreement could not be read.
func (w *writer) fail(ctx context.Context, s plan.Situation, cause error) error {
	if ending(ctx) {
		return nil
	}
	if fatal(cause) {
		return cause
	}
	changes := w.unread(s)
	for i := range changes {
		c := &changes[i]
		c.Kind, c.State, c.Problem = store.KindNone, store.StateFailed, connect.ProblemOf(cause)
		c.Reason = "The agreement's additions could not be read."
	}
	if _, err := w.store.PlanAgreement(ctx, w.run.ID, s.Agreement.ID, changes); err != nil {
		return fmt.Errorf("recording agreement %d: %w", s.Agreement.ID, err)
	}
	if err := w.store.AddProcessed(ctx, w.run.ID, 1); err != nil {
		return err
	}
	return w.breaker.lost(cause)
}

// unread names the lines of an agreement whose additions could not be read: what was to be billed there
// or, when that is nothing, every product, because a line that should go to 0 may be there.
func (w *writer) unread(s plan.Situation) []store.Change {
	var changes []store.Change
	for _, written := range w.given.undo[s.Agreement.ID] {
		c := plan.NewChange(s, plan.MappedProduct{Plan: written.Plan, ID: written.ProductID, Identifier: written.Product})
		c.AdditionID, c.After = written.AdditionID, written.Before
		changes = append(changes, c)
	}
	if w.run.Kind == store.RunUndo {
		return changes
	}
	nothing := true
	for _, p := range w.given.products {
		nothing = nothing && len(s.Wants[p.Plan].Shares) == 0
	}
	for _, p := range w.given.products {
		if want := s.Wants[p.Plan]; nothing || len(want.Shares) > 0 {
			c := plan.NewChange(s, p)
			c.Shares, c.After = want.Shares, decimal.NewNullDecimal(decimal.NewFromInt(int64(want.Seats)))
			changes = append(changes, c)
		}
	}
	return changes
}
