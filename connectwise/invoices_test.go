package connectwise_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/connectwise/cwsim"
)

// november is a day in the middle of the month whose invoices most tests read.
var november = time.Date(2026, time.November, 12, 15, 30, 0, 0, time.UTC)

func of2026(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

// invoicing is an instance whose API member may read invoices, with so many agreements that were invoiced to the end of
// September.
func invoicing(t *testing.T, agreements int, a cwsim.Assumptions) (simulated, cwsim.Finance) {
	t.Helper()
	s := simulate(t, cwsim.Config{Companies: -1, Assumptions: a, Now: func() time.Time { return november }})
	s.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	company := s.AddCompany(cwsim.Company{Name: "Harbour Dental"})
	for range agreements {
		s.AddAgreement(cwsim.Agreement{CompanyID: company.ID, InvoicedThrough: of2026(time.September, 30), Currency: "EUR"})
	}
	return s, cwsim.FinanceOf(s.Sim)
}

// ofNovember is the filter of that month's first to last day.
var ofNovember = connectwise.InvoiceFilter{
	From: connectwise.DateOf(of2026(time.November, 1)), Until: connectwise.DateOf(of2026(time.November, 30)),
}

func (s simulated) invoices(t *testing.T, filter connectwise.InvoiceFilter) []connectwise.Invoice {
	t.Helper()
	return collect(t, connectwise.FinanceOf(s.Client).Invoices(s.ctx, filter))
}

// TestInvoicesOfAMonthTakeFewRequests: 5,000 agreements and as many invoices are a count and six pages, also of a month that
// is past, with others around it.
func TestInvoicesOfAMonthTakeFewRequests(t *testing.T) {
	t.Parallel()
	s, finance := invoicing(t, 5000, cwsim.Assumptions{})
	if made := finance.Invoice(of2026(time.December, 1), time.Time{}); len(made) != 15_000 {
		t.Fatalf("%d invoices were made", len(made))
	}
	s.ResetRequests()
	read := s.invoices(t, ofNovember)
	agreements := map[int]bool{}
	for _, i := range read {
		if !i.OfPeriod() || i.Date.String() != "2026-11-01" {
			t.Fatalf("%+v", i)
		}
		agreements[i.AgreementID] = true
	}
	requests := len(s.Requests())
	if len(read) != 5000 || len(agreements) != 5000 || requests > 8 {
		t.Errorf("%d invoices of %d agreements in %d requests", len(read), len(agreements), requests)
	}
	s.ResetRequests()
	ids := slices.Sorted(maps.Keys(agreements))
	if n := len(collect(t, s.Client.Agreements(s.ctx, connectwise.AgreementFilter{IDs: ids[1:]}))); n != 4999 || len(s.Requests()) > 8 {
		t.Errorf("%d agreements in %d requests", n, len(s.Requests()))
	}
}

// TestInvoicesOfAgreements reads every type by its invoice date, both days included.
func TestInvoicesOfAgreements(t *testing.T) {
	t.Parallel()
	s, finance := invoicing(t, 1, cwsim.Assumptions{})
	agreement := s.Sim.Agreements(0)[0]
	s.AddAddition(cwsim.Addition{
		AgreementID: agreement.ID, ProductID: s.Catalog()[0].ID, Quantity: decimal.NewFromInt(5), UnitPrice: decimal.New(499, -2),
	})
	october := finance.Invoice(of2026(time.October, 1), of2026(time.October, 31))[0]
	first := finance.Invoice(of2026(time.November, 1), of2026(time.November, 1))[0]
	last := finance.Invoice(of2026(time.December, 1), of2026(time.November, 30))[0]
	finance.Miscellaneous(agreement.ID, decimal.New(1250, -2))
	finance.CreditMemo(agreement.ID, decimal.New(-499, -2))

	var got []string
	for _, i := range s.invoices(t, ofNovember) {
		got = append(got, fmt.Sprint(i.Number, " ", i.Type, " ", i.OfPeriod(), " ", i.AgreementID == agreement.ID, " ", i.Date, " ", i.Total.Decimal))
	}
	want := []string{
		first.Number + " Agreement true true 2026-11-01 24.95", last.Number + " Agreement true true 2026-11-30 24.95",
		"41004 Miscellaneous false true 2026-11-12 12.5", "41005 CreditMemo false true 2026-11-12 -4.99",
	}
	if !slices.Equal(got, want) {
		t.Errorf("read %q\nwant %q", got, want)
	}

	one, err := connectwise.FinanceOf(s.Client).Invoice(s.ctx, october.ID)
	if err != nil || one.Number != october.Number || one.Status.Name != "New" || one.Company.Name != "Harbour Dental" || one.Currency != "EUR" ||
		!one.EnteredAt.Equal(november) || one.ApplyToType != "Agreement" || one.ApplyToID != agreement.ID {
		t.Errorf("%+v, %v", one, err)
	}
	finance.DeleteInvoice(october.ID)
	if _, err := connectwise.FinanceOf(s.Client).Invoice(s.ctx, october.ID); !errors.Is(err, connectwise.ErrNotFound) {
		t.Errorf("a deleted invoice: %v", err)
	}
	for filter, want := range map[connectwise.InvoiceFilter]int{
		{}: 4, {From: connectwise.DateOf(of2026(time.November, 13))}: 1, {Until: connectwise.DateOf(of2026(time.November, 11))}: 1,
		{From: connectwise.DateOf(of2026(time.December, 1))}: 0,
	} {
		if n := len(s.invoices(t, filter)); n != want {
			t.Errorf("%v: %d invoices, want %d", filter, n, want)
		}
	}
}

// TestInvoicesThatAListKeepsBack: nothing is found by fields, by joined conditions or on a filter's own day, and found all
// the same.
func TestInvoicesThatAListKeepsBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   cwsim.Fault
		assumed cwsim.Assumptions
	}{
		"fields find nothing":            {fault: cwsim.Fault{Kind: cwsim.FieldsEmpty, Path: "/finance/invoices"}},
		"joined conditions find nothing": {fault: cwsim.Fault{Kind: cwsim.AndEmpty}},
		"a day misses itself":            {assumed: cwsim.Assumptions{DayAfterMissed: true}},
		"no forward-only pages":          {fault: cwsim.Fault{Kind: cwsim.MissingLink}},
		"short pages":                    {fault: cwsim.Fault{Kind: cwsim.PageCut, N: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, finance := invoicing(t, 5, test.assumed)
			finance.Invoice(of2026(time.December, 1), time.Time{})
			if test.fault.Kind != "" {
				s.SetFaults(test.fault)
			}
			if n := len(s.invoices(t, ofNovember)); n != 5 {
				t.Errorf("%d invoices", n)
			}
		})
	}
}

