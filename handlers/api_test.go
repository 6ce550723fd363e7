package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/sethvargo/go-limiter/noopstore"

	"seatbridge/handlers/api"
	"seatbridge/handlers/web"
	"seatbridge/store"
)

// script is a script with a token.
type script struct {
	*panel
	token  string
	header http.Header
	last   *httptest.ResponseRecorder
}

func (p *panel) script(scopes ...string) *script {
	p.t.Helper()
	token := newAPIToken()
	ada, err := p.store.UserByEmail(p.t.Context(), "ada@example.com")
	if errors.Is(err, store.ErrNotFound) {
		ada, err = p.user(store.Admin, "ada@example.com"), nil
	}
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = p.store.CreateAPIToken(p.t.Context(), token, store.APIToken{
		Name: fmt.Sprintf("nightly %s", token[len(token)-6:]), Scopes: scopes, CreatedAt: testNow(), CreatedBy: ada.Email, UserID: ada.ID,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return &script{panel: p, token: token, header: http.Header{}}
}

// call sends a request, asserts the status before anything else and answers the JSON that came.
func (s *script) call(method, path, body string, status int) map[string]any {
	s.t.Helper()
	s.last = s.send(method, path, body)
	if s.last.Code != status {
		s.t.Fatalf("%s %s = %d, want %d: %s\nlog: %s", method, path, s.last.Code, status, web.Clip(s.last.Body.String(), 1500), s.log)
	}
	wantType := "application/json"
	if status >= 400 {
		wantType = "application/problem+json"
	}
	if got := s.last.Header().Get("Content-Type"); got != wantType {
		s.t.Fatalf("%s %s: Content-Type %q, want %q", method, path, got, wantType)
	}
	var answer map[string]any
	if err := json.Unmarshal(s.last.Body.Bytes(), &answer); err != nil {
		s.t.Fatal(err)
	}
	if status >= 400 && (answer["status"] != float64(status) || answer["title"] == "") {
		s.t.Errorf("%s %s: the problem is %v", method, path, answer)
	}
	return answer
}

func (s *script) send(method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, api.Path+path, strings.NewReader(body))
	r.Header = s.header.Clone()
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func (s *script) keyed(key string) *script {
	copied := *s
	copied.header = http.Header{"Idempotency-Key": {key}}
	return &copied
}

func items(answer map[string]any) []any {
	list, _ := answer["items"].([]any)
	return list
}

func TestAPIOrganizations(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 3)
	s := p.script(api.ReadOrganizations, api.WriteOrganizations)
	answer := s.call("POST", "/organizations", `{"name":" Beta  Mills ","plan":"enterprise","external_id":"np-2"}`, 200)
	if answer["name"] != "Beta Mills" || answer["license"] != "standard" || answer["managed"] != true || answer["status"] != "active" {
		t.Fatalf("created %v", answer)
	}
	path := fmt.Sprintf("/organizations/%v", answer["id"])
	s.call("POST", "/organizations", `{"name":"beta mills","plan":"business"}`, 409)
	s.call("POST", "/organizations", `{"name":"Other","plan":"business","external_id":"np-2"}`, 409)
	trial := s.call("POST", "/organizations", `{"name":"Try","plan":"business","license":"trial"}`, 200)
	if trial["trial_ends_at"] != testNow().AddDate(0, 0, 14).Format(time.RFC3339) {
		t.Errorf("the trial ends at %v", trial["trial_ends_at"])
	}

	answer = s.call("PATCH", path, `{"plan":"business","managed":false}`, 200)
	if answer["plan"] != "business" || answer["managed"] != false || answer["name"] != "Beta Mills" || answer["external_id"] != "np-2" {
		t.Errorf("updated to %v", answer)
	}
	s.call("PATCH", path, `{"license":"trial"}`, 422)
	s.call("PATCH", path, `{"name":" "}`, 422)
	s.call("PATCH", path, `{"name":"ACME"}`, 409)
	for _, step := range []struct{ method, path, status string }{
		{"POST", "/suspend", "suspended"}, {"POST", "/suspend", "suspended"}, {"POST", "/reactivate", "active"}, {"DELETE", "", "deleted"}, {"DELETE", "", "deleted"},
	} {
		if answer := s.call(step.method, path+step.path, "", 200); answer["status"] != step.status {
			t.Errorf("%s %s: status %v, want %s", step.method, step.path, answer["status"], step.status)
		}
	}
	s.call("POST", path+"/suspend", "", 409)
	s.call("PATCH", path, `{"plan":"enterprise"}`, 409)

	answer = s.call("GET", "/organizations?per_page=1&page=2", "", 200)
	if len(items(answer)) != 1 || answer["total"] != float64(2) || items(answer)[0].(map[string]any)["name"] != "Try" {
		t.Errorf("the second page is %v", answer)
	}
	if all := s.call("GET", "/organizations?status=all&q=beta", "", 200); len(items(all)) != 1 {
		t.Errorf("found %v", all)
	}
	if got := s.call("GET", "/organizations/1", "", 200); got["members"] != float64(3) {
		t.Errorf("got %v", got)
	}
	s.call("GET", "/organizations/999", "", 404)
	p.wantActivity("API token nightly", "Deleted organization “Beta Mills”.")
}

// wantActivity fails unless an actor whose name begins so did this.
func (p *panel) wantActivity(actor, action string) {
	p.t.Helper()
	entries, _, err := p.store.Activities(p.t.Context(), store.ActivityFilter{Limit: 500})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Actor, actor) && strings.HasPrefix(e.Action, action) {
			return
		}
	}
	p.t.Errorf("no entry of %q in the activity log begins with %q: %+v", actor, action, entries)
}

