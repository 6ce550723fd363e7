package cwsim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
)

const invoicesList = "/finance/invoices"

// office is a world whose API member may read invoices. Its agreement was invoiced to the end of October.
func office(t *testing.T) (*instance, cwsim.Finance, cwsim.Agreement) {
	t.Helper()
	s, a := world(t, cwsim.Assumptions{})
	s.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	s.InvoiceThrough(a.ID, date(2026, 10, 31))
	return s, cwsim.FinanceOf(s.Sim), s.Agreement(a.ID)
}

// seats adds a line of so many seats at 2.50.
func seats(s *instance, agreement int, quantity int64, change ...func(*cwsim.Addition)) cwsim.Addition {
	line := cwsim.Addition{AgreementID: agreement, ProductID: 101, Quantity: decimal.NewFromInt(quantity), UnitPrice: decimal.New(250, -2)}
	for _, c := range change {
		c(&line)
	}
	return s.AddAddition(line)
}

func nextInvoiceDate(s *instance, agreement int) string {
	text, _ := get[record](s, fmt.Sprintf("/finance/agreements/%d", agreement))["nextInvoiceDate"].(string)
	return strings.TrimSuffix(text, "T00:00:00Z")
}

// billed writes invoices as "2026-11-01..2026-11-30 of 2026-11-01: 31=5 32=3", the lines by agreement.
func billed(invoices []cwsim.Invoice) []string {
	var out []string
	for _, i := range invoices {
		text := fmt.Sprintf("%s..%s of %s:", i.First.Format(time.DateOnly), i.Last.Format(time.DateOnly), i.Date.Format(time.DateOnly))
		for _, l := range i.Lines {
			text += fmt.Sprintf(" %d=%s", l.AgreementID, l.Billed)
		}
		out = append(out, text)
	}
	return out
}

func expectBilled(t *testing.T, got []cwsim.Invoice, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, billed(got)); diff != "" {
		t.Error(diff)
	}
}

func TestAgreementInvoicing(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	line := seats(s, a.ID, 5, func(l *cwsim.Addition) { l.LessIncluded = decimal.NewFromInt(1) })
	seats(s, a.ID, 9, func(l *cwsim.Addition) { l.BillCustomer = "DoNotBill" })
	seats(s, a.ID, 7, func(l *cwsim.Addition) { l.Cancelled = date(2026, 10, 31) })
	seats(s, a.ID, 2, func(l *cwsim.Addition) { l.Effective = date(2026, 11, 30) })

	made := finance.Invoice(date(2026, 11, 30), time.Time{})
	expectBilled(t, made, "2026-11-01..2026-11-30 of 2026-11-01: 31=4 31=2")
	if l := made[0].Lines[0]; l.AdditionID != line.ID || l.ProductID != 101 || l.Quantity.String() != "5" || !made[0].Amount.Equal(decimal.NewFromInt(15)) {
		t.Errorf("the invoice comes to %s with the line %+v", made[0].Amount, l)
	}
	if next := nextInvoiceDate(s, a.ID); next != "2026-12-01" {
		t.Errorf("the next invoice date is %s", next)
	}
	expectBilled(t, finance.Invoice(date(2026, 11, 30), time.Time{}))

	s.SetQuantity(a.ID, line.ID, "8", "jdoe")
	expectBilled(t, finance.Invoices(), "2026-11-01..2026-11-30 of 2026-11-01: 31=4 31=2")
	expectBilled(t, finance.Invoice(date(2027, 1, 1), date(2026, 12, 15), a.ID),
		"2026-12-01..2026-12-31 of 2026-12-15: 31=7 31=2", "2027-01-01..2027-01-31 of 2026-12-15: 31=7 31=2")
}

