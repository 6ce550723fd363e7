package store

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

func TestCase_J46_Examine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	s := must[*Store](t)(Open(t.Context(), path, testKey))
	check(t, s.Close())
	whole := must[[]byte](t)(os.ReadFile(path))
	for name, c := range map[string]struct {
		make func(path string) error
		want Contents
	}{
		"nothing":            {func(string) error { return nil }, Nothing},
		"empty":              {holding(nil), Empty},
		"ours":               {holding(whole), Ours},
		"directory":          {func(path string) error { return os.Mkdir(path, 0o700) }, Foreign},
		"encrypted":          {holding(bytes.Repeat([]byte{0x9c, 0x01, 0xe4}, 40_000)), Foreign},
		"a text":             {holding([]byte("Seats\n")), Foreign},
		"zeros":              {holding(make([]byte, len(whole))), Foreign},
		"some bytes":         {holding(whole[:10]), Damaged},
		"half a header":      {holding(whole[:50]), Damaged},
		"a header":           {holding(whole[:100]), Damaged},
		"less than a page":   {holding(whole[:1000]), Damaged},
		"one page":           {holding(whole[:4096]), Damaged},
		"half":               {holding(whole[:len(whole)/2]), Damaged},
		"without its end":    {holding(whole[:len(whole)-4096]), Damaged},
		"garbled tables":     {holding(append(bytes.Clone(whole[:100]), bytes.Repeat([]byte{0xff}, len(whole)-100)...)), Damaged},
		"another program's":  {saying(`CREATE TABLE notes (text TEXT)`), Foreign},
		"with organizations": {saying(`CREATE TABLE organizations (id INTEGER); CREATE TABLE runs (id INTEGER)`), Foreign},
		"another goose's":    {saying(`CREATE TABLE goose_db_version (id INTEGER); CREATE TABLE notes (text TEXT)`), Foreign},
		"first start":        {saying(`CREATE TABLE goose_db_version (id INTEGER)`), Empty},
		"without tables":     {saying(`CREATE TABLE notes (text TEXT); DROP TABLE notes`), Empty},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "seatbridge.db")
			check(t, c.make(path))
			before, _ := os.ReadFile(path)
			if got := must[Contents](t)(Examine(t.Context(), path)); got != c.want {
				t.Errorf("found %d, want %d", got, c.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("looking changed the file")
			}
		})
	}
}

// holding makes a file of the content.
func holding(content []byte) func(string) error {
	return func(path string) error { return os.WriteFile(path, content, 0o600) }
}

// saying makes a database by statements.
func saying(statements string) func(string) error {
	return func(path string) error {
		db, err := sql.Open("sqlite3", path)
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.Exec(statements)
		return err
	}
}

// What a process that was killed left in the write-ahead log belongs to the database.
func TestExamineBesideAServer(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	if got := must[Contents](t)(Examine(t.Context(), s.path)); got != Ours {
		t.Errorf("found %d, want our database", got)
	}
	check(t, write(t, s))
}
