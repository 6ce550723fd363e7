package reports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/store"
)

// LastReport is the report of the last month as it was fetched, matched with the organizations of now. There may be none:
// store.ErrNotFound.
func (f *Feed) LastReport(ctx context.Context) (store.UsageFetch, Report, error) {
	m := f.LastReportedMonth()
	fetch, err := f.store.LastUsageReport(ctx, string(m))
	if err != nil {
		return fetch, Report{}, err
	}
	there, err := f.livedIn(ctx, m)
	if err != nil {
		return fetch, Report{}, err
	}
	var records []Record
	if err := json.Unmarshal(fetch.Records, &records); err != nil {
		return fetch, Report{}, fmt.Errorf("reading the records of fetch %d: %w", fetch.ID, err)
	}
	r := Report{State: fetch.State}
	r.Rows, r.Missing = matchRecords(records, there, m)
	return fetch, r, nil
}

// unmatched is a row of the last report that belongs to no organization yet.
func (f *Feed) unmatched(ctx context.Context, fetchID int64, row int) (store.Month, Row, error) {
	return f.rowOf(ctx, fetchID, row, func(r Row) bool { return r.OrganizationID == 0 })
}

// rowOf is a row of the last report that somebody looked at, as long as there is still something to decide about it.
func (f *Feed) rowOf(ctx context.Context, fetchID int64, row int, open func(Row) bool) (store.Month, Row, error) {
	fetch, r, err := f.LastReport(ctx)
	if err != nil {
		return "", Row{}, err
	}
	if fetch.ID != fetchID || row < 0 || row >= len(r.Rows) || !open(r.Rows[row]) {
		return "", Row{}, &problem.Invalid{Fields: problem.Fields{"": "The list has changed since. Look at it again."}}
	}
	return store.Month(fetch.Period), r.Rows[row], nil
}

// AddReported adds the organization of a row that belongs to none, and keeps its figure.
func (f *Feed) AddReported(ctx context.Context, who problem.Actor, fetchID int64, row int) (store.Organization, error) {
	m, r, err := f.unmatched(ctx, fetchID, row)
	if err != nil {
		return store.Organization{}, err
	}
	if r.Name == "" {
		return store.Organization{}, &problem.Invalid{Fields: problem.Fields{
			"": "The report does not name this organization. Add it by hand, then link it.",
		}}
	}
	var o store.Organization
	err = f.store.Together(ctx, "adding a reported organization", func(s *store.Store) error {
		if o, err = organizations.Create(ctx, s, r.organization(f.now())); err != nil {
			return err
		}
		entry := who.Did(f.now(), store.CategoryOrganizations, "Added organization “%s” from the Provider API's report.", o.Name)
		return errors.Join(s.AddActivity(ctx, entry.About(o.ID)), f.keepRow(ctx, s, m, r, o.ID))
	})
	return o, err
}

// LinkReported gives an organization the external id of a row that belongs to none, and keeps its figure.
func (f *Feed) LinkReported(
	ctx context.Context,
	who problem.Actor,
	fetchID int64,
	row int,
	organizationID int64,
) (store.Organization, error) {
	m, r, err := f.unmatched(ctx, fetchID, row)
	if err != nil {
		return store.Organization{}, err
	}
	if r.ID == "" {
		return store.Organization{}, &problem.Invalid{Fields: problem.Fields{
			"": "The report gives no id for this organization. Give the organization here the reported name instead.",
		}}
	}
	var o store.Organization
	err = f.store.Together(ctx, fmt.Sprintf("linking organization %d", organizationID), func(s *store.Store) error {
		var before store.Organization
		before, o, err = organizations.Edit(ctx, s, organizationID, f.now(), func(p *organizations.Profile) {
			p.ExternalID, p.ReportedName = r.ID, r.Name // who links them says that both names are one organization's
		})
		if err != nil {
			return err
		}
		entry := who.Did(f.now(), store.CategoryOrganizations,
			"Linked organization “%s” to “%s” of the Provider API: external ID %q instead of %q.",
			o.Name, r.Name, r.ID, before.ExternalID)
		return errors.Join(s.AddActivity(ctx, entry.About(o.ID)), f.keepRow(ctx, s, m, r, o.ID))
	})
	return o, err
}

// keepRow keeps a row's figure as part of what s is the transaction of.
func (f *Feed) keepRow(ctx context.Context, s *store.Store, m store.Month, r Row, organizationID int64) error {
	if r.Problem != "" {
		return nil
	}
	r.OrganizationID = organizationID
	return s.SaveUsageReport(ctx, r.usageReport(m, f.now()))
}
