package organizations

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// mostMembersAtOnce bounds one list of new members.
const mostMembersAtOnce = 5000

// Outcome is what adding or inviting did to one address.
type Outcome string

// The outcomes. Who is a member already stays as it is, suspended or not.
const (
	Added          Outcome = "added"
	Invited        Outcome = "invited"
	Joined         Outcome = "joined" // was invited and is a member now
	MemberAlready  Outcome = "member_already"
	InvitedAlready Outcome = "invited_already"
)

// AddedMember is what happened to an address.
type AddedMember struct {
	Email   string
	Outcome Outcome
}

// AddedMembers is what happened to each address, in the order in which they were given.
type AddedMembers []AddedMember

// Of are the addresses that something happened to.
func (a AddedMembers) Of(outcomes ...Outcome) (emails []string) {
	for _, m := range a {
		if slices.Contains(outcomes, m.Outcome) {
			emails = append(emails, m.Email)
		}
	}
	return emails
}

// AddMembers adds members as of now or, when pending, invites them as of now. One that was invited and is added joins. An address that
// is there twice is taken once; when one is none, an *Invalid says so by "emails[2]", and nobody is added.
func (d *Desk) AddMembers(
	ctx context.Context,
	who problem.Actor,
	organizationID int64,
	emails []string,
	pending bool,
) (a AddedMembers, err error) {
	err = d.store.Together(ctx, fmt.Sprintf("adding members to organization %d", organizationID), func(s *store.Store) error {
		o, err := changeable(ctx, s, organizationID)
		if err != nil {
			return err
		}
		emails, err := newMembers(emails)
		if err != nil {
			return err
		}
		if a, err = d.add(ctx, s, o.ID, emails, pending); err != nil {
			return err
		}
		if text := describeAdded(a, o); text != "" {
			return s.AddActivity(ctx, d.did(who, o, "%s", text))
		}
		return nil
	})
	return a, err
}

func (d *Desk) add(ctx context.Context, s *store.Store, organizationID int64, emails []string, pending bool) (AddedMembers, error) {
	known, err := seatsByEmail(ctx, s, organizationID)
	if err != nil {
		return nil, err
	}
	invited, joined := time.Time{}, d.now()
	if pending {
		invited, joined = joined, invited
	}
	var fresh []string
	var joining []int64
	outcomes := make(AddedMembers, len(emails))
	for i, email := range emails {
		seat, there := known[store.FoldEmail(email)]
		outcomes[i] = AddedMember{email, outcomeOf(seat, there, pending)}
		switch outcomes[i].Outcome {
		case Added, Invited:
			fresh = append(fresh, email)
		case Joined:
			joining = append(joining, seat.ID)
		}
	}
	if _, _, err := s.AddSeats(ctx, organizationID, fresh, invited, joined); err != nil {
		return nil, err
	}
	_, err = s.ChangeSeats(ctx, organizationID, joining, store.SeatJoin, d.now())
	return outcomes, err
}

// outcomeOf is what happens to an address that has a present seat, or has none.
func outcomeOf(seat store.Seat, there, pending bool) Outcome {
	switch {
	case !there && pending:
		return Invited
	case !there:
		return Added
	case seat.Status() != store.SeatPending:
		return MemberAlready
	case pending:
		return InvitedAlready
	}
	return Joined
}

// describeAdded says for the activity log what adding members did; empty: nothing.
func describeAdded(a AddedMembers, o store.Organization) string {
	added, invited, joined := len(a.Of(Added)), len(a.Of(Invited)), len(a.Of(Joined))
	switch {
	case invited > 0:
		return fmt.Sprintf("Invited %s to “%s”.", problem.Plural(invited, "member"), o.Name)
	case added > 0 && joined > 0:
		return fmt.Sprintf("Added %s to “%s”, and %d who %s invited joined.", problem.Plural(added, "member"), o.Name, joined, was(joined))
	case added > 0:
		return fmt.Sprintf("Added %s to “%s”.", problem.Plural(added, "member"), o.Name)
	case joined > 0:
		return fmt.Sprintf("Marked as joined: %s of “%s”.", problem.Plural(joined, "member"), o.Name)
	}
	return ""
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// Sentences say what happened to the addresses, those that were not simply added by name.
func (a AddedMembers) Sentences() string {
	var parts []string
	say := func(format string, emails []string) {
		if n := len(emails); n > 0 {
			parts = append(parts, fmt.Sprintf(format, n, was(n))+": "+named(emails)+".")
		}
	}
	if n := len(a.Of(Invited)); n > 0 {
		parts = append(parts, "Invited "+problem.Plural(n, "member")+".")
	} else {
		parts = append(parts, "Added "+problem.Plural(len(a.Of(Added)), "member")+".")
	}
	say("%d who %s invited joined", a.Of(Joined))
	say("%d %s a member already", a.Of(MemberAlready))
	say("%d %s invited already", a.Of(InvitedAlready))
	return strings.Join(parts, " ")
}

// mostNamed bounds the addresses that a sentence names.
const mostNamed = 5

func named(emails []string) string {
	shown := make([]string, 0, mostNamed)
	for _, email := range emails[:min(len(emails), mostNamed)] {
		shown = append(shown, problem.Shorten(email, 60))
	}
	text := strings.Join(shown, ", ")
	if more := len(emails) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
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
	Changed   int
	Done      string   // in words, as in "Suspended 2 members"
	Unchanged []string // of the addresses that were given: are so already, or cannot be
	Unknown   []string // no member has this address
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
		found, err := c.find(ctx, s, o.ID, m.Emails, action)
		if err != nil {
			return err
		}
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

// find finds the seats of the present members with these addresses that the action changes, and notes the others.
func (c *ChangedMembers) find(
	ctx context.Context, s *store.Store, organizationID int64, emails []string, action store.SeatAction,
) (found []int64, err error) {
	if len(emails) == 0 {
		return nil, nil
	}
	known, err := seatsByEmail(ctx, s, organizationID)
	for _, email := range emails {
		switch seat, there := known[store.FoldEmail(email)]; {
		case !there:
			c.Unknown = append(c.Unknown, email)
		case changes(action, seat.Status()):
			found = append(found, seat.ID)
		default:
			c.Unchanged = append(c.Unchanged, email)
		}
	}
	return found, err
}

// changes says whether an action changes a present seat in that state, as store.ChangeSeats does.
func changes(action store.SeatAction, status store.SeatStatus) bool {
	switch action {
	case store.SeatSuspend:
		return status == store.SeatActive
	case store.SeatReactivate:
		return status == store.SeatSuspended
	case store.SeatJoin:
		return status == store.SeatPending
	}
	return true
}

// seatsByEmail are the present seats of an organization by their folded addresses.
func seatsByEmail(ctx context.Context, s *store.Store, organizationID int64) (map[string]store.Seat, error) {
	all, _, err := s.Seats(ctx, store.SeatFilter{OrganizationID: organizationID})
	byEmail := make(map[string]store.Seat, len(all))
	for _, seat := range all {
		byEmail[store.FoldEmail(seat.Email)] = seat
	}
	return byEmail, err
}
