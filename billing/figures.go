package billing

import (
	"context"
	"errors"
	"fmt"

	"seatbridge/store"
)

// Usage is the billable seats of the given organizations in a period; nil ids: of all that were not
// deleted before it.
func (b *Bridge) Usage(ctx context.Context, p Period, ids []int64) (map[int64]Usage, error) {
	rules, err := b.rules(ctx)
	if err != nil {
		return nil, err
	}
	usages := map[int64]Usage{}
	for l, err := range b.store.Ledgers(ctx, p.Start(), p.End(), ids) {
		if err != nil {
			return nil, fmt.Errorf("counting seats of %s: %w", p.Month, err)
		}
		usages[l.Organization.ID] = Count(l, p, rules)
	}
	return usages, nil
}

// History is an organization's billable seats of the last months, oldest first; the last one is the
// current month to date.
func (b *Bridge) History(ctx context.Context, organizationID int64, months int) ([]Usage, error) {
	rules, err := b.rules(ctx)
	if err != nil {
		return nil, err
	}
	periods := b.lastPeriods(months)
	history := make([]Usage, 0, months)
	for l, err := range b.store.Ledgers(ctx, periods[0].Start(), periods[months-1].End(), []int64{organizationID}) {
		if err != nil {
			return nil, fmt.Errorf("counting seats of organization %d: %w", organizationID, err)
		}
		for _, p := range periods {
			history = append(history, Count(l, p, rules))
		}
	}
	return history, nil
}

// Explanation is an organization's figure of a month, taken apart.
type Explanation struct {
	Usage
	Shares []SeatShare // the seats that the ledger's number consists of, and those that do not count
	Turns  []Turn      // what decided about plan and billing, in order
}

// Explain takes an organization's figure apart.
func (b *Bridge) Explain(ctx context.Context, organizationID int64, p Period) (Explanation, error) {
	rules, err := b.rules(ctx)
	if err != nil {
		return Explanation{}, err
	}
	for l, err := range b.store.Ledgers(ctx, p.Start(), p.End(), []int64{organizationID}) {
		if err != nil {
			return Explanation{}, fmt.Errorf("explaining seats of organization %d: %w", organizationID, err)
		}
		return Explanation{Count(l, p, rules), Explain(l, p, rules), Timeline(l, p)}, nil
	}
	return Explanation{}, store.ErrNotFound
}

// MonthTotal is the billable seats of all organizations in a month.
type MonthTotal struct {
	Month   store.Month
	Seats   map[store.Plan]int
	Unknown int // organizations without a figure
}

// lastPeriods is the current month to date, preceded by whole months.
func (b *Bridge) lastPeriods(n int) []Period {
	current := ToDate(b.now())
	periods := make([]Period, n)
	for i := range n - 1 {
		periods[i] = WholeMonth(current.Month.Add(i - n + 1))
	}
	periods[n-1] = current
	return periods
}

func (b *Bridge) rules(ctx context.Context) (Rules, error) {
	s, err := b.store.Settings(ctx)
	if err != nil {
		return Rules{}, fmt.Errorf("reading the counting rules: %w", err)
	}
	reports, err := b.reportRule(ctx)
	return Rules{CountPending: s.CountPending, Reports: reports}, err
}

// reportRule says where figures need a report of the Provider API; without a connection, nowhere.
func (b *Bridge) reportRule(ctx context.Context) (ReportRule, error) {
	saved, err := b.store.Provider(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return ReportRule{}, nil
	}
	if err != nil {
		return ReportRule{}, err
	}
	return ReportRuleOf(saved)
}
