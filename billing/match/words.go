package match

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// split breaks a name into words and folds them.
func split(name string) []word {
	var words []word
	var chunk []rune
	linked := false
	flush := func() {
		for _, w := range chunkWords(string(chunk)) {
			w.linked = linked && len(words) > 0
			words = append(words, w)
			linked = false
		}
		chunk = chunk[:0]
	}
	text := []rune(unify(name))
	for i, r := range text {
		last := i+1 == len(text) || !isWordRune(text[i+1])
		switch {
		case isWordRune(r) || r == '.' || (r == '#' || r == '+') && last && isWordEnd(chunk): // C#, C++
			chunk = append(chunk, r)
		case r == '\'':
		case r == '&' || r == '+':
			flush()
			linked = true
		default:
			flush()
		}
	}
	flush()
	return words
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

func isWordEnd(chunk []rune) bool { return len(chunk) > 0 && chunk[len(chunk)-1] != '.' }

// unify makes variants of the same sign the same sign, and sets apart legal forms that are written
// without spaces.
func unify(name string) string {
	for entity.MatchString(name) {
		unescaped := entity.ReplaceAllStringFunc(name, html.UnescapeString)
		if unescaped == name {
			break
		}
		name = unescaped
	}
	name = signs.Replace(name)
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // zero-width space, soft hyphen, direction marks
			return -1
		}
		return r
	}, name)
	return unspacedForms.Replace(signs.Replace(norm.NFKC.String(name)))
}

var (
	entity = regexp.MustCompile(`&(?:[A-Za-z]{2,8}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});`)
	signs  = strings.NewReplacer("™", " ", "®", " ", "©", " ", "℠", " ",
		"’", "'", "‘", "'", "`", "'", "´", "'", "ʼ", "'", "′", "'")
	unspacedForms = strings.NewReplacer(
		"股份有限公司", " 股份有限公司 ", "有限责任公司", " 有限责任公司 ", "有限公司", " 有限公司 ",
		"株式会社", " 株式会社 ", "有限会社", " 有限会社 ", "合同会社", " 合同会社 ", "주식회사", " 주식회사 ",
	)
)

// chunkWords breaks what stands between spaces at its dots, unless these are those of an abbreviation.
func chunkWords(chunk string) []word {
	parts := strings.FieldsFunc(chunk, func(r rune) bool { return r == '.' })
	whole := newWord(strings.Join(parts, ""))
	_, isForm := legalForms[whole.key]
	_, isShort := abbreviations[fold(whole.written)]
	if isForm || isShort {
		return []word{whole}
	}
	var words []word
	var letters []string // of an abbreviation such as A.B.C.
	flush := func() {
		words, letters = append(words, newWord(strings.Join(letters, ""))), nil
	}
	for _, part := range parts {
		if r, size := utf8.DecodeRuneInString(part); size == len(part) && unicode.IsLetter(r) {
			letters = append(letters, part)
			continue
		}
		flush()
		words = append(words, newWord(part))
	}
	flush()
	return withoutEmpty(words)
}

func withoutEmpty(words []word) []word {
	return slices.DeleteFunc(words, func(w word) bool { return w.key == "" })
}

func newWord(written string) word {
	w := word{key: fold(written), written: written}
	if !strings.ContainsFunc(w.key, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return word{} // accents without a letter
	}
	w.spelled = fold(umlauts.Replace(strings.ToLower(written)))
	w.key, w.spelled = writtenOut(w.key), writtenOut(w.spelled)
	return w
}

func writtenOut(key string) string {
	if long, ok := abbreviations[key]; ok {
		return long
	}
	return key
}

// fold takes case and accents away. Letters that do not decompose get their usual replacement.
func fold(s string) string {
	s = strings.ToLower(norm.NFKD.String(s))
	s = strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36F { // combining diacritical marks
			return -1
		}
		return r
	}, s)
	return norm.NFKC.String(strokes.Replace(s))
}

var (
	strokes = strings.NewReplacer("ß", "ss", "ς", "σ", "ø", "o", "æ", "ae", "œ", "oe", "ł", "l",
		"đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h", "ŧ", "t")
	umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")
)

// Letters is a name without case, accents, spaces and punctuation: the same for names that differ in these alone. It is empty
// for a name that has neither letters nor digits.
func Letters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, fold(unify(name)))
}
