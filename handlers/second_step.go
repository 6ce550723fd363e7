package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"seatbridge/billing/accounts"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// stepPages are the second step of signing in, and signing in by a passkey alone.
type stepPages struct{ *server }

// The cookies by which a browser finishes what it began: a sign-in, and the answer to being asked for a passkey.
const (
	stepCookie     = "second"
	ceremonyCookie = "passkey"
)

// first goes on after the right password: to the second step, or in.
func (p stepPages) first(w http.ResponseWriter, r *http.Request, user store.User, next string) error {
	factors, err := p.Billing.Accounts.Factors(r.Context(), user.ID)
	if err != nil {
		return err
	}
	if !factors.Any() {
		return p.in(w, r, user, next, "Signed in.")
	}
	token := p.Billing.Accounts.Await(accounts.Step{UserID: user.ID, Next: next})
	if err := p.web.Kept(stepCookie).Keep(w, r, token); err != nil {
		return err
	}
	return web.Leave(w, r, views.SecondStepPath)
}

// in signs in.
func (p stepPages) in(w http.ResponseWriter, r *http.Request, user store.User, next, sentence string) error {
	if err := p.web.SignIn(w, r, user, p.web.ActorFor(r, user).Did(p.Now(), store.CategoryAccess, "%s", sentence)); err != nil {
		return err
	}
	return web.Leave(w, r, next)
}

// show is the page of the second step.
func (p stepPages) show(w http.ResponseWriter, r *http.Request) error {
	_, user, err := p.Billing.Accounts.Awaited(r.Context(), p.web.Kept(stepCookie).Token(r))
	if errors.Is(err, accounts.ErrGone) {
		return web.Leave(w, r, views.SignInPath)
	}
	if err != nil {
		return err
	}
	return p.render(w, r, http.StatusOK, user, nil)
}

func (p stepPages) render(w http.ResponseWriter, r *http.Request, status int, user store.User, problems problem.Fields) error {
	settings, err := p.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	factors, err := p.Billing.Accounts.Factors(r.Context(), user.ID)
	if err != nil {
		return err
	}
	return p.web.Render(w, r, status, views.SecondStep(views.SecondStepPage{
		MSPName: settings.MSPName, Email: user.Email, HasApp: factors.Authenticator,
		HasPasskey: len(factors.Passkeys) > 0 && accounts.PasskeysWork(originOf(p.server, r)),
		Left:       factors.Recovery, Of: factors.Of, Problems: views.Problems(problems),
	}))
}

// originOf is that of the pages, as passkeys know it: the address that people open or, where none is set, this machine itself.
func originOf(s *server, r *http.Request) *url.URL {
	if s.BaseURL != nil {
		return s.BaseURL
	}
	if u := (&url.URL{Scheme: "http", Host: r.Host}); u.Hostname() == "localhost" {
		return u
	}
	return nil
}

