package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"seatbridge/billing/mapping"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/views"
)

// mapPages map an organization to a company's agreement, and show before what the agreement says.
type mapPages struct{ *server }

// shown is a part of a company's row: what the chosen agreement says about the chosen organization. While one of them is not
// chosen, or they cannot be mapped, it is empty.
func (p mapPages) shown(w http.ResponseWriter, r *http.Request) error {
	company, err := pathCompany(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	agreement, organization := web.FormID(q.Get("agreement"), 32), web.FormID(q.Get("organization"), 64)
	if agreement == 0 || organization == 0 {
		return p.web.Part(w, r, http.StatusOK, views.MapShownLines(views.MapShown{}))
	}
	shown, err := p.Billing.Mapping.Shows(r.Context(), company, int(agreement), organization)
	if invalid := (*problem.Invalid)(nil); errors.As(err, &invalid) {
		return p.web.Part(w, r, http.StatusOK, views.MapShownLines(views.MapShown{}))
	}
	if err != nil {
		return err
	}
	view := mapShown(shown)
	view.Only = web.Checked(q, "only")
	return p.web.Part(w, r, http.StatusOK, views.MapShownLines(view))
}

func mapShown(s mapping.Shown) views.MapShown {
	view := views.MapShown{Lines: s.Lines, Terms: s.Terms, Problem: s.Problem}
	for _, f := range s.Found {
		view.Found = append(view.Found, views.FoundLine{
			ProductID: int64(f.ProductID), AdditionID: int64(f.AdditionID), Sentence: f.Sentence, Adopted: f.Adopted, Several: f.Several,
		})
	}
	return view
}

// chosenLines are which of several lines are adopted, by product, as a form says it.
func chosenLines(values url.Values) mapping.Chosen {
	chosen := mapping.Chosen{}
	for name := range values {
		if product, is := strings.CutPrefix(name, views.AdoptField); is {
			if line := web.FormID(values.Get(name), 32); line != 0 {
				chosen[int(web.FormID(product, 32))] = int(line)
			}
		}
	}
	return chosen
}

func (p mapPages) mapCompany(w http.ResponseWriter, r *http.Request) error {
	company, err := pathCompany(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	chosen := mappingChoice{
		agreement: web.FormID(r.PostForm.Get("agreement"), 32), organization: web.FormID(r.PostForm.Get("organization"), 64),
	}
	pair := mapping.Pair{OrganizationID: chosen.organization, CompanyID: company, AgreementID: int(chosen.agreement)}
	shown, err := p.Billing.Mapping.MapShown(r.Context(), p.web.Actor(r), pair, chosenLines(r.PostForm))
	if err == nil {
		return p.mapped(w, r, company, mapShown(shown))
	}
	var invalid *problem.Invalid
	switch {
	case errors.As(err, &invalid):
		chosen.problem = web.Sentences(invalid.Fields)
	case errors.Is(err, mapping.ErrChanged):
		chosen.status = http.StatusConflict
		chosen.problem = "Somebody mapped this organization, or changed it, at the same moment. The row shows what is there now."
	default:
		return err
	}
	return p.rejectMapping(w, r, company, chosen)
}

// mapped answers with the company's row and what was shown, or goes back to the table and says so.
func (p mapPages) mapped(w http.ResponseWriter, r *http.Request, company int, shown views.MapShown) error {
	back := backToCompanies(p.web, r)
	return p.web.Finish(w, r, web.Outcome{Message: mappedMessageOf(r, shown), Path: back, Part: func() (templ.Component, error) {
		row, err := p.oneCompany(r.Context(), company)
		row.Shown = &shown
		return views.CompanyTableRow(row), err
	}})
}

// mappedMessageOf leaves to the row what stands there.
func mappedMessageOf(r *http.Request, shown views.MapShown) string {
	if web.IsPart(r) {
		return "Mapped."
	}
	return views.MappedMessage(shown)
}
