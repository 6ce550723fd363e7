package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"seatbridge/billing"
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
	rows, total, usage, err := s.organizationsWithSeats(r.Context(), &q)
	if err != nil {
		return err
	}
	page := views.OrganizationsPage{
		Query: q.Search, Plan: string(q.filter.Plan), License: string(q.filter.License), Status: string(q.filter.Status), Mapping: q.filter.Mapping,
		Sort:    q.Order(views.OrganizationsPath, "name", "plan", "license", "status", "seats", "company"),
		Pager:   q.Pager(views.OrganizationsPath, organizationsPage, len(rows), total),
		Any:     total > 0,
		CanEdit: true,
	}
	for _, row := range rows {
		page.Rows = append(page.Rows, organizationRow(row, usage[row.ID]))
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
	page.Manages = true
	connection, err := s.Bridge.Connection(r.Context())
	page.CanImport, page.LastImport = connection.State == billing.Active, connection.LastImportAt
	return err
}

// organizationsWithSeats loads one page with its billable seats of the current
// month. Ordered by seats or company, which the database does not know, the
// whole list is read and ordered here.
func (s *server) organizationsWithSeats(ctx context.Context, q *organizationQuery) ([]store.OrganizationRow, int, map[int64]seats.Usage, error) {
	period := seats.ToDate(s.Now())
	if q.Sort == "seats" || q.Sort == "company" {
		return s.organizationsOrderedHere(ctx, q, period)
	}
	rows, total, err := web.Load(&q.ListQuery, organizationsPage, func(limit, offset int) ([]store.OrganizationRow, int, error) {
		q.filter.Limit, q.filter.Offset = limit, offset
		return s.Store.Organizations(ctx, q.filter)
	})
	if err != nil || len(rows) == 0 {
		return rows, total, nil, err
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	usage, err := s.Bridge.Usage(ctx, period, ids)
	return rows, total, usage, err
}

func (s *server) organizationsOrderedHere(ctx context.Context, q *organizationQuery, period seats.Period) ([]store.OrganizationRow, int, map[int64]seats.Usage, error) {
	filter := q.filter
	filter.Sort, filter.Desc = "name", false
	rows, _, err := s.Store.Organizations(ctx, filter)
	if err != nil {
		return nil, 0, nil, err
	}
	usage, err := s.Bridge.Figures(ctx, period)
	if err != nil {
		return nil, 0, nil, err
	}
	order := func(a, b store.OrganizationRow) int { return cmp.Compare(store.Fold(a.Company), store.Fold(b.Company)) }
	if q.Sort == "seats" {
		order = func(a, b store.OrganizationRow) int {
			return cmp.Compare(knownSeats(usage[a.ID]), knownSeats(usage[b.ID]))
		}
	}
	sortRows(rows, q.Desc, order)
	page, total, err := web.Load(&q.ListQuery, organizationsPage, web.SlicePage(rows))
	return page, total, usage, err
}

// knownSeats orders what is unknown before zero.
func knownSeats(u seats.Usage) int {
	if !u.Known {
		return -1
	}
	return u.Seats
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
	return views.OrganizationRow{
		ID: row.ID, Name: row.Name, Plan: string(row.Plan), License: string(row.License), TrialEnds: row.TrialEndsAt,
		Status: string(row.Status()), Managed: row.Managed, Seats: u.Seats, SeatsKnown: u.Known,
		Company: row.Company, Agreement: row.Agreement,
	}
}

// The form.

// parseOrganization reads the form of an organization; an unknown choice is none.
func parseOrganization(r *http.Request) (billing.Profile, error) {
	if err := web.ParseForm(r); err != nil {
		return billing.Profile{}, err
	}
	return billing.Profile{
		Name:       web.Clean(r.PostForm.Get("name")),
		License:    web.OneOf(r.PostForm.Get("license"), store.Standard, store.Trial, store.NFR),
		Plan:       web.OneOf(r.PostForm.Get("plan"), store.Plans()...),
		Managed:    web.Checked(r.PostForm, "managed"),
		ExternalID: web.Clean(r.PostForm.Get("external_id")),
	}, nil
}

// organizationForm is the form as it was sent, with what is wrong.
func organizationForm(action string, o billing.Profile, p problem.Fields) views.OrganizationForm {
	return views.OrganizationForm{
		Action: action, Name: o.Name, License: string(o.License), Plan: string(o.Plan), Managed: o.Managed,
		ExternalID: o.ExternalID, Problems: views.Problems(p),
	}
}

// newOrganization is the empty form; ?company names the ConnectWise company
// whose row of the mapping table it is for.
func (s *server) newOrganization(w http.ResponseWriter, r *http.Request) error {
	form := billing.Profile{License: store.Standard, Plan: store.Business, Managed: true}
	id := web.FormID(r.URL.Query().Get("company"), 32)
	if id != 0 && web.AccessOf(web.VisitorOf(r).Role) >= web.Admin {
		company, err := s.Store.Company(r.Context(), int(id))
		if err != nil {
			return err
		}
		form.Name = company.Name
		return s.renderCompanyOrganization(w, r, http.StatusOK, company, form, nil)
	}
	return s.renderNewOrganization(w, r, http.StatusOK, organizationForm(views.OrganizationsPath, form, nil))
}

func (s *server) renderNewOrganization(w http.ResponseWriter, r *http.Request, status int, form views.OrganizationForm) error {
	form.Cancel = views.OrganizationsPath
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionOrganizations, Title: "Add organization", Status: status,
		Part:  views.AddOrganizationDialog(form),
		Whole: func(l views.Layout) templ.Component { return views.AddOrganization(l, form) },
	})
}

