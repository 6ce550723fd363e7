package handlers

import (
	"net/http"

	"github.com/a-h/templ"

	"seatbridge/billing/hosted"
	"seatbridge/billing/problem"
	"seatbridge/billing/setup"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// hostedPages lead from the vendor's hosted integration to Seatbridge.
type hostedPages struct{ *server }

func (p hostedPages) show(w http.ResponseWriter, r *http.Request) error {
	if web.IsPart(r) {
		return p.web.Part(w, r, http.StatusOK, views.HostedCheckResult(checkView(p.Billing.Hosted.Last())))
	}
	return p.render(w, r, http.StatusOK, nil, nil)
}

// render shows the page; sent is what was sent and refused, nil: what is kept.
func (p hostedPages) render(w http.ResponseWriter, r *http.Request, status int, sent *store.Month, problems problem.Fields) error {
	plan, err := p.Billing.Hosted.Plan(r.Context())
	if err != nil {
		return err
	}
	guide, err := setup.Read(r.Context(), p.Store)
	if err != nil {
		return err
	}
	page := views.HostedPage{
		Comparing: guide.Facts.Comparing.On(), Active: plan.Active, CanCheck: guide.Step(setup.Products).Done && guide.Step(setup.Map).Done,
		Check: checkView(p.Billing.Hosted.Last()), Problems: views.Problems(problems),
	}
	for _, way := range plan.Ways {
		page.Ways = append(page.Ways, wayView(way))
	}
	if plan.Chosen != nil {
		chosen := wayView(*plan.Chosen)
		page.Chosen, page.Last = &chosen, chosen.Last
	}
	if sent != nil {
		page.Last = string(*sent)
	}
	refresh := 0
	if page.Check.Running {
		refresh = 2
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionOverview, Title: "Hosted integration", Status: status, Refresh: refresh,
		Whole: func(l views.Layout) templ.Component { return views.Hosted(l, page) },
	})
}

func wayView(w hosted.Way) views.HostedWay {
	view := views.HostedWay{
		Last: string(w.Last), First: string(w.First), After: w.After, Before: w.Before, FirstAt: w.FirstAt, Written: w.Written, NextAt: w.NextAt,
	}
	for _, o := range w.Open {
		view.Open = append(view.Open, string(o.Month))
	}
	return view
}

func checkView(c hosted.Check) views.HostedCheck {
	view := views.HostedCheck{
		Running: c.Running, At: c.At, Since: c.Since, Done: c.Done, Total: c.Total, Own: c.Own, LastOnly: c.LastOnly,
		Problem: problemNotice(c.Problem),
	}
	for _, ch := range c.Changed {
		view.Changed = append(view.Changed, views.HostedChange{
			Company: ch.Company, Agreement: ch.Agreement, Product: ch.Product, Quantity: ch.Quantity,
			AgreementID: int64(ch.AgreementID), AdditionID: int64(ch.AdditionID), By: ch.By, At: ch.At, Hosted: ch.Hosted, Own: ch.Own,
		})
	}
	return view
}

// choose keeps which month the hosted integration writes last.
func (p hostedPages) choose(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	last := store.Month(web.Clip(web.Clean(r.PostForm.Get("last")), len("2026-10")))
	err := p.Billing.Hosted.Choose(r.Context(), p.web.Actor(r), last)
	if err == nil {
		return p.web.Done(w, r, views.HostedPath, "Saved.")
	}
	problems, err := web.ProblemsIn(err)
	if err != nil {
		return err
	}
	return p.render(w, r, http.StatusUnprocessableEntity, &last, problems)
}

// check begins to look who else changes lines.
func (p hostedPages) check(w http.ResponseWriter, r *http.Request) error {
	if err := p.Billing.Hosted.Start(r.Context(), p.web.Actor(r)); err != nil {
		return err
	}
	return p.web.Done(w, r, views.HostedPath, "The lines are being read.")
}
