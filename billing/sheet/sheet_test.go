package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/intake/intaketest"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/table"
	"seatbridge/internal/moment"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

var importedAt = moment.At("2026-04-10 12:00:00")

func TestGuessColumns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header string
		kind   Kind
		want   ColumnMap
	}{
		{"Organization,E-mail,Status,Invited,Joined,Suspended,Deleted", Members, ColumnMap{"organization": 0, "email": 1, "status": 2, "invited": 3, "joined": 4, "suspended": 5, "deleted": 6}},
		{"id,User Email,COMPANY_NAME,State", Members, ColumnMap{"email": 1, "organization": 2, "status": 3}},
		{"Firma,E-Mail-Adresse,Gelöscht am,Beigetreten", Members, ColumnMap{"organization": 0, "email": 1, "deleted": 2, "joined": 3}},
		{"Société,Courriel,Statut", Members, ColumnMap{"organization": 0, "email": 1, "status": 2}},
		{"Customer,User,Email", Members, ColumnMap{"organization": 0, "email": 2}},
		{"Tenant ID,Primary e-mail", Members, ColumnMap{"organization": 0, "email": 1}},
		{"Organization,Month,Seats,Plan", Usage, ColumnMap{"organization": 0, "month": 1, "seats": 2, "plan": 3}},
		{"Kunde,Monat,Anzahl,Produkt", Usage, ColumnMap{"organization": 0, "month": 1, "seats": 2, "plan": 3}},
		{"Column 1,Column 2", Usage, ColumnMap{}},
		{"Organization," + strings.Repeat("a text ", 40) + "email", Members, ColumnMap{"organization": 0}}, // as long as no name is
		{"Organization,2026-01,Seats,Feb-26", Usage, ColumnMap{"organization": 0}},                         // whose columns are months
		{"Row Labels,2026-01,2026-02", Usage, ColumnMap{"organization": 0}},
		{"2026-01,2026-02", Usage, ColumnMap{}},
		{"Customer,Customer since,E-mail,Start,Until", Members, ColumnMap{"organization": 0, "start": 1, "email": 2, "joined": 3, "deleted": 4}},
		{"Customer,E-mail,Trial start,Trial end,Joined", Members, ColumnMap{"organization": 0, "email": 1, "trial_starts": 2, "trial_ends": 3, "joined": 4}},
		{"Month,Customer,Seats,License type,MSP-managed until", Usage, ColumnMap{"month": 0, "organization": 1, "seats": 2, "license": 3, "managed_until": 4}},
		{"Name,Start,Since,Plan,License,Managed,Managed from", Organizations,
			ColumnMap{"organization": 0, "start": 1, "since": 2, "plan": 3, "license": 4, "managed": 5, "managed_from": 6}},
		{"Kunde,Kunden-Nr.,Beginn,Gültig ab,Tarif,Lizenz,Verwaltet bis", Organizations,
			ColumnMap{"organization": 0, "external_id": 1, "start": 2, "since": 3, "plan": 4, "license": 5, "managed_until": 6}},
		{"Organization,External ID,Start,Trial ends,Since,Plan,License type,MSP-managed", Organizations,
			ColumnMap{"organization": 0, "external_id": 1, "start": 2, "trial_ends": 3, "since": 4, "plan": 5, "license": 6, "managed": 7}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, GuessColumns(strings.Split(tt.header, ","), tt.kind, nil)); diff != "" {
			t.Errorf("%s: %s", tt.header, diff)
		}
	}
}

func TestColumnNamesAreAsHeaderWordsWritesThem(t *testing.T) {
	t.Parallel()
	all := slices.Concat(slices.Collect(maps.Values(columnNames))...)
	all = append(all, slices.Concat(slices.Collect(maps.Values(organizationNames))...)...)
	all = append(all, slices.Concat(slices.Collect(maps.Values(licenseNames))...)...)
	all = append(all, slices.Concat(slices.Collect(maps.Values(answerNames))...)...)
	for name := range slices.Values(slices.Concat(append(slices.Collect(maps.Values(statusNames)), all)...)) {
		if headerWords(name) != name {
			t.Errorf("%q cannot be met: it is written %q", name, headerWords(name))
		}
	}
}

func TestColumnMapIsChecked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		columns ColumnMap
		options Options
		want    map[string]string
	}{
		{ColumnMap{"email": 1}, Options{}, map[string]string{"organization": "Choose the column of the file."}},
		{ColumnMap{"email": 1}, Options{Organization: "Acme"}, nil},
		{ColumnMap{"organization": 0, "email": 0}, Options{}, map[string]string{"email": "The column “Organization” is chosen already."}},
		{ColumnMap{"organization": 0, "email": 1, "status": 2}, Options{}, map[string]string{"status": "The file has no such column."}},
		{ColumnMap{"organization": 0, "email": -1}, Options{}, map[string]string{"email": "The file has no such column."}},
	}
	for _, tt := range tests {
		var got map[string]string
		for _, err := range ReadMembers(strings.NewReader("Organization,E-mail\n"), tt.columns, tt.options) {
			var invalid *problem.Invalid
			if !errors.As(err, &invalid) {
				t.Fatalf("%v: %v", tt.columns, err)
			}
			got = invalid.Fields
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%v: %s", tt.columns, diff)
		}
	}
}

