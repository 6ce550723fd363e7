package handlers

import (
	"net/http"
	"net/url"

	"seatbridge/store"
	"seatbridge/views"
)

// access is who may use a route: the lowest role that does.
type access int

const (
	public     access = iota // no session is looked at
	anyone                   // signed in or not
	technician               // any member
	admin
	owner
)

// accessOf is what a role may use (docs/billing-rules.md section 4).
func accessOf(role store.Role) access {
	switch role {
	case store.Owner:
		return owner
	case store.Admin:
		return admin
	case store.Technician:
		return technician
	}
	return anyone
}

// allow lets those use a handler who have at least the role it needs. Others
// are asked to sign in, or told that their role does not suffice.
func allow(min access, fn func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := visitorOf(r)
		switch {
		case min <= anyone:
		case v == nil:
			return askToSignIn(w, r)
		case accessOf(v.Role) < min:
			return forbidden(min)
		}
		return fn(w, r)
	}
}

// forbidden explains which role is needed.
func forbidden(min access) *httpError {
	who := "Owners and Admins"
	if min == owner {
		who = "Owners"
	}
	return &httpError{
		Status:  http.StatusForbidden,
		Message: "Your role does not include this.",
		Why:     "Only " + who + " can use this page.",
		Do:      "Ask an Owner of this panel if you need it.",
	}
}

// askToSignIn sends people to the sign-in page and from there back here. What
// was posted is lost, so a form leads back to the page it was on.
func askToSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.RequestURI()
	if isPart(r) || r.Method != http.MethodGet {
		next = referringPath(r)
	}
	target := views.SignInPath
	if next = localPath(next); next != views.OverviewPath {
		target += "?next=" + url.QueryEscape(next)
	}
	return leave(w, r, target)
}

// referringPath is the page of ours that the request was made on.
func referringPath(r *http.Request) string {
	for _, header := range []string{"HX-Current-URL", "Referer"} {
		u, err := url.Parse(r.Header.Get(header))
		if err == nil && u.Host == r.Host {
			return u.RequestURI()
		}
	}
	return views.OverviewPath
}
