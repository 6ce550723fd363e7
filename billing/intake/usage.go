package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"seatbridge/billing/seats"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/store"
)

// Sum is the figure of a month that several rows of a file add up to.
type Sum struct {
	Organization string      `json:"organization"`
	Month        store.Month `json:"month"`
	Lines        []int       `json:"lines"`
	Parts        []int       `json:"parts"` // seats, in the order of Lines
	Seats        int         `json:"seats"`
}

const (
	sumsKept   = 100
	totalsKept = 20
)

// isTotal says whether a row that looks like a total is one: no organization goes by that name.
func (p *plan) isTotal(name string) bool {
	_, known := p.index.Find(name)
	return !known
}

func (p *plan) passOver(t sheet.Total) {
	p.progress("Reading the file", 1)
	if len(p.findings.Totals) < totalsKept && !p.findings.isSaid(t) {
		p.findings.Totals = append(p.findings.Totals, t)
	}
}

// usageKnown is what is known of the months of a file, by organization.
type usageKnown struct {
	reports map[store.Month]map[int64]store.UsageReport
	figures map[store.Month]map[int64]seats.Usage
}

func (p *plan) knownUsage(ctx context.Context, known lookups) (usageKnown, error) {
	k := usageKnown{map[store.Month]map[int64]store.UsageReport{}, map[store.Month]map[int64]seats.Usage{}}
	for _, g := range p.groups {
		for _, row := range g.usage {
			if row.Month == "" || k.reports[row.Month] != nil {
				continue
			}
			reports, err := known.reports(ctx, row.Month)
			if err != nil {
				return k, err
			}
			k.reports[row.Month] = map[int64]store.UsageReport{}
			for _, r := range reports {
				if r.Source == string(seats.SourceCSV) { // what others said stays beside it
					k.reports[row.Month][r.OrganizationID] = r
				}
			}
			if k.figures[row.Month], err = p.usage(ctx, row.Month); err != nil {
				return k, err
			}
		}
	}
	return k, nil
}

func (p *plan) usageChanges(g *group, known usageKnown) []Change {
	var changes []Change
	for _, rows := range byMonth(g.usage) {
		row, problem := p.figure(g, rows)
		if problem == "" {
			problem = seats.AfterDeletion(g.organization, row.Month)
		}
		if problem != "" {
			p.refuseGood(rows, problem)
			continue
		}
		change := ReportChange{Line: row.Line, After: p.report(g, row, known)}
		if u := known.figures[row.Month][g.organization.ID]; u.Source() != seats.SourceCSV {
			change.Beside = u
		}
		if before, ok := known.reports[row.Month][g.organization.ID]; ok {
			change.Before = &before
		}
		if p.saysTheSame(change, row, known) {
			p.findings.Unchanged += len(rows)
			continue
		}
		changes = append(changes, Change{Line: row.Line, Report: &change})
	}
	return changes
}

// byMonth groups the rows that name a month, in the order in which the months come.
func byMonth(rows []sheet.UsageRow) [][]sheet.UsageRow {
	at := map[store.Month]int{}
	var groups [][]sheet.UsageRow
	for _, row := range rows {
		i, ok := at[row.Month]
		switch {
		case row.Month == "":
		case ok:
			groups[i] = append(groups[i], row)
		default:
			at[row.Month] = len(groups)
			groups = append(groups, []sheet.UsageRow{row})
		}
	}
	return groups
}

// figure is the row that stands for all of an organization and month, or why there is none. All but one bad row of several is
// no figure: what cannot be read may be a part of it.
func (p *plan) figure(g *group, rows []sheet.UsageRow) (sheet.UsageRow, string) {
	row := rows[0]
	line, bad := p.badRows[badRow{store.Fold(row.Organization), row.Month}]
	if i := slices.IndexFunc(rows, func(r sheet.UsageRow) bool { return len(r.Problems) > 0 }); i >= 0 {
		line, bad = rows[i].Line, true
	}
	other := slices.IndexFunc(rows, func(r sheet.UsageRow) bool { return r.Plan != row.Plan })
	switch {
	case bad:
		return row, fmt.Sprintf("Line %d is about the same organization and month and cannot be read: correct it first.", line)
	case len(rows) == 1:
		return row, ""
	case other > 0:
		return row, fmt.Sprintf("Lines %s are about %s in %s, on different plans, but all seats of a month are on one plan: correct the plan.",
			linesOf(rows), table.Excerpt(g.organization.Name), row.Month)
	case !p.choices.AddUp:
		p.findings.Doubles += len(rows)
		return row, fmt.Sprintf("Lines %s are about %s in %s: say that such rows add up (%s), or leave one of them in the file.",
			linesOf(rows), table.Excerpt(g.organization.Name), row.Month, sumText(rows))
	}
	return p.addUp(g, rows)
}

