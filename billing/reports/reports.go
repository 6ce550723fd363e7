// Package reports is the Provider API's side of the figures: fetch, match, keep, wait for.
package reports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/internal/outbound"
	"seatbridge/nordpass"
	"seatbridge/store"
)

const (
	// monthlyReportAfter is when, after a month's end, its usage report exists: 00:01:02 UTC on the first (docs/billing-rules.md section 3).
	monthlyReportAfter = time.Minute + 2*time.Second
	// dailyReportAfter is when, after a day's end, its usage report exists: 00:00:02 UTC (docs/billing-rules.md section 3).
	dailyReportAfter = 2 * time.Second
	// fetchesKept is how many months a fetch and its raw answer are kept.
	fetchesKept = 24
	// reportWait is how long after it is due a monthly sync waits for a report that is required.
	reportWait = 24 * time.Hour
)

// ErrNoReport says that a usage report was asked for and brought no figures.
var ErrNoReport = errors.New("no usage report")

// Feed is what the NordPass Provider API reports: fetched, matched with the organizations, kept and waited for.
type Feed struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time

	outbound outbound.Policy
}

// New makes the feed into a store. allowed is which addresses the Provider API may stand on.
func New(s *store.Store, log *slog.Logger, now func() time.Time, allowed outbound.Policy) *Feed {
	return &Feed{store: s, log: log, now: now, outbound: allowed}
}

// LastReportedMonth is the latest month whose usage report exists.
func (f *Feed) LastReportedMonth() store.Month {
	return store.MonthOf(f.now().Add(-monthlyReportAfter)).Add(-1)
}

// lastReportedDay is the beginning of the latest day whose usage report exists.
func (f *Feed) lastReportedDay() time.Time {
	return f.now().UTC().Add(-dailyReportAfter).AddDate(0, 0, -1).Truncate(24 * time.Hour)
}

// reportPeriod is what a report is about: a month, or one day of it.
type reportPeriod struct {
	month store.Month
	day   time.Time // its beginning; zero: the whole month
}

func dayOf(day time.Time) reportPeriod { return reportPeriod{store.MonthOf(day), day} }

// String is the period as fetches are kept under: 2026-10 or 2026-10-05.
func (p reportPeriod) String() string {
	if p.day.IsZero() {
		return string(p.month)
	}
	return p.day.Format(time.DateOnly)
}

// ask fetches the period's report.
func (p reportPeriod) ask(ctx context.Context, client *nordpass.Client) (nordpass.Answer, error) {
	if p.day.IsZero() {
		return client.Month(ctx, p.month.Start())
	}
	return client.Day(ctx, p.day)
}

// PullDue fetches the reports that exist and were not read yet: yesterday's and the last month's. The month's is asked for again for
// as long as it says nothing of some organizations: a report can be late for one of them. Without a Provider API there is nothing to do.
func (f *Feed) PullDue(ctx context.Context) error {
	c, connected, err := f.Connection(ctx)
	if err != nil || !connected {
		return err
	}
	err = f.pullIncomplete(ctx)
	if c.DailyPath == "" {
		return err
	}
	return errors.Join(err, f.pullUnread(ctx, dayOf(f.lastReportedDay())))
}

// pullIncomplete fetches the last month's report, unless one was read that says something of everybody.
func (f *Feed) pullIncomplete(ctx context.Context) error {
	period := reportPeriod{month: f.LastReportedMonth()}
	last, r, err := f.LastReport(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return f.pull(ctx, period)
	case err != nil || r.Complete():
		return err
	}
	return f.pullAgain(ctx, period, last)
}

// pullAgain fetches a report once more, and keeps it if it says another thing than the last one that was read: what an hourly look
// brings for the tenth time tells nobody anything.
func (f *Feed) pullAgain(ctx context.Context, period reportPeriod, last store.UsageFetch) error {
	r, err := f.ask(ctx, period)
	if err != nil {
		return err
	}
	if !r.State.Known() {
		return fmt.Errorf("fetching the usage report of %s again: %w: %s", period, ErrNoReport, r.Problem.What)
	}
	records, err := r.recordsText()
	if err != nil || bytes.Equal(records, last.Records) {
		return err
	}
	return f.keep(ctx, period, r)
}

func (f *Feed) pullUnread(ctx context.Context, period reportPeriod) error {
	_, err := f.store.LastUsageReport(ctx, period.String())
	if errors.Is(err, store.ErrNotFound) {
		return f.pull(ctx, period)
	}
	return err
}

// PullNow fetches the latest reports again, whether they were read already or not.
func (f *Feed) PullNow(ctx context.Context, who problem.Actor) error {
	c, connected, err := f.Connection(ctx)
	if err != nil {
		return err
	}
	if !connected {
		return store.ErrNotFound
	}
	month := f.LastReportedMonth()
	err = f.pull(ctx, reportPeriod{month: month})
	if c.DailyPath != "" {
		err = errors.Join(err, f.pull(ctx, dayOf(f.lastReportedDay())))
	}
	return errors.Join(
		f.store.AddActivity(ctx, who.Did(f.now(), store.CategoryIntegrations,
			"Fetched the usage report of %s from the NordPass Provider API.", month)), err)
}