func TestAPIMembers(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 1) // a@example.com
	s := p.script(api.ReadMembers, api.WriteMembers)
	path := fmt.Sprintf("/organizations/%d/members", o.ID)
	answer := s.call("POST", path, `{"emails":["B@example.com","b@example.com","A@example.com"]}`, 200)
	if answer["added"] != float64(1) || fmt.Sprint(answer["existing"]) != "[A@example.com]" {
		t.Errorf("added %v", answer)
	}
	s.call("POST", path, `{"emails":["c@example.com"],"pending":true}`, 200)
	problem := s.call("POST", path, `{"emails":["d@example.com","nobody"]}`, 422)
	if !strings.Contains(s.last.Body.String(), "body.emails[1]") {
		t.Errorf("the problem does not name the bad address: %v", problem)
	}
	if list := s.call("GET", path, "", 200); list["total"] != float64(3) {
		t.Errorf("after a refused list there are %v", list)
	}
	for _, step := range []struct {
		action, status string
		changed        int
	}{{"suspend", "suspended", 1}, {"suspend", "suspended", 0}, {"reactivate", "active", 1}, {"delete", "deleted", 1}} {
		answer := s.call("POST", path+"/"+step.action, `{"emails":["b@EXAMPLE.com","x@example.com"]}`, 200)
		if answer["changed"] != float64(step.changed) || fmt.Sprint(answer["unknown"]) != "[x@example.com]" {
			t.Errorf("%s: %v", step.action, answer)
		}
		if list := s.call("GET", path+"?q=b@&status="+step.status, "", 200); list["total"] != float64(1) {
			t.Errorf("after %s the list is %v", step.action, list)
		}
	}
	s.call("GET", "/organizations/999/members", "", 404)
	s.call("POST", "/organizations/999/members", `{"emails":["a@example.com"]}`, 404)
	p.wantActivity("API token nightly", "Deleted 1 member of “Acme”.")
}

