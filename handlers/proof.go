package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/a-h/templ"

	"seatbridge/billing/accounts"
	"seatbridge/billing/problem"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// proofs asks who somebody is before what would give a thief of the session more than the session.
type proofs struct{ *server }

// endpoint is what serves a route.
type endpoint = func(http.ResponseWriter, *http.Request) error

// proofFields are the fields that prove who somebody is.
var proofFields = []string{"proof_password", "proof_code", "passkey"}

// before serves a form once the person has proved of late who they are; until then it asks, and sends the form along. what is to be
// done stands above.
func (p proofs) before(what string, serve endpoint) endpoint {
	return p.when(func(*http.Request) bool { return true }, what, serve)
}

// when is before for forms that say something in particular.
func (p proofs) when(needed func(*http.Request) bool, what string, serve endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := web.ParseForm(r); err != nil {
			return err
		}
		v := web.VisitorOf(r)
		if p.Billing.Accounts.Proved(v.Session) || !needed(r) {
			return serve(w, r)
		}
		if !slices.ContainsFunc(proofFields, r.PostForm.Has) {
			return p.ask(w, r, what, http.StatusOK, nil)
		}
		by, err := prove(p.server, r, proofOf{
			user: v.User, key: "session " + v.Session.Hash, code: r.PostForm.Get("proof_code"), password: r.PostForm.Get("proof_password"),
		})
		if refused := asRefused(w, err); refused != nil {
			return p.ask(w, r, what, refused.Status, problem.Fields{"": refused.Message})
		}
		if errors.Is(err, accounts.ErrWrong) || errors.Is(err, accounts.ErrGone) {
			return p.wrong(w, r, what)
		}
		if err != nil {
			return err
		}
		if err := p.Billing.Accounts.Prove(r.Context(), p.web.Actor(r), v.Token, by); err != nil {
			return err
		}
		for _, name := range proofFields {
			r.PostForm.Del(name)
		}
		return serve(w, r)
	}
}

// wrong says that the proof was not right, and logs it.
func (p proofs) wrong(w http.ResponseWriter, r *http.Request, what string) error {
	entry := p.web.Actor(r).Did(p.Now(), store.CategoryAccess, "Did not confirm who they are.")
	if err := p.Store.AddActivity(r.Context(), entry); err != nil {
		return err
	}
	name := "proof_code"
	if r.PostForm.Has("proof_password") {
		name = "proof_password"
	}
	return p.ask(w, r, what, http.StatusUnprocessableEntity, wrongProof(r, name))
}

// wrongProof is what is wrong with a proof, beside its field.
func wrongProof(r *http.Request, name string) problem.Fields {
	switch {
	case r.PostForm.Get("passkey") != "":
		return problem.Fields{"": "This passkey is not one of yours, or the browser took too long. Try again."}
	case name == "proof_password":
		return problem.Fields{name: "This is not your password."}
	}
	return problem.Fields{
		name: "This code is not right, or was used before. Wait for the next one, and see that the clock of the phone is right.",
	}
}

// asRefused is the answer to somebody who tried too often, nil otherwise.
func asRefused(w http.ResponseWriter, err error) *web.Error {
	var refused *web.Error
	if !errors.As(err, &refused) {
		return nil
	}
	if refused.RetryAfter > 0 {
		w.Header().Set("Retry-After", web.Seconds(refused.RetryAfter))
	}
	return refused
}

// ask shows the form that asks, with all that was sent.
func (p proofs) ask(w http.ResponseWriter, r *http.Request, what string, status int, problems problem.Fields) error {
	v := web.VisitorOf(r)
	factors, err := p.Billing.Accounts.Factors(r.Context(), v.ID)
	if err != nil {
		return err
	}
	page := views.ProofPage{
		What: what, Action: r.URL.RequestURI(), Fields: sentAlong(r.PostForm), Password: !factors.Any(), Email: v.Email,
		HasApp: factors.Authenticator, HasPasskey: len(factors.Passkeys) > 0 && accounts.PasskeysWork(originOf(p.server, r)),
		Left: factors.Recovery, Of: factors.Of, Problems: views.Problems(problems),
	}
	return p.web.Answer(w, r, web.Page{
		Section: views.SectionSettings, Title: "Confirm that it is you", Status: status, Part: views.ProofCard(page),
		Whole: func(l views.Layout) templ.Component { return views.Proof(l, page) },
	})
}

// sentAlong are the fields of a form without those that prove something, in a fixed order.
func sentAlong(form url.Values) (fields []views.HiddenField) {
	for name, values := range form {
		if slices.Contains(proofFields, name) || name == "username" {
			continue
		}
		for _, value := range values {
			fields = append(fields, views.HiddenField{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(fields, func(a, b views.HiddenField) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// options answers the script of the form that asks with what to ask the browser for.
func (p proofs) options(w http.ResponseWriter, r *http.Request) error {
	return stepPages(p).askFor(w, r, web.VisitorOf(r).User)
}

// proofOf is what somebody proves who they are with, and under which key their tries are counted.
type proofOf struct {
	user           store.User
	key            string
	code, password string
}

// prove takes a proof: the second factor of whoever has one, else the password; and says by what. accounts.ErrWrong: it is not right.
func prove(s *server, r *http.Request, of proofOf) (by string, err error) {
	if err := s.limits.TakeCode(r.Context(), of.key); err != nil {
		return "", err
	}
	desk := s.Billing.Accounts
	factors, err := desk.Factors(r.Context(), of.user.ID)
	switch {
	case err != nil:
		return "", err
	case !factors.Any():
		return "the password", provePassword(s, r, of)
	case r.PostForm.Get("passkey") != "":
		if !accounts.PasskeysWork(originOf(s, r)) {
			return "", accounts.ErrWrong
		}
		return "a passkey", desk.TakePasskey(r.Context(), of.user, answerOf(s, r))
	case isRecoveryCode(of.code):
		return "a recovery code", desk.TakeRecoveryCode(r.Context(), s.web.ActorFor(r, of.user), of.code)
	}
	return "a code of the authenticator app", desk.TakeCode(r.Context(), of.user.ID, of.code)
}

func provePassword(s *server, r *http.Request, of proofOf) error {
	match, err := s.Billing.Accounts.Passwords.Matches(r.Context(), of.password, of.user.PasswordHash)
	if err == nil && !match {
		err = accounts.ErrWrong
	}
	return err
}

// isRecoveryCode tells a recovery code from a code of an app, which has digits alone.
func isRecoveryCode(code string) bool { return strings.ContainsFunc(code, unicode.IsLetter) }
