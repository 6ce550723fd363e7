package intake_test

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

	"seatbridge/billing"
	"seatbridge/billing/intake"
	"seatbridge/billing/intake/intaketest"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/internal/moment"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

// upload uploads a file and checks it with what is guessed, changed by change.
func (w *world) upload(kind sheet.Kind, file string, change func(*intake.Choices)) intake.FileImport {
	w.T.Helper()
	saved, err := w.Files.Upload(w.T.Context(), problem.Actor{Name: "ann@example.com"}, kind, "seats.csv", strings.NewReader(file))
	w.Must(err)
	in, err := w.Files.Find(w.T.Context(), saved.ID)
	w.Must(err)
	if change != nil {
		change(&in.Choices)
	}
	w.Must(w.Files.Check(w.T.Context(), in.ID, in.Choices))
	return w.settled(in.ID)
}

// settled is the import once no work on it is in progress.
func (w *world) settled(id int64) intake.FileImport {
	w.T.Helper()
	w.Files.Wait(w.T.Context(), id)
	in, err := w.Files.Find(w.T.Context(), id)
	w.Must(err)
	return in
}

func (w *world) write(in intake.FileImport, skip bool) intake.FileImport {
	w.T.Helper()
	w.Must(w.Files.Write(w.T.Context(), problem.Actor{Name: "ann@example.com"}, in.ID, skip))
	return w.settled(in.ID)
}

func create(names ...string) func(*intake.Choices) {
	return func(c *intake.Choices) { c.Create = names }
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
	w.Organization("Acme", 0, store.Business)
	in := w.upload(sheet.Members, someMembers, nil)
	f := in.Findings
	if f == nil || f.Rows != 6 || f.Bad != 2 || f.LeftOut != 2 || f.Changes() != 2 || len(f.Unknown) != 1 || f.Unknown[0].Rows != 2 {
		t.Fatalf("findings %+v, progress %+v", f, in.Progress)
	}
	if f.Problems[0].Line != 4 || f.Problems[1].Line != 5 {
		t.Errorf("problems %+v", f.Problems)
	}
	var invalid *problem.Invalid
	if err := w.Files.Write(t.Context(), problem.System(), in.ID, false); !errors.As(err, &invalid) || invalid.Fields["skip"] == "" {
		t.Fatalf("written with bad rows: %v", err)
	}
	in.Choices.Create = []string{"UNKNOWN ltd"}
	w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
	in = w.settled(in.ID)
	if f = in.Findings; f.Changes() != 4 || f.LeftOut != 0 || !f.Unknown[0].Create {
		t.Fatalf("findings %+v", f)
	}
	changes, err := w.Files.Changes(t.Context(), in.ID, 0, "unknown ltd")
	w.Must(err)
	if len(changes) != 2 || changes[0].Member.Action != sheet.AddMember {
		t.Errorf("changes %+v", changes)
	}
	if in = w.write(in, true); in.State != store.FileImportDone || !in.Progress.Problem.Zero() {
		t.Fatalf("written: %+v", in)
	}
	usage, err := w.Figures.Usage(t.Context(), seats.WholeMonth("2026-03"), nil)
	w.Must(err)
	seats := map[string]int{}
	for _, u := range usage {
		seats[u.Organization], _ = u.Seats()
	}
	if seats["Acme"] != 2 || seats["Unknown Ltd"] != 2 {
		t.Errorf("seats in March: %v", seats)
	}
	if _, err := w.Store.OpenUpload(in.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the file is still there: %v", err)
	}
	again := w.upload(sheet.Members, someMembers, nil)
	if again.Findings.Changes() != 0 || again.Findings.Unchanged != 4 {
		t.Errorf("the second time: %+v", again.Findings)
	}
	if got := w.write(again, true); got.State != store.FileImportDone {
		t.Errorf("the second time: %+v", got)
	}
	log, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{Category: store.CategoryOrganizations})
	w.Must(err)
	want := "Imported members from “seats.csv”: 4 members added, 2 rows left out."
	if len(log) != 3 || log[1].Action != want && log[2].Action != want || log[0].Action != "Imported members from “seats.csv”: nothing changed, 2 rows left out." {
		t.Errorf("activity %+v", log)
	}
}

