package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A likeness is the outcome of comparing two names. It is the same whichever comes first.
type likeness struct {
	score  int
	sure   bool
	reason string
}

func (m *matcher) compare(a, b *party) likeness {
	if how := arrange(a.name, b.name); how != different {
		return equality(a.name, b.name, how)
	}
	for _, r := range append([]reading{b.name}, b.aliases...) {
		for _, s := range append([]reading{a.name}, a.aliases...) {
			if arrange(r, s) == sameWords || arrange(r, s) == joinedWords {
				return likeness{score: aliasScore, reason: "Same identifier, other name"}
			}
		}
	}
	like := m.similarity(a, b)
	if initials := a.name.initials(); initials != "" && initials == b.name.initials() && like.score < initialsScore &&
		(len(a.name.words) == 1) != (len(b.name.words) == 1) {
		return likeness{score: initialsScore, reason: fmt.Sprintf("%q may be the initials", strings.ToUpper(initials))}
	}
	return like
}

// equality judges two names of the same words.
func equality(a, b reading, how arrangement) likeness {
	like := likeness{score: how.score(), sure: how.sure()}
	if !a.formFits(b) {
		forms := quoted(inOrder(a.written, b.written))
		return likeness{score: like.score - 12, reason: fmt.Sprintf("Same name, but one is %s, the other %s", forms[0], forms[1])}
	}
	apart := how.differences()
	if a.forms != b.forms {
		like.score -= 2
		apart = append(formsApart(a.written, b.written), apart...)
	}
	if a.forms != b.forms && a.wordLikeForms != b.wordLikeForms { // what is no form to one of them may be a word
		like.score, like.sure = like.score-4, false
	}
	if a.accents() != b.accents() {
		apart = append(apart, "accents")
	}
	switch {
	case a.original == b.original:
		like.reason = "Same name"
	case strings.EqualFold(a.original, b.original):
		like.reason = "Same name apart from capitals"
	case len(apart) == 0:
		like.reason = "Same name, written differently"
	default:
		like.reason = "Same name apart from " + listed(apart)
	}
	return like
}

// formsApart are the parts of legal forms that only one of two names has.
func formsApart(a, b string) []string {
	only := func(a, b string) string {
		return strings.Join(slices.DeleteFunc(strings.Fields(a), func(form string) bool {
			return slices.ContainsFunc(strings.Fields(b), func(other string) bool { return strings.EqualFold(form, other) })
		}), " ")
	}
	return quoted(slices.DeleteFunc(inOrder(only(a, b), only(b, a)), func(s string) bool { return s == "" }))
}

// similarity judges two names of different words.
func (m *matcher) similarity(a, b *party) likeness {
	if max(len(a.name.words), len(b.name.words)) > mostWords {
		return likeness{}
	}
	d := m.diff(a.name.words, b.name.words)
	total, least := a.weight+b.weight, min(a.weight, b.weight)
	if least == 0 {
		return likeness{}
	}
	// Most of it is how much of both names agrees; some is how much of the shorter one does.
	percent := (200*d.agreed/total + 100*d.agreed/(2*least)) / 3
	percent = max(percent, typoPercent(a.name.compact(), b.name.compact()))
	score := mostAlike * percent / 100
	if d.numbers {
		score -= 10
	}
	if !a.name.formFits(b.name) {
		score -= 5
	}
	if score < leastScore {
		return likeness{}
	}
	return likeness{score: score, reason: d.reason()}
}

// A wordDiff is what two names of different words have and have not in common.
type wordDiff struct {
	agreed  int // weight, counted on both sides
	alike   []wordPair
	a, b    []string // as written, in one of the names only
	numbers bool     // they differ in numbers
}

func (m *matcher) diff(a, b []word) wordDiff {
	var d wordDiff
	restB := slices.Clone(b)
	var restA []word
	for _, w := range a {
		same := slices.IndexFunc(restB, func(v word) bool { return v.key == w.key || v.key == w.spelled || v.spelled == w.key })
		if same < 0 {
			restA = append(restA, w)
			continue
		}
		d.agreed += m.weightOf([]word{w, restB[same]})
		restB = slices.Delete(restB, same, same+1)
	}
	for _, pair := range alikeWords(restA, restB) {
		d.agreed += pair.percent * m.weightOf([]word{pair.a, pair.b}) / 100
		d.alike = append(d.alike, pair)
		restA, restB = without(restA, pair.a), without(restB, pair.b)
	}
	for _, w := range restA {
		d.a = append(d.a, w.written)
		d.numbers = d.numbers || w.isNumber()
	}
	for _, w := range restB {
		d.b = append(d.b, w.written)
		d.numbers = d.numbers || w.isNumber()
	}
	return d
}

