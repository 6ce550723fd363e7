package books_test

import (
	"context"
	"fmt"

	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"

	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// late is a world in which October was invoiced with Acme's 5 seats on 1 November, and a member who joined in October was found on the
// 3rd.
func late(t *testing.T) (*billingtest.World, store.Organization, cwsim.Agreement) {
	t.Helper()
	w, acme, agreement := october(t)
	w.Set(func(s *store.Settings) { s.Months.NextInvoice = true })
	monthly(t, w, "2026-11-01 00:30:00")
	invoice(t, w, "2026-11-01 09:00:00")
	w.SetTime("2026-11-03 10:00:00")
	w.JoinAt(acme, "2026-10-20 09:00:00")
	return w, acme, agreement
}

// put previews lines on the next invoice for all that is open of October.
func put(t *testing.T, w *billingtest.World, note string) (store.Run, error) {
	t.Helper()
	w.Must(w.Books.Refresh(t.Context()))
	s := books.Settling{Month: "2026-10", Note: note}
	for r, err := range store.BooksIn(w.Store).EachRow(t.Context(), store.MonthRowFilter{Month: "2026-10", States: []store.RowState{store.RowOpen}}) {
		w.Must(err)
		s.Rows = append(s.Rows, store.RowKey{OrganizationID: r.OrganizationID, Plan: r.Plan})
	}
	run, err := w.Books.PutOnNextInvoice(t.Context(), billingtest.Admin(), s)
	w.Work.Wait()
	return run, err
}

// putAndApply previews and writes them.
func putAndApply(t *testing.T, w *billingtest.World) store.Run {
	t.Helper()
	run, err := put(t, w, "")
	w.Must(err)
	return apply(t, w, run.ID)
}

func apply(t *testing.T, w *billingtest.World, id int64) store.Run {
	t.Helper()
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), id))
	w.Work.Wait()
	run, err := w.Store.Run(t.Context(), id)
	w.Must(err)
	return run
}

func undo(t *testing.T, w *billingtest.World, id int64) store.Run {
	t.Helper()
	run, err := w.Runs.Undo(t.Context(), billingtest.Admin(), id)
	w.Must(err)
	w.Work.Wait()
	return apply(t, w, run.ID)
}

// lines are an agreement's additions in ConnectWise in short.
func lines(w *billingtest.World, agreementID int) []string {
	var all []string
	for _, a := range w.Sim.Additions(agreementID) {
		line := fmt.Sprintf("%s at %s from %s", a.Quantity, a.UnitPrice, a.Effective.Format(time.DateOnly))
		if !a.Cancelled.IsZero() {
			line += fmt.Sprintf(" to %s: %s", a.Cancelled.Format(time.DateOnly), a.Description)
		}
		all = append(all, line)
	}
	return all
}

