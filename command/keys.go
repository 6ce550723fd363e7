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
	"runtime"
	"strings"

	"seatbridge/store"
)

// minSecret is how many characters a secret key must have; 32 random bytes are 44 in base64.
const minSecret = 32

// The files of keys beside the data directory's key file.
const (
	// unproven is what the key file's name ends with until there is a database that was made with it. A first start that is cut
	// off does not look like an installation that lost its database.
	unproven = ".first"
	// rotated is what the name of the next key file ends with while the secrets are sealed anew.
	rotated = ".next"
	// credential is the name under which systemd (LoadCredential=) hands over the secret key.
	credential = "secret-key"
)

// source is where the secret key is.
type source struct {
	name    string // in a sentence
	text    string // the secret itself, from the environment
	file    string // that has it otherwise
	ours    bool   // the key file of the data directory, which Seatbridge made
	guarded bool   // the file's directory is guarded, whatever the file's mode says
}

// source is what the operator names, systemd hands over or, without either, the data directory's key file.
func (c *config) source() source {
	handed := filepath.Join(c.credentials, credential)
	switch {
	case c.secretKey != "":
		return source{name: "SEATBRIDGE_SECRET_KEY", text: c.secretKey}
	case c.secretKeyFile != "":
		return source{name: "the key file " + c.secretKeyFile, file: c.secretKeyFile}
	case c.credentials != "" && exists(handed):
		return source{name: "systemd's credential " + credential, file: handed, guarded: true}
	}
	file := filepath.Join(c.data, keyFile)
	if !exists(file) && exists(file+unproven) {
		file += unproven
	}
	return source{name: "the key file " + file, file: file, ours: true}
}

// secret is the operator's secret key or the one in the key file.
func (c *config) secret() (string, error) {
	s := c.source()
	if s.text != "" {
		return s.text, nil
	}
	secret, err := readKey(s.file, s.guarded)
	if errors.Is(err, fs.ErrNotExist) && s.ours {
		return "", fmt.Errorf("the database %s has no key: put its key file back as %s or set SEATBRIDGE_SECRET_KEY. "+
			"If it is lost, \"seatbridge key forget\" begins with a new key and forgets what was sealed", c.database(), s.file)
	}
	return secret, err
}

// readKey reads a key file, which nobody but its owner may be able to read.
func readKey(file string, guarded bool) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("reading the key file: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 && !guarded && runtime.GOOS != "windows" {
		return "", fmt.Errorf("others than its owner can use the key file %s (mode %04o): chmod 600 %s, or mount it with mode 0400",
			file, info.Mode().Perm(), file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the key file: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < minSecret {
		return "", fmt.Errorf("the key file %s is damaged: it has less than %d characters", file, minSecret)
	}
	return secret, nil
}

// makeKeyFile makes the key file of a data directory without a database. Next to a database a new key would only hide that
// the right one is missing.
func (c *config) makeKeyFile() error {
	file := filepath.Join(c.data, keyFile)
	if !c.source().ours || exists(c.database()) || exists(file) || exists(file+unproven) {
		return nil
	}
	return writeKey(file+unproven, newSecret())
}

// newSecret is a secret key of 256 random bits.
func newSecret() string {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}

func writeKey(file, secret string) error {
	if err := writeWhole(file, secret+"\n"); err != nil {
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
	if err := moveFile(file+unproven, file); err != nil {
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
	return moveFile(path+".new", path)
}

// moveFile gives a file another name, which lasts: its directory is written too.
func moveFile(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	directory, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	err = directory.Sync()
	if runtime.GOOS == "windows" {
		err = nil // directories cannot be synced there
	}
	return errors.Join(err, directory.Close())
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

// id names the key that seals.
func (k keys) id() string { return store.KeyID(k.sealing) }

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
