package books_test

import (
	"testing"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/months"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// october is a world in which Acme's 5 seats of October were written in time, and its agreement is to be invoiced on 1 November.
func october(t *testing.T) (*billingtest.World, store.Organization, cwsim.Agreement) {
	t.Helper()
	w := billingtest.New(t)
	w.Sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	acme, agreement := w.Mapped("Acme", 5, store.Business)
	w.Sim.InvoiceThrough(agreement.ID, moment.At("2026-10-31"))
	w.Trusting()
	w.Sync()
	w.SetTime("2026-10-31 10:00:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	return w, acme, agreement
}

// monthly runs the monthly job at its time.
func monthly(t *testing.T, w *billingtest.World, at string) {
	t.Helper()
	w.SetTime(at)
	w.Must(w.Runs.RunDue(t.Context()))
}

// invoice has a person invoice all that is outstanding at a moment, and Seatbridge read that a while later.
func invoice(t *testing.T, w *billingtest.World, at string) {
	t.Helper()
	w.SetTime(at)
	cwsim.FinanceOf(w.Sim).Invoice(w.Time(), time.Time{})
	w.Clock.Add(int64(10 * time.Minute))
	w.Must(w.Books.ReadInvoices(t.Context()))
}

func TestInvoicedAsWritten(t *testing.T) {
	t.Parallel()
	w, _, _ := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	invoice(t, w, "2026-11-01 09:00:00")
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 invoiced none;  ")
}

// TestInvoicedBeforeTheSync is an invoice that has September's seats.
func TestInvoicedBeforeTheSync(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	w.Join(acme, 2)
	invoice(t, w, "2026-11-01 00:10:00")
	monthly(t, w, "2026-11-01 00:30:00")
	want(t, w, "2026-10", "Acme business due 7 written 7 stands 7 billed 5 invoiced open; early Invoiced on 1 November 2026 at 00:10 UTC, "+
		"the sync wrote on 1 November 2026 at 00:30 UTC: the invoice has 5, due were 7.")
}

// TestEditedBeforeTheInvoice is a quantity that a person changed between sync and invoice, read only afterwards.
func TestEditedBeforeTheInvoice(t *testing.T) {
	t.Parallel()
	w, _, a := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-03 10:00:00")
	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "3", "rdale")
	invoice(t, w, "2026-11-05 09:00:00")
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 3 billed 3 invoiced open; edited Edited by hand: the line said 3 when it was "+
		"read on 3 November 2026 at 10:00 UTC, Seatbridge had written 5 on 20 October 2026.")
}

// TestEditedAfterTheInvoice changes nothing of the month that was invoiced.
func TestEditedAfterTheInvoice(t *testing.T) {
	t.Parallel()
	w, _, a := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-05 09:00:00")
	cwsim.FinanceOf(w.Sim).Invoice(w.Time(), time.Time{})
	w.SetTime("2026-11-05 10:00:00")
	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "3", "rdale")
	w.SetTime("2026-11-05 11:00:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 3 billed 5 invoiced none;  ")
}

// TestOverwrittenBeforeTheInvoice is a Sync now between the sync and the invoice.
func TestOverwrittenBeforeTheInvoice(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-03 10:00:00")
	w.Join(acme, 2)
	w.Sync()
	invoice(t, w, "2026-11-05 09:00:00")
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 7 billed 7 invoiced open; overwritten Run 3 wrote 7 of November 2026 over it "+
		"on 3 November 2026 at 10:00 UTC, before the invoice was made.")
}

func TestWrittenOff(t *testing.T) {
	t.Parallel()
	w, _, a := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-05 09:00:00")
	cwsim.FinanceOf(w.Sim).WriteOff(a.ID)
	w.SetTime("2026-11-05 09:10:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 period_closed none;  ")
}

