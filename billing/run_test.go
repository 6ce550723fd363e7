package billing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

func TestSyncWritesWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	_, b := w.mapped("Beta", 3, store.Enterprise)

	run := w.sync()
	wantStatus(t, run, store.RunDone)
	w.wantChanges(run, "written NP-BUS ->5", "written NP-ENT ->3")
	w.wantLive(a.ID, "NP-BUS 5")
	w.wantLive(b.ID, "NP-ENT 3")

	w.sim.ResetRequests()
	again := w.sync()
	w.wantChanges(again, "unchanged NP-BUS 5>5", "unchanged NP-ENT 3>3")
	if n := w.writes(); n != 0 {
		t.Errorf("%d writes though nothing changed", n)
	}

	w.join(acme, 2)
	w.sim.ResetRequests()
	third := w.sync()
	w.wantChanges(third, "written NP-BUS 5>7", "unchanged NP-ENT 3>3")
	if n := w.writes(); n != 1 {
		t.Errorf("%d writes for one change", n)
	}
	w.wantLive(a.ID, "NP-BUS 7")
}

func TestUnmapLeavesTheLineAndMappingAgainAdoptsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.must(w.Mapping.Unmap(t.Context(), admin(), acme.ID, false))
	w.join(acme, 1)
	wantStatus(t, w.sync(), store.RunDone)
	w.wantLive(a.ID, "NP-BUS 5")
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, acme.ID))
	w.sync()
	w.wantLive(a.ID, "NP-BUS 6")
}

func TestUpgradeMovesTheSeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	acme.Plan = store.Enterprise
	w.must(w.store.UpdateOrganization(t.Context(), acme, w.time()))
	w.sync()
	w.wantLive(a.ID, "NP-BUS 0", "NP-ENT 5")
}

func TestSeveralOrganizationsOnOneAgreementAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	branch := w.organization("Acme Branch", 3, store.Business)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, branch.ID))
	w.sync()
	w.wantLive(a.ID, "NP-BUS 8")
}

func TestAdoptsTheLineThatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("9")})
	w.wantChanges(w.sync(), "written NP-BUS 9>5")
	w.wantLive(a.ID, "NP-BUS 5")
}

func TestConflictIsNeverGuessed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("2")})
	w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("3")})
	run := w.sync()
	wantStatus(t, run, store.RunIncomplete)
	w.wantChanges(run, "conflict NP-BUS ->5")
	w.wantLive(a.ID, "NP-BUS 2", "NP-BUS 3")
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w *world, a cwsim.Agreement){
		"cancelled agreement": func(w *world, a cwsim.Agreement) { w.sim.CancelAgreement(a.ID, moment.At("2026-10-01")) },
		"ended agreement": func(w *world, a cwsim.Agreement) {
			w.sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.End = moment.At("2026-10-19") })
		},
		"agreement gone":   func(w *world, a cwsim.Agreement) { w.sim.RemoveAgreement(a.ID) },
		"company deleted":  func(w *world, a cwsim.Agreement) { w.sim.DeleteCompany(a.CompanyID) },
		"product inactive": func(w *world, a cwsim.Agreement) { w.sim.SetInactive(w.business.ID, true) },
		"product gone":     func(w *world, a cwsim.Agreement) { w.sim.RemoveCatalogItem(w.business.ID) },
	}
	for name, breakIt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, a := w.mapped("Acme", 5, store.Business)
			_, other := w.mapped("Beta", 2, store.Enterprise)
			breakIt(w, a)
			w.sim.ResetRequests()
			run := w.sync()
			wantStatus(t, run, store.RunIncomplete)
			w.wantChanges(run, "blocked NP-BUS ->5", "written NP-ENT ->2")
			w.wantLive(other.ID, "NP-ENT 2")
			if n := w.writes(); n != 1 {
				t.Errorf("%d writes, want one", n)
			}
		})
	}
}

func TestUnknownUsageIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.setTime("2026-11-05 00:00")
	late, err := w.store.CreateOrganization(t.Context(), store.Organization{Name: "Late", Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: w.time()})
	w.must(err)
	w.join(late, 3)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, late.ID))
	run, err := w.Runs.Run(t.Context(), admin(), Request{Kind: store.RunManual, Period: seats.WholeMonth("2026-10")})
	w.must(err)
	wantStatus(t, run, store.RunIncomplete)
	w.wantChanges(run, "skipped NP-BUS ->-")
	w.wantLive(a.ID, "NP-BUS 5")
}

