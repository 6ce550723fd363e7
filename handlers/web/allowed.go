package web

import "net/http"

// AllowedMethods are the methods that a mux serves at the request's address,
// as the header Allow has them; empty: it does not know the address.
func AllowedMethods(mux *http.ServeMux, r *http.Request) string {
	probe := &headerProbe{header: http.Header{}}
	unmatched, _ := mux.Handler(r)
	unmatched.ServeHTTP(probe, r)
	if probe.status != http.StatusMethodNotAllowed {
		return ""
	}
	return probe.header.Get("Allow")
}

// headerProbe keeps the status and header of an answer and drops its body.
type headerProbe struct {
	header http.Header
	status int
}

func (p *headerProbe) Header() http.Header         { return p.header }
func (p *headerProbe) WriteHeader(status int)      { p.status = status }
func (p *headerProbe) Write(b []byte) (int, error) { return len(b), nil }
