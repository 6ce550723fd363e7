package run_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/connect"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

func TestSyncWritesWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Enterprise)

	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunDone)
	w.WantChanges(run, "written NP-BUS ->5", "written NP-ENT ->3")
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(b.ID, "NP-ENT 3")

	w.Sim.ResetRequests()
	again := w.Sync()
	w.WantChanges(again, "unchanged NP-BUS 5>5", "unchanged NP-ENT 3>3")
	if n := w.Writes(); n != 0 {
		t.Errorf("%d writes though nothing changed", n)
	}

	w.Join(acme, 2)
	w.Sim.ResetRequests()
	third := w.Sync()
	w.WantChanges(third, "written NP-BUS 5>7", "unchanged NP-ENT 3>3")
	if n := w.Writes(); n != 1 {
		t.Errorf("%d writes for one change", n)
	}
	w.WantLive(a.ID, "NP-BUS 7")
}

func TestUnmapLeavesTheLineAndMappingAgainAdoptsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	w.Join(acme, 1)
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(a.ID, "NP-BUS 5")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, acme.ID))
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 6")
}

func TestUpgradeMovesTheSeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	acme.Plan = store.Enterprise
	w.Must(w.Store.UpdateOrganization(t.Context(), acme, w.Time()))
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 0", "NP-ENT 5")
}

// TestWhatGrowsIsWrittenFirst, so that seats which move are billed by one of the two lines at least.
func TestWhatGrowsIsWrittenFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	acme.Plan = store.Enterprise
	w.Must(w.Store.UpdateOrganization(t.Context(), acme, w.Time()))
	w.Sim.ResetRequests()
	w.Sync()
	if got := w.asked(); !slices.Equal(got, []string{"POST lines", "PATCH line"}) {
		t.Errorf("asked was %q", got)
	}
	w.WantLive(a.ID, "NP-BUS 0", "NP-ENT 5")
}

func TestSeveralOrganizationsOnOneAgreementAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	branch := w.Organization("Acme Branch", 3, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, branch.ID))
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 8")
}

func TestAdoptsTheLineThatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("9")})
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS 9>5")
	w.Approve(w.HeldIDs(run))
	w.WantChanges(run, "written NP-BUS 9>5")
	w.WantLive(a.ID, "NP-BUS 5")
}

func TestConflictIsNeverGuessed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("2")})
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3")})
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantChanges(run, "conflict NP-BUS ->5")
	w.WantLive(a.ID, "NP-BUS 2", "NP-BUS 3")
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w *world, a cwsim.Agreement){
		"cancelled agreement": func(w *world, a cwsim.Agreement) { w.Sim.CancelAgreement(a.ID, moment.At("2026-10-01")) },
		"ended agreement": func(w *world, a cwsim.Agreement) {
			w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.End = moment.At("2026-10-19") })
		},
		"agreement gone":   func(w *world, a cwsim.Agreement) { w.Sim.RemoveAgreement(a.ID) },
		"company deleted":  func(w *world, a cwsim.Agreement) { w.Sim.DeleteCompany(a.CompanyID) },
		"product inactive": func(w *world, a cwsim.Agreement) { w.Sim.SetInactive(w.Business.ID, true) },
		"product gone":     func(w *world, a cwsim.Agreement) { w.Sim.RemoveCatalogItem(w.Business.ID) },
	}
	for name, breakIt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, a := w.Mapped("Acme", 5, store.Business)
			_, other := w.Mapped("Beta", 2, store.Enterprise)
			breakIt(w, a)
			w.Sim.ResetRequests()
			run := w.Sync()
			billingtest.WantStatus(t, run, store.RunIncomplete)
			w.WantChanges(run, "blocked NP-BUS ->5", "written NP-ENT ->2")
			w.WantLive(other.ID, "NP-ENT 2")
			if n := w.Writes(); n != 1 {
				t.Errorf("%d writes, want one", n)
			}
		})
	}
}

func TestUnknownUsageIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.SetTime("2026-11-05 00:00")
	late, err := w.Store.CreateOrganization(t.Context(), store.Organization{Name: "Late", Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: w.Time()})
	w.Must(err)
	w.Join(late, 3)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, late.ID))
	run, err := w.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunManual, Period: seats.WholeMonth("2026-10")})
	w.Must(err)
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantChanges(run, "skipped NP-BUS ->-")
	w.WantLive(a.ID, "NP-BUS 5")
}

