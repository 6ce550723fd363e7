package run_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/bulletin"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

func TestMain(m *testing.M) {
	db, err := sql.Open("sqlite3", "")
	if err != nil {
		panic(err)
	}
	db.Driver().(*sqlite3.SQLiteDriver).ConnectHook = func(conn *sqlite3.SQLiteConn) error {
		if s, watched := watchedStatements.Load(conn.GetFilename("main")); watched {
			conn.RegisterAuthorizer(s.(*statements).connection())
		}
		return nil
	}
	os.Exit(m.Run())
}

// watchedStatements are those of the databases in which one is to fail, by path.
var watchedStatements sync.Map

// statements are those of a world's database. SQLite asks before it prepares one, and one of them it is told not to carry out:
// that fails as it would where the database is damaged there.
type statements struct {
	mu     sync.Mutex
	left   int    // how many go well before one fails; negative: all do
	which  string // the one that failed, such as "UPDATE changes"; empty: it has not come to that
	from   string // those before this one do not count, and it itself does; empty: all count
	begins func() // done before each transaction
}

// watchStatements opens the world's database anew, so that its statements can fail.
func (w *world) watchStatements() *statements {
	w.T.Helper()
	path, err := filepath.EvalSymlinks(w.Path)
	w.Must(err)
	s := &statements{left: -1}
	watchedStatements.Store(path, s)
	w.T.Cleanup(func() { watchedStatements.Delete(path) })
	w.Unprepared()
	return s
}

// connection is what SQLite asks, for one connection: what a statement does, once for each table that it reads or writes.
func (s *statements) connection() func(op int, table, _, _ string) int {
	verbs := map[int]string{sqlite3.SQLITE_INSERT: "INSERT", sqlite3.SQLITE_UPDATE: "UPDATE", sqlite3.SQLITE_DELETE: "DELETE"}
	reads, last := false, ""
	return func(op int, table, _, _ string) int {
		verb, writes := verbs[op]
		switch {
		case op == sqlite3.SQLITE_TRANSACTION && table == "BEGIN":
			s.begin()
			last = ""
			return sqlite3.SQLITE_OK
		case op == sqlite3.SQLITE_SELECT:
			reads, last = true, ""
			return sqlite3.SQLITE_OK
		case op == sqlite3.SQLITE_READ && reads:
			verb, reads = "SELECT", false
		case !writes:
			return sqlite3.SQLITE_OK
		}
		what := verb + " " + table
		if what == last { // the columns of an UPDATE are asked for one by one
			return sqlite3.SQLITE_OK
		}
		last = what
		return s.ask(what)
	}
}

func (s *statements) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begins != nil {
		s.begins()
	}
}

func (s *statements) ask(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left < 0 || strings.HasSuffix(what, " notifications") { // those are delivered beside what is tested
		return sqlite3.SQLITE_OK
	}
	if s.from != "" && what != s.from {
		return sqlite3.SQLITE_OK
	}
	s.from = ""
	if s.left--; s.left >= 0 {
		return sqlite3.SQLITE_OK
	}
	s.which = what
	return sqlite3.SQLITE_DENY
}

// beside are statements that a run can do without: what the Provider API has is fetched again the next time, and what people are told
// of a run is composed anew or left out.
var beside = []string{"SELECT provider", "SELECT notification_channels"}

// fail lets so many statements go well, and the next one fail.
func (s *statements) fail(after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.which = after, ""
}

// mend lets all go well again.
func (s *statements) mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = -1
}

// fragile is an organization on an agreement, in a database whose statements fail.
type fragile struct {
	*world
	*statements
	acme   store.Organization
	a      cwsim.Agreement
	seats  int
	others []cwsim.Agreement // that no organization is mapped to yet
	held   []int64           // changes that wait
	run    store.Run
}

func newFragile(t *testing.T) *fragile {
	t.Helper()
	f := &fragile{world: newWorld(t)}
	f.statements = f.watchStatements()
	f.another()
	return f
}

