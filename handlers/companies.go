package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"seatbridge/billing/mapping"
	"seatbridge/billing/plan"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

const (
	companiesPage = 50
	// searchLimit is how many organizations the combobox offers at once.
	searchLimit = 20
)

// companyQuery is the address of the mapping table, understood.
type companyQuery struct {
	web.ListQuery
	filter store.CompanyFilter
}

func (s *server) parseCompanyQuery(r *http.Request) companyQuery {
	q := companyQuery{ListQuery: web.ParseListQuery(r.URL.Query(), "name", "identifier", "status", "score", "mapped")}
	q.filter = store.CompanyFilter{
		Search:   q.Search,
		Show:     web.OneOf(q.Values.Get("show"), store.ShowMapped, store.ShowUnmapped, store.ShowSuggested, store.ShowAttention),
		TypeID:   int(web.FormID(q.Values.Get("type"), 32)),
		StatusID: int(web.FormID(q.Values.Get("status"), 32)),
		Agreements: web.OneOf(
			q.Values.Get("agreements"), store.AgreementsNone, store.AgreementsOne, store.AgreementsSeveral, store.AgreementsEnding,
		),
		Today: plan.Day(s.Now()), Soon: plan.SoonDay(s.Now()),
		Sort: q.Sort, Desc: q.Desc,
	}
	return q
}

func (s *server) listCompanies(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := s.parseCompanyQuery(r)
	companies, total, err := web.Load(&q.ListQuery, companiesPage, func(limit, offset int) ([]store.CompanyRow, int, error) {
		q.filter.Limit, q.filter.Offset = limit, offset
		return s.Store.Companies(ctx, q.filter)
	})
	if err != nil {
		return err
	}
	page := views.CompaniesPage{
		Query: q.Search, Show: string(q.filter.Show), Type: q.Values.Get("type"), Status: q.Values.Get("status"),
		Agreements: string(q.filter.Agreements),
		Sort:       q.Order(views.CompaniesPath, "name", "identifier", "status", "score", "mapped"),
		Pager:      q.Pager(views.CompaniesPath, companiesPage, len(companies), total),
	}
	if page.Rows, err = s.companyRows(ctx, companies); err != nil {
		return err
	}
	if err := s.companyFacts(ctx, q, &page); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Company mapping",
		Part:  views.CompanyTable(page),
		Whole: func(l views.Layout) templ.Component { return views.Companies(l, page) },
	})
}

// companyFacts adds the filters' choices and counts.
func (s *server) companyFacts(ctx context.Context, q companyQuery, page *views.CompaniesPage) error {
	types, statuses, err := s.Store.CompanyFacets(ctx)
	if err != nil {
		return err
	}
	page.Types, page.Statuses = namedOptions(types, q.filter.TypeID), namedOptions(statuses, q.filter.StatusID)
	if page.All, page.Mapped, err = s.Store.CompanyCounts(ctx); err != nil {
		return err
	}
	page.Unmapped = page.All - page.Mapped
	needy := store.CompanyFilter{Show: store.ShowAttention, Today: q.filter.Today, Limit: 1}
	if _, page.Attention, err = s.Store.Companies(ctx, needy); err != nil {
		return err
	}
	if _, page.Suggested, err = s.Store.Companies(ctx, store.CompanyFilter{Show: store.ShowSuggested, Limit: 1}); err != nil {
		return err
	}
	if a := s.Billing.Mapping.Adopting(); a.Total > 0 && q.filter.Show == store.ShowMapped {
		page.Adopting = &views.AdoptingLines{
			Running: a.Running, Done: a.Done, Total: a.Total, Adopted: a.Adopted, Several: a.Several, Problem: problemView(a.Problem),
		}
	}
	connection, err := s.Billing.Connection.Current(ctx)
	page.LastImport = connection.LastImportAt
	return err
}

// companyRows shows companies with their agreements and mapped organizations.
func (s *server) companyRows(ctx context.Context, companies []store.CompanyRow) ([]views.CompanyRow, error) {
	organizations, err := s.mappedOrganizations(ctx, companies)
	if err != nil {
		return nil, err
	}
	suggestions, err := s.suggestionsFor(ctx, companies)
	if err != nil {
		return nil, err
	}
	hints, err := s.Billing.Mapping.AgreementHints(ctx, "")
	if err != nil {
		return nil, err
	}
	rows := make([]views.CompanyRow, len(companies))
	for i, c := range companies {
		rows[i] = s.companyRow(c, organizations, hints)
		offerSuggestion(&rows[i], suggestions[c.ID])
	}
	return rows, bookPages{s}.companies(ctx, companies, rows)
}

