package organizations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// History is what can be said of an organization's life, whenever it is said: how it began and what changed since. What is said late
// counts as if it had been said at once (docs/billing-rules.md section 2, "A life before it was entered").
type History struct {
	Start     time.Time // in UTC; zero: nobody said when it began
	TrialEnds time.Time // the first moment that is billed; zero: 14 days after the start, or it did not begin as a trial
	States    []State   // the first one is that of the beginning and needs no moment; the others in any order
}

// State is what holds of an organization from a moment on, until the next state's.
type State struct {
	Since   time.Time // in UTC
	Plan    store.Plan
	License store.License
	Managed bool // by the MSP
}

// HistoryOf is what is said of an organization's life: what is only supposed of its start and of the end of its trial is not.
func HistoryOf(o store.Organization, l store.Life) History {
	h := History{States: statesOf(l)}
	if o.StartSaid {
		h.Start = o.CreatedAt
	}
	if endSaid(o) {
		h.TrialEnds = o.TrialEndsAt
	}
	return h
}

// endSaid says whether the end of a trial does not follow from the start.
func endSaid(o store.Organization) bool {
	return o.EndSaid || !o.TrialEndsAt.IsZero() && !o.TrialEndsAt.Equal(seats.TrialEnd(o.CreatedAt))
}

func (h History) equal(other History) bool {
	return h.Start.Equal(other.Start) && h.TrialEnds.Equal(other.TrialEnds) && slices.EqualFunc(h.States, other.States, func(a, b State) bool {
		return a.Since.Equal(b.Since) && a.Plan == b.Plan && a.License == b.License && a.Managed == b.Managed
	})
}

// statesOf puts terms and management together.
func statesOf(l store.Life) []State {
	var moments []time.Time
	for _, t := range l.Terms {
		moments = append(moments, t.Since)
	}
	for _, m := range l.Management {
		moments = append(moments, m.Since)
	}
	slices.SortFunc(moments, time.Time.Compare)
	states := make([]State, 0, len(moments))
	for _, at := range slices.CompactFunc(moments, time.Time.Equal) {
		states = append(states, stateAt(l, at))
	}
	if len(states) > 0 {
		states[0].Since = time.Time{} // it is the beginning's
	}
	return states
}

func stateAt(l store.Life, at time.Time) State {
	s := State{Since: at}
	for i, t := range l.Terms {
		if i == 0 || !t.Since.After(at) {
			s.Plan, s.License = t.Plan, t.License
		}
	}
	for i, m := range l.Management {
		if i == 0 || !m.Since.After(at) {
			s.Managed = m.Managed
		}
	}
	return s
}

// History is what is said of an organization's life, of a deleted one, too.
func (d *Desk) History(ctx context.Context, id int64) (o store.Organization, h History, err error) {
	if o, err = d.store.Organization(ctx, id); err != nil {
		return o, h, err
	}
	life, err := d.store.Life(ctx, id)
	return o, HistoryOf(o, life), err
}

// SetHistory changes what is said of an organization's life, of a deleted one, too, because its last months may still be billed; done is
// false where nothing is new. Months that are over are counted by it at once. What cannot be is an *Invalid by "start", "trial_ends" and
// fields of a state, such as "states[1].since".
func (d *Desk) SetHistory(
	ctx context.Context, who problem.Actor, id int64, change func(*History),
) (after store.Organization, done bool, err error) {
	err = d.store.Together(ctx, fmt.Sprintf("changing the history of organization %d", id), func(s *store.Store) error {
		after, done, err = d.setHistory(ctx, who, s, id, change)
		return err
	})
	return after, done, err
}

func (d *Desk) setHistory(
	ctx context.Context, who problem.Actor, s *store.Store, id int64, change func(*History),
) (after store.Organization, done bool, err error) {
	text, after, err := Rewrite(ctx, s, id, d.now(), change)
	if err != nil || text == "" {
		return after, false, err
	}
	return after, true, s.AddActivity(ctx, d.did(who, after, "Changed the history of “%s”. %s", after.Name, text))
}

// Rewrite changes what is said of an organization's life as part of a larger deed, in whose transaction s is and whose entry in the
// activity log the caller writes: text says what changed from what to what, and is empty where nothing is new.
func Rewrite(
	ctx context.Context, s *store.Store, id int64, now time.Time, change func(*History),
) (text string, after store.Organization, err error) {
	o, err := s.Organization(ctx, id)
	if err != nil {
		return "", o, err
	}
	life, err := s.Life(ctx, id)
	if err != nil {
		return "", o, err
	}
	r, err := Reconsider(o, life, now, change)
	if err != nil || len(r.Differences) == 0 {
		return "", o, err
	}
	others := NFRTimes{}
	if r.IsNFR() {
		if others, err = ReadNFRTimes(ctx, s); err != nil {
			return "", o, err
		}
	}
	if sentence := others.Taken(r); sentence != "" {
		return "", o, &problem.Invalid{Fields: problem.Fields{"states": sentence}}
	}
	return r.Text(), r.After, taken(s.RewriteLife(ctx, r.After, r.life))
}