func same(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// settlements are October's, in short.
func settlements(t *testing.T, w *billingtest.World) []string {
	t.Helper()
	all, err := store.BooksIn(w.Store).MonthSettlements(t.Context(), "2026-10")
	w.Must(err)
	var list []string
	for _, s := range all {
		text := fmt.Sprintf("%s %s at %s by %s in run %d “%s”", s.How, s.Seats, s.UnitPrice.Decimal, s.By, s.RunID, s.Note)
		if !s.UndoneAt.IsZero() {
			text += ", undone by " + s.UndoneBy
		}
		list = append(list, text)
	}
	return list
}

const (
	openRow    = "Acme business due 6 written 5 stands 5 billed 5 invoiced open; late Due were 5 when it was written on 1 November 2026, 6 are due since 3 November 2026."
	settledRow = "Acme business due 6 written 5 stands 5 billed 5 invoiced settled; late Due were 5 when it was written on 1 November 2026, 6 are due since 3 November 2026."
	onceLine   = "1 at 4.99 from 2026-12-01 to 2026-12-31: NordPass Business, October 2026, 1 seat not yet billed"
)

// TestOnTheNextInvoice puts a seat that was found late on the next invoice: previewed, written, and billed once.
func TestOnTheNextInvoice(t *testing.T) {
	t.Parallel()
	w, _, a := late(t)
	want(t, w, "2026-10", openRow)
	run, err := put(t, w, "As agreed by phone")
	w.Must(err)
	run, err = w.Store.Run(t.Context(), run.ID)
	w.Must(err)
	if run.Kind != store.RunSettle || run.Status != store.RunPlanned || run.Month != "2026-10" {
		t.Fatalf("%+v", run)
	}
	changes, err := w.Store.AgreementChanges(t.Context(), run.ID, a.ID)
	w.Must(err)
	const reason = "A line of its own that is billed once, from 1 December 2026 to 31 December 2026, " +
		"“NordPass Business, October 2026, 1 seat not yet billed”: Acme 1."
	if len(changes) != 1 || changes[0].Kind != store.KindCreate || changes[0].State != store.StatePlanned || changes[0].Reason != reason {
		t.Fatalf("%+v", changes)
	}
	same(t, "before it is applied", []string{"5 at 4.99 from 2026-10-01"}, lines(w, a.ID))
	want(t, w, "2026-10", openRow)

	if run = apply(t, w, run.ID); run.Status != store.RunDone {
		t.Fatalf("%+v", run)
	}
	same(t, "lines", []string{"5 at 4.99 from 2026-10-01", onceLine}, lines(w, a.ID))
	same(t, "settlements", []string{fmt.Sprintf("next_invoice 1 at 4.99 by admin@example.com in run %d “As agreed by phone”", run.ID)}, settlements(t, w))
	want(t, w, "2026-10", settledRow)

	monthly(t, w, "2026-12-01 00:30:00")
	invoice(t, w, "2026-12-01 09:00:00")
	monthly(t, w, "2027-01-01 00:30:00")
	invoice(t, w, "2027-01-01 09:00:00")
	invoiced := map[string]decimal.Decimal{}
	for _, v := range cwsim.FinanceOf(w.Sim).Invoices() {
		for _, l := range v.Lines {
			invoiced[v.First.Format(time.DateOnly)] = invoiced[v.First.Format(time.DateOnly)].Add(l.Billed)
		}
	}
	// November's invoice has October's 5; December's has November's 6 and the seat of October; January's has December's 6 alone.
	got := fmt.Sprint(invoiced["2026-11-01"], invoiced["2026-12-01"], invoiced["2027-01-01"])
	if got != "5 7 6" {
		t.Errorf("billed %s", got)
	}
	want(t, w, "2026-10", strings.Replace(settledRow, "stands 5", "stands 6", 1))
	want(t, w, "2026-11", "Acme business due 6 written 6 stands 6 billed 6 invoiced none;  ")
	want(t, w, "2026-12", "Acme business due 6 written 6 stands 6 billed 6 invoiced none;  ")
	nothingToSay(t, w)
}

// nothingToSay holds that no sync found anything but what to write on the agreement's own line.
func nothingToSay(t *testing.T, w *billingtest.World) {
	t.Helper()
	for c, err := range w.Store.EachChange(t.Context(), store.ChangeFilter{}) {
		w.Must(err)
		if c.Once() {
			continue
		}
		if len(c.Warnings) > 0 || len(c.Candidates) > 0 || len(c.Found) > 0 || c.State != store.StateWritten && c.State != store.StateUnchanged {
			t.Errorf("run %d: %s %v %v %v", c.RunID, c.State, c.Warnings, c.Candidates, c.Found)
		}
	}
}

// TestOnTheNextInvoiceIsUndone sets the line to 0 and opens the difference again, which can then be put on the invoice once more.
func TestOnTheNextInvoiceIsUndone(t *testing.T) {
	t.Parallel()
	w, _, a := late(t)
	run := putAndApply(t, w)
	w.Must(w.Runs.RunDue(t.Context()))
	undone := undo(t, w, run.ID)
	billingtest.WantStatus(t, undone, store.RunDone)
	own := "5 at 4.99 from 2026-10-01"
	zero := strings.Replace(onceLine, "1 at", "0 at", 1)
	same(t, "lines", []string{own, zero}, lines(w, a.ID))
	want(t, w, "2026-10", openRow)
	settled := fmt.Sprintf("next_invoice 1 at 4.99 by admin@example.com in run %d “”", run.ID)
	same(t, "settlements", []string{settled + ", undone by admin@example.com"}, settlements(t, w))

	again := putAndApply(t, w)
	same(t, "lines", []string{own, zero, onceLine}, lines(w, a.ID))
	want(t, w, "2026-10", settledRow)
	same(t, "settlements", []string{settled + ", undone by admin@example.com",
		fmt.Sprintf("next_invoice 1 at 4.99 by admin@example.com in run %d “”", again.ID)}, settlements(t, w))
	monthly(t, w, "2026-12-01 00:30:00")
	nothingToSay(t, w)
}

// TestOnTheNextInvoiceIsZeroAlready opens the difference again when it is undone, though nothing is left to write.
func TestOnTheNextInvoiceIsZeroAlready(t *testing.T) {
	t.Parallel()
	w, _, a := late(t)
	run := putAndApply(t, w)
	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[1].ID, "0", "rdale")
	billingtest.WantStatus(t, undo(t, w, run.ID), store.RunDone)
	want(t, w, "2026-10", openRow)
}

