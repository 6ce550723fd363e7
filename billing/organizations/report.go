package organizations

import (
	"context"
	"fmt"

	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// longestNote bounds what is said about a reported figure, in characters.
const longestNote = 200

// ReportUsage keeps an organization's billable seats of a whole month as a source reported them; they take the place of an
// earlier report of the month. Of a month that is not over nobody can say them, as in a file.
func (d *Desk) ReportUsage(ctx context.Context, who problem.Actor, r store.UsageReport) error {
	r.ReportedAt = d.now()
	return d.store.Together(ctx, fmt.Sprintf("reporting the usage of organization %d", r.OrganizationID), func(s *store.Store) error {
		o, err := s.Organization(ctx, r.OrganizationID)
		if err != nil {
			return err
		}
		problems := seats.FigureProblems(o, seats.Figure{Month: r.Month, Seats: r.Seats, Plan: r.Plan}, d.now())
		problems.Add("month", seats.NotOver(r.Month, d.now()))
		problems.Add("note", problem.OfLength(r.Note, longestNote))
		if len(problems) > 0 {
			return &problem.Invalid{Fields: problems}
		}
		if err := s.SaveUsageReport(ctx, r); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryBilling, "Reported %d %s seats of “%s” for %s.",
			r.Seats, r.Plan.Name(), o.Name, r.Month).About(o.ID))
	})
}
