package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"seatbridge/billing"
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
	CreatedAt   time.Time  `json:"created_at"`
	TrialEndsAt *time.Time `json:"trial_ends_at,omitempty"`
	SuspendedAt *time.Time `json:"suspended_at,omitempty"`
	DeletedAt   *time.Time `json:"deleted_at,omitempty"`
}

func organizationOut(row store.OrganizationRow) apiOrganization {
	return apiOrganization{
		ID: row.ID, Name: row.Name, Plan: string(row.Plan), License: string(row.License), Status: string(row.Status()), Managed: row.Managed,
		ExternalID: row.ExternalID, Members: row.Members, Mapped: row.Mapped(), CreatedAt: row.CreatedAt,
		TrialEndsAt: optional(row.TrialEndsAt), SuspendedAt: optional(row.SuspendedAt), DeletedAt: optional(row.DeletedAt),
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
	}
}

type updateOrganizationIn struct {
	OrganizationRef
	Body struct {
		Name       *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Plan       *string `json:"plan,omitempty" enum:"business,enterprise" doc:"The higher plan of a month is billed for the whole month."`
		License    *string `json:"license,omitempty" enum:"standard,trial,nfr" doc:"A trial can only be chosen when an organization is created."`
		Managed    *bool   `json:"managed,omitempty"`
		ExternalID *string `json:"external_id,omitempty" maxLength:"100"`
	}
}

func (a *api) organizationEndpoints() {
	const one = "/organizations/{id}"
	endpoint(a, http.MethodGet, "/organizations", readOrganizations, "listOrganizations", "List organizations", a.listOrganizations)
	endpoint(a, http.MethodPost, "/organizations", writeOrganizations, "createOrganization", "Create an organization", a.createOrganization)
	endpoint(a, http.MethodGet, one, readOrganizations, "getOrganization", "Get an organization", a.getOrganization)
	endpoint(a, http.MethodPatch, one, writeOrganizations, "updateOrganization", "Change an organization", a.updateOrganization)
	endpoint(a, http.MethodDelete, one, writeOrganizations, "deleteOrganization", "Delete an organization; this month is still billed", a.deleteOrganization)
	endpoint(a, http.MethodPost, one+"/suspend", writeOrganizations, "suspendOrganization", "Suspend an organization; it is still billed", a.suspendOrganization)
	endpoint(a, http.MethodPost, one+"/reactivate", writeOrganizations, "reactivateOrganization", "Reactivate a suspended organization", a.reactivateOrganization)
}

func (a *api) listOrganizations(ctx context.Context, in *organizationsIn) (*listOf[apiOrganization], error) {
	rows, total, err := a.Store.Organizations(ctx, store.OrganizationFilter{
		Search: clean(in.Search), Plan: store.Plan(in.Plan), License: store.License(in.License), Status: store.OrganizationStatus(in.Status),
		Mapping: in.Mapping, Limit: in.PerPage, Offset: in.offset(),
	})
	items := make([]apiOrganization, len(rows))
	for i, row := range rows {
		items[i] = organizationOut(row)
	}
	return pageOf(in.Paging, items, total), err
}

// organizationByID is one organization as the API shows it, a deleted one, too.
func (a *api) organizationByID(ctx context.Context, id int64) (*single[apiOrganization], error) {
	rows, _, err := a.Store.Organizations(ctx, store.OrganizationFilter{IDs: []int64{id}, Status: store.OrganizationAny})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, noOrganization()
	}
	return &single[apiOrganization]{organizationOut(rows[0])}, nil
}

func noOrganization() error {
	return &httpError{Status: http.StatusNotFound, Message: "There is no such organization."}
}

func (a *api) getOrganization(ctx context.Context, in *OrganizationRef) (*single[apiOrganization], error) {
	return a.organizationByID(ctx, in.ID)
}

func (a *api) createOrganization(ctx context.Context, in *createOrganizationIn) (*single[apiOrganization], error) {
	form := organizationForm{
		Name: clean(in.Body.Name), Plan: store.Plan(in.Body.Plan), License: store.License(in.Body.License),
		Managed: in.Body.Managed, ExternalID: clean(in.Body.ExternalID),
	}
	if form.Name == "" {
		return nil, invalidField("name", "must contain a visible character")
	}
	created, err := a.Store.CreateOrganization(ctx, form.new(a.Now()))
	if err != nil {
		return nil, conflictProblem(err)
	}
	if err := a.recordCall(ctx, store.CategoryOrganizations, created.ID, "Added organization "+quote(created.Name)+"."); err != nil {
		return nil, err
	}
	return a.organizationByID(ctx, created.ID)
}

