package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// UsageReport is an organization's billable seats of a month as a source outside the panel reported
// them: the latest that this source said. It stands beside what others said (docs/billing-rules.md section 2).
type UsageReport struct {
	OrganizationID int64
	Month          Month
	Seats          int // billable ones, as far as was known when it was reported
	Counted        int // that a file counts, free or not; 0: Seats are all that is known
	Plan           Plan
	PlanSupposed   bool // the file names none: it is the organization's in that month
	Source         string
	Note           string // why the figure is what it is, a sentence; empty: nothing to say
	ReportedAt     time.Time
	ReportedBy     string // a person, a token or a service by name; empty: nobody noted it
}

const usageReportColumns = `organization_id, month, seats, counted, plan, plan_supposed, source, note, reported_at, reported_by`

func scanUsageReport(row scanner) (r UsageReport, err error) {
	err = row.Scan(&r.OrganizationID, &r.Month, &r.Seats, &r.Counted, &r.Plan, &r.PlanSupposed, &r.Source, &r.Note,
		moment(&r.ReportedAt), &r.ReportedBy)
	return r, err
}

// SaveUsageReport keeps a report; an earlier one of the same source for the organization and month is replaced.
func (s *Store) SaveUsageReport(ctx context.Context, r UsageReport) error {
	return s.tx(ctx, fmt.Sprintf("saving the usage report of organization %d for %s", r.OrganizationID, r.Month), func(tx *sql.Tx) error {
		return saveUsageReport(ctx, tx, r)
	})
}

func saveUsageReport(ctx context.Context, tx *sql.Tx, r UsageReport) error {
	_, err := exec(ctx, tx, `
		INSERT INTO usage_reports (organization_id, month, seats, counted, plan, plan_supposed, source, note, reported_at, reported_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (organization_id, month, source) DO UPDATE SET seats = excluded.seats, counted = excluded.counted, plan = excluded.plan,
			plan_supposed = excluded.plan_supposed,
			note = excluded.note, reported_at = excluded.reported_at, reported_by = excluded.reported_by`,
		r.OrganizationID, r.Month, r.Seats, r.Counted, r.Plan, r.PlanSupposed, r.Source, r.Note, unix(r.ReportedAt), r.ReportedBy)
	return err
}

// UsageReports lists the reports of a month by organization and source.
func (s *Store) UsageReports(ctx context.Context, m Month) ([]UsageReport, error) {
	reports, err := usageReports(ctx, s.from, m)
	return reports, doing(fmt.Sprintf("listing the usage reports for %s", m), err)
}

func usageReports(ctx context.Context, q querier, m Month) ([]UsageReport, error) {
	return list(ctx, q, scanUsageReport,
		`SELECT `+usageReportColumns+` FROM usage_reports WHERE month = $1 ORDER BY organization_id, source`, m)
}
