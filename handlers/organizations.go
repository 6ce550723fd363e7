package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"seatbridge/billing/connect"
	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const organizationsPage = 50

// organizationQuery is the address of the list, understood.
type organizationQuery struct {
	web.ListQuery
	filter store.OrganizationFilter
}

func parseOrganizationQuery(r *http.Request) organizationQuery {
	q := organizationQuery{ListQuery: web.ParseListQuery(r.URL.Query(), "name", "plan", "license", "status", "seats", "company")}
	q.filter = store.OrganizationFilter{
		Search:  q.Search,
		Plan:    web.OneOf(q.Values.Get("plan"), store.Plans()...),
		License: web.OneOf(q.Values.Get("license"), store.Standard, store.Trial, store.NFR),
		Status:  web.OneOf(q.Values.Get("status"), store.OrganizationActive, store.OrganizationSuspended, store.OrganizationDeleted),
		Mapping: web.OneOf(q.Values.Get("mapping"), store.Mapped, store.Unmapped),
		Sort:    q.Sort, Desc: q.Desc,
	}
	return q
}

func (s *server) listOrganizations(w http.ResponseWriter, r *http.Request) error {
	q := parseOrganizationQuery(r)
	list, err := s.organizationsWithSeats(r.Context(), &q)
	if err != nil {
		return err
	}
	page := views.OrganizationsPage{
		Query: q.Search, Plan: string(q.filter.Plan), License: string(q.filter.License),
		Status: string(q.filter.Status), Mapping: q.filter.Mapping,
		Sort:    q.Order(views.OrganizationsPath, "name", "plan", "license", "status", "seats", "company"),
		Pager:   q.Pager(views.OrganizationsPath, organizationsPage, len(list.rows), list.total),
		Any:     list.total > 0,
		CanEdit: true,
	}
	for _, row := range list.rows {
		page.Rows = append(page.Rows, organizationRow(row, list.usage[row.ID]))
	}
	if err := (bookPages{s}).ended(r, list.rows, page.Rows); err != nil {
		return err
	}
	if err := s.completeOrganizations(r, &page); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionOrganizations, Title: "Organizations",
		Part:  views.OrganizationsList(page),
		Whole: func(l views.Layout) templ.Component { return views.Organizations(l, page) },
	})
}

// completeOrganizations adds what depends on more than the list.
func (s *server) completeOrganizations(r *http.Request, page *views.OrganizationsPage) error {
	if !page.Any {
		_, all, err := s.Store.Organizations(r.Context(), store.OrganizationFilter{Status: store.OrganizationAny, Limit: 1})
		if err != nil {
			return err
		}
		page.Any = all > 0
	}
	if web.AccessOf(web.VisitorOf(r).Role) < web.Admin {
		return nil
	}
	page.CSV = web.WithQuery(views.OrganizationsCSVPath, r.URL.Query(), "page", "")
	page.Manages, page.Ended = true, string(store.MonthOf(s.Now()).Add(-1))
	connection, err := s.Billing.Connection.Current(r.Context())
	page.CanImport, page.LastImport = connection.State == connect.Active, connection.LastImportAt
	return err
}

// organizationList is one page of the list, with the billable seats by organization.
type organizationList struct {
	rows  []store.OrganizationRow
	total int
	usage map[int64]seats.Usage
}

// organizationsWithSeats loads one page with its billable seats of the current
// month. Ordered by seats or company, which the database does not know, the
// whole list is read and ordered here.
func (s *server) organizationsWithSeats(ctx context.Context, q *organizationQuery) (list organizationList, err error) {
	period := seats.ToDate(s.Now())
	if q.Sort == "seats" || q.Sort == "company" {
		return s.organizationsOrderedHere(ctx, q, period)
	}
	list.rows, list.total, err = web.Load(&q.ListQuery, organizationsPage, func(limit, offset int) ([]store.OrganizationRow, int, error) {
		q.filter.Limit, q.filter.Offset = limit, offset
		return s.Store.Organizations(ctx, q.filter)
	})
	if err != nil || len(list.rows) == 0 {
		return list, err
	}
	ids := make([]int64, len(list.rows))
	for i, row := range list.rows {
		ids[i] = row.ID
	}
	list.usage, err = s.Billing.Figures.Usage(ctx, period, ids)
	return list, err
}

