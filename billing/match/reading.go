package match

import (
	"slices"
	"strings"
	"unicode/utf8"
)

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
			if c >= utf8.RuneSelf {
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
		changed = len(r.words) < count
	}
	r.writeOutByPlace()
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
func (r *reading) writeOutByPlace() {
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
			r.words[i].key, r.words[i].spelled = long, long
		}
	}
}