func (p *plan) addUp(g *group, rows []sheet.UsageRow) (sheet.UsageRow, string) {
	sum := Sum{Organization: g.organization.Name, Month: rows[0].Month}
	for _, row := range rows {
		sum.Lines, sum.Parts, sum.Seats = append(sum.Lines, row.Line), append(sum.Parts, row.Seats), sum.Seats+row.Seats
	}
	if sum.Seats > seats.MostSeats {
		return rows[0], fmt.Sprintf("Lines %s add up to more than 1,000,000 seats.", linesOf(rows))
	}
	if p.findings.SumCount++; p.findings.SumCount <= sumsKept {
		p.findings.Sums = append(p.findings.Sums, sum)
	}
	row := rows[0]
	row.Seats = sum.Seats
	return row, ""
}

func linesOf(rows []sheet.UsageRow) string {
	return joined(rows, ", ", func(r sheet.UsageRow) int { return r.Line })
}

// sumText is 18 + 18 = 36.
func sumText(rows []sheet.UsageRow) string {
	sum := 0
	for _, r := range rows {
		sum += r.Seats
	}
	return joined(rows, " + ", func(r sheet.UsageRow) int { return r.Seats }) + " = " + strconv.Itoa(sum)
}

// joined writes at most ten numbers.
func joined(rows []sheet.UsageRow, separator string, number func(sheet.UsageRow) int) string {
	parts := make([]string, min(len(rows), 10))
	for i := range parts {
		parts[i] = strconv.Itoa(number(rows[i]))
	}
	if len(parts) < len(rows) {
		parts = append(parts, "…")
	}
	return strings.Join(parts, separator)
}

// refuseGood refuses the rows that are not refused yet.
func (p *plan) refuseGood(rows []sheet.UsageRow, problem string) {
	for _, row := range rows {
		if len(row.Problems) == 0 {
			p.refuse([]sheet.RowProblem{{Line: row.Line, Column: row.Column, Problem: problem}})
		}
	}
}

// saysTheSame says whether nothing is new: the file said so before, or the row stands in an export of ours as Seatbridge counts
// it, wherever the figure is from.
func (p *plan) saysTheSame(c ReportChange, row sheet.UsageRow, known usageKnown) bool {
	if c.Before != nil && c.Before.Seats == c.After.Seats && c.Before.Plan == c.After.Plan {
		return true
	}
	u := known.figures[row.Month][c.After.OrganizationID]
	billable, ok := u.Seats()
	return p.ownExport && ok && billable == row.Seats && (row.Plan == "" || row.Plan == u.Plan)
}

// report is what a row reports. Seats of an organization that was NFR, or in its trial, all the month are free, as they are when
// the Provider API reports them.
func (p *plan) report(g *group, row sheet.UsageRow, known usageKnown) store.UsageReport {
	o := g.organization
	ledger, counted := known.figures[row.Month][o.ID]
	if ledger.Original != nil {
		ledger = *ledger.Original
	}
	if !counted { // it is created by this file
		ledger.Plan, ledger.License, ledger.Free = o.Plan, o.License, seats.Free(o.License, o.TrialEndsAt, row.Month)
	}
	if g.after != nil {
		ledger.Plan, ledger.License, ledger.Free = g.after.BilledIn(row.Month)
	}
	r := store.UsageReport{
		OrganizationID: o.ID, Month: row.Month, Seats: row.Seats, Counted: row.Seats, Plan: cmp.Or(row.Plan, ledger.Plan),
		PlanSupposed: row.Plan == "", Source: string(seats.SourceCSV), ReportedAt: p.options.Now,
	}
	if row.Seats > 0 && ledger.Free {
		r.Seats, r.Note = seats.BillReported(ledger.License, row.Seats)
	}
	return r
}
