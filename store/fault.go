package store

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// What can be wrong with the ground that the database stands on. Every method's error is one of them when that is its cause;
// the driver's own words follow it, for the log.
var (
	ErrBusy       = errors.New("the database is locked by another program") // for longer than a writer waits
	ErrDiskFull   = errors.New("the disk is full")
	ErrReadOnly   = errors.New("the database is read-only")
	ErrUnreadable = errors.New("the database's disk answers with errors") // or its files cannot be opened any more
	ErrCorrupt    = errors.New("the database is damaged")
	ErrForeign    = errors.New("the file is no database of Seatbridge") // or an encrypted one
)

// faults tells by SQLite's primary result codes what is wrong, https://www.sqlite.org/rescode.html.
var faults = map[sqlite3.ErrNo]error{
	sqlite3.ErrBusy:     ErrBusy,
	sqlite3.ErrLocked:   ErrBusy,
	sqlite3.ErrProtocol: ErrBusy, // the locks of the write-ahead log could not be taken
	sqlite3.ErrFull:     ErrDiskFull,
	sqlite3.ErrReadonly: ErrReadOnly,
	sqlite3.ErrPerm:     ErrReadOnly,
	sqlite3.ErrIoErr:    ErrUnreadable,
	sqlite3.ErrCantOpen: ErrUnreadable,
	sqlite3.ErrCorrupt:  ErrCorrupt,
	sqlite3.ErrNotADB:   ErrForeign,
}

// asFault puts what is wrong with the ground before the driver's error, and leaves other errors alone.
func asFault(err error) error {
	fault := faultOf(err)
	if fault == nil || errors.Is(err, fault) {
		return err
	}
	return fmt.Errorf("%w: %w", fault, err)
}

// faultOf reads it from SQLite's code or, for the files beside the database, from the system's; nil where it is nothing of
// the kind.
func faultOf(err error) error {
	var cause sqlite3.Error
	switch {
	case errors.As(err, &cause):
		return faults[cause.Code]
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ErrDiskFull
	case errors.Is(err, syscall.EROFS):
		return ErrReadOnly
	case errors.Is(err, syscall.EIO):
		return ErrUnreadable
	}
	return nil
}

// Passing tells whether an error is the ground's and may be gone when the same is tried again: somebody lets go of the lock,
// or makes room on the disk. A damaged database does not heal.
func Passing(err error) bool {
	for _, fault := range [...]error{ErrBusy, ErrDiskFull, ErrReadOnly, ErrUnreadable} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}
