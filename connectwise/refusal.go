package connectwise

import (
	"context"
	"sync"
)

// refusals remembers the first refusal that would meet every request of a client, so that none is begun after it was read.
type refusals struct {
	mu      sync.Mutex
	first   *Error
	waiting map[*context.CancelFunc]bool // ends of requests that wait for their turn
}

func newRefusals() *refusals { return &refusals{waiting: map[*context.CancelFunc]bool{}} }

// note keeps the first refusal, and ends every wait. Kept is a copy: the error itself belongs to the call that met the refusal, which
// goes on to say in it whether an earlier try of its own may have been applied. That concerns no other call.
func (f *refusals) note(refusal *Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		kept := *refusal
		kept.unknown = false
		f.first = &kept
	}
	for end := range f.waiting {
		(*end)()
	}
}

func (f *refusals) get() *Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.first
}

// until returns a context that ends with ctx, or when a refusal is read. Call stop at the end.
func (f *refusals) until(ctx context.Context) (waiting context.Context, stop context.CancelFunc) {
	waiting, end := context.WithCancel(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting[&end] = true
	if f.first != nil {
		end()
	}
	return waiting, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.waiting, &end)
		end()
	}
}

// refusesAll reports whether an answer of the API is about the credentials or the host, and not about what was asked.
func (e *Error) refusesAll() bool {
	return e.kind == ErrUnauthorized || e.kind == ErrClientID || e.kind == ErrSSLRequired
}

// Afresh returns a client that knows of no refusal. Once ConnectWise has refused the credentials, the client ID, the
// company or the host, a client and its copies begin no further request: each call fails at once with that refusal. So make
// one client afresh for each run, which ends with the refusal, and for each request of a person. Pace, pauses and API base
// are shared with c.
func (c *Client) Afresh() *Client {
	fresh := *c
	fresh.refused = newRefusals()
	return &fresh
}

// refusedBefore is the error of a request that is not begun, because an earlier one was refused; nil if none was.
func (c *Client) refusedBefore(r request) *Error {
	first := c.refused.get()
	if first == nil {
		return nil
	}
	failure := c.errorFor(r, first.kind, "not sent, because an earlier request was refused")
	failure.cause, failure.final = first, true
	return failure
}