func TestAPIUsage(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 3)
	s := p.script(api.ReadUsage, api.WriteUsage)
	one := fmt.Sprintf("/organizations/%d", o.ID)
	answer := s.call("GET", "/usage/2026-02"+one, "", 200)
	if answer["seats"] != float64(3) || answer["source"] != "ledger" || answer["to_date"] != false {
		t.Errorf("the figure is %v", answer)
	}
	answer = s.call("PUT", "/usage/2026-02"+one, `{"seats":7,"plan":"enterprise","note":"As agreed."}`, 200)
	if answer["seats"] != float64(7) || answer["plan"] != "enterprise" || answer["source"] != "api" || answer["ledger"] != float64(3) || answer["why"] != "Reported by the HTTP API; Seatbridge itself counts 3. As agreed." {
		t.Errorf("the reported figure is %v", answer)
	}
	sources := answer["sources"].([]any)
	first := sources[0].(map[string]any)
	if len(sources) != 2 || answer["disputed"] != true || first["counts"] != true || !strings.HasPrefix(first["by"].(string), "API token nightly") || first["seats"] != float64(7) {
		t.Errorf("what the sources say is %v", answer)
	}
	if zero := s.call("PUT", "/usage/2026-01"+one, `{"seats":0,"plan":"business"}`, 200); zero["seats"] != float64(0) {
		t.Errorf("a reported zero is %v", zero)
	}
	if before := s.call("GET", "/usage/2025-12"+one, "", 200); before["seats"] != nil {
		t.Errorf("before the organization was known the figure is %v, not null", before["seats"])
	}
	list := s.call("GET", "/usage/2026-02?per_page=500", "", 200)
	if list["total"] != float64(1) || items(list)[0].(map[string]any)["seats"] != float64(7) {
		t.Errorf("the list is %v", list)
	}
	if current := s.call("GET", "/usage/2026-03", "", 200); items(current)[0].(map[string]any)["to_date"] != true {
		t.Errorf("the current month is %v", current)
	}
	s.call("GET", "/usage/2026-04", "", 422)
	s.call("GET", "/usage/2026-13", "", 422)
	s.call("PUT", "/usage/2026-02"+one, `{"seats":-1,"plan":"business"}`, 422)
	s.call("PUT", "/usage/2026-02"+one, `{"seats":1.5,"plan":"business"}`, 422)
	s.call("PUT", "/usage/2026-02"+one, `{"seats":1}`, 422)
	s.call("PUT", "/usage/2026-02/organizations/999", `{"seats":1,"plan":"business"}`, 404)
	p.wantActivity("API token nightly", "Reported 7 NordPass Enterprise seats of “Acme” for February 2026.")
}

func TestAPINeedsAToken(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner) // a cookie is nothing here
	b.get(api.Path+"/organizations", http.StatusUnauthorized)
	if got := b.last.Header().Get("WWW-Authenticate"); got != `Bearer realm="Seatbridge"` {
		t.Errorf("WWW-Authenticate %q", got)
	}
	s := p.script(api.ReadUsage)
	good := s.token
	for _, bad := range []string{"", "sb_wrong", good + "x", " "} {
		s.token = bad
		s.call("GET", "/usage/2026-02", "", 401)
	}
	s.token = good
	s.call("GET", "/usage/2026-02", "", 200)
	s.call("GET", "/organizations", "", 403)
	if got := s.last.Header().Get("WWW-Authenticate"); !strings.Contains(got, `insufficient_scope`) || !strings.Contains(got, api.ReadOrganizations) {
		t.Errorf("WWW-Authenticate %q", got)
	}
	s.call("PUT", "/usage/2026-02/organizations/1", `{"seats":1,"plan":"business"}`, 403)
	if strings.Contains(p.log.String(), good) {
		t.Error("the token is in the log")
	}

	tokens, err := p.store.APITokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !tokens[0].UsedAt.Equal(testNow()) {
		t.Errorf("last used at %s", tokens[0].UsedAt)
	}
	if _, err := p.store.DeleteAPIToken(t.Context(), tokens[0].ID); err != nil {
		t.Fatal(err)
	}
	s.call("GET", "/usage/2026-02", "", 401)
}

// TestAPIFromOtherSites: a page of another site may not use a visitor's cookie, but that protection is not in a token's way.
func TestAPIFromOtherSites(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script(api.WriteOrganizations)
	s.header = http.Header{"Origin": {"https://elsewhere.example"}, "Sec-Fetch-Site": {"cross-site"}}
	s.call("POST", "/organizations", `{"name":"Acme","plan":"business"}`, 200)
	b := p.as(store.Owner).with("Origin", "https://elsewhere.example").with("Sec-Fetch-Site", "cross-site")
	b.post(api.Path+"/organizations", form("name", "Evil"), http.StatusUnauthorized)
	b.post("/organizations", form("name", "Evil"), http.StatusForbidden)
}

