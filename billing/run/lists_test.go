package run_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/organizations"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// looks is how many later runs did not find the one line that was sent without seeing the outcome.
func (w *world) looks() int {
	w.T.Helper()
	sent, err := store.SendingsIn(w.Store).Unknown(w.T.Context(), 0)
	w.Must(err)
	if len(sent) != 1 {
		w.T.Fatalf("looked for are %+v, want one line", sent)
	}
	return sent[0].Looks
}

// TestWhatCountsAsALook holds which runs say that what was sent is not there: those that saw the whole list, and each once.
func TestWhatCountsAsALook(t *testing.T) {
	t.Parallel()
	lists := "/finance/agreements/*/additions"
	for _, tt := range []struct {
		name   string
		faults []cwsim.Fault
		ask    func(w *world, a cwsim.Agreement)
		looks  int
	}{
		{"a sync", nil, func(w *world, _ cwsim.Agreement) { w.Sync() }, 1},
		{"a preview", nil, func(w *world, _ cwsim.Agreement) {
			_, err := w.Runs.Run(w.T.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
			w.Must(err)
		}, 0},
		{"a list that is shorter than its count", []cwsim.Fault{{Kind: cwsim.Partial, Path: lists}}, func(w *world, a cwsim.Agreement) {
			w.addLine(a.ID, w.Enterprise.ID, "1")
			w.Sync()
		}, 0},
		{"a list that is refused", []cwsim.Fault{{Kind: cwsim.Forbidden, Path: lists}}, func(w *world, _ cwsim.Agreement) { w.Sync() }, 0},
		{"a list that is refused, where the seats are unknown", []cwsim.Fault{{Kind: cwsim.Forbidden, Path: lists}}, func(w *world, a cwsim.Agreement) {
			nobody, err := w.Organizations.Add(w.T.Context(), billingtest.Admin(), organizations.Profile{
				Name: "Nobody", Plan: store.Business, License: store.Standard, Managed: true,
			})
			w.Must(err)
			w.Must(w.Mapping.Map(w.T.Context(), billingtest.Admin(), a.CompanyID, a.ID, nobody.ID))
			w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Path: lists})
			w.Sync()
		}, 0},
		{"a sync of another agreement", nil, func(w *world, _ cwsim.Agreement) {
			_, b := w.Mapped("Beta", 3, store.Business)
			_, err := w.Runs.SyncAgreement(w.T.Context(), billingtest.Admin(), b.ID)
			w.Must(err)
			w.Work.Wait()
		}, 0},
		{"a sync of another agreement, where nobody is mapped any more", nil, func(w *world, a cwsim.Agreement) {
			_, b := w.Mapped("Beta", 3, store.Business)
			w.Must(w.Mapping.Unmap(w.T.Context(), billingtest.Admin(), organizationID(w, "Acme"), false))
			_, err := w.Runs.SyncAgreement(w.T.Context(), billingtest.Admin(), b.ID)
			w.Must(err)
			w.Work.Wait()
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			acme, a := w.Mapped("Acme", 5, store.Business)
			w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
			w.Sim.SetFaults(tt.faults...)
			tt.ask(w, a)
			if got := w.looks(); got != tt.looks {
				t.Errorf("%d looks, want %d", got, tt.looks)
			}
			w.WantLive(a.ID, slices.DeleteFunc(w.Live(a.ID), func(l string) bool { return strings.HasPrefix(l, "NP-BUS") })...)
		})
	}
}

