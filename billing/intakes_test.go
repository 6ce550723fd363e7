package billing

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/table"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// upload uploads a file and checks it with what is guessed, changed by change.
func (w *world) upload(kind IntakeKind, file string, change func(*IntakeChoices)) Intake {
	w.t.Helper()
	saved, err := w.Files.Upload(w.t.Context(), problem.Actor{Name: "ann@example.com"}, kind, "seats.csv", strings.NewReader(file))
	w.must(err)
	in, err := w.Files.Intake(w.t.Context(), saved.ID)
	w.must(err)
	if change != nil {
		change(&in.Choices)
	}
	w.must(w.Files.CheckIntake(w.t.Context(), in.ID, in.Choices))
	return w.settled(in.ID)
}

// settled is the intake once no work on it is in progress.
func (w *world) settled(id int64) Intake {
	w.t.Helper()
	w.Files.WaitForIntake(w.t.Context(), id)
	in, err := w.Files.Intake(w.t.Context(), id)
	w.must(err)
	return in
}

func (w *world) writeIntake(in Intake, skip bool) Intake {
	w.t.Helper()
	w.must(w.Files.WriteIntake(w.t.Context(), problem.Actor{Name: "ann@example.com"}, in.ID, skip))
	return w.settled(in.ID)
}

func create(names ...string) func(*IntakeChoices) {
	return func(c *IntakeChoices) { c.Create = names }
}

const someMembers = `Organization,E-mail,Status,Joined,Deleted
Acme,ann@example.com,active,2026-02-01,
Acme,bob@example.com,deleted,2026-02-01,2026-03-10
acme,ann@example.com,active,2026-02-01,
Acme,no address,active,2026-02-01,
Unknown Ltd,cas@example.com,active,2026-02-01,
Unknown Ltd,dot@example.com,suspended,2026-01-05,
`

func TestImportMembers(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	w.organization("Acme", 0, store.Business)
	in := w.upload(MembersIntake, someMembers, nil)
	f := in.Findings
	if f == nil || f.Rows != 6 || f.Bad != 2 || f.LeftOut != 2 || f.Changes() != 2 || len(f.Unknown) != 1 || f.Unknown[0].Rows != 2 {
		t.Fatalf("findings %+v, progress %+v", f, in.Progress)
	}
	if f.Problems[0].Line != 4 || f.Problems[1].Line != 5 {
		t.Errorf("problems %+v", f.Problems)
	}
	var invalid *problem.Invalid
	if err := w.Files.WriteIntake(t.Context(), problem.System(), in.ID, false); !errors.As(err, &invalid) || invalid.Fields["skip"] == "" {
		t.Fatalf("written with bad rows: %v", err)
	}
	in.Choices.Create = []string{"UNKNOWN ltd"}
	w.must(w.Files.CheckIntake(t.Context(), in.ID, in.Choices))
	in = w.settled(in.ID)
	if f = in.Findings; f.Changes() != 4 || f.LeftOut != 0 || !f.Unknown[0].Create {
		t.Fatalf("findings %+v", f)
	}
	changes, err := w.Files.IntakeChanges(t.Context(), in.ID, 0, "unknown ltd")
	w.must(err)
	if len(changes) != 2 || changes[0].Member.Action != AddMember {
		t.Errorf("changes %+v", changes)
	}
	if in = w.writeIntake(in, true); in.State != store.IntakeDone || !in.Progress.Problem.Zero() {
		t.Fatalf("written: %+v", in)
	}
	usage, err := w.Figures.Usage(t.Context(), seats.WholeMonth("2026-03"), nil)
	w.must(err)
	seats := map[string]int{}
	for _, u := range usage {
		seats[u.Organization] = u.Seats
	}
	if seats["Acme"] != 2 || seats["Unknown Ltd"] != 2 {
		t.Errorf("seats in March: %v", seats)
	}
	if _, err := w.store.OpenIntake(in.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the file is still there: %v", err)
	}
	again := w.upload(MembersIntake, someMembers, nil)
	if again.Findings.Changes() != 0 || again.Findings.Unchanged != 4 {
		t.Errorf("the second time: %+v", again.Findings)
	}
	if got := w.writeIntake(again, true); got.State != store.IntakeDone {
		t.Errorf("the second time: %+v", got)
	}
	log, _, err := w.store.Activities(t.Context(), store.ActivityFilter{Category: store.CategoryOrganizations})
	w.must(err)
	want := "Imported members from “seats.csv”: 4 members added, 2 rows left out."
	if len(log) != 3 || log[1].Action != want && log[2].Action != want || log[0].Action != "Imported members from “seats.csv”: nothing changed, 2 rows left out." {
		t.Errorf("activity %+v", log)
	}
}

