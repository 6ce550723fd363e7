package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// lateSeat is Acme with 5 seats, which October's invoice has, and a sixth that was found on 3 November and is on no invoice.
func lateSeat(t *testing.T) (*world, store.Organization, cwsim.Agreement) {
	t.Helper()
	w := newWorld(t)
	w.Sim.Grant(cwsim.Invoicing, cwsim.Inquire, cwsim.All)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.InvoiceThrough(a.ID, moment.At("2026-10-31"))
	w.Sync()
	w.Set(func(s *store.Settings) { s.Months.NextInvoice = true })
	w.SetTime("2026-10-31 10:00:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.SetTime("2026-11-01 09:00:00")
	cwsim.FinanceOf(w.Sim).Invoice(w.Time(), time.Time{})
	w.SetTime("2026-11-01 09:10:00")
	w.Must(w.Books.ReadInvoices(t.Context()))
	w.SetTime("2026-11-03 10:00:00")
	w.JoinAt(acme, "2026-10-20 09:00:00")
	return w, acme, a
}

// putOnInvoice previews a line on the next invoice for the organization's seats that October's does not have.
func (w *world) putOnInvoice(o store.Organization) store.Run {
	w.T.Helper()
	preview, err := w.Books.PutOnNextInvoice(w.T.Context(), billingtest.Admin(), books.Settling{
		Month: "2026-10", Rows: []store.RowKey{{OrganizationID: o.ID, Plan: store.Business}},
	})
	w.Must(err)
	w.Work.Wait()
	return preview
}

// apply writes a preview.
func (w *world) apply(preview store.Run) store.Run {
	w.T.Helper()
	w.Must(w.Runs.Apply(w.T.Context(), billingtest.Admin(), preview.ID))
	w.Work.Wait()
	applied, err := w.Store.Run(w.T.Context(), preview.ID)
	w.Must(err)
	return applied
}

// TestALineThatIsBilledOnceLeavesTheOthersAlone: it is no line of the agreement's seats, asks for nothing around it, is no sync of
// all, and what waits for a person on the agreement still does.
func TestALineThatIsBilledOnceLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	w, acme, a := lateSeat(t)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.Join(acme, 1)
	waits := w.Sync()
	w.WantChanges(waits, "held NP-BUS 5>7")
	bound, err := w.Store.AgreementLines(t.Context(), a.ID)
	w.Must(err)
	before, err := w.Store.Integration(t.Context())
	w.Must(err)

	w.SetTime("2026-11-03 11:00:00")
	w.Sim.ResetRequests()
	preview := w.putOnInvoice(acme)
	w.WantChanges(preview, "planned NP-BUS ->1")
	var asked []string
	for _, r := range w.Sim.Requests() {
		if strings.HasPrefix(r.Path, "/finance/agreements") && r.Path != "/finance/agreements/types" {
			asked = append(asked, r.Path)
		}
	}
	if want := []string{"/finance/agreements", fmt.Sprintf("/finance/agreements/%d/additions", a.ID)}; !slices.Equal(asked, want) {
		t.Errorf("asked was %q, want %q", asked, want)
	}
	billingtest.WantStatus(t, w.apply(preview), store.RunDone)
	w.WantLive(a.ID, "NP-BUS 5")
	if n := len(w.Sim.Additions(a.ID)); n != 2 {
		t.Errorf("%d lines, want that of the seats and the one that is billed once", n)
	}
	w.WantChanges(waits, "held NP-BUS 5>7")
	if now, err := w.Store.AgreementLines(t.Context(), a.ID); err != nil || len(now) != 1 || now[0].AdditionID != bound[0].AdditionID {
		t.Errorf("bound is %+v (%v), want what was bound before: %+v", now, err, bound)
	}
	if after, err := w.Store.Integration(t.Context()); err != nil || !after.LastSyncAt.Equal(before.LastSyncAt) {
		t.Errorf("the last sync was at %s (%v), and before at %s", after.LastSyncAt, err, before.LastSyncAt)
	}
	w.WantChanges(w.Sync(), "held NP-BUS 5>7") // it is not found beside the line

	branch := w.Organization("Branch", 3, store.Business)
	sister := w.sisterAgreement(a, nil)
	w.ImportAll()
	w.Set(func(s *store.Settings) { s.Holds.Seats = 0 })
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, sister.ID, branch.ID))
	w.WantChanges(w.Sync(), "written NP-BUS 5>7", "written NP-BUS ->3") // nor beside that of another agreement
	w.WantLive(sister.ID, "NP-BUS 3")

	w.Sim.RemoveAddition(a.ID, bound[0].AdditionID)
	w.Sync()
	w.WantLive(a.ID) // nor taken for it when it is gone
}

