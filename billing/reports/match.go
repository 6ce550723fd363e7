package reports

import (
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
}

func (r Row) usageReport(m store.Month, now time.Time) store.UsageReport {
	return store.UsageReport{
		OrganizationID: r.OrganizationID, Month: m, Seats: r.Billable(), Plan: r.Plan,
		Source: string(seats.SourceProvider), Note: r.Note(), ReportedAt: now,
	}
}

// matchRecords finds each record's organization among those that existed in the month: by external id, otherwise by name
// (as Fold compares names) where the organization has no other external id. Two records of one organization are both
// refused, because which one counts is not known. missing are the organizations that should be there and are not.
func matchRecords(
	records []Record, list []store.OrganizationRow, m store.Month,
) (rows []Row, missing []store.Organization) {
	there := livedIn(list, m)
	x := organizations.NewIndex(there)
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
	for _, o := range there {
		if claims[o.ID] == 0 && o.Managed && o.License != store.NFR && o.CreatedAt.Before(m.End()) {
			missing = append(missing, o)
		}
	}
	return rows, missing
}

// livedIn are the organizations that were not deleted before the month.
func livedIn(organizations []store.OrganizationRow, m store.Month) []store.Organization {
	var there []store.Organization
	for _, row := range organizations {
		if o := row.Organization; o.DeletedAt.IsZero() || o.DeletedAt.After(m.Start()) {
			there = append(there, o)
		}
	}
	return there
}

func matchRecord(r Record, x organizations.Index) Row {
	row := Row{Record: r}
	if o, ok := x.ByExternalID(r.ID); ok {
		row.OrganizationID, row.Organization, row.Matched = o.ID, o.Name, "by external ID"
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
