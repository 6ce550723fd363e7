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

// IntakeState says how far the import of an uploaded file is.
type IntakeState string

// The states. A checked intake can be written; the file of the last two is gone.
const (
	IntakeUploaded  IntakeState = "uploaded"
	IntakeChecked   IntakeState = "checked"
	IntakeDone      IntakeState = "done"
	IntakeDiscarded IntakeState = "discarded"
)

// Intake is a file that somebody uploaded to import. What is in it stands in a file beside the database.
type Intake struct {
	ID         int64
	Kind       string // "members", "usage"
	Name       string // of the file where it came from
	Size       int64  // in bytes
	State      IntakeState
	Survey     string // JSON, as billing wrote it, like the next two
	Choices    string
	Findings   string // what a check found; "null" before the first
	UploadedAt time.Time
	UploadedBy string // e-mail address
	EndedAt    time.Time
}

const intakeColumns = `id, kind, name, size, state, survey, choices, findings, uploaded_at, uploaded_by, ended_at`

func scanIntake(row scanner) (i Intake, err error) {
	err = row.Scan(&i.ID, &i.Kind, &i.Name, &i.Size, &i.State, &i.Survey, &i.Choices, &i.Findings, moment(&i.UploadedAt), &i.UploadedBy, moment(&i.EndedAt))
	return i, err
}

// Upload is a file that was received and belongs to no intake yet.
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

func (s *Store) intakeFile(id int64) string {
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

// CreateIntake makes an intake of an upload and answers it with its id.
func (s *Store) CreateIntake(ctx context.Context, i Intake, u Upload) (Intake, error) {
	err := s.tx(ctx, "creating an intake", func(tx *sql.Tx) (err error) {
		i.Size, i.State = u.Size, IntakeUploaded
		i.ID, err = one(ctx, tx, scanValue[int64], `
			INSERT INTO intakes (kind, name, size, state, survey, choices, uploaded_at, uploaded_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			i.Kind, i.Name, i.Size, i.State, i.Survey, i.Choices, unix(i.UploadedAt), i.UploadedBy)
		if err != nil {
			return err
		}
		return os.Rename(u.path, s.intakeFile(i.ID))
	})
	return i, err
}

// Intake reads one intake.
func (s *Store) Intake(ctx context.Context, id int64) (Intake, error) {
	i, err := one(ctx, s.from, scanIntake, `SELECT `+intakeColumns+` FROM intakes WHERE id = $1`, id)
	return i, doing(fmt.Sprintf("reading intake %d", id), err)
}

// OpenIntake opens an intake's file: ErrNotFound once it is gone.
func (s *Store) OpenIntake(id int64) (*os.File, error) {
	f, err := os.Open(s.intakeFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	return f, doing(fmt.Sprintf("opening the file of intake %d", id), err)
}

// UpdateIntake saves survey, choices, findings and state of an intake that has not ended.
func (s *Store) UpdateIntake(ctx context.Context, i Intake) error {
	return s.tx(ctx, fmt.Sprintf("updating intake %d", i.ID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE intakes SET state = $1, survey = $2, choices = $3, findings = $4 WHERE id = $5 AND ended_at IS NULL`,
			i.State, i.Survey, i.Choices, i.Findings, i.ID)
	})
}

// DiscardIntake ends an intake without writing anything and removes its file; one that has ended stays as it is.
func (s *Store) DiscardIntake(ctx context.Context, id int64, at time.Time) error {
	err := s.tx(ctx, fmt.Sprintf("discarding intake %d", id), func(tx *sql.Tx) error {
		if _, err := one(ctx, tx, scanIntake, `SELECT `+intakeColumns+` FROM intakes WHERE id = $1`, id); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `UPDATE intakes SET state = $1, ended_at = $2 WHERE id = $3 AND ended_at IS NULL`, IntakeDiscarded, unix(at), id)
		return err
	})
	if err != nil {
		return err
	}
	return s.removeIntakeFile(id)
}

func (s *Store) removeIntakeFile(id int64) error {
	if err := os.Remove(s.intakeFile(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the file of intake %d: %w", id, err)
	}
	return nil
}

// DiscardOldIntakes discards the intakes that were uploaded before a moment and removes every file of the
// uploads that no open intake needs and that is older.
func (s *Store) DiscardOldIntakes(ctx context.Context, before, at time.Time) error {
	ids, err := list(ctx, s.from, scanValue[int64], `SELECT id FROM intakes WHERE uploaded_at < $1 AND ended_at IS NULL`, unix(before))
	if err != nil {
		return doing("listing old intakes", err)
	}
	for _, id := range ids {
		if err := s.DiscardIntake(ctx, id, at); err != nil {
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

// WriteIntake runs fn, which answers what is kept as found, and ends the intake, all as one Together: when there is an error,
// nothing was written and the intake is as it was. ErrNotFound: it is not a checked one. The file is removed.
func (s *Store) WriteIntake(ctx context.Context, id int64, at time.Time, fn func(*Store, *SeatWriter) (findings string, err error)) error {
	err := s.Together(ctx, fmt.Sprintf("writing intake %d", id), func(s *Store) error {
		err := execOne(ctx, s.within, `UPDATE intakes SET state = $1, ended_at = $2 WHERE id = $3 AND state = $4`, IntakeDone, unix(at), id, IntakeChecked)
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
	return s.removeIntakeFile(id)
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
	updates, err := tx.PrepareContext(ctx, `UPDATE seats SET invited_at = $1, joined_at = $2, suspended_at = $3, deleted_at = $4 WHERE id = $5 AND organization_id = $6`)
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
		_, err = w.updates.ExecContext(ctx, unix(seat.InvitedAt), unix(seat.JoinedAt), unix(seat.SuspendedAt), unix(seat.DeletedAt), seat.ID, seat.OrganizationID)
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
