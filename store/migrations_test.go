package store

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
)

// openAtVersion makes a database as the migrations up to a version leave it.
func openAtVersion(t *testing.T, path string, version int64) *sql.DB {
	t.Helper()
	db := must[*sql.DB](t)(sql.Open("sqlite3", dsn(path, writerWait, url.Values{})))
	provider := must[*goose.Provider](t)(migrator(db))
	_, err := provider.UpTo(t.Context(), version)
	check(t, err)
	return db
}

// Before version 9 a change's kind repeated the state of a line that gets nothing.
func TestMigratesChangeKinds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 8)
	exec := func(query string, args ...any) {
		_, err := db.ExecContext(t.Context(), query, args...)
		check(t, err)
	}
	exec(`INSERT INTO runs (id, kind, month, preview, status, actor, started_at) VALUES (1, 'manual', '2026-03', FALSE, 'done', 'ann@example.com', 0)`)
	rows := []struct{ kind, state string }{
		{"create", "written"}, {"update", "failed"}, {"update", "stale"}, {"unchanged", "unchanged"},
		{"skipped", "skipped"}, {"skipped", "failed"}, {"blocked", "blocked"}, {"conflict", "conflict"},
	}
	for i, row := range rows {
		exec(`INSERT INTO changes (id, run_id, company_id, company, agreement_id, agreement, plan, product_id, product, kind, state, search_folded)
			VALUES ($1, 1, 1, 'Acme', 1, 'NordPass', 'business', $1, 'NP', $2, $3, 'acme')`, i+1, row.kind, row.state)
		exec(`INSERT INTO change_organizations (organization_id, change_id) VALUES (7, $1)`, i+1)
	}
	check(t, db.Close())

	s := openAt(t, path)
	for i, row := range rows {
		c := must[Change](t)(s.Change(t.Context(), int64(i+1)))
		if c.KindWord() != row.kind || string(c.State) != row.state {
			t.Errorf("%v is %q, %q", row, c.KindWord(), c.State)
		}
		if gets := row.kind == "create" || row.kind == "update"; gets != (c.Kind != KindNone) {
			t.Errorf("%v has the kind %q", row, c.Kind)
		}
	}
	_, total, err := s.Changes(t.Context(), ChangeFilter{OrganizationID: 7})
	check(t, err)
	same(t, total, len(rows))
	same(t, must[map[string]int](t)(s.KindCounts(t.Context(), 1)),
		map[string]int{"create": 1, "update": 2, "unchanged": 1, "skipped": 2, "blocked": 1, "conflict": 1})
	_, total, err = s.Changes(t.Context(), ChangeFilter{KindWords: []string{"skipped"}})
	check(t, err)
	same(t, total, 2)
}

// Before version 12 most was written without asking, and one percentage held falls and rises alike.
func TestMigratesHolds(t *testing.T) {
	t.Parallel()
	saved := `INSERT INTO activity (at, actor, actor_folded, ip, category, action)
		VALUES (0, 'ann@example.com', 'ann@example.com', '', 'settings', 'Saved the approvals. Nothing is held.')`
	protecting := Holds{
		Zero: true, First: true, Lower: Step{Percent: 30, Seats: 3}, Higher: Step{Percent: 50, Seats: 20}, Seats: 100, Negative: true,
		ManyLines: 5, ManyPercent: 20, SourceZero: true, Disputed: true, Found: true, Terms: true,
	}
	percent, off := protecting, protecting
	percent.Lower, percent.Higher = Step{Percent: 40, Seats: 1}, Step{Percent: 40, Seats: 1}
	off.Zero, off.First, off.Seats = false, false, 0
	for name, tt := range map[string]struct {
		before []string
		want   Holds
	}{
		"nobody touched the defaults": {nil, protecting},
		"somebody chose a percentage": {[]string{`UPDATE settings SET hold_percent = 40`}, percent},
		"somebody switched all off":   {[]string{`UPDATE settings SET hold_seats = NULL`, saved}, off},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "seatbridge.db")
			db := openAtVersion(t, path, 10)
			for _, query := range tt.before {
				must[sql.Result](t)(db.ExecContext(t.Context(), query))
			}
			check(t, db.Close())
			same(t, must[Settings](t)(openAt(t, path).Settings(t.Context())).Holds, tt.want)
		})
	}
}

