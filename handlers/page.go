package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"seatbridge/billing"
	"seatbridge/store"
	"seatbridge/views"
)

// httpError is an answer other than the page asked for. Its texts are for
// people; the cause is for the log.
type httpError struct {
	Status     int
	Message    string // what happened; empty: the usual sentence for the status
	Why        string
	Do         string
	RetryAfter time.Duration
	Err        error
}

func (e *httpError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return http.StatusText(e.Status) + ": " + e.Message
}

func (e *httpError) Unwrap() error { return e.Err }

// patience is how long an answer may take. It bounds the waits for ConnectWise: a pause that it asks for
// is reported instead of sat out.
const patience = 40 * time.Second

// page runs a handler and is the only place that turns errors into answers.
func (s *server) page(fn func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		err := fn(w, r.WithContext(ctx))
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		s.renderError(w, r, asHTTPError(err))
	})
}

// asHTTPError gives every error its status and the words that people see.
func asHTTPError(err error) *httpError {
	var (
		known   *httpError
		tooBig  *http.MaxBytesError
		invalid *billing.Invalid
		refused *billing.Refused
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &tooBig):
		return badBody(err)
	case errors.As(err, &invalid) && invalid.Cause != nil:
		return &httpError{Status: http.StatusConflict, Message: sentences(invalid.Fields), Err: err}
	case errors.As(err, &invalid):
		return &httpError{Status: http.StatusUnprocessableEntity, Message: sentences(invalid.Fields), Err: err}
	case errors.As(err, &refused):
		return &httpError{Status: http.StatusBadGateway, Message: refused.Problem.What, Do: refused.Problem.Do, Err: err}
	case errors.Is(err, store.ErrNotFound):
		return &httpError{Status: http.StatusNotFound, Err: err}
	case errors.Is(err, billing.ErrRunning), errors.Is(err, store.ErrLocked):
		return &httpError{Status: http.StatusConflict, Message: "Another import or sync is running.", Do: "Wait until it has ended, or cancel it, then try again.", Err: err}
	case errors.Is(err, billing.ErrNotConnected):
		return &httpError{Status: http.StatusConflict, Message: "ConnectWise PSA is not connected.", Do: "Enter the credentials under Integrations first.", Err: err}
	case errors.Is(err, billing.ErrNotActive):
		return &httpError{Status: http.StatusConflict, Message: "The ConnectWise PSA integration is not set up completely.", Do: "Finish the steps under Integrations first.", Err: err}
	}
	return &httpError{Status: http.StatusInternalServerError, Err: err}
}

// badBody is the answer to a form that cannot be read.
func badBody(err error) *httpError {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return &httpError{Status: http.StatusRequestEntityTooLarge, Message: "This is more than can be sent at once.", Do: "Send it in several parts.", Err: err}
	}
	return &httpError{Status: http.StatusUnprocessableEntity, Message: "The form could not be read.", Err: err}
}

// renderError answers with an error page, or, to a request for a part, with an
// alert that goes to the page's place for alerts. Server errors are logged
// here, with a number that people can quote.
func (s *server) renderError(w http.ResponseWriter, r *http.Request, e *httpError) {
	if strings.HasPrefix(r.URL.Path, apiPath+"/") {
		s.api.writeProblem(w, r, e)
		return
	}
	page := views.ErrorPage{Status: e.Status, What: e.Message, Why: e.Why, Do: e.Do}
	if e.Status >= 500 {
		page.RequestID = newToken()[:8]
		s.Log.ErrorContext(r.Context(), "request", "method", r.Method, "route", r.Pattern, "id", page.RequestID, "err", e)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(e.RetryAfter))
	}
	component := views.ErrorAlert(page)
	if isPart(r) {
		w.Header().Set("HX-Retarget", "#alerts")
		w.Header().Set("HX-Reswap", "innerHTML")
	} else {
		component = views.Error(s.frame(r, http.StatusText(e.Status), ""), page)
	}
	if err := s.render(w, r, e.Status, component); err != nil {
		s.Log.ErrorContext(r.Context(), "rendering error page", "err", err)
		http.Error(w, http.StatusText(e.Status), e.Status)
	}
}

// seconds writes a duration for the Retry-After header.
func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// isPart tells whether htmx wants a part of the page. Boosted links and
// history restores say "full".
func isPart(r *http.Request) bool { return r.Header.Get("HX-Request-Type") == "partial" }

