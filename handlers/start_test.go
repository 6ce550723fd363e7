package handlers

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
	"seatbridge/views"
)

// TestGuidedStart goes through setting up on the guided start: what is done, what comes next, and that nothing is written.
func TestGuidedStart(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	acme := p.customer("Acme")

	page := b.get(views.StartPath, http.StatusOK)
	standsAt(t, page, views.StepConnect, "0 of 7 done, about 30 min left")
	has(t, page, "[data-testid=start-lead]", "Nothing is written to agreements before step 6")
	has(t, page, "#step-map .end", "needs steps 2 to 4")
	has(t, b.get("/", http.StatusOK), "[data-testid=setup-mark]", "0 of 7 steps done")

	credentials := b.credentials()
	credentials.Set("next", views.StartPath)
	b.post(views.ConnectWisePath, credentials, http.StatusSeeOther)
	page = b.follow()
	standsAt(t, page, views.StepProducts, "1 of 7 done")
	has(t, page, "#step-connect .second", ", by owner@example.com, 17 Mar 2026, 12:00 UTC")

	b.mapProducts()
	p.organization("Acme", 3)
	page = b.get(views.StartPath, http.StatusOK)
	standsAt(t, page, views.StepImport, "3 of 7 done")
	has(t, page, "#step-products .second", "NordPass Business is NP-BUS, NordPass Enterprise is NP-ENT, by owner@example.com")
	has(t, page, "#step-organizations .second", "1 organization, 3 members")

	b.importAll()
	page = b.get(views.StartPath, http.StatusOK)
	standsAt(t, page, views.StepMap, "4 of 7 done")
	has(t, page, "#step-map", "Review suggestions for 1 company")

	b.post(views.MapCompanyPath(int64(acme.CompanyID)), form("agreement", strconv.Itoa(acme.ID), "organization", "1"), http.StatusSeeOther)
	page = b.get(views.StartPath, http.StatusOK)
	standsAt(t, page, views.StepWrite, "5 of 7 done")
	has(t, page, "[data-testid=start-lead]", "before 1 Apr 2026, 00:30 UTC")
	has(t, page, "[data-testid=choice]", "Writes from now on")
	if written := p.writes(); len(written) > 0 {
		t.Errorf("setting up wrote %q to ConnectWise", written)
	}

	b.syncNow()
	page = b.get(views.StartPath, http.StatusOK)
	has(t, page, "[data-testid=start-meter]", "7 of 7 done")
	has(t, page, "[data-testid=start-lead]", "Everything is set up")
	has(t, page, "#step-finish", "The status is Active")
	if b.get("/", http.StatusOK).Find("[data-testid=setup-mark]").Length() != 0 {
		t.Error("pages still say that something is left to set up")
	}
}

// writes are the requests by which anything but reading was asked of the simulator: "POST /…".
func (p *panel) writes() (writes []string) {
	for _, r := range p.sim.Requests() {
		if r.Method != http.MethodGet {
			writes = append(writes, r.Method+" "+r.Path)
		}
	}
	return writes
}

// standsAt fails unless a step is the one that comes next, unfolded, and the meter says so much.
func standsAt(t *testing.T, page *goquery.Document, step, meter string) {
	t.Helper()
	now := page.Find("[data-testid=step][aria-current=step]")
	if id := now.AttrOr("id", "none"); now.Length() != 1 || id != "step-"+step || now.ChildrenFiltered("details[open]").Length() != 1 {
		t.Errorf("stands at %s (%d), want step-%s, unfolded", id, now.Length(), step)
	}
	has(t, page, "[data-testid=start-meter]", meter)
}

// TestStartKeepsWhatWasTyped holds that refused credentials stay on the guided start, with what was typed but for the private key.
func TestStartKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Admin)
	credentials := b.credentials()
	credentials.Set("company", "somebody-else")
	credentials.Set("next", views.StartPath)
	page := b.post(views.ConnectWisePath, credentials, http.StatusUnprocessableEntity)
	has(t, page, "h1", "Set up Seatbridge")
	if got := page.Find("#company").AttrOr("value", ""); got != "somebody-else" {
		t.Errorf("the company is %q", got)
	}
	if page.Find("#step-connect details[open] [data-testid=notice]").Length() == 0 {
		t.Error("step 1 does not say what is wrong")
	}
	b.lacks(credentials.Get("private_key"))

	part := b.part().post(views.ConnectWisePath, credentials, http.StatusUnprocessableEntity)
	if got := part.Find("#credentials-form input[name=next]").AttrOr("value", ""); got != views.StartPath {
		t.Errorf("the form then leads to %q", got)
	}
}

// TestStartLeadsNowhereElse holds that a form leads to pages of ours only.
func TestStartLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	b := newPanel(t).as(store.Admin)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/no-such-page"} {
		credentials := b.credentials()
		credentials.Set("next", next)
		b.post(views.ConnectWisePath, credentials, http.StatusSeeOther)
		if to := b.location(); to != views.OverviewPath {
			t.Errorf("next %q leads to %q", next, to)
		}
	}
}

