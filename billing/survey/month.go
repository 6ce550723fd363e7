package survey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// AgainstMonth refuses to write a whole month that is not over, or that would overwrite a later one without having been told to. The
// monthly job's month is the newest that is over, and a retry leaves alone what a later run has looked at.
func AgainstMonth(ctx context.Context, s *store.Store, r store.Run, overwrite bool, now time.Time) error {
	asked := r.Kind == store.RunManual || r.Kind == store.RunCommand
	if !asked || !r.AsOf.IsZero() {
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
