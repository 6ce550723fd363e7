package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"seatbridge/store"
	"seatbridge/views"
)

func TestAddOrganization(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Technician)
	b.get("/organizations/new", http.StatusOK)
	good := form("name", "  Acme\u200b  Ltd ", "license", "trial", "plan", "enterprise", "managed", "true", "external_id", "X-1")
	for field, bad := range map[string]string{"name": "", "license": "free", "plan": "gold", "external_id": strings.Repeat("x", 101)} {
		values, _ := url.ParseQuery(good.Encode())
		values.Set(field, bad)
		page := b.post("/organizations", values, http.StatusUnprocessableEntity)
		if page.Find(".problem").Length() == 0 {
			t.Errorf("%s = %q: no problem is named", field, bad)
		}
		kept := map[string]string{}
		page.Find("input[type=text], input[type=radio][checked], input[type=checkbox][checked]").Each(func(_ int, s *goquery.Selection) {
			kept[s.AttrOr("name", "")] = s.AttrOr("value", "")
		})
		want := map[string]string{"name": "Acme Ltd", "license": "trial", "plan": "enterprise", "managed": "true", "external_id": "X-1"}
		delete(want, field)
		for name, value := range want {
			if kept[name] != value {
				t.Errorf("%s = %q: %s became %q", field, bad, name, kept[name])
			}
		}
	}
	b.post("/organizations", good, http.StatusSeeOther)
	page := b.follow()
	has(t, page, "h1", "Acme Ltd")
	has(t, page, "[data-testid=flash]", "was added")
}

func TestAddOrganizationTwice(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	p.organization("Acme", 0)
	b := p.as(store.Admin)
	page := b.post("/organizations", form("name", "ACME", "license", "standard", "plan", "business"), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "Another organization has this name.")
	b.post("/organizations", form("name", "Us", "license", "nfr", "plan", "business"), http.StatusSeeOther)
	page = b.part().post("/organizations", form("name", "Us too", "license", "nfr", "plan", "business"), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "There is an NFR organization already")
	if page.Find("main").Length() != 0 {
		t.Error("the dialog got a whole page")
	}
	part := b.part()
	part.post("/organizations", form("name", "New", "license", "standard", "plan", "business"), http.StatusOK)
	if got := part.last.Header().Get("HX-Redirect"); !strings.HasPrefix(got, "/organizations/") {
		t.Errorf("HX-Redirect = %q", got)
	}
}

func TestEditOrganization(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 2)
	b := p.as(store.Technician)
	path := views.OrganizationPath(o.ID)
	page := b.post(path, form("name", "Acme", "license", "trial", "plan", "business", "managed", "true"), http.StatusUnprocessableEntity)
	has(t, page, ".problem", "A trial can only be the first license. If it began with one, say so under History.")
	b.post(path, form("name", "Acme & Sons", "license", "standard", "plan", "enterprise"), http.StatusSeeOther)
	has(t, b.follow(), "h1", "Acme & Sons")
	changed, err := p.store.Organization(t.Context(), o.ID)
	if err != nil || changed.Plan != store.Enterprise || changed.Managed {
		t.Errorf("organization = %+v, %v", changed, err)
	}
	entries, _, err := p.store.Activities(t.Context(), store.ActivityFilter{OrganizationID: o.ID})
	if err != nil || len(entries) != 1 {
		t.Fatalf("activity = %+v, %v", entries, err)
	}
	want := "Edited organization “Acme & Sons”. Name: Acme → Acme & Sons. Plan: NordPass Business → NordPass Enterprise. MSP-managed: true → false."
	if entries[0].Action != want || entries[0].Actor != "technician@example.com" {
		t.Errorf("activity = %q by %q", entries[0].Action, entries[0].Actor)
	}
}

func TestSuspendReactivateDelete(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 3)
	b := p.as(store.Admin)
	path := views.OrganizationPath(o.ID)
	part := b.part()
	row := part.post(path+"/suspend", nil, http.StatusOK)
	if row.Find("form[action='"+path+"/reactivate']").Length() != 1 {
		t.Errorf("row = %s", part.last.Body)
	}
	has(t, row, "[data-testid=flash]", "Suspended Acme.")
	part.lacks("<main")
	b.post(path+"/reactivate", nil, http.StatusSeeOther)
	b.post(path+"/delete", nil, http.StatusSeeOther)
	page := b.follow()
	has(t, page, "[data-testid=billable]", "3") // this month is still billed
	if page.Find("form[action='"+path+"/seats']").Length() != 0 {
		t.Error("a deleted organization takes members")
	}
	b.post(path+"/delete", nil, http.StatusSeeOther) // who asks twice is told so, and nothing more happens
	has(t, b.follow(), "[data-testid=flash]", "Acme is deleted already.")
	for _, action := range []string{"/suspend", "/reactivate"} {
		b.post(path+action, nil, http.StatusConflict)
	}
	b.post(path, form("name", "Back", "license", "standard", "plan", "business"), http.StatusUnprocessableEntity)
	b.post(path+"/seats", form("emails", "x@example.com"), http.StatusUnprocessableEntity)
	b.post(path+"/seats/action", form("seat", "1", "action", "join"), http.StatusUnprocessableEntity)
	b.post("/organizations/77/delete", nil, http.StatusNotFound)
}

