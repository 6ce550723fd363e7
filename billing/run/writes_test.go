package run_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/billingtest"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/problem"
	"seatbridge/billing/run"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

// asked lists the requests since the first write, in short: "PATCH line", "GET agreement".
func (w *world) asked() []string {
	var all []string
	for _, r := range w.Sim.Requests() {
		if r.Method == "GET" && len(all) == 0 {
			continue
		}
		kind := "?"
		switch parts := strings.Split(strings.Trim(r.Path, "/"), "/"); {
		case len(parts) == 3:
			kind = "agreement"
		case len(parts) == 4:
			kind = "lines"
		case len(parts) == 5:
			kind = "line"
		}
		all = append(all, r.Method+" "+kind)
	}
	return all
}

// TestWhatIsAskedAfterAWriteThatFailed holds what a run looks at before it says that a line was not written, and what it keeps.
func TestWhatIsAskedAfterAWriteThatFailed(t *testing.T) {
	t.Parallel()
	patch := func(kind cwsim.FaultKind) cwsim.Fault { return cwsim.Fault{Kind: kind, Method: "PATCH"} }
	post := func(kind cwsim.FaultKind) cwsim.Fault { return cwsim.Fault{Kind: kind, Method: "POST", Times: 1} }
	unread := cwsim.Fault{Kind: cwsim.Forbidden, Method: "GET", Path: "/finance/agreements/*/additions/*"}
	patches := slices.Repeat([]string{"PATCH line"}, 5)
	tests := []struct {
		name   string
		line   string // what it says; empty: there is none
		seats  int
		faults []cwsim.Fault
		asked  []string
		change string
	}{
		{"carried out, and not answered", "3", 5, []cwsim.Fault{patch(cwsim.DropAfter)}, append(slices.Clone(patches), "GET line"), "written NP-BUS 3>5"},
		{"not carried out, and not answered", "3", 5, []cwsim.Fault{patch(cwsim.DropBefore)}, append(slices.Clone(patches), "GET line"), "failed NP-BUS 3>5"},
		{"nothing is not what could not be read", "3", 0, []cwsim.Fault{patch(cwsim.DropBefore), unread}, append(slices.Clone(patches), "GET line"), "failed NP-BUS 3>0"},
		{"refused", "3", 5, []cwsim.Fault{patch(cwsim.Conflict)}, []string{"PATCH line"}, "failed NP-BUS 3>5"},
		{"ignored", "3", 5, []cwsim.Fault{patch(cwsim.PatchIgnored)}, []string{"PATCH line"}, "failed NP-BUS 3>5"},
		{"the period is invoiced by now", "", 5, []cwsim.Fault{post(cwsim.PeriodInvoiced)}, []string{"POST lines", "GET agreement", "POST lines"}, "written NP-BUS ->5"},
		{"refused for another reason", "", 5, []cwsim.Fault{post(cwsim.Conflict)}, []string{"POST lines"}, "failed NP-BUS ->5"},
		{"the dates cannot be read again", "", 5, []cwsim.Fault{
			post(cwsim.PeriodInvoiced), {Kind: cwsim.Forbidden, Method: "GET", Path: "/finance/agreements/*"},
		}, []string{"POST lines", "GET agreement"}, "failed NP-BUS ->5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Set(func(s *store.Settings) { s.Holds = store.Holds{} })
			o, a := w.Mapped("Acme", tt.seats, store.Business)
			if tt.seats == 0 {
				_, _, err := w.Organizations.StateNoMembers(t.Context(), billingtest.Admin(), o.ID)
				w.Must(err)
			}
			line := 0
			if tt.line != "" {
				line = w.addLine(a.ID, w.Business.ID, tt.line).ID
			}
			w.Sim.SetFaults(tt.faults...)
			w.Sim.ResetRequests()
			run := w.Sync()
			if got := w.asked(); !slices.Equal(got, tt.asked) {
				t.Errorf("asked was %q, want %q", got, tt.asked)
			}
			w.WantChanges(run, tt.change)
			if c := w.onlyChange(run); line != 0 && c.AdditionID != line || (c.State == store.StateFailed) == c.Problem.Zero() {
				t.Errorf("the change is about line %d, want %d: %+v", c.AdditionID, line, c.Problem)
			}
		})
	}
}