// TestOnTheNextInvoiceIsInvoiced stays settled: what an invoice has is not undone by a quantity.
func TestOnTheNextInvoiceIsInvoiced(t *testing.T) {
	t.Parallel()
	w, _, a := late(t)
	run := putAndApply(t, w)
	monthly(t, w, "2026-12-01 00:30:00")
	invoice(t, w, "2026-12-01 09:00:00")
	undone := undo(t, w, run.ID)
	w.WantChanges(undone, "blocked NP-BUS 1>0")
	same(t, "lines", []string{"6 at 4.99 from 2026-10-01", onceLine}, lines(w, a.ID))
	want(t, w, "2026-10", strings.Replace(settledRow, "stands 5", "stands 6", 1))
}

// TestOnTheNextInvoiceIsOvertaken leaves alone what is no longer as it was previewed: its period, or what is open.
func TestOnTheNextInvoiceIsOvertaken(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		meanwhile func(w *billingtest.World, acme store.Organization, a cwsim.Agreement)
		why       string
	}{
		"invoiced": {func(w *billingtest.World, _ store.Organization, _ cwsim.Agreement) {
			cwsim.FinanceOf(w.Sim).Invoice(moment.At("2026-12-01"), time.Time{})
		}, "ConnectWise invoices the agreement next from 1 January 2027 on, and the line was to begin on 1 December 2026"},
		"opened again": {func(w *billingtest.World, _ store.Organization, _ cwsim.Agreement) {
			finance := cwsim.FinanceOf(w.Sim)
			finance.DeleteInvoice(finance.Invoices()[0].ID)
		}, "ConnectWise invoices the agreement next from 1 November 2026 on"},
		"settled by hand": {func(w *billingtest.World, acme store.Organization, _ cwsim.Agreement) {
			_, err := w.Books.Settle(t.Context(), billingtest.Admin(), books.Settling{
				Month: "2026-10", How: store.ByHand, Rows: []store.RowKey{{OrganizationID: acme.ID, Plan: store.Business}},
			})
			w.Must(err)
		}, "The difference of Acme in October 2026 is not 1 seat any more"},
		"yearly": {func(w *billingtest.World, _ store.Organization, a cwsim.Agreement) {
			w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillingCycle = "Annual" })
		}, "The agreement is billed Annual, not monthly"},
		"not prorated": {func(w *billingtest.World, _ store.Organization, a cwsim.Agreement) {
			w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.Prorate = false })
		}, "The agreement does not prorate"},
		"included": {func(w *billingtest.World, _ store.Organization, a cwsim.Agreement) {
			w.Sim.UpdateAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, func(x *cwsim.Addition) { x.LessIncluded = decimal.NewFromInt(8) })
		}, "8 seats are included in line no."},
		"not billed": {func(w *billingtest.World, _ store.Organization, a cwsim.Agreement) {
			w.Sim.UpdateAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, func(x *cwsim.Addition) { x.BillCustomer = "NoCharge" })
		}, "which carries the seats, is not billed to the customer"},
		"ends": {func(w *billingtest.World, _ store.Organization, a cwsim.Agreement) {
			w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.End = moment.At("2026-12-15") })
		}, "The agreement ends within the period that is to be invoiced."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, acme, a := late(t)
			run, err := put(t, w, "")
			w.Must(err)
			before := len(w.Sim.Additions(a.ID))
			tt.meanwhile(w, acme, a)
			billingtest.WantStatus(t, apply(t, w, run.ID), store.RunIncomplete)
			w.WantChanges(run, "stale NP-BUS ->1")
			changes, err := w.Store.AgreementChanges(t.Context(), run.ID, a.ID)
			w.Must(err)
			if !strings.Contains(changes[0].Reason, tt.why) {
				t.Errorf("because %q, want %q", changes[0].Reason, tt.why)
			}
			if got := len(w.Sim.Additions(a.ID)); got != before {
				t.Errorf("%d lines", got)
			}
		})
	}
}

