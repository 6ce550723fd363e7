package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

const (
	// retryFor is how long after its first try a monthly sync that failed as a whole is tried again by itself.
	retryFor = 24 * time.Hour
	// retryEvery is how long it waits in between.
	retryEvery = 55 * time.Minute
)

// RunDue runs the monthly sync of every month that is due and was not run, oldest first: the month that
// just ended when the scheduler calls it on the first, more if the process was down then. A month
// before the integration became active is not due. Where the Provider API has to report a month, its
// sync waits a day for the report, and then runs with what is known.
func (rn *Runner) RunDue(ctx context.Context) error {
	months, err := rn.Due(ctx)
	if err != nil {
		return err
	}
	for _, m := range months {
		if err := rn.reports.PullBefore(ctx, m); err != nil {
			return fmt.Errorf("syncing %s: %w", m, err)
		}
		run, err := rn.Run(ctx, problem.System(), Request{Kind: store.RunMonthly, Period: seats.WholeMonth(m)})
		if errors.Is(err, problem.ErrRunning) {
			return nil // the hourly look finds it still due
		}
		if err != nil {
			return fmt.Errorf("syncing %s: %w", m, err)
		}
		if run.Status == store.RunFailed {
			return fmt.Errorf("syncing %s: %s", m, run.Problem.What)
		}
	}
	return nil
}

// LookForSent looks for the additions that runs sent without seeing the outcome, by syncing their agreements again for the month of
// the run that looked there last: one that is there is adopted, and one that cannot appear any more is created, so that nobody waits
// for the next month. ErrRunning: another run is in progress; it looks for them itself.
func (rn *Runner) LookForSent(ctx context.Context) error {
	sent, err := store.SendingsIn(rn.store).Unknown(ctx, 0)
	if err != nil {
		return err
	}
	looked := map[int]bool{}
	for _, c := range sent {
		if looked[c.AgreementID] {
			continue
		}
		looked[c.AgreementID] = true
		r, err := lookAgain(ctx, rn, c)
		var invalid *problem.Invalid
		if errors.As(err, &invalid) {
			continue // of another connection
		}
		if err == nil {
			_, err = rn.Run(ctx, problem.System(), r)
		}
		if err != nil {
			return fmt.Errorf("looking for what was sent to agreement %d: %w", c.AgreementID, err)
		}
	}
	return nil
}

// lookAgain is the request to sync an agreement again that a creation of unknown outcome was sent to, as the sync did that looked
// there last.
func lookAgain(ctx context.Context, rn *Runner, sent store.Change) (Request, error) {
	last := sent.RunID
	for c, err := range rn.store.EachChange(ctx, store.ChangeFilter{AgreementID: sent.AgreementID, Carried: true}) {
		if err != nil {
			return Request{}, fmt.Errorf("reading the changes of agreement %d: %w", sent.AgreementID, err)
		}
		run, err := rn.store.Run(ctx, c.RunID)
		if err != nil {
			return Request{}, err
		}
		if run.Kind != store.RunUndo && run.Kind != store.RunRelease {
			last = run.ID
			break
		}
	}
	r, err := rn.following(ctx, last)
	r.Kind, r.Agreement = store.RunRetry, sent.AgreementID
	return r, err
}

// Due lists the months whose sync is due now and was not carried through, oldest first.
func (rn *Runner) Due(ctx context.Context) ([]store.Month, error) {
	i, err := rn.store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) || err == nil && i.ActiveSince.IsZero() {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the integration: %w", err)
	}
	var months []store.Month
	for m := store.MonthOf(i.ActiveSince).Add(-1); !rn.now().Before(seats.DueAt(m)); m = m.Add(1) {
		if !seats.DueAt(m).After(i.ActiveSince) {
			continue
		}
		due, err := isDue(ctx, rn, m)
		if err != nil {
			return nil, err
		}
		if due {
			months = append(months, m)
		}
	}
	return months, nil
}

func isDue(ctx context.Context, rn *Runner, m store.Month) (bool, error) {
	last, err := rn.store.LastRun(ctx, store.RunMonthly, m)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the last sync of %s: %w", m, err)
	}
	first, err := rn.store.FirstTry(ctx, store.RunMonthly, m)
	if err != nil {
		return false, fmt.Errorf("reading the first sync of %s: %w", m, err)
	}
	now := rn.now()
	return last.Status == store.RunFailed && now.Before(first.Add(retryFor)) && !now.Before(last.StartedAt.Add(retryEvery)), nil
}