func TestBillingPeriods(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cycle    string
		billing  time.Time // starts
		invoiced time.Time
		through  time.Time
		want     string // the first days of the periods, and the next invoice date
	}{
		"monthly":               {"", date(2025, 1, 1), date(2026, 10, 31), date(2027, 1, 31), "2026-11-01 2026-12-01 2027-01-01 2027-02-01"},
		"on the 5th":            {"", date(2025, 1, 5), date(2026, 11, 4), date(2027, 1, 4), "2026-11-05 2026-12-05 2027-01-05"},
		"on the 31st":           {"", date(2025, 1, 31), date(2026, 12, 30), date(2027, 4, 1), "2026-12-31 2027-01-31 2027-02-28 2027-03-31 2027-04-30"},
		"quarterly":             {"Quarterly", date(2025, 1, 1), date(2026, 9, 30), date(2027, 1, 1), "2026-10-01 2027-01-01 2027-04-01"},
		"annual":                {"Annual", date(2025, 3, 1), date(2026, 2, 28), date(2027, 2, 28), "2026-03-01 2027-03-01"},
		"weekly":                {"Weekly", date(2025, 1, 1), date(2026, 11, 1), date(2026, 11, 10), "2026-11-02 2026-11-09 2026-11-16"},
		"nothing to invoice":    {"", date(2025, 1, 1), date(2026, 11, 30), date(2026, 11, 30), "2026-12-01"},
		"one more than two":     {"", date(2025, 1, 1), date(2026, 10, 31), date(2026, 11, 1), "2026-11-01 2026-12-01"},
		"never invoiced before": {"", date(2025, 1, 1), time.Time{}, date(2026, 11, 12), "2026-11-01 2026-12-01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, finance, a := office(t)
			s.UpdateAgreement(a.ID, func(a *cwsim.Agreement) {
				a.BillingCycle, a.BillStart, a.InvoicedThrough = test.cycle, test.billing, test.invoiced
			})
			var firsts []string
			for _, i := range finance.Invoice(test.through, time.Time{}) {
				firsts = append(firsts, i.First.Format(time.DateOnly))
			}
			if got := strings.Join(append(firsts, nextInvoiceDate(s, a.ID)), " "); got != test.want {
				t.Errorf("invoiced %s, want %s", got, test.want)
			}
		})
	}
}

func TestAgreementsThatAreNotInvoiced(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cwsim.Agreement){
		"cancelled":      func(a *cwsim.Agreement) { a.Cancelled, a.CancelledOn = true, date(2026, 10, 20) },
		"expired":        func(a *cwsim.Agreement) { a.End = date(2026, 11, 1) },
		"not started":    func(a *cwsim.Agreement) { a.Start = date(2026, 11, 13) },
		"does not bill":  func(a *cwsim.Agreement) { a.BillProducts = "DoNotBill" },
		"ends before it": func(a *cwsim.Agreement) { a.End, a.InvoicedThrough = date(2026, 11, 30), date(2026, 11, 30) },
		"cancelled ahead": func(a *cwsim.Agreement) {
			a.Cancelled, a.CancelledOn, a.InvoicedThrough = true, date(2026, 11, 20), date(2026, 11, 30)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, finance, a := office(t)
			s.UpdateAgreement(a.ID, change)
			before := nextInvoiceDate(s, a.ID)
			expectBilled(t, finance.Invoice(date(2026, 12, 31), time.Time{}))
			if after := nextInvoiceDate(s, a.ID); after != before {
				t.Errorf("the next invoice date moved from %s to %s", before, after)
			}
		})
	}
}

func TestChildrenGoOnTheirParentsInvoice(t *testing.T) {
	t.Parallel()
	s, finance, parent := office(t)
	child := s.AddAgreement(cwsim.Agreement{CompanyID: parent.CompanyID, ParentID: parent.ID, Start: date(2025, 1, 1), InvoicedThrough: date(2026, 10, 31)})
	ended := s.AddAgreement(cwsim.Agreement{CompanyID: parent.CompanyID, ParentID: parent.ID, Start: date(2025, 1, 1), End: date(2026, 10, 31)})
	seats(s, child.ID, 3)
	seats(s, ended.ID, 30)
	seats(s, parent.ID, 5)

	made := finance.Invoice(date(2026, 11, 1), time.Time{}, child.ID)
	expectBilled(t, made, fmt.Sprintf("2026-11-01..2026-11-30 of 2026-11-01: %d=5 %d=3", parent.ID, child.ID))
	if made[0].AgreementID != parent.ID || nextInvoiceDate(s, child.ID) != "2026-12-01" || nextInvoiceDate(s, parent.ID) != "2026-12-01" {
		t.Errorf("the invoice is agreement %d's, next: parent %s, child %s", made[0].AgreementID, nextInvoiceDate(s, parent.ID), nextInvoiceDate(s, child.ID))
	}
	finance.DeleteInvoice(made[0].ID)
	if nextInvoiceDate(s, child.ID) != "2026-11-01" || nextInvoiceDate(s, parent.ID) != "2026-11-01" {
		t.Errorf("after deleting, next: parent %s, child %s", nextInvoiceDate(s, parent.ID), nextInvoiceDate(s, child.ID))
	}
	s.UpdateAgreement(child.ID, func(a *cwsim.Agreement) { a.InvoicedThrough = date(2026, 11, 30) })
	expectBilled(t, finance.Invoice(date(2026, 11, 1), time.Time{}), fmt.Sprintf("2026-11-01..2026-11-30 of 2026-11-01: %d=5", parent.ID))
}

