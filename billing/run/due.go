package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"seatbridge/billing/months"
	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// retryEvery is how long a monthly sync that failed as a whole waits before it is tried again by itself.
const retryEvery = 55 * time.Minute

// RunDue runs the monthly sync of the month that is due. Where the Provider API has to report a month, its sync waits a day for the
// report, and then runs with what is known; every try asks for it again.
func (rn *Runner) RunDue(ctx context.Context) error {
	m, err := rn.Due(ctx)
	if err != nil || m == "" {
		return err
	}
	if err := rn.reports.PullBefore(ctx, m); err != nil {
		return fmt.Errorf("syncing %s: %w", m, err)
	}
	if still, err := rn.Due(ctx); err != nil || still != m {
		return err // switched to writing, or from it, while the report was fetched
	}
	run, err := rn.Run(ctx, problem.System(), Request{Kind: store.RunMonthly, Period: seats.WholeMonth(m)})
	switch {
	case errors.Is(err, problem.ErrRunning):
		return nil // the hourly look finds it still due
	case err != nil:
		return fmt.Errorf("syncing %s: %w", m, err)
	case run.Status == store.RunFailed:
		return fmt.Errorf("syncing %s: %s", m, run.Problem.What)
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
	pauses, err := store.ComparingsIn(rn.store).All(ctx)
	if err != nil {
		return err
	}
	type look struct {
		agreement int
		once      bool
	}
	looked := map[look]bool{}
	for _, c := range sent {
		on := look{c.AgreementID, c.Once()}
		if looked[on] || !seats.Pauses(pauses).ByItself(c.SentAt) {
			continue
		}
		looked[on] = true
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
// there last; for a line that is billed once nothing is synced.
func lookAgain(ctx context.Context, rn *Runner, sent store.Change) (Request, error) {
	if sent.Once() {
		r, err := rn.following(ctx, sent.RunID)
		r.Kind, r.Agreement = store.RunSettle, sent.AgreementID
		return r, err
	}
	last := sent.RunID
	for c, err := range rn.store.EachChange(ctx, store.ChangeFilter{AgreementID: sent.AgreementID, Carried: true}) {
		if err != nil {
			return Request{}, fmt.Errorf("reading the changes of agreement %d: %w", sent.AgreementID, err)
		}
		run, err := rn.store.Run(ctx, c.RunID)
		if err != nil {
			return Request{}, err
		}
		if run.Kind.Syncs() {
			last = run.ID
			break
		}
	}
	r, err := rn.following(ctx, last)
	r.Kind, r.Agreement = store.RunRetry, sent.AgreementID
	return r, err
}

// Due is the month whose sync is due now; empty: none is. It is the newest whose sync was due since the integration became active,
// until a run has written it or the next month takes its place: when several were missed, the older ones are not run any more
// (months.OpenMonths says why). One that failed as a whole is due again within the hour. While Seatbridge only compares, it is compared.
func (rn *Runner) Due(ctx context.Context) (store.Month, error) {
	d, err := rn.Months().due(ctx)
	open := d.open()
	if err != nil || len(open) == 0 {
		return "", err
	}
	newest := open[len(open)-1]
	if newest.Overtaken || !d.pauses.ByItself(d.schedule.DueAt(newest.Month)) {
		return "", nil
	}
	last, err := rn.Months().lastTry(ctx, newest.Month)
	if err != nil {
		return "", err
	}
	if last.ID != 0 && !months.TriedAgain(last, rn.now(), retryEvery) {
		return "", nil
	}
	return newest.Month, nil
}

// Months is a Runner's view of the months: which of them runs have written, and which not.
type Months struct{ rn *Runner }

// Months are those since the integration became active.
func (rn *Runner) Months() Months { return Months{rn} }

// MissedMonth is a month whose sync was due and that no run has written.
type MissedMonth struct {
	months.OpenMonth
	Last   store.Run // the last monthly sync that tried it; its ID is 0 where none did
	Paused bool      // writing was paused since: nothing writes it by itself any more
}

// Missed lists the months whose sync was due and that no run has written, oldest first, whatever was synced since. One that is being
// written now is left out, and so is one that was only compared.
func (m Months) Missed(ctx context.Context) ([]MissedMonth, error) {
	d, err := m.due(ctx)
	if err != nil {
		return nil, err
	}
	var missed []MissedMonth
	for _, o := range d.open() {
		last, err := m.lastTry(ctx, o.Month)
		if err != nil {
			return nil, err
		}
		if compared := last.Compares && last.Status == store.RunDone; !compared && last.Status != store.RunRunning {
			missed = append(missed, MissedMonth{o, last, !d.pauses.ByItself(d.schedule.DueAt(o.Month))})
		}
	}
	return missed, nil
}

// Complete syncs agreements again that the newest month's sync skipped because seats were not known, once they are: a report came, or
// was completed, since. What a later run has looked at is left to it. ErrRunning: another run is in progress.
func (m Months) Complete(ctx context.Context) error {
	month, err := m.newest(ctx)
	if err != nil || month == "" {
		return err
	}
	skipped, err := store.JournalIn(m.rn.store).Skipped(ctx, month)
	if err != nil {
		return err
	}
	for _, of := range slices.Sorted(maps.Keys(skipped)) {
		if err := m.completeRun(ctx, of, skipped[of]); err != nil {
			return fmt.Errorf("completing %s: %w", month, err)
		}
	}
	return nil
}

// newest is the newest month whose sync was due by now, if a run has written it and it is not left to people.
func (m Months) newest(ctx context.Context) (store.Month, error) {
	d, err := m.due(ctx)
	if err != nil || len(d.months) == 0 {
		return "", err
	}
	newest := d.months[len(d.months)-1]
	if !d.written[newest] || !d.pauses.ByItself(d.schedule.DueAt(newest)) {
		return "", nil
	}
	return newest, nil
}

// completeRun retries, of what a run skipped, the agreements whose seats are known by now.
func (m Months) completeRun(ctx context.Context, of int64, skipped []int) error {
	r, err := m.rn.following(ctx, of)
	var invalid *problem.Invalid
	if errors.As(err, &invalid) {
		return nil // of another connection
	}
	if err != nil {
		return err
	}
	mapped, err := m.rn.store.MappedAgreements(ctx)
	if err != nil {
		return fmt.Errorf("reading mappings: %w", err)
	}
	usages, err := m.rn.figures.Usage(ctx, r.Period, mappedOrganizations(mapped))
	if err != nil {
		return err
	}
	for _, a := range mapped {
		if slices.Contains(skipped, a.Agreement.ID) && !plan.AnyUnknown(plan.WantsOf(a, usages)) {
			r.Only = append(r.Only, a.Agreement.ID)
		}
	}
	if r.Only == nil {
		return nil
	}
	r.Kind = store.RunRetry
	_, err = m.rn.Run(ctx, problem.System(), r)
	return err
}

// dueMonths are the months whose sync was due by now.
type dueMonths struct {
	months   []store.Month // oldest first
	written  map[store.Month]bool
	schedule seats.Schedule
	pauses   seats.Pauses
}

// open lists those that no run has written, oldest first.
func (d dueMonths) open() []months.OpenMonth { return months.OpenMonths(d.months, d.written) }

func (m Months) due(ctx context.Context) (d dueMonths, err error) {
	i, err := m.rn.store.Integration(ctx)
	if errors.Is(err, store.ErrNotFound) || err == nil && i.ActiveSince.IsZero() {
		return d, nil
	}
	if err != nil {
		return d, fmt.Errorf("reading the integration: %w", err)
	}
	settings, err := m.rn.store.Settings(ctx)
	if err != nil {
		return d, err
	}
	d.schedule = seats.ScheduleOf(settings.Months)
	d.months = d.schedule.Due(i.ActiveSince, m.rn.now())
	if len(d.months) == 0 {
		return d, nil
	}
	if d.pauses, err = store.ComparingsIn(m.rn.store).All(ctx); err != nil {
		return d, err
	}
	d.written, err = store.JournalIn(m.rn.store).Written(ctx, d.months[0])
	return d, err
}

// lastTry is the last monthly sync of a month, or a run without ID.
func (m Months) lastTry(ctx context.Context, month store.Month) (store.Run, error) {
	last, err := m.rn.store.LastRun(ctx, store.RunMonthly, month)
	if errors.Is(err, store.ErrNotFound) {
		return store.Run{}, nil
	}
	if err != nil {
		return store.Run{}, fmt.Errorf("reading the last sync of %s: %w", month, err)
	}
	return last, nil
}
