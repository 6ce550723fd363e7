package organizations

import (
	"slices"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// HistoryText is a history as a form or a script writes it. Moments are as ParseMoment reads them.
type HistoryText struct {
	Start, TrialEnds string
	States           []StateText // the first one is that of the beginning; the others in any order
}

// StateText is a state of a HistoryText; what is empty is as before.
type StateText struct {
	Since   string
	Plan    store.Plan
	License store.License
	Managed Choice
}

// Choice is yes, no or, empty, neither of them.
type Choice string

// The choices.
const (
	Yes Choice = "yes"
	No  Choice = "no"
)

// ChoiceOf is the choice that says so.
func ChoiceOf(yes bool) Choice {
	if yes {
		return Yes
	}
	return No
}

// Text writes a history.
func (h History) Text() HistoryText {
	text := HistoryText{Start: writtenOrNone(h.Start), TrialEnds: writtenOrNone(h.TrialEnds)}
	for _, s := range h.States {
		text.States = append(text.States, StateText{writtenOrNone(s.Since), s.Plan, s.License, ChoiceOf(s.Managed)})
	}
	return text
}

func writtenOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return Written(t)
}

// Parse reads a history. What cannot be read is a problem by the fields that SetHistory names.
func (t HistoryText) Parse() (History, problem.Fields) {
	problems := problem.Fields{}
	moment := func(field, text string) time.Time {
		at, sentence := ParseMoment(text)
		problems.Add(field, sentence)
		return at
	}
	h := History{Start: moment("start", t.Start), TrialEnds: moment("trial_ends", t.TrialEnds), States: make([]State, len(t.States))}
	for i, s := range t.States {
		if i == 0 {
			continue
		}
		if h.States[i].Since = moment(stateField(i, "since"), s.Since); h.States[i].Since.IsZero() {
			problems.Add(stateField(i, "since"), "Enter from when on this holds.")
		} else if s.Plan == "" && s.License == "" && s.Managed == "" {
			problems.Add(stateField(i, "plan"), "Choose what changed then.")
		}
	}
	t.fill(h.States)
	return h, problems
}

// fill reads the choices of the states, which have their moments already: what is not chosen is as before.
func (t HistoryText) fill(states []State) {
	order := make([]int, len(states))
	for i := range order {
		order[i] = i
	}
	if len(order) > 0 {
		slices.SortStableFunc(order[1:], func(a, b int) int { return states[a].Since.Compare(states[b].Since) })
	}
	var before State
	for _, i := range order {
		said, state := t.States[i], &states[i]
		state.Plan, state.License, state.Managed = before.Plan, before.License, before.Managed
		if said.Plan != "" {
			state.Plan = said.Plan
		}
		if said.License != "" {
			state.License = said.License
		}
		if said.Managed != "" {
			state.Managed = said.Managed == Yes
		}
		before = *state
	}
}
