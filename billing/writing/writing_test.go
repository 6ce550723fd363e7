package writing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/books"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// comparing is a world that chose to compare first, with a company that people bill 7 seats by hand and that owes 5, and one that they
// do not bill.
func comparing(t *testing.T) (w *billingtest.World, acme, beta cwsim.Agreement) {
	t.Helper()
	w = billingtest.Empty(t)
	w.Connect()
	w.Business = w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS"})
	w.Enterprise = w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-ENT"})
	w.Must(w.Mapping.ConfirmMapping(t.Context(), billingtest.Admin(), map[store.Plan]int{
		store.Business: w.Business.ID, store.Enterprise: w.Enterprise.ID,
	}, true))
	acme, beta = w.Company("Acme"), w.Company("Beta")
	w.Sim.AddAddition(cwsim.Addition{AgreementID: acme.ID, ProductID: w.Business.ID, Quantity: seven})
	w.ImportAll()
	for i, a := range []cwsim.Agreement{acme, beta} {
		o := w.Organization([]string{"Acme", "Beta"}[i], 5, store.Business)
		w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
	}
	w.Sim.ResetRequests()
	return w, acme, beta
}

func wantNoWrites(t *testing.T, w *billingtest.World) {
	t.Helper()
	if n := w.Writes(); n != 0 {
		t.Errorf("%d requests wrote to ConnectWise", n)
	}
}

// wantRefused fails unless something is refused because Seatbridge only compares.
func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	var invalid *problem.Invalid
	if !errors.As(err, &invalid) || !strings.Contains(invalid.Sentence(), "Seatbridge only compares") {
		t.Errorf("%s: %v", what, err)
	}
}

// TestPauseNeedsProducts: before the products are mapped there is nothing to pause, and a pause does not answer beforehand what is asked
// when they are.
func TestPauseNeedsProducts(t *testing.T) {
	t.Parallel()
	w := billingtest.Empty(t)
	for _, want := range []error{problem.ErrNotConnected, problem.ErrNotActive} {
		if err := w.Writing.Pause(t.Context(), billingtest.Admin()); !errors.Is(err, want) {
			t.Errorf("pausing: %v, want %v", err, want)
		}
		if errors.Is(want, problem.ErrNotConnected) {
			w.Connect()
		}
	}
	w.MapProducts()
	now, err := w.Writing.Comparing(t.Context())
	w.Must(err)
	if now.On() {
		t.Errorf("it compares since %s, though writing at once was chosen", now.Since)
	}
}

// TestComparesAMonth: what is asked for and what is due is compared, and nothing is written, by the simulator's journal.
func TestComparesAMonth(t *testing.T) {
	t.Parallel()
	w, acme, _ := comparing(t)
	asked := w.Sync()
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	due, err := w.Store.LastRun(t.Context(), store.RunMonthly, "2026-10")
	w.Must(err)
	for _, r := range []store.Run{asked, due} {
		billingtest.WantStatus(t, r, store.RunDone)
		if !r.Compares || !r.Preview {
			t.Errorf("run %d is none that compares: %+v", r.ID, r)
		}
	}
	w.WantChanges(due, "planned NP-BUS 7>5", "planned NP-BUS ->5")
	wantNoWrites(t, w)
	w.WantLive(acme.ID, "NP-BUS 7")

	w.SetTime("2026-11-01 02:30:00")
	m, err := w.Runs.Due(t.Context())
	if err != nil || m != "" {
		t.Errorf("%s is compared again (%v)", m, err)
	}
	missed, err := w.Runs.Months().Missed(t.Context())
	if err != nil || len(missed) != 0 {
		t.Errorf("missed are %+v (%v), though it was compared", missed, err)
	}
	held, err := w.Store.CountHeld(t.Context())
	if err != nil || held != 0 {
		t.Errorf("%d changes wait for approval, though nobody may write them (%v)", held, err)
	}
}

