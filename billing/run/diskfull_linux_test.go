package run_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// TestCase_J44_DiskFull fills the disk of the database in the middle of a sync. It is not parallel: the database is on a small
// disk of its own because the process's temporary directory is.
func TestCase_J44_DiskFull(t *testing.T) {
	disk := smallDisk(t)
	t.Setenv("TMPDIR", disk)
	w := newWorld(t)
	agreements := w.MappedTogether(40)
	filling, other := filepath.Join(disk, "filling"), openElsewhere(w)
	w.Sim.SetFaults(cwsim.Fault{
		Kind: cwsim.Hook, Method: "GET", Path: "/finance/agreements/*/additions", Times: 1, Do: func() {
			other.say(`PRAGMA wal_checkpoint(TRUNCATE)`) // otherwise its file has room of its own
			fill(t, filling)
		},
	})
	pauses := 0
	w.After = pause(func() {
		if pauses++; pauses == 1 {
			wantWaiting(w, "is full")
			if err := os.Remove(filling); err != nil {
				t.Error(err)
			}
		}
	})
	run := w.Sync()
	if pauses != 1 {
		t.Errorf("%d pauses, want one", pauses)
	}
	billingtest.WantStatus(t, run, store.RunDone)
	w.WantProcessed(run)
	for _, a := range agreements {
		w.WantLive(a.ID, "NP-BUS 2")
	}
}

// smallDisk is a directory on a disk of 16 MB.
func smallDisk(t *testing.T) string {
	t.Helper()
	disk, err := os.MkdirTemp("", "small-disk-") //nolint:usetesting // t.TempDir would tie the test's other directories to this disk
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(disk) })
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("only a superuser may mount a disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// fill writes a file until there is no more room.
func fill(t *testing.T, path string) {
	f, err := os.Create(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
}
