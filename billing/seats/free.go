package seats

import (
	"fmt"
	"time"

	"seatbridge/store"
)

// BilledFrom says from when on an organization pays under a license: a trial when it ends, NFR never, all others at once, which
// is the zero time (docs/billing-rules.md section 1).
func BilledFrom(l store.License, trialEnds time.Time) (from time.Time, ever bool) {
	switch l {
	case store.NFR:
		return time.Time{}, false
	case store.Trial:
		return trialEnds, true
	}
	return time.Time{}, true
}

// Free says whether seats under a license are free in all of a month.
func Free(l store.License, trialEnds time.Time, m store.Month) bool {
	from, ever := BilledFrom(l, trialEnds)
	return !ever || !from.Before(m.End())
}

// BillReported is what to bill of seats that were reported under a license in force all month, and the note that says why it
// is not what was reported.
func BillReported(l store.License, seats int) (billable int, note string) {
	switch l {
	case store.NFR:
		return 0, fmt.Sprintf("Reported as NFR, which is free, with %d licenses.", seats)
	case store.Trial:
		return 0, fmt.Sprintf("Reported as a trial, which is free, with %d licenses.", seats)
	}
	return seats, ""
}
