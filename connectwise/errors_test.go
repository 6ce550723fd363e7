package connectwise

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// refusalOf is the error for an answer to a request such as "GET /path".
func refusalOf(c *Client, to string, status int, header http.Header, body string) *Error {
	method, path, _ := strings.Cut(to, " ")
	return c.refusal(request{method: method, path: path}, &http.Response{StatusCode: status, Header: header}, []byte(body))
}

// typed is the header of an answer with that type of content.
func typed(contentType string) http.Header { return http.Header{"Content-Type": {contentType}} }

const jsonType = "application/json; charset=utf-8"

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, func(cfg *Config) { cfg.Site = "https://psa.example" })
	record, list, additions := "/finance/agreements/7", "/finance/agreements", "/finance/agreements/7/additions"
	html := "<!DOCTYPE html><html><head><title>Oops</title></head></html>"
	for _, test := range []struct {
		name, path  string
		status      int
		contentType string
		body        string
		want        error
	}{
		{"duplicate", "/procurement/catalog", 400, jsonType, `{"code":"InvalidObject","message":"catalogItem object is invalid","errors":[{"code":"ObjectExists","message":"exists","field":"identifier"}]}`, ErrExists},
		{"duplicate is invalid too", "/procurement/catalog", 400, jsonType, `{"code":"InvalidObject","errors":[{"code":"ObjectExists"}]}`, ErrInvalid},
		{"bad filter", list, 400, jsonType, `{"code":"ApiFindCondition","message":"Expected a boolean value, not a numeric"}`, ErrInvalid},
		{"unroutable", list, 400, "text/plain", "Cannot route. Codebase/company is invalid.", ErrUnroutable},
		{"client id, 403", list, 403, jsonType, `{"code":"InvalidClientId","message":"The clientId header is missing"}`, ErrClientID},
		{"client id, 400", list, 400, jsonType, `{"message":"ClientID is not valid"}`, ErrClientID},
		{"client id, 401", list, 401, "text/plain", `missing client id`, ErrClientID},
		{"keys", list, 401, jsonType, `{"code":"Unauthorized","message":"UserNotAuthenticated"}`, ErrUnauthorized},
		{"keys, as a page", list, 401, "text/html", html, ErrUnauthorized},
		{"role", list, 403, jsonType, `{"code":"Security","message":"You do not have security permission to perform this action."}`, ErrForbidden},
		{"firewall", list, 403, "text/html", html, ErrNotConnectWise},
		{"SSL", list, 403, jsonType, `{"code":"Security","message":"SSL is required.","errors":null}`, ErrSSLRequired},
		{"record not found", record, 404, jsonType, `{"code":"NotFound"}`, ErrNotFound},
		{"record not found, empty body", record, 404, "", ``, ErrNotFound},
		{"additions of an unknown agreement", additions, 404, jsonType, `{"code":"NotFound"}`, ErrNotFound},
		{"list not found", list, 404, jsonType, `{"code":"NotFound"}`, ErrUnroutable},
		{"no such endpoint", record, 404, jsonType, `{"code":"ConnectWiseApi","message":"The endpoint does not exist."}`, ErrUnroutable},
		{"page not found", record, 404, "text/html", html, ErrUnroutable},
		{"conflict", record, 409, jsonType, `{}`, ErrConflict},
		{"media type", record, 415, jsonType, `{}`, ErrInvalid},
		{"too many", list, 429, jsonType, `{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}`, ErrRateLimited},
		{"too many, gateway", list, 429, "text/html", html, ErrRateLimited},
		{"wrong type", record, 500, jsonType, `{"message":"Error converting value \"x\" to type 'System.Int32'. Path 'quantity'"}`, ErrWrongType},
		{"timeout", record, 500, jsonType, `{"message":"A timeout has occured. Please try again."}`, ErrTimeout},
		{"internal", record, 500, jsonType, `{"message":"Something"}`, ErrServer},
		{"unused status", record, 599, "", ``, ErrServer},
		{"maintenance with status 500", record, 500, "text/html", html, ErrMaintenance},
		{"page without a type", record, 200, "", html, ErrNotConnectWise},
		{"redirect", record, 302, "", ``, ErrRedirect},
	} {
		err := refusalOf(c, "GET "+test.path, test.status, typed(test.contentType), test.body)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestErrorDetails(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, func(cfg *Config) { cfg.Site = "https://psa.example" })
	header := typed(jsonType)
	header.Set("x-cw-request-id", "abc-123")
	got := refusalOf(c, "POST /finance/agreements/7/additions", 400, header, "{\r\n"+
		`"code":"InvalidObject","message":"addition object is invalid","errors":[`+
		`{"code":"InvalidObject","message":"effectiveDate cannot be less than the agreement billing start date","resource":"addition","field":"effectiveDate","details":null},`+
		`{"code":7,"details":"more","field":null}]}`)
	want := &Error{
		Method: "POST", Path: "/finance/agreements/7/additions", StatusCode: 400,
		Code: "InvalidObject", Message: "addition object is invalid", RequestID: "abc-123",
		Fields: []FieldError{
			{"effectiveDate", "InvalidObject", "effectiveDate cannot be less than the agreement billing start date"},
			{"", "7", "more"},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Error{})); diff != "" {
		t.Error(diff)
	}
	text := got.Error()
	for _, part := range []string{"POST /finance/agreements/7/additions", "400", "addition object is invalid", "effectiveDate", "abc-123"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in %s", part, text)
		}
	}
	header = typed(jsonType)
	header.Set("Retry-After", "40")
	limited := refusalOf(c, "GET /x", 429, header, `{"error":"ConnectWiseAPI","message":"Too many"}`)
	if limited.Code != "ConnectWiseAPI" || limited.RetryAfter != 40*time.Second {
		t.Errorf("429: code %q, retry after %s", limited.Code, limited.RetryAfter)
	}
	page := refusalOf(c, "GET /x", 503, typed("text/html"), "<html><head><title>\n Down for\n maintenance </title></head><body>…</body></html>")
	if page.Message != "web page “Down for maintenance”" {
		t.Errorf("page: %q", page.Message)
	}
}

