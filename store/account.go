package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Accounts keeps how members get in beside their passwords: second factors, what proves who they are, and new-password links.
type Accounts struct{ store *Store }

// AccountsIn are those of a store.
func AccountsIn(s *Store) Accounts { return Accounts{s} }

// Requirement says who has to have a second factor.
type Requirement string

// RequiredOff asks nobody, RequiredManagers Owners and Admins, RequiredEverybody all members.
const (
	RequiredOff       Requirement = "off"
	RequiredManagers  Requirement = "managers"
	RequiredEverybody Requirement = "everybody"
)

// Requirement reads who has to have a second factor.
func (a Accounts) Requirement(ctx context.Context) (Requirement, error) {
	r, err := one(ctx, a.store.from, scanValue[Requirement], `SELECT second_factor FROM settings WHERE id = 1`)
	return r, doing("reading who has to have a second factor", err)
}

// SetRequirement says who has to have a second factor.
func (a Accounts) SetRequirement(ctx context.Context, r Requirement) error {
	return a.store.tx(ctx, "saving who has to have a second factor", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE settings SET second_factor = $1 WHERE id = 1`, r)
	})
}

// Authenticator is the app of a member that makes codes.
type Authenticator struct {
	Secret   string // base32; sealed at rest
	Since    time.Time
	UsedStep int64 // the half minute, counted from 1970, of the last code that was taken
}

// authenticatorColumn is bound to the sealed secret.
const authenticatorColumn = "authenticators.secret"

// Authenticator reads a member's: ErrNotFound when there is none, ErrWrongKey when it was sealed with another key.
func (a Accounts) Authenticator(ctx context.Context, userID int64) (Authenticator, error) {
	found, err := one(ctx, a.store.from, func(row scanner) (f Authenticator, err error) {
		var sealed []byte
		if err := row.Scan(&sealed, moment(&f.Since), &f.UsedStep); err != nil {
			return f, err
		}
		f.Secret, err = a.store.opened(authenticatorColumn, sealed)
		return f, err
	}, `SELECT secret_sealed, since, used_step FROM authenticators WHERE user_id = $1`, userID)
	return found, doing(fmt.Sprintf("reading the authenticator of user %d", userID), err)
}

// SaveAuthenticator gives a member an authenticator, in place of an earlier one.
func (a Accounts) SaveAuthenticator(ctx context.Context, userID int64, f Authenticator) error {
	return a.store.tx(ctx, fmt.Sprintf("saving the authenticator of user %d", userID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO authenticators (user_id, secret_sealed, since, used_step) VALUES ($1, $2, $3, $4)
			ON CONFLICT (user_id) DO UPDATE SET secret_sealed = excluded.secret_sealed, since = excluded.since, used_step = excluded.used_step`,
			userID, a.store.sealed(authenticatorColumn, f.Secret), unix(f.Since), f.UsedStep)
		return err
	})
}

// UseStep notes that a code of a half minute was taken: ErrNotFound when it, or a later one, was taken before.
func (a Accounts) UseStep(ctx context.Context, userID, step int64) error {
	return a.store.tx(ctx, fmt.Sprintf("taking a code of user %d", userID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE authenticators SET used_step = $1 WHERE user_id = $2 AND used_step < $1`, step, userID)
	})
}

// DeleteAuthenticator takes a member's away: ErrNotFound when there is none.
func (a Accounts) DeleteAuthenticator(ctx context.Context, userID int64) error {
	return a.store.tx(ctx, fmt.Sprintf("removing the authenticator of user %d", userID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `DELETE FROM authenticators WHERE user_id = $1`, userID)
	})
}

// ReplaceRecoveryCodes keeps the hashes of a member's recovery codes in place of all earlier ones.
func (a Accounts) ReplaceRecoveryCodes(ctx context.Context, userID int64, codes []string) error {
	return a.store.tx(ctx, fmt.Sprintf("replacing the recovery codes of user %d", userID), func(tx *sql.Tx) error {
		if _, err := exec(ctx, tx, `DELETE FROM recovery_codes WHERE user_id = $1`, userID); err != nil {
			return err
		}
		for _, code := range codes {
			if _, err := exec(ctx, tx, `INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)`, userID, hashToken(code)); err != nil {
				return err
			}
		}
		return nil
	})
}

// UseRecoveryCode uses a code up: ErrNotFound when it is none of the member's, or was used.
func (a Accounts) UseRecoveryCode(ctx context.Context, userID int64, code string, at time.Time) error {
	return a.store.tx(ctx, fmt.Sprintf("using a recovery code of user %d", userID), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL`,
			unix(at), userID, hashToken(code))
	})
}

