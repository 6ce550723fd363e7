package run_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/connect"
	"seatbridge/billing/mapping"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
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
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	db, err := sql.Open("sqlite3", w.Path)
	w.Must(err)
	defer db.Close()
	_, err = db.Exec(`CREATE TRIGGER full BEFORE DELETE ON mappings BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	w.Must(err)
	if err := w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, true); err == nil {
		t.Fatal("the unmapping did not fail")
	}
	_, err = db.Exec(`DROP TRIGGER full`)
	w.Must(err)
	w.Must(w.Runs.Resume(t.Context()))
	w.WantLive(a.ID, "NP-BUS 5") // still mapped
	runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunRelease})
	w.Must(err)
	billingtest.WantStatus(t, runs[0].Run, store.RunCancelled)
}

// Approving a held change turns a failed run green
func TestApprovingInAFailedRunDoesNotMakeItDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, _ := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), organizationID(w, "Beta"), false))
	w.Sync()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), b.CompanyID, b.ID, organizationID(w, "Beta")))
	w.Set(func(s *store.Settings) { s.Holds.Higher = store.Step{Percent: 50, Seats: 4} })
	w.Join(acme, 4)
	w.SetTime("2026-11-01 00:30:00")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: fmt.Sprintf("/finance/agreements/%d/additions", b.ID), Do: func() { w.waitForHeld("2026-10") }},
		cwsim.Fault{Kind: cwsim.Unauthorized, Path: fmt.Sprintf("/finance/agreements/%d/additions", b.ID)})
	if err := w.Runs.RunDue(t.Context()); err == nil {
		t.Fatal("did not fail")
	}
	w.Sim.ClearFaults()
	run, err := w.Store.LastRun(t.Context(), store.RunMonthly, "2026-10")
	w.Must(err)
	billingtest.WantStatus(t, run, store.RunFailed)
	if held := w.HeldIDs(run); len(held) > 0 {
		_, err = w.Runs.Approve(t.Context(), billingtest.Admin(), held)
		w.Must(err)
		w.Work.Wait()
	}
	run, err = w.Store.Run(t.Context(), run.ID)
	w.Must(err)
	if run.Status == store.RunDone {
		t.Errorf("run is done, processed %d of %d, but Beta was never looked at", run.Processed, run.Total)
	}
	w.SetTime("2026-11-01 01:35:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.WantLive(b.ID, "NP-BUS 3")
}

func organizationID(w *world, name string) int64 {
	list, _, err := w.Store.Organizations(w.T.Context(), store.OrganizationFilter{Search: name})
	w.Must(err)
	return list[0].ID
}

// Retry of a run that failed before it looked at anything
func TestRetryOfARunThatFailedEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunFailed)
	w.Sim.ClearFaults()
	retry, err := w.Runs.Retry(t.Context(), billingtest.Admin(), run.ID)
	w.Must(err)
	w.Work.Wait()
	retry, err = w.Store.Run(t.Context(), retry.ID)
	w.Must(err)
	list, err := w.Attention(t.Context())
	w.Must(err)
	t.Logf("retry %s total %d attention %+v", retry.Status, retry.Total, list)
	w.WantLive(a.ID, "NP-BUS 5")
}

// Retry of an old run overwrites newer figures
func TestRetryOfAnOldRunKeepsNewerFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Join(acme, 1)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH"})
	old := w.Sync() // 5>6 failed
	w.Sim.ClearFaults()
	w.SetTime("2026-11-20 12:00:00")
	w.Join(acme, 4)
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 10")
	_, err := w.Runs.Retry(t.Context(), billingtest.Admin(), old.ID)
	if err == nil {
		w.Work.Wait()
	}
	w.WantLive(a.ID, "NP-BUS 10")
}

// Retry of an undo run syncs instead of undoing, overwriting what somebody touched
func TestRetryOfAnUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.Mapped("Beta", 3, store.Business)
	w.Sync()
	w.Join(acme, 2)
	w.Join(beta, 2)
	run := w.Sync()
	w.Sim.SetQuantity(b.ID, w.Sim.Additions(b.ID)[0].ID, "9", "someone")
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), run.ID)
	w.Must(err)
	w.Work.Wait()
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH"})
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), undo.ID))
	w.Work.Wait()
	w.Sim.ClearFaults()
	retry, err := w.Runs.Retry(t.Context(), billingtest.Admin(), undo.ID)
	if err == nil {
		w.Work.Wait()
		retry, _ = w.Store.Run(t.Context(), retry.ID)
		t.Log(retry.Status, w.Changes(retry))
		if retry.Status == store.RunPlanned {
			w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), retry.ID))
			w.Work.Wait()
		}
	}
	w.WantLive(a.ID, "NP-BUS 5") // undone at last
	w.WantLive(b.ID, "NP-BUS 9") // it stays as it is
}

// Retry of a failed release does nothing and is green
func TestRetryOfARelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH"})
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, true))
	w.Work.Wait()
	w.Sim.ClearFaults()
	runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunRelease})
	w.Must(err)
	t.Log(runs[0].Status, w.Changes(runs[0].Run))
	retry, err := w.Runs.Retry(t.Context(), billingtest.Admin(), runs[0].ID)
	w.Must(err)
	w.Work.Wait()
	retry, err = w.Store.Run(t.Context(), retry.ID)
	w.Must(err)
	t.Log(retry.Status, w.Changes(retry))
	w.WantLive(a.ID, "NP-BUS 0")
}

// A missed month whose made-up run fails once is given up for good
func TestMadeUpMonthIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.SetTime("2026-11-03 09:00:00") // the process was down on the first
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	if err := w.Runs.RunDue(t.Context()); err == nil {
		t.Fatal("did not fail")
	}
	w.Sim.ClearFaults()
	w.SetTime("2026-11-03 10:05:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.WantLive(a.ID, "NP-BUS 5")
}

// Half of a move is written while the other half is a conflict
func TestAMoveIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"conflict", "inactive", "refused", "remapped"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			acme, a := w.Mapped("Acme", 5, store.Enterprise)
			w.Sync()
			w.WantLive(a.ID, "NP-ENT 5")
			w.SetTime("2026-12-20 12:00:00")
			if how == "remapped" {
				renamed := w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "NP-ENT-2", Description: "new"})
				w.Must(w.Mapping.ConfirmMapping(t.Context(), billingtest.Admin(), map[store.Plan]int{store.Business: w.Business.ID, store.Enterprise: renamed.ID}, false))
				w.Sim.SetInactive(renamed.ID, true)
			} else {
				acme.Plan = store.Business
				w.Must(w.Store.UpdateOrganization(t.Context(), acme, moment.At("2026-11-20")))
			}
			want := []string{"NP-ENT 5"}
			switch how {
			case "conflict":
				w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("0")})
				w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("0")})
				want = []string{"NP-ENT 5", "NP-BUS 0", "NP-BUS 0"}
			case "inactive":
				w.Sim.SetInactive(w.Business.ID, true)
			case "refused":
				w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "POST"})
			}
			w.Sync()
			w.WantLive(a.ID, want...)
		})
	}
}

// Zero is hidden from the Zero hold by a conflict
func TestHoldCountsOnlyWhatIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Enterprise)
	w.Sync()
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{Zero: true, Decrease: true, Seats: 1} })
	w.SetTime("2026-12-20 12:00:00")
	acme.Plan = store.Business
	w.Must(w.Store.UpdateOrganization(t.Context(), acme, moment.At("2026-11-20")))
	w.Sim.SetInactive(w.Business.ID, true)
	w.Sync()
	w.WantLive(a.ID, "NP-ENT 5")
}

// Failures in a row: unchanged agreements between them do not count
func TestFailuresInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.MappedTogether(60)
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	for i := 0; i < 50; i += 10 {
		w.Sim.AddFault(cwsim.Fault{Kind: cwsim.HTML503, Path: fmt.Sprintf("/finance/agreements/%d/additions", as[i].ID)})
	}
	run := w.Sync()
	counts, err := w.Store.ChangeCounts(t.Context(), run.ID)
	w.Must(err)
	t.Log(counts, run.Processed, run.Total)
	billingtest.WantStatus(t, run, store.RunIncomplete)
}

// TestFailuresInARowEndARun, whether lines cannot be read or cannot be written: what is left is not tried.
func TestFailuresInARowEndARun(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "PATCH"} {
		w := newWorld(t)
		w.MappedTogether(40)
		w.Sync()
		organizations, _, err := w.Store.Organizations(t.Context(), store.OrganizationFilter{})
		w.Must(err)
		for _, o := range organizations {
			w.Join(o.Organization, 1)
		}
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Method: method, Path: "/finance/agreements/*/additions*"},
			cwsim.Fault{Kind: cwsim.Forbidden, Method: method, Path: "/finance/agreements/*/additions/*"})
		ended := w.Sync()
		billingtest.WantStatus(t, ended, store.RunFailed)
		if ended.Processed > 20 || ended.Total != 40 {
			t.Errorf("%s was refused, and %d of %d agreements were tried", method, ended.Processed, ended.Total)
		}
	}
}

// TestWritesThatFailInARow end a run also where each line was read just before it was to be written, one after the other: that a line
// with something to write could be read breaks no row.
func TestWritesThatFailInARow(t *testing.T) {
	t.Parallel()
	w := &world{billingtest.Empty(t)}
	lines := regexp.MustCompile(`/finance/agreements/\d+/additions$`)
	var refusing atomic.Bool
	turn := make(chan struct{}, 1)
	front := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if refusing.Load() && r.Method == http.MethodGet && lines.MatchString(r.URL.Path) {
			select {
			case turn <- struct{}{}:
			case <-r.Context().Done(): // the run has ended
				return
			}
		}
		w.Sim.ServeHTTP(out, r)
		if r.Method == http.MethodPatch && refusing.Load() {
			<-turn
		}
	}))
	t.Cleanup(front.Close)
	w.Site = front.URL
	w.Connect()
	w.MapProducts()
	const agreements = 12
	w.MappedTogether(agreements)
	w.Sync()
	organizations, _, err := w.Store.Organizations(t.Context(), store.OrganizationFilter{})
	w.Must(err)
	for _, o := range organizations {
		w.Join(o.Organization, 1)
	}
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Method: "PATCH", Path: "/finance/agreements/*/additions/*"})
	refusing.Store(true)
	ended := w.Sync()
	billingtest.WantStatus(t, ended, store.RunFailed)
	if ended.Processed == agreements {
		t.Error("all agreements were tried")
	}
}

// Another ConnectWise keeps the product mapping of the first
func TestAnotherConnectWiseHasOtherProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Sync()
	w.Sim = cwsim.New(cwsim.Config{Seed: 1, Companies: -1, Now: w.Time})
	server := httptest.NewServer(w.Sim)
	t.Cleanup(server.Close)
	w.Site = server.URL
	w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "FIREWALL", Description: "Firewall"})
	w.Sim.AddCatalogItem(cwsim.CatalogItem{Identifier: "BACKUP", Description: "Backup"})
	if _, err := w.Connection.Connect(t.Context(), billingtest.Admin(), w.Credentials()); err != nil {
		return // refused: Disconnect first
	}
	c, err := w.Connection.Current(t.Context())
	w.Must(err)
	if c.State != connect.SetupIncomplete {
		t.Errorf("state %s, want the products to be mapped anew", c.State)
	}
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
	w.WantLive(a.ID)
}

// Undo reaches into another ConnectWise
func TestUndoStaysInItsConnectWise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	old := w.Sync()
	w.Must(w.Disconnect(t.Context(), billingtest.Admin()))
	w.SetTime("2026-10-21 12:00:00")
	w.Sim = cwsim.New(cwsim.Config{Seed: 1, Companies: -1, Now: w.Time}) // production, of which the first was a copy
	server := httptest.NewServer(w.Sim)
	t.Cleanup(server.Close)
	w.Site = server.URL
	w.Connect()
	w.MapProducts()
	p := w.Company("Acme")
	w.Sim.AddAddition(cwsim.Addition{AgreementID: p.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("5")})
	if p.ID != a.ID {
		t.Fatal("ids differ")
	}
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), old.ID)
	if err == nil {
		w.Work.Wait()
		w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), undo.ID))
		w.Work.Wait()
	}
	w.WantLive(p.ID, "NP-BUS 5")
}

// A connection test in flight brings the disconnected integration back
func TestCheckDoesNotReconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/system/mySecurity", Times: 1, Do: func() { w.Must(w.Disconnect(t.Context(), billingtest.Admin())) }})
	_, err := w.Connection.Check(t.Context(), billingtest.Admin())
	t.Log(err)
	c, err := w.Connection.Current(t.Context())
	w.Must(err)
	if c.State != connect.NotConnected {
		t.Errorf("disconnected, and the connection is %s", c.State)
	}
}

// And overwrites newer credentials
func TestCheckKeepsNewerCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/system/mySecurity", Times: 1, Do: func() {
		i, err := w.Store.Integration(t.Context())
		w.Must(err)
		i.PublicKey = "newer"
		w.Must(w.Store.SaveIntegration(t.Context(), i))
	}})
	_, err := w.Connection.Check(t.Context(), billingtest.Admin())
	w.Must(err)
	i, err := w.Store.Integration(t.Context())
	w.Must(err)
	if i.PublicKey != "newer" {
		t.Errorf("the public key is %q again", i.PublicKey)
	}
}

// Agreement moved to another company
func TestAgreementOfAnotherCompanyIsBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	b := w.Company("Beta")
	w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.CompanyID = b.CompanyID })
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantLive(a.ID)
	w.ImportAll()
	run = w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantLive(a.ID)
}

// Unmanaged organization
func TestUnmanagedIsNotSynced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	acme.Managed = false
	w.Must(w.Store.UpdateOrganization(t.Context(), acme, w.Time()))
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantLive(a.ID)
}

// Approving what counts an organization that was moved away since
func TestApproveAfterTheOrganizationMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	second := w.Sim.AddAgreement(cwsim.Agreement{Name: "Second", CompanyID: a.CompanyID, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true})
	w.ImportAll()
	branch := w.Organization("Branch", 30, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, branch.ID))
	run := w.Sync()
	w.WantChanges(run, "held NP-BUS 5>35")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, second.ID, branch.ID)) // moved
	_, err := w.Runs.SyncAgreement(t.Context(), billingtest.Admin(), second.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantLive(second.ID, "NP-BUS 30")
	_, err = w.Runs.Approve(t.Context(), billingtest.Admin(), w.HeldIDs(run))
	w.Must(err)
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 5")
	w.wantSaid(run, "Branch is not mapped to this agreement any more.")
}

// Choosing a line takes the first-sync hold away
func TestChoosingALineKeepsTheFirstHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("2")})
	chosen := w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3")})
	run := w.Sync()
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	w.Must(w.Findings.ChooseLine(t.Context(), billingtest.Admin(), changes[0].ID, chosen.ID))
	w.WantChanges(w.Sync(), "held NP-BUS 3>5")
	w.WantLive(a.ID, "NP-BUS 2", "NP-BUS 3")
}

// A resumed run holds the second half of a move whose first half is written
func TestResumeDoesNotHoldHalfAMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 3, store.Enterprise)
	biz := w.Organization("Branch", 5, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, biz.ID))
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 5", "NP-ENT 3")
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{Seats: 4} })
	biz.Plan = store.Enterprise
	w.Must(w.Store.UpdateOrganization(t.Context(), biz, w.Time()))
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "PATCH", Times: 1, Do: w.Billing.Work.Stop})
	rooms := w.Billing
	_, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
	w.Must(err)
	rooms.Work.Wait()
	w.Must(w.Store.Close())
	w.Sim.ClearFaults()
	w.Open()
	w.Must(w.Runs.Resume(t.Context()))
	w.WantLive(a.ID, "NP-BUS 0", "NP-ENT 8")
}

// Release of an agreement that is "gone" is green though its line stays
func TestReleaseOfABlockedAgreementIsNotGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.Start = moment.At("2026-12-01") })
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, true))
	w.Work.Wait()
	runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunRelease})
	w.Must(err)
	t.Log(runs[0].Status, w.Changes(runs[0].Run), w.Live(a.ID))
	if runs[0].Status == store.RunDone && w.Live(a.ID)[0] != "NP-BUS 0" {
		t.Error("done, and nothing was set to 0")
	}
}

// Undo of an old run after later runs wrote the line
func TestUndoAfterLaterRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Join(acme, 2)
	first := w.Sync() // 5>7
	w.Join(acme, 2)
	w.Sync() // 7>9
	w.SetTime("2026-11-20 12:00:00")
	w.Must(w.Figures.Correct(t.Context(), billingtest.Admin(), store.Correction{
		OrganizationID: acme.ID, Month: "2026-11", Seats: 7, Plan: store.Business, Reason: "Two test accounts.",
	}))
	w.Sync() // 9>7
	w.WantLive(a.ID, "NP-BUS 7")
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), first.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(undo, "stale NP-BUS 7>5")
}

// Applying an old preview after a newer sync
func TestApplyOfAnOldPreviewAfterANewerSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Join(acme, 3)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true)) // 5>8
	w.Must(err)
	w.SetTime("2026-12-20 12:00:00")
	w.Must(w.Store.SaveUsageReport(t.Context(), store.UsageReport{OrganizationID: acme.ID, Month: "2026-12", Seats: 5, Plan: store.Business, Source: "api", ReportedAt: w.Time()}))
	w.WantChanges(w.Sync(), "unchanged NP-BUS 5>5")
	w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID)
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 5")
}

// A run that could not be begun is carried out later
func TestARunThatCouldNotBeBegunIsNotCarriedOutLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	db, err := sql.Open("sqlite3", w.Path)
	w.Must(err)
	defer db.Close()
	_, err = db.Exec(`CREATE TRIGGER full BEFORE INSERT ON activity BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	w.Must(err)
	if _, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false)); err == nil {
		t.Fatal("did not fail")
	}
	_, err = db.Exec(`DROP TRIGGER full`)
	w.Must(err)
	w.Must(w.Runs.Resume(t.Context()))
	w.WantLive(a.ID)
}

func TestFailuresThatAreNotInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.MappedTogether(100)
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	for i := range 5 { // 20 that are in order lie between any two
		w.Sim.AddFault(cwsim.Fault{Kind: cwsim.Forbidden, Path: fmt.Sprintf("/finance/agreements/%d/additions", as[20*i].ID)})
	}
	run := w.Sync()
	billingtest.WantStatus(t, run, store.RunIncomplete)
	w.WantProcessed(run)
}

// Moved within a company: nobody is told that both lines bill
func TestAMovedOrganizationIsBilledOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	second := w.Sim.AddAgreement(cwsim.Agreement{Name: "Second", CompanyID: a.CompanyID, Start: moment.At("2025-01-01"), BillStart: moment.At("2025-01-01"), Prorate: true})
	w.ImportAll()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, second.ID, acme.ID))
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(a.ID, "NP-BUS 0")
	w.WantLive(second.ID, "NP-BUS 5")
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, acme.ID)) // and back
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(second.ID, "NP-BUS 0")
}

func TestAnUndoDoesNotHideAFailedSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	first := w.Sync()
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	billingtest.WantStatus(t, w.Sync(), store.RunFailed)
	w.Sim.ClearFaults()
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), first.ID)
	w.Must(err)
	w.Work.Wait()
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), undo.ID))
	w.Work.Wait()
	list, err := w.Attention(t.Context())
	w.Must(err)
	if !slices.ContainsFunc(list, func(a billing.Attention) bool { return a.Kind == billing.AttendRun }) {
		t.Errorf("attention %+v, want the failed sync", list)
	}
}

