package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/organizations"
	"seatbridge/billing/seats"
	"seatbridge/billing/table"
	"seatbridge/store"
)

// Choices is what the admin chose for an uploaded table.
type Choices struct {
	Encoding      string                     `json:"encoding"` // one of Encodings; empty: as recognised
	Columns       ColumnMap                  `json:"columns"`
	Dates         map[Column]table.DateOrder `json:"dates"`        // of the columns in which the file leaves it open
	Organization  string                     `json:"organization"` // of all rows, where no column says it
	OpenMonth     bool                       `json:"open_month"`
	RemoveMissing bool                       `json:"remove_missing"`
	Create        []string                   `json:"create"` // organizations to create, as the file names them
}

// creates says whether an organization that the file names and nobody knows is to be created.
func (c Choices) creates(name string) bool {
	folded := store.Fold(name)
	return slices.ContainsFunc(c.Create, func(chosen string) bool { return store.Fold(chosen) == folded })
}

// Findings is what an import would do, or has done.
type Findings struct {
	At            time.Time             `json:"at"`
	Rows          int                   `json:"rows"`
	Bad           int                   `json:"bad"`      // rows that cannot be imported
	Problems      []RowProblem          `json:"problems"` // theirs, by line; at most problemsKept
	ProblemCount  int                   `json:"problem_count"`
	Unknown       []UnknownOrganization `json:"unknown"`
	LeftOut       int                   `json:"left_out"`      // good rows of unknown organizations that are not created
	Organizations []Organization        `json:"organizations"` // those with changes, by name
	Actions       map[MemberAction]int  `json:"actions"`       // of members
	NewReports    int                   `json:"new_reports"`   // figures of months that had no report
	Replaced      int                   `json:"replaced"`      // figures that take the place of another report
	Unchanged     int                   `json:"unchanged"`     // rows that say what is known
	NotInFile     int                   `json:"not_in_file"`   // members that the file does not have and that stay
	Refused       string                `json:"refused"`       // why it cannot be written at all; empty: it can
	Fingerprint   string                `json:"fingerprint"`   // of all changes
}

// Changes counts what would be written.
func (f Findings) Changes() int {
	n := f.NewReports + f.Replaced
	for _, actions := range f.Actions {
		n += actions
	}
	return n
}

// Skipped counts the rows that would not be imported.
func (f Findings) Skipped() int { return f.Bad + f.LeftOut }

// UnknownOrganization is one that a file names and Seatbridge does not know.
type UnknownOrganization struct {
	Name   string `json:"name"`
	Rows   int    `json:"rows"`
	Create bool   `json:"create"`
}

// Organization is one that an import changes.
type Organization struct {
	ID      int64                `json:"id"` // 0: it is created
	Name    string               `json:"name"`
	Actions map[MemberAction]int `json:"actions,omitempty"`
	Reports int                  `json:"reports,omitempty"` // months whose figure changes
}

// problemsKept bounds the problems that are kept and shown.
const problemsKept = 1000

// Change is one change of an import, for people to look at: a member's or a month's.
type Change struct {
	Line   int
	Member *MemberChange
	Report *ReportChange
}

// ReportChange is a month's figure as it is reported and as the file reports it.
type ReportChange struct {
	Line   int
	Before *store.UsageReport // nil: none
	After  store.UsageReport
}

// lookups is where an import finds what is known: the database as it is, or as it is while it writes.
type lookups struct {
	seats   func(ctx context.Context, organizationID int64) ([]store.Seat, error)
	reports func(ctx context.Context, m store.Month) ([]store.UsageReport, error)
}

// plan works out what a file changes, one organization after the other, so that few changes are in memory.
type plan struct {
	kind     Kind
	choices  Choices
	options  Options
	index    organizations.Index
	usage    func(ctx context.Context, m store.Month) (map[int64]seats.Usage, error) // what the ledgers say of a month
	progress func(phase string, rows int)

	findings Findings
	groups   []*group
	byName   map[string]*group // as the file spells it; nil: left out
	byID     map[int64]*group
	unknown  map[string]*UnknownOrganization // by folded name
	unknowns map[string]*UnknownOrganization // as the file spells them
	sum      hash.Hash
}

