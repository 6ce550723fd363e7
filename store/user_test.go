package store

import (
	"fmt"
	"testing"
	"time"
)

func newUser(t testing.TB, s *Store, email string, role Role, status MemberStatus) User {
	t.Helper()
	return must[User](t)(s.CreateUser(t.Context(), User{Name: "N", Email: email, Role: role, Status: status, CreatedAt: t0}))
}

func TestUsers(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	in := User{Name: "Ann", Email: "Ann@Example.com", Role: Owner, Status: Active, PasswordHash: "hash", CreatedAt: t0.Add(time.Millisecond)}
	ann := must[User](t)(s.CreateUser(t.Context(), in))
	want := in
	want.ID, want.CreatedAt = ann.ID, t0 // whole seconds
	same(t, ann, want)
	same(t, must[User](t)(s.User(t.Context(), ann.ID)), want)
	same(t, must[User](t)(s.UserByEmail(t.Context(), "ann@EXAMPLE.com")), want)
	_, err := s.User(t.Context(), 99)
	wantErr(t, err, ErrNotFound)
	_, err = s.UserByEmail(t.Context(), "nobody@example.com")
	wantErr(t, err, ErrNotFound)

	_, err = s.CreateUser(t.Context(), User{Name: "Other", Email: "ANN@example.com", Role: Admin, Status: Active, CreatedAt: t0})
	wantConflict(t, err, "email")
	bob := newUser(t, s, "bob@example.com", Admin, Active)
	bob.Email = "ann@example.com"
	wantConflict(t, s.UpdateUser(t.Context(), bob), "email")

	check(t, s.SetPassword(t.Context(), bob.ID, "new"))
	wantErr(t, s.SetPassword(t.Context(), 99, "new"), ErrNotFound)
	if got := must[User](t)(s.User(t.Context(), bob.ID)); got.PasswordHash != "new" || got.Email != "bob@example.com" {
		t.Errorf("got %+v", got)
	}
	if n := must[int](t)(s.CountUsers(t.Context())); n != 2 || len(must[[]User](t)(s.Users(t.Context()))) != 2 {
		t.Errorf("%d users, want 2", n)
	}
}

func TestLastOwnerStays(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	owner := newUser(t, s, "owner@example.com", Owner, Active)
	newUser(t, s, "idle@example.com", Owner, Suspended)
	newUser(t, s, "admin@example.com", Admin, Active)

	demoted, suspended := owner, owner
	demoted.Role, suspended.Status = Admin, Suspended
	wantErr(t, s.UpdateUser(t.Context(), demoted), ErrLastOwner)
	wantErr(t, s.UpdateUser(t.Context(), suspended), ErrLastOwner)
	wantErr(t, s.DeleteUser(t.Context(), owner.ID), ErrLastOwner)
	same(t, must[User](t)(s.User(t.Context(), owner.ID)), owner)

	newUser(t, s, "second@example.com", Owner, Active)
	check(t, s.UpdateUser(t.Context(), demoted))
	check(t, s.DeleteUser(t.Context(), owner.ID))
	wantErr(t, s.DeleteUser(t.Context(), owner.ID), ErrNotFound)
}

func TestFirstOwner(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	now := t0
	check(t, s.CreateInvitation(t.Context(), "old", 0, now.Add(time.Hour)))
	check(t, s.CreateInvitation(t.Context(), "new", 0, now.Add(time.Hour)))
	_, err := s.Invitation(t.Context(), "old", now)
	wantErr(t, err, ErrNotFound)
	_, err = s.Invitation(t.Context(), "new", now.Add(time.Hour))
	wantErr(t, err, ErrNotFound)
	same(t, must[Invitation](t)(s.Invitation(t.Context(), "new", now)), Invitation{ExpiresAt: now.Add(time.Hour)})

	in := User{Name: "Ann", Email: "ann@example.com", Role: Technician, Status: Pending, PasswordHash: "hash", CreatedAt: now}
	_, err = s.CreateOwner(t.Context(), "old", now, in)
	wantErr(t, err, ErrNotFound)
	owner := must[User](t)(s.CreateOwner(t.Context(), "new", now, in))
	if owner.Role != Owner || owner.Status != Active {
		t.Errorf("got %+v, want an active owner", owner)
	}
	_, err = s.CreateOwner(t.Context(), "new", now, in)
	wantErr(t, err, ErrNotFound)
	check(t, s.CreateInvitation(t.Context(), "again", 0, now.Add(time.Hour)))
	_, err = s.CreateOwner(t.Context(), "again", now, in)
	wantErr(t, err, ErrOwnerExists)
}

