package run_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing"
	"seatbridge/billing/billingtest"
	"seatbridge/billing/bulletin"
	"seatbridge/billing/notify"
	"seatbridge/billing/notify/notifytest"
	"seatbridge/billing/seats"
	"seatbridge/connectwise/cwsim"
	"seatbridge/store"
)

// news is a message about a run, as a webhook receives it.
type news struct {
	notify.Message
	Run *bulletin.Report `json:"run"`
}

func (w *world) news(r *notifytest.Receiver) []news {
	return notifytest.Messages[news](w.T, r)
}

// toldWorld tells a receiver the events; all of them when none are named.
func toldWorld(t *testing.T, events ...store.Event) (*world, *notifytest.Receiver) {
	t.Helper()
	w := newWorld(t)
	r := notifytest.NewReceiver(t)
	if len(events) == 0 {
		events = notify.Events()
	}
	w.channel(store.Channel{Kind: store.ChannelWebhook, Name: "Ops", URL: r.URL, Events: events})
	return w, r
}

func (w *world) channel(c store.Channel) int64 {
	w.T.Helper()
	id, err := w.Outbox.SaveChannel(w.T.Context(), billingtest.Admin(), c, false)
	w.Must(err)
	return id
}

// quiet waits until the outbox is empty.
func (w *world) quiet() { w.Work.Wait() }

func TestRunIsToldOnce(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	_, _ = w.Mapped("Acme", 12, store.Business)

	_, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.quiet()
	if got := w.news(r); len(got) != 0 {
		t.Fatalf("a preview told %v", got)
	}

	run := w.Sync()
	w.quiet()
	got := w.news(r)
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1", len(got))
	}
	m := got[0]
	if m.Title != "Sync of October 2026 to date: done" || m.URL != fmt.Sprintf("https://panel.example.com/runs/%d", run.ID) {
		t.Errorf("message %+v", m)
	}
	if diff := cmp.Diff([]store.Event{store.EventEnded}, m.Events); diff != "" {
		t.Error(diff)
	}
	if m.Run.Counts[store.StateWritten] != 1 || m.Run.After.String() != "12" || m.Run.Before.String() != "0" || m.Run.StartedBy != "admin@example.com" {
		t.Errorf("report %+v", m.Run)
	}
	notifytest.WantParts(t, strings.Join(m.Text, "\n"), "admin@example.com started it on 20 October 2026", "Written: 1 line, 12 seats now instead of 0.")
	if text := strings.Join(m.Text, " "); strings.Contains(text, "Acme") {
		t.Errorf("%q names a customer", text)
	}

	run.Status = store.RunRunning // as after a crash just before its end was kept
	w.Must(w.Store.UpdateRun(t.Context(), run))
	w.Must(w.Runs.Resume(t.Context()))
	w.quiet()
	if again := w.news(r); len(again) != 0 {
		t.Errorf("told again: %+v", again)
	}
}

func TestHeldAndFailedAreTold(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t, store.EventOpen)
	w.Mapped("Acme", 12, store.Business)
	w.Mapped("Beta", 3, store.Business)
	w.Sync()
	w.quiet()
	if got := r.Take(); len(got) != 0 {
		t.Fatalf("told of a good run: %v", got)
	}
	settings, err := w.Store.Settings(t.Context())
	w.Must(err)
	settings.Holds.Decrease, settings.Holds.Seats = true, 0
	w.Must(w.Store.UpdateSettings(t.Context(), settings))
	w.Mapped("Gamma", 5, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Converting500, Method: "POST"})

	run := w.Sync()
	w.quiet()
	got := w.news(r)
	if len(got) != 1 || run.Status != store.RunIncomplete {
		t.Fatalf("run %s, %d messages, want one", run.Status, len(got))
	}
	if got[0].Title != "Sync of October 2026 to date: 1 line to look at" {
		t.Errorf("title %q", got[0].Title)
	}
	notifytest.WantParts(t, strings.Join(got[0].Text, "\n"), "Not written: 1 line. The run's page says for each why")
}