// conflictProblem is 409 for a value that another organization has.
func conflictProblem(err error) error {
	var conflict *store.Conflict
	if !errors.As(err, &conflict) {
		return err
	}
	found := problems{}
	if err := found.conflict(err); err != nil {
		return err
	}
	return &httpError{Status: http.StatusConflict, Message: sentences(found), Err: err}
}

// presentOrganization is an organization that can be changed.
func (a *api) presentOrganization(ctx context.Context, id int64) (store.Organization, error) {
	o, err := a.Store.Organization(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return o, noOrganization()
	case err == nil && !o.DeletedAt.IsZero():
		return o, &httpError{Status: http.StatusConflict, Message: "This organization is deleted and cannot be changed."}
	}
	return o, err
}

func (a *api) updateOrganization(ctx context.Context, in *updateOrganizationIn) (*single[apiOrganization], error) {
	before, err := a.presentOrganization(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	after := before
	assign(&after.Name, in.Body.Name)
	assign(&after.Plan, in.Body.Plan)
	assign(&after.License, in.Body.License)
	assign(&after.ExternalID, in.Body.ExternalID)
	if in.Body.Managed != nil {
		after.Managed = *in.Body.Managed
	}
	switch {
	case after.Name == "":
		return nil, invalidField("name", "must contain a visible character")
	case after.License == store.Trial && before.License != store.Trial:
		return nil, invalidField("license", "a trial can only be chosen when an organization is created")
	case after == before:
		return a.organizationByID(ctx, in.ID)
	}
	if err := a.Store.UpdateOrganization(ctx, after, a.Now()); err != nil {
		return nil, conflictProblem(err)
	}
	if err := a.recordCall(ctx, store.CategoryOrganizations, in.ID, describeEdit(before, after)); err != nil {
		return nil, err
	}
	return a.organizationByID(ctx, in.ID)
}

// assign takes over a text that was sent.
func assign[T ~string](into *T, sent *string) {
	if sent != nil {
		*into = T(clean(*sent))
	}
}

func (a *api) suspendOrganization(ctx context.Context, in *OrganizationRef) (*single[apiOrganization], error) {
	return a.changeOrganization(ctx, in.ID, "Suspended", store.OrganizationSuspended, func() error {
		return a.Store.SuspendOrganization(ctx, in.ID, a.Now())
	})
}

func (a *api) reactivateOrganization(ctx context.Context, in *OrganizationRef) (*single[apiOrganization], error) {
	return a.changeOrganization(ctx, in.ID, "Reactivated", store.OrganizationActive, func() error {
		return a.Store.ReactivateOrganization(ctx, in.ID)
	})
}

func (a *api) deleteOrganization(ctx context.Context, in *OrganizationRef) (*single[apiOrganization], error) {
	return a.changeOrganization(ctx, in.ID, "Deleted", store.OrganizationDeleted, func() error {
		return a.Store.DeleteOrganization(ctx, in.ID, a.Now())
	})
}

// changeOrganization brings an organization into a state; one that is there already is left alone.
func (a *api) changeOrganization(ctx context.Context, id int64, verb string, wanted store.OrganizationStatus, change func() error) (*single[apiOrganization], error) {
	o, err := a.Store.Organization(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noOrganization()
	}
	if err != nil {
		return nil, err
	}
	if o.Status() == wanted {
		return a.organizationByID(ctx, id)
	}
	if _, err := a.presentOrganization(ctx, id); err != nil {
		return nil, err
	}
	if err := change(); err != nil {
		return nil, err
	}
	if err := a.recordCall(ctx, store.CategoryOrganizations, id, verb+" organization "+quote(o.Name)+"."); err != nil {
		return nil, err
	}
	return a.organizationByID(ctx, id)
}

// periodOf is the period of a month's figures: the current one to date.
func (a *api) periodOf(text string) (billing.Period, error) {
	m, err := store.ParseMonth(text)
	if err != nil {
		return billing.Period{}, &httpError{Status: http.StatusUnprocessableEntity, Message: "The month must be written like 2026-10.", Err: err}
	}
	switch current := store.MonthOf(a.Now()); {
	case m > current:
		return billing.Period{}, &httpError{Status: http.StatusUnprocessableEntity, Message: m.String() + " has not begun."}
	case m == current:
		return billing.ToDate(a.Now()), nil
	}
	return billing.WholeMonth(m), nil
}
