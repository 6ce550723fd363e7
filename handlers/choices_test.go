package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/mapping"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// labels are the texts of the options of a select.
func labels(page interface {
	Find(selector string) *goquery.Selection
}, selector string) []string {
	var all []string
	page.Find(selector + " option").Each(func(_ int, s *goquery.Selection) { all = append(all, strings.TrimSpace(s.Text())) })
	return all
}

// F12: two agreements of one company with the same name, type and start were two identical options.
func TestCase_F12_EveryChoiceIsDistinguishable(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	first := w.customer("Acme")
	second := w.sim.AddAgreement(cwsim.Agreement{CompanyID: first.CompanyID, Name: "Acme services", Start: first.Start, BillStart: first.BillStart})
	w.b.importAll()
	path := views.CompaniesPath + "?q=Acme"
	options := labels(w.b.get(path, http.StatusOK), "select[name=agreement]")
	for _, a := range []cwsim.Agreement{first, second} {
		number := fmt.Sprintf("no. %d", a.ID)
		if !slices.ContainsFunc(options, func(o string) bool { return strings.HasSuffix(o, number) }) {
			t.Errorf("no option of %q ends with %s", options, number)
		}
	}

	// The line that was found on one of them says which it is.
	w.line(second, "14", "4.99")
	o := w.organization("Acme", 14)
	w.b.post(views.MapCompanyPath(int64(first.CompanyID)), form("agreement", fmt.Sprint(second.ID), "organization", fmt.Sprint(o.ID)), http.StatusSeeOther)
	w.sync()
	options = labels(w.b.get(path, http.StatusOK), "select[name=agreement]")
	if !slices.ContainsFunc(options, func(o string) bool { return strings.Contains(o, "line of NP-BUS: 14") }) {
		t.Errorf("no option of %q names the line", options)
	}
	if slices.Sort(options); len(slices.Compact(options)) < 2 {
		t.Errorf("the same again: %q", options)
	}
}

// F13: a company without any type was imported by no filter and counted nowhere. It has a choice of its own.
func TestCase_F13_CompaniesWithoutAType(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.sim.AddCompany(cwsim.Company{Name: "Typeless", TypeIDs: []int{}})
	page := w.b.get(views.CompanyImportPath, http.StatusOK)
	chosen := formOf(page.Find("form[action='" + views.CompanyImportPath + "']"))
	for _, name := range []string{"type", "status"} {
		page.Find("input[type=checkbox][name=" + name + "]").Each(func(_ int, s *goquery.Selection) { chosen.Add(name, s.AttrOr("value", "")) })
	}
	untyped := fmt.Sprint(mapping.NoType)
	has(t, page, "label:has(input[name=type][value='"+untyped+"'])", "No type")
	has(t, w.b.part().get(views.CompanyImportPath+"/counts", http.StatusOK), "hx-partial[hx-target='#count-type-"+untyped+"']", "1 company")
	all := chosen["type"]
	chosen["type"] = slices.DeleteFunc(slices.Clone(all), func(value string) bool { return value == untyped })
	part := w.b.part().get(views.CompanyImportPath+"/count?"+chosen.Encode(), http.StatusOK)
	has(t, part, "body", "1 without any type")
	has(t, part, "body", "Choose “No type” to import them, too.")
	if part := w.b.part().get(views.CompanyImportPath+"/count?type="+untyped+"&status=1", http.StatusOK); !strings.Contains(words(part.Find("body")), "1 company of these") {
		t.Errorf("alone: %s", words(part.Find("body")))
	}
	for typed, want := range map[string]bool{"with it": true, "without it": false} {
		if chosen["type"] = all; !want {
			chosen["type"] = slices.DeleteFunc(slices.Clone(all), func(value string) bool { return value == untyped })
		}
		w.b.post(views.CompanyImportPath, chosen, http.StatusSeeOther)
		w.b.until("the import ends", func() bool { return !w.panel.rooms.Mapping.CompanyImportProgress().Running })
		found := w.b.get(views.CompaniesPath+"?q=Typeless", http.StatusOK).Find("[data-testid=company]").Length() == 1
		again := w.b.get(views.CompanyImportPath, http.StatusOK).Find("input[name=type][value='"+untyped+"'][checked]").Length() == 1
		if found != want || again != want {
			t.Errorf("%s: imported %t, remembered %t", typed, found, again)
		}
	}
}

