package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Session is one browser signed in. Its token is known to the browser alone; the store keeps a hash.
type Session struct {
	UserID        int64
	CreatedAt     time.Time
	SeenAt        time.Time
	ExpiresAt     time.Time
	ProvedAt      time.Time // when the person last proved who they are; zero: before that was kept
	IP, UserAgent string
	Hash          string // names the session on pages; useless as a token
}

const sessionColumns = `s.user_id, s.created_at, s.seen_at, s.expires_at, s.proved_at, s.ip, s.user_agent, s.token_hash`

func (s *Session) dest() []any {
	return []any{&s.UserID, moment(&s.CreatedAt), moment(&s.SeenAt), moment(&s.ExpiresAt), moment(&s.ProvedAt), &s.IP, &s.UserAgent, &s.Hash}
}

func scanSession(row scanner) (s Session, err error) {
	err = row.Scan(s.dest()...)
	return s, err
}

// CreateSession keeps a new session under its token; the session's Hash is ignored.
func (s *Store) CreateSession(ctx context.Context, token string, session Session) error {
	return s.tx(ctx, fmt.Sprintf("creating a session of user %d", session.UserID), func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `
			INSERT INTO sessions (token_hash, user_id, created_at, seen_at, expires_at, proved_at, ip, user_agent)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			hashToken(token), session.UserID, unix(session.CreatedAt), unix(session.SeenAt), unix(session.ExpiresAt), unix(session.ProvedAt),
			session.IP, session.UserAgent)
		return err
	})
}

// Session reads a token's session and its user: ErrNotFound when it is unknown or expired, or the user
// is not active.
func (s *Store) Session(ctx context.Context, token string, now time.Time) (Session, User, error) {
	type pair struct {
		Session
		User
	}
	p, err := one(ctx, s.from, func(row scanner) (p pair, err error) {
		err = row.Scan(append(p.Session.dest(), p.User.dest()...)...)
		return p, err
	}, `SELECT `+sessionColumns+`, `+userColumns+` FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.status = 'active'`, hashToken(token), unix(now))
	return p.Session, p.User, doing("reading a session", err)
}

// TouchSession notes that the session, and so its user, was seen.
func (s *Store) TouchSession(ctx context.Context, token string, now time.Time) error {
	return s.tx(ctx, "touching a session", func(tx *sql.Tx) error {
		userID, err := one(ctx, tx, scanValue[int64], `UPDATE sessions SET seen_at = $1 WHERE token_hash = $2 RETURNING user_id`,
			unix(now), hashToken(token))
		if err != nil {
			return err
		}
		return execOne(ctx, tx, `UPDATE users SET last_seen_at = $1 WHERE id = $2`, unix(now), userID)
	})
}

// Sessions lists a user's sessions, the last seen first.
func (s *Store) Sessions(ctx context.Context, userID int64) ([]Session, error) {
	sessions, err := list(ctx, s.from, scanSession,
		`SELECT `+sessionColumns+` FROM sessions s WHERE s.user_id = $1 ORDER BY s.seen_at DESC, s.token_hash`, userID)
	return sessions, doing(fmt.Sprintf("listing the sessions of user %d", userID), err)
}

// DeleteSession ends the token's session, if there is one.
func (s *Store) DeleteSession(ctx context.Context, token string) error {
	return s.deleteSessions(ctx, `DELETE FROM sessions WHERE token_hash = $1`, hashToken(token))
}

// DeleteOtherSessions ends all of a user's sessions but the one with keepToken.
func (s *Store) DeleteOtherSessions(ctx context.Context, userID int64, keepToken string) error {
	return s.deleteSessions(ctx, `DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2`, userID, hashToken(keepToken))
}

// DeleteUserSessions ends all of a user's sessions.
func (s *Store) DeleteUserSessions(ctx context.Context, userID int64) error {
	return s.deleteSessions(ctx, `DELETE FROM sessions WHERE user_id = $1`, userID)
}

// DeleteExpiredSessions forgets sessions that ended by themselves.
func (s *Store) DeleteExpiredSessions(ctx context.Context, now time.Time) error {
	return s.deleteSessions(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, unix(now))
}

func (s *Store) deleteSessions(ctx context.Context, query string, args ...any) error {
	return s.tx(ctx, "deleting sessions", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, query, args...)
		return err
	})
}