func TestPreviewWritesNothingAndApplyWritesExactlyIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	w.Sync()
	w.Join(acme, 1)
	beta, _, err := w.Store.Organizations(t.Context(), store.OrganizationFilter{Search: "Beta"})
	w.Must(err)
	w.Join(beta[0].Organization, 4)
	w.Sim.ResetRequests()
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	billingtest.WantStatus(t, preview, store.RunPlanned)
	w.WantChanges(preview, "planned NP-BUS 5>6", "planned NP-BUS 3>7")
	if n := w.Writes(); n != 0 {
		t.Errorf("a preview made %d writes", n)
	}

	w.Join(acme, 10) // after the preview: not part of it
	w.Sim.SetQuantity(b.ID, w.Sim.Additions(b.ID)[0].ID, "4", "someone")
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID))
	w.Work.Wait()
	run, err := w.Store.Run(t.Context(), preview.ID)
	w.Must(err)
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantChanges(run, "written NP-BUS 5>6", "stale NP-BUS 3>7")
	w.WantLive(a.ID, "NP-BUS 6")
	w.WantLive(b.ID, "NP-BUS 4")
	var invalid *problem.Invalid
	if err := w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID); !errors.As(err, &invalid) {
		t.Errorf("applying twice: %v, want it refused", err)
	}
}

func TestANewPreviewReplacesTheOneThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	first, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.Join(acme, 1)
	second, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	first, err = w.Store.Run(t.Context(), first.ID)
	w.Must(err)
	billingtest.WantStatus(t, first, store.RunDiscarded)
	w.WantChanges(first, "cancelled NP-BUS ->5")
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), second.ID))
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 6")
}

func TestApplyWritesNothingThatWasNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.WantChanges(preview, "planned NP-BUS ->5")
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Enterprise.ID, Quantity: plantest.Quantity("7")})
	w.Join(store.Organization{ID: organizationID(w, "Acme")}, 1)
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID))
	w.Work.Wait()
	w.WantChanges(preview, "written NP-BUS ->5")
	w.WantLive(a.ID, "NP-ENT 7", "NP-BUS 5")
}

func TestAnAgreementThatCannotBeReadIsNeverGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 0, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.HTML503, Path: "/finance/agreements/*/additions"})
	billingtest.WantStatus(t, w.Sync(), store.RunIncomplete)
}

func TestASuccessfulSyncKeepsTheMissingRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	w.Sim.Revoke(cwsim.ProductCatalog, cwsim.Add)
	w.Connect()
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	c, err := w.Connection.Current(t.Context())
	w.Must(err)
	if c.State != connect.Failing || !strings.Contains(c.Problem.What, "Product Catalog – Add") {
		t.Errorf("connection %s, %q; want the missing right named", c.State, c.Problem.What)
	}
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.Must(w.Runs.Discard(t.Context(), billingtest.Admin(), preview.ID))
	run, err := w.Store.Run(t.Context(), preview.ID)
	w.Must(err)
	billingtest.WantStatus(t, run, store.RunDiscarded)
	w.WantLive(a.ID)
}

func TestHandEditIsHeldIfSoSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	settings, err := w.Store.Settings(t.Context())
	w.Must(err)
	settings.HandEdits = store.Hold
	w.Must(w.Store.UpdateSettings(t.Context(), settings))
	w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "8", "someone")
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantChanges(run, "held NP-BUS 8>5")
	w.WantLive(a.ID, "NP-BUS 8")
}

func TestRemappingTheProductMovesTheLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	renamed := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS-2", Description: "NordPass Business, new"})
	w.Must(w.Mapping.ConfirmMapping(t.Context(), billingtest.Admin(), map[store.Plan]int{store.Business: renamed.ID, store.Enterprise: w.Enterprise.ID}, false))
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(a.ID, "NP-BUS 0", "NP-BUS-2 5")
}