func (s *server) organizationsOrderedHere(
	ctx context.Context, q *organizationQuery, period seats.Period,
) (list organizationList, err error) {
	filter := q.filter
	filter.Sort, filter.Desc = "name", false
	rows, _, err := s.Store.Organizations(ctx, filter)
	if err != nil {
		return list, err
	}
	if list.usage, err = s.Billing.Figures.All(ctx, period); err != nil {
		return list, err
	}
	order := func(a, b store.OrganizationRow) int { return cmp.Compare(store.Fold(a.Company), store.Fold(b.Company)) }
	if q.Sort == "seats" {
		order = func(a, b store.OrganizationRow) int {
			return cmp.Compare(knownSeats(list.usage[a.ID]), knownSeats(list.usage[b.ID]))
		}
	}
	sortRows(rows, q.Desc, order)
	list.rows, list.total, err = web.Load(&q.ListQuery, organizationsPage, web.SlicePage(rows))
	return list, err
}

// knownSeats orders what is unknown before zero.
func knownSeats(u seats.Usage) int {
	billable, ok := u.Seats()
	if !ok {
		return -1
	}
	return billable
}

// sortRows keeps the order by name among equals, also when it is turned round.
func sortRows[T any](rows []T, desc bool, order func(a, b T) int) {
	if desc {
		slices.SortStableFunc(rows, func(a, b T) int { return order(b, a) })
	} else {
		slices.SortStableFunc(rows, order)
	}
}

func organizationRow(row store.OrganizationRow, u seats.Usage) views.OrganizationRow {
	billable, known := u.Seats()
	return views.OrganizationRow{
		ID: row.ID, Name: row.Name, Plan: string(row.Plan), License: string(row.License), TrialEnds: row.TrialEndsAt,
		Status: string(row.Status()), Managed: row.Managed, Seats: billable, SeatsKnown: known,
		Company: row.Company, Agreement: row.Agreement,
	}
}

// The form.

// parseOrganization reads the form of an organization; an unknown choice is none.
func parseOrganization(r *http.Request) (organizations.Profile, error) {
	if err := web.ParseForm(r); err != nil {
		return organizations.Profile{}, err
	}
	return organizations.Profile{
		Name:       web.Clean(r.PostForm.Get("name")),
		License:    web.OneOf(r.PostForm.Get("license"), store.Standard, store.Trial, store.NFR),
		Plan:       web.OneOf(r.PostForm.Get("plan"), store.Plans()...),
		Managed:    web.Checked(r.PostForm, "managed"),
		ExternalID: web.Clean(r.PostForm.Get("external_id")),
	}, nil
}

// organizationForm is the form as it was sent, with what is wrong.
func organizationForm(action string, o organizations.Profile, p problem.Fields) views.OrganizationForm {
	return views.OrganizationForm{
		Action: action, Name: o.Name, License: string(o.License), Plan: string(o.Plan), Managed: o.Managed,
		ExternalID: o.ExternalID, Problems: views.Problems(p),
	}
}

// newOrganization is the empty form; ?company names the ConnectWise company
// whose row of the mapping table it is for.
func (s *server) newOrganization(w http.ResponseWriter, r *http.Request) error {
	form := organizations.Profile{License: store.Standard, Plan: store.Business, Managed: true}
	id := web.FormID(r.URL.Query().Get("company"), 32)
	if id != 0 && web.AccessOf(web.VisitorOf(r).Role) >= web.Admin {
		company, err := s.Store.Company(r.Context(), int(id))
		if err != nil {
			return err
		}
		form.Name = company.Name
		return s.renderNewOrganization(w, r, http.StatusOK, companyOrganizationForm(company, form, nil))
	}
	return s.renderNewOrganization(w, r, http.StatusOK, newOrganizationForm(form, nil))
}

func newOrganizationForm(o organizations.Profile, p problem.Fields) views.OrganizationForm {
	form := organizationForm(views.OrganizationsPath, o, p)
	form.Cancel, form.Life = views.OrganizationsPath, newLifeForm()
	return form
}

// companyOrganizationForm is the form of an organization for a ConnectWise company.
func companyOrganizationForm(company store.Company, o organizations.Profile, p problem.Fields) views.OrganizationForm {
	form := organizationForm(views.AddCompanyOrganizationPath(int64(company.ID)), o, p)
	form.CompanyName, form.Cancel, form.Life = company.Name, views.CompaniesPath, newLifeForm()
	return form
}

