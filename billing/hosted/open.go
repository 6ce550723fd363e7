package hosted

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// OpenMonth is a month after the last one of the hosted integration that fell due before Seatbridge began to write by itself, and that no
// run has written since: neither of both writes it.
type OpenMonth struct {
	Month     store.Month
	Overtaken bool // a later month was due or written since, which has its place on the lines
}

// begun is what the months between the hosted integration and Seatbridge depend on.
type begun struct {
	schedule seats.Schedule
	active   time.Time // when the products were mapped; zero: they are not
	written  map[store.Month]bool
}

// between lists the months after last that fell due by now and that nothing writes by itself, oldest first.
func (b begun) between(last store.Month, now time.Time) []OpenMonth {
	schedule := b.schedule
	schedule.After = last
	var due []store.Month
	if !b.active.IsZero() {
		due = schedule.Due(b.active, now)
	}
	overtaking := store.Month("")
	for m := range b.written {
		overtaking = max(overtaking, m)
	}
	if len(due) > 0 {
		overtaking = max(overtaking, due[len(due)-1])
	}
	var open []OpenMonth
	for m := last.Add(1); !schedule.DueAt(m).After(now); m = m.Add(1) {
		if !b.written[m] && !slices.Contains(due, m) {
			open = append(open, OpenMonth{m, overtaking > m})
		}
	}
	return open
}

// begun reads it; what was written counts from a month on.
func (s *Switch) begun(ctx context.Context, schedule seats.Schedule, from store.Month) (b begun, err error) {
	b.schedule = schedule
	integration, err := s.store.Integration(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return b, fmt.Errorf("reading the integration: %w", err)
	}
	b.active = integration.ActiveSince
	b.written, err = store.JournalIn(s.store).Written(ctx, from)
	return b, err
}

// Between lists the months that neither the hosted integration wrote, by what was chosen, nor Seatbridge writes by itself, oldest first.
// They stay until a run has written them, or another last month is chosen.
func (s *Switch) Between(ctx context.Context) ([]OpenMonth, error) {
	plan, err := s.Plan(ctx)
	if err != nil || plan.Chosen == nil {
		return nil, err
	}
	return plan.Chosen.Open, nil
}

// aside says of open months that nothing writes them by itself, as the end of an activity entry; empty: there are none.
func aside(open []OpenMonth) string {
	var names []string
	for _, o := range open {
		names = append(names, o.Month.String())
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return " " + names[0] + " is not written by itself: it fell due before."
	}
	return " " + strings.Join(names, ", ") + " are not written by themselves: they fell due before."
}
