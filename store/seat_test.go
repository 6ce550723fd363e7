package store

import (
	"testing"
	"time"
)

func TestAddSeats(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	orgs := newOrganizations(t, s, 2)
	added, existing, err := s.AddSeats(t.Context(), orgs[0].ID, []string{"Ann@example.com", "bob@example.com", "ANN@example.com"}, time.Time{}, t0)
	check(t, err)
	same(t, added, 2)
	same(t, existing, []string{"ANN@example.com"})
	added, existing, err = s.AddSeats(t.Context(), orgs[1].ID, []string{"ann@example.com"}, t0, time.Time{}) // another organization
	check(t, err)
	same(t, added, 1)
	same(t, existing, []string(nil))

	_, _, err = s.AddSeats(t.Context(), 99, []string{"a"}, time.Time{}, t0)
	wantErr(t, err, ErrNotFound)
	for name, seat := range map[string]Seat{
		"no moment":                {Email: "x"},
		"deleted before it joined": {Email: "x", JoinedAt: t0, DeletedAt: t0.Add(-time.Second)},
		"no address":               {Email: " ", JoinedAt: t0},
	} {
		seat.OrganizationID = orgs[0].ID
		if s.AddSeatHistory(t.Context(), []Seat{{OrganizationID: orgs[0].ID, Email: "good", JoinedAt: t0}, seat}) == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
	same(t, must[int](t)(s.CountMembers(t.Context())), 2) // without the pending one, and nothing of the refused
}

func TestReturningMemberHasTwoSeats(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := newOrganizations(t, s, 1)[0]
	past := Seat{OrganizationID: o.ID, Email: "a@example.com", InvitedAt: t0, JoinedAt: t0, SuspendedAt: t0.Add(time.Hour), DeletedAt: t0.Add(2 * time.Hour)}
	check(t, s.AddSeatHistory(t.Context(), []Seat{past}))
	added, _, err := s.AddSeats(t.Context(), o.ID, []string{"a@example.com"}, time.Time{}, t0.Add(3*time.Hour))
	check(t, err)
	same(t, added, 1)
	seats, total, err := s.Seats(t.Context(), SeatFilter{OrganizationID: o.ID, Status: SeatDeleted})
	check(t, err)
	past.ID = seats[0].ID
	same(t, seats, []Seat{past})
	same(t, total, 1)
	wantConflict(t, s.AddSeatHistory(t.Context(), []Seat{{OrganizationID: o.ID, Email: "A@example.com", JoinedAt: t0}}), "email")
}

func TestChangeSeats(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	orgs := newOrganizations(t, s, 2)
	history := []Seat{
		{Email: "active", JoinedAt: t0},
		{Email: "deleted", JoinedAt: t0, DeletedAt: t0},
		{Email: "pending", InvitedAt: t0},
		{Email: "suspended", JoinedAt: t0, SuspendedAt: t0},
		{Email: "foreign", JoinedAt: t0},
	}
	for i := range history {
		history[i].OrganizationID = orgs[0].ID
	}
	history[4].OrganizationID = orgs[1].ID
	all := []int64{1, 2, 3, 4, 5, 99}
	for action, want := range map[SeatAction]map[string]SeatStatus{
		SeatSuspend:    {"active": SeatSuspended, "deleted": SeatDeleted, "pending": SeatPending, "suspended": SeatSuspended},
		SeatReactivate: {"active": SeatActive, "deleted": SeatDeleted, "pending": SeatPending, "suspended": SeatActive},
		SeatJoin:       {"active": SeatActive, "deleted": SeatDeleted, "pending": SeatActive, "suspended": SeatSuspended},
		SeatDelete:     {"active": SeatDeleted, "deleted": SeatDeleted, "pending": SeatDeleted, "suspended": SeatDeleted},
	} {
		t.Run(string(action), func(t *testing.T) {
			s := openTest(t)
			newOrganizations(t, s, 2)
			check(t, s.AddSeatHistory(t.Context(), history))
			changed := must[int](t)(s.ChangeSeats(t.Context(), orgs[0].ID, all, action, t0.Add(time.Hour)))
			if want := map[SeatAction]int{SeatDelete: 3}[action]; changed != max(want, 1) {
				t.Errorf("changed %d, want %d", changed, max(want, 1))
			}
			got := map[string]SeatStatus{}
			for l, err := range s.Ledgers(t.Context(), t0.AddDate(-1, 0, 0), t0.AddDate(1, 0, 0), nil) {
				check(t, err)
				for _, seat := range l.Seats {
					got[seat.Email] = seat.Status()
				}
			}
			same(t, got["foreign"], SeatActive)
			delete(got, "foreign")
			same(t, got, want)
		})
	}
	if _, err := s.ChangeSeats(t.Context(), orgs[0].ID, all, "promote", t0); err == nil {
		t.Error("an unknown action was accepted")
	}
}

func TestSeats(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	orgs := newOrganizations(t, s, 2)
	seats := []Seat{
		{Email: "Dora@example.com", JoinedAt: t0.Add(time.Hour)},
		{Email: "anton@example.com", InvitedAt: t0},
		{Email: "carl_x@example.com", JoinedAt: t0, SuspendedAt: t0},
		{Email: "berta@example.com", JoinedAt: t0, DeletedAt: t0},
	}
	for i := range seats {
		seats[i].OrganizationID = orgs[0].ID
	}
	check(t, s.AddSeatHistory(t.Context(), append(seats, Seat{OrganizationID: orgs[1].ID, Email: "foreign", JoinedAt: t0})))
	for _, tc := range []struct {
		name  string
		f     SeatFilter
		want  string
		total int
	}{
		{"present, by address", SeatFilter{}, "acd", 3},
		{"descending page", SeatFilter{Desc: true, Limit: 2}, "dc", 3},
		{"search", SeatFilter{Search: "DORA@"}, "d", 1},
		{"an underscore is no wildcard", SeatFilter{Search: "_x"}, "c", 1},
		{"pending", SeatFilter{Status: SeatPending}, "a", 1},
		{"active", SeatFilter{Status: SeatActive}, "d", 1},
		{"suspended", SeatFilter{Status: SeatSuspended}, "c", 1},
		{"deleted", SeatFilter{Status: SeatDeleted}, "b", 1},
		{"by status", SeatFilter{Sort: "status"}, "adc", 3},
		{"by joining, pending last", SeatFilter{Sort: "joined", Desc: true}, "dca", 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.f.OrganizationID = orgs[0].ID
			page, total, err := s.Seats(t.Context(), tc.f)
			check(t, err)
			got := ""
			for _, seat := range page {
				got += FoldEmail(seat.Email)[:1]
			}
			same(t, got, tc.want)
			same(t, total, tc.total)
		})
	}
}
