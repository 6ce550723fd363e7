package handlers

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"seatbridge/store"
)

// apiMember is one stay of a member in an organization.
type apiMember struct {
	ID          int64      `json:"id"`
	Email       string     `json:"email"`
	Status      string     `json:"status" enum:"pending,active,suspended,deleted"`
	InvitedAt   *time.Time `json:"invited_at,omitempty"`
	JoinedAt    *time.Time `json:"joined_at,omitempty"`
	SuspendedAt *time.Time `json:"suspended_at,omitempty"`
	DeletedAt   *time.Time `json:"deleted_at,omitempty"`
}

type membersIn struct {
	OrganizationRef
	Paging
	Search string `query:"q" maxLength:"200" doc:"Part of the e-mail address, in any case."`
	Status string `query:"status" enum:"pending,active,suspended,deleted" doc:"Without it, all but the deleted."`
}

type addMembersIn struct {
	OrganizationRef
	Body struct {
		Emails  []string `json:"emails" minItems:"1" maxItems:"5000"`
		Pending bool     `json:"pending,omitempty" doc:"Invited and not yet joined, which is not billed by NordPass's current rule."`
	}
}

type addedMembers struct {
	Added    int      `json:"added"`
	Existing []string `json:"existing" doc:"Were members already and stay as they are."`
}

type changeMembersIn struct {
	OrganizationRef
	Body struct {
		Emails []string `json:"emails" minItems:"1" maxItems:"5000"`
	}
}

type changedMembers struct {
	Changed int      `json:"changed"`
	Unknown []string `json:"unknown" doc:"No member has this address."`
}

func (a *api) memberEndpoints() {
	const all = "/organizations/{id}/members"
	endpoint(a, http.MethodGet, all, readMembers, "listMembers", "List an organization's members", a.listMembers)
	endpoint(a, http.MethodPost, all, writeMembers, "addMembers", "Add members, as of now", a.addMembers)
	endpoint(a, http.MethodPost, all+"/suspend", writeMembers, "suspendMembers", "Suspend members; they are still billed", a.memberChange(store.SeatSuspend))
	endpoint(a, http.MethodPost, all+"/reactivate", writeMembers, "reactivateMembers", "Reactivate suspended members", a.memberChange(store.SeatReactivate))
	endpoint(a, http.MethodPost, all+"/delete", writeMembers, "deleteMembers", "Delete members; this month they are still billed", a.memberChange(store.SeatDelete))
}

func (a *api) listMembers(ctx context.Context, in *membersIn) (*listOf[apiMember], error) {
	if _, err := a.organizationByID(ctx, in.ID); err != nil {
		return nil, err
	}
	seats, total, err := a.Store.Seats(ctx, store.SeatFilter{
		OrganizationID: in.ID, Search: clean(in.Search), Status: store.SeatStatus(in.Status), Limit: in.PerPage, Offset: in.offset(),
	})
	items := make([]apiMember, len(seats))
	for i, seat := range seats {
		items[i] = apiMember{
			ID: seat.ID, Email: seat.Email, Status: string(seat.Status()), InvitedAt: optional(seat.InvitedAt), JoinedAt: optional(seat.JoinedAt),
			SuspendedAt: optional(seat.SuspendedAt), DeletedAt: optional(seat.DeletedAt),
		}
	}
	return pageOf(in.Paging, items, total), err
}

func (a *api) addMembers(ctx context.Context, in *addMembersIn) (*single[addedMembers], error) {
	o, err := a.presentOrganization(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	emails, err := emailsIn(in.Body.Emails)
	if err != nil {
		return nil, err
	}
	invited, joined := time.Time{}, a.Now()
	if in.Body.Pending {
		invited, joined = joined, invited
	}
	added, existing, err := a.Store.AddSeats(ctx, o.ID, emails, invited, joined)
	if err != nil {
		return nil, err
	}
	if added > 0 {
		if err := a.recordCall(ctx, store.CategoryOrganizations, o.ID, fmt.Sprintf("Added %s to %s.", members(added), quote(o.Name))); err != nil {
			return nil, err
		}
	}
	return &single[addedMembers]{addedMembers{Added: added, Existing: append([]string{}, existing...)}}, nil
}

// emailsIn are the addresses without repetitions; any bad one is named.
func emailsIn(sent []string) (emails []string, err error) {
	var bad []error
	seen := map[string]bool{}
	for i, text := range sent {
		email := clean(text)
		if problem := emailProblem(email); problem != "" {
			bad = append(bad, &huma.ErrorDetail{Location: fmt.Sprintf("body.emails[%d]", i), Message: problem, Value: text})
			continue
		}
		if key := store.FoldEmail(email); !seen[key] {
			seen[key] = true
			emails = append(emails, email)
		}
	}
	if len(bad) > 0 {
		return nil, huma.Error422UnprocessableEntity("validation failed", bad...)
	}
	return emails, nil
}

// memberChange is the endpoint that applies an action to members named by their addresses.
func (a *api) memberChange(action store.SeatAction) func(context.Context, *changeMembersIn) (*single[changedMembers], error) {
	return func(ctx context.Context, in *changeMembersIn) (*single[changedMembers], error) {
		o, err := a.presentOrganization(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		ids, unknown, err := a.membersByEmail(ctx, o.ID, in.Body.Emails)
		if err != nil {
			return nil, err
		}
		changed, err := a.Store.ChangeSeats(ctx, o.ID, ids, action, a.Now())
		if err != nil {
			return nil, err
		}
		if changed > 0 {
			text := fmt.Sprintf("%s %s of %s.", seatVerb(action), members(changed), quote(o.Name))
			if err := a.recordCall(ctx, store.CategoryOrganizations, o.ID, text); err != nil {
				return nil, err
			}
		}
		return &single[changedMembers]{changedMembers{Changed: changed, Unknown: unknown}}, nil
	}
}

// membersByEmail finds the present members with these addresses.
func (a *api) membersByEmail(ctx context.Context, organizationID int64, emails []string) (ids []int64, unknown []string, err error) {
	seats, _, err := a.Store.Seats(ctx, store.SeatFilter{OrganizationID: organizationID})
	if err != nil {
		return nil, nil, err
	}
	byEmail := make(map[string]int64, len(seats))
	for _, seat := range seats {
		byEmail[store.FoldEmail(seat.Email)] = seat.ID
	}
	unknown = []string{}
	for _, email := range emails {
		if id, ok := byEmail[store.FoldEmail(email)]; ok {
			ids = append(ids, id)
		} else {
			unknown = append(unknown, email)
		}
	}
	return ids, unknown, nil
}
