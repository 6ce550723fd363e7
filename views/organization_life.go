package views

import (
	"strconv"
	"time"
)

// LifeForm says how an organization began and what changed since. Moments are written as they were typed.
// Fields: start, trial_ends, and for each state since_1, plan_1, license_1, managed_1 and remove_1; the beginning's have the number 0.
type LifeForm struct {
	Action    string // where it is posted; empty: the fields stand in the form that adds the organization
	Start     string
	Supposed  string // a day or moment: when it began if nobody says so; empty: now
	TrialEnds string
	Begin     LifeState
	Changes   []LifeState
	Problems  Problems
	Open      bool // the form is shown, not its summary alone
}

// LifeState is what holds from a moment on.
type LifeState struct {
	Since   string
	Plan    string // empty: as before
	License string // empty: as before
	Managed string // yes, no; empty: as before
	Known   bool   // is kept already, so that it can be removed
	Removed bool
}

// OrganizationLife is what is known of an organization's life.
type OrganizationLife struct {
	Begins  time.Time
	Said    bool // somebody said when it began
	Entered time.Time
	States  []OrganizationState // newest first
	Form    *LifeForm           // nil: the reader cannot change it
}

// OrganizationState is what holds of an organization from a moment on.
type OrganizationState struct {
	Since   time.Time
	Plan    string
	License string
	Managed bool
}

var managedChoices = []choice{{"yes", "Managed", ""}, {"no", "Not managed", ""}}

// asBefore are the choices, with one that changes nothing.
func asBefore(choices []choice) []choice {
	return all("As before", named(choices)...)
}

// lifeField is a field of the state with that number.
func (f LifeForm) lifeField(n int, name, label, value string) field {
	number := strconv.Itoa(n)
	return field{
		id: "life-" + name + "-" + number, name: name + "_" + number, label: label, value: value, kind: "text",
		problem: f.Problems["states["+number+"]."+name],
	}
}

func (f LifeForm) lifeSince(n int, s LifeState) field {
	since := f.lifeField(n, "since", "From", s.Since)
	since.attrs = dayAttrs()
	return since
}

func dayAttrs() map[string]any { return map[string]any{"autocomplete": "off", "maxlength": "40"} }

func startHint(f LifeForm) string {
	const how = " A day is its beginning in UTC; a time can follow, as in 2026-03-10 14:30."
	if f.Supposed == "" {
		return "If it was there before now: its months since then are counted." + how
	}
	return "Leave it empty if nobody knows: then it began on " + f.Supposed + "." + how
}

const trialHint = "Only after a trial: the first day that is billed. Empty is 14 days after the start; " +
	"without a start, the trial began 14 days before."
