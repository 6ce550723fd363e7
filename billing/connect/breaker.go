package run

import (
	"errors"
	"sync"

	"seatbridge/billing/connect"
	"seatbridge/connectwise"
)

// maxFailures is how many agreements in a row may fail for a reason that is not their own before the
// run gives up.
const maxFailures = 5

// A breaker ends a run whose agreements fail one after the other.
type breaker struct {
	mu       sync.Mutex
	failures int // agreements in a row
}

// lost counts agreements that failed in a row for a reason beyond them; cause nil starts over. Too
// many, or one that will fail them all, ends the run.
func (b *breaker) lost(cause error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case cause == nil:
		b.failures = 0
	case fatal(cause):
		return cause
	case connect.Ambiguous(cause) || errors.Is(cause, connectwise.ErrForbidden) ||
		errors.Is(cause, connectwise.ErrRateLimited) || errors.Is(cause, connectwise.ErrUnroutable):
		b.failures++
	}
	if b.failures >= maxFailures {
		return cause
	}
	return nil
}

// inOrder ends a row of agreements that failed.
func (b *breaker) inOrder() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = 0
}

// fatal says whether every further request would fail the same way.
func fatal(err error) bool {
	for _, f := range []error{
		connectwise.ErrUnauthorized, connectwise.ErrClientID, connectwise.ErrUnknownCompany,
		connectwise.ErrRedirect, connectwise.ErrSSLRequired, connectwise.ErrNotConnectWise, errListsLie, errConnectionChanged,
	} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}
