package organizations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// mostMembersAtOnce bounds one list of new members.
const mostMembersAtOnce = 5000

// AddedMembers is what came of adding members.
type AddedMembers struct {
	Added    int
	Existing []string // were members already and stay as they are
}

// AddMembers adds members as of now or, when pending, invites them as of now. An address that is there twice is taken once;
// when one is none, an *Invalid says so by "emails[2]", and nobody is added.
func (d *Desk) AddMembers(
	ctx context.Context,
	who problem.Actor,
	organizationID int64,
	emails []string,
	pending bool,
) (a AddedMembers, err error) {
	invited, joined := time.Time{}, d.now()
	if pending {
		invited, joined = joined, invited
	}
	err = d.store.Together(ctx, fmt.Sprintf("adding members to organization %d", organizationID), func(s *store.Store) error {
		o, err := changeable(ctx, s, organizationID)
		if err != nil {
			return err
		}
		emails, err := newMembers(emails)
		if err != nil {
			return err
		}
		a.Added, a.Existing, err = s.AddSeats(ctx, o.ID, emails, invited, joined)
		if err != nil || a.Added == 0 {
			return err
		}
		return s.AddActivity(ctx, d.did(who, o, "Added %s to “%s”.", problem.Plural(a.Added, "member"), o.Name))
	})
	return a, err
}

// newMembers are the addresses without repetitions.
func newMembers(emails []string) (fresh []string, err error) {
	problems := problem.Fields{}
	seen := map[string]bool{}
	for i, email := range emails {
		problems.Add(fmt.Sprintf("emails[%d]", i), problem.OfEmail(email))
		if key := store.FoldEmail(email); !seen[key] {
			seen[key] = true
			fresh = append(fresh, email)
		}
	}
	switch {
	case len(problems) > 0:
	case len(fresh) == 0:
		problems.Add("emails", "Enter at least one e-mail address.")
	case len(fresh) > mostMembersAtOnce:
		problems.Add("emails", fmt.Sprintf("These are %d addresses. Add at most %d at once.", len(fresh), mostMembersAtOnce))
	}
	if len(problems) > 0 {
		return nil, &problem.Invalid{Fields: problems}
	}
	return fresh, nil
}

// Members names present members of an organization, by the ids of their seats or by their addresses.
type Members struct {
	Seats  []int64
	Emails []string
}

// ChangedMembers is what came of changing members.
type ChangedMembers struct {
	Changed int
	Done    string   // in words, as in "Suspended 2 members"
	Unknown []string // no member has this address
}

// memberVerbs are what can be done to members, as the activity log says it.
var memberVerbs = map[store.SeatAction]string{
	store.SeatSuspend: "Suspended", store.SeatReactivate: "Reactivated", store.SeatJoin: "Marked as joined:", store.SeatDelete: "Deleted",
}

// ChangeMembers applies an action to those of the members that it changes; the others stay as they are.
func (d *Desk) ChangeMembers(
	ctx context.Context,
	who problem.Actor,
	organizationID int64,
	action store.SeatAction,
	m Members,
) (c ChangedMembers, err error) {
	switch {
	case memberVerbs[action] == "":
		return c, &problem.Invalid{Fields: problem.Fields{"action": "Choose what to do with the members."}}
	case len(m.Seats)+len(m.Emails) == 0:
		return c, &problem.Invalid{Fields: problem.Fields{"members": "Choose at least one member."}}
	}
	err = d.store.Together(ctx, fmt.Sprintf("changing members of organization %d", organizationID), func(s *store.Store) error {
		o, err := changeable(ctx, s, organizationID)
		if err != nil {
			return err
		}
		found, unknown, err := findMembers(ctx, s, o.ID, m.Emails)
		if err != nil {
			return err
		}
		c.Unknown = unknown
		if c.Changed, err = s.ChangeSeats(ctx, o.ID, slices.Concat(m.Seats, found), action, d.now()); err != nil {
			return err
		}
		c.Done = memberVerbs[action] + " " + problem.Plural(c.Changed, "member")
		if c.Changed == 0 {
			return nil
		}
		return s.AddActivity(ctx, d.did(who, o, "%s of “%s”.", c.Done, o.Name))
	})
	return c, err
}

// findMembers finds the seats of the present members with these addresses.
func findMembers(ctx context.Context, s *store.Store, organizationID int64, emails []string) (seats []int64, unknown []string, err error) {
	if len(emails) == 0 {
		return nil, nil, nil
	}
	all, _, err := s.Seats(ctx, store.SeatFilter{OrganizationID: organizationID})
	if err != nil {
		return nil, nil, err
	}
	byEmail := make(map[string]int64, len(all))
	for _, seat := range all {
		byEmail[store.FoldEmail(seat.Email)] = seat.ID
	}
	for _, email := range emails {
		if id, ok := byEmail[store.FoldEmail(email)]; ok {
			seats = append(seats, id)
		} else {
			unknown = append(unknown, email)
		}
	}
	return seats, unknown, nil
}
