// Package bookkeeper says what a line of an agreement has to say, from what happened alone. It is the second count of tests:
// it shares no code with the product, imports nothing of it, and follows docs/billing-rules.md by itself.
package bookkeeper

import (
	"slices"
	"time"
)

// A Book is what happened, to organizations by their names.
type Book struct {
	organizations map[string]*organization
}

// New is an empty book.
func New() *Book { return &Book{map[string]*organization{}} }

// organization is what happened to one.
type organization struct {
	name       string
	since      time.Time // known to Seatbridge
	members    map[string][]stay
	enterprise []stay            // when it was on Enterprise
	said       map[string]saying // corrections, by month
	hasNone    bool              // somebody said that it has no members
	reported   map[string]Figure // what was reported, by month
	free       bool              // NFR since ever
	left       []stay            // when the MSP did not manage it
	agreement  int               // 0: not mapped
	was        []int             // the agreements that it was ever mapped to
}

// stay is a time from a moment to another one; a zero end: it goes on.
type stay struct{ from, to time.Time }

// saying is a correction and when it was made.
type saying struct {
	Figure
	at time.Time
}

// A Figure is a number of seats on a plan.
type Figure struct {
	Seats      int
	Enterprise bool
}

// Add adds an organization, of which nothing is known yet, on a plan.
func (b *Book) Add(name string, enterprise bool, at time.Time) {
	o := &organization{
		name: name, since: at, members: map[string][]stay{}, said: map[string]saying{}, reported: map[string]Figure{},
	}
	b.organizations[name] = o
	b.OnPlan(name, enterprise, at)
}

// Free says that an organization was never to be billed.
func (b *Book) Free(name string) { b.organizations[name].free = true }

// Left says that the MSP does not manage an organization any more.
func (b *Book) Left(name string, at time.Time) {
	o := b.organizations[name]
	o.left = append(o.left, stay{from: at})
}

// Back says that the MSP manages an organization again.
func (b *Book) Back(name string, at time.Time) {
	b.organizations[name].left = end(b.organizations[name].left, at)
}

// IsLeft says whether the MSP does not manage an organization at a moment.
func (b *Book) IsLeft(name string, at time.Time) bool {
	return overlaps(b.organizations[name].left, at, at.Add(time.Nanosecond))
}

// HasNone says that somebody confirmed that an organization has no members.
func (b *Book) HasNone(name string) { b.organizations[name].hasNone = true }

// OnPlan puts an organization on a plan.
func (b *Book) OnPlan(name string, enterprise bool, at time.Time) {
	o := b.organizations[name]
	o.enterprise = end(o.enterprise, at)
	if enterprise {
		o.enterprise = append(o.enterprise, stay{from: at})
	}
}

// Join says that a member joined.
func (b *Book) Join(name, member string, at time.Time) {
	o := b.organizations[name]
	o.members[member] = append(o.members[member], stay{from: at})
	o.hasNone = false
}

// Leave says that a member was deleted.
func (b *Book) Leave(name, member string, at time.Time) {
	o := b.organizations[name]
	o.members[member] = end(o.members[member], at)
}

// end ends what still goes on.
func end(stays []stay, at time.Time) []stay {
	for i := range stays {
		if stays[i].to.IsZero() {
			stays[i].to = at
		}
	}
	return stays
}

// Say corrects the figure of an organization in the month of a moment.
func (b *Book) Say(name string, f Figure, at time.Time) {
	b.organizations[name].said[month(at)] = saying{f, at}
}

// Withdraw takes the correction of a month back.
func (b *Book) Withdraw(name string, at time.Time) { delete(b.organizations[name].said, month(at)) }

// Said is whether the month of a moment is corrected.
func (b *Book) Said(name string, at time.Time) bool {
	_, corrected := b.organizations[name].said[month(at)]
	return corrected
}

// Report says what was reported of an organization in the month of a moment.
func (b *Book) Report(name string, f Figure, at time.Time) {
	b.organizations[name].reported[month(at)] = f
}