func TestForbiddenNamesTheRight(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, func(cfg *Config) { cfg.Site = "https://psa.example" })
	for request, want := range map[string]string{
		"GET /finance/agreements":                   "Agreements – Inquire",
		"GET /finance/agreements/7/additions":       "Agreements – Inquire",
		"POST /finance/agreements/7/additions":      "Agreements – Add",
		"PATCH /finance/agreements/7/additions/9":   "Agreements – Edit",
		"GET /company/companies":                    "Company Maintenance – Inquire",
		"GET /company/companies/3/typeAssociations": "Company Maintenance – Inquire",
		"GET /company/companies/types":              "Table Setup – Inquire",
		"GET /company/companies/statuses":           "Table Setup – Inquire",
		"GET /procurement/subcategories/":           "Table Setup – Inquire",
		"GET /procurement/catalog":                  "Product Catalog – Inquire",
		"POST /procurement/catalog":                 "Product Catalog – Add",
		"GET /system/mySecurity":                    "",
	} {
		err := refusalOf(c, request, 403, typed(jsonType), `{"code":"Security"}`)
		if err.Right != want {
			t.Errorf("%s: %q, want %q", request, err.Right, want)
		}
		if advice := Advise(err); want != "" && !strings.Contains(advice.What, want) {
			t.Errorf("%s: %q", request, advice.What)
		}
	}
}

func TestNoSecretsAnywhere(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.api("GET /finance/agreements/7", func(w http.ResponseWriter, r *http.Request) { // echoes what it was sent
		w.Header().Set("x-cw-request-id", r.Header.Get("clientId"))
		w.WriteHeader(400)
		key := testPrivate + " " + testPublic + " " + r.Header.Get("Authorization")
		json.NewEncoder(w).Encode(map[string]any{"code": key, "message": key, "errors": []map[string]string{{"code": key, "message": key, "field": key}}})
	})
	f.api("GET /finance/agreements/8", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/?"+r.Header.Get("Authorization"), http.StatusFound)
	})
	f.api("GET /finance/agreements/9", dropConnection)
	c := f.client(t)
	token := base64.StdEncoding.EncodeToString([]byte("acme+" + testPublic + ":" + testPrivate))

	var texts []string
	for _, id := range []int{7, 8, 9} {
		_, err := c.WithTries(1).Agreement(t.Context(), id)
		if err == nil {
			t.Fatalf("agreement %d: no error", id)
		}
		texts = append(texts, err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%+v", Advise(err)))
	}
	cfg := c.cfg
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "cfg", cfg, "client", c)
	encoded := mustJSON(t, cfg)
	texts = append(texts, logged.String(), encoded, fmt.Sprint(cfg), fmt.Sprintf("%+v %#v", cfg, cfg), fmt.Sprintf("%v %+v %#v", c, c, c))
	for _, text := range texts {
		for _, secret := range []string{testPrivate, testPublic, testClientID, token} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in %s", secret, text)
			}
		}
	}
}

