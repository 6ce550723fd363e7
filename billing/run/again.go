package run

import (
	"context"
	"fmt"
	"math"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/survey"
	"seatbridge/store"
)

// SyncMonth is the request to write a month that is over, as a whole, once more: on some agreements, with what belongs together with
// them, or with nil on all. Whoever starts it is refused with an *problem.Invalid for a month that is not over, and unless Overwrite is
// set, for one older than what a run has written on these lines since.
func (rn *Runner) SyncMonth(m store.Month, only []int, preview bool) Request {
	return Request{Kind: store.RunManual, Period: seats.WholeMonth(m), Only: only, Preview: preview}
}

// LeaveOut is a request about all that is mapped without some agreements, nor what belongs together with them. Where nothing is left,
// the error is an *problem.Invalid.
func (m Months) LeaveOut(ctx context.Context, r Request, left []int) (_ Request, err error) {
	r.Only, err = survey.Without(ctx, m.rn.store, left)
	return r, err
}

// refuseOvertaken refuses to retry a run of which nothing is left: later runs have looked at all that it did not write.
func refuseOvertaken(ctx context.Context, s *store.Store, run store.Run) error {
	o, err := store.JournalIn(s).OvertakenOf(ctx, run.ID)
	if err != nil || o.Later == 0 {
		return err
	}
	lines, err := store.ReadingsIn(s).Lines(ctx)
	if err != nil {
		return err
	}
	left, err := readScope(ctx, s, store.Run{ID: math.MaxInt64, Kind: store.RunRetry, Of: run.ID}, lines)
	if err != nil || len(left.agreements) > 0 {
		return err
	}
	return &problem.Invalid{Fields: problem.Fields{"run": fmt.Sprintf(
		"Run %d has looked since at what run %d did not write, so nothing of it is left "+
			"to retry. To write %s on these lines all the same, sync it again.", o.By, run.ID, seats.Period{Month: run.Month, AsOf: run.AsOf})}}
}
