package organizations

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Reconsidered is what a change of what is said of an organization's life comes to, before it is written.
type Reconsidered struct {
	After       store.Organization
	Differences []Difference // none: nothing is new
	life        store.Life
}

// Difference is something of an organization's life that changes, from what to what, in words.
type Difference struct{ What, From, To string }

// Reconsider works out what a change of what is said of an organization's life comes to, and writes nothing: the organization and its
// life are as they are known. What cannot be is an *Invalid by the fields that SetHistory names. Whether another one was NFR at the
// same time says NFRTimes.
func Reconsider(o store.Organization, life store.Life, now time.Time, change func(*History)) (Reconsidered, error) {
	h := HistoryOf(o, life)
	if change(&h); h.equal(HistoryOf(o, life)) {
		return Reconsidered{After: o, life: life}, nil
	}
	after, err := live(o, h, now)
	if err != nil {
		return Reconsidered{After: o, life: life}, err
	}
	return Reconsidered{after.organization, differences(lived{o, life}, after), after.life}, nil
}

// Text says what changes from what to what, in sentences; empty: nothing.
func (r Reconsidered) Text() string {
	parts := make([]string, len(r.Differences))
	for i, d := range r.Differences {
		parts[i] = fmt.Sprintf("%s: %s → %s.", d.What, d.From, d.To)
	}
	return strings.Join(parts, " ")
}

// BilledIn is the plan and the license that a month is billed by, as the life would have it, and whether the organization is free in all
// of it: as package seats counts, by billed time only (docs/billing-rules.md section 2).
func (r Reconsidered) BilledIn(m store.Month) (plan store.Plan, license store.License, free bool) {
	ledger := store.Ledger{Organization: r.After, Terms: r.life.Terms, Management: r.life.Management}
	u := seats.Count(ledger, seats.WholeMonth(m), seats.Rules{})
	return u.Plan, u.License, u.Free
}

// Suppose says what changes of a life of whose start nobody said anything when a member of an earlier moment comes on record.
func Suppose(o store.Organization, life store.Life, first time.Time) []Difference {
	if o.StartSaid || first.IsZero() || !first.Before(o.CreatedAt) {
		return nil
	}
	changes := []Difference{{"Supposed start", momentText(o.CreatedAt), momentText(first)}}
	if life.Terms[0].License == store.Trial && !endSaid(o) {
		changes = append(changes, Difference{"Trial ends", momentText(o.TrialEndsAt), momentText(seats.TrialEnd(first))})
	}
	return changes
}

// WithoutBefore are the differences of an organization that was not there before.
func WithoutBefore(all []Difference) []Difference {
	fresh := slices.Clone(all)
	for i := range fresh {
		fresh[i].From = ""
	}
	return fresh
}

// NewLife is the life of an organization of which nothing is said but how it began.
func NewLife(o store.Organization) store.Life {
	return store.Life{
		Terms:      []store.Term{{Since: o.CreatedAt, Plan: o.Plan, License: o.License}},
		Management: []store.Management{{Since: o.CreatedAt, Managed: o.Managed}},
	}
}

// differences are what changed between two lives.
func differences(before, after lived) (all []Difference) {
	note := func(what, from, to string) {
		if from != to {
			all = append(all, Difference{what, from, to})
		}
	}
	note("Start", startText(before.organization), startText(after.organization))
	if before.organization.EndSaid != after.organization.EndSaid && before.organization.TrialEndsAt.Equal(after.organization.TrialEndsAt) {
		note("End of the trial", saidText(before.organization.EndSaid), saidText(after.organization.EndSaid))
	}
	note("Trial ends", momentText(before.organization.TrialEndsAt), momentText(after.organization.TrialEndsAt))
	note("Plan, license and management", statesText(before.life), statesText(after.life))
	return all
}

func saidText(said bool) string {
	if said {
		return "said"
	}
	return "14 days after the start"
}

func startText(o store.Organization) string {
	if !o.StartSaid {
		return "not said (" + momentText(o.CreatedAt) + ")"
	}
	return momentText(o.CreatedAt)
}

func statesText(l store.Life) string {
	var parts []string
	for _, s := range statesOf(l) {
		text := stateText(s)
		if !s.Since.IsZero() {
			text = "from " + momentText(s.Since) + " " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func stateText(s State) string {
	text := s.Plan.Name() + ", " + string(s.License)
	if !s.Managed {
		text += ", not MSP-managed"
	}
	return text
}

func momentText(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	return Written(t)
}
