package demo

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing"
	"seatbridge/billing/seats"
	"seatbridge/command/commandtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// unknownCustomers is how many of the demo's organizations were only added, so that nobody knows their seats.
const unknownCustomers = 1

// TestSample looks at the demo's organizations as the pages will, on days when months are short or have just begun.
func TestSample(t *testing.T) {
	t.Parallel()
	for _, day := range []string{"2026-11-23T12:00:00Z", "2027-03-01T00:00:05Z", "2028-02-29T23:59:59Z", "2026-12-31T18:00:00Z"} {
		t.Run(day, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, day)
			commandtest.Must(t, err)
			first, second := demoStore(t, now), demoStore(t, now)

			all := sampleOrganizations(t, first)
			if diff := cmp.Diff(all, sampleOrganizations(t, second)); diff != "" {
				t.Errorf("two demos of one moment differ:\n%s", diff)
			}
			if len(all) != len(peculiar())+sampleCustomers+len(customersToLookAt(now)) {
				t.Errorf("%d organizations", len(all))
			}
			rooms := billing.New(billing.Config{Store: first, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
			defer rooms.Close(context.WithoutCancel(t.Context()))
			totals, err := rooms.Figures.Totals(t.Context(), 12)
			commandtest.Must(t, err)
			for i, month := range totals {
				if month.Unknown > unknownCustomers || month.Seats[store.Business] == 0 || month.Seats[store.Enterprise] == 0 {
					t.Errorf("%s has no seats on a plan: %+v", month.Month, month)
				}
				if i > 0 && !month.Month.Start().Equal(totals[i-1].Month.End()) {
					t.Errorf("%s follows %s", month.Month, totals[i-1].Month)
				}
			}
			if totals[11].Unknown != unknownCustomers {
				t.Errorf("%d organizations are unknown this month, want %d", totals[11].Unknown, unknownCustomers)
			}
			if totals[11].Seats[store.Business] <= totals[0].Seats[store.Business] {
				t.Errorf("no growth over the year: %+v", totals)
			}
		})
	}
}

// TestSampleShowsEveryRule finds each kind of organization that a newcomer should meet.
func TestSampleShowsEveryRule(t *testing.T) {
	t.Parallel()
	now := time.Now()
	kinds := map[string]int{}
	count := func(kind string, is bool) {
		if is {
			kinds[kind]++
		}
	}
	for _, o := range sampleOrganizations(t, demoStore(t, now)) {
		count("in trial", seats.InTrial(o.Organization, now))
		count("trial over", o.License == store.Trial && !seats.InTrial(o.Organization, now))
		count("not for resale", o.License == store.NFR)
		count("suspended", o.Status() == store.OrganizationSuspended)
		count("deleted", o.Status() == store.OrganizationDeleted)
		count("not managed", !o.Managed)
		count("without members", o.Members == 0 && o.Status() != store.OrganizationDeleted)
	}
	want := map[string]int{"in trial": 2, "trial over": 1, "not for resale": 1, "suspended": 1, "deleted": 1, "not managed": 1, "without members": 1 + unknownCustomers}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds of organizations (-want +got):\n%s", diff)
	}
}

func demoStore(t *testing.T, now time.Time) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "seatbridge.db"), make([]byte, 32))
	commandtest.Must(t, err)
	t.Cleanup(func() { db.Close() })
	commandtest.Must(t, Fill(t.Context(), db, cwsim.New(cwsim.Config{Now: func() time.Time { return now }}), now))
	return db
}

func sampleOrganizations(t *testing.T, db *store.Store) []store.OrganizationRow {
	t.Helper()
	rows, _, err := db.Organizations(t.Context(), store.OrganizationFilter{Status: store.OrganizationAny, Limit: 1000})
	commandtest.Must(t, err)
	return rows
}
