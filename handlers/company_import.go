package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/views"
)

func (s *server) showCompanyImport(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	page, status, err := s.companyImportPage(r, nil, nil)
	if err != nil {
		return err
	}
	return s.renderCompanyImport(w, r, status, page)
}

// companyImportPage is the choice of what to import, and the status that its answer has. chosen, when not nil, is what
// was just sent; otherwise the last import's choice is offered.
func (s *server) companyImportPage(
	r *http.Request, chosen *companyImportForm, problems problem.Fields,
) (page views.CompanyImportPage, status int, err error) {
	page.Next = s.nextOf(r.Form, "")
	connection, err := s.Billing.Connection.Current(r.Context())
	if err != nil {
		return page, 0, err
	}
	page.LastImport = connection.LastImportAt
	if page.Imported, _, err = s.Store.CompanyCounts(r.Context()); err != nil {
		return page, 0, err
	}
	page.Progress = companyImportView(s.Billing.Mapping.CompanyImportProgress(), s.Now())
	page.Problems = views.Problems(problems)
	if page.Progress != nil && page.Progress.State == "running" {
		return page, http.StatusOK, nil // the choice is made; no need to ask ConnectWise for it
	}
	types, statuses, failure := s.Billing.Mapping.FilterOptions(r.Context())
	if failure != nil {
		page.Notice, err = refusal(problems, failure)
		return page, web.StatusOf(failure, http.StatusOK), err
	}
	page.Types, page.Statuses = filterOptions(types), filterOptions(statuses)
	if chosen != nil {
		selectOnly(page.Types, chosen.Types)
		selectOnly(page.Statuses, chosen.Statuses)
	}
	return page, http.StatusOK, nil
}

func filterOptions(all []mapping.Option) []views.Option {
	options := make([]views.Option, len(all))
	for i, o := range all {
		options[i] = views.Option{
			Value: strconv.Itoa(o.ID), Label: o.Name, Selected: o.Selected && !o.Vendor, Disabled: o.Vendor,
		}
	}
	return options
}

func selectOnly(options []views.Option, chosen []int64) {
	for i := range options {
		options[i].Selected = false
		for _, id := range chosen {
			if options[i].Value == strconv.FormatInt(id, 10) {
				options[i].Selected = true
			}
		}
	}
}

func (s *server) renderCompanyImport(w http.ResponseWriter, r *http.Request, status int, page views.CompanyImportPage) error {
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Import companies", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.CompanyImport(l, page) },
	})
}

// countOptions adds the number of companies to each type and status. It is
// asked for by the page once that is shown: it can take a while.
func (s *server) countOptions(w http.ResponseWriter, r *http.Request) error {
	types, statuses, err := s.Billing.Mapping.OptionCounts(r.Context())
	if err != nil {
		if _, err := refusal(problem.Fields{}, err); err != nil {
			return err
		}
	}
	return s.web.Part(w, r, http.StatusOK, views.OptionCounts(types, statuses))
}

// importTypes are the chosen company types: 0 is that of companies without any.
func importTypes(values []string) []int64 {
	types := web.FormIDs(values, 32)
	if slices.Contains(values, strconv.Itoa(mapping.NoType)) {
		types = append(types, mapping.NoType)
	}
	return types
}

// countCompanyImport says how many companies the present choice imports and leaves out.
func (s *server) countCompanyImport(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	types, statuses := web.Ints(importTypes(values["type"])), web.Ints(web.FormIDs(values["status"], 32))
	companies, left, err := s.Billing.Mapping.CountCompanyImport(r.Context(), types, statuses)
	if err != nil {
		if _, err := refusal(problem.Fields{}, err); err != nil {
			return err
		}
		return s.web.Part(w, r, http.StatusOK, views.CompanyImportCount(views.CompanyImportSize{}))
	}
	size := views.CompanyImportSize{
		Known: len(types) > 0 && len(statuses) > 0, Companies: companies, Deleted: left.Deleted, Vendors: left.Vendors, Untyped: left.Untyped,
	}
	return s.web.Part(w, r, http.StatusOK, views.CompanyImportCount(size))
}