// TestARefusalThatNothingExplains: a new line is refused, and the agreement's dates are as they were. It is not sent again.
func TestARefusalThatNothingExplains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.InvoiceThrough(a.ID, moment.At("2026-10-31"))
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "POST", Times: 1, Do: func() { w.Sim.SetInactive(w.Business.ID, true) }})
	w.Sim.ResetRequests()
	w.WantChanges(w.Sync(), "failed NP-BUS ->5")
	if got := w.asked(); !slices.Equal(got, []string{"POST lines", "GET agreement"}) {
		t.Errorf("asked was %q", got)
	}
	w.WantLive(a.ID)
}

// TestDatesThatChangeDoNotDouble: nobody saw what became of a new line, and the agreement's dates changed meanwhile. It is looked for
// and not sent again with another date.
func TestDatesThatChangeDoNotDouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(
		cwsim.Fault{Kind: cwsim.DropAfter, Method: "POST", Times: 1},
		cwsim.Fault{Kind: cwsim.Hook, Method: "GET", Path: "/finance/agreements/*", Do: func() {
			w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillStart = moment.At("2026-10-25") })
		}},
	)
	w.WantChanges(w.Sync(), "written NP-BUS ->5")
	w.WantLive(a.ID, "NP-BUS 5")
}

// TestAWriteInHandIsGivenTime: the process is told to end while a write is on its way. It waits 15 seconds for the answer.
func TestAWriteInHandIsGivenTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, line string
		answers      time.Duration
		want         string
	}{
		{"POST", "", 14 * time.Second, "written NP-BUS ->5"},
		{"POST", "", 16 * time.Second, "sending NP-BUS ->5"},
		{"PATCH", "3", 14 * time.Second, "written NP-BUS 3>5"},
		{"PATCH", "3", 16 * time.Second, "sending NP-BUS 3>5"},
	} {
		t.Run(fmt.Sprint(tt.method, tt.answers), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := bubbleWorld(t)
				w.Connect()
				w.MapProducts()
				w.Trusting()
				_, a := w.Mapped("Acme", 5, store.Business)
				if tt.line != "" {
					w.addLine(a.ID, w.Business.ID, tt.line)
				}
				w.Sim.SetFaults(
					cwsim.Fault{Kind: cwsim.Hook, Method: tt.method, Do: w.Work.Stop},
					cwsim.Fault{Kind: cwsim.SlowBefore, Method: tt.method, Wait: tt.answers},
				)
				started, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
				w.Must(err)
				began := time.Now()
				w.Work.Wait()
				w.WantChanges(started, tt.want)
				if took := time.Since(began); took > 15*time.Second+time.Second {
					t.Errorf("the process was kept for %s", took)
				}
			})
		})
	}
}

// TestAnUnseenCreationIsLookedForThreeTimes: the second and the third look each come a minute later, and then the run ends.
func TestAnUnseenCreationIsLookedForThreeTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := bubbleWorld(t)
		w.Connect()
		w.MapProducts()
		w.Mapped("Acme", 5, store.Business)
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.DropBefore, Method: "POST", Times: 1})
		waits := 0
		w.After = func(d time.Duration) <-chan time.Time {
			if d == time.Minute {
				waits++
			}
			return time.After(d)
		}
		w.Sim.ResetRequests()
		ended := w.Sync()
		w.WantChanges(ended, "unknown NP-BUS ->5")
		if waits != 2 {
			t.Errorf("it was waited for %d times, want twice", waits)
		}
		counted := 0 // each look counts the lines
		for _, r := range w.Sim.Requests() {
			if strings.HasSuffix(r.Path, "/additions/count") {
				counted++
			}
		}
		if counted != 3 || ended.Processed != 0 || ended.Total != 1 {
			t.Errorf("it was looked for %d times, and %d of %d agreements are done", counted, ended.Processed, ended.Total)
		}
		waits = 0
		w.Sync()
		if waits != 0 {
			t.Errorf("a sync that sends nothing waited %d times", waits)
		}
	})
}

