package intake_test

import (
	"errors"
	"strings"
	"testing"

	"seatbridge/billing/intake"
	"seatbridge/billing/intake/intaketest"
	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/store"
)

// A workbook is read like a table of text: dates by the format of their cells, the first sheet unless another one is chosen.
func TestWorkbooksAreRead(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	acme := w.Organization("Acme", 0, store.Business)
	// 45992 is 1 December 2025, 46023 is 1 January 2026.
	usage := `<row r="1">` + intaketest.Cells("Usage of all customers") + `</row>` +
		`<row r="3">` + intaketest.Cells("Organization", "Month", "Seats") + `</row>` +
		`<row r="4">` + intaketest.Cells("Acme") + `<c s="1"><v>45992</v></c><c><v>14</v></c></row>` +
		`<row r="5">` + intaketest.Cells("Acme") + `<c s="1"><v>46023</v></c><c><v>15.5</v></c></row>`
	file := intaketest.Workbook([2]string{"Cover", `<row r="1">` + intaketest.Cells("About this book") + `</row>`}, [2]string{"Usage", usage})
	saved, err := w.Files.Upload(t.Context(), problem.System(), sheet.Usage, "usage.xlsx", strings.NewReader(file))
	w.Must(err)
	in, err := w.Files.Find(t.Context(), saved.ID)
	w.Must(err)
	if got := in.Choices.Guesses.Sheets; len(got) != 2 || got[0] != "Cover" || in.Survey.Encoding != "Excel workbook" {
		t.Fatalf("sheets %q, %+v", got, in.Survey)
	}
	if in.Choices.Sheet != "Usage" || len(in.Choices.Columns) != 3 {
		t.Fatalf("the sheet with the table is not the first choice: %+v", in.Choices)
	}
	w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
	in = w.settled(in.ID)
	f := in.Findings
	if f == nil || f.NewReports != 1 || f.Bad != 1 || f.Problems[0].Line != 5 || !strings.Contains(f.Problems[0].Problem, "“15.5” is not a whole number") {
		t.Fatalf("findings %+v, %+v", f, in.Progress)
	}
	w.write(in, true)
	reports, err := w.Store.UsageReports(t.Context(), "2025-12")
	if err != nil || len(reports) != 1 || reports[0].Seats != 14 || reports[0].OrganizationID != acme.ID {
		t.Errorf("reports %+v, %v", reports, err)
	}
	var invalid *problem.Invalid
	next, err := w.Files.Upload(t.Context(), problem.System(), sheet.Usage, "usage.xlsx", strings.NewReader(file))
	w.Must(err)
	if err := w.Files.Check(t.Context(), next.ID, intake.Choices{Sheet: "Other"}); !errors.As(err, &invalid) || invalid.Fields["sheet"] == "" {
		t.Errorf("a sheet that is not there: %v", err)
	}
}

// Another sheet's columns are chosen by what they are called there, not by their places, and are shown where something is left to choose.
func TestAnotherSheetHasOtherColumns(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	w.Organization("Acme", 0, store.Business)
	file := intaketest.Workbook(
		[2]string{"Q3", `<row>` + intaketest.Cells("Organization", "Month", "Seats") + `</row><row>` + intaketest.Cells("Acme", "2025-09", "3") + `</row>`},
		[2]string{"Q4", `<row>` + intaketest.Cells("Month", "Seats", "Organization") + `</row><row>` + intaketest.Cells("2025-10", "4", "Acme") + `</row>`},
		[2]string{"Old", `<row>` + intaketest.Cells("Wer", "Wann", "Wieviel") + `</row><row>` + intaketest.Cells("Acme", "2025-11", "5") + `</row>`})
	saved, err := w.Files.Upload(t.Context(), problem.System(), sheet.Usage, "usage.xlsx", strings.NewReader(file))
	w.Must(err)
	in, err := w.Files.Find(t.Context(), saved.ID)
	w.Must(err)
	in.Choices.Sheet = "Q4"
	w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
	in = w.settled(in.ID)
	if f := in.Findings; f == nil || f.NewReports != 1 || f.Bad+f.LeftOut != 0 || in.Choices.Columns[sheet.MonthColumn] != 0 {
		t.Fatalf("%+v, %+v", f, in.Choices)
	}
	in.Choices.Sheet = "Old"
	var invalid *problem.Invalid
	if err := w.Files.Check(t.Context(), in.ID, in.Choices); !errors.As(err, &invalid) || invalid.Fields["organization"] == "" {
		t.Fatalf("%v", err)
	}
	in, err = w.Files.Find(t.Context(), in.ID)
	w.Must(err)
	if in.Findings != nil || strings.Join(in.Survey.Header, " ") != "Wer Wann Wieviel" || in.Choices.Sheet != "Old" {
		t.Fatalf("%+v, %+v", in.Survey, in.Choices)
	}
	in.Choices.Columns = sheet.ColumnMap{sheet.OrganizationColumn: 0, sheet.MonthColumn: 1, sheet.SeatsColumn: 2}
	w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
	if f := w.settled(in.ID).Findings; f == nil || f.NewReports != 1 || f.Bad+f.LeftOut != 0 {
		t.Errorf("%+v", f)
	}
}

// A corrected workbook is read in the sheet that was chosen, as long as it has it.
func TestCorrectedWorkbook(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	w.Organization("Acme", 0, store.Business)
	table := func(seats string) string {
		return `<row>` + intaketest.Cells("Organization", "Month", "Seats") + `</row><row>` + intaketest.Cells("Acme", "2025-10", seats) + `</row>`
	}
	saved, err := w.Files.Upload(t.Context(), problem.System(), sheet.Usage, "usage.xlsx",
		strings.NewReader(intaketest.Workbook([2]string{"Q3", table("1")}, [2]string{"Q4", table("four")})))
	w.Must(err)
	in, err := w.Files.Find(t.Context(), saved.ID)
	w.Must(err)
	in.Choices.Sheet = "Q4"
	w.Must(w.Files.Check(t.Context(), in.ID, in.Choices))
	if in = w.settled(in.ID); in.Findings == nil || in.Findings.Bad != 1 {
		t.Fatalf("%+v", in.Findings)
	}
	for _, names := range [][2]string{{"Q3", "Q4"}, {"Q1", "Q2"}} {
		saved, err = w.Files.Correct(t.Context(), problem.System(), in.ID, "usage.xlsx",
			strings.NewReader(intaketest.Workbook([2]string{names[0], table("1")}, [2]string{names[1], table("4")})))
		w.Must(err)
		in = w.settled(saved.ID)
		want := map[string]int{"Q4": 4, "Q2": 1}[names[1]]
		changes, err := w.Files.Changes(t.Context(), in.ID, 1, "")
		if err != nil || len(changes) != 1 || changes[0].Report.After.Seats != want {
			t.Errorf("%v: %+v, %+v, %v", names, in.Choices, changes, err)
		}
	}
}
