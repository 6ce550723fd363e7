package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked says that a sync is running, here or in another process.
var ErrLocked = errors.New("another run is in progress")

// lockWait is how long a caller waits for the lock: a run shows that it has ended a moment before it frees it.
const lockWait = 200 * time.Millisecond

// LockSync makes the caller the only one who syncs with this database, among all processes of the
// machine, until it calls release. Who holds it longer than a moment is not waited for: ErrLocked. The
// system frees the lock of a process that dies.
func (s *Store) LockSync(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	release, err = tryLock(s.path)
	for errors.Is(err, ErrLocked) {
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(lockWait / 20):
			release, err = tryLock(s.path)
		}
	}
	return release, err
}

func tryLock(path string) (release func(), err error) {
	// Each call opens the file anew, so that the lock also holds against callers in this process.
	lock := flock.New(path+".sync.lock", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, doing("locking the sync", err)
	}
	if !ok {
		return nil, fmt.Errorf("locking the sync: %w", ErrLocked)
	}
	return func() { _ = lock.Unlock() }, nil // closing the file, its last step, frees it in any case
}
