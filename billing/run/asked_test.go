package run_test

import (
	"errors"
	"strings"
	"testing"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// TestNothingIsDecidedThatCannotBeRead holds of everything that a person or a clock asks of runs that a database which cannot be read
// is said, and with what was being read.
func TestNothingIsDecidedThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Must(w.Store.Close())
	ctx, who := t.Context(), billingtest.Admin()
	for says, ask := range map[string]func() error{
		"reading run 1: ":           func() error { _, err := w.Runs.Undo(ctx, who, 1); return err },
		"reading run 2: ":           func() error { _, err := w.Runs.Retry(ctx, who, 2); return err },
		"reading change 3: ":        func() error { return w.Findings.ChooseLine(ctx, who, 3, 9) },
		"reading change 4: ":        func() error { return w.Runs.NotThere(ctx, who, 4) },
		"reading the integration:":  func() error { _, err := w.Runs.Due(ctx); return err },
		"reading the integration: ": func() error { return w.Runs.RunDue(ctx) },
		"rejecting":                 func() error { _, err := w.Runs.Reject(ctx, who, []int64{5}); return err },
		"approving":                 func() error { _, err := w.Runs.Approve(ctx, who, []int64{5}); return err },
		"":                          func() error { return w.Runs.LookForSent(ctx) },
	} {
		if err := ask(); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
	if release, err := w.Store.LockSync(ctx); err != nil {
		t.Errorf("what was not approved keeps runs from beginning: %v", err)
	} else {
		release()
	}
}

// TestWhatIsDecidedIsTold holds the activity log's entries, and that what waits no more is said and leaves the lock alone.
func TestWhatIsDecidedIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	w.Mapped("Beta", 3, store.Business)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	held := w.HeldIDs(w.Sync())
	w.Approve(held[:1])
	_, err := w.Runs.Reject(t.Context(), billingtest.Admin(), held[1:])
	w.Must(err)
	entries, _, err := w.Store.Activities(t.Context(), store.ActivityFilter{})
	w.Must(err)
	for _, want := range []string{"Approved: Acme, NP-BUS no line → 5 in run 1.", "Rejected: Beta, NP-BUS no line → 3 in run 1."} {
		found := false
		for _, e := range entries {
			found = found || e.Action == want
		}
		if !found {
			t.Errorf("the activity log does not say %q", want)
		}
	}
	var invalid *problem.Invalid
	if _, err := w.Runs.Approve(t.Context(), billingtest.Admin(), held); !errors.As(err, &invalid) {
		t.Errorf("approving what waits no more: %v", err)
	}
	w.Sync() // nobody has the lock
}

// TestARunThatWroteNothingIsNotUndone holds for previews and what is in progress.
func TestARunThatWroteNothingIsNotUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	running, err := w.Store.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", Status: store.RunRunning, StartedAt: w.Time()})
	w.Must(err)
	for _, id := range []int64{preview.ID, running.ID} {
		for what, ask := range map[string]func() (store.Run, error){
			"undone":  func() (store.Run, error) { return w.Runs.Undo(t.Context(), billingtest.Admin(), id) },
			"retried": func() (store.Run, error) { return w.Runs.Retry(t.Context(), billingtest.Admin(), id) },
		} {
			var invalid *problem.Invalid
			if _, err := ask(); !errors.As(err, &invalid) || invalid.Fields["run"] != "This run has not written anything yet." {
				t.Errorf("run %d was %s: %v", id, what, err)
			}
		}
	}
}

// TestNotThereOfAnotherConnection: what was sent with another connection is no concern of this one.
func TestNotThereOfAnotherConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
	sent := w.unseen()
	w.Must(w.Disconnect(t.Context(), billingtest.Admin()))
	w.SetTime("2026-10-21 12:00:00")
	w.Connect()
	w.MapProducts()
	if err := w.Runs.NotThere(t.Context(), billingtest.Admin(), sent[0].ID); invalidField(err) != "run" {
		t.Errorf("it says %v", err)
	}
}

// TestApprovingThatFails: what could not be approved is said as it is, and not as if it waited no more.
func TestApprovingThatFails(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	f.Must(f.leftHeld())
	for n := 0; ; n++ {
		f.fail(n)
		_, err := f.Runs.Approve(t.Context(), billingtest.Admin(), f.held)
		f.mend()
		if err == nil {
			break
		}
		var invalid *problem.Invalid
		if errors.As(err, &invalid) {
			t.Errorf("%s failed, no. %d, and it says %v", f.which, n, err)
		}
	}
	f.Work.Wait()
	f.Must(f.Runs.Resume(t.Context()))
	f.Must(f.says(5))
}

