package store

import (
	"context"
	"testing"
	"time"
)

func ledgers(t testing.TB, s *Store, from, until time.Time, ids []int64) map[string]Ledger {
	t.Helper()
	got := map[string]Ledger{}
	last := int64(0)
	for l, err := range s.Ledgers(t.Context(), from, until, ids) {
		check(t, err)
		if l.Organization.ID <= last {
			t.Errorf("organization %d comes after %d", l.Organization.ID, last)
		}
		last = l.Organization.ID
		got[l.Organization.Name] = l
	}
	return got
}

func TestLedgersBoundaries(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	march := Month("2026-03")
	start, end, second := march.Start(), march.End(), time.Second
	o := newOrganizations(t, s, 1)[0]
	for name, seat := range map[string]struct {
		Seat
		in bool
	}{
		"member all the time":           {Seat{JoinedAt: start.AddDate(-1, 0, 0)}, true},
		"deleted with the month":        {Seat{JoinedAt: start.AddDate(-1, 0, 0), DeletedAt: start}, false},
		"deleted a second later":        {Seat{JoinedAt: start.AddDate(-1, 0, 0), DeletedAt: start.Add(second)}, true},
		"joined in the last second":     {Seat{JoinedAt: end.Add(-second)}, true},
		"joined with the next month":    {Seat{JoinedAt: end}, false},
		"invited then, joined later":    {Seat{InvitedAt: end.Add(-second), JoinedAt: end.AddDate(0, 1, 0)}, true},
		"invited with the next month":   {Seat{InvitedAt: end}, false},
		"invitation withdrawn before":   {Seat{InvitedAt: start.AddDate(0, -1, 0), DeletedAt: start.Add(-second)}, false},
		"came and went within":          {Seat{JoinedAt: start.Add(second), DeletedAt: start.Add(2 * second)}, true},
		"suspended all month":           {Seat{JoinedAt: start.AddDate(-1, 0, 0), SuspendedAt: start.AddDate(0, -1, 0)}, true},
		"New York's March, UTC's April": {Seat{JoinedAt: time.Date(2026, 3, 31, 20, 30, 0, 0, time.FixedZone("", -4*60*60))}, false},
	} {
		seat.OrganizationID, seat.Email = o.ID, name
		check(t, s.AddSeatHistory(t.Context(), []Seat{seat.Seat}))
		found := false
		for _, l := range ledgers(t, s, start, end, nil) {
			for _, got := range l.Seats {
				found = found || got.Email == FoldEmail(name) || got.Email == name
			}
		}
		if found != seat.in {
			t.Errorf("%s: in the ledger %t, want %t", name, found, seat.in)
		}
	}
}

func TestLedgersCountWhatHappenedThisSecond(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := newOrganizations(t, s, 1)[0]
	_, _, err := s.AddSeats(t.Context(), o.ID, []string{"a"}, time.Time{}, t0.Add(100*time.Millisecond))
	check(t, err)
	l := ledgers(t, s, t0, t0.Add(800*time.Millisecond), nil)
	same(t, len(l[o.Name].Seats), 1)
}

func TestLedgersOrganizations(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	march := Month("2026-03")
	orgs := must[[]Organization](t)(s.CreateOrganizations(t.Context(), []Organization{
		{Name: "alive", Plan: Business, License: Standard, CreatedAt: t0},
		{Name: "deleted before", Plan: Business, License: Standard, CreatedAt: t0, DeletedAt: march.Start().Add(-time.Second)},
		{Name: "deleted with the month", Plan: Business, License: Standard, CreatedAt: t0, DeletedAt: march.Start()},
		{Name: "deleted within", Plan: Business, License: Standard, CreatedAt: t0, DeletedAt: march.Start().Add(time.Second)},
		{Name: "created after", Plan: Business, License: Standard, CreatedAt: march.End()},
	}))
	alive := orgs[0]
	enterprise := alive
	enterprise.Plan = Enterprise
	check(t, s.UpdateOrganization(t.Context(), enterprise, march.End())) // a term of later belongs to the whole history
	for _, m := range []Month{"2026-02", march, "2026-04"} {
		check(t, s.SaveUsageReport(t.Context(), UsageReport{OrganizationID: alive.ID, Month: m, Seats: 1, Plan: Business, Source: "CSV", ReportedAt: t0}))
	}
	report := UsageReport{OrganizationID: alive.ID, Month: march, Seats: 0, Plan: Enterprise, Source: "CSV", ReportedAt: t0, ReportedBy: "ann"}
	check(t, s.SaveUsageReport(t.Context(), report)) // replaces
	beside := UsageReport{OrganizationID: alive.ID, Month: march, Seats: 9, Plan: Business, Source: "API", Note: "As agreed.", ReportedAt: t0}
	check(t, s.SaveUsageReport(t.Context(), beside)) // stands beside it
	same(t, must[[]UsageReport](t)(s.UsageReports(t.Context(), march)), []UsageReport{beside, report})

	all := ledgers(t, s, march.Start(), march.End(), nil)
	if len(all) != 3 || all["deleted within"].Organization.ID == 0 || all["created after"].Organization.ID == 0 {
		t.Errorf("ledgers of %d organizations: %v", len(all), all)
	}
	same(t, all["alive"], Ledger{
		Organization: enterprise,
		Terms:        []Term{{t0, Business, Standard}, {march.End(), Enterprise, Standard}},
		Management:   []Management{{t0, false}},
		Reports:      map[Month][]UsageReport{march: {beside, report}},
	})
	some := ledgers(t, s, march.Start(), march.End(), []int64{orgs[1].ID, alive.ID, 99})
	if len(some) != 2 || some["deleted before"].Organization.ID == 0 {
		t.Errorf("got %v, want the ones asked for", some)
	}
	same(t, len(ledgers(t, s, march.Start(), march.End(), []int64{})), 0)
	same(t, len(ledgers(t, s, march.Add(-1).Start(), march.End(), nil)["alive"].Reports), 2)
}

func TestLedgersManyBatches(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	orgs := newOrganizations(t, s, 2*ledgerBatch+1)
	var seats []Seat
	for _, o := range orgs {
		for _, email := range []string{"b", "a"} {
			seats = append(seats, Seat{OrganizationID: o.ID, Email: email, JoinedAt: t0})
		}
	}
	check(t, s.AddSeatHistory(t.Context(), seats))
	got := ledgers(t, s, t0, t0.AddDate(0, 1, 0), nil)
	same(t, len(got), len(orgs))
	for _, l := range got {
		if len(l.Seats) != 2 || l.Seats[0].Email != "b" || len(l.Terms) != 1 || l.Seats[1].OrganizationID != l.Organization.ID {
			t.Fatalf("ledger %+v", l)
		}
	}
	for range s.Ledgers(t.Context(), t0, t0.AddDate(0, 1, 0), nil) {
		break // leaving early lets go of the connection
	}
	same(t, s.reader.Stats().InUse, 0)
}

func TestLedgersError(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	newOrganizations(t, s, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for _, err := range s.Ledgers(ctx, t0, t0.AddDate(0, 1, 0), nil) {
		wantErr(t, err, context.Canceled)
		n++
	}
	same(t, n, 1)
}