// RecoveryCodes counts the codes that a member has left, of how many.
func (a Accounts) RecoveryCodes(ctx context.Context, userID int64) (left, of int, err error) {
	type counted struct{ left, of int }
	c, err := one(ctx, a.store.from, func(row scanner) (c counted, err error) {
		err = row.Scan(&c.left, &c.of)
		return c, err
	}, `SELECT COUNT(*) - COUNT(used_at), COUNT(*) FROM recovery_codes WHERE user_id = $1`, userID)
	return c.left, c.of, doing(fmt.Sprintf("counting the recovery codes of user %d", userID), err)
}

// Passkey is a key that a member's device or password manager keeps.
type Passkey struct {
	ID           int64
	UserID       int64
	Name         string
	CredentialID []byte // what the device calls it
	Credential   string // JSON, as the accounts room wrote it
	CreatedAt    time.Time
	UsedAt       time.Time // zero: not yet
}

const passkeyColumns = `id, user_id, name, credential_id, credential, created_at, used_at`

func scanPasskey(row scanner) (p Passkey, err error) {
	err = row.Scan(&p.ID, &p.UserID, &p.Name, &p.CredentialID, &p.Credential, moment(&p.CreatedAt), moment(&p.UsedAt))
	return p, err
}

// Passkeys lists a member's, oldest first.
func (a Accounts) Passkeys(ctx context.Context, userID int64) ([]Passkey, error) {
	all, err := list(ctx, a.store.from, scanPasskey, `SELECT `+passkeyColumns+` FROM passkeys WHERE user_id = $1 ORDER BY id`, userID)
	return all, doing(fmt.Sprintf("listing the passkeys of user %d", userID), err)
}

// AddPasskey keeps a new one. One that is kept already, whoever's, is a *Conflict.
func (a Accounts) AddPasskey(ctx context.Context, p Passkey) error {
	return a.store.tx(ctx, fmt.Sprintf("adding a passkey of user %d", p.UserID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO passkeys (user_id, name, credential_id, credential, created_at) VALUES ($1, $2, $3, $4, $5)`,
			p.UserID, p.Name, p.CredentialID, p.Credential, unix(p.CreatedAt))
		return err
	})
}

// UsePasskey keeps what using a passkey changed of it, such as its counter.
func (a Accounts) UsePasskey(ctx context.Context, id int64, credential string, at time.Time) error {
	return a.store.tx(ctx, fmt.Sprintf("using passkey %d", id), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE passkeys SET credential = $1, used_at = $2 WHERE id = $3`, credential, unix(at), id)
	})
}

// DeletePasskey takes one of a member's away and answers what it was: ErrNotFound when it is none of theirs.
func (a Accounts) DeletePasskey(ctx context.Context, userID, id int64) (p Passkey, err error) {
	err = a.store.tx(ctx, fmt.Sprintf("removing passkey %d", id), func(tx *sql.Tx) error {
		p, err = one(ctx, tx, scanPasskey, `DELETE FROM passkeys WHERE id = $1 AND user_id = $2 RETURNING `+passkeyColumns, id, userID)
		return err
	})
	return p, err
}

// handleLength is how long a passkey handle is: as long as WebAuthn allows.
const handleLength = 64

