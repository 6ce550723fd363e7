package books_test

import (
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// deleteMembers deletes members of an organization as of a moment.
func deleteMembers(t *testing.T, w *billingtest.World, o store.Organization, n int, at string) {
	t.Helper()
	list, _, err := w.Store.Seats(t.Context(), store.SeatFilter{OrganizationID: o.ID})
	w.Must(err)
	var ids []int64
	for _, s := range list {
		if s.DeletedAt.IsZero() && len(ids) < n {
			ids = append(ids, s.ID)
		}
	}
	_, err = w.Store.ChangeSeats(t.Context(), o.ID, ids, store.SeatDelete, moment.At(at))
	w.Must(err)
}

// report reports an organization's seats of a month by the API.
func report(t *testing.T, w *billingtest.World, o store.Organization, m store.Month, n int) {
	t.Helper()
	w.Must(w.Organizations.ReportUsage(t.Context(), billingtest.Admin(), store.UsageReport{
		OrganizationID: o.ID, Month: m, Seats: n, Plan: store.Business, Source: "api", ReportedAt: w.Time(),
	}))
}

// TestCase_D8_ReportedAnewAfterTheSync is a month that was written with 5 and is 9 now.
func TestCase_D8_ReportedAnewAfterTheSync(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.Must(w.Books.Refresh(t.Context()))
	w.SetTime("2026-11-03 10:00:00")
	report(t, w, acme, "2026-10", 9)
	want(t, w, "2026-10", "Acme business due 9 written 5 stands 5 billed 5 not_yet open; late "+
		"Due were 5 when it was written on 1 November 2026, 9 are due since 3 November 2026 (HTTP API). "+
		"Sources disagree about Acme: the HTTP API says 9 on NordPass Business, Seatbridge itself says 5 on NordPass Business.")
}

// TestCase_D8b_InvoicedAhead is a line that is written after its periods were invoiced: their months are open.
func TestCase_D8b_InvoicedAhead(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	w.Sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	a := w.Company("Acme")
	w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.Prorate = false })
	w.Sim.InvoiceThrough(a.ID, moment.At("2026-12-31"))
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID})
	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "0", "jdoe")
	w.ImportAll()
	acme := w.Organization("Acme", 12, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, acme.ID))
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{} })
	w.SetTime("2026-11-10 10:00:00")
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 12")
	monthly(t, w, "2026-12-01 00:30:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	want(t, w, "2026-11", "Acme business due 12 written 12 stands 12 billed 0 period_closed open; early "+
		"Its period was closed before it was first read, the sync wrote on 1 December 2026 at 00:30 UTC: the invoice has 0, due were 12.")
}

// TestCase_G21_ADeletionFoundLate was billed, and is not due.
func TestCase_G21_ADeletionFoundLate(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	monthly(t, w, "2026-11-01 00:30:00")
	w.Must(w.Books.Refresh(t.Context()))
	w.SetTime("2026-11-03 10:00:00")
	deleteMembers(t, w, acme, 1, "2026-09-20 10:00")
	late := "Acme business due 4 written 5 stands 5 billed 5 not_yet open; late " +
		"Due were 5 when it was written on 1 November 2026, 4 are due since 3 November 2026."
	want(t, w, "2026-10", late)
	invoice(t, w, "2026-11-04 09:00:00")
	monthly(t, w, "2026-12-01 00:30:00")
	want(t, w, "2026-10", "Acme business due 4 written 5 stands 4 billed 5 invoiced open; late "+
		"Due were 5 when it was written on 1 November 2026, 4 are due since 3 November 2026.")
}

// TestCase_G22_IsADifference is a figure that was missing when the month was written: later runs do not bury it.
func TestCase_G22_IsADifference(t *testing.T) {
	t.Parallel()
	w, _, _ := october(t)
	gamma, a := w.Mapped("Gamma", 0, store.Business)
	w.Sim.InvoiceThrough(a.ID, moment.At("2026-10-31"))
	monthly(t, w, "2026-11-01 00:30:00")
	w.SetTime("2026-11-02 10:00:00")
	report(t, w, gamma, "2026-10", 2)
	w.Join(gamma, 2)
	invoice(t, w, "2026-11-04 09:00:00")
	monthly(t, w, "2026-12-01 00:30:00")
	w.WantLive(a.ID, "NP-BUS 2")
	want(t, w, "2026-10", "Acme business due 5 written 5 stands 5 billed 5 invoiced none;  ",
		"Gamma business due 2 written 0 stands 2 billed 0 invoiced open; skipped Skipped on 1 November 2026: "+
			"Gamma: Nobody has said how many members it has: none was ever recorded or reported.")
	want(t, w, "2026-11", "Acme business due 5 written 5 stands 5 billed 5 not_yet none;  ",
		"Gamma business due 2 written 2 stands 2 billed 2 not_yet none;  ")
}

// TestCase_G25_TheOlderOnesAreDifferences is a server that was down for three months: the newest is on the line.
func TestCase_G25_TheOlderOnesAreDifferences(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	w.Join(acme, 4)
	deleteMembers(t, w, acme, 4, "2026-10-31 12:00")
	deleteMembers(t, w, acme, 1, "2026-11-30 12:00")
	monthly(t, w, "2027-01-05 08:00:00")
	want(t, w, "2026-12", "Acme business due 4 written 4 stands 4 billed 4 not_yet none;  ")
	want(t, w, "2026-11", "Acme business due 5 written 0 stands 4 billed 4 not_yet open; not_written No sync wrote November 2026.")
	want(t, w, "2026-10", "Acme business due 9 written 5 stands 4 billed 4 not_yet open; overwritten "+
		"Run 2 wrote 4 of December 2026 over it on 5 January 2027 at 08:00 UTC, before the invoice was made. "+
		"Due were 5 when it was written on 20 October 2026, 9 are due.")
}

// TestCase_G26_IsOpenUntilItIsWritten is a month that ConnectWise was down for.
func TestCase_G26_IsOpenUntilItIsWritten(t *testing.T) {
	t.Parallel()
	w, acme, _ := october(t)
	w.SetTime("2026-10-31 12:00:00")
	w.Join(acme, 2)
	w.Sim.AddFault(cwsim.Fault{Kind: cwsim.HTML503})
	for _, at := range []string{"2026-11-01 00:30:00", "2026-11-01 12:30:00", "2026-11-02 01:30:00"} {
		w.SetTime(at)
		if err := w.Runs.RunDue(t.Context()); err == nil {
			t.Error("ConnectWise is down, and the month is written")
		}
	}
	want(t, w, "2026-10", "Acme business due 7 written 5 stands 5 billed 5 not_yet open; late "+
		"Due were 5 when it was written on 20 October 2026, 7 are due.")
	w.Sim.ClearFaults()
	monthly(t, w, "2026-11-02 02:30:00")
	want(t, w, "2026-10", "Acme business due 7 written 7 stands 7 billed 7 not_yet none;  ")
}
