package billing

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"

	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// Each of these was once a way to a wrong invoice, or to a green state over one. The comment says what went
// wrong; the test, that it does not any more.

// Unmap to zero that fails after the run was written down
func TestUnmapThatFailsLeavesNoReleaseBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	db, err := sql.Open("sqlite3", w.path)
	w.must(err)
	defer db.Close()
	_, err = db.Exec(`CREATE TRIGGER full BEFORE DELETE ON mappings BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	w.must(err)
	if err := w.Mapping.Unmap(t.Context(), admin(), acme.ID, true); err == nil {
		t.Fatal("the unmapping did not fail")
	}
	_, err = db.Exec(`DROP TRIGGER full`)
	w.must(err)
	w.must(w.Runs.Resume(t.Context()))
	w.wantLive(a.ID, "NP-BUS 5") // still mapped
	runs, _, err := w.store.Runs(t.Context(), store.RunFilter{Kind: store.RunRelease})
	w.must(err)
	wantStatus(t, runs[0].Run, store.RunCancelled)
}

// Approving a held change turns a failed run green
func TestApprovingInAFailedRunDoesNotMakeItDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, _ := w.mapped("Acme", 5, store.Business)
	_, b := w.mapped("Beta", 3, store.Business)
	w.must(w.Mapping.Unmap(t.Context(), admin(), organizationID(w, "Beta"), false))
	w.sync()
	w.must(w.Mapping.Map(t.Context(), admin(), b.CompanyID, b.ID, organizationID(w, "Beta")))
	w.set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.join(acme, 4)
	w.setTime("2026-11-01 00:30:00")
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: fmt.Sprintf("/finance/agreements/%d/additions", b.ID), Do: func() { w.waitForHeld("2026-10") }},
		cwsim.Fault{Kind: cwsim.Unauthorized, Path: fmt.Sprintf("/finance/agreements/%d/additions", b.ID)})
	if err := w.Runs.RunDue(t.Context()); err == nil {
		t.Fatal("did not fail")
	}
	w.sim.ClearFaults()
	run, err := w.store.LastRun(t.Context(), store.RunMonthly, "2026-10")
	w.must(err)
	wantStatus(t, run, store.RunFailed)
	if held := w.heldIDs(run); len(held) > 0 {
		_, err = w.Runs.Approve(t.Context(), admin(), held)
		w.must(err)
		w.work.Wait()
	}
	run, err = w.store.Run(t.Context(), run.ID)
	w.must(err)
	if run.Status == store.RunDone {
		t.Errorf("run is done, processed %d of %d, but Beta was never looked at", run.Processed, run.Total)
	}
	w.setTime("2026-11-01 01:35:00")
	w.must(w.Runs.RunDue(t.Context()))
	w.wantLive(b.ID, "NP-BUS 3")
}

func organizationID(w *world, name string) int64 {
	list, _, err := w.store.Organizations(w.t.Context(), store.OrganizationFilter{Search: name})
	w.must(err)
	return list[0].ID
}

// Retry of a run that failed before it looked at anything
func TestRetryOfARunThatFailedEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	run := w.sync()
	wantStatus(t, run, store.RunFailed)
	w.sim.ClearFaults()
	retry, err := w.Runs.Retry(t.Context(), admin(), run.ID)
	w.must(err)
	w.work.Wait()
	retry, err = w.store.Run(t.Context(), retry.ID)
	w.must(err)
	list, err := w.Attention(t.Context())
	w.must(err)
	t.Logf("retry %s total %d attention %+v", retry.Status, retry.Total, list)
	w.wantLive(a.ID, "NP-BUS 5")
}

// Retry of an old run overwrites newer figures
func TestRetryOfAnOldRunKeepsNewerFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.join(acme, 1)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH"})
	old := w.sync() // 5>6 failed
	w.sim.ClearFaults()
	w.setTime("2026-11-20 12:00:00")
	w.join(acme, 4)
	w.sync()
	w.wantLive(a.ID, "NP-BUS 10")
	_, err := w.Runs.Retry(t.Context(), admin(), old.ID)
	if err == nil {
		w.work.Wait()
	}
	w.wantLive(a.ID, "NP-BUS 10")
}

// Retry of an undo run syncs instead of undoing, overwriting what somebody touched
func TestRetryOfAnUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	beta, b := w.mapped("Beta", 3, store.Business)
	w.sync()
	w.join(acme, 2)
	w.join(beta, 2)
	run := w.sync()
	w.sim.SetQuantity(b.ID, w.sim.Additions(b.ID)[0].ID, "9", "someone")
	undo, err := w.Runs.Undo(t.Context(), admin(), run.ID)
	w.must(err)
	w.work.Wait()
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH"})
	w.must(w.Runs.Apply(t.Context(), admin(), undo.ID))
	w.work.Wait()
	w.sim.ClearFaults()
	retry, err := w.Runs.Retry(t.Context(), admin(), undo.ID)
	if err == nil {
		w.work.Wait()
		retry, _ = w.store.Run(t.Context(), retry.ID)
		t.Log(retry.Status, w.changes(retry))
		if retry.Status == store.RunPlanned {
			w.must(w.Runs.Apply(t.Context(), admin(), retry.ID))
			w.work.Wait()
		}
	}
	w.wantLive(a.ID, "NP-BUS 5") // undone at last
	w.wantLive(b.ID, "NP-BUS 9") // it stays as it is
}

// Retry of a failed release does nothing and is green
func TestRetryOfARelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH"})
	w.must(w.Mapping.Unmap(t.Context(), admin(), acme.ID, true))
	w.work.Wait()
	w.sim.ClearFaults()
	runs, _, err := w.store.Runs(t.Context(), store.RunFilter{Kind: store.RunRelease})
	w.must(err)
	t.Log(runs[0].Status, w.changes(runs[0].Run))
	retry, err := w.Runs.Retry(t.Context(), admin(), runs[0].ID)
	w.must(err)
	w.work.Wait()
	retry, err = w.store.Run(t.Context(), retry.ID)
	w.must(err)
	t.Log(retry.Status, w.changes(retry))
	w.wantLive(a.ID, "NP-BUS 0")
}

// A missed month whose made-up run fails once is given up for good
func TestMadeUpMonthIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.setTime("2026-11-03 09:00:00") // the process was down on the first
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	if err := w.Runs.RunDue(t.Context()); err == nil {
		t.Fatal("did not fail")
	}
	w.sim.ClearFaults()
	w.setTime("2026-11-03 10:05:00")
	w.must(w.Runs.RunDue(t.Context()))
	w.wantLive(a.ID, "NP-BUS 5")
}

// Half of a move is written while the other half is a conflict
func TestAMoveIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"conflict", "inactive", "refused", "remapped"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			acme, a := w.mapped("Acme", 5, store.Enterprise)
			w.sync()
			w.wantLive(a.ID, "NP-ENT 5")
			w.setTime("2026-12-20 12:00:00")
			if how == "remapped" {
				renamed := w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-ENT-2", Description: "new"})
				w.must(w.Mapping.ConfirmMapping(t.Context(), admin(), map[store.Plan]int{store.Business: w.business.ID, store.Enterprise: renamed.ID}))
				w.sim.SetInactive(renamed.ID, true)
			} else {
				acme.Plan = store.Business
				w.must(w.store.UpdateOrganization(t.Context(), acme, moment.At("2026-11-20")))
			}
			want := []string{"NP-ENT 5"}
			switch how {
			case "conflict":
				w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("0")})
				w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("0")})
				want = []string{"NP-ENT 5", "NP-BUS 0", "NP-BUS 0"}
			case "inactive":
				w.sim.SetInactive(w.business.ID, true)
			case "refused":
				w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "POST"})
			}
			w.sync()
			w.wantLive(a.ID, want...)
		})
	}
}

// Zero is hidden from the Zero hold by a conflict
func TestHoldCountsOnlyWhatIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Enterprise)
	w.sync()
	w.set(func(s *store.Settings) { s.Holds = store.Holds{Zero: true, Decrease: true, Seats: 1} })
	w.setTime("2026-12-20 12:00:00")
	acme.Plan = store.Business
	w.must(w.store.UpdateOrganization(t.Context(), acme, moment.At("2026-11-20")))
	w.sim.SetInactive(w.business.ID, true)
	w.sync()
	w.wantLive(a.ID, "NP-ENT 5")
}

// Failures in a row: unchanged agreements between them do not count
func TestFailuresInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.mappedTogether(60)
	wantStatus(t, w.sync(), store.RunDone)
	for i := 0; i < 50; i += 10 {
		w.sim.AddFault(cwsim.Fault{Kind: cwsim.HTML503, Path: fmt.Sprintf("/finance/agreements/%d/additions", as[i].ID)})
	}
	run := w.sync()
	counts, err := w.store.ChangeCounts(t.Context(), run.ID)
	w.must(err)
	t.Log(counts, run.Processed, run.Total)
	wantStatus(t, run, store.RunIncomplete)
}

// Another ConnectWise keeps the product mapping of the first
func TestAnotherConnectWiseHasOtherProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sync()
	w.sim = cwsim.New(cwsim.Config{Seed: 1, Companies: -1, Now: w.time})
	server := httptest.NewServer(w.sim)
	t.Cleanup(server.Close)
	w.site = server.URL
	w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "FIREWALL", Description: "Firewall"})
	w.sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "BACKUP", Description: "Backup"})
	if _, err := w.Connection.Connect(t.Context(), admin(), w.credentials()); err != nil {
		return // refused: Disconnect first
	}
	c, err := w.Connection.Connection(t.Context())
	w.must(err)
	if c.State != SetupIncomplete {
		t.Errorf("state %s, want the products to be mapped anew", c.State)
	}
	_, a := w.mapped("Acme", 5, store.Business)
	w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(false))
	w.wantLive(a.ID)
}

// Undo reaches into another ConnectWise
func TestUndoStaysInItsConnectWise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	old := w.sync()
	w.must(w.Disconnect(t.Context(), admin()))
	w.setTime("2026-10-21 12:00:00")
	w.sim = cwsim.New(cwsim.Config{Seed: 1, Companies: -1, Now: w.time}) // production, of which the first was a copy
	server := httptest.NewServer(w.sim)
	t.Cleanup(server.Close)
	w.site = server.URL
	w.connect()
	w.mapProducts()
	p := w.company("Acme")
	w.sim.AddAddition(cwsim.Addition{AgreementID: p.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("5")})
	if p.ID != a.ID {
		t.Fatal("ids differ")
	}
	undo, err := w.Runs.Undo(t.Context(), admin(), old.ID)
	if err == nil {
		w.work.Wait()
		w.must(w.Runs.Apply(t.Context(), admin(), undo.ID))
		w.work.Wait()
	}
	w.wantLive(p.ID, "NP-BUS 5")
}

// A connection test in flight brings the disconnected integration back
func TestCheckDoesNotReconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/system/mySecurity", Times: 1, Do: func() { w.must(w.Disconnect(t.Context(), admin())) }})
	_, err := w.Connection.CheckConnection(t.Context(), admin())
	t.Log(err)
	c, err := w.Connection.Connection(t.Context())
	w.must(err)
	if c.State != NotConnected {
		t.Errorf("disconnected, and the connection is %s", c.State)
	}
}

// And overwrites newer credentials
func TestCheckKeepsNewerCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/system/mySecurity", Times: 1, Do: func() {
		i, err := w.store.Integration(t.Context())
		w.must(err)
		i.PublicKey = "newer"
		w.must(w.store.SaveIntegration(t.Context(), i))
	}})
	_, err := w.Connection.CheckConnection(t.Context(), admin())
	w.must(err)
	i, err := w.store.Integration(t.Context())
	w.must(err)
	if i.PublicKey != "newer" {
		t.Errorf("the public key is %q again", i.PublicKey)
	}
}

// Agreement moved to another company
func TestAgreementOfAnotherCompanyIsBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	b := w.company("Beta")
	w.sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.CompanyID = b.CompanyID })
	run := w.sync()
	wantStatus(t, run, store.RunIncomplete)
	w.wantLive(a.ID)
	w.importAll()
	run = w.sync()
	wantStatus(t, run, store.RunIncomplete)
	w.wantLive(a.ID)
}

// Unmanaged organization
func TestUnmanagedIsNotSynced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	acme.Managed = false
	w.must(w.store.UpdateOrganization(t.Context(), acme, w.time()))
	run := w.sync()
	wantStatus(t, run, store.RunIncomplete)
	w.wantLive(a.ID)
}

// Approving what counts an organization that was moved away since
func TestApproveAfterTheOrganizationMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	second := w.sim.AddAgreement(cwsim.Agreement{Name: "Second", CompanyID: a.CompanyID, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true})
	w.importAll()
	branch := w.organization("Branch", 30, store.Business)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, branch.ID))
	w.set(func(s *store.Settings) { s.Holds.Seats = 1 })
	run := w.sync()
	w.wantChanges(run, "held NP-BUS 5>35")
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, second.ID, branch.ID)) // moved
	_, err := w.Runs.SyncAgreement(t.Context(), admin(), second.ID)
	w.must(err)
	w.work.Wait()
	w.wantLive(second.ID, "NP-BUS 30")
	_, err = w.Runs.Approve(t.Context(), admin(), w.heldIDs(run))
	w.must(err)
	w.work.Wait()
	w.wantLive(a.ID, "NP-BUS 5")
}

// Choosing a line takes the first-sync hold away
func TestChoosingALineKeepsTheFirstHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("2")})
	chosen := w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("3")})
	w.set(func(s *store.Settings) { s.Holds.First = true })
	run := w.sync()
	changes, _, err := w.store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.must(err)
	w.must(w.Runs.ChooseLine(t.Context(), admin(), changes[0].ID, chosen.ID))
	w.wantChanges(w.sync(), "held NP-BUS 3>5")
	w.wantLive(a.ID, "NP-BUS 2", "NP-BUS 3")
}

// A resumed run holds the second half of a move whose first half is written
func TestResumeDoesNotHoldHalfAMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 3, store.Enterprise)
	biz := w.organization("Branch", 5, store.Business)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, biz.ID))
	w.sync()
	w.wantLive(a.ID, "NP-BUS 5", "NP-ENT 3")
	w.set(func(s *store.Settings) { s.Holds = store.Holds{Seats: 4} })
	biz.Plan = store.Enterprise
	w.must(w.store.UpdateOrganization(t.Context(), biz, w.time()))
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "PATCH", Times: 1, Do: w.Billing.work.Stop})
	rooms := w.Billing
	_, err := w.Runs.Start(t.Context(), admin(), w.Runs.SyncNow(false))
	w.must(err)
	rooms.work.Wait()
	w.must(w.store.Close())
	w.sim.ClearFaults()
	w.open()
	w.must(w.Runs.Resume(t.Context()))
	w.wantLive(a.ID, "NP-BUS 0", "NP-ENT 8")
}

// Release of an agreement that is "gone" is green though its line stays
func TestReleaseOfABlockedAgreementIsNotGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.Start = moment.At("2026-12-01") })
	w.must(w.Mapping.Unmap(t.Context(), admin(), acme.ID, true))
	w.work.Wait()
	runs, _, err := w.store.Runs(t.Context(), store.RunFilter{Kind: store.RunRelease})
	w.must(err)
	t.Log(runs[0].Status, w.changes(runs[0].Run), w.live(a.ID))
	if runs[0].Status == store.RunDone && w.live(a.ID)[0] != "NP-BUS 0" {
		t.Error("done, and nothing was set to 0")
	}
}

// Undo of an old run after later runs wrote the line
func TestUndoAfterLaterRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.join(acme, 2)
	first := w.sync() // 5>7
	w.join(acme, 2)
	w.sync() // 7>9
	w.setTime("2026-11-20 12:00:00")
	w.must(w.store.SaveUsageReport(t.Context(), store.UsageReport{OrganizationID: acme.ID, Month: "2026-11", Seats: 7, Plan: store.Business, Source: "api", ReportedAt: w.time()}))
	w.sync() // 9>7
	w.wantLive(a.ID, "NP-BUS 7")
	undo, err := w.Runs.Undo(t.Context(), admin(), first.ID)
	w.must(err)
	w.work.Wait()
	w.wantChanges(undo, "stale NP-BUS 7>5")
}

// Applying an old preview after a newer sync
func TestApplyOfAnOldPreviewAfterANewerSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.join(acme, 3)
	preview, err := w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(true)) // 5>8
	w.must(err)
	w.setTime("2026-12-20 12:00:00")
	w.must(w.store.SaveUsageReport(t.Context(), store.UsageReport{OrganizationID: acme.ID, Month: "2026-12", Seats: 5, Plan: store.Business, Source: "api", ReportedAt: w.time()}))
	w.wantChanges(w.sync(), "unchanged NP-BUS 5>5")
	w.Runs.Apply(t.Context(), admin(), preview.ID)
	w.work.Wait()
	w.wantLive(a.ID, "NP-BUS 5")
}

// A run that could not be begun is carried out later
func TestARunThatCouldNotBeBegunIsNotCarriedOutLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	db, err := sql.Open("sqlite3", w.path)
	w.must(err)
	defer db.Close()
	_, err = db.Exec(`CREATE TRIGGER full BEFORE INSERT ON activity BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	w.must(err)
	if _, err := w.Runs.Start(t.Context(), admin(), w.Runs.SyncNow(false)); err == nil {
		t.Fatal("did not fail")
	}
	_, err = db.Exec(`DROP TRIGGER full`)
	w.must(err)
	w.must(w.Runs.Resume(t.Context()))
	w.wantLive(a.ID)
}

func TestFailuresThatAreNotInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.mappedTogether(100)
	wantStatus(t, w.sync(), store.RunDone)
	for i := range 5 { // 20 that are in order lie between any two
		w.sim.AddFault(cwsim.Fault{Kind: cwsim.Forbidden, Path: fmt.Sprintf("/finance/agreements/%d/additions", as[20*i].ID)})
	}
	run := w.sync()
	wantStatus(t, run, store.RunIncomplete)
	w.wantProcessed(run)
}

// Moved within a company: nobody is told that both lines bill
func TestAMovedOrganizationIsBilledOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	second := w.sim.AddAgreement(cwsim.Agreement{Name: "Second", CompanyID: a.CompanyID, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true})
	w.importAll()
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, second.ID, acme.ID))
	wantStatus(t, w.sync(), store.RunDone)
	w.wantLive(a.ID, "NP-BUS 0")
	w.wantLive(second.ID, "NP-BUS 5")
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, acme.ID)) // and back
	wantStatus(t, w.sync(), store.RunDone)
	w.wantLive(a.ID, "NP-BUS 5")
	w.wantLive(second.ID, "NP-BUS 0")
}

func TestAnUndoDoesNotHideAFailedSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapped("Acme", 5, store.Business)
	first := w.sync()
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	wantStatus(t, w.sync(), store.RunFailed)
	w.sim.ClearFaults()
	undo, err := w.Runs.Undo(t.Context(), admin(), first.ID)
	w.must(err)
	w.work.Wait()
	w.must(w.Runs.Apply(t.Context(), admin(), undo.ID))
	w.work.Wait()
	list, err := w.Attention(t.Context())
	w.must(err)
	if !slices.ContainsFunc(list, func(a Attention) bool { return a.Kind == AttendRun }) {
		t.Errorf("attention %+v, want the failed sync", list)
	}
}