// PasskeyHandle is what passkeys know a member by; it is made at the first call, and stays.
func (a Accounts) PasskeyHandle(ctx context.Context, userID int64) (handle []byte, err error) {
	made := make([]byte, handleLength)
	rand.Read(made) // never fails
	err = a.store.tx(ctx, fmt.Sprintf("reading the passkey handle of user %d", userID), func(tx *sql.Tx) error {
		handle, err = one(ctx, tx, scanValue[[]byte],
			`UPDATE users SET passkey_handle = COALESCE(passkey_handle, $1) WHERE id = $2 RETURNING passkey_handle`, made, userID)
		return err
	})
	return handle, err
}

// ByPasskeyHandle reads the active member whom passkeys know by a handle: ErrNotFound when there is none.
func (a Accounts) ByPasskeyHandle(ctx context.Context, handle []byte) (User, error) {
	u, err := one(ctx, a.store.from, scanUser,
		`SELECT `+userColumns+` FROM users u WHERE u.passkey_handle = $1 AND u.status = 'active'`, handle)
	return u, doing("reading a user by passkey handle", err)
}

// HasFactor tells whether a member has a second factor: an authenticator or a passkey.
func (a Accounts) HasFactor(ctx context.Context, userID int64) (bool, error) {
	has, err := one(ctx, a.store.from, scanValue[bool], `SELECT EXISTS (SELECT 1 FROM authenticators WHERE user_id = $1)
		OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1)`, userID)
	return has, doing(fmt.Sprintf("reading whether user %d has a second factor", userID), err)
}

// WithFactor are the members who have a second factor.
func (a Accounts) WithFactor(ctx context.Context) (map[int64]bool, error) {
	ids, err := list(ctx, a.store.from, scanValue[int64], `SELECT user_id FROM authenticators UNION SELECT user_id FROM passkeys`)
	with := map[int64]bool{}
	for _, id := range ids {
		with[id] = true
	}
	return with, doing("listing who has a second factor", err)
}

// RemoveFactors takes a member's authenticator, passkeys and recovery codes away.
func (a Accounts) RemoveFactors(ctx context.Context, userID int64) error {
	return a.store.tx(ctx, fmt.Sprintf("removing the second factors of user %d", userID), func(tx *sql.Tx) error {
		var all error
		for _, table := range []string{"authenticators", "passkeys", "recovery_codes"} {
			_, err := exec(ctx, tx, `DELETE FROM `+table+` WHERE user_id = $1`, userID)
			all = errors.Join(all, err)
		}
		return all
	})
}

// Prove notes that the person at a session proved who they are.
func (a Accounts) Prove(ctx context.Context, sessionToken string, at time.Time) error {
	return a.store.tx(ctx, "noting a proof", func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE sessions SET proved_at = $1 WHERE token_hash = $2`, unix(at), hashToken(sessionToken))
	})
}

// EndSession ends the session of a member that a hash names: ErrNotFound when there is none.
func (a Accounts) EndSession(ctx context.Context, userID int64, hash string) (s Session, err error) {
	err = a.store.tx(ctx, fmt.Sprintf("ending a session of user %d", userID), func(tx *sql.Tx) error {
		s, err = one(ctx, tx, scanSession,
			`DELETE FROM sessions AS s WHERE s.user_id = $1 AND s.token_hash = $2 RETURNING `+returnedSession, userID, hash)
		return err
	})
	return s, err
}

// returnedSession are the columns of a session behind RETURNING, where SQLite knows no alias.
const returnedSession = `user_id, created_at, seen_at, expires_at, proved_at, ip, user_agent, token_hash`

// TakePasswordLink uses the link of an active member up and gives it the new password: ErrNotFound when the link is no use.
func (a Accounts) TakePasswordLink(ctx context.Context, token string, now time.Time, passwordHash string) (u User, err error) {
	err = a.store.tx(ctx, "taking a new-password link", func(tx *sql.Tx) error {
		i, err := invitation(ctx, tx, token, now)
		if err != nil {
			return err
		}
		err = execOne(ctx, tx, `UPDATE users SET password_hash = $1 WHERE id = $2 AND status = 'active'`, passwordHash, i.UserID)
		if err != nil {
			return err
		}
		if err := deleteInvitations(ctx, tx, i.UserID); err != nil {
			return err
		}
		u, err = user(ctx, tx, i.UserID)
		return err
	})
	return u, err
}
