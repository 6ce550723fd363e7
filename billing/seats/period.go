// Package seats counts: from what is known of an organization (its members, plan and license history, reports and corrections)
// to the billable seats of a month and the plan they are on, with the reason for each (docs/billing-rules.md). It is pure.
package seats

import (
	"fmt"
	"time"

	"seatbridge/store"
)

// A Period is the stretch of one calendar month, in UTC, that seats are counted over.
type Period struct {
	Month store.Month
	// AsOf, when set, makes the figures real-time: the month up to and including this moment.
	AsOf time.Time
}

// WholeMonth is the period of the monthly job: all of m.
func WholeMonth(m store.Month) Period { return Period{Month: m} }

// ToDate is the period of Sync now: the month that now falls in, up to now.
func ToDate(now time.Time) Period {
	now = now.UTC().Truncate(time.Second)
	return Period{Month: store.MonthOf(now), AsOf: now}
}

// Start is the period's first instant.
func (p Period) Start() time.Time { return p.Month.Start() }

// End is the first instant after the period. Moments are kept in whole seconds, so a real-time period
// ends with the second after AsOf and what happened at AsOf is inside.
func (p Period) End() time.Time {
	end := p.Month.End()
	if p.AsOf.IsZero() {
		return end
	}
	if soon := p.AsOf.Add(time.Second); soon.Before(end) {
		return soon
	}
	return end
}

// String is the period in words.
func (p Period) String() string {
	if p.AsOf.IsZero() {
		return p.Month.String()
	}
	return p.Month.String() + " to date"
}

// Day writes a calendar day in UTC for people.
func Day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// Later is the later of two moments.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Earlier is the earlier of two moments.
func Earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Minute writes a moment for people.
func Minute(t time.Time) string { return t.UTC().Format("2 January 2006 at 15:04 UTC") }

// firstMonth is before anything that is billed: an earlier month is a mistake.
const firstMonth store.Month = "2000-01"

// ParsePeriod reads a month, written 2026-10, as figures show it: the one that now falls in to date, an earlier one whole. A
// problem is a sentence; it never stands for another month.
func ParsePeriod(text string, now time.Time) (p Period, problem string) {
	m, err := store.ParseMonth(text)
	if err != nil {
		return Period{}, "The month must be written like 2026-10."
	}
	if problem := MonthOutside(m, now); problem != "" {
		return Period{}, problem
	}
	return PeriodOf(m, now), ""
}

// PeriodOf is a month as figures show it: the current one to date, any other whole.
func PeriodOf(m store.Month, now time.Time) Period {
	if current := ToDate(now); current.Month == m {
		return current
	}
	return WholeMonth(m)
}

// MonthOutside says that a month has no figures because of when it is, or nothing.
func MonthOutside(m store.Month, now time.Time) string {
	switch {
	case m > store.MonthOf(now):
		return fmt.Sprintf("%s has not begun: it is in the future.", m)
	case m < firstMonth:
		return "Choose a month of this century."
	}
	return ""
}