// TestFaultsOnWrites: whatever happens to a write, nothing is doubled, and what the run says is so.
func TestFaultsOnWrites(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault  cwsim.Fault
		status store.RunStatus
		live   []string // open additions of Acme, which had none, and Beta, which had 3
	}{
		{cwsim.Fault{Kind: cwsim.DropAfter, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.DropBefore, Method: "POST", Times: 1}, store.RunIncomplete, []string{"", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.HalfBody, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.TruncatedJSON, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.HTML503, Method: "POST", Times: 1}, store.RunIncomplete, []string{"", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.Timeout500, Method: "POST", Times: 1}, store.RunIncomplete, []string{"", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.DropBefore, Method: "POST"}, store.RunIncomplete, []string{"", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.RateLimited, Method: "POST", Times: 2, Wait: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.Converting500, Method: "POST", Times: 1}, store.RunIncomplete, []string{"", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.PeriodInvoiced, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.DropAfter, Method: "PATCH", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.DropBefore, Method: "PATCH", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.DropAfter, Method: "PATCH"}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.DropBefore, Method: "PATCH"}, store.RunIncomplete, []string{"NP-BUS 5", "NP-BUS 3"}},
		{cwsim.Fault{Kind: cwsim.PatchIgnored, Method: "PATCH"}, store.RunIncomplete, []string{"NP-BUS 5", "NP-BUS 3"}},
		{cwsim.Fault{Kind: cwsim.Unauthorized, Method: "PATCH"}, store.RunFailed, nil},
		{cwsim.Fault{Kind: cwsim.HTML503, Method: "GET", Path: "/finance/agreements/*/additions", Times: 2}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.NotFound, Method: "GET", Path: "/finance/agreements/*/additions"}, store.RunFailed, []string{"", "NP-BUS 3"}},
		{cwsim.Fault{Kind: cwsim.Lag, Method: "GET"}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
	}
	for _, tt := range tests {
		name := string(tt.fault.Kind) + " " + tt.fault.Method
		if tt.fault.Times == 0 {
			name += " always"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Trusting()
			_, acme := w.Mapped("Acme", 5, store.Business)
			_, beta := w.Mapped("Beta", 4, store.Business)
			w.Sim.AddAddition(cwsim.Addition{AgreementID: beta.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3")})
			w.SetTime("2026-10-20 12:05:00") // lists show the agreements
			w.Sim.SetFaults(tt.fault)
			run := w.Sync()
			billingtest.WantStatus(t, run, tt.status)
			if tt.status == store.RunDone { // history tells what was done, however it was found out
				w.WantChanges(run, "written NP-BUS ->5", "written NP-BUS 3>4")
			}
			if tt.live != nil {
				got := []string{strings.Join(w.Live(acme.ID), " "), strings.Join(w.Live(beta.ID), " ")}
				if !slices.Equal(got, tt.live) {
					t.Errorf("open additions %q, want %q (changes %q)", got, tt.live, w.Changes(run))
				}
			}
			w.Sim.ClearFaults()
			billingtest.WantStatus(t, w.syncUntilSettled(), store.RunDone)
			w.WantLive(acme.ID, "NP-BUS 5")
			w.WantLive(beta.ID, "NP-BUS 4")
		})
	}
}

// syncUntilSettled syncs, and again an hour later: what was sent and is not there is created again then, and not before.
func (w *world) syncUntilSettled() store.Run {
	w.T.Helper()
	w.Sync()
	w.Clock.Add(int64(time.Hour))
	return w.Sync()
}

// TestListsThatLagBehind: a list that lacks the line written a minute ago does not make Seatbridge add another.
func TestListsThatLagBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Lag, Text: "all", Wait: time.Hour})
	w.Join(acme, 1)
	run := w.Sync()
	w.WantChanges(run, "written NP-BUS 5>6")
	w.WantLive(a.ID, "NP-BUS 6")
}

// TestKilledMidway ends a process at every request of a run and starts another on its database.
func TestKilledMidway(t *testing.T) {
	t.Parallel()
	organizations := soak.Size(3, 6)
	for cut := range 3*organizations + 4 {
		t.Run(fmt.Sprintf("at request %d", cut), func(t *testing.T) {
			t.Parallel()
			killMidway(t, organizations, cut)
		})
	}
}