func TestDeletedInvoiceIsOutstandingAgain(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	line := seats(s, a.ID, 5)
	made := finance.Invoice(date(2026, 12, 1), time.Time{})
	path := fmt.Sprint(invoicesList, "/", made[0].ID)
	get[record](s, path)
	finance.DeleteInvoice(made[0].ID)
	s.call("GET", path, nil).expect(t, 404, "NotFound")
	if next := nextInvoiceDate(s, a.ID); next != "2026-11-01" {
		t.Errorf("the next invoice date is %s", next)
	}

	s.SetQuantity(a.ID, line.ID, "6", "jdoe")
	again := finance.Invoice(date(2026, 12, 1), time.Time{})
	expectBilled(t, again, "2026-11-01..2026-11-30 of 2026-11-01: 31=6")
	expectBilled(t, finance.Invoices(), "2026-12-01..2026-12-31 of 2026-12-01: 31=5", "2026-11-01..2026-11-30 of 2026-11-01: 31=6")
	if next := nextInvoiceDate(s, a.ID); next != "2027-01-01" || again[0].ID <= made[1].ID || again[0].Number <= made[1].Number {
		t.Errorf("next %s, invoice %d %s after %d %s", next, again[0].ID, again[0].Number, made[1].ID, made[1].Number)
	}
	finance.DeleteInvoice(again[0].ID)
	if last := finance.Invoice(date(2026, 11, 1), time.Time{}); last[0].ID <= again[0].ID || last[0].Number <= again[0].Number {
		t.Errorf("the number %s of a deleted invoice is used again: %s", again[0].Number, last[0].Number)
	}
}

func TestSeveralDeletedInvoices(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	made := finance.Invoice(date(2027, 3, 1), time.Time{})
	finance.DeleteInvoice(made[0].ID)
	finance.DeleteInvoice(made[2].ID)
	if next := nextInvoiceDate(s, a.ID); next != "2026-11-01" {
		t.Errorf("the next invoice date is %s", next)
	}
	var next []string
	for range 3 {
		next = append(next, nextInvoiceDate(s, a.ID))
		through, _ := time.Parse(time.DateOnly, nextInvoiceDate(s, a.ID))
		if made := finance.Invoice(through, time.Time{}); len(made) != 1 {
			t.Errorf("invoiced %q", billed(made))
		}
	}
	if got := strings.Join(next, " "); got != "2026-11-01 2027-01-01 2027-04-01" {
		t.Errorf("outstanding were %s", got)
	}
}

func TestWrittenOffPeriod(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	seats(s, a.ID, 5)
	finance.WriteOff(a.ID)
	if next := nextInvoiceDate(s, a.ID); next != "2026-12-01" || len(finance.Invoices()) != 0 {
		t.Errorf("next %s, %d invoices", next, len(finance.Invoices()))
	}
	expectBilled(t, finance.Invoice(date(2026, 12, 1), time.Time{}), "2026-12-01..2026-12-31 of 2026-12-01: 31=5")
}

func TestNewCycleAfterADeletedInvoice(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	made := finance.Invoice(date(2027, 1, 1), time.Time{})
	s.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillingCycle = "Quarterly" })
	finance.DeleteInvoice(made[1].ID)
	expectBilled(t, finance.Invoice(date(2027, 2, 1), time.Time{}),
		"2026-12-01..2026-12-31 of 2026-12-01:", "2027-02-01..2027-04-30 of 2027-02-01:")
}

func TestOneTimeLineBillsOnce(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	seats(s, a.ID, 1, func(l *cwsim.Addition) { l.Effective, l.Cancelled = date(2026, 12, 10), date(2026, 12, 10) })
	expectBilled(t, finance.Invoice(date(2027, 1, 1), time.Time{}),
		"2026-11-01..2026-11-30 of 2026-11-01:", "2026-12-01..2026-12-31 of 2026-12-01: 31=1", "2027-01-01..2027-01-31 of 2027-01-01:")
}

func TestProratedLineHasAnInvoiceOfItsOwn(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	s.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.Prorate = true })
	finance.Invoice(date(2026, 11, 1), time.Time{})
	line := seats(s, a.ID, 4, func(l *cwsim.Addition) { l.Effective = date(2026, 11, 16) })
	own := finance.InvoiceProrated(a.ID, line.ID)
	if own.Amount.String() != "5" || own.Type != cwsim.InvoiceOfAgreement || own.AgreementID != a.ID || !own.Date.Equal(date(2026, 11, 12)) {
		t.Errorf("the invoice of its own is %+v", own)
	}
	if next := nextInvoiceDate(s, a.ID); next != "2026-12-01" {
		t.Errorf("the next invoice date is %s", next)
	}
	finance.DeleteInvoice(own.ID)
	if next := nextInvoiceDate(s, a.ID); next != "2026-12-01" {
		t.Errorf("the next invoice date moved to %s with an invoice of no period", next)
	}
}