func TestAdviceIsComplete(t *testing.T) {
	t.Parallel()
	kinds := []error{
		ErrUnauthorized, ErrForbidden, ErrClientID, ErrNotFound, ErrInvalid, ErrConflict, ErrRateLimited, ErrMaintenance, ErrServer,
		ErrWrongType, ErrUnroutable, ErrUnknownCompany, ErrNotConnectWise, ErrIncomplete, ErrSSLRequired, ErrRedirect, ErrTimeout,
		ErrUnreachable, ErrUnknownOutcome, ErrNotSent, ErrNotApplied,
	}
	seen := map[string]error{}
	for _, kind := range append(kinds, nil) {
		err := fmt.Errorf("importing: %w", &Error{Method: "GET", Path: "/x", kind: kind})
		advice := Advise(err)
		if !wholeSentence(advice.What) || !wholeSentence(advice.Do) || advice.Detail != err.Error() {
			t.Errorf("%v: %+v", kind, advice)
		}
		if other, taken := seen[advice.What]; taken {
			t.Errorf("%v and %v have the same sentence", kind, other)
		}
		seen[advice.What] = kind
		unsure := Advise(&Error{kind: kind, unknown: true})
		if !strings.Contains(unsure.Do, "looks before it writes") {
			t.Errorf("%v with an unknown outcome: %+v", kind, unsure)
		}
	}
	_, err := ParseSite("")
	for _, err := range []error{err, errors.New("disk full")} {
		if advice := Advise(err); !wholeSentence(advice.What) || !wholeSentence(advice.Do) {
			t.Errorf("%v: %+v", err, advice)
		}
	}
	if Advise(nil) != (Advice{}) {
		t.Error("advice without an error")
	}
}

func TestAdviceForRefusedLines(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"effectiveDate cannot be less than the agreement billing start date":                   "before the agreement's billing starts",
		"Since this period has already been invoiced there will not be an invoice generated …": "is invoiced already",
		"Something new.": "quantity: Something new.",
	} {
		advice := Advise(&Error{kind: ErrInvalid, Message: "addition object is invalid", Fields: []FieldError{{"quantity", "InvalidObject", message}}})
		if !strings.Contains(advice.What, want) || !wholeSentence(advice.What) {
			t.Errorf("%s: %q", message, advice.What)
		}
	}
	invoiced := "Since this period has already been invoiced there will not be an invoice generated"
	for _, test := range []struct {
		err  error
		want bool
	}{
		{fmt.Errorf("adding: %w", &Error{kind: ErrInvalid, Message: invoiced}), true},
		{&Error{kind: ErrInvalid, Fields: []FieldError{{Message: invoiced}}}, true},
		{&Error{kind: ErrServer, Message: invoiced}, false},
		{&Error{kind: ErrInvalid, Message: "quantity"}, false},
		{errors.New(invoiced), false},
	} {
		if got := PeriodInvoiced(test.err); got != test.want {
			t.Errorf("PeriodInvoiced(%v) = %v", test.err, got)
		}
	}
	for wait, want := range map[time.Duration]string{0: "in a minute", 31 * time.Second: "in 31 seconds", 150 * time.Second: "in 3 minutes"} {
		if advice := Advise(&Error{kind: ErrRateLimited, RetryAfter: wait}); !strings.Contains(advice.Do, want) {
			t.Errorf("%s: %q", wait, advice.Do)
		}
	}
}

func wholeSentence(s string) bool {
	return len(s) > 10 && strings.HasSuffix(s, ".") && strings.ToUpper(s[:1]) == s[:1] && !strings.Contains(s, "..")
}

func FuzzDecodeError(f *testing.F) {
	for _, seed := range []string{
		`{"code":"InvalidObject","message":"x","errors":[{"code":"a","message":"b","field":"c"}]}`,
		`{"error":"ConnectWiseAPI","message":"Too many requests."}`, `{"code":{"a":1},"message":[1],"errors":{"x":1}}`,
		`null`, `[]`, `"text"`, "Cannot route. Codebase/company is invalid.", "<html><title>a</title>", "\x00\xff", `{"code":"` + testPrivate + `"}`,
		strings.Repeat("é", 400), `{"errors":[null,1]}`,
	} {
		f.Add(400, jsonType, seed)
		f.Add(503, "text/html", seed)
	}
	cfg := Config{Site: "https://psa.example", Company: "acme", PublicKey: testPublic, PrivateKey: testPrivate, ClientID: testClientID}
	c, err := New(cfg)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		failure := refusalOf(c, "POST /finance/agreements/7/additions", status, typed(contentType), body)
		text := failure.Error()
		if failure.kind == nil || !utf8.ValidString(text) || len(failure.Fields) > maxFields || len(text) > 50_000 {
			t.Fatalf("%d %q: %q", status, body, text)
		}
		if strings.Contains(text, testPrivate) || strings.ContainsAny(text, "\x00\n\r") {
			t.Fatalf("%d %q: %q", status, body, text)
		}
		if advice := Advise(failure); !strings.HasSuffix(advice.What, ".") || !strings.HasSuffix(advice.Do, ".") {
			t.Fatalf("%+v", advice)
		}
	})
}
