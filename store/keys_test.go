package store

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// otherKey is not testKey.
var otherKey = bytes.Repeat([]byte{8}, 32)

// withSecrets has something in every sealed column.
func withSecrets(t *testing.T, s *Store) {
	t.Helper()
	connect(t, s)
	check(t, s.SaveProvider(t.Context(), Provider{Config: "{}", PrivateKey: "provider-key", Since: t0}))
	for _, c := range []Channel{
		{Kind: ChannelWebhook, Name: "Hook", URL: "https://hooks.example.com/token", Secret: "signing", CreatedAt: t0},
		{Kind: ChannelEmail, Name: "Mail", Secret: "password", CreatedAt: t0},
	} {
		must[int64](t)(s.CreateChannel(t.Context(), c))
	}
}

// secretsIn are all secrets of a store, opened.
func secretsIn(t *testing.T, s *Store) []string {
	t.Helper()
	all := []string{must[Integration](t)(s.Integration(t.Context())).PrivateKey, must[Provider](t)(s.Provider(t.Context())).PrivateKey}
	for _, c := range must[[]Channel](t)(s.Channels(t.Context())) {
		all = append(all, c.URL, c.Secret)
	}
	return all
}

func openWith(t *testing.T, path string, key []byte) *Store {
	t.Helper()
	s := must[*Store](t)(Open(t.Context(), path, key))
	t.Cleanup(func() { s.Close() })
	return s
}

// TestSealedColumnsAreAll: what is sealed and not listed would be lost when the key is rotated.
func TestSealedColumnsAreAll(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	found := must[[]string](t)(list(t.Context(), s.reader, scanValue[string], `
		SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name LIKE '%sealed%' AND m.name != 'key_canary'`))
	var listed []string
	for _, c := range sealedColumns {
		listed = append(listed, c.table+"."+c.column)
	}
	slices.Sort(found)
	slices.Sort(listed)
	same(t, found, listed)
}

func TestProve(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	s := openWith(t, path, testKey)
	check(t, KeysIn(s).Prove(t.Context())) // with nothing sealed the first key is the right one
	check(t, KeysIn(s).Prove(t.Context()))

	err := KeysIn(openWith(t, path, otherKey)).Prove(t.Context())
	wantErr(t, err, ErrWrongKey)
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) || mismatch.Have != KeyID(otherKey) || mismatch.Needs != KeyID(testKey) {
		t.Errorf("got %+v", mismatch)
	}
}

// TestProvesADatabaseOfBefore: one without a canary takes it from the key that opens everything, and from no other.
func TestProvesADatabaseOfBefore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	s := openWith(t, path, testKey)
	withSecrets(t, s)
	for _, c := range sealedColumns { // as they were sealed before keys had ids
		for row, text := range must[map[int64][]byte](t)(s.textsOf(t, c)) {
			secret := must[string](t)(s.opened(c.bound, text))
			old := s.seal.Seal(nil, nil, []byte(secret), []byte(c.bound))
			_, err := s.writer.ExecContext(t.Context(), `UPDATE `+c.table+` SET `+c.column+` = $1 WHERE `+c.id+` = $2`, old, row)
			check(t, err)
		}
	}
	want := []string{privateKey, "provider-key", "https://hooks.example.com/token", "signing", "", "password"}
	same(t, secretsIn(t, s), want)

	wrong := openWith(t, path, otherKey)
	err := KeysIn(wrong).Prove(t.Context())
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) || len(mismatch.Opens) != 0 || len(mismatch.Not) != len(want) {
		t.Fatalf("got %v", err)
	}
	check(t, wrong.UpdateChannel(t.Context(), Channel{ID: 2, Name: "Mail", Secret: "saved under the wrong key"}))
	err = KeysIn(s).Prove(t.Context())
	if !errors.As(err, &mismatch) || len(mismatch.Opens) != 4 || len(mismatch.Not) != 2 || mismatch.Needs != KeyID(otherKey) {
		t.Fatalf("of both keys: %v", err)
	}
	same(t, must[[]string](t)(KeysIn(s).Forget(t.Context())), mismatch.Not)
	check(t, KeysIn(s).Prove(t.Context()))
	same(t, secretsIn(t, s), append(want[:4:4], "", ""))
	wantErr(t, KeysIn(wrong).Prove(t.Context()), ErrWrongKey)
}

func TestReseal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	s := openWith(t, path, testKey)
	withSecrets(t, s)
	check(t, KeysIn(s).Prove(t.Context()))
	want := secretsIn(t, s)
	var told []string
	check(t, KeysIn(s).Reseal(t.Context(), otherKey, func(holds string) { told = append(told, holds) }))
	same(t, len(told), len(want))

	wantErr(t, KeysIn(openWith(t, path, testKey)).Prove(t.Context()), ErrWrongKey)
	other := openWith(t, path, otherKey)
	check(t, KeysIn(other).Prove(t.Context()))
	same(t, secretsIn(t, other), want)
	_, err := s.Integration(t.Context())
	if wantErr(t, err, ErrWrongKey); !strings.Contains(err.Error(), KeyID(otherKey)) {
		t.Errorf("%v does not name the key", err)
	}

	wantErr(t, KeysIn(s).Reseal(t.Context(), bytes.Repeat([]byte{9}, 32), func(string) {}), ErrWrongKey)
	same(t, secretsIn(t, other), want)
}

// A beginning that names another key does not make another key of it, nor does a text without one open as one with.
func TestBeginningIsBound(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	text := s.sealed("a.column", "secret")
	_, rest := beginningOf(text)
	forged := append([]byte(sealForm+"00000000:"), rest...)
	for _, bad := range [][]byte{forged, rest, nil, []byte(sealForm), text[:len(text)-1]} {
		if _, err := s.opened("a.column", bad); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%q opens: %v", bad, err)
		}
	}
}

func (s *Store) textsOf(t *testing.T, c sealedColumn) (map[int64][]byte, error) {
	texts := map[int64][]byte{}
	rows, err := s.reader.QueryContext(t.Context(), `SELECT `+c.id+`, `+c.column+` FROM `+c.table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text []byte
		if err := rows.Scan(&id, &text); err != nil {
			return nil, err
		}
		texts[id] = text
	}
	return texts, rows.Err()
}

// TestAuthenticatorsFollowTheKey: their secrets are sealed with the new key, and one that no key opens goes with its row: a code of an
// empty secret would be anybody's.
func TestAuthenticatorsFollowTheKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	s := openWith(t, path, testKey)
	user := must[User](t)(s.CreateUser(t.Context(), User{Name: "Ann", Email: "ann@example.com", Role: Owner, Status: Active, CreatedAt: t0}))
	check(t, AccountsIn(s).SaveAuthenticator(t.Context(), user.ID, Authenticator{Secret: "JBSWY3DP", Since: t0}))
	check(t, KeysIn(s).Prove(t.Context()))
	check(t, KeysIn(s).Reseal(t.Context(), otherKey, func(string) {}))
	other := openWith(t, path, otherKey)
	same(t, must[Authenticator](t)(AccountsIn(other).Authenticator(t.Context(), user.ID)).Secret, "JBSWY3DP")

	forgotten := must[[]string](t)(KeysIn(openWith(t, path, testKey)).Forget(t.Context()))
	same(t, len(forgotten), 1)
	_, err := AccountsIn(s).Authenticator(t.Context(), user.ID)
	wantErr(t, err, ErrNotFound)
}
