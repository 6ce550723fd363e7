package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/months"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/handlers/api"
	"seatbridge/internal/moment"
	"seatbridge/store"
	"seatbridge/views"
)

// newUnbilled is a panel over an October of which 5 seats were written on a line that includes 4, and 5 on an agreement that bills no
// products; then 3 and 9 turn out to be due.
func newUnbilled(t *testing.T) (b *booksPanel, included, free store.Organization) {
	t.Helper()
	b = emptyBooks(t)
	included, agreement := b.Mapped("Included", 5, store.Business)
	other := b.Company("Free")
	unbilled := b.Sim.AddAgreement(cwsim.Agreement{CompanyID: other.CompanyID, Name: "Free services", BillProducts: "DoNotBill"})
	b.ImportAll()
	free = b.Organization("Free", 5, store.Business)
	b.Must(b.Mapping.Map(t.Context(), billingtest.Admin(), other.CompanyID, unbilled.ID, free.ID))
	products, err := b.World.Store.ProductMappings(t.Context())
	b.Must(err)
	for id, less := range map[int]int64{agreement.ID: 4, unbilled.ID: 0} {
		b.Sim.AddAddition(cwsim.Addition{
			AgreementID: id, ProductID: products[store.Business].ProductID, Quantity: decimal.NewFromInt(5), LessIncluded: decimal.NewFromInt(less),
			UnitPrice: decimal.RequireFromString("4.99"), BillCustomer: "Billable",
		})
	}
	b.SetTime("2026-11-01 00:30:00")
	b.Must(b.Runs.RunDue(t.Context()))
	b.SetTime("2026-11-03 10:00:00")
	for id, n := range map[int64]int{included.ID: 3, free.ID: 9} {
		b.Must(b.World.Store.SaveUsageReport(t.Context(), store.UsageReport{
			OrganizationID: id, Month: "2026-10", Seats: n, Plan: store.Business, Source: string(seats.SourceCSV), ReportedAt: moment.At("2026-11-02 10:00:00"),
		}))
	}
	return b, included, free
}

// TestCase_I40_TheBooksAreOfWhatIsBilled: a month's differences in money are what its invoices would change, wherever they stand: 5 → 3 on a
// line that includes 4 is 4.99 less, not 9.98, and 5 → 9 where nothing is billed is nothing, and is said to be.
func TestCase_I40_TheBooksAreOfWhatIsBilled(t *testing.T) {
	t.Parallel()
	b, included, free := newUnbilled(t)
	admin := b.as(store.Admin)
	page := admin.get("/months/2026-10", http.StatusOK)
	wantCells(t, page, "Included", map[string]string{"Due": "3", "Written": "5", "Difference": "−2 −4.99 USD", "Why": "4 seats of the line are included and not billed."})
	wantCells(t, page, "Free", map[string]string{"Due": "9", "Written": "5", "Difference": "+4 not billed", "Why": "ConnectWise does not bill products on this agreement."})
	has(t, page, "[data-testid=group-open]", "Open 2 +2 seats, −4.99 USD, 1 not billed in ConnectWise")
	strip := pieces(page.Find("[data-testid=month-strip] dt, [data-testid=month-strip] dd"))
	for _, want := range []string{"+4 seats in 1 row, not billed in ConnectWise", "−4.99 USD −2 seats in 1 row"} {
		if !strings.Contains(strip, want) {
			t.Errorf("the strip lacks %q: %s", want, strip)
		}
	}
	has(t, admin.get("/months", http.StatusOK), "[data-month='2026-10']", "2 rows, +2 seats")
	has(t, admin.get("/months", http.StatusOK), "[data-month='2026-10']", "−4.99 USD, 1 not billed in ConnectWise")
	has(t, admin.get("/", http.StatusOK), "main", "October 2026: 2 differences open, +4 seats (1 row that ConnectWise does not bill); −2 seats (−4.99 USD)")
	if row := b.record(admin, views.MonthCSVPath("2026-10"), "Included"); row["Open (money)"] != "-4.99" || row["Included (line)"] != "4" || row["Not billed"] != "" {
		t.Errorf("the download says %v", row)
	}
	if row := b.record(admin, views.MonthCSVPath("2026-10"), "Free"); row["Open (money)"] != "0.00" || row["Not billed"] != "products" {
		t.Errorf("the download says %v", row)
	}
	b.scripts(included, free)

	dialog, sent := b.settle(admin, "by_hand", "", key(included, store.Business), key(free, store.Business))
	has(t, dialog, "[data-testid=settle-sum]", "+2 seats, −4.99 USD, 1 not billed in ConnectWise")
	admin.post("/months/2026-10/settle", sent, http.StatusSeeOther)
	admin.post("/months/2026-10/close", nil, http.StatusSeeOther)
	statement := admin.follow()
	has(t, statement, "[data-testid=differences]", "Included, Business: due 3, billed 5, −2 seats, −4.99 USD.")
	has(t, statement, "[data-testid=differences]", "Free, Business: due 9, billed 5, +4 seats, not billed.")
	has(t, statement, "[data-testid=statement-sums]", "0.00 USD, 1 not billed in ConnectWise")
	if row := b.record(admin, views.StatementCSVPath("2026-10"), "Included"); row["Due (money)"] != "0.00" || row["Difference (money)"] != "-4.99" {
		t.Errorf("the statement's download says %v", row)
	}
}

