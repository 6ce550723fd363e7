package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"rsc.io/qr"

	"seatbridge/billing/accounts"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// factorPages are the second factors of one's own account, and who has to have one.
type factorPages struct{ *server }

func (p factorPages) show(w http.ResponseWriter, r *http.Request) error {
	return p.render(w, r, http.StatusOK, views.SecondFactorPage{})
}

// render completes the page with what the member has.
func (p factorPages) render(w http.ResponseWriter, r *http.Request, status int, page views.SecondFactorPage) error {
	v := web.VisitorOf(r)
	factors, err := p.Billing.Accounts.Factors(r.Context(), v.ID)
	if err != nil {
		return err
	}
	if page.Lacking, err = p.Billing.Accounts.Lacks(r.Context(), v.User); err != nil {
		return err
	}
	page.App, page.AppSince, page.Left, page.Of = factors.Authenticator, factors.Since, factors.Recovery, factors.Of
	page.Unconfirmed = !p.Billing.Accounts.Proved(v.Session)
	for _, key := range factors.Passkeys {
		page.Passkeys = append(page.Passkeys, views.PasskeyRow{ID: key.ID, Name: key.Name, Made: key.CreatedAt, Used: key.UsedAt})
	}
	if !accounts.PasskeysWork(originOf(p.server, r)) {
		page.NoPasskeys = "They need a host name and https. The operator sets the address that people open with --base-url."
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionSettings, Title: "Second factor", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.SecondFactor(l, page) },
	})
}

// beginApp shows the secret of a new authenticator app.
func (p factorPages) beginApp(w http.ResponseWriter, r *http.Request) error {
	p.Billing.Accounts.BeginAuthenticator(web.VisitorOf(r).Session.Hash)
	return web.Leave(w, r, views.AuthenticatorPath)
}

// showApp is the page with the secret that the session began.
func (p factorPages) showApp(w http.ResponseWriter, r *http.Request) error {
	return p.renderApp(w, r, http.StatusOK, nil)
}

func (p factorPages) renderApp(w http.ResponseWriter, r *http.Request, status int, problems problem.Fields) error {
	v := web.VisitorOf(r)
	secret, err := p.Billing.Accounts.AuthenticatorBegun(v.Session.Hash)
	if errors.Is(err, accounts.ErrGone) {
		return web.Leave(w, r, views.SecondFactorPath)
	}
	if err != nil {
		return err
	}
	settings, err := p.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	drawing, err := drawQR(accounts.AuthenticatorAddress(secret, v.Email, settings.MSPName))
	if err != nil {
		return err
	}
	return p.render(w, r, status, views.SecondFactorPage{
		Setup: &views.AuthenticatorSetup{QR: drawing, Secret: secret, Problems: views.Problems(problems)},
	})
}

// drawQR draws a text, one run of dark modules after the other.
func drawQR(text string) (views.QRCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return views.QRCode{}, fmt.Errorf("drawing a QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	return views.QRCode{Size: code.Size, Path: path.String()}, nil
}

// confirmApp gives the member the app that makes the right code.
func (p factorPages) confirmApp(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitorOf(r)
	if err := p.limits.TakeCode(r.Context(), "setup "+v.Session.Hash); err != nil {
		return err
	}
	codes, err := p.Billing.Accounts.ConfirmAuthenticator(r.Context(), p.web.Actor(r), v.Session.Hash, r.PostForm.Get("code"))
	if errors.Is(err, accounts.ErrWrong) {
		return p.renderApp(w, r, http.StatusUnprocessableEntity, problem.Fields{
			"code": "This is not the code of the app. See that the clock of the phone is right, and enter the next one.",
		})
	}
	if errors.Is(err, accounts.ErrGone) {
		return p.render(w, r, http.StatusUnprocessableEntity, views.SecondFactorPage{Problem: "Setting up the app took too long. Begin again."})
	}
	return p.done(w, r, codes, err, "The authenticator app is set up.")
}

// done ends what changed the factors: with the recovery codes, which are shown once, or with a message.
func (p factorPages) done(w http.ResponseWriter, r *http.Request, codes []string, err error, message string) error {
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		return p.render(w, r, http.StatusUnprocessableEntity, views.SecondFactorPage{Problem: invalid.Sentence()})
	}
	if err != nil {
		return err
	}
	if len(codes) > 0 {
		return p.render(w, r, http.StatusOK, views.SecondFactorPage{Codes: codes})
	}
	return p.web.Done(w, r, views.SecondFactorPath, message)
}

func (p factorPages) removeApp(w http.ResponseWriter, r *http.Request) error {
	err := p.Billing.Accounts.RemoveAuthenticator(r.Context(), p.web.Actor(r), web.VisitorOf(r).Role)
	return p.done(w, r, nil, err, "The authenticator app is removed.")
}

