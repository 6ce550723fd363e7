package web

import (
	"context"
	"sync"
	"time"

	"seatbridge/store"
)

// How strangers wait who try the passwords of an account: not at all for the first failures, then longer with each, and never longer
// than longestWait, so that the right password is let in all the same.
const (
	FreeFailures = 5
	firstWait    = time.Second
	longestWait  = 16 * time.Second
)

// mostAccounts bounds how many accounts are remembered, which need not exist.
const mostAccounts = 10_000

// Patience makes browsers that never signed in to an account wait before their password is looked at, once passwords of it have failed
// of late. It refuses nobody but who tries several at once from one address.
type Patience struct {
	now   func() time.Time
	after func(time.Duration) <-chan time.Time

	mu      sync.Mutex
	failed  map[string]failures
	waiting map[string]bool // by account and address
}

// failures are those of an account.
type failures struct {
	count int
	last  time.Time
}

// NewPatience makes one that nobody has tried yet. after tells when that much of now's time has passed.
func NewPatience(now func() time.Time, after func(time.Duration) <-chan time.Time) *Patience {
	return &Patience{now: now, after: after, failed: map[string]failures{}, waiting: map[string]bool{}}
}

// Wait lasts as long as whoever tries a password of the account from the address has to wait. Another one who waits there already is
// refused with 429.
func (p *Patience) Wait(ctx context.Context, email, ip string) error {
	account := store.FoldEmail(email)
	wait := p.waitOf(account)
	if wait == 0 {
		return nil
	}
	key := account + " " + IPKey(ip)
	if !p.enter(key) {
		return tooMany(wait)
	}
	defer p.leave(key)
	select {
	case <-p.after(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitOf is how long an account's next stranger waits.
func (p *Patience) waitOf(account string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.failed[account]
	if f.count < FreeFailures || p.old(f) {
		return 0
	}
	return min(firstWait<<min(f.count-FreeFailures, 10), longestWait)
}

// old says that an account's failures are forgotten.
func (p *Patience) old(f failures) bool { return p.now().Sub(f.last) > LimitWindow }

func (p *Patience) enter(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting[key] {
		return false
	}
	p.waiting[key] = true
	return true
}

func (p *Patience) leave(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, key)
}

// Failed notes that a stranger's password of an account was wrong. Signing in does not undo it: else strangers would try anew whenever
// the owner of the account comes.
func (p *Patience) Failed(email string) {
	account := store.FoldEmail(email)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.failed) >= mostAccounts {
		p.tidy()
	}
	f := p.failed[account]
	if p.old(f) {
		f.count = 0
	}
	p.failed[account] = failures{f.count + 1, p.now()}
}

// tidy forgets what is old, and if that is nothing, everything.
func (p *Patience) tidy() {
	for account, f := range p.failed {
		if p.old(f) {
			delete(p.failed, account)
		}
	}
	if len(p.failed) >= mostAccounts {
		clear(p.failed)
	}
}
