package accounts

import (
	"sync"
	"time"
)

// mostOnShelf bounds what waits for people who never come back.
const mostOnShelf = 10_000

// shelf keeps what a person began and has to finish soon, in memory: whoever is cut off by a restart begins again. What is taken is
// gone, so that nothing is finished twice.
type shelf[T any] struct {
	life time.Duration
	now  func() time.Time

	mu    sync.Mutex
	items map[string]laid[T]
}

type laid[T any] struct {
	what  T
	until time.Time
}

func newShelf[T any](now func() time.Time, life time.Duration) *shelf[T] {
	return &shelf[T]{life: life, now: now, items: map[string]laid[T]{}}
}

// put lays something down under a key, in place of what was there.
func (s *shelf[T]) put(key string, what T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.items) >= mostOnShelf {
		s.tidy()
	}
	s.items[key] = laid[T]{what, s.now().Add(s.life)}
}

// tidy makes room: what is too old goes, and if that is nothing, one of the others.
func (s *shelf[T]) tidy() {
	oldest, at := "", time.Time{}
	for key, item := range s.items {
		if !item.until.After(s.now()) {
			delete(s.items, key)
		} else if oldest == "" || item.until.Before(at) {
			oldest, at = key, item.until
		}
	}
	if len(s.items) >= mostOnShelf {
		delete(s.items, oldest)
	}
}

// get looks at what lies under a key.
func (s *shelf[T]) get(key string) (T, bool) { return s.look(key, false) }

// take takes what lies under a key. Of two who take at once, one gets it.
func (s *shelf[T]) take(key string) (T, bool) { return s.look(key, true) }

func (s *shelf[T]) look(key string, take bool) (what T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.items[key]
	if take {
		delete(s.items, key)
	}
	if !ok || !item.until.After(s.now()) {
		return what, false
	}
	return item.what, true
}
