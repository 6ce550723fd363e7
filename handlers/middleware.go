package handlers

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"seatbridge/views"
)

// maxBody limits request bodies; the largest honest one is a pasted list of
// some thousand e-mail addresses.
const maxBody = 1 << 20

// recoverAndLog turns a panic into an error page and logs every request at
// debug level. Addresses are logged without their query.
func (s *server) recoverAndLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		defer func() {
			s.Log.DebugContext(r.Context(), "request", "method", r.Method, "path", loggable(r.URL.Path), "took", time.Since(start))
			switch cause := recover(); cause {
			case nil:
			case http.ErrAbortHandler:
				panic(cause)
			default:
				s.Log.ErrorContext(r.Context(), "panic", "method", r.Method, "path", loggable(r.URL.Path), "err", fmt.Sprint(cause), "stack", string(debug.Stack()))
				s.renderError(w, r, &httpError{Status: http.StatusInternalServerError})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// loggable is the path without the one-time token that two routes carry.
func loggable(path string) string {
	for _, prefix := range []string{views.SetupPath(""), views.InvitationPath("")} {
		if strings.HasPrefix(path, prefix) {
			return prefix + "…"
		}
	}
	return path
}

// contentSecurityPolicy allows nothing but our own files; images may also be
// data: URLs, which Basecoat's style sheet contains.
const contentSecurityPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

func (s *server) securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
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
func (s *server) crossOriginProtection() (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	if s.BaseURL != nil {
		// A reverse proxy may pass on another Host than the one people see.
		if err := protection.AddTrustedOrigin(s.BaseURL.Scheme + "://" + s.BaseURL.Host); err != nil {
			return nil, fmt.Errorf("trusting the base URL: %w", err)
		}
	}
	// Cookies mean nothing to the API, so that no other site can use a visitor's.
	protection.AddInsecureBypassPattern(apiPath + "/")
	protection.SetDenyHandler(s.page(func(http.ResponseWriter, *http.Request) error {
		return &httpError{Status: http.StatusForbidden, Message: "This request came from another site, so it was not carried out."}
	}))
	return protection, nil
}