// F16: the session ended while somebody filled in a form: the sign-in page came without a word.
func TestCase_F16_SignedOutWhileAFormWasOpen(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	a := w.customer("Acme")
	w.b.importAll()
	o := w.organization("Acme", 3)
	chosen := form("agreement", fmt.Sprint(a.ID), "organization", fmt.Sprint(o.ID))
	from := views.CompaniesPath + "?q=Acme"
	gone := w.panel.browser().with("Referer", "http://example.com"+from)
	for name, send := range map[string]func() string{
		"a form": func() string {
			gone.post(views.MapCompanyPath(int64(a.CompanyID)), chosen, http.StatusSeeOther)
			return gone.location()
		},
		"a form in a part": func() string {
			part := gone.part()
			part.post(views.MapCompanyPath(int64(a.CompanyID)), chosen, http.StatusOK)
			return part.last.Header().Get("HX-Redirect")
		},
		"an upload": func() string {
			gone.post("/usage/import", url.Values{}, http.StatusSeeOther)
			return gone.location()
		},
	} {
		to := send()
		page := w.panel.browser().get(to, http.StatusOK)
		has(t, page, "[data-testid=notice]", "You were signed out; what you entered was not saved.")
		if next := page.Find("input[name=next]").AttrOr("value", ""); next != from {
			t.Errorf("%s leads back to %q, want %q", name, next, from)
		}
	}
	page := w.panel.browser().get(views.SignInPath, http.StatusOK)
	if page.Find("[data-testid=notice]").Length() != 0 {
		t.Error("who was never signed in is told something")
	}
}

// F17: of four who map one organization at once one does it, and the others are told, in words.
func TestCase_F17_MappedByFourAtOnce(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	a := w.customer("Acme")
	w.b.importAll()
	who := w.user(store.Admin, "four@example.com")
	for range 3 {
		o := w.organization(fmt.Sprintf("Acme %d", len(w.names)), 3)
		w.names[o.Name] = a
		chosen := form("agreement", fmt.Sprint(a.ID), "organization", fmt.Sprint(o.ID))
		var group sync.WaitGroup
		statuses := make([]int, 4)
		for i := range statuses {
			group.Go(func() {
				statuses[i] = w.signedIn(who).posted(views.MapCompanyPath(int64(a.CompanyID)), chosen)
			})
		}
		group.Wait()
		for _, status := range statuses {
			if !slices.Contains([]int{http.StatusSeeOther, http.StatusConflict, http.StatusUnprocessableEntity}, status) {
				t.Errorf("answered with %v", statuses)
			}
		}
		if !slices.Contains(statuses, http.StatusSeeOther) {
			t.Errorf("nobody mapped it: %v", statuses)
		}
	}
}

// F17, the kind: whatever two people create at once under one name, the second is told; nobody's form ends in an error of ours.
func TestCase_F17_CreatedByTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	who := w.user(store.Owner, "four@example.com")
	for name, sent := range map[string]struct {
		path string
		form url.Values
	}{
		"an organization": {views.OrganizationsPath, form("name", "Twice", "plan", "business", "license", "standard", "managed", "true")},
		"a member":        {views.MembersPath, form("name", "Twice", "email", "twice@example.com", "role", "technician")},
		"a token":         {"/settings/api", form("name", "Twice", "scope", "read")},
	} {
		var group sync.WaitGroup
		statuses := make([]int, 4)
		for i := range statuses {
			group.Go(func() { statuses[i] = w.signedIn(who).posted(sent.path, sent.form) })
		}
		group.Wait()
		for _, status := range statuses {
			if status >= 500 || status == http.StatusNotFound {
				t.Errorf("%s: answered with %v", name, statuses)
			}
		}
	}
}

