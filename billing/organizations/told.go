package organizations

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Told is what a list, such as the rows of an uploaded file, tells of an organization's life. What is empty is not told and stays as it
// is known; what is told twice, or is known, changes nothing. All moments are in UTC.
type Told struct {
	Start      time.Time
	TrialStart time.Time   // a trial is the first license, so that the organization began with it
	TrialEnds  time.Time   // the first moment that is billed
	States     []ToldState // each from its moment on; the zero moment is the beginning
	Undated    ToldState   // told without saying since when
	Undecided  Assumption  // what Undated means where it differs from what is known

	// FirstIsStart says that, where nothing else says when it began, it did so with the first moment that is told.
	FirstIsStart bool

	// ManagedFrom and ManagedUntil are since when the MSP manages it, and the first moment at which it does not any more.
	ManagedFrom, ManagedUntil time.Time
}

// ToldState is what a list tells of an organization from a moment on.
type ToldState struct {
	Since   time.Time
	Plan    store.Plan
	License store.License
	Managed Choice
}

// IsEmpty says whether nothing is told but perhaps a moment.
func (s ToldState) IsEmpty() bool { return s.Plan == "" && s.License == "" && s.Managed == "" }

// Assumption is what somebody says of states that a list tells without saying since when.
type Assumption string

// The assumptions. Without one, what differs from what is known is refused.
const (
	FromTheBeginning Assumption = "beginning" // it was never otherwise
	FromToday        Assumption = "today"     // it changed with the first second of this day
)

// Tell changes the history of an organization as it is told. What contradicts itself, or can mean several things, is a problem by
// "start", "since", "license", "managed" or "undated"; what cannot be for other reasons says Reconsider.
func (t Told) Tell(o store.Organization, now time.Time, h *History) problem.Fields {
	problems := problem.Fields{}
	problems.Add("start", t.tellStart(h))
	t.tellTrial(o, now, h)
	problems.Add("since", t.tellFirst(o, h))
	begin, _ := h.begin(o)
	for _, s := range slices.SortedStableFunc(slices.Values(t.States), func(a, b ToldState) int { return a.Since.Compare(b.Since) }) {
		h.state(s.Since, begin).take(s)
	}
	t.tellManagement(begin, h)
	if o.ID == 0 {
		t.tellNew(h, begin, problems)
	} else if text := t.tellUndated(h, begin, now); text != "" {
		problems.Add("undated", text)
	}
	problems.Add("managed", t.managedOtherwise(begin, *h))
	return problems
}

// tellStart tells when it began.
func (t Told) tellStart(h *History) string {
	start := t.Start
	if start.IsZero() {
		start = t.TrialStart
	}
	switch {
	case !t.TrialStart.IsZero() && !t.TrialStart.Equal(start):
		return fmt.Sprintf("It began on %s and its trial on %s, but a trial begins with the organization: correct one of the two.",
			Written(start), Written(t.TrialStart))
	case !start.IsZero():
		h.Start = start
	}
	return ""
}

// tellFirst tells that it began with the first moment that is told, where nobody says when, or asks for that: what is told of a time
// before its beginning is lost when another beginning is told.
func (t Told) tellFirst(o store.Organization, h *History) string {
	first := t.first()
	begin, said := h.begin(o)
	switch {
	case said || first.IsZero() || !first.Before(begin):
		return ""
	case t.FirstIsStart:
		h.Start = first
		return ""
	}
	return fmt.Sprintf("Nobody said when it began, so that it is supposed to be %s: give its start, or say that the first day of each "+
		"organization is its start.", Written(begin))
}

// first is the first moment of which a state, or that the MSP manages it, is told; zero: there is none.
func (t Told) first() time.Time {
	first := t.ManagedFrom
	for _, s := range t.States {
		if !s.Since.IsZero() && (first.IsZero() || s.Since.Before(first)) {
			first = s.Since
		}
	}
	return first
}

// tellTrial tells of a trial of which only the days are told: it was the first license, and who is told to be on Standard now has been
// since it ended. Otherwise nothing more is concluded: a trial that is over is billed as Standard is.
func (t Told) tellTrial(o store.Organization, now time.Time, h *History) {
	if t.TrialStart.IsZero() && t.TrialEnds.IsZero() {
		return
	}
	if !t.TrialEnds.IsZero() {
		h.TrialEnds = t.TrialEnds
	}
	if h.States[0].License != store.Standard || t.tellsTrial() {
		return
	}
	h.States[0].License = store.Trial
	begin, _ := h.begin(o)
	ends := h.trialEnds(begin)
	for i := range h.States {
		if s := &h.States[i]; s.Since.Before(ends) && s.License == store.Standard {
			s.License = store.Trial
		}
	}
	over := !ends.After(now) && ends.After(begin) && (o.DeletedAt.IsZero() || ends.Before(o.DeletedAt))
	if over && t.Undated.License == store.Standard {
		if s := h.state(ends, begin); s.License == store.Trial {
			s.License = store.Standard
		}
	}
}

// tellsTrial says whether a state is told that is on trial, so that nothing has to be concluded from the days of one.
func (t Told) tellsTrial() bool {
	return slices.ContainsFunc(t.States, func(s ToldState) bool { return s.License == store.Trial })
}

// state is the state from a moment on, which is added where there is none, like the one before it. The history is in order.
func (h *History) state(at, begin time.Time) *State {
	if at.IsZero() || at.Equal(begin) {
		return &h.States[0]
	}
	i, found := slices.BinarySearchFunc(h.States[1:], at, func(s State, at time.Time) int { return s.Since.Compare(at) })
	if !found {
		s := h.States[i]
		s.Since = at
		h.States = slices.Insert(h.States, i+1, s)
	}
	return &h.States[i+1]
}

