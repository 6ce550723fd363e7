package store

import (
	"os"
	"strings"
	"testing"
)

// TestCase_F19_TheReadmeNamesTheDisksThatAreRefused: whoever sets up a server is told before the start refuses.
func TestCase_F19_TheReadmeNamesTheDisksThatAreRefused(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	check(t, err)
	_, after, found := strings.Cut(string(readme), "it does not work on network disks (")
	named, _, closed := strings.Cut(after, ")")
	if !found || !closed {
		t.Fatal("the README does not say on which disks the database does not work")
	}
	for _, disk := range networkDisks {
		if !strings.Contains(named, disk) {
			t.Errorf("%s is refused, and the README names %q", disk, named)
		}
	}
}
