package accounts

import (
	"context"
	"errors"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// EndSession ends one of a member's own sessions, which its hash names: store.ErrNotFound when it has ended.
func (d *Desk) EndSession(ctx context.Context, who problem.Actor, hash string) (ended store.Session, err error) {
	err = d.store.Together(ctx, "ending a session", func(s *store.Store) error {
		if ended, err = store.AccountsIn(s).EndSession(ctx, who.UserID, hash); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryAccess, "Signed out the session from %s.", ended.IP))
	})
	return ended, err
}

// EndOtherSessions ends all of a member's own sessions but the one with a token.
func (d *Desk) EndOtherSessions(ctx context.Context, who problem.Actor, token string) error {
	return d.store.Record(ctx, who.Did(d.now(), store.CategoryAccess, "Signed out all other sessions."), func(s *store.Store) error {
		return s.DeleteOtherSessions(ctx, who.UserID, token)
	})
}

// EndSessionsOf ends all sessions of another member. ErrNotOwner: an Admin may not do this to an Owner.
func (d *Desk) EndSessionsOf(ctx context.Context, who problem.Actor, role store.Role, userID int64) (u store.User, err error) {
	err = d.store.Together(ctx, "ending a member's sessions", func(s *store.Store) error {
		if u, err = s.User(ctx, userID); err != nil {
			return err
		}
		if u.Role == store.Owner && role != store.Owner {
			return ErrNotOwner
		}
		if err := s.DeleteUserSessions(ctx, u.ID); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryMembers, "Signed out all sessions of %s.", u.Email))
	})
	return u, err
}

// ChangePassword gives a member a new password and ends their other sessions: whoever knew the old one is out.
func (d *Desk) ChangePassword(ctx context.Context, who problem.Actor, token, password string) error {
	hash, err := d.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return d.store.Record(ctx, who.Did(d.now(), store.CategoryAccess, "Changed the password."), func(s *store.Store) error {
		return errors.Join(s.SetPassword(ctx, who.UserID, hash), s.DeleteOtherSessions(ctx, who.UserID, token))
	})
}

// RemoveFactorsOf takes the second factors of another member, who lost them, and ends their sessions. ErrNotOwner: an Admin may not do
// this to an Owner.
func (d *Desk) RemoveFactorsOf(ctx context.Context, who problem.Actor, role store.Role, userID int64) (u store.User, err error) {
	err = d.store.Together(ctx, "removing a member's second factors", func(s *store.Store) error {
		if u, err = s.User(ctx, userID); err != nil {
			return err
		}
		if u.Role == store.Owner && role != store.Owner {
			return ErrNotOwner
		}
		if err := errors.Join(store.AccountsIn(s).RemoveFactors(ctx, u.ID), s.DeleteUserSessions(ctx, u.ID)); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryMembers, "Removed the second factor of %s; all their sessions ended.", u.Email))
	})
	return u, err
}