// The monthly sync tries by the hour while ConnectWise refuses it; people hear of it once a day, and how it ended.
func TestMonthlyFailureIsToldOnceADay(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	credentials := notifytest.NewReceiver(t)
	w.channel(store.Channel{Kind: store.ChannelWebhook, Name: "Credentials", URL: credentials.URL, Events: []store.Event{store.EventCredentials}})
	w.Mapped("Acme", 12, store.Business)
	w.Organization("Nobody's", 2, store.Business)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	w.SetTime("2026-11-01 00:30:00")
	for range 20 {
		if err := w.Runs.RunDue(t.Context()); err == nil {
			t.Fatal("the sync did not fail")
		}
		w.quiet()
		w.Clock.Add(int64(time.Hour))
	}
	got := w.news(r)
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1: %+v", len(got), got)
	}
	if diff := cmp.Diff([]store.Event{store.EventMonthly, store.EventFailed, store.EventUnmapped, store.EventCredentials}, got[0].Events); diff != "" {
		t.Error(diff)
	}
	if got[0].Title != "Monthly sync of October 2026: failed" {
		t.Errorf("title %q", got[0].Title)
	}
	notifytest.WantParts(t, strings.Join(got[0].Text, "\n"), "worked before and does not any more", "Not mapped: 1 organization with billable seats.")
	if n := len(credentials.Take()); n != 1 {
		t.Errorf("the refusal was told %d times", n)
	}

	w.Sim.ClearFaults()
	w.Must(w.Runs.RunDue(t.Context()))
	w.quiet()
	if got := w.news(r); len(got) != 1 || got[0].Title != "Monthly sync of October 2026: done" {
		t.Errorf("after the repair: %+v", got)
	}
	if n := len(credentials.Take()); n != 0 {
		t.Errorf("%d messages about credentials that work", n)
	}
}

func TestRefusedCredentialsAreToldWhenTheyBegin(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t, store.EventCredentials)
	check := func(want int, after time.Duration) {
		t.Helper()
		w.Clock.Add(int64(after))
		_, err := w.Connection.Check(t.Context(), billingtest.Admin())
		w.Must(err)
		w.quiet()
		if got := w.news(r); len(got) != want {
			t.Errorf("%d messages, want %d", len(got), want)
		}
	}
	check(0, 0)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.HTML503})
	check(0, time.Hour) // down is not refused
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	check(1, time.Hour)
	check(0, time.Hour) // still
	w.Sim.ClearFaults()
	check(0, time.Hour)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	check(0, time.Hour) // again within a day
	w.Sim.ClearFaults()
	check(0, 0)
	w.Sim.Revoke(cwsim.Agreements, cwsim.Edit)
	check(1, time.Hour) // another reason
	w.Sim.Grant(cwsim.Agreements, cwsim.Edit, cwsim.All)
	check(0, 0)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	_, err := w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.quiet()
	if got := w.news(r); len(got) != 0 {
		t.Errorf("a preview within the day told %+v", got)
	}
	w.Sim.ClearFaults()
	check(0, 25*time.Hour)
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	_, err = w.Runs.Run(t.Context(), billingtest.Admin(), w.Runs.SyncNow(true))
	w.Must(err)
	w.quiet()
	if got := w.news(r); len(got) != 1 || got[0].Title != "ConnectWise PSA stopped accepting Seatbridge" {
		t.Errorf("a preview that found it told %+v", got)
	}
}

// A sync takes no notice of a channel that does not answer.
func TestSyncDoesNotWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	w.channel(store.Channel{Kind: store.ChannelSlack, Name: "Hanging", URL: server.URL, Events: notify.Events()})
	w.Mapped("Acme", 12, store.Business)
	if run := w.Sync(); run.Status != store.RunDone {
		t.Errorf("run %s", run.Status)
	}
}

// What a run told is kept with the run: a process that starts after a crash delivers it.
func TestNewsOutlivesACrash(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	w.Mapped("Acme", 12, store.Business)
	w.Work.Stop() // nobody delivers: the process dies first
	w.Sync()
	w.quiet()
	if got := r.Take(); len(got) != 0 {
		t.Fatalf("delivered %v", got)
	}
	w.Must(w.Close(t.Context()))
	w.Must(w.Store.Close())
	w.Open()
	w.Must(w.Runs.Resume(t.Context()))
	w.quiet()
	if got := w.news(r); len(got) != 1 || got[0].Run.Counts[store.StateWritten] != 1 {
		t.Fatalf("after the next start: %+v", got)
	}
}

func TestFailingChannelNeedsAttention(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.channel(store.Channel{Kind: store.ChannelWebhook, Name: "Ops", URL: "https://hooks.example.com/x", Events: notify.Events()})
	attention := func() []billing.Attention {
		list, err := w.Attention(t.Context())
		w.Must(err)
		return slices.DeleteFunc(list, func(a billing.Attention) bool { return a.Kind != billing.AttendNotify })
	}
	w.Must(w.Store.SetChannelResult(t.Context(), id, store.Problem{What: "The webhook answered with status 500."}, w.Time()))
	want := []billing.Attention{{Kind: billing.AttendNotify, Title: "Notifications do not arrive: Ops", Detail: "The webhook answered with status 500."}}
	if diff := cmp.Diff(want, attention()); diff != "" {
		t.Error(diff)
	}
	w.Must(w.Store.SetChannelResult(t.Context(), id, store.Problem{}, w.Time()))
	if got := attention(); len(got) != 0 {
		t.Errorf("after a message that was taken: %+v", got)
	}
}

