package api

import (
	"context"
	"net/http"
	"time"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
)

// apiOrganization is an organization as the API shows it.
type apiOrganization struct {
	ID          int64      `json:"id"`
	Name        string     `json:"name"`
	Plan        string     `json:"plan" enum:"business,enterprise"`
	License     string     `json:"license" enum:"standard,trial,nfr"`
	Status      string     `json:"status" enum:"active,suspended,deleted" doc:"A suspended organization is billed like an active one."`
	Managed     bool       `json:"managed" doc:"Managed by the MSP: only then it can be mapped."`
	ExternalID  string     `json:"external_id" doc:"The organization's id elsewhere; empty: none."`
	Members     int        `json:"members" doc:"Active and suspended members at this moment."`
	Mapped      bool       `json:"mapped" doc:"Mapped to an agreement in ConnectWise PSA."`
	CreatedAt   time.Time  `json:"created_at" doc:"When it began, as somebody said or as it is supposed; nothing before is counted."`
	StartSaid   bool       `json:"start_said" doc:"Somebody said when it began. Otherwise it is supposed: when it was entered, or with the first member on record."`
	EnteredAt   time.Time  `json:"entered_at" doc:"When Seatbridge was told of it."`
	TrialEndsAt *time.Time `json:"trial_ends_at,omitempty" doc:"The first moment that is billed, where it began as a trial."`
	SuspendedAt *time.Time `json:"suspended_at,omitempty"`
	DeletedAt   *time.Time `json:"deleted_at,omitempty"`
	NoMembersAt *time.Time `json:"no_members_at,omitempty" doc:"When somebody said that it has no members."`
	NoMembersBy string     `json:"no_members_by,omitempty" doc:"Who said so."`
}

func organizationOut(row store.OrganizationRow) apiOrganization {
	return apiOrganization{
		ID: row.ID, Name: row.Name, Plan: string(row.Plan), License: string(row.License), Status: string(row.Status()), Managed: row.Managed,
		ExternalID: row.ExternalID, Members: row.Members, Mapped: row.Mapped(), CreatedAt: row.CreatedAt,
		StartSaid: row.StartSaid, EnteredAt: row.EnteredAt,
		TrialEndsAt: optional(row.TrialEndsAt), SuspendedAt: optional(row.SuspendedAt), DeletedAt: optional(row.DeletedAt),
		NoMembersAt: optional(row.NoMembersAt), NoMembersBy: row.NoMembersBy,
	}
}

// optional leaves a zero moment out.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// OrganizationRef names an organization in an address.
type OrganizationRef struct {
	ID int64 `path:"id" minimum:"1"`
}

type organizationsIn struct {
	Paging
	Search  string `query:"q" maxLength:"200" doc:"Part of the name, or the beginning of the external id; case and accents do not matter."`
	Plan    string `query:"plan" enum:"business,enterprise"`
	License string `query:"license" enum:"standard,trial,nfr"`
	Status  string `query:"status" enum:"active,suspended,deleted,all" doc:"Without it, all but the deleted."`
	Mapping string `query:"mapping" enum:"mapped,unmapped"`
}

type createOrganizationIn struct {
	Body struct {
		Name       string `json:"name" minLength:"1" maxLength:"200"`
		Plan       string `json:"plan" enum:"business,enterprise"`
		License    string `json:"license,omitempty" enum:"standard,trial,nfr" default:"standard" doc:"A trial is free for 14 days, then billed. There can be one NFR organization."`
		Managed    bool   `json:"managed,omitempty" default:"true"`
		ExternalID string `json:"external_id,omitempty" maxLength:"100"`

		Start     string     `json:"start,omitempty" maxLength:"40" doc:"When it began, if that was before now: a day like 2026-03-10, which is its first instant in UTC, or an RFC 3339 instant. Plan, license and managed are those of the beginning."`
		TrialEnds string     `json:"trial_ends,omitempty" maxLength:"40" doc:"The first day, or instant, that is billed after a trial. Without it, 14 days after the start; without a start, it began 14 days before."`
		Changes   []apiState `json:"changes,omitempty" maxItems:"200" doc:"What changed between the start and now, in any order."`
	}
}

type updateOrganizationIn struct {
	OrganizationRef
	Body struct {
		Name       *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Plan       *string `json:"plan,omitempty" enum:"business,enterprise" doc:"The higher plan of a month is billed for the whole month."`
		License    *string `json:"license,omitempty" enum:"standard,trial,nfr" doc:"A trial can only be the first license. If it began with one, say so under History."`
		Managed    *bool   `json:"managed,omitempty"`
		ExternalID *string `json:"external_id,omitempty" maxLength:"100"`
		Start      *string `json:"start,omitempty" maxLength:"40" doc:"When it began: a day, or an RFC 3339 instant. Empty: nobody said. The whole history is at its own address."`
		TrialEnds  *string `json:"trial_ends,omitempty" maxLength:"40" doc:"The first day, or instant, that is billed after the trial. Empty: 14 days after the start."`
	}
}

