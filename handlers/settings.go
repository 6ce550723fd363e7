package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"seatbridge/billing/accounts"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

func (s *server) showSettings(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	return s.renderSettings(w, r, http.StatusOK, settingsForms{settings: settings})
}

// settingsForms is what the forms of the page hold, and what is wrong in one of them.
type settingsForms struct {
	settings         store.Settings
	problems         problem.Fields
	approvals        *views.ApprovalsForm // as typed; nil: as saved
	months           *views.MonthsForm    // as typed; nil: as saved
	sources          *views.SourcesForm   // as chosen; nil: as saved
	passwordProblems problem.Fields
	digest           *views.DigestForm // as chosen; nil: as saved
}

// renderSettings shows the MSP's settings as given, to those who may change
// them, and the reader's own account.
func (s *server) renderSettings(w http.ResponseWriter, r *http.Request, status int, f settingsForms) error {
	page := views.SettingsPage{
		MSPName: f.settings.MSPName, Pending: pendingView(f.settings.Pending, store.MonthOf(s.Now())),
		CanEdit: web.AccessOf(web.VisitorOf(r).Role) >= web.Admin, Problems: views.Problems(f.problems), Approvals: approvalsForm(f.settings),
		Months: monthsForm(f.settings.Months), Sources: savedSources(f.settings.Sources, store.MonthOf(s.Now())),
		Password: views.PasswordForm{Problems: views.Problems(f.passwordProblems)}, Version: s.Version,
	}
	if f.approvals != nil {
		page.Approvals = *f.approvals
	}
	if f.months != nil {
		page.Months = *f.months
	}
	if f.sources != nil {
		page.Sources = *f.sources
	}
	var err error
	if page.Digest, err = (digestPages{s}).form(r, f.digest); err != nil {
		return err
	}
	connection, err := s.Billing.Connection.Current(r.Context())
	if err != nil {
		return err
	}
	page.HasDefaultID = connection.DefaultClientID
	sessions, err := s.liveSessions(r, web.VisitorOf(r).ID)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		page.Sessions = append(page.Sessions, views.SessionRow{
			Device: device(session.UserAgent), IP: session.IP, Started: session.CreatedAt, Seen: session.SeenAt,
			Current: session.Hash == web.VisitorOf(r).Session.Hash, Name: session.Hash,
		})
	}
	if err := (factorPages{s}).onSettings(r, &page); err != nil {
		return err
	}
	return s.web.Answer(w, r, web.Page{
		Section: views.SectionSettings, Title: "Settings", Status: status,
		Whole: func(l views.Layout) templ.Component { return views.Settings(l, page) },
	})
}

// device names browser and system from a User-Agent, as far as they are common.
func device(userAgent string) string {
	name := func(fallback string, pairs ...string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.Contains(userAgent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return fallback
	}
	// The order matters: most browsers also name those they descend from.
	browser := name("Another browser", "Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := name(
		"another system", "Windows", "Windows", "Android", "Android",
		"iPhone", "iPhone", "iPad", "iPad", "Mac OS X", "macOS", "Linux", "Linux",
	)
	return browser + " on " + system
}

// pendingView is the choice that holds in the running month, and since when.
func pendingView(rules []store.PendingRule, running store.Month) views.PendingChoice {
	rule := seats.PendingIn(rules, running)
	return views.PendingChoice{Counted: rule.Counted, Since: string(rule.From)}
}

// parseSettings reads the form into the settings as they are. What it says about counting holds from the running month on.
func parseSettings(r *http.Request, settings store.Settings, running store.Month) (store.Settings, problem.Fields, error) {
	if err := web.ParseForm(r); err != nil {
		return settings, nil, err
	}
	settings.MSPName = web.Clean(r.PostForm.Get("msp"))
	settings.Pending = seats.SwitchPending(settings.Pending, running, web.Checked(r.PostForm, "count_pending"))
	p := problem.Fields{}
	p.Add("msp", problem.OfName("the name of your company", settings.MSPName))
	return settings, p, nil
}

func (s *server) saveSettings(w http.ResponseWriter, r *http.Request) error {
	before, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	settings, problems, err := parseSettings(r, before, store.MonthOf(s.Now()))
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.renderSettings(w, r, http.StatusUnprocessableEntity, settingsForms{settings: settings, problems: problems})
	}
	err = s.web.Record(
		r, store.CategorySettings, describeSettings(before, settings, store.MonthOf(s.Now())),
		func(st *store.Store) error { return st.UpdateSettings(r.Context(), settings) },
	)
	if err != nil {
		return err
	}
	return s.web.Done(w, r, views.SettingsPath, "Settings saved.")
}

// describeSettings says for the activity log what was changed: the pending
// seats change what is billed, from the running month on.
func describeSettings(before, after store.Settings, running store.Month) string {
	text := "Saved the settings."
	if before.MSPName != after.MSPName {
		text += " Company: " + after.MSPName
		if before.MSPName != "" {
			text += " instead of " + before.MSPName
		}
		text += "."
	}
	if slices.Equal(before.Pending, after.Pending) {
		return text
	}
	from := seats.PendingIn(after.Pending, running)
	text += map[bool]string{true: " Pending seats are counted", false: " Pending seats are not counted"}[from.Counted]
	return text + " from " + running.String() + " on."
}

func (s *server) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	v := web.VisitorOf(r)
	if err := s.limits.TakeCode(r.Context(), "password "+v.Session.Hash); err != nil {
		return err
	}
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	current, next := r.PostForm.Get("current"), r.PostForm.Get("password")
	problems := problem.Fields{}
	problems.Add("password", accounts.PasswordProblem(next, accounts.Of{Email: v.Email, Name: v.Name, MSP: settings.MSPName}))
	match, err := s.Billing.Accounts.Passwords.Matches(r.Context(), current, v.PasswordHash)
	if err != nil {
		return err
	}
	if !match {
		problems.Add("current", "This is not your present password.")
	}
	if len(problems) > 0 {
		return s.renderSettings(w, r, http.StatusUnprocessableEntity, settingsForms{settings: settings, passwordProblems: problems})
	}
	if err := s.Billing.Accounts.ChangePassword(r.Context(), s.web.Actor(r), v.Token, next); err != nil {
		return err
	}
	return s.web.Done(w, r, views.SettingsPath, "Your password is changed. All other sessions are signed out.")
}

func (s *server) revokeSessions(w http.ResponseWriter, r *http.Request) error {
	if err := s.Billing.Accounts.EndOtherSessions(r.Context(), s.web.Actor(r), web.VisitorOf(r).Token); err != nil {
		return err
	}
	return s.web.Done(w, r, views.SettingsPath, "All other sessions are signed out.")
}
