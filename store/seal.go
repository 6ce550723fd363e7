package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrWrongKey says that a secret in the database was sealed with another key than the store was
// opened with, or was damaged.
var ErrWrongKey = errors.New("the secret was sealed with another key")

const (
	// sealForm begins a sealed text of the form "sb1:KEYID:", nonce, cipher text. One of before version 33 has no beginning.
	sealForm = "sb1:"
	// keyIDLength is how many characters a key's id has.
	keyIDLength = 8
)

// seal is AES-256-GCM with a random nonce in front of each sealed text, and the key's id in front of that.
type seal struct {
	cipher.AEAD
	id string
}

func newSeal(key []byte) (seal, error) {
	if len(key) != 32 {
		return seal{}, fmt.Errorf("the secret key has %d bytes, not 32", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return seal{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return seal{aead, KeyID(key)}, err
}

// KeyID names a key without saying anything of use about it: eight hexadecimal digits of its hash.
func KeyID(key []byte) string {
	hash := sha256.Sum256(append([]byte("seatbridge key id\n"), key...))
	return hex.EncodeToString(hash[:])[:keyIDLength]
}

// sealed is the secret as the column keeps it. The column's name is bound to it, so that a sealed
// text moved to another column does not open, and so is the beginning.
func (s *Store) sealed(column, secret string) []byte { return s.seal.close(column, secret) }

// opened is the secret that sealed made.
func (s *Store) opened(column string, sealed []byte) (string, error) {
	return s.seal.open(column, sealed)
}

func (s seal) close(column, secret string) []byte {
	beginning := sealForm + s.id + ":"
	return s.Seal([]byte(beginning), nil, []byte(secret), []byte(beginning+column))
}

func (s seal) open(column string, sealed []byte) (string, error) {
	beginning, rest := beginningOf(sealed)
	secret, err := s.Open(nil, nil, rest, []byte(beginning+column))
	if err == nil {
		return string(secret), nil
	}
	if id := keyIDIn(beginning); id != "" && id != s.id {
		return "", fmt.Errorf("opening %s, sealed with key %s, with key %s: %w", column, id, s.id, ErrWrongKey)
	}
	return "", fmt.Errorf("opening %s: %w", column, ErrWrongKey)
}

// beginningOf parts a sealed text into its beginning, "" where it has none, and what AES-GCM made.
func beginningOf(sealed []byte) (beginning string, rest []byte) {
	length := len(sealForm) + keyIDLength + 1
	if len(sealed) < length || !strings.HasPrefix(string(sealed[:length]), sealForm) || sealed[length-1] != ':' {
		return "", sealed
	}
	return string(sealed[:length]), sealed[length:]
}

func keyIDIn(beginning string) string {
	return strings.TrimSuffix(strings.TrimPrefix(beginning, sealForm), ":")
}
