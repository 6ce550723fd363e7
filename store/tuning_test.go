package store

import (
	"path/filepath"
	"testing"
	"time"
)

// TestCareless: only a database that says so leaves it to the system when what is committed reaches the disk.
func TestCareless(t *testing.T) {
	t.Parallel()
	for careless, want := range map[bool]int{false: 2, true: 0} { // FULL and OFF, as SQLite numbers them
		s, err := OpenTuned(t.Context(), filepath.Join(t.TempDir(), "seatbridge.db"), make([]byte, 32), Tuning{Wait: time.Second, Careless: careless})
		check(t, err)
		got, err := one(t.Context(), s.writer, scanValue[int], `PRAGMA synchronous`)
		check(t, err)
		if got != want {
			t.Errorf("careless %v: synchronous is %d, want %d", careless, got, want)
		}
		check(t, s.Close())
	}
}
