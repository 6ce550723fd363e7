package command

import (
	"bytes"
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seatbridge/command/commandtest"
)

// neverSaid are words of SQLite and of its driver.
var neverSaid = []string{"sqlite", "disk image", "not a database", "file is", "malformed", "goose"}

// wantRefused runs every command that opens the database, and wants each to say the words, and none of SQLite's.
func wantRefused(t *testing.T, data string, says ...string) {
	t.Helper()
	for _, args := range [][]string{
		{"serve", "-addr", "127.0.0.1:0", "-data", data}, {"sync", "-data", data}, {"backup", "-data", data, filepath.Join(t.TempDir(), "backup.db")},
	} {
		err := Run(t.Context(), args, io.Discard, io.Discard)
		if ExitStatus(err) != exitFailed {
			t.Errorf("%s: exit status %d, want %d: %v", args[0], ExitStatus(err), exitFailed, err)
			continue
		}
		for _, want := range says {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in: %v", args[0], want, err)
			}
		}
		for _, never := range neverSaid {
			if strings.Contains(strings.ToLower(err.Error()), never) {
				t.Errorf("%s: %q in: %v", args[0], never, err)
			}
		}
	}
}

// installation is a data directory that a server has worked in.
func installation(t *testing.T) (data, database string) {
	t.Helper()
	data = t.TempDir()
	start(t, "-addr", "127.0.0.1:0", "-data", data).Stop(t)
	return data, filepath.Join(data, databaseFile)
}

func TestCase_J46_NoDatabaseOfOurs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(path string) error
		says  string
	}{
		"truncated": {func(path string) error { return os.Truncate(path, 5000) }, "damaged or cut off"},
		"encrypted": {func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte{0x9c, 0xe4}, 50_000), 0o600) }, "no database of Seatbridge"},
		"directory": {func(path string) error { return os.Mkdir(path, 0o700) }, "no database of Seatbridge"},
		"another program's": {func(path string) error {
			return execIn(path, `CREATE TABLE notes (text TEXT)`)
		}, "no database of Seatbridge"},
		"of a newer version": {func(path string) error {
			return execIn(path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`)
		}, "before the upgrade"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, database := installation(t)
			if name != "truncated" && name != "of a newer version" {
				commandtest.Must(t, os.Remove(database))
			}
			commandtest.Must(t, c.spoil(database))
			wantRefused(t, data, c.says, "estore", "cp BACKUP.db "+database)
		})
	}
}

func execIn(path, statement string) error {
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(statement)
	return err
}

func TestCase_J46_LostDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(database string) error
		says  string
	}{
		"missing": {os.Remove, "is missing"},
		"empty":   {func(database string) error { return os.Truncate(database, 0) }, "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, database := installation(t)
			key, err := os.ReadFile(filepath.Join(data, keyFile))
			commandtest.Must(t, err)
			commandtest.Must(t, c.spoil(database))
			wantRefused(t, data, c.says, "estore a backup", "serve -new -data "+data)

			anew := start(t, "serve", "-new", "-addr", "127.0.0.1:0", "-data", data)
			anew.Get(t, "/healthz", http.StatusOK)
			anew.Stop(t)
			kept, err := os.ReadFile(filepath.Join(data, keyFile))
			commandtest.Must(t, err)
			if !bytes.Equal(key, kept) {
				t.Error("beginning anew replaced the key, which backups may need")
			}
			err = Run(t.Context(), []string{"serve", "-new", "-addr", "127.0.0.1:0", "-data", data}, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), "leave -new away") {
				t.Errorf("beginning anew over a database: %v", err)
			}
		})
	}
}

// TestCase_J46_KeyOfTheOperator has no key file that could tell that there was a database.
func TestCase_J46_KeyOfTheOperator(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	c := &config{data: data, secretKey: strings.Repeat("k", 44)}
	_, db, err := openOrMake(t.Context(), c)
	commandtest.Must(t, err)
	commandtest.Must(t, db.Close())
	commandtest.Must(t, os.Remove(c.database()))
	if _, _, err := openOrMake(t.Context(), c); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("without its database: %v", err)
	}
}

// A first start that is cut off goes on at the next, as if nothing had been.
func TestFirstStartThatWasCutOff(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(c *config) error{
		"before the database": func(*config) error { return nil },
		"before its tables":   func(c *config) error { return os.WriteFile(c.database(), nil, 0o600) },
		"while it locks":      func(c *config) error { return os.WriteFile(c.database()+".migrate.lock", nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			c := &config{data: data}
			commandtest.Must(t, c.makeKeyFile())
			commandtest.Must(t, leave(c))
			secret, err := c.secret()
			commandtest.Must(t, err)
			start(t, "-addr", "127.0.0.1:0", "-data", data).Stop(t)
			kept, err := c.secret()
			commandtest.Must(t, err)
			if kept != secret || exists(filepath.Join(data, keyFile)+unproven) {
				t.Error("the second start did not go on with the key of the first")
			}
		})
	}
}
