package seats

import (
	"time"

	"seatbridge/store"
)

// Pauses are the times in which Seatbridge only compared, oldest first.
type Pauses []store.Comparing

// ByItself says whether a sync that was due at a moment begins by itself: a comparison where the pause that goes on had begun, otherwise
// one that was due since writing was switched on. What was due before is left to people: the first writes are looked at.
func (p Pauses) ByItself(at time.Time) bool {
	if len(p) == 0 {
		return true
	}
	last := p[len(p)-1]
	if last.On() {
		return !at.Before(last.Since)
	}
	return !at.Before(last.Until)
}