// another makes it another organization, with 5 seats, which no run has looked at yet.
func (f *fragile) another() {
	f.T.Helper()
	if len(f.others) == 0 {
		for range 40 {
			f.others = append(f.others, f.Company("Acme"))
		}
		f.ImportAll()
	}
	f.a, f.others = f.others[0], f.others[1:]
	f.acme, f.seats = f.Organization(fmt.Sprint("Acme ", f.a.ID), 5, store.Business), 5
	f.Must(f.Mapping.Map(f.T.Context(), billingtest.Admin(), f.a.CompanyID, f.a.ID, f.acme.ID))
}

// grow adds a member.
func (f *fragile) grow() {
	f.T.Helper()
	f.Join(f.acme, 1)
	f.seats++
}

// sync runs a sync of the agreement, which says of itself that it is done, or an error.
func (f *fragile) sync() error {
	r := f.Runs.SyncNow(false)
	r.Agreement = f.a.ID
	return wentWell(f.Runs.Run(f.T.Context(), billingtest.Admin(), r))
}

// syncAll runs a sync of all agreements.
func (f *fragile) syncAll() error {
	return wentWell(f.Runs.Run(f.T.Context(), billingtest.Admin(), f.Runs.SyncNow(false)))
}

// leftOpen runs a sync that is to leave something to a person.
func (f *fragile) leftOpen() error {
	r := f.Runs.SyncNow(false)
	r.Agreement = f.a.ID
	run, err := f.Runs.Run(f.T.Context(), billingtest.Admin(), r)
	if err == nil && run.Status != store.RunIncomplete && run.Problem != bulletin.NoLine() {
		err = fmt.Errorf("run %d is %s: %s", run.ID, run.Status, run.Problem.What)
	}
	f.mend()
	f.Sim.ClearFaults()
	if err == nil {
		f.held = f.HeldIDs(run)
	}
	return err
}

// leftHeld is leftOpen for a sync that is to hold something.
func (f *fragile) leftHeld() error {
	err := f.leftOpen()
	if err == nil && len(f.held) == 0 {
		err = errors.New("nothing is held")
	}
	return err
}

// wentWell is an error unless the run ended as done.
func wentWell(run store.Run, err error) error {
	if err == nil && run.Status != store.RunDone {
		err = fmt.Errorf("run %d is %s: %s", run.ID, run.Status, run.Problem.What)
	}
	return err
}

// background waits for what was begun in the background, unless that failed, and says how the latest run of a kind ended.
func (f *fragile) background(kind store.RunKind, err error) error {
	if f.Work.Wait(); err != nil {
		return err
	}
	f.mend()
	return wentWell(f.last(kind), nil)
}

// last is the latest run of a kind, if there is one.
func (f *fragile) last(kind store.RunKind) store.Run {
	f.T.Helper()
	runs, _, err := f.Store.Runs(f.T.Context(), store.RunFilter{Kind: kind})
	f.Must(err)
	if len(runs) == 0 {
		return store.Run{}
	}
	return runs[0].Run
}

// must is a run that nothing kept from being what it should be.
func (f *fragile) must(run store.Run, err error) store.Run {
	f.T.Helper()
	f.Must(err)
	return run
}

// says compares what ConnectWise has on the agreement with the quantity that its only line should have; negative: with no line.
func (f *fragile) says(quantity int) error {
	want := []string{fmt.Sprintf("NP-BUS %d", quantity)}
	if quantity < 0 {
		want = nil
	}
	if got := f.Live(f.a.ID); !slices.Equal(got, want) {
		return fmt.Errorf("the lines are %q, want %q", got, want)
	}
	return nil
}

// planned is the preview that was begun in the background, unless that failed.
func (f *fragile) planned(preview store.Run, err error) (store.Run, error) {
	if f.Work.Wait(); err != nil {
		return store.Run{}, err
	}
	f.mend()
	run, err := f.Store.Run(f.T.Context(), preview.ID)
	if err == nil && run.Status != store.RunPlanned {
		err = fmt.Errorf("the preview is %s: %s", run.Status, run.Problem.What)
	}
	return run, err
}

