package run

import (
	"context"
	"fmt"
	"time"

	"seatbridge/billing/bulletin"
	"seatbridge/billing/connect"
	"seatbridge/billing/notify"
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
	if run.Preview && !run.Compares {
		if !refused {
			return store.Announcement{}, nil
		}
		return notify.Address(rn.connect.CredentialMessage(run.Problem), "", connect.CredentialTopic(run.Problem))
	}
	report, err := rn.report(ctx, run, counts)
	if err != nil {
		return store.Announcement{}, err
	}
	topics, credentials := bulletin.Topics(run, report), ""
	if refused {
		topics, credentials = append(topics, connect.CredentialTopic(run.Problem)), connect.CredentialText
	}
	m, err := bulletin.Message(run, report, credentials)
	if err != nil {
		return store.Announcement{}, err
	}
	m.URL = rn.outbox.PageURL(fmt.Sprintf("/runs/%d", run.ID))
	return notify.Address(m, fmt.Sprintf("run %d", run.ID), topics...)
}

// report sums a run up.
func (rn *Runner) report(ctx context.Context, run store.Run, counts map[store.ChangeState]int) (bulletin.Report, error) {
	r := bulletin.Report{
		ID: run.ID, Kind: run.Kind, Month: run.Month, Status: run.Status, StartedBy: run.Actor,
		Compared: run.Compares, StartedAt: run.StartedAt.UTC(), EndedAt: run.EndedAt.UTC().Truncate(time.Second), Counts: counts,
	}
	told := []store.ChangeState{store.StateWritten, store.StatePlanned, store.StateHeld}
	for c, err := range rn.store.EachChange(ctx, store.ChangeFilter{RunID: run.ID, States: told}) {
		if err != nil {
			return r, fmt.Errorf("summing run %d up: %w", run.ID, err)
		}
		r.Add(c)
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
