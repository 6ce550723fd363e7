package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"seatbridge/billing/background"
	"seatbridge/billing/connect"
	"seatbridge/billing/plan"
	"seatbridge/billing/settle"
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
	run     store.Run
	given   prepared
	breaker connect.Breaker

	mu         sync.Mutex
	postponed  []unit
	unreliable map[int]bool           // agreements whose list of additions is not the whole one
	missed     map[int][]store.Change // by agreement: what earlier runs sent and this one did not find
}

// carryOut does the run's work; the error is what ended it early.
func (rn *Runner) carryOut(ctx context.Context, run store.Run) error {
	integration, err := rn.store.Integration(ctx) // before the client: one that is made for a later connection is noticed
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("reading the integration: %w", err)
	}
	client, err := rn.connect.Client(ctx)
	if err != nil {
		return err
	}
	given, err := rn.prepare(ctx, client, run)
	if err != nil {
		return err
	}
	given.connectedAt = integration.ConnectedAt
	w := &writer{
		store: rn.store, client: client, now: rn.now, run: run, given: given, breaker: connect.Breaker{Fatal: fatal},
		unreliable: map[int]bool{}, missed: map[int][]store.Change{},
	}
	todo := given.todoUnits()
	for look := 1; len(todo) > 0; look++ {
		if err := w.processAll(ctx, todo); err != nil {
			return err
		}
		todo = w.postponed
		if look == looks {
			return nil // what is still unknown is recorded as such when the run is concluded
		}
		if len(todo) == 0 {
			return nil
		}
		if err := background.Wait(ctx, rn.after(rn.settle)); err != nil {
			return err
		}
	}
	return nil
}

// fatal says whether every further request would fail the same way.
func fatal(err error) bool {
	return connect.Fatal(err) || errors.Is(err, errListsLie)
}

// ending says that the run was cancelled, failed or is interrupted: what is not begun yet is left, and drive says why.
func ending(ctx context.Context) bool { return ctx.Err() != nil }

// processAll works on several agreements at once.
func (w *writer) processAll(ctx context.Context, todo []unit) error {
	w.postponed = nil
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, u := range todo {
		group.Go(func() error {
			if ending(each) {
				return nil
			}
			return w.process(each, u)
		})
	}
	return group.Wait()
}

// plan decides what to do on one agreement, by the kind of the run.
func (w *writer) plan(s plan.Situation) []store.Change {
	switch w.run.Kind {
	case store.RunUndo:
		return plan.Undo(s, w.given.named[s.Agreement.ID], w.given.later, w.given.today)
	case store.RunSettle:
		return plan.Once(s, w.given.named[s.Agreement.ID], w.given.products)
	case store.RunRelease:
		return plan.Released(s, w.run.Addition, w.given.today)
	}
	switch {
	case plan.OnlyLookedAt(s.MappedAt, s.Lines):
		return nil
	case s.MappedAt.IsZero():
		return plan.Release(s, w.given.today) // its organizations are mapped elsewhere now
	}
	return plan.Plan(s, w.given.products, w.given.today)
}

// situation gathers what is known of the agreement. What the journal says was wanted is still wanted:
// a run that goes on, or writes a preview, does not count anew.
func (w *writer) situation(m store.MappedAgreement, journal []store.Change) plan.Situation {
	id := m.Agreement.ID
	s := plan.Situation{
		Company: m.Company, Agreement: m.Agreement, Found: w.given.judged[id].Found,
		Gone: w.given.judged[id].Gone, GoneDo: w.given.judged[id].Do,
		Wants: w.given.wants[id], Lines: w.given.lines[id], MappedAt: m.MappedAt, Once: w.given.once[id],
	}
	if len(journal) > 0 {
		s.Wants = plan.Wanted(journal)
	}
	return w.recall(m, s)
}

// look is what Settle has to know of the agreement.
func (w *writer) look(m store.MappedAgreement, p plan.Part, journal []store.Change) settle.Look {
	l := settle.Look{
		Plan: p.Changes, Journal: journal, Applies: applies(w.run), Additions: p.Situation.Additions, Lines: p.Situation.Lines,
	}
	if w.run.Kind.Syncs() {
		l.Outdated = settle.Outdated(journal, m.OrganizationIDs, w.given.products)
	}
	return l
}

// take carries out what Settle decided. It returns what is to be planned.
func (w *writer) take(ctx context.Context, steps []settle.Step) (changes []store.Change, err error) {
	for _, s := range steps {
		switch s.Do {
		case settle.Finish:
			err = w.finish(ctx, s.Change)
		case settle.Replan:
			err = w.replan(ctx, s.Change)
		case settle.Enter:
			changes = append(changes, s.Change)
		}
		if err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// replan takes back that a change was sent: ConnectWise does not have it, and only a planned one may be sent again.
func (w *writer) replan(ctx context.Context, c store.Change) error {
	c.State = store.StatePlanned
	if err := w.store.FinishChange(ctx, c, nil); err != nil {
		return fmt.Errorf("planning change %d again: %w", c.ID, err)
	}
	return nil
}

// postpone leaves agreements that belong together for another look after the others.
func (w *writer) postpone(u unit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.postponed = append(w.postponed, u)
}

// unread names the lines of an agreement whose additions could not be read: what was to be billed there
// or, when that is nothing, every product, because a line that should go to 0 may be there.
func (w *writer) unread(s plan.Situation) []store.Change {
	var changes []store.Change
	for _, written := range w.given.named[s.Agreement.ID] {
		c := plan.NewChange(s, plan.MappedProduct{Plan: written.Plan, ID: written.ProductID, Identifier: written.Product})
		c.AdditionID, c.After, c.CancelledDate = written.AdditionID, written.Before, written.CancelledDate
		if w.run.Kind == store.RunSettle {
			c = written
		}
		changes = append(changes, c)
	}
	if !w.run.Kind.Syncs() && w.run.Kind != store.RunRelease {
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
