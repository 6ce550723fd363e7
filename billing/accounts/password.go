package handlers

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/semaphore"

	"seatbridge/store"
)

// Bounds of a password. The upper one, in bytes, only keeps hashing cheap.
const (
	minPassword = 12 // characters
	maxPassword = 1024
)

// hashing is OWASP's recommendation for Argon2id with little memory: 19 MiB.
func hashing() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// passwords hashes and checks passwords, two at a time at most, so that a
// burst of sign-ins cannot eat the machine's memory.
type passwords struct {
	slots *semaphore.Weighted
}

func newPasswords() *passwords { return &passwords{slots: semaphore.NewWeighted(2)} }

// dummyHash costs as much to compare with as the hashes made here and matches
// nothing. It stands in where there is no account, so that both cases take as long.
const dummyHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// HashPassword makes the text that the store keeps of a password.
func HashPassword(password string) (string, error) {
	hash, err := argon2id.CreateHash(password, hashing())
	if err != nil {
		return "", fmt.Errorf("hashing password: %w", err)
	}
	return hash, nil
}

func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer p.slots.Release(1)
	return HashPassword(password)
}

// matches compares a password with a hash in constant time. An empty hash
// never matches, and takes as long to say so.
func (p *passwords) matches(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > maxPassword {
		password = ""
	}
	known := hash != ""
	if !known {
		hash = dummyHash
	}
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return false, err
	}
	defer p.slots.Release(1)
	same, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("comparing password: %w", err)
	}
	return same && known && password != "", nil
}

// passwordProblem says what is wrong with a new password, or "".
func passwordProblem(password, email, name string) string {
	switch {
	case password == "":
		return "Choose a password."
	case !utf8.ValidString(password):
		return "The password contains characters that cannot be read."
	case utf8.RuneCountInString(password) < minPassword:
		return fmt.Sprintf("Use at least %d characters.", minPassword)
	case len(password) > maxPassword:
		return fmt.Sprintf("Use at most %d characters.", maxPassword)
	case guessable(password, email, name):
		return "This password is too easy to guess. A few unrelated words make a good one."
	}
	return ""
}

// guessable recognises the account's own details, one or two characters over
// and over, and the most common beginnings.
func guessable(password, email, name string) bool {
	folded := store.Fold(password)
	own := []string{store.Fold(email), store.Fold(name)}
	for _, word := range own {
		if word != "" && folded == word {
			return true
		}
	}
	distinct := make(map[rune]bool)
	for _, c := range folded {
		distinct[c] = true
	}
	if len(distinct) <= 2 {
		return true
	}
	for _, common := range []string{"password", "passw0rd", "123456", "qwerty", "abcdef", "letmein", "seatbridge", "nordpass", "connectwise"} {
		rest := strings.ReplaceAll(folded, common, "")
		if rest != folded && len(rest) < 6 {
			return true
		}
	}
	return false
}
