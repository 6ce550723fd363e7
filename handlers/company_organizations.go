package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// newCompanyOrganizations asks for what the organizations to be added for the
// selected companies have in common.
func (s *server) newCompanyOrganizations(w http.ResponseWriter, r *http.Request) error {
	form := views.CompanyOrganizationsForm{License: string(store.Standard), Plan: string(store.Business)}
	return s.renderCompanyOrganizations(w, r, http.StatusOK, r.URL.Query(), form)
}

// selection are the companies to add organizations for, and those that are
// left out since an organization has their name.
type selection struct {
	Companies []store.CompanyRow
	Taken     []string
}

// selectCompanies reads the companies that a form names.
func (s *server) selectCompanies(ctx context.Context, values url.Values) (selection, error) {
	ids := web.Ints(web.FormIDs(values["company"], 32))
	if len(ids) == 0 {
		return selection{}, nil
	}
	companies, _, err := s.Store.Companies(ctx, store.CompanyFilter{IDs: ids})
	if err != nil {
		return selection{}, err
	}
	names, err := s.Store.Names(ctx)
	if err != nil {
		return selection{}, err
	}
	taken := map[string]bool{}
	for _, o := range names.Organizations {
		taken[store.Fold(o.Name)] = true
	}
	var chosen selection
	for _, c := range companies {
		if taken[store.Fold(c.Name)] {
			chosen.Taken = append(chosen.Taken, c.Name)
			continue
		}
		taken[store.Fold(c.Name)] = true // two companies of one name
		chosen.Companies = append(chosen.Companies, c)
	}
	return chosen, nil
}

// renderCompanyOrganizations completes the form with the companies that the values name.
func (s *server) renderCompanyOrganizations(
	w http.ResponseWriter, r *http.Request, status int, values url.Values, form views.CompanyOrganizationsForm,
) error {
	chosen, err := s.selectCompanies(r.Context(), values)
	if err != nil {
		return err
	}
	form.Taken = chosen.Taken
	for _, c := range chosen.Companies {
		form.IDs = append(form.IDs, int64(c.ID))
		form.Names = append(form.Names, c.Name)
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Add organizations", Status: status,
		Part:  views.CompanyOrganizationsDialog(form),
		Whole: func(l views.Layout) templ.Component { return views.CompanyOrganizations(l, form) },
	})
}

// createCompanyOrganizations adds an organization for each selected company,
// under its name, and maps those whose agreement is clear.
func (s *server) createCompanyOrganizations(w http.ResponseWriter, r *http.Request) error {
	form, err := parseOrganization(r)
	if err != nil {
		return err
	}
	chosen, err := s.selectCompanies(r.Context(), r.PostForm)
	if err != nil {
		return err
	}
	form.Managed, form.ExternalID = true, ""
	adds := make([]mapping.CompanyOrganization, len(chosen.Companies))
	for i, c := range chosen.Companies {
		adds[i] = mapping.CompanyOrganization{CompanyID: c.ID, Name: web.Clip(web.Clean(c.Name), problem.MaxName)}
	}
	mapped, err := s.Billing.Mapping.AddOrganizations(r.Context(), s.web.Actor(r), form, adds)
	if err == nil {
		return s.web.Done(w, r, backToCompanies(s.web, r), addedMessage(len(adds), mapped))
	}
	problems, err := web.ProblemsIn(err)
	if err != nil {
		return err
	}
	view := views.CompanyOrganizationsForm{License: string(form.License), Plan: string(form.Plan), Problems: views.Problems(problems)}
	return s.renderCompanyOrganizations(w, r, http.StatusUnprocessableEntity, r.PostForm, view)
}

func addedMessage(added, mapped int) string {
	message := fmt.Sprintf("%d organizations were added, all mapped.", added)
	if added == 1 && mapped == 1 {
		message = "1 organization was added and mapped."
	} else if mapped < added {
		message = fmt.Sprintf("%d organizations were added, %d of them mapped. Choose the agreement of the others.", added, mapped)
	}
	return message
}

// rejectForCompany turns down what a row of the mapping table suggests.
func (s *server) rejectForCompany(w http.ResponseWriter, r *http.Request) error {
	company, organization, err := companyAndOrganization(r)
	if err != nil {
		return err
	}
	if err := s.Billing.Mapping.RejectSuggestion(r.Context(), s.web.Actor(r), company, organization); err != nil {
		return err
	}
	return s.companyDone(w, r, company, "Not suggested any more. Find it under Suggestions, Rejected.")
}
