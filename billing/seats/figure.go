package seats

import (
	"cmp"
	"fmt"
	"time"

	"seatbridge/billing/problem"
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
func FigureProblems(o store.Organization, f Figure, now time.Time) problem.Fields {
	problems := problem.Fields{}
	problems.Add("month", cmp.Or(MonthOutside(f.Month, now), AfterDeletion(o, f.Month)))
	switch {
	case f.Seats < 0:
		problems.Add("seats", "Seats are counted from 0.")
	case f.Seats > MostSeats:
		problems.Add("seats", "These are more than 1,000,000 seats.")
	}
	if f.Plan != store.Business && f.Plan != store.Enterprise {
		problems.Add("plan", "Choose a plan.")
	}
	return problems
}

// AfterDeletion says that an organization was gone before a month, or nothing.
func AfterDeletion(o store.Organization, m store.Month) string {
	if o.DeletedAt.IsZero() || o.DeletedAt.After(m.Start()) {
		return ""
	}
	return fmt.Sprintf("%s was deleted on %s, before %s.", o.Name, Day(o.DeletedAt), m)
}
