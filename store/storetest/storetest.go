// Package storetest opens databases for the tests of those who use one.
package storetest

import (
	"bytes"
	"context"
	"testing"

	"seatbridge/internal/template"
	"seatbridge/store"
)

// Open opens a new database that lives as long as the test.
func Open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), New(t), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// schema is a database with nothing in it but the schema. To run the migrations for each test anew took two thirds of the time of the
// tests of runs.
var schema template.File

// New makes a new database that nobody has open, for any key, and answers its path.
func New(t testing.TB) string {
	t.Helper()
	return schema.Copy(t, "seatbridge.db", func(path string) error {
		s, err := store.Open(context.WithoutCancel(t.Context()), path, make([]byte, 32))
		if err != nil {
			return err
		}
		return s.Close()
	})
}
