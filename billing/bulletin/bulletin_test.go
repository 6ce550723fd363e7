package bulletin

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/notify"
	"seatbridge/billing/notify/notifytest"
	"seatbridge/store"
)

func TestHeldLinesInWords(t *testing.T) {
	t.Parallel()
	counts := map[store.ChangeState]int{store.StateWritten: 41, store.StateHeld: 2, store.StateBlocked: 1, store.StateFailed: 3, store.StateRejected: 1}
	report := Report{Status: store.RunIncomplete, Counts: counts, Month: "2026-10", StartedBy: "Seatbridge", Unmapped: 4}
	m, err := Message(store.Run{Kind: store.RunMonthly, Month: "2026-10"}, report, "")
	if err != nil {
		t.Fatal(err)
	}
	if m.Title != "Monthly sync of October 2026: 6 lines to look at" {
		t.Errorf("title %q", m.Title)
	}
	notifytest.WantParts(t, strings.Join(m.Text, "\n"), "Held: 2 lines. Approve or reject them", "Not written: 4 lines.", "Not mapped: 4 organizations with billable seats.")
	var facts []string
	for _, f := range m.Facts {
		facts = append(facts, f.Name+" "+f.Value)
	}
	want := []string{"Month October 2026", "Started by Seatbridge", "Written 41", "Held 2", "Failed 3", "Blocked 1", "Rejected 1"}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Error(diff)
	}
}

