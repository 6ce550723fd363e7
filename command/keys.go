package command

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// minSecret is how many characters a secret key must have; 32 random bytes are 44 in base64.
const minSecret = 32

// secret is the operator's secret key or the one in the key file.
func (c *config) secret() (string, error) {
	if c.secretKey != "" {
		return c.secretKey, nil
	}
	file := filepath.Join(c.data, keyFile)
	if !exists(file) && exists(file+unproven) {
		file += unproven
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the database %s has no key: put its key file back as %s or set SEATBRIDGE_SECRET_KEY", c.database(), file)
	}
	if err != nil {
		return "", fmt.Errorf("reading the key file: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < minSecret {
		return "", fmt.Errorf("the key file %s is damaged: it has less than %d characters", file, minSecret)
	}
	return secret, nil
}

// unproven is what the key file's name ends with until there is a database that was made with it. A first start that is cut
// off does not look like an installation that lost its database.
const unproven = ".first"

// makeKeyFile makes the key file of a data directory without a database. Next to a database a new key would only hide that
// the right one is missing.
func (c *config) makeKeyFile() error {
	file := filepath.Join(c.data, keyFile)
	if c.secretKey != "" || exists(c.database()) || exists(file) || exists(file+unproven) {
		return nil
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails
	if err := writeWhole(file+unproven, base64.StdEncoding.EncodeToString(key)+"\n"); err != nil {
		return fmt.Errorf("making the key file: %w", err)
	}
	return nil
}

// proveKeyFile gives the key file its name, now that there is a database that was made with it.
func (c *config) proveKeyFile() error {
	file := filepath.Join(c.data, keyFile)
	if exists(file) || !exists(file+unproven) {
		return nil
	}
	if err := os.Rename(file+unproven, file); err != nil {
		return fmt.Errorf("making the key file: %w", err)
	}
	return nil
}

// writeWhole writes a new file for its owner alone. After a crash it is there with all of its text, or not at all.
func writeWhole(path, text string) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// keys are all keys that Seatbridge uses, derived from one secret.
type keys struct {
	sealing  []byte   // of the secrets in the database
	sessions [][]byte // that sign and encrypt cookies
}

func deriveKeys(secret string) (keys, error) {
	var derived [3][]byte
	for i, purpose := range []string{"seatbridge secrets in the database", "seatbridge cookie signature", "seatbridge cookie encryption"} {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, purpose, 32)
		if err != nil {
			return keys{}, fmt.Errorf("deriving keys: %w", err)
		}
		derived[i] = key
	}
	return keys{sealing: derived[0], sessions: [][]byte{derived[1], derived[2]}}, nil
}