// TestOnTheNextInvoiceTogether puts two organizations of an agreement on one line, and settles what each adds to it.
func TestOnTheNextInvoiceTogether(t *testing.T) {
	t.Parallel()
	w, acme, a := october(t)
	w.Set(func(s *store.Settings) { s.Months.NextInvoice = true })
	branch := w.Organization("Branch", 3, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, branch.ID))
	monthly(t, w, "2026-11-01 00:30:00")
	invoice(t, w, "2026-11-01 09:00:00")
	w.SetTime("2026-11-03 10:00:00")
	w.JoinAt(acme, "2026-10-20 09:00:00")
	w.JoinAt(branch, "2026-10-20 09:00:00")
	w.JoinAt(branch, "2026-10-21 09:00:00")
	run := putAndApply(t, w)
	billingtest.WantStatus(t, run, store.RunDone)
	same(t, "lines", []string{
		"8 at 4.99 from 2026-10-01", "3 at 4.99 from 2026-12-01 to 2026-12-31: NordPass Business, October 2026, 3 seats not yet billed",
	}, lines(w, a.ID))
	same(t, "settlements", []string{
		fmt.Sprintf("next_invoice 1 at 4.99 by admin@example.com in run %d “”", run.ID),
		fmt.Sprintf("next_invoice 2 at 4.99 by admin@example.com in run %d “”", run.ID),
	}, settlements(t, w))
	booked, err := store.BooksIn(w.Store).Month(t.Context(), "2026-10")
	w.Must(err)
	w.Must(w.Books.Refresh(t.Context()))
	if booked, err = store.BooksIn(w.Store).Month(t.Context(), "2026-10"); err != nil || booked.Sums.Open.Rows != 0 {
		t.Errorf("%+v, %v", booked.Sums.Open, err)
	}
}

// TestOnTheNextInvoiceAtTheLinesPrice bills what the line of the seats bills, whatever the catalog says.
func TestOnTheNextInvoiceAtTheLinesPrice(t *testing.T) {
	t.Parallel()
	w, acme, a := october(t)
	w.Set(func(s *store.Settings) { s.Months.NextInvoice = true })
	w.Sim.UpdateAddition(a.ID, w.Sim.Additions(a.ID)[0].ID, func(x *cwsim.Addition) { x.UnitPrice = decimal.RequireFromString("3.5") })
	monthly(t, w, "2026-11-01 00:30:00")
	invoice(t, w, "2026-11-01 09:00:00")
	w.SetTime("2026-11-03 10:00:00")
	w.JoinAt(acme, "2026-10-20 09:00:00")
	putAndApply(t, w)
	same(t, "lines", []string{"5 at 3.5 from 2026-10-01", strings.Replace(onceLine, "4.99", "3.5", 1)}, lines(w, a.ID))
}

// TestOnTheNextInvoiceCutOff finds, when its process died while the request was out, what became of it, and settles once.
func TestOnTheNextInvoiceCutOff(t *testing.T) {
	t.Parallel()
	for name, received := range map[string]bool{"received": true, "not received": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, a := late(t)
			run, err := put(t, w, "")
			w.Must(err)
			died := filepath.Join(t.TempDir(), "died.db")
			w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "POST", Times: 1, Do: func() { w.Must(w.Store.Backup(context.Background(), died)) }})
			apply(t, w, run.ID)
			w.Sim.ClearFaults()
			if !received {
				w.Sim.RemoveAddition(a.ID, w.Sim.Additions(a.ID)[1].ID)
			}
			w.Must(w.Billing.Close(t.Context()))
			w.Must(w.Store.Close())
			w.Path = died
			w.Open()
			same(t, "settlements when it died", nil, settlements(t, w))
			w.Must(w.Runs.Resume(t.Context()))
			if !received {
				w.WantChanges(run, "unknown NP-BUS ->1")
				want(t, w, "2026-10", openRow)
				return
			}
			w.WantChanges(run, "written NP-BUS ->1")
			same(t, "lines", []string{"5 at 4.99 from 2026-10-01", onceLine}, lines(w, a.ID))
			same(t, "settlements", []string{fmt.Sprintf("next_invoice 1 at 4.99 by admin@example.com in run %d “”", run.ID)}, settlements(t, w))
			want(t, w, "2026-10", settledRow)
		})
	}
}