// TestWhatIsStillSentWhenARunEnds: of what was sent nobody knows the outcome; what was only about to be is cancelled.
func TestWhatIsStillSentWhenARunEnds(t *testing.T) {
	t.Parallel()
	for _, sent := range []bool{true, false} {
		w := newWorld(t)
		acme, a := w.Mapped("Acme", 5, store.Business)
		c, want := store.Change{State: store.StateSending}, "cancelled NP-BUS ->5"
		if sent {
			c.SentAt, want = w.Time(), "unknown NP-BUS ->5"
		}
		c.Product = "NP-BUS"
		w.sendUnseen(store.RunRunning, acme, a.ID, c)
		c.AgreementID, c.CompanyID, c.ProductID, c.Plan, c.Kind = a.ID+1, a.CompanyID, w.Business.ID, store.Business, store.KindCreate
		c.After = decimal.NewNullDecimal(plantest.Quantity("5"))
		_, err := w.Store.PlanAgreement(t.Context(), 1, a.ID+1, []store.Change{c}) // another one
		w.Must(err)
		w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
		w.Must(w.Runs.Resume(t.Context()))
		ended, err := w.Store.Run(t.Context(), 1)
		w.Must(err)
		billingtest.WantStatus(t, ended, store.RunFailed)
		w.WantChanges(ended, want, want)
		for _, c := range w.changesOf(ended) {
			if c.Problem.Zero() == sent || c.DoneAt.IsZero() {
				t.Errorf("%s says %+v, done at %s", c.State, c.Problem, c.DoneAt)
			}
		}
	}
}

// TestWhatARunSaysOfTheConnection holds which runs are the last sync of all, and which say that the connection works again.
func TestWhatARunSaysOfTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	ask := func(change func(*run.Request)) func() store.Run {
		return func() store.Run {
			r := w.Runs.SyncNow(false)
			change(&r)
			ended, err := w.Runs.Run(t.Context(), billingtest.Admin(), r)
			w.Must(err)
			return ended
		}
	}
	for i, tt := range []struct {
		name   string
		run    func() store.Run
		status store.RunStatus
		last   bool // it is the last sync of all
	}{
		{"a sync", w.Sync, store.RunDone, true},
		{"a preview", ask(func(r *run.Request) { r.Preview = true }), store.RunPlanned, false},
		{"one agreement", ask(func(r *run.Request) { r.Agreement = a.ID }), store.RunDone, false},
		{"an undo", ask(func(r *run.Request) { r.Kind, r.Of = store.RunUndo, 1 }), store.RunDone, false},
		{"a retry", ask(func(r *run.Request) { r.Kind, r.Of = store.RunRetry, 1 }), store.RunDone, true},
		{"one that cannot write all", func() store.Run {
			w.Join(acme, 1)
			w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "PATCH"})
			defer w.Sim.ClearFaults()
			return w.Sync()
		}, store.RunFailed, false},
		{"one that fails", func() store.Run {
			w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
			defer w.Sim.ClearFaults()
			return w.Sync()
		}, store.RunFailed, false},
	} {
		w.SetTime(fmt.Sprintf("2026-10-21 %02d:00:00", i+1))
		w.Must(w.Store.SetIntegrationProblem(t.Context(), store.Problem{What: "It did not answer."}, w.Time()))
		before, err := w.Store.Integration(t.Context())
		w.Must(err)
		ended := tt.run()
		billingtest.WantStatus(t, ended, tt.status)
		if ended.PlannedAt.IsZero() == ended.Preview {
			t.Errorf("%s: it was planned at %s", tt.name, ended.PlannedAt)
		}
		after, err := w.Store.Integration(t.Context())
		w.Must(err)
		if got := after.LastSyncAt.After(before.LastSyncAt); got != tt.last {
			t.Errorf("%s: the last sync was at %s, and before at %s", tt.name, after.LastSyncAt, before.LastSyncAt)
		}
		if works := after.Problem.Zero(); works == (tt.name == "one that fails") || after.Problem.What == "It did not answer." {
			t.Errorf("%s: the connection's problem is %+v", tt.name, after.Problem)
		}
	}
}

