package run

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/connect"
	"seatbridge/billing/notify"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// endRun records the end of a run together with what people are told about it, in one transaction: a crash loses neither.
// Nothing about telling can keep a run from ending.
func (rn *Runner) endRun(ctx context.Context, run store.Run, counts map[store.ChangeState]int, cause error) error {
	a, err := rn.announcement(ctx, run, counts, cause)
	if store.Passing(err) {
		return err // it is composed again when the database can be used
	}
	if err != nil {
		rn.log.Error("composing notifications", "run", run.ID, "err", err)
	}
	told, err := rn.store.EndRun(ctx, run, a)
	if err != nil && len(a.Topics) > 0 && !store.Passing(err) {
		rn.log.Error("announcing the end of a run", "run", run.ID, "err", err)
		return rn.store.UpdateRun(ctx, run)
	}
	if told > 0 {
		rn.outbox.Wake()
	}
	return err
}

// announcement is what to tell about a run at its end; one without topics is told to nobody. A preview is nobody's news,
// unless it finds that the credentials stopped working.
func (rn *Runner) announcement(
	ctx context.Context, run store.Run, counts map[store.ChangeState]int, cause error,
) (store.Announcement, error) {
	channels, err := rn.store.Channels(ctx)
	if err != nil || len(channels) == 0 {
		return store.Announcement{}, err
	}
	refused, err := rn.connect.NewlyRefused(ctx, run.Problem, cause)
	if err != nil {
		return store.Announcement{}, err
	}
	if run.Preview {
		if !refused {
			return store.Announcement{}, nil
		}
		return notify.Address(rn.connect.CredentialMessage(run.Problem), "", connect.CredentialTopic(run.Problem))
	}
	report, err := rn.report(ctx, run, counts)
	if err != nil {
		return store.Announcement{}, err
	}
	topics := runTopics(run, report)
	if refused {
		topics = append(topics, connect.CredentialTopic(run.Problem))
	}
	m, err := runMessage(run, report, refused)
	if err != nil {
		return store.Announcement{}, err
	}
	m.URL = rn.outbox.PageURL(fmt.Sprintf("/runs/%d", run.ID))
	return notify.Address(m, fmt.Sprintf("run %d", run.ID), topics...)
}

