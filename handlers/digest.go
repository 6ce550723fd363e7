package handlers

import (
	"errors"
	"net/http"

	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// digestPages are the choice of a digest, which everybody makes for himself.
type digestPages struct{ *server }

// form is the choice as typed or, where nothing was, as saved.
func (p digestPages) form(r *http.Request, typed *views.DigestForm) (views.DigestForm, error) {
	saved, err := p.Billing.Digests.Choice(r.Context(), web.VisitorOf(r).ID)
	if err != nil {
		return views.DigestForm{}, err
	}
	form := views.DigestForm{Every: "off"}
	if saved.Every != "" {
		form.Every = string(saved.Every)
	}
	if typed != nil {
		form = *typed
	}
	form.Mailed = saved.Mailed
	return form, nil
}

// choose keeps how often the reader gets a digest.
func (p digestPages) choose(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	every := r.PostForm.Get("digest")
	chosen := store.Rhythm(every)
	switch every {
	case "off":
		chosen = ""
	case "":
		chosen = "none" // nothing was chosen, which is no rhythm
	}
	err := p.Billing.Digests.Choose(r.Context(), p.web.Actor(r), chosen)
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		settings, err := p.Store.Settings(r.Context())
		if err != nil {
			return err
		}
		return p.renderSettings(w, r, http.StatusUnprocessableEntity, settingsForms{
			settings: settings, digest: &views.DigestForm{Every: every, Problems: views.Problems(invalid.Fields)},
		})
	}
	if err != nil {
		return err
	}
	return p.web.Done(w, r, views.DigestPath, map[store.Rhythm]string{
		"":           "You get no digest.",
		store.Daily:  "You get a digest every morning with something new.",
		store.Weekly: "You get a digest every Monday.",
	}[chosen])
}