// What an undo writes is no new plan of the line: what waits for approval still waits
func TestAnUndoLeavesWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, _ := w.mapped("Acme", 5, store.Business)
	first := w.sync()
	w.set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.join(acme, 4)
	second := w.sync()
	w.wantChanges(second, "held NP-BUS 5>9")
	undo, err := w.Runs.Undo(t.Context(), admin(), first.ID)
	w.must(err)
	w.work.Wait()
	w.must(w.Runs.Apply(t.Context(), admin(), undo.ID))
	w.work.Wait()
	w.wantChanges(undo, "written NP-BUS 5>0")
	w.wantChanges(second, "held NP-BUS 5>9")
}

// A release that is carried out late, after an organization was mapped again
func TestReleaseOfAnAgreementThatIsMappedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.must(w.Mapping.Unmap(t.Context(), admin(), acme.ID, false))
	branch := w.organization("Branch", 3, store.Business)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, branch.ID))
	release, err := w.Runs.Run(t.Context(), admin(), Request{Kind: store.RunRelease, Period: seats.ToDate(w.time()), Agreement: a.ID})
	w.must(err)
	w.wantChanges(release)
	w.wantLive(a.ID, "NP-BUS 5")
}

func TestApplyAfterRemappingTheProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.join(acme, 3)
	preview, err := w.Runs.Run(t.Context(), admin(), w.Runs.SyncNow(true))
	w.must(err)
	w.must(w.Mapping.ConfirmMapping(t.Context(), admin(), map[store.Plan]int{store.Business: w.enterprise.ID, store.Enterprise: w.business.ID}))
	if err := w.Runs.Apply(t.Context(), admin(), preview.ID); err == nil {
		w.work.Wait()
	}
	w.wantLive(a.ID, "NP-BUS 5")
}

func TestFirstSyncOfASecondMappingIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	w.sync()
	w.set(func(s *store.Settings) { s.Holds.First = true })
	branch := w.organization("Branch", 30, store.Business)
	w.must(w.Mapping.Map(t.Context(), admin(), a.CompanyID, a.ID, branch.ID))
	w.wantChanges(w.sync(), "held NP-BUS 5>35")
}

// A cancelled run becomes done by an approval
func TestApprovingInACancelledRunDoesNotMakeItDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, _ := w.mapped("Acme", 5, store.Business)
	w.sync()
	_, b := w.mapped("Beta", 3, store.Business)
	w.set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.join(acme, 4)
	var run store.Run
	ready := make(chan struct{})
	w.sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: fmt.Sprintf("/finance/agreements/%d/additions", b.ID), Do: func() {
		<-ready
		for { // until Acme's change is held
			if n, err := w.store.ChangeCounts(t.Context(), run.ID); err != nil || n[store.StateHeld] > 0 {
				break
			}
		}
		w.must(w.Runs.Cancel(t.Context(), admin(), run.ID))
	}})
	run, err := w.Runs.Start(t.Context(), admin(), w.Runs.SyncNow(false))
	w.must(err)
	close(ready)
	w.work.Wait()
	w.sim.ClearFaults()
	ended, err := w.store.Run(t.Context(), run.ID)
	w.must(err)
	wantStatus(t, ended, store.RunCancelled)
	if held := w.heldIDs(run); len(held) > 0 {
		_, err = w.Runs.Approve(t.Context(), admin(), held)
		w.must(err)
		w.work.Wait()
	}
	ended, err = w.store.Run(t.Context(), run.ID)
	w.must(err)
	if ended.Status == store.RunDone {
		t.Errorf("done, and Beta has %q", w.live(b.ID))
	}
}