// BeginBy moves the beginning of an organization back to a moment at which a member of it is on record, within a larger deed, and says
// whether it did. One that somebody said stays: what is before it is an *Invalid by "start".
func BeginBy(ctx context.Context, s *store.Store, id int64, at time.Time) (moved bool, err error) {
	o, err := s.Organization(ctx, id)
	if err != nil || !at.Before(o.CreatedAt) {
		return false, err
	}
	if o.StartSaid {
		return false, &problem.Invalid{Fields: problem.Fields{"start": BeforeStart(o, at)}}
	}
	life, err := s.Life(ctx, id)
	if err != nil {
		return false, err
	}
	life.Terms[0].Since, life.Management[0].Since = at, at
	if life.Terms[0].License == store.Trial && !endSaid(o) {
		o.TrialEndsAt = seats.TrialEnd(at)
	}
	return true, s.RewriteLife(ctx, o, life)
}

// BeforeStart says that a moment is before the beginning that somebody said of an organization, or nothing.
func BeforeStart(o store.Organization, at time.Time) string {
	if !o.StartSaid || at.IsZero() || !at.Before(o.CreatedAt) {
		return ""
	}
	return fmt.Sprintf("%s is before %s began, on %s: correct the date, or the start under History on the organization's page.",
		seats.Day(at), o.Name, seats.Day(o.CreatedAt))
}

// lived is an organization with its life.
type lived struct {
	organization store.Organization
	life         store.Life
}

// live is the organization with the life that its history tells, or an *Invalid. That another one was NFR at the same time is not
// looked at.
func live(o store.Organization, h History, now time.Time) (lived, error) {
	if len(h.States) == 0 {
		return lived{}, &problem.Invalid{Fields: problem.Fields{"states": "Say which plan and license it began with."}}
	}
	begin, said := h.begin(o)
	if problems := (historyCheck{o, h, begin, said, now}).problems(); len(problems) > 0 {
		return lived{}, &problem.Invalid{Fields: problems}
	}
	t := lived{o, lifeOf(h.lived(begin))}
	last := t.life.Terms[len(t.life.Terms)-1]
	t.organization.CreatedAt, t.organization.StartSaid = begin, said
	t.organization.Plan, t.organization.License = last.Plan, last.License
	t.organization.Managed = t.life.Management[len(t.life.Management)-1].Managed
	t.organization.TrialEndsAt, t.organization.EndSaid = time.Time{}, false
	if h.States[0].License == store.Trial {
		t.organization.TrialEndsAt, t.organization.EndSaid = h.trialEnds(begin), !h.TrialEnds.IsZero()
	}
	return t, nil
}

// begin is when the organization began, and whether somebody says so.
func (h History) begin(o store.Organization) (at time.Time, said bool) {
	if !h.Start.IsZero() {
		return h.Start, true
	}
	return Supposed(o, h), false
}

// Supposed is when an organization began if nobody says so: when Seatbridge was told of it, or before, with the first member on record,
// or as long before the end of its trial as a trial lasts.
func Supposed(o store.Organization, h History) time.Time {
	at := o.EnteredAt
	if !h.TrialEnds.IsZero() && len(h.States) > 0 && h.States[0].License == store.Trial {
		at = seats.Earlier(at, seats.TrialStart(h.TrialEnds))
	}
	if !o.MembersSince.IsZero() {
		at = seats.Earlier(at, o.MembersSince)
	}
	return at
}

func (h History) trialEnds(begin time.Time) time.Time {
	if h.TrialEnds.IsZero() {
		return seats.TrialEnd(begin)
	}
	return h.TrialEnds
}

// lived are the states in order, the first one with its moment.
func (h History) lived(begin time.Time) []State {
	states := slices.Clone(h.States)
	states[0].Since = begin
	slices.SortStableFunc(states[1:], func(a, b State) int { return a.Since.Compare(b.Since) })
	return states
}

// lifeOf parts states into terms and management. A state that changes nothing is kept: it was said, and stands when one before it is
// corrected.
func lifeOf(states []State) (l store.Life) {
	for _, s := range states {
		l.Terms = append(l.Terms, store.Term{Since: s.Since, Plan: s.Plan, License: s.License})
		l.Management = append(l.Management, store.Management{Since: s.Since, Managed: s.Managed})
	}
	return l
}
