package intake

import (
	"cmp"
	"maps"
	"slices"

	"seatbridge/billing/match"
	"seatbridge/store"
)

// UnknownOrganization is one that a file names and Seatbridge does not know.
type UnknownOrganization struct {
	Name   string `json:"name"`
	Twin   string `json:"twin,omitempty"` // another one of the file, apart by nothing but spaces and punctuation
	Rows   int    `json:"rows"`
	Create bool   `json:"create"`
	Like   []Like `json:"like,omitempty"` // known ones that may be meant, the likeliest first
	// Known says that a known one differs in case, accents, spaces and punctuation alone, so that this one is never created: a
	// person says which one it is, or leaves it out.
	Known bool `json:"known,omitempty"`

	group *group
}

// Taken is how a file names a known organization, as somebody said.
type Taken struct {
	Name string `json:"name"` // in the file
	For  Like   `json:"for"`
}

// Like is a known organization that may be the one a file names.
type Like struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Reason string `json:"reason"` // a short phrase
}

// known are the names of the organizations that Seatbridge has, to look for those that a file may mean.
type known struct {
	names    []match.Name
	byLetter map[string][]Like
}

func newKnown(list []store.Organization) *known {
	k := &known{byLetter: map[string][]Like{}}
	for _, o := range list {
		k.names = append(k.names, match.Name{ID: o.ID, Name: o.Name})
		if letters := match.Letters(o.Name); letters != "" {
			k.byLetter[letters] = append(k.byLetter[letters], Like{o.ID, o.Name, "Same letters and digits"})
		}
	}
	return k
}

// sameWords is the least score of names that have the same words (billing/match).
const sameWords = 79

// unknowns are the organizations of a file that nobody knows.
type unknowns struct {
	choices  Choices
	create   map[string]bool                 // folded
	byFold   map[string]*UnknownOrganization // as store.Fold writes it
	byName   map[string]*UnknownOrganization // as the file spells it
	byLetter map[string]*UnknownOrganization // the first with these letters and digits
}

func newUnknowns(c Choices) unknowns {
	u := unknowns{
		c, map[string]bool{}, map[string]*UnknownOrganization{}, map[string]*UnknownOrganization{}, map[string]*UnknownOrganization{},
	}
	for _, name := range c.Create {
		u.create[store.Fold(name)] = true
	}
	return u
}

func (u unknowns) has(name string) bool { return u.byFold[store.Fold(name)] != nil }

// add notes a spelling that was not met before.
func (u unknowns) add(name string, known *known) *UnknownOrganization {
	folded := store.Fold(name)
	o := u.byFold[folded]
	if o == nil {
		letters := match.Letters(name)
		o = &UnknownOrganization{Name: name, Like: known.byLetter[letters]}
		o.Known = len(o.Like) > 0
		o.Create = !o.Known && (u.create[folded] || u.choices.CreateAll)
		u.pair(o, letters)
		u.byFold[folded] = o
	}
	u.byName[name] = o
	return o
}

// pair tells two of the file that differ in punctuation alone of each other.
func (u unknowns) pair(o *UnknownOrganization, letters string) {
	switch twin := u.byLetter[letters]; {
	case letters == "":
	case twin == nil:
		u.byLetter[letters] = o
	default:
		o.Twin = twin.Name
		twin.Twin = cmp.Or(twin.Twin, o.Name)
	}
}

func (u unknowns) count(name string) {
	if o := u.byName[name]; o != nil {
		o.Rows++
	}
}

// list is all of them, by name, each with the known ones that are like it.
func (u unknowns) list(known *known) []UnknownOrganization {
	all := make([]UnknownOrganization, 0, len(u.byFold))
	for _, folded := range slices.Sorted(maps.Keys(u.byFold)) {
		all = append(all, *u.byFold[folded])
	}
	if len(all) > 0 {
		known.likes(all)
	}
	return all
}

// likes finds the known organizations that have the same words as an unknown one, apart from the legal form and the like.
func (k *known) likes(all []UnknownOrganization) {
	names := make([]match.Name, 0, len(all))
	for i, o := range all {
		if !o.Known {
			names = append(names, match.Name{ID: int64(i), Name: o.Name})
		}
	}
	byID := map[int64]string{}
	for _, n := range k.names {
		byID[n.ID] = n.Name
	}
	for _, s := range match.Find(names, k.names) {
		if s.Score >= sameWords {
			all[s.CompanyID].Like = append(all[s.CompanyID].Like, Like{s.OrganizationID, byID[s.OrganizationID], s.Reason})
		}
	}
}
