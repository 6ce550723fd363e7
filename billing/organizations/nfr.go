package organizations

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"seatbridge/store"
)

// NFRTimes are the times in which organizations were NFR, of which an MSP has one at a time (docs/billing-rules.md section 1).
type NFRTimes map[nfrOrganization][]span

// nfrOrganization is whose times they are: what is not entered yet has a name and no id.
type nfrOrganization struct {
	id   int64
	name string
}

// ReadNFRTimes reads those of all organizations, of deleted ones, too.
func ReadNFRTimes(ctx context.Context, s *store.Store) (NFRTimes, error) {
	n := NFRTimes{}
	begin := time.Unix(0, 0)
	for l, err := range s.Ledgers(ctx, begin, begin.Add(time.Second), nil) {
		if err != nil {
			return nil, fmt.Errorf("looking for another NFR organization: %w", err)
		}
		n.put(l.Organization, l.Terms)
	}
	return n, nil
}

// Take takes over what an organization's life will be, unless another one was NFR at a time at which this one would be, which it says as
// Taken does.
func (n NFRTimes) Take(r Reconsidered) (taken string) {
	if taken = n.Taken(r); taken == "" {
		n.put(r.After, r.life.Terms)
	}
	return taken
}

func (n NFRTimes) put(o store.Organization, terms []store.Term) {
	key := nfrOrganization{o.ID, o.Name}
	if n[key] = nfrTimes(terms, o.DeletedAt); len(n[key]) == 0 {
		delete(n, key)
	}
}

// Taken says that another organization was the NFR organization at a time at which this one would be, one of them. Empty: none was.
func (n NFRTimes) Taken(r Reconsidered) string {
	own := nfrTimes(r.life.Terms, r.After.DeletedAt)
	var sentences []string
	for key, times := range n {
		if key == (nfrOrganization{r.After.ID, r.After.Name}) {
			continue
		}
		for _, other := range times {
			if slices.ContainsFunc(own, other.meets) {
				sentences = append(sentences, fmt.Sprintf("“%s” was the NFR organization from %s; an MSP has one at a time.",
					key.name, Written(other.from)))
			}
		}
	}
	if len(sentences) == 0 {
		return ""
	}
	return slices.Min(sentences)
}

// Order is an order of lives in which each takes only times that no other organization has by then, as far as there is one: the NFR
// organization that is no more so comes before the next one. The others keep their order and come last. The times stay as they are.
func (n NFRTimes) Order(lives []Reconsidered) (order []int) {
	times := maps.Clone(n)
	var pending []int
	for i := range lives {
		pending = append(pending, i)
	}
	for placed := true; placed; {
		before := len(order)
		pending = slices.DeleteFunc(pending, func(i int) bool {
			if times.Take(lives[i]) != "" {
				return false
			}
			order = append(order, i)
			return true
		})
		placed = len(order) > before
	}
	return append(order, pending...)
}

// IsNFR says whether the organization would be NFR at any time.
func (r Reconsidered) IsNFR() bool { return len(nfrTimes(r.life.Terms, r.After.DeletedAt)) > 0 }

// span is a stretch of time; without until it lasts.
type span struct{ from, until time.Time }

func (s span) meets(other span) bool {
	return (s.until.IsZero() || other.from.Before(s.until)) && (other.until.IsZero() || s.from.Before(other.until))
}

// nfrTimes are the times in which an organization was NFR.
func nfrTimes(terms []store.Term, deleted time.Time) (times []span) {
	for i, t := range terms {
		if t.License != store.NFR {
			continue
		}
		s := span{from: t.Since, until: deleted}
		if i+1 < len(terms) {
			s.until = terms[i+1].Since
		}
		times = append(times, s)
	}
	return times
}
