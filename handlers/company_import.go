package handlers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/views"
)

func (s *server) showImport(w http.ResponseWriter, r *http.Request) error {
	page, err := s.importPage(r, nil, nil)
	if err != nil {
		return err
	}
	return s.renderImport(w, r, http.StatusOK, page)
}

// importPage is the choice of what to import. chosen, when not nil, is what
// was just sent; otherwise the last import's choice is offered.
func (s *server) importPage(r *http.Request, chosen *importForm, problems problem.Fields) (views.ImportPage, error) {
	page := views.ImportPage{}
	connection, err := s.Billing.Connection.Current(r.Context())
	if err != nil {
		return page, err
	}
	page.LastImport = connection.LastImportAt
	if page.Imported, _, err = s.Store.CompanyCounts(r.Context()); err != nil {
		return page, err
	}
	page.Progress = importView(s.Billing.Mapping.ImportProgress(), s.Now())
	page.Problems = views.Problems(problems)
	if page.Progress != nil && page.Progress.State == "running" {
		return page, nil // the choice is made; no need to ask ConnectWise for it
	}
	types, statuses, err := s.Billing.Mapping.FilterOptions(r.Context())
	if err != nil {
		if page.Notice, err = refusal(problems, err); err != nil {
			return page, err
		}
		return page, nil
	}
	page.Types, page.Statuses = filterOptions(types), filterOptions(statuses)
	if chosen != nil {
		selectOnly(page.Types, chosen.Types)
		selectOnly(page.Statuses, chosen.Statuses)
	}
	return page, nil
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

func (s *server) renderImport(w http.ResponseWriter, r *http.Request, status int, page views.ImportPage) error {
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Import companies", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Import(l, page) },
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

// countImport says how many companies the present choice imports and leaves out.
func (s *server) countImport(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	types, statuses := web.Ints(web.FormIDs(values["type"], 32)), web.Ints(web.FormIDs(values["status"], 32))
	companies, left, err := s.Billing.Mapping.CountImport(r.Context(), types, statuses)
	if err != nil {
		if _, err := refusal(problem.Fields{}, err); err != nil {
			return err
		}
		return s.web.Part(w, r, http.StatusOK, views.ImportCount(views.ImportSize{}))
	}
	size := views.ImportSize{Known: len(types) > 0 && len(statuses) > 0, Companies: companies, Deleted: left.Deleted, Vendors: left.Vendors}
	return s.web.Part(w, r, http.StatusOK, views.ImportCount(size))
}

// importForm is the choice of company types and statuses, by ConnectWise's ids.
type importForm struct {
	Types, Statuses []int64
}

func parseImport(r *http.Request) (importForm, error) {
	if err := web.ParseForm(r); err != nil {
		return importForm{}, err
	}
	return importForm{Types: web.FormIDs(r.PostForm["type"], 32), Statuses: web.FormIDs(r.PostForm["status"], 32)}, nil
}

func (s *server) startImport(w http.ResponseWriter, r *http.Request) error {
	form, err := parseImport(r)
	if err != nil {
		return err
	}
	failure := s.Billing.Mapping.StartImport(r.Context(), s.web.Actor(r), web.Ints(form.Types), web.Ints(form.Statuses))
	if failure == nil {
		return web.SeeOther(w, r, views.CompanyImportPath)
	}
	problems := problem.Fields{}
	notice, err := refusal(problems, failure)
	if err != nil {
		return err
	}
	page, err := s.importPage(r, &form, problems)
	if err != nil {
		return err
	}
	if notice != nil {
		page.Notice = notice
	}
	return s.renderImport(w, r, http.StatusUnprocessableEntity, page)
}

// importProgress is polled while an import runs. The whole page is for
// browsers that reload it.
func (s *server) importProgress(w http.ResponseWriter, r *http.Request) error {
	progress := importView(s.Billing.Mapping.ImportProgress(), s.Now())
	if !web.IsPart(r) || progress == nil {
		return web.Leave(w, r, views.CompanyImportPath)
	}
	return s.web.Render(w, r, http.StatusOK, views.ImportStatus(progress))
}

func (s *server) cancelImport(w http.ResponseWriter, r *http.Request) error {
	s.Billing.Mapping.CancelImport()
	return s.web.Done(w, r, views.CompanyImportPath, "The import is being cancelled.")
}

// importView is the import that runs or was the last one, nil before the first.
func importView(p mapping.ImportProgress, now time.Time) *views.ImportProgress {
	if p.StartedAt.IsZero() {
		return nil
	}
	view := &views.ImportProgress{
		State: importState(p), Step: p.Phase, Done: p.Done, Total: p.Total, Started: p.StartedAt, Notice: problemNotice(p.Problem),
		Deleted: p.LeftOut.Deleted, Vendors: p.LeftOut.Vendors,
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

func importState(p mapping.ImportProgress) string {
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
