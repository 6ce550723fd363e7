package reports

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Questions is what the last month's report asks a person.
type Questions struct {
	Month   store.Month
	Unknown []Row                // would be billed, and belong to no organization
	Renamed []Row                // are reported under another name than before
	Gone    []store.Organization // were reported the month before, and are not any more
}

// UnknownSeats are the billable licenses of those that belong to no organization.
func (q Questions) UnknownSeats() int {
	sum := 0
	for _, row := range q.Unknown {
		sum += row.Billable()
	}
	return sum
}

// Questions are those of the last month's report; without one there are none. A trial or an NFR organization that is not known
// here costs nobody anything, and is only on the page of the report.
func (f *Feed) Questions(ctx context.Context) (Questions, error) {
	_, r, err := f.LastReport(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return Questions{}, nil
	}
	if err != nil {
		return Questions{}, err
	}
	q := Questions{Month: f.LastReportedMonth()}
	for _, row := range r.Rows {
		switch {
		case row.OrganizationID == 0 && (row.Problem != "" || row.Billable() > 0):
			q.Unknown = append(q.Unknown, row)
		case row.Renamed:
			q.Renamed = append(q.Renamed, row)
		}
	}
	q.Gone, err = f.gone(ctx, q.Month, r.Missing)
	return q, err
}

// gone are those of the missing organizations that the Provider API reported in the month before.
func (f *Feed) gone(ctx context.Context, m store.Month, missing []store.Organization) ([]store.Organization, error) {
	before, err := f.store.UsageReports(ctx, m.Add(-1))
	if err != nil {
		return nil, err
	}
	reported := map[int64]bool{}
	for _, report := range before {
		if seats.Source(report.Source) == seats.SourceProvider {
			reported[report.OrganizationID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(missing), func(o store.Organization) bool { return !reported[o.ID] }), nil
}

// SettleName decides about an organization that the last report has under another name: it takes that name, or is said to be the
// same one and keeps its own.
func (f *Feed) SettleName(ctx context.Context, who problem.Actor, fetchID int64, row int, keep bool) (o store.Organization, err error) {
	_, r, err := f.rowOf(ctx, fetchID, row, func(r Row) bool { return r.Renamed })
	if err != nil {
		return o, err
	}
	said := "Renamed organization “%s” to “%s”, as the Provider API reports it."
	if keep {
		said = "Said that organization “%s” is the one that the Provider API reports as “%s”."
	}
	err = f.store.Together(ctx, fmt.Sprintf("settling the name of organization %d", r.OrganizationID), func(s *store.Store) error {
		_, o, err = organizations.Edit(ctx, s, r.OrganizationID, f.now(), func(p *organizations.Profile) {
			p.ReportedName = r.Name
			if !keep {
				p.Name, p.ReportedName = r.Name, ""
			}
		})
		if err != nil {
			return err
		}
		return s.AddActivity(ctx, who.Did(f.now(), store.CategoryOrganizations, said, r.Organization, r.Name).About(o.ID))
	})
	return o, err
}