// isHTMX tells whether htmx sent the request at all.
func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// render writes a component, completely or not at all.
func (s *server) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var body bytes.Buffer
	if err := c.Render(r.Context(), &body); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "HX-Request-Type")
	h.Add("Vary", "Accept-Encoding")
	if body.Len() >= minGzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		s.gzip(w, body.Bytes())
		return nil
	}
	w.WriteHeader(status)
	w.Write(body.Bytes()) // only a lost connection can fail here
	return nil
}

// minGzip is the size from which compressing pays.
const minGzip = 1400

// gzip writes compressed; a writer is some 800 KB, so that they are reused.
func (s *server) gzip(w io.Writer, body []byte) {
	zip, _ := s.zippers.Get().(*gzip.Writer)
	if zip == nil {
		zip, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a constant
	}
	defer s.zippers.Put(zip)
	zip.Reset(w)
	zip.Write(body)
	zip.Close()
}

// answer sends the part that htmx asked for, or the whole page around it.
func (s *server) answer(w http.ResponseWriter, r *http.Request, status int, part templ.Component, whole func(views.Layout) templ.Component, section views.Section, title string) error {
	if isPart(r) {
		return s.part(w, r, status, part)
	}
	layout, err := s.layout(w, r, section, title)
	if err != nil {
		return err
	}
	return s.render(w, r, status, whole(layout))
}

// part sends a part of a page, with the message that waits for one.
func (s *server) part(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	message, err := s.notice(w, r)
	if err != nil {
		return err
	}
	if message != "" {
		c = templ.Join(c, success(message))
	}
	return s.render(w, r, status, c)
}

// success is a short message beside a part of a page.
func success(message string) templ.Component {
	return views.Toast(views.Flash{Kind: "success", Message: message})
}

// full sends a whole page.
func (s *server) full(w http.ResponseWriter, r *http.Request, status int, section views.Section, title string, whole func(views.Layout) templ.Component) error {
	layout, err := s.layout(w, r, section, title)
	if err != nil {
		return err
	}
	return s.render(w, r, status, whole(layout))
}

// layout is the frame around a page, with the messages that wait for one.
func (s *server) layout(w http.ResponseWriter, r *http.Request, section views.Section, title string) (views.Layout, error) {
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return views.Layout{}, err
	}
	l := s.frame(r, title, section)
	l.MSPName = settings.MSPName
	if v := visitorOf(r); v != nil && accessOf(v.Role) >= admin {
		if l.Held, err = s.Store.CountHeld(r.Context()); err != nil {
			return views.Layout{}, err
		}
	}
	message, err := s.notice(w, r)
	if err != nil {
		return views.Layout{}, err
	}
	if message != "" {
		l.Flashes = []views.Flash{{Kind: "success", Message: message}}
	}
	return l, nil
}

// frame is the layout as far as it needs no database.
func (s *server) frame(r *http.Request, title string, section views.Section) views.Layout {
	l := views.Layout{Title: title, Section: section, Demo: s.Demo}
	if v := visitorOf(r); v != nil {
		l.UserName, l.UserEmail, l.Role = v.Name, v.Email, string(v.Role)
	}
	return l
}

// seeOther ends a successful form on this page or part of it: htmx follows
// the redirect and asks for the same kind of answer again.
func seeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// leave ends a form by going to another page.
func leave(w http.ResponseWriter, r *http.Request, path string) error {
	if !isHTMX(r) {
		return seeOther(w, r, path)
	}
	w.Header().Set("HX-Redirect", path)
	w.WriteHeader(http.StatusOK)
	return nil
}

// done leaves a message for the next page and goes there.
func (s *server) done(w http.ResponseWriter, r *http.Request, path, message string) error {
	if err := s.notify(w, r, message); err != nil {
		return err
	}
	return leave(w, r, path)
}

// localPath is the address if it leads to a page of ours, otherwise the overview.
// Browsers read a backslash as a slash and drop tabs and line breaks, so an
// address with any of these is not followed.
func localPath(address string) string {
	u, err := url.Parse(address)
	local := err == nil && u.Scheme == "" && u.Host == "" && u.User == nil &&
		strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") &&
		!strings.ContainsFunc(address, func(c rune) bool { return c == '\\' || c <= ' ' || c == 0x7f })
	if !local || strings.HasPrefix(u.Path, "//") {
		return views.OverviewPath
	}
	return address
}

// sentences joins the messages of a form without a page, in a fixed order.
func sentences(fields map[string]string) string {
	var all []string
	for _, message := range fields {
		all = append(all, message)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}