// TestBooksOfAComparedMonth show what people billed by hand beside what was due, and why nothing was written.
func TestBooksOfAComparedMonth(t *testing.T) {
	t.Parallel()
	w, _, _ := comparing(t)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.Must(w.Books.Refresh(t.Context()))
	rows, _, err := w.Books.Rows(t.Context(), store.MonthRowFilter{Month: "2026-10"})
	w.Must(err)
	var got []string
	for _, r := range rows {
		got = append(got, strings.Join([]string{r.Organization, r.Due.Decimal.String(), r.Billed.Decimal.String(), r.Difference.Decimal.String(), r.Reason}, "; "))
	}
	const why = "October 2026 was only compared, on 1 November 2026 at 00:30 UTC: nothing was written."
	want := []string{"Acme; 5; 7; -2; " + why, "Beta; 5; 0; 5; " + why}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestWhatElseWrites is refused while Seatbridge only compares.
func TestWhatElseWrites(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := billingtest.New(t)
	o, agreement := w.Mapped("Acme", 5, store.Business)
	beta, betas := w.Mapped("Beta", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: betas.ID, ProductID: w.Business.ID, Quantity: seven})
	first := w.Sync()
	held := w.HeldIDs(first)
	if len(held) != 1 {
		t.Fatalf("held are %v", w.Changes(first))
	}
	undo, err := w.Runs.Undo(ctx, billingtest.Admin(), first.ID)
	w.Must(err)
	w.Work.Wait()
	w.Must(w.Writing.Pause(ctx, billingtest.Admin()))
	w.Sim.ResetRequests()

	_, err = w.Runs.Approve(ctx, billingtest.Admin(), held)
	wantRefused(t, "approving", err)
	_, err = w.Runs.Retry(ctx, billingtest.Admin(), first.ID)
	wantRefused(t, "retrying", err)
	wantRefused(t, "applying an undo", w.Runs.Apply(ctx, billingtest.Admin(), undo.ID))
	wantRefused(t, "unmapping to 0", w.Mapping.Unmap(ctx, billingtest.Admin(), o.ID, true))
	_, err = w.Runs.Start(ctx, billingtest.Admin(), run.Request{Kind: store.RunRelease, Period: seats.ToDate(w.Time()), Agreement: agreement.ID})
	wantRefused(t, "a release", err)
	w.SetTime("2026-11-02 08:00:00")
	_, err = w.Books.WriteAgain(ctx, billingtest.Admin(), books.Settling{
		Month: "2026-10", Rows: []store.RowKey{{OrganizationID: beta.ID, Plan: store.Business}},
	})
	wantRefused(t, "writing a month again", err)
	w.Must(w.Runs.Resume(ctx))
	w.Must(w.Runs.LookForSent(ctx))
	w.Must(w.Runs.Months().Complete(ctx))
	wantNoWrites(t, w)
	if m, err := w.Store.Mapping(ctx, o.ID); err != nil || m.AgreementID != agreement.ID {
		t.Errorf("the organization was unmapped all the same (%v)", err)
	}
	if err := w.Writing.Pause(ctx, billingtest.Admin()); err == nil {
		t.Error("writing was paused twice")
	}
}

// TestPausedWhileASyncRuns: the change in hand is written, and what was not begun is left alone.
func TestPausedWhileASyncRuns(t *testing.T) {
	t.Parallel()
	w := billingtest.New(t)
	o, agreement := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Join(o, 3)
	w.Must(w.Store.UpdateOrganization(t.Context(), func() store.Organization { o.Plan = store.Enterprise; return o }(), w.Time()))
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "POST", Path: "/finance/agreements/*/additions", Times: 1, Do: func() {
		w.Must(w.Writing.Pause(t.Context(), billingtest.Admin()))
	}})
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantChanges(run, "stale NP-BUS 5>0", "written NP-ENT ->8")
	w.WantLive(agreement.ID, "NP-BUS 5", "NP-ENT 8")
}

