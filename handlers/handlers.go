// Package handlers is the web side of Seatbridge: HTTP in, one call down, one
// component out. It owns the routes, who may use them, sessions, forms and
// status codes; it decides nothing about seats or agreements.
package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"seatbridge/billing"
	"seatbridge/billing/connect"
	"seatbridge/billing/reports"
	"seatbridge/handlers/api"
	"seatbridge/handlers/web"
	"seatbridge/store"
	"seatbridge/views"
)

// Config is what the web side needs from its surroundings.
type Config struct {
	// Store is the open database.
	Store *store.Store
	// Billing does everything that concerns seats and ConnectWise PSA.
	Billing *billing.Billing
	// Log receives server errors and, at debug level, every request.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// After tells when that much of Now's time has passed; nil means time.After.
	After func(time.Duration) <-chan time.Time
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
	// DemoEmail and DemoPassword, when set, are offered on the sign-in page
	// of a demonstration.
	DemoEmail, DemoPassword string
	// DemoProvider, when set, fills in the form of the Provider API with a
	// demonstration's own simulator.
	DemoProvider *reports.Config
	// DemoConnection, when set, fills in the form of the connection with a
	// demonstration's own simulator of ConnectWise PSA.
	DemoConnection *connect.Credentials
	// DemoStops are what there is to look at in a demonstration; none: it has
	// no page of them.
	DemoStops []DemoStop
	// Version is shown on the Settings page.
	Version string
}

// server is the state that all handlers share. Nothing in it changes after
// New, except inside the limiters and the site.
type server struct {
	Config
	web      *web.Site
	limits   *web.Limits
	patience *web.Patience
	mux      *http.ServeMux
	api      *api.API
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
	if c.After == nil {
		c.After = time.After
	}
	limits, err := web.NewLimits()
	if err != nil {
		return nil, err
	}
	s := &server{Config: c, limits: limits, patience: web.NewPatience(c.Now, c.After)}
	s.web = web.New(web.Config{
		Store: c.Store, Log: c.Log, Now: c.Now, BaseURL: c.BaseURL, SessionKeys: c.SessionKeys, TrustedProxies: c.TrustedProxies, Demo: c.Demo,
		PageOf:    func(address string) string { return pageOf(s.mux, address) },
		FormPage:  func(u *url.URL) string { return formPage(s.mux, u) },
		SetupMark: func(ctx context.Context) (*views.SetupMark, error) { return startPages{s}.mark(ctx) },
		DemoTour:  len(c.DemoStops) > 0,
		Leaks:     c.Billing.Scan.Open,
		Lacks:     c.Billing.Accounts.Lacks,
	})
	s.api, err = api.New(api.Config{
		Web: s.web, Organizations: c.Billing.Organizations, Usage: c.Billing.Figures.Usage,
		Keep: c.Billing.Figures.Keep, WithdrawKept: c.Billing.Figures.WithdrawKept, Books: c.Billing.Books,
	})
	return s, err
}

// handler puts the common layers around the routes. Cookie and access follow
// inside each route, which is where its pattern and its minimum role are known.
func (s *server) handler() (http.Handler, error) {
	s.mux = http.NewServeMux()
	for _, rt := range s.routes() {
		_, path, _ := strings.Cut(rt.pattern, " ")
		if strings.HasPrefix(path, views.ConnectWisePath+"/") && !strings.HasPrefix(path, views.ProductsPath) {
			rt.serve = startPages{s}.leading(rt.serve)
		}
		s.mux.Handle(rt.pattern, s.web.Endpoint(rt.min, rt.serve))
	}
	s.mux.Handle(api.Path+"/", s.web.Recovered(s.api, s.api.Fail))
	// Cookies mean nothing to the API, so that no other site can use a visitor's.
	return s.web.Wrap(http.HandlerFunc(s.dispatch), api.Path+"/")
}

// dispatch gives requests without a route the same error pages as the others. What may have changed something makes leaks be found anew.
func (s *server) dispatch(w http.ResponseWriter, r *http.Request) {
	_, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.web.Endpoint(web.Anyone, s.noRoute).ServeHTTP(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		defer s.Billing.Scan.Forget()
	}
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(pattern))
	s.mux.ServeHTTP(w, r)
}