// confirm takes the second step: a code, a recovery code or a passkey.
func (p stepPages) confirm(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	token := p.web.Kept(stepCookie).Token(r)
	step, user, err := p.Billing.Accounts.Awaited(r.Context(), token)
	if errors.Is(err, accounts.ErrGone) {
		return p.tooLate(w, r)
	}
	if err != nil {
		return err
	}
	by, err := prove(p.server, r, proofOf{user: user, key: web.CodeKey(user, p.web.Devices.Of(r, user.Email)), code: r.PostForm.Get("code")})
	if refused := asRefused(w, err); refused != nil {
		return p.render(w, r, refused.Status, user, problem.Fields{"": refused.Message})
	}
	if errors.Is(err, accounts.ErrWrong) || errors.Is(err, accounts.ErrGone) {
		return p.wrong(w, r, user, err)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(p.Billing.Accounts.Finished(token), p.web.Kept(stepCookie).Drop(w, r)); err != nil {
		return p.tooLate(w, r)
	}
	return p.in(w, r, user, step.Next, "Signed in, with "+by+" as the second step.")
}

// tooLate begins the sign-in anew.
func (p stepPages) tooLate(w http.ResponseWriter, r *http.Request) error {
	return p.renderSignIn(w, r, http.StatusUnprocessableEntity, views.SignInPage{
		Next: views.OverviewPath, Problems: views.Problems{"": "The second step took too long. Sign in again."},
	})
}

// wrong says that the second step was not right, and logs it.
func (p stepPages) wrong(w http.ResponseWriter, r *http.Request, user store.User, cause error) error {
	p.Log.InfoContext(r.Context(), "a second step failed", "user", user.ID, "err", cause)
	entry := p.web.ActorFor(r, user).Did(p.Now(), store.CategoryAccess, "A second step of signing in failed.")
	if err := p.Store.AddActivity(r.Context(), entry); err != nil {
		return err
	}
	return p.render(w, r, http.StatusUnprocessableEntity, user, wrongProof(r, "code"))
}

// ask answers the script of the second step with what to ask the browser for.
func (p stepPages) ask(w http.ResponseWriter, r *http.Request) error {
	_, user, err := p.Billing.Accounts.Awaited(r.Context(), p.web.Kept(stepCookie).Token(r))
	if errors.Is(err, accounts.ErrGone) {
		return errNoCeremony()
	}
	if err != nil {
		return err
	}
	return p.askFor(w, r, user)
}

// askFor answers a script with what to ask the browser of a member for.
func (p stepPages) askFor(w http.ResponseWriter, r *http.Request, user store.User) error {
	origin := originOf(p.server, r)
	if !accounts.PasskeysWork(origin) {
		return errNoCeremony()
	}
	options, token, err := p.Billing.Accounts.AskForPasskey(r.Context(), origin, user)
	if errors.Is(err, accounts.ErrWrong) {
		return errNoCeremony()
	}
	return p.options(w, r, options, token, err)
}

// askAnybody answers the script of the sign-in page with what to ask the browser for.
func (p stepPages) askAnybody(w http.ResponseWriter, r *http.Request) error {
	origin := originOf(p.server, r)
	if !accounts.PasskeysWork(origin) {
		return errNoCeremony()
	}
	if err := p.limits.TakeLink(r.Context(), p.web.ClientIP(r)); err != nil {
		return err
	}
	options, token, err := p.Billing.Accounts.AskForAnyPasskey(origin)
	return p.options(w, r, options, token, err)
}

func (p stepPages) options(w http.ResponseWriter, r *http.Request, options []byte, token string, err error) error {
	if err != nil {
		return err
	}
	if err := p.web.Kept(ceremonyCookie).Keep(w, r, token); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(options) // only a lost connection can fail here
	return nil
}

func errNoCeremony() *web.Error {
	return &web.Error{Status: http.StatusConflict, Message: "No passkey can be asked for here.", Do: "Sign in again, or use another way."}
}

// answerOf is what the browser said to being asked for a passkey.
func answerOf(s *server, r *http.Request) accounts.Answer {
	return accounts.Answer{Origin: originOf(s, r), Token: s.web.Kept(ceremonyCookie).Token(r), JSON: r.PostForm.Get("passkey")}
}

// passkey signs in by a passkey alone.
func (p stepPages) passkey(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if !accounts.PasskeysWork(originOf(p.server, r)) {
		return errNoCeremony()
	}
	next := p.web.PageOf(web.LocalPath(r.PostForm.Get("next")))
	if err := p.limits.TakeLink(r.Context(), p.web.ClientIP(r)); err != nil {
		return err
	}
	user, err := p.Billing.Accounts.TakeAnyPasskey(r.Context(), answerOf(p.server, r))
	if errors.Is(err, accounts.ErrWrong) || errors.Is(err, accounts.ErrGone) {
		p.Log.InfoContext(r.Context(), "a passkey was refused", "err", err)
		return p.renderSignIn(w, r, http.StatusUnprocessableEntity, views.SignInPage{Next: next, Problems: views.Problems{
			"": "This passkey does not belong to an active account. Sign in with your e-mail address and password.",
		}})
	}
	if err != nil {
		return err
	}
	return p.in(w, r, user, next, "Signed in with a passkey.")
}

// help says what to do without a password or a second factor.
func (p stepPages) help(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	return p.web.Render(w, r, http.StatusOK, views.CannotGetIn(settings.MSPName))
}
