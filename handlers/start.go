package handlers

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/billing/setup"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// startPages are the guided start, from an empty panel to an integration that is active.
type startPages struct{ *server }

// startSteps are the steps' names as the page has them.
var startSteps = map[setup.Name]string{
	setup.Connect: views.StepConnect, setup.Products: views.StepProducts, setup.Organizations: views.StepOrganizations,
	setup.Import: views.StepImport, setup.Map: views.StepMap, setup.Write: views.StepWrite, setup.Finish: views.StepFinish,
}

func (p startPages) show(w http.ResponseWriter, r *http.Request) error {
	connection, err := p.Billing.Connection.Current(r.Context())
	if err != nil {
		return err
	}
	return p.render(w, r, http.StatusOK, connection, demoPages(p).fillIn(connection, savedCredentials(connection)))
}

// render shows all steps; form is the credentials as they are, or as they were typed and refused.
func (p startPages) render(w http.ResponseWriter, r *http.Request, status int, c connect.Connection, form views.CredentialsForm) error {
	guide, err := setup.Read(r.Context(), p.Store)
	if err != nil {
		return err
	}
	form.Next = views.StartPath
	page := startPage(guide, r.URL.Query().Get("step"))
	page.Credentials, page.Rights = form, rightViews(c)
	page.Business, page.Enterprise = productView(c.Products, store.Business), productView(c.Products, store.Enterprise)
	page.Manages = web.AccessOf(web.VisitorOf(r).Role) >= web.Admin
	page.AllowOnly(page.Manages)
	if page.Connection, err = p.connectionView(r.Context(), c); err != nil {
		return err
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionOverview, Title: "Set up", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Start(l, page) },
	})
}

// startPage is a guide as the page shows it, with a step unfolded that was asked for, or else the first that is not done.
func startPage(g setup.Guide, asked string) views.StartPage {
	f := g.Facts
	page := views.StartPage{
		Done: g.Done, Minutes: g.Minutes, Organizations: f.SetupCounts.Organizations, Members: f.Members,
		Companies: f.Companies, Agreements: f.Agreements, Suggested: f.Suggested, Mapped: f.SetupCounts.Mapped,
		FileName: f.File.Name, ActiveSince: f.Integration.ActiveSince, ComparingSince: f.Comparing.Since, ComparingBy: f.Comparing.By,
		LookAt: f.Look.StartedAt, LookWhat: "sync",
	}
	if f.File.ID != 0 {
		page.FileURL = views.FileImportPath(f.File.ID)
	}
	if f.Look.ID != 0 {
		page.LookURL = views.RunPath(f.Look.ID)
	}
	switch {
	case f.Look.Compares:
		page.LookWhat = "comparison"
	case f.Look.Preview:
		page.LookWhat = "preview"
	}
	for _, s := range g.Steps {
		now := s.Name == g.Current
		page.Steps = append(page.Steps, views.StartStep{
			Name: startSteps[s.Name], Number: s.Number, Minutes: s.Minutes, Done: s.Done, Failing: s.Failing, Needs: s.Needs, At: s.At, By: s.By,
			Now: now, Open: now || s.Failing || asked == startSteps[s.Name],
		})
	}
	return page
}

// mark is how far the panel is set up, as every page says it; nil: nothing is left to do.
func (p startPages) mark(ctx context.Context) (*views.SetupMark, error) {
	stands, err := setup.Stands(ctx, p.Store)
	if err != nil || !stands.Left {
		return nil, err
	}
	return &views.SetupMark{Done: stands.Done, Of: stands.Of}, nil
}

// leading makes a handler of the integration, where it finds nothing on a panel that is not set up so far, say which step is missing.
func (p startPages) leading(serve func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := serve(w, r)
		if err == nil {
			return nil
		}
		if status := web.AsError(err).Status; status != http.StatusNotFound && status != http.StatusUnprocessableEntity {
			return err
		}
		signs, failure := store.SetupIn(p.Store).Signs(r.Context())
		switch {
		case failure != nil:
			return err
		case !signs.Connected:
			return problem.ErrNotConnected // not being found is what comes of it
		case !signs.Imported:
			return errNotImported
		}
		return err
	}
}

// errNotImported is the answer about companies while none are imported.
var errNotImported = &web.Error{
	Status: http.StatusConflict, Message: "First import companies.",
	Why: "This is about companies and agreements of ConnectWise PSA, and none are imported yet.",
	Do:  "Step 4 of setting up imports them.", Action: "Import companies", ActionPath: views.StartImportPath,
}

// nextOf is the page of ours to which a form leads that says so in its field or address "next", or else the usual one.
func (s *server) nextOf(values url.Values, usual string) string {
	next := values.Get("next")
	if next == "" {
		return usual
	}
	return s.web.LocalPage(next)
}
