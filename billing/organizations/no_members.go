package organizations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// ErrHasMembers is the cause of an *Invalid about an organization that is said to have no members and has some on record.
var ErrHasMembers = errors.New("members of the organization are on record")

// StateNoMembers records that somebody says an organization has no members, which makes its figure a known zero
// (docs/billing-rules.md section 2); done is false where that was said already. One that had a member on record is counted by its
// members, so that nothing is left to say. A deleted one may be spoken of: its last month is still billed.
func (d *Desk) StateNoMembers(ctx context.Context, who problem.Actor, id int64) (o store.Organization, done bool, err error) {
	err = d.store.Together(ctx, fmt.Sprintf("stating that organization %d has no members", id), func(s *store.Store) error {
		if o, err = s.Organization(ctx, id); err != nil || !o.NoMembersAt.IsZero() {
			return err
		}
		if !o.MembersSince.IsZero() {
			return &problem.Invalid{Cause: ErrHasMembers, Fields: problem.Fields{
				"": "Members of this organization are on record and are counted. Delete those who left instead.",
			}}
		}
		if err := s.SetNoMembers(ctx, id, d.now(), who.Name); err != nil {
			return err
		}
		done = true
		return s.AddActivity(ctx, d.did(who, o, "Stated that “%s” has no members.", o.Name))
	})
	return o, done, err
}

// WithdrawNoMembers takes back that an organization has no members: its figure is unknown again. done is false where nobody said
// so. A recorded member does the same by itself.
func (d *Desk) WithdrawNoMembers(ctx context.Context, who problem.Actor, id int64) (o store.Organization, done bool, err error) {
	err = d.store.Together(ctx, fmt.Sprintf("withdrawing that organization %d has no members", id), func(s *store.Store) error {
		if o, err = s.Organization(ctx, id); err != nil || o.NoMembersAt.IsZero() {
			return err
		}
		if err := s.SetNoMembers(ctx, id, time.Time{}, ""); err != nil {
			return err
		}
		done = true
		return s.AddActivity(ctx, d.did(who, o, "Withdrew that “%s” has no members.", o.Name))
	})
	return o, done, err
}
