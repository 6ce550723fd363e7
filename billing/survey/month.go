package survey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/units"
	"seatbridge/store"
)

// AgainstMonth refuses to write a whole month that is not over, or that would overwrite a later one without having been told to. The
// monthly job's month is the newest that is over, and a retry leaves alone what a later run has looked at.
func AgainstMonth(ctx context.Context, s *store.Store, r store.Run, overwrite bool, now time.Time) error {
	asked := r.Kind == store.RunManual || r.Kind == store.RunCommand
	if !asked || r.Compares || !r.AsOf.IsZero() {
		return nil
	}
	m, only := r.Month, r.Only
	if now.Before(m.End()) {
		return &problem.Invalid{Fields: problem.Fields{"month": fmt.Sprintf("%s is not over: Sync now writes it, so far.", m)}}
	}
	if overwrite {
		return nil
	}
	if r.Agreement != 0 {
		only = []int{r.Agreement}
	}
	newer, err := store.JournalIn(s).NewestAfter(ctx, m, only)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return &problem.Invalid{Fields: problem.Fields{"overwrite": fmt.Sprintf("Run %d has written %s on these lines, and %s would overwrite it.",
		newer.ID, seats.Period{Month: newer.Month, AsOf: newer.AsOf}, m)}}
}

// Without is the agreements that a sync is about without some, nor what belongs together with them. Where nothing is left, the error
// is an *problem.Invalid.
func Without(ctx context.Context, s *store.Store, left []int) ([]int, error) {
	lines, err := store.ReadingsIn(s).Lines(ctx)
	if err != nil {
		return nil, err
	}
	all, err := store.ReadingsIn(s).Agreements(ctx)
	if err != nil {
		return nil, err
	}
	only := plan.LeavingOut(units.Of(all, lines), left)
	if len(only) == 0 {
		return nil, &problem.Invalid{Fields: problem.Fields{"leave": "Nothing is left to sync: every line was to be left as it is."}}
	}
	return only, nil
}
