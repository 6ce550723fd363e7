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

func (s *server) showSignIn(w http.ResponseWriter, r *http.Request) error {
	next := s.web.LocalPage(r.URL.Query().Get("next"))
	if web.VisitorOf(r) != nil {
		return web.Leave(w, r, next)
	}
	page := views.SignInPage{Next: next}
	count, err := s.Store.CountUsers(r.Context())
	if err != nil {
		return err
	}
	_, cookieErr := r.Cookie(s.web.CookieName("session"))
	switch {
	case count == 0:
		page.Notice = "There is no account yet. Open the one-time link that Seatbridge printed when it started."
	case r.URL.Query().Get(web.Unsaved) != "":
		page.Notice = "You were signed out; what you entered was not saved. Sign in to go back to the page, and enter it again."
	case cookieErr == nil:
		page.Notice = "You were signed out. Sign in to go on."
	}
	return s.renderSignIn(w, r, http.StatusOK, page)
}

// signInForm is what the sign-in page sends.
type signInForm struct {
	Email, Password, Next string
}

func parseSignIn(r *http.Request) (signInForm, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return signInForm{}, nil, err
	}
	f := signInForm{
		Email:    web.Clip(web.Clean(r.PostForm.Get("email")), problem.MaxEmail),
		Password: r.PostForm.Get("password"),
		Next:     web.LocalPath(r.PostForm.Get("next")),
	}
	p := problem.Fields{}
	if f.Email == "" {
		p.Add("email", "Enter your e-mail address.")
	}
	if f.Password == "" {
		p.Add("password", "Enter your password.")
	}
	return f, p, nil
}

func (s *server) postSignIn(w http.ResponseWriter, r *http.Request) error {
	form, problems, err := parseSignIn(r)
	if err != nil {
		return err
	}
	form.Next = s.web.PageOf(form.Next)
	if len(problems) > 0 {
		return s.rejectSignIn(w, r, http.StatusUnprocessableEntity, form, problems)
	}
	user, err := s.authenticate(r, form)
	var refused *web.Error
	switch {
	case errors.As(err, &refused):
		if refused.RetryAfter > 0 {
			w.Header().Set("Retry-After", web.Seconds(refused.RetryAfter))
		}
		problems.Add("", refused.Message)
		return s.rejectSignIn(w, r, refused.Status, form, problems)
	case err != nil:
		return err
	}
	return stepPages{s}.first(w, r, user, form.Next)
}

// authenticate finds the user with this e-mail address and password. Every
// failure reads and lasts the same, so that nobody learns which addresses exist.
func (s *server) authenticate(r *http.Request, form signInForm) (store.User, error) {
	ctx := r.Context()
	known := s.limits.TakeDevice(ctx, s.web.Devices.Of(r, form.Email))
	if !known {
		if err := s.waitForStranger(r, form.Email); err != nil {
			return store.User{}, err
		}
	}
	user, err := s.Store.UserByEmail(ctx, form.Email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.User{}, err
	}
	match, err := s.Billing.Accounts.Passwords.Matches(ctx, form.Password, user.PasswordHash)
	if err != nil {
		return store.User{}, err
	}
	if !match || user.Status != store.Active {
		if !known {
			s.patience.Failed(form.Email)
		}
		if user.ID != 0 {
			if err := s.Store.AddActivity(ctx, s.web.ActorFor(r, user).Did(s.Now(), store.CategoryAccess, "A sign-in failed.")); err != nil {
				return store.User{}, err
			}
		}
		return store.User{}, &web.Error{
			Status: http.StatusUnprocessableEntity, Message: "This e-mail address and password do not belong to an active account.",
		}
	}
	return user, nil
}

// waitForStranger limits what browsers try that never signed in to the account: by address, and by waiting.
func (s *server) waitForStranger(r *http.Request, email string) error {
	ip := s.web.ClientIP(r)
	if err := s.limits.TakeIP(r.Context(), ip); err != nil {
		return err
	}
	return s.patience.Wait(r.Context(), email, ip)
}

