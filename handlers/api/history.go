package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// apiHistory is what is said of an organization's life.
type apiHistory struct {
	Start     string     `json:"start,omitempty" maxLength:"40" doc:"When it began: a day like 2026-03-10, which is its first instant in UTC, or an RFC 3339 instant. Empty: nobody said; then it is supposed that it began when it was entered, or with the first member on record."`
	TrialEnds string     `json:"trial_ends,omitempty" maxLength:"40" doc:"The first day, or instant, that is billed after the trial. Empty: 14 days after the start, or it did not begin as a trial. Without a start it began 14 days before."`
	States    []apiState `json:"states" minItems:"1" maxItems:"200" doc:"The first one is that of the beginning and has no since; the others are in any order."`
}

// apiState is what holds from a moment on.
type apiState struct {
	Since   string `json:"since,omitempty" maxLength:"40" doc:"From when on this holds, until the next state: a day, which is its first instant in UTC, or an RFC 3339 instant."`
	Plan    string `json:"plan,omitempty" enum:"business,enterprise" doc:"Without it, as before."`
	License string `json:"license,omitempty" enum:"standard,trial,nfr" doc:"Without it, as before. A trial can only be the first license."`
	Managed *bool  `json:"managed,omitempty" doc:"Managed by the MSP. Without it, as before; at the beginning it was."`
}

type setHistoryIn struct {
	OrganizationRef
	Body apiHistory
}

func (a *API) historyEndpoints() {
	const one = "/organizations/{id}/history"
	endpoint(a, operation{"GET " + one, ReadOrganizations, "getHistory", "Get what is said of an organization's life"}, a.getHistory)
	endpoint(a, operation{
		"PUT " + one, WriteOrganizations, "setHistory",
		"Say how an organization began and what changed since; months that are over are counted by it at once",
	}, a.setHistory)
}

func (a *API) getHistory(ctx context.Context, in *OrganizationRef) (*single[apiHistory], error) {
	_, h, err := a.Organizations.History(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &single[apiHistory]{historyOut(h)}, nil
}

func (a *API) setHistory(ctx context.Context, in *setHistoryIn) (*single[apiHistory], error) {
	text := in.Body.text()
	if first := &text.States[0]; first.Managed == "" {
		first.Managed = organizations.Yes
	}
	h, problems := text.Parse()
	if in.Body.States[0].Since != "" {
		problems.Add("states[0].since", "The first state is that of the beginning: say when by start.")
	}
	if len(problems) > 0 {
		return nil, &problem.Invalid{Fields: problems}
	}
	if _, _, err := a.Organizations.SetHistory(ctx, actorOf(ctx), in.ID, func(known *organizations.History) { *known = h }); err != nil {
		return nil, err
	}
	return a.getHistory(ctx, &in.OrganizationRef)
}

func (h apiHistory) text() organizations.HistoryText {
	return organizations.HistoryText{Start: h.Start, TrialEnds: h.TrialEnds, States: statesText(h.States)}
}

func statesText(states []apiState) []organizations.StateText {
	text := make([]organizations.StateText, len(states))
	for i, s := range states {
		text[i] = organizations.StateText{Since: s.Since, Plan: store.Plan(s.Plan), License: store.License(s.License)}
		if s.Managed != nil {
			text[i].Managed = organizations.ChoiceOf(*s.Managed)
		}
	}
	return text
}

func historyOut(h organizations.History) apiHistory {
	out := apiHistory{Start: dayOrInstant(h.Start), TrialEnds: dayOrInstant(h.TrialEnds)}
	for _, s := range h.States {
		out.States = append(out.States, apiState{dayOrInstant(s.Since), string(s.Plan), string(s.License), &s.Managed})
	}
	return out
}

// dayOrInstant writes a moment as apiHistory takes it; empty: none.
func dayOrInstant(t time.Time) string {
	switch t = t.UTC(); {
	case t.IsZero():
		return ""
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}

// createdHistory is the history that a new organization is created with, without the state of its beginning, which is its profile.
func (in *createOrganizationIn) createdHistory(p organizations.Profile) (organizations.History, error) {
	text := organizations.HistoryText{Start: in.Body.Start, TrialEnds: in.Body.TrialEnds}
	begin := organizations.StateText{Plan: p.Plan, License: p.License, Managed: organizations.ChoiceOf(p.Managed)}
	text.States = append([]organizations.StateText{begin}, statesText(in.Body.Changes)...)
	h, problems := text.Parse()
	if len(problems) > 0 {
		return h, asChanges(&problem.Invalid{Fields: problems})
	}
	h.States = h.States[1:]
	return h, nil
}

// asChanges names the states of a history as the body of a new organization does, which has the first one elsewhere.
func asChanges(err error) error {
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	fields := problem.Fields{}
	for field, sentence := range invalid.Fields {
		var i int
		if n, _ := fmt.Sscanf(field, "states[%d]", &i); n == 1 {
			_, name, _ := strings.Cut(field, "]")
			field = fmt.Sprintf("changes[%d]%s", i-1, name)
		}
		fields[field] = sentence
	}
	return &problem.Invalid{Fields: fields, Cause: invalid.Cause}
}

// changedHistory is what a PATCH says of the start and the end of the trial.
func (in *updateOrganizationIn) changedHistory() (func(*organizations.History), error) {
	problems := problem.Fields{}
	moment := func(field string, text *string) (at time.Time) {
		if text != nil {
			var sentence string
			at, sentence = organizations.ParseMoment(*text)
			problems.Add(field, sentence)
		}
		return at
	}
	start, ends := moment("start", in.Body.Start), moment("trial_ends", in.Body.TrialEnds)
	if len(problems) > 0 {
		return nil, &problem.Invalid{Fields: problems}
	}
	return func(h *organizations.History) {
		if in.Body.Start != nil {
			h.Start = start
		}
		if in.Body.TrialEnds != nil {
			h.TrialEnds = ends
		}
	}, nil
}
