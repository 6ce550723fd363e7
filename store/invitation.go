package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"time"
)

// Invitation is a one-time link that has not been used.
type Invitation struct {
	UserID    int64 // 0: it makes the first owner
	ExpiresAt time.Time
}

// hashToken is what the database keeps of a token. Tokens are long and random: a plain hash is enough.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// CreateInvitation keeps the hash of a new link's token: for a pending user, or with userID 0 for the
// first owner. An earlier link for the same purpose stops working.
func (s *Store) CreateInvitation(ctx context.Context, token string, userID int64, expires time.Time) error {
	return s.tx(ctx, fmt.Sprintf("inviting user %d", userID), func(tx *sql.Tx) error {
		if err := deleteInvitations(ctx, tx, userID); err != nil {
			return err
		}
		_, err := exec(ctx, tx, `INSERT INTO invitations (token_hash, user_id, expires_at) VALUES ($1, $2, $3)`,
			hashToken(token), orNull(userID), unix(expires))
		return err
	})
}

// Invitation reads the invitation of a token: ErrNotFound when it is unknown, used or expired.
func (s *Store) Invitation(ctx context.Context, token string, now time.Time) (Invitation, error) {
	i, err := invitation(ctx, s.from, token, now)
	return i, doing("reading an invitation", err)
}

func invitation(ctx context.Context, q querier, token string, now time.Time) (Invitation, error) {
	return one(ctx, q, scanInvitation, `SELECT COALESCE(user_id, 0), expires_at FROM invitations WHERE token_hash = $1 AND expires_at > $2`,
		hashToken(token), unix(now))
}

func scanInvitation(row scanner) (i Invitation, err error) {
	err = row.Scan(&i.UserID, moment(&i.ExpiresAt))
	return i, err
}

func deleteInvitations(ctx context.Context, tx *sql.Tx, userID int64) error {
	_, err := exec(ctx, tx, `DELETE FROM invitations WHERE COALESCE(user_id, 0) = $1`, userID)
	return err
}

// AcceptInvitation activates the pending user whom the token invites and uses the token up.
// ErrNotFound when the token is no use or the user is not pending.
func (s *Store) AcceptInvitation(ctx context.Context, token string, now time.Time, name, passwordHash string) (accepted User, err error) {
	err = s.tx(ctx, "accepting an invitation", func(tx *sql.Tx) error {
		i, err := invitation(ctx, tx, token, now)
		if err != nil {
			return err
		}
		err = execOne(ctx, tx, `UPDATE users SET name = $1, password_hash = $2, status = 'active' WHERE id = $3 AND status = 'pending'`,
			name, passwordHash, i.UserID)
		if err != nil {
			return err
		}
		if err := deleteInvitations(ctx, tx, i.UserID); err != nil {
			return err
		}
		accepted, err = user(ctx, tx, i.UserID)
		return err
	})
	return accepted, err
}

// CreateOwner makes the first user, an active owner whatever u says, by the one-time link of the first
// start, and uses the link up. ErrNotFound when the token is no use, ErrOwnerExists when there are users.
func (s *Store) CreateOwner(ctx context.Context, token string, now time.Time, u User) (created User, err error) {
	u.Role, u.Status = Owner, Active
	err = s.tx(ctx, "creating the owner", func(tx *sql.Tx) error {
		i, err := invitation(ctx, tx, token, now)
		if err != nil {
			return err
		}
		if i.UserID != 0 {
			return ErrNotFound
		}
		if n, err := countUsers(ctx, tx); err != nil {
			return err
		} else if n > 0 {
			return ErrOwnerExists
		}
		if err := deleteInvitations(ctx, tx, 0); err != nil {
			return err
		}
		created, err = createUser(ctx, tx, u)
		return err
	})
	return created, err
}
