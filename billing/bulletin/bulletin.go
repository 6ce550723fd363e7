// Package bulletin says in words and figures how a sync ended: whose news it is, and what they are told. It is pure.
package bulletin

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/money"
	"seatbridge/billing/notify"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Report is a sync in figures. Quantities are seats, as decimals in JSON strings.
type Report struct {
	ID        int64                     `json:"id"`
	Kind      store.RunKind             `json:"kind"`
	Month     store.Month               `json:"month"` // YYYY-MM
	Status    store.RunStatus           `json:"status"`
	Compared  bool                      `json:"compared"` // nothing was written: Seatbridge only compares
	StartedBy string                    `json:"started_by"`
	StartedAt time.Time                 `json:"started_at"`
	EndedAt   time.Time                 `json:"ended_at"`
	Counts    map[store.ChangeState]int `json:"counts"`       // lines by what became of them
	Before    decimal.Decimal           `json:"seats_before"` // sum over the written lines, or those that would have been
	After     decimal.Decimal           `json:"seats_after"`
	Written   Money                     `json:"written_money"`     // what the written lines come to
	Held      Money                     `json:"held_money"`        // and those that wait for a person, or would have
	Would     Money                     `json:"would_write_money"` // what those would have come to that were only compared
	Unmapped  int                       `json:"unmapped"`          // monthly: organizations with billable seats that are not mapped
}

// Money is what lines come to in a whole billing period, by the rule of billing/money.
type Money struct{ totals money.Totals }

// MarshalJSON writes the amounts as texts with the digits of their currencies, and how many lines they are without.
func (m Money) MarshalJSON() ([]byte, error) {
	type flow struct {
		Currency string `json:"currency"`
		More     string `json:"more"`
		Less     string `json:"less"` // a negative number
	}
	flows := []flow{}
	for _, code := range m.totals.Currencies() {
		f := m.totals.Worth(code)
		flows = append(flows, flow{code, money.Text(decimal.NewNullDecimal(f.More), code), money.Text(decimal.NewNullDecimal(f.Less), code)})
	}
	return json.Marshal(struct {
		Lines    int    `json:"lines"`
		Money    []flow `json:"money"`
		Unpriced int    `json:"unpriced"`   // lines whose price is not known
		Listed   int    `json:"listed"`     // lines at the catalog's price
		Unbilled int    `json:"not_billed"` // lines of which ConnectWise bills nothing
	}{m.totals.Lines, flows, m.totals.Unpriced, m.totals.Listed, m.totals.Unbilled})
}

// sentence says what the lines come to; empty: there are none.
func (m Money) sentence() string {
	if m.totals.Lines == 0 {
		return ""
	}
	return " For a whole billing period that is " + m.totals.InWords() + "."
}

// Add adds what became of a line: of those that were written, or are held, the report says what they come to.
func (r *Report) Add(c store.Change) {
	switch c.State {
	case store.StateWritten:
		r.Before, r.After = r.Before.Add(c.Before.Decimal), r.After.Add(c.After.Decimal)
		r.Written.totals.Add(money.LineOf(c))
	case store.StatePlanned:
		r.Before, r.After = r.Before.Add(c.Before.Decimal), r.After.Add(c.After.Decimal)
		r.Would.totals.Add(money.LineOf(c))
	case store.StateHeld:
		r.Held.totals.Add(money.LineOf(c))
	}
}

// Topics are what a run is news of. A monthly sync that fails is repeated by the hour, but told once a day.
func Topics(run store.Run, report Report) []store.Topic {
	ended := store.Topic{Event: store.EventEnded, Key: fmt.Sprintf("run %d", run.ID)}
	if run.Kind == store.RunMonthly {
		ended.Event = store.EventMonthly
	}
	topics := []store.Topic{ended}
	if run.Status == store.RunFailed {
		key := run.Problem.What
		if run.Kind == store.RunMonthly {
			key = string(run.Month) + " " + key
		}
		topics = []store.Topic{
			{Event: ended.Event, Key: key, Quiet: notify.SameFailureQuiet},
			{Event: store.EventFailed, Key: key, Quiet: notify.SameFailureQuiet},
		}
	}
	if report.open() > 0 {
		topics = append(topics, store.Topic{Event: store.EventOpen, Key: ended.Key})
	}
	if report.Unmapped > 0 {
		topics = append(topics, store.Topic{Event: store.EventUnmapped, Key: string(run.Month)})
	}
	return topics
}

// Message says how a sync ended; refused is the sentence about credentials that stopped working; empty: they did not.
func Message(run store.Run, report Report, refused string) (notify.Message, error) {
	m := notify.NewMessage(report.EndedAt, subject(run)+": "+report.result())
	figures, err := json.Marshal(report)
	if err != nil {
		return m, fmt.Errorf("encoding the report of run %d: %w", run.ID, err)
	}
	m.Run, m.Facts = figures, report.facts()
	m.Text = append(m.Text, fmt.Sprintf("%s started it on %s; it took %s.",
		report.StartedBy, report.StartedAt.Format("2 January 2006 at 15:04 UTC"), run.Took().Truncate(time.Second)))
	if !run.Problem.Zero() {
		m.Text = append(m.Text, run.Problem.Text())
	}
	if refused != "" {
		m.Text = append(m.Text, refused)
	}
	m.Text = append(m.Text, report.sentences()...)
	return m, nil
}

