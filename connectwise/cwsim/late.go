package cwsim

import (
	"slices"
	"time"
)

// lateEffect is a call that takes effect after its caller was answered or has left: the backend goes on. It happens by
// the instance's clock and at no look before that, so that a test with a synthetic clock always finds the same.
type lateEffect struct {
	x      *exchange
	due    time.Time
	done   bool
	answer answer // the instance's, once it is done
}

// postpone lets a call take effect later. The caller holds the lock.
func (x *exchange) postpone(wait time.Duration) *lateEffect {
	if wait == 0 {
		wait = defaultSlowness
	}
	e := &lateEffect{x: x, due: x.sim.now().Add(wait)}
	x.sim.late = append(x.sim.late, e)
	return e
}

// lock locks the instance and lets happen what is due by now.
func (s *Sim) lock() {
	s.mu.Lock()
	for len(s.late) > 0 {
		next := slices.MinFunc(s.late, func(a, b *lateEffect) int { return a.due.Compare(b.due) })
		if next.due.After(s.now()) {
			return
		}
		next.happen()
	}
}

// happen carries the call out as of its own time. The caller holds the lock.
func (e *lateEffect) happen() {
	s := e.x.sim
	s.late = slices.DeleteFunc(s.late, func(other *lateEffect) bool { return other == e })
	now := s.clock
	if due := e.due; now().After(due) {
		s.clock = func() time.Time { return due }
	}
	e.answer, e.done = s.instance(e.x), true
	s.clock = now
}

// haunt begins a Ghost: the effect is on its way, whatever becomes of the caller.
func (x *exchange) haunt() {
	f, hit := x.fault(Ghost)
	if !hit {
		return
	}
	x.sim.lock()
	defer x.sim.mu.Unlock()
	x.ghost = x.postpone(f.Wait)
}

// finishGhost is the answer to a caller who has waited for it. The caller holds the lock.
func (x *exchange) finishGhost() answer {
	if !x.ghost.done {
		x.ghost.happen()
	}
	return x.ghost.answer
}
