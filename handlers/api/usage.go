package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
)

// apiFigure is what an organization is billed for in a month.
type apiFigure struct {
	OrganizationID int64      `json:"organization_id"`
	Organization   string     `json:"organization"`
	ExternalID     string     `json:"external_id"`
	Month          string     `json:"month" example:"2026-10"`
	ToDate         bool       `json:"to_date" doc:"The month is not over: the seats so far."`
	Seats          *int       `json:"seats" doc:"Billable seats. Null: not known, which is not zero."`
	Plan           string     `json:"plan" enum:"business,enterprise" doc:"The plan that all of them are billed on."`
	Source         string     `json:"source" doc:"Where the figure comes from: ledger is Seatbridge's own record of members, statement a person who said that there are none, license a month that is free whoever is a member. Empty: nowhere, there is no figure."`
	KnownSince     *time.Time `json:"known_since,omitempty" doc:"When the source began to speak."`
	Ledger         int        `json:"ledger" doc:"The ledger's own number, whether or not it is what counts."`
	Why            string     `json:"why" doc:"Why the figure is what it is, a sentence."`

	Disputed bool        `json:"disputed" doc:"Another source says another figure, and nobody corrected it or said whose is right."`
	Facts    string      `json:"facts" doc:"The figures that sources stand for, for saying whose is right: send it back, so that nothing is said of figures that were not seen."`
	Kept     *apiKept    `json:"kept" doc:"Somebody said whose figure is right, and it counts. Null: nobody did, or a figure is another since."`
	Sources  []apiSource `json:"sources" doc:"What every source says of the month: a correction, then in the order in which they are believed."`
}

// apiKept is a person's word about whose figure is right.
type apiKept struct {
	Source string    `json:"source"`
	Note   string    `json:"note"`
	By     string    `json:"by" doc:"A person or a token by name."`
	At     time.Time `json:"at"`
}

func keptOut(k *store.KeptFigure) *apiKept {
	if k == nil {
		return nil
	}
	return &apiKept{Source: k.Source, Note: k.Note, By: k.By, At: k.At.UTC()}
}

// apiSource is what one source says of an organization's month.
type apiSource struct {
	Source string     `json:"source"`
	Seats  int        `json:"seats"`
	Plan   string     `json:"plan" enum:"business,enterprise"`
	At     *time.Time `json:"at,omitempty" doc:"When, or since when, it said so."`
	By     string     `json:"by" doc:"Who: a person, a token or a service by name. Empty: nobody noted it."`
	Note   string     `json:"note" doc:"What there is to say about it."`
	Counts bool       `json:"counts" doc:"It is what is billed."`
	Ended  bool       `json:"ended" doc:"It was said before the month was over, and more is known since: it does not count any more."`
}

func sourcesOut(said []seats.SourceFigure) []apiSource {
	sources := []apiSource{}
	for _, f := range said {
		sources = append(sources, apiSource{
			Source: string(f.Source), Seats: f.Seats, Plan: string(f.Plan), At: optional(f.At), By: f.By, Note: f.Why,
			Counts: f.Counts, Ended: f.Ended != "",
		})
	}
	return sources
}

func figureOut(o store.Organization, u seats.Usage) apiFigure {
	f := apiFigure{
		OrganizationID: o.ID, Organization: o.Name, ExternalID: o.ExternalID, Month: string(u.Period.Month), ToDate: !u.Period.AsOf.IsZero(),
		Plan: string(u.Plan), Source: string(u.Source()), Ledger: u.Ledger, Why: u.Reason(),
		Disputed: u.Disputed, Facts: u.Facts(), Kept: keptOut(u.Kept), Sources: sourcesOut(u.Said),
	}
	if billable, ok := u.Seats(); ok {
		f.Seats, f.KnownSince = &billable, optional(u.Since())
	}
	return f
}

// MonthRef names a month in an address. It is exported, like what else is embedded in the API's input, because huma fills
// exported fields only.
type MonthRef struct {
	Month string `path:"month" pattern:"^[0-9]{4}-(0[1-9]|1[0-2])$" example:"2026-10"`
}

type usageIn struct {
	MonthRef
	Paging
}

// FigureRef names an organization's figure of a month in an address.
type FigureRef struct {
	MonthRef
	OrganizationRef
}

type keepIn struct {
	FigureRef
	Body struct {
		Source string `json:"source" enum:"provider,api,csv,ledger,statement,license" doc:"Whose figure is right: one of sources."`
		Note   string `json:"note,omitempty" maxLength:"500" doc:"Why."`
		Facts  string `json:"facts" maxLength:"1000" doc:"As getUsage gave them: the figures that this is said of. Refused if they are others by now."`
	}
}

