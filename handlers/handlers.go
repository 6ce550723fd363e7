// Package handlers is the web side of Seatbridge: HTTP in, one call down, one
// component out. It owns the routes, who may use them, sessions, forms and
// status codes; it decides nothing about seats or agreements.
package handlers

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/sessions"

	"seatbridge/billing"
	"seatbridge/store"
)

// Config is what the web side needs from its surroundings.
type Config struct {
	// Store is the open database.
	Store *store.Store
	// Bridge does everything that concerns seats and ConnectWise PSA.
	Bridge *billing.Bridge
	// Log receives server errors and, at debug level, every request.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// BaseURL is the address people use. Its scheme decides whether cookies
	// are Secure. Nil means plain HTTP at whatever host the request names.
	BaseURL *url.URL
	// SessionKeys sign (and, every second one, encrypt) cookies, newest pair
	// first, as gorilla/sessions takes them.
	SessionKeys [][]byte
	// TrustedProxies are the peers whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// NextSync says when the monthly job runs next; nil or a zero time means
	// unknown.
	NextSync func() time.Time
	// Demo marks every page as a demonstration.
	Demo bool
	// DemoEmail and DemoPassword, when set, are offered on the sign-in page
	// of a demonstration.
	DemoEmail, DemoPassword string
	// DemoProvider, when set, fills in the form of the Provider API with a
	// demonstration's own simulator.
	DemoProvider *billing.ProviderConfig
	// Version is shown on the Settings page.
	Version string
}

// server is the state that all handlers share. Nothing in it changes after
// New, except inside the limiters and the pool.
type server struct {
	Config
	cookies   *sessions.CookieStore
	passwords *passwords
	limits    *limits
	mux       *http.ServeMux
	api       *api
	zippers   sync.Pool // of *gzip.Writer
}

// New is the whole web application as one handler.
func New(c Config) (http.Handler, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	return s.handler()
}

func newServer(c Config) (*server, error) {
	if len(c.SessionKeys) == 0 {
		return nil, errors.New("handlers: at least one session key is needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NextSync == nil {
		c.NextSync = func() time.Time { return time.Time{} }
	}
	limits, err := newLimits()
	if err != nil {
		return nil, fmt.Errorf("making rate limits: %w", err)
	}
	s := &server{Config: c, passwords: newPasswords(), limits: limits}
	s.cookies = newCookies(c.SessionKeys, s.secure())
	s.api, err = newAPI(s)
	return s, err
}

// handler puts the layers around the routes, outermost first: recover and
// log, security headers, cross-origin protection. Cookie and access follow
// inside each route, which is where its pattern and its minimum role are known.
func (s *server) handler() (http.Handler, error) {
	s.mux = http.NewServeMux()
	for _, rt := range s.routes() {
		s.mux.Handle(rt.pattern, s.endpoint(rt.min, rt.serve))
	}
	s.mux.Handle(apiPath+"/", s.api)
	protection, err := s.crossOriginProtection()
	if err != nil {
		return nil, err
	}
	return s.recoverAndLog(s.securityHeaders(protection.Handler(http.HandlerFunc(s.dispatch)))), nil
}

// endpoint is one handler behind its cookie and access checks.
func (s *server) endpoint(min access, fn func(http.ResponseWriter, *http.Request) error) http.Handler {
	if min == public {
		return s.page(fn)
	}
	return s.identified(s.page(allow(min, fn)))
}

// dispatch gives requests without a route the same error pages as the others.
func (s *server) dispatch(w http.ResponseWriter, r *http.Request) {
	_, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.endpoint(anyone, s.noRoute).ServeHTTP(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(pattern))
	s.mux.ServeHTTP(w, r)
}

// secure tells whether people reach Seatbridge over TLS.
func (s *server) secure() bool { return s.BaseURL != nil && s.BaseURL.Scheme == "https" }

// origin is the scheme and host for links that leave the browser.
func (s *server) origin(r *http.Request) string {
	if s.BaseURL != nil {
		return s.BaseURL.Scheme + "://" + s.BaseURL.Host
	}
	return "http://" + r.Host
}