func TestAcceptInvitation(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	bob := newUser(t, s, "bob@example.com", Admin, Pending)
	check(t, s.CreateInvitation(t.Context(), "first", bob.ID, t0.Add(time.Hour)))
	check(t, s.CreateInvitation(t.Context(), "token", bob.ID, t0.Add(time.Hour)))
	for _, useless := range []string{"first", "unknown", ""} {
		_, err := s.AcceptInvitation(t.Context(), useless, t0, "Bob", "hash")
		wantErr(t, err, ErrNotFound)
	}
	_, err := s.CreateOwner(t.Context(), "token", t0, User{Name: "Eve", Email: "eve@example.com", CreatedAt: t0})
	wantErr(t, err, ErrNotFound)

	accepted := must[User](t)(s.AcceptInvitation(t.Context(), "token", t0, "Bob", "hash"))
	want := bob
	want.Name, want.Status, want.PasswordHash = "Bob", Active, "hash"
	same(t, accepted, want)
	_, err = s.AcceptInvitation(t.Context(), "token", t0, "Eve", "hash")
	wantErr(t, err, ErrNotFound)

	carol := newUser(t, s, "carol@example.com", Admin, Suspended)
	check(t, s.CreateInvitation(t.Context(), "late", carol.ID, t0.Add(time.Hour)))
	_, err = s.AcceptInvitation(t.Context(), "late", t0, "Carol", "hash")
	wantErr(t, err, ErrNotFound)
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	owner := newUser(t, s, "owner@example.com", Owner, Active)
	bob := newUser(t, s, "bob@example.com", Admin, Active)
	for i, token := range []string{"a", "b", "c", "d"} {
		check(t, s.CreateSession(t.Context(), token, Session{UserID: bob.ID, CreatedAt: t0, SeenAt: t0.Add(time.Duration(i) * time.Minute), ExpiresAt: t0.Add(time.Hour), IP: "::1", UserAgent: "agent " + token}))
	}
	check(t, s.CreateSession(t.Context(), "owner", Session{UserID: owner.ID, CreatedAt: t0, SeenAt: t0, ExpiresAt: t0.Add(time.Hour)}))

	later := t0.Add(30 * time.Minute)
	check(t, s.TouchSession(t.Context(), "a", later))
	wantErr(t, s.TouchSession(t.Context(), "unknown", later), ErrNotFound)
	session, user, err := s.Session(t.Context(), "a", later)
	check(t, err)
	bob.LastSeenAt = later
	same(t, user, bob)
	same(t, session, Session{UserID: bob.ID, CreatedAt: t0, SeenAt: later, ExpiresAt: t0.Add(time.Hour), IP: "::1", UserAgent: "agent a", Hash: hashToken("a")})

	gone := func(token string, now time.Time) {
		t.Helper()
		_, _, err := s.Session(t.Context(), token, now)
		wantErr(t, err, ErrNotFound)
	}
	gone("a", t0.Add(time.Hour)) // expired
	gone(session.Hash, later)    // the hash is no token

	check(t, s.DeleteSession(t.Context(), "b"))
	gone("b", later)
	_, err = AccountsIn(s).EndSession(t.Context(), owner.ID, session.Hash) // not the owner's
	wantErr(t, err, ErrNotFound)
	if got := must[[]Session](t)(s.Sessions(t.Context(), bob.ID)); len(got) != 3 || got[0].UserAgent != "agent a" || got[1].UserAgent != "agent d" {
		t.Errorf("sessions %+v", got)
	}
	_, err = AccountsIn(s).EndSession(t.Context(), bob.ID, hashToken("c"))
	check(t, err)
	check(t, s.DeleteOtherSessions(t.Context(), bob.ID, "a"))
	gone("d", later)

	suspended := bob
	suspended.Status = Suspended
	check(t, s.UpdateUser(t.Context(), suspended))
	gone("a", later)
	check(t, s.UpdateUser(t.Context(), bob))
	check(t, s.DeleteUserSessions(t.Context(), bob.ID))
	gone("a", later)

	check(t, s.DeleteExpiredSessions(t.Context(), t0.Add(59*time.Minute)))
	if n := len(must[[]Session](t)(s.Sessions(t.Context(), owner.ID))); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
	check(t, s.DeleteExpiredSessions(t.Context(), t0.Add(time.Hour)))
	if n := len(must[[]Session](t)(s.Sessions(t.Context(), owner.ID))); n != 0 {
		t.Errorf("%d sessions, want none", n)
	}
}

func TestActivities(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for i := range 6 {
		a := Activity{At: t0.Add(time.Duration(i/2) * time.Hour), UserID: 1, Actor: "Ann@example.com", IP: "::1", Category: CategoryMembers, Action: fmt.Sprintf("Did %d.", i)}
		if i%2 == 1 {
			a.UserID, a.Actor, a.Category, a.OrganizationID = 0, "", CategoryBilling, 7
		}
		check(t, s.AddActivity(t.Context(), a))
	}
	for _, tc := range []struct {
		name  string
		f     ActivityFilter
		want  []int64
		total int
	}{
		{"all, latest first", ActivityFilter{}, []int64{6, 5, 4, 3, 2, 1}, 6},
		{"a page", ActivityFilter{Limit: 2, Offset: 2}, []int64{4, 3}, 6},
		{"actor", ActivityFilter{Actor: "ANN@"}, []int64{5, 3, 1}, 3},
		{"no wildcards", ActivityFilter{Actor: "ann_example"}, nil, 0},
		{"organization", ActivityFilter{OrganizationID: 7}, []int64{6, 4, 2}, 3},
		{"category", ActivityFilter{Category: CategoryMembers}, []int64{5, 3, 1}, 3},
		{"from is included, to is not", ActivityFilter{From: t0.Add(time.Hour), To: t0.Add(2 * time.Hour)}, []int64{4, 3}, 2},
		{"past the end", ActivityFilter{Limit: 2, Offset: 20}, nil, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			page, total, err := s.Activities(t.Context(), tc.f)
			check(t, err)
			var ids []int64
			for _, a := range page {
				ids = append(ids, a.ID)
			}
			same(t, ids, tc.want)
			same(t, total, tc.total)
			var each []Activity
			for a, err := range s.EachActivity(t.Context(), tc.f) {
				check(t, err)
				each = append(each, a)
			}
			same(t, each, page)
		})
	}
	page, _, err := s.Activities(t.Context(), ActivityFilter{Limit: 1})
	check(t, err)
	same(t, page[0], Activity{ID: 6, At: t0.Add(2 * time.Hour), Category: CategoryBilling, IP: "::1", Action: "Did 5.", OrganizationID: 7})
}
