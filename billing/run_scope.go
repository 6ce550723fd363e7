package billing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// A scope is the agreements that a run is about and, for an undo, what became of their lines.
type scope struct {
	agreements []store.MappedAgreement
	undo       map[int][]store.Change // by agreement: what the run to undo wrote
	later      map[int]bool           // additions that runs after the one to undo have written
}

// readScope finds out what the run is about.
func readScope(ctx context.Context, s *store.Store, run store.Run) (scope, error) {
	switch run.Kind {
	case store.RunUndo:
		return undoScope(ctx, s, run)
	case store.RunRelease:
		return releaseScope(ctx, s, run)
	}
	mapped, err := s.MappedAgreements(ctx)
	if err != nil {
		return scope{}, fmt.Errorf("reading mappings: %w", err)
	}
	released, err := s.ReleasedAgreements(ctx)
	if err != nil {
		return scope{}, fmt.Errorf("reading lines to release: %w", err)
	}
	include := func(id int) bool { return run.Agreement == 0 || id == run.Agreement }
	if run.Kind == store.RunRetry {
		if include, err = toRetry(ctx, s, run); err != nil {
			return scope{}, err
		}
	}
	mapped = slices.DeleteFunc(append(mapped, released...), func(m store.MappedAgreement) bool { return !include(m.Agreement.ID) })
	return scope{agreements: mapped}, nil
}

// toRetry says which agreements a run has to look at that retries another: those that it did not settle.
func toRetry(ctx context.Context, s *store.Store, run store.Run) (func(id int) bool, error) {
	of, err := s.Run(ctx, run.Of)
	if err != nil {
		return nil, fmt.Errorf("reading run %d: %w", run.Of, err)
	}
	settled, err := changesOf(ctx, s, run.Of, store.StateWritten, store.StateUnchanged, store.StateHeld, store.StateRejected)
	if err != nil {
		return nil, err
	}
	later, err := s.LookedAtBetween(ctx, run.Of, run.ID)
	if err != nil {
		return nil, err
	}
	missed, err := changesOf(ctx, s, run.Of, store.StateFailed, store.StateUnknown, store.StateCancelled, store.StateStale,
		store.StateBlocked, store.StateConflict, store.StateSkipped)
	if err != nil {
		return nil, err
	}
	givenUp := of.Status == store.RunFailed || of.Status == store.RunCancelled
	return func(id int) bool {
		notReached := givenUp && settled[id] == nil && (of.Agreement == 0 || of.Agreement == id)
		return !later[id] && (missed[id] != nil || notReached)
	}, nil
}

// changesOf is what a run that is undone or retried did, by agreement.
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
	undo, err := changesOf(ctx, s, run.Of, store.StateWritten)
	if err != nil {
		return scope{}, err
	}
	later, err := s.WrittenAfter(ctx, run.Of, run.ID)
	if err != nil {
		return scope{}, err
	}
	var agreements []store.MappedAgreement
	for id, written := range undo {
		agreements = append(agreements, store.MappedAgreement{
			Agreement: store.Agreement{ID: id, CompanyID: written[0].CompanyID, Name: written[0].Agreement},
			Company:   store.Company{ID: written[0].CompanyID, Name: written[0].Company},
		})
	}
	slices.SortFunc(agreements, func(a, b store.MappedAgreement) int { return cmp.Compare(a.Agreement.ID, b.Agreement.ID) })
	return scope{agreements, undo, later}, nil
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
	if slices.ContainsFunc(mappings, func(m store.Mapping) bool { return m.AgreementID == agreement.ID }) {
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
	wants map[int]map[store.Plan]Want // by agreement
}

// task finds out what is left to do of what the run is about, and sets the progress counters accordingly.
func (b *Bridge) task(ctx context.Context, run store.Run, mapped []store.MappedAgreement) (task, error) {
	usages, err := b.Usage(ctx, seats.Period{Month: run.Month, AsOf: run.AsOf}, mappedOrganizations(mapped))
	if err != nil {
		return task{}, err
	}
	open, err := b.store.OpenAgreements(ctx, run.ID)
	if err != nil {
		return task{}, fmt.Errorf("reading the journal: %w", err)
	}
	t := task{wants: map[int]map[store.Plan]Want{}}
	for _, m := range mapped {
		isOpen, known := open[m.Agreement.ID]
		if known && !isOpen || !known && applies(run) {
			continue
		}
		t.todo = append(t.todo, m)
		t.wants[m.Agreement.ID] = Wants(pick(usages, m.OrganizationIDs))
	}
	if !applies(run) {
		run.Total = len(mapped)
	}
	if err := b.store.UpdateRun(ctx, run); err != nil {
		return task{}, fmt.Errorf("noting the size of run %d: %w", run.ID, err)
	}
	done := run.Total - len(t.todo)
	return t, b.store.AddProcessed(ctx, run.ID, done-run.Processed)
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

func pick(usages map[int64]seats.Usage, ids []int64) []seats.Usage {
	picked := make([]seats.Usage, 0, len(ids))
	for _, id := range ids {
		picked = append(picked, usages[id])
	}
	return picked
}
