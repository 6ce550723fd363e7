package match

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Name is a company or an organization as far as its name goes.
type Name struct {
	ID      int64
	Name    string
	Aliases []string // what else it goes by, such as the company's identifier
}

// Suggestion says that a company and an organization may be the same customer.
type Suggestion struct {
	CompanyID, OrganizationID int64
	Score                     int    // 0..100
	Certain                   bool   // good enough to be mapped in bulk: the same name, and nobody else's
	Reason                    string // a short phrase for the admin
}

const (
	suggestionsPerCompany = 3
	leastScore            = 40 // what is less alike is noise
	mostAlike             = 78 // similar names stay below any kind of equal ones
	aliasScore            = 85
	initialsScore         = 55

	candidatesByKey   = 8   // looked at per key: of many equal names none is certain
	candidatesByWords = 12  // looked at closely, of all names that share words
	commonWord        = 150 // words of more organizations than this lead to no candidates

	// What is longer is no name: it is compared as it stands.
	mostWords   = 40
	longestName = 120 // letters
)

// Find finds for each company the organizations that look like it: at most three, best first, ordered
// by company id. A suggestion is certain only if both names have the same words (apart from spelling
// habits: see read), their legal forms do not contradict each other, and no third name could be
// either of them. Names that are merely similar, or of which one is a part of the other, never are: a
// wrong mapping is a wrong invoice. The result does not depend on the order of the input.
func Find(companies, organizations []Name) []Suggestion {
	m := newMatcher(companies, organizations)
	var suggestions []Suggestion
	for _, c := range m.companies {
		suggestions = append(suggestions, m.suggest(c)...)
	}
	return suggestions
}

// A party is a company or an organization with its names taken apart.
type party struct {
	id       int64
	place    int // among its side
	company  bool
	name     reading
	aliases  []reading
	features []int // its words, and all of them run together, as word ids
	weight   int   // of its words
}

// A matcher holds both sides and the indexes that lead from a name to those like it.
type matcher struct {
	companies, organizations []*party

	equal    map[string][]*party // by key of a name or alias; both sides
	initials map[string][]*party // by initials, or by a short single word; both sides

	wordIDs map[string]int
	words   []string
	weights []int // of each word: the rarer the heavier
	holders [][]*party
	near    map[uint64][]int // words by what is left of them without one letter
	shared  []int            // by organization's place: weight of the words in common, while counting
}

func newMatcher(companies, organizations []Name) *matcher {
	m := &matcher{
		companies:     parties(companies, true),
		organizations: parties(organizations, false),
		equal:         map[string][]*party{},
		initials:      map[string][]*party{},
		wordIDs:       map[string]int{},
		near:          map[uint64][]int{},
		shared:        make([]int, len(organizations)),
	}
	all := slices.Concat(m.companies, m.organizations)
	for _, p := range all {
		m.indexKeys(p)
		m.indexWords(p)
	}
	m.weigh(all)
	for id, word := range m.words {
		for _, shorter := range withoutOneLetter(word) {
			m.near[shorter] = append(m.near[shorter], id)
		}
	}
	return m
}

func parties(names []Name, company bool) []*party {
	names = slices.Clone(names)
	slices.SortFunc(names, func(a, b Name) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
	})
	all := make([]*party, len(names))
	for i, n := range names {
		all[i] = &party{id: n.ID, place: i, company: company, name: read(n.Name)}
		for _, alias := range n.Aliases {
			all[i].aliases = append(all[i].aliases, read(alias))
		}
	}
	return all
}

func (m *matcher) indexKeys(p *party) {
	keys := map[string]bool{}
	for _, r := range append([]reading{p.name}, p.aliases...) {
		for _, key := range r.keys {
			keys[key] = true
			keys[key+"|"+r.forms] = true
		}
	}
	for key := range keys {
		m.equal[key] = append(m.equal[key], p)
	}
	if initials := p.name.initials(); initials != "" {
		m.initials[initials] = append(m.initials[initials], p)
	}
}