func (p factorPages) newCodes(w http.ResponseWriter, r *http.Request) error {
	codes, err := p.Billing.Accounts.NewRecoveryCodes(r.Context(), p.web.Actor(r))
	return p.done(w, r, codes, err, "")
}

// confirmed leads back to the page, once the person has confirmed who they are.
func (p factorPages) confirmed(w http.ResponseWriter, r *http.Request) error {
	return web.Leave(w, r, views.SecondFactorPath)
}

// askForNew answers the script with the passkey to ask the browser for. A script cannot ask who somebody is, so the page does before it
// shows the form.
func (p factorPages) askForNew(w http.ResponseWriter, r *http.Request) error {
	origin := originOf(p.server, r)
	if !accounts.PasskeysWork(origin) || !p.Billing.Accounts.Proved(web.VisitorOf(r).Session) {
		return errNoCeremony()
	}
	options, token, err := p.Billing.Accounts.BeginPasskey(r.Context(), origin, web.VisitorOf(r).User)
	return stepPages(p).options(w, r, options, token, err)
}

// addPasskey keeps the passkey that the browser made.
func (p factorPages) addPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	answer := answerOf(p.server, r)
	answer.Name = web.Clean(r.PostForm.Get("name"))
	if wrong := problem.OfName("a name for the passkey", answer.Name); wrong != "" {
		return p.render(w, r, http.StatusUnprocessableEntity, views.SecondFactorPage{Name: answer.Name, Problems: views.Problems{"name": wrong}})
	}
	if !accounts.PasskeysWork(answer.Origin) {
		return errNoCeremony()
	}
	codes, err := p.Billing.Accounts.AddPasskey(r.Context(), p.web.Actor(r), web.VisitorOf(r).User, answer)
	if errors.Is(err, accounts.ErrGone) || errors.Is(err, accounts.ErrWrong) {
		p.Log.InfoContext(r.Context(), "a new passkey was refused", "err", err)
		return p.render(w, r, http.StatusUnprocessableEntity, views.SecondFactorPage{
			Name: answer.Name, Problem: "The browser's answer was not right, or came too late. Add the passkey again.",
		})
	}
	return p.done(w, r, codes, err, "The passkey is added.")
}

func (p factorPages) removePasskey(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	err = p.Billing.Accounts.RemovePasskey(r.Context(), p.web.Actor(r), web.VisitorOf(r).Role, id)
	return p.done(w, r, nil, err, "The passkey is removed.")
}

// require says who has to have a second factor.
func (p factorPages) require(w http.ResponseWriter, r *http.Request) error {
	if err := p.Billing.Accounts.Require(r.Context(), p.web.Actor(r), store.Requirement(r.PostForm.Get("second_factor"))); err != nil {
		return err
	}
	return p.web.Done(w, r, views.SettingsPath, "Saved who has to have a second factor.")
}

// endSession ends one of one's own sessions.
func (p factorPages) endSession(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	_, err := p.Billing.Accounts.EndSession(r.Context(), p.web.Actor(r), r.PostForm.Get("session"))
	if errors.Is(err, store.ErrNotFound) {
		return p.web.Done(w, r, views.SettingsPath, "That session had ended already.")
	}
	if err != nil {
		return err
	}
	return p.web.Done(w, r, views.SettingsPath, "The session is signed out.")
}

// onSettings completes the page Settings with what it says of signing in.
func (p factorPages) onSettings(r *http.Request, page *views.SettingsPage) error {
	v := web.VisitorOf(r)
	factors, err := p.Billing.Accounts.Factors(r.Context(), v.ID)
	if err != nil {
		return err
	}
	page.FactorSummary, page.HasFactor = summary(factors), factors.Any()
	if v.Role != store.Owner {
		return nil
	}
	page.Proxy = p.web.Proxies.Distrusted()
	page.Requirement, err = p.requirement(r)
	return err
}

func summary(f accounts.Factors) string {
	var has []string
	if f.Authenticator {
		has = append(has, "an authenticator app")
	}
	if n := len(f.Passkeys); n > 0 {
		has = append(has, problem.Plural(n, "passkey"))
	}
	if len(has) == 0 {
		return "You have none: whoever finds out your password gets in."
	}
	return fmt.Sprintf("You have %s, and %s left.", strings.Join(has, " and "), problem.Plural(f.Recovery, "recovery code"))
}

func (p factorPages) requirement(r *http.Request) (*views.RequirementForm, error) {
	in := store.AccountsIn(p.Store)
	required, err := in.Requirement(r.Context())
	if err != nil {
		return nil, err
	}
	with, err := in.WithFactor(r.Context())
	if err != nil {
		return nil, err
	}
	users, err := p.Store.Users(r.Context())
	form := &views.RequirementForm{Value: string(required)}
	for _, u := range users {
		if u.Status == store.Active && !with[u.ID] {
			form.Without++
		}
	}
	return form, err
}
