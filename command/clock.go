//go:build !testclock

package command

import (
	"time"

	"github.com/jonboulle/clockwork"
)

// now is the time of everything in this process that asks for it.
func now() time.Time { return time.Now() }

// after tells when that much of now's time has passed.
func after(d time.Duration) <-chan time.Time { return time.After(d) }

// jobClock is now for the jobs.
func jobClock() clockwork.Clock { return clockwork.NewRealClock() }
