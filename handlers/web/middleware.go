package web

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"seatbridge/views"
)

// MaxBody limits request bodies; the largest honest one is a pasted list of
// some thousand e-mail addresses.
const MaxBody = 1 << 20

// logged logs every request at debug level. Addresses are logged without
// their query.
func (s *Site) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		defer func() {
			s.Log.DebugContext(r.Context(), "request", "method", r.Method, "path", loggable(r.URL.Path), "took", time.Since(start))
		}()
		next.ServeHTTP(w, r)
	})
}

// Recovered logs a panic inside a handler and lets fail answer instead.
func (s *Site) Recovered(next http.Handler, fail func(http.ResponseWriter, *http.Request, *Error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch cause := recover(); cause {
			case nil:
			case http.ErrAbortHandler:
				panic(cause)
			default:
				s.Log.ErrorContext(r.Context(), "panic", "method", r.Method, "path", loggable(r.URL.Path),
					"err", fmt.Sprint(cause), "stack", string(debug.Stack()))
				fail(w, r, &Error{Status: http.StatusInternalServerError})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// Wrap puts the layers around all routes, outermost first: log, recover,
// security headers, cross-origin protection. Requests below a bypassed path
// are not protected: cookies must mean nothing there.
func (s *Site) Wrap(next http.Handler, bypassed string) (http.Handler, error) {
	protection, err := s.crossOriginProtection(bypassed)
	if err != nil {
		return nil, err
	}
	return s.logged(s.Recovered(s.Proxies.watch(s.securityHeaders(protection.Handler(next))), s.Fail)), nil
}

// loggable is the path without the one-time token that some routes carry.
func loggable(path string) string {
	for _, prefix := range []string{views.SetupPath(""), views.InvitationPath(""), views.NewPasswordPath("")} {
		if strings.HasPrefix(path, prefix) {
			return prefix + "…"
		}
	}
	return path
}

// ContentSecurityPolicy allows nothing but our own files; images may also be
// data: URLs, which Basecoat's style sheet contains.
const ContentSecurityPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

func (s *Site) securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", ContentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if s.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// crossOriginProtection refuses unsafe requests that other sites' pages send.
// It trusts safe methods, so no GET may change anything.
func (s *Site) crossOriginProtection(bypassed string) (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	if s.BaseURL != nil {
		// A reverse proxy may pass on another Host than the one people see.
		if err := protection.AddTrustedOrigin(s.BaseURL.Scheme + "://" + s.BaseURL.Host); err != nil {
			return nil, fmt.Errorf("trusting the base URL: %w", err)
		}
	}
	protection.AddInsecureBypassPattern(bypassed)
	protection.SetDenyHandler(s.Handler(func(http.ResponseWriter, *http.Request) error {
		return &Error{Status: http.StatusForbidden, Message: "This request came from another site, so it was not carried out."}
	}))
	return protection, nil
}