// TestWhatIsSettledMeanwhile: while a run looks for what was sent, a person says that it is not there. That is no failure of the run.
func TestWhatIsSettledMeanwhile(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{true, false} {
		w := newWorld(t)
		acme, a := w.Mapped("Acme", 5, store.Business)
		w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
		if there {
			w.addLine(a.ID, w.Business.ID, "5")
		}
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/finance/agreements/*/additions", Times: 1, Do: func() {
			sent, err := store.SendingsIn(w.Store).Unknown(t.Context(), 0)
			if err == nil {
				sent[0].State = store.StateFailed
				err = store.SendingsIn(w.Store).Settle(t.Context(), sent[0], nil)
			}
			if err != nil {
				t.Error(err)
			}
		}})
		ended := w.Sync()
		if ended.Status == store.RunFailed {
			t.Errorf("where the line is there, %t, the run failed: %+v", there, ended.Problem)
		}
		for _, c := range w.changesOf(ended) {
			if c.State == store.StateFailed {
				t.Errorf("where the line is there, %t, the run is %s: %s, %s", there, ended.Status, plantest.Show(c), c.Reason)
			}
		}
		w.Sync()
		w.WantLive(a.ID, "NP-BUS 5")
	}
}

// TestNothingIsAskedOfWhatIsNotBilled: of an agreement whose seats nobody knows, no line is read.
func TestNothingIsAskedOfWhatIsNotBilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addedOnly()
	w.Sim.ResetRequests()
	w.WantChanges(w.Sync(), "skipped NP-BUS ->-")
	for _, r := range w.Sim.Requests() {
		if strings.Contains(r.Path, "/additions") {
			t.Errorf("asked was %s %s", r.Method, r.Path)
		}
	}
}

// TestNothingIsCountedWithoutNeed: where a line is as it should be and nothing was sent, its agreement's list is read once.
func TestNothingIsCountedWithoutNeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.Sim.ResetRequests()
	w.WantChanges(w.Sync(), "unchanged NP-BUS 5>5")
	var asked []string
	for _, r := range w.Sim.Requests() {
		if strings.HasPrefix(r.Path, "/finance/agreements") && !strings.Contains(r.Path, "types") {
			asked = append(asked, r.Path)
		}
	}
	if want := []string{"/finance/agreements", fmt.Sprintf("/finance/agreements/%d/additions", a.ID)}; !slices.Equal(asked, want) {
		t.Errorf("asked was %q, want %q", asked, want)
	}
}

// TestWhatIsLostIsNotLookedForAnyMore: two runs did not find it, a day after it was sent. It was not received, and that is kept.
func TestWhatIsLostIsNotLookedForAnyMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StateUnknown, SentAt: w.Time().AddDate(0, 0, -1)})
	sent := w.lastRun(store.RunManual)
	w.Sync()
	w.Sync()
	w.WantLive(a.ID, "NP-BUS 5")
	if c := w.onlyChange(sent); c.State != store.StateFailed || c.DoneAt.IsZero() || !strings.Contains(c.Problem.What, "2 later runs did not find it.") {
		t.Errorf("what was sent is %s, done at %s: %+v", c.State, c.DoneAt, c.Problem)
	}
	if left, err := store.SendingsIn(w.Store).Unknown(t.Context(), 0); err != nil || len(left) != 0 {
		t.Errorf("looked for are %+v (%v)", left, err)
	}
}

// TestWhatIsFoundIsOurs: a line that was sent and is found is Seatbridge's at once, so that it is changed in the same run.
func TestWhatIsFoundIsOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
	w.addLine(a.ID, w.Business.ID, "5")
	w.Join(acme, 1)
	w.Sim.ResetRequests()
	w.WantChanges(w.Sync(), "written NP-BUS 5>6")
	for _, r := range w.Sim.Requests() {
		if strings.HasSuffix(r.Path, "/count") {
			t.Error("it was looked for once more")
		}
	}
}

// TestTheSizeOfAPreviewStays: what is mapped after a preview was shown is none of it.
func TestTheSizeOfAPreviewStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	_, b := w.Mapped("Beta", 3, store.Business)
	w.Sim.ResetRequests()
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID))
	w.Work.Wait()
	for _, r := range w.Sim.Requests() {
		if strings.HasPrefix(r.Path, fmt.Sprintf("/finance/agreements/%d/additions", b.ID)) {
			t.Error("the lines of the other agreement were read")
		}
	}
	applied, err := w.Store.Run(t.Context(), preview.ID)
	w.Must(err)
	if applied.Status != store.RunDone || applied.Total != 1 || applied.Processed != 1 {
		t.Errorf("the run is %s, %d of %d agreements", applied.Status, applied.Processed, applied.Total)
	}
}

// TestFindingsOutliveUnknownSeats: lines that were not read leave what was found about them.
func TestFindingsOutliveUnknownSeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.CancelAddition(a.ID, w.addLine(a.ID, w.Business.ID, "2").ID, moment.At("2026-10-10"))
	w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillingCycle = "Annual" })
	w.Sync()
	before := w.findings()
	nobody, err := w.Organizations.Add(t.Context(), billingtest.Admin(), organizations.Profile{
		Name: "Nobody", Plan: store.Business, License: store.Standard, Managed: true,
	})
	w.Must(err)
	w.Must(w.Store.SaveMappings(t.Context(), []store.Remapping{{
		Mapping: store.Mapping{OrganizationID: nobody.ID, CompanyID: a.CompanyID, AgreementID: a.ID, CreatedAt: w.Time()}, Record: billingtest.Admin().Did(w.Time(), store.CategoryIntegrations, "Mapped Nobody."),
	}}))
	w.WantChanges(w.Sync(), "skipped NP-BUS ->-")
	if after := w.findings(); before == 0 || after != before {
		t.Errorf("%d findings are kept, and %d before", after, before)
	}
	w.Sim.RemoveAgreement(a.ID)
	w.Sync()
	if after := w.findings(); after != 0 {
		t.Errorf("%d findings are kept of an agreement that is gone", after)
	}
}

// TestFindingsOfAUnit are kept of each of its agreements.
func TestFindingsOfAUnit(t *testing.T) {
	t.Parallel()
	w, from, to := moved(t)
	for _, id := range []int{from.ID, to.ID} {
		w.Sim.UpdateAgreement(id, func(a *cwsim.Agreement) { a.BillingCycle = "Annual" })
	}
	w.Sync()
	found, _, err := store.ReadingsIn(w.Store).Findings(t.Context(), store.FindingFilter{})
	w.Must(err)
	about := map[int]bool{}
	for _, f := range found {
		about[f.AgreementID] = true
	}
	if !about[from.ID] || !about[to.ID] {
		t.Errorf("the findings are of %v, want of agreements %d and %d", about, from.ID, to.ID)
	}
}

// TestAnAgreementThatGoesMeanwhile: it was there when the run began, and is gone when its lines are read. Nothing is sent to it.
func TestAnAgreementThatGoesMeanwhile(t *testing.T) {
	t.Parallel()
	for _, billed := range []bool{true, false} {
		w := newWorld(t)
		acme, a := w.unheardOf("Acme")
		if billed {
			w.Join(acme, 5)
		} else {
			_, _, err := w.Organizations.StateNoMembers(t.Context(), billingtest.Admin(), acme.ID)
			w.Must(err)
		}
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/finance/agreements/*/additions", Times: 1, Do: func() { w.Sim.RemoveAgreement(a) }})
		w.Sim.ResetRequests()
		for _, c := range w.changesOf(w.Sync()) {
			if c.State != store.StateFailed || c.Reason != "The agreement's additions could not be read." {
				t.Errorf("%s: %q", plantest.Show(c), c.Reason)
			}
		}
		if n := w.Writes(); n != 0 {
			t.Errorf("%d writes to an agreement that is gone", n)
		}
	}
}

