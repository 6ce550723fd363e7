package problem

import (
	"errors"

	"seatbridge/store"
)

// grounds are the faults of the store in words.
var grounds = []struct {
	fault   error
	problem store.Problem
}{
	{store.ErrBusy, store.Problem{
		What: "The database is locked by another program, so nothing can be written into it.",
		Do:   "End the program that has seatbridge.db open, such as an editor, a backup or a virus scanner.",
	}},
	{store.ErrDiskFull, store.Problem{
		What: "The disk that the database is on is full, so nothing can be written into it.",
		Do:   "Make room on the disk of the data directory.",
	}},
	{store.ErrReadOnly, store.Problem{
		What: "The database is read-only, so nothing can be written into it.",
		Do:   "Give the user that Seatbridge runs as the right to write to the data directory, or mount its disk for writing.",
	}},
	{store.ErrUnreadable, store.Problem{
		What: "The disk that the database is on answers with errors.",
		Do:   "Look at the disk, and at the system's log for what is wrong with it.",
	}},
	{store.ErrForeign, store.Problem{
		What: "The database file is no database of Seatbridge, or it is encrypted.",
		Do:   "Stop Seatbridge and restore a backup, as the README says under Backup.",
	}},
	{store.ErrCorrupt, store.Problem{
		What: "The database is damaged.",
		Do:   "Stop Seatbridge and restore a backup, as the README says under Backup.",
	}},
}

// OfGround puts an error of the ground that the database stands on, such as store.ErrDiskFull, into words; zero: the error is
// none of it.
func OfGround(err error) store.Problem {
	for _, g := range grounds {
		if errors.Is(err, g.fault) {
			return g.problem
		}
	}
	return store.Problem{}
}
