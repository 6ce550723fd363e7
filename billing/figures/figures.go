// Package figures counts over the store: usage, history, explanations, corrections, and what pages sum up.
package figures

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Book counts over the store, and remembers what pages sum up and sort by.
type Book struct {
	store *store.Store
	now   func() time.Time

	figures figures
}

// New makes the book of a store.
func New(s *store.Store, now func() time.Time) *Book { return &Book{store: s, now: now} }

// Usage is the billable seats of the given organizations in a period; nil ids: of all that were not
// deleted before it.
func (b *Book) Usage(ctx context.Context, p seats.Period, ids []int64) (map[int64]seats.Usage, error) {
	rules, err := b.Rules(ctx)
	if err != nil {
		return nil, err
	}
	usages := map[int64]seats.Usage{}
	for l, err := range b.store.Ledgers(ctx, p.Start(), p.End(), ids) {
		if err != nil {
			return nil, fmt.Errorf("counting seats of %s: %w", p.Month, err)
		}
		usages[l.Organization.ID] = seats.Count(l, p, rules)
	}
	return usages, nil
}

// Supposing is what Usage would be of a whole month if reports of organizations were kept, each in the place of what its source said
// before. Nothing is written.
func (b *Book) Supposing(ctx context.Context, m store.Month, reports map[int64]store.UsageReport) (map[int64]seats.Usage, error) {
	rules, err := b.Rules(ctx)
	if err != nil {
		return nil, err
	}
	usages := map[int64]seats.Usage{}
	p := seats.WholeMonth(m)
	for l, err := range b.store.Ledgers(ctx, p.Start(), p.End(), slices.Collect(maps.Keys(reports))) {
		if err != nil {
			return nil, fmt.Errorf("counting seats of %s as they would be: %w", m, err)
		}
		report := reports[l.Organization.ID]
		l.Reports[m] = append(slices.DeleteFunc(l.Reports[m], func(r store.UsageReport) bool { return r.Source == report.Source }), report)
		usages[l.Organization.ID] = seats.Count(l, p, rules)
	}
	return usages, nil
}

// History is an organization's billable seats of the last months, oldest first; the last one is the
// current month to date.
func (b *Book) History(ctx context.Context, organizationID int64, months int) ([]seats.Usage, error) {
	rules, err := b.Rules(ctx)
	if err != nil {
		return nil, err
	}
	periods := b.lastPeriods(months)
	history := make([]seats.Usage, 0, months)
	for l, err := range b.store.Ledgers(ctx, periods[0].Start(), periods[months-1].End(), []int64{organizationID}) {
		if err != nil {
			return nil, fmt.Errorf("counting seats of organization %d: %w", organizationID, err)
		}
		for _, p := range periods {
			history = append(history, seats.Count(l, p, rules))
		}
	}
	return history, nil
}

// Explanation is an organization's figure of a month, taken apart.
type Explanation struct {
	seats.Usage
	Shares []seats.SeatShare // the seats that the ledger's number consists of, and those that do not count
	Turns  []seats.Turn      // what decided about plan and billing, in order
}

// Explain takes an organization's figure apart.
func (b *Book) Explain(ctx context.Context, organizationID int64, p seats.Period) (Explanation, error) {
	rules, err := b.Rules(ctx)
	if err != nil {
		return Explanation{}, err
	}
	for l, err := range b.store.Ledgers(ctx, p.Start(), p.End(), []int64{organizationID}) {
		if err != nil {
			return Explanation{}, fmt.Errorf("explaining seats of organization %d: %w", organizationID, err)
		}
		return Explanation{seats.Count(l, p, rules), seats.Explain(l, p, rules), seats.Timeline(l, p)}, nil
	}
	return Explanation{}, store.ErrNotFound
}

// MonthTotal is the billable seats of all organizations in a month.
type MonthTotal struct {
	Month   store.Month
	Seats   map[store.Plan]int
	Known   int // organizations with a figure
	Unknown int // organizations without one, which were there already; with neither nobody knows anything of the month
}

// lastPeriods is the current month to date, preceded by whole months.
func (b *Book) lastPeriods(n int) []seats.Period {
	current := seats.ToDate(b.now())
	periods := make([]seats.Period, n)
	for i := range n - 1 {
		periods[i] = seats.WholeMonth(current.Month.Add(i - n + 1))
	}
	periods[n-1] = current
	return periods
}

// Rules are the counting rules that the MSP set.
func (b *Book) Rules(ctx context.Context) (seats.Rules, error) {
	s, err := b.store.Settings(ctx)
	if err != nil {
		return seats.Rules{}, fmt.Errorf("reading the counting rules: %w", err)
	}
	reports, err := b.reportRule(ctx)
	return seats.Rules{Pending: s.Pending, Sources: s.Sources, Reports: reports}, err
}

// reportRule says where figures need a report of the Provider API; without a connection, nowhere.
func (b *Book) reportRule(ctx context.Context) (seats.ReportRule, error) {
	saved, err := b.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return seats.ReportRule{}, nil
	}
	if err != nil {
		return seats.ReportRule{}, err
	}
	return seats.ReportRuleOf(saved)
}