// companyImportForm is the choice of company types and statuses, by ConnectWise's ids.
type companyImportForm struct {
	Types, Statuses []int64
}

func parseCompanyImport(r *http.Request) (companyImportForm, error) {
	if err := web.ParseForm(r); err != nil {
		return companyImportForm{}, err
	}
	return companyImportForm{Types: importTypes(r.PostForm["type"]), Statuses: web.FormIDs(r.PostForm["status"], 32)}, nil
}

func (s *server) startCompanyImport(w http.ResponseWriter, r *http.Request) error {
	form, err := parseCompanyImport(r)
	if err != nil {
		return err
	}
	failure := s.Billing.Mapping.StartCompanyImport(r.Context(), s.web.Actor(r), web.Ints(form.Types), web.Ints(form.Statuses))
	if failure == nil {
		return web.SeeOther(w, r, views.WithNext(views.CompanyImportPath, s.nextOf(r.PostForm, "")))
	}
	problems := problem.Fields{}
	notice, err := refusal(problems, failure)
	if err != nil {
		return err
	}
	page, _, err := s.companyImportPage(r, &form, problems)
	if err != nil {
		return err
	}
	if notice != nil {
		page.Notice = notice
	}
	return s.renderCompanyImport(w, r, web.StatusOf(failure, http.StatusUnprocessableEntity), page)
}

// companyImportProgress is polled while an import runs. The whole page is for
// browsers that reload it.
func (s *server) companyImportProgress(w http.ResponseWriter, r *http.Request) error {
	progress := companyImportView(s.Billing.Mapping.CompanyImportProgress(), s.Now())
	next := s.nextOf(r.URL.Query(), "")
	if !web.IsPart(r) || progress == nil {
		return web.Leave(w, r, views.WithNext(views.CompanyImportPath, next))
	}
	return s.web.Render(w, r, http.StatusOK, views.CompanyImportStatus(progress, next))
}

func (s *server) cancelCompanyImport(w http.ResponseWriter, r *http.Request) error {
	s.Billing.Mapping.CancelCompanyImport()
	return s.web.Done(w, r, views.CompanyImportPath, "The import is being cancelled.")
}

// companyImportView is the import that runs or was the last one, nil before the first.
func companyImportView(p mapping.CompanyImportProgress, now time.Time) *views.CompanyImportProgress {
	if p.StartedAt.IsZero() {
		return nil
	}
	view := &views.CompanyImportProgress{
		State: companyImportState(p), Step: p.Phase, Done: p.Done, Total: p.Total, Started: p.StartedAt, Notice: problemNotice(p.Problem),
		Deleted: p.LeftOut.Deleted, Vendors: p.LeftOut.Vendors, Untyped: p.LeftOut.Untyped,
	}
	end := p.EndedAt
	if end.IsZero() {
		end = now
	}
	view.PerSecond = perSecond(p.Done, end.Sub(p.StartedAt))
	if result := p.Result; result != nil {
		view.Companies, view.Agreements = result.Companies, result.Agreements
		view.New, view.Renamed, view.Gone = result.NewCompanies, result.RenamedCompanies, result.GoneCompanies
		view.NewNames, view.GoneNames, view.MappedGone = result.New, result.Gone, result.Mapped
		for _, rename := range result.Renamed {
			view.Renames = append(view.Renames, rename.From+" → "+rename.To)
		}
	}
	return view
}

func companyImportState(p mapping.CompanyImportProgress) string {
	switch {
	case p.Running:
		return "running"
	case p.Cancelled:
		return "cancelled"
	case !p.Problem.Zero():
		return "failed"
	}
	return "done"
}

// perSecond is a rate, 0 while too little time has passed to tell.
func perSecond(done int, took time.Duration) float64 {
	if took < time.Second {
		return 0
	}
	return float64(done) / took.Seconds()
}