// Before version 16 a setting and a flag said what held in all months; the activity log says when an organization's flag was another.
func TestMigratesWhatWasTrueThen(t *testing.T) {
	t.Parallel()
	for _, counted := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "seatbridge.db")
		db := openAtVersion(t, path, 14)
		exec := func(query string, args ...any) {
			_, err := db.ExecContext(t.Context(), query, args...)
			check(t, err)
		}
		exec(`UPDATE settings SET count_pending = $1`, counted)
		for id, managed := range map[int]bool{1: true, 2: false, 3: false, 4: true} {
			exec(`INSERT INTO organizations (id, name, name_folded, plan, license, managed, created_at)
				VALUES ($1, $2, $2, 'business', 'standard', $3, 1000)`, id, fmt.Sprint("org ", id), managed)
			exec(`INSERT INTO organization_terms (organization_id, since, plan, license) VALUES ($1, 1000, 'business', 'standard')`, id)
		}
		edit := func(id int, at int64, action string) {
			exec(`INSERT INTO activity (at, actor, actor_folded, ip, category, action, organization_id)
				VALUES ($1, 'ann@example.com', 'ann@example.com', '', 'organizations', $2, $3)`, at, action, id)
		}
		edit(3, 2000, "Edited organization “org 3”. Plan: NordPass Enterprise → NordPass Business. MSP-managed: true → false.")
		edit(4, 2000, "Edited organization “org 4”. MSP-managed: true → false.")
		edit(4, 3000, "Edited organization “org 4”. MSP-managed: false → true. External ID: none → x.")
		edit(1, 2000, "Edited organization “org 1”. External ID: none → x.")
		check(t, db.Close())

		s := openAt(t, path)
		var want []PendingRule
		if counted {
			want = []PendingRule{{Counted: true}}
		}
		same(t, must[Settings](t)(s.Settings(t.Context())).Pending, want)
		got := map[string][]Management{}
		for name, l := range ledgers(t, s, t0, t0.Add(time.Hour), nil) {
			got[name] = l.Management
		}
		at := func(n int64) time.Time { return time.Unix(n, 0).UTC() }
		same(t, got, map[string][]Management{
			"org 1": {{at(1000), true}}, "org 2": {{at(1000), false}}, "org 3": {{at(1000), true}, {at(2000), false}},
			"org 4": {{at(1000), true}, {at(2000), false}, {at(3000), true}},
		})
	}
}

// Before version 21 there was one report for an organization and month. It stays what it was, and other sources stand beside it.
func TestMigratesUsageReports(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 20)
	for _, query := range []string{
		`INSERT INTO organizations (id, name, name_folded, plan, license, managed, created_at)
			VALUES (1, 'Acme', 'acme', 'business', 'standard', TRUE, 1000)`,
		`INSERT INTO usage_reports (organization_id, month, seats, plan, source, note, reported_at)
			VALUES (1, '2026-03', 7, 'enterprise', 'csv', 'As agreed.', 2000)`,
	} {
		must[sql.Result](t)(db.ExecContext(t.Context(), query))
	}
	check(t, db.Close())

	s := openAt(t, path)
	kept := UsageReport{
		OrganizationID: 1, Month: "2026-03", Seats: 7, Plan: Enterprise, Source: "csv", Note: "As agreed.", ReportedAt: time.Unix(2000, 0).UTC(),
	}
	same(t, must[[]UsageReport](t)(s.UsageReports(t.Context(), "2026-03")), []UsageReport{kept})
	_, before, err := s.LedgerChanges(t.Context(), 0)
	check(t, err)
	beside := UsageReport{OrganizationID: 1, Month: "2026-03", Seats: 5, Plan: Business, Source: "api", ReportedAt: t0, ReportedBy: "API token n8n"}
	check(t, s.SaveUsageReport(t.Context(), beside))
	same(t, must[[]UsageReport](t)(s.UsageReports(t.Context(), "2026-03")), []UsageReport{beside, kept})
	changed, _, err := s.LedgerChanges(t.Context(), before)
	check(t, err)
	same(t, changed, []int64{1}) // the triggers are there
}