// suggestionsFor are the open suggestions for companies, the best first.
func (s *server) suggestionsFor(ctx context.Context, companies []store.CompanyRow) (map[int][]store.OpenSuggestion, error) {
	ids := make([]int, len(companies))
	for i, c := range companies {
		ids[i] = c.ID
	}
	open, err := s.Store.OpenSuggestions(ctx, ids)
	byCompany := map[int][]store.OpenSuggestion{}
	for _, g := range open {
		byCompany[g.CompanyID] = append(byCompany[g.CompanyID], g)
	}
	return byCompany, err
}

// offerSuggestion shows the best suggestion; a certain one is chosen already.
func offerSuggestion(row *views.CompanyRow, suggestions []store.OpenSuggestion) {
	if len(suggestions) == 0 {
		return
	}
	best := suggestions[0]
	row.Suggestion = &views.RowSuggestion{
		OrganizationID: best.OrganizationID, Organization: best.Organization.Name, Score: best.Score, Reason: best.Reason, Certain: best.Certain,
	}
	if best.Certain {
		row.Organization = optionView(store.OrganizationRow{Organization: best.Organization})
	}
}

// mappedOrganizations are the organizations mapped to the companies, by id.
func (s *server) mappedOrganizations(ctx context.Context, companies []store.CompanyRow) (map[int64]store.Organization, error) {
	organizations := map[int64]store.Organization{}
	var ids []int64
	for _, c := range companies {
		for _, m := range c.Mappings {
			ids = append(ids, m.OrganizationID)
		}
	}
	if len(ids) == 0 {
		return organizations, nil
	}
	rows, _, err := s.Store.Organizations(ctx, store.OrganizationFilter{IDs: ids, Status: store.OrganizationAny})
	for _, row := range rows {
		organizations[row.ID] = row.Organization
	}
	return organizations, err
}

func (s *server) companyRow(c store.CompanyRow, organizations map[int64]store.Organization, hints mapping.AgreementHints) views.CompanyRow {
	row := views.CompanyRow{ID: int64(c.ID), Name: c.Name, Identifier: c.Identifier, Status: c.Status.Name, Gone: !c.GoneAt.IsZero()}
	for _, t := range c.Types {
		row.Types = append(row.Types, t.Name)
	}
	choice := mapping.ChooseAgreement(c.Agreements, hints, s.Now())
	if choice.Clear {
		row.AgreementReason = choice.Reason
	} else {
		choice.ID = 0
	}
	row.Agreements = s.agreementOptions(c.Agreements, choice.ID, hints.Found)
	agreements := map[int]*store.Agreement{}
	for i, a := range c.Agreements {
		agreements[a.ID] = &c.Agreements[i]
	}
	for _, m := range c.Mappings {
		row.Mappings = append(row.Mappings, s.companyMapping(m, agreements, organizations[m.OrganizationID]))
	}
	if len(row.Mappings) > 0 {
		row.Warning = mapping.CompanyUnusable(c.Company)
	}
	return row
}

func (s *server) companyMapping(
	m store.MappedOrganization, agreements map[int]*store.Agreement, o store.Organization,
) views.CompanyMapping {
	agreement := agreements[m.AgreementID]
	mapped := views.CompanyMapping{
		OrganizationID: m.OrganizationID, Organization: m.Organization, Plan: string(o.Plan), License: string(o.License),
	}
	if agreement != nil {
		mapped.Agreement = agreement.Name
	}
	if mapped.Warning = mapping.Unusable(o, agreement, s.Now()); agreement != nil && mapped.Warning == "" {
		mapped.EndsSoon = plan.AgreementEndsSoon(*agreement, s.Now())
	}
	return mapped
}

// pathCompany is the company in the path.
func pathCompany(r *http.Request) (int, error) {
	id, err := web.PathID(r, "id")
	if err != nil || id > maxConnectWiseID {
		return 0, store.ErrNotFound
	}
	return int(id), nil
}