// TestWhatLeavesHeldChangesAlone: what waits for a person is planned anew by a run that looked at the line for the same, and by no
// other.
func TestWhatLeavesHeldChangesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	named := w.addLine(a.ID, w.Enterprise.ID, "2")
	w.Set(func(s *store.Settings) { s.Holds.Seats = 1 })
	waits := w.Sync()
	for _, tt := range []struct {
		name string
		ask  run.Request
		want string
	}{
		{"a preview", run.Request{Kind: store.RunManual, Period: seats.ToDate(w.Time()), Preview: true}, "held NP-BUS ->5"},
		{"setting a line to 0", run.Request{Kind: store.RunRelease, Period: seats.ToDate(w.Time()), Agreement: a.ID, Addition: named.ID}, "held NP-BUS ->5"},
		{"a sync", run.Request{Kind: store.RunManual, Period: seats.ToDate(w.Time())}, "stale NP-BUS ->5"},
	} {
		_, err := w.Runs.Run(t.Context(), billingtest.Admin(), tt.ask)
		w.Must(err)
		if got := w.Changes(waits)[0]; got != tt.want {
			t.Errorf("after %s: %q, want %q", tt.name, got, tt.want)
		}
	}
	w.WantLive(a.ID, "NP-ENT 0") // asked for, it waits for nobody, however much it falls
}

// TestTheSyncThatIsRepeated holds which sync is repeated to look for what was sent: the last one that looked there, and no undo,
// release or preview.
func TestTheSyncThatIsRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, a := w.Mapped("Acme", 5, store.Business)
	_, b := w.Mapped("Beta", 5, store.Business)
	looked := func(r store.Run, agreement int) int64 {
		r.Month, r.Status, r.StartedAt = "2026-10", store.RunIncomplete, w.Time()
		created, err := w.Store.CreateRun(t.Context(), r)
		w.Must(err)
		_, err = w.Store.PlanAgreement(t.Context(), created.ID, agreement, []store.Change{{ProductID: w.Enterprise.ID, State: store.StateFailed}})
		w.Must(err)
		return created.ID
	}
	w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time()})
	later := looked(store.Run{Kind: store.RunMonthly}, a.ID)
	looked(store.Run{Kind: store.RunUndo, Of: 1}, a.ID)
	looked(store.Run{Kind: store.RunRelease}, a.ID)
	looked(store.Run{Kind: store.RunManual, Preview: true}, a.ID)
	looked(store.Run{Kind: store.RunManual}, b.ID)
	w.Must(w.Runs.LookForSent(t.Context()))
	runs, _, err := w.Store.Runs(t.Context(), store.RunFilter{Kind: store.RunRetry})
	w.Must(err)
	if len(runs) != 1 || runs[0].Of != later || runs[0].Agreement != a.ID || runs[0].Month != "2026-10" {
		t.Errorf("the runs are %+v, want one that retries run %d for agreement %d", runs, later, a.ID)
	}
}

// TestNotThereOfOneProduct takes the word about one of two lines that were sent to an agreement, whichever it is.
func TestNotThereOfOneProduct(t *testing.T) {
	t.Parallel()
	for _, plan := range store.Plans() {
		w := newWorld(t)
		acme, a := w.Mapped("Acme", 5, store.Business)
		for _, product := range []int{w.Business.ID, w.Enterprise.ID} {
			w.sendUnseen(store.RunIncomplete, acme, a.ID, store.Change{State: store.StateUnknown, SentAt: w.Time(), ProductID: product})
		}
		asked, other := w.Business.ID, w.Enterprise.ID
		if plan == store.Enterprise {
			asked, other = other, asked
		}
		unknown := func() map[int]int64 {
			sent, err := store.SendingsIn(w.Store).Unknown(t.Context(), 0)
			w.Must(err)
			byProduct := map[int]int64{}
			for _, c := range sent {
				byProduct[c.ProductID] = c.ID
			}
			return byProduct
		}
		w.Must(w.Runs.NotThere(t.Context(), billingtest.Admin(), unknown()[asked]))
		w.Work.Wait()
		if left := unknown(); left[asked] != 0 || left[other] == 0 {
			t.Errorf("asked was about product %d, and looked for are %v", asked, left)
		}
	}
}

