package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// LinkLife is how long a link for a new password works.
const LinkLife = 24 * time.Hour

// ErrNotOwner refuses an Admin, who does not manage Owners.
var ErrNotOwner = errors.New("only an owner may do this to an owner")

// SendLink makes a link by which a member chooses a new password, once, within LinkLife, and answers its token; an earlier one works no
// more. Their sessions go on until the password is changed. ErrNotOwner: an Admin may not do this to an Owner; a member who is not active
// is an *problem.Invalid.
func (d *Desk) SendLink(ctx context.Context, who problem.Actor, role store.Role, userID int64) (token string, u store.User, err error) {
	token = newToken()
	err = d.store.Together(ctx, "making a new-password link", func(s *store.Store) error {
		if u, err = s.User(ctx, userID); err != nil {
			return err
		}
		if u.Role == store.Owner && role != store.Owner {
			return ErrNotOwner
		}
		if u.Status != store.Active {
			return &problem.Invalid{Fields: problem.Fields{"member": "Only an active member can get a link for a new password."}}
		}
		if err := s.CreateInvitation(ctx, token, u.ID, d.now().Add(LinkLife)); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryMembers, "Made a link for a new password for %s.", u.Email))
	})
	return token, u, err
}

// ByLink is the active member to whom a link for a new password belongs: store.ErrNotFound when it was used, expired or was never made.
func (d *Desk) ByLink(ctx context.Context, token string) (store.User, error) {
	i, err := d.store.Invitation(ctx, token, d.now())
	if err != nil {
		return store.User{}, err
	}
	if i.UserID == 0 {
		return store.User{}, store.ErrNotFound
	}
	u, err := d.store.User(ctx, i.UserID)
	if err == nil && u.Status != store.Active {
		return store.User{}, store.ErrNotFound
	}
	return u, err
}

// TakeLink uses a link up: its member has the new password, and is signed out everywhere. store.ErrNotFound when the link is no use.
func (d *Desk) TakeLink(ctx context.Context, token, password, ip string) error {
	hash, err := d.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return d.store.Together(ctx, "taking a new-password link", func(s *store.Store) error {
		u, err := store.AccountsIn(s).TakePasswordLink(ctx, token, d.now(), hash)
		if err != nil {
			return err
		}
		if err := s.DeleteUserSessions(ctx, u.ID); err != nil {
			return err
		}
		who := problem.Actor{UserID: u.ID, Name: u.Email, IP: ip}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryAccess, "Chose a new password by a link; all sessions ended."))
	})
}

// Rescue is what the operator does for an Owner who cannot get in: a link for a new password, and the end of all sessions. The second
// factors stay unless removeFactors says otherwise. An address that is no active Owner's is an *problem.Invalid that names those who are.
func (d *Desk) Rescue(ctx context.Context, email string, removeFactors bool) (token string, u store.User, err error) {
	token = newToken()
	err = d.store.Together(ctx, "rescuing an owner", func(s *store.Store) error {
		if u, err = activeOwner(ctx, s, email); err != nil {
			return err
		}
		done := "Made a link for a new password for " + u.Email + " from the command line; all sessions ended."
		if removeFactors {
			done += " The second factors were removed."
			if err := store.AccountsIn(s).RemoveFactors(ctx, u.ID); err != nil {
				return err
			}
		}
		if err := errors.Join(s.CreateInvitation(ctx, token, u.ID, d.now().Add(LinkLife)), s.DeleteUserSessions(ctx, u.ID)); err != nil {
			return err
		}
		return s.AddActivity(ctx, problem.Actor{Name: "Command line"}.Did(d.now(), store.CategoryMembers, "%s", done))
	})
	return token, u, err
}

func activeOwner(ctx context.Context, s *store.Store, email string) (store.User, error) {
	users, err := s.Users(ctx)
	if err != nil {
		return store.User{}, err
	}
	owners := ""
	for _, u := range users {
		switch {
		case u.Role != store.Owner || u.Status != store.Active:
		case store.FoldEmail(u.Email) == store.FoldEmail(email):
			return u, nil
		default:
			owners += " " + u.Email
		}
	}
	if owners == "" {
		owners = " none yet: start the server, which prints the link that makes the first one's account"
	}
	return store.User{}, &problem.Invalid{Fields: problem.Fields{
		"email": fmt.Sprintf("%q is no active Owner's e-mail address. The active Owners are:%s.", email, owners),
	}}
}
