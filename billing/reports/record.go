package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/nordpass"
	"seatbridge/store"
)

// Record is one organization of a usage report.
type Record struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Seats   int        `json:"seats"` // consumed licenses, as reported
	Plan    store.Plan `json:"plan"`
	Trial   bool       `json:"trial"`
	NFR     bool       `json:"nfr"`
	Problem string     `json:"problem,omitempty"` // why there is no figure; empty: there is one
}

// Billable is the seats to bill: none in a trial, none for NFR.
func (r Record) Billable() int {
	billable, _ := seats.BillReported(r.license(), r.Seats)
	return billable
}

// Note says why Billable is not what was reported.
func (r Record) Note() string {
	_, note := seats.BillReported(r.license(), r.Seats)
	return note
}

// license is the one that was reported.
func (r Record) license() store.License {
	switch {
	case r.NFR:
		return store.NFR
	case r.Trial:
		return store.Trial
	}
	return store.Standard
}

// organization is a new organization like the reported one.
func (r Record) organization(now time.Time) store.Organization {
	o := store.Organization{Name: r.Name, ExternalID: r.ID, Plan: r.Plan, License: r.license(), Managed: true, CreatedAt: now}
	if o.Plan == "" {
		o.Plan = store.Business
	}
	if o.License == store.Trial {
		o.TrialEndsAt = seats.TrialEnd(now)
	}
	return o
}

// readRecord takes one record apart. What is missing or not understood becomes its problem: a number is never guessed.
func readRecord(sent nordpass.Record, c Config) Record {
	r := Record{ID: sent.Text(c.ID), Name: sent.Text(c.Name)}
	note := func(p string) {
		if r.Problem == "" {
			r.Problem = p
		}
	}
	if r.ID == "" && r.Name == "" {
		note("It has neither an id nor a name.")
	}
	var ok bool
	if r.Seats, ok = sent.Whole(c.Seats, seats.MostSeats); !ok {
		note(fmt.Sprintf("Field %q is not a whole number of licenses.", c.Seats))
	}
	if r.Plan = planNamed(sent.Text(c.Plan), c); r.Plan == "" {
		note(fmt.Sprintf("Field %q says %q, which is the name of neither plan.", c.Plan, problem.Shorten(sent.Text(c.Plan), 61)))
	}
	var unread string
	if r.Trial, unread = readFlag(sent, c.Trial, c.FlagsOmitted); unread != "" {
		note(unread)
	}
	if r.NFR, unread = readFlag(sent, c.NFR, c.FlagsOmitted); unread != "" {
		note(unread)
	}
	return r
}

// readFlag reads a flag, or says why it cannot be read: one that is not there is false only where the operator says so.
func readFlag(sent nordpass.Record, path string, omitted bool) (set bool, unread string) {
	set, ok := sent.Flag(path)
	switch {
	case !ok:
		return false, fmt.Sprintf("Field %q is neither true nor false.", path)
	case path != "" && !omitted && !sent.Has(path):
		return false, fmt.Sprintf("Field %q is not there.", path)
	}
	return set, ""
}

// absentField is the problem of a configured field that no record has: its name is wrong, and what it would say unknown.
func absentField(sent []nordpass.Record, c Config) store.Problem {
	for _, f := range c.recordFields() {
		has := func(r nordpass.Record) bool { return r.Has(f.path) }
		if f.path == "" || len(sent) == 0 || slices.ContainsFunc(sent, has) {
			continue
		}
		return store.Problem{
			What: fmt.Sprintf("No record has the field %q, which is set as %s.", f.path, f.means),
			Do: fmt.Sprintf("A field that is not there is never guessed. Mend its name under Provider API: a record has the fields %s.",
				strings.Join(sent[0].Fields(fieldsNamed), ", ")),
		}
	}
	return store.Problem{}
}

// fieldsNamed is how many fields of a record a sentence names.
const fieldsNamed = 20

// recordField is where a record says something.
type recordField struct{ path, means string }

// recordFields are the fields that a report must have. Flags that may be left out cannot be told from misspelt ones.
func (c Config) recordFields() []recordField {
	fields := []recordField{
		{c.ID, "the organization's ID"}, {c.Name, "the organization's name"}, {c.Seats, "the license count"}, {c.Plan, "the plan"},
	}
	if !c.FlagsOmitted {
		fields = append(fields, recordField{c.Trial, "the trial flag"}, recordField{c.NFR, "the NFR flag"})
	}
	return fields
}

// planNamed is the plan that the operator gave a value to; empty: none.
func planNamed(value string, c Config) store.Plan {
	for plan, names := range map[store.Plan]string{store.Business: c.Business, store.Enterprise: c.Enterprise} {
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); name != "" && strings.EqualFold(name, value) {
				return plan
			}
		}
	}
	return ""
}