func (a *API) organizationEndpoints() {
	const one = "/organizations/{id}"
	organizations := a.Organizations
	endpoint(a, operation{"GET /organizations", ReadOrganizations, "listOrganizations", "List organizations"}, a.listOrganizations)
	endpoint(a, operation{"POST /organizations", WriteOrganizations, "createOrganization", "Create an organization"}, a.createOrganization)
	endpoint(a, operation{"GET " + one, ReadOrganizations, "getOrganization", "Get an organization"}, a.getOrganization)
	endpoint(a, operation{"PATCH " + one, WriteOrganizations, "updateOrganization", "Change an organization"}, a.updateOrganization)
	endpoint(a, operation{
		"DELETE " + one, WriteOrganizations, "deleteOrganization", "Delete an organization; this month is still billed",
	}, a.organizationChange(organizations.Delete))
	endpoint(a, operation{
		"POST " + one + "/suspend", WriteOrganizations, "suspendOrganization", "Suspend an organization; it is still billed",
	}, a.organizationChange(organizations.Suspend))
	endpoint(a, operation{
		"POST " + one + "/reactivate", WriteOrganizations, "reactivateOrganization", "Reactivate a suspended organization",
	}, a.organizationChange(organizations.Reactivate))
}

func (a *API) listOrganizations(ctx context.Context, in *organizationsIn) (*listOf[apiOrganization], error) {
	rows, total, err := a.Web.Store.Organizations(ctx, store.OrganizationFilter{
		Search: web.Clean(in.Search), Plan: store.Plan(in.Plan), License: store.License(in.License), Status: store.OrganizationStatus(in.Status),
		Mapping: in.Mapping, Limit: in.PerPage, Offset: in.offset(),
	})
	items := make([]apiOrganization, len(rows))
	for i, row := range rows {
		items[i] = organizationOut(row)
	}
	return pageOf(in.Paging, items, total), err
}

// organizationByID is one organization as the API shows it, a deleted one, too.
func (a *API) organizationByID(ctx context.Context, id int64) (*single[apiOrganization], error) {
	rows, _, err := a.Web.Store.Organizations(ctx, store.OrganizationFilter{IDs: []int64{id}, Status: store.OrganizationAny})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, noOrganization()
	}
	return &single[apiOrganization]{organizationOut(rows[0])}, nil
}

func noOrganization() error {
	return &web.Error{Status: http.StatusNotFound, Message: "There is no such organization."}
}

func (a *API) getOrganization(ctx context.Context, in *OrganizationRef) (*single[apiOrganization], error) {
	return a.organizationByID(ctx, in.ID)
}

func (a *API) createOrganization(ctx context.Context, in *createOrganizationIn) (*single[apiOrganization], error) {
	p := organizations.Profile{
		Name: web.Clean(in.Body.Name), Plan: store.Plan(in.Body.Plan), License: store.License(in.Body.License),
		Managed: in.Body.Managed, ExternalID: web.Clean(in.Body.ExternalID),
	}
	h, err := in.createdHistory(p)
	if err != nil {
		return nil, err
	}
	added, err := a.Organizations.AddWithHistory(ctx, actorOf(ctx), p, h)
	if err != nil {
		return nil, asChanges(err)
	}
	return a.organizationByID(ctx, added.ID)
}

func (a *API) updateOrganization(ctx context.Context, in *updateOrganizationIn) (*single[apiOrganization], error) {
	history, err := in.changedHistory()
	if err != nil {
		return nil, err
	}
	_, err = a.Organizations.EditWithHistory(ctx, actorOf(ctx), in.ID, func(p *organizations.Profile) {
		assign(&p.Name, in.Body.Name)
		assign(&p.Plan, in.Body.Plan)
		assign(&p.License, in.Body.License)
		assign(&p.ExternalID, in.Body.ExternalID)
		if in.Body.Managed != nil {
			p.Managed = *in.Body.Managed
		}
	}, history)
	if err != nil {
		return nil, err
	}
	return a.organizationByID(ctx, in.ID)
}

// assign takes over a text that was sent.
func assign[T ~string](into *T, sent *string) {
	if sent != nil {
		*into = T(web.Clean(*sent))
	}
}

// deed is something done with an organization.
type deed func(ctx context.Context, who problem.Actor, id int64) (o store.Organization, done bool, err error)

// organizationChange is the endpoint that brings an organization into a state; one that is there already is left alone.
func (a *API) organizationChange(change deed) func(context.Context, *OrganizationRef) (*single[apiOrganization], error) {
	return func(ctx context.Context, in *OrganizationRef) (*single[apiOrganization], error) {
		if _, _, err := change(ctx, actorOf(ctx), in.ID); err != nil {
			return nil, err
		}
		return a.organizationByID(ctx, in.ID)
	}
}

// periodOf is the period of a month's figures: the current one to date.
func (a *API) periodOf(text string) (seats.Period, error) {
	period, problem := seats.ParsePeriod(text, a.Web.Now())
	if problem != "" {
		return period, &web.Error{Status: http.StatusUnprocessableEntity, Message: problem}
	}
	return period, nil
}
