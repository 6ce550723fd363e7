// Package units says which agreements belong together, because an organization moves between them: they are planned, held and written
// together or not at all. It is pure.
package units

import (
	"slices"

	"seatbridge/store"
)

// Of says for each agreement which is the lowest of those that it belongs together with: an organization whose seats were
// written on one and that is mapped to another moves between them, and half a move bills its seats twice or not at all. Most
// agreements stand alone. moving are the agreements that a sync works on, with their organizations; written are the bound lines
// by agreement.
func Of(moving []store.MappedAgreement, written map[int][]store.Line) map[int]int {
	u := union{}
	mappedTo := map[int64]int{}
	for _, m := range moving {
		u.find(m.Agreement.ID)
		for _, o := range m.OrganizationIDs {
			mappedTo[o] = m.Agreement.ID
		}
	}
	for _, m := range moving {
		for _, organization := range billedOn(written[m.Agreement.ID]) {
			if to, mapped := mappedTo[organization]; mapped {
				u.join(m.Agreement.ID, to)
			}
		}
	}
	return u.units()
}

// billedOn are the organizations whose seats stand on lines as they were last written.
func billedOn(lines []store.Line) []int64 {
	var organizations []int64
	for _, l := range lines {
		for _, share := range l.Shares {
			if share.Seats > 0 && !l.Written.Decimal.IsZero() {
				organizations = append(organizations, share.OrganizationID)
			}
		}
	}
	return organizations
}

// OfJournal says so of agreements that a run planned already: what it planned together stays together.
func OfJournal(changes []store.Change) map[int]int {
	u := union{}
	for _, c := range changes {
		u.join(c.AgreementID, c.Together)
	}
	return u.units()
}

// Joined are units that hold wherever one of the two says so.
func Joined(a, b map[int]int) map[int]int {
	u := union{}
	for _, units := range []map[int]int{a, b} {
		for agreement, lowest := range units {
			u.join(agreement, lowest)
		}
	}
	return u.units()
}

// union is a forest of agreements: each points to one that it belongs together with, the lowest of all to itself.
type union map[int]int

// find is the lowest agreement that belongs together with one.
func (u union) find(id int) int {
	to, known := u[id]
	if !known || to == id {
		u[id] = id
		return id
	}
	u[id] = u.find(to)
	return u[id]
}

func (u union) join(a, b int) {
	a, b = u.find(a), u.find(b)
	u[max(a, b)] = min(a, b)
}

// units are the lowest agreements by agreement.
func (u union) units() map[int]int {
	lowest := make(map[int]int, len(u))
	for id := range u {
		lowest[id] = u.find(id)
	}
	return lowest
}

// Grouped puts agreements that belong together side by side, by the lowest of them.
func Grouped(agreements []store.MappedAgreement, units map[int]int) [][]store.MappedAgreement {
	var groups [][]store.MappedAgreement
	at := map[int]int{}
	for _, m := range agreements {
		lowest, known := units[m.Agreement.ID]
		if !known {
			lowest = m.Agreement.ID
		}
		i, begun := at[lowest]
		if !begun {
			i = len(groups)
			at[lowest] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], m)
	}
	for _, g := range groups {
		slices.SortFunc(g, func(a, b store.MappedAgreement) int { return a.Agreement.ID - b.Agreement.ID })
	}
	return groups
}