// renderNewOrganization is the dialog, or the page, in which an organization is added.
func (s *server) renderNewOrganization(w http.ResponseWriter, r *http.Request, status int, form views.OrganizationForm) error {
	section := views.SectionOrganizations
	if form.CompanyName != "" {
		section = views.SectionIntegrations
	}
	return s.web.Answer(w, r, web.Page{
		Section: section, Title: "Add organization", Status: status,
		Part:  views.AddOrganizationDialog(form),
		Whole: func(l views.Layout) templ.Component { return views.AddOrganization(l, form) },
	})
}

func (s *server) createOrganization(w http.ResponseWriter, r *http.Request) error {
	added, sent, err := lifePages{s}.add(r, false)
	if err != nil {
		return err
	}
	if len(sent.problems) == 0 {
		return s.web.Done(w, r, views.OrganizationPath(added.ID), added.Name+" was added.")
	}
	form := newOrganizationForm(sent.profile, sent.problems)
	form.Life = sent.lifeForm()
	return s.renderNewOrganization(w, r, http.StatusUnprocessableEntity, form)
}

func quote(name string) string { return "“" + name + "”" }

// One organization.

func (s *server) organization(r *http.Request) (store.Organization, error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return store.Organization{}, err
	}
	return s.Store.Organization(r.Context(), id)
}

func (s *server) showOrganization(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	return s.renderOrganization(w, r, o, organizationForms{})
}

func editForm(o store.Organization) views.OrganizationForm {
	form := organizationForm(views.OrganizationPath(o.ID), organizations.ProfileOf(o), nil)
	form.Edit = true
	return form
}

func (s *server) updateOrganization(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	form, err := parseOrganization(r)
	if err != nil {
		return err
	}
	_, err = s.Billing.Organizations.Edit(r.Context(), s.web.Actor(r), id, func(p *organizations.Profile) { *p = form })
	if err == nil {
		return s.web.Done(w, r, views.OrganizationPath(id), "Saved.")
	}
	problems, err := web.ProblemsIn(err)
	if err != nil {
		return err
	}
	view := organizationForm(views.OrganizationPath(id), form, problems)
	view.Edit = true
	return s.rejectEdit(w, r, id, view)
}

// rejectEdit shows the form for an edit again, with what is wrong.
func (s *server) rejectEdit(w http.ResponseWriter, r *http.Request, id int64, form views.OrganizationForm) error {
	if web.IsPart(r) {
		return s.web.Render(w, r, http.StatusUnprocessableEntity, views.OrganizationEdit(form))
	}
	o, err := s.Store.Organization(r.Context(), id)
	if err != nil {
		return err
	}
	return s.renderOrganization(w, r, o, organizationForms{status: http.StatusUnprocessableEntity, edit: &form})
}

// organizationChange is what one of an organization's buttons does; done is
// false where there was nothing to do.
type organizationChange func(ctx context.Context, who problem.Actor, id int64) (o store.Organization, done bool, err error)

// changeOrganization is one of the buttons. A deleted organization's page stays, so that the month's figure can still be read.
func (s *server) changeOrganization(verb string, change organizationChange) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		o, done, err := change(r.Context(), s.web.Actor(r), id)
		if err != nil {
			return err
		}
		message := verb + " " + o.Name + "."
		if !done {
			message = o.Name + " is " + string(o.Status()) + " already."
		}
		return s.web.Finish(w, r, web.Outcome{Message: message, Path: views.OrganizationPath(o.ID), Part: func() (templ.Component, error) {
			return s.organizationTableRow(r, o.ID)
		}})
	}
}

// organizationTableRow is one line of the list.
func (s *server) organizationTableRow(r *http.Request, id int64) (templ.Component, error) {
	ctx := r.Context()
	rows, _, err := s.Store.Organizations(ctx, store.OrganizationFilter{IDs: []int64{id}, Status: store.OrganizationAny})
	if err != nil {
		return nil, err
	}
	usage, err := s.Billing.Figures.Usage(ctx, seats.ToDate(s.Now()), []int64{id})
	if err != nil {
		return nil, err
	}
	shown := []views.OrganizationRow{organizationRow(rows[0], usage[id])}
	err = bookPages{s}.ended(r, rows, shown)
	return views.OrganizationTableRow(shown[0], true), err
}

