// Package organizations is the one place for what may be done with organizations and their members, whoever does it.
package organizations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// ErrDeleted is the cause of an *Invalid about an organization that is deleted and cannot be changed.
var ErrDeleted = errors.New("the organization is deleted")

// Desk is the one place for what may be done with organizations and their members, whoever does it: the panel, a
// script through the API or the import of a file. Each deed is written together with its entry in the activity log, and one
// that finds everything as it should be writes neither. What may not be done is an *Invalid, what does not exist is
// store.ErrNotFound.
type Desk struct {
	store *store.Store
	now   func() time.Time
}

// New makes the place for the organizations of a store.
func New(s *store.Store, now func() time.Time) *Desk {
	return &Desk{store: s, now: now}
}

// Add adds an organization, which is supposed to begin now.
func (d *Desk) Add(ctx context.Context, who problem.Actor, p Profile) (added store.Organization, err error) {
	return d.AddWithHistory(ctx, who, p, History{})
}

// AddWithHistory adds an organization whose life began before it is entered: the profile is that of its beginning, and the history's
// states are what changed since. What cannot be is an *Invalid by the fields of both, the first change being "states[1]".
func (d *Desk) AddWithHistory(ctx context.Context, who problem.Actor, p Profile, h History) (added store.Organization, err error) {
	err = d.store.Together(ctx, "adding an organization", func(s *store.Store) error {
		if added, err = Enter(ctx, s, p, h, d.now()); err != nil {
			return err
		}
		text := fmt.Sprintf("Added organization “%s”.", added.Name)
		if added.StartSaid || added.EndSaid || len(h.States) > 0 {
			if text, err = WithHistory(ctx, s, added, text); err != nil {
				return err
			}
		}
		return s.AddActivity(ctx, d.did(who, added, "%s", text))
	})
	return added, err
}

// WithHistory adds to what the activity log says of a new organization how it began and what changed since.
func WithHistory(ctx context.Context, s *store.Store, o store.Organization, text string) (string, error) {
	life, err := s.Life(ctx, o.ID)
	if err != nil {
		return "", err
	}
	text += fmt.Sprintf(" Start: %s. Plan, license and management: %s.", startText(o), statesText(life))
	if !o.TrialEndsAt.IsZero() {
		text += fmt.Sprintf(" Trial ends: %s.", Written(o.TrialEndsAt))
	}
	return text, nil
}

// Enter adds an organization with its history as part of a larger deed, as AddWithHistory does, in whose transaction s is and whose
// entry in the activity log the caller writes.
func Enter(ctx context.Context, s *store.Store, p Profile, h History, now time.Time) (store.Organization, error) {
	begin := State{Plan: p.Plan, License: p.License, Managed: p.Managed}
	if len(h.States) > 0 { // its present is the last one: what it was once may be taken by another
		last := slices.MaxFunc(h.States, func(a, b State) int { return a.Since.Compare(b.Since) })
		p.Plan, p.License, p.Managed = last.Plan, last.License, last.Managed
	}
	h.States = append([]State{begin}, h.States...)
	created, err := Create(ctx, s, p.New(now))
	if err != nil {
		return created, err
	}
	_, entered, err := Rewrite(ctx, s, created.ID, now, func(known *History) { *known = h })
	return entered, asProfile(err)
}

// asProfile puts what is wrong with the first state of a history next to the fields of the profile.
func asProfile(err error) error {
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	fields := problem.Fields{}
	for field, sentence := range invalid.Fields {
		fields[strings.TrimPrefix(field, "states[0].")] = sentence
	}
	return &problem.Invalid{Fields: fields, Cause: invalid.Cause}
}

// Create adds an organization as part of a larger deed, in whose transaction s is and whose entry in the
// activity log the caller writes.
func Create(ctx context.Context, s *store.Store, o store.Organization) (store.Organization, error) {
	if problems := ProfileOf(o).problems(); len(problems) > 0 {
		return o, &problem.Invalid{Fields: problems}
	}
	created, err := s.CreateOrganization(ctx, o)
	return created, taken(err)
}

