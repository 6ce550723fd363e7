package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// APIToken lets a script use the HTTP API. The token itself is known to the script alone; the store keeps a hash.
type APIToken struct {
	ID        int64
	Name      string
	Scopes    []string
	CreatedAt time.Time
	CreatedBy string    // e-mail address at the time
	ExpiresAt time.Time // zero: never
	UsedAt    time.Time // zero: not yet

	UserID      int64        // who made it; 0: that person was removed
	MakerRole   Role         // of who made it, now; empty: removed
	MakerStatus MemberStatus // likewise
}

const tokenColumns = `id, name, scopes, created_at, created_by, expires_at, used_at, COALESCE(user_id, 0),
	COALESCE((SELECT u.role FROM users u WHERE u.id = user_id), ''), COALESCE((SELECT u.status FROM users u WHERE u.id = user_id), '')`

func scanToken(row scanner) (t APIToken, err error) {
	err = row.Scan(&t.ID, &t.Name, fromJSON(&t.Scopes), moment(&t.CreatedAt), &t.CreatedBy, moment(&t.ExpiresAt), moment(&t.UsedAt),
		&t.UserID, &t.MakerRole, &t.MakerStatus)
	return t, err
}

// CreateAPIToken keeps a new token under its hash and answers it with its id and its maker's standing. A taken name is a *Conflict.
func (s *Store) CreateAPIToken(ctx context.Context, token string, t APIToken) (APIToken, error) {
	err := s.tx(ctx, "creating an API token", func(tx *sql.Tx) (err error) {
		t, err = one(ctx, tx, scanToken, `
			INSERT INTO api_tokens (name, name_folded, token_hash, scopes, created_at, created_by, expires_at, user_id)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING `+tokenColumns,
			t.Name, Fold(t.Name), hashToken(token), asJSON{t.Scopes}, unix(t.CreatedAt), t.CreatedBy, unix(t.ExpiresAt), orNull(t.UserID))
		return err
	})
	return t, err
}

// APITokens lists the tokens, expired ones, too, by name.
func (s *Store) APITokens(ctx context.Context) ([]APIToken, error) {
	tokens, err := list(ctx, s.from, scanToken, `SELECT `+tokenColumns+` FROM api_tokens ORDER BY name_folded`)
	return tokens, doing("listing API tokens", err)
}

// APIToken reads what a token may do, and how its maker stands: ErrNotFound when it is unknown, revoked or expired.
func (s *Store) APIToken(ctx context.Context, token string, now time.Time) (APIToken, error) {
	t, err := one(ctx, s.from, scanToken, `SELECT `+tokenColumns+` FROM api_tokens
		WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > $2)`, hashToken(token), unix(now))
	return t, doing("reading an API token", err)
}

// TouchAPIToken notes that the token was used.
func (s *Store) TouchAPIToken(ctx context.Context, id int64, now time.Time) error {
	return s.tx(ctx, fmt.Sprintf("touching API token %d", id), func(tx *sql.Tx) error {
		return execOne(ctx, tx, `UPDATE api_tokens SET used_at = $1 WHERE id = $2`, unix(now), id)
	})
}

// DeleteAPIToken revokes a token at once and answers what it was.
func (s *Store) DeleteAPIToken(ctx context.Context, id int64) (t APIToken, err error) {
	err = s.tx(ctx, fmt.Sprintf("deleting API token %d", id), func(tx *sql.Tx) error {
		t, err = one(ctx, tx, scanToken, `DELETE FROM api_tokens WHERE id = $1 RETURNING `+tokenColumns, id)
		return err
	})
	return t, err
}

const (
	// idempotencyLife is how long an answer is kept for repeated requests.
	idempotencyLife = 24 * time.Hour
	// idempotencyPatience is how long a request may take. One that has no answer by then died with its process, and its
	// key may be used again: what the API does twice is refused or changes nothing.
	idempotencyPatience = 10 * time.Minute
)

// IdempotentAnswer is what a request with an Idempotency-Key was answered.
type IdempotentAnswer struct {
	RequestHash string
	Status      int // 0: being carried out
	ContentType string
	Body        []byte
}

// ClaimIdempotencyKey reserves a token's key for a request. When the key was used before, claimed is false and the answer
// is what is known of that request.
func (s *Store) ClaimIdempotencyKey(
	ctx context.Context,
	tokenID int64,
	key, requestHash string,
	now time.Time,
) (claimed bool, before IdempotentAnswer, err error) {
	err = s.tx(ctx, "claiming an idempotency key", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM idempotency_keys
			WHERE token_id = $1 AND key = $2 AND (created_at <= $3 OR status IS NULL AND created_at <= $4)`,
			tokenID, key, unix(now.Add(-idempotencyLife)), unix(now.Add(-idempotencyPatience)))
		if err != nil {
			return err
		}
		n, err := exec(ctx, tx, `INSERT INTO idempotency_keys (token_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (token_id, key) DO NOTHING`, tokenID, key, requestHash, unix(now))
		if claimed = n > 0; claimed || err != nil {
			return err
		}
		before, err = one(ctx, tx, func(row scanner) (a IdempotentAnswer, err error) {
			err = row.Scan(&a.RequestHash, &a.Status, &a.ContentType, &a.Body)
			return a, err
		}, `SELECT request_hash, COALESCE(status, 0), content_type, body FROM idempotency_keys WHERE token_id = $1 AND key = $2`, tokenID, key)
		return err
	})
	return claimed, before, err
}

// FinishIdempotencyKey keeps the answer under a claimed key.
func (s *Store) FinishIdempotencyKey(ctx context.Context, tokenID int64, key string, a IdempotentAnswer) error {
	return s.tx(ctx, "keeping an idempotent answer", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `UPDATE idempotency_keys SET status = $1, content_type = $2, body = $3 WHERE token_id = $4 AND key = $5`,
			a.Status, a.ContentType, a.Body, tokenID, key)
		return err
	})
}

// ReleaseIdempotencyKey forgets a claimed key: its request changed nothing.
func (s *Store) ReleaseIdempotencyKey(ctx context.Context, tokenID int64, key string) error {
	return s.tx(ctx, "releasing an idempotency key", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM idempotency_keys WHERE token_id = $1 AND key = $2`, tokenID, key)
		return err
	})
}

// DeleteOldIdempotencyKeys forgets the answers that are no longer kept.
func (s *Store) DeleteOldIdempotencyKeys(ctx context.Context, now time.Time) error {
	return s.tx(ctx, "deleting old idempotency keys", func(tx *sql.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM idempotency_keys WHERE created_at <= $1`, unix(now.Add(-idempotencyLife)))
		return err
	})
}
