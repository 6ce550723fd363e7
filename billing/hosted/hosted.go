// Package hosted leads from the vendor's hosted integration, which writes the same lines, to Seatbridge: which month is the last one
// there and the first one here, and whether anybody else still changes lines.
package hosted

import (
	"context"
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/background"
	"seatbridge/billing/connect"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Config is what a Switch works with.
type Config struct {
	Store      *store.Store
	Now        func() time.Time
	Background *background.Group
	Connection *connect.Keeper
}

// Switch leads from the hosted integration to Seatbridge.
type Switch struct {
	store   *store.Store
	now     func() time.Time
	work    *background.Group
	connect *connect.Keeper
	checking
}

// New makes the switch of a store.
func New(c Config) *Switch {
	return &Switch{store: c.Store, now: c.Now, work: c.Background, connect: c.Connection}
}

// theirs is when the hosted integration writes the month before: on the first of a month at 00:30 UTC (the guide, "Monthly usage data
// sync").
var theirs = seats.Schedule{Day: 1}

// monthsOffered is how many months can be named as the last one there, the running one among them.
const monthsOffered = 4

// Way is one way to go over: the last month there, and what follows from it.
type Way struct {
	Last store.Month // the last month that the hosted integration writes
	// After and Before are between what moments it is disconnected: after it has written Last, and before it would write the next one.
	After, Before time.Time
	Written       bool        // it has written Last already
	First         store.Month // the first month that Seatbridge writes
	FirstAt       time.Time   // when it is due
	// Open are the months from First on that fell due before Seatbridge began: it writes none of them by itself. NextAt is when the next
	// month is due.
	Open   []OpenMonth
	NextAt time.Time
}

// ways are the ways to go over, the latest last month first.
func (b begun) ways(now time.Time) []Way {
	var ways []Way
	for m := store.MonthOf(now); len(ways) < monthsOffered; m = m.Add(-1) {
		ways = append(ways, b.way(m, now))
	}
	return ways
}

func (b begun) way(last store.Month, now time.Time) Way {
	schedule := b.schedule
	schedule.After = last
	w := Way{Last: last, After: theirs.DueAt(last), Before: theirs.DueAt(last.Add(1)), First: last.Add(1)}
	w.FirstAt, w.Written = schedule.DueAt(w.First), !now.Before(w.After)
	w.Open, w.NextAt = b.between(last, now), schedule.Next(now)
	return w
}

// Plan is what was chosen, and what could be.
type Plan struct {
	Ways   []Way
	Chosen *Way // nil: nothing was said
	Active bool // the products are mapped
}

// Plan reads it.
func (s *Switch) Plan(ctx context.Context) (Plan, error) {
	settings, err := s.store.Settings(ctx)
	if err != nil {
		return Plan{}, fmt.Errorf("reading settings: %w", err)
	}
	last, oldest := settings.Months.HostedLast, store.MonthOf(s.now()).Add(1-monthsOffered)
	if last != "" {
		oldest = min(oldest, last)
	}
	b, err := s.begun(ctx, seats.ScheduleOf(settings.Months), oldest)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Ways: b.ways(s.now()), Active: !b.active.IsZero()}
	if last != "" {
		way := b.way(last, s.now())
		p.Chosen = &way
	}
	return p, nil
}

// Choose keeps which month the hosted integration wrote last; empty: none. Seatbridge's monthly sync then writes the months after it. A
// month that was not offered is an *Invalid.
func (s *Switch) Choose(ctx context.Context, who problem.Actor, last store.Month) error {
	plan, err := s.Plan(ctx)
	if err != nil {
		return err
	}
	if plan.Chosen != nil {
		plan.Ways = append(plan.Ways, *plan.Chosen)
	}
	at := slices.IndexFunc(plan.Ways, func(w Way) bool { return w.Last == last })
	if last != "" && at < 0 {
		return &problem.Invalid{Fields: problem.Fields{"last": "Choose one of the months, or that it wrote none."}}
	}
	action := "Said that no hosted integration writes to ConnectWise PSA."
	if last != "" {
		action = fmt.Sprintf("Said that the hosted integration writes %s last: Seatbridge's first month is %s.", last, last.Add(1)) +
			aside(plan.Ways[at].Open)
	}
	return s.store.Record(ctx, who.Did(s.now(), store.CategoryIntegrations, "%s", action), func(st *store.Store) error {
		settings, err := st.Settings(ctx)
		if err != nil {
			return err
		}
		settings.Months.HostedLast = last
		return st.UpdateSettings(ctx, settings)
	})
}
