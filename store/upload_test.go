package store

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// newFileImport is a checked file import with a file.
func newFileImport(t *testing.T, s *Store) FileImport {
	t.Helper()
	upload := must[Upload](t)(s.SaveUpload(strings.NewReader("a,b\n")))
	in := must[FileImport](t)(s.CreateFileImport(t.Context(), FileImport{Kind: "members", Name: "a.csv", Survey: "{}", Choices: "{}", UploadedAt: t0, UploadedBy: "ann@example.com"}, upload))
	in.State, in.Findings = FileImportChecked, `{"rows":1}`
	check(t, s.UpdateFileImport(t.Context(), in))
	return in
}

func TestUploadedFile(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	in := newFileImport(t, s)
	got := must[FileImport](t)(s.FileImport(t.Context(), in.ID))
	if got.State != FileImportChecked || got.Size != 4 || got.Findings != `{"rows":1}` || !got.UploadedAt.Equal(t0) {
		t.Errorf("got %+v", got)
	}
	f := must[*os.File](t)(s.OpenUpload(in.ID))
	defer f.Close()
	if text := must[[]byte](t)(io.ReadAll(f)); string(text) != "a,b\n" {
		t.Errorf("the file says %q", text)
	}
	if info := must[os.FileInfo](t)(f.Stat()); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	check(t, s.DiscardFileImport(t.Context(), in.ID, t0))
	if _, err := s.OpenUpload(in.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the file of a discarded file import: %v", err)
	}
	if err := s.UpdateFileImport(t.Context(), in); !errors.Is(err, ErrNotFound) {
		t.Errorf("updating a discarded file import: %v", err)
	}
	if err := s.DiscardFileImport(t.Context(), 99, t0); !errors.Is(err, ErrNotFound) {
		t.Errorf("discarding none: %v", err)
	}
}

func TestUploadThatBreaksOff(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	if _, err := s.SaveUpload(io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if left := must[[]os.DirEntry](t)(os.ReadDir(s.uploads())); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWriteFileImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := newOrganizations(t, s, 1)[0]
	in := newFileImport(t, s)
	broken := errors.New("broken")
	write := func(end error) error {
		return s.WriteFileImport(t.Context(), in.ID, t0, func(s *Store, w *SeatWriter) (string, error) {
			created := must[Organization](t)(s.CreateOrganization(t.Context(), Organization{Name: "New", Plan: Business, License: Standard, CreatedAt: t0}))
			for _, id := range []int64{o.ID, created.ID} {
				check(t, w.Save(t.Context(), Seat{OrganizationID: id, Email: "ann@example.com", JoinedAt: t0}))
			}
			seats := must[[]Seat](t)(s.SeatHistory(t.Context(), o.ID))
			seats[0].DeletedAt = t0.Add(time.Hour)
			check(t, w.Save(t.Context(), seats[0]))
			check(t, s.SaveUsageReport(t.Context(), UsageReport{OrganizationID: o.ID, Month: "2026-03", Seats: 3, Plan: Business, Source: "csv", ReportedAt: t0}))
			check(t, s.AddActivity(t.Context(), Activity{At: t0, Actor: "ann@example.com", Category: CategoryBilling, Action: "Imported."}))
			return `{"rows":2}`, end
		})
	}
	count := func() (seats, reports int) {
		t.Helper()
		return len(must[[]Seat](t)(s.SeatHistory(t.Context(), o.ID))), len(must[[]UsageReport](t)(s.UsageReports(t.Context(), "2026-03")))
	}
	if err := write(broken); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	if seats, reports := count(); seats != 0 || reports != 0 {
		t.Errorf("%d seats and %d reports of a write that failed", seats, reports)
	}
	if f, err := s.OpenUpload(in.ID); err != nil {
		t.Errorf("the file is gone: %v", err)
	} else {
		f.Close()
	}
	check(t, write(nil))
	if seats, reports := count(); seats != 1 || reports != 1 {
		t.Errorf("%d seats and %d reports", seats, reports)
	}
	if got := must[FileImport](t)(s.FileImport(t.Context(), in.ID)); got.State != FileImportDone || got.Findings != `{"rows":2}` {
		t.Errorf("got %+v", got)
	}
	if err := write(nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("written twice: %v", err)
	}
}

func TestRememberedColumns(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	if _, err := s.RememberedColumns(t.Context(), "usage", "x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	check(t, s.RememberColumns(t.Context(), "usage", "x", "1"))
	check(t, s.RememberColumns(t.Context(), "usage", "x", "2"))
	check(t, s.RememberColumns(t.Context(), "members", "x", "3"))
	if got := must[string](t)(s.RememberedColumns(t.Context(), "usage", "x")); got != "2" {
		t.Errorf("got %q", got)
	}
}
