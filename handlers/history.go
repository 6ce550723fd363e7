package handlers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"seatbridge/billing/plan"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// latestChanges is how many changes an organization's own page shows.
const latestChanges = 5

// emptyHistory is what a history without changes says.
func emptyHistory() views.Notice {
	return views.Notice{
		What: "Nothing was synced here yet",
		Why:  "Once a sync looks at its lines, each of them appears here, also when nothing had to be changed.",
	}
}

// Organizations.

func (s *server) showOrganizationHistory(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	page := views.OrganizationHistoryPage{ID: o.ID, Name: o.Name}
	if page.List, err = s.history(r, views.OrganizationHistoryPath(o.ID), store.ChangeFilter{OrganizationID: o.ID}); err != nil {
		return err
	}
	if page.Late, err = (bookPages{s}).late(r.Context(), store.MonthRowFilter{OrganizationID: o.ID}); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionOrganizations, Title: "Sync history of " + o.Name,
		Part:  views.ChangeTable(page.List),
		Whole: func(l views.Layout) templ.Component { return views.OrganizationHistory(l, page) },
	})
}

// history is one page of what syncs did about something; previews, which did nothing, are left out.
func (s *server) history(r *http.Request, path string, of store.ChangeFilter) (views.ChangeList, error) {
	of.Carried = true
	list, err := s.changeList(r.Context(), path, parseChangeQuery(r, of))
	list.States, list.Empty = allStates(list.State), emptyHistory()
	return list, err
}

func (s *server) downloadOrganizationHistory(w http.ResponseWriter, r *http.Request) error {
	o, err := s.organization(r)
	if err != nil {
		return err
	}
	q := parseChangeQuery(r, store.ChangeFilter{OrganizationID: o.ID, Carried: true})
	return s.sendChanges(w, r, "organization-"+number(o.ID)+"-changes", q.filter)
}

// latestOf are the latest changes that an organization has a share in.
func (s *server) latestOf(ctx context.Context, organizationID int64) ([]views.ChangeRow, error) {
	changes, _, err := s.Store.Changes(ctx, store.ChangeFilter{OrganizationID: organizationID, Carried: true, Limit: latestChanges})
	if err != nil {
		return nil, err
	}
	return s.changeRows(ctx, changes)
}

// Agreements.

func (s *server) pathAgreement(r *http.Request) (store.Agreement, error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return store.Agreement{}, err
	}
	return s.Store.Agreement(r.Context(), int(id))
}

func (s *server) showAgreement(w http.ResponseWriter, r *http.Request) error {
	a, err := s.pathAgreement(r)
	if err != nil {
		return err
	}
	unusable, do := plan.JudgeAgreement(a, s.Now())
	page := views.AgreementPage{
		ID: int64(a.ID), Name: a.Name, Type: a.TypeName, Status: a.Status, Unusable: unusable, UnusableDo: do,
	}
	if page.List, err = s.history(r, views.AgreementPath(int64(a.ID)), store.ChangeFilter{AgreementID: a.ID}); err != nil {
		return err
	}
	if !web.IsPart(r) {
		if err := s.agreementMapping(r.Context(), a, &page); err != nil {
			return err
		}
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: a.Name,
		Part:  views.ChangeTable(page.List),
		Whole: func(l views.Layout) templ.Component { return views.Agreement(l, page) },
	})
}

// agreementMapping adds the company, the organizations and the lines.
func (s *server) agreementMapping(ctx context.Context, a store.Agreement, page *views.AgreementPage) error {
	row, err := s.Store.CompanyRow(ctx, a.CompanyID)
	if err != nil {
		return err
	}
	page.Company, page.CompanyURL = row.Name, web.WithQuery(views.CompaniesPath, nil, "q", row.Name)
	for _, m := range row.Mappings {
		if m.AgreementID == a.ID {
			page.Organizations = append(page.Organizations, views.NamedLink{Name: m.Organization, URL: views.OrganizationPath(m.OrganizationID)})
		}
	}
	page.CanSync, page.SyncMonth = len(page.Organizations) > 0, soFar(s.Now())
	if page.Findings, err = (findingPages{s}).of(ctx, a.ID); err != nil {
		return err
	}
	products, err := s.Store.ProductMappings(ctx)
	if err != nil {
		return err
	}
	lines, err := s.Store.AgreementLines(ctx, a.ID)
	for _, line := range lines {
		page.Lines = append(page.Lines, agreementLine(line, products))
	}
	if err != nil {
		return err
	}
	return bookPages{s}.agreement(ctx, row, a.ID, page)
}

func agreementLine(line store.Line, products map[store.Plan]store.ProductMapping) views.AgreementLine {
	view := views.AgreementLine{
		Product: "Product no. " + strconv.Itoa(line.ProductID), AdditionID: int64(line.AdditionID), Chosen: line.Chosen,
		Written: quantity(line.Written), WrittenAt: line.WrittenAt, Reads: quantity(line.Read), ReadAt: line.ReadAt,
	}
	for plan, p := range products {
		if p.ProductID == line.ProductID {
			view.Product, view.Plan = p.Identifier, string(plan)
		}
	}
	return view
}

func (s *server) downloadAgreementHistory(w http.ResponseWriter, r *http.Request) error {
	a, err := s.pathAgreement(r)
	if err != nil {
		return err
	}
	q := parseChangeQuery(r, store.ChangeFilter{AgreementID: a.ID, Carried: true})
	return s.sendChanges(w, r, "agreement-"+strconv.Itoa(a.ID)+"-changes", q.filter)
}