// What an undo writes is no new plan of the line: what waits for approval still waits
func TestAnUndoLeavesWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, _ := w.Mapped("Acme", 5, store.Business)
	first := w.Sync()
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.Join(acme, 4)
	second := w.Sync()
	w.WantChanges(second, "held NP-BUS 5>9")
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), first.ID)
	w.Must(err)
	w.Work.Wait()
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), undo.ID))
	w.Work.Wait()
	w.WantChanges(undo, "written NP-BUS 5>0")
	w.WantChanges(second, "held NP-BUS 5>9")
}

// A release that is carried out late, after an organization was mapped again
func TestReleaseOfAnAgreementThatIsMappedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	branch := w.Organization("Branch", 3, store.Business)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, branch.ID))
	release, err := w.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunRelease, Period: seats.ToDate(w.Time()), Agreement: a.ID})
	w.Must(err)
	w.WantChanges(release)
	w.WantLive(a.ID, "NP-BUS 5")
}

func TestApplyAfterRemappingTheProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Join(acme, 3)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.Must(w.Mapping.ConfirmMapping(t.Context(), billingtest.Admin(), map[store.Plan]int{store.Business: w.Enterprise.ID, store.Enterprise: w.Business.ID}, false))
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID))
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 5")
	w.wantSaid(preview, "Business is mapped to another product since.")
}

func TestFirstSyncOfASecondMappingIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("5")})
	w.Sync() // the line is not Seatbridge's own, but right
	branch := w.Organization("Branch", 3, store.Business)
	w.mapUnseen(branch, a)
	w.WantChanges(w.Sync(), "held NP-BUS 5>8")
}

// mapUnseen maps as suggestions and tables of mappings do: nobody is shown what the agreement says.
func (w *world) mapUnseen(o store.Organization, a cwsim.Agreement) {
	w.T.Helper()
	pair := mapping.Pair{OrganizationID: o.ID, CompanyID: a.CompanyID, AgreementID: a.ID}
	problems, err := w.Mapping.MapPairs(w.T.Context(), billingtest.Admin(), []mapping.Pair{pair})
	w.Must(err)
	if len(problems) > 0 {
		w.T.Fatal(problems)
	}
}

// What whoever mapped was shown is written at once; anything else waits.
func TestFirstWriteAsShown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(*world, store.Organization, cwsim.Agreement)
		want      string
	}{
		"as shown": {func(*world, store.Organization, cwsim.Agreement) {}, "written NP-BUS 14>12"},
		"another before": {func(w *world, _ store.Organization, a cwsim.Agreement) {
			w.Sim.SetQuantity(a.ID, w.Sim.Additions(a.ID)[0].ID, "13", "jdoe")
		}, "held NP-BUS 13>12"},
		"another after": {func(w *world, o store.Organization, _ cwsim.Agreement) { w.Join(o, 1) }, "held NP-BUS 14>13"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.Company("Acme")
			w.ImportAll()
			o := w.Organization("Acme", 12, store.Business)
			w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("14")})
			w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, o.ID))
			c.meanwhile(w, o, a)
			w.WantChanges(w.Sync(), c.want)
		})
	}
}