// TestImportWritesNothingElse: what changed since the check is looked at before it is written.
func TestImportWritesNothingElse(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.organization("Acme", 0, store.Business)
	in := w.upload(MembersIntake, "Organization,E-mail\nAcme,ann@example.com\nAcme,bob@example.com\n", nil)
	_, _, err := w.store.AddSeats(t.Context(), acme.ID, []string{"ann@example.com"}, time.Time{}, w.time())
	w.must(err)
	in = w.writeIntake(in, false)
	if in.State != store.IntakeChecked || in.Progress.Problem.Zero() || in.Findings.Changes() != 1 {
		t.Fatalf("%s, %+v, %+v", in.State, in.Progress, in.Findings)
	}
	if in = w.writeIntake(in, false); in.State != store.IntakeDone {
		t.Fatalf("%s, %+v", in.State, in.Progress)
	}
	seats, err := w.store.SeatHistory(t.Context(), acme.ID)
	w.must(err)
	if len(seats) != 2 {
		t.Errorf("seats %+v", seats)
	}
}

func TestImportDeletesMissingMembers(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.organization("Acme", 0, store.Business)
	other := w.organization("Other", 0, store.Business)
	w.join(acme, 3)
	w.join(other, 1)
	missing := func(c *IntakeChoices) { c.RemoveMissing = true }
	if in := w.upload(MembersIntake, "Organization,E-mail\nAcme,ann@example.com\nAcme,bad\n", missing); in.Findings.Refused == "" {
		t.Errorf("members may be deleted by a file with a bad row: %+v", in.Findings)
	} else if err := w.Files.WriteIntake(t.Context(), problem.System(), in.ID, true); err == nil {
		t.Error("it was written")
	}
	in := w.upload(MembersIntake, "Organization,E-mail\nAcme,ann@example.com\n", missing)
	if in.Findings.Actions[DeleteMember] != 3 || in.Findings.Actions[AddMember] != 1 {
		t.Errorf("findings %+v", in.Findings)
	}
}

func TestImportMembersOfDeletedAndTwiceNamedOrganizations(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	gone := w.organization("Gone", 0, store.Business)
	w.must(w.store.DeleteOrganization(t.Context(), gone.ID, moment.At("2026-05-05")))
	_, err := w.store.CreateOrganization(t.Context(), store.Organization{Name: "Acme", ExternalID: "np-1", Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: moment.At("2026-01-01")})
	w.must(err)
	in := w.upload(MembersIntake, "Organization,E-mail,Joined,Deleted\nGone,ann@example.com,2026-02-01,\nGone,bob@example.com,2026-02-01,2026-03-01\nAcme,ann@example.com,2026-02-01,\nnp-1,ann@example.com,2026-02-01,\n", nil)
	if in.Findings.Bad != 2 || in.Findings.Changes() != 2 || in.Findings.Problems[0].Line != 2 || in.Findings.Problems[1].Line != 5 {
		t.Fatalf("findings %+v", in.Findings)
	}
	if in = w.writeIntake(in, true); in.State != store.IntakeDone {
		t.Errorf("%+v", in.Progress)
	}
}