// TestImportWritesNothingElse: what changed since the check is looked at before it is written.
func TestImportWritesNothingElse(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.Organization("Acme", 0, store.Business)
	in := w.upload(sheet.Members, "Organization,E-mail\nAcme,ann@example.com\nAcme,bob@example.com\n", nil)
	_, _, err := w.Store.AddSeats(t.Context(), acme.ID, []string{"ann@example.com"}, time.Time{}, w.Time())
	w.Must(err)
	in = w.write(in, false)
	if in.State != store.FileImportChecked || in.Progress.Problem.Zero() || in.Findings.Changes() != 1 {
		t.Fatalf("%s, %+v, %+v", in.State, in.Progress, in.Findings)
	}
	if in = w.write(in, false); in.State != store.FileImportDone {
		t.Fatalf("%s, %+v", in.State, in.Progress)
	}
	seats, err := w.Store.SeatHistory(t.Context(), acme.ID)
	w.Must(err)
	if len(seats) != 2 {
		t.Errorf("seats %+v", seats)
	}
}

func TestImportDeletesMissingMembers(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.Organization("Acme", 0, store.Business)
	other := w.Organization("Other", 0, store.Business)
	w.Join(acme, 3)
	w.Join(other, 1)
	missing := func(c *intake.Choices) { c.RemoveMissing = true }
	if in := w.upload(sheet.Members, "Organization,E-mail\nAcme,ann@example.com\nAcme,bad\n", missing); in.Findings.Refused == "" {
		t.Errorf("members may be deleted by a file with a bad row: %+v", in.Findings)
	} else if err := w.Files.Write(t.Context(), problem.System(), in.ID, true); err == nil {
		t.Error("it was written")
	}
	in := w.upload(sheet.Members, "Organization,E-mail\nAcme,ann@example.com\n", missing)
	if in.Findings.Actions[sheet.DeleteMember] != 3 || in.Findings.Actions[sheet.AddMember] != 1 {
		t.Errorf("findings %+v", in.Findings)
	}
}

func TestImportMembersOfDeletedAndTwiceNamedOrganizations(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	gone := w.Organization("Gone", 0, store.Business)
	w.Must(w.Store.DeleteOrganization(t.Context(), gone.ID, moment.At("2026-05-05")))
	_, err := w.Store.CreateOrganization(t.Context(), store.Organization{Name: "Acme", ExternalID: "np-1", Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: moment.At("2026-01-01")})
	w.Must(err)
	in := w.upload(sheet.Members, "Organization,E-mail,Joined,Deleted\nGone,ann@example.com,2026-02-01,\nGone,bob@example.com,2026-02-01,2026-03-01\nAcme,ann@example.com,2026-02-01,\nnp-1,ann@example.com,2026-02-01,\n", nil)
	if in.Findings.Bad != 2 || in.Findings.Changes() != 2 || in.Findings.Problems[0].Line != 2 || in.Findings.Problems[1].Line != 5 {
		t.Fatalf("findings %+v", in.Findings)
	}
	if in = w.write(in, true); in.State != store.FileImportDone {
		t.Errorf("%+v", in.Progress)
	}
}