// organizationForms is what was sent from an organization's page and is shown
// on it again. Nothing was sent: its zero value.
type organizationForms struct {
	status    int // 0: 200
	edit      *views.OrganizationForm
	add       views.SeatForm
	notice    *views.Notice // beside the members
	explained *views.Explanation
	life      *views.LifeForm
}

// renderOrganization sends the organization's page, or its members alone.
func (s *server) renderOrganization(w http.ResponseWriter, r *http.Request, o store.Organization, sent organizationForms) error {
	members, err := s.seatList(r, o, sent.add, sent.notice)
	if err != nil {
		return err
	}
	if sent.explained == nil && web.IsPart(r) {
		return s.web.Part(w, r, cmp.Or(sent.status, http.StatusOK), views.SeatTable(members))
	}
	page, err := s.organizationPage(r, o, sent)
	if err != nil {
		return err
	}
	page.Seats = members
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionOrganizations, Title: o.Name, Status: sent.status,
		Whole: func(l views.Layout) templ.Component { return views.Organization(l, page) },
	})
}

// organizationPage is the page but for its members.
func (s *server) organizationPage(r *http.Request, o store.Organization, sent organizationForms) (page views.OrganizationPage, err error) {
	page = views.OrganizationPage{
		ID: o.ID, Name: o.Name, Plan: string(o.Plan), License: string(o.License), Status: string(o.Status()), Managed: o.Managed,
		ExternalID: o.ExternalID, TrialEnds: o.TrialEndsAt, Suspended: o.SuspendedAt, Deleted: o.DeletedAt,
		Form: editForm(o), CanEdit: o.DeletedAt.IsZero(), CanSync: web.AccessOf(web.VisitorOf(r).Role) >= web.Admin,
	}
	if sent.edit != nil {
		page.Form = *sent.edit
	}
	if sent.explained != nil {
		page.Explained = *sent.explained
	} else if page.Explained, err = s.explanation(r, o, explainValues(r.URL.Query()), nil); err != nil {
		return page, err
	}
	if err := s.organizationFacts(r.Context(), o, &page); err != nil {
		return page, err
	}
	if sent.life != nil {
		page.Life.Form = sent.life
	}
	return page, s.organizationFigures(r.Context(), o, &page)
}

const historyMonths = 12

func (s *server) organizationFigures(ctx context.Context, o store.Organization, page *views.OrganizationPage) error {
	history, err := s.Billing.Figures.History(ctx, o.ID, historyMonths)
	if err != nil {
		return err
	}
	for _, u := range history {
		page.Months = append(page.Months, seatMonth(u))
	}
	if !page.CanSync {
		return nil
	}
	return bookPages{s}.organization(ctx, o, history[len(history)-1], page)
}

func seatMonth(u seats.Usage) views.SeatMonth {
	billable, known := u.Seats()
	m := views.SeatMonth{Month: string(u.Period.Month), Known: known, Blank: !known && u.Before}
	switch {
	case !known:
	case u.Plan == store.Enterprise:
		m.Enterprise = billable
	default:
		m.Business = billable
	}
	return m
}

// organizationFacts adds the life and the mapping.
func (s *server) organizationFacts(ctx context.Context, o store.Organization, page *views.OrganizationPage) (err error) {
	if page.Life, err = (lifePages{s}).life(ctx, o, page.CanSync); err != nil {
		return err
	}
	if page.CanSync {
		if page.History, err = s.latestOf(ctx, o.ID); err != nil {
			return err
		}
	}
	mapping, err := s.Store.Mapping(ctx, o.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	company, err := s.Store.Company(ctx, mapping.CompanyID)
	if err != nil {
		return err
	}
	agreement, err := s.Store.Agreement(ctx, mapping.AgreementID)
	if err != nil {
		return err
	}
	page.Mapping = &views.OrganizationMapping{
		SyncMonth: soFar(s.Now()),
		ID:        int64(agreement.ID), Company: company.Name, Agreement: agreement.Name, Status: agreement.Status,
		Since: mapping.CreatedAt, By: mapping.CreatedBy, URL: web.WithQuery(views.CompaniesPath, nil, "q", company.Name),
	}
	return nil
}
