package api

import (
	"context"
	"time"

	"seatbridge/billing/organizations"
	"seatbridge/handlers/web"
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

type addedMember struct {
	Email   string `json:"email"`
	Outcome string `json:"outcome" enum:"added,invited,joined,member_already,invited_already" doc:"Joined: was invited, and is a member now. Who is a member already stays as it is, suspended or not."`
}

type addedMembers struct {
	Added    int           `json:"added" doc:"How many were added or, when pending, invited."`
	Joined   int           `json:"joined" doc:"How many were invited and are members now."`
	Existing []string      `json:"existing" doc:"Were there already and stay as they are."`
	Members  []addedMember `json:"members" doc:"What happened to each address, each named once."`
}

type changeMembersIn struct {
	OrganizationRef
	Body struct {
		Emails []string `json:"emails" minItems:"1" maxItems:"5000"`
	}
}

type changedMembers struct {
	Changed   int      `json:"changed"`
	Unchanged []string `json:"unchanged" doc:"Are so already, or cannot be: who is only invited cannot be suspended."`
	Unknown   []string `json:"unknown" doc:"No member has this address."`
}

func (a *API) memberEndpoints() {
	const all = "/organizations/{id}/members"
	endpoint(a, operation{"GET " + all, ReadMembers, "listMembers", "List an organization's members"}, a.listMembers)
	endpoint(a, operation{
		"PUT /organizations/{id}/no-members", WriteMembers, "stateNoMembers",
		"Say that an organization of which no member was ever recorded has none: its seats are 0 instead of unknown",
	}, a.organizationChange(a.Organizations.StateNoMembers))
	endpoint(a, operation{
		"DELETE /organizations/{id}/no-members", WriteMembers, "withdrawNoMembers",
		"Take back that an organization has no members; a recorded member does that by itself",
	}, a.organizationChange(a.Organizations.WithdrawNoMembers))
	endpoint(a, operation{"POST " + all, WriteMembers, "addMembers", "Add members, as of now; who is invited joins"}, a.addMembers)
	endpoint(a, operation{
		"POST " + all + "/suspend", WriteMembers, "suspendMembers", "Suspend members; they are still billed",
	}, a.memberChange(store.SeatSuspend))
	endpoint(a, operation{
		"POST " + all + "/reactivate", WriteMembers, "reactivateMembers", "Reactivate suspended members",
	}, a.memberChange(store.SeatReactivate))
	endpoint(a, operation{
		"POST " + all + "/delete", WriteMembers, "deleteMembers", "Delete members; this month they are still billed",
	}, a.memberChange(store.SeatDelete))
}

func (a *API) listMembers(ctx context.Context, in *membersIn) (*listOf[apiMember], error) {
	if _, err := a.organizationByID(ctx, in.ID); err != nil {
		return nil, err
	}
	seats, total, err := a.Web.Store.Seats(ctx, store.SeatFilter{
		OrganizationID: in.ID, Search: web.Clean(in.Search), Status: store.SeatStatus(in.Status), Limit: in.PerPage, Offset: in.offset(),
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

func (a *API) addMembers(ctx context.Context, in *addMembersIn) (*single[addedMembers], error) {
	emails := make([]string, len(in.Body.Emails))
	for i, text := range in.Body.Emails {
		emails[i] = web.Clean(text)
	}
	added, err := a.Organizations.AddMembers(ctx, actorOf(ctx), in.ID, emails, in.Body.Pending)
	if err != nil {
		return nil, err
	}
	return &single[addedMembers]{addedOut(added)}, nil
}

func addedOut(added organizations.AddedMembers) addedMembers {
	out := addedMembers{
		Added:    len(added.Of(organizations.Added, organizations.Invited)),
		Joined:   len(added.Of(organizations.Joined)),
		Existing: append([]string{}, added.Of(organizations.MemberAlready, organizations.InvitedAlready)...),
	}
	for _, m := range added {
		out.Members = append(out.Members, addedMember{m.Email, string(m.Outcome)})
	}
	return out
}

// memberChange is the endpoint that applies an action to members named by their addresses.
func (a *API) memberChange(action store.SeatAction) func(context.Context, *changeMembersIn) (*single[changedMembers], error) {
	return func(ctx context.Context, in *changeMembersIn) (*single[changedMembers], error) {
		changed, err := a.Organizations.ChangeMembers(ctx, actorOf(ctx), in.ID, action, organizations.Members{Emails: in.Body.Emails})
		if err != nil {
			return nil, err
		}
		return &single[changedMembers]{changedMembers{
			Changed: changed.Changed, Unchanged: append([]string{}, changed.Unchanged...), Unknown: append([]string{}, changed.Unknown...),
		}}, nil
	}
}