type wordPair struct {
	a, b    word
	percent int
}

// alikeWords pairs words that differ by a slip of the pen or were cut short, each with at most one other.
func alikeWords(a, b []word) []wordPair {
	var all, chosen []wordPair
	for _, v := range a {
		for _, w := range b {
			if percent := max(typoPercent(v.key, w.key), cutPercent(v.key, w.key)); percent > 0 {
				all = append(all, wordPair{v, w, percent})
			}
		}
	}
	slices.SortStableFunc(all, func(p, q wordPair) int {
		return cmp.Or(cmp.Compare(q.percent, p.percent),
			slices.Compare(inOrder(p.a.key, p.b.key), inOrder(q.a.key, q.b.key)))
	})
	for _, p := range all {
		if !slices.ContainsFunc(chosen, func(c wordPair) bool { return c.a == p.a || c.b == p.b }) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

func without(words []word, w word) []word {
	at := slices.Index(words, w)
	return slices.Delete(slices.Clone(words), at, at+1)
}

func (d wordDiff) reason() string {
	switch {
	case len(d.a) > 0 && len(d.b) > 0:
		only := inOrder(phrase(d.a), phrase(d.b))
		return fmt.Sprintf("%q in one name, %q in the other", only[0], only[1])
	case len(d.a)+len(d.b) > 0:
		return fmt.Sprintf("%q is in one name only", phrase(append(d.a, d.b...)))
	case len(d.alike) > 0:
		return "Similar spelling: " + listed(quoted(inOrder(d.alike[0].a.written, d.alike[0].b.written)))
	}
	return "Similar spelling"
}

// phrase shortens: a name may be very long.
func phrase(words []string) string {
	const most = 40
	s := strings.Join(words, " ")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func inOrder(a, b string) []string { return []string{min(a, b), max(a, b)} }

func quoted(words []string) []string {
	quotes := make([]string, len(words))
	for i, w := range words {
		quotes[i] = fmt.Sprintf("%q", phrase([]string{w}))
	}
	return quotes
}

// listed joins as a sentence does: a, b and c.
func listed(parts []string) string {
	last := len(parts) - 1
	if last < 1 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// typoPercent says how alike two words are that differ by one edit, or two in a long word: 0 if by more.
// Numbers have no typos.
func typoPercent(a, b string) int {
	v, w := []rune(a), []rune(b)
	short, long := min(len(v), len(w)), max(len(v), len(w))
	allowed := 1
	if short >= 9 {
		allowed = 2
	}
	if short < 4 || long > longestName || long-short > allowed {
		return 0
	}
	edits := editDistance(v, w)
	if edits > allowed || digits(a) != digits(b) {
		return 0
	}
	return 100 - 150*edits/long
}

// cutPercent says how alike two words are of which one begins the other ("Tech", "Technologies").
func cutPercent(a, b string) int {
	cut := strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
	if !cut || min(utf8.RuneCountInString(a), utf8.RuneCountInString(b)) < 3 || digits(a) != digits(b) {
		return 0
	}
	return 60
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// editDistance counts the insertions, deletions, replacements and swaps of neighbours that lead from one
// word of at most longestName letters to another.
func editDistance(a, b []rune) int {
	var rows [3][longestName + 1]int
	before, last, row := rows[0][:], rows[1][:], rows[2][:]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// withoutOneLetter hashes the word itself and all that is left of it without one of its letters: two words
// that differ by one edit have one of these in common. Short words and numbers have none.
func withoutOneLetter(s string) []uint64 {
	const shortest, longest = 4, 40
	r := []rune(s)
	if len(r) < shortest || len(r) > longest || strings.ContainsFunc(s, unicode.IsDigit) {
		return nil
	}
	all := []uint64{hashWithout(r, -1)}
	for i := range r {
		if i == 0 || r[i] != r[i-1] {
			all = append(all, hashWithout(r, i))
		}
	}
	return all
}

// hashWithout is FNV-1a over letters. A collision costs a comparison, nothing else.
func hashWithout(letters []rune, left int) uint64 {
	hash := uint64(14695981039346656037)
	for i, r := range letters {
		if i != left {
			hash = (hash ^ uint64(r)) * 1099511628211
		}
	}
	return hash
}

// An arrangement says how two names of the same words differ.
type arrangement int

const (
	sameWords     arrangement = iota
	joinedWords               // "Blue Sky", "BlueSky"
	rotatedWords              // "Harbor Dental Clinic", "Clinic Harbor Dental"
	shuffledWords             // "Taylor Morgan", "Morgan Taylor": may be two firms
	resplitWords              // "No Where", "Now Here"
	different
)

func (how arrangement) score() int { return [...]int{100, 97, 95, 86, 80}[how] }

func (how arrangement) sure() bool { return how <= rotatedWords }

func (how arrangement) differences() []string {
	switch how {
	case joinedWords, resplitWords:
		return []string{"spaces"}
	case rotatedWords, shuffledWords:
		return []string{"word order"}
	}
	return nil
}

// arrange compares all spellings of two names and returns the closest arrangement. Names without words have no keys in common.
func arrange(a, b reading) arrangement {
	closest := different
	if !slices.ContainsFunc(a.keys, func(key string) bool { return slices.Contains(b.keys, key) }) {
		return closest
	}
	for _, v := range a.spellings() {
		for _, w := range b.spellings() {
			closest = min(closest, arrangeWords(v, w))
		}
	}
	return closest
}

func arrangeWords(a, b []word) arrangement {
	switch {
	case slices.EqualFunc(a, b, sameKey):
		return sameWords
	case sortedKey(a) == sortedKey(b):
		if rotated(a, b) {
			return rotatedWords
		}
		return shuffledWords
	case joinedKey(a) != joinedKey(b):
		return different
	case runsTogether(a, b) || runsTogether(b, a):
		return joinedWords
	}
	return resplitWords
}

func sameKey(a, b word) bool { return a.key == b.key }

// rotated reports whether b is a with its end moved to the front. Two words say too little, and names
// joined by "and" may be those of other partners.
func rotated(a, b []word) bool {
	linked := func(w word) bool { return w.linked }
	if len(a) < 3 || slices.ContainsFunc(a, linked) || slices.ContainsFunc(b, linked) {
		return false
	}
	for i := range a {
		if slices.EqualFunc(slices.Concat(a[i:], a[:i]), b, sameKey) {
			return true
		}
	}
	return false
}

// runsTogether reports whether b, which has the letters of a, is a with some words run together.
func runsTogether(a, b []word) bool {
	for _, whole := range b {
		n := 0
		for rest := whole.key; rest != ""; n++ {
			if !strings.HasPrefix(rest, a[n].key) {
				return false
			}
			rest = rest[len(a[n].key):]
		}
		if hasInitial(a[:n]) {
			return false
		}
		a = a[n:]
	}
	return true
}

// hasInitial finds letters that stand beside words: "Ann E Smith" is not "Anne Smith". Letters among
// themselves are fine: "T W Hasker" is "TW Hasker".
func hasInitial(words []word) bool {
	length := func(w word) int { return utf8.RuneCountInString(strings.TrimFunc(w.key, unicode.IsDigit)) }
	return slices.ContainsFunc(words, func(w word) bool { return length(w) == 1 }) &&
		slices.ContainsFunc(words, func(w word) bool { return length(w) > 1 })
}

func sortedKey(words []word) string {
	keys := make([]string, len(words))
	for i, w := range words {
		keys[i] = w.key
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// joinedKey runs the words together, but not "1 2" into "12" or "A & B" into "AB".
func joinedKey(words []word) string {
	var key strings.Builder
	for i, w := range words {
		if i > 0 && w.linked {
			key.WriteByte('&')
		} else if i > 0 && endsInDigit(words[i-1].key) && startsWithDigit(w.key) {
			key.WriteByte(' ')
		}
		key.WriteString(w.key)
	}
	return key.String()
}

func endsInDigit(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsDigit(r)
}

func startsWithDigit(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsDigit(r)
}
