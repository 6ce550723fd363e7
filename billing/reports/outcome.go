package reports

import (
	"context"
	"fmt"
	"slices"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Outcome is what would be billed of an organization if a tested report were kept.
type Outcome struct {
	seats.Usage
	Taken bool   // the report's own figure would be
	Why   string // why that is, or another one, in sentences
}

// outcomes is what would be billed of each organization of a month's report, of those that it does not name, too, by organization: by the
// order of the sources in that month, with corrections, and by the rule about reports that is tested (docs/billing-rules.md section 2,
// "Which figure wins"). It writes nothing.
func (f *Feed) outcomes(ctx context.Context, c Config, m store.Month, r Report) (map[int64]Outcome, error) {
	if !r.State.Known() {
		return nil, nil
	}
	rules, err := f.rulesWith(ctx, c)
	if err != nil {
		return nil, err
	}
	mapped, err := f.mapped(ctx)
	if err != nil {
		return nil, err
	}
	reported := map[int64]store.UsageReport{}
	for _, report := range r.usageReports(m, f.now()) {
		reported[report.OrganizationID] = report
	}
	ids := r.organizations()
	found := make(map[int64]Outcome, len(ids))
	for l, err := range f.store.Ledgers(ctx, m.Start(), m.End(), ids) {
		if err != nil {
			return nil, fmt.Errorf("counting what would be billed of %s: %w", m, err)
		}
		id := l.Organization.ID
		report, taken := reported[id]
		found[id] = outcomeOf(l, m, rules, report, taken).carried(mapped[id])
	}
	return found, nil
}

// outcomeOf counts an organization with a report; not taken: the report has no figure of it.
func outcomeOf(l store.Ledger, m store.Month, rules seats.Rules, report store.UsageReport, taken bool) Outcome {
	if taken {
		l = seats.With(l, report)
	}
	u := seats.Count(l, seats.WholeMonth(m), rules)
	o := Outcome{Usage: u, Taken: taken && u.Source() == seats.SourceProvider}
	switch {
	case o.Taken:
		o.Why = u.Reason()
	case taken:
		o.Why = u.Overruled(seats.SourceProvider, rules)
	default:
		o.Why = "The report has no figure of it. " + u.Reason()
	}
	return o
}

// carried is the outcome with what becomes of it: an organization that the MSP does not manage now is not synced, and one that is not
// mapped has no line.
func (o Outcome) carried(mapped bool) Outcome {
	switch {
	case o.Unmanaged:
		o.Why += " It is not managed by you any more: its lines are left as they are."
	case !mapped:
		o.Why += " Not mapped: no line carries it."
	}
	return o
}

// organizations are those that a report names or should name, by id.
func (r Report) organizations() []int64 {
	ids := []int64{}
	for _, row := range r.Rows {
		if row.OrganizationID != 0 {
			ids = append(ids, row.OrganizationID)
		}
	}
	for _, o := range r.Missing {
		ids = append(ids, o.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// rulesWith are the counting rules as they would be with a connection that need not be saved.
func (f *Feed) rulesWith(ctx context.Context, c Config) (seats.Rules, error) {
	settings, err := f.store.Settings(ctx)
	if err != nil {
		return seats.Rules{}, err
	}
	since, err := f.connectedSince(ctx)
	return seats.Rules{
		Pending: settings.Pending, Sources: settings.Sources, Reports: seats.ReportRule{Since: since, Required: c.Required},
	}, err
}

// mapped are the organizations that are mapped.
func (f *Feed) mapped(ctx context.Context) (map[int64]bool, error) {
	mappings, err := f.store.Mappings(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading mappings: %w", err)
	}
	mapped := make(map[int64]bool, len(mappings))
	for _, m := range mappings {
		mapped[m.OrganizationID] = true
	}
	return mapped, nil
}
