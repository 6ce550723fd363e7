package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// sameFailureQuiet is how long the same failure is not told again.
const sameFailureQuiet = 24 * time.Hour

// endRun records the end of a run together with what people are told about it, in one transaction: a crash loses neither.
// Nothing about telling can keep a run from ending.
func (b *Bridge) endRun(ctx context.Context, run store.Run, counts map[store.ChangeState]int, cause error) error {
	a, err := b.announcement(ctx, run, counts, cause)
	if err != nil {
		b.log.Error("composing notifications", "run", run.ID, "err", err)
	}
	told, err := b.store.EndRun(ctx, run, a)
	if err != nil && len(a.Topics) > 0 {
		b.log.Error("announcing the end of a run", "run", run.ID, "err", err)
		return b.store.UpdateRun(ctx, run)
	}
	if told > 0 {
		b.wakeOutbox()
	}
	return err
}

// announcement is what to tell about a run at its end; one without topics is told to nobody. A preview is nobody's news,
// unless it finds that the credentials stopped working.
func (b *Bridge) announcement(ctx context.Context, run store.Run, counts map[store.ChangeState]int, cause error) (store.Announcement, error) {
	channels, err := b.store.Channels(ctx)
	if err != nil || len(channels) == 0 {
		return store.Announcement{}, err
	}
	refused, err := b.newlyRefused(ctx, run.Problem, cause)
	if err != nil {
		return store.Announcement{}, err
	}
	if run.Preview {
		if !refused {
			return store.Announcement{}, nil
		}
		return announce(credentialMessage(b.now(), run.Problem, b.pageURL(connectionPage)), "", credentialTopic(run.Problem))
	}
	report, err := b.report(ctx, run, counts)
	if err != nil {
		return store.Announcement{}, err
	}
	topics := runTopics(run, report)
	if refused {
		topics = append(topics, credentialTopic(run.Problem))
	}
	return announce(runMessage(run, report, refused, b.pageURL(fmt.Sprintf("/runs/%d", run.ID))), fmt.Sprintf("run %d", run.ID), topics...)
}

// announce addresses a message to whoever wants to know one of the topics.
func announce(m Message, once string, topics ...store.Topic) (store.Announcement, error) {
	for _, t := range topics {
		m.Events = append(m.Events, t.Event)
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		return store.Announcement{}, fmt.Errorf("encoding a message: %w", err)
	}
	return store.Announcement{Once: once, Topics: topics, Message: string(encoded), At: m.At}, nil
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
		topics = []store.Topic{{Event: ended.Event, Key: key, Quiet: sameFailureQuiet}, {Event: store.EventFailed, Key: key, Quiet: sameFailureQuiet}}
	}
	if report.open() > 0 {
		topics = append(topics, store.Topic{Event: store.EventOpen, Key: ended.Key})
	}
	if report.Unmapped > 0 {
		topics = append(topics, store.Topic{Event: store.EventUnmapped, Key: string(run.Month)})
	}
	return topics
}

func credentialTopic(p store.Problem) store.Topic {
	return store.Topic{Event: store.EventCredentials, Key: p.What, Quiet: sameFailureQuiet}
}

// report sums a run up.
func (b *Bridge) report(ctx context.Context, run store.Run, counts map[store.ChangeState]int) (RunReport, error) {
	r := RunReport{
		ID: run.ID, Kind: run.Kind, Month: run.Month, Status: run.Status, StartedBy: run.Actor,
		StartedAt: run.StartedAt.UTC(), EndedAt: run.EndedAt.UTC().Truncate(time.Second), Counts: counts,
		Before: decimal.Zero, After: decimal.Zero,
	}
	for c, err := range b.store.EachChange(ctx, store.ChangeFilter{RunID: run.ID, States: []store.ChangeState{store.StateWritten}}) {
		if err != nil {
			return r, fmt.Errorf("summing run %d up: %w", run.ID, err)
		}
		r.Before, r.After = r.Before.Add(c.Before.Decimal), r.After.Add(c.After.Decimal)
	}
	if run.Kind != store.RunMonthly {
		return r, nil
	}
	var err error
	if r.Unmapped, err = b.store.CountUnmappedBillable(ctx, b.now()); err != nil {
		return r, fmt.Errorf("counting unmapped organizations: %w", err)
	}
	return r, nil
}

// newlyRefused tells whether ConnectWise refuses the credentials for another reason than at the last contact, if any.
func (b *Bridge) newlyRefused(ctx context.Context, now store.Problem, cause error) (bool, error) {
	if !isRefusal(cause) {
		return false, nil
	}
	i, err := b.store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil // disconnected meanwhile
	}
	if err != nil {
		return false, fmt.Errorf("reading the integration: %w", err)
	}
	return i.Problem.What != now.What, nil
}

// isRefusal tells whether an error is about who asks, and not about the line or the server.
func isRefusal(err error) bool {
	for _, refusal := range []error{connectwise.ErrUnauthorized, connectwise.ErrForbidden, connectwise.ErrClientID, connectwise.ErrUnknownCompany} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// tellRefusal tells people that the saved credentials, which worked with the problem before, have another one now. It only
// logs what goes wrong: whoever asked for the test of the connection gets its result.
func (b *Bridge) tellRefusal(ctx context.Context, before, now store.Problem) {
	if now.Zero() || now.What == before.What {
		return
	}
	a, err := announce(credentialMessage(b.now(), now, b.pageURL(connectionPage)), "", credentialTopic(now))
	told := 0
	if err == nil {
		told, err = b.store.Announce(ctx, a)
	}
	if err != nil {
		b.log.Error("announcing refused credentials", "err", err)
	}
	if told > 0 {
		b.wakeOutbox()
	}
}

const (
	connectionPage = "/integrations/connectwise"
	settingsPage   = "/settings/notifications"
)

// pageURL is the address of one of the panel's pages; empty where the panel's own address is not known.
func (b *Bridge) pageURL(path string) string {
	if b.baseURL == "" {
		return ""
	}
	return b.baseURL + path
}