type reportUsageIn struct {
	FigureRef
	Body struct {
		Seats int    `json:"seats" minimum:"0" maximum:"1000000" doc:"Billable seats of the whole month, which has to be over."`
		Plan  string `json:"plan" enum:"business,enterprise"`
		Note  string `json:"note,omitempty" maxLength:"200" doc:"Why the figure is what it is; shown beside it."`
	}
}

func (a *API) usageEndpoints() {
	const one = "/usage/{month}/organizations/{id}"
	endpoint(a, operation{"GET /usage/{month}", ReadUsage, "listUsage", "List the billable seats of a month"}, a.listUsage)
	endpoint(a, operation{"GET " + one, ReadUsage, "getUsage", "Get an organization's billable seats of a month"}, a.getUsage)
	endpoint(a, operation{
		"PUT " + one, WriteUsage, "reportUsage",
		"Report an organization's billable seats of a month; the sources are believed in the order that Settings say",
	}, a.reportUsage)
	endpoint(a, operation{
		"PUT " + one + "/kept", WriteMonths, "keepFigure",
		"Say whose figure of a month is right where sources disagree: it counts until a figure changes",
	}, a.keepFigure)
	endpoint(a, operation{"DELETE " + one + "/kept", WriteMonths, "withdrawKept", "Take back whose figure is right"}, a.withdrawKept)
}

func (a *API) keepFigure(ctx context.Context, in *keepIn) (*single[apiFigure], error) {
	period, err := a.periodOf(in.Month)
	if err != nil {
		return nil, err
	}
	err = a.Keep(ctx, actorOf(ctx), store.KeptFigure{
		OrganizationID: in.ID, Month: period.Month, Source: in.Body.Source, Note: web.Clean(in.Body.Note), Facts: in.Body.Facts,
	})
	if err != nil {
		return nil, err
	}
	return a.figure(ctx, period, in.ID)
}

func (a *API) withdrawKept(ctx context.Context, in *FigureRef) (*single[apiFigure], error) {
	period, err := a.periodOf(in.Month)
	if err != nil {
		return nil, err
	}
	err = a.WithdrawKept(ctx, actorOf(ctx), in.ID, period.Month)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &web.Error{Status: http.StatusNotFound, Message: "Nobody said whose figure of this organization and month is right."}
	}
	if err != nil {
		return nil, err
	}
	return a.figure(ctx, period, in.ID)
}

func (a *API) listUsage(ctx context.Context, in *usageIn) (*listOf[apiFigure], error) {
	period, err := a.periodOf(in.Month)
	if err != nil {
		return nil, err
	}
	usage, err := a.Usage(ctx, period, nil)
	if err != nil {
		return nil, err
	}
	rows, _, err := a.Web.Store.Organizations(ctx, store.OrganizationFilter{Status: store.OrganizationAny})
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(row store.OrganizationRow) bool {
		u, counted := usage[row.ID]
		return !counted || !u.Known() && !row.CreatedAt.Before(period.End())
	})
	page, total, _ := web.SlicePage(rows)(in.PerPage, in.offset())
	items := make([]apiFigure, len(page))
	for i, row := range page {
		items[i] = figureOut(row.Organization, usage[row.ID])
	}
	return pageOf(in.Paging, items, total), nil
}

func (a *API) getUsage(ctx context.Context, in *FigureRef) (*single[apiFigure], error) {
	period, err := a.periodOf(in.Month)
	if err != nil {
		return nil, err
	}
	return a.figure(ctx, period, in.ID)
}

func (a *API) figure(ctx context.Context, p seats.Period, organizationID int64) (*single[apiFigure], error) {
	usage, err := a.Usage(ctx, p, []int64{organizationID})
	if err != nil {
		return nil, err
	}
	u, ok := usage[organizationID]
	if !ok {
		return nil, noOrganization()
	}
	o, err := a.Web.Store.Organization(ctx, organizationID)
	return &single[apiFigure]{figureOut(o, u)}, err
}

func (a *API) reportUsage(ctx context.Context, in *reportUsageIn) (*single[apiFigure], error) {
	period, err := a.periodOf(in.Month)
	if err != nil {
		return nil, err
	}
	err = a.Organizations.ReportUsage(ctx, actorOf(ctx), store.UsageReport{
		OrganizationID: in.ID, Month: period.Month, Seats: in.Body.Seats, Plan: store.Plan(in.Body.Plan), Note: web.Clean(in.Body.Note),
		Source: string(seats.SourceAPI),
	})
	if err != nil {
		return nil, err
	}
	return a.figure(ctx, period, in.ID)
}
