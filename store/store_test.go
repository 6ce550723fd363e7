package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"seatbridge/internal/template"
)

var (
	testKey = bytes.Repeat([]byte{7}, 32)
	t0      = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
)

// openTest opens a new database that lives as long as the test.
func openTest(t testing.TB) *Store {
	t.Helper()
	return openAt(t, schema.Copy(t, "seatbridge.db", func(path string) error {
		s, err := Open(context.WithoutCancel(t.Context()), path, testKey)
		if err != nil {
			return err
		}
		return s.Close()
	}))
}

// schema is a database with nothing in it but the schema: the migrations run once for all tests that test something else.
var schema template.File

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func wantConflict(t testing.TB, err error, field string) {
	t.Helper()
	var conflict *Conflict
	if !errors.As(err, &conflict) || conflict.Field != field {
		t.Fatalf("error %v, want a conflict of %s", err, field)
	}
}

// same compares values; decimals by their value.
func same(t testing.TB, got, want any) {
	t.Helper()
	decimals := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })
	if diff := cmp.Diff(want, got, decimals, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func number(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.NewFromInt(n)) }

func TestOpenKeepsData(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c%20#d.db") // every character that a URI gives a meaning
	s := must[*Store](t)(Open(t.Context(), path, testKey))
	defaults := must[Settings](t)(s.Settings(t.Context()))
	protecting := Holds{
		Zero: true, First: true, Lower: Step{Percent: 30, Seats: 3}, Higher: Step{Percent: 50, Seats: 20}, Seats: 100, Negative: true,
		ManyLines: 5, ManyPercent: 20, SourceZero: true, Disputed: true, Found: true, Terms: true,
	}
	same(t, defaults.Holds, protecting)
	same(t, defaults.Months, Months{SyncDay: 1, RemindDays: 2})
	if defaults.HandEdits != Overwrite || len(defaults.Pending) > 0 || defaults.MSPName != "" {
		t.Errorf("defaults %+v", defaults)
	}
	want := Settings{MSPName: "Zürich IT", Pending: []PendingRule{{From: "2026-03", Counted: true}, {From: "2026-10"}}, HandEdits: Hold, Holds: Holds{
		First: true, Lower: Step{Percent: 20, Seats: 1}, Higher: Step{Percent: 7, Seats: 8}, Decrease: true, ManyLines: 9, ManyPercent: 10, Terms: true,
	}, Months: Months{SyncDay: 28, SyncHour: 23, SyncSetAt: t0, CloseByItself: true, NextInvoice: true}}
	check(t, s.UpdateSettings(t.Context(), want))
	check(t, s.Close())

	same(t, must[Settings](t)(openAt(t, path).Settings(t.Context())), want)
	info := must[os.FileInfo](t)(os.Stat(path))
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("mode %o, want 600", mode)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Open(t.Context(), filepath.Join(dir, "short.db"), testKey[:16]); err == nil {
		t.Error("a short key was accepted")
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "no", "such.db"), testKey); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
	text := filepath.Join(dir, "text.db")
	check(t, os.WriteFile(text, []byte(strings.Repeat("not a database ", 100)), 0o600))
	if _, err := Open(t.Context(), text, testKey); err == nil {
		t.Error("a text file was accepted")
	}
}

func TestOpenRefusesNewerDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "newer.db")
	s := must[*Store](t)(Open(t.Context(), path, testKey))
	_, err := s.writer.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, TRUE)`)
	check(t, err)
	check(t, s.Close())
	if _, err := Open(t.Context(), path, testKey); err == nil || !strings.Contains(err.Error(), "newer Seatbridge") {
		t.Errorf("error %v, want one that names the newer Seatbridge", err)
	}
}

func TestOpenTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new.db")
	var group sync.WaitGroup
	for range 4 { // as processes that start at once
		group.Go(func() {
			s, err := Open(t.Context(), path, testKey)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestConnectionSettings(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for pragma, want := range map[string]string{"foreign_keys": "1", "journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000"} {
		for range 3 { // on every pooled connection
			conn := must[*sql.Conn](t)(s.reader.Conn(t.Context()))
			defer conn.Close()
			var got string
			check(t, conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
			if got != want {
				t.Errorf("reader: %s is %s, want %s", pragma, got, want)
			}
		}
		got, err := one(t.Context(), s.writer, scanValue[string], "PRAGMA "+pragma)
		if err != nil || got != want {
			t.Errorf("writer: %s is %s (%v), want %s", pragma, got, err, want)
		}
	}
	if _, err := s.reader.ExecContext(t.Context(), `UPDATE settings SET msp_name = 'x'`); err == nil {
		t.Error("the reading pool writes")
	}
}

func TestBackup(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	settings := Settings{MSPName: "before", HandEdits: Overwrite, Months: Months{SyncDay: 1}}
	check(t, s.UpdateSettings(t.Context(), settings))
	file := filepath.Join(t.TempDir(), "it's a copy.db")
	check(t, s.Backup(t.Context(), file))
	check(t, s.UpdateSettings(t.Context(), Settings{MSPName: "after", HandEdits: Overwrite, Months: Months{SyncDay: 1}}))

	wantErr(t, s.Backup(t.Context(), file), fs.ErrExist)
	same(t, must[Settings](t)(openAt(t, file).Settings(t.Context())), settings)
	if mode := must[os.FileInfo](t)(os.Stat(file)).Mode().Perm(); mode != 0o600 {
		t.Errorf("mode %o, want 600", mode)
	}
}

func TestBackupLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, s.Backup(ctx, file), context.Canceled)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file stayed: %v", err)
	}
}

func TestTransactionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	refused := errors.New("refused")
	err := s.tx(t.Context(), "trying", func(tx *sql.Tx) error {
		if _, err := exec(t.Context(), tx, `UPDATE settings SET msp_name = 'half'`); err != nil {
			return err
		}
		return refused
	})
	wantErr(t, err, refused)
	if !strings.HasPrefix(err.Error(), "trying: ") {
		t.Errorf("error %q has no context", err)
	}
	if got := must[Settings](t)(s.Settings(t.Context())).MSPName; got != "" {
		t.Errorf("the name is %q", got)
	}
}

func TestConcurrentWritersAndReaders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "busy.db")
	stores := []*Store{openAt(t, path), openAt(t, path)} // as two processes would
	r := must[Run](t)(stores[0].CreateRun(t.Context(), Run{Kind: RunManual, Month: "2026-03", Status: RunRunning, StartedAt: t0}))
	const writers, writes = 8, 25
	var group sync.WaitGroup
	for i := range writers {
		s := stores[i%len(stores)]
		group.Go(func() {
			for range writes {
				if err := s.AddProcessed(t.Context(), r.ID, 1); err != nil {
					t.Error(err)
				}
				if _, err := s.Run(t.Context(), r.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := must[Run](t)(stores[1].Run(t.Context(), r.ID)).Processed; got != writers*writes {
		t.Errorf("processed %d, want %d", got, writers*writes)
	}
}

func TestWriteWhileReading(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	newOrganizations(t, s, 3)
	seen := 0
	for l, err := range s.Ledgers(t.Context(), t0, t0.AddDate(0, 1, 0), nil) {
		check(t, err)
		_, _, err := s.AddSeats(t.Context(), l.Organization.ID, []string{"a@example.com"}, time.Time{}, t0)
		check(t, err)
		if len(l.Seats) != 0 {
			t.Error("a seat of later is in the ledger")
		}
		seen++
	}
	if seen != 3 {
		t.Errorf("%d ledgers, want 3", seen)
	}
}

func TestLockSync(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "seatbridge.db"), filepath.Join(dir, "link.db")
	one := openAt(t, path)
	check(t, os.Symlink(path, link))
	other := openAt(t, link)

	release, err := one.LockSync(t.Context())
	check(t, err)
	for _, s := range []*Store{one, other} {
		_, err := s.LockSync(t.Context())
		wantErr(t, err, ErrLocked)
	}
	release()
	release, err = other.LockSync(t.Context())
	check(t, err)
	_, err = one.LockSync(t.Context())
	wantErr(t, err, ErrLocked)
	release()
	release() // twice does no harm
}

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  Acme\t\u00a0 GmbH ":      "acme gmbh",
		"CAFÉ Zürich":               "cafe zurich",
		"Cafe\u0301":                "cafe",
		"Straße":                    "strasse",
		"ΆΛΦΑ ΟΔΟΣ":                 "αλφα οδοσ",
		"İstanbul":                  "istanbul",
		"ﬁne Ｗｉｄｅ ①":                "fine wide 1",
		"zero\u200bwidth\ufeff\x00": "zerowidth",
		"กิน":                       "กิน", // Thai vowels are no accents
		"line\nfeed":                "line feed",
		"\u200b":                    "",
		"\xff":                      "\ufffd",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
		if once := Fold(in); Fold(once) != once {
			t.Errorf("Fold(%q) is not stable", in)
		}
	}
}

func TestFoldEmail(t *testing.T) {
	t.Parallel()
	if FoldEmail(" Jose\u0301@Example.COM\u200b") != "josé@example.com" {
		t.Errorf("got %q", FoldEmail(" Jose\u0301@Example.COM\u200b"))
	}
	if FoldEmail("josé@example.com") == FoldEmail("jose@example.com") {
		t.Error("two mailboxes are taken for one")
	}
}

func TestMonth(t *testing.T) {
	t.Parallel()
	newYork := time.FixedZone("", -4*60*60)
	if m := MonthOf(time.Date(2026, 3, 31, 20, 30, 0, 0, newYork)); m != "2026-04" {
		t.Errorf("month %s, want 2026-04: UTC decides", string(m))
	}
	m := must[Month](t)(ParseMonth("2026-12"))
	same(t, m.Start(), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	same(t, m.End(), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	same(t, m.Add(-12), Month("2025-12"))
	same(t, m.String(), "December 2026")
	for _, bad := range []string{"", "2026-13", "2026-1", "2026-01-01", "26-01", " 2026-01"} {
		if _, err := ParseMonth(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
