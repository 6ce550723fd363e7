package problem

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// Longest texts, in characters.
const (
	MaxName  = 200
	MaxEmail = 254 // RFC 5321
)

// OfName says what is wrong with a required name, or nothing; what is the name in words.
func OfName(what, name string) string {
	if name == "" {
		return "Enter " + what + "."
	}
	return OfLength(name, MaxName)
}

// OfLength says that a text has more than so many characters, or nothing.
func OfLength(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return ""
	}
	return fmt.Sprintf("Use at most %d characters.", most)
}

// OfEmail says what is wrong with one e-mail address, or nothing. It checks what can be checked without sending mail.
func OfEmail(email string) string {
	parsed, err := mail.ParseAddress(email)
	domain := email[strings.LastIndexByte(email, '@')+1:]
	switch {
	case email == "":
		return "Enter an e-mail address."
	case utf8.RuneCountInString(email) > MaxEmail:
		return "This e-mail address is too long."
	case err != nil, parsed.Address != email, parsed.Name != "", strings.ContainsRune(email, utf8.RuneError),
		strings.Contains(domain, ".."), strings.Trim(domain, ".") != domain:
		return "This is not an e-mail address."
	case !strings.Contains(domain, ".") && domain != "localhost":
		return "The part after @ needs a dot, as in example.com."
	}
	return ""
}