func TestInvoicesByTheAPI(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	seats(s, a.ID, 5)
	invoice := finance.Invoice(date(2026, 11, 1), time.Time{})[0]
	finance.Miscellaneous(a.ID, decimal.New(499, -2))
	finance.CreditMemo(a.ID, decimal.New(-499, -2))

	shown := get[record](s, fmt.Sprint(invoicesList, "/", invoice.ID))
	for field, want := range map[string]any{
		"invoiceNumber": invoice.Number, "type": "Agreement", "applyToType": "Agreement", "applyToId": float64(a.ID),
		"date": "2026-11-01T00:00:00Z", "dueDate": "2026-12-01T00:00:00Z", "total": 12.5, "agreementAmount": 12.5,
	} {
		if shown[field] != want {
			t.Errorf("%s is %v, want %v", field, shown[field], want)
		}
	}
	info := shown["_info"].(record)
	if info["dateEntered"] != "2026-11-12T15:30:00Z" || info["enteredBy"] != "jdoe" || shown["lines"] != nil {
		t.Errorf("entered %v by %v, lines %v", info["dateEntered"], info["enteredBy"], shown["lines"])
	}
	var kinds []string
	for _, r := range get[[]record](s, invoicesList, "conditions", "date >= [2026-11-12]", "fields", "id,type,applyToType,agreement/id") {
		kinds = append(kinds, fmt.Sprint(r["type"], " ", r["applyToType"], " ", r["agreement"].(record)["id"]))
	}
	if want := []string{"Miscellaneous Agreement 31", "CreditMemo All 31"}; !slices.Equal(kinds, want) {
		t.Errorf("the other invoices are %q, want %q", kinds, want)
	}
	statuses := get[[]record](s, "/finance/billingStatuses")
	if shown["status"].(record)["name"] != statuses[0]["name"] || statuses[2]["closedFlag"] != true {
		t.Errorf("status %v among %v", shown["status"], statuses)
	}
	history := get[[]record](s, "/system/audittrail", "type", "Invoice", "id", fmt.Sprint(invoice.ID))
	if len(history) != 1 || history[0]["auditSubType"] != "Create" {
		t.Errorf("the audit trail has %v", history)
	}
}

func TestInvoiceFieldsThatAreAnsweredByNothing(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	finance.Invoice(date(2026, 11, 1), time.Time{}, a.ID)
	for fields, want := range map[string]int{"id,type,date": 0, "date, id,type": 0, "id,status,date": 1, "id,type,date,total": 1, "": 1} {
		if got := len(get[[]record](s, invoicesList, "fields", fields)); got != want {
			t.Errorf("fields %q answer %d rows, want %d", fields, got, want)
		}
	}
	if count := get[record](s, invoicesList+"/count")["count"]; count != 1.0 {
		t.Errorf("%v are counted", count)
	}
}

func TestInvoicesNeedTheirRight(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	made := finance.Invoice(date(2026, 12, 1), time.Time{}, a.ID)
	s.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.My)
	if got := len(get[[]record](s, invoicesList)); got != 1 { // a third of the ids stands in for "My"
		t.Errorf("the level My shows %d invoices", got)
	}
	s.Revoke(cwsim.Invoicing, cwsim.Inquire)
	for _, path := range []string{invoicesList, invoicesList + "/count", fmt.Sprint(invoicesList, "/", made[0].ID)} {
		s.call("GET", path, nil).expect(t, 403, "You do not have security permission")
	}
	for _, path := range []string{invoicesList + "/statuses", invoicesList + "/types"} {
		s.call("GET", path, nil).expect(t, 404, "The endpoint does not exist.")
	}
}

func TestInvoicesAreNotMadeByTheAPI(t *testing.T) {
	t.Parallel()
	s, finance, a := office(t)
	body := record{"type": "Agreement", "applyToType": "Agreement", "applyToId": a.ID}
	s.call("POST", invoicesList, body).expect(t, 403, "You do not have security permission")
	s.Grant(cwsim.Invoicing, cwsim.Add, cwsim.All)
	s.call("POST", invoicesList, body).expect(t, 400, "Cannot create agreement invoices through the Invoicing API")
	s.call("POST", invoicesList, record{"type": "Standard"}).expect(t, 400, "invoice object is invalid")
	made := finance.Invoice(date(2026, 11, 1), time.Time{})[0]
	s.call("DELETE", fmt.Sprint(invoicesList, "/", made.ID), nil).expect(t, 405, "")
	if got := len(s.Violations()); got != 3 || len(finance.Invoices()) != 1 {
		t.Errorf("violations %q, %d invoices", s.Violations(), len(finance.Invoices()))
	}
}
