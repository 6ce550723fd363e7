package seats

import (
	"slices"
	"time"

	"seatbridge/store"
)

// Pauses are the times in which Seatbridge only compared, oldest first.
type Pauses []store.Comparing

// Took says that a moment lies within one: a sync that was due then was people's, who bill by hand meanwhile.
func (p Pauses) Took(at time.Time) bool {
	return slices.ContainsFunc(p, func(c store.Comparing) bool {
		return !at.Before(c.Since) && (c.Until.IsZero() || at.Before(c.Until))
	})
}

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
