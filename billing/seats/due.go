package seats

import (
	"time"

	"seatbridge/store"
)

// dueAfter is when, after a month's end, its sync is due: 00:30:00 UTC on the first (guide, "Monthly usage data sync").
const dueAfter = 30 * time.Minute

// DueAt is when the monthly sync of m is due.
func DueAt(m store.Month) time.Time { return m.End().Add(dueAfter) }
