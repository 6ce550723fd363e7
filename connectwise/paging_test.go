package connectwise

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pages serves ids in both paging modes, with the irregularities that a test switches on.
type pages struct {
	ids       []int
	cut       int    // largest page, whatever is asked
	noLink    bool   // forward-only pages come without the header
	emptyLink bool   // the header is there, but always empty
	noForward bool   // the endpoint does not know forward-only
	host      string // that Link names
}

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	size, _ := strconv.Atoi(query.Get("pageSize"))
	if p.cut > 0 {
		size = min(size, p.cut)
	}
	forward := r.Header.Get("pagination-type") == "forward-only" && !p.noForward
	rest := p.ids
	if after, found := strings.CutPrefix(query.Get("conditions"), "id>"); found {
		n, _ := strconv.Atoi(after)
		rest = slices.DeleteFunc(slices.Clone(rest), func(id int) bool { return id <= n })
	}
	if forward {
		if query.Has("orderBy") || query.Has("page") {
			http.Error(w, "orderBy and page are refused", 400)
			return
		}
		after, _ := strconv.Atoi(query.Get("pageId"))
		rest = slices.DeleteFunc(slices.Clone(rest), func(id int) bool { return id <= after })
	} else {
		page, _ := strconv.Atoi(query.Get("page"))
		rest = rest[min(len(rest), max(0, page-1)*size):]
	}
	page := rest[:min(len(rest), size)]
	more := len(rest) > len(page)
	switch next := fmt.Sprintf(`<https://%s/v2025_1/apis/3.0%s?pageId=1,2>; rel="next"`, p.host, r.URL.Path); {
	case forward && p.noLink, p.noForward && r.Header.Get("pagination-type") != "":
	case more && !p.emptyLink:
		w.Header().Set("Link", next+`, <https://x/>; rel="last"`)
	case forward:
		w.Header().Set("Link", "")
	default:
		w.Header().Set("Link", `<https://x/>; rel="first"`)
	}
	var records []string
	for _, id := range page {
		records = append(records, fmt.Sprintf(`{"id":%d}`, id))
	}
	respondJSON(200, "["+strings.Join(records, ",")+"]")(w, r)
}

func sequence(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = 10 + 3*i
	}
	return ids
}

func TestPaging(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		server   pages
		forward  bool
		requests int
	}{
		{"forward, none", pages{}, true, 1},
		{"forward, one short page", pages{ids: sequence(7)}, true, 1},
		{"forward, one full page", pages{ids: sequence(1000)}, true, 2},
		{"forward, three pages", pages{ids: sequence(2500)}, true, 3},
		{"forward, user host in Link", pages{ids: sequence(2500), host: "na.myconnectwise.net"}, true, 3},
		{"forward, cut pages", pages{ids: sequence(95), cut: 10}, true, 10},
		{"forward, no Link: the mode is missing", pages{ids: sequence(2500), noForward: true}, true, 4},
		{"forward, no Link, one short page", pages{ids: sequence(7), noForward: true}, true, 1},
		{"forward, Link left out", pages{ids: sequence(2500), noLink: true}, true, 4},
		{"forward, Link empty before the end", pages{ids: sequence(2500), emptyLink: true}, true, 3},
		{"navigable, none", pages{}, false, 1},
		{"navigable, one short page", pages{ids: sequence(7)}, false, 1},
		{"navigable, one full page", pages{ids: sequence(1000)}, false, 2},
		{"navigable, three pages", pages{ids: sequence(2500)}, false, 3},
		{"navigable, cut pages", pages{ids: sequence(95), cut: 10}, false, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.api("GET /finance/agreements", test.server.ServeHTTP)
			l := listing{path: agreementsPath, fields: "id", forwardOnly: test.forward}
			var got []int
			for _, a := range collect(t, list(t.Context(), f.client(t), l, func(a Agreement) int { return a.ID })) {
				got = append(got, a.ID)
			}
			if !slices.Equal(got, test.server.ids) {
				t.Errorf("%d ids, want %d", len(got), len(test.server.ids))
			}
			calls := f.apiCalls()
			if len(calls) != test.requests {
				t.Errorf("%d requests, want %d", len(calls), test.requests)
			}
			for _, call := range calls {
				query, err := url.ParseQuery(call.query)
				if size, _ := strconv.Atoi(query.Get("pageSize")); err != nil || size < 1 || size > 1000 {
					t.Errorf("query %s", call.query)
				}
				if call.header.Get("pagination-type") == "" && query.Get("orderBy") != "id asc" {
					t.Errorf("navigable page without order: %s", call.query)
				}
			}
		})
	}
}

// TestOnePageInAnyOrder: a list that is over with its first page is whole, whatever its order.
func TestOnePageInAnyOrder(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements", respondJSON(200, `[{"id":3},{"id":1},{"id":2}]`))
	if got := collect(t, f.client(t).Agreements(t.Context(), AgreementFilter{})); len(got) != 3 {
		t.Errorf("%d of 3 agreements", len(got))
	}
}

