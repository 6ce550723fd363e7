//go:build e2e

package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

const (
	manyCompanies     = 5_000
	manyOrganizations = 4_000
	mostActions       = 15
)

// TestJourneyMapping maps the organizations of a large MSP in a browser: 5,000 companies imported, 4,000 organizations whose names
// are spelled in other ways, 90 % of them mapped through suggestions in fewer than 15 actions, and each of them rightly.
func TestJourneyMapping(t *testing.T) {
	m := newManyCompanies(t)
	panel := start(t, "serve", "-data", m.data, "-addr", "127.0.0.1:0")
	defer panel.stop(t)
	p := &person{browser: newBrowser(t)}
	defer p.close()
	p.open(panel.address)
	p.fill("E-mail address", "owner@example.com")
	p.fill("Password", ownerPassword)
	p.browser.click("Sign in")
	p.see("h1", "Overview")

	p.click("nav", "Integrations")
	p.click("main", "ConnectWise PSA")
	p.click("main", "Import and map companies from ConnectWise PSA")
	p.actions++
	p.wait("the page is loaded", `document.readyState === "complete"`)
	p.check("Company types", "Customer", "Managed Customer")
	p.see("#import-count", strconv.Itoa(manyCompanies/1000)+",000 companies")
	p.see("#import-count", "20 deleted and 30 vendors left out")
	p.click("form", "Import companies")
	p.see("[data-testid=import-status][data-state=done]", "5,000")
	p.click("[data-testid=import-status]", "Review suggestions")
	p.see("h1", "Suggestions")
	p.choose("Preferred agreement type")
	p.wait("the type settles the agreements", `/Choose the agreement (\d|\d\d)$/.test(document.querySelectorAll(".chips a")[1].textContent.replace(/\s+/g, " ").trim())`)
	p.clickWhereNamed("Map all ", "#map-suggestions button")
	p.click("dialog[open]", "Map them")
	p.see("[data-testid=flash]", "organizations were mapped")
	p.clickWhereNamed("Doubtful", "nav.chips a")
	p.see("[data-testid=suggestion]", "word order")
	p.clickWhereNamed("Select all on this page", "thead input")
	p.clickWhereNamed("Map Pezapez Zimorav Logistics", "input[name=pick]") // another company fits that organization better
	p.click("#map-suggestions", "Map those checked")
	p.see("[data-testid=flash]", "98 organizations were mapped")

	mapped := m.check(t)
	t.Logf("%d of %d organizations mapped in %d actions", mapped, manyOrganizations, p.actions)
	if mapped < manyOrganizations*9/10 {
		t.Errorf("%d of %d organizations are mapped, want 90 %%", mapped, manyOrganizations)
	}
	if p.actions >= mostActions {
		t.Errorf("it took %d actions, want fewer than %d", p.actions, mostActions)
	}
}

// person counts what somebody does with mouse and keyboard.
type person struct {
	*browser
	actions int
}

func (p *person) click(within, name string) {
	p.t.Helper()
	p.actions++
	p.clickIn(within, name)
}

// clickWhereNamed clicks the element of a selector whose name begins so.
func (p *person) clickWhereNamed(name, css string) {
	p.t.Helper()
	p.actions++
	p.clickWhere(name, css, "name(e).startsWith("+quoted(name)+")")
}

func (p *person) choose(label string) {
	p.t.Helper()
	p.actions++
	p.wait("the page is loaded", `document.readyState === "complete"`)
	p.browser.choose(label)
}

// manyWorld is a large MSP before its first import.
type manyWorld struct {
	*world
	company map[string]int // the company that an organization is, by the organization's name
}

func newManyCompanies(t *testing.T) *manyWorld {
	t.Helper()
	m := &manyWorld{world: newWorld(t, 0, 0), company: map[string]int{}}
	makeOwner(t, m.data)
	_, db, err := open(t.Context(), &config{data: m.data})
	must(t, err)
	defer db.Close()
	now := time.Now().UTC()
	var organizations []store.Organization
	for i := range manyCompanies {
		name := manyName(i)
		company := m.sim.AddCompany(cwsim.Company{Name: name + []string{"", " Ltd.", " GmbH", " Inc."}[i%4], TypeIDs: []int{1 + i%2}})
		m.addAgreements(company.ID, i, now)
		if i >= manyOrganizations {
			continue
		}
		o := store.Organization{Name: noisy(i, name), Plan: store.Plans()[i%2], License: store.Standard, Managed: true, CreatedAt: now.AddDate(0, -3, 0)}
		m.company[o.Name] = company.ID
		organizations = append(organizations, o)
	}
	for i := range 50 {
		left := cwsim.Company{Name: fmt.Sprintf("Left out %d", i), TypeIDs: []int{1}, Deleted: true}
		if i >= 20 {
			left.TypeIDs, left.Deleted = []int{4}, false // vendors
		}
		m.sim.AddCompany(left)
	}
	_, err = db.CreateOrganizations(t.Context(), organizations)
	must(t, err)
	return m
}

// addAgreements gives a company one agreement, to every third another of another type, and to some only one that is over.
func (m *manyWorld) addAgreements(company, i int, now time.Time) {
	agreement := cwsim.Agreement{CompanyID: company, Name: "Managed Services", TypeID: 1, Start: now.AddDate(-1, 0, 0), Cancelled: i%97 == 0}
	m.sim.AddAgreement(agreement)
	if i%3 == 0 {
		agreement.Name, agreement.TypeID = "Security Subscription", 2
		m.sim.AddAgreement(agreement)
	}
}

