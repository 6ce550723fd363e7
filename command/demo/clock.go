package demo

import (
	"sync/atomic"
	"time"
)

// A Clock is the time that a demo lives in before it is served: it stands still until something takes time.
type Clock struct{ at atomic.Int64 }

// NewClock makes a clock that says a moment, to the second.
func NewClock(at time.Time) *Clock {
	c := &Clock{}
	c.at.Store(at.Truncate(time.Second).UnixNano())
	return c
}

// Now is the moment, in UTC.
func (c *Clock) Now() time.Time { return time.Unix(0, c.at.Load()).UTC() }

// After lets a time pass at once, as somebody does who waits for it.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	passed := make(chan time.Time, 1)
	passed <- time.Unix(0, c.at.Add(int64(max(d, 0)))).UTC()
	return passed
}

// until lets the time pass up to a moment. One that is over already changes nothing.
func (c *Clock) until(at time.Time) {
	if at.After(c.Now()) {
		c.at.Store(at.UnixNano())
	}
}
