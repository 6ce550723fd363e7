package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/internal/moment"
	"seatbridge/store"
	"seatbridge/views"
)

// fields are the controls of a form as a browser would send them.
func fields(form *goquery.Selection) url.Values {
	sent := url.Values{}
	form.Find("input[name], select[name], textarea[name]").Each(func(_ int, s *goquery.Selection) {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		_, checked := s.Attr("checked")
		switch kind := s.AttrOr("type", ""); {
		case goquery.NodeName(s) == "select":
			value = s.Find("option[selected]").AttrOr("value", s.Find("option").First().AttrOr("value", ""))
		case (kind == "checkbox" || kind == "radio") && !checked:
			return
		}
		sent.Add(name, value)
	})
	return sent
}

// A trial that began on the 10th and is entered on the 17th ends on the 24th, whichever of the two is said.
func TestCase_H35_ByThePanel(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	for name, said := range map[string]url.Values{
		"By its start": {"start": {"2026-03-10"}},
		"By its end":   {"trial_ends": {"2026-03-24"}},
	} {
		form := fields(b.get(views.NewOrganizationPath, http.StatusOK).Find("form[action='" + views.OrganizationsPath + "']"))
		form.Set("name", name)
		form.Set("license", "trial")
		for field, value := range said {
			form[field] = value
		}
		b.post(views.OrganizationsPath, form, http.StatusSeeOther)
		page := b.follow()
		has(t, page, "[data-testid=state]", "10 Mar 2026")
		o := p.named(name)
		if !o.CreatedAt.Equal(moment.At("2026-03-10")) || !o.TrialEndsAt.Equal(moment.At("2026-03-24")) {
			t.Errorf("%s: it began %s, its trial ends %s", name, o.CreatedAt, o.TrialEndsAt)
		}
	}
}

// named finds an organization by its name.
func (p *panel) named(name string) store.Organization {
	p.t.Helper()
	found, _, err := p.store.Organizations(p.t.Context(), store.OrganizationFilter{Search: name, Status: store.OrganizationAny})
	if err != nil || len(found) != 1 {
		p.t.Fatalf("%d organizations are called %s (%v)", len(found), name, err)
	}
	return found[0].Organization
}

func TestHistoryForm(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 1) // since January
	b := p.as(store.Admin)
	path, life := views.OrganizationPath(o.ID), views.OrganizationLifePath(o.ID)
	form := func() url.Values {
		return fields(b.get(path, http.StatusOK).Find("form[action='" + life + "']"))
	}

	b.post(life, form(), http.StatusSeeOther)
	has(t, b.follow(), "body", "Nothing is new in the history.")
	if entries := p.activities("Changed the history"); len(entries) != 0 {
		t.Errorf("an unchanged form wrote %q", entries)
	}

	said := form()
	said.Set("start", "2025-12-01")
	said.Set("license_0", "trial")
	said.Set("since_1", "2026-02-01 08:30")
	said.Set("plan_1", "enterprise")
	said.Set("since_2", "2025-12-20")
	said.Set("license_2", "standard")
	b.post(life, said, http.StatusSeeOther)
	page := b.follow()
	has(t, page, "body", "The history was saved. Months that are over are counted by it.")
	states := words(page.Find("[data-testid=state]"))
	for _, want := range []string{"1 Feb 2026", "Enterprise", "20 Dec 2025", "1 Dec 2025", "Trial"} {
		if !strings.Contains(states, want) {
			t.Errorf("the history is %q and lacks %q", states, want)
		}
	}
	if o := p.named("Acme"); o.Plan != store.Enterprise || o.License != store.Standard || !o.TrialEndsAt.Equal(moment.At("2025-12-15")) {
		t.Errorf("it is %+v", o)
	}

	shown := form()
	if shown.Get("start") != "2025-12-01" || shown.Get("since_1") != "2025-12-20" || shown.Get("since_2") != "2026-02-01 08:30" || shown.Get("since_4") != "" {
		t.Errorf("the form says %v", shown)
	}
	shown.Set("remove_2", "true")
	b.post(life, shown, http.StatusSeeOther)
	if o := p.named("Acme"); o.Plan != store.Business {
		t.Errorf("after the change was removed it is %+v", o)
	}
	if entries := p.activities("Changed the history of “Acme”."); len(entries) != 2 {
		t.Errorf("the log says %q", entries)
	}
	p.as(store.Technician).post(life, shown, http.StatusForbidden)
}

// What cannot be is said next to its field, and what was typed stays.
func TestHistoryFormRefuses(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	o := p.organization("Acme", 1)
	b := p.as(store.Admin)
	life := views.OrganizationLifePath(o.ID)
	form := fields(b.get(views.OrganizationPath(o.ID), http.StatusOK).Find("form[action='" + life + "']"))
	form.Set("start", "1 December")
	form.Set("since_2", "2999-01-01") // the row before it stays empty
	form.Set("plan_2", "enterprise")
	page := b.post(life, form, http.StatusUnprocessableEntity)
	has(t, page, "#life-start-problem", "“1 December” is no day")
	if got := fields(page.Find("form[action='" + life + "']")); got.Get("start") != "1 December" || got.Get("since_2") != "2999-01-01" || got.Get("plan_2") != "enterprise" {
		t.Errorf("what was typed is lost: %v", got)
	}
	form.Set("start", "2025-12-01")
	page = b.post(life, form, http.StatusUnprocessableEntity)
	has(t, page, "#life-since-2-problem", "2999-01-01 is in the future.")
	if _, open := page.Find("#life details").Attr("open"); !open {
		t.Error("the form is folded away")
	}
	form.Set("since_2", "")
	has(t, b.post(life, form, http.StatusUnprocessableEntity), "#life-since-2-problem", "Enter from when on this holds.")
	for _, broken := range []url.Values{{}, {"since_1": {"2026-01-01"}}, {"plan_0": {"gold"}, "license_0": {"x"}}} {
		b.post(life, broken, http.StatusUnprocessableEntity)
	}
	b.post(views.OrganizationLifePath(999), form, http.StatusNotFound)

	add := fields(b.get(views.NewOrganizationPath, http.StatusOK).Find("form[action='" + views.OrganizationsPath + "']"))
	add.Set("name", "New")
	add.Set("start", "2999-01-01")
	page = b.post(views.OrganizationsPath, add, http.StatusUnprocessableEntity)
	has(t, page, "#life-start-problem", "It cannot begin in the future, on 2999-01-01.")
	if _, open := page.Find("[data-testid=new-life]").Attr("open"); !open {
		t.Error("the fields of the history are folded away")
	}
	b.post(views.OrganizationsPath, add, http.StatusUnprocessableEntity)
	if found := p.activities("Added organization “New”"); len(found) != 0 {
		t.Errorf("it was added: %q", found)
	}
}