func (s *server) createOrganization(w http.ResponseWriter, r *http.Request) error {
	form, err := parseOrganization(r)
	if err != nil {
		return err
	}
	added, err := s.Bridge.Organizations.Add(r.Context(), s.web.Actor(r), form)
	if err == nil {
		return s.web.Done(w, r, views.OrganizationPath(added.ID), added.Name+" was added.")
	}
	problems, err := web.ProblemsIn(err)
	if err != nil {
		return err
	}
	return s.renderNewOrganization(w, r, http.StatusUnprocessableEntity, organizationForm(views.OrganizationsPath, form, problems))
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
	return s.renderOrganization(w, r, http.StatusOK, o, editForm(o), views.SeatForm{}, nil)
}

func editForm(o store.Organization) views.OrganizationForm {
	form := organizationForm(views.OrganizationPath(o.ID), billing.ProfileOf(o), nil)
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
	_, err = s.Bridge.Organizations.Edit(r.Context(), s.web.Actor(r), id, func(p *billing.Profile) { *p = form })
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
	return s.renderOrganization(w, r, http.StatusUnprocessableEntity, o, form, views.SeatForm{}, nil)
}

func (s *server) suspendOrganization(w http.ResponseWriter, r *http.Request) error {
	return s.changeOrganization(w, r, "Suspended", s.Bridge.Organizations.Suspend)
}

func (s *server) reactivateOrganization(w http.ResponseWriter, r *http.Request) error {
	return s.changeOrganization(w, r, "Reactivated", s.Bridge.Organizations.Reactivate)
}

// deleteOrganization ends billing with this month; the page stays, so that the
// month's figure can still be read.
func (s *server) deleteOrganization(w http.ResponseWriter, r *http.Request) error {
	return s.changeOrganization(w, r, "Deleted", s.Bridge.Organizations.Delete)
}

// organizationChange is what one of an organization's buttons does; done is
// false where there was nothing to do.
type organizationChange func(ctx context.Context, who problem.Actor, id int64) (o store.Organization, done bool, err error)

// changeOrganization carries out one of the buttons.
func (s *server) changeOrganization(w http.ResponseWriter, r *http.Request, verb string, change organizationChange) error {
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
	if !web.IsPart(r) {
		return s.web.Done(w, r, views.OrganizationPath(o.ID), message)
	}
	return s.renderOrganizationRow(w, r, o.ID, message)
}