// TestSwitchedOn writes by itself only what falls due afterwards.
func TestSwitchedOn(t *testing.T) {
	t.Parallel()
	w, acme, _ := comparing(t)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.SetTime("2026-11-03 09:00:00")
	w.Must(w.Writing.On(t.Context(), billingtest.Admin()))
	w.Must(w.Runs.RunDue(t.Context()))
	wantNoWrites(t, w)
	if err := w.Writing.On(t.Context(), billingtest.Admin()); err == nil {
		t.Error("writing was switched on twice")
	}
	w.Trusting()
	w.SetTime("2026-12-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.WantLive(acme.ID, "NP-BUS 5")
}

// TestSwitchedOnWithAPreview writes what was shown and ticked, in the same deed: where the preview cannot be written, nothing is
// switched on.
func TestSwitchedOnWithAPreview(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w, acme, beta := comparing(t)
	preview, err := w.Runs.Start(ctx, billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.Work.Wait()
	if preview.Compares {
		t.Fatal("a preview that somebody asks for can be written")
	}
	wantRefused(t, "applying", w.Runs.Apply(ctx, billingtest.Admin(), preview.ID))
	release, err := w.Store.LockSync(ctx)
	w.Must(err)
	if err := w.Writing.OnWith(ctx, billingtest.Admin(), preview.ID); !errors.Is(err, problem.ErrRunning) {
		t.Errorf("switched on beside another run: %v", err)
	}
	release()
	if c, err := w.Writing.Comparing(ctx); err != nil || !c.On() {
		t.Fatalf("comparing ended without its first writes (%v)", err)
	}
	wantNoWrites(t, w)

	w.Must(w.Writing.OnWith(ctx, billingtest.Admin(), preview.ID, w.HeldIDs(preview)...))
	w.Work.Wait()
	w.WantLive(acme.ID, "NP-BUS 5")
	w.WantLive(beta.ID, "NP-BUS 5")
	all, err := store.ComparingsIn(w.Store).All(ctx)
	w.Must(err)
	if len(all) != 1 || all[0].On() || all[0].EndedBy != billingtest.Admin().Name {
		t.Errorf("the pauses are %+v", all)
	}
}

// TestAComparisonStays as it was when a later sync plans its lines anew, or the connection goes.
func TestAComparisonStays(t *testing.T) {
	t.Parallel()
	w, _, _ := comparing(t)
	w.Set(func(s *store.Settings) { s.Holds.First = true })
	compared := w.Sync()
	before := w.Changes(compared)
	w.Must(w.Writing.On(t.Context(), billingtest.Admin()))
	w.Sync()
	w.Must(w.Disconnect(t.Context(), billingtest.Admin()))
	if diff := cmp.Diff(before, w.Changes(compared)); diff != "" {
		t.Error(diff)
	}
	if c, err := w.Writing.Comparing(t.Context()); err != nil || c.On() {
		t.Errorf("without a connection it compares (%v)", err)
	}
}

// TestAComparisonThatFails is tried again, and so is one that the server was down for.
func TestAComparisonThatFails(t *testing.T) {
	t.Parallel()
	w, _, _ := comparing(t)
	w.SetTime("2026-11-03 10:00:00") // down since October
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.HTML503})
	if err := w.Runs.RunDue(t.Context()); err == nil {
		t.Error("it did not fail")
	}
	w.Sim.ClearFaults()
	w.SetTime("2026-11-03 11:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	last, err := w.Store.LastRun(t.Context(), store.RunMonthly, "2026-10")
	w.Must(err)
	billingtest.WantStatus(t, last, store.RunDone)
	wantNoWrites(t, w)
}

// seven are the seats that people bill by hand.
var seven = decimal.NewFromInt(7)

// TestNothingOlderIsWrittenByItself: what a month lacked for want of a figure before writing was paused is left to people afterwards, and
// so is a month that fell due in the pause and that nobody compared.
func TestNothingOlderIsWrittenByItself(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := billingtest.New(t)
	w.Mapped("Acme", 5, store.Business)
	gamma, agreement := w.Mapped("Gamma", 0, store.Business)
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(ctx))
	w.SetTime("2026-11-05 10:00:00")
	w.Must(w.Writing.Pause(ctx, billingtest.Admin()))
	w.JoinAt(gamma, "2026-10-20 13:00:00")
	w.SetTime("2026-11-20 10:00:00")
	w.Must(w.Writing.On(ctx, billingtest.Admin()))
	w.Sim.ResetRequests()
	w.Must(w.Runs.RunDue(ctx))
	w.Must(w.Runs.Months().Complete(ctx))
	w.Must(w.Runs.LookForSent(ctx))
	wantNoWrites(t, w)
	w.WantLive(agreement.ID)

	w.SetTime("2026-11-30 18:00:00")
	w.Must(w.Writing.Pause(ctx, billingtest.Admin()))
	w.SetTime("2026-12-01 08:00:00")
	w.Must(w.Writing.On(ctx, billingtest.Admin()))
	w.Must(w.Runs.RunDue(ctx))
	wantNoWrites(t, w)
	missed, err := w.Runs.Months().Missed(ctx)
	w.Must(err)
	if len(missed) != 1 || missed[0].Month != "2026-11" || !missed[0].Paused {
		t.Errorf("missed are %+v, though nobody compared November", missed)
	}
}

// TestOnePreviewedAgreement does not switch writing on for all.
func TestOnePreviewedAgreement(t *testing.T) {
	t.Parallel()
	w, acme, _ := comparing(t)
	r := w.Runs.SyncNow(true)
	r.Agreement = acme.ID
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), r)
	w.Must(err)
	if err := w.Writing.OnWith(t.Context(), billingtest.Admin(), preview.ID); err == nil {
		t.Error("the first writes of all were not looked at")
	}
	wantNoWrites(t, w)
}