func TestAPIIdempotency(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script(api.ReadOrganizations, api.WriteOrganizations)
	body := `{"name":"Acme","plan":"business"}`
	first := s.keyed("k1").call("POST", "/organizations", body, 200)
	again := s.keyed("k1")
	if got := again.call("POST", "/organizations", body, 200); got["id"] != first["id"] || again.last.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("repeated: %v, header %v", got, again.last.Header())
	}
	s.keyed("k1").call("POST", "/organizations", `{"name":"Beta","plan":"business"}`, 422)
	s.keyed("k1").call("DELETE", fmt.Sprintf("/organizations/%v", first["id"]), "", 422)
	if list := s.call("GET", "/organizations", "", 200); list["total"] != float64(1) {
		t.Errorf("there are %v", list)
	}
	s.call("POST", "/organizations", body, 409)

	// What failed changed nothing, so its key is free again.
	s.keyed("k2").call("POST", "/organizations", body, 409)
	s.keyed("k2").call("POST", "/organizations", `{"name":"Gamma","plan":"business"}`, 200)
	// A key belongs to its token.
	p.script(api.WriteOrganizations).keyed("k2").call("POST", "/organizations", `{"name":"Delta","plan":"business"}`, 200)
	s.keyed("no spaces").call("POST", "/organizations", body, 400)
	s.keyed(strings.Repeat("k", api.MaxIdempotencyKey+1)).call("POST", "/organizations", body, 400)
}

func TestAPIIdempotencyAtOnce(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script(api.WriteOrganizations)
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		codes = map[int]int{}
	)
	for range 8 {
		wait.Go(func() {
			w := s.keyed("same").send("POST", "/organizations", `{"name":"Acme","plan":"business"}`)
			mu.Lock()
			defer mu.Unlock()
			codes[w.Code]++
		})
	}
	wait.Wait()
	if codes[200] < 1 || codes[200]+codes[409] != 8 {
		t.Errorf("the answers were %v", codes)
	}
	if _, total, err := p.store.Organizations(t.Context(), store.OrganizationFilter{}); err != nil || total != 1 {
		t.Errorf("%d organizations, %v, want 1", total, err)
	}
}

func TestAPIBadRequests(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 1)
	s := p.script(api.Scopes()...)
	members := fmt.Sprintf("/organizations/%d/members", o.ID)
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/nothing", "", 404},
		{"GET", "/", "", 404},
		{"PUT", "/organizations", "{}", 405},
		{"GET", "/organizations/zero", "", 422},
		{"GET", "/organizations/0", "", 422},
		{"GET", "/organizations/99999999999999999999", "", 422},
		{"GET", "/organizations?page=0", "", 422},
		{"GET", "/organizations?per_page=501", "", 422},
		{"GET", "/organizations?page=1000000&per_page=500", "", 200},
		{"GET", "/organizations?plan=premium", "", 422},
		{"GET", "/organizations?colour=red", "", 422},
		{"GET", "/organizations?q=%00%ff", "", 200},
		{"POST", "/organizations", "", 400},
		{"POST", "/organizations", "{", 400},
		{"POST", "/organizations", "null", 422},
		{"POST", "/organizations", "[]", 422},
		{"POST", "/organizations", `{"name":"x","plan":"business","colour":"red"}`, 422},
		{"POST", "/organizations", `{"name":"\u200b","plan":"business"}`, 422},
		{"POST", "/organizations", `{"name":7,"plan":"business"}`, 422},
		{"POST", "/organizations", `{"name":"` + strings.Repeat("n", 201) + `","plan":"business"}`, 422},
		{"POST", members, `{"emails":[]}`, 422},
		{"POST", members, `{"emails":[null]}`, 422},
		{"POST", members, `{"emails":["` + strings.Repeat("a", web.MaxBody) + `"]}`, 413},
		{"POST", members + "/explode", `{"emails":["a@example.com"]}`, 404},
		{"PUT", fmt.Sprintf("/usage/2026-02/organizations/%d", o.ID), `{"seats":99999999999999999999,"plan":"business"}`, 422},
	} {
		s.call(c.method, c.path, c.body, c.status)
	}
	if got := s.send("PUT", "/organizations", "{}").Header().Get("Allow"); got != "GET, HEAD, POST" {
		t.Errorf("Allow %q", got)
	}
	r := httptest.NewRequest("POST", api.Path+"/organizations", io.MultiReader(strings.NewReader(`{"na`), brokenBody{}))
	r.Header.Set("Authorization", "Bearer "+s.token)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("a body that breaks off is answered with %d", w.Code)
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAPIRateLimit(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s, other := p.script(api.ReadUsage), p.script(api.ReadUsage)
	limited := false
	for range api.CallsPerToken + 100 { // the bucket fills up again while the test runs
		if w := s.send("GET", "/usage/2026-02", ""); w.Code == http.StatusTooManyRequests {
			limited = w.Header().Get("Retry-After") != "" && w.Header().Get("Content-Type") == "application/problem+json"
			break
		}
	}
	if !limited {
		t.Error("no request was answered by 429 with Retry-After")
	}
	other.call("GET", "/usage/2026-02", "", 200)
}

