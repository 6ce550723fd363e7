package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const secretToken = "sb_0123456789-secret-0123456789"

func createToken(t testing.TB, s *Store, token, name string, expires time.Time) APIToken {
	t.Helper()
	return must[APIToken](t)(s.CreateAPIToken(t.Context(), token, APIToken{
		Name: name, Scopes: []string{"usage:read"}, CreatedAt: t0, CreatedBy: "ada@example.com", ExpiresAt: expires,
	}))
}

func TestAPITokens(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	nightly := createToken(t, s, secretToken, "Nightly", time.Time{})
	brief := createToken(t, s, "sb_brief", "Brief", t0.Add(time.Hour))
	_, err := s.CreateAPIToken(t.Context(), "sb_other", APIToken{Name: "nightly", CreatedAt: t0})
	wantConflict(t, err, "token")

	same(t, must[APIToken](t)(s.APIToken(t.Context(), secretToken, t0)), nightly)
	same(t, must[APIToken](t)(s.APIToken(t.Context(), "sb_brief", t0.Add(time.Hour-time.Second))), brief)
	_, err = s.APIToken(t.Context(), "sb_brief", t0.Add(time.Hour))
	wantErr(t, err, ErrNotFound)
	_, err = s.APIToken(t.Context(), "sb_unknown", t0)
	wantErr(t, err, ErrNotFound)

	check(t, s.TouchAPIToken(t.Context(), nightly.ID, t0.Add(time.Minute)))
	nightly.UsedAt = t0.Add(time.Minute)
	same(t, must[[]APIToken](t)(s.APITokens(t.Context())), []APIToken{brief, nightly})

	same(t, must[APIToken](t)(s.DeleteAPIToken(t.Context(), nightly.ID)), nightly)
	_, err = s.APIToken(t.Context(), secretToken, t0)
	wantErr(t, err, ErrNotFound)
	_, err = s.DeleteAPIToken(t.Context(), nightly.ID)
	wantErr(t, err, ErrNotFound)
}

func TestAPITokenIsNotInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens.db")
	s := openAt(t, path)
	createToken(t, s, secretToken, "Nightly", time.Time{})
	for _, file := range must[[]string](t)(filepath.Glob(path + "*")) { // with the write-ahead log
		if bytes.Contains(must[[]byte](t)(os.ReadFile(file)), []byte(secretToken)) {
			t.Errorf("%s has the token in the clear", filepath.Base(file))
		}
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	one, two := createToken(t, s, "sb_1", "One", time.Time{}), createToken(t, s, "sb_2", "Two", time.Time{})
	claim := func(id int64, key, hash string, at time.Time) (bool, IdempotentAnswer) {
		t.Helper()
		claimed, before, err := s.ClaimIdempotencyKey(t.Context(), id, key, hash, at)
		check(t, err)
		return claimed, before
	}
	claims := func(want bool, id int64, key string, at time.Time) {
		t.Helper()
		if got, _ := claim(id, key, "hash", at); got != want {
			t.Errorf("claiming %q at %s: %t, want %t", key, at, got, want)
		}
	}
	claims(true, one.ID, "a", t0)
	claims(true, two.ID, "a", t0) // a key belongs to its token
	_, before := claim(one.ID, "a", "other", t0)
	same(t, before, IdempotentAnswer{RequestHash: "hash"})

	answer := IdempotentAnswer{RequestHash: "hash", Status: 201, ContentType: "application/json", Body: []byte(`{}`)}
	check(t, s.FinishIdempotencyKey(t.Context(), one.ID, "a", answer))
	_, before = claim(one.ID, "a", "hash", t0.Add(idempotencyLife-time.Second))
	same(t, before, answer)
	claims(true, one.ID, "a", t0.Add(idempotencyLife)) // kept for a day

	check(t, s.ReleaseIdempotencyKey(t.Context(), one.ID, "a"))
	claims(true, one.ID, "a", t0)
	claims(false, two.ID, "a", t0.Add(idempotencyPatience-time.Second))
	claims(true, two.ID, "a", t0.Add(idempotencyPatience)) // its request died

	check(t, s.DeleteOldIdempotencyKeys(t.Context(), t0.Add(idempotencyLife)))
	claims(true, one.ID, "a", t0.Add(time.Second))
}