// TestStartSaysWhatFails holds that step 1 says so while ConnectWise does not answer, and names a right that is missing.
func TestStartSaysWhatFails(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	p.sim.Revoke(cwsim.Agreements, cwsim.Edit)
	b.connect()
	page := b.get(views.StartPath, http.StatusOK)
	has(t, page, "#step-connect .end", "does not work")
	has(t, page, "#step-connect [data-testid=missing-rights]", "Agreements – Edit")
	standsAt(t, page, views.StepProducts, "1 of 7 done")
}

// TestStartForTechnicians holds that they see the steps, and may do what they may do.
func TestStartForTechnicians(t *testing.T) {
	t.Parallel()
	b := newPanel(t).as(store.Technician)
	page := b.get(views.StartPath, http.StatusOK)
	if page.Find("form[action='"+views.ConnectWisePath+"'], a[href='"+views.MembersImportPath+"']").Length() != 0 {
		t.Error("a technician is offered what only Admins may do")
	}
	has(t, page, "#step-connect", "An Owner or Admin of this panel does this step.")
	if page.Find("#step-organizations details[open] a[href='"+views.NewOrganizationPath+"']").Length() != 1 {
		t.Error("a technician is not offered to add an organization")
	}
	if page.Find("[data-testid=setup-mark]").Length() != 0 {
		t.Error("a technician is asked to set up")
	}
}

// TestNoDeadEnds visits every address of the integration on an empty panel and after each step. Whatever is missing is said, with a
// way to the step.
func TestNoDeadEnds(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	p.customer("Acme")
	p.organization("Acme", 3)
	stages := []struct {
		name string
		do   func()
	}{
		{"empty", func() {}}, {"connected", b.connect}, {"products mapped", b.mapProducts}, {"imported", b.importAll},
	}
	for _, stage := range stages {
		stage.do()
		for _, rt := range p.server.routes() {
			method, pattern, _ := strings.Cut(rt.pattern, " ")
			if !strings.HasPrefix(pattern, views.ConnectWisePath) || pattern == views.DisconnectPath || pattern == views.ConnectWisePath && method == "POST" {
				continue
			}
			path := pathValue.ReplaceAllString(strings.Replace(pattern, "{month}", "2026-02", 1), "1")
			p.leadsOn(b, stage.name, method, path+"?plan=business&company=1")
		}
	}
}

var pathValue = regexp.MustCompile(`\{[a-z]+\}`)

// leadsOn fails if an answer is an error without a word about what to do or, while something is not set up, without a way to the step.
func (p *panel) leadsOn(b *browser, stage, method, path string) {
	p.t.Helper()
	w, page := b.try(method, path)
	problem := page.Find("[data-testid=error-page]")
	switch {
	case w.Code >= http.StatusInternalServerError:
		p.t.Errorf("%s: %s %s = %d", stage, method, path, w.Code)
	case w.Code == http.StatusConflict && page.Find(`[data-testid=error-page] a.btn[href^="`+views.StartPath+`"]`).Length() == 0:
		p.t.Errorf("%s: %s %s leads to no step: %s", stage, method, path, words(problem))
	case problem.Length() > 0 && (stage == "empty" || stage == "connected") && w.Code != http.StatusConflict:
		p.t.Errorf("%s: %s %s = %d says not what is missing: %s", stage, method, path, w.Code, words(problem))
	}
}

// TestCompareFirstIsAskedOnce holds that the products' dialog asks at the first confirmation whether to write, offers what the guide
// does, takes the other answer, and never asks again.
func TestCompareFirstIsAskedOnce(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	b.connect()
	page := b.get(views.ProductsPath+"?next="+views.StartPath, http.StatusOK)
	if got := page.Find("[data-testid=ask-writing] input[checked]").AttrOr("value", ""); got != "write" {
		t.Errorf("%q is chosen before anybody chose", got)
	}
	business := p.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS", Description: "NordPass Business seat"})
	enterprise := p.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-ENT", Description: "NordPass Enterprise seat"})
	confirm := form("business", strconv.Itoa(business.ID), "enterprise", "", "writing", "compare", "next", views.StartPath)
	page = b.post(views.ProductsPath, confirm, http.StatusUnprocessableEntity)
	if got := page.Find("[data-testid=ask-writing] input[checked]").AttrOr("value", ""); got != "compare" {
		t.Errorf("a refused form then says %q", got)
	}
	confirm.Set("enterprise", strconv.Itoa(enterprise.ID))
	b.post(views.ProductsPath, confirm, http.StatusSeeOther)
	if to := b.location(); to != views.StartPath {
		t.Errorf("confirming leads to %q", to)
	}
	page = b.follow()
	has(t, page, "[data-testid=start-lead]", "only compares")
	has(t, page, "[data-testid=choice]", "Only compares since 17 Mar 2026, chosen by owner@example.com")
	if b.get(views.ProductsPath, http.StatusOK).Find("[data-testid=ask-writing]").Length() != 0 {
		t.Error("it is asked again")
	}
}

