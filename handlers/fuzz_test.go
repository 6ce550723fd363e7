package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"seatbridge/billing/problem"
	"seatbridge/store"
	"seatbridge/views"
)

func FuzzParseEmails(f *testing.F) {
	for _, seed := range []string{"a@example.com", "A <a@example.com>, b@example.com;c", "<<a@b.c>>", "\xff\x00@x.y", "a@b.c\na@b.c", strings.Repeat("a", 300) + "@b.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		emails, _ := parseEmails(text)
		seen := map[string]bool{}
		for _, email := range emails {
			if problem.OfEmail(email) != "" || !utf8.ValidString(email) || strings.ContainsFunc(email, unicode.IsControl) {
				t.Errorf("parseEmails(%q) took %q", text, email)
			}
			if key := store.FoldEmail(email); seen[key] {
				t.Errorf("parseEmails(%q) took %q twice", text, email)
			} else {
				seen[key] = true
			}
		}
	})
}

// Whatever the form says, it is saved or explained; what is saved is fit to show.
func FuzzOrganizationForm(f *testing.F) {
	p := newPanel(f)
	b := p.as(store.Admin)
	f.Add("name=Acme&license=standard&plan=business&managed=true")
	f.Add("name=%00%ff&license=trial&plan=enterprise&external_id=" + strings.Repeat("x", 200))
	f.Add("name=" + strings.Repeat("%E2%80%8B", 100) + "&license=nfr&plan=business")
	f.Add("%zz=;&&=")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/organizations", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther && w.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%q = %d", body, w.Code)
		}
		if !utf8.ValidString(w.Body.String()) {
			t.Fatalf("%q made a page that is not UTF-8", body)
		}
	})
}

// No address of a list is an error.
func FuzzListQuery(f *testing.F) {
	p := newPanel(f)
	p.organization("Acme", 2)
	b := p.as(store.Admin)
	f.Add("q=a&page=2&sort=seats&dir=desc&plan=business", uint8(0))
	f.Add("page=99999999999999999999&month=2026-02&q=%ff%00%25_", uint8(1))
	f.Add("from=2026-01-01&to=x&member=%5C&category=access", uint8(2))
	f.Add("show=attention&type=-1&status=2147483648", uint8(3))
	f.Add("status=deleted&q=';--", uint8(4))
	paths := []string{"/organizations", "/usage", "/activity", views.CompaniesPath, "/organizations/1", "/runs", "/usage.csv", "/activity.csv"}
	f.Fuzz(func(t *testing.T, query string, which uint8) {
		r := httptest.NewRequest(http.MethodGet, paths[int(which)%len(paths)], nil)
		r.URL = &url.URL{Path: r.URL.Path, RawQuery: query}
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		if w.Code == http.StatusBadRequest && r.URL.Query().Get("month") != "" {
			return // what is no month stands for none
		}
		if w.Code != http.StatusOK && w.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%s?%s = %d %s", r.URL.Path, query, w.Code, p.log)
		}
	})
}