// TestInvoiceDeletedAndMadeAgain heals a difference: it is built from the lines as they are then.
func TestInvoiceDeletedAndMadeAgain(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]bool{"read between": true, "not read between": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, acme, _ := october(t)
			w.Join(acme, 2)
			invoice(t, w, "2026-11-01 00:10:00")
			monthly(t, w, "2026-11-01 00:30:00")
			finance := cwsim.FinanceOf(w.Sim)
			w.SetTime("2026-11-02 09:00:00")
			finance.DeleteInvoice(finance.Invoices()[0].ID)
			if between {
				w.Must(w.Books.ReadInvoices(t.Context()))
				want(t, w, "2026-10", "Acme business due 7 written 7 stands 7 billed 7 not_yet none;  ")
			}
			invoice(t, w, "2026-11-02 10:00:00")
			want(t, w, "2026-10", "Acme business due 7 written 7 stands 7 billed 7 invoiced none;  ")
		})
	}
}

// TestAMonthThatWasMissed was never on a line of its own.
func TestAMonthThatWasMissed(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	w.SetTime("2026-11-20 10:00:00")
	w.Join(acme, 2)
	w.SetTime("2026-12-01 00:30:00")
	_, err := w.Runs.Run(t.Context(), billingtest.Admin(), wholeMonth("2026-11"))
	w.Must(err)
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 7 billed 7 not_yet open; overwritten Run 2 wrote 7 of November 2026 over it on "+
		"1 December 2026 at 00:30 UTC, before the invoice was made.")
}

func TestUndone(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	w.Join(acme, 2)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-02 10:00:00")
	last, err := w.Store.LastSync(t.Context())
	w.Must(err)
	_, err = w.Runs.Undo(t.Context(), billingtest.Admin(), last.ID)
	w.Must(err)
	w.Work.Wait()
	runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunUndo})
	w.Must(err)
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), runs[0].ID))
	w.Work.Wait()
	want(t, w, "2026-10", "Acme business due 7 written 5 stands 5 billed 5 not_yet open; late Due were 5 when it was written on 20 October 2026, "+
		"7 are due.")
}

// TestLineReplacedByHand is a line that a person deleted and made anew, after invoices were made: they have the old one alone.
func TestLineReplacedByHand(t *testing.T) {
	t.Parallel()
	w, acme, a := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	invoice(t, w, "2026-11-05 09:00:00")
	w.SetTime("2026-11-10 09:00:00")
	w.Sim.RemoveAddition(a.ID, w.Sim.Additions(a.ID)[0].ID)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("5")})
	w.Join(acme, 1)
	monthly(t, w, "2026-12-01 00:30:00")
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 6 billed 5 invoiced none;  ")
	want(t, w, "2026-11", "Acme business due 6 written 6 stands 6 billed 6 not_yet none;  ")
}

// TestMappedLate is an organization that nobody was invoiced for when the month was written.
func TestMappedLate(t *testing.T) {
	t.Parallel()
	w, _, _ := october(t)
	w.SetTime("2026-10-31 11:00:00")
	beta := w.Organization("Beta", 3, store.Business)
	monthly(t, w, "2026-11-01 00:30:00")
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ",
		"Beta business due 3 written 0 stands 0 billed 0 unknown open; unmapped Not mapped: nobody is invoiced for these seats through ConnectWise.")
	w.Must(w.Books.SayElsewhere(t.Context(), billingtest.Admin(), beta.ID, "Pays by card"))
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ",
		"Beta business due 3 written 0 stands 0 billed 0 unknown settled; unmapped Not mapped: nobody is invoiced for these seats through ConnectWise.")
	w.SetTime("2026-11-03 10:00:00")
	company := w.Company("Beta")
	w.ImportAll()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), company.CompanyID, company.ID, beta.ID))
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ",
		"Beta business due 3 written 0 stands 0 billed 0 not_yet open; mapped_late Mapped on 3 November 2026, after the sync of October 2026.")
}