// A deed is what somebody does with runs. Each of its statements fails once.
type deed struct {
	before func(f *fragile)
	act    func(f *fragile) error // nil: it said that all went well
	most   int                    // how many of its statements fail, as the others do in a sync as well; 0: all
	leaves func(f *fragile) int   // what the line says then; nil: the seats
	silent bool                   // that what has ended well could not be noted to its end is only logged
	mended func(f *fragile) error // done once the database can be read again; nil: a sync, after which the line says the seats
}

func less(f *fragile) int { return f.seats - 1 }

func none(*fragile) int { return -1 }

// fails holds of what people and clocks do with runs that it never says that all went well when a statement failed on the way, and
// that nothing is lost or doubled: once the database is mended, what was cut off is finished, and another sync makes all right.
func (d deed) fails(t *testing.T) {
	f := newFragile(t)
	n := 0
	for d.failsAt(f, n) {
		n++
	}
	if n < 20 && !t.Failed() {
		t.Errorf("only %d statements failed", n)
	}
}

// failsAt lets the statement fail that comes after n others; false: there are no more.
func (d deed) failsAt(f *fragile, n int) bool {
	f.T.Helper()
	if d.most > 0 && n > d.most {
		return false
	}
	d.before(f)
	f.fail(n)
	err := d.act(f)
	f.mend()
	leaves := f.seats
	if d.leaves != nil {
		leaves = d.leaves(f)
	}
	wrong := f.says(leaves)
	switch {
	case f.which == "" && (err != nil || wrong != nil):
		f.T.Fatalf("nothing failed, and it says %v, and %v", err, wrong)
	case f.which == "":
		return false
	case err == nil && wrong != nil:
		f.T.Errorf("%s failed, no. %d, and it says that all went well, but %v", f.which, n, wrong)
	case err == nil && !d.silent && !slices.Contains(beside, f.which):
		f.T.Errorf("%s failed, no. %d, and nobody was told", f.which, n)
	}
	f.Must(f.Runs.Resume(f.T.Context()))
	mended := d.mended
	if mended == nil {
		mended = func(f *fragile) error { return errors.Join(f.sync(), f.says(f.seats)) }
	}
	if err := mended(f); err != nil {
		f.T.Errorf("after %s, no. %d: %v", f.which, n, err)
	}
	return !f.T.Failed()
}

func TestEachStatementOfASyncFails(t *testing.T) {
	t.Parallel()
	deed{before: (*fragile).grow, act: (*fragile).syncAll}.fails(t)
}

func TestEachStatementOfAFirstSyncFails(t *testing.T) {
	t.Parallel()
	deed{before: (*fragile).another, act: (*fragile).sync}.fails(t)
}

func TestEachStatementOfAPreviewFails(t *testing.T) {
	t.Parallel()
	deed{before: func(f *fragile) {
		f.grow()
		f.Must(f.Store.DiscardPreviews(f.T.Context(), store.RunManual)) // so that it begins as the one before it
	}, leaves: less, most: 30, act: func(f *fragile) error {
		_, err := f.planned(f.Runs.Run(f.T.Context(), billingtest.Admin(), f.Runs.SyncNow(true)))
		return err
	}}.fails(t)
}

func TestEachStatementOfApplyingFails(t *testing.T) {
	t.Parallel()
	deed{silent: true, most: 40, before: func(f *fragile) {
		f.grow()
		f.run = f.must(f.planned(f.Runs.Run(f.T.Context(), billingtest.Admin(), f.Runs.SyncNow(true))))
	}, act: func(f *fragile) error {
		return f.background(store.RunManual, f.Runs.Apply(f.T.Context(), billingtest.Admin(), f.run.ID))
	}}.fails(t)
}

