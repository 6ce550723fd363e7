//go:build e2e

package e2e

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"seatbridge/billing/accounts"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"
	"seatbridge/billing/problem"
	"seatbridge/command/commandtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/handlers"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

const mira = "mira@fernhollow.example"

// year is an MSP from February to October 2026: what was written, invoiced, settled and closed happened, nothing of it is made up.
type year struct {
	*billingtest.World
	mira          problem.Actor
	organizations map[string]store.Organization
	agreements    map[string]cwsim.Agreement
	onTheFifth    []int // agreements, by id
	onTheFirst    []int
}

// customer is an organization as the year begins, and how many members join it in the middle of each month that follows.
type customer struct {
	name         string
	plan         store.Plan
	seats, grows int
	fifth        bool // its agreement is invoiced on the 5th, not on the 1st
}

var customers = []customer{
	{"Tidemoor Energy", store.Enterprise, 32, 1, true},
	{"Copperlane Freight", store.Business, 18, 1, false},
	{"Ashgrove Hill Catering", store.Business, 12, 0, false},
	{"Pennant Ridge Timber", store.Business, 11, 0, true},
	{"Dunmere Legal", store.Enterprise, 17, 0, false},
	{"Harrowgate Dental", store.Business, 30, 1, false},
	{"Quillmere Architects", store.Enterprise, 22, 0, true},
	{"Sandreed Logistics", store.Business, 46, 2, false},
	{"Thornby Veterinary", store.Business, 19, 0, true},
}

func newYear(t *testing.T) *year {
	t.Helper()
	y := &year{World: billingtest.Empty(t), organizations: map[string]store.Organization{}, agreements: map[string]cwsim.Agreement{}}
	y.SetTime("2026-02-09 10:00:00")
	y.Sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	y.Connect()
	y.MapProducts()
	y.Set(func(s *store.Settings) { s.MSPName = "Fernhollow IT" })
	y.addMira()
	for _, c := range customers {
		y.begin(c)
	}
	return y
}

func (y *year) addMira() {
	hash, err := accounts.HashPassword(commandtest.OwnerPassword)
	y.Must(err)
	user, err := y.Store.CreateUser(y.T.Context(), store.User{Name: "Mira Vale", Email: mira, Role: store.Admin, Status: store.Active, CreatedAt: y.Time()})
	y.Must(err)
	y.Must(y.Store.SetPassword(y.T.Context(), user.ID, hash))
	y.mira = problem.Actor{UserID: user.ID, Name: mira, IP: "192.0.2.1"}
}

func (y *year) begin(c customer) {
	y.organizations[c.name], y.agreements[c.name] = y.Mapped(c.name, c.seats, c.plan)
	id := y.agreements[c.name].ID
	if c.fifth {
		y.Sim.InvoiceThrough(id, moment.At("2026-03-04"))
		y.onTheFifth = append(y.onTheFifth, id)
	} else {
		y.Sim.InvoiceThrough(id, moment.At("2026-02-28"))
		y.onTheFirst = append(y.onTheFirst, id)
	}
}

// live goes from February to the morning of 4 November 2026.
func (y *year) live() {
	y.Must(y.Books.ReadInvoices(y.T.Context()))
	for month := time.February; month < time.October; month++ {
		y.grow(month)
		y.end(month)
	}
	y.grow(time.October)
	y.october()
}

// on is a moment of 2026.
func on(month time.Month, day int, clock string) string {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) + " " + clock
}

// grow has members join in the middle of a month. The first one is lived as it was found.
func (y *year) grow(month time.Month) {
	y.SetTime(on(month, 20, "12:00:00"))
	for _, c := range customers {
		if month > time.February {
			y.join(c.name, c.grows, on(month, 14, "09:00:00"))
		}
	}
}

func (y *year) join(name string, members int, at string) {
	for range members {
		y.JoinAt(y.organizations[name], at)
	}
}

// end has a month written, invoiced and closed. Seatbridge did not run when June was to be written: it was missed, and is closed with
// July, which took its place.
func (y *year) end(month time.Month) {
	if month != time.June {
		y.write(on(month+1, 1, "00:30:00"))
	}
	y.invoice(on(month+1, 1, "09:00:00"), y.onTheFirst)
	y.invoice(on(month+1, 5, "09:00:00"), y.onTheFifth)
	y.SetTime(on(month+1, 6, "10:00:00"))
	if month == time.July {
		y.close("2026-06")
	}
	if month != time.June {
		y.close(store.MonthOf(moment.At(on(month, 1, "00:00:00"))))
	}
}