func (s *server) rejectSignIn(w http.ResponseWriter, r *http.Request, status int, form signInForm, problems problem.Fields) error {
	return s.renderSignIn(w, r, status, views.SignInPage{Email: form.Email, Next: form.Next, Problems: views.Problems(problems)})
}

func (s *server) renderSignIn(w http.ResponseWriter, r *http.Request, status int, page views.SignInPage) error {
	if s.Demo {
		page.Demo, page.DemoEmail, page.DemoPassword = true, s.DemoEmail, s.DemoPassword
	}
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	page.MSPName, page.Passkeys = settings.MSPName, accounts.PasskeysWork(originOf(s, r))
	return s.web.Render(w, r, status, views.SignIn(page))
}

func (s *server) postSignOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.web.SignOut(w, r); err != nil {
		return err
	}
	return web.Leave(w, r, views.SignInPath)
}

// Setup: the one-time link that makes the Owner's account.

// errDeadLink is the answer to a one-time link that was used or has expired.
func errDeadLink(do string) *web.Error {
	return &web.Error{
		Status:  http.StatusNotFound,
		Message: "This link does not work any more.",
		Why:     "It was used already, or it has expired.",
		Do:      do,
	}
}

// ownerLink checks the token of a set-up link.
func (s *server) ownerLink(r *http.Request) (string, error) {
	token := r.PathValue("token")
	if err := s.limits.TakeLink(r.Context(), s.web.ClientIP(r)); err != nil {
		return "", err
	}
	dead := errDeadLink("If the Owner's account exists, sign in. Otherwise restart Seatbridge; it prints a new link.")
	invitation, err := s.Store.Invitation(r.Context(), token, s.Now())
	if errors.Is(err, store.ErrNotFound) || err == nil && invitation.UserID != 0 {
		return "", dead
	}
	if err != nil {
		return "", err
	}
	count, err := s.Store.CountUsers(r.Context())
	if err != nil {
		return "", err
	}
	if count > 0 {
		return "", dead
	}
	return token, nil
}

func (s *server) showSetup(w http.ResponseWriter, r *http.Request) error {
	token, err := s.ownerLink(r)
	if err != nil {
		return err
	}
	return s.renderSetup(w, r, http.StatusOK, views.SetupPage{Token: token})
}

// setupForm is what the set-up page sends.
type setupForm struct {
	Name, Email, Password, MSP string
}

func parseSetup(r *http.Request) (setupForm, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return setupForm{}, nil, err
	}
	f := setupForm{
		Name:     web.Clean(r.PostForm.Get("name")),
		Email:    web.Clean(r.PostForm.Get("email")),
		Password: r.PostForm.Get("password"),
		MSP:      web.Clean(r.PostForm.Get("msp")),
	}
	p := problem.Fields{}
	p.Add("name", problem.OfName("your name", f.Name))
	p.Add("email", problem.OfEmail(f.Email))
	p.Add("password", accounts.PasswordProblem(f.Password, accounts.Of{Email: f.Email, Name: f.Name, MSP: f.MSP}))
	p.Add("msp", problem.OfName("the name of your company", f.MSP))
	return f, p, nil
}

func (s *server) postSetup(w http.ResponseWriter, r *http.Request) error {
	token, err := s.ownerLink(r)
	if err != nil {
		return err
	}
	form, problems, err := parseSetup(r)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.renderSetup(w, r, http.StatusUnprocessableEntity, views.SetupPage{
			Token: token, Name: form.Name, Email: form.Email, MSPName: form.MSP, Problems: views.Problems(problems),
		})
	}
	hash, err := s.Billing.Accounts.Passwords.Hash(r.Context(), form.Password)
	if err != nil {
		return err
	}
	user, err := s.createOwner(r, token, hash, form)
	if err != nil {
		return err
	}
	if err := s.web.SignIn(w, r, user); err != nil {
		return err
	}
	return web.Leave(w, r, views.StartPath)
}