func TestImportUsage(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.Organization("Acme", 0, store.Enterprise)
	own, err := w.Store.CreateOrganization(t.Context(), store.Organization{Name: "Own", Plan: store.Business, License: store.NFR, Managed: true, CreatedAt: moment.At("2026-01-01")})
	w.Must(err)
	w.Join(acme, 2)
	const file = "Organization;Month;Seats\nAcme;2026-09;7\nAcme;2026-08;0\nOwn;2026-09;8\nAcme;2026-10;5\nNew;2026-09;3\n"
	in := w.upload(sheet.Usage, file, create("New"))
	if in.Findings.NewReports != 4 || in.Findings.Bad != 1 || in.Findings.Problems[0].Line != 5 {
		t.Fatalf("findings %+v", in.Findings)
	}
	if in = w.write(in, true); in.State != store.FileImportDone {
		t.Fatalf("%+v", in.Progress)
	}
	september, err := w.Figures.Usage(t.Context(), seats.WholeMonth("2026-09"), nil)
	w.Must(err)
	u := september[acme.ID]
	if n, ok := u.Seats(); !ok || n != 7 || u.Plan != store.Enterprise || u.Source() != seats.SourceCSV || u.Ledger != 0 {
		t.Errorf("Acme in September: %+v", u)
	}
	u = september[own.ID]
	if n, ok := u.Seats(); !ok || n != 0 || !strings.Contains(u.Why, "NFR") {
		t.Errorf("NFR is billed: %+v", u)
	}
	if again := w.upload(sheet.Usage, file, create("New")); again.Findings.Changes() != 0 || again.Findings.Unchanged != 4 {
		t.Errorf("the second time: %+v", again.Findings)
	}
	other := w.upload(sheet.Usage, strings.Replace(file, ";7", ";9", 1), nil)
	if other.Findings.Replaced != 1 || other.Findings.NewReports != 0 {
		t.Errorf("another figure: %+v", other.Findings)
	}
}

// TestCase_H32_AFileStandsBesideAReport: what a script reported stays and, coming first in the order, counts; the preview of the import
// says so, and what an earlier file said is in the activity log.
func TestCase_H32_AFileStandsBesideAReport(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.Organization("Acme", 0, store.Business)
	w.Must(w.Organizations.ReportUsage(t.Context(), problem.System(), store.UsageReport{
		OrganizationID: acme.ID, Month: "2026-09", Seats: 30, Plan: store.Business, Source: string(seats.SourceAPI),
	}))
	const file = "Organization;Month;Seats\nAcme;2026-09;7\n"
	in := w.upload(sheet.Usage, file, nil)
	changes, err := w.Files.Changes(t.Context(), in.ID, acme.ID, "")
	w.Must(err)
	if len(changes) != 1 || changes[0].Report.Before != nil || changes[0].Report.Beside.Source() != seats.SourceAPI {
		t.Errorf("the import would do %+v", changes)
	}
	const sentence = "The HTTP API says 30 on NordPass Business; this file says 7 on NordPass Business: by the order in Settings the HTTP API " +
		"comes first, so 30 stays billed."
	if changes[0].Report.Meeting != sentence || len(in.Findings.Meetings) != 1 || in.Findings.Meetings[0].Sentence != sentence {
		t.Errorf("the check says %q and %+v", changes[0].Report.Meeting, in.Findings.Meetings)
	}
	w.write(in, false)
	w.write(w.upload(sheet.Usage, strings.Replace(file, ";7", ";9", 1), nil), false)
	kept, err := w.Store.UsageReports(t.Context(), "2026-09")
	w.Must(err)
	if len(kept) != 2 || kept[0].Seats != 30 || kept[1].Seats != 9 || kept[1].ReportedBy != "ann@example.com" {
		t.Errorf("kept are %+v", kept)
	}
	usage, err := w.Figures.Usage(t.Context(), seats.WholeMonth("2026-09"), []int64{acme.ID})
	w.Must(err)
	if n, _ := usage[acme.ID].Seats(); n != 30 || !usage[acme.ID].Disputed {
		t.Errorf("what counts is %+v", usage[acme.ID])
	}
	log, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{OrganizationID: acme.ID, Limit: 10})
	w.Must(err)
	const want = "Replaced what an uploaded file said of “Acme” by importing “seats.csv”: September 2026 7 NordPass Business → 9 NordPass Business."
	if len(log) == 0 || log[0].Action != want {
		t.Errorf("the activity log says %+v, want %q", log, want)
	}
}

