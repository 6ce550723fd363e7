package handlers

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"seatbridge/views"
)

// formPages are the pages on which forms stand that are sent to an address whose own page is another one.
var formPages = map[string]string{
	"POST /organizations":          views.NewOrganizationPath,
	"POST /changes/{id}/line":      views.AttentionPath,
	"POST /changes/{id}/not-there": views.AttentionPath,
}

// pageOf is the page that a person sees at an address, with its query: of one that a form is sent to and that has no page, the page
// on which the form stands, or else the next page above it. A form that is refused leaves its browser at such an address.
func pageOf(mux *http.ServeMux, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return views.OverviewPath
	}
	if hasPage(mux, u) {
		return address
	}
	return formPage(mux, u)
}

// formPage is the page on which the form stands that is sent to an address.
func formPage(mux *http.ServeMux, u *url.URL) string {
	_, pattern := mux.Handler(&http.Request{Method: http.MethodPost, URL: u})
	if page := formPages[pattern]; page != "" {
		return page
	}
	for above := path.Clean(u.Path); above != "/"; above = path.Dir(above) {
		if hasPage(mux, &url.URL{Path: above}) {
			return (&url.URL{Path: above}).String()
		}
	}
	return views.OverviewPath
}

func hasPage(mux *http.ServeMux, u *url.URL) bool {
	_, pattern := mux.Handler(&http.Request{Method: http.MethodGet, URL: u})
	return strings.HasPrefix(pattern, http.MethodGet+" ")
}