// TestWhatWasSentToAnAgreementThatIsGone is not looked for any longer than it has to be: with the agreement it is gone, too.
func TestWhatWasSentToAnAgreementThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StateSending, SentAt: w.Time()})
	w.Sim.RemoveAgreement(a.ID)
	w.Must(w.Runs.Resume(t.Context()))
	ended := w.lastRun(store.RunManual)
	w.WantChanges(ended, "unknown NP-BUS ->5")
	w.Sync()
	if got := w.looks(); got != 1 {
		t.Errorf("%d looks, want the one of the later sync", got)
	}
}

// TestHowManyListsMayLie: on two agreements it is a matter of them, on three the run ends.
func TestHowManyListsMayLie(t *testing.T) {
	t.Parallel()
	for lying, want := range map[int]store.RunStatus{2: store.RunDone, 3: store.RunFailed} {
		w := newWorld(t)
		as := w.MappedTogether(4)
		w.Sync()
		w.SetTime("2026-10-20 16:00:00")
		for _, a := range as[:lying] {
			w.Sim.AddFault(cwsim.Fault{Kind: cwsim.WrongEmpty, Path: fmt.Sprintf("/finance/agreements/%d/additions", a.ID)})
		}
		billingtest.WantStatus(t, w.Sync(), want)
	}
}

// TestHowManyListsMayBeShort holds the same of lists that only their count shows to be short.
func TestHowManyListsMayBeShort(t *testing.T) {
	t.Parallel()
	for short, want := range map[int]store.RunStatus{2: store.RunIncomplete, 3: store.RunFailed} {
		w := newWorld(t)
		for i, a := range w.MappedTogether(4) {
			w.addLine(a.ID, w.Enterprise.ID, "1")
			if i < short {
				w.Sim.AddFault(cwsim.Fault{Kind: cwsim.Partial, Path: fmt.Sprintf("/finance/agreements/%d/additions", a.ID)})
			}
		}
		billingtest.WantStatus(t, w.Sync(), want)
	}
}