// group is the rows about one organization.
type group struct {
	organization store.Organization // without an id: to be created
	members      []MemberRow
	usage        []UsageRow
	spellings    int // how many ways the file names it
}

// read groups the rows of the file.
func (p *plan) read(r io.Reader) error {
	p.byName, p.byID, p.sum = map[string]*group{}, map[int64]*group{}, sha256.New()
	p.unknown, p.unknowns = map[string]*UnknownOrganization{}, map[string]*UnknownOrganization{}
	p.findings = Findings{At: p.options.Now, Actions: map[MemberAction]int{}}
	var err error
	if p.kind == Usage {
		err = p.readUsage(r)
	} else {
		err = p.readMembers(r)
	}
	for _, u := range p.unknown {
		p.findings.Unknown = append(p.findings.Unknown, *u)
	}
	slices.SortFunc(p.findings.Unknown, func(a, b UnknownOrganization) int { return strings.Compare(store.Fold(a.Name), store.Fold(b.Name)) })
	return err
}

func (p *plan) readMembers(r io.Reader) error {
	for row, err := range ReadMembers(r, p.choices.Columns, p.options) {
		if err != nil {
			return err
		}
		if g := p.row(row.Organization, row.Problems); g != nil {
			g.members = append(g.members, row)
		}
	}
	return nil
}

func (p *plan) readUsage(r io.Reader) error {
	for row, err := range ReadUsage(r, p.choices.Columns, p.options) {
		if err != nil {
			return err
		}
		if g := p.row(row.Organization, row.Problems); g != nil && len(row.Problems) == 0 {
			g.usage = append(g.usage, row)
		}
	}
	return nil
}

// row notes a row and finds its group; nil: the row is left out.
func (p *plan) row(organization string, problems []RowProblem) *group {
	p.findings.Rows++
	p.progress("Reading the file", 1)
	bad := len(problems) > 0
	if bad {
		p.refuse(problems)
	}
	g, seen := p.byName[organization]
	if !seen {
		g = p.group(organization, bad)
	}
	if g == nil && !bad {
		p.findings.LeftOut++
	}
	if u := p.unknowns[organization]; u != nil && !bad {
		u.Rows++
	}
	return g
}

// group finds the organization of a name that was not met before.
func (p *plan) group(name string, bad bool) *group {
	o, known := p.index.Find(name)
	if !known {
		if bad && p.unknown[store.Fold(name)] == nil {
			return nil // the name itself may be what is wrong; a good row will tell
		}
		return p.newGroup(name)
	}
	g := p.byID[o.ID]
	if g == nil {
		g = &group{organization: o}
		p.byID[o.ID], p.groups = g, append(p.groups, g)
	}
	g.spellings++
	p.byName[name] = g
	return g
}

// newGroup is about an organization that nobody knows.
func (p *plan) newGroup(name string) *group {
	folded := store.Fold(name)
	if p.unknown[folded] == nil {
		p.unknown[folded] = &UnknownOrganization{Name: name, Create: p.choices.creates(name)}
		if p.unknown[folded].Create {
			g := &group{organization: store.Organization{
				Name: name, Plan: store.Business, License: store.Standard, Managed: true, CreatedAt: p.options.Now, EnteredAt: p.options.Now,
			}}
			p.byName[folded], p.groups = g, append(p.groups, g)
		}
	}
	g := p.byName[folded]
	if g != nil {
		g.spellings++
	}
	p.byName[name], p.unknowns[name] = g, p.unknown[folded]
	return g
}

func (p *plan) refuse(problems []RowProblem) {
	p.findings.Bad++
	p.findings.ProblemCount += len(problems)
	if room := problemsKept - len(p.findings.Problems); room > 0 {
		p.findings.Problems = append(p.findings.Problems, problems[:min(room, len(problems))]...)
	}
}

