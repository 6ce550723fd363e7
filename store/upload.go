package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// FileImportState says how far the import of an uploaded file is.
type FileImportState string

// The states. A checked file import can be written; the file of the last two is gone.
const (
	FileImportUploaded  FileImportState = "uploaded"
	FileImportChecked   FileImportState = "checked"
	FileImportDone      FileImportState = "done"
	FileImportDiscarded FileImportState = "discarded"
)

// FileImport is a file that somebody uploaded to import. What is in it stands in a file beside the database.
type FileImport struct {
	ID         int64
	Kind       string // "members", "usage"
	Name       string // of the file where it came from
	Size       int64  // in bytes
	State      FileImportState
	Survey     string // JSON, as billing wrote it, like the next two
	Choices    string
	Findings   string // what a check found; "null" before the first
	UploadedAt time.Time
	UploadedBy string // e-mail address
	EndedAt    time.Time
}

const fileImportColumns = `id, kind, name, size, state, survey, choices, findings, uploaded_at, uploaded_by, ended_at`

func scanFileImport(row scanner) (i FileImport, err error) {
	err = row.Scan(&i.ID, &i.Kind, &i.Name, &i.Size, &i.State, &i.Survey, &i.Choices, &i.Findings,
		moment(&i.UploadedAt), &i.UploadedBy, moment(&i.EndedAt))
	return i, err
}

// Upload is a file that was received and belongs to no file import yet.
type Upload struct {
	path string
	Size int64 // in bytes
}

// Open opens the file for reading.
func (u Upload) Open() (*os.File, error) { return os.Open(u.path) }

// Remove removes the file.
func (u Upload) Remove() error { return os.Remove(u.path) }

// uploads is the directory of the uploaded files, which only its owner can read.
func (s *Store) uploads() string { return s.path + ".uploads" }

func (s *Store) uploadedFile(id int64) string {
	return filepath.Join(s.uploads(), "intake-"+strconv.FormatInt(id, 10))
}

// SaveUpload keeps what is read until the end; nothing is left of it when there is an error.
func (s *Store) SaveUpload(r io.Reader) (u Upload, err error) {
	if err := os.MkdirAll(s.uploads(), 0o700); err != nil {
		return u, doing("saving an upload", err)
	}
	f, err := os.CreateTemp(s.uploads(), "upload-") // mode 0600
	if err != nil {
		return u, doing("saving an upload", err)
	}
	u = Upload{path: f.Name()}
	u.Size, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return u, errors.Join(doing("saving an upload", err), u.Remove())
	}
	return u, nil
}

// CreateFileImport makes a file import of an upload and answers it with its id.
func (s *Store) CreateFileImport(ctx context.Context, i FileImport, u Upload) (FileImport, error) {
	err := s.tx(ctx, "creating a file import", func(tx *sql.Tx) (err error) {
		i.Size, i.State = u.Size, FileImportUploaded
		i.ID, err = one(ctx, tx, scanValue[int64], `
			INSERT INTO intakes (kind, name, size, state, survey, choices, uploaded_at, uploaded_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			i.Kind, i.Name, i.Size, i.State, i.Survey, i.Choices, unix(i.UploadedAt), i.UploadedBy)
		if err != nil {
			return err
		}
		return os.Rename(u.path, s.uploadedFile(i.ID))
	})
	return i, err
}

// FileImport reads one file import.
func (s *Store) FileImport(ctx context.Context, id int64) (FileImport, error) {
	i, err := one(ctx, s.from, scanFileImport, `SELECT `+fileImportColumns+` FROM intakes WHERE id = $1`, id)
	return i, doing(fmt.Sprintf("reading file import %d", id), err)
}

// OpenUpload opens a file import's file: ErrNotFound once it is gone.
func (s *Store) OpenUpload(id int64) (*os.File, error) {
	f, err := os.Open(s.uploadedFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	return f, doing(fmt.Sprintf("opening the file of file import %d", id), err)
}

// UpdateFileImport saves survey, choices, findings and state of a file import that has not ended.
func (s *Store) UpdateFileImport(ctx context.Context, i FileImport) error {
	return s.tx(ctx, fmt.Sprintf("updating file import %d", i.ID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE intakes SET state = $1, survey = $2, choices = $3, findings = $4 WHERE id = $5 AND ended_at IS NULL`,
			i.State, i.Survey, i.Choices, i.Findings, i.ID)
	})
}

// DiscardFileImport ends a file import without writing anything and removes its file; one that has ended stays as it is.
func (s *Store) DiscardFileImport(ctx context.Context, id int64, at time.Time) error {
	err := s.tx(ctx, fmt.Sprintf("discarding file import %d", id), func(tx *sql.Tx) error {
		if _, err := one(ctx, tx, scanFileImport, `SELECT `+fileImportColumns+` FROM intakes WHERE id = $1`, id); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `UPDATE intakes SET state = $1, ended_at = $2 WHERE id = $3 AND ended_at IS NULL`,
			FileImportDiscarded, unix(at), id)
		return err
	})
	if err != nil {
		return err
	}
	return s.removeUploadedFile(id)
}

