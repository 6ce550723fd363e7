package intake

import (
	"context"

	"seatbridge/billing/seats"
	"seatbridge/store"
)

// Meeting is a figure of a file of which another source, or a correction, says otherwise.
type Meeting struct {
	Organization string      `json:"organization"`
	Month        store.Month `json:"month"`
	Sentence     string      `json:"sentence"` // which of them is billed, and why
}

const meetingsKept = 100

// allUsage are the changes of all organizations in a file of usage: what becomes of its figures beside those of other sources is
// counted a month at a time.
func (p *plan) allUsage(ctx context.Context, known lookups) (map[*group][]Change, error) {
	reports, err := p.knownUsage(ctx, known)
	if err != nil {
		return nil, err
	}
	all := make(map[*group][]Change, len(p.groups))
	for _, g := range p.groups {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if all[g], err = p.changes(ctx, g, known, reports); err != nil {
			return nil, err
		}
	}
	return all, p.meet(ctx, all)
}

// meet says of each figure whether it is billed beside what other sources say. A new organization has no other.
func (p *plan) meet(ctx context.Context, all map[*group][]Change) error {
	months := map[store.Month]map[int64]*ReportChange{}
	for _, changes := range all {
		for _, c := range changes {
			if c.Report == nil || c.Report.After.OrganizationID == 0 {
				continue
			}
			m := c.Report.After.Month
			if months[m] == nil {
				months[m] = map[int64]*ReportChange{}
			}
			months[m][c.Report.After.OrganizationID] = c.Report
		}
	}
	for m, changes := range months {
		reports := make(map[int64]store.UsageReport, len(changes))
		for id, c := range changes {
			reports[id] = c.After
		}
		usages, err := p.supposing(ctx, m, reports)
		if err != nil {
			return err
		}
		for id, c := range changes {
			c.Met, c.Meeting = usages[id].Meeting(seats.SourceCSV, "this file")
		}
	}
	return nil
}

// noteMeeting adds to what was found that a figure meets another one.
func (f *Findings) noteMeeting(organization string, c ReportChange) {
	if c.Met == "" {
		return
	}
	f.Met[c.Met]++
	if len(f.Meetings) < meetingsKept {
		f.Meetings = append(f.Meetings, Meeting{organization, c.After.Month, c.Meeting})
	}
}