// maxConnectWiseID is the largest id that ConnectWise's 32-bit numbers hold.
const maxConnectWiseID = 1<<31 - 1

// mappingChoice is what was chosen in a company's row, and why it does not do.
type mappingChoice struct {
	agreement, organization int64 // 0: none
	problem                 string
	status                  int // 0: the form is invalid
}

// rejectMapping shows the company's row again with what was chosen.
func (s *server) rejectMapping(w http.ResponseWriter, r *http.Request, company int, chosen mappingChoice) error {
	row, err := s.oneCompany(r.Context(), company)
	if err != nil {
		return err
	}
	row.Error = chosen.problem
	for i := range row.Agreements {
		row.Agreements[i].Selected = row.Agreements[i].ID == chosen.agreement
	}
	if chosen.organization != 0 {
		if row.Organization, err = s.organizationOption(r.Context(), chosen.organization); err != nil {
			return err
		}
	}
	return s.renderCompany(w, r, cmp.Or(chosen.status, http.StatusUnprocessableEntity), row)
}

// companyAndOrganization are the company of a request's path and the organization of its form.
func companyAndOrganization(r *http.Request) (company int, organization int64, err error) {
	if company, err = pathCompany(r); err != nil {
		return 0, 0, err
	}
	err = web.ParseForm(r)
	return company, web.FormID(r.PostForm.Get("organization"), 64), err
}

func (s *server) unmapCompany(w http.ResponseWriter, r *http.Request) error {
	company, organization, err := companyAndOrganization(r)
	if err != nil {
		return err
	}
	row, err := s.Store.CompanyRow(r.Context(), company)
	if err != nil {
		return err
	}
	mapped := slices.ContainsFunc(row.Mappings, func(m store.MappedOrganization) bool { return m.OrganizationID == organization })
	if !mapped {
		return s.rejectMapping(w, r, company, mappingChoice{problem: "This organization is not mapped to the company any more."})
	}
	if err := s.Billing.Mapping.Unmap(r.Context(), s.web.Actor(r), organization, r.PostForm.Get("line") == "zero"); err != nil {
		return err
	}
	return s.companyDone(w, r, company, "Unmapped. Its seats are not synced any more.")
}

// companyDone answers with the company's row alone, or goes back to the table.
func (s *server) companyDone(w http.ResponseWriter, r *http.Request, company int, message string) error {
	return s.web.Finish(w, r, web.Outcome{Message: message, Path: backToCompanies(s.web, r), Part: func() (templ.Component, error) {
		row, err := s.oneCompany(r.Context(), company)
		return views.CompanyTableRow(row), err
	}})
}

// backToCompanies is the table as it was when the form was sent.
func backToCompanies(s *web.Site, r *http.Request) string {
	if back := web.LocalPath(s.ReferringPath(r)); strings.HasPrefix(back, views.CompaniesPath+"?") {
		return back
	}
	return views.CompaniesPath
}

func (s *server) oneCompany(ctx context.Context, id int) (views.CompanyRow, error) {
	company, err := s.Store.CompanyRow(ctx, id)
	if err != nil {
		return views.CompanyRow{}, err
	}
	rows, err := s.companyRows(ctx, []store.CompanyRow{company})
	if err != nil {
		return views.CompanyRow{}, err
	}
	return rows[0], nil
}

// renderCompany sends the company's row, or the page that does the same for
// browsers without script.
func (s *server) renderCompany(w http.ResponseWriter, r *http.Request, status int, row views.CompanyRow) error {
	if web.IsPart(r) {
		return s.web.Part(w, r, status, views.CompanyTableRow(row))
	}
	options, err := s.organizationOptions(r.Context(), row.ID, row.Organization.Name)
	if err != nil {
		return err
	}
	return s.renderChoose(w, r, status, row, options)
}

func (s *server) renderChoose(
	w http.ResponseWriter, r *http.Request, status int, row views.CompanyRow, options views.OrganizationOptions,
) error {
	page := views.ChooseOrganizationPage{Company: row, Options: options}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Map " + row.Name, Status: status,
		Part:  views.OrganizationList(options),
		Whole: func(l views.Layout) templ.Component { return views.ChooseOrganization(l, page) },
	})
}