// TestApplyingWhatWasTickedThatFails: nothing is said to be approved that is not, nor to wait no more.
func TestApplyingWhatWasTickedThatFails(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	for n := 0; ; n++ {
		preview := f.must(f.planned(f.Runs.Run(t.Context(), billingtest.Admin(), f.Runs.SyncNow(true))))
		f.held = f.HeldIDs(preview)
		f.fail(n)
		err := f.Runs.Apply(t.Context(), billingtest.Admin(), preview.ID, f.held...)
		f.Work.Wait()
		f.mend()
		var invalid *problem.Invalid
		if left := len(f.HeldIDs(preview)); err == nil && left != 0 || errors.As(err, &invalid) {
			t.Errorf("%s failed, no. %d, it says %v, and %d changes are held", f.which, n, err, left)
		}
		if err == nil {
			break
		}
	}
	if n := f.entries("Approved: "); n != 1 {
		t.Errorf("the activity log says of %d approvals, want one", n)
	}
}

// TestAnUndoThatCannotReadWhatWasWritten previews nothing.
func TestAnUndoThatCannotReadWhatWasWritten(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.Must(f.sync())
	written := f.last(store.RunManual)
	f.from = "SELECT lines" // which are read just before
	f.fail(1)
	preview, err := f.Runs.Undo(t.Context(), billingtest.Admin(), written.ID)
	f.Must(err)
	f.Work.Wait()
	f.mend()
	preview, err = f.Store.Run(t.Context(), preview.ID)
	f.Must(err)
	if billingtest.WantStatus(t, preview, store.RunFailed); f.which != "SELECT changes" {
		t.Errorf("%q failed", f.which)
	}
}

// TestWhatCanNeitherBeReadNorNoted is not passed over.
func TestWhatCanNeitherBeReadNorNoted(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Path: "/finance/agreements/*/additions"})
	for n := range 12 {
		f.from = "SELECT answers"
		f.fail(n)
		ended, err := f.Runs.Run(t.Context(), billingtest.Admin(), f.Runs.SyncNow(false))
		if f.mend(); err == nil && ended.Status == store.RunDone {
			t.Errorf("%s failed, no. %d, and the run is %s", f.which, n, ended.Status)
		}
		f.Must(f.Runs.Resume(t.Context()))
	}
}

// TestAReleaseThatCannotBeRead sets nothing to 0.
func TestAReleaseThatCannotBeRead(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.Must(f.sync())
	for n, which := range []string{"SELECT agreements", "SELECT mappings", "SELECT companies"} {
		f.from = "SELECT lines" // which are read just before
		f.fail(n + 1)
		_, err := f.Runs.Start(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunRelease, Period: seats.ToDate(f.Time()), Agreement: f.a.ID, Addition: 1})
		f.Must(err)
		f.Work.Wait()
		f.mend()
		if billingtest.WantStatus(t, f.last(store.RunRelease), store.RunFailed); f.which != which {
			t.Errorf("%q failed, not %q", f.which, which)
		}
	}
	f.Must(f.says(f.seats))
}

// TestAMonthWhoseReportCannotBeAskedForWaits until the next look.
func TestAMonthWhoseReportCannotBeAskedForWaits(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.SetTime("2026-11-01 00:31:00")
	f.from = "SELECT provider"
	f.fail(0)
	err := f.Runs.RunDue(t.Context())
	f.mend()
	if n := f.last(store.RunMonthly).ID; err == nil || n != 0 {
		t.Errorf("%q failed, it says %v, and the month's run is no. %d", f.which, err, n)
	}
}

// TestLookingForWhatCannotBeRead says what could not be read.
func TestLookingForWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.sendUnseen(store.RunIncomplete, f.acme, f.a.ID, store.Change{State: store.StateUnknown, SentAt: f.Time()})
	for n := 0; ; n++ {
		f.fail(n)
		err := f.Runs.LookForSent(t.Context())
		if f.mend(); f.last(store.RunRetry).ID != 0 {
			break
		}
		if err == nil || !strings.Contains(err.Error(), "is prohibited") && !strings.Contains(err.Error(), "not authorized") { // so SQLite says
			t.Errorf("%s failed, no. %d, and it says %v", f.which, n, err)
		}
	}
}

