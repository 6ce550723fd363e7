package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// writerWait is how long a write waits for the lock of another process, and a read for its recovery.
	writerWait = 5 * time.Second
	// proberWait is how long Ready does.
	proberWait = 500 * time.Millisecond
	// leastRoom is how much must be free on the database's disk, in bytes: the write-ahead log grows to that before SQLite
	// begins it anew.
	leastRoom = 4 << 20
)

// ground is what the writers of this process have met.
type ground struct {
	prober  *sql.DB      // one connection that soon gives up waiting
	writing atomic.Int32 // how many transactions of ours go on, within each other; the outermost has the lock

	mu   sync.Mutex
	last error // what was wrong with the ground at the last write; nil once one went through
}

func newGround(path string) (*ground, error) {
	prober, err := sql.Open("sqlite3", dsn(path, proberWait, url.Values{"_txlock": {"immediate"}}))
	if err != nil {
		return nil, err
	}
	prober.SetMaxOpenConns(1)
	return &ground{prober: prober}, nil
}

// watch carries out fn in a writing transaction and keeps in mind that it goes on, and how it ended.
func (g *ground) watch(fn func(*sql.Tx) error, transact func(func(*sql.Tx) error) error) error {
	var begun int32
	err := transact(func(tx *sql.Tx) error {
		begun = 1
		g.writing.Add(begun)
		return fn(tx)
	})
	g.writing.Add(-begun)
	g.note(err)
	return err
}

// note keeps in mind how a write ended.
func (g *ground) note(err error) {
	fault := faultOf(err)
	if err != nil && fault == nil {
		return // it says nothing about the ground
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = fault
}

// failed tells what was wrong at the last write.
func (g *ground) failed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

// Ready tells whether the database can be written: nil, or an error that is one of the faults, such as ErrBusy or ErrDiskFull.
// It only takes the lock and looks at the room on the disk, which is cheap, unless the last write has failed: then it writes.
func (s *Store) Ready(ctx context.Context) error {
	err := s.ground.takeLock(ctx)
	if free, known := freeBytes(filepath.Dir(s.path)); err == nil && known && free < leastRoom {
		err = ErrDiskFull
	}
	if err != nil || s.ground.failed() == nil {
		return doing("asking the database", err)
	}
	return doing("trying to write", s.ground.tryWriting(ctx))
}

// takeLock takes the writers' lock and lets go of it. While one of our own transactions has it, the database is well.
func (g *ground) takeLock(ctx context.Context) error {
	tx, err := g.prober.BeginTx(ctx, nil)
	if err == nil {
		return tx.Rollback()
	}
	if errors.Is(asFault(err), ErrBusy) && g.writing.Load() > 0 {
		return nil
	}
	return err
}

// tryWriting writes on the prober's connection, and keeps in mind how that ended.
func (g *ground) tryWriting(ctx context.Context) error {
	tx, err := g.prober.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err = needRoom(ctx, tx); err == nil {
		err = tx.Commit()
	}
	g.note(err)
	return err
}

// needRoom needs new pages, as an import does, and leaves nothing behind.
func needRoom(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range []string{
		`CREATE TABLE write_probe (filling BLOB)`, `INSERT INTO write_probe VALUES (zeroblob(65536))`, `DROP TABLE write_probe`,
	} {
		if _, err := exec(ctx, tx, statement); err != nil {
			return err
		}
	}
	return nil
}