func (s *State) take(t ToldState) {
	s.Plan, s.License = cmp.Or(t.Plan, s.Plan), cmp.Or(t.License, s.License)
	if t.Managed != "" {
		s.Managed = t.Managed == Yes
	}
}

// tellManagement tells since and until when the MSP manages it: without an end, to the one that is known.
func (t Told) tellManagement(begin time.Time, h *History) {
	from, until := t.ManagedFrom, t.ManagedUntil
	end := until
	if end.IsZero() {
		end = h.endOfManagement(from)
	}
	for _, at := range []time.Time{from, until} {
		if at.After(begin) {
			h.state(at, begin)
		}
	}
	for i := range h.States {
		at := h.States[i].Since
		if i == 0 {
			at = begin
		}
		switch {
		case at.Before(from), !until.IsZero() && !at.Before(until):
			h.States[i].Managed = false
		case !from.IsZero() && (end.IsZero() || at.Before(end)):
			h.States[i].Managed = true
		}
	}
}

// endOfManagement is the first moment after another one at which the MSP does not manage it any more; zero: there is none.
func (h *History) endOfManagement(after time.Time) time.Time {
	for i, s := range h.States {
		if i > 0 && h.States[i-1].Managed && !s.Managed && s.Since.After(after) {
			return s.Since
		}
	}
	return time.Time{}
}

// managedOtherwise says what contradicts since and until when the MSP manages it. Empty: nothing.
func (t Told) managedOtherwise(begin time.Time, h History) string {
	if until := t.ManagedUntil; !until.IsZero() && !until.After(begin) {
		return fmt.Sprintf("It was MSP-managed until %s, but it began on %s: correct one of the two.", Written(until), Written(begin))
	}
	if from := t.ManagedFrom; !from.IsZero() && from.Before(begin) {
		return fmt.Sprintf("It was MSP-managed from %s, but it began on %s: correct one of the two.", Written(from), Written(begin))
	}
	for _, s := range t.States {
		if got := ChoiceOf(h.at(s.Since).Managed); s.Managed != "" && s.Managed != got {
			return fmt.Sprintf("It says “%s” of a time for which the days of the management say “%s”: correct one of the two.", s.Managed, got)
		}
	}
	return ""
}

// at is the state at a moment, the zero moment being the beginning. The history is in order.
func (h History) at(at time.Time) State {
	state := h.States[0]
	for _, s := range h.States[1:] {
		if !at.IsZero() && !s.Since.After(at) {
			state = s
		}
	}
	return state
}

// tellUndated tells what is told of a known organization without saying since when: what differs from what holds now needs somebody's
// word.
func (t Told) tellUndated(h *History, begin, now time.Time) string {
	last := h.States[len(h.States)-1]
	told := t.Undated
	told.Plan, told.License = other(told.Plan, last.Plan), other(told.License, last.License)
	told.Managed = other(told.Managed, ChoiceOf(last.Managed))
	if told.License == store.Standard && last.License == store.Trial && !h.trialEnds(begin).After(now) {
		told.License = "" // its trial is over, which is the same
	}
	switch {
	case told.IsEmpty():
		return ""
	case t.Undecided == FromTheBeginning:
		return h.always(told)
	case t.Undecided == FromToday:
		h.from(seats.Later(now.UTC().Truncate(24*time.Hour), begin), begin, told)
		return ""
	}
	return fmt.Sprintf("Seatbridge knows it as %s. Say whether it was never otherwise or changed today, or give the day of the change in "+
		"a column Since.", stateText(last))
}

// from tells what holds from a moment of today on. A state of later today takes it, too: else what somebody changed before the list came
// would stand against it. The history is in order.
func (h *History) from(at, begin time.Time, told ToldState) {
	h.state(at, begin).take(told)
	for i := range h.States {
		if h.States[i].Since.After(at) {
			h.States[i].take(told)
		}
	}
}

// other is what is told, or nothing if it is what is known.
func other[T comparable](told, known T) (none T) {
	if told == known {
		return none
	}
	return told
}

// always tells what was so from the beginning, unless it is known to have changed.
func (h *History) always(t ToldState) string {
	first := h.States[0]
	for _, s := range h.States[1:] {
		if t.Plan != "" && s.Plan != first.Plan || t.License != "" && s.License != first.License ||
			t.Managed != "" && s.Managed != first.Managed {
			return "It changed before, so that this cannot hold from the beginning: give the day of the change in a column Since."
		}
	}
	for i := range h.States {
		h.States[i].take(t)
	}
	return ""
}

// tellNew tells what is told of a new organization without saying since when, which is from its beginning.
func (t Told) tellNew(h *History, begin time.Time, problems problem.Fields) {
	last := h.States[len(h.States)-1]
	if l := t.Undated.License; l != "" && l != last.License && !(t.TrialStart.IsZero() && t.TrialEnds.IsZero()) {
		problems.Add("license", fmt.Sprintf("Its trial ends on %s, and the license type is %s: correct one of the two.",
			Written(h.trialEnds(begin)), l))
		return
	}
	if m := t.Undated.Managed; m != "" && m != ChoiceOf(last.Managed) && !(t.ManagedFrom.IsZero() && t.ManagedUntil.IsZero()) {
		problems.Add("managed", fmt.Sprintf("It says “%s”, and the days of the management say “%s”: correct one of the two.",
			m, ChoiceOf(last.Managed)))
		return
	}
	told := t.Undated
	told.License, told.Managed = other(told.License, last.License), Choice("")
	if t.ManagedFrom.IsZero() && t.ManagedUntil.IsZero() {
		told.Managed = t.Undated.Managed
	}
	for i := range h.States {
		h.States[i].take(told)
	}
}