// TestMomentsThatAreEqual holds what happens at the very moment at which something else did.
func TestMomentsThatAreEqual(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := bubbleWorld(t)
		billingtest.SleepUntil("2026-11-01 00:00:00")
		w.Connect()
		billingtest.SleepUntil("2026-11-01 00:30:00")
		w.MapProducts()
		i, err := w.Store.Integration(t.Context())
		w.Must(err)
		if !i.ActiveSince.Equal(moment.At("2026-11-01 00:30:00")) {
			t.Fatalf("active since %s", i.ActiveSince)
		}
		if months, err := w.Runs.Due(t.Context()); err != nil || len(months) != 0 {
			t.Errorf("due are %v (%v): the products were mapped when the month was due, and not before", months, err)
		}
		connected, err := w.Store.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-11", Status: store.RunIncomplete, StartedAt: i.ConnectedAt})
		w.Must(err)
		if _, err := w.Runs.Retry(t.Context(), billingtest.Admin(), connected.ID); err != nil {
			t.Errorf("a run that began when this connection was made is of it: %v", err)
		}
		w.Work.Wait()
		billingtest.SleepUntil("2026-12-01 00:00:00")
		for says, r := range map[string]run.Request{
			"a month that begins at this moment has begun": w.Runs.SyncNow(false),
			"a month that ends at this moment is over":     w.Runs.SyncMonth("2026-11", nil, false),
		} {
			if _, err := w.Runs.Run(t.Context(), problem.System(), r); err != nil {
				t.Errorf("%s: %v", says, err)
			}
		}
	})
}

// TestARefusalOfAnInvoicedPeriodAndALaterStart: by now the agreement begins after its next invoice. The line does, too.
func TestARefusalOfAnInvoicedPeriodAndALaterStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(
		cwsim.Fault{Kind: cwsim.PeriodInvoiced, Method: "POST", Times: 1},
		cwsim.Fault{Kind: cwsim.Hook, Method: "GET", Path: "/finance/agreements/*", Do: func() {
			w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.BillStart = moment.At("2026-11-25") })
		}},
	)
	w.WantChanges(w.Sync(), "written NP-BUS ->5")
	if got := w.effective(a.ID); got != "2026-11-25" {
		t.Errorf("the line begins on %s, want the day on which the agreement is billed from", got)
	}
}

// TestPausesGrow holds how long a run waits for a database that stays locked.
func TestPausesGrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Impatient()
	w.Mapped("Acme", 5, store.Business)
	other := openElsewhere(w)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Path: "/finance/agreements/*/additions", Times: 1, Do: func() { other.say(`BEGIN EXCLUSIVE`) }})
	var pauses []int
	w.After = func(d time.Duration) <-chan time.Time {
		if pauses = append(pauses, int(d/time.Second)); len(pauses) == 7 {
			other.say(`ROLLBACK`)
		}
		over := make(chan time.Time, 1)
		over <- time.Time{}
		return over
	}
	billingtest.WantStatus(t, w.Sync(), store.RunDone)
	if !slices.Equal(pauses, []int{1, 2, 4, 8, 16, 30, 30}) {
		t.Errorf("it waited %v seconds", pauses)
	}
}

// TestALineThatWasChangedKeepsItsPrice holds that a line which was already there keeps what ConnectWise says of its price.
func TestALineThatWasChangedKeepsItsPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Trusting()
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3"), UnitPrice: plantest.Quantity("3.50")})
	if c := w.onlyChange(w.Sync()); plantest.Side(c.UnitPrice) != "3.5" {
		t.Errorf("its price is %s", plantest.Side(c.UnitPrice))
	}
}