// TestApprovedInTwoRuns holds that each of them goes on, and neither where what was cut off before cannot be finished.
func TestApprovedInTwoRuns(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	var agreements []int
	var held []int64
	for range 2 {
		f.Must(f.leftHeld())
		agreements, held = append(agreements, f.a.ID), append(held, f.held...)
		f.another()
	}
	for n := range 2 { // what is unfinished, and the first of the two
		f.Sim.ResetRequests()
		f.from = "SELECT runs"
		f.fail(n)
		_, err := f.Runs.Approve(t.Context(), billingtest.Admin(), held)
		f.Must(err)
		f.Work.Wait()
		f.mend()
		if asked := len(f.Sim.Requests()); f.which != "SELECT runs" || asked != 0 {
			t.Errorf("%q failed, no. %d, and ConnectWise was asked %d times", f.which, n, asked)
		}
		if n == 0 { // approved they are; another change is, too
			f.Must(f.leftHeld())
			agreements, held = append(agreements, f.a.ID), f.held
			f.another()
		}
	}
	f.Must(f.leftHeld())
	agreements, held = append(agreements, f.a.ID), f.held
	f.another()
	f.Must(f.leftHeld())
	agreements, held = append(agreements, f.a.ID), append(held, f.held...)
	f.Approve(held)
	for _, id := range agreements {
		f.WantLive(id, "NP-BUS 5")
	}
}

// TestRetryThatCannotBeRead begins nothing.
func TestRetryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.Must(f.sync())
	undo := f.must(f.planned(f.Runs.Undo(t.Context(), billingtest.Admin(), f.last(store.RunManual).ID)))
	undo = f.apply(undo)
	for n := range 3 { // the run, the integration, and the run once more
		f.fail(n)
		_, err := f.Runs.Retry(t.Context(), billingtest.Admin(), undo.ID)
		if f.mend(); err == nil {
			t.Errorf("%s failed, no. %d, and nobody was told", f.which, n)
		}
		f.Work.Wait()
	}
}

// TestNotThere takes a person's word for the line that was sent for a change, and for no other.
func TestNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	beta, b := w.Mapped("Beta", 3, store.Business)
	w.sendUnseen(store.RunIncomplete, beta, b.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
	w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
	waits := w.Sync()
	w.WantChanges(waits, "unknown NP-BUS ->5", "unknown NP-BUS ->3")
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: waits.ID})
	w.Must(err)
	w.Must(w.Runs.NotThere(t.Context(), billingtest.Admin(), changes[0].ID))
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 5")
	w.WantLive(b.ID)
	sent, err := store.SendingsIn(w.Store).Unknown(t.Context(), 0)
	w.Must(err)
	if len(sent) != 1 || sent[0].AgreementID != b.ID {
		t.Errorf("still looked for is %+v", sent)
	}
	settled, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: 2})
	w.Must(err)
	if c := settled[0]; c.State != store.StateFailed || c.DoneAt.IsZero() || !strings.Contains(c.Problem.What, "admin@example.com looked and did not find it.") {
		t.Errorf("what was sent is %s: %+v at %s", c.State, c.Problem, c.DoneAt)
	}
	w.sendUnseen(store.RunIncomplete, beta, b.ID, store.Change{State: store.StateFailed, SentAt: w.Time()})
	failed, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{States: []store.ChangeState{store.StateFailed}, AgreementID: b.ID})
	w.Must(err)
	var invalid *problem.Invalid
	for _, id := range []int64{changes[0].ID, settled[0].ID, failed[0].ID} {
		if err := w.Runs.NotThere(t.Context(), billingtest.Admin(), id); !errors.As(err, &invalid) {
			t.Errorf("change %d, of which nothing is looked for any more: %v", id, err)
		}
	}
	if err := w.Runs.NotThere(t.Context(), billingtest.Admin(), 999); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a change that is not there: %v", err)
	}
}

// TestLookForSentOfAnotherConnection holds that what was sent with another connection is left alone, and an agreement with two lines
// is looked at once.
func TestLookForSentOfAnotherConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	for _, product := range []int{0, w.Enterprise.ID} {
		w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time(), ProductID: product})
	}
	_, before, err := w.Store.Runs(t.Context(), store.RunFilter{})
	w.Must(err)
	w.Must(w.Runs.LookForSent(t.Context()))
	runs, after, err := w.Store.Runs(t.Context(), store.RunFilter{})
	w.Must(err)
	if after != before+1 || runs[0].Kind != store.RunRetry || runs[0].Agreement != a.ID {
		t.Errorf("%d runs, then %d; the last one is %+v", before, after, runs[0])
	}
	w.Must(w.Disconnect(t.Context(), billingtest.Admin()))
	w.SetTime("2026-10-21 12:00:00")
	w.Connect()
	w.Must(w.Runs.LookForSent(t.Context()))
	if _, now, err := w.Store.Runs(t.Context(), store.RunFilter{}); err != nil || now != after {
		t.Errorf("%d runs after another connection, want %d (%v)", now, after, err)
	}
}

