package scan

import (
	"context"
	"sync"
	"time"

	"seatbridge/billing/leaks"
)

// recentFor is how long what was found holds for pages that show a little of it: the number beside the navigation is on every page.
const recentFor = 30 * time.Second

// memory remembers what was found last. Nobody waits for somebody else who is finding: its lock is held for a moment only.
type memory struct {
	mu      sync.Mutex
	result  leaks.Result
	at      time.Time // when it was found; zero: nothing is remembered
	deeds   int       // how often something was done that may change it
	finding bool      // somebody finds it anew
}

// Open is how many leaks are open, as found within the last half minute.
func (d *Desk) Open(ctx context.Context) (int, error) {
	found, err := d.recent(ctx)
	return len(found.Open), err
}

// Forget makes what leaks be found anew: something was done that may change it.
func (d *Desk) Forget() {
	d.memory.mu.Lock()
	defer d.memory.mu.Unlock()
	d.memory.at = time.Time{}
	d.memory.deeds++
}

// recent is what is remembered, or else what is found now.
func (d *Desk) recent(ctx context.Context) (leaks.Result, error) {
	if result, holds := d.memory.recall(d.Now()); holds {
		return result, nil
	}
	return d.findNow(ctx)
}

// findNow finds what leaks, and remembers it.
func (d *Desk) findNow(ctx context.Context) (leaks.Result, error) {
	began, deeds := d.Now(), d.memory.begin()
	result, err := d.find(ctx)
	d.memory.keep(result, err == nil, began, deeds)
	return result, err
}

// recall is what is remembered, if it is young or somebody finds it anew already.
func (m *memory) recall(now time.Time) (leaks.Result, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	age := now.Sub(m.at)
	return m.result, !m.at.IsZero() && (m.finding || age >= 0 && age < recentFor)
}

func (m *memory) begin() (deeds int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finding = true
	return m.deeds
}

// keep remembers what was found, unless something was done since it was begun.
func (m *memory) keep(result leaks.Result, good bool, began time.Time, deeds int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finding = false
	if good && m.deeds == deeds {
		m.result, m.at = result, began
	}
}
