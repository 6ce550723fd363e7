package handlers

import (
	"errors"
	"net/http"

	"seatbridge/billing/accounts"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// wayBackPages let members back in who lost a password or a second factor: what others do for them, and the link that they open.
type wayBackPages struct{ *server }

// makeLink makes a link for a new password, which is shown once to whoever hands it over.
func (p wayBackPages) makeLink(w http.ResponseWriter, r *http.Request) error {
	user, err := p.member(r)
	if err != nil {
		return err
	}
	token, user, err := p.Billing.Accounts.SendLink(r.Context(), p.web.Actor(r), web.VisitorOf(r).Role, user.ID)
	if err != nil {
		return ofMember(err)
	}
	return p.renderMembers(w, r, http.StatusOK, views.MembersPage{
		Invite: views.InviteForm{Role: string(store.Technician)}, Link: p.web.Origin() + views.NewPasswordPath(token), LinkFor: user.Email,
	})
}

// ofMember is the answer to what may not be done to a member.
func ofMember(err error) error {
	var invalid *problem.Invalid
	switch {
	case errors.Is(err, accounts.ErrNotOwner):
		return web.Forbidden(web.Owner)
	case errors.As(err, &invalid):
		return &web.Error{Status: http.StatusConflict, Message: invalid.Sentence(), Err: err}
	}
	return err
}

// endSessions signs a member out everywhere.
func (p wayBackPages) endSessions(w http.ResponseWriter, r *http.Request) error {
	user, err := p.member(r)
	if err != nil {
		return err
	}
	if _, err := p.Billing.Accounts.EndSessionsOf(r.Context(), p.web.Actor(r), web.VisitorOf(r).Role, user.ID); err != nil {
		return ofMember(err)
	}
	return p.web.Done(w, r, views.MembersPath, user.Email+" is signed out everywhere.")
}

// removeFactors takes the second factors of a member who lost them.
func (p wayBackPages) removeFactors(w http.ResponseWriter, r *http.Request) error {
	user, err := p.member(r)
	if err != nil {
		return err
	}
	if _, err := p.Billing.Accounts.RemoveFactorsOf(r.Context(), p.web.Actor(r), web.VisitorOf(r).Role, user.ID); err != nil {
		return ofMember(err)
	}
	return p.web.Done(w, r, views.MembersPath, "The second factor of "+user.Email+" is removed.")
}

// linked is the member to whom the link in the path belongs.
func (p wayBackPages) linked(r *http.Request) (string, store.User, error) {
	token := r.PathValue("token")
	if err := p.limits.TakeLink(r.Context(), p.web.ClientIP(r)); err != nil {
		return "", store.User{}, err
	}
	user, err := p.Billing.Accounts.ByLink(r.Context(), token)
	if errors.Is(err, store.ErrNotFound) {
		err = errDeadLink("Ask an Owner or Admin for a new one.")
	}
	return token, user, err
}

func (p wayBackPages) showLink(w http.ResponseWriter, r *http.Request) error {
	token, user, err := p.linked(r)
	if err != nil {
		return err
	}
	return p.renderLink(w, r, http.StatusOK, views.NewPasswordPage{Token: token, Email: user.Email})
}

func (p wayBackPages) renderLink(w http.ResponseWriter, r *http.Request, status int, page views.NewPasswordPage) error {
	settings, err := p.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	page.MSPName = settings.MSPName
	return p.web.Render(w, r, status, views.NewPassword(page))
}

// takeLink gives the member of the link the new password. They sign in with it, and with the second factor if they have one.
func (p wayBackPages) takeLink(w http.ResponseWriter, r *http.Request) error {
	token, user, err := p.linked(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(r); err != nil {
		return err
	}
	settings, err := p.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	password := r.PostForm.Get("password")
	wrong := accounts.PasswordProblem(password, accounts.Of{Email: user.Email, Name: user.Name, MSP: settings.MSPName})
	if wrong != "" {
		return p.renderLink(w, r, http.StatusUnprocessableEntity, views.NewPasswordPage{
			Token: token, Email: user.Email, Problems: views.Problems{"password": wrong},
		})
	}
	err = p.Billing.Accounts.TakeLink(r.Context(), token, password, p.web.ClientIP(r))
	if errors.Is(err, store.ErrNotFound) { // somebody was faster
		return errDeadLink("Ask an Owner or Admin for a new one.")
	}
	if err != nil {
		return err
	}
	return p.renderSignIn(w, r, http.StatusOK, views.SignInPage{
		Email: user.Email, Next: views.OverviewPath, Notice: "Your new password is saved. Sign in with it.",
	})
}