// createOwner makes the account and names the company.
func (s *server) createOwner(r *http.Request, token, hash string, form setupForm) (user store.User, err error) {
	ctx := r.Context()
	err = s.Store.Together(ctx, "setting up", func(st *store.Store) error {
		user, err = st.CreateOwner(ctx, token, s.Now(), store.User{Name: form.Name, Email: form.Email, PasswordHash: hash, CreatedAt: s.Now()})
		if err != nil {
			return err
		}
		settings, err := st.Settings(ctx)
		if err != nil {
			return err
		}
		settings.MSPName = form.MSP
		entry := s.web.ActorFor(r, user).Did(s.Now(), store.CategoryMembers, "Made the Owner account.")
		return errors.Join(st.UpdateSettings(ctx, settings), st.AddActivity(ctx, entry))
	})
	return user, err
}

func (s *server) renderSetup(w http.ResponseWriter, r *http.Request, status int, page views.SetupPage) error {
	return s.web.Render(w, r, status, views.Setup(page))
}

// Accepting an invitation.

// invited finds who a member's one-time link is for.
func (s *server) invited(r *http.Request) (string, store.User, error) {
	token := r.PathValue("token")
	if err := s.limits.TakeLink(r.Context(), s.web.ClientIP(r)); err != nil {
		return "", store.User{}, err
	}
	dead := errDeadLink("Ask the person who invited you for a new one.")
	invitation, err := s.Store.Invitation(r.Context(), token, s.Now())
	if errors.Is(err, store.ErrNotFound) || err == nil && invitation.UserID == 0 {
		return "", store.User{}, dead
	}
	if err != nil {
		return "", store.User{}, err
	}
	user, err := s.Store.User(r.Context(), invitation.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Status != store.Pending {
		return "", store.User{}, dead
	}
	return token, user, err
}

func (s *server) showAccept(w http.ResponseWriter, r *http.Request) error {
	token, user, err := s.invited(r)
	if err != nil {
		return err
	}
	return s.renderAccept(w, r, http.StatusOK, views.AcceptPage{Token: token, Email: user.Email, Name: user.Name, Role: string(user.Role)})
}

// acceptForm is what an invited member sends.
type acceptForm struct {
	Name, Password string
}

func parseAccept(r *http.Request, email, msp string) (acceptForm, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return acceptForm{}, nil, err
	}
	f := acceptForm{Name: web.Clean(r.PostForm.Get("name")), Password: r.PostForm.Get("password")}
	p := problem.Fields{}
	p.Add("name", problem.OfName("your name", f.Name))
	p.Add("password", accounts.PasswordProblem(f.Password, accounts.Of{Email: email, Name: f.Name, MSP: msp}))
	return f, p, nil
}

func (s *server) postAccept(w http.ResponseWriter, r *http.Request) error {
	token, user, err := s.invited(r)
	if err != nil {
		return err
	}
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	form, problems, err := parseAccept(r, user.Email, settings.MSPName)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.renderAccept(w, r, http.StatusUnprocessableEntity, views.AcceptPage{
			Token: token, Email: user.Email, Name: form.Name, Role: string(user.Role), Problems: views.Problems(problems),
		})
	}
	hash, err := s.Billing.Accounts.Passwords.Hash(r.Context(), form.Password)
	if err != nil {
		return err
	}
	err = s.Store.Together(r.Context(), "accepting an invitation", func(st *store.Store) error {
		if user, err = st.AcceptInvitation(r.Context(), token, s.Now(), form.Name, hash); err != nil {
			return err
		}
		return st.AddActivity(r.Context(), s.web.ActorFor(r, user).Did(s.Now(), store.CategoryMembers, "Accepted the invitation."))
	})
	if err != nil {
		return err
	}
	if err := s.web.SignIn(w, r, user); err != nil {
		return err
	}
	return web.Leave(w, r, views.OverviewPath)
}

func (s *server) renderAccept(w http.ResponseWriter, r *http.Request, status int, page views.AcceptPage) error {
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	page.MSPName = settings.MSPName
	return s.web.Render(w, r, status, views.Accept(page))
}