// compare works out the changes of each organization and hands them to fn, which may be nil.
func (p *plan) compare(ctx context.Context, known lookups, fn func(context.Context, *group, []Change) error) error {
	var reports usageKnown
	if p.kind == Usage {
		var err error
		if reports, err = p.knownUsage(ctx, known); err != nil {
			return err
		}
	}
	for _, g := range p.groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		changes, err := p.changes(ctx, g, known, reports)
		if err != nil {
			return err
		}
		p.note(g, changes)
		if fn != nil && len(changes) > 0 {
			if err := fn(ctx, g, changes); err != nil {
				return err
			}
		}
		p.progress("Comparing", len(g.members)+len(g.usage))
		g.members, g.usage = nil, nil
	}
	p.finish()
	return nil
}

func (p *plan) changes(ctx context.Context, g *group, known lookups, reports usageKnown) ([]Change, error) {
	if p.kind == Usage {
		return p.usageChanges(g, reports), nil
	}
	var seats []store.Seat
	if g.organization.ID != 0 {
		var err error
		if seats, err = known.seats(ctx, g.organization.ID); err != nil {
			return nil, err
		}
	}
	return p.memberChanges(g, seats), nil
}

func (p *plan) memberChanges(g *group, number []store.Seat) []Change {
	if g.spellings > 1 {
		p.refuseDoubles(g.members)
	}
	for i := range g.members {
		row := &g.members[i]
		if o := g.organization; !o.DeletedAt.IsZero() && len(row.Problems) == 0 && row.Status != store.SeatDeleted {
			row.Problems = []RowProblem{{
				Line:    row.Line,
				Problem: fmt.Sprintf("%s was deleted on %s: nobody is a member any more.", o.Name, seats.Day(o.DeletedAt)),
			}}
			p.refuse(row.Problems)
		}
		p.refuseBeforeStart(g.organization, row)
		g.begin(*row)
	}
	diff := DiffMembers(number, g.members, DiffOptions{
		OrganizationID: g.organization.ID, Now: p.options.Now, RemoveMissing: p.choices.RemoveMissing,
	})
	for _, problem := range diff.Problems {
		p.refuse([]RowProblem{problem})
	}
	p.findings.Unchanged += diff.Unchanged
	p.findings.NotInFile += diff.NotInFile
	changes := make([]Change, len(diff.Changes))
	for i := range diff.Changes {
		changes[i] = Change{Line: diff.Changes[i].Line, Member: &diff.Changes[i]}
	}
	return changes
}

// refuseBeforeStart refuses a row that says of a member of the time before the beginning that somebody said.
func (p *plan) refuseBeforeStart(o store.Organization, row *MemberRow) {
	for _, t := range []time.Time{row.InvitedAt, row.JoinedAt} {
		if sentence := organizations.BeforeStart(o, t); sentence != "" && len(row.Problems) == 0 {
			row.Problems = []RowProblem{{Line: row.Line, Problem: sentence}}
			p.refuse(row.Problems)
		}
	}
}

// begin moves the beginning of a new organization back to its first member: what is before it is not counted.
func (g *group) begin(row MemberRow) {
	if g.organization.ID != 0 || len(row.Problems) > 0 {
		return
	}
	for _, t := range []time.Time{row.InvitedAt, row.JoinedAt} {
		if !t.IsZero() {
			g.organization.CreatedAt = seats.Earlier(g.organization.CreatedAt, t)
		}
	}
}

// refuseDoubles refuses the second row about the same stay where a file names an organization in several ways.
func (p *plan) refuseDoubles(rows []MemberRow) {
	lines := map[rowKey]int{}
	for i := range rows {
		row := &rows[i]
		if len(row.Problems) > 0 {
			continue
		}
		keys := []rowKey{{what: store.FoldEmail(row.Email), joined: row.JoinedAt.Unix()}}
		if row.Status != store.SeatDeleted {
			keys = append(keys, rowKey{what: keys[0].what, joined: present})
		}
		for _, key := range keys {
			if line, ok := lines[key]; ok && len(row.Problems) == 0 {
				row.Problems = []RowProblem{{
					Line:    row.Line,
					Problem: fmt.Sprintf("The same member is in line %d already, where the organization is named in another way.", line),
				}}
				p.refuse(row.Problems)
			} else if !ok {
				lines[key] = row.Line
			}
		}
	}
}

// usageKnown is what is known of the months of a file, by organization.
type usageKnown struct {
	reports map[store.Month]map[int64]store.UsageReport
	usage   map[store.Month]map[int64]seats.Usage
}

