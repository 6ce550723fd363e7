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

// ReportUsage keeps an organization's billable seats of a whole month as a source reported them; they take the place of what the same
// source said before, which the activity log keeps, and stand beside what others said. Of a month that is not over nobody can say them,
// as in a file.
func (d *Desk) ReportUsage(ctx context.Context, who problem.Actor, r store.UsageReport) error {
	r.ReportedAt, r.ReportedBy = d.now(), who.Name
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
		before, err := earlier(ctx, s, r)
		if err != nil {
			return err
		}
		if err := s.SaveUsageReport(ctx, r); err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(d.now(), store.CategoryBilling, "Reported %d %s seats of “%s” for %s%s.",
			r.Seats, r.Plan.Name(), o.Name, r.Month, before).About(o.ID))
	})
}

// earlier is what a report takes the place of, in words: what the same source said of the month before. Empty: nothing, or the same.
func earlier(ctx context.Context, s *store.Store, r store.UsageReport) (string, error) {
	for l, err := range s.Ledgers(ctx, r.Month.Start(), r.Month.End(), []int64{r.OrganizationID}) {
		if err != nil {
			return "", err
		}
		for _, b := range l.Reports[r.Month] {
			if b.Source == r.Source && (b.Seats != r.Seats || b.Plan != r.Plan) {
				return fmt.Sprintf(", instead of %d %s ones that the %s reported on %s",
					b.Seats, b.Plan.Name(), seats.Source(b.Source).Name(), seats.Day(b.ReportedAt)), nil
			}
		}
	}
	return "", nil
}