// scripts holds what the HTTP API says of the month.
func (b *booksPanel) scripts(included, free store.Organization) {
	t := b.panel.t
	t.Helper()
	read := func(path string, into any) {
		t.Helper()
		text, err := json.Marshal(b.script(api.ReadUsage).call("GET", path, "", http.StatusOK))
		b.Must(err)
		b.Must(json.Unmarshal(text, into))
	}
	var month months.MonthBook
	read("/months/2026-10", &month)
	for _, line := range month.Organizations {
		want, not := map[int64]string{included.ID: "-4.99", free.ID: "0.00"}[line.ID], line.NotBilled != nil && *line.NotBilled == store.AboutProducts
		if line.Money == nil || *line.Money != want || line.UnitPrice == nil || *line.UnitPrice != "4.99" || line.Currency != "USD" || not != (line.ID == free.ID) {
			t.Errorf("the API says of %s: %+v", line.Organization, line)
		}
	}
	var list struct{ Months []months.MonthSummary }
	read("/months", &list)
	m := list.Months[1]
	if len(m.Money) != 1 || m.Money[0] != (months.OpenMoney{Currency: "USD", More: "0.00", Less: "-4.99"}) || *m.Unbilled != 1 || *m.Unpriced != 0 {
		t.Errorf("the API says of %s: %+v", m.Month, m)
	}
}

// record is the row of a download that is about an organization, by its header.
func (b *booksPanel) record(admin *browser, path, organization string) map[string]string {
	rows := admin.csv(path)
	for _, row := range rows[1:] {
		record := map[string]string{}
		for i, name := range rows[0] {
			record[name] = row[i]
		}
		if record["Organization"] == organization {
			return record
		}
	}
	b.panel.t.Errorf("%s says nothing of %s", path, organization)
	return nil
}

// TestCase_I40_FindingsAreOfWhatIsBilled: a line that nobody feeds any more bills what is left of its quantity, or nothing.
func TestCase_I40_FindingsAreOfWhatIsBilled(t *testing.T) {
	t.Parallel()
	b, included, free := newUnbilled(t)
	for _, o := range []store.Organization{included, free} {
		b.Set(func(s *store.Settings) { s.Holds = store.Holds{} })
		b.Must(b.World.Store.SaveUsageReport(t.Context(), store.UsageReport{
			OrganizationID: o.ID, Month: "2026-11", Seats: 6, Plan: store.Business, Source: string(seats.SourceCSV), ReportedAt: b.World.Time(),
		}))
	}
	b.Sync() // which writes 6, so that the lines are ours
	for _, o := range []store.Organization{included, free} {
		b.Must(b.Mapping.Unmap(t.Context(), billingtest.Admin(), o.ID, false))
	}
	page := b.as(store.Admin).get(views.FindingsPath, http.StatusOK)
	for company, want := range map[string]string{"Included": "9.98 USD", "Free": "Not billed in ConnectWise"} {
		row := page.Find("tr:contains('" + company + "')")
		if got := words(row.Find("[data-testid=money]")); got != want {
			t.Errorf("what %s’s line bills is %q, want %q: %s", company, got, want, words(row))
		}
	}
}
