package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing/accounts"
	"seatbridge/billing/problem"
	"seatbridge/handlers/api"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// newAPIToken is a token's text: 256 random bits behind a prefix by which a leaked one is recognised.
func newAPIToken() string { return "sb_" + web.NewToken() }

// tokenLives are how long a token may live, the choice offered first being the default.
func tokenLives() []views.Option {
	return []views.Option{
		{Value: "90", Label: "In 90 days"}, {Value: "30", Label: "In 30 days"},
		{Value: "365", Label: "In a year"}, {Value: "never", Label: "Never"},
	}
}

// tokenForm is what the form for a new token sends.
type tokenForm struct {
	Name   string
	Scopes []string
	Life   string
}

func parseToken(r *http.Request) (tokenForm, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return tokenForm{}, nil, err
	}
	f := tokenForm{Name: web.Clean(r.PostForm.Get("name"))}
	for _, scope := range api.Scopes() {
		if slices.Contains(r.PostForm["scope"], scope) {
			f.Scopes = append(f.Scopes, scope)
		}
	}
	for _, life := range tokenLives() {
		if r.PostForm.Get("life") == life.Value {
			f.Life = life.Value
		}
	}
	p := problem.Fields{}
	p.Add("name", problem.OfName("a name", f.Name))
	if len(f.Scopes) == 0 {
		p.Add("scope", "Choose at least one scope.")
	}
	if f.Life == "" {
		p.Add("life", "Choose when the token expires.")
	}
	return f, p, nil
}

// expires is when a token made now ends; zero: never.
func (f tokenForm) expires(now time.Time) time.Time {
	days := map[string]int{"30": 30, "90": 90, "365": 365}[f.Life]
	if days == 0 {
		return time.Time{}
	}
	return now.AddDate(0, 0, days)
}

func (f tokenForm) view(p problem.Fields) views.TokenForm {
	form := views.TokenForm{Name: f.Name, Life: tokenLives(), Problems: views.Problems(p)}
	for i := range form.Life {
		form.Life[i].Selected = form.Life[i].Value == f.Life
	}
	for _, scope := range api.Scopes() {
		form.Scopes = append(form.Scopes, views.Option{Value: scope, Label: scope, Selected: slices.Contains(f.Scopes, scope)})
	}
	return form
}

func (s *server) listTokens(w http.ResponseWriter, r *http.Request) error {
	return s.renderTokens(w, r, http.StatusOK, views.TokensPage{Form: tokenForm{}.view(nil)})
}

// renderTokens completes the page with the tokens and the operations.
func (s *server) renderTokens(w http.ResponseWriter, r *http.Request, status int, page views.TokensPage) error {
	tokens, err := s.Store.APITokens(r.Context())
	if err != nil {
		return err
	}
	for _, t := range tokens {
		page.Rows = append(page.Rows, views.TokenRow{
			ID: t.ID, Name: t.Name, Scopes: t.Scopes, Made: t.CreatedAt, By: t.CreatedBy,
			Expires: t.ExpiresAt, Stopped: accounts.WhyStopped(t, s.Now()), Used: t.UsedAt,
		})
	}
	page.BaseURL, page.Document = cmp.Or(s.web.Origin(), "https://address-of-this-panel")+api.Path, api.DocumentPath
	for _, e := range s.api.Endpoints() {
		page.Endpoints = append(page.Endpoints, views.EndpointRow(e))
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionSettings, Title: "API", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Tokens(l, page) },
	})
}

func (s *server) createToken(w http.ResponseWriter, r *http.Request) error {
	form, problems, err := parseToken(r)
	if err != nil {
		return err
	}
	if len(problems) == 0 {
		token := newAPIToken()
		made := "Made the API token " + quote(form.Name) + " for " + strings.Join(form.Scopes, ", ") + "."
		err := s.web.Record(r, store.CategorySettings, made, func(st *store.Store) error {
			_, err := st.CreateAPIToken(r.Context(), token, store.APIToken{
				Name: form.Name, Scopes: form.Scopes, CreatedAt: s.Now(), CreatedBy: web.VisitorOf(r).Email, ExpiresAt: form.expires(s.Now()),
				UserID: web.VisitorOf(r).ID,
			})
			return err
		})
		var conflict *store.Conflict
		switch {
		case err == nil:
			return s.renderTokens(w, r, http.StatusOK, views.TokensPage{Form: tokenForm{}.view(nil), Made: token, MadeName: form.Name})
		case !errors.As(err, &conflict):
			return err
		}
		problems.Add("name", "Another token has this name.")
	}
	return s.renderTokens(w, r, http.StatusUnprocessableEntity, views.TokensPage{Form: form.view(problems)})
}

func (s *server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	var token store.APIToken
	err = s.Store.Together(r.Context(), "revoking an API token", func(st *store.Store) error {
		if token, err = st.DeleteAPIToken(r.Context(), id); err != nil {
			return err
		}
		return st.AddActivity(r.Context(), s.web.Actor(r).Did(s.Now(), store.CategorySettings, "Revoked the API token %s.", quote(token.Name)))
	})
	if err != nil {
		return err
	}
	return s.web.Done(w, r, views.TokensPath, "The token "+token.Name+" is revoked.")
}
