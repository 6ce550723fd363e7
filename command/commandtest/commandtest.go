// Package commandtest is what the tests of the command line share, and those in a browser. It knows command.Run only from who
// calls, so that the tests of package command may use it, too.
package commandtest

import (
	"testing"
	"time"
)

// Must ends the test for an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Eventually waits until a condition of another process or of the outside world holds.
func Eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-patience.C:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}
