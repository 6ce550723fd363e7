package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// SyncMonth is the request to write a month that is over, as a whole, once more: on some agreements, with what belongs together with
// them, or with nil on all. Whoever starts it is refused with an *problem.Invalid for a month that is not over, and unless Overwrite is
// set, for one older than what a run has written on these lines since.
func (rn *Runner) SyncMonth(m store.Month, only []int, preview bool) Request {
	return Request{Kind: store.RunManual, Period: seats.WholeMonth(m), Only: only, Preview: preview}
}

// refuseMonth refuses to write a whole month that is not over, or that would overwrite a later one without having been told to. The
// monthly job's month is the newest that is over, and a retry leaves alone what a later run has looked at.
func refuseMonth(ctx context.Context, s *store.Store, r Request, now time.Time) error {
	asked := r.Kind == store.RunManual || r.Kind == store.RunCommand
	if !asked || !r.Period.AsOf.IsZero() {
		return nil
	}
	m, only := r.Period.Month, r.Only
	if now.Before(m.End()) {
		return &problem.Invalid{Fields: problem.Fields{"month": fmt.Sprintf("%s is not over: Sync now writes it, so far.", m)}}
	}
	if r.Overwrite {
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