// TestTheListsThatLookForWhatWasSent: what was sent is looked for in two lists. What cannot be read, or is found by the second one and
// cannot be kept, is said.
func TestTheListsThatLookForWhatWasSent(t *testing.T) {
	t.Parallel()
	lists := "/finance/agreements/*/additions"
	f := newFragile(t)
	sent := func() {
		f.another()
		f.sendUnseen(store.RunIncomplete, f.acme, f.a.ID, store.Change{State: store.StateUnknown, SentAt: f.Time()})
	}
	sent()
	f.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Path: lists, After: 1, Times: 1})
	f.Must(f.Runs.LookForSent(t.Context()))
	f.WantChanges(f.last(store.RunRetry), "failed NP-BUS ->5")
	f.Sim.ClearFaults()
	if got := f.looks(); got != 0 {
		t.Errorf("%d looks, though the second list was refused", got)
	}
	f.addLine(f.a.ID, f.Business.ID, "5")
	f.Must(f.Runs.LookForSent(t.Context()))
	for n := range 12 {
		sent()
		f.addLine(f.a.ID, f.Business.ID, "5")
		f.Sim.SetFaults(cwsim.Fault{Kind: cwsim.FieldsEmpty, Path: lists})
		f.from = "SELECT answers"
		f.fail(n)
		err := f.Runs.LookForSent(t.Context())
		f.mend()
		f.Sim.ClearFaults()
		if err == nil && f.last(store.RunRetry).Status == store.RunDone && f.which != "" && !slices.Contains(beside, f.which) {
			t.Errorf("%s failed, no. %d, and nobody was told", f.which, n)
		}
		f.Must(f.Runs.Resume(t.Context()))
		f.Must(f.Runs.LookForSent(t.Context()))
		f.Must(f.says(5))
	}
}

// TestARunThatGoesOnLooksOnce: it had looked for what an earlier one sent when it planned what it goes on with.
func TestARunThatGoesOnLooksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-ENT", ProductID: w.Enterprise.ID, State: store.StatePlanned})
	w.Must(w.Runs.Resume(t.Context()))
	if cut := w.lastRun(store.RunManual); cut.Status == store.RunRunning || w.looks() != 0 {
		t.Errorf("the run is %s, and counted a look", cut.Status)
	}
}

// TestALineThatTheFirstListLacked: it is found by the second one, so that nothing around it asks anybody.
func TestALineThatTheFirstListLacked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Trusting()
	_, a := w.Mapped("Acme", 5, store.Business)
	w.addLine(a.ID, w.Business.ID, "3")
	sister := w.sisterAgreement(a, nil)
	w.addLine(sister.ID, w.Business.ID, "6")
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.FieldsEmpty, Path: "/finance/agreements/*/additions"})
	w.Sim.ResetRequests()
	w.WantChanges(w.Sync(), "written NP-BUS 3>5")
	for _, r := range w.Sim.Requests() {
		if r.Path == fmt.Sprintf("/finance/agreements/%d/additions", sister.ID) {
			t.Error("the lines of the other agreement were read")
		}
	}
}

// TestTheAuditTrailOfAnEndedLineIsAsked before a line is created in its place.
func TestTheAuditTrailOfAnEndedLineIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	ended := w.addLine(a.ID, w.Business.ID, "3")
	w.Sim.CancelAddition(a.ID, ended.ID, w.Time().AddDate(0, 0, -3))
	w.Sim.ResetRequests()
	w.WantChanges(w.Sync(), "held NP-BUS ->5")
	if !slices.ContainsFunc(w.Sim.Requests(), func(r cwsim.Request) bool {
		return strings.Contains(r.Path, "audittrail") && strings.Contains(r.Query, fmt.Sprint(ended.ID))
	}) {
		t.Error("nobody asked who ended the line")
	}
}