func TestPreviewWritesNothingAndApplyWritesExactlyIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	_, b := w.mapped("Beta", 3, store.Business)
	w.sync()
	w.join(acme, 1)
	beta, _, err := w.store.Organizations(t.Context(), store.OrganizationFilter{Search: "Beta"})
	w.must(err)
	w.join(beta[0].Organization, 4)
	w.sim.ResetRequests()
	preview, err := w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(true))
	w.must(err)
	wantStatus(t, preview, store.RunPlanned)
	w.wantChanges(preview, "planned NP-BUS 5>6", "planned NP-BUS 3>7")
	if n := w.writes(); n != 0 {
		t.Errorf("a preview made %d writes", n)
	}

	w.join(acme, 10) // after the preview: not part of it
	w.sim.SetQuantity(b.ID, w.sim.Additions(b.ID)[0].ID, "4", "someone")
	w.must(w.Runs.Apply(t.Context(), admin(), preview.ID))
	w.work.Wait()
	run, err := w.store.Run(t.Context(), preview.ID)
	w.must(err)
	wantStatus(t, run, store.RunIncomplete)
	w.wantChanges(run, "written NP-BUS 5>6", "stale NP-BUS 3>7")
	w.wantLive(a.ID, "NP-BUS 6")
	w.wantLive(b.ID, "NP-BUS 4")
	var invalid *problem.Invalid
	if err := w.Runs.Apply(t.Context(), admin(), preview.ID); !errors.As(err, &invalid) {
		t.Errorf("applying twice: %v, want it refused", err)
	}
}

func TestANewPreviewReplacesTheOneThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	first, err := w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(true))
	w.must(err)
	w.join(acme, 1)
	second, err := w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(true))
	w.must(err)
	first, err = w.store.Run(t.Context(), first.ID)
	w.must(err)
	wantStatus(t, first, store.RunDiscarded)
	w.wantChanges(first, "cancelled NP-BUS ->5")
	w.must(w.Runs.Apply(t.Context(), admin(), second.ID))
	w.work.Wait()
	w.wantLive(a.ID, "NP-BUS 6")
}

func TestApplyWritesNothingThatWasNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(true))
	w.must(err)
	w.wantChanges(preview, "planned NP-BUS ->5")
	w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.enterprise.ID, Quantity: plantest.Quantity("7")})
	w.must(w.Runs.Apply(t.Context(), admin(), preview.ID))
	w.work.Wait()
	w.wantChanges(preview, "written NP-BUS ->5")
	w.wantLive(a.ID, "NP-ENT 7", "NP-BUS 5")
}

func TestAnAgreementThatCannotBeReadIsNeverGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapped("Acme", 0, store.Business)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.HTML503, Path: "/finance/agreements/*/additions"})
	wantStatus(t, w.sync(), store.RunIncomplete)
}

func TestASuccessfulSyncKeepsTheMissingRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapped("Acme", 5, store.Business)
	w.sim.Revoke(cwsim.ProductCatalog, cwsim.Add)
	w.connect()
	wantStatus(t, w.sync(), store.RunDone)
	c, err := w.Connection.Connection(t.Context())
	w.must(err)
	if c.State != Failing || !strings.Contains(c.Problem.What, "Product Catalog – Add") {
		t.Errorf("connection %s, %q; want the missing right named", c.State, c.Problem.What)
	}
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(true))
	w.must(err)
	w.must(w.Runs.Discard(t.Context(), admin(), preview.ID))
	run, err := w.store.Run(t.Context(), preview.ID)
	w.must(err)
	wantStatus(t, run, store.RunDiscarded)
	w.wantLive(a.ID)
}

func TestHandEditIsHeldIfSoSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	settings, err := w.store.Settings(t.Context())
	w.must(err)
	settings.HandEdits = store.Hold
	w.must(w.store.UpdateSettings(t.Context(), settings))
	w.sim.SetQuantity(a.ID, w.sim.Additions(a.ID)[0].ID, "8", "someone")
	run := w.sync()
	wantStatus(t, run, store.RunIncomplete)
	w.wantChanges(run, "held NP-BUS 8>5")
	w.wantLive(a.ID, "NP-BUS 8")
}

func TestRemappingTheProductMovesTheLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	renamed := w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-BUS-2", Description: "NordPass Business, new"})
	w.must(w.Mapping.ConfirmMapping(t.Context(), admin(), map[store.Plan]int{store.Business: renamed.ID, store.Enterprise: w.enterprise.ID}))
	wantStatus(t, w.sync(), store.RunDone)
	w.wantLive(a.ID, "NP-BUS 0", "NP-BUS-2 5")
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
		{cwsim.Fault{Kind: cwsim.DropBefore, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.HalfBody, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.TruncatedJSON, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.HTML503, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
		{cwsim.Fault{Kind: cwsim.Timeout500, Method: "POST", Times: 1}, store.RunDone, []string{"NP-BUS 5", "NP-BUS 4"}},
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
		{cwsim.Fault{Kind: cwsim.NotFound, Method: "GET", Path: "/finance/agreements/*/additions"}, store.RunIncomplete, []string{"", "NP-BUS 3"}},
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
			_, acme := w.mapped("Acme", 5, store.Business)
			_, beta := w.mapped("Beta", 4, store.Business)
			w.sim.AddAddition(cwsim.Addition{AgreementID: beta.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("3")})
			w.sim.SetFaults(tt.fault)
			run := w.sync()
			wantStatus(t, run, tt.status)
			if tt.status == store.RunDone { // history tells what was done, however it was found out
				w.wantChanges(run, "written NP-BUS ->5", "written NP-BUS 3>4")
			}
			if tt.live != nil {
				got := []string{strings.Join(w.live(acme.ID), " "), strings.Join(w.live(beta.ID), " ")}
				if !slices.Equal(got, tt.live) {
					t.Errorf("open additions %q, want %q (changes %q)", got, tt.live, w.changes(run))
				}
			}
			w.sim.ClearFaults()
			wantStatus(t, w.sync(), store.RunDone)
			w.wantLive(acme.ID, "NP-BUS 5")
			w.wantLive(beta.ID, "NP-BUS 4")
		})
	}
}