// TestALineThatIsBilledOnceIsNotDatedAnew: its days were chosen, so that a refusal of them is one.
func TestALineThatIsBilledOnceIsNotDatedAnew(t *testing.T) {
	t.Parallel()
	w, acme, a := lateSeat(t)
	preview := w.putOnInvoice(acme)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "POST", Times: 1, Do: func() { w.Sim.SetInactive(w.Business.ID, true) }})
	w.Sim.ResetRequests()
	billingtest.WantStatus(t, w.apply(preview), store.RunFailed)
	if got := w.asked(); !slices.Equal(got, []string{"POST lines"}) {
		t.Errorf("asked was %q", got)
	}
	w.WantChanges(preview, "failed NP-BUS ->1")
	if n := len(w.Sim.Additions(a.ID)); n != 1 {
		t.Errorf("%d lines", n)
	}
}

// TestALineThatIsBilledOnceCannotBeLookedAt: what was chosen is said to have failed, as it was chosen.
func TestALineThatIsBilledOnceCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	w, acme, _ := lateSeat(t)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Path: "/finance/agreements/*/additions"})
	preview := w.putOnInvoice(acme)
	c := w.onlyChange(preview)
	if c.State != store.StateFailed || c.EffectiveDate != "2026-12-01" || c.CancelledDate != "2026-12-31" ||
		c.Description != "NordPass Business, October 2026, 1 seat not yet billed" || c.After.Decimal.IntPart() != 1 || len(c.Shares) != 1 {
		t.Errorf("it says %+v", c)
	}
}

// TestALineThatIsBilledOnceIsUndone by setting it to 0.
func TestALineThatIsBilledOnceIsUndone(t *testing.T) {
	t.Parallel()
	w, acme, a := lateSeat(t)
	put := w.apply(w.putOnInvoice(acme))
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), put.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(undo, "planned NP-BUS 1>0")
	billingtest.WantStatus(t, w.apply(undo), store.RunDone)
	if once := w.Sim.Additions(a.ID)[1]; !once.Quantity.IsZero() {
		t.Errorf("the line says %s", once.Quantity)
	}
}

// sentOnce writes down that a line of 5 which is billed once until a day was sent, and nobody saw the outcome.
func (w *world) sentOnce(o store.Organization, a cwsim.Agreement, until string) {
	w.T.Helper()
	w.sendUnseen(store.RunIncomplete, o, a.ID, store.Change{Product: "NP-BUS", State: store.StateUnknown, SentAt: w.Time(), CancelledDate: until})
}

// unseen lists the changes whose outcome nobody saw: that of the seats, then by the day on which they end.
func (w *world) unseen() []store.Change {
	w.T.Helper()
	sent, err := store.SendingsIn(w.Store).Unknown(w.T.Context(), 0)
	w.Must(err)
	slices.SortFunc(sent, func(a, b store.Change) int { return strings.Compare(a.CancelledDate, b.CancelledDate) })
	return sent
}

