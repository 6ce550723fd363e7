package store

import (
	"path/filepath"
	"testing"
	"time"
)

// What is known of an organization's members follows every way in which a seat is recorded.
func TestMembersSince(t *testing.T) {
	t.Parallel()
	early, late := t0.Add(-48*time.Hour), t0.Add(48*time.Hour)
	for name, record := range map[string]func(s *Store, id int64) error{
		"joined": func(s *Store, id int64) error {
			_, _, err := s.AddSeats(t.Context(), id, []string{"a@example.com"}, time.Time{}, early)
			return err
		},
		"invited": func(s *Store, id int64) error {
			_, _, err := s.AddSeats(t.Context(), id, []string{"a@example.com"}, early, time.Time{})
			return err
		},
		"a later one first": func(s *Store, id int64) error {
			return s.AddSeatHistory(t.Context(), []Seat{
				{OrganizationID: id, Email: "b@example.com", JoinedAt: late}, {OrganizationID: id, Email: "a@example.com", JoinedAt: early},
			})
		},
		"a later one after it": func(s *Store, id int64) error {
			return s.AddSeatHistory(t.Context(), []Seat{
				{OrganizationID: id, Email: "a@example.com", InvitedAt: early, JoinedAt: late}, {OrganizationID: id, Email: "b@example.com", JoinedAt: late},
			})
		},
		"dated back": func(s *Store, id int64) error {
			if err := s.AddSeatHistory(t.Context(), []Seat{{OrganizationID: id, Email: "a@example.com", InvitedAt: late}}); err != nil {
				return err
			}
			_, err := s.writer.ExecContext(t.Context(), `UPDATE seats SET joined_at = $1, invited_at = NULL`, unix(early))
			return err
		},
		"joined and left": func(s *Store, id int64) error {
			return s.AddSeatHistory(t.Context(), []Seat{{OrganizationID: id, Email: "a@example.com", JoinedAt: early, DeletedAt: late}})
		},
		"removed from the table": func(s *Store, id int64) error {
			if err := s.AddSeatHistory(t.Context(), []Seat{{OrganizationID: id, Email: "a@example.com", JoinedAt: early}}); err != nil {
				return err
			}
			_, err := s.writer.ExecContext(t.Context(), `DELETE FROM seats`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTest(t)
			both := newOrganizations(t, s, 2)
			for _, o := range both {
				check(t, s.SetNoMembers(t.Context(), o.ID, t0, "ann@example.com"))
			}
			_, before, err := s.LedgerChanges(t.Context(), 0)
			check(t, err)
			check(t, record(s, both[0].ID))
			o := must[Organization](t)(s.Organization(t.Context(), both[0].ID))
			if !o.MembersSince.Equal(early) || !o.NoMembersAt.IsZero() || o.NoMembersBy != "" {
				t.Errorf("members since %s, none said on %s by %q", o.MembersSince, o.NoMembersAt, o.NoMembersBy)
			}
			other := must[Organization](t)(s.Organization(t.Context(), both[1].ID))
			if !other.MembersSince.IsZero() || !other.NoMembersAt.Equal(t0) || other.NoMembersBy != "ann@example.com" {
				t.Errorf("the other organization: %+v", other)
			}
			if ids, _, err := s.LedgerChanges(t.Context(), before); err != nil || len(ids) != 1 || ids[0] != o.ID {
				t.Errorf("changed ledgers %v, %v", ids, err)
			}
			wantErr(t, s.SetNoMembers(t.Context(), o.ID, t0, "ann@example.com"), ErrNotFound)
		})
	}
}

// Who remembers figures hears of the statement and of its withdrawal.
func TestNoMembersIsNoted(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	o := newOrganizations(t, s, 1)[0]
	for name, change := range map[string]func() error{
		"stated":    func() error { return s.SetNoMembers(t.Context(), o.ID, t0, "ann@example.com") },
		"withdrawn": func() error { return s.SetNoMembers(t.Context(), o.ID, time.Time{}, "") },
	} {
		_, before, err := s.LedgerChanges(t.Context(), 0)
		check(t, err)
		check(t, change())
		if ids, _, err := s.LedgerChanges(t.Context(), before); err != nil || len(ids) != 1 {
			t.Errorf("%s: changed ledgers %v, %v", name, ids, err)
		}
	}
	wantErr(t, s.SetNoMembers(t.Context(), 99, t0, "ann@example.com"), ErrNotFound)
}

// Before version 11 nothing said whether a member was ever recorded; the seats that are there tell.
func TestMigratesMembersSince(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seatbridge.db")
	db := openAtVersion(t, path, 9)
	exec := func(query string, args ...any) {
		_, err := db.ExecContext(t.Context(), query, args...)
		check(t, err)
	}
	for id, name := range []string{"invited first", "joined", "left", "only added"} {
		exec(`INSERT INTO organizations (id, name, name_folded, plan, license, managed, created_at) VALUES ($1, $2, $2, 'business', 'standard', TRUE, 0)`, id+1, name)
	}
	exec(`INSERT INTO seats (organization_id, email, email_folded, invited_at, joined_at, deleted_at) VALUES
		(1, 'a', 'a', 100, 200, NULL), (1, 'b', 'b', NULL, 150, NULL), (2, 'a', 'a', NULL, 300, NULL), (3, 'a', 'a', NULL, 400, 500)`)
	check(t, db.Close())
	s := openAt(t, path)
	for id, since := range []int64{100, 300, 400, 0} {
		o := must[Organization](t)(s.Organization(t.Context(), int64(id+1)))
		if want := time.Unix(since, 0); since == 0 && !o.MembersSince.IsZero() || since != 0 && !o.MembersSince.Equal(want) {
			t.Errorf("%s: members since %s", o.Name, o.MembersSince)
		}
	}
}
