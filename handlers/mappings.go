package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/views"
)

// downloadMappings is the table that can be imported again.
func (s *server) downloadMappings(w http.ResponseWriter, r *http.Request) error {
	return s.web.SendCSV(w, r, "mappings", mapping.MappingColumns(), func(write func(...string)) error {
		for m, err := range s.Store.EachMapping(r.Context()) {
			if err != nil {
				return err
			}
			write(m.CompanyIdentifier, m.Company, strconv.Itoa(m.AgreementID), m.Agreement, m.ExternalID, m.Organization)
		}
		return nil
	})
}

func (s *server) showMappings(w http.ResponseWriter, r *http.Request) error {
	return s.renderMappings(w, r, http.StatusOK, views.MappingsPage{})
}

func (s *server) renderMappings(w http.ResponseWriter, r *http.Request, status int, page views.MappingsPage) error {
	page.Columns = mapping.MappingColumns()
	var err error
	if _, page.Mapped, err = s.countOrganizations(r.Context()); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionIntegrations, Title: "Import mappings", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Mappings(l, page) },
	})
}

// planMappings is the dry run of an uploaded table.
func (s *server) planMappings(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	table, err := uploadedTable(r)
	if err != nil {
		return err
	}
	plan, err := s.Billing.Mapping.PlanMappings(r.Context(), table)
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		return s.renderMappings(w, r, http.StatusUnprocessableEntity, views.MappingsPage{
			Problems: views.Problems(invalid.Fields), Pasted: r.PostForm.Get("table"),
		})
	}
	if err != nil {
		return err
	}
	return s.renderMappings(w, r, http.StatusOK, views.MappingsPage{Plan: mappingPlan(plan)})
}

// uploadedTable is the file, or else what was pasted.
func uploadedTable(r *http.Request) (mapping.MappingFile, error) {
	file, header, err := r.FormFile("file")
	if err == nil && header.Size > 0 {
		return file, nil
	}
	if err != nil && !errors.Is(err, http.ErrMissingFile) && !errors.Is(err, http.ErrNotMultipart) {
		return nil, web.BadBody(err)
	}
	return strings.NewReader(r.PostForm.Get("table")), nil
}

// maxPlanRows bounds how many rows that change something a dry run lists.
const maxPlanRows = 500

func mappingPlan(plan mapping.MappingPlan) *views.MappingPlan {
	view := &views.MappingPlan{
		New: plan.Counts[mapping.MappingNew], Moved: plan.Counts[mapping.MappingMoved],
		Unchanged: plan.Counts[mapping.MappingUnchanged], Bad: plan.Counts[mapping.MappingProblem],
		Sheet: plan.Sheet, Sheets: plan.Sheets,
	}
	var pairs strings.Builder
	for _, row := range plan.Rows {
		shown := views.MappingRow{
			Line: row.Line, Company: row.Company, Agreement: row.Agreement, Organization: row.Organization,
			From: row.From, Kind: string(row.Kind), Problem: row.Problem,
			CompanyID: int64(row.Pair.CompanyID), AgreementID: int64(row.Pair.AgreementID), OrganizationID: row.Pair.OrganizationID,
		}
		switch row.Kind {
		case mapping.MappingProblem:
			view.Problems = append(view.Problems, shown)
		case mapping.MappingNew, mapping.MappingMoved:
			view.Rows = append(view.Rows, shown)
			fmt.Fprintln(&pairs, row.Pair.OrganizationID, row.Pair.CompanyID, row.Pair.AgreementID, row.Pair.Was)
		}
	}
	view.Pairs = pairs.String()
	view.Hidden = max(len(view.Rows)-maxPlanRows, 0) + max(len(view.Problems)-maxPlanRows, 0)
	view.Rows, view.Problems = view.Rows[:min(len(view.Rows), maxPlanRows)], view.Problems[:min(len(view.Problems), maxPlanRows)]
	return view
}

// applyMappings does what the dry run showed, all of it or nothing.
func (s *server) applyMappings(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	pairs, err := parsePairs(r.PostForm.Get("pairs"))
	if err != nil {
		return err
	}
	problems, err := s.Billing.Mapping.MapPairs(r.Context(), s.web.Actor(r), pairs)
	switch {
	case errors.Is(err, mapping.ErrChanged):
		return s.refuseMappings(w, r, "Mappings have changed since the dry run.")
	case err != nil:
		return err
	case len(problems) > 0:
		return s.refuseMappings(w, r, "Something has changed since the dry run: "+problems[0].Problem)
	}
	return s.web.Done(w, r, views.LatestMappedPath, mappedMessage(len(pairs)))
}

func (s *server) refuseMappings(w http.ResponseWriter, r *http.Request, what string) error {
	notice := views.Notice{What: what, Why: "Nothing was mapped.", Do: "Upload the table again to see what it would do now."}
	return s.renderMappings(w, r, http.StatusUnprocessableEntity, views.MappingsPage{Notice: &notice})
}

// parsePairs reads what the dry run wrote into the form, a line each.
func parsePairs(text string) ([]mapping.Pair, error) {
	var pairs []mapping.Pair
	for line := range strings.Lines(text) {
		var p mapping.Pair
		if _, err := fmt.Sscan(line, &p.OrganizationID, &p.CompanyID, &p.AgreementID, &p.Was); err != nil {
			return nil, web.BadBody(fmt.Errorf("reading planned mappings: %w", err))
		}
		pairs = append(pairs, p)
	}
	if len(pairs) == 0 {
		return nil, web.BadBody(errors.New("no planned mappings"))
	}
	return pairs, nil
}