func (s *Store) removeUploadedFile(id int64) error {
	if err := os.Remove(s.uploadedFile(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the file of file import %d: %w", id, err)
	}
	return nil
}

// DiscardOldFileImports discards the file imports that were uploaded before a moment and removes every file of the
// uploads that no open file import needs and that is older.
func (s *Store) DiscardOldFileImports(ctx context.Context, before, at time.Time) error {
	ids, err := list(ctx, s.from, scanValue[int64], `SELECT id FROM intakes WHERE uploaded_at < $1 AND ended_at IS NULL`, unix(before))
	if err != nil {
		return doing("listing old file imports", err)
	}
	for _, id := range ids {
		if err := s.DiscardFileImport(ctx, id, at); err != nil {
			return err
		}
	}
	return s.removeOldUploads(before)
}

// removeOldUploads removes what a process that was killed while it received or wrote a file left behind.
func (s *Store) removeOldUploads(before time.Time) error {
	files, err := os.ReadDir(s.uploads())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, f := range files {
		if info, infoErr := f.Info(); infoErr == nil && info.ModTime().Before(before) {
			err = errors.Join(err, os.Remove(filepath.Join(s.uploads(), f.Name())))
		}
	}
	return doing("removing old uploads", err)
}

// SeatWriter saves many seats within one transaction.
type SeatWriter struct{ inserts, updates *sql.Stmt }

// WriteFileImport runs fn, which answers what is kept as found, and ends the file import, all as one Together: when there is an error,
// nothing was written and the file import is as it was. ErrNotFound: it is not a checked one. The file is removed.
func (s *Store) WriteFileImport(
	ctx context.Context,
	id int64,
	at time.Time,
	fn func(*Store, *SeatWriter) (findings string, err error),
) error {
	err := s.Together(ctx, fmt.Sprintf("writing file import %d", id), func(s *Store) error {
		err := execOne(ctx, s.within, `UPDATE intakes SET state = $1, ended_at = $2 WHERE id = $3 AND state = $4`,
			FileImportDone, unix(at), id, FileImportChecked)
		if err != nil {
			return err
		}
		w, err := newSeatWriter(ctx, s.within)
		if err != nil {
			return err
		}
		findings, err := fn(s, w)
		if err = errors.Join(err, w.inserts.Close(), w.updates.Close()); err != nil {
			return err
		}
		return execOne(ctx, s.within, `UPDATE intakes SET findings = $1 WHERE id = $2`, findings, id)
	})
	if err != nil {
		return err
	}
	return s.removeUploadedFile(id)
}

func newSeatWriter(ctx context.Context, tx *sql.Tx) (w *SeatWriter, err error) {
	inserts, err := tx.PrepareContext(ctx, `
		INSERT INTO seats (organization_id, email, email_folded, invited_at, joined_at, suspended_at, deleted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, inserts.Close())
		}
	}()
	updates, err := tx.PrepareContext(ctx, `UPDATE seats SET invited_at = $1, joined_at = $2, suspended_at = $3, deleted_at = $4
		WHERE id = $5 AND organization_id = $6`)
	if err != nil {
		return nil, err
	}
	return &SeatWriter{inserts: inserts, updates: updates}, nil
}

// Save adds a seat, which has no id then, or changes the moments of one.
func (w *SeatWriter) Save(ctx context.Context, seat Seat) error {
	var err error
	if seat.ID == 0 {
		_, err = w.inserts.ExecContext(ctx, seat.OrganizationID, seat.Email, FoldEmail(seat.Email),
			unix(seat.InvitedAt), unix(seat.JoinedAt), unix(seat.SuspendedAt), unix(seat.DeletedAt))
	} else {
		_, err = w.updates.ExecContext(ctx, unix(seat.InvitedAt), unix(seat.JoinedAt), unix(seat.SuspendedAt), unix(seat.DeletedAt),
			seat.ID, seat.OrganizationID)
	}
	return doing(fmt.Sprintf("%q of organization %d", seat.Email, seat.OrganizationID), err)
}

// SeatHistory lists all seats of an organization, also the deleted ones, by id.
func (s *Store) SeatHistory(ctx context.Context, organizationID int64) ([]Seat, error) {
	seats, err := seatHistory(ctx, s.from, organizationID)
	return seats, doing(fmt.Sprintf("listing all seats of organization %d", organizationID), err)
}

func seatHistory(ctx context.Context, q querier, organizationID int64) ([]Seat, error) {
	return list(ctx, q, scanSeat, `SELECT `+seatColumns+` FROM seats WHERE organization_id = $1 ORDER BY id`, organizationID)
}

// RememberColumns keeps the choices for files of a kind with the same headings.
func (s *Store) RememberColumns(ctx context.Context, kind, header, choices string) error {
	return s.tx(ctx, "remembering columns", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO intake_columns (kind, header, choices) VALUES ($1, $2, $3)
			ON CONFLICT (kind, header) DO UPDATE SET choices = excluded.choices`, kind, header, choices)
		return err
	})
}

// RememberedColumns reads the choices that were kept: ErrNotFound when there are none.
func (s *Store) RememberedColumns(ctx context.Context, kind, header string) (string, error) {
	choices, err := one(ctx, s.from, scanValue[string], `SELECT choices FROM intake_columns WHERE kind = $1 AND header = $2`, kind, header)
	return choices, doing("reading remembered columns", err)
}