// TestAnUndoLooksAtNothingElse: what was undone asks for no line that nobody feeds, though its organization's seats stand on one.
func TestAnUndoLooksAtNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{} })
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	left := w.Sim.Additions(a.ID)[0]
	w.Sim.SetQuantity(a.ID, left.ID, "0", "jdoe")
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, false))
	b := w.Company("Beta")
	w.ImportAll()
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), b.CompanyID, b.ID, acme.ID))
	w.Sync()
	w.Sim.SetQuantity(b.ID, w.Sim.Additions(b.ID)[0].ID, "9", "jdoe")
	lowers := w.Sync()
	w.WantChanges(lowers, "written NP-BUS 9>5")
	w.Sim.SetQuantity(a.ID, left.ID, "3", "jdoe")
	w.Sim.ResetRequests()
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), lowers.ID)
	w.Must(err)
	w.Work.Wait()
	w.WantChanges(undo, "planned NP-BUS 5>9")
	for _, r := range w.Sim.Requests() {
		if strings.HasSuffix(r.Path, fmt.Sprintf("/additions/%d", left.ID)) || strings.Contains(r.Path, "audittrail") {
			t.Errorf("asked was %s?%s", r.Path, r.Query)
		}
	}
}

// TestApprovalsAndOtherRuns: writing what was approved begins with the runs that were cut off, and resumes none of its own.
func TestApprovalsAndOtherRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.Mapped("Beta", 5, store.Business)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	waits := w.Sync()
	held := w.HeldIDs(waits)
	n, err := w.Runs.Reject(t.Context(), billingtest.Admin(), held[1:])
	if w.Must(err); n != 1 {
		t.Errorf("%d changes were rejected, want one", n)
	}
	w.sendUnseen(store.RunRunning, beta, b.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
	w.Sim.ResetRequests()
	w.Approve(held[:1])
	w.WantLive(a.ID, "NP-BUS 5")
	if cut := w.lastRun(store.RunManual); cut.Status == store.RunRunning || cut.ResumedAt.IsZero() {
		t.Errorf("the run that was cut off is %s, resumed at %s", cut.Status, cut.ResumedAt)
	}
	of, err := w.Store.Run(t.Context(), waits.ID)
	w.Must(err)
	if !of.ResumedAt.IsZero() {
		t.Errorf("the run of what was approved was resumed at %s", of.ResumedAt)
	}
	var invalid *problem.Invalid
	if n, err := w.Runs.Approve(t.Context(), billingtest.Admin(), held); n != 0 || !errors.As(err, &invalid) {
		t.Errorf("%d changes were approved twice: %v", n, err)
	}
	release, err := w.Store.LockSync(t.Context())
	w.Must(err)
	defer release()
	if n, err := w.Runs.Approve(t.Context(), billingtest.Admin(), held); n != 0 || !errors.Is(err, problem.ErrRunning) {
		t.Errorf("while another run has the lock %d changes were approved: %v", n, err)
	}
}

// TestASyncFinishesWhatWasCutOff before it begins, and is no continuation itself.
func TestASyncFinishesWhatWasCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
	cut := w.lastRun(store.RunManual)
	ended := w.Sync()
	w.WantChanges(ended, "unchanged NP-BUS 5>5")
	if !ended.ResumedAt.IsZero() {
		t.Errorf("the sync was resumed at %s", ended.ResumedAt)
	}
	cut, err := w.Store.Run(t.Context(), cut.ID)
	w.Must(err)
	billingtest.WantStatus(t, cut, store.RunDone)
}

// TestWhatIsDoneIsNotLookedAtAgain: a run that goes on looks at what is left of it and at nothing else.
func TestWhatIsDoneIsNotLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.Mapped("Beta", 5, store.Business)
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StateFailed})
	cut := w.lastRun(store.RunManual)
	_, err := w.Store.PlanAgreement(t.Context(), cut.ID, b.ID, []store.Change{{
		CompanyID: b.CompanyID, ProductID: w.Business.ID, Product: "NP-BUS", Plan: store.Business, Kind: store.KindCreate, State: store.StatePlanned,
		EffectiveDate: "2026-10-01", Shares: []store.Share{{OrganizationID: beta.ID, Organization: "Beta", Plan: store.Business, Seats: 5, Known: true}},
	}})
	w.Must(err)
	looked := func(do func()) (at []int) {
		w.Sim.ResetRequests()
		do()
		for _, r := range w.Sim.Requests() {
			for _, id := range []int{a.ID, b.ID} {
				if strings.HasPrefix(r.Path, fmt.Sprintf("/finance/agreements/%d/additions", id)) && !slices.Contains(at, id) {
					at = append(at, id)
				}
			}
		}
		return at
	}
	if at := looked(func() { w.Must(w.Runs.Resume(t.Context())) }); !slices.Equal(at, []int{b.ID}) {
		t.Errorf("a run that goes on looked at %v, want agreement %d", at, b.ID)
	}
	w.WantLive(a.ID)
}