// TestOnTheNextInvoiceUnknown never sends a line again whose outcome nobody saw: it is looked for every hour, and settles when it is there.
func TestOnTheNextInvoiceUnknown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		arrives time.Duration
		state   string
	}{
		"arrives late": {20 * time.Minute, "written NP-BUS ->1"}, "never arrives": {1000 * time.Hour, "failed NP-BUS ->1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, a := late(t)
			run, err := put(t, w, "")
			w.Must(err)
			w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Late504, Method: "POST", Times: 1, Wait: tt.arrives})
			billingtest.WantStatus(t, apply(t, w, run.ID), store.RunIncomplete)
			w.WantChanges(run, "unknown NP-BUS ->1")
			want(t, w, "2026-10", openRow)
			if _, err := put(t, w, ""); err == nil || !strings.Contains(err.Error(), "it is not certain what became of it") {
				t.Errorf("it may be sent again: %v", err)
			}
			for _, at := range []string{"2026-11-03 11:10:00", "2026-11-03 12:10:00", "2026-11-03 13:10:00"} {
				w.SetTime(at)
				w.Must(w.Runs.LookForSent(t.Context()))
			}
			w.WantChanges(run, tt.state)
			if tt.arrives > time.Hour {
				want(t, w, "2026-10", openRow)
				w.Sim.ClearFaults()
				putAndApply(t, w)
			}
			same(t, "lines", []string{"5 at 4.99 from 2026-10-01", onceLine}, lines(w, a.ID))
			want(t, w, "2026-10", settledRow)
			monthly(t, w, "2026-12-01 00:30:00")
			nothingToSay(t, w)
		})
	}
}

// TestOnTheNextInvoiceUnknownIsFoundByASync as well, before it plans: it is no second line of the agreement.
func TestOnTheNextInvoiceUnknownIsFoundByASync(t *testing.T) {
	t.Parallel()
	w, _, a := late(t)
	run, err := put(t, w, "")
	w.Must(err)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Late504, Method: "POST", Times: 1, Wait: 20 * time.Minute})
	apply(t, w, run.ID)
	monthly(t, w, "2026-12-01 00:30:00")
	w.WantChanges(run, "written NP-BUS ->1")
	same(t, "lines", []string{"6 at 4.99 from 2026-10-01", onceLine}, lines(w, a.ID))
	nothingToSay(t, w)
}

// TestTheLineItselfIsGone never takes a line that is billed once for the one that carries the seats, nor its end for that one's end.
func TestTheLineItselfIsGone(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]string{"within its period": "2026-12-05 10:00:00", "after it": "2027-01-05 10:00:00"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, a := late(t)
			putAndApply(t, w)
			w.Sim.RemoveAddition(a.ID, w.Sim.Additions(a.ID)[0].ID)
			w.SetTime(at)
			run := w.Sync()
			w.WantChanges(run, "held NP-BUS ->6")
			changes, err := w.Store.AgreementChanges(t.Context(), run.ID, a.ID)
			w.Must(err)
			for _, f := range changes[0].Found {
				if f.Subject != store.AboutGone {
					t.Errorf("found %s: %s", f.Subject, f.Sentence)
				}
			}
			same(t, "lines", []string{onceLine}, lines(w, a.ID))
		})
	}
}

// TestOnTheNextInvoiceRefused says why, and does nothing.
func TestOnTheNextInvoiceRefused(t *testing.T) {
	t.Parallel()
	w, acme, _ := late(t)
	ask := func(change func(*books.Settling)) error {
		s := books.Settling{Month: "2026-10", Rows: []store.RowKey{{OrganizationID: acme.ID, Plan: store.Business}}}
		change(&s)
		_, err := w.Books.PutOnNextInvoice(t.Context(), billingtest.Admin(), s)
		return err
	}
	for what, tt := range map[string]struct {
		change func(*books.Settling)
		why    string
	}{
		"no rows":       {func(s *books.Settling) { s.Rows = nil }, "Choose what is to be settled."},
		"another plan":  {func(s *books.Settling) { s.Rows[0].Plan = store.Enterprise }, "no such row any more"},
		"running month": {func(s *books.Settling) { s.Month = "2026-11" }, "is not over yet"},
		"long note":     {func(s *books.Settling) { s.Note = strings.Repeat("x", 501) }, "note"},
		"another sum":   {func(s *books.Settling) { s.Seen = decimal.NewNullDecimal(decimal.NewFromInt(2)) }, "others by now: +1 seat in sum, not +2 seats"},
	} {
		if err := ask(tt.change); err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.Books.Settle(t.Context(), billingtest.Admin(), books.Settling{
		Month: "2026-10", How: store.OnNextInvoice, Rows: []store.RowKey{{OrganizationID: acme.ID, Plan: store.Business}},
	}); err == nil || !strings.Contains(err.Error(), "previewed first") {
		t.Errorf("settled without a line: %v", err)
	}
	w.Set(func(s *store.Settings) { s.Months.NextInvoice = false })
	if err := ask(func(*books.Settling) {}); err == nil || !strings.Contains(err.Error(), "can allow it in the settings") {
		t.Errorf("without the setting: %v", err)
	}
	if _, total, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunSettle}); err != nil || total != 0 {
		t.Errorf("%d runs, %v", total, err)
	}
}