// close bills by hand what is open of a month, and closes it.
func (y *year) close(month store.Month) {
	y.settleOpen(month, "On a miscellaneous invoice")
	_, err := y.Books.Close(y.T.Context(), y.mira, month)
	y.Must(err)
}

// write runs the monthly job at its time.
func (y *year) write(at string) {
	y.SetTime(at)
	y.Must(y.Runs.RunDue(y.T.Context()))
}

// invoice has a person invoice agreements, and Seatbridge read that ten minutes later.
func (y *year) invoice(at string, agreements []int) {
	y.SetTime(at)
	cwsim.FinanceOf(y.Sim).Invoice(y.Time(), time.Time{}, agreements...)
	y.Clock.Add(int64(10 * time.Minute))
	y.Must(y.Books.ReadInvoices(y.T.Context()))
}

// settleOpen bills by hand what is open of a month.
func (y *year) settleOpen(month store.Month, note string, organizations ...int64) {
	y.Must(y.Books.UpToDate(y.T.Context()))
	rows, _, err := y.Books.Rows(y.T.Context(), store.MonthRowFilter{
		Month: month, States: []store.RowState{store.RowOpen}, Organizations: organizations, Limit: 100,
	})
	y.Must(err)
	if len(rows) == 0 {
		return
	}
	by := books.Settling{Month: month, How: store.ByHand, Note: note}
	for _, r := range rows {
		by.Rows = append(by.Rows, store.RowKey{OrganizationID: r.OrganizationID, Plan: r.Plan})
	}
	_, err = y.Books.Settle(y.T.Context(), y.mira, by)
	y.Must(err)
}

// october is invoiced too early for one customer, held for another, edited by hand, and known better afterwards; one organization is
// mapped late, one not at all.
func (y *year) october() {
	y.join("Tidemoor Energy", 24, on(time.October, 14, "09:00:00"))
	y.join("Copperlane Freight", 5, on(time.October, 14, "09:00:00"))
	y.Organization("Umberfield Press", 5, store.Business)
	late := y.Organization("Rowanfold Hospice", 9, store.Business)
	y.invoice(on(time.November, 1, "00:10:00"), []int{y.agreements["Copperlane Freight"].ID})
	y.write(on(time.November, 1, "00:30:00"))
	y.invoice(on(time.November, 1, "09:00:00"), y.onTheFirst)
	y.SetTime(on(time.November, 2, "11:00:00"))
	y.join("Dunmere Legal", 1, on(time.October, 29, "09:00:00"))
	y.settleOpen("2026-10", "On invoice 20430", y.organizations["Dunmere Legal"].ID)
	timber := y.agreements["Pennant Ridge Timber"].ID
	y.Sim.SetQuantity(timber, y.Sim.Additions(timber)[0].ID, "13", "rdale")
	y.SetTime(on(time.November, 3, "10:00:00"))
	y.join("Ashgrove Hill Catering", 2, on(time.October, 20, "09:00:00"))
	y.Must(y.Books.UpToDate(y.T.Context()))
	hospice := y.Company(late.Name)
	y.Sim.InvoiceThrough(hospice.ID, moment.At("2026-11-04"))
	y.ImportAll()
	y.Must(y.Mapping.Map(y.T.Context(), y.mira, hospice.CompanyID, hospice.ID, late.ID))
	y.SetTime(on(time.November, 4, "09:02:00"))
	_, err := y.Runs.Run(y.T.Context(), y.mira, y.Runs.SyncNow(true))
	y.Must(err)
	y.Must(y.Books.ReadInvoices(y.T.Context()))
	y.Must(y.Books.UpToDate(y.T.Context()))
	y.SetTime(on(time.November, 4, "09:14:00"))
}

// serve serves the panel and returns its address.
func (y *year) serve() string {
	handler, err := handlers.New(handlers.Config{
		Store: y.Store, Billing: y.Billing, Log: slog.New(slog.DiscardHandler), Now: y.Time,
		SessionKeys: [][]byte{[]byte("0123456789abcdef0123456789abcdef")}, Version: "test",
	})
	y.Must(err)
	server := httptest.NewServer(handler)
	y.T.Cleanup(server.Close)
	return server.URL
}

// signedIn serves the panel and signs in there with a browser, in a window of the usual size.
func (y *year) signedIn() *journey {
	y.T.Helper()
	panel := y.serve()
	j := &journey{browser: newBrowser(y.T), panel: panel, printed: map[string]string{
		"Open": panel, "Sign in with": mira, "Password": commandtest.OwnerPassword,
	}}
	j.do("setting the window's size", chromedp.EmulateViewport(1440, 900))
	j.signIn()
	return j
}