// members reads a table of members with the columns that are guessed.
func members(t testing.TB, file io.ReadSeeker, o Options) []MemberRow {
	t.Helper()
	var rows []MemberRow
	for row, err := range ReadMembers(file, guessed(t, file, Members, &o), o) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// guessed surveys a file, which is then to be read again, and completes the options as an admin would.
func guessed(t testing.TB, file io.ReadSeeker, kind Kind, o *Options) ColumnMap {
	t.Helper()
	survey, err := table.Inspect(file, kind.Headers()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	m := GuessColumns(survey.Header, kind, survey.Values)
	o.Now, o.Dates, o.Numbers = importedAt, map[Column]table.DateOrder{}, map[Column]table.NumberStyle{}
	for c := range m {
		o.Dates[c], o.Numbers[c] = survey.Dates[m[c]], survey.Numbers[m[c]]
	}
	return m
}

const membersHeader = "Organization,E-mail,Status,Invited,Joined,Suspended,Deleted\n"

func TestReadMembers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		row  string
		want string // status and moments, or "!" and words of the problems
	}{
		{"Acme,ann@example.com,Active,,2026-03-01,,", "active – 2026-03-01 00:00:00 – –"},
		{"Acme,ann@example.com,,,,,", "active – – – –"},
		{"Acme,ann@example.com,,2026-03-01,,,", "pending 2026-03-01 00:00:00 – – –"},
		{"Acme,ann@example.com,,,2026-03-01,2026-03-05 10:00,", "suspended – 2026-03-01 00:00:00 2026-03-05 10:00:00 –"},
		{"Acme,ann@example.com,,,2026-03-01,,2026-03-31T20:30:00-04:00", "deleted – 2026-03-01 00:00:00 – 2026-04-01 00:30:00"},
		{"Acme,ann@example.com,DISABLED,,,,", "suspended – – – –"},
		{"Acme,ann@example.com,gelöscht,,,,", "deleted – – – –"},
		{"Acme,ann@example.com,Invitation sent,-,n/a,never,", "pending – – – –"},
		{"Acme,ann@example.com,active,,2026-03-01,2026-03-05,", "active – 2026-03-01 00:00:00 2026-03-05 00:00:00 –"},
		{"Acme,ann@example.com,deleted,,2026-03-10,,2026-03-10", "deleted – 2026-03-10 00:00:00 – 2026-03-10 00:00:00"}, // a day
		{"Acme,ann@example.com,deleted,,2026-03-10 14:00,,2026-03-10", "deleted – 2026-03-10 14:00:00 – 2026-03-10 00:00:00"},
		{"Acme,ann@example.com,active,2026-03-10 14:00,2026-03-10,,", "active 2026-03-10 14:00:00 2026-03-10 00:00:00 – –"},
		{"Žalgiris,jürgen@bücher.example,active,,,,", "active – – – –"},

		{",ann@example.com,,,,,", "!organization is missing"},
		{"Acme,,,,,,", "!address is missing"},
		{"Acme,ann,,,,,", "!not an e-mail address"},
		{"Acme,ann@example,,,,,", "!not an e-mail address"},
		{"Acme,Ann <ann@example.com>,,,,,", "!not an e-mail address"},
		{"Acme,ann@example.com.,,,,,", "!not an e-mail address"},
		{"Acme,ann@ex ample.com,,,,,", "!not an e-mail address"},
		{"Acme,ann@example.com; bob@example.com,,,,,", "!not an e-mail address"},
		{"Acme," + strings.Repeat("a", 250) + "@example.com,,,,,", "!not an e-mail address"},
		{"Acme,ann@example.com,inactive,,,,", "!“inactive” is not a status"},
		{"Acme,ann@example.com,active,,2026-04-11,,", "!in the future"},
		{"Acme,ann@example.com,active,,46000,,", "active – 2025-12-09 00:00:00 – –"},
		{"Acme,ann@example.com,active,,5/6/2025,,", "!choose whether"},
		{"Acme,ann@example.com,active,,,,2026-03-01", "!date of a deletion"},
		{"Acme,ann@example.com,pending,,2026-03-01,,", "!date of joining"},
		{"Acme,ann@example.com,deleted,,2026-03-02,,2026-03-01", "!1 March 2026 is before 2 March 2026, when the member was joined"},
		{"Acme,ann@example.com,deleted,,2026-03-02 10:00,,2026-03-02 09:59", "!when the member was joined"},
		{"Acme,ann@example.com,deleted,2026-03-03,2026-03-02,,2026-03-01", "!when the member was invited / when the member was joined"},
		{"Acme,ann,inactive,x,,,", "!not an e-mail address / not a date / not a status"},
		{"Acme,ann@example.com", "!2 cells, but there are 7 columns"},
		{"\"Acme,ann@example.com,,,,,", "!not closed"},
		{"Ac\uFFFDme,ann@example.com,,,,,", "!save the file as UTF-8"},
	}
	for _, tt := range tests {
		rows := members(t, strings.NewReader(membersHeader+"\n"+tt.row+"\n"), Options{})
		if len(rows) != 1 || rows[0].Line != 3 {
			t.Errorf("%s: %+v", tt.row, rows)
			continue
		}
		wantProblems(t, tt.row, rows[0].Problems, tt.want)
		if got := tellMember(rows[0]); len(rows[0].Problems) == 0 && got != tt.want {
			t.Errorf("%s: %s, want %s", tt.row, got, tt.want)
		}
	}
}

func tellMember(m MemberRow) string {
	text := string(m.Status)
	for _, t := range []time.Time{m.InvitedAt, m.JoinedAt, m.SuspendedAt, m.DeletedAt} {
		if t.IsZero() {
			text += " –"
		} else {
			text += t.Format(" " + time.DateTime)
		}
	}
	return text
}