func TestImportUsage(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.organization("Acme", 0, store.Enterprise)
	own, err := w.store.CreateOrganization(t.Context(), store.Organization{Name: "Own", Plan: store.Business, License: store.NFR, Managed: true, CreatedAt: moment.At("2026-01-01")})
	w.must(err)
	w.join(acme, 2)
	const file = "Organization;Month;Seats\nAcme;2026-09;7\nAcme;2026-08;0\nOwn;2026-09;8\nAcme;2026-10;5\nNew;2026-09;3\n"
	in := w.upload(UsageIntake, file, create("New"))
	if in.Findings.NewReports != 4 || in.Findings.Bad != 1 || in.Findings.Problems[0].Line != 5 {
		t.Fatalf("findings %+v", in.Findings)
	}
	if in = w.writeIntake(in, true); in.State != store.IntakeDone {
		t.Fatalf("%+v", in.Progress)
	}
	september, err := w.Figures.Usage(t.Context(), seats.WholeMonth("2026-09"), nil)
	w.must(err)
	if u := september[acme.ID]; !u.Known || u.Seats != 7 || u.Plan != store.Enterprise || u.Source != seats.SourceCSV || u.Ledger != 0 {
		t.Errorf("Acme in September: %+v", u)
	}
	if u := september[own.ID]; u.Seats != 0 || !strings.Contains(u.Why, "NFR") {
		t.Errorf("NFR is billed: %+v", u)
	}
	if again := w.upload(UsageIntake, file, create("New")); again.Findings.Changes() != 0 || again.Findings.Unchanged != 4 {
		t.Errorf("the second time: %+v", again.Findings)
	}
	other := w.upload(UsageIntake, strings.Replace(file, ";7", ";9", 1), nil)
	if other.Findings.Replaced != 1 || other.Findings.NewReports != 0 {
		t.Errorf("another figure: %+v", other.Findings)
	}
}

func TestAmbiguousDatesHaveToBeChosen(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.organization("Acme", 0, store.Business)
	saved, err := w.Files.Upload(t.Context(), problem.System(), MembersIntake, "x.csv", strings.NewReader("Organization,E-mail,Joined\nAcme,ann@example.com,03/04/2026\n"))
	w.must(err)
	in, err := w.Files.Intake(t.Context(), saved.ID)
	w.must(err)
	var invalid *problem.Invalid
	if err := w.Files.CheckIntake(t.Context(), in.ID, in.Choices); !errors.As(err, &invalid) || invalid.Fields["dates.joined"] == "" {
		t.Fatalf("checked: %v", err)
	}
	in.Choices.Dates = map[Column]table.DateOrder{JoinedColumn: table.DayFirst}
	w.must(w.Files.CheckIntake(t.Context(), in.ID, in.Choices))
	w.writeIntake(w.settled(in.ID), false)
	seats, err := w.store.SeatHistory(t.Context(), acme.ID)
	w.must(err)
	if len(seats) != 1 || !seats[0].JoinedAt.Equal(moment.At("2026-04-03")) {
		t.Errorf("seats %+v", seats)
	}
	next, err := w.Files.Upload(t.Context(), problem.System(), MembersIntake, "y.csv", strings.NewReader("Organization,E-mail,Joined\nAcme,bob@example.com,03/04/2026\n"))
	w.must(err)
	if in, err = w.Files.Intake(t.Context(), next.ID); err != nil || in.Choices.Dates[JoinedColumn] != table.DayFirst {
		t.Errorf("the choice is not remembered: %+v, %v", in.Choices, err)
	}
}

