package reports

import (
	"context"
	"fmt"
	"time"

	"seatbridge/billing/organizations"
	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Row is a record with the organization that it belongs to.
type Row struct {
	Record
	OrganizationID int64 // 0: none
	Organization   string
	Matched        string // how it was found; without an organization, why it was not
	Renamed        bool   // its name is not the organization's, nor one that a person said to be
}

func (r Row) usageReport(m store.Month, now time.Time) store.UsageReport {
	return store.UsageReport{
		OrganizationID: r.OrganizationID, Month: m, Seats: r.Billable(), Plan: r.Plan,
		Source: string(seats.SourceProvider), Note: r.Note(), ReportedAt: now,
		ReportedBy: seats.SourceProvider.Name(),
	}
}

// matchRecords finds each record's organization among those that existed in the month: by external id, otherwise by name
// (as Fold compares names) where the organization has no other external id. Two records of one organization are both
// refused, because which one counts is not known. missing are the organizations that should be there and are not.
func matchRecords(records []Record, there []store.Ledger, m store.Month) (rows []Row, missing []store.Organization) {
	x := indexOf(there)
	rows = make([]Row, len(records))
	claims := map[int64]int{}
	for i, record := range records {
		rows[i] = matchRecord(record, x)
		claims[rows[i].OrganizationID]++
	}
	for i := range rows {
		if r := &rows[i]; r.OrganizationID != 0 && claims[r.OrganizationID] > 1 && r.Problem == "" {
			r.Problem = "The report has more than one record of this organization."
		}
	}
	for _, l := range there {
		if o := l.Organization; claims[o.ID] == 0 && seats.InReport(l, seats.WholeMonth(m)) && o.CreatedAt.Before(m.End()) {
			missing = append(missing, o)
		}
	}
	return rows, missing
}

func indexOf(ledgers []store.Ledger) organizations.Index {
	list := make([]store.Organization, len(ledgers))
	for i, l := range ledgers {
		list[i] = l.Organization
	}
	return organizations.NewIndex(list)
}

// livedIn are the ledgers, without their seats, of the organizations that were not deleted before the month.
func (f *Feed) livedIn(ctx context.Context, m store.Month) ([]store.Ledger, error) {
	var there []store.Ledger
	for l, err := range f.store.Ledgers(ctx, m.Start(), m.End(), nil) {
		if err != nil {
			return nil, fmt.Errorf("reading the organizations of %s: %w", m, err)
		}
		l.Seats = nil
		there = append(there, l)
	}
	return there, nil
}

// namedSo says that an organization has a name, here or in reports.
func namedSo(o store.Organization, name string) bool {
	return store.Fold(name) == store.Fold(o.Name) || store.Fold(name) == store.Fold(o.ReportedName)
}

func matchRecord(r Record, x organizations.Index) Row {
	row := Row{Record: r}
	if o, ok := x.ByExternalID(r.ID); ok {
		row.OrganizationID, row.Organization, row.Matched = o.ID, o.Name, "by external ID"
		row.Renamed = r.Name != "" && !namedSo(o, r.Name)
		return row
	}
	o, ok := x.ByName(r.Name)
	switch {
	case !ok || r.Name == "":
		row.Matched = "No organization has this external ID or name."
	case r.ID != "" && o.ExternalID != "":
		row.Matched = fmt.Sprintf("“%s” has the same name but another external ID, %s.", o.Name, o.ExternalID)
	default:
		row.OrganizationID, row.Organization, row.Matched = o.ID, o.Name, "by name"
	}
	return row
}
