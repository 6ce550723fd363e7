package handlers

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"seatbridge/store"
	"seatbridge/views"
)

func (p *panel) memberPath(u store.User, what string) string {
	return "/members/" + strconv.FormatInt(u.ID, 10) + "/" + what
}

// An Admin hands a member a link for a new password: it is shown once, works once, and ends the member's sessions.
func TestNewPasswordLink(t *testing.T) {
	t.Parallel()
	p, clock := turnablePanel(t)
	admin := p.as(store.Admin)
	tim := p.userWithPassword(store.Technician, "tim@example.com")
	timsBrowser := p.signedIn(tim)
	page := admin.post(p.memberPath(tim, "password"), nil, http.StatusOK)
	link := strings.TrimSpace(page.Find("#password-link").Text())
	if !strings.HasPrefix(link, "/password/") {
		t.Fatalf("the link is %q", link)
	}
	has(t, page, "[data-testid=password-link]", "Put the address of this panel in front of it")
	admin.get("/members", http.StatusOK)
	admin.lacks(link)
	timsBrowser.get("/organizations", http.StatusOK) // until the link is used

	b := p.browser()
	has(t, b.get(link, http.StatusOK), "main", "tim@example.com")
	has(t, b.post(link, form("password", "tim@example.com 1"), http.StatusUnprocessableEntity), ".problem", "“tim@example.com”")
	const next = "seven quiet lighthouses"
	has(t, b.post(link, form("password", next), http.StatusOK), "[data-testid=notice]", "Your new password is saved.")
	has(t, b.get(link, http.StatusNotFound), "main", "This link does not work any more.")
	b.post(link, form("password", next), http.StatusNotFound)
	timsBrowser.get("/organizations", http.StatusSeeOther)
	b.post("/signin", form("email", "tim@example.com", "password", testPassword), http.StatusUnprocessableEntity)
	b.post("/signin", form("email", "tim@example.com", "password", next), http.StatusSeeOther)
	p.wantActivity("admin@example.com", "Made a link for a new password for tim@example.com.")
	p.wantActivity("tim@example.com", "Chose a new password by a link; all sessions ended.")

	page = admin.post(p.memberPath(tim, "password"), nil, http.StatusOK)
	link, _ = strings.CutPrefix(strings.TrimSpace(page.Find("#password-link").Text()), "http://example.com")
	clock.turn(24*time.Hour + time.Second)
	p.browser().get(link, http.StatusNotFound)
	if strings.Contains(p.log.String(), link) {
		t.Error("the link is in the log")
	}
}

// Admins do none of this to Owners, nobody to themselves, and nobody to who is not active.
func TestWhoLetsWhomBackIn(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	olga := p.user(store.Owner, "olga@example.com")
	other := p.user(store.Owner, "other@example.com")
	ada := p.user(store.Admin, "ada@example.com")
	tim := p.user(store.Technician, "tim@example.com")
	tim.Status = store.Suspended
	if err := p.store.UpdateUser(t.Context(), tim); err != nil {
		t.Fatal(err)
	}
	admin, owner := p.signedIn(ada), p.signedIn(olga)
	for _, what := range []string{"password", "factors/remove", "sessions/end"} {
		admin.post(p.memberPath(olga, what), nil, http.StatusForbidden)
		admin.post(p.memberPath(ada, what), nil, http.StatusConflict)
		owner.post(p.memberPath(store.User{ID: 999}, what), nil, http.StatusNotFound)
	}
	admin.post(p.memberPath(tim, "password"), nil, http.StatusConflict)
	owner.post(p.memberPath(other, "password"), nil, http.StatusOK)
	owner.post(p.memberPath(other, "sessions/end"), nil, http.StatusSeeOther)
}

// A member who lost the phone is let in again by an Admin, and signed out where the thief of the phone may be.
func TestFactorsAreRemovedByOthers(t *testing.T) {
	t.Parallel()
	p, clock := turnablePanel(t)
	tim := p.userWithPassword(store.Technician, "tim@example.com")
	timsBrowser := p.signedIn(tim)
	timsBrowser.withApp(clock.now)
	admin := p.as(store.Admin)
	has(t, admin.get("/members", http.StatusOK), "[data-testid=member]", "With a second factor")
	admin.post(p.memberPath(tim, "factors/remove"), nil, http.StatusSeeOther)
	timsBrowser.get("/organizations", http.StatusSeeOther)
	b := p.browser()
	b.post("/signin", form("email", "tim@example.com", "password", testPassword, "next", "/organizations"), http.StatusSeeOther)
	if b.location() != "/organizations" {
		t.Errorf("leads to %s", b.location())
	}
	p.wantActivity("admin@example.com", "Removed the second factor of tim@example.com; all their sessions ended.")
}

func TestSessionsAreEndedOneByOne(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	user := p.user(store.Technician, "tim@example.com")
	here, there, third := p.signedIn(user), p.signedIn(user), p.signedIn(user)
	stranger := p.signedIn(p.user(store.Technician, "eve@example.com"))
	page := here.get("/settings", http.StatusOK)
	rows := page.Find("[data-testid=session]")
	if rows.Length() != 3 || rows.Find("button[name=session]").Length() != 2 {
		t.Fatalf("%d sessions", rows.Length())
	}
	name := page.Find("button[name=session]").First().AttrOr("value", "")
	stranger.post(views.EndSessionPath, form("session", name), http.StatusSeeOther)
	has(t, stranger.follow(), "[data-testid=flash]", "ended already")
	here.get("/settings", http.StatusOK)
	here.post(views.EndSessionPath, form("session", name), http.StatusSeeOther)
	has(t, here.follow(), "[data-testid=flash]", "The session is signed out.")
	var left int
	for _, b := range []*browser{there, third} {
		if status, _ := p.probe(b, http.MethodGet, "/settings"); status == http.StatusOK {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d of two others go on", left)
	}
	p.wantActivity("tim@example.com", "Signed out the session from 192.0.2.1.")
}

// A token can do no more than who made it: it stops when they are suspended, demoted or removed, and works again when they do.
func TestTokensStopWithTheirMakers(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	s := p.script("usage:read")
	ada, err := p.store.UserByEmail(t.Context(), "ada@example.com")
	if err != nil {
		t.Fatal(err)
	}
	owner := p.as(store.Owner)
	works := func(status int, why string) {
		t.Helper()
		s.call("GET", "/usage/2026-02", "", status)
		if got := owner.get(views.TokensPath, http.StatusOK).Find("[data-testid=stopped]").Text(); (why == "") != (got == "") || !strings.Contains(got, why) {
			t.Errorf("the page says %q, want %q", got, why)
		}
	}
	works(200, "")
	owner.post(p.memberPath(ada, "suspend"), nil, http.StatusSeeOther)
	works(401, "is suspended")
	owner.post(p.memberPath(ada, "reactivate"), nil, http.StatusSeeOther)
	works(200, "")
	owner.post(p.memberPath(ada, "role"), form("role", "technician"), http.StatusSeeOther)
	works(401, "no Owner or Admin any more")
	owner.post(p.memberPath(ada, "role"), form("role", "owner"), http.StatusSeeOther)
	works(200, "")
	owner.post(p.memberPath(ada, "remove"), nil, http.StatusSeeOther)
	works(401, "was removed")
}