// Edit changes what is said about an organization and answers it as it is then.
func (d *Desk) Edit(ctx context.Context, who problem.Actor, id int64, change func(*Profile)) (after store.Organization, err error) {
	err = d.store.Together(ctx, fmt.Sprintf("editing organization %d", id), func(s *store.Store) error {
		var before store.Organization
		if before, after, err = Edit(ctx, s, id, d.now(), change); err != nil || before == after {
			return err
		}
		return s.AddActivity(ctx, d.did(who, after, "%s", describeEdit(before, after)))
	})
	return after, err
}

// EditWithHistory changes what is said about an organization now and of its life, all or nothing: the present is changed first, as of
// now.
func (d *Desk) EditWithHistory(
	ctx context.Context, who problem.Actor, id int64, change func(*Profile), history func(*History),
) (after store.Organization, err error) {
	err = d.store.Together(ctx, fmt.Sprintf("editing organization %d", id), func(s *store.Store) error {
		inside := &Desk{store: s, now: d.now}
		if _, err := inside.Edit(ctx, who, id, change); err != nil {
			return err
		}
		after, _, err = inside.setHistory(ctx, who, s, id, history)
		return err
	})
	return after, err
}

// Edit edits an organization as part of a larger deed, in whose transaction s is and whose entry in the
// activity log the caller writes. When nothing is new, before is after and nothing is written.
func Edit(
	ctx context.Context,
	s *store.Store,
	id int64,
	at time.Time,
	change func(*Profile),
) (before, after store.Organization, err error) {
	if before, err = changeable(ctx, s, id); err != nil {
		return before, before, err
	}
	p := ProfileOf(before)
	change(&p)
	if problems := p.problemsAfter(before); len(problems) > 0 {
		return before, before, &problem.Invalid{Fields: problems}
	}
	if after = p.of(before); after != before {
		err = taken(s.UpdateOrganization(ctx, after, at))
	}
	return before, after, err
}

// Suspend suspends an organization, which is billed all the same; done is false where it was suspended already.
func (d *Desk) Suspend(ctx context.Context, who problem.Actor, id int64) (o store.Organization, done bool, err error) {
	return d.bring(ctx, who, id, state{"Suspended", store.OrganizationSuspended, func(s *store.Store) error {
		return s.SuspendOrganization(ctx, id, d.now())
	}})
}

// Reactivate ends a suspension; done is false where there is none.
func (d *Desk) Reactivate(ctx context.Context, who problem.Actor, id int64) (o store.Organization, done bool, err error) {
	return d.bring(ctx, who, id, state{"Reactivated", store.OrganizationActive, func(s *store.Store) error {
		return s.SuspendOrganization(ctx, id, time.Time{})
	}})
}

// Delete deletes an organization and its members, which ends billing with this month; done is false where it was deleted
// already.
func (d *Desk) Delete(ctx context.Context, who problem.Actor, id int64) (o store.Organization, done bool, err error) {
	return d.bring(ctx, who, id, state{"Deleted", store.OrganizationDeleted, func(s *store.Store) error {
		return s.DeleteOrganization(ctx, id, d.now())
	}})
}

// state is where to bring an organization, and how.
type state struct {
	verb   string
	wanted store.OrganizationStatus
	reach  func(*store.Store) error
}

// bring leaves an organization alone that is there already, so that who asks twice changes nothing twice.
func (d *Desk) bring(ctx context.Context, who problem.Actor, id int64, to state) (o store.Organization, done bool, err error) {
	err = d.store.Together(ctx, fmt.Sprintf("changing organization %d", id), func(s *store.Store) error {
		if o, err = s.Organization(ctx, id); err != nil || o.Status() == to.wanted {
			return err
		}
		if _, err := changeable(ctx, s, id); err != nil {
			return err
		}
		if err := to.reach(s); err != nil {
			return err
		}
		done = true
		return s.AddActivity(ctx, d.did(who, o, "%s organization “%s”.", to.verb, o.Name))
	})
	return o, done, err
}

// changeable is an organization that is not deleted.
func changeable(ctx context.Context, s *store.Store, id int64) (store.Organization, error) {
	o, err := s.Organization(ctx, id)
	if err == nil && !o.DeletedAt.IsZero() {
		err = &problem.Invalid{Fields: problem.Fields{"": "This organization is deleted and cannot be changed."}, Cause: ErrDeleted}
	}
	return o, err
}

func (d *Desk) did(who problem.Actor, o store.Organization, format string, args ...any) store.Activity {
	return who.Did(d.now(), store.CategoryOrganizations, format, args...).About(o.ID)
}