func (m *matcher) indexWords(p *party) {
	features := p.name.texts()
	if len(features) > 1 {
		features = append(features, strings.Join(features, ""))
	}
	slices.Sort(features)
	for _, word := range slices.Compact(features) {
		id, known := m.wordIDs[word]
		if !known {
			id = len(m.words)
			m.wordIDs[word] = id
			m.words = append(m.words, word)
			m.holders = append(m.holders, nil)
		}
		p.features = append(p.features, id)
		if !p.company {
			m.holders[id] = append(m.holders[id], p)
		}
	}
}

// weigh gives each word a weight by the number of names that have it, in whole numbers, so that sums do
// not depend on their order.
func (m *matcher) weigh(all []*party) {
	names := make([]int, len(m.words))
	for _, p := range all {
		for _, id := range p.features {
			names[id]++
		}
	}
	m.weights = make([]int, len(m.words))
	for id, n := range names {
		m.weights[id] = int(1000 * math.Log2(1+float64(len(all))/float64(n)))
	}
	for _, p := range all {
		p.weight = m.weightOf(p.name.words)
	}
}

func (m *matcher) weightOf(words []word) int {
	sum := 0
	for _, w := range words {
		sum += m.weights[m.wordIDs[w.key]]
	}
	return sum
}

func (m *matcher) suggest(c *party) []Suggestion {
	var found []Suggestion
	for _, o := range m.candidates(c) {
		like := m.compare(c, o)
		if like.score < leastScore {
			continue
		}
		s := Suggestion{CompanyID: c.id, OrganizationID: o.id, Score: like.score, Certain: like.sure, Reason: like.reason}
		if like.sure && m.contested(c, o) {
			s.Certain, s.Reason = false, like.reason+", but another name fits as well"
		}
		found = append(found, s)
	}
	slices.SortFunc(found, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.OrganizationID, b.OrganizationID))
	})
	return found[:min(len(found), suggestionsPerCompany)]
}

// candidates are the organizations worth a closer look.
func (m *matcher) candidates(c *party) []*party {
	found := m.byWords(c)
	for _, r := range append([]reading{c.name}, c.aliases...) {
		for _, key := range r.keys {
			found = append(found, someOrganizations(m.equal[key+"|"+r.forms])...)
			found = append(found, someOrganizations(m.equal[key])...)
		}
	}
	found = append(found, someOrganizations(m.initials[c.name.initials()])...)
	slices.SortFunc(found, func(a, b *party) int { return cmp.Compare(a.place, b.place) })
	return slices.Compact(found)
}

func someOrganizations(all []*party) []*party {
	// Companies are indexed first.
	first, _ := slices.BinarySearchFunc(all, false, func(p *party, _ bool) int {
		if p.company {
			return -1
		}
		return 0
	})
	return all[first:min(len(all), first+candidatesByKey)]
}

// byWords are the organizations that share the most with a company, counting rare words more and words
// that differ by a letter too.
func (m *matcher) byWords(c *party) []*party {
	var touched []*party
	add := func(id, weight int) {
		for _, o := range m.holders[id] {
			if m.shared[o.place] == 0 {
				touched = append(touched, o)
			}
			m.shared[o.place] += weight
		}
	}
	for _, id := range m.telling(c) {
		add(id, m.weights[id])
		for _, other := range m.nearWords(id) {
			add(other, m.weights[other]/2)
		}
	}
	var best []*party
	share := func(o *party) int { return 1000 * m.shared[o.place] / (c.weight + o.weight + 1) }
	better := func(a, b *party) int { return cmp.Or(cmp.Compare(share(b), share(a)), cmp.Compare(a.place, b.place)) }
	for _, o := range touched {
		at, _ := slices.BinarySearchFunc(best, o, better)
		if at < candidatesByWords {
			best = slices.Insert(best, at, o)
			best = best[:min(len(best), candidatesByWords)]
		}
	}
	for _, o := range touched {
		m.shared[o.place] = 0
	}
	return best
}

