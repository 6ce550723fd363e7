package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"seatbridge/store"
	"seatbridge/views"
)

// longestAnswer is how long an answer may take. It bounds the waits for ConnectWise: a pause that it asks for
// is reported instead of sat out.
const longestAnswer = 40 * time.Second

// Handler runs a handler and is the only place that turns errors into answers.
func (s *Site) Handler(fn func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), longestAnswer)
		defer cancel()
		err := fn(w, r.WithContext(ctx))
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		s.Fail(w, r, AsError(err))
	})
}

// Seconds writes a duration for the Retry-After header.
func Seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// IsPart tells whether htmx wants a part of the page. Boosted links and
// history restores say "full".
func IsPart(r *http.Request) bool { return r.Header.Get("HX-Request-Type") == "partial" }

// isHTMX tells whether htmx sent the request at all.
func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// Render writes a component, completely or not at all.
func (s *Site) Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
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
func (s *Site) gzip(w io.Writer, body []byte) {
	zip, _ := s.zippers.Get().(*gzip.Writer)
	if zip == nil {
		zip, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a constant
	}
	defer s.zippers.Put(zip)
	zip.Reset(w)
	zip.Write(body)
	zip.Close()
}

// Page is a page as a handler answers with it.
type Page struct {
	Status  int // 0: 200
	Section views.Section
	Title   string
	// Part is what htmx gets that asks for a part; nil: always the whole page.
	Part templ.Component
	// Whole is the page in its frame.
	Whole func(views.Layout) templ.Component
	// Refresh is after how many seconds browsers without script load the page again; 0: never.
	Refresh int
}

// Answer sends the part that htmx asked for, or the whole page around it.
func (s *Site) Answer(w http.ResponseWriter, r *http.Request, p Page) error {
	p.Status = cmp.Or(p.Status, http.StatusOK)
	if p.Part != nil && IsPart(r) {
		return s.Part(w, r, p.Status, p.Part)
	}
	layout, err := s.layout(w, r, p.Section, p.Title)
	if err != nil {
		return err
	}
	layout.Refresh = p.Refresh
	return s.Render(w, r, p.Status, p.Whole(layout))
}

// Part sends a part of a page, with the message that waits for one.
func (s *Site) Part(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	message, err := s.notice(w, r)
	if err != nil {
		return err
	}
	if message != "" {
		c = templ.Join(c, success(message))
	}
	return s.Render(w, r, status, c)
}

// success is a short message beside a part of a page.
func success(message string) templ.Component {
	return views.Toast(views.Flash{Kind: "success", Message: message})
}

// layout is the frame around a page, with the messages that wait for one.
func (s *Site) layout(w http.ResponseWriter, r *http.Request, section views.Section, title string) (views.Layout, error) {
	settings, err := s.Store.Settings(r.Context())
	if err != nil {
		return views.Layout{}, err
	}
	l := s.frame(r, title, section)
	l.MSPName = settings.MSPName
	comparing, err := store.ComparingsIn(s.Store).Now(r.Context())
	if err != nil {
		return views.Layout{}, err
	}
	l.Comparing = views.Comparing{Since: comparing.Since, By: comparing.By}
	if v := VisitorOf(r); v != nil && AccessOf(v.Role) >= Admin {
		if l.Held, err = s.Store.CountHeld(r.Context()); err != nil {
			return views.Layout{}, err
		}
		if l.Leaks, err = s.Leaks(r.Context()); err != nil {
			return views.Layout{}, err
		}
		if l.Setup, err = s.SetupMark(r.Context()); err != nil {
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
func (s *Site) frame(r *http.Request, title string, section views.Section) views.Layout {
	l := views.Layout{Title: title, Section: section, Demo: s.Demo, DemoTour: s.DemoTour, Now: s.Now()}
	if v := VisitorOf(r); v != nil {
		l.UserName, l.UserEmail, l.Role = v.Name, v.Email, string(v.Role)
	}
	return l
}

// SeeOther ends a successful form on this page or part of it: htmx follows
// the redirect and asks for the same kind of answer again.
func SeeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// Leave ends a form by going to another page.
func Leave(w http.ResponseWriter, r *http.Request, path string) error {
	if !isHTMX(r) {
		return SeeOther(w, r, path)
	}
	w.Header().Set("HX-Redirect", path)
	w.WriteHeader(http.StatusOK)
	return nil
}

// Outcome is how a form ended that htmx may have sent from a part of a page.
type Outcome struct {
	Message string
	// Path is the page to go to.
	Path string
	// Part is what htmx swaps in instead.
	Part func() (templ.Component, error)
}

// Finish shows an outcome: in the part that htmx asked for, or on the page that comes next.
func (s *Site) Finish(w http.ResponseWriter, r *http.Request, o Outcome) error {
	if !IsPart(r) {
		return s.Done(w, r, o.Path, o.Message)
	}
	part, err := o.Part()
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, templ.Join(part, success(o.Message)))
}

// Done leaves a message for the next page and goes there.
func (s *Site) Done(w http.ResponseWriter, r *http.Request, path, message string) error {
	if err := s.Notify(w, r, message); err != nil {
		return err
	}
	return Leave(w, r, path)
}

// LocalPath is the address if it leads to a page of ours, otherwise the overview.
// Browsers read a backslash as a slash and drop tabs and line breaks, so an
// address with any of these is not followed.
func LocalPath(address string) string {
	u, err := url.Parse(address)
	local := err == nil && u.Scheme == "" && u.Host == "" && u.User == nil &&
		strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") &&
		!strings.ContainsFunc(address, func(c rune) bool { return c == '\\' || c <= ' ' || c == 0x7f })
	if !local || strings.HasPrefix(u.Path, "//") {
		return views.OverviewPath
	}
	return address
}
