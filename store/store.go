// Package store keeps everything Seatbridge knows in one SQLite file: entities, queries, transactions
// and migrations. Only exported methods own a transaction or pick a connection, and Together makes one of several of
// them; unexported functions are given theirs. The store never logs, and its errors are for logs, not for users.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"
	_ "github.com/mattn/go-sqlite3" // the database driver "sqlite3"
	"github.com/pressly/goose/v3"
)

var (
	// ErrNotFound says that there is no such record, or none that the caller may use.
	ErrNotFound = errors.New("not found")
	// ErrNewer says that the database has a schema of later days.
	ErrNewer = errors.New("a newer Seatbridge wrote it")
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// Store is an open database. Its methods may be called from many goroutines at once.
type Store struct {
	path string
	seal seal

	// SQLite admits one writer at a time. A pool of one connection makes writers queue in Go, so that
	// none is told "database is locked"; readers have their own pool and never wait for a writer.
	writer *sql.DB
	reader *sql.DB

	ground *ground // what the writers have met

	from   querier // what single queries read from: the readers or, within Together, its transaction
	within *sql.Tx // Together's; nil outside
}

// Open opens the database file at path, making it when there is none, and brings its schema up to
// date. A database that a newer Seatbridge migrated is refused with ErrNewer. The key, 32 bytes, seals the secrets
// kept in the file.
func Open(ctx context.Context, path string, key []byte) (*Store, error) {
	return OpenTuned(ctx, path, key, Tuning{Wait: writerWait, Statements: KeptStatements})
}

// Tuning is how a database is opened.
type Tuning struct {
	// Wait is how long a write waits for the lock of another process, and a read for its recovery, before it fails with ErrBusy. Open's
	// is five seconds.
	Wait time.Duration
	// Statements is how many statements the writer keeps prepared; 0: it prepares each anew. Open's is KeptStatements.
	Statements int
	// Careless leaves it to the system when what is committed reaches the disk: a power cut may take the database with it. For one that is
	// made anew at every start and thrown away.
	Careless bool
}

// KeptStatements is how many statements the writer keeps prepared. One that writes a file of thousands runs the same few for each of
// them, and preparing an INSERT with its triggers takes SQLite longer than carrying it out.
const KeptStatements = 64

// OpenTuned is Open otherwise tuned.
func OpenTuned(ctx context.Context, path string, key []byte, t Tuning) (*Store, error) {
	s, err := open(path, key, t)
	if err != nil {
		return nil, doing("opening database "+path, err)
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(doing("migrating database "+path, err), s.Close())
	}
	return s, nil
}

func open(path string, key []byte, t Tuning) (*Store, error) {
	seal, err := newSeal(key)
	if err != nil {
		return nil, err
	}
	path, err = createPrivate(path)
	if err != nil {
		return nil, err
	}
	synchronous := "FULL"
	if t.Careless {
		synchronous = "OFF"
	}
	writer, err := sql.Open("sqlite3", dsn(path, t.Wait, url.Values{
		"_txlock": {"immediate"}, "_stmt_cache_size": {strconv.Itoa(t.Statements)}, "_synchronous": {synchronous},
	}))
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite3", dsn(path, t.Wait, url.Values{"_query_only": {"on"}}))
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	reader.SetMaxIdleConns(4)
	ground, err := newGround(path)
	if err != nil {
		return nil, errors.Join(err, writer.Close(), reader.Close())
	}
	return &Store{path: path, seal: seal, writer: writer, reader: reader, ground: ground, from: reader}, nil
}

// createPrivate makes the file, readable by its owner alone, unless it exists; SQLite gives its
// companion files the same mode. It answers the file's real path, so that every name of one database
// leads to the same locks.
func createPrivate(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// dsn is the data source name. Settings travel in it because a PRAGMA reaches one pooled connection only. A connection waits
// that long for other processes, which write, too.
func dsn(path string, wait time.Duration, options url.Values) string {
	options.Set("_busy_timeout", strconv.FormatInt(wait.Milliseconds(), 10))
	options.Set("_foreign_keys", "on")
	options.Set("_journal_mode", "WAL")
	// With NORMAL a power cut may take back transactions that were committed. A row of the journal
	// that is gone while ConnectWise has its addition would be sent again, and billed twice.
	if !options.Has("_synchronous") {
		options.Set("_synchronous", "FULL")
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: options.Encode()}).String()
}

// migrate brings the schema up to date. Processes that start together take turns.
func (s *Store) migrate(ctx context.Context) error {
	lock := flock.New(s.path+".migrate.lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return err
	}
	return errors.Join(migrate(ctx, s.writer), lock.Unlock())
}

func migrate(ctx context.Context, db *sql.DB) error {
	provider, err := migrator(db)
	if err != nil {
		return err
	}
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want { // Up would say nothing
		return fmt.Errorf("%w: its schema is version %d, this Seatbridge knows %d", ErrNewer, have, want)
	}
	_, err = provider.Up(ctx)
	return err
}

func migrator(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files)
}

// Close closes the database.
func (s *Store) Close() error {
	return errors.Join(s.ground.prober.Close(), s.reader.Close(), s.writer.Close())
}

// Backup writes a consistent copy of the database to file while work goes on. It never overwrites:
// the error is then fs.ErrExist. Secrets in the copy stay sealed with the same key.
func (s *Store) Backup(ctx context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backing up the database: %w", err)
	}
	err = copyTo(ctx, s.path, file)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return doing("backing up the database to "+file, errors.Join(err, os.Remove(file)))
	}
	return nil
}

// copyTo fills an empty file. It takes a connection of its own: the readers' may not write, not even
// elsewhere, and the writer's would keep others waiting.
func copyTo(ctx context.Context, path, file string) error {
	db, err := sql.Open("sqlite3", dsn(path, writerWait, url.Values{}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO $1", file)
	return errors.Join(err, db.Close())
}

// Together runs fn in one writing transaction: what fn does with the store that it is given is kept whole or,
// when fn returns an error, not at all. So a deed and what the activity log says of it stand or fall together,
// and what fn reads is still true when it writes. In fn nobody may write with the store outside: it waits for fn to end.
func (s *Store) Together(ctx context.Context, doing string, fn func(*Store) error) error {
	return s.tx(ctx, doing, func(tx *sql.Tx) error {
		inside := *s
		inside.from, inside.within = tx, tx
		return fn(&inside)
	})
}

// Record carries out a deed together with what the activity log says of it: both are kept, or neither.
func (s *Store) Record(ctx context.Context, entry Activity, deed func(*Store) error) error {
	return s.Together(ctx, "recording", func(s *Store) error {
		if err := deed(s); err != nil {
			return err
		}
		return s.AddActivity(ctx, entry)
	})
}

// tx runs fn in a writing transaction, which is committed unless fn returns an error. The transaction
// is a writer from its beginning: what fn reads in it is still true when it writes.
func (s *Store) tx(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	return doing(what, s.ground.watch(fn, func(fn func(*sql.Tx) error) error { return s.transact(ctx, s.writer, fn) }))
}

// snapshot runs fn in a reading transaction: all its queries see the same moment.
func (s *Store) snapshot(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	return doing(what, s.transact(ctx, s.reader, fn))
}

// transact runs fn in a transaction of its own or, within Together, in that one.
func (s *Store) transact(ctx context.Context, db *sql.DB, fn func(*sql.Tx) error) error {
	if s.within != nil {
		return asConflict(fn(s.within))
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return asConflict(err)
	}
	return tx.Commit()
}