// Before version 22 the beginning of an organization was the moment of its entry, unless an import had moved it back.
func TestMigratesWhenOrganizationsWereEntered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 20)
	exec := func(query string, args ...any) {
		_, err := db.ExecContext(t.Context(), query, args...)
		check(t, err)
	}
	for id := range 3 {
		exec(`INSERT INTO organizations (id, name, name_folded, plan, license, created_at) VALUES ($1, $2, $2, 'business', 'standard', 1000)`,
			id+1, fmt.Sprint("org ", id+1))
	}
	logged := func(id int, at int64) {
		exec(`INSERT INTO activity (at, actor, actor_folded, ip, category, action, organization_id)
			VALUES ($1, 'ann@example.com', 'ann@example.com', '', 'organizations', 'Something.', $2)`, at, id)
	}
	logged(1, 3000)
	logged(1, 2000)
	logged(2, 900)
	check(t, db.Close())

	s := openAt(t, path)
	for id, entered := range map[int64]int64{1: 2000, 2: 1000, 3: 1000} {
		o := must[Organization](t)(s.Organization(t.Context(), id))
		same(t, o.CreatedAt, time.Unix(1000, 0).UTC())
		same(t, o.EnteredAt, time.Unix(entered, 0).UTC())
		same(t, o.StartSaid, false)
	}
}

// Before version 27 a file was one of members or of usage. What was uploaded stays, and a list of organizations can be.
func TestMigratesUploadedFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 26)
	_, err := db.ExecContext(t.Context(), `INSERT INTO intakes (id, kind, name, size, state, survey, choices, uploaded_at, uploaded_by)
		VALUES (7, 'usage', 'old.csv', 12, 'checked', '{}', '{}', 1000, 'ann@example.com')`)
	check(t, err)
	check(t, db.Close())

	s := openAt(t, path)
	old := must[FileImport](t)(s.FileImport(t.Context(), 7))
	if old.Kind != "usage" || old.Name != "old.csv" || old.State != FileImportChecked || old.UploadedBy != "ann@example.com" || old.Findings != "null" {
		t.Errorf("the upload became %+v", old)
	}
	for kind, want := range map[string]bool{"organizations": true, "something else": false} {
		upload := must[Upload](t)(s.SaveUpload(strings.NewReader("Organization\nAcme\n")))
		_, err := s.CreateFileImport(t.Context(), FileImport{Kind: kind, Survey: "{}", Choices: "{}", UploadedAt: time.Unix(2000, 0)}, upload)
		if (err == nil) != want {
			t.Errorf("a file of %s: %v", kind, err)
		}
		if err != nil {
			check(t, upload.Remove())
		}
	}
}

// Before version 25 nobody noted what of a line was included when it said something: what readings know of it is taken over, a value
// that drifted only from when it did.
func TestMigratesLineTerms(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 23)
	exec := func(query string, args ...any) { must[sql.Result](t)(db.ExecContext(t.Context(), query, args...)) }
	for _, term := range []string{
		`1, 5, 11, 'included', '4', '', 3000`, `1, 5, 11, 'customer', 'Billable', '', 3000`, `1, 0, 0, 'products', 'Billable', '', 3000`,
		`2, 5, 21, 'included', '0', '', 3000`, `2, 5, 21, 'customer', 'DoNotBill', 'Billable', 3000`,
		`3, 0, 0, 'products', 'NoCharge', '', 3000`, `3, 5, 31, 'customer', 'DoNotBill', '', 3000`,
	} {
		exec(`INSERT INTO terms (agreement_id, product_id, addition_id, name, value, was, since) VALUES (` + term + `)`)
	}
	for i, agreement := range []int{1, 2, 2, 3, 4} {
		exec(`INSERT INTO line_history (agreement_id, product_id, addition_id, at, seen_at, written, created, quantity)
			VALUES ($1, 5, $1 * 10 + 1, $2, $2, FALSE, FALSE, '7')`, agreement, []int{1000, 2000, 4000, 4000, 4000}[i])
	}
	exec(`INSERT INTO month_rows (month, organization_id, plan, organization, folded, billed, state) VALUES ('2026-10', 1, 'business', 'Acme', 'acme', '7', 'none')`)
	check(t, db.Close())

	books := BooksIn(openAt(t, path))
	said := must[map[int][]Said](t)(books.Said(t.Context(), []int{1, 2, 3, 4}))
	var got []string
	for agreement := 1; agreement <= 4; agreement++ {
		for _, s := range said[agreement] {
			got = append(got, fmt.Sprintf("%d: %s %s", agreement, s.Included, s.Unbilled))
		}
	}
	same(t, got, []string{"1: 4 ", "2: 0 ", "2: 0 customer", "3: 0 products", "4: 0 "})
	rows := must[map[int64][]MonthRow](t)(books.RowsOf(t.Context(), []int64{1}))
	same(t, rows[1][0].LineBilled.String(), "7")
}
