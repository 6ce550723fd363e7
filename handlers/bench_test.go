package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"seatbridge/store"
	"seatbridge/views"
)

// BenchmarkPages is the server time of the heavier pages with 10,000
// organizations, 200,000 seats and 5,000 companies.
func BenchmarkPages(b *testing.B) {
	p := newPanel(b)
	p.fill(10_000, 20, 5_000)
	admin := p.as(store.Admin)
	for _, path := range []string{
		"/", "/organizations", "/organizations?q=7&page=30", "/organizations?sort=seats&dir=desc", "/organizations/77",
		"/usage", "/usage?month=2026-02&sort=seats", "/integrations/connectwise", views.CompaniesPath, views.CompaniesPath + "?show=unmapped&q=9", "/activity", "/members", "/settings",
	} {
		b.Run(path, func(b *testing.B) { admin.visit(b, path) })
	}
}

// BenchmarkMonthPages is the server time of the books' pages, with 10,000 organizations in a year of months.
func BenchmarkMonthPages(b *testing.B) {
	p := newPanel(b)
	p.fill(10_000, 4, 5_000)
	p.book()
	admin := p.as(store.Admin)
	for _, path := range []string{
		views.MonthsPath, "/months/2026-02", "/months/2026-02?show=open&page=30", "/months/2026-02?q=7&sort=name", "/months/2026-02?sort=difference&dir=desc",
	} {
		admin.get(path, http.StatusOK) // figures are in memory from then on
		b.Run(path, func(b *testing.B) { admin.visit(b, path) })
	}
}

// visit loads a page again and again.
func (b *browser) visit(bench *testing.B, path string) {
	for bench.Loop() {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			bench.Fatalf("status = %d", w.Code)
		}
	}
}

// book has the books begin a year ago, and all organizations counted.
func (p *panel) book() {
	p.t.Helper()
	month := store.MonthOf(testNow())
	var year []store.Month
	for i := 1; i <= 12; i++ {
		year = append(year, month.Add(-i))
	}
	if err := store.BooksIn(p.store).Begin(p.t.Context(), year); err != nil {
		p.t.Fatal(err)
	}
	if err := p.rooms.Books.Refresh(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

// fill adds organizations with seats, and companies half of which are mapped.
func (p *panel) fill(organizations, seats, companies int) {
	p.t.Helper()
	ctx, born := p.t.Context(), testNow().AddDate(-1, 0, 0)
	all := make([]store.Organization, organizations)
	for i := range all {
		all[i] = store.Organization{Name: fmt.Sprintf("Organization %05d", i), Plan: store.Plans()[i%2], License: store.Standard, Managed: true, CreatedAt: born}
	}
	created, err := p.store.CreateOrganizations(ctx, all)
	if err != nil {
		p.t.Fatal(err)
	}
	history := make([]store.Seat, 0, organizations*seats)
	for _, o := range created {
		for j := range seats {
			history = append(history, store.Seat{OrganizationID: o.ID, Email: fmt.Sprintf("user%d@o%d.example", j, o.ID), JoinedAt: born.Add(time.Duration(j*400) * time.Hour)})
		}
	}
	if err := p.store.AddSeatHistory(ctx, history); err != nil {
		p.t.Fatal(err)
	}
	imported := store.CompanyImport{TypeIDs: []int{1}, StatusIDs: []int{1}, At: testNow()}
	for i := 1; i <= companies; i++ {
		imported.Companies = append(imported.Companies, store.Company{ID: i, Identifier: "C" + strconv.Itoa(i), Name: fmt.Sprintf("Company %05d", i), Status: store.Named{ID: 1, Name: "Active"}, Types: []store.Named{{ID: 1, Name: "Customer"}}})
		imported.Agreements = append(imported.Agreements, store.Agreement{ID: i, CompanyID: i, Name: "Managed", TypeName: "Managed", Status: "Active", StartDate: "2025-01-01"})
	}
	if err := p.store.SaveIntegration(ctx, store.Integration{Site: p.site, Company: "c", PublicKey: "p", PrivateKey: "s", ClientID: "i", ConnectedAt: born}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.store.SaveCompanyImport(ctx, imported); err != nil {
		p.t.Fatal(err)
	}
	for i := 1; i <= companies/2; i++ {
		if err := p.store.SaveMapping(ctx, store.Mapping{OrganizationID: created[i].ID, CompanyID: i, AgreementID: i, CreatedAt: born, CreatedBy: "a@example.com"}); err != nil {
			p.t.Fatal(err)
		}
	}
}