// TestInvoicesThatAreCountedAndNotListed: what is missing is never taken for not invoiced.
func TestInvoicesThatAreCountedAndNotListed(t *testing.T) {
	t.Parallel()
	for _, kind := range []cwsim.FaultKind{cwsim.WrongEmpty, cwsim.Partial} {
		s, finance := invoicing(t, 3, cwsim.Assumptions{})
		finance.Invoice(of2026(time.November, 1), time.Time{})
		s.SetFaults(cwsim.Fault{Kind: kind, Path: "/finance/invoices"}) // not the count
		read, err := count(connectwise.FinanceOf(s.Client).Invoices(s.ctx, ofNovember))
		if !errors.Is(err, connectwise.ErrIncomplete) || read != 0 || !strings.Contains(err.Error(), "3 are counted") {
			t.Errorf("%s: %d invoices, %v", kind, read, err)
		}
		if advice := connectwise.Advise(err); !strings.Contains(advice.What, "fewer records than it counts") {
			t.Errorf("%s: %+v", kind, advice)
		}
	}
}

// TestInvoicesMadeMeanwhile: a list that became longer than its count is whole.
func TestInvoicesMadeMeanwhile(t *testing.T) {
	t.Parallel()
	s, finance := invoicing(t, 2, cwsim.Assumptions{})
	finance.Invoice(of2026(time.October, 1), of2026(time.November, 1))
	s.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/finance/invoices", Times: 1, Do: func() {
		finance.Invoice(of2026(time.November, 1), time.Time{})
	}})
	if n := len(s.invoices(t, ofNovember)); n != 4 {
		t.Errorf("%d invoices", n)
	}
}

// TestInvoicesWithoutTheRight names the right that is missing, and changes nothing about the others.
func TestInvoicesWithoutTheRight(t *testing.T) {
	t.Parallel()
	s, _ := invoicing(t, 1, cwsim.Assumptions{})
	s.Revoke(cwsim.Invoicing, cwsim.Inquire)
	_, err := count(connectwise.FinanceOf(s.Client).Invoices(s.ctx, connectwise.InvoiceFilter{}))
	var failure *connectwise.Error
	if !errors.As(err, &failure) || !errors.Is(err, connectwise.ErrForbidden) || failure.Right != "Invoicing – Inquire" {
		t.Fatalf("%v", err)
	}
	if advice := connectwise.Advise(err); !strings.Contains(advice.What, "Invoicing – Inquire") {
		t.Errorf("%+v", advice)
	}
	rights, err := s.Client.Rights(s.ctx)
	last := rights[len(rights)-1]
	if err != nil || !last.Optional || last.Levels[0].State != connectwise.Missing || len(rights.Missing()) != 0 {
		t.Errorf("%+v, %v", rights, err)
	}
	s.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	if rights, err := s.Client.Rights(s.ctx); err != nil || rights[len(rights)-1].Levels[0].State != connectwise.Present {
		t.Errorf("%+v, %v", rights, err)
	}
}

// TestReadingInvoicesMakesNone: nothing but reads is sent, by fields that ConnectWise has.
func TestReadingInvoicesMakesNone(t *testing.T) {
	t.Parallel()
	s, finance := invoicing(t, 1, cwsim.Assumptions{})
	finance.Invoice(of2026(time.November, 1), time.Time{})
	s.invoices(t, ofNovember)
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet || r.Refused || strings.HasSuffix(r.Query, "fields=id%2Ctype%2Cdate") {
			t.Errorf("%s %s?%s: %d", r.Method, r.Path, r.Query, r.Status)
		}
	}
	if len(s.Violations()) > 0 {
		t.Error(s.Violations())
	}
}
