package run

import (
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// SyncMonth is the request to write a month that is over, as a whole, once more: on some agreements, with what belongs together with
// them, or with nil on all. Whoever starts it is refused with an *problem.Invalid for a month that is not over, and unless Overwrite is
// set, for one older than what a run has written on these lines since.
func (rn *Runner) SyncMonth(m store.Month, only []int, preview bool) Request {
	return Request{Kind: store.RunManual, Period: seats.WholeMonth(m), Only: only, Preview: preview}
}
