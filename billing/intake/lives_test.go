package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/organizations"
	"seatbridge/billing/seats"
	"seatbridge/billing/sheet"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// figure is an organization's billable seats of a month in words.
func (w *world) figure(name string, m store.Month) string {
	w.T.Helper()
	usage, err := w.Figures.Usage(w.T.Context(), seats.WholeMonth(m), []int64{w.named(name).ID})
	w.Must(err)
	for _, u := range usage {
		if n, known := u.Seats(); known {
			return fmt.Sprint(n)
		}
	}
	return "unknown"
}

func (w *world) named(name string) store.Organization {
	w.T.Helper()
	found, _, err := w.Store.Organizations(w.T.Context(), store.OrganizationFilter{Search: name, Status: store.OrganizationAny})
	w.Must(err)
	if len(found) != 1 {
		w.T.Fatalf("%d organizations are called %s", len(found), name)
	}
	return found[0].Organization
}

// The same members count the same, whether the file created the organization or somebody did before.
func TestCase_H35_AFileAboutTheTimeBeforeTheEntry(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	w.SetTime("2026-03-20 10:00:00")
	profile := func(name string, license store.License) organizations.Profile {
		return organizations.Profile{Name: name, Plan: store.Business, License: license, Managed: true}
	}
	for name, license := range map[string]store.License{"By the panel": store.Standard, "Trial": store.Trial} {
		_, err := w.Organizations.Add(t.Context(), billingtest.Admin(), profile(name, license))
		w.Must(err)
	}
	said, err := w.Organizations.AddWithHistory(t.Context(), billingtest.Admin(), profile("Said", store.Standard),
		organizations.History{Start: moment.At("2026-02-10")})
	w.Must(err)
	var file strings.Builder
	file.WriteString("Organization,E-mail,Status,Joined,Deleted\n")
	for _, name := range []string{"By the panel", "By the file", "Trial"} {
		fmt.Fprintf(&file, "%[1]s,a@example.com,active,2026-03-10,\n%[1]s,b@example.com,active,2026-03-11,\n%[1]s,c@example.com,deleted,2026-03-10,2026-03-12\n", name)
	}
	file.WriteString("Said,a@example.com,active,2026-02-10,\nSaid,b@example.com,active,2026-02-09,\n")
	in := w.upload(sheet.Members, file.String(), create("By the file"))
	if len(in.Findings.Problems) != 1 || in.Findings.Problems[0].Line != 12 || in.Findings.Problems[0].Problem != "9 February 2026 is before Said began, "+
		"on 10 February 2026: correct the date, or the start under History on the organization's page." {
		t.Errorf("the problems are %+v", in.Findings.Problems)
	}
	w.write(in, true)
	for name, want := range map[string]string{"By the panel": "3", "By the file": "3", "Said": "1"} {
		if got := w.figure(name, "2026-03"); got != want {
			t.Errorf("%s: March is %s, want %s", name, got, want)
		}
		if got := w.figure(name, "2026-01"); got != "unknown" {
			t.Errorf("%s: January is %s", name, got)
		}
	}
	trial := w.named("Trial")
	if !trial.CreatedAt.Equal(moment.At("2026-03-10")) || !trial.TrialEndsAt.Equal(moment.At("2026-03-24")) {
		t.Errorf("the trial of 10 March began %s and ends %s", trial.CreatedAt, trial.TrialEndsAt)
	}
	for _, name := range []string{"By the panel", "By the file", "Trial"} {
		if o := w.named(name); o.StartSaid || !o.EnteredAt.Equal(moment.At("2026-03-20 10:00:00")) || !o.CreatedAt.Equal(moment.At("2026-03-10")) {
			t.Errorf("%s is %+v", name, o)
		}
	}
	if o := w.named("Said"); !o.StartSaid || !o.CreatedAt.Equal(said.CreatedAt) {
		t.Errorf("the start that was said is another one: %+v", o)
	}
	entries, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{OrganizationID: trial.ID})
	w.Must(err)
	if want := "Start of “Trial”: supposed 2026-03-20 10:00 → 2026-03-10, with the first member in “seats.csv”."; entries[0].Action != want {
		t.Errorf("the log says %q, want %q", entries[0].Action, want)
	}
}