func (p *plan) knownUsage(ctx context.Context, known lookups) (usageKnown, error) {
	k := usageKnown{map[store.Month]map[int64]store.UsageReport{}, map[store.Month]map[int64]seats.Usage{}}
	for _, g := range p.groups {
		for _, row := range g.usage {
			if k.reports[row.Month] != nil {
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
			if k.usage[row.Month], err = p.usage(ctx, row.Month); err != nil {
				return k, err
			}
		}
	}
	return k, nil
}

func (p *plan) usageChanges(g *group, known usageKnown) []Change {
	var changes []Change
	lines := map[store.Month]int{}
	for _, row := range g.usage {
		problem := seats.AfterDeletion(g.organization, row.Month)
		if line, ok := lines[row.Month]; ok {
			problem = fmt.Sprintf("The same organization and month are in line %d already, where the organization is named in another way.", line)
		}
		if problem != "" {
			p.refuse([]RowProblem{{Line: row.Line, Problem: problem}})
			continue
		}
		lines[row.Month] = row.Line
		change := ReportChange{Line: row.Line, After: p.report(g.organization, row, known)}
		if before, ok := known.reports[row.Month][g.organization.ID]; ok {
			change.Before = &before
		}
		if before := change.Before; before != nil && before.Seats == change.After.Seats && before.Plan == change.After.Plan {
			p.findings.Unchanged++
			continue
		}
		changes = append(changes, Change{Line: row.Line, Report: &change})
	}
	return changes
}

// report is what a row reports. Seats of an organization that was NFR, or in its trial, all the month are free, as they are when
// the Provider API reports them.
func (p *plan) report(o store.Organization, row UsageRow, known usageKnown) store.UsageReport {
	ledger, counted := known.usage[row.Month][o.ID]
	if !counted { // it is created by this file
		ledger.Plan, ledger.License, ledger.Free = o.Plan, o.License, seats.Free(o.License, o.TrialEndsAt, row.Month)
	}
	r := store.UsageReport{
		OrganizationID: o.ID, Month: row.Month, Seats: row.Seats, Plan: cmp.Or(row.Plan, ledger.Plan),
		Source: string(seats.SourceCSV), ReportedAt: p.options.Now,
	}
	if row.Seats > 0 && ledger.Free {
		r.Seats, r.Note = seats.BillReported(ledger.License, row.Seats)
	}
	return r
}

// note adds the changes of an organization to what was found.
func (p *plan) note(g *group, changes []Change) {
	if len(changes) == 0 {
		return
	}
	o := Organization{ID: g.organization.ID, Name: g.organization.Name}
	fmt.Fprintf(p.sum, "%d %q\n", o.ID, o.Name)
	for _, c := range changes {
		if m := c.Member; m != nil {
			if o.Actions == nil {
				o.Actions = map[MemberAction]int{}
			}
			o.Actions[m.Action]++
			p.findings.Actions[m.Action]++
			fmt.Fprintf(p.sum, "%d %s %d %q\n", m.Line, m.Action, m.Before.ID, m.After.Email)
			continue
		}
		o.Reports++
		if c.Report.Before == nil {
			p.findings.NewReports++
		} else {
			p.findings.Replaced++
			fmt.Fprintf(p.sum, "%d %s, ", c.Report.Before.Seats, c.Report.Before.Plan)
		}
		fmt.Fprintf(p.sum, "%d %s %d %s\n", c.Line, c.Report.After.Month, c.Report.After.Seats, c.Report.After.Plan)
	}
	p.findings.Organizations = append(p.findings.Organizations, o)
}

func (p *plan) finish() {
	f := &p.findings
	f.Fingerprint = hex.EncodeToString(p.sum.Sum(nil))
	slices.SortFunc(f.Organizations, func(a, b Organization) int { return strings.Compare(store.Fold(a.Name), store.Fold(b.Name)) })
	slices.SortStableFunc(f.Problems, func(a, b RowProblem) int { return a.Line - b.Line })
	if p.choices.RemoveMissing && f.Bad > 0 {
		f.Refused = "Members that are missing in the file can only be deleted by a file without a bad row: " +
			"one whose address cannot be read would delete somebody."
	}
}
