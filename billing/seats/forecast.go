package seats

import (
	"math"
	"slices"
	"time"

	"seatbridge/store"
)

// trendMonths is how many whole months before the current one say how an organization grows.
const trendMonths = 3

// Trend is what an organization's ledger says of the seats it will have by the end of the current month.
type Trend struct {
	PerDay     float64 // members who joined, a day, in the last three whole months
	TrialSeats int     // the seats that are billed from a trial's end on, where that is within the current month
}

// Forecast is the billable seats to expect at the end of the current month. It is a guess for people to plan with
// and is never written anywhere.
type Forecast struct {
	Known    bool
	ToDate   int     // billable already
	Expected float64 // at the end of the month; at least ToDate
}

// Seats is the forecast in whole seats, half a seat rounded up.
func (f Forecast) Seats() int { return int(math.Floor(f.Expected + 0.5)) }

// TrendOf reads the trend from a ledger that covers the three whole months before the one of now. Members who
// were there within a day of the organization's beginning say how it began, and those who joined within a day of its entry, of whom
// nobody said since when they were there, not how it grows. The rule is our own: NordPass publishes no forecast.
func TrendOf(l store.Ledger, now time.Time, r Rules) Trend {
	current := ToDate(now)
	o := l.Organization
	from, until := Later(current.Month.Add(-trendMonths).Start(), o.CreatedAt.Add(24*time.Hour)), current.Start()
	var t Trend
	if !o.DeletedAt.IsZero() {
		return t
	}
	t.PerDay = joinsPerDay(withoutEntered(l), from, until)
	if InTrial(o, now) && o.TrialEndsAt.Before(current.Month.End()) {
		t.TrialSeats = seatsAfterTrial(l.Seats, now, r)
	}
	if Free(o.License, o.TrialEndsAt, current.Month) || !o.SuspendedAt.IsZero() {
		t.PerDay = 0 // not billed this month, or nobody can join
	}
	return t
}

// withoutEntered are the seats but for those that joined within a day of the entry of an organization that began before.
func withoutEntered(l store.Ledger) []store.Seat {
	o := l.Organization
	if !o.CreatedAt.Before(o.EnteredAt) {
		return l.Seats
	}
	return slices.DeleteFunc(slices.Clone(l.Seats), func(s store.Seat) bool {
		return !s.JoinedAt.Before(o.EnteredAt) && s.JoinedAt.Before(o.EnteredAt.Add(24*time.Hour))
	})
}

func joinsPerDay(seats []store.Seat, from, until time.Time) float64 {
	days := until.Sub(from).Hours() / 24
	if days < 1 {
		return 0
	}
	joined := 0
	for _, s := range seats {
		if !s.JoinedAt.Before(from) && s.JoinedAt.Before(until) {
			joined++
		}
	}
	return float64(joined) / days
}

// seatsAfterTrial counts the members who are there now, and will be when the trial ends if nobody leaves.
func seatsAfterTrial(seats []store.Seat, now time.Time, r Rules) int {
	n := 0
	for _, s := range seats {
		if s.DeletedAt.IsZero() && (r.CountsPending(store.MonthOf(now)) || !s.JoinedAt.IsZero() && !s.JoinedAt.After(now)) {
			n++
		}
	}
	return n
}

// Forecast is the figure to expect at the end of the month whose figure to date is u. Seats that count
// already can only stay, because any day counts for the whole month (docs/billing-rules.md section 2, rule 2); to
// them come those of a trial that ends before the month does, and the joins of the days that are left at the pace of the
// last three whole months. A figure that an admin corrected is final, and of an unknown one nothing is known.
func (t Trend) Forecast(u Usage) Forecast {
	seats, known := u.Seats()
	f := Forecast{Known: known, ToDate: seats, Expected: float64(seats)}
	if !known || u.source == SourceCorrection {
		return f
	}
	left := u.Period.Month.End().Sub(u.Period.AsOf)
	f.Expected += float64(t.TrialSeats) + t.PerDay*left.Hours()/24
	return f
}
