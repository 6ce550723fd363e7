package reports

import (
	"context"
	"fmt"
	"strings"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// replacedNamed bounds how many replaced figures an entry of the activity log names.
const replacedNamed = 20

// keepFetch keeps a fetch with its figures, and notes in the activity log which of them take the place of another that an earlier
// fetch brought.
func (f *Feed) keepFetch(ctx context.Context, fetch store.UsageFetch, figures []store.UsageReport) error {
	return f.store.Together(ctx, "keeping the usage report of "+fetch.Period, func(s *store.Store) error {
		replaced, err := replaced(ctx, s, figures)
		if err != nil {
			return err
		}
		if err := s.AddUsageFetch(ctx, fetch, figures); err != nil || len(replaced) == 0 {
			return err
		}
		return s.AddActivity(ctx, problem.System().Did(f.now(), store.CategoryBilling,
			"The Provider API's report of %s says another figure than before of %s: %s.",
			figures[0].Month, problem.Plural(len(replaced), "organization"), named(replaced)))
	})
}

// replaced says which figures take the place of another one of the same source, from what to what.
func replaced(ctx context.Context, s *store.Store, figures []store.UsageReport) (changes []string, err error) {
	if len(figures) == 0 {
		return nil, nil
	}
	kept, err := s.UsageReports(ctx, figures[0].Month)
	if err != nil {
		return nil, err
	}
	before := map[int64]store.UsageReport{}
	for _, r := range kept {
		if r.Source == figures[0].Source {
			before[r.OrganizationID] = r
		}
	}
	for _, r := range figures {
		b, said := before[r.OrganizationID]
		if !said || b.Seats == r.Seats && b.Plan == r.Plan {
			continue
		}
		o, err := s.Organization(ctx, r.OrganizationID)
		if err != nil {
			return nil, err
		}
		changes = append(changes, fmt.Sprintf("“%s” %d %s → %d %s", o.Name, b.Seats, b.Plan.Name(), r.Seats, r.Plan.Name()))
	}
	return changes, nil
}

// named lists changes, the first of many.
func named(changes []string) string {
	if more := len(changes) - replacedNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(changes[:replacedNamed], ", "), more)
	}
	return strings.Join(changes, ", ")
}
