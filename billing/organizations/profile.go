package organizations

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// MaxExternalID bounds an external id, in characters.
const MaxExternalID = 100

// Profile is what people say about an organization.
type Profile struct {
	Name       string
	Plan       store.Plan
	License    store.License
	Managed    bool
	ExternalID string
	// ReportedName is another name under which the Provider API reports it, where a person said that it is this one.
	ReportedName string
}

// ProfileOf is what is said about an organization now.
func ProfileOf(o store.Organization) Profile {
	return Profile{
		Name: o.Name, Plan: o.Plan, License: o.License, Managed: o.Managed, ExternalID: o.ExternalID, ReportedName: o.ReportedName,
	}
}

// New is the organization that begins now.
func (p Profile) New(now time.Time) store.Organization {
	o := p.of(store.Organization{CreatedAt: now})
	if o.License == store.Trial {
		o.TrialEndsAt = seats.TrialEnd(now)
	}
	return o
}

// of is the organization with this profile.
func (p Profile) of(o store.Organization) store.Organization {
	o.Name, o.Plan, o.License, o.Managed, o.ExternalID = p.Name, p.Plan, p.License, p.Managed, p.ExternalID
	o.ReportedName = p.ReportedName
	return o
}

// problems says by field what may not be said of any organization.
func (p Profile) problems() problem.Fields {
	problems := problem.Fields{}
	problems.Add("name", problem.OfName("the organization's name", p.Name))
	if p.License != store.Standard && p.License != store.Trial && p.License != store.NFR {
		problems.Add("license", "Choose a license type.")
	}
	if p.Plan != store.Business && p.Plan != store.Enterprise {
		problems.Add("plan", "Choose a plan.")
	}
	problems.Add("external_id", problem.OfLength(p.ExternalID, MaxExternalID))
	return problems
}

// problemsAfter adds what may not be said of the organization as it was before: its trial, if there is one, is its beginning.
func (p Profile) problemsAfter(before store.Organization) problem.Fields {
	problems := p.problems()
	if p.License == store.Trial && before.License != store.Trial {
		problems.Add("license", "A trial can only be the first license. If it began with one, say so under History.")
	}
	return problems
}

// taken puts a value that another organization has next to its field; any other error is left.
func taken(err error) error {
	sentences := map[string]string{
		"name":        "Another organization has this name.",
		"external_id": "Another organization has this ID.",
		"license":     "There is an NFR organization already; an MSP can have one.",
	}
	var conflict *store.Conflict
	if !errors.As(err, &conflict) || sentences[conflict.Field] == "" {
		return err
	}
	return &problem.Invalid{Fields: problem.Fields{conflict.Field: sentences[conflict.Field]}, Cause: conflict}
}

// describeEdit says for the activity log what an edit changed.
func describeEdit(before, after store.Organization) string {
	text := "Edited organization “" + after.Name + "”."
	note := func(what, from, to string) {
		if from != to {
			text += fmt.Sprintf(" %s: %s → %s.", what, cmp.Or(from, "none"), cmp.Or(to, "none"))
		}
	}
	note("Name", before.Name, after.Name)
	note("Plan", before.Plan.Name(), after.Plan.Name())
	note("License type", string(before.License), string(after.License))
	note("MSP-managed", strconv.FormatBool(before.Managed), strconv.FormatBool(after.Managed))
	note("External ID", before.ExternalID, after.ExternalID)
	return text
}
