package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
)

// Contents is what there is at the path of a database.
type Contents int

// What Examine finds.
const (
	Nothing Contents = iota // no file
	Empty                   // a file without any data
	Foreign                 // a directory, an encrypted file, another program's database
	Damaged                 // a database that is cut off or cannot be read
	Ours                    // a database of Seatbridge, of whatever version
)

// Examine looks at what there is at the path of a database, and changes nothing of it: Open would turn a file of another
// program into a database of ours. Damage that only shows deep inside is not looked for.
func Examine(ctx context.Context, path string) (Contents, error) {
	header, err := readHeader(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Nothing, nil
	case errors.Is(err, errDirectory):
		return Foreign, nil
	case err != nil:
		return Nothing, doing("examining the database "+path, err)
	case len(header) == 0:
		return Empty, nil
	case !bytes.HasPrefix([]byte("SQLite format 3\x00"), header):
		return Foreign, nil
	}
	if len(header) < headerSize {
		return Damaged, nil
	}
	tables, err := tablesOf(ctx, path)
	switch err = asFault(err); {
	case errors.Is(err, ErrForeign), errors.Is(err, ErrCorrupt):
		return Damaged, nil
	case err != nil:
		return Nothing, doing("examining the database "+path, err)
	}
	return contentsOf(tables), nil
}

// headerSize is how many bytes SQLite's files begin with alike, https://www.sqlite.org/fileformat.html section 1.3.
const headerSize = 16

var errDirectory = errors.New("it is a directory")

// readHeader reads the bytes by which SQLite knows its files, as far as there are any.
func readHeader(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errDirectory
	}
	header := make([]byte, headerSize)
	n, err := io.ReadFull(f, header)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return header[:n], err
}

// tablesOf lists a database's tables, without those of SQLite itself.
func tablesOf(ctx context.Context, path string) (names []string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	options := url.Values{"mode": {"rw"}, "_query_only": {"on"}, "_busy_timeout": {fmt.Sprint(writerWait.Milliseconds())}}
	db, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, err
	}
	names, err = list(ctx, db, scanValue[string],
		`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
	return names, errors.Join(err, db.Close())
}

// contentsOf tells whose tables these are. A first start that was cut off left at most the one that keeps the version.
func contentsOf(tables []string) Contents {
	has := func(name string) bool { return slices.Contains(tables, name) }
	versioned := has("goose_db_version")
	switch {
	case len(tables) == 0, len(tables) == 1 && versioned:
		return Empty
	case versioned && has("organizations") && has("runs"):
		return Ours
	}
	return Foreign
}