// Nothing about telling can keep a run from ending: a message that cannot be kept is lost, the run's end is not.
func TestRunEndsWhenTellingFails(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	_, a := w.Mapped("Acme", 12, store.Business)
	db, err := sql.Open("sqlite3", w.Path)
	w.Must(err)
	defer db.Close()
	_, err = db.Exec(`CREATE TRIGGER deaf BEFORE INSERT ON notifications BEGIN SELECT RAISE(ABORT, 'cannot be kept'); END`)
	w.Must(err)
	run := w.Sync()
	w.quiet()
	billingtest.WantStatus(t, run, store.RunDone)
	kept, err := w.Store.Run(t.Context(), run.ID)
	w.Must(err)
	billingtest.WantStatus(t, kept, store.RunDone)
	if kept.EndedAt.IsZero() {
		t.Error("the run has no end")
	}
	w.WantLive(a.ID, "NP-BUS 12")
	if got := r.Take(); len(got) != 0 {
		t.Errorf("told %v", got)
	}
}

// Who syncs by hand was not asked to look after what is not mapped; the monthly sync is.
func TestOnlyTheMonthlySyncNamesWhatIsNotMapped(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	w.Mapped("Acme", 12, store.Business)
	w.Organization("Nobody's", 2, store.Business)
	w.Sync()
	w.quiet()
	got := w.news(r)
	if len(got) != 1 || got[0].Run.Unmapped != 0 || slices.Contains(got[0].Events, store.EventUnmapped) {
		t.Fatalf("the sync by hand told %+v", got)
	}
	w.SetTime("2026-11-01 00:30:00")
	w.Must(w.Runs.RunDue(t.Context()))
	w.quiet()
	if got = w.news(r); len(got) != 1 || got[0].Run.Unmapped != 1 || !slices.Contains(got[0].Events, store.EventUnmapped) {
		t.Fatalf("the monthly sync told %+v", got)
	}
}

// TestARefusalThatCannotBeRead: whether it is news that the credentials are refused is not known, so that nothing is told by halves.
func TestARefusalThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	w.Mapped("Acme", 5, store.Business)
	s := w.watchStatements()
	w.Sim.SetFaults(cwsim.Fault{Kind: cwsim.Unauthorized})
	s.from = "SELECT notification_channels"
	s.fail(1)
	billingtest.WantStatus(t, w.Sync(), store.RunFailed)
	s.mend()
	w.quiet()
	if got := w.news(r); len(got) != 0 || s.which != "SELECT integration" {
		t.Errorf("%q failed, and told was %+v", s.which, got)
	}
}

// TestEachStatementOfTellingFails: what a run did is told as it was, or not at all, and its end is kept.
func TestEachStatementOfTellingFails(t *testing.T) {
	t.Parallel()
	w, r := toldWorld(t)
	acme, _ := w.Mapped("Acme", 5, store.Business)
	w.Sync()
	w.quiet()
	r.Take()
	s := w.watchStatements()
	months, told := 0, 0
	for n := 0; ; n++ {
		w.Join(acme, 1)
		w.Clock.Add(int64(seats.Schedule{Day: 1}.DueAt(store.MonthOf(w.Time())).Sub(w.Time()) + time.Minute))
		s.from = "SELECT notification_channels"
		s.fail(n)
		err := w.Runs.RunDue(t.Context())
		s.mend()
		w.quiet()
		run := w.lastRun(store.RunMonthly)
		if err != nil || run.EndedAt.IsZero() { // what fails after the end is told by the next sync
			break
		}
		months++
		billingtest.WantStatus(t, run, store.RunDone)
		got := w.news(r)
		told += len(got)
		for _, m := range got {
			if s.which != "" && strings.HasPrefix(s.which, "SELECT") || m.Run.Before.String() != fmt.Sprint(5+n) || m.Run.After.String() != fmt.Sprint(6+n) {
				t.Errorf("%q failed, and from %s to %s was told", s.which, m.Run.Before, m.Run.After)
			}
		}
		if s.which == "" {
			break
		}
	}
	if months < 5 {
		t.Errorf("%d statements failed, and %d messages were told", months, told)
	}
}
