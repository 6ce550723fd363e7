package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"seatbridge/billing/plan"
	"seatbridge/billing/seats"
	"seatbridge/billing/units"
	"seatbridge/store"
)

// A scope is the agreements that a run is about and, for an undo, what became of their lines.
type scope struct {
	agreements []store.MappedAgreement
	units      map[int]int            // by agreement: the lowest of those that it belongs together with
	named      map[int][]store.Change // by agreement: what the run to undo wrote, or what the run puts on the next invoice
	later      map[int]bool           // additions that runs after the one to undo have written
}

// readScope finds out what the run is about. lines are the bound additions by agreement.
func readScope(ctx context.Context, s *store.Store, run store.Run, lines map[int][]store.Line) (scope, error) {
	switch run.Kind {
	case store.RunUndo:
		return undoScope(ctx, s, run)
	case store.RunSettle:
		chosen, err := changesOf(ctx, s, run.ID)
		return namedScope(chosen), err
	case store.RunRelease:
		return releaseScope(ctx, s, run)
	}
	all, err := store.ReadingsIn(s).Agreements(ctx)
	if err != nil {
		return scope{}, err
	}
	of, err := readRetried(ctx, s, run)
	if err != nil {
		return scope{}, err
	}
	together := units.Of(all, lines)
	included := plan.IncludedTogether(run, together, of.attempt)
	others := func(m store.MappedAgreement) bool { return !included[m.Agreement.ID] }
	return scope{agreements: slices.DeleteFunc(all, others), units: together}, nil
}

// retried is the run that another one retries, and what became of its agreements.
type retried struct {
	run                    store.Run
	missed, settled, later map[int]bool
}

func (r retried) attempt(agreementID int) plan.Attempt {
	return plan.Attempt{Run: r.run, Missed: r.missed[agreementID], Settled: r.settled[agreementID], Later: r.later[agreementID]}
}

// readRetried reads what a run retries; one that retries nothing has nothing before it.
func readRetried(ctx context.Context, s *store.Store, run store.Run) (retried, error) {
	if run.Kind != store.RunRetry {
		return retried{}, nil
	}
	of, err := s.Run(ctx, run.Of)
	if err != nil {
		return retried{}, fmt.Errorf("reading run %d: %w", run.Of, err)
	}
	r := retried{run: of, missed: map[int]bool{}, settled: map[int]bool{}}
	for c, err := range s.EachChange(ctx, store.ChangeFilter{RunID: run.Of}) {
		if err != nil {
			return retried{}, fmt.Errorf("reading run %d: %w", run.Of, err)
		}
		r.missed[c.AgreementID] = r.missed[c.AgreementID] || plan.Missed(c.State)
		r.settled[c.AgreementID] = r.settled[c.AgreementID] || c.State.Final() && !plan.Missed(c.State)
	}
	r.later, err = s.LookedAtBetween(ctx, run.Of, run.ID)
	return r, err
}

// changesOf is a run's changes of some states, or all, by agreement.
func changesOf(ctx context.Context, s *store.Store, runID int64, states ...store.ChangeState) (map[int][]store.Change, error) {
	changes := map[int][]store.Change{}
	for c, err := range s.EachChange(ctx, store.ChangeFilter{RunID: runID, States: states}) {
		if err != nil {
			return nil, fmt.Errorf("reading run %d: %w", runID, err)
		}
		changes[c.AgreementID] = append(changes[c.AgreementID], c)
	}
	return changes, nil
}

func undoScope(ctx context.Context, s *store.Store, run store.Run) (scope, error) {
	written, err := changesOf(ctx, s, run.Of, store.StateWritten)
	if err != nil {
		return scope{}, err
	}
	of := namedScope(written)
	of.later, err = s.WrittenAfter(ctx, run.Of, run.ID)
	return of, err
}

// namedScope is about the agreements of changes that a person named.
func namedScope(named map[int][]store.Change) scope {
	of := scope{units: map[int]int{}, named: named}
	for id, changes := range named {
		c := changes[0]
		of.units[id] = c.Together
		of.agreements = append(of.agreements, store.MappedAgreement{
			Agreement: store.Agreement{ID: id, CompanyID: c.CompanyID, Name: c.Agreement},
			Company:   store.Company{ID: c.CompanyID, Name: c.Company},
		})
	}
	slices.SortFunc(of.agreements, func(a, b store.MappedAgreement) int { return cmp.Compare(a.Agreement.ID, b.Agreement.ID) })
	return of
}

func releaseScope(ctx context.Context, s *store.Store, run store.Run) (scope, error) {
	agreement, err := s.Agreement(ctx, run.Agreement)
	if err != nil {
		return scope{}, fmt.Errorf("reading agreement %d: %w", run.Agreement, err)
	}
	mappings, err := s.Mappings(ctx)
	if err != nil {
		return scope{}, fmt.Errorf("reading mappings: %w", err)
	}
	isMapped := slices.ContainsFunc(mappings, func(m store.Mapping) bool { return m.AgreementID == agreement.ID })
	if isMapped && run.Addition == 0 {
		return scope{}, nil // mapped again: its seats are a sync's
	}
	company, err := s.Company(ctx, agreement.CompanyID)
	if err != nil {
		return scope{}, fmt.Errorf("reading company %d: %w", agreement.CompanyID, err)
	}
	return scope{agreements: []store.MappedAgreement{{Agreement: agreement, Company: company}}}, nil
}

// A task is the agreements that a run has to work on yet, with what it wants of them.
type task struct {
	todo  []store.MappedAgreement
	wants map[int]map[store.Plan]plan.Want // by agreement, of all that the run is about
}

// task finds out what is left to do of what the run is about, and sets the progress counters accordingly.
func (rn *Runner) task(ctx context.Context, run store.Run, mapped []store.MappedAgreement) (task, error) {
	usages, err := rn.figures.Usage(ctx, seats.Period{Month: run.Month, AsOf: run.AsOf}, mappedOrganizations(mapped))
	if err != nil {
		return task{}, err
	}
	open, err := rn.store.OpenAgreements(ctx, run.ID)
	if err != nil {
		return task{}, fmt.Errorf("reading the journal: %w", err)
	}
	t := task{wants: map[int]map[store.Plan]plan.Want{}}
	for _, m := range mapped {
		t.wants[m.Agreement.ID] = plan.WantsOf(m, usages)
		isOpen, known := open[m.Agreement.ID]
		if known && !isOpen || !known && applies(run) {
			continue
		}
		t.todo = append(t.todo, m)
	}
	if !applies(run) {
		run.Total = len(mapped)
	}
	if err := rn.store.UpdateRun(ctx, run); err != nil {
		return task{}, fmt.Errorf("noting the size of run %d: %w", run.ID, err)
	}
	done := run.Total - len(t.todo)
	return t, rn.store.AddProcessed(ctx, run.ID, done-run.Processed)
}

// applies says whether the run writes a preview: then what was shown is all that is written.
func applies(run store.Run) bool { return !run.Preview && !run.PlannedAt.IsZero() }

func mappedOrganizations(mapped []store.MappedAgreement) []int64 {
	ids := []int64{}
	for _, m := range mapped {
		ids = append(ids, m.OrganizationIDs...)
	}
	return ids
}