// TestCompareFirstTravels holds that the answer to compare first is taken along to the catalog, to a new product and back: whichever
// way the products are chosen, what is confirmed in the end is what was ticked.
func TestCompareFirstTravels(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	b.connect()
	business := p.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS", Description: "NordPass Business seat"})
	page := b.get(views.ProductsPath+"?next="+views.StartPath, http.StatusOK)
	// The buttons of the lines send the form that holds the radio buttons, as they are ticked at that moment; with script as well.
	for _, plan := range []string{"business", "enterprise"} {
		button := page.Find("[data-testid=product-" + plan + "] button[name=plan][value=" + plan + "]")
		if button.Closest("form").Find("[data-testid=ask-writing] input[name=writing]").Length() != 2 {
			t.Errorf("the button of %s sends a form that does not hold what is asked", plan)
		}
		if button.AttrOr("formmethod", "") != "get" || button.AttrOr("formaction", "") != views.ProductsPath || button.AttrOr("hx-include", "") != "closest form" {
			t.Errorf("the button of %s does not ask for the catalog with it", plan)
		}
	}
	picker := views.ProductsPath + "?plan=business&business=&enterprise=&writing=compare&next=" + views.StartPath
	page = b.get(picker, http.StatusOK)
	for _, form := range []string{"form[role=search]", "#pick-product", "form[action='" + views.NewProductPath + "']"} {
		if got := page.Find(form+" input[name=writing]").AttrOr("value", ""); got != "compare" {
			t.Errorf("%s takes %q along", form, got)
		}
	}
	back := page.Find("footer a").AttrOr("href", "")
	comparesStill(t, b.get(back, http.StatusOK))
	comparesStill(t, b.get(views.ProductsPath+"?business="+strconv.Itoa(business.ID)+"&writing=compare", http.StatusOK))

	page = b.get(views.NewProductPath+"?plan=enterprise&business="+strconv.Itoa(business.ID)+"&writing=compare", http.StatusOK)
	if got := page.Find("form[action='"+views.CreateProductPath+"'] input[name=writing]").AttrOr("value", ""); got != "compare" {
		t.Errorf("the form of a new product takes %q along", got)
	}
	fields := b.newProduct()
	fields["price"] = []string{"3.50"}
	fields["writing"], fields["business"] = []string{"compare"}, []string{strconv.Itoa(business.ID)}
	b.post(views.CreateProductPath, fields, http.StatusSeeOther)
	page = b.follow()
	comparesStill(t, page)
	confirm := form("writing", "compare")
	for _, plan := range []string{"business", "enterprise"} {
		confirm.Set(plan, page.Find("form[method=post][action='"+views.ProductsPath+"'] input[name="+plan+"]").AttrOr("value", ""))
	}
	b.post(views.ProductsPath, confirm, http.StatusSeeOther)
	has(t, b.get(views.StartPath, http.StatusOK), "[data-testid=start-lead]", "only compares")
}

func comparesStill(t *testing.T, page *goquery.Document) {
	t.Helper()
	if got := page.Find("[data-testid=ask-writing] input[checked]").AttrOr("value", ""); got != "compare" {
		t.Errorf("then %q is chosen", got)
	}
}

// TestEveryLinkOfStartLeadsSomewhere follows each link of the guided start on an empty panel, after each step, and while it only compares.
func TestEveryLinkOfStartLeadsSomewhere(t *testing.T) {
	t.Parallel()
	p := newPanel(t)
	b := p.as(store.Owner)
	acme := p.customer("Acme")
	p.organization("Acme", 3)
	stages := []struct {
		name string
		do   func()
	}{
		{"empty", func() {}}, {"connected", b.connect}, {"products mapped", b.mapProducts}, {"imported", b.importAll},
		{"mapped", func() {
			b.post(views.MapCompanyPath(int64(acme.CompanyID)), form("agreement", strconv.Itoa(acme.ID), "organization", "1"), http.StatusSeeOther)
		}},
		{"comparing", func() { b.post(views.PauseWritingPath, nil, http.StatusSeeOther) }},
	}
	for _, stage := range stages {
		stage.do()
		b.get(views.StartPath, http.StatusOK).Find("main a[href^='/']").Each(func(_ int, a *goquery.Selection) {
			path, place, _ := strings.Cut(a.AttrOr("href", ""), "#")
			w, page := b.try(http.MethodGet, path)
			if w.Code >= http.StatusBadRequest || place != "" && page.Find("#"+place).Length() == 0 {
				t.Errorf("%s: %q leads to %s#%s: %d", stage.name, words(a), path, place, w.Code)
			}
		})
	}
}