func killMidway(t *testing.T, organizations, cut int) {
	w := newWorld(t)
	var agreements []cwsim.Agreement
	for i := range organizations {
		_, a := w.Mapped(string(rune('A'+i))+" Company", i+1, store.Business)
		agreements = append(agreements, a)
	}
	rooms := w.Billing
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, After: cut, Times: 1, Do: rooms.Work.Stop})
	_, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
	w.Must(err)
	rooms.Work.Wait()
	w.Must(w.Store.Close())
	w.Sim.ClearFaults()
	w.Open()
	w.Must(w.Runs.Resume(t.Context()))
	for i, a := range agreements {
		w.WantLive(a.ID, fmt.Sprintf("NP-BUS %d", i+1))
	}
	runs, total, err := w.Store.Runs(t.Context(), store.RunFilter{})
	w.Must(err)
	if total != 1 || runs[0].Status != store.RunDone {
		t.Errorf("%d runs, the last %s", total, runs[0].Status)
	}
	if runs[0].ResumedAt.IsZero() && cut < 3 { // a run cut at its end may be done already
		t.Error("the run does not say that it was cut off")
	}
	w.WantProcessed(runs[0].Run)
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	first, second := make(chan struct{}), make(chan struct{})
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Times: 1, Do: func() { close(first); <-second }})
	run, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
	w.Must(err)
	<-first
	w.Must(w.Store.SetIntegrationProblem(t.Context(), store.Problem{What: "It did not answer."}, w.Time()))
	if _, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false)); !errors.Is(err, problem.ErrRunning) {
		t.Errorf("a second run: %v, want ErrRunning", err)
	}
	other, err := store.Open(t.Context(), w.Path, make([]byte, 32))
	w.Must(err)
	defer other.Close()
	if _, err := other.LockSync(t.Context()); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second process: %v, want ErrLocked", err)
	}
	for what, ask := range map[string]func() error{
		"applying":   func() error { return w.Runs.Apply(t.Context(), billingtest.Admin(), run.ID) },
		"discarding": func() error { return w.Runs.Discard(t.Context(), billingtest.Admin(), run.ID) },
		"resuming":   func() error { return w.Runs.Resume(t.Context()) },
	} {
		if err := ask(); !errors.Is(err, problem.ErrRunning) {
			t.Errorf("%s meanwhile: %v, want ErrRunning", what, err)
		}
	}
	if err := w.Runs.Cancel(t.Context(), billingtest.Admin(), run.ID+1); invalidField(err) != "run" {
		t.Errorf("cancelling another run: %v", err)
	}
	w.Must(w.Runs.Cancel(t.Context(), billingtest.Admin(), run.ID))
	close(second)
	w.Work.Wait()
	ended, err := w.Store.Run(t.Context(), run.ID)
	w.Must(err)
	billingtest.WantStatus(t, ended, store.RunCancelled)
	if i, err := w.Store.Integration(t.Context()); err != nil || i.Problem.Zero() {
		t.Errorf("a run that was cancelled says of the connection that it works (%v)", err)
	}
	if n := w.entries("Cancelled run"); n != 1 {
		t.Errorf("the activity log says of %d runs that they were cancelled, want 1", n)
	}
	for _, id := range []int64{run.ID, 0} {
		if err := w.Runs.Cancel(t.Context(), billingtest.Admin(), id); invalidField(err) != "run" {
			t.Errorf("cancelling run %d when none is in progress: %v", id, err)
		}
	}
}

// entries counts the activity log's that begin with a word.
func (w *world) entries(begin string) (n int) {
	w.T.Helper()
	all, _, err := w.Store.Activities(w.T.Context(), store.ActivityFilter{})
	w.Must(err)
	for _, e := range all {
		if strings.HasPrefix(e.Action, begin) {
			n++
		}
	}
	return n
}

// TestWhatHasNotBegunIsNotSynced: a month that is to come is refused, and leaves the lock.
func TestWhatHasNotBegunIsNotSynced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	_, err := w.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunManual, Period: seats.Period{Month: "2026-11"}})
	if invalidField(err) != "month" || !strings.Contains(err.Error(), "has not begun yet") {
		t.Errorf("November on 20 October: %v", err)
	}
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
}

func TestMonthlyRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetTime("2026-10-20 12:00:00")
	acme, a := w.Mapped("Acme", 5, store.Business)
	kinds := func() (months []string) {
		runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunMonthly})
		w.Must(err)
		for _, r := range runs {
			months = append(months, string(r.Month.Start().Format("2006-01"))+" "+string(r.Status))
		}
		return months
	}
	want := func(when string, months ...string) {
		t.Helper()
		if diff := cmp.Diff(months, kinds()); diff != "" {
			t.Errorf("%s: monthly runs, latest first (-want +got):\n%s", when, diff)
		}
	}
	w.Must(w.Runs.RunDue(t.Context()))
	want("before the first is due")
	w.SetTime("2026-11-01 00:28:00")
	w.Must(w.Runs.RunDue(t.Context()))
	want("two minutes before")
	w.Join(acme, 1) // in November: not October's
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	want("due", "2026-10 done")
	w.WantLive(a.ID, "NP-BUS 6") // joined an hour before 00:28, on 31 October
	w.Must(w.Runs.RunDue(t.Context()))
	want("only once", "2026-10 done")

	w.SetTime("2027-02-03 09:00:00") // the process was down for three months
	w.Must(w.Runs.RunDue(t.Context()))
	want("the newest alone goes on the lines", "2027-01 done", "2026-10 done")
}

func TestMonthlyRunThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	w.SetTime("2026-11-01 00:30:00")
	if err := w.Runs.RunDue(t.Context()); err == nil {
		t.Error("a failed sync was not reported")
	}
	w.Sim.ClearFaults()
	w.Must(w.Runs.RunDue(t.Context()))
	w.WantLive(a.ID) // too early for another try
	w.SetTime("2026-11-01 01:35:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.WantLive(a.ID, "NP-BUS 5")
}