func TestEncodingCanBeChosen(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	saved, err := w.Files.Upload(t.Context(), problem.System(), MembersIntake, "x.csv", strings.NewReader("Organization,E-mail\n\xA3\xF3d\x9F,ann@example.com\n"))
	w.must(err)
	in, err := w.Files.Intake(t.Context(), saved.ID)
	w.must(err)
	if in.Survey.Encoding != "Windows-1252" {
		t.Errorf("recognised as %s", in.Survey.Encoding)
	}
	in.Choices.Encoding = "Windows-1250"
	w.must(w.Files.CheckIntake(t.Context(), in.ID, in.Choices))
	if in = w.settled(in.ID); in.Findings == nil || in.Findings.Unknown[0].Name != "Łódź" || in.Survey.Encoding != "Windows-1250" {
		t.Errorf("findings %+v", in.Findings)
	}
}

func TestUploadedFilesGo(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	in := w.upload(MembersIntake, someMembers, nil)
	dir := w.path + ".uploads"
	files, err := os.ReadDir(dir)
	w.must(err)
	if info, err := files[0].Info(); len(files) != 1 || err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("files %v, mode %v, %v", files, info.Mode(), err)
	}
	w.must(w.Files.DiscardOldIntakes(t.Context()))
	if _, err := w.store.OpenIntake(in.ID); err != nil {
		t.Errorf("a fresh file is gone: %v", err)
	}
	old := moment.At("2026-10-01")
	w.must(os.WriteFile(filepath.Join(dir, "upload-1"), nil, 0o600))
	w.must(os.Chtimes(filepath.Join(dir, "upload-1"), old, old))
	w.setTime("2026-10-22 12:00:00")
	w.must(w.Files.DiscardOldIntakes(t.Context()))
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("files %v, %v", files, err)
	}
	if in = w.settled(in.ID); in.State != store.IntakeDiscarded {
		t.Errorf("state %s", in.State)
	}
	for _, bad := range []string{"", "PK\x03\x04", "a,b\x00\n" + strings.Repeat("x", table.MaxBytes)} {
		var invalid *problem.Invalid
		if _, err := w.Files.Upload(t.Context(), problem.System(), UsageIntake, "x", strings.NewReader(bad)); !errors.As(err, &invalid) || invalid.Fields["file"] == "" {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("files %v, %v", files, err)
	}
}

// BenchmarkImport surveys, checks and writes a file of 100,000 members in 1,000 new organizations, a bad row in
// every thousand. peak-MB is the most heap that was in use beyond the file.
func BenchmarkImport(b *testing.B) {
	file := membersFile(benchmarkRows)
	peak := startPeak()
	for b.Loop() {
		b.StopTimer()
		s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "seatbridge.db"), bytes.Repeat([]byte{1}, 32))
		if err != nil {
			b.Fatal(err)
		}
		rooms := New(Config{Store: s, Log: slog.New(slog.DiscardHandler)})
		b.StartTimer()
		importAll(b, rooms, file)
		b.StopTimer()
		if err := errors.Join(rooms.Close(b.Context()), s.Close()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(benchmarkRows*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(peak(), "peak-MB")
}

func importAll(b *testing.B, rooms *Billing, file []byte) {
	b.Helper()
	saved, err := rooms.Files.Upload(b.Context(), problem.System(), MembersIntake, "members.csv", bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	in, err := rooms.Files.Intake(b.Context(), saved.ID)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		in.Choices.Create = append(in.Choices.Create, fmt.Sprintf("Customer %d, Inc.", i))
	}
	if err := rooms.Files.CheckIntake(b.Context(), in.ID, in.Choices); err != nil {
		b.Fatal(err)
	}
	rooms.Files.WaitForIntake(b.Context(), in.ID)
	if err := rooms.Files.WriteIntake(b.Context(), problem.System(), in.ID, true); err != nil {
		b.Fatal(err)
	}
	rooms.Files.WaitForIntake(b.Context(), in.ID)
	if in, err = rooms.Files.Intake(b.Context(), in.ID); err != nil || in.State != store.IntakeDone || in.Findings.Changes() != benchmarkRows-benchmarkRows/1000 {
		b.Fatalf("%+v, %v", in.Progress, err)
	}
}