// F20: what is ticked on one page of the table goes with what is ticked on the next; the page's script keeps it by these marks.
func TestCase_F20_TicksLastOverPages(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customer("Acme")
	w.customer("Beta")
	w.b.importAll()
	page := w.b.get(views.CompaniesPath, http.StatusOK)
	kept := page.Find("form#selected-companies[data-keep-ticks=company]")
	if kept.Length() != 1 || kept.Find("[data-kept-count][role=status]").Length() != 1 || kept.Find("[data-keep-none]").Length() != 1 {
		t.Error("nothing keeps the ticks, or says how many there are")
	}
	// What is kept comes as more fields of the same name, whatever page shows.
	var ids []string
	page.Find("input[type=checkbox][name=company]").Each(func(_ int, s *goquery.Selection) { ids = append(ids, s.AttrOr("value", "")) })
	if len(ids) < 2 {
		t.Fatalf("%d companies can be ticked", len(ids))
	}
	dialog := w.b.part().get(views.CompanyOrganizationsPath+"?"+url.Values{"company": ids}.Encode(), http.StatusOK)
	if n := dialog.Find("input[type=hidden][name=company]").Length(); n != len(ids) {
		t.Errorf("the dialog is about %d of %d", n, len(ids))
	}
	if dialog.Find("form[data-uses-ticks=selected-companies]").Length() != 1 {
		t.Error("the ticks outlast what they were for")
	}
}

// F18: each sentence about a change stands once, on its page and in its file.
func TestCase_F18_ReasonsAreSaidOnce(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	blocked, a := w.customerWith("Blocked", 3)
	w.sim.CancelAgreement(a.ID, testNow().AddDate(0, 0, -3))
	w.hold("seats", "1", "terms", "true")
	_, err := w.rooms.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunManual, Period: seats.ToDate(testNow())})
	if err != nil {
		t.Fatal(err)
	}
	page := w.b.get("/runs/1", http.StatusOK)
	text := words(page.Find("[data-testid=change]"))
	if n := strings.Count(text, "The agreement is cancelled."); n != 1 {
		t.Errorf("of %s it says %d times that it is cancelled: %s", blocked.Name, n, text)
	}
}

// Entries of the activity log say which mapping it was, and what was before.
func TestEntriesSayFromWhatToWhat(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	o, _ := w.customerWith("Acme", 3)
	other := w.sim.AddAgreement(cwsim.Agreement{CompanyID: w.sim.AddCompany(cwsim.Company{Name: "Acme Holding"}).ID, Name: "Group services"})
	w.b.importAll()
	mapped, err := w.store.Mapping(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.b.post(views.UnmapCompanyPath(int64(mapped.CompanyID)), form("organization", fmt.Sprint(o.ID), "line", "keep"), http.StatusSeeOther)
	has(t, w.b.get("/activity", http.StatusOK), "[data-testid=activity]", "Unmapped Acme from Acme, agreement Acme services.")
	w.b.post(views.MapCompanyPath(int64(other.CompanyID)), form("agreement", fmt.Sprint(other.ID), "organization", fmt.Sprint(o.ID)), http.StatusSeeOther)
	has(t, w.b.get("/activity", http.StatusOK), "[data-testid=activity]", "Mapped Acme to Acme Holding, agreement Group services.")

	u := w.user(store.Technician, "tech@example.com")
	w.b.post(fmt.Sprintf("%s/%d/role", views.MembersPath, u.ID), form("role", "admin"), http.StatusSeeOther)
	has(t, w.b.get("/activity", http.StatusOK), "[data-testid=activity]", "Made Admin instead of Technician: tech@example.com.")
	w.b.post("/settings", form("msp", "Harbor IT"), http.StatusSeeOther)
	has(t, w.b.get("/activity", http.StatusOK), "[data-testid=activity]", "Company: Harbor IT.")
	w.b.post("/settings", form("msp", "Anchor IT"), http.StatusSeeOther)
	has(t, w.b.get("/activity", http.StatusOK), "[data-testid=activity]", "Company: Anchor IT instead of Harbor IT.")
}

// The same count stands on the overview, on the connection's page and in the list that it leads to.
func TestTheSameCountEverywhere(t *testing.T) {
	t.Parallel()
	w := newBilled(t)
	w.customerWith("Acme", 3)
	w.organization("Billable", 4)
	w.organization("Empty", 0)
	for _, path := range []string{views.OverviewPath, views.ConnectWisePath} {
		page := w.b.get(path, http.StatusOK)
		fact := page.Find("dl div:contains('Organizations not mapped') dd")
		if !strings.HasPrefix(words(fact), "2") {
			t.Errorf("%s counts %q", path, words(fact))
		}
	}
	has(t, w.b.get(views.ConnectWisePath, http.StatusOK), "dl div:contains('Organizations not mapped') dd", "1 with billable seats")
	if n := w.b.get(views.UnmappedOrganizationsPath, http.StatusOK).Find("[data-testid=organization]").Length(); n != 2 {
		t.Errorf("the list has %d", n)
	}
}
