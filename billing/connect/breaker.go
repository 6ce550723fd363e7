package connect

import (
	"errors"
	"sync"

	"seatbridge/connectwise"
)

// maxFailures is how many agreements in a row may fail for a reason that is not their own before the
// run gives up.
const maxFailures = 5

// A Breaker ends a run whose agreements fail one after the other.
type Breaker struct {
	Fatal    func(error) bool // says whether every further request would fail the same way
	mu       sync.Mutex
	failures int // agreements in a row
}

// Lost counts agreements that failed in a row for a reason beyond them; cause nil starts over. Too
// many, or one that will fail them all, ends the run.
func (b *Breaker) Lost(cause error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case cause == nil:
		b.failures = 0
	case b.Fatal(cause):
		return cause
	case Ambiguous(cause) || errors.Is(cause, connectwise.ErrForbidden) ||
		errors.Is(cause, connectwise.ErrRateLimited) || errors.Is(cause, connectwise.ErrUnroutable):
		b.failures++
	}
	if b.failures >= maxFailures {
		return cause
	}
	return nil
}

// InOrder ends a row of agreements that failed.
func (b *Breaker) InOrder() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = 0
}

// Fatal says whether every further request would meet the same refusal.
func Fatal(err error) bool {
	for _, f := range []error{
		connectwise.ErrUnauthorized, connectwise.ErrClientID, connectwise.ErrUnknownCompany,
		connectwise.ErrRedirect, connectwise.ErrSSLRequired, connectwise.ErrNotConnectWise,
	} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}
