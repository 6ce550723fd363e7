// Package storetest opens databases for the tests of those who use one.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"seatbridge/store"
)

// Open opens a new database that lives as long as the test.
func Open(t *testing.T) *store.Store {
	t.Helper()
	path := New(t)
	s, err := store.Open(t.Context(), path, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// New makes a new database that nobody has open, for any key, and answers its path.
func New(t testing.TB) string {
	t.Helper()
	template.once.Do(func() { template.file, template.err = migrated(context.WithoutCancel(t.Context())) })
	if template.err != nil {
		t.Fatal(template.err)
	}
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	if err := os.WriteFile(path, template.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// template is the file of a database with nothing in it but the schema. The migrations run once for all tests of a process: for each
// of them anew, they took two thirds of the time of the tests of runs.
var template struct {
	once sync.Once
	file []byte
	err  error
}

func migrated(ctx context.Context) (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "seatbridge.db")
	s, err := store.Open(ctx, path, make([]byte, 32))
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	// What is still in the log beside the file would be missing from a copy of the file.
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(errors.New("the log of the database was not folded into its file"), err)
	}
	return os.ReadFile(path)

}