// A resume that starts while an agreement's line was chosen anew... undo rebinds a line
func TestUndoDoesNotTakeTheBindingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.mapped("Acme", 5, store.Business)
	x := w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("2")})
	first := w.sync() // X 2>5
	y := w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("0")})
	w.must(w.store.SaveLine(t.Context(), store.Line{AgreementID: a.ID, ProductID: w.business.ID, AdditionID: y.ID, Chosen: true}))
	w.sync() // Y 0>5
	undo, err := w.Runs.Undo(t.Context(), admin(), first.ID)
	w.must(err)
	w.work.Wait()
	w.must(w.Runs.Apply(t.Context(), admin(), undo.ID))
	w.work.Wait()
	w.join(acme, 1)
	w.sync()
	lines, err := w.store.AgreementLines(t.Context(), a.ID)
	w.must(err)
	if lines[0].AdditionID != y.ID {
		t.Errorf("addition %d carries the seats, want the chosen %d (not %d)", lines[0].AdditionID, y.ID, x.ID)
	}
}

// Choosing from an old conflict moves the binding off a line that keeps its seats
func TestChoosingFromAnOldRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.mapped("Acme", 5, store.Business)
	x := w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("0")})
	y := w.sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.business.ID, Quantity: plantest.Quantity("0")})
	run := w.sync()
	changes, _, err := w.store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.must(err)
	w.must(w.Runs.ChooseLine(t.Context(), admin(), changes[0].ID, y.ID))
	w.sync()
	w.wantLive(a.ID, "NP-BUS 0", "NP-BUS 5")
	var invalid *problem.Invalid
	if err := w.Runs.ChooseLine(t.Context(), admin(), changes[0].ID, x.ID); !errors.As(err, &invalid) {
		t.Errorf("choosing again from the old run: %v, want it refused", err)
	}
	w.sync()
	w.wantLive(a.ID, "NP-BUS 0", "NP-BUS 5")
}

// waitForHeld returns once the month's run holds something.
func (w *world) waitForHeld(m store.Month) {
	for {
		run, err := w.store.LastRun(w.t.Context(), store.RunMonthly, m)
		if err != nil {
			w.t.Error(err)
			return
		}
		if counts, err := w.store.ChangeCounts(w.t.Context(), run.ID); err != nil || counts[store.StateHeld] > 0 {
			return
		}
	}
}
