package seats

import (
	"fmt"
	"slices"
	"time"

	"seatbridge/store"
)

// Turn is something in an organization's life that decides how a period is billed.
type Turn struct {
	At   time.Time // before the period: in force at its beginning
	What string    // a sentence
}

// Timeline tells what decided about plan and billing in a period: the terms in force at its beginning and
// what changed within it.
func Timeline(l store.Ledger, p Period) []Turn {
	var turns []Turn
	within := func(t time.Time) bool { return !t.Before(p.Start()) && t.Before(p.End()) }
	add := func(at time.Time, format string, args ...any) {
		if within(at) {
			turns = append(turns, Turn{at, fmt.Sprintf(format, args...)})
		}
	}
	o := l.Organization
	for i, term := range l.Terms {
		what := fmt.Sprintf("%s, %s license.", term.Plan.Name(), term.License)
		switch {
		case i == 0 && within(term.Since):
			add(term.Since, "Began: %s", what)
		case i > 0 && term.Plan == l.Terms[i-1].Plan && term.License == l.Terms[i-1].License && within(term.Since): // said again
		case within(term.Since):
			add(term.Since, "Changed to %s", what)
		case term.Since.Before(p.Start()) && (i+1 == len(l.Terms) || l.Terms[i+1].Since.After(p.Start())):
			turns = append(turns, Turn{term.Since, "In force at the beginning: " + what})
		}
	}
	if at := o.TrialEndsAt; licenseBefore(l, at) == store.Trial {
		add(at, "The trial ended; billing begins.")
	}
	add(o.SuspendedAt, "Suspended; still billed.")
	add(o.DeletedAt, "Deleted; billed for this month, not for the next.")
	slices.SortStableFunc(turns, func(a, b Turn) int { return a.At.Compare(b.At) })
	return turns
}
