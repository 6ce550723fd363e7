// Package storetest opens databases for the tests of those who use one.
package storetest

import (
	"bytes"
	"path/filepath"
	"testing"

	"seatbridge/store"
)

// Open opens a new database that lives as long as the test.
func Open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "seatbridge.db"), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