func TestOrganizationsList(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	for i := range 60 {
		p.organization(fmt.Sprintf("Org %02d", i), i%4)
	}
	b := p.as(store.Admin)
	names := func(query string) []string {
		page := b.get("/organizations?"+query, http.StatusOK)
		return page.Find("[data-testid=organization] th a").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	}
	if got := names(""); len(got) != 50 || got[0] != "Org 00" {
		t.Errorf("first page = %d %v", len(got), got)
	}
	if got := names("page=2"); len(got) != 10 || got[0] != "Org 50" {
		t.Errorf("second page = %v", got)
	}
	if got := names("page=99999999999999999999"); len(got) != 50 {
		t.Errorf("a page number that is none = %v", got)
	}
	for _, beyond := range []string{"page=3", "page=1000000", "page=9223372036854775807"} {
		if got := names(beyond); len(got) != 10 {
			t.Errorf("%s = %d rows, want the last page", beyond, len(got))
		}
	}
	if got := names("q=org+07&plan=business&license=standard&status=active&mapping=unmapped"); !cmp.Equal(got, []string{"Org 07"}) {
		t.Errorf("filtered = %v", got)
	}
	if got := names("q=nothing"); len(got) != 0 {
		t.Errorf("no match = %v", got)
	}
	if got := names("sort=seats&dir=desc"); len(got) != 50 || got[0] != "Org 03" {
		t.Errorf("by seats = %v", got)
	}
	if got := names("sort=name&dir=desc"); got[0] != "Org 59" {
		t.Errorf("by name, downwards = %v", got)
	}
	if got := names("plan=gold&license=%00&status=x&mapping=x&sort=drop+table&dir=x&page=-5&q=%FF%00"); len(got) != 50 {
		t.Errorf("nonsense = %v", got)
	}
	page := b.get("/organizations?q=org&page=2&sort=seats", http.StatusOK)
	previous := page.Find("nav.pager a").First().AttrOr("href", "")
	if previous != "/organizations?q=org&sort=seats" {
		t.Errorf("previous = %q", previous)
	}
}

func TestSeats(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 1)
	b := p.as(store.Technician)
	path := views.OrganizationPath(o.ID)

	const pasted = "b@example.com, Carla <c@example.com>;\r\nd@example.com e@example.com B@example.com a@example.com"
	b.post(path+"/seats", form("emails", pasted), http.StatusSeeOther)
	page := b.follow()
	has(t, page, "[data-testid=flash]", "Added 4 members. 1 was a member already:")
	has(t, page, "[data-testid=billable]", "5")

	bad := "f@example.com\nnot an address <script>alert(1)</script>"
	page = b.part().post(path+"/seats", form("emails", bad, "pending", "true"), http.StatusUnprocessableEntity)
	if got := page.Find("textarea").Text(); got != bad {
		t.Errorf("the list became %q", got)
	}
	if page.Find("[name=pending][checked]").Length() != 1 {
		t.Error("pending is lost")
	}
	has(t, page, ".problem", "Not an e-mail address: ")
	if page.Find("script").Length() != 0 {
		t.Error("script injection")
	}
	b.post(path+"/seats", form("emails", " ,;\n"), http.StatusUnprocessableEntity)

	b.post(path+"/seats", form("emails", "p@example.com", "pending", "true"), http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=billable]", "5") // pending is not billed

	seats, _, err := p.store.Seats(t.Context(), store.SeatFilter{OrganizationID: o.ID})
	if err != nil || len(seats) != 6 {
		t.Fatalf("seats = %+v, %v", seats, err)
	}
	pending := seats[slices.IndexFunc(seats, func(s store.Seat) bool { return s.Email == "p@example.com" })]
	id := fmt.Sprint(pending.ID)
	for _, step := range []struct {
		action string
		status store.SeatStatus
	}{{"join", store.SeatActive}, {"suspend", store.SeatSuspended}, {"reactivate", store.SeatActive}, {"delete", store.SeatDeleted}} {
		b.post(path+"/seats/action", form("seat", id, "seat", "999999", "action", step.action), http.StatusSeeOther)
		found, _, err := p.store.Seats(t.Context(), store.SeatFilter{OrganizationID: o.ID, Search: "p@example.com", Status: step.status})
		if err != nil || len(found) != 1 {
			t.Errorf("after %s: %+v, %v", step.action, found, err)
		}
	}
	page = b.part().post(path+"/seats/action", form("action", "delete"), http.StatusUnprocessableEntity)
	has(t, page, "#seats [data-testid=notice]", "Choose at least one member.")
	b.post(path+"/seats/action", form("seat", id, "action", "explode"), http.StatusUnprocessableEntity)

	b.post(path+"/seats/action", form("seat", id, "action", "suspend", "q", "example", "status", "deleted", "page", "1"), http.StatusSeeOther)
	if want := path + "?page=1&q=example&status=deleted"; b.location() != want {
		t.Errorf("Location = %q, want %q", b.location(), want)
	}

	other := p.organization("Other", 1)
	b.post(views.OrganizationPath(other.ID)+"/seats/action", form("seat", fmt.Sprint(seats[0].ID), "action", "delete"), http.StatusSeeOther)
	if found, _, _ := p.store.Seats(t.Context(), store.SeatFilter{OrganizationID: o.ID, Search: seats[0].Email}); len(found) != 1 {
		t.Error("another organization's seat was deleted")
	}
}

func TestSeatsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 0)
	emails := make([]string, 120)
	for i := range emails {
		emails[i] = fmt.Sprintf("user%03d@example.com", i)
	}
	if _, _, err := p.store.AddSeats(t.Context(), o.ID, emails, time.Time{}, testNow()); err != nil {
		t.Fatal(err)
	}
	b := p.as(store.Technician).part()
	page := b.get(views.OrganizationPath(o.ID)+"?page=9", http.StatusOK)
	if got := page.Find("[data-testid=seat]").Length(); got != 20 {
		t.Errorf("last page = %d rows", got)
	}
	page = b.get(views.OrganizationPath(o.ID)+"?q=USER00&status=active", http.StatusOK)
	if got := page.Find("[data-testid=seat]").Length(); got != 10 {
		t.Errorf("search = %d rows", got)
	}
	b.lacks("<main")
}

func TestNamesAreEscapedEverywhere(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	const evil = `<script>alert("x")</script>`
	o := p.organization(evil, 1)
	b := p.as(store.Owner)
	for _, path := range []string{
		"/organizations", views.OrganizationPath(o.ID), "/usage", "/organizations?q=" + url.QueryEscape(evil), "/activity?member=" + url.QueryEscape(evil),
	} {
		b.get(path, http.StatusOK)
		b.lacks("<script>alert", `alert("x")`)
	}
	stranger := p.browser()
	stranger.get("/signin?next="+url.QueryEscape(evil), http.StatusOK)
	stranger.lacks("<script>alert", `alert("x")`)
}

// An organization that was only added has no figure, until somebody says that it has no members.
func TestNoMembers(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 0)
	path := views.OrganizationPath(o.ID)
	b := p.as(store.Admin)
	page := b.get(path, http.StatusOK)
	has(t, page, "[data-testid=billable]", "Unknown")
	has(t, page, "[data-testid=figure-source]", "No source")
	has(t, page, "[data-testid=figure-why]", "none was ever recorded or reported. Import or add its members first, or say that it has none.")
	has(t, page, "form[action='"+path+"/no-members']", "Unknown is not zero")

	technician := p.as(store.Technician)
	lacks := technician.get(path, http.StatusOK)
	has(t, lacks, "[data-testid=billable]", "Unknown")
	if lacks.Find("form[action^='"+path+"/no-members']").Length() != 0 {
		t.Error("a technician is offered to say so")
	}
	technician.post(path+"/no-members", nil, http.StatusForbidden)

	b.post(path+"/no-members", nil, http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=flash]", "Acme has no members: its figure is 0.")
	has(t, page, "[data-testid=billable]", "0")
	has(t, page, "[data-testid=figure-source]", "Statement")
	has(t, page, "[data-testid=figure-why]", "said on 17 March 2026 that it has no members.")
	b.post(path+"/no-members", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "That Acme has no members was said already.")
	technician.post(path+"/no-members/withdraw", nil, http.StatusForbidden)
	b.post(path+"/no-members/withdraw", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=billable]", "Unknown")
	b.post(path+"/no-members/withdraw", nil, http.StatusSeeOther)
	has(t, b.follow(), "[data-testid=flash]", "Nobody says that Acme has no members.")

	b.post(path+"/no-members", nil, http.StatusSeeOther)
	b.post(path+"/seats", form("emails", "a@example.com"), http.StatusSeeOther)
	page = b.follow()
	has(t, page, "[data-testid=billable]", "1")
	if page.Find("form[action^='"+path+"/no-members']").Length() != 0 {
		t.Error("there is still something to say of an organization with a member")
	}
	b.post(path+"/no-members", nil, http.StatusConflict)
	b.post("/organizations/77/no-members", nil, http.StatusNotFound)
	p.wantActivity("", "Stated that “Acme” has no members.")
}