// TestARefusalOfAnInvoicedPeriodIsBelieved: the agreement's record says that a line may begin within the invoiced period, and the
// refusal says that it may not. The line begins with the next invoice.
func TestARefusalOfAnInvoicedPeriodIsBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.SetFaults(
		cwsim.Fault{Kind: cwsim.PeriodInvoiced, Method: "POST", Times: 1},
		cwsim.Fault{Kind: cwsim.Hook, Method: "GET", Path: "/finance/agreements/*", Do: func() {
			w.Sim.UpdateAgreement(a.ID, func(a *cwsim.Agreement) { a.Prorate = true })
		}},
	)
	w.WantChanges(w.Sync(), "written NP-BUS ->5")
	if got := w.effective(a.ID); got != "2026-11-01" {
		t.Errorf("the line begins on %s, want the day of the next invoice", got)
	}
}

// TestNothingIsBegunAfterTheEnd: the process is told to end while the first of two lines of an agreement is written. The second is
// left for the next start.
func TestNothingIsBegunAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, a := w.Mapped("Acme", 5, store.Business)
	other := w.Organization("Acme Enterprise", 3, store.Enterprise)
	w.Must(w.Mapping.Map(t.Context(), billingtest.Admin(), a.CompanyID, a.ID, other.ID))
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Hook, Method: "POST", Times: 1, Do: w.Work.Stop})
	_, err := w.Runs.Start(t.Context(), billingtest.Admin(), w.Runs.SyncNow(false))
	w.Must(err)
	w.Work.Wait()
	if n := len(w.Live(a.ID)); n != 1 {
		t.Errorf("%d lines were written, want the one that was on its way", n)
	}
	w.Must(w.Runs.Resume(t.Context()))
	if n := len(w.Live(a.ID)); n != 2 {
		t.Errorf("%d lines after the next start, want both", n)
	}
}

// answering is a world whose ConnectWise answers requests of a method otherwise.
func answering(t *testing.T, method, was, is string) *world {
	t.Helper()
	w := &world{billingtest.Empty(t)}
	front := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		w.Sim.ServeHTTP(answer, r)
		body := answer.Body.String()
		if r.Method == method {
			body = strings.Replace(body, was, is, 1)
		}
		maps.Copy(out.Header(), answer.Header())
		out.WriteHeader(answer.Code)
		io.WriteString(out, body)
	}))
	t.Cleanup(front.Close)
	w.Site = front.URL
	w.Connect()
	w.MapProducts()
	return w
}

// TestAnAnswerWithoutAPrice: what the line's price was before it was written stays known.
func TestAnAnswerWithoutAPrice(t *testing.T) {
	t.Parallel()
	w := answering(t, http.MethodPatch, `"unitPrice"`, `"otherPrice"`)
	w.Trusting()
	_, a := w.Mapped("Acme", 5, store.Business)
	w.Sim.AddAddition(cwsim.Addition{AgreementID: a.ID, ProductID: w.Business.ID, Quantity: plantest.Quantity("3"), UnitPrice: plantest.Quantity("3.50")})
	ended := w.Sync()
	w.WantChanges(ended, "written NP-BUS 3>5")
	if c := w.onlyChange(ended); plantest.Side(c.UnitPrice) != "3.5" {
		t.Errorf("its price is %s", plantest.Side(c.UnitPrice))
	}
}

// TestALineThatWasCreatedOtherwise: ConnectWise answers a creation with another quantity. The change failed, and says which line it is.
func TestALineThatWasCreatedOtherwise(t *testing.T) {
	t.Parallel()
	w := answering(t, http.MethodPost, `"quantity": 5.00`, `"quantity": 4.00`)
	_, a := w.Mapped("Acme", 5, store.Business)
	ended := w.Sync()
	w.WantChanges(ended, "failed NP-BUS ->5")
	if c := w.onlyChange(ended); c.AdditionID != w.Sim.Additions(a.ID)[0].ID || !strings.Contains(c.Problem.Detail, "quantity 4 instead of 5") {
		t.Errorf("the change is about line %d: %+v", c.AdditionID, c.Problem)
	}
}