// wantProblems expects problems in line 3 with the words after "!" between slashes, or none.
func wantProblems(t *testing.T, row string, problems []RowProblem, want string) {
	t.Helper()
	words, bad := strings.CutPrefix(want, "!")
	var wants []string
	if bad {
		wants = strings.Split(words, " / ")
	}
	if len(problems) != len(wants) {
		t.Errorf("%s: %d problems %v, want %s", row, len(problems), problems, want)
		return
	}
	for i, p := range problems {
		if p.Line != 3 || !strings.Contains(p.Problem, wants[i]) {
			t.Errorf("%s: %+v, want %q", row, p, wants[i])
		}
	}
}

func TestReadMembersOfOneOrganization(t *testing.T) {
	t.Parallel()
	rows := members(t, strings.NewReader("E-mail\nann@example.com\n"), Options{Organization: "Acme"})
	if len(rows) != 1 || rows[0].Organization != "Acme" || rows[0].Email != "ann@example.com" || rows[0].Problems != nil {
		t.Errorf("got %+v", rows)
	}
}

func TestDuplicateMembers(t *testing.T) {
	t.Parallel()
	rows := members(t, strings.NewReader(membersHeader+
		"Acme,ann@example.com,active,,2026-03-01,,\n"+ // 2
		"ACME,Ann@Example.com,suspended,,2026-03-02,,\n"+ // 3: there twice
		"Bolt,ann@example.com,active,,2026-03-01,,\n"+ // 4: elsewhere
		"Acme,ann@example.com,deleted,,2026-01-01,,2026-02-01\n"+ // 5: an earlier stay
		"Acme,ann@example.com,deleted,,2026-01-01,,2026-02-02\n"+ // 6: the same stay
		"Acme,bob,active,,,,\n"+ // 7: bad
		"Acme,bob@example.com,active,,,,\n"+ // 8
		"Acme,bob@example.com,deleted,,,,2026-03-01\n"), // 9: both at once
		Options{})
	var got []string
	for _, row := range rows {
		for _, p := range row.Problems {
			got = append(got, fmt.Sprintf("%d: %s", p.Line, p.Problem))
		}
	}
	want := []string{
		"3: The same member is in line 2 already.", "6: The same member is in line 5 already.",
		"7: “bob” is not an e-mail address.", "9: The same member is in line 8 already.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadMembersFile(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/members_windows1252.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var got []string
	for _, row := range members(t, file, Options{}) {
		got = append(got, fmt.Sprintf("%d %s %s %s %v", row.Line, row.Organization, row.Email, tellMember(row), row.Problems))
	}
	want := []string{
		"3 Bäckerei König juergen@example.com active 2026-02-01 00:00:00 2026-02-03 14:05:00 – – []",
		"4 Bäckerei König zoe@example.com suspended – 2026-01-02 00:00:00 2026-03-05 00:00:00 – []",
		"5 Bäckerei König renee@example.com deleted – 2026-01-02 00:00:00 – 2026-03-12 00:00:00 []",
		"6 Café Noir ann@example.com pending 2026-03-10 00:00:00 – – – []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// usages reads a table of usage with the columns that are guessed.
func usages(t testing.TB, file io.ReadSeeker, o Options) []UsageRow {
	t.Helper()
	var rows []UsageRow
	for row, err := range ReadUsage(file, guessed(t, file, Usage, &o), o) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestReadUsage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		row  string
		want string // or "!" and words of the problems
	}{
		{"Acme;2026-03;5;business", "2026-03 5 business"},
		{"Acme;2026-03;0;NordPass Enterprise", "2026-03 0 enterprise"},
		{"Acme;2026/03;1000000;BUSINESS", "2026-03 1000000 business"},
		{"Acme;3/2026;007;business", "2026-03 7 business"},
		{"Acme;03.2026;5;business", "2026-03 5 business"},
		{"Acme;202603;5;business", "2026-03 5 business"},
		{"Acme;March 2026;5;business", "2026-03 5 business"},
		{"Acme;Mar-2026;5;business", "2026-03 5 business"},
		{"Acme;2026 März;5;business", "2026-03 5 business"},
		{"Acme;2026-03-01;5;business", "2026-03 5 business"},
		{"Acme;2026-03-31 23:59:59;5;business", "2026-03 5 business"},
		{"Acme;28.02.2026;5;business", "2026-02 5 business"},
		{"Acme;02/28/2026;5;business", "2026-02 5 business"},
		{"Acme;2026-03-01T00:00:00+02:00;5;business", "2026-03 5 business"},
		{"Acme;2026-02-28T23:00:00-05:00;5;business", "2026-02 5 business"},

		{"Acme;;5;business", "!month is missing"},
		{"Acme;2026;5;business", "!not a month"},
		{"Acme;2026-13;5;business", "!not a month"},
		{"Acme;26-Mar;5;business", "!may be a day of the month or the month of a year"},
		{"Acme;1926-03;5;business", "!not a month"},
		{"Acme;2026-03-15;5;business", "!a day within a month"},
		{"Acme;01/02/2026;5;business", "!choose whether"},
		{"Acme;2026-04;5;business", "!April 2026 is not over: its figure is not final. It can be reported from 1 May 2026 on."},
		{"Acme;2026-05;5;business", "!in the future"},
		{"Acme;2026-03;;business", "!write 0 if there are none"},
		{"Acme;2026-03;1,000;business", "!choose what points and commas mean"}, // the file's semicolons say one, its comma a thousand
		{"Acme;2026-03;1.000;business", "2026-03 1000 business"},
		{"Acme;2026-03;14.0;business", "2026-03 14 business"},
		{"Acme;2026-03;14,0;business", "2026-03 14 business"},
		{"Acme;2026-03;1 000;business", "2026-03 1000 business"},
		{"Acme;Mar-26;5;business", "2026-03 5 business"},
		{"Acme;Mär 26;5;business", "2026-03 5 business"},
		{"Acme;mars-26;5;business", "2026-03 5 business"},
		{"Acme;46082;5;business", "2026-03 5 business"}, // 1 March, as spreadsheets keep it
		{"Acme;46113;5;business", "!April 2026 is not over"},
		{"Acme;44620;5;business", "!or 1 March 2026 if its dates begin in 1904"},
		{"Acme;2026.1;5;business", "!October whose zero"},
		{"Acme;3/26;5;business", "!has no year"},
		{"Acme;2026-03;7.5;business", "!not a whole number"},
		{"Acme;2026-03;1e3;business", "!a spreadsheet shortened"},
		{"Acme;2026-03;+5;business", "!not a whole number in digits"},
		{"Acme;2026-03;٥;business", "!not a whole number in digits"},
		{"Acme;2026-03;5 seats;business", "!not a whole number in digits"},
		{"Acme;2026-03;5;NordPass Business, 1 year", "2026-03 5 business"},
		{"Acme;2026-03;5;NordPass Business Trial", "!not a plan"},
		{"Acme;2026-03;-5;business", "!negative"},
		{"Acme;2026-03;1000001;business", "!more than 1,000,000"},
		{"Acme;2026-03;99999999999999999999;business", "!too large a number"},
		{"Acme;2026-03;5;", "!not a plan"},
		{"Acme;2026-03;5;Teams", "!not a plan"},
		{";x;y;z", "!organization is missing / not a month / not a whole number in digits / not a plan"},
	}
	for _, tt := range tests {
		rows := usages(t, strings.NewReader("Organization;Month;Seats;Plan\n\n"+tt.row+"\n"), Options{})
		if len(rows) != 1 || rows[0].Line != 3 {
			t.Errorf("%s: %+v", tt.row, rows)
			continue
		}
		wantProblems(t, tt.row, rows[0].Problems, tt.want)
		u := rows[0]
		if got := fmt.Sprintf("%s %d %s", string(u.Month), u.Seats, u.Plan); len(u.Problems) == 0 && got != tt.want {
			t.Errorf("%s: %s, want %s", tt.row, got, tt.want)
		}
	}
}

func TestReadUsageOptions(t *testing.T) {
	t.Parallel()
	rows := usages(t, strings.NewReader("Month,Seats\n2026-04,5\n"), Options{Organization: "Acme", OpenMonth: true})
	want := []UsageRow{{Line: 2, Organization: "Acme", Month: "2026-04", Seats: 5}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func TestReadUsageFile(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/usage_utf16.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want := []UsageRow{
		{Line: 2, Organization: "Acme", Month: "2026-01", Seats: 5, Plan: store.Business},
		{Line: 3, Organization: "Žalgiris, UAB", Month: "2026-01", Seats: 12, Plan: store.Enterprise},
		{Line: 4, Organization: "Acme", Month: "2026-02", Seats: 6, Plan: store.Business},
		{Line: 5, Organization: "Acme", Month: "2026-02", Seats: 7, Plan: store.Business},
		{Line: 6, Organization: "Žalgiris, UAB", Month: "2026-02", Plan: store.Enterprise,
			Problems: []RowProblem{{Line: 6, Column: "Used licenses", Problem: "“1,000” could be read in two ways: choose what points and commas mean in this column."}}},
		{Line: 8, Organization: "Bolt", Month: "2026-02", Plan: store.Business},
	}
	if diff := cmp.Diff(want, usages(t, file, Options{})); diff != "" {
		t.Error(diff)
	}
}

// seat is a seat of organization 1 by the moments of its invitation, joining, suspension and deletion; "" is none.
func seat(id int64, email string, moments ...string) store.Seat {
	at := func(i int) time.Time {
		if moments[i] == "" {
			return time.Time{}
		}
		return moment.At(moments[i])
	}
	return store.Seat{ID: id, OrganizationID: 1, Email: email, InvitedAt: at(0), JoinedAt: at(1), SuspendedAt: at(2), DeletedAt: at(3)}
}

func TestDiffMembers(t *testing.T) {
	t.Parallel()
	const ann = "ann@example.com"
	there := seat(1, ann, "", "2026-01-05 10:00:00", "", "")
	pending := seat(1, ann, "2026-01-05", "", "", "")
	suspended := seat(1, ann, "", "2026-01-05", "2026-02-01", "")
	gone := seat(1, ann, "", "2026-01-05", "", "2026-02-01 09:00:00")
	back := seat(2, ann, "", "2026-03-01", "", "")
	const now = "2026-04-10 12:00:00"
	tests := []struct {
		name   string
		seats  []store.Seat
		rows   string // without the organization; "/" between rows
		action MemberAction
		after  []store.Seat // in the end; nil: as before
		words  string       // of a problem
	}{
		{"add", nil, ann + ",active,,2026-03-01,,", AddMember, []store.Seat{seat(1, ann, "", "2026-03-01", "", "")}, ""},
		{"add without a date", nil, ann + ",active,,,,", AddMember, []store.Seat{seat(1, ann, "", now, "", "")}, ""},
		{"add an invitation", nil, ann + ",pending,2026-03-01,,,", AddMember, []store.Seat{seat(1, ann, "2026-03-01", "", "", "")}, ""},
		{"add a suspended member", nil, ann + ",suspended,,,2026-03-01,", AddMember, []store.Seat{seat(1, ann, "", "2026-03-01", "2026-03-01", "")}, ""},
		{"add a stay that is over", nil, ann + ",deleted,,2026-03-01,,2026-03-02", AddMember, []store.Seat{seat(1, ann, "", "2026-03-01", "", "2026-03-02 23:59:59")}, ""},
		{"join", []store.Seat{pending}, ann + ",active,,2026-03-01,,", JoinMember, []store.Seat{seat(1, ann, "2026-01-05", "2026-03-01", "", "")}, ""},
		{"suspend", []store.Seat{there}, ann + ",suspended,,,2026-03-01,", SuspendMember, []store.Seat{seat(1, ann, "", "2026-01-05 10:00:00", "2026-03-01", "")}, ""},
		{"suspend without a date", []store.Seat{there}, ann + ",suspended,,,,", SuspendMember, []store.Seat{seat(1, ann, "", "2026-01-05 10:00:00", now, "")}, ""},
		{"reactivate", []store.Seat{suspended}, ann + ",active,,,2026-02-01,", ReactivateMember, []store.Seat{seat(1, ann, "", "2026-01-05", "", "")}, ""},
		{"delete", []store.Seat{there}, ann + ",deleted,,,,2026-03-12", DeleteMember, []store.Seat{seat(1, ann, "", "2026-01-05 10:00:00", "", "2026-03-12 23:59:59")}, ""},
		{"delete without a date", []store.Seat{there}, ann + ",deleted,,,,", DeleteMember, []store.Seat{seat(1, ann, "", "2026-01-05 10:00:00", "", now)}, ""},
		{"delete on the day of joining", []store.Seat{there}, ann + ",deleted,,,,2026-01-05", DeleteMember, []store.Seat{seat(1, ann, "", "2026-01-05 10:00:00", "", "2026-01-05 23:59:59")}, ""},
		{"withdraw an invitation", []store.Seat{pending}, ann + ",deleted,,,,2026-03-12", DeleteMember, []store.Seat{seat(1, ann, "2026-01-05", "", "", "2026-03-12 23:59:59")}, ""},
		{"correct", []store.Seat{there}, ann + ",active,,2026-01-02,,", CorrectMember, []store.Seat{seat(1, ann, "", "2026-01-02", "", "")}, ""},
		{"correct within the day", []store.Seat{there}, ann + ",active,,2026-01-05 08:00,,", CorrectMember, []store.Seat{seat(1, ann, "", "2026-01-05 08:00:00", "", "")}, ""},
		{"correct a deletion", []store.Seat{gone}, ann + ",deleted,,2026-01-05,,2026-02-03", CorrectMember, []store.Seat{seat(1, ann, "", "2026-01-05", "", "2026-02-03 23:59:59")}, ""},
		{"returns", []store.Seat{gone}, ann + ",active,,2026-03-01,,", AddMember, []store.Seat{gone, back}, ""},
		{"an older stay than the present one", []store.Seat{back}, ann + ",deleted,,2026-01-05,,2026-02-01", AddMember, []store.Seat{back, seat(3, ann, "", "2026-01-05", "", "2026-02-01 23:59:59")}, ""},

		{"unchanged", []store.Seat{there}, "Ann@Example.com,active,,2026-01-05,,", "", nil, ""},
		{"unchanged without dates", []store.Seat{suspended}, ann + ",suspended,,,,", "", nil, ""},
		{"unchanged invitation", []store.Seat{pending}, ann + ",pending,,,,", "", nil, ""},
		{"deleted already", []store.Seat{gone}, ann + ",deleted,,,,", "", nil, ""},
		{"deleted already, on that day", []store.Seat{gone}, ann + ",deleted,,2026-01-05,,2026-02-01", "", nil, ""},
		{"deleted and back", []store.Seat{gone, back}, ann + ",active,,2026-03-01,, / " + ann + ",deleted,,2026-01-05,,2026-02-01", "", nil, ""},
		{"deleted and back, without dates", []store.Seat{gone, back}, ann + ",deleted,,,, / " + ann + ",active,,2026-03-01,,", "", nil, ""},

		{"a member is not pending", []store.Seat{there}, ann + ",pending,,,,", "", nil, "a member already"},
		{"deleted, but never joined", nil, ann + ",deleted,,,,2026-03-01", "", nil, "no date of joining"},
		{"deleted, but when", nil, ann + ",deleted,,2026-03-01,,", "", nil, "no date of the deletion"},
		{"deleted before joining", []store.Seat{back}, ann + ",deleted,,,,2026-02-01", "", nil, "no date of joining"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := membersHeader + "Acme," + strings.ReplaceAll(tt.rows, " / ", "\nAcme,") + "\n"
			rows := members(t, strings.NewReader(text), Options{})
			for _, row := range rows {
				if len(row.Problems) > 0 {
					t.Fatal(row.Problems)
				}
			}
			diff := DiffMembers(tt.seats, rows, DiffOptions{OrganizationID: 1, Now: importedAt})
			switch {
			case tt.words != "" && (len(diff.Problems) != 1 || !strings.Contains(diff.Problems[0].Problem, tt.words) || len(diff.Changes) > 0):
				t.Errorf("got %+v, want the problem %q", diff, tt.words)
			case tt.words == "" && len(diff.Problems) > 0:
				t.Error(diff.Problems)
			case tt.action == "" && tt.words == "" && (len(diff.Changes) > 0 || diff.Unchanged != len(rows)):
				t.Errorf("got %+v, want no change", diff)
			case tt.action != "" && (len(diff.Changes) != 1 || diff.Changes[0].Action != tt.action || diff.Changes[0].Line != 2):
				t.Errorf("got %+v, want to %s", diff, tt.action)
			}
			want := tt.after
			if want == nil {
				want = tt.seats
			}
			ids := func(s store.Seat) store.Seat { s.ID = 0; return s }
			if d := cmp.Diff(mapped(want, ids), mapped(changed(t, tt.seats, diff), ids)); d != "" {
				t.Error(d)
			}
		})
	}
}

func mapped(seats []store.Seat, f func(store.Seat) store.Seat) []store.Seat {
	out := make([]store.Seat, len(seats))
	for i, s := range seats {
		out[i] = f(s)
	}
	return out
}

// changed is the seats after the changes, made one after the other under the rules of the store's schema.
func changed(t *testing.T, seats []store.Seat, d MemberDiff) []store.Seat {
	t.Helper()
	seats = slices.Clone(seats)
	for _, c := range d.Changes {
		if c.Action == AddMember {
			c.After.ID = int64(len(seats) + 100)
			seats = append(seats, c.After)
		} else {
			i := slices.IndexFunc(seats, func(s store.Seat) bool { return s == c.Before })
			if i < 0 {
				t.Fatalf("no such seat: %+v", c.Before)
			}
			seats[i] = c.After
		}
		s, there := c.After, map[string]bool{}
		if (s.InvitedAt.IsZero() && s.JoinedAt.IsZero()) || (!s.DeletedAt.IsZero() && s.DeletedAt.Before(s.JoinedAt)) {
			t.Fatalf("%s to %+v is impossible", c.Action, s)
		}
		for _, s := range seats {
			if key := store.FoldEmail(s.Email); s.DeletedAt.IsZero() {
				if there[key] {
					t.Fatalf("%s is there twice", key)
				}
				there[key] = true
			}
		}
	}
	return seats
}

func TestDiffMembersNotInTheFile(t *testing.T) {
	t.Parallel()
	seats := []store.Seat{
		seat(1, "ann@example.com", "", "2026-01-05", "", ""),
		seat(2, "bob@example.com", "", "2026-01-05", "", ""),
		seat(3, "cat@example.com", "2026-01-05", "", "", ""),
		seat(4, "dan@example.com", "", "2026-01-05", "", "2026-02-01"),
		seat(5, "eve@example.com", "", "2026-01-05", "", ""),
	}
	rows := members(t, strings.NewReader(membersHeader+"Acme,Ann@example.com,active,,,,\nAcme,eve@example.com,what,,,,\n"), Options{})
	d := DiffMembers(seats, rows, DiffOptions{Now: importedAt})
	if d.NotInFile != 2 || len(d.Changes) != 0 || d.Unchanged != 1 {
		t.Errorf("got %+v, want bob and cat left alone", d)
	}
	d = DiffMembers(seats, rows, DiffOptions{Now: importedAt, RemoveMissing: true})
	var got []string
	for _, c := range d.Changes {
		got = append(got, fmt.Sprintf("%s %s %d %s", c.Action, c.Before.Email, c.Line, c.After.DeletedAt.Format(time.DateOnly)))
	}
	want := []string{"delete bob@example.com 0 2026-04-10", "delete cat@example.com 0 2026-04-10"}
	if diff := cmp.Diff(want, got); diff != "" || d.NotInFile != 0 {
		t.Errorf("%s, %d not in the file", diff, d.NotInFile)
	}
}

// TestSameFileTwice imports random files into random organizations: the second time nothing changes,
// whenever it is.
func TestSameFileTwice(t *testing.T) {
	t.Parallel()
	actions := map[MemberAction]int{}
	files := soak.Size(300, 3000)
	for seed := range files {
		rng := rand.New(rand.NewPCG(11, uint64(seed)))
		seats := randomSeats(rng)
		text := membersHeader
		for range 1 + rng.IntN(8) {
			text += randomMemberRow(rng)
		}
		rows := members(t, strings.NewReader(text), Options{})
		options := DiffOptions{OrganizationID: 1, Now: importedAt, RemoveMissing: rng.IntN(2) == 0}
		first := DiffMembers(seats, rows, options)
		for _, c := range first.Changes {
			actions[c.Action]++
		}
		after := changed(t, seats, first)
		options.Now = importedAt.AddDate(0, 0, 40)
		second := DiffMembers(after, rows, options)
		if len(second.Changes) > 0 || len(second.Problems) != len(first.Problems) {
			t.Fatalf("seed %d: %s\nseats %+v\nfirst %+v\nsecond %+v", seed, text, seats, first, second)
		}
		good := 0
		for _, row := range rows {
			if len(row.Problems) == 0 {
				good++
			}
		}
		inFile := len(slices.DeleteFunc(slices.Clone(first.Changes), func(c MemberChange) bool { return c.Line == 0 }))
		if inFile+first.Unchanged+len(first.Problems) != good {
			t.Fatalf("seed %d: a row is lost: %d good rows, %+v", seed, good, first)
		}
	}
	for _, action := range []MemberAction{AddMember, JoinMember, SuspendMember, ReactivateMember, DeleteMember, CorrectMember} {
		if actions[action] < files/60 {
			t.Errorf("%s: only %d times", action, actions[action])
		}
	}
}

func randomDay(rng *rand.Rand) time.Time {
	t := moment.At("2026-01-01").AddDate(0, 0, rng.IntN(90))
	if rng.IntN(2) == 0 {
		return t
	}
	return t.Add(time.Duration(rng.IntN(24*60*60)) * time.Second)
}

// randomSeats has stays one after the other for a few members.
func randomSeats(rng *rand.Rand) []store.Seat {
	var seats []store.Seat
	for i := range 4 {
		begin := moment.At("2026-01-01")
		for range rng.IntN(4) {
			s := store.Seat{ID: int64(len(seats) + 1), OrganizationID: 1, Email: fmt.Sprintf("member%d@example.com", i)}
			begin = begin.Add(time.Duration(rng.IntN(15*24)) * time.Hour)
			if s.InvitedAt = begin; rng.IntN(4) > 0 {
				s.JoinedAt = begin
			}
			if rng.IntN(3) == 0 && !s.JoinedAt.IsZero() {
				s.SuspendedAt = begin.Add(time.Hour)
			}
			over := rng.IntN(3) > 0
			if begin = begin.Add(time.Duration(rng.IntN(15*24)) * time.Hour); over {
				s.DeletedAt = begin
			}
			seats = append(seats, s)
			if !over {
				break
			}
		}
	}
	return seats
}

func randomMemberRow(rng *rand.Rand) string {
	moments := []string{"", "", "", ""}
	at := randomDay(rng)
	for i := range moments {
		if at = at.Add(time.Duration(rng.IntN(20*24)) * time.Hour); rng.IntN(2) == 0 && at.Before(importedAt) {
			moments[i] = at.Format([]string{time.DateOnly, time.DateTime}[rng.IntN(2)])
		}
	}
	status := []string{"", "active", "pending", "suspended", "deleted", "deleted"}[rng.IntN(6)]
	if status != "deleted" {
		moments[3] = ""
	}
	return fmt.Sprintf("Acme,member%d@example.com,%s,%s\n", rng.IntN(5), status, strings.Join(moments, ","))
}

// FuzzIntake reads any bytes as members and as usage: it never panics, and every row of the table comes
// back, good or with a problem.
func FuzzIntake(f *testing.F) {
	for _, text := range []string{
		membersHeader + "Acme,ann@example.com,active,,2026-03-01,,\nAcme,ann,x,y\n",
		"Organization;Start;Trial ends;Since;Plan;License type;MSP-managed;Managed from;Managed until\nAcme;2026-01-02;;2026-02-01;e;nfr;x;;2026-03-31\n",
		"Organization;Month;Seats;Plan\nAcme;2026-03;5;business\nAcme;Mar-26;1,000;\n",
		"Firma\tE-Mail\tGel\xF6scht\r\nK\xF6nig\tann@example.com\t31.12.2025\r\n\"\r\n",
		"Customer,Jan-26,2026-02,01/03/2026,Total\nAcme,1,,\"1,000\",2\nTotal,1,-,x,2\n",
	} {
		f.Add([]byte(text))
	}
	for _, name := range []string{"testdata/members_windows1252.csv", "testdata/usage_utf16.tsv"} {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		survey, err := table.Inspect(bytes.NewReader(file), Members.Headers()...)
		if err != nil {
			return
		}
		o := Options{Now: importedAt, Organization: "Acme", Dates: map[Column]table.DateOrder{JoinedColumn: table.DayFirst, DeletedColumn: table.MonthFirst}}
		fuzzMembers(t, file, survey, o)
		if survey, err = table.Inspect(bytes.NewReader(file), Usage.Headers()...); err != nil {
			t.Fatalf("members can be read from it, and usage cannot: %v", err)
		}
		fuzzUsage(t, file, survey, o)
		fuzzCross(t, file, survey, o)
		if survey, err = table.Inspect(bytes.NewReader(file), Organizations.Headers()...); err != nil {
			t.Fatalf("members can be read from it, and organizations cannot: %v", err)
		}
		fuzzOrganizations(t, file, survey, o)
	})
}

func fuzzOrganizations(t *testing.T, file []byte, survey table.Survey, o Options) {
	n := 0
	for row, err := range ReadOrganizations(bytes.NewReader(file), fuzzedColumns(survey.Header, Organizations), o) {
		if err != nil {
			return
		}
		n++
		if l := row.Life; len(row.Problems) == 0 && (row.Organization == "" || row.Line < 1 || l != nil && (l.Bad || len(l.Facts()) == 0)) {
			t.Fatalf("good row without its fields: %+v, %+v", row, l)
		}
	}
	if n != survey.Rows {
		t.Fatalf("%d rows of %d", n, survey.Rows)
	}
}

// fuzzedColumns takes the columns in their order where their names say nothing.
func fuzzedColumns(header []string, kind Kind) ColumnMap {
	m := GuessColumns(header, kind, nil)
	for i := range header {
		for _, c := range kind.Columns() {
			if _, ok := m[c]; !ok && !m.Feeds(i) {
				m[c] = i
			}
		}
	}
	return m
}

func fuzzMembers(t *testing.T, file []byte, survey table.Survey, o Options) {
	var good, bad int
	var rows []MemberRow
	for row, err := range ReadMembers(bytes.NewReader(file), fuzzedColumns(survey.Header, Members), o) {
		if err != nil {
			return // too few columns
		}
		rows = append(rows, row)
		if len(row.Problems) > 0 {
			bad++
			continue
		}
		good++
		if row.Organization == "" || row.Email == "" || row.Status == "" || row.Line < 1 {
			t.Fatalf("good row without its fields: %+v", row)
		}
	}
	if good+bad != survey.Rows || bad < survey.Problems {
		t.Fatalf("%d good and %d bad rows of %d", good, bad, survey.Rows)
	}
	first := DiffMembers(nil, rows, DiffOptions{OrganizationID: 1, Now: importedAt})
	second := DiffMembers(changed(t, nil, first), rows, DiffOptions{OrganizationID: 1, Now: importedAt})
	if len(first.Changes)+len(first.Problems)+first.Unchanged != good {
		t.Fatalf("%d good rows, %+v", good, first)
	}
	if len(second.Changes) > 0 && o.Organization == "Acme" && oneOrganization(rows) {
		t.Fatalf("second import: %+v", second)
	}
}

func oneOrganization(rows []MemberRow) bool {
	return !slices.ContainsFunc(rows, func(r MemberRow) bool {
		return len(r.Problems) == 0 && store.Fold(r.Organization) != store.Fold(rows[0].Organization)
	})
}

func fuzzUsage(t *testing.T, file []byte, survey table.Survey, o Options) {
	n := 0
	for row, err := range ReadUsage(bytes.NewReader(file), fuzzedColumns(survey.Header, Usage), o) {
		if err != nil {
			return
		}
		if n++; len(row.Problems) == 0 && (row.Organization == "" || row.Month == "" || row.Seats < 0 || row.Seats > seats.MostSeats || row.Line < 1) {
			t.Fatalf("good row without its fields: %+v", row)
		}
	}
	if n != survey.Rows {
		t.Fatalf("%d rows of %d", n, survey.Rows)
	}
}

// fuzzCross reads a table whose columns are months: no cell is lost but those of rows that cannot be read.
func fuzzCross(t *testing.T, file []byte, survey table.Survey, o Options) {
	m := GuessColumns(survey.Header, Usage, survey.Values)
	cross := m.Cross(Usage, survey.Header)
	if cross == nil || UnclearMonths(survey) != "" {
		return
	}
	n, unread := 0, 0
	o.Readings = &Readings{}
	o.Numbers = map[Column]table.NumberStyle{SeatsColumn: cross.Numbers(survey.Numbers)}
	for row, err := range ReadUsage(bytes.NewReader(file), m, o) {
		if err != nil {
			t.Fatalf("%v of a survey %+v", err, survey)
		}
		if row.Column == "" {
			unread++
			continue
		}
		if n++; row.Month == "" || len(row.Problems) == 0 && row.Organization == "" {
			t.Fatalf("a cell without its month or organization: %+v", row)
		}
	}
	if most := len(cross.Months) * (survey.Rows - unread); unread != survey.Problems || n+o.Readings.Blank > most {
		t.Fatalf("%d cells and %d empty ones of %d; %d rows unread of %d", n, o.Readings.Blank, most, unread, survey.Problems)
	}
}

// TestReadsAHundredThousandMembers, or a tenth of them, loses no row, whatever the bad ones among them.
func TestReadsAHundredThousandMembers(t *testing.T) {
	t.Parallel()
	want := soak.Size(intaketest.Rows/10, intaketest.Rows)
	rows := members(t, bytes.NewReader(intaketest.Members(want)), Options{})
	bad := 0
	for _, row := range rows {
		if bad += len(row.Problems); len(row.Problems) > 0 && !strings.Contains(row.Problems[0].Problem, "what?") {
			t.Fatalf("got %+v", row)
		}
	}
	if len(rows) != want || bad != want/1000 || rows[len(rows)-1].Line != want+1 {
		t.Errorf("%d rows, %d bad", len(rows), bad)
	}
}

// BenchmarkMembers surveys, reads and compares a file, all of whose good rows are in memory at once.
// Peak-MB is the most heap that was in use beyond the file.
func BenchmarkMembers(b *testing.B) {
	file := intaketest.Members(intaketest.Rows)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	peak := intaketest.StartPeak()
	for b.Loop() {
		o, bad, changes := Options{}, 0, 0
		organizations := map[string][]MemberRow{}
		for row, err := range ReadMembers(bytes.NewReader(file), guessed(b, bytes.NewReader(file), Members, &o), o) {
			if err != nil {
				b.Fatal(err)
			}
			if bad += len(row.Problems); len(row.Problems) == 0 {
				organizations[row.Organization] = append(organizations[row.Organization], row)
			}
		}
		for _, rows := range organizations {
			changes += len(DiffMembers(nil, rows, DiffOptions{Now: importedAt}).Changes)
		}
		if bad != intaketest.Rows/1000 || bad+changes != intaketest.Rows {
			b.Fatalf("%d bad rows, %d changes", bad, changes)
		}
	}
	b.ReportMetric(peak(), "peak-MB")
}

// BenchmarkTable reads the rows and keeps none.
func BenchmarkTable(b *testing.B) {
	file := intaketest.Members(intaketest.Rows)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	peak := intaketest.StartPeak()
	for b.Loop() {
		if s, err := table.Inspect(bytes.NewReader(file)); err != nil || s.Rows != intaketest.Rows {
			b.Fatal(s.Rows, err)
		}
	}
	b.ReportMetric(peak(), "peak-MB")
}

// A month is the one that the file says, wherever its writer's clock was.
func TestCase_G30_MonthOfAnotherZone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]store.Month{
		"2026-04-01T00:00:00+02:00": "2026-04", "2026-03-31T23:59:59-08:00": "2026-03", "2026-04-01T00:00:00Z": "2026-04",
	} {
		if got, _, problem := parseMonth(text, ""); got != want || problem != "" {
			t.Errorf("%s is %s, %q; want %s", text, got, problem, want)
		}
	}
}
