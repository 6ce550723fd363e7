package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seatbridge/handlers/api"
	"seatbridge/store"
)

// The clock of newPanel stands in March 2026: see testNow.

// The start and the trial can be said when an organization is created and afterwards, and the months before count.
func TestCase_H35_ByTheAPI(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script(api.ReadOrganizations, api.WriteOrganizations, api.ReadUsage, api.WriteMembers)
	known := func(id any, month string) any {
		t.Helper()
		return s.call("GET", fmt.Sprintf("/usage/%s/organizations/%v", month, id), "", http.StatusOK)["seats"]
	}

	trial := s.call("POST", "/organizations", `{"name":"Trial","plan":"business","license":"trial","start":"2026-01-10"}`, http.StatusOK)
	if trial["created_at"] != "2026-01-10T00:00:00Z" || trial["trial_ends_at"] != "2026-01-24T00:00:00Z" || trial["start_said"] != true {
		t.Errorf("created: %v", trial)
	}
	byEnd := s.call("POST", "/organizations", `{"name":"By its end","plan":"business","license":"trial","trial_ends":"2026-01-24T12:00:00+01:00"}`, http.StatusOK)
	if byEnd["created_at"] != "2026-01-10T11:00:00Z" || byEnd["trial_ends_at"] != "2026-01-24T11:00:00Z" {
		t.Errorf("created by the end of its trial: %v", byEnd)
	}
	was := s.call("POST", "/organizations", `{"name":"Was NFR","plan":"business","license":"nfr","start":"2025-12-01",
		"changes":[{"since":"2026-02-01","license":"standard"},{"since":"2026-01-15","plan":"enterprise"}]}`, http.StatusOK)
	if was["license"] != "standard" || was["plan"] != "enterprise" || known(was["id"], "2026-01") != float64(0) {
		t.Errorf("created with changes: %v", was)
	}

	late := s.call("POST", "/organizations", `{"name":"Late","plan":"business"}`, http.StatusOK)
	one := fmt.Sprintf("/organizations/%v", late["id"])
	if late["start_said"] != false || known(late["id"], "2026-01") != nil {
		t.Errorf("of one that began before it was entered is known: %v", known(late["id"], "2026-01"))
	}
	patched := s.call("PATCH", one, `{"start":"2026-01-03","name":"Told late"}`, http.StatusOK)
	if patched["created_at"] != "2026-01-03T00:00:00Z" || patched["name"] != "Told late" || patched["entered_at"] != late["entered_at"] {
		t.Errorf("patched: %v", patched)
	}
	p.wantActivity("API token", "Changed the history of “Told late”. Start: not said (")
	history := `{"start":"2026-01-03","states":[
		{"plan":"business","license":"trial"},{"since":"2026-01-17","license":"standard","managed":false},{"since":"2026-02-01T08:00:00Z","managed":true}]}`
	for range 2 {
		answer := s.call("PUT", one+"/history", history, http.StatusOK)
		got, _ := json.Marshal(answer["states"])
		want := `[{"license":"trial","managed":true,"plan":"business"},{"license":"standard","managed":false,"plan":"business","since":"2026-01-17"},` +
			`{"license":"standard","managed":true,"plan":"business","since":"2026-02-01T08:00:00Z"}]`
		if string(got) != want || answer["start"] != "2026-01-03" || answer["trial_ends"] != nil {
			t.Errorf("the history is %s", s.last.Body)
		}
	}
	if again := s.call("PUT", one+"/history", s.last.Body.String(), http.StatusOK); again["start"] != "2026-01-03" {
		t.Errorf("what was read cannot be put back: %v", again)
	}
	taken := s.call("PATCH", one, `{"start":""}`, http.StatusUnprocessableEntity)
	if !strings.Contains(fmt.Sprint(taken), "without that it is supposed to be") {
		t.Errorf("a start that changes follow was taken back: %v", taken)
	}
	entries := p.activities("Changed the history of “Told late”.")
	if len(entries) != 2 {
		t.Errorf("the log says %q", entries)
	}
}

func TestAPIHistoryIsChecked(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script(api.ReadOrganizations, api.WriteOrganizations)
	o := p.organization("Acme", 1)
	one := fmt.Sprintf("/organizations/%d", o.ID)
	const first = `{"plan":"business","license":"standard"}`
	for _, tt := range []struct{ method, path, body, location string }{
		{"POST", "/organizations", `{"name":"New","plan":"business","start":"tomorrow"}`, "body.start"},
		{"POST", "/organizations", `{"name":"New","plan":"business","start":"2999-01-01"}`, "body.start"},
		{"POST", "/organizations", `{"name":"New","plan":"business","trial_ends":"2026-01-01"}`, "body.trial_ends"},
		{"POST", "/organizations", `{"name":"New","plan":"business","start":"2026-01-01","changes":[{"since":"2025-01-01","plan":"enterprise"}]}`, "body.changes[0].since"},
		{"POST", "/organizations", `{"name":"New","plan":"business","start":"2026-01-01","changes":[{"plan":"enterprise"}]}`, "body.changes[0].since"},
		{"POST", "/organizations", `{"name":"New","plan":"business","start":"2026-01-01","changes":[{"since":"2026-02-01","plan":"gold"}]}`, "body.changes[0].plan"},
		{"PATCH", one, `{"start":"2026-02-30"}`, "body.start"},
		{"PATCH", one, `{"name":"Renamed","trial_ends":"2026-01-30"}`, "body.trial_ends"},
		{"PUT", one + "/history", `{"states":[]}`, "body.states"},
		{"PUT", one + "/history", `{"states":[{"plan":"business","license":"standard","since":"2026-01-01"}]}`, "body.states[0].since"},
		{"PUT", one + "/history", `{"start":"2999-01-01","states":[` + first + `]}`, "body.start"},
		{"PUT", one + "/history", `{"start":"2026-01-01","states":[` + first + `,{"since":"2026-01-05","license":"trial"}]}`, "body.states[1].license"},
	} {
		answer := s.call(tt.method, tt.path, tt.body, http.StatusUnprocessableEntity)
		if text := fmt.Sprint(answer["errors"]); !strings.Contains(text, "location:"+tt.location) {
			t.Errorf("%s %s: %v, want the problem at %s", tt.method, tt.body, text, tt.location)
		}
	}
	if got := s.call("GET", one, "", http.StatusOK); got["name"] != "Acme" {
		t.Errorf("a refused PATCH renamed it: %v", got)
	}
	s.call("GET", "/organizations/999/history", "", http.StatusNotFound)
	s.call("PUT", "/organizations/999/history", `{"states":[`+first+`]}`, http.StatusNotFound)
	p.script(api.ReadOrganizations).call("PUT", one+"/history", `{"states":[`+first+`]}`, http.StatusForbidden)
}

// activities are the entries of the activity log that begin so.
func (p *panel) activities(begin string) (found []string) {
	p.t.Helper()
	entries, _, err := p.store.Activities(p.t.Context(), store.ActivityFilter{Limit: 500})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Action, begin) {
			found = append(found, e.Action)
		}
	}
	return found
}