// TestAPIDocument is the contract: the document is valid, and every operation in it is served and wants its scope.
func TestAPIDocument(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script()
	token := s.token
	s.token = ""
	w := s.send("GET", "/openapi.json", "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	for _, never := range []string{"http://", "https://unpkg", "$schema"} {
		if bytes.Contains(w.Body.Bytes(), []byte(never)) {
			t.Errorf("%q is in the document", never)
		}
	}
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("version %q", doc.OpenAPI)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	operations := 0
	seen := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			operations++
			address := strings.NewReplacer("{id}", "1", "{month}", "2026-02").Replace(path)
			s.token = ""
			s.call(method, address, "", 401)
			s.token = token
			problem := s.call(method, address, "", 403) // it is there, and needs a scope
			if scope := (*op.Security)[0][api.Bearer][0]; !strings.Contains(fmt.Sprint(problem["detail"]), scope) {
				t.Errorf("%s %s needs %s: %v", method, path, scope, problem)
			} else {
				seen[scope] = true
			}
		}
	}
	if operations != 25 || len(seen) != len(api.Scopes()) {
		t.Errorf("%d operations for %d scopes", operations, len(seen))
	}
}

func FuzzAPI(f *testing.F) {
	f.Add("POST", "/organizations", `{"name":"Acme","plan":"business"}`)
	f.Add("PATCH", "/organizations/1", `{"name":"Acme"}`)
	f.Add("PUT", "/organizations/1/history", `{"start":"2026-01-03","states":[{"plan":"business","license":"standard"},{"since":"2026-02-01","plan":"enterprise"}]}`)
	f.Add("POST", "/organizations/1/members", `{"emails":["a@example.com"]}`)
	f.Add("PUT", "/usage/2026-02/organizations/1", `{"seats":1,"plan":"business"}`)
	f.Add("GET", "/usage/2026-02?page=2", "")
	p := newPanel(f)
	p.organization("Acme", 1)
	var err error
	if p.server.api.Calls, err = noopstore.New(); err != nil { // a fuzzer is faster than any script may be
		f.Fatal(err)
	}
	s := p.script(api.Scopes()...)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://panel.example"+api.Path+"/", strings.NewReader(body))
		if err != nil {
			return
		}
		address, err := r.URL.Parse(api.Path + "/" + strings.TrimLeft(path, "/"))
		if err != nil || !strings.HasPrefix(address.Path, api.Path) {
			return
		}
		r.URL, r.RemoteAddr = address, "192.0.2.1:1"
		r.Header.Set("Authorization", "Bearer "+s.token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %s %q = %d: %s", method, path, body, w.Code, w.Body)
		}
	})
}

func TestAPINoMembers(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 0)
	s := p.script(api.ReadUsage, api.WriteMembers)
	one := fmt.Sprintf("/organizations/%d", o.ID)
	figure := func() map[string]any { return s.call("GET", "/usage/2026-02"+one, "", 200) }
	if f := figure(); f["seats"] != nil || f["source"] != "" || f["known_since"] != nil {
		t.Errorf("nobody spoke: %v", f)
	}
	for range 2 {
		if said := s.call("PUT", one+"/no-members", "", 200); said["no_members_at"] == nil || !strings.HasPrefix(said["no_members_by"].(string), "API token nightly") {
			t.Errorf("said: %v", said)
		}
	}
	if f := figure(); f["seats"] != float64(0) || f["source"] != "statement" || f["known_since"] == nil {
		t.Errorf("said to have none: %v", f)
	}
	for range 2 {
		if taken := s.call("DELETE", one+"/no-members", "", 200); taken["no_members_at"] != nil || taken["no_members_by"] != nil {
			t.Errorf("taken back: %v", taken)
		}
	}
	s.call("PUT", one+"/no-members", "", 200)
	s.call("POST", one+"/members", `{"emails":["a@example.com"]}`, 200)
	if f := figure(); f["seats"] != float64(0) || f["source"] != "ledger" {
		t.Errorf("with a member of March: %v", f)
	}
	s.call("PUT", one+"/no-members", "", 409)
	s.call("PUT", "/organizations/999/no-members", "", 404)
	p.script(api.WriteUsage).call("PUT", one+"/no-members", "", 403)
	p.wantActivity("API token nightly", "Stated that “Acme” has no members.")
}