// searchOrganizations fills the combobox of a company's row.
func (s *server) searchOrganizations(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	company := web.FormID(values.Get("company"), 32)
	if company == 0 {
		return store.ErrNotFound
	}
	row, err := s.oneCompany(r.Context(), int(company))
	if err != nil {
		return err
	}
	options, err := s.organizationOptions(r.Context(), company, web.Clip(web.Clean(values.Get("q")), web.MaxSearch))
	if err != nil {
		return err
	}
	return s.renderChoose(w, r, http.StatusOK, row, options)
}

func (s *server) organizationOptions(ctx context.Context, company int64, search string) (views.OrganizationOptions, error) {
	options := views.OrganizationOptions{CompanyID: company, Query: search}
	found, err := s.Store.SearchOrganizations(ctx, search, searchLimit+1)
	if err != nil {
		return options, err
	}
	if options.More = len(found) > searchLimit; options.More {
		found = found[:searchLimit]
	}
	if search == "" {
		if err := s.suggestOptions(ctx, company, &options); err != nil {
			return options, err
		}
	}
	for _, o := range found {
		option := optionView(o)
		if o.Mapped() && int64(o.CompanyID) != company {
			option.Unusable = "Unmap it there first"
		}
		if !slices.ContainsFunc(options.Options, func(s views.OrganizationOption) bool { return s.ID == o.ID }) {
			options.Options = append(options.Options, option)
		}
	}
	return options, nil
}

// suggestOptions puts the suggested organizations first.
func (s *server) suggestOptions(ctx context.Context, company int64, options *views.OrganizationOptions) error {
	open, err := s.Store.OpenSuggestions(ctx, []int{int(company)})
	for _, g := range open {
		option := optionView(store.OrganizationRow{Organization: g.Organization})
		option.Suggested = g.Reason
		options.Options = append(options.Options, option)
	}
	return err
}

func optionView(o store.OrganizationRow) views.OrganizationOption {
	return views.OrganizationOption{
		ID: o.ID, Name: o.Name, ExternalID: o.ExternalID, Plan: string(o.Plan), License: string(o.License), MappedTo: o.Company,
	}
}

// organizationOption is one organization as the combobox shows it; one that
// does not exist is none.
func (s *server) organizationOption(ctx context.Context, id int64) (views.OrganizationOption, error) {
	rows, _, err := s.Store.Organizations(ctx, store.OrganizationFilter{IDs: []int64{id}, Status: store.OrganizationAny})
	if err != nil || len(rows) == 0 {
		return views.OrganizationOption{}, err
	}
	return optionView(rows[0]), nil
}

// Add organization, the last entry of the combobox.

// addCompanyOrganization adds an organization, which is managed since it is to
// be mapped, and puts it into the company's row. Map is left to the admin.
func (s *server) addCompanyOrganization(w http.ResponseWriter, r *http.Request) error {
	id, err := pathCompany(r)
	if err != nil {
		return err
	}
	company, err := s.Store.Company(r.Context(), id)
	if err != nil {
		return err
	}
	added, sent, err := lifePages{s}.add(r, true)
	if err != nil {
		return err
	}
	if len(sent.problems) == 0 {
		return s.companyOrganizationAdded(w, r, id, added)
	}
	form := companyOrganizationForm(company, sent.profile, sent.problems)
	form.Life = sent.lifeForm()
	return s.renderNewOrganization(w, r, http.StatusUnprocessableEntity, form)
}

func (s *server) companyOrganizationAdded(w http.ResponseWriter, r *http.Request, company int, o store.Organization) error {
	return s.web.Finish(w, r, web.Outcome{
		Message: o.Name + " was added. Press Map to map it.",
		Path:    web.WithQuery(views.ChooseOrganizationPath, nil, "company", strconv.Itoa(company), "q", o.Name),
		Part: func() (templ.Component, error) {
			row, err := s.oneCompany(r.Context(), company)
			if err != nil {
				return nil, err
			}
			row.Organization = optionView(store.OrganizationRow{Organization: o})
			// Only the organization is swapped: the agreement chosen beside it stays.
			w.Header().Set("HX-Retarget", "#company-"+strconv.Itoa(company)+"-organization")
			w.Header().Set("HX-Reswap", "outerHTML")
			w.Header().Set("HX-Trigger", "dialog:close")
			return views.CompanyOrganization(row), nil
		},
	})
}
