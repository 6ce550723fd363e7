//go:build e2e

package e2e

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"seatbridge/command"
	"seatbridge/command/commandtest"
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
	panel := commandtest.Start(t, command.Run, "serve", "-data", m.data, "-addr", "127.0.0.1:0", "-client-id", m.sim.Credentials().ClientID)
	defer panel.Stop(t)
	panel.MakeOwner(t)
	m.addOrganizations(t)
	p := &person{browser: newBrowser(t)}
	defer p.close()
	setUp := &journey{browser: p.browser, printed: m.guide(panel.Address)}
	setUp.signIn()
	setUp.connect()
	setUp.mapProducts()

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
	data          string // directory
	sim           *cwsim.Sim
	site          string // where sim is
	organizations []store.Organization
	company       map[string]int // the company that an organization is, by the organization's name
}

func newManyCompanies(t *testing.T) *manyWorld {
	t.Helper()
	now := time.Now().UTC()
	m := &manyWorld{data: t.TempDir(), sim: cwsim.New(cwsim.Config{Companies: -1}), company: map[string]int{}}
	server := httptest.NewServer(m.sim)
	t.Cleanup(server.Close)
	m.site = server.URL
	m.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS", Description: "NordPass Business"})
	for i := range manyCompanies {
		name := manyName(i)
		company := m.sim.AddCompany(cwsim.Company{Name: name + []string{"", " Ltd.", " GmbH", " Inc."}[i%4], TypeIDs: []int{1 + i%2}})
		m.addAgreements(company.ID, i, now)
		if i >= manyOrganizations {
			continue
		}
		o := store.Organization{Name: noisy(i, name), Plan: store.Plans()[i%2], License: store.Standard, Managed: true, CreatedAt: now.AddDate(0, -3, 0)}
		m.company[o.Name] = company.ID
		m.organizations = append(m.organizations, o)
	}
	for i := range 50 {
		left := cwsim.Company{Name: fmt.Sprintf("Left out %d", i), TypeIDs: []int{1}, Deleted: true}
		if i >= 20 {
			left.TypeIDs, left.Deleted = []int{4}, false // vendors
		}
		m.sim.AddCompany(left)
	}
	return m
}

// guide is what a person must know to set Seatbridge up, by the labels of the demo's guide.
func (m *manyWorld) guide(panel string) map[string]string {
	c := m.sim.Credentials()
	return map[string]string{
		"Open": panel, "Sign in with": commandtest.OwnerEmail, "Password": commandtest.OwnerPassword,
		"ConnectWise site URL": m.site, "ConnectWise company name": c.Company, "Public API key": c.PublicKey, "Private API key": c.PrivateKey,
	}
}

// open opens the database beside the server. Organizations are not sealed: any key will do.
func (m *manyWorld) open(t *testing.T) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(m.data, "seatbridge.db"), make([]byte, 32))
	commandtest.Must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func (m *manyWorld) addOrganizations(t *testing.T) {
	t.Helper()
	_, err := m.open(t).CreateOrganizations(t.Context(), m.organizations)
	commandtest.Must(t, err)
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
	rows, total, err := m.open(t).Organizations(t.Context(), store.OrganizationFilter{Mapping: store.Mapped})
	commandtest.Must(t, err)
	for _, row := range rows {
		if row.CompanyID != m.company[row.Name] {
			t.Errorf("%s is mapped to %s", row.Name, row.Company)
		}
	}
	return total
}
