package billing

import (
	"fmt"
	"time"

	"seatbridge/store"
)

// Figure is what somebody says an organization has to pay for in a month.
type Figure struct {
	Month store.Month
	Seats int
	Plan  store.Plan
}

// FigureProblems says by field, "month", "seats" and "plan", why a figure of the organization cannot be: whoever reports or
// corrects it.
func FigureProblems(o store.Organization, f Figure, now time.Time) map[string]string {
	problems := map[string]string{}
	addProblem(problems, "month", monthProblem(o, f.Month, now))
	switch {
	case f.Seats < 0:
		addProblem(problems, "seats", "Seats are counted from 0.")
	case f.Seats > MostSeats:
		addProblem(problems, "seats", "These are more than 1,000,000 seats.")
	}
	if f.Plan != store.Business && f.Plan != store.Enterprise {
		addProblem(problems, "plan", "Choose a plan.")
	}
	return problems
}

// monthProblem says why a month's figure of an organization cannot be set, or nothing.
func monthProblem(o store.Organization, m store.Month, now time.Time) string {
	switch {
	case m > store.MonthOf(now):
		return fmt.Sprintf("%s is in the future.", m)
	case m < "2000-01":
		return "Choose a month of this century."
	}
	return afterDeletion(o, m)
}

// afterDeletion says that an organization was gone before a month, or nothing.
func afterDeletion(o store.Organization, m store.Month) string {
	if o.DeletedAt.IsZero() || o.DeletedAt.After(m.Start()) {
		return ""
	}
	return fmt.Sprintf("%s was deleted on %s, before %s.", o.Name, day(o.DeletedAt), m)
}