// TestARunThatGoesOnDoesNotCountAnew: what it planned is what it writes, whoever joined since.
func TestARunThatGoesOnDoesNotCountAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 6, store.Business)
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
	w.Must(w.Runs.Resume(t.Context()))
	w.WantLive(a.ID, "NP-BUS 5")
}

// TestARunThatGoesOnKnowsWhatItPlanned, though an organization of unknown seats was mapped to the agreement since.
func TestARunThatGoesOnKnowsWhatItPlanned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	nobody, err := w.Organizations.Add(t.Context(), billingtest.Admin(), organizations.Profile{
		Name: "Nobody", Plan: store.Business, License: store.Standard, Managed: true,
	})
	w.Must(err)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, nobody.ID))
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
	w.Must(w.Runs.Resume(t.Context()))
	w.WantChanges(w.lastRun(store.RunManual), "written NP-BUS ->5")
}

// TestAppliedBeforeACrash: the process ends as soon as the writing of a preview was asked for. The next one writes it.
func TestAppliedBeforeACrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.Work.Stop()
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID))
	w.Must(w.Close(t.Context()))
	w.Must(w.Store.Close())
	w.Open()
	w.Must(w.Runs.Resume(t.Context()))
	w.WantChanges(preview, "written NP-BUS ->5")
	w.WantLive(a.ID, "NP-BUS 5")
}

// TestAnUndoKeepsNoReading: what a line said when a sync read it stays what a hand edit is judged against.
func TestAnUndoKeepsNoReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	first := w.Sync()
	before, err := w.Store.AgreementLines(t.Context(), a.ID)
	w.Must(err)
	w.Sim.SetQuantity(a.ID, before[0].AdditionID, "9", "mallory")
	w.SetTime("2026-10-21 12:00:00")
	_, err = w.Runs.Undo(t.Context(), billingtest.Admin(), first.ID)
	w.Must(err)
	w.Work.Wait()
	if after, err := w.Store.AgreementLines(t.Context(), a.ID); err != nil || !after[0].ReadAt.Equal(before[0].ReadAt) {
		t.Errorf("the line was read at %s (%v), and before at %s", after[0].ReadAt, err, before[0].ReadAt)
	}
}

// TestAPreviewFinishesNothing that was cut off: it writes nothing but itself.
func TestAPreviewFinishesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
	cut := w.lastRun(store.RunManual)
	_, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.WantLive(a.ID)
	cut, err = w.Store.Run(t.Context(), cut.ID)
	w.Must(err)
	billingtest.WantStatus(t, cut, store.RunRunning)
}

// TestAllThatWasCutOffIsFinished holds that a start goes on with each run, not only with the first.
func TestAllThatWasCutOffIsFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.Mapped("Beta", 5, store.Business)
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
	w.sendUnseen(store.RunRunning, beta, b.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
	w.Must(w.Runs.Resume(t.Context()))
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(b.ID, "NP-BUS 5")
	if left, err := w.Store.UnfinishedRuns(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("%d runs are left (%v)", len(left), err)
	}
}

// TestApprovedInAPreviewAsksNothing of ConnectWise until the preview is written, with what was ticked.
func TestApprovedInAPreviewAsksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	_, c := w.Mapped("Gamma", 4, store.Business)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	held := w.HeldIDs(preview)
	w.Sim.ResetRequests()
	w.Approve(held[:1])
	if n := len(w.Sim.Requests()); n != 0 {
		t.Errorf("%d requests for what was approved in a preview", n)
	}
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID, held[1]))
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(b.ID, "NP-BUS 3")
	w.WantLive(c.ID)
}

// TestAPreviewThatIsGivenUp leaves nothing that looks as if it would still be written.
func TestAPreviewThatIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 3, store.Business)
	path := fmt.Sprintf("/finance/agreements/%d/additions", b.ID)
	w.Sim.SetFaults(
		cwsim.Fault{Kind: cwsim.Hook, Path: path, Do: func() {
			for planned := 0; planned == 0; { // until Acme's change is planned
				_, n, err := w.Store.Changes(t.Context(), store.ChangeFilter{States: []store.ChangeState{store.StatePlanned}})
				if err != nil {
					t.Error(err)
					return
				}
				planned = n
			}
		}},
		cwsim.Fault{Kind: cwsim.Unauthorized, Path: path},
	)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	billingtest.WantStatus(t, preview, store.RunFailed)
	w.WantChanges(preview, "cancelled NP-BUS ->5")
}