func TestEachStatementOfAMonthFails(t *testing.T) {
	t.Parallel()
	deed{most: 40, before: func(f *fragile) {
		due := seats.Schedule{Day: 1}.DueAt(store.MonthOf(f.Time()))
		f.Clock.Add(int64(due.Sub(f.Time()) + time.Minute))
	}, act: func(f *fragile) error {
		err := f.Runs.RunDue(f.T.Context())
		f.mend()
		return wentWell(f.last(store.RunMonthly), err)
	}}.fails(t)
}

func TestEachStatementOfAnUndoFails(t *testing.T) {
	t.Parallel()
	deed{silent: true, most: 60, before: func(f *fragile) {
		f.grow()
		f.Must(f.sync())
		f.Must(f.Store.DiscardPreviews(f.T.Context(), store.RunUndo)) // so that it begins as the one before it
		f.run = f.last(store.RunManual)
	}, act: func(f *fragile) error {
		_, err := f.planned(f.Runs.Undo(f.T.Context(), billingtest.Admin(), f.run.ID))
		return err
	}, mended: func(f *fragile) error { return f.says(f.seats) }}.fails(t)
}

func TestEachStatementOfAReleaseFails(t *testing.T) {
	t.Parallel()
	deed{silent: true, most: 50, leaves: func(*fragile) int { return 0 }, before: func(f *fragile) {
		f.Must(f.Mapping.Map(f.T.Context(), billingtest.Admin(), f.a.CompanyID, f.a.ID, f.acme.ID))
		f.Must(f.sync())
	}, act: func(f *fragile) error {
		return f.background(store.RunRelease, f.Mapping.Unmap(f.T.Context(), billingtest.Admin(), f.acme.ID, true))
	}, mended: func(f *fragile) error {
		if _, err := f.Store.Mapping(f.T.Context(), f.acme.ID); err == nil {
			return f.says(f.seats)
		}
		_, err := f.Runs.Retry(f.T.Context(), billingtest.Admin(), f.last(store.RunRelease).ID)
		return errors.Join(f.background(store.RunRelease, err), f.says(0))
	}}.fails(t)
}

func TestEachStatementOfARetryFails(t *testing.T) {
	t.Parallel()
	deed{silent: true, most: 50, before: func(f *fragile) {
		f.grow()
		f.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH", Times: 1}, cwsim.Fault{Kind: cwsim.Converting500, Method: "POST", Times: 1})
		f.Must(f.leftOpen())
		f.run = f.last(store.RunManual)
	}, act: func(f *fragile) error {
		_, err := f.Runs.Retry(f.T.Context(), billingtest.Admin(), f.run.ID)
		return f.background(store.RunRetry, err)
	}}.fails(t)
}

func TestEachStatementOfAnApprovalFails(t *testing.T) {
	t.Parallel()
	deed{silent: true, most: 50, before: func(f *fragile) {
		f.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
		f.grow()
		f.grow()
		f.Must(f.leftOpen())
	}, act: func(f *fragile) error {
		_, err := f.Runs.Approve(f.T.Context(), billingtest.Admin(), f.held)
		return f.background(store.RunManual, err)
	}, mended: func(f *fragile) error {
		f.Set(func(s *store.Settings) { s.Holds.Seats = 0 })
		return errors.Join(f.sync(), f.says(f.seats))
	}}.fails(t)
}