// runTopics are what a run is news of. A monthly sync that fails is repeated by the hour, but told once a day.
func runTopics(run store.Run, report RunReport) []store.Topic {
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

// RunReport is a sync in figures. Quantities are seats, as decimals in JSON strings.
type RunReport struct {
	ID        int64                     `json:"id"`
	Kind      store.RunKind             `json:"kind"`
	Month     store.Month               `json:"month"` // YYYY-MM
	Status    store.RunStatus           `json:"status"`
	StartedBy string                    `json:"started_by"`
	StartedAt time.Time                 `json:"started_at"`
	EndedAt   time.Time                 `json:"ended_at"`
	Counts    map[store.ChangeState]int `json:"counts"`       // lines by what became of them
	Before    decimal.Decimal           `json:"seats_before"` // sum over the written lines
	After     decimal.Decimal           `json:"seats_after"`
	Unmapped  int                       `json:"unmapped"` // monthly: organizations with billable seats that are not mapped
}

// report sums a run up.
func (rn *Runner) report(ctx context.Context, run store.Run, counts map[store.ChangeState]int) (RunReport, error) {
	r := RunReport{
		ID: run.ID, Kind: run.Kind, Month: run.Month, Status: run.Status, StartedBy: run.Actor,
		StartedAt: run.StartedAt.UTC(), EndedAt: run.EndedAt.UTC().Truncate(time.Second), Counts: counts,
		Before: decimal.Zero, After: decimal.Zero,
	}
	for c, err := range rn.store.EachChange(ctx, store.ChangeFilter{RunID: run.ID, States: []store.ChangeState{store.StateWritten}}) {
		if err != nil {
			return r, fmt.Errorf("summing run %d up: %w", run.ID, err)
		}
		r.Before, r.After = r.Before.Add(c.Before.Decimal), r.After.Add(c.After.Decimal)
	}
	if run.Kind != store.RunMonthly {
		return r, nil
	}
	var err error
	if r.Unmapped, err = rn.store.CountUnmappedBillable(ctx, rn.now()); err != nil {
		return r, fmt.Errorf("counting unmapped organizations: %w", err)
	}
	return r, nil
}

// runMessage says how a sync ended; refused says that its problem is a new one with the credentials.
func runMessage(run store.Run, report RunReport, refused bool) (notify.Message, error) {
	m := notify.NewMessage(report.EndedAt, subject(run)+": "+report.result())
	figures, err := json.Marshal(report)
	if err != nil {
		return m, fmt.Errorf("encoding the report of run %d: %w", run.ID, err)
	}
	m.Run, m.Facts = figures, report.facts()
	m.Text = append(m.Text, fmt.Sprintf("%s started it on %s; it took %s.",
		report.StartedBy, report.StartedAt.Format("2 January 2006 at 15:04 UTC"), report.EndedAt.Sub(report.StartedAt)))
	if !run.Problem.Zero() {
		m.Text = append(m.Text, run.Problem.Text())
	}
	if refused {
		m.Text = append(m.Text, connect.CredentialText)
	}
	m.Text = append(m.Text, report.sentences()...)
	return m, nil
}

// subject names a run.
func subject(run store.Run) string {
	period := seats.Period{Month: run.Month, AsOf: run.AsOf}
	switch {
	case run.Kind == store.RunMonthly:
		return "Monthly sync of " + period.String()
	case run.Kind == store.RunUndo:
		return fmt.Sprintf("Undo of run %d", run.Of)
	case run.Kind == store.RunRetry:
		return fmt.Sprintf("Retry of run %d", run.Of)
	case run.Kind == store.RunRelease:
		return fmt.Sprintf("Setting the lines of agreement %d to 0", run.Agreement)
	case run.Agreement != 0:
		return fmt.Sprintf("Sync of agreement %d, %s", run.Agreement, period)
	}
	return "Sync of " + period.String()
}

func (r RunReport) result() string {
	switch {
	case r.Status == store.RunFailed:
		return "failed"
	case r.Status == store.RunCancelled:
		return "cancelled"
	case r.open() > 0:
		return problem.Plural(r.open(), "line") + " to look at"
	}
	return "done"
}

// open counts the lines that need a person.
func (r RunReport) open() int { return r.Counts[store.StateHeld] + r.unwritten() }

// unwritten counts the lines that should have been written and were not.
func (r RunReport) unwritten() int {
	n := 0
	for _, state := range []store.ChangeState{
		store.StateFailed, store.StateUnknown, store.StateBlocked, store.StateConflict, store.StateSkipped, store.StateStale,
	} {
		n += r.Counts[state]
	}
	return n
}

func (r RunReport) sentences() []string {
	var text []string
	if n := r.Counts[store.StateWritten]; n > 0 {
		text = append(text, fmt.Sprintf("Written: %s, %s seats now instead of %s.", problem.Plural(n, "line"), r.After, r.Before))
	} else if r.Status == store.RunDone {
		text = append(text, "Nothing had to be written: every line is right.")
	}
	if n := r.Counts[store.StateHeld]; n > 0 {
		text = append(text, fmt.Sprintf("Held: %s. Approve or reject them on the run's page.", problem.Plural(n, "line")))
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

// facts are the figures in a fixed order.
func (r RunReport) facts() []notify.Fact {
	facts := []notify.Fact{{Name: "Month", Value: r.Month.String()}, {Name: "Started by", Value: r.StartedBy}}
	for _, row := range []struct {
		name  string
		state store.ChangeState
	}{
		{"Written", store.StateWritten}, {"Unchanged", store.StateUnchanged}, {"Held", store.StateHeld}, {"Failed", store.StateFailed},
		{"Outcome unknown", store.StateUnknown}, {"Blocked", store.StateBlocked}, {"Conflict", store.StateConflict},
		{"Skipped", store.StateSkipped}, {"Stale", store.StateStale}, {"Rejected", store.StateRejected}, {"Cancelled", store.StateCancelled},
	} {
		if n := r.Counts[row.state]; n > 0 || row.state == store.StateWritten {
			facts = append(facts, notify.Fact{Name: row.name, Value: strconv.Itoa(n)})
		}
	}
	return facts
}
