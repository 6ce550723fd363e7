package match

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// SearchWord is what a list that compares letter by letter is searched for, to find what is called like a name up to case, spaces and
// punctuation: the longest run of letters and digits in it, but of NordPass, which is also written Nord Pass, NORD-PASS and Nord.Pass,
// "nord". Empty: there is none.
func SearchWord(name string) string {
	if strings.Contains(strings.ToLower(name), "nord") {
		return "nord"
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return ""
	}
	return slices.MaxFunc(words, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
}