// TestContinuationWithoutForwardOnly: a list that began by number goes on after its last id, in whichever way the endpoint
// knows, and its conditions are never joined with another.
func TestContinuationWithoutForwardOnly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		conditions condition
		server     pages
		want       []string // conditions, page and pageId of each request
	}{
		{"forward-only", "", pages{ids: sequence(2100)}, []string{" 1 ", "  3007", "  6007"}},
		{"by condition", "", pages{ids: sequence(2100), noForward: true}, []string{" 1 ", "  3007", "id>3007 1 ", "id>6007 1 "}},
		{"by number", "company/id=3", pages{ids: sequence(2100), noForward: true},
			[]string{"company/id=3 1 ", "company/id=3  3007", "company/id=3 1 ", "company/id=3 2 ", "company/id=3 3 "}},
	} {
		f := newFake(t)
		f.api("GET /finance/agreements", test.server.ServeHTTP)
		l := listing{path: agreementsPath, fields: "id", conditions: test.conditions}
		got := collect(t, list(t.Context(), f.client(t), l, func(a Agreement) int { return a.ID }))
		if len(got) != len(test.server.ids) {
			t.Errorf("%s: %d records", test.name, len(got))
		}
		var asked []string
		for _, call := range f.apiCalls() {
			query, _ := url.ParseQuery(call.query)
			asked = append(asked, query.Get("conditions")+" "+query.Get("page")+" "+query.Get("pageId"))
		}
		if !slices.Equal(asked, test.want) {
			t.Errorf("%s: asked %q, want %q", test.name, asked, test.want)
		}
	}
}

func TestListEndsEarly(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements", pages{ids: sequence(2500)}.ServeHTTP)
	for agreement, err := range f.client(t).Agreements(t.Context(), AgreementFilter{}) {
		if err != nil || agreement.ID != 10 {
			t.Fatal(agreement, err)
		}
		break
	}
	if got := len(f.apiCalls()); got != 1 {
		t.Errorf("%d requests", got)
	}
}

func TestListYieldsItsErrorOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		read   int
		want   error
	}{
		{"404 is not an empty list", respondJSON(404, `{}`), 0, ErrUnroutable},
		{"object", respondJSON(200, `{"id":1}`), 0, ErrNotConnectWise},
		{"record without id", respondJSON(200, `[{"id":1},{"name":"x"}]`), 1, ErrNotConnectWise},
		{"second page fails", inTurn(pages{ids: sequence(2500)}.ServeHTTP, respondJSON(403, `{}`)), 1000, ErrForbidden},
		{"disorder before the end", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", `<https://x/?pageId=2>; rel="next"`)
			respondJSON(200, `[{"id":3},{"id":1},{"id":2}]`)(w, r)
		}, 0, ErrNotConnectWise},
		{"the same page for ever", func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = "pageSize=1000"
			pages{ids: sequence(2500)}.ServeHTTP(w, r)
		}, 1000, ErrNotConnectWise},
	} {
		f := newFake(t)
		f.api("GET /finance/agreements", test.answer)
		read, errs := 0, 0
		for _, err := range f.client(t).Agreements(t.Context(), AgreementFilter{}) {
			if err == nil {
				read++
				continue
			}
			errs++
			if !errors.Is(err, test.want) {
				t.Errorf("%s: %v", test.name, err)
			}
		}
		if read != test.read || errs != 1 {
			t.Errorf("%s: %d records and %d errors", test.name, read, errs)
		}
	}
}

func TestParseLink(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]map[string]string{
		"": {},
		`<https://na.myconnectwise.net/v2025_1/apis/3.0/x?page=2&conditions=id%20in%20(1,2)>; rel="next", <https://y/?page=9>; rel="last"`: {
			"next": "https://na.myconnectwise.net/v2025_1/apis/3.0/x?page=2&conditions=id%20in%20(1,2)", "last": "https://y/?page=9"},
		`<a,b>;title="x, <y>; rel=\"prev\"";rel=next`: {"next": "a,b"},
		`<a>; rel="next last" , <b>;REL=First`:        {"next": "a", "last": "a", "first": "b"},
		`<>; rel="next"`:                              {"next": ""},
		`<a>; rel=next, <b>; rel=next`:                {"next": "a"},
		`<a; rel=next`:                                {},
		`a; rel=next`:                                 {},
	} {
		if diff := cmp.Diff(want, parseLink([]string{header})); diff != "" {
			t.Errorf("%s: %s", header, diff)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	for _, seed := range []string{`<a>; rel="next", <b>; rel="last"`, `<a,b>;rel=next`, `<`, `<>;;,;`, `<a>; rel="x\"`, `<a>;rel="next prev"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for relation, target := range parseLink([]string{header}) {
			if strings.ContainsAny(target, "<>") && !strings.Contains(header, "<") || strings.Contains(target, ">") {
				t.Fatalf("%q: %q is %q", header, relation, target)
			}
			if relation != strings.ToLower(relation) || strings.ContainsAny(relation, " \t\n") {
				t.Fatalf("%q: relation %q", header, relation)
			}
		}
	})
}

func FuzzParseLinkRoundTrip(f *testing.F) {
	f.Add("https://x/?a=1,2", "https://y/")
	f.Fuzz(func(t *testing.T, next, last string) {
		if strings.Contains(next, ">") || strings.Contains(last, ">") {
			return
		}
		got := parseLink([]string{"<" + next + `>; rel="next", <` + last + `>; rel="last"`})
		if got["next"] != strings.TrimSpace(next) || got["last"] != strings.TrimSpace(last) {
			t.Fatalf("%q and %q read as %q", next, last, got)
		}
	})
}
