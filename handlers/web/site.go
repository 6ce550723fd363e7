// Package web is what the pages have in common: sessions and access, forms and
// lists read, answers written, errors turned into words. It knows nothing of
// what a page is about.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"seatbridge/store"
	"seatbridge/views"
)

// Config is what a site needs from its surroundings.
type Config struct {
	// Store has the sessions, the users and the settings.
	Store *store.Store
	// Log receives server errors and, at debug level, every request.
	Log *slog.Logger
	// Now is the clock.
	Now func() time.Time
	// BaseURL is the address people use. Its scheme decides whether cookies
	// are Secure. Nil means plain HTTP at whatever host the request names.
	BaseURL *url.URL
	// SessionKeys sign (and, every second one, encrypt) cookies, newest pair
	// first, as gorilla/sessions takes them.
	SessionKeys [][]byte
	// TrustedProxies are the peers whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Demo marks every page as a demonstration.
	Demo bool
	// DemoTour leads from every page of a demonstration to what there is to look at.
	DemoTour bool
	// PageOf is the page that a person sees at an address of ours, with its query: of one that only takes a form, the page on which
	// the form stands.
	PageOf func(address string) string
	// SetupMark is how far the panel is set up, for those who can do it; nil: nothing is left to do.
	SetupMark func(ctx context.Context) (*views.SetupMark, error)
	// Leaks is how many leaks are open, for the navigation.
	Leaks func(context.Context) (int, error)
	// Lacks says that a member has to set up a second factor before anything else.
	Lacks func(context.Context, store.User) (bool, error)
	// FormPage is the page on which the form stands that is sent to an address.
	FormPage func(u *url.URL) string
}

// Site is what all pages share. Nothing in it changes after New, except
// inside the pool and of what proxies were met.
type Site struct {
	Config
	Devices Devices
	Proxies *Proxies

	cookies jar
	zippers sync.Pool // of *gzip.Writer
}

// New makes what all pages share.
func New(c Config) *Site {
	s := &Site{Config: c}
	s.cookies = newJar(c.SessionKeys, s.secure(), SessionLife)
	s.Devices = Devices{newJar(c.SessionKeys, s.secure(), deviceLife)}
	s.Proxies = &Proxies{trusted: s.trusted, now: c.Now, log: c.Log}
	return s
}

// Endpoint is one handler behind its cookie and access checks.
func (s *Site) Endpoint(min Access, fn func(http.ResponseWriter, *http.Request) error) http.Handler {
	if min == Public {
		return s.Handler(fn)
	}
	return s.identified(s.Handler(s.allow(min, fn)))
}

// secure tells whether people reach Seatbridge over TLS.
func (s *Site) secure() bool { return s.BaseURL != nil && s.BaseURL.Scheme == "https" }

// Origin is the scheme and host for links that leave the browser; empty where the operator did not say which: whoever sends a request can
// name any host in it.
func (s *Site) Origin() string {
	if s.BaseURL == nil {
		return ""
	}
	return s.BaseURL.Scheme + "://" + s.BaseURL.Host
}