// A cancelled run becomes done by an approval
func TestApprovingInACancelledRunDoesNotMakeItDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, _ := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	_, b := w.Mapped("Beta", 3, store.Business)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	w.Join(acme, 4)
	var run store.Run
	ready := make(chan struct{})
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: fmt.Sprintf("/finance/agreements/%d/additions", b.ID), Do: func() {
		<-ready
		for { // until Acme's change is held
			if n, err := w.Store.ChangeCounts(t.Context(), run.ID); err != nil || n[store.StateHeld] > 0 {
				break
			}
		}
		w.Must(w.Runs.Cancel(t.Context(), billingtest.Admin(), run.ID))
	}})
	run, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
	w.Must(err)
	close(ready)
	w.Work.Wait()
	w.Sim.ClearFaults()
	ended, err := w.Store.Run(t.Context(), run.ID)
	w.Must(err)
	billingtest.WantStatus(t, ended, store.RunCancelled)
	if held := w.HeldIDs(run); len(held) > 0 {
		_, err = w.Runs.Approve(t.Context(), billingtest.Admin(), held)
		w.Must(err)
		w.Work.Wait()
	}
	ended, err = w.Store.Run(t.Context(), run.ID)
	w.Must(err)
	if ended.Status == store.RunDone {
		t.Errorf("done, and Beta has %q", w.Live(b.ID))
	}
}

