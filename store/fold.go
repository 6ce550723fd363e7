package store

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold is the form of a name that searches, sorting and uniqueness compare: compatibility-decomposed,
// without case, accents and invisible characters, its spaces collapsed. Only the accents of the Latin,
// Greek and Cyrillic scripts go; in others a mark makes another word.
func Fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36F { // combining diacritical marks
			return -1
		}
		return r
	}, norm.NFKD.String(s))
	return visible(cases.Fold().String(s))
}

// FoldEmail is what makes two e-mail addresses the same: it ignores case and invisible characters
// but, other than Fold, keeps accents, which tell mailboxes apart.
func FoldEmail(s string) string { return visible(norm.NFC.String(strings.ToLower(s))) }

// foldAll folds several names into one column.
func foldAll(names ...string) string {
	folded := make([]string, len(names))
	for i, name := range names {
		folded[i] = Fold(name)
	}
	return strings.Join(folded, "\n")
}

// visible drops control and format characters (a zero-width space, a byte order mark) and makes every
// run of white space one space.
func visible(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