func TestEachStatementOfGoingOnFails(t *testing.T) {
	t.Parallel()
	deed{before: func(f *fragile) {
		f.grow()
		ctx, cancel := context.WithCancel(f.T.Context())
		f.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/finance/agreements/*/additions", Times: 1, Do: cancel})
		if _, err := f.Runs.Run(ctx, billingtest.Admin(), f.Runs.SyncNow(false)); err == nil {
			f.T.Error("the run was not cut off")
		}
	}, act: func(f *fragile) error {
		return f.background(store.RunManual, f.Runs.Resume(f.T.Context()))
	}}.fails(t)
}

func TestEachStatementOfGoingOnWithWhatWasSentFails(t *testing.T) {
	t.Parallel()
	deed{most: 20, before: func(f *fragile) {
		f.another()
		f.sendUnseen(store.RunRunning, f.acme, f.a.ID, store.Change{Product: "NP-BUS", State: store.StateSending, SentAt: f.Time()})
		f.addLine(f.a.ID, f.Business.ID, "5")
		f.from = "SELECT answers" // what is read before is read by other runs, too
	}, act: func(f *fragile) error {
		return f.background(store.RunManual, f.Runs.Resume(f.T.Context()))
	}}.fails(t)
}

// TestEachStatementOfAnEndFails: a run fails with something on its way. Whatever else fails then, no run has ended with it.
func TestEachStatementOfAnEndFails(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	for n := 0; ; n++ {
		f.another()
		f.sendUnseen(store.RunRunning, f.acme, f.a.ID, store.Change{Product: "NP-BUS", State: store.StateSending, SentAt: f.Time()})
		f.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
		f.fail(n)
		err := f.Runs.Resume(f.T.Context())
		f.mend()
		f.Sim.ClearFaults()
		ended := f.last(store.RunManual)
		if c := f.onlyChange(ended); ended.Status != store.RunRunning && c.State != store.StateUnknown {
			t.Errorf("%s failed, no. %d (%v), and the run is %s with a change that is %s", f.which, n, err, ended.Status, c.State)
		}
		if f.which == "" {
			break
		}
		f.Must(f.Runs.Resume(f.T.Context()))
	}
}

// TestEachStatementOfAStartFails: the first thing that a process does is to go on with a run.
func TestEachStatementOfAStartFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	for n := range 20 {
		w.sendUnseen(store.RunRunning, acme, a.ID, store.Change{Product: "NP-BUS", State: store.StatePlanned})
		s := w.watchStatements()
		s.fail(n)
		err := w.Runs.Resume(t.Context())
		s.mend()
		if cut := w.lastRun(store.RunManual); err == nil && cut.Status == store.RunDone {
			t.Errorf("%s failed, no. %d, and the run is %s", s.which, n, cut.Status)
		}
		w.Must(w.Runs.Resume(t.Context()))
	}
}

func TestEachStatementOfASyncOfWhatCannotBeReadFails(t *testing.T) {
	t.Parallel()
	deed{leaves: less, before: func(f *fragile) {
		f.another()
		f.Must(f.sync())
		f.grow()
		f.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Forbidden, Path: "/finance/agreements/*/additions", Times: 1})
	}, act: (*fragile).leftOpen}.fails(t)
}

func TestEachStatementOfFindingWhatWasSentFails(t *testing.T) {
	t.Parallel()
	deed{before: func(f *fragile) {
		f.another()
		f.sendUnseen(store.RunIncomplete, f.acme, f.a.ID, store.Change{State: store.StateUnknown, SentAt: f.Time()})
		f.addLine(f.a.ID, f.Business.ID, "5")
	}, act: func(f *fragile) error { return f.background(store.RunRetry, f.Runs.LookForSent(f.T.Context())) }}.fails(t)
}

func TestEachStatementOfNotFindingWhatWasSentFails(t *testing.T) {
	t.Parallel()
	deed{leaves: none, before: func(f *fragile) {
		f.another()
		f.sendUnseen(store.RunIncomplete, f.acme, f.a.ID, store.Change{State: store.StateUnknown, SentAt: f.Time()})
	}, act: (*fragile).leftOpen, mended: func(f *fragile) error { return errors.Join(f.leftOpen(), f.says(-1)) }}.fails(t)
}

