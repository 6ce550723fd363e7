package organizations

import (
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// longestTrial bounds a trial that somebody says to have lasted longer than trials do: more is a slip of the pen.
const longestTrial = 366 * 24 * time.Hour

// historyCheck finds what cannot be in a history.
type historyCheck struct {
	organization store.Organization // as it is
	history      History
	begin        time.Time
	said         bool // that it began then
	now          time.Time
}

// problems says by field what cannot be.
func (c historyCheck) problems() problem.Fields {
	problems := problem.Fields{}
	problems.Add(c.startField(), c.start())
	problems.Add("trial_ends", c.trial())
	for i, s := range c.history.States {
		if i > 0 {
			problems.Add(stateField(i, "since"), c.since(s.Since))
		}
		if s.Plan != store.Business && s.Plan != store.Enterprise {
			problems.Add(stateField(i, "plan"), "Choose a plan.")
		}
		if s.License != store.Standard && s.License != store.Trial && s.License != store.NFR {
			problems.Add(stateField(i, "license"), "Choose a license type.")
		}
	}
	c.order(problems)
	return problems
}

func stateField(i int, name string) string { return fmt.Sprintf("states[%d].%s", i, name) }

// startField is the field that says when it began.
func (c historyCheck) startField() string {
	if !c.said && !c.history.TrialEnds.IsZero() {
		return "trial_ends"
	}
	return "start"
}

func (c historyCheck) start() string {
	o, begin := c.organization, c.begin
	switch {
	case begin.After(c.now):
		return fmt.Sprintf("It cannot begin in the future, on %s.", Written(begin))
	case begin.Year() < 2000:
		return fmt.Sprintf("It cannot have begun on %s: enter a day of this century.", Written(begin))
	case !o.MembersSince.IsZero() && begin.After(o.MembersSince):
		return fmt.Sprintf("A member is on record since %s: it began then or before.", Written(o.MembersSince))
	case !o.DeletedAt.IsZero() && !begin.Before(o.DeletedAt):
		return fmt.Sprintf("It was deleted on %s: it began before.", Written(o.DeletedAt))
	}
	return ""
}

func (c historyCheck) trial() string {
	ends := c.history.TrialEnds
	switch {
	case ends.IsZero():
		return ""
	case c.history.States[0].License != store.Trial:
		return "Only an organization that began with a trial has an end of the trial."
	case !ends.After(c.begin):
		return fmt.Sprintf("The trial ends after it began, on %s.", Written(c.begin))
	case ends.Sub(c.begin) > longestTrial:
		return "This trial would last more than a year. Correct its end or the start."
	}
	return ""
}

// since is what is wrong with the moment of a state by itself.
func (c historyCheck) since(at time.Time) string {
	deleted := c.organization.DeletedAt
	switch {
	case at.IsZero():
		return "Enter from when on this holds."
	case at.After(c.now):
		return fmt.Sprintf("%s is in the future.", Written(at))
	case !at.After(c.begin) && !c.said:
		return fmt.Sprintf("Enter when the organization began: without that it is supposed to be %s.", Written(c.begin))
	case !at.After(c.begin):
		return fmt.Sprintf("The organization began on %s: this change comes after.", Written(c.begin))
	case !deleted.IsZero() && !at.Before(deleted):
		return fmt.Sprintf("It was deleted on %s: this change comes before.", Written(deleted))
	}
	return ""
}

// order notes states of the same moment, and trials that do not stand at the beginning.
func (c historyCheck) order(problems problem.Fields) {
	states := c.history.States
	order := make([]int, len(states))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order[1:], func(a, b int) int { return states[a].Since.Compare(states[b].Since) })
	for n, i := range order[1:] {
		before := order[n]
		if n > 0 && states[i].Since.Equal(states[before].Since) {
			problems.Add(stateField(i, "since"), "Another change is of the same moment.")
		}
		if states[i].License == store.Trial && states[before].License != store.Trial {
			problems.Add(stateField(i, "license"), "A trial can only be the first license of an organization.")
		}
	}
}