// telling are the words of a name that not everybody has, or else the rarest.
func (m *matcher) telling(p *party) []int {
	rarest := slices.SortedFunc(slices.Values(p.features), func(a, b int) int {
		return cmp.Or(cmp.Compare(len(m.holders[a]), len(m.holders[b])), strings.Compare(m.words[a], m.words[b]))
	})
	common := slices.IndexFunc(rarest, func(id int) bool { return len(m.holders[id]) > commonWord })
	if common < 0 {
		return rarest
	}
	return rarest[:max(common, 1)]
}

func (m *matcher) nearWords(id int) []int {
	var found []int
	for _, shorter := range withoutOneLetter(m.words[id]) {
		for _, other := range m.near[shorter] {
			if other != id && len(m.holders[other]) > 0 && len(m.holders[other]) <= commonWord {
				found = append(found, other)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// contested reports whether a third name has the same words as one of the two, and no legal form that
// tells it apart.
func (m *matcher) contested(c, o *party) bool {
	for _, p := range []*party{c, o} {
		for _, key := range p.name.keys {
			for _, third := range m.equal[key] {
				if third != c && third != o && third.couldBe(c.name, o.name, key) {
					return true
				}
			}
		}
	}
	return false
}

func (p *party) couldBe(a, b reading, key string) bool {
	for _, r := range append([]reading{p.name}, p.aliases...) {
		if slices.Contains(r.keys, key) && (r.formFits(a) || r.formFits(b)) {
			return true
		}
	}
	return false
}

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
	if !a.formAgrees(b) {
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
	if total == 0 || least == 0 {
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
	for _, pair := range m.alikeWords(restA, restB) {
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
func (m *matcher) alikeWords(a, b []word) []wordPair {
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
	short, long := a, b
	if len(short) > len(long) {
		short, long = long, short
	}
	if utf8.RuneCountInString(short) < 3 || !strings.HasPrefix(long, short) || digits(a) != digits(b) {
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

func (how arrangement) score() int { return [...]int{100, 97, 95, 86, 80, 0}[how] }
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

// arrange compares all spellings of two names and returns the closest arrangement.
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
	case len(a) == 0 || len(b) == 0:
		return different
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

// runsTogether reports whether b is a with some words run together.
func runsTogether(a, b []word) bool {
	for _, whole := range b {
		n := 0
		for rest := whole.key; rest != ""; n++ {
			if n == len(a) || !strings.HasPrefix(rest, a[n].key) {
				return false
			}
			rest = rest[len(a[n].key):]
		}
		if n > 1 && hasInitial(a[:n]) {
			return false
		}
		a = a[n:]
	}
	return len(a) == 0
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

// A reading is a name taken apart.
type reading struct {
	original string
	words    []word   // what tells it apart
	keys     []string // equal for names of the same words, and only for them

	forms         string // its legal forms by their usual names, sorted
	plainForms    string // those that cannot be anything else
	wordLikeForms string // those that may as well be words, such as "Spa"
	written       string // its legal forms as written
}

// A word is a part of a name.
type word struct {
	key     string // folded, without accents, written out
	spelled string // the same with ä as ae and so on
	written string
	linked  bool // "and" stands before it
}

func (w word) isNumber() bool {
	return digits(w.key) != "" || strings.Trim(w.key, "ivx") == "" || utf8.RuneCountInString(w.key) == 1
}

func (r reading) texts() []string {
	texts := make([]string, len(r.words))
	for i, w := range r.words {
		texts[i] = w.key
	}
	return texts
}

func (r reading) compact() string { return strings.Join(r.texts(), "") }

// spellings are the words without accents and, if that differs, with umlauts spelled out.
func (r reading) spellings() [][]word {
	if !slices.ContainsFunc(r.words, func(w word) bool { return w.spelled != w.key }) {
		return [][]word{r.words}
	}
	out := slices.Clone(r.words)
	for i := range out {
		out[i].key = out[i].spelled
	}
	return [][]word{r.words, out}
}

func (r reading) meetingKeys() []string {
	var keys []string
	for _, words := range r.spellings() {
		if len(words) > 0 {
			keys = append(keys, "words "+sortedKey(words), "joined "+joinedKey(words))
		}
	}
	return keys
}

// initials are those of three words or more, or a single short word that may stand for them.
func (r reading) initials() string {
	const fewest, most = 3, 6
	if len(r.words) == 1 && len(r.words[0].key) >= fewest && len(r.words[0].key) <= most {
		return r.words[0].key
	}
	if len(r.words) < fewest || len(r.words) > most {
		return ""
	}
	var initials []rune
	for _, w := range r.words {
		first, _ := utf8.DecodeRuneInString(w.key)
		initials = append(initials, first)
	}
	return string(initials)
}

func (r reading) accents() string {
	var marks []rune
	for _, w := range r.words {
		for _, c := range strings.ToLower(w.written) {
			if c >= utf8.RuneSelf && unicode.IsLetter(c) {
				marks = append(marks, c)
			}
		}
	}
	slices.Sort(marks)
	return string(marks)
}

// formFits reports whether two names may be of the same legal form: a name without one fits all, and what
// may be a word may be none.
func (r reading) formFits(s reading) bool {
	return r.forms == s.forms || r.plainForms == "" || s.plainForms == "" || r.plainForms == s.plainForms
}

// formAgrees is formFits without the doubt whether a word is a legal form.
func (r reading) formAgrees(s reading) bool {
	return r.forms == s.forms || r.formFits(s) && r.wordLikeForms == s.wordLikeForms
}

// read takes a name apart: away goes everything in which two spellings of a company's name usually differ
// (case, accents, punctuation, HTML entities, invisible characters, "the", abbreviations and the legal form).
// Numbers and the order of the words stay. What it does to the words depends on the words alone and goes on until nothing
// changes, so that reading the result again changes nothing either.
func read(name string) reading {
	r := reading{original: strings.TrimSpace(name), words: split(name)}
	var taken []legalForm
	for changed := len(r.words) <= mostWords; changed; {
		count := len(r.words)
		r.dropLinks()
		if form, ok := r.takeForm(); ok {
			taken = append(taken, form)
		}
		changed = r.writeOutByPlace() || len(r.words) < count
	}
	r.forms = formNames(taken, func(legalForm) bool { return true })
	r.plainForms = formNames(taken, func(f legalForm) bool { return !f.mayBeWord })
	r.wordLikeForms = formNames(taken, func(f legalForm) bool { return f.mayBeWord })
	for _, form := range slices.Backward(taken) {
		r.written = strings.TrimSpace(r.written + " " + form.written)
	}
	r.keys = r.meetingKeys()
	return r
}

func formNames(forms []legalForm, chosen func(legalForm) bool) string {
	var names []string
	for _, f := range forms {
		if chosen(f) {
			names = append(names, f.name)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

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
	text := []rune(clean(name))
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

// clean makes variants of the same sign the same sign, and sets apart legal forms that are written
// without spaces.
func clean(name string) string {
	for entity.MatchString(name) {
		unescaped := entity.ReplaceAllStringFunc(name, html.UnescapeString)
		if unescaped == name {
			break
		}
		name = unescaped
	}
	if isASCII(name) {
		return strings.ReplaceAll(name, "`", "'")
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
	unspacedForms = strings.NewReplacer("股份有限公司", " 股份有限公司 ", "有限责任公司", " 有限责任公司 ", "有限公司", " 有限公司 ",
		"株式会社", " 株式会社 ", "有限会社", " 有限会社 ", "合同会社", " 合同会社 ", "주식회사", " 주식회사 ")
)

// chunkWords breaks what stands between spaces at its dots, unless these are those of an abbreviation.
func chunkWords(chunk string) []word {
	parts := strings.FieldsFunc(chunk, func(r rune) bool { return r == '.' })
	if len(parts) == 0 {
		return nil
	}
	whole := newWord(strings.Join(parts, ""))
	_, isForm := legalForms[whole.key]
	_, isShort := abbreviations[fold(whole.written)]
	if len(parts) == 1 || isForm || isShort {
		return withoutEmpty([]word{whole})
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
	w.spelled = w.key
	if !isASCII(written) {
		w.spelled = fold(umlauts.Replace(strings.ToLower(written)))
	}
	w.key, w.spelled = writtenOut(w.key), writtenOut(w.spelled)
	return w
}

func writtenOut(key string) string {
	if long, ok := abbreviations[key]; ok {
		return long
	}
	return key
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// fold takes case and accents away. Letters that do not decompose get their usual replacement.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
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

// dropLinks drops articles and "and", and marks the words that follow.
func (r *reading) dropLinks() {
	var kept []word
	linked := false
	for i, w := range r.words {
		if isLink(r.words, i) {
			linked = linked || w.linked || w.key != "the"
			continue
		}
		w.linked = w.linked || linked
		linked = false
		kept = append(kept, w)
	}
	if len(kept) > 0 {
		r.words = kept
	}
}

// isLink reports whether a word is an article or an "and" between words.
func isLink(words []word, i int) bool {
	key := words[i].key
	if key == "the" {
		return true
	}
	if i == 0 || i == len(words)-1 {
		return false
	}
	return ands[key] || shortAnds[key] && kin[words[i+1].key]
}

// writeOutByPlace writes out what is short for "Saint" at the beginning of a name and for "Street" elsewhere.
func (r *reading) writeOutByPlace() (changed bool) {
	for i, w := range r.words {
		long := ""
		switch {
		case w.key == "st" && i == 0:
			long = "saint"
		case w.key == "st":
			long = "street"
		case w.key == "mt" && i == 0:
			long = "mount"
		}
		if long != "" {
			r.words[i].key, r.words[i].spelled, changed = long, long, true
		}
	}
	return changed
}

type legalForm struct {
	name, written string
	mayBeWord     bool
}

// takeForm takes one legal form off a name that has more to say: from its end, else from its beginning,
// else, where the word cannot mean anything else, from its middle ("Contoso GmbH Berlin").
func (r *reading) takeForm() (legalForm, bool) {
	const longest = 6 // words: S. de R. L. de C. V.
	for n := min(longest, len(r.words)-1); n > 0; n-- {
		at := len(r.words) - n
		if key := joined(r.words[at:]); legalForms[key] != "" {
			return r.take(at, n, wordLikeForms[key]), true
		}
		if key := joined(r.words[:n]); leadingForms[key] || wordLikeLeadingForms[key] {
			return r.take(0, n, wordLikeLeadingForms[key]), true
		}
	}
	for i, w := range r.words {
		if len(r.words) > 1 && unmistakableForms[w.key] {
			return r.take(i, 1, false), true
		}
	}
	return legalForm{}, false
}

func (r *reading) take(at, n int, mayBeWord bool) legalForm {
	name := legalForms[joined(r.words[at:at+n])]
	var written []string
	for _, w := range r.words[at : at+n] {
		written = append(written, w.written)
	}
	r.words = slices.Concat(r.words[:at], r.words[at+n:])
	return legalForm{name: name, written: strings.Join(written, " "), mayBeWord: mayBeWord}
}

// joined runs words together as in the table of legal forms. No form has an "and" in it but before "Co".
func joined(words []word) string {
	var all strings.Builder
	for i, w := range words {
		if i > 0 && w.linked && w.key != "co" {
			return ""
		}
		all.WriteString(w.key)
	}
	return all.String()
}

// legalForms leads from a legal form as read sees it, without dots and spaces, to its usual name.
var legalForms = index(map[string]string{
	// English
	"Ltd":     "ltd limited coltd colimited companyltd companylimited",
	"LLC":     "llc limitedliabilitycompany ltdliabilityco",
	"LLP":     "llp limitedliabilitypartnership",
	"PLLC":    "pllc",
	"LP":      "lp limitedpartnership",
	"LLLP":    "lllp",
	"Inc":     "inc incorporated",
	"Corp":    "corp corporation",
	"Co":      "co company",
	"PC":      "pc professionalcorporation",
	"plc":     "plc publiclimitedcompany",
	"CIC":     "cic communityinterestcompany",
	"CLG":     "clg companylimitedbyguarantee",
	"DAC":     "dac designatedactivitycompany",
	"ULC":     "ulc",
	"Ltée":    "ltee limitee",
	"Pty Ltd": "pty ptyltd ptylimited proprietaryltd proprietarylimited",
	"Pvt Ltd": "pvt pvtltd pvtlimited privateltd privatelimited",
	"Pte Ltd": "pte pteltd ptelimited",
	"Sdn Bhd": "sdnbhd",
	"Bhd":     "bhd",
	// German
	"GmbH":         "gmbh mbh gesmbh gesellschaftmbh gesellschaftmitbeschrankterhaftung",
	"gGmbH":        "ggmbh",
	"GmbH & Co":    "gmbhco",
	"GmbH & Co KG": "gmbhcokg gmbhcokommanditgesellschaft",
	"AG":           "ag aktiengesellschaft",
	"KG":           "kg kommanditgesellschaft",
	"AG & Co KG":   "agcokg",
	"Co KG":        "cokg",
	"KGaA":         "kgaa",
	"UG":           "ug ughaftungsbeschrankt unternehmergesellschaft unternehmergesellschafthaftungsbeschrankt",
	"UG & Co KG":   "ugcokg ughaftungsbeschranktcokg",
	"OHG":          "ohg",
	"GbR":          "gbr",
	"PartG":        "partg partgmbb",
	"e.K.":         "ek ekfm ekfr",
	"e.V.":         "ev eingetragenerverein",
	"eG":           "eg",
	"SE":           "se",
	// Dutch, French, Luxembourg, Swiss
	"BV":     "bv beslotenvennootschap",
	"NV":     "nv naamlozevennootschap",
	"SA NV":  "sanv nvsa",
	"SRL BV": "srlbv bvsrl",
	"VOF":    "vof",
	"BVBA":   "bvba",
	"SARL":   "sarl societearesponsabilitelimitee",
	"SPRL":   "sprl",
	"SAS":    "sas societeparactionssimplifiee",
	"SASU":   "sasu",
	"EURL":   "eurl",
	"SCI":    "sci",
	"SNC":    "snc",
	"SA":     "sa societeanonyme sociedadanonima spolkaakcyjna",
	"Sagl":   "sagl",
	// Italian, Spanish, Portuguese
	"Srl":        "srl societaaresponsabilitalimitata",
	"Srls":       "srls",
	"SpA":        "spa societaperazioni",
	"SL":         "sl sociedadlimitada",
	"SLU":        "slu",
	"SLL":        "sll",
	"SAU":        "sau",
	"SC":         "sc",
	"SA de CV":   "sadecv",
	"SAPI de CV": "sapidecv",
	"S de RL":    "sderl sderldecv",
	"Lda":        "lda limitada unipessoallda",
	"Ltda":       "ltda",
	"EIRELI":     "eireli",
	// Nordic
	"AB":  "ab aktiebolag",
	"HB":  "hb handelsbolag",
	"AS":  "as aksjeselskap aktieselskab",
	"ASA": "asa",
	"ApS": "aps anpartsselskab",
	"I/S": "interessentskab",
	"Oy":  "oy osakeyhtio",
	"Oyj": "oyj",
	"Ky":  "ky",
	"ehf": "ehf",
	"hf":  "hf",
	// Baltic
	"UAB": "uab",
	"MB":  "mb mazojibendrija",
	"VšĮ": "vsi",
	"SIA": "sia",
	"OÜ":  "ou osauhing",
	// Central and eastern Europe
	"Sp. z o.o.":       "spzoo spolkazoo spolkazograniczonaodpowiedzialnoscia",
	"Sp. z o.o. sp.k.": "spzoospk spzoospolkakomandytowa",
	"sp. j.":           "spj spolkajawna",
	"sp. k.":           "spk spolkakomandytowa",
	"s.r.o.":           "sro spolsro",
	"v.o.s.":           "vos",
	"z.s.":             "zs",
	"Kft":              "kft",
	"Bt":               "bt",
	"Zrt":              "zrt",
	"Nyrt":             "nyrt",
	"d.o.o.":           "doo",
	"j.d.o.o.":         "jdoo",
	"d.d.":             "dd",
	"OOD":              "ood оод",
	"EOOD":             "eood еоод",
	"AD":               "ad",
	"EAD":              "ead",
	"OOO":              "ooo ооо",
	"ZAO":              "zao зао",
	"AO":               "ao ао",
	"PAO":              "pao пао",
	"TOV":              "tov тов",
	"AE":               "ae αε",
	"EPE":              "epe επε",
	"IKE":              "ike ικε",
	"Ltd Şti":          "ltdsti limitedsirketi",
	"AŞ":               "anonimsirketi",
	// Asian
	"KK":     "kk kabushikikaisha 株式会社 株",
	"YK":     "yk 有限会社 有",
	"GK":     "gk 合同会社",
	"有限公司":   "有限公司 有限责任公司",
	"股份有限公司": "股份有限公司",
	"주식회사":   "주식회사 주",
	"PT":     "pt",
	"Tbk":    "tbk",
})

var (
	leadingForms         = set("uab vsi sia ooo ооо зао пао тов sarl eurl sasu 株式会社 株 有限会社 合同会社 주식회사 주")
	wordLikeLeadingForms = set("ab as ао oy ou sa sas sc sci bv nv mb pt")
	wordLikeForms        = set("spa company se pc sc sci ad ky mb dd hf zs ek eg ao ae pt")
	unmistakableForms    = set("gmbh ltd llc llp inc plc srl sarl uab aps")
	ands                 = set("and und et og och")
	shortAnds            = set("y e en i u a ja") // with other meanings, so only before one of the next line
	kin                  = set("hijos hermanos asociados compania socios figli associati filhos associados zonen zoon " +
		"sohne sohn partner partners pojat synowie")
)

// abbreviations leads from common short forms to the long ones. Those that are short for several words
// ("Tech", "Comm") are not here: names that differ by them are similar, not the same.
var abbreviations = index(map[string]string{
	"international":  "intl",
	"national":       "natl",
	"services":       "svcs srvcs",
	"service":        "svc",
	"manufacturing":  "mfg",
	"associates":     "assoc assocs",
	"association":    "assn",
	"brothers":       "bros",
	"department":     "dept",
	"management":     "mgmt mgt",
	"marketing":      "mktg",
	"engineering":    "engrg",
	"construction":   "constr",
	"builders":       "bldrs",
	"building":       "bldg",
	"center":         "ctr cntr",
	"hospital":       "hosp",
	"university":     "univ",
	"government":     "govt",
	"group":          "grp",
	"holding":        "hldg",
	"holdings":       "hldgs",
	"systems":        "sys",
	"solutions":      "solns",
	"equipment":      "equip",
	"accounting":     "acctg",
	"insurance":      "ins",
	"laboratories":   "labs",
	"laboratory":     "lab",
	"road":           "rd",
	"avenue":         "ave",
	"boulevard":      "blvd",
	"gebruder":       "gebr gebrueder",
	"etablissements": "ets",
	"compagnie":      "cie",
	"fratelli":       "flli",
	"hermanos":       "hnos",
	"compania":       "cia",
})

// index turns a table of words and what stands for them, set apart by spaces, around.
func index(variants map[string]string) map[string]string {
	names := map[string]string{}
	for name, list := range variants {
		for _, variant := range strings.Fields(list) {
			names[variant] = name
		}
	}
	return names
}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}
