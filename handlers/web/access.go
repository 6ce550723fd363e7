package web

import (
	"net/http"
	"net/url"

	"seatbridge/store"
	"seatbridge/views"
)

// Access is who may use a route: the lowest role that does.
type Access int

// Who may use a route, the least first.
const (
	Public     Access = iota // no session is looked at
	Anyone                   // signed in or not
	Member                   // any member, even one who has yet to set up the second factor that is asked of everybody
	Technician               // any member
	Admin
	Owner
)

// AccessOf is what a role may use (docs/billing-rules.md section 4).
func AccessOf(role store.Role) Access {
	switch role {
	case store.Owner:
		return Owner
	case store.Admin:
		return Admin
	case store.Technician:
		return Technician
	}
	return Anyone
}

// allow lets those use a handler who have at least the role it needs. Others
// are asked to sign in, or told that their role does not suffice.
func (s *Site) allow(min Access, fn func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := VisitorOf(r)
		switch {
		case min <= Anyone:
		case v == nil:
			return s.askToSignIn(w, r)
		case AccessOf(v.Role) < min:
			return Forbidden(min)
		case min > Member:
			return s.unlessLacking(w, r, fn)
		}
		return fn(w, r)
	}
}

// unlessLacking leads a member who has to have a second factor and has none to where it is set up.
func (s *Site) unlessLacking(w http.ResponseWriter, r *http.Request, fn func(http.ResponseWriter, *http.Request) error) error {
	lacks, err := s.Lacks(r.Context(), VisitorOf(r).User)
	if err != nil {
		return err
	}
	if lacks {
		return Leave(w, r, views.SecondFactorPath)
	}
	return fn(w, r)
}

// Forbidden explains which role is needed.
func Forbidden(min Access) *Error {
	who := "Owners and Admins"
	if min == Owner {
		who = "Owners"
	}
	return &Error{
		Status:  http.StatusForbidden,
		Message: "Your role does not include this.",
		Why:     "Only " + who + " can use this page.",
		Do:      "Ask an Owner of this panel if you need it.",
	}
}

// Unsaved is the parameter by which the sign-in page knows that a form was sent without a session.
const Unsaved = "unsaved"

// askToSignIn sends people to the sign-in page and from there back here. What
// was posted is lost, so a form leads back to the page it was on.
func (s *Site) askToSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.RequestURI()
	if IsPart(r) || r.Method != http.MethodGet {
		next = s.ReferringPath(r)
	}
	values := url.Values{}
	if next = LocalPath(next); next != views.OverviewPath {
		values.Set("next", next)
	}
	if r.Method != http.MethodGet {
		values.Set(Unsaved, "true")
	}
	target := views.SignInPath
	if len(values) > 0 {
		target += "?" + values.Encode()
	}
	return Leave(w, r, target)
}

// ReferringPath is the page of ours that the request was made on. A form that was refused leaves its browser at the address to which
// it was sent, so that sending it again names that one.
func (s *Site) ReferringPath(r *http.Request) string {
	for _, header := range []string{"HX-Current-URL", "Referer"} {
		u, err := url.Parse(r.Header.Get(header))
		switch {
		case err != nil || u.Host != r.Host:
		case r.Method != http.MethodGet && u.Path == r.URL.Path && u.RawQuery == "":
			return s.FormPage(r.URL)
		default:
			return s.PageOf(u.RequestURI())
		}
	}
	if r.Method != http.MethodGet { // a browser that tells nothing
		return s.FormPage(r.URL)
	}
	return views.OverviewPath
}

// LocalPage is the page at an address that came from outside, if it is one of ours that a person can see, otherwise the overview.
func (s *Site) LocalPage(address string) string { return s.PageOf(LocalPath(address)) }
