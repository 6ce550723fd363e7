package run_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/run"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/soak"
	"seatbridge/store"
)

// otherProgram is another program that has the database open.
type otherProgram struct {
	t    *testing.T
	conn *sql.Conn
}

func openElsewhere(w *world) *otherProgram {
	w.T.Helper()
	db, err := sql.Open("sqlite3", "file:"+w.Path)
	w.Must(err)
	conn, err := db.Conn(w.T.Context())
	w.Must(err)
	w.T.Cleanup(func() { errors.Join(conn.Close(), db.Close()) })
	return &otherProgram{w.T, conn}
}

func (o *otherProgram) say(statement string) {
	if _, err := o.conn.ExecContext(o.t.Context(), statement); err != nil {
		o.t.Error(err)
	}
}

// pause is a world's After that calls do in place of every pause that lasts a second or longer.
func pause(do func()) func(time.Duration) <-chan time.Time {
	return func(d time.Duration) <-chan time.Time {
		if d < time.Second {
			return time.After(d)
		}
		do()
		over := make(chan time.Time, 1)
		over <- time.Time{}
		return over
	}
}

// TestCase_J44_RunGoesOnWhenTheLockIsGone has another program lock the database at each request of a sync.
func TestCase_J44_RunGoesOnWhenTheLockIsGone(t *testing.T) {
	t.Parallel()
	calm := newWorld(t)
	calm.Mapped("Acme", 5, store.Business)
	calm.Mapped("Beta", 3, store.Enterprise)
	calm.Sim.ResetRequests()
	calm.Sync()
	every := soak.Size(2, 1)
	for n := 0; n < len(calm.Sim.Requests()); n += every {
		t.Run(fmt.Sprintf("at request %d", n+1), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Impatient()
			_, a := w.Mapped("Acme", 5, store.Business)
			_, b := w.Mapped("Beta", 3, store.Enterprise)
			other := openElsewhere(w)
			w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, After: n, Times: 1, Do: func() { other.say(`BEGIN EXCLUSIVE`) }})
			pauses := 0
			w.After = pause(func() {
				if pauses++; pauses == 1 {
					wantWaiting(w, "locked by another program")
					other.say(`ROLLBACK`)
				}
			})
			run := w.Sync()
			if pauses != 1 {
				t.Errorf("%d pauses, want one", pauses)
			}
			billingtest.WantStatus(t, run, store.RunDone)
			w.WantLive(a.ID, "NP-BUS 5")
			w.WantLive(b.ID, "NP-ENT 3")
			w.WantProcessed(run)
			if run.ResumedAt.IsZero() {
				t.Error("the run does not say that it was cut off")
			}
			if p := w.Runs.Waiting(run.ID); !p.Zero() {
				t.Errorf("it still waits: %+v", p)
			}
		})
	}
}

// wantWaiting wants the run in progress to wait for what the words say.
func wantWaiting(w *world, words string) {
	runs, err := w.Store.UnfinishedRuns(w.T.Context())
	if err != nil || len(runs) != 1 {
		w.T.Errorf("unfinished runs %+v, %v, want the one", runs, err)
		return
	}
	if p := w.Runs.Waiting(runs[0].ID); !strings.Contains(p.What, words) || p.Do == "" {
		w.T.Errorf("the run waits for %+v, want %q and what to do", p, words)
	}
	if p := w.Runs.Waiting(runs[0].ID + 1); !p.Zero() {
		w.T.Errorf("another run waits for %+v", p)
	}
}

// TestCase_J44_ProcessEndsWhileTheRunWaits leaves the run to the next start.
func TestCase_J44_ProcessEndsWhileTheRunWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Impatient()
	_, a := w.Mapped("Acme", 5, store.Business)
	other, waits := openElsewhere(w), make(chan struct{})
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "POST", Times: 1, Do: func() { other.say(`BEGIN EXCLUSIVE`) }})
	w.After = func(d time.Duration) <-chan time.Time {
		if d < time.Second {
			return time.After(d)
		}
		close(waits)
		return nil
	}
	started, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
	w.Must(err)
	<-waits
	w.Must(w.Billing.Close(context.WithoutCancel(t.Context())))
	other.say(`ROLLBACK`)

	w.Open()
	w.Must(w.Runs.Resume(t.Context()))
	ended, err := w.Store.Run(t.Context(), started.ID)
	w.Must(err)
	billingtest.WantStatus(t, ended, store.RunDone)
	w.WantLive(a.ID, "NP-BUS 5")
}

