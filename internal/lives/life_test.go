package lives

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"seatbridge/billing/organizations"
	"seatbridge/store"
)

// life is what truly happened to an organization.
type life struct {
	start   time.Time
	ends    time.Time // of its trial, if that is another end than 14 days after the start
	states  []organizations.State
	stays   []stay
	pending bool // seats that are pending at the end of a month count
}

// stay is one stay of a member.
type stay struct {
	email                               string
	invited, joined, suspended, deleted time.Time
}

func (s stay) begins() time.Time {
	if s.invited.IsZero() {
		return s.joined
	}
	return s.invited
}

// The lives are lived from the first of these days to the last one.
var (
	earliest = time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	now      = time.Date(2026, 7, 9, 10, 0, 0, 0, time.UTC)
)

// chance makes lives.
type chance struct{ *rand.Rand }

func (c chance) of(percent int) bool { return c.IntN(100) < percent }

// between is a moment, now and then the first instant of a day.
func (c chance) between(from, until time.Time) time.Time {
	t := from.Add(time.Duration(c.Int64N(max(1, int64(until.Sub(from)/time.Second)))) * time.Second)
	if day := t.Truncate(24 * time.Hour); c.of(40) && day.After(from) {
		return day
	}
	return t
}

func (c chance) life() life {
	l := life{start: c.between(earliest, now.AddDate(0, -1, 0)), pending: c.of(40)}
	l.states = []organizations.State{{
		Plan: store.Plans()[c.IntN(2)], License: []store.License{store.Standard, store.Trial, store.Trial, store.NFR}[c.IntN(4)], Managed: !c.of(15),
	}}
	if l.states[0].License == store.Trial && c.of(30) {
		l.ends = l.start.Add(time.Duration(1+c.IntN(40)) * 24 * time.Hour)
	}
	for range c.IntN(5) {
		l.states = append(l.states, c.change(l))
	}
	for i := range c.IntN(5) {
		l.stays = append(l.stays, c.stays(l, fmt.Sprintf("m%d@example.com", i))...)
	}
	return l
}

// change is a state after the last one that differs from it in one thing.
func (c chance) change(l life) organizations.State {
	last := l.states[len(l.states)-1]
	from := last.Since
	if from.IsZero() {
		from = l.start
	}
	s := last
	s.Since = c.between(from.Add(time.Second), now.Add(-time.Hour))
	switch c.IntN(3) {
	case 0:
		s.Plan = store.Plans()[c.IntN(2)]
	case 1:
		s.License = []store.License{store.Standard, store.NFR}[c.IntN(2)]
	case 2:
		s.Managed = !s.Managed
	}
	return s
}

// stays are one or two stays of a member, one after the other.
func (c chance) stays(l life, email string) (stays []stay) {
	from := l.start
	for range 1 + c.IntN(2) {
		if !from.Before(now.Add(-72 * time.Hour)) {
			break
		}
		s := stay{email: email, joined: c.between(from, now.Add(-48*time.Hour))}
		if c.of(40) {
			s.invited = c.between(from, s.joined.Add(time.Second))
		}
		if c.of(15) { // never joins
			s.invited, s.joined = s.begins(), time.Time{}
		}
		if !s.joined.IsZero() && c.of(25) {
			s.suspended = c.between(s.joined.Add(time.Second), now.Add(-24*time.Hour))
		}
		last := slices.MaxFunc([]time.Time{s.begins(), s.joined, s.suspended}, time.Time.Compare)
		if stays = append(stays, s); !c.of(60) {
			break
		}
		from = c.between(last.Add(time.Second), now.Add(-12*time.Hour))
		stays[len(stays)-1].deleted = from
		from = from.Add(time.Second)
	}
	return stays
}

// stateAt is the state in force at a moment.
func (l life) stateAt(at time.Time) organizations.State {
	state := l.states[0]
	for _, s := range l.states[1:] {
		if !s.Since.After(at) {
			state = s
		}
	}
	return state
}