// renderOrganizationRow sends one line of the list, with a message.
func (s *server) renderOrganizationRow(w http.ResponseWriter, r *http.Request, id int64, message string) error {
	rows, _, err := s.Store.Organizations(r.Context(), store.OrganizationFilter{IDs: []int64{id}, Status: store.OrganizationAny})
	if err != nil {
		return err
	}
	usage, err := s.Bridge.Usage(r.Context(), seats.ToDate(s.Now()), []int64{id})
	if err != nil {
		return err
	}
	row := organizationRow(rows[0], usage[id])
	return s.web.Render(w, r, http.StatusOK, templ.Join(views.OrganizationTableRow(row, true), web.Success(message)))
}

// renderOrganization sends the organization's page, or its seats alone.
func (s *server) renderOrganization(w http.ResponseWriter, r *http.Request, status int, o store.Organization, form views.OrganizationForm, add views.SeatForm, notice *views.Notice) error {
	seats, err := s.seatList(r, o, add, notice)
	if err != nil {
		return err
	}
	if web.IsPart(r) {
		return s.web.Part(w, r, status, views.SeatTable(seats))
	}
	explanation, err := s.explanation(r, o, explainValues(r.URL.Query()), nil)
	if err != nil {
		return err
	}
	return s.renderOrganizationPage(w, r, status, o, form, seats, explanation)
}

// renderOrganizationWith is the organization's page with an explanation that has something to say.
func (s *server) renderOrganizationWith(w http.ResponseWriter, r *http.Request, status int, o store.Organization, explanation views.Explanation) error {
	seats, err := s.seatList(r, o, views.SeatForm{}, nil)
	if err != nil {
		return err
	}
	return s.renderOrganizationPage(w, r, status, o, editForm(o), seats, explanation)
}

func (s *server) renderOrganizationPage(w http.ResponseWriter, r *http.Request, status int, o store.Organization, form views.OrganizationForm, seats views.SeatList, explanation views.Explanation) error {
	page := views.OrganizationPage{
		ID: o.ID, Name: o.Name, Plan: string(o.Plan), License: string(o.License), Status: string(o.Status()), Managed: o.Managed,
		ExternalID: o.ExternalID, Created: o.CreatedAt, TrialEnds: o.TrialEndsAt, Suspended: o.SuspendedAt, Deleted: o.DeletedAt,
		Form: form, Seats: seats, Explained: explanation, CanEdit: o.DeletedAt.IsZero(), CanSync: web.AccessOf(web.VisitorOf(r).Role) >= web.Admin,
	}
	if err := s.organizationFigures(r.Context(), o, &page); err != nil {
		return err
	}
	if err := s.organizationFacts(r.Context(), o, &page); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionOrganizations, Title: o.Name, Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Organization(l, page) },
	})
}

const historyMonths = 12

func (s *server) organizationFigures(ctx context.Context, o store.Organization, page *views.OrganizationPage) error {
	history, err := s.Bridge.History(ctx, o.ID, historyMonths)
	if err != nil {
		return err
	}
	for _, u := range history {
		page.Months = append(page.Months, seatMonth(u))
	}
	return nil
}

func seatMonth(u seats.Usage) views.SeatMonth {
	m := views.SeatMonth{Month: string(u.Period.Month), Known: u.Known}
	switch {
	case !u.Known:
	case u.Plan == store.Enterprise:
		m.Enterprise = u.Seats
	default:
		m.Business = u.Seats
	}
	return m
}

// organizationFacts adds the terms and the mapping.
func (s *server) organizationFacts(ctx context.Context, o store.Organization, page *views.OrganizationPage) error {
	terms, err := s.Store.Terms(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(terms) {
		page.Terms = append(page.Terms, views.OrganizationTerm{Since: t.Since, Plan: string(t.Plan), License: string(t.License)})
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
		ID: int64(agreement.ID), Company: company.Name, Agreement: agreement.Name, Status: agreement.Status,
		Since: mapping.CreatedAt, By: mapping.CreatedBy, URL: web.WithQuery(views.CompaniesPath, nil, "q", company.Name),
	}
	return nil
}
