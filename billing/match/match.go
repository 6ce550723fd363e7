// Package match finds out, from names alone, which company in ConnectWise and which organization may be the same customer.
package match

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
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
	features := append(p.name.texts(), p.name.compact())
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
		if like.score == 0 {
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
	first := sort.Search(len(all), func(i int) bool { return !all[i].company })
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
		best = slices.Insert(best, at, o)
		best = best[:min(len(best), candidatesByWords)]
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