// Map maps an organization to an agreement, and no other one any more.
func (b *Book) Map(name string, agreement int) {
	o := b.organizations[name]
	o.agreement = agreement
	if !slices.Contains(o.was, agreement) {
		o.was = append(o.was, agreement)
	}
}

// Unmap removes the mapping of an organization.
func (b *Book) Unmap(name string) { b.organizations[name].agreement = 0 }

// Agreement is the one that an organization is mapped to; 0: none.
func (b *Book) Agreement(name string) int { return b.organizations[name].agreement }

// WasOn says whether an organization was ever mapped to an agreement.
func (b *Book) WasOn(name string, agreement int) bool {
	return slices.Contains(b.organizations[name].was, agreement)
}

// Names are the organizations in the order of their names.
func (b *Book) Names() []string {
	var names []string
	for name := range b.organizations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Members are those of an organization that are there at a moment, in the order of their names.
func (b *Book) Members(name string, at time.Time) []string {
	var there []string
	for member, stays := range b.organizations[name].members {
		if overlaps(stays, at, at.Add(time.Nanosecond)) {
			there = append(there, member)
		}
	}
	slices.Sort(there)
	return there
}

// On are the organizations that are mapped to an agreement.
func (b *Book) On(agreement int) []string {
	return slices.DeleteFunc(b.Names(), func(name string) bool { return b.organizations[name].agreement != agreement })
}

// Related are the agreements between which organizations ever moved, from one to the next, in ascending order. The agreement
// is one of them.
func (b *Book) Related(agreement int) []int {
	found := []int{agreement}
	for i := 0; i < len(found); i++ {
		for _, o := range b.organizations {
			if !slices.Contains(o.was, found[i]) {
				continue
			}
			for _, id := range o.was {
				if !slices.Contains(found, id) {
					found = append(found, id)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// Count is the billable seats of an organization in the month of a moment, up to that moment; known is false when nobody has
// said anything about them, or the MSP does not manage them. A correction ends when its members or its plan count as something else
// than when it was made.
func (b *Book) Count(name string, at time.Time) (f Figure, known bool) {
	o := b.organizations[name]
	if b.IsLeft(name, at) {
		return Figure{}, false
	}
	f = o.counted(at)
	if said, corrected := o.said[month(at)]; corrected && f == o.counted(said.at) {
		return said.Figure, true
	}
	if reported, is := o.reported[month(at)]; is {
		return reported, true
	}
	if !o.since.Before(next(at)) {
		return Figure{}, false
	}
	return f, o.free || len(o.members) > 0 || o.hasNone
}

// counted is what the members make in the month of a moment, up to that moment.
func (o *organization) counted(at time.Time) (f Figure) {
	begin := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	f.Enterprise = overlaps(o.enterprise, begin, at.Add(time.Nanosecond))
	if o.free {
		return f
	}
	for _, stays := range o.members {
		if overlaps(stays, begin, at.Add(time.Nanosecond)) {
			f.Seats++
		}
	}
	return f
}

// Line is what the line of a plan on an agreement has to say at a moment: the sum of its organizations. Of an agreement one
// of whose organizations is unknown nothing is known.
func (b *Book) Line(agreement int, enterprise bool, at time.Time) (seats int, known bool) {
	known = true
	for _, name := range b.On(agreement) {
		f, is := b.Count(name, at)
		known = known && is
		if f.Enterprise == enterprise {
			seats += f.Seats
		}
	}
	return seats, known
}

// overlaps says whether any of the times shares a moment with that from begin to before.
func overlaps(stays []stay, begin, before time.Time) bool {
	return slices.ContainsFunc(stays, func(s stay) bool {
		return s.from.Before(before) && (s.to.IsZero() || s.to.After(begin)) && (s.to.IsZero() || s.to.After(s.from))
	})
}

func month(at time.Time) string { return at.UTC().Format("2006-01") }