// TestRunInWords holds the title and the text of the message about a run of each kind and end.
func TestRunInWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
	down := store.Problem{What: "ConnectWise is not available."}
	counts := func(state store.ChangeState, n int) map[store.ChangeState]int {
		return map[store.ChangeState]int{state: n}
	}
	const begun = "Seatbridge started it on 1 November 2026 at 00:30 UTC; it took 2m0s."
	tests := []struct {
		name    string
		run     store.Run
		counts  map[store.ChangeState]int
		refused string
		title   string
		text    []string // after how it began
	}{
		{"nothing to write", store.Run{Kind: store.RunMonthly, Status: store.RunDone}, nil, "",
			"Monthly sync of October 2026: done", []string{"Nothing had to be written: every line is right."}},
		{"one line", store.Run{Kind: store.RunManual, Status: store.RunDone}, counts(store.StateWritten, 1), "",
			"Sync of October 2026: done", []string{"Written: 1 line, 12 seats now instead of 7."}},
		{"one agreement", store.Run{Kind: store.RunManual, Agreement: 4, Status: store.RunIncomplete}, counts(store.StateHeld, 1), "",
			"Sync of agreement 4, October 2026: 1 line to look at", []string{"Held: 1 line. Approve or reject them on the run's page."}},
		{"an undo", store.Run{Kind: store.RunUndo, Of: 3, Status: store.RunIncomplete}, counts(store.StateStale, 1), "",
			"Undo of run 3, October 2026: 1 line to look at", []string{"Not written: 1 line. The run's page says for each why, and what to do."}},
		{"a retry", store.Run{Kind: store.RunRetry, Of: 3, Status: store.RunCancelled}, nil, "", "Retry of run 3, October 2026: cancelled", nil},
		{"a retry of some", store.Run{Kind: store.RunRetry, Of: 3, Only: []int{4, 5}, Status: store.RunDone}, nil, "", "Retry of run 3, October 2026 for 2 agreements: done",
			[]string{"Nothing had to be written: every line is right."}},
		{"a release", store.Run{Kind: store.RunRelease, Agreement: 4, Status: store.RunDone}, counts(store.StateWritten, 2), "",
			"Setting the lines of agreement 4 to 0: done", []string{"Written: 2 lines, 12 seats now instead of 7."}},
		{"given up", store.Run{Kind: store.RunMonthly, Status: store.RunFailed, Problem: down}, counts(store.StateHeld, 1), "They do not work any more.",
			"Monthly sync of October 2026: failed",
			[]string{down.Text(), "They do not work any more.", "Held: 1 line. Approve or reject them on the run's page."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run.Month, tt.run.StartedAt, tt.run.EndedAt = "2026-10", at, at.Add(2*time.Minute)
			report := Report{
				Status: tt.run.Status, StartedBy: "Seatbridge", StartedAt: at, EndedAt: at.Add(2 * time.Minute), Counts: tt.counts,
				Before: decimal.NewFromInt(7), After: decimal.NewFromInt(12),
			}
			m, err := Message(tt.run, report, tt.refused)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]string{tt.title, begun}, tt.text...), append([]string{m.Title}, m.Text...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCase_I40_MessagesSayTheMoney: what was written and what is held comes to so much, by the one rule, in each currency with its digits,
// and what that leaves out is said. The title says nothing of it.
func TestCase_I40_MessagesSayTheMoney(t *testing.T) {
	t.Parallel()
	number := func(text string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(text)) }
	change := func(state store.ChangeState, before, after, price, currency string) store.Change {
		c := store.Change{Kind: store.KindUpdate, AdditionID: 7, State: state, Before: number(before), After: number(after), Currency: currency}
		if price != "" {
			c.UnitPrice = number(price)
		}
		return c
	}
	found := func(c store.Change, subject store.Subject, facts string, included int64) store.Change {
		c.Found = []store.Finding{{Subject: subject, Facts: facts, Included: decimal.NewFromInt(included)}}
		return c
	}
	fresh := change(store.StateHeld, "0", "3", "1.2345", "KWD")
	fresh.Kind, fresh.AdditionID = store.KindCreate, 0
	report := Report{
		Month: "2026-10", Status: store.RunIncomplete, StartedBy: "Seatbridge",
		Counts: map[store.ChangeState]int{store.StateWritten: 5, store.StateHeld: 3},
	}
	for _, c := range []store.Change{
		change(store.StateWritten, "5", "9", "4.9", "USD"), change(store.StateWritten, "4", "2", "480.5", "JPY"),
		found(change(store.StateWritten, "5", "3", "4.99", "USD"), store.AboutIncluded, "included 4", 4),
		found(change(store.StateWritten, "5", "9", "4.99", "USD"), store.AboutProducts, store.DoNotBill, 0),
		change(store.StateWritten, "1", "2", "", ""), fresh, change(store.StateHeld, "9", "1", "", "USD"), change(store.StateHeld, "9", "1", "", "USD"),
		change(store.StateFailed, "0", "1000", "9", "EUR"),
	} {
		report.Add(c)
	}
	m, err := Message(store.Run{Kind: store.RunMonthly, Month: "2026-10", Status: store.RunIncomplete}, report, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Written: 5 lines, 25 seats now instead of 20. For a whole billing period that is −961 JPY, +19.60 USD, −4.99 USD; " +
			"without 1 line whose price is not known; 1 line is not billed.",
		"Held: 3 lines. For a whole billing period that is +3.704 KWD; 1 line at the catalog's price; without 2 lines whose price is not known. " +
			"Approve or reject them on the run's page.",
	}
	if diff := cmp.Diff(want, m.Text[1:]); diff != "" {
		t.Error(diff)
	}
	if m.Title != "Monthly sync of October 2026: 3 lines to look at" {
		t.Errorf("the title is %q", m.Title)
	}
	facts := map[string]string{}
	for _, f := range m.Facts {
		facts[f.Name] = f.Value
	}
	if facts["Written, in money"] != "−961 JPY, +19.60 USD, −4.99 USD; without 1 line whose price is not known; 1 line is not billed" ||
		facts["Held, in money"] != "+3.704 KWD; 1 line at the catalog's price; without 2 lines whose price is not known" {
		t.Errorf("the facts are %v", facts)
	}
	const figures = `"written_money":{"lines":5,"money":[{"currency":"JPY","more":"0","less":"-961"},{"currency":"USD","more":"19.60","less":"-4.99"}],` +
		`"unpriced":1,"listed":0,"not_billed":1},"held_money":{"lines":3,"money":[{"currency":"KWD","more":"3.704","less":"0.000"}],` +
		`"unpriced":2,"listed":1,"not_billed":0}`
	if !strings.Contains(string(m.Run), figures) {
		t.Errorf("a webhook receives %s, want %s", m.Run, figures)
	}
}

// TestWhatIsNotMappedIsTold holds that one organization that nobody is invoiced for is enough to say so.
func TestWhatIsNotMappedIsTold(t *testing.T) {
	t.Parallel()
	want := "Not mapped: 1 organization with billable seats. Nobody is invoiced for them through ConnectWise PSA until each is mapped to an agreement."
	if diff := cmp.Diff([]string{want}, Report{Status: store.RunIncomplete, Unmapped: 1}.sentences()); diff != "" {
		t.Error(diff)
	}
}

// TestEveryStateIsCounted holds which lines need a person, and that the message names each that there are, and how many are written.
func TestEveryStateIsCounted(t *testing.T) {
	t.Parallel()
	for state, tt := range map[store.ChangeState]struct {
		open int
		name string
	}{
		store.StateWritten: {0, ""}, store.StateUnchanged: {0, "Unchanged"}, store.StateRejected: {0, "Rejected"},
		store.StateCancelled: {0, "Cancelled"}, store.StateHeld: {1, "Held"}, store.StateFailed: {1, "Failed"},
		store.StateUnknown: {1, "Outcome unknown"}, store.StateBlocked: {1, "Blocked"}, store.StateConflict: {1, "Conflict"},
		store.StateSkipped: {1, "Skipped"}, store.StateStale: {1, "Stale"},
	} {
		r := Report{Month: "2026-10", StartedBy: "me@example.com", Counts: map[store.ChangeState]int{state: 1}}
		if got := r.open(); got != tt.open {
			t.Errorf("%s: %d to look at, want %d", state, got, tt.open)
		}
		want := []notify.Fact{{Name: "Month", Value: "October 2026"}, {Name: "Started by", Value: "me@example.com"}, {Name: "Written", Value: "1"}}
		if tt.name != "" {
			want[2].Value = "0"
			want = append(want, notify.Fact{Name: tt.name, Value: "1"})
		}
		if diff := cmp.Diff(want, r.facts()); diff != "" {
			t.Errorf("%s: %s", state, diff)
		}
	}
}

// TestRunTopics holds what a run is news of, and that a failure which repeats itself is told once a day.
func TestRunTopics(t *testing.T) {
	t.Parallel()
	down := store.Problem{What: "Down."}
	held := Report{Counts: map[store.ChangeState]int{store.StateHeld: 1}}
	topic := func(event store.Event, key string) store.Topic { return store.Topic{Event: event, Key: key} }
	quiet := func(event store.Event, key string) store.Topic {
		return store.Topic{Event: event, Key: key, Quiet: notify.SameFailureQuiet}
	}
	tests := []struct {
		name   string
		run    store.Run
		report Report
		want   []store.Topic
	}{
		{"ended", store.Run{Kind: store.RunManual, Status: store.RunDone}, Report{}, []store.Topic{topic(store.EventEnded, "run 9")}},
		{"a month ended", store.Run{Kind: store.RunMonthly, Status: store.RunDone}, Report{Unmapped: 1},
			[]store.Topic{topic(store.EventMonthly, "run 9"), topic(store.EventUnmapped, "2026-10")}},
		{"something is open", store.Run{Kind: store.RunManual, Status: store.RunIncomplete}, held,
			[]store.Topic{topic(store.EventEnded, "run 9"), topic(store.EventOpen, "run 9")}},
		{"failed", store.Run{Kind: store.RunManual, Status: store.RunFailed, Problem: down}, Report{},
			[]store.Topic{quiet(store.EventEnded, "Down."), quiet(store.EventFailed, "Down.")}},
		{"a month failed", store.Run{Kind: store.RunMonthly, Status: store.RunFailed, Problem: down}, held,
			[]store.Topic{quiet(store.EventMonthly, "2026-10 Down."), quiet(store.EventFailed, "2026-10 Down."), topic(store.EventOpen, "run 9")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run.ID, tt.run.Month = 9, "2026-10"
			if diff := cmp.Diff(tt.want, Topics(tt.run, tt.report)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
