package run

import (
	"context"
	"fmt"
	"slices"

	"seatbridge/billing/connect"
	"seatbridge/billing/plan"
	"seatbridge/billing/settle"
	"seatbridge/billing/units"
	"seatbridge/store"
)

// A unit is the agreements that belong together, of those that are left to do, in the order of their ids: mostly one. They are
// read, held, journalled and written together.
type unit []store.MappedAgreement

// readUnits adds to what moves between agreements now what the run planned together when it began, and finds out of which units
// the run wrote a part only.
func readUnits(ctx context.Context, s *store.Store, run store.Run, p *prepared) error {
	p.halves = map[int]bool{}
	var journal []store.Change
	for c, err := range s.EachChange(ctx, store.ChangeFilter{RunID: run.ID}) {
		if err != nil {
			return fmt.Errorf("reading the journal of run %d: %w", run.ID, err)
		}
		journal = append(journal, c)
	}
	p.units = units.Joined(p.units, units.OfJournal(journal))
	for _, c := range journal {
		if plan.Unwritten(c) {
			p.halves[p.lowest(c.AgreementID)] = true
		}
	}
	return nil
}

// lowest is the lowest agreement of those that one belongs together with.
func (p prepared) lowest(agreementID int) int {
	if lowest, known := p.units[agreementID]; known {
		return lowest
	}
	return agreementID
}

// todoUnits is what is left to do, by what belongs together.
func (p prepared) todoUnits() []unit {
	var todo []unit
	for _, g := range units.Grouped(p.todo, p.units) {
		todo = append(todo, g)
	}
	return todo
}

// foresee is what the run as a whole would lower. What is undone or released was asked for.
func (p prepared) foresee(run store.Run) plan.Falls {
	if !run.Kind.Syncs() {
		return plan.Falls{}
	}
	var all []plan.Outlook
	for _, m := range p.agreements {
		id := m.Agreement.ID
		if plan.OnlyLookedAt(m.MappedAt, p.lines[id]) {
			continue
		}
		all = append(all, plan.Outlook{Unit: p.lowest(id), Lines: p.lines[id], Wants: p.wants[id]})
	}
	return plan.Foresee(all, p.products, p.policy.Holds)
}

// process plans what belongs together, writes the plan down and, unless this is a preview, carries it out. A failure of its own
// is recorded with it; the error is one that ends the run.
func (w *writer) process(ctx context.Context, u unit) error {
	parts, journals, err := w.read(ctx, u)
	if err != nil || parts == nil {
		return err
	}
	w.hold(parts)
	steps := w.settleUnit(u, parts, journals)
	if slices.ContainsFunc(steps, func(of []settle.Step) bool { return len(of) > 0 && of[0].Do == settle.Wait }) {
		w.postpone(u)
		return nil
	}
	changes, err := w.enter(ctx, u, parts, steps)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(changes, func(c store.Change) bool { return c.State == store.StatePlanned }) {
		w.breaker.InOrder() // nothing to write: that it could be read is all there is to tell
	}
	if !w.run.Preview && !w.given.halves[w.given.lowest(u[0].Agreement.ID)] {
		if done, err := w.writeAll(ctx, u, changes); err != nil || !done {
			return err
		}
	}
	return w.store.AddProcessed(context.WithoutCancel(ctx), w.run.ID, len(u))
}

// read gathers what there is on each agreement, with what the run's journal says of it. No parts: they could not all be read,
// which is recorded.
func (w *writer) read(ctx context.Context, u unit) (parts []plan.Part, journals [][]store.Change, err error) {
	for _, m := range u {
		journal, err := w.store.AgreementChanges(ctx, w.run.ID, m.Agreement.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the journal of agreement %d: %w", m.Agreement.ID, err)
		}
		parts, journals = append(parts, plan.Part{Situation: w.situation(m, journal)}), append(journals, journal)
	}
	for i := range parts {
		s := &parts[i].Situation
		if parts[i].Changes, err = w.survey(ctx, s, journals[i]); err != nil {
			return nil, nil, w.fail(ctx, parts, s.Agreement.ID, err)
		}
	}
	return parts, journals, nil
}

// hold decides what waits for a person. What a person asked to be undone or set to 0 waits only where it would be half a move.
func (w *writer) hold(parts []plan.Part) {
	policy := w.given.policy
	if !w.run.Kind.Syncs() {
		policy = plan.Policy{}
	}
	if w.run.Kind == store.RunSettle {
		return // nothing moves between lines that are billed once
	}
	plan.Hold(parts, w.given.falls, policy)
}

// settleUnit squares the plan of each agreement with its journal, and then with that of the others.
func (w *writer) settleUnit(u unit, parts []plan.Part, journals [][]store.Change) [][]settle.Step {
	looks, steps := make([]settle.Look, len(u)), make([][]settle.Step, len(u))
	for i, m := range u {
		looks[i] = w.look(m, parts[i], journals[i])
		steps[i] = settle.Settle(looks[i])
	}
	return settle.Rejoin(looks, steps)
}

// enter carries out what Settle decided, puts what is to be planned into the journal and keeps what reading said.
func (w *writer) enter(ctx context.Context, u unit, parts []plan.Part, steps [][]settle.Step) (rows []store.Change, err error) {
	planned := make([][]store.Change, len(u))
	for i := range u {
		if planned[i], err = w.take(ctx, steps[i]); err != nil {
			return nil, err
		}
	}
	return w.journal(ctx, u, planned, func(s *store.Store) error { return w.keep(ctx, s, parts) })
}

// journal puts the changes of each agreement into the run's journal together with what else there is to keep, all or none, and
// returns its rows as they are now.
func (w *writer) journal(
	ctx context.Context, u unit, changes [][]store.Change, with func(*store.Store) error,
) (rows []store.Change, err error) {
	together := w.given.lowest(u[0].Agreement.ID)
	err = w.store.Together(ctx, fmt.Sprintf("planning agreement %d", together), func(s *store.Store) error {
		for i, m := range u {
			for j := range changes[i] {
				changes[i][j].Together = together
			}
			entered, err := s.PlanAgreement(ctx, w.run.ID, m.Agreement.ID, changes[i])
			if err != nil {
				return fmt.Errorf("planning agreement %d: %w", m.Agreement.ID, err)
			}
			if err := w.noteMissed(ctx, s, m.Agreement.ID); err != nil {
				return fmt.Errorf("planning agreement %d: %w", m.Agreement.ID, err)
			}
			rows = append(rows, entered...)
		}
		return with(s)
	})
	return rows, err
}

// fail records that an agreement could not be read, and with it none of those that it belongs together with.
func (w *writer) fail(ctx context.Context, parts []plan.Part, unreadable int, cause error) error {
	if ending(ctx) {
		return nil
	}
	if fatal(cause) {
		return cause
	}
	var u unit
	changes := make([][]store.Change, len(parts))
	for i, p := range parts {
		u = append(u, store.MappedAgreement{Agreement: p.Situation.Agreement})
		changes[i] = w.unread(p.Situation)
		for j := range changes[i] {
			c := &changes[i][j]
			c.Kind, c.State, c.Problem = store.KindNone, store.StateFailed, connect.ProblemOf(cause)
			c.Reason = "The agreement's additions could not be read."
			if c.AgreementID != unreadable {
				c.Reason = "The additions of an agreement that seats move from or to could not be read."
			}
		}
	}
	if _, err := w.journal(ctx, u, changes, func(*store.Store) error { return nil }); err != nil {
		return err
	}
	if err := w.store.AddProcessed(ctx, w.run.ID, len(parts)); err != nil {
		return err
	}
	return w.breaker.Lost(cause)
}