// TestFindingsOutliveUndoAndRelease: what reading an agreement found is kept until the next sync reads it.
func TestFindingsOutliveUndoAndRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	first := w.Sync()
	named := w.addLine(a.ID, w.Enterprise.ID, "2")
	w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillingCycle = "Annual" })
	w.Sync()
	before := w.findings()
	undo, err := w.Runs.Undo(t.Context(), billingtest.Admin(), first.ID)
	w.Must(err)
	w.Work.Wait()
	if after := w.findings(); before == 0 || after != before {
		t.Errorf("%d findings before the undo %d, and %d afterwards", before, undo.ID, after)
	}
	_, err = w.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunRelease, Period: seats.ToDate(w.Time()), Agreement: a.ID, Addition: named.ID})
	w.Must(err)
	w.WantLive(a.ID, "NP-BUS 5", "NP-ENT 0")
	if after := w.findings(); after != before {
		t.Errorf("%d findings before the release, and %d afterwards", before, after)
	}
}

// TestAReleaseIsResumed: it was cut off after it had planned what it does.
func TestAReleaseIsResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	rooms := w.Billing
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "GET", Path: "/finance/agreements/*/additions", Times: 1, Do: rooms.Work.Stop})
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, true))
	rooms.Work.Wait()
	w.Must(w.Store.Close())
	w.Open()
	w.Must(w.Runs.Resume(t.Context()))
	w.WantLive(a.ID, "NP-BUS 0")
	w.WantChanges(w.lastRun(store.RunRelease), "written NP-BUS 5>0")
	if c := w.onlyChange(w.lastRun(store.RunRelease)); c.Together != a.ID {
		t.Errorf("it belongs together with agreement %d", c.Together)
	}
}

// TestManyLinesMayBeReleased: what was asked for waits for nobody, however many lines go down.
func TestManyLinesMayBeReleased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	other := w.Organization("Acme Enterprise", 3, store.Enterprise)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, other.ID))
	w.Sync()
	w.Set(func(s *store.Settings) { s.Holds = store.Holds{ManyLines: 2, ManyPercent: 20} })
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), other.ID, false))
	w.Must(w.Mapping.Unmap(t.Context(), billingtest.Admin(), acme.ID, true))
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 0", "NP-ENT 0")
}

// TestWhatWasSentBeforeTheAgreementEnded: the process died when a line had been sent, and the agreement was cancelled before the run
// was resumed. The line is there, and that is said.
func TestWhatWasSentBeforeTheAgreementEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StateSending, SentAt: w.Time()})
	w.addLine(a.ID, w.Business.ID, "5")
	w.Sim.CancelAgreement(a.ID, w.Time().AddDate(0, 0, -1))
	w.Must(w.Runs.Resume(t.Context()))
	w.WantChanges(w.lastRun(store.RunManual), "written NP-BUS ->5")
}

// TestNothingIsBegunBeforeItIsSetUp says what is missing.
func TestNothingIsBegunBeforeItIsSetUp(t *testing.T) {
	t.Parallel()
	w := &world{billingtest.Empty(t)}
	begin := func() error {
		_, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
		return err
	}
	if err := begin(); !errors.Is(err, problem.ErrNotConnected) {
		t.Errorf("without a connection: %v", err)
	}
	w.Connect()
	if err := begin(); !errors.Is(err, problem.ErrNotActive) {
		t.Errorf("without products: %v", err)
	}
	w.MapProducts()
	if err := begin(); err != nil {
		t.Errorf("once it is set up: %v", err)
	}
	w.watchStatements().fail(0)
	if err := begin(); err == nil || errors.Is(err, problem.ErrNotActive) {
		t.Errorf("when it cannot be read whether it is set up: %v", err)
	}
}

// TestASyncLeavesAPreviewThatWaits, which another preview would replace.
func TestASyncLeavesAPreviewThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.Sync()
	waits, err := w.Store.Run(t.Context(), preview.ID)
	w.Must(err)
	billingtest.WantStatus(t, waits, store.RunPlanned)
	_, err = w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	replaced, err := w.Store.Run(t.Context(), preview.ID)
	w.Must(err)
	billingtest.WantStatus(t, replaced, store.RunDiscarded)
}