// TestNothingIsDueBeforeItIsSetUp holds that without a connection, or without mapped products, no month is due.
func TestNothingIsDueBeforeItIsSetUp(t *testing.T) {
	t.Parallel()
	w := &world{billingtest.Empty(t)}
	w.SetTime("2026-11-02 12:00:00")
	for _, step := range []func(){func() {}, w.Connect} {
		step()
		if due, err := w.Runs.Due(t.Context()); err != nil || due != "" {
			t.Errorf("due is %q, %v", due, err)
		}
	}
	w.SetTime("2026-12-01 00:10:00")
	w.MapProducts()
	w.SetTime("2027-01-02 12:00:00")
	missed, err := w.Runs.Months().Missed(t.Context())
	if w.Must(err); len(missed) != 2 || missed[0].Month != "2026-11" || missed[1].Month != "2026-12" {
		t.Errorf("missed are %+v, want the month whose sync was due after the products were mapped, and the next", missed)
	}
}

// TestApprovedInAPreviewWaits holds that what is approved in a preview is written with the rest of it and not before.
func TestApprovedInAPreviewWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.Approve(w.HeldIDs(preview))
	w.WantChanges(preview, "planned NP-BUS ->5")
	w.WantLive(a.ID)
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID))
	w.Work.Wait()
	w.WantLive(a.ID, "NP-BUS 5")
}

// TestAMonthThatWaitsForAnotherRunIsNoError holds that the hourly look leaves a month due while another run has the lock.
func TestAMonthThatWaitsForAnotherRunIsNoError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	w.SetTime("2026-11-02 12:00:00")
	release, err := w.Store.LockSync(t.Context())
	w.Must(err)
	w.Must(w.Runs.RunDue(t.Context()))
	release()
	if due, err := w.Runs.Due(t.Context()); err != nil || due != "2026-10" {
		t.Errorf("due is %q, %v", due, err)
	}
	w.Must(w.Runs.RunDue(t.Context()))
	if due, err := w.Runs.Due(t.Context()); err != nil || due != "" {
		t.Errorf("after its sync due is %q, %v", due, err)
	}
}

// TestThePriceThatConnectWiseGives a new line is the change's, whatever the catalog said when it was planned.
func TestThePriceThatConnectWiseGives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mapped("Acme", 5, store.Business)
	preview, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	if c := w.onlyChange(preview); plantest.Side(c.UnitPrice) != "4.99" {
		t.Errorf("planned at %s", plantest.Side(c.UnitPrice))
	}
	w.Sim.UpdateCatalogItem(w.Business.ID, func(c *cwsim.CatalogItem) { c.Price = plantest.Quantity("5.49") })
	w.Must(w.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID))
	w.Work.Wait()
	if c := w.onlyChange(preview); c.State != store.StateWritten || plantest.Side(c.UnitPrice) != "5.49" {
		t.Errorf("it is %s at %s %s", c.State, plantest.Side(c.UnitPrice), c.Reason)
	}
}

// TestWhatAWriteLeaves holds what is kept of a line that a sync created, and then of one that it found right.
func TestWhatAWriteLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	created := w.Sync()
	changes, _, err := w.Store.Changes(t.Context(), store.ChangeFilter{RunID: created.ID})
	w.Must(err)
	c := changes[0]
	if c.Together != a.ID {
		t.Errorf("it belongs together with agreement %d", c.Together)
	}
	if c.State != store.StateWritten || plantest.Side(c.UnitPrice) != "4.99" || c.DoneAt.IsZero() || c.AdditionID != w.Sim.Additions(a.ID)[0].ID {
		t.Errorf("the change says %+v", c)
	}
	kept := func() store.Line {
		t.Helper()
		lines, err := w.Store.AgreementLines(t.Context(), a.ID)
		w.Must(err)
		if len(lines) != 1 {
			t.Fatalf("%d lines are bound, want one", len(lines))
		}
		return lines[0]
	}
	if l := kept(); l.AdditionID != c.AdditionID || !l.Created || plantest.Side(l.Written) != "5" || len(l.Shares) != 1 || l.WrittenAt.IsZero() {
		t.Errorf("the line says %+v", l)
	}
	was := kept().WrittenAt
	w.SetTime("2026-10-20 13:00:00")
	w.Sync()
	if l := kept(); !l.WrittenAt.Equal(was) || !l.Created {
		t.Errorf("found right, it was bound again: %+v", l)
	}
}