// A resume that starts while an agreement's line was chosen anew... undo rebinds a line
func TestUndoDoesNotTakeTheBindingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	x := w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("2")})
	first := w.Sync() // X 2>5
	y := w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("0")})
	w.Must(w.Store.SaveLine(t.Context(), store.Line{AgreementID: a.ID, ProductID: w.Business.ID, AdditionID: y.ID, Chosen: true}))
	w.Sync() // Y 0>5
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), first.ID)
	w.Must(err)
	w.Work.Wait()
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), undo.ID))
	w.Work.Wait()
	w.Join(acme, 1)
	w.Sync()
	lines, err := w.Store.AgreementLines(t.Context(), a.ID)
	w.Must(err)
	if lines[0].AdditionID != y.ID {
		t.Errorf("addition %d carries the seats, want the chosen %d (not %d)", lines[0].AdditionID, y.ID, x.ID)
	}
}

// Choosing from an old conflict moves the binding off a line that keeps its seats
func TestChoosingFromAnOldRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	x := w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("0")})
	y := w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("0")})
	w.Trusting()
	run := w.Sync()
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: run.ID})
	w.Must(err)
	w.Must(w.Findings.ChooseLine(t.Context(), billingtest.Admin(), changes[0].ID, y.ID))
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 0", "NP-BUS 5")
	var invalid *problem.Invalid
	if err := w.Findings.ChooseLine(t.Context(), billingtest.Admin(), changes[0].ID, x.ID); !errors.As(err, &invalid) {
		t.Errorf("choosing again from the old run: %v, want it refused", err)
	}
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 0", "NP-BUS 5")
}

// waitForHeld returns once the month's run holds something.
func (w *world) waitForHeld(m store.Month) {
	for {
		run, err := w.Store.LastRun(w.T.Context(), store.RunMonthly, m)
		if err != nil {
			w.T.Error(err)
			return
		}
		if counts, err := w.Store.ChangeCounts(w.T.Context(), run.ID); err != nil || counts[store.StateHeld] > 0 {
			return
		}
	}
}
