package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"seatbridge/handlers/api"
	"seatbridge/store"
	"seatbridge/views"
)

// Adding an address that is invited as a member makes it join, and the answer says what happened to each.
func TestCase_H36_WhatHappenedToEach(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 0)
	s := p.script(api.ReadMembers, api.WriteMembers)
	members := fmt.Sprintf("/organizations/%d/members", o.ID)
	outcomes := func(answer map[string]any) string {
		text := ""
		for _, m := range answer["members"].([]any) {
			member := m.(map[string]any)
			text += fmt.Sprintf("%s %s; ", member["email"], member["outcome"])
		}
		return text
	}
	post := func(body string) map[string]any { return s.call("POST", members, body, http.StatusOK) }

	invited := post(`{"emails":["i@example.com","j@example.com"],"pending":true}`)
	if got := outcomes(invited); got != "i@example.com invited; j@example.com invited; " {
		t.Errorf("inviting says %s", got)
	}
	s.call("POST", members, `{"emails":["s@example.com"]}`, http.StatusOK)
	suspended := s.call("POST", members+"/suspend", `{"emails":["s@example.com","i@example.com","nobody@example.com"]}`, http.StatusOK)
	if fmt.Sprint(suspended["changed"], suspended["unchanged"], suspended["unknown"]) != "1 [i@example.com] [nobody@example.com]" {
		t.Errorf("suspending says %v", suspended)
	}

	answer := post(`{"emails":["new@example.com","I@example.com","s@example.com"]}`)
	if got := outcomes(answer); got != "new@example.com added; I@example.com joined; s@example.com member_already; " {
		t.Errorf("adding says %s", got)
	}
	if fmt.Sprint(answer["added"], answer["joined"], answer["existing"]) != "1 1 [s@example.com]" {
		t.Errorf("adding sums up %v", answer)
	}
	p.wantActivity("API token", "Added 1 member to “Acme”, and 1 who was invited joined.")
	again := post(`{"emails":["i@example.com","j@example.com"],"pending":true}`)
	if got := outcomes(again); got != "i@example.com member_already; j@example.com invited_already; " {
		t.Errorf("inviting again says %s", got)
	}
	status := map[string]string{}
	for _, m := range s.call("GET", members, "", http.StatusOK)["items"].([]any) {
		member := m.(map[string]any)
		status[member["email"].(string)] = member["status"].(string)
	}
	if fmt.Sprint(status) != "map[i@example.com:active j@example.com:pending new@example.com:active s@example.com:suspended]" {
		t.Errorf("they are %v", status)
	}

	b := p.as(store.Admin)
	b.post(views.SeatsPath(o.ID), url.Values{"emails": {"j@example.com, k@example.com, new@example.com"}}, http.StatusSeeOther)
	page := b.follow()
	has(t, page, "body", "Added 1 member. 1 who was invited joined: j@example.com. 1 was a member already: new@example.com.")
}