// PullBefore fetches a month's report before its sync. It returns an error only while the sync has to wait for the report.
func (f *Feed) PullBefore(ctx context.Context, m store.Month) error {
	saved, err := f.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	rule, err := seats.ReportRuleOf(saved)
	if err != nil {
		return err
	}
	pulled := f.pull(ctx, reportPeriod{month: m})
	if pulled == nil {
		return nil
	}
	if !errors.Is(pulled, ErrNoReport) {
		return pulled
	}
	settings, err := f.store.Settings(ctx)
	if err != nil {
		return err
	}
	if !rule.Required || m < rule.Since || !f.now().Before(seats.ScheduleOf(settings.Months).DueAt(m).Add(reportWait)) {
		return nil
	}
	_, err = f.store.LastUsageReport(ctx, string(m))
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("waiting for the usage report of %s: %w", m, pulled)
	}
	return err
}

// PullFor fetches what the Provider API has for a sync that somebody asked for, also for one that tries again; the monthly one waits
// for its report itself. What cannot be fetched is kept with the fetches and stays unknown; the sync goes on.
func (f *Feed) PullFor(ctx context.Context, run store.Run) {
	if run.Kind != store.RunManual && run.Kind != store.RunCommand && run.Kind != store.RunRetry {
		return
	}
	var err error
	if run.AsOf.IsZero() {
		err = f.PullBefore(ctx, run.Month)
	} else {
		err = f.PullDue(ctx)
	}
	if err != nil {
		f.log.Warn("fetching usage before a sync", "run", run.ID, "err", err)
	}
}

// pull fetches a report and keeps it. The error says that it brought no figures.
func (f *Feed) pull(ctx context.Context, period reportPeriod) error {
	r, err := f.ask(ctx, period)
	if err != nil {
		return err
	}
	if err := f.keep(ctx, period, r); err != nil {
		return err
	}
	if !r.State.Known() {
		return fmt.Errorf("fetching the usage report of %s: %w: %s", period, ErrNoReport, r.Problem.What)
	}
	return nil
}

// ask fetches and understands a report with the connection as it was saved.
func (f *Feed) ask(ctx context.Context, period reportPeriod) (Report, error) {
	saved, err := f.store.Provider(ctx)
	if err != nil {
		return Report{}, err
	}
	c, err := readProviderConfig(saved)
	if err != nil {
		return Report{}, err
	}
	return f.fetchReport(ctx, c, period)
}

// keep keeps a report, and the figures of a month. A day's figures are shown, but are no bill: a month's billable seats are
// those of all its days together, and a day knows only its own.
func (f *Feed) keep(ctx context.Context, period reportPeriod, r Report) error {
	records, err := r.recordsText()
	if err != nil {
		return fmt.Errorf("keeping the usage report of %s: %w", period, err)
	}
	var figures []store.UsageReport
	if period.day.IsZero() {
		figures = r.usageReports(period.month, f.now())
	}
	return f.keepFetch(ctx, store.UsageFetch{
		At: f.now(), Period: period.String(), State: r.State, Problem: r.Problem,
		Organizations: len(r.Rows), Seats: r.Seats(), Answer: r.Answer, Records: records,
	}, figures)
}

// fetchReport fetches and understands one report. What went wrong on the way is in it; the error is for what is our own fault,
// or an *Invalid for a configuration that cannot be used.
func (f *Feed) fetchReport(ctx context.Context, c Config, period reportPeriod) (Report, error) {
	var err error
	if c.Outbound, err = f.allowed(ctx, c.BaseURL); err != nil {
		return Report{}, err
	}
	client, err := c.client(f.now)
	if err != nil {
		return Report{}, err
	}
	there, err := f.livedIn(ctx, period.month)
	if err != nil {
		return Report{}, err
	}
	answer, failure := period.ask(ctx, client)
	if err := ctx.Err(); err != nil {
		return Report{}, fmt.Errorf("fetching a usage report: %w", err)
	}
	if failure != nil {
		return Report{State: store.FetchFailed, Problem: problemOfProvider(failure), Answer: answer.Raw,
			Late: errors.Is(failure, nordpass.ErrTimeout)}, nil
	}
	return understand(answer, c, there, period.month), nil
}

// problemOfProvider puts a failure of the Provider API into words for the admin.
func problemOfProvider(err error) store.Problem {
	a := nordpass.Advise(err)
	return store.Problem{What: a.What, Do: a.Do, Detail: a.Detail}
}

// ForgetOldFetches forgets the fetches that are no longer kept.
func (f *Feed) ForgetOldFetches(ctx context.Context) error {
	return f.store.DeleteUsageFetches(ctx, f.now().AddDate(0, -fetchesKept, 0))
}
