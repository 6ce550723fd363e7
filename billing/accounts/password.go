package accounts

import (
	"bufio"
	"context"
	_ "embed" // the list of common passwords
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
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

// Passwords hashes and checks passwords, two at a time at most, so that a burst of sign-ins cannot eat the machine's memory.
type Passwords struct {
	slots *semaphore.Weighted
}

// NewPasswords makes one that nobody waits for.
func NewPasswords() *Passwords { return &Passwords{slots: semaphore.NewWeighted(2)} }

// dummyHash costs as much to compare with as the hashes made here and matches nothing. It stands in where there is no account, so that
// both cases take as long.
const dummyHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// HashPassword makes the text that the store keeps of a password.
func HashPassword(password string) (string, error) {
	hash, err := argon2id.CreateHash(password, hashing())
	if err != nil {
		return "", fmt.Errorf("hashing password: %w", err)
	}
	return hash, nil
}

// Hash is HashPassword in its turn.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if err := p.slots.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer p.slots.Release(1)
	return HashPassword(password)
}

// Matches compares a password with a hash in constant time. An empty hash never matches, and takes as long to say so.
func (p *Passwords) Matches(ctx context.Context, password, hash string) (bool, error) {
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

// Of is whose password it is to be, which is what strangers try first.
type Of struct {
	Email, Name string
	MSP         string // the name of the company; empty: not named yet
}

// PasswordProblem says what is wrong with a new password, or "".
func PasswordProblem(password string, of Of) string {
	switch {
	case password == "":
		return "Choose a password."
	case !utf8.ValidString(password):
		return "The password contains characters that cannot be read."
	case utf8.RuneCountInString(password) < minPassword:
		return fmt.Sprintf("Use at least %d characters.", minPassword)
	case len(password) > maxPassword:
		return fmt.Sprintf("Use at most %d characters.", maxPassword)
	case monotonous(password):
		return "This password repeats the same few characters. " + betterPassword
	}
	if word := of.wordIn(password); word != "" {
		return fmt.Sprintf("This password contains “%s”, which strangers try first. %s", word, betterPassword)
	}
	if common(password) {
		return "Many people use this password, or it is one that many use with a few signs around it. " + betterPassword
	}
	return ""
}

const betterPassword = "A few unrelated words make a good one."

// monotonous recognises one or two characters over and over.
func monotonous(password string) bool {
	distinct := map[rune]bool{}
	for _, c := range store.Fold(password) {
		distinct[c] = true
	}
	return len(distinct) <= 2
}

// products are the names that a password for this panel is guessed with.
var products = []string{"seatbridge", "nordpass", "connectwise"}

// wordIn is the name of company, product or person that a password contains, as it is written there; "": none. Names that other words
// contain by chance, of less than four letters, do not count.
func (of Of) wordIn(password string) string {
	squeezed := letters(password)
	for _, name := range of.names() {
		if folded := letters(name); utf8.RuneCountInString(folded) >= 4 && strings.Contains(squeezed, folded) {
			return name
		}
	}
	return ""
}

// names are those that a password may not contain. Of a company's name that is the whole and the word that it begins with: the rest is
// what companies of the kind are called.
func (of Of) names() []string {
	local, _, _ := strings.Cut(of.Email, "@")
	names := append(slices.Clone(products), of.MSP, of.Email, local)
	if first, _, more := strings.Cut(of.MSP, " "); more && utf8.RuneCountInString(first) >= 5 {
		names = append(names, first)
	}
	if first, _, more := strings.Cut(local, "+"); more {
		names = append(names, first)
	}
	return append(names, of.Name)
}

// letters are the letters and digits of a text, folded: what is between them changes little for a guess.
func letters(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return -1
	}, store.Fold(text))
}

//go:embed common.txt
var commonText string

// commonPasswords are those of the list, read at the first look.
var commonPasswords = sync.OnceValue(func() map[string]bool {
	found := map[string]bool{}
	for lines := bufio.NewScanner(strings.NewReader(commonText)); lines.Scan(); {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			found[line] = true
		}
	}
	return found
})

// lookalikes are the signs that people write for letters.
var lookalikes = strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t")

// common recognises a password of the list, one with digits and signs around it, one that is written several times, and both with
// signs in place of letters.
func common(password string) bool {
	folded := store.Fold(password)
	for _, form := range []string{folded, lookalikes.Replace(folded)} {
		core := strings.TrimFunc(form, func(c rune) bool { return !unicode.IsLetter(c) })
		for _, text := range []string{form, core, once(form), once(core)} {
			if commonPasswords()[text] {
				return true
			}
		}
	}
	core := strings.TrimFunc(folded, func(c rune) bool { return !unicode.IsLetter(c) })
	return commonPasswords()[lookalikes.Replace(core)] || digitsOnly(folded)
}

// once is the text that a text repeats, such as "secret" of "secretsecret"; otherwise itself.
func once(text string) string {
	for n := 1; n <= len(text)/2; n++ {
		if len(text)%n == 0 && strings.Repeat(text[:n], len(text)/n) == text {
			return text[:n]
		}
	}
	return text
}

// digitsOnly says that a password is a number: dates, telephone numbers and counting are all tried.
func digitsOnly(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsDigit(c) && c != ' ' })
}