// TestNotThereOfALineThatIsBilledOnce takes the word about that line, whatever else was sent for the product, and looks for the others.
func TestNotThereOfALineThatIsBilledOnce(t *testing.T) {
	t.Parallel()
	for asked, left := range map[int][]string{0: {"2026-11-30", "2026-12-31"}, 1: {"", "2026-12-31"}, 2: {"", "2026-11-30"}} {
		w := newWorld(t)
		acme, a := w.Mapped("Acme", 5, store.Business)
		w.sentOnce(acme, a, "2026-11-30")
		w.sentOnce(acme, a, "2026-12-31")
		w.sentOnce(acme, a, "") // that of the seats
		sent := w.unseen()
		w.Must(w.Runs.NotThere(t.Context(), billingtest.Admin(), sent[asked].ID))
		w.Work.Wait()
		var got []string
		for _, c := range w.unseen() {
			got = append(got, c.CancelledDate)
			if c.Looks != 1 {
				t.Errorf("what ends on %q was looked for %d times, want once", c.CancelledDate, c.Looks)
			}
		}
		if !slices.Equal(got, left) {
			t.Errorf("said was that no. %d is not there, and looked for are %q, want %q", asked, got, left)
		}
	}
}

// TestLookingForLinesThatAreBilledOnce: an agreement is looked at once for them, without a sync, and once for its line of the seats.
func TestLookingForLinesThatAreBilledOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sentOnce(acme, a, "2026-11-30")
	w.sentOnce(acme, a, "2026-12-31")
	w.Must(w.Runs.LookForSent(t.Context()))
	w.WantLive(a.ID)
	looked, n, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunSettle})
	w.Must(err)
	if n != 1 || looked[0].Of != 1 || looked[0].Agreement != a.ID || looked[0].Status != store.RunDone {
		t.Errorf("the runs are %+v, want one that looks on agreement %d", looked, a.ID)
	}
	for _, c := range w.unseen() {
		if c.Looks != 1 {
			t.Errorf("what ends on %s was looked for %d times, want once", c.CancelledDate, c.Looks)
		}
	}
	w.sentOnce(acme, a, "")
	w.Must(w.Runs.LookForSent(t.Context()))
	if _, n, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunSettle}); err != nil || n != 2 {
		t.Errorf("%d looks at what is billed once, want 2 (%v)", n, err)
	}
	if _, n, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunRetry}); err != nil || n != 1 {
		t.Errorf("%d looks at the line of the seats, want 1 (%v)", n, err)
	}
}

// TestASyncFindsALineThatIsBilledOnce, which is not the line of the seats, neither when it is found nor afterwards. A preview finds it,
// too, and writes nothing down.
func TestASyncFindsALineThatIsBilledOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sentOnce(acme, a, "2026-12-31")
	found := w.Sim.AddAddition(cwsim.Addition{
		AgreementID: a.ID, ProductID: w.Business.ID, Quantity: w.unseen()[0].After.Decimal,
		Effective: moment.At("2026-10-01"), Cancelled: moment.At("2026-12-31"),
	})
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.WantChanges(preview, "planned NP-BUS ->5")
	if sent := w.unseen(); len(sent) != 1 {
		t.Errorf("after a preview looked for are %+v", sent)
	}
	w.WantChanges(w.Sync(), "written NP-BUS ->5")
	w.WantLive(a.ID, "NP-BUS 5")
	if sent := w.unseen(); len(sent) != 0 {
		t.Errorf("after a sync looked for are %+v", sent)
	}
	of, err := w.Store.Run(t.Context(), 1)
	w.Must(err)
	if c := w.onlyChange(of); c.State != store.StateWritten || c.AdditionID != found.ID {
		t.Errorf("what was sent is %s, line %d, want written, line %d", c.State, c.AdditionID, found.ID)
	}
	bound, err := w.Store.AgreementLines(t.Context(), a.ID)
	if w.Must(err); len(bound) != 1 || bound[0].AdditionID == found.ID {
		t.Errorf("bound is %+v, want the line of the seats alone", bound)
	}
	w.WantChanges(w.Sync(), "unchanged NP-BUS 5>5")
}