// TestTheMappingGoes is a line of NordPass Business that was invoiced for October on the agreement of Acme, which is on Enterprise: it
// was written for nobody. What it billed is Acme's, also when Acme is billed elsewhere from then on; what it bills then is nobody's.
func TestTheMappingGoes(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	w.Sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	acme, a := w.Organization("Acme", 5, store.Enterprise), w.Company("Acme")
	other := w.Sim.AddAgreement(cwsim.Agreement{
		Name: "Other", CompanyID: a.CompanyID, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true,
	})
	w.ImportAll()
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("17")})
	for _, id := range []int{a.ID, other.ID} {
		w.Sim.InvoiceThrough(id, moment.At("2026-10-31"))
	}
	w.SetTime("2026-10-31 10:00:00")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, acme.ID))
	w.Must(w.Books.ReadInvoices(t.Context()))
	invoice(t, w, "2026-11-01 00:10:00")
	due := "Acme enterprise due 5 written 0 stands 0 billed 0 invoiced open; not_written No sync wrote October 2026."
	want(t, w, "2026-10", "Acme business due 0 written 0 stands 17 billed 17 invoiced open; not_written No sync wrote October 2026.", due)
	left := "Acme business due 0 written 0 stands 0 billed 17 invoiced open; not_written No sync wrote October 2026."
	w.SetTime("2026-11-01 00:20:00")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), other.CompanyID, other.ID, acme.ID))
	want(t, w, "2026-10", left, due)
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	want(t, w, "2026-10",
		"Acme business due 0 written 0 stands 0 billed 17 invoiced open; still_billed Nothing was due, but a line billed 17 before the "+
			"organization was unmapped.",
		"Acme enterprise due 5 written 0 stands 0 billed 0 unknown open; unmapped Not mapped: nobody is invoiced for these seats through "+
			"ConnectWise.")
}

// TestNotChargedSinceTheSync is an agreement whose products somebody made free between the sync and the invoice: the invoice billed
// nothing, though the sync read that they are billed.
func TestNotChargedSinceTheSync(t *testing.T) {
	t.Parallel()
	w, _, a := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-03 10:00:00")
	w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillProducts = "NoCharge" })
	w.SetTime("2026-11-03 11:00:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	invoice(t, w, "2026-11-05 09:00:00")
	w.Must(w.Books.Refresh(t.Context()))
	for r, err := range store.BooksIn(w.Store).EachRow(t.Context(), store.MonthRowFilter{Month: "2026-10", Sort: "name"}) {
		w.Must(err)
		if m := months.MoneyOf(r); !r.Billed.Decimal.Equal(plantest.Quantity("5")) || !m.Billed.Decimal.IsZero() || !m.Billed.Valid {
			t.Errorf("%s seats were billed for %v", r.Billed.Decimal, m.Billed)
		}
	}
}

func wholeMonth(m store.Month) (r run.Request) {
	r.Kind, r.Period = store.RunManual, seats.WholeMonth(m)
	return r
}

// TestTheBillingCycleChanges is an agreement that is billed quarterly from November on: the invoice of November carries October, and
// that of the quarter November, too, since no other takes its seats; what came since waits for a person, and is a difference.
func TestTheBillingCycleChanges(t *testing.T) {
	t.Parallel()
	w, acme, a := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillingCycle = "Quarterly" })
	w.SetTime("2026-11-01 08:00:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	invoice(t, w, "2026-11-01 09:00:00")
	w.SetTime("2026-11-20 10:00:00")
	w.Join(acme, 2)
	monthly(t, w, "2026-12-01 00:30:00")
	w.Clock.Add(int64(time.Hour))
	w.Must(w.Books.ReadInvoices(t.Context()))
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 invoiced none;  ")
	want(t, w, "2026-11", "Acme business due 7 written 0 stands 5 billed 5 invoiced open; held Waits for approval since 1 December 2026: "+
		"Monthly seats on an agreement whose billing cycle is Quarterly: its invoice takes the quantity that stands there when it is made.")
}