// A file's month is billed by the license of that month: what became free later was billed then, and the other way round.
func TestCase_G28_UsageFileByTheLicenseOfItsMonth(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	organization := func(name string, license store.License) store.Organization {
		created := moment.At("2026-01-01")
		o := store.Organization{Name: name, Plan: store.Business, License: license, Managed: true, CreatedAt: created}
		if license == store.Trial {
			o.TrialEndsAt = moment.At("2026-10-14")
		}
		o, err := w.Store.CreateOrganization(t.Context(), o)
		w.Must(err)
		return o
	}
	turn := func(o store.Organization, license store.License, at string) {
		o.License = license
		w.Must(w.Store.UpdateOrganization(t.Context(), o, moment.At(at)))
	}
	// The MSP has one NFR organization: the seats move from one to the other.
	left, became := organization("Left NFR", store.NFR), organization("Became NFR", store.Standard)
	turn(left, store.Standard, "2026-10-10 09:00:00")
	turn(became, store.NFR, "2026-10-10 10:00:00")
	turn(organization("Was in trial", store.Trial), store.Standard, "2026-10-02")
	w.SetTime("2026-11-03 12:00:00")
	in := w.upload(sheet.Usage, `Organization,Month,Seats
Left NFR,2026-09,8
Left NFR,2026-10,8
Became NFR,2026-09,6
Became NFR,2026-10,6
Was in trial,2026-09,4
Was in trial,2026-10,4
`, nil)
	w.write(in, false)
	type figure struct {
		seats int
		note  string
	}
	const free = "Reported as NFR, which is free, with 8 licenses."
	for m, want := range map[store.Month]map[string]figure{
		"2026-09": {"Left NFR": {0, free}, "Became NFR": {6, ""}, "Was in trial": {0, "Reported as a trial, which is free, with 4 licenses."}},
		"2026-10": {"Left NFR": {8, ""}, "Became NFR": {6, ""}, "Was in trial": {4, ""}},
	} {
		usage, err := w.Figures.Usage(t.Context(), seats.WholeMonth(m), nil)
		w.Must(err)
		for _, u := range usage {
			n, _ := u.Seats()
			if got := (figure{n, u.Why}); got != want[u.Organization] {
				t.Errorf("%s in %s: %+v, want %+v", u.Organization, m, got, want[u.Organization])
			}
		}
	}
}

func TestAmbiguousDatesHaveToBeChosen(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.Organization("Acme", 0, store.Business)
	saved, err := w.Files.Upload(t.Context(), problem.System(), sheet.Members, "x.csv", strings.NewReader("Organization,E-mail,Joined\nAcme,ann@example.com,03/04/2026\n"))
	w.Must(err)
	in, err := w.Files.Find(t.Context(), saved.ID)
	w.Must(err)
	var invalid *problem.Invalid
	if err := w.Files.Check(t.Context(), in.ID, in.Choices); !errors.As(err, &invalid) || invalid.Fields["dates.joined"] == "" {
		t.Fatalf("checked: %v", err)
	}
	in.Choices.Dates = map[sheet.Column]table.DateOrder{sheet.JoinedColumn: table.DayFirst}
	w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
	w.write(w.settled(in.ID), false)
	seats, err := w.Store.SeatHistory(t.Context(), acme.ID)
	w.Must(err)
	if len(seats) != 1 || !seats[0].JoinedAt.Equal(moment.At("2026-04-03")) {
		t.Errorf("seats %+v", seats)
	}
	next, err := w.Files.Upload(t.Context(), problem.System(), sheet.Members, "y.csv", strings.NewReader("Organization,E-mail,Joined\nAcme,bob@example.com,03/04/2026\n"))
	w.Must(err)
	if in, err = w.Files.Find(t.Context(), next.ID); err != nil || in.Choices.Guesses.Dates[sheet.JoinedColumn] != table.DayFirst {
		t.Errorf("the choice is not remembered: %+v, %v", in.Choices, err)
	}
	if err := w.Files.Check(t.Context(), in.ID, in.Choices); !errors.As(err, &invalid) || invalid.Fields["dates.joined"] == "" {
		t.Errorf("the order of the last file is taken for this one: %v", err)
	}
}