// TestCase_J44_CancelledWhileItWaits ends a run as cancelled once that can be written down.
func TestCase_J44_CancelledWhileItWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Impatient()
	w.Mapped("Acme", 5, store.Business)
	other := openElsewhere(w)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/finance/agreements/*/additions", Times: 1, Do: func() { other.say(`BEGIN EXCLUSIVE`) }})
	w.After = pause(func() {
		runs, err := w.Store.UnfinishedRuns(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		other.say(`ROLLBACK`)
		if err := w.Runs.Cancel(t.Context(), billingtest.Admin(), runs[0].ID); err != nil {
			t.Error(err)
		}
	})
	ended, err := w.Runs.Run(t.Context(), billingtest.Admin(), run.Request{Kind: store.RunManual, Period: w.Runs.SyncNow(false).Period})
	w.Must(err)
	billingtest.WantStatus(t, ended, store.RunCancelled)
	if n := w.Writes(); n != 0 {
		t.Errorf("%d writes of a run that was cancelled before", n)
	}
}

// TestARunThatCannotBeTakenUpAgain: the lock is gone, and then the run cannot be read, or that it goes on cannot be kept.
func TestARunThatCannotBeTakenUpAgain(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{"SELECT runs", "UPDATE runs"} {
		w := newWorld(t)
		w.Impatient()
		_, a := w.Mapped("Acme", 5, store.Business)
		other := openElsewhere(w)
		s := w.watchStatements()
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/finance/agreements/*/additions", Times: 1, Do: func() { other.say(`BEGIN EXCLUSIVE`) }})
		w.After = pause(func() {
			other.say(`ROLLBACK`)
			s.from = statement
			s.fail(0)
		})
		if _, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false)); err == nil || s.which != statement {
			t.Errorf("%q failed, and it says %v", s.which, err)
		}
		s.mend()
		if cut := w.lastRun(store.RunManual); cut.Status != store.RunRunning {
			t.Errorf("the run is %s, want what goes on later", cut.Status)
		}
		w.Must(w.Runs.Resume(t.Context()))
		w.WantLive(a.ID, "NP-BUS 5")
	}
}

// TestNewsOutlivesALock: the end of a run meets another program's lock. What is told of it is kept with the end, once that can be kept.
func TestNewsOutlivesALock(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t, store.EventEnded)
	w.Mapped("Acme", 5, store.Business)
	w.Impatient()
	l := &lockedOnce{w: w, left: math.MaxInt, other: openElsewhere(w)}
	s := w.watchStatements()
	w.After = pause(l.waits)
	s.from, s.left = "SELECT notification_channels", math.MaxInt // which is read just before the end
	armed := false
	s.begins = func() {
		if s.from == "" && !armed {
			armed = true
			l.after(0)
		}
		l.begins()
	}
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	w.quiet()
	if got := w.news(r); len(got) != 1 || !l.locked || l.run.Status != store.RunRunning {
		t.Errorf("told was %+v; locked %t, while the run was %s", got, l.locked, l.run.Status)
	}
}

// TestCase_J44_LockedAtEachTransaction has another program lock the database before each transaction of a sync, also those after its
// last request. It lets go of the lock when the run waits, or begins something else instead.
func TestCase_J44_LockedAtEachTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	w.Impatient()
	l := &lockedOnce{w: w, left: math.MaxInt, other: openElsewhere(w)} // opened before the statements are watched: its own are not
	s := w.watchStatements()
	s.begins, w.After = l.begins, pause(l.waits)
	afterItsEnd := 0
	for n := 0; ; n++ {
		w.Join(acme, 1)
		w.Clock.Add(int64(time.Minute))
		w.Must(w.Store.SetIntegrationProblem(t.Context(), store.Problem{What: "It did not answer."}, w.Time()))
		l.after(n)
		ended, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
		l.left = math.MaxInt
		if l.release(); !l.locked {
			break
		}
		if errors.Is(err, store.ErrBusy) && l.pauses == 0 {
			continue // it had not begun
		}
		w.Must(err)
		billingtest.WantStatus(t, ended, store.RunDone)
		w.WantProcessed(ended)
		w.WantLive(a.ID, fmt.Sprintf("NP-BUS %d", 6+n))
		if l.run.Status == store.RunDone {
			afterItsEnd++
			if !ended.ResumedAt.IsZero() || !ended.EndedAt.Equal(l.run.EndedAt) {
				t.Errorf("locked at transaction %d: it had ended, and was carried out again: %+v", n, ended)
			}
		}
		if i, err := w.Store.Integration(t.Context()); err != nil || !i.Problem.Zero() || i.LastSyncAt.Before(ended.StartedAt) {
			t.Errorf("locked at transaction %d: the connection has the problem %+v, and was synced at %s (%v)", n, i.Problem, i.LastSyncAt, err)
		}
	}
	if afterItsEnd == 0 {
		t.Error("no transaction was locked after the end of the run")
	}
}

// lockedOnce is another program that locks the database once.
type lockedOnce struct {
	w      *world
	other  *otherProgram
	left   int // transactions before the one that meets the lock
	locked bool
	held   bool
	pauses int
	run    store.Run // as it was when it waited
}

func (l *lockedOnce) after(n int) { l.left, l.locked, l.pauses, l.run = n, false, 0, store.Run{} }

// begins is called before each transaction.
func (l *lockedOnce) begins() {
	l.release()
	if l.left--; l.left == -1 {
		l.locked, l.held = true, true
		l.other.say(`BEGIN EXCLUSIVE`)
	}
}

// waits is called when the run does.
func (l *lockedOnce) waits() {
	l.pauses++
	runs, _, err := l.w.Store.Runs(l.w.T.Context(), store.RunFilter{})
	if err != nil {
		l.w.T.Error(err)
		return
	}
	l.run = runs[0].Run
	l.release()
}

func (l *lockedOnce) release() {
	if l.held {
		l.other.say(`ROLLBACK`)
	}
	l.held = false
}