// The life of a deleted organization is not given to the living one of the same name: a list has to say by an external ID which is meant.
func TestAListNamesOneOfSeveralOrganizations(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	add := func(now, externalID string) store.Organization {
		w.SetTime(now)
		o, err := w.Organizations.Add(t.Context(), billingtest.Admin(), organizations.Profile{
			Name: "Acme", ExternalID: externalID, Plan: store.Business, License: store.Standard, Managed: true,
		})
		w.Must(err)
		return o
	}
	gone := add("2026-01-05 10:00:00", "")
	w.Must(w.Store.DeleteOrganization(t.Context(), gone.ID, moment.At("2026-02-10")))
	living := add("2026-03-10 10:00:00", "A-2")
	w.SetTime("2026-03-20 10:00:00")
	const several = " Organization: 2 organizations were called “Acme”, those that are deleted among them: give the external ID of the one " +
		"that is meant in a column of its own, or leave this row out."
	for file, want := range map[string][]string{
		"Organization,Start,Plan\nacme,2026-01-05,Enterprise\n":                 {"2" + several},
		"Organization,External ID,Start,Plan\nAcme,,2026-01-05,Enterprise\n":    {"2" + several},
		"Organization,External ID,Start,Plan\nAcme,A-1,2026-01-05,Enterprise\n": {"2" + several},
		"Organization,External ID,Start\nAcme,A-2,2026-03-01\nAcme,,2026-01-05\n": {
			"2 : Line 3 about the same organization has to be corrected first: its history is imported as a whole or not at all.",
			"3" + several,
		},
	} {
		in := w.upload(sheet.Organizations, file, firstIsStart(nil))
		wantLines(t, file, problems(in), want...)
		if in.Findings.Changes() != 0 {
			t.Errorf("%q changes %v", file, shown(in))
		}
	}
	in := w.upload(sheet.Organizations, "Organization,External ID,Start\nAcme,A-2,2026-03-01\n", nil)
	wantLines(t, "problems", problems(in))
	w.write(in, false)
	o, h, err := w.Organizations.History(t.Context(), living.ID)
	w.Must(err)
	if !o.CreatedAt.Equal(moment.At("2026-03-01")) || o.Plan != store.Business || len(h.States) != 1 {
		t.Errorf("the living one is %+v, %+v", o, h)
	}
}

// A date means the day, an instant the instant: who joined and was deleted on one date was there that day.
func TestCase_H37_ADateIsADay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		joined, deleted string
		march, april    string
		at              string // of the deletion, as it is kept
	}{
		"one day":                  {"2026-03-05", "2026-03-05", "1", "0", "2026-03-05 23:59:59"},
		"one instant":              {"2026-03-05T00:00:00Z", "2026-03-05T00:00:00Z", "0", "0", "2026-03-05"},
		"an instant, then a day":   {"2026-03-05T15:00:00Z", "2026-03-05", "1", "0", "2026-03-05 23:59:59"},
		"a day, then an instant":   {"2026-03-05", "2026-03-05 00:00", "0", "0", "2026-03-05"},
		"until the last day":       {"2026-03-05", "2026-03-31", "1", "0", "2026-03-31 23:59:59"},
		"until the first of April": {"2026-03-05", "2026-04-01", "1", "1", "2026-04-01 23:59:59"},
		"until April begins":       {"2026-03-05", "2026-04-01T00:00:00Z", "1", "0", "2026-04-01"},
		"in April's first second":  {"2026-04-01T00:00:00Z", "2026-04-01 00:00:01", "0", "1", "2026-04-01 00:00:01"},
		"today":                    {"2026-04-20", "2026-04-20", "0", "1", "2026-04-20 10:00:00"},
	} {
		w := emptyWorld(t)
		w.SetTime("2026-04-20 10:00:00")
		file := fmt.Sprintf("Organization,E-mail,Joined,Deleted\nAcme,a@example.com,%s,%s\nAcme,z@example.com,2026-01-05,2026-01-06\n", tt.joined, tt.deleted)
		w.write(w.upload(sheet.Members, file, create("Acme")), false)
		if march, april := w.figure("Acme", "2026-03"), w.figure("Acme", "2026-04"); march != tt.march || april != tt.april {
			t.Errorf("%s: %s to %s counts %s in March and %s in April, want %s and %s", name, tt.joined, tt.deleted, march, april, tt.march, tt.april)
		}
		history, err := w.Store.SeatHistory(t.Context(), w.named("Acme").ID)
		w.Must(err)
		for _, seat := range history {
			if seat.Email == "a@example.com" && !seat.DeletedAt.Equal(moment.At(tt.at)) {
				t.Errorf("%s: deleted %s, want %s", name, seat.DeletedAt, tt.at)
			}
		}
		w.SetTime("2026-04-21 10:00:00")
		if again := w.upload(sheet.Members, file, nil); again.Findings.Changes() != 0 || again.Findings.Unchanged != 2 {
			t.Errorf("%s: the same file again changes %+v", name, again.Findings)
		}
	}
}
