package store

import (
	"errors"
	"fmt"

	"github.com/gofrs/flock"
)

// ErrLocked says that a sync is running, here or in another process.
var ErrLocked = errors.New("locked")

// LockSync makes the caller the only one who syncs with this database, among all processes of the
// machine, until it calls release. It does not wait: ErrLocked. The system frees the lock of a
// process that dies.
func (s *Store) LockSync() (release func(), err error) {
	// Each call opens the file anew, so that the lock also holds against callers in this process.
	lock := flock.New(s.path+".sync.lock", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the sync: %w", err)
	}
	if !ok {
		return nil, fmt.Errorf("locking the sync: %w", ErrLocked)
	}
	return func() { _ = lock.Unlock() }, nil // closing the file, its last step, frees it in any case
}
