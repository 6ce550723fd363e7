package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// sealedColumn is a column of sealed texts.
type sealedColumn struct {
	bound     string // the name that is bound to them
	table, id string // id is the table's key
	column    string
	holds     string // in a sentence
}

// sealedColumns are all there are, the canary's aside.
var sealedColumns = []sealedColumn{
	{privateKeyColumn, "integration", "id", "private_key_sealed", "the private key of ConnectWise PSA"},
	{providerKeyColumn, "provider", "id", "private_key_sealed", "the private key of the Provider API"},
	{channelURLColumn, "notification_channels", "id", "url_sealed", "the address of a notification channel"},
	{channelSecretColumn, "notification_channels", "id", "secret_sealed", "the secret of a notification channel"},
	{authenticatorColumn, authenticators, "user_id", "secret_sealed", "an authenticator app, which has to be added again"},
}

// authenticators is the table of those whose row goes with its secret: a code of an empty secret is anybody's.
const authenticators = "authenticators"

const (
	canaryColumn = "key_canary.sealed"
	// canaryText is what is sealed there.
	canaryText = "this key is the right one"
)

// Keys are what a store's secrets are sealed with.
type Keys struct{ store *Store }

// KeysIn are those of a store.
func KeysIn(s *Store) Keys { return Keys{s} }

// MismatchError says that a key does not open all that is sealed; it is ErrWrongKey.
type MismatchError struct {
	Have, Needs string   // the ids of the key and of the one that is needed; Needs is empty where it is not known
	Opens, Not  []string // what the key opens and what it does not, in words; both empty where nobody had to look
}

// Error implements error.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%v: key %s is given, %s is needed; it does not open %s", ErrWrongKey, e.Have, e.Needs, strings.Join(e.Not, ", "))
}

// Is matches ErrWrongKey.
func (e *MismatchError) Is(target error) bool { return target == ErrWrongKey }

// Prove opens the canary: a *MismatchError says that the store was opened with a key that is not its own. A database that has no canary
// yet gets it from the key that opens everything that is sealed.
func (k Keys) Prove(ctx context.Context) error {
	canary, err := one(ctx, k.store.from, scanValue[[]byte], `SELECT sealed FROM key_canary WHERE id = 1`)
	switch {
	case errors.Is(err, ErrNotFound):
		return k.prove(ctx)
	case err != nil:
		return doing("reading the canary", err)
	}
	if _, err := k.store.opened(canaryColumn, canary); err != nil {
		beginning, _ := beginningOf(canary)
		return &MismatchError{Have: k.store.seal.id, Needs: keyIDIn(beginning)}
	}
	return nil
}

// prove writes the first canary.
func (k Keys) prove(ctx context.Context) error {
	return k.store.tx(ctx, "proving the key", func(tx *sql.Tx) error {
		mismatch := &MismatchError{Have: k.store.seal.id}
		err := k.each(ctx, tx, func(c sealedColumn, _ int64, text []byte) error {
			if _, err := k.store.opened(c.bound, text); err == nil {
				mismatch.Opens = append(mismatch.Opens, c.holds)
			} else {
				beginning, _ := beginningOf(text)
				mismatch.Needs, mismatch.Not = keyIDIn(beginning), append(mismatch.Not, c.holds)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(mismatch.Not) > 0 {
			return mismatch
		}
		return k.writeCanary(ctx, tx, k.store.seal)
	})
}

func (k Keys) writeCanary(ctx context.Context, tx *sql.Tx, with seal) error {
	_, err := exec(ctx, tx, `INSERT INTO key_canary (id, sealed) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed`,
		with.close(canaryColumn, canaryText))
	return err
}

// Reseal seals every secret anew with another key of 32 bytes, in one transaction: afterwards the store has to be opened with that one.
// sealed is told of each secret. A secret that does not open keeps everything as it was: ErrWrongKey.
func (k Keys) Reseal(ctx context.Context, key []byte, sealed func(holds string)) error {
	other, err := newSeal(key)
	if err != nil {
		return err
	}
	return k.store.tx(ctx, "sealing the secrets anew", func(tx *sql.Tx) error {
		err := k.each(ctx, tx, func(c sealedColumn, row int64, text []byte) error {
			secret, err := k.store.opened(c.bound, text)
			if err != nil {
				return err
			}
			defer sealed(c.holds)
			return k.replace(ctx, tx, c, row, other.close(c.bound, secret))
		})
		if err != nil {
			return err
		}
		return k.writeCanary(ctx, tx, other)
	})
}

// Forget empties the secrets that the store's key does not open, so that it is the right one for what is left, and answers what they
// were. Each has to be entered again.
func (k Keys) Forget(ctx context.Context) (forgotten []string, err error) {
	err = k.store.tx(ctx, "forgetting secrets", func(tx *sql.Tx) error {
		err := k.each(ctx, tx, func(c sealedColumn, row int64, text []byte) error {
			if _, err := k.store.opened(c.bound, text); err == nil {
				return nil
			}
			forgotten = append(forgotten, c.holds)
			if c.table == authenticators {
				return execOne(ctx, tx, `DELETE FROM authenticators WHERE user_id = $1`, row)
			}
			return k.replace(ctx, tx, c, row, k.store.sealed(c.bound, ""))
		})
		if err != nil {
			return err
		}
		return k.writeCanary(ctx, tx, k.store.seal)
	})
	return forgotten, err
}

// each calls do with every sealed text.
func (k Keys) each(ctx context.Context, tx *sql.Tx, do func(c sealedColumn, row int64, text []byte) error) error {
	type sealedText struct {
		row  int64
		text []byte
	}
	scan := func(row scanner) (s sealedText, err error) {
		err = row.Scan(&s.row, &s.text)
		return s, err
	}
	for _, c := range sealedColumns {
		all, err := list(ctx, tx, scan, `SELECT `+c.id+`, `+c.column+` FROM `+c.table+` ORDER BY `+c.id)
		if err != nil {
			return err
		}
		for _, s := range all {
			if err := do(c, s.row, s.text); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k Keys) replace(ctx context.Context, tx *sql.Tx, c sealedColumn, row int64, text []byte) error {
	return execOne(ctx, tx, `UPDATE `+c.table+` SET `+c.column+` = $1 WHERE `+c.id+` = $2`, text, row)
}