func TestEncodingCanBeChosen(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	saved, err := w.Files.Upload(t.Context(), problem.System(), sheet.Members, "x.csv", strings.NewReader("Organization,E-mail\n\xA3\xF3d\x9F,ann@example.com\n"))
	w.Must(err)
	in, err := w.Files.Find(t.Context(), saved.ID)
	w.Must(err)
	if in.Survey.Encoding != "Windows-1252" {
		t.Errorf("recognised as %s", in.Survey.Encoding)
	}
	in.Choices.Encoding = "Windows-1250"
	w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
	if in = w.settled(in.ID); in.Findings == nil || in.Findings.Unknown[0].Name != "Łódź" || in.Survey.Encoding != "Windows-1250" {
		t.Errorf("findings %+v", in.Findings)
	}
}

func TestUploadedFilesGo(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	in := w.upload(sheet.Members, someMembers, nil)
	dir := w.Path + ".uploads"
	files, err := os.ReadDir(dir)
	w.Must(err)
	if info, err := files[0].Info(); len(files) != 1 || err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("files %v, mode %v, %v", files, info.Mode(), err)
	}
	w.Must(w.Files.DiscardOld(t.Context()))
	if _, err := w.Store.OpenUpload(in.ID); err != nil {
		t.Errorf("a fresh file is gone: %v", err)
	}
	old := moment.At("2026-10-01")
	w.Must(os.WriteFile(filepath.Join(dir, "upload-1"), nil, 0o600))
	w.Must(os.Chtimes(filepath.Join(dir, "upload-1"), old, old))
	w.SetTime("2026-10-22 12:00:00")
	w.Must(w.Files.DiscardOld(t.Context()))
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("files %v, %v", files, err)
	}
	if in = w.settled(in.ID); in.State != store.FileImportDiscarded {
		t.Errorf("state %s", in.State)
	}
	for _, bad := range []string{"", "PK\x03\x04", "a,b\x00\n" + strings.Repeat("x", table.MaxBytes)} {
		var invalid *problem.Invalid
		if _, err := w.Files.Upload(t.Context(), problem.System(), sheet.Usage, "x", strings.NewReader(bad)); !errors.As(err, &invalid) || invalid.Fields["file"] == "" {
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
	file := intaketest.Members(intaketest.Rows)
	peak := intaketest.StartPeak()
	for b.Loop() {
		b.StopTimer()
		s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "seatbridge.db"), bytes.Repeat([]byte{1}, 32))
		if err != nil {
			b.Fatal(err)
		}
		rooms := billing.New(billing.Config{Store: s, Log: slog.New(slog.DiscardHandler)})
		b.StartTimer()
		importAll(b, rooms, file)
		b.StopTimer()
		if err := errors.Join(rooms.Close(b.Context()), s.Close()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(intaketest.Rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(peak(), "peak-MB")
}

func importAll(b *testing.B, rooms *billing.Billing, file []byte) {
	b.Helper()
	saved, err := rooms.Files.Upload(b.Context(), problem.System(), sheet.Members, "members.csv", bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	in, err := rooms.Files.Find(b.Context(), saved.ID)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		in.Choices.Create = append(in.Choices.Create, fmt.Sprintf("Customer %d, Inc.", i))
	}
	if err := rooms.Files.Check(b.Context(), in.ID, in.Choices); err != nil {
		b.Fatal(err)
	}
	rooms.Files.Wait(b.Context(), in.ID)
	if err := rooms.Files.Write(b.Context(), problem.System(), in.ID, true); err != nil {
		b.Fatal(err)
	}
	rooms.Files.Wait(b.Context(), in.ID)
	if in, err = rooms.Files.Find(b.Context(), in.ID); err != nil || in.State != store.FileImportDone || in.Findings.Changes() != intaketest.Rows-intaketest.Rows/1000 {
		b.Fatalf("%+v, %v", in.Progress, err)
	}
}

// newOrganizations is a file of so many organizations that nobody knows, each with its seats of a month.
func newOrganizations(n int) string {
	var file strings.Builder
	file.WriteString("Organization;Month;Seats;Plan\n")
	for i := range n {
		fmt.Fprintf(&file, "Customer %05d GmbH;2026-02;%d;Business\n", i, i%90+1)
	}
	return file.String()
}

// Ten thousand new organizations come in one file, by one choice.
func TestTenThousandNewOrganizations(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	const known = 100
	for i := range known {
		w.Organization(fmt.Sprintf("Customer %05d, GmbH.", i), 1, store.Business)
	}
	n := soak.Size(2_000, 10_000)
	in := w.upload(sheet.Usage, newOrganizations(n), func(c *intake.Choices) { c.CreateAll = true })
	if f := in.Findings; f == nil || f.Bad != 0 || f.LeftOut != known || f.NewReports != n-known || len(f.Organizations) != n-known {
		t.Fatalf("found %d new, %d left out; %+v", f.NewReports, f.LeftOut, in.Progress)
	}
	if in = w.write(in, true); in.State != store.FileImportDone || !in.Progress.Problem.Zero() {
		t.Fatalf("%s, %+v", in.State, in.Progress)
	}
	reports, err := w.Store.UsageReports(t.Context(), "2026-02")
	if err != nil || len(reports) != n-known {
		t.Errorf("%d figures, %v", len(reports), err)
	}
}

// BenchmarkNewOrganizations checks and writes a file of 10,000 organizations that nobody knows, beside 5,000 that are known.
func BenchmarkNewOrganizations(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "seatbridge.db"), bytes.Repeat([]byte{1}, 32))
		if err != nil {
			b.Fatal(err)
		}
		for i := range 5_000 {
			o := store.Organization{Name: fmt.Sprintf("Klant %05d BV", i), Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: moment.At("2026-01-01")}
			if _, err := s.CreateOrganization(b.Context(), o); err != nil {
				b.Fatal(err)
			}
		}
		rooms := billing.New(billing.Config{Store: s, Log: slog.New(slog.DiscardHandler)})
		b.StartTimer()
		importNew(b, rooms, newOrganizations(10_000))
		b.StopTimer()
		if err := errors.Join(rooms.Close(b.Context()), s.Close()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func importNew(b *testing.B, rooms *billing.Billing, file string) {
	b.Helper()
	saved, err := rooms.Files.Upload(b.Context(), problem.System(), sheet.Usage, "usage.csv", strings.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	in, err := rooms.Files.Find(b.Context(), saved.ID)
	if err != nil {
		b.Fatal(err)
	}
	in.Choices.CreateAll = true
	began := time.Now()
	if err := rooms.Files.Check(b.Context(), in.ID, in.Choices); err != nil {
		b.Fatal(err)
	}
	rooms.Files.Wait(b.Context(), in.ID)
	checked := time.Now()
	if err := rooms.Files.Write(b.Context(), problem.System(), in.ID, false); err != nil {
		b.Fatal(err)
	}
	rooms.Files.Wait(b.Context(), in.ID)
	if in, err = rooms.Files.Find(b.Context(), in.ID); err != nil || in.State != store.FileImportDone || in.Findings.NewReports != 10_000 {
		b.Fatalf("%+v, %v", in.Progress, err)
	}
	b.ReportMetric(checked.Sub(began).Seconds(), "check-s")
	b.ReportMetric(time.Since(checked).Seconds(), "write-s")
}