func TestEachStatementOfNotThereFails(t *testing.T) {
	t.Parallel()
	deed{silent: true, most: 30, before: func(f *fragile) {
		f.another()
		f.sendUnseen(store.RunIncomplete, f.acme, f.a.ID, store.Change{State: store.StateUnknown, SentAt: f.Time()})
		f.Must(f.leftOpen())
		f.held = []int64{f.onlyChange(f.last(store.RunManual)).ID}
	}, act: func(f *fragile) error {
		return f.background(store.RunRetry, f.Runs.NotThere(f.T.Context(), billingtest.Admin(), f.held[0]))
	}, mended: func(f *fragile) error {
		var invalid *problem.Invalid
		err := f.Runs.NotThere(f.T.Context(), billingtest.Admin(), f.held[0])
		if f.Work.Wait(); errors.As(err, &invalid) {
			err = f.sync() // it was taken, and only the sync failed
		}
		return errors.Join(err, f.says(f.seats))
	}}.fails(t)
}

func TestEachStatementOfASyncBesideALineOfOursFails(t *testing.T) {
	t.Parallel()
	deed{leaves: none, before: func(f *fragile) {
		if f.last(store.RunManual).ID > 0 {
			return
		}
		f.Must(f.sync())
		f.Must(f.Mapping.Unmap(f.T.Context(), billingtest.Admin(), f.acme.ID, false))
		f.a = f.Company("Beta")
		f.ImportAll()
		f.Must(f.Mapping.Map(f.T.Context(), billingtest.Admin(), f.a.CompanyID, f.a.ID, f.acme.ID))
	}, act: (*fragile).leftHeld, mended: func(f *fragile) error { return f.says(-1) }}.fails(t)
}

// TestEachStatementOfADecisionFails holds of what begins no run that it is done as a whole, or said that it is not.
func TestEachStatementOfADecisionFails(t *testing.T) {
	t.Parallel()
	f := newFragile(t)
	f.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	f.Must(f.leftOpen())
	for range 2 {
		f.addLine(f.a.ID, f.Business.ID, "2")
	}
	conflict := f.onlyChange(f.Sync())
	_, err := f.Store.CreateRun(t.Context(), store.Run{Kind: store.RunMonthly, Month: "2026-10", Status: store.RunFailed, StartedAt: moment.At("2026-11-01 00:30:00")})
	f.Must(err)
	f.another()
	f.Must(f.leftOpen())
	preview := f.must(f.Runs.Run(t.Context(), billingtest.Admin(), f.Runs.SyncNow(true)))
	f.SetTime("2026-12-01 12:00:00")
	for name, decide := range map[string]func() error{
		"what is due": func() error { _, err := f.Runs.Due(t.Context()); return err },
		"choosing a line": func() error {
			return f.Findings.ChooseLine(t.Context(), billingtest.Admin(), conflict.ID, conflict.Candidates[0].AdditionID)
		},
		"rejecting":        func() error { _, err := f.Runs.Reject(t.Context(), billingtest.Admin(), f.held); return err },
		"discarding":       func() error { return f.Runs.Discard(t.Context(), billingtest.Admin(), preview.ID) },
		"what was sent to": func() error { return f.Runs.NotThere(t.Context(), billingtest.Admin(), conflict.ID) },
	} {
		for n := 0; ; n++ {
			f.fail(n)
			err := decide()
			if f.mend(); f.which == "" {
				break
			}
			var invalid *problem.Invalid
			if err == nil || errors.As(err, &invalid) {
				t.Errorf("%s: %s failed, no. %d, and it says %v", name, f.which, n, err)
			}
		}
	}
	if run, err := f.Store.Run(t.Context(), preview.ID); err != nil || run.Status != store.RunDiscarded {
		t.Errorf("the preview is %s (%v)", run.Status, err)
	}
	if n, err := f.Store.CountHeld(t.Context()); err != nil || n != 0 {
		t.Errorf("%d changes are held (%v)", n, err)
	}
}