// subject names a run, always with the month that it writes.
func subject(run store.Run) string {
	period := seats.Period{Month: run.Month, AsOf: run.AsOf}
	switch {
	case run.Compares:
		return "Comparison of " + period.String() + about(run)
	case run.Kind == store.RunMonthly:
		return "Monthly sync of " + period.String()
	case run.Kind == store.RunUndo:
		return fmt.Sprintf("Undo of run %d, %s", run.Of, period)
	case run.Kind == store.RunRetry:
		return fmt.Sprintf("Retry of run %d, %s%s", run.Of, period, about(run))
	case run.Kind == store.RunSettle:
		return fmt.Sprintf("Differences of %s on the next invoice", run.Month)
	case run.Kind == store.RunRelease:
		return fmt.Sprintf("Setting the lines of agreement %d to 0", run.Agreement)
	case run.Agreement != 0:
		return fmt.Sprintf("Sync of agreement %d, %s", run.Agreement, period)
	}
	return "Sync of " + period.String() + about(run)
}

func (r Report) result() string {
	switch {
	case r.Status == store.RunFailed:
		return "failed"
	case r.Status == store.RunCancelled:
		return "cancelled"
	case r.Compared && r.differ() == 0:
		return "nothing would have been written"
	case r.Compared:
		return problem.Plural(r.differ(), "line") + " would have been written"
	case r.open() > 0:
		return problem.Plural(r.open(), "line") + " to look at"
	}
	return "done"
}

// differ counts the lines that a comparison would have written, or let a person decide about.
func (r Report) differ() int { return r.Counts[store.StatePlanned] + r.Counts[store.StateHeld] }

// open counts the lines that need a person.
func (r Report) open() int {
	if r.Compared {
		return 0
	}
	return r.Counts[store.StateHeld] + r.unwritten()
}

// unwritten counts the lines that should have been written and were not.
func (r Report) unwritten() int {
	n := 0
	for _, state := range []store.ChangeState{
		store.StateFailed, store.StateUnknown, store.StateBlocked, store.StateConflict, store.StateSkipped, store.StateStale,
	} {
		n += r.Counts[state]
	}
	return n
}

func (r Report) sentences() []string {
	var text []string
	if r.Compared {
		return r.compared()
	}
	if n := r.Counts[store.StateWritten]; n > 0 {
		text = append(text, fmt.Sprintf("Written: %s, %s seats now instead of %s.%s",
			problem.Plural(n, "line"), r.After, r.Before, r.Written.sentence()))
	} else if r.Status == store.RunDone {
		text = append(text, "Nothing had to be written: every line is right.")
	}
	if n := r.Counts[store.StateHeld]; n > 0 {
		text = append(text, fmt.Sprintf("Held: %s.%s Approve or reject them on the run's page.", problem.Plural(n, "line"), r.Held.sentence()))
	}
	if n := r.unwritten(); n > 0 {
		text = append(text, fmt.Sprintf("Not written: %s. The run's page says for each why, and what to do.", problem.Plural(n, "line")))
	}
	if r.Unmapped > 0 {
		text = append(text, fmt.Sprintf("Not mapped: %s with billable seats. Nobody is invoiced for them through ConnectWise PSA "+
			"until each is mapped to an agreement.", problem.Plural(r.Unmapped, "organization")))
	}
	return text
}

// compared says what a comparison found.
func (r Report) compared() []string {
	text := []string{"Nothing was written: Seatbridge only compares."}
	if n := r.Counts[store.StatePlanned]; n > 0 {
		text = append(text, fmt.Sprintf("It would have written %s, %s seats instead of %s.%s",
			problem.Plural(n, "line"), r.After, r.Before, r.Would.sentence()))
	}
	if n := r.Counts[store.StateUnchanged]; n > 0 {
		text = append(text, fmt.Sprintf("Right already: %s.", problem.Plural(n, "line")))
	}
	if n := r.Counts[store.StateHeld]; n > 0 {
		text = append(text, fmt.Sprintf("A person would have decided about %s.%s", problem.Plural(n, "line"), r.Held.sentence()))
	}
	if n := r.unwritten(); n > 0 {
		text = append(text, fmt.Sprintf("%s would have been left alone. The run's page says for each why.", problem.Plural(n, "line")))
	}
	return text
}

// facts are the figures in a fixed order.
func (r Report) facts() []notify.Fact {
	facts := []notify.Fact{{Name: "Month", Value: r.Month.String()}, {Name: "Started by", Value: r.StartedBy}}
	for _, row := range []struct {
		name  string
		state store.ChangeState
	}{
		{"Written", store.StateWritten}, {"Would be written", store.StatePlanned}, {"Unchanged", store.StateUnchanged},
		{"Held", store.StateHeld}, {"Failed", store.StateFailed},
		{"Outcome unknown", store.StateUnknown}, {"Blocked", store.StateBlocked}, {"Conflict", store.StateConflict},
		{"Skipped", store.StateSkipped}, {"Stale", store.StateStale}, {"Rejected", store.StateRejected}, {"Cancelled", store.StateCancelled},
	} {
		if n := r.Counts[row.state]; n > 0 || row.state == store.StateWritten && !r.Compared {
			facts = append(facts, notify.Fact{Name: row.name, Value: strconv.Itoa(n)})
		}
	}
	for _, sum := range []struct {
		name  string
		money Money
	}{{"Written, in money", r.Written}, {"Would be written, in money", r.Would}, {"Held, in money", r.Held}} {
		if text := sum.money.totals.InWords(); text != "" {
			facts = append(facts, notify.Fact{Name: sum.name, Value: text})
		}
	}
	return facts
}
