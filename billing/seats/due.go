package seats

import (
	"fmt"
	"time"

	"seatbridge/store"
)

// Schedule is when the month before is written: on a day of the month, 1 to 28, half an hour after an hour, 0 to 23, in UTC. The
// guide's ("Monthly usage data sync") is the first at 00:30; some invoice on the 25th, some want days of grace.
type Schedule struct {
	Day, Hour int
	Since     time.Time   // when it was chosen; zero: it always was so
	After     store.Month // the last month that another integration wrote: those after it are due; empty: none did
}

// ScheduleOf is the schedule as it is set.
func ScheduleOf(m store.Months) Schedule {
	return Schedule{Day: m.SyncDay, Hour: m.SyncHour, Since: m.SyncSetAt, After: m.HostedLast}
}

// DueAt is when the monthly sync of m is due, in the month after it.
func (s Schedule) DueAt(m store.Month) time.Time {
	return m.End().AddDate(0, 0, s.Day-1).Add(time.Duration(s.Hour)*time.Hour + 30*time.Minute)
}

// Due lists the months that became due since a moment, that at which the integration became active, and until now; oldest first. A
// month that was over before it became active is due only at a time that was still to come when it was chosen: a later time, chosen
// afterwards, brings no month back. What another integration wrote is due no more: it would be billed twice.
func (s Schedule) Due(active, now time.Time) []store.Month {
	var due []store.Month
	for m := store.MonthOf(active).Add(-1); !s.DueAt(m).After(now); m = m.Add(1) {
		at := s.DueAt(m)
		if m > s.After && at.After(active) && (at.After(s.Since) || m.End().After(active)) {
			due = append(due, m)
		}
	}
	return due
}

// Next is the next moment at which a month becomes due.
func (s Schedule) Next(now time.Time) time.Time {
	m := store.MonthOf(now).Add(-1)
	for m <= s.After || !s.DueAt(m).After(now) {
		m = m.Add(1)
	}
	return s.DueAt(m)
}

// String is the schedule in words, after "at".
func (s Schedule) String() string {
	day := "the first day"
	if s.Day > 1 {
		day = fmt.Sprintf("day %d", s.Day)
	}
	return fmt.Sprintf("%02d:30 UTC on %s of each month", s.Hour, day)
}
