// Package template lets tests begin with a copy of a file that takes long to make.
package template

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// File is made once for all tests of a process. The zero File is ready for use.
type File struct {
	once sync.Once
	data []byte
	err  error
}

// Copy makes the file, if no test did before, and answers the path of a copy that lives as long as the test. What make leaves beside
// the file it was asked for would be missing from a copy, and is an error.
func (f *File) Copy(t testing.TB, name string, make func(path string) error) string {
	t.Helper()
	f.once.Do(func() { f.data, f.err = made(name, make) })
	if f.err != nil {
		t.Fatal(f.err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, f.data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func made(name string, make func(path string) error) (data []byte, err error) {
	dir, err := os.MkdirTemp("", "template")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, name)
	if err := make(path); err != nil {
		return nil, err
	}
	for _, beside := range []string{"-wal", "-journal"} { // of a database that was not closed well
		if _, err := os.Stat(path + beside); !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(errors.New(path+beside+" was left"), err)
		}
	}
	return os.ReadFile(path)
}
