package store

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// ErrWrongKey says that a secret in the database was sealed with another key than the store was
// opened with, or was damaged.
var ErrWrongKey = errors.New("the secret was sealed with another key")

// newSeal is AES-256-GCM with a random nonce in front of each sealed text.
func newSeal(key []byte) (cipher.AEAD, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("the secret key has %d bytes, not 32", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealed is the secret as the column keeps it. The column's name is bound to it, so that a sealed
// text moved to another column does not open.
func (s *Store) sealed(column, secret string) []byte {
	return s.seal.Seal(nil, nil, []byte(secret), []byte(column))
}

// opened is the secret that sealed made.
func (s *Store) opened(column string, sealed []byte) (string, error) {
	secret, err := s.seal.Open(nil, nil, sealed, []byte(column))
	if err != nil {
		return "", fmt.Errorf("opening %s: %w", column, ErrWrongKey)
	}
	return string(secret), nil
}
