package months

import (
	"time"

	"seatbridge/store"
)

// OpenMonth is a month whose sync was due and that no run has written.
type OpenMonth struct {
	Month     store.Month
	Overtaken bool // a later month's sync was due since, which has its place on the lines: nothing writes it by itself any more
}

// OpenMonths lists, of the months whose sync was due, those that no run has written, oldest first. One quantity stands on a line:
// that of the newest month. What an older one is short of reaches no invoice by being written and overwritten seconds later.
func OpenMonths(due []store.Month, written map[store.Month]bool) []OpenMonth {
	var open []OpenMonth
	for i, m := range due {
		if !written[m] {
			open = append(open, OpenMonth{Month: m, Overtaken: i < len(due)-1})
		}
	}
	return open
}

// TriedAgain says whether a month that no run has written is to be tried by now, after the last try at it: one that failed is, as soon
// as pause has passed. One in progress ends by itself, and one that a person cancelled is left to people.
func TriedAgain(last store.Run, now time.Time, pause time.Duration) bool {
	return last.Status == store.RunFailed && !now.Before(last.StartedAt.Add(pause))
}