// TestListsThatLagBehind: a list that lacks the line written a minute ago does not make Seatbridge add another.
func TestListsThatLagBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Lag, Text: "all", Wait: time.Hour})
	w.join(acme, 1)
	run := w.sync()
	w.wantChanges(run, "written NP-BUS 5>6")
	w.wantLive(a.ID, "NP-BUS 6")
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
		_, a := w.mapped(string(rune('A'+i))+" Company", i+1, store.Business)
		agreements = append(agreements, a)
	}
	rooms := w.Billing
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, After: cut, Times: 1, Do: rooms.work.Stop})
	_, err := w.Runs.Start(t.Context(), admin(), w.Runs.SyncNow(false))
	w.must(err)
	rooms.work.Wait()
	w.must(w.store.Close())
	w.sim.ClearFaults()
	w.open()
	w.must(w.Runs.Resume(t.Context()))
	for i, a := range agreements {
		w.wantLive(a.ID, fmt.Sprintf("NP-BUS %d", i+1))
	}
	runs, total, err := w.store.Runs(t.Context(), store.RunFilter{})
	w.must(err)
	if total != 1 || runs[0].Status != store.RunDone {
		t.Errorf("%d runs, the last %s", total, runs[0].Status)
	}
	if runs[0].ResumedAt.IsZero() && cut < 3 { // a run cut at its end may be done already
		t.Error("the run does not say that it was cut off")
	}
	w.wantProcessed(runs[0].Run)
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapped("Acme", 5, store.Business)
	first, second := make(chan struct{}), make(chan struct{})
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Times: 1, Do: func() { close(first); <-second }})
	run, err := w.Runs.Start(t.Context(), admin(), w.Runs.SyncNow(false))
	w.must(err)
	<-first
	if _, err := w.Runs.Start(t.Context(), admin(), w.Runs.SyncNow(false)); !errors.Is(err, problem.ErrRunning) {
		t.Errorf("a second run: %v, want ErrRunning", err)
	}
	other, err := store.Open(t.Context(), w.path, make([]byte, 32))
	w.must(err)
	defer other.Close()
	if _, err := other.LockSync(t.Context()); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second process: %v, want ErrLocked", err)
	}
	w.must(w.Runs.Cancel(t.Context(), admin(), run.ID))
	close(second)
	w.work.Wait()
	ended, err := w.store.Run(t.Context(), run.ID)
	w.must(err)
	wantStatus(t, ended, store.RunCancelled)
}

func TestMonthlyRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.setTime("2026-10-20 12:00:00")
	acme, a := w.mapped("Acme", 5, store.Business)
	kinds := func() (months []string) {
		runs, _, err := w.store.Runs(t.Context(), store.RunFilter{Kind: store.RunMonthly})
		w.must(err)
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
	w.must(w.Runs.RunDue(t.Context()))
	want("before the first is due")
	w.setTime("2026-11-01 00:28:00")
	w.must(w.Runs.RunDue(t.Context()))
	want("two minutes before")
	w.join(acme, 1) // in November: not October's
	w.setTime("2026-11-01 00:30:00")
	w.must(w.Runs.RunDue(t.Context()))
	want("due", "2026-10 done")
	w.wantLive(a.ID, "NP-BUS 6") // joined an hour before 00:28, on 31 October
	w.must(w.Runs.RunDue(t.Context()))
	want("only once", "2026-10 done")

	w.setTime("2027-02-03 09:00:00") // the process was down for three months
	w.must(w.Runs.RunDue(t.Context()))
	want("made up in order", "2027-01 done", "2026-12 done", "2026-11 done", "2026-10 done")
}

func TestMonthlyRunThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	w.setTime("2026-11-01 00:30:00")
	if err := w.Runs.RunDue(t.Context()); err == nil {
		t.Error("a failed sync was not reported")
	}
	w.sim.ClearFaults()
	w.must(w.Runs.RunDue(t.Context()))
	w.wantLive(a.ID) // too early for another try
	w.setTime("2026-11-01 01:35:00")
	w.must(w.Runs.RunDue(t.Context()))
	w.wantLive(a.ID, "NP-BUS 5")
}