// manyName makes a name of two made-up words that no other number has.
func manyName(i int) string {
	syllables := strings.Fields("bar ken dil mos sur rav len tir nov vul gap pez zim lor fud hax")
	word := func(n int) string {
		w := syllables[n%16] + []string{"a", "e", "i", "o"}[n/16%4] + syllables[n/64%16]
		return strings.ToUpper(w[:1]) + w[1:]
	}
	return word(i*37+11) + " " + word(i/1024*61+i*29+5) + []string{" Dental", " & Sons", " Logistics", " Foods", " Café"}[i%5]
}

// noisy spells a name as another system might: with another case, legal form, punctuation, accents or order of words; one in
// twenty has a typo and another one its words in another order beside a missing legal form, which is not certain.
func noisy(i int, name string) string {
	words := strings.Fields(name)
	switch i % 20 {
	case 0:
		return words[0] + " " + words[1][1:] + " " + words[2] // a typo
	case 1, 2, 3:
		return strings.ToUpper(name)
	case 4, 5:
		return strings.ReplaceAll(name, " & ", " and ") + ", Limited"
	case 6:
		return strings.NewReplacer("é", "e", "a", "á").Replace(name)
	case 7:
		return words[1] + " " + words[0] + " " + strings.Join(words[2:], " ")
	case 8:
		return "The " + strings.Join(words, "  ") + "."
	case 9, 10:
		return strings.ReplaceAll(name, " ", "-")
	case 11:
		return name + ", Incorporated"
	case 12:
		return name + " (Pty) Ltd"
	}
	return name
}

// check counts the mappings and fails for every wrong one: of another company, or on an agreement that is over.
func (m *manyWorld) check(t *testing.T) int {
	t.Helper()
	_, db, err := open(t.Context(), &config{data: m.data})
	must(t, err)
	defer db.Close()
	rows, total, err := db.Organizations(t.Context(), store.OrganizationFilter{Mapping: store.Mapped})
	must(t, err)
	for _, row := range rows {
		if row.CompanyID != m.company[row.Name] {
			t.Errorf("%s is mapped to %s", row.Name, row.Company)
		}
	}
	return total
}

// TestJourneyKeyboard maps a company, rejects a suggestion and selects rows without a mouse.
func TestJourneyKeyboard(t *testing.T) {
	panel := start(t, "demo", "-addr", "127.0.0.1:0")
	defer panel.stop(t)
	j := &journey{browser: newBrowser(t), panel: panel.address, printed: readGuide(t, panel)}
	defer j.close()
	j.signIn()
	j.connect()
	j.mapProducts()
	j.importCompanies()

	j.open(j.panel + "/integrations/connectwise/companies?show=suggested&sort=score&dir=desc")
	j.see("h1", "Company mapping")
	j.press(kb.Tab, "the search field", `document.activeElement?.type === "search"`)
	j.key(kb.ArrowDown)
	focused := `document.activeElement?.matches("tr[data-testid=company]")`
	j.wait("a row has the focus", focused)
	first := eval[string](j.browser, "document.activeElement.id")
	j.key("j")
	j.wait("the next row has the focus", focused+" && document.activeElement.id !== "+quoted(first))
	j.key("k")
	j.wait("the first row has the focus", "document.activeElement.id === "+quoted(first))
	j.key(kb.Enter)
	j.wait("the agreement has the focus", `document.activeElement?.matches("#`+first+` select[name=agreement]")`)
	j.press(kb.Escape, "the row again", "document.activeElement.id === "+quoted(first))
	j.key("m")
	j.see("#"+first+" [data-testid=mapped]", "Unmap")
	j.wait("the row keeps the focus", "document.activeElement?.id === "+quoted(first))
	j.key("j")
	second := eval[string](j.browser, "document.activeElement.id")
	j.key("r")
	j.see("[data-testid=flash]", "Not suggested any more")
	j.wait("the row keeps the focus", "document.activeElement?.id === "+quoted(second))

	// Choose another organization by typing and the arrow keys.
	j.key(kb.Enter)
	j.press(kb.Tab, "the organization", `document.activeElement?.role === "combobox"`)
	j.do("typing", chromedp.KeyEvent("acorn"))
	// What is offered before the answer to the typing has others, too.
	j.wait("only it is found", `(o => o.length > 0 && o.every(o => o.checkVisibility() && o.dataset.label.includes("Acorn")))`+
		`([...document.querySelectorAll("#`+second+` [role=option][data-label]:not([data-value=new])")])`)
	j.press(kb.ArrowDown, "it", `document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.dataset.label?.includes("Acorn") === true`)
	j.key(kb.Enter)
	j.wait("it is chosen", `document.activeElement.value?.includes("Acorn")`)
	j.key(kb.Tab)
	j.key(kb.Enter)
	j.see("#"+second+" [data-testid=mapped]", "Acorn")

	// Select companies and add organizations for them.
	j.open(j.panel + "/integrations/connectwise/companies?show=unmapped&agreements=one")
	j.press(kb.Tab, "the search field", `document.activeElement?.type === "search"`)
	j.key(kb.ArrowDown)
	j.key("x")
	j.key("j")
	j.key("x")
	j.wait("two are selected", `document.querySelectorAll("input[name=company]:checked").length === 2`)
	j.key("a")
	j.see("#dialog", "2 organizations:")
}

// key presses a key, given as chromedp's kb has it.
func (b *browser) key(key string) {
	b.t.Helper()
	b.do(fmt.Sprintf("pressing %q", key), chromedp.KeyEvent(key))
}

// press presses a key until something holds.
func (b *browser) press(key, what, holds string) {
	b.t.Helper()
	for range 200 {
		if eval[bool](b, holds) {
			return
		}
		b.key(key)
	}
	b.t.Fatalf("%q does not lead to %s", key, what)
}
