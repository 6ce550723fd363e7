package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// otherProgram opens the database as another program does.
func otherProgram(t *testing.T, s *Store) *sql.Conn {
	t.Helper()
	db := must[*sql.DB](t)(sql.Open("sqlite3", dsn(s.path, time.Millisecond, url.Values{})))
	conn := must[*sql.Conn](t)(db.Conn(t.Context()))
	t.Cleanup(func() { errors.Join(conn.Close(), db.Close()) })
	return conn
}

// everyWriter sets a limit for the connections that write, as the disk does for all.
func everyWriter(t *testing.T, s *Store, statement string) {
	t.Helper()
	for _, pool := range []*sql.DB{s.writer, s.ground.prober} {
		must[sql.Result](t)(pool.ExecContext(t.Context(), statement))
	}
}

// impatient makes the writer give up at once.
func impatient(t *testing.T, s *Store) { everyWriter(t, s, `PRAGMA busy_timeout = 1`) }

func write(t *testing.T, s *Store) error {
	t.Helper()
	return s.UpdateSettings(t.Context(), must[Settings](t)(s.Settings(t.Context())))
}

// fill writes until there is no more room.
func fill(t *testing.T, s *Store) error {
	t.Helper()
	for n := range 10_000 {
		_, err := s.CreateUser(t.Context(), User{Name: "User", Email: fmt.Sprintf("user%d@example.com", n), Role: Admin, Status: Active, CreatedAt: t0})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestCase_J44_LockedByAnotherProgram(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	impatient(t, s)
	other := otherProgram(t, s)
	must[sql.Result](t)(other.ExecContext(t.Context(), `BEGIN EXCLUSIVE`))
	wantErr(t, write(t, s), ErrBusy)
	wantErr(t, s.Ready(t.Context()), ErrBusy)
	must[Settings](t)(s.Settings(t.Context())) // readers go on

	must[sql.Result](t)(other.ExecContext(t.Context(), `ROLLBACK`))
	check(t, s.Ready(t.Context()))
}

// A transaction of our own is no reason to be ill.
func TestReadyWhileWeWrite(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	check(t, s.Together(t.Context(), "writing for long", func(*Store) error { return s.Ready(t.Context()) }))
}

func TestCase_J44_DiskFull(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	check(t, s.Ready(t.Context()))
	pages := must[int](t)(count(t.Context(), s.writer, `PRAGMA page_count`))
	everyWriter(t, s, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+2))
	err := fill(t, s)
	wantErr(t, err, ErrDiskFull)
	if !Passing(err) {
		t.Errorf("a full disk can get room again: %v", err)
	}
	wantErr(t, s.Ready(t.Context()), ErrDiskFull)
	wantErr(t, s.Ready(t.Context()), ErrDiskFull)

	everyWriter(t, s, `PRAGMA max_page_count = 1000000`)
	check(t, s.Ready(t.Context()))
	if left := must[int](t)(count(t.Context(), s.reader, `SELECT COUNT(*) FROM sqlite_schema WHERE name = 'write_probe'`)); left != 0 {
		t.Error("asking left something in the database")
	}
}

func TestCase_J44_ReadOnly(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	everyWriter(t, s, `PRAGMA query_only = ON`)
	wantErr(t, fill(t, s), ErrReadOnly)
	wantErr(t, s.Ready(t.Context()), ErrReadOnly)
	everyWriter(t, s, `PRAGMA query_only = OFF`)
	check(t, s.Ready(t.Context()))
}

func TestCase_J44_Damaged(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	must[sql.Result](t)(s.writer.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`))
	file := must[*os.File](t)(os.OpenFile(s.path, os.O_WRONLY, 0))
	must[int](t)(file.WriteAt(bytes.Repeat([]byte{0xff}, 200<<10), 4096)) // all but the first page, with the names of the tables
	check(t, file.Close())
	_, err := s.Users(t.Context())
	wantErr(t, err, ErrCorrupt)
	if Passing(err) {
		t.Error("a damaged database is said to heal")
	}
}

// A write that is refused for what it says keeps nobody from being well.
func TestRefusedWriteIsNoFault(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	user := User{Name: "User", Email: "user@example.com", Role: Admin, Status: Active, CreatedAt: t0}
	must[User](t)(s.CreateUser(t.Context(), user))
	_, err := s.CreateUser(t.Context(), user)
	wantConflict(t, err, "email")
	if err := s.ground.failed(); err != nil {
		t.Errorf("the ground is said to be bad: %v", err)
	}
}

func TestFaultsOfTheSystem(t *testing.T) {
	t.Parallel()
	for cause, want := range map[syscall.Errno]error{
		syscall.ENOSPC: ErrDiskFull, syscall.EDQUOT: ErrDiskFull, syscall.EROFS: ErrReadOnly, syscall.EIO: ErrUnreadable,
	} {
		wantErr(t, asFault(&fs.PathError{Op: "open", Path: "seatbridge.db.sync.lock", Err: cause}), want)
	}
	if err := asFault(fs.ErrNotExist); !errors.Is(err, fs.ErrNotExist) || Passing(err) {
		t.Errorf("a missing file became %v", err)
	}
}

func TestDisks(t *testing.T) {
	t.Parallel()
	if free, known := freeBytes(t.TempDir()); known && free == 0 {
		t.Error("there is no room where the test just made a directory")
	}
	if _, known := freeBytes(filepath.Join(t.TempDir(), "none")); known {
		t.Error("the room of a directory that is not there is known")
	}
	if name := NetworkDisk(t.TempDir()); name != "" {
		t.Errorf("the temporary directory is on %s", name)
	}
}
