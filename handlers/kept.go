package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// keptPages are what an admin says about a month of which sources disagree: whose figure is right.
type keptPages struct{ *server }

// keepView is the form that says whose figure of a month is right; nil: there is nothing to say.
func keepView(u seats.Usage) *views.KeepForm {
	if !u.Disputed && u.Kept == nil {
		return nil
	}
	return keepForm(u, store.KeptFigure{}, nil)
}

func keepForm(u seats.Usage, k store.KeptFigure, problems problem.Fields) *views.KeepForm {
	form := &views.KeepForm{Facts: u.Facts(), Note: k.Note, Kept: u.Kept != nil, Problems: views.Problems(problems)}
	var pairs []string
	for _, f := range u.Said {
		if standing, stands := u.Standing(f.Source); stands {
			pairs = append(pairs, string(f.Source), f.Source.Name()+": "+standing.String())
		}
	}
	form.Sources = choices(k.Source, pairs...)
	return form
}

// parseKept reads the form.
func (p keptPages) parseKept(r *http.Request, organizationID int64) (store.KeptFigure, error) {
	if err := web.ParseForm(r); err != nil {
		return store.KeptFigure{}, err
	}
	period, err := parsePeriod(r.PostForm.Get("month"), p.Now())
	return store.KeptFigure{
		OrganizationID: organizationID, Month: period.Month, Source: string(web.OneOf(r.PostForm.Get("source"), seats.Sources()...)),
		Note: web.Clean(r.PostForm.Get("note")), Facts: r.PostForm.Get("facts"),
	}, err
}

func (p keptPages) keep(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organization(r)
	if err != nil {
		return err
	}
	kept, err := p.parseKept(r, o.ID)
	if err != nil {
		return err
	}
	err = p.Billing.Figures.Keep(r.Context(), p.web.Actor(r), kept)
	var invalid *problem.Invalid
	switch {
	case errors.As(err, &invalid):
		return p.refused(w, r, o, kept, invalid.Fields)
	case err != nil:
		return err
	}
	return p.web.Done(w, r, views.OrganizationMonthPath(o.ID, string(kept.Month)),
		seats.Source(kept.Source).Speaker()+"’s figure of "+kept.Month.String()+" counts.")
}

// refused is the page with the form as it was sent, about the figures of now.
func (p keptPages) refused(
	w http.ResponseWriter, r *http.Request, o store.Organization, k store.KeptFigure, problems problem.Fields,
) error {
	e, err := p.explanation(r, o, url.Values{"month": {string(k.Month)}}, nil)
	if err != nil {
		return err
	}
	figure, err := p.Billing.Figures.Explain(r.Context(), o.ID, seats.PeriodOf(k.Month, p.Now()))
	if err != nil {
		return err
	}
	e.Keep = keepForm(figure.Usage, k, problems)
	return p.renderOrganization(w, r, o, organizationForms{status: http.StatusUnprocessableEntity, explained: &e})
}

// withdraw takes the word back.
func (p keptPages) withdraw(w http.ResponseWriter, r *http.Request) error {
	o, err := p.organization(r)
	if err != nil {
		return err
	}
	kept, err := p.parseKept(r, o.ID)
	if err != nil {
		return err
	}
	if err := p.Billing.Figures.WithdrawKept(r.Context(), p.web.Actor(r), o.ID, kept.Month); err != nil {
		return err
	}
	return p.web.Done(w, r, views.OrganizationMonthPath(o.ID, string(kept.Month)),
		"The order of the sources decides "+kept.Month.String()+" again.")
}
