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
	"seatbridge/billing/problem"
	"seatbridge/billing/seats"
	"seatbridge/billing/sheet"
	"seatbridge/billing/table"
	"seatbridge/store"
)

// Choices is what the admin chose for an uploaded table.
type Choices struct {
	Encoding      string                             `json:"encoding"` // one of Encodings; empty: as recognised
	Columns       sheet.ColumnMap                    `json:"columns"`
	Dates         map[sheet.Column]table.DateOrder   `json:"dates"`        // of the columns in which the file leaves it open
	Numbers       map[sheet.Column]table.NumberStyle `json:"numbers"`      // likewise
	Organization  string                             `json:"organization"` // of all rows, where no column says it
	OpenMonth     bool                               `json:"open_month"`
	RemoveMissing bool                               `json:"remove_missing"`
	AddUp         bool                               `json:"add_up"`         // rows of one organization and month
	Undecided     organizations.Assumption           `json:"undecided"`      // what plan, license and management hold that have no day
	FirstIsStart  bool                               `json:"first_is_start"` // the first day of each organization is its start
	Create        []string                           `json:"create"`         // organizations to create, as the file names them
	CreateAll     bool                               `json:"create_all"`     // all that are like none that is known
	Same          map[string]int64                   `json:"same"`           // known organizations, by how the file names them
	Sheet         string                             `json:"sheet"`          // of a workbook; empty: its first
	Guesses       Guesses                            `json:"guesses"`        // how the first choices came about, for people to confirm
}

// Findings is what an import would do, or has done.
type Findings struct {
	At            time.Time                  `json:"at"`
	Rows          int                        `json:"rows"`
	Bad           int                        `json:"bad"`      // rows that cannot be imported
	Problems      []sheet.RowProblem         `json:"problems"` // theirs, by line; at most problemsKept
	ProblemCount  int                        `json:"problem_count"`
	Unknown       []UnknownOrganization      `json:"unknown"`
	Taken         []Taken                    `json:"taken"`         // names that somebody said are known ones
	LeftOut       int                        `json:"left_out"`      // good rows of unknown organizations that are not created
	Organizations []Organization             `json:"organizations"` // those with changes, by name
	Actions       map[sheet.MemberAction]int `json:"actions"`       // of members
	NewReports    int                        `json:"new_reports"`   // figures of months that had no report
	Replaced      int                        `json:"replaced"`      // figures that take the place of another report
	Unchanged     int                        `json:"unchanged"`     // rows that say what is known
	NotInFile     int                        `json:"not_in_file"`   // members that the file does not have and that stay
	Readings      []sheet.Reading            `json:"readings"`      // what was not read to the letter
	MoreReadings  int                        `json:"more_readings"` // that are not in Readings
	Doubles       int                        `json:"doubles"`       // bad rows that are good as soon as somebody says that they add up
	Sums          []Sum                      `json:"sums"`          // figures that are the sum of several rows; at most sumsKept
	SumCount      int                        `json:"sum_count"`
	Totals        []sheet.Total              `json:"totals"`      // rows that sum up others, passed over
	Histories     int                        `json:"histories"`   // known organizations of whose life something else is said
	NewLives      int                        `json:"new_lives"`   // new ones of whose life something is said, or that a list adds
	Starts        int                        `json:"starts"`      // organizations that are supposed to have begun earlier
	Undated       int                        `json:"undated"`     // organizations of which something differs that has no day
	NoStart       int                        `json:"no_start"`    // organizations of which a day is before their start, which nobody said
	Deletions     map[sheet.Deletion]int     `json:"deletions"`   // of members, as the file gives them
	Met           map[seats.Met]int          `json:"met"`         // figures of which another source says otherwise, by what is billed
	Meetings      []Meeting                  `json:"meetings"`    // those; at most meetingsKept
	NoFigure      int                        `json:"no_figure"`   // rows of an export of ours that say that nobody knows
	Blank         int                        `json:"blank"`       // empty cells under a month, which say nothing
	Refused       string                     `json:"refused"`     // why it cannot be written at all; empty: it can
	Fingerprint   string                     `json:"fingerprint"` // of all changes
}

// Changes counts what would be written.
func (f Findings) Changes() int {
	n := f.NewReports + f.Replaced + f.Histories + f.NewLives
	for _, actions := range f.Actions {
		n += actions
	}
	return n
}

// Skipped counts the rows that would not be imported.
func (f Findings) Skipped() int { return f.Bad + f.LeftOut }

// Organization is one that an import changes.
type Organization struct {
	ID      int64                      `json:"id"` // 0: it is created
	Name    string                     `json:"name"`
	Actions map[sheet.MemberAction]int `json:"actions,omitempty"`
	Reports int                        `json:"reports,omitempty"` // months whose figure changes

	Life     []organizations.Difference `json:"life,omitempty"`
	Supposed bool                       `json:"supposed,omitempty"` // Life is supposed, by its members
}

// problemsKept bounds the problems that are kept and shown.
const problemsKept = 1000

// Change is one change of an import, for people to look at: a member's, a month's or of an organization's life.
type Change struct {
	Line   int
	Member *sheet.MemberChange
	Report *ReportChange
	Life   *LifeChange
}

// ReportChange is a month's figure as it is reported and as the file reports it.
type ReportChange struct {
	Line   int
	Before *store.UsageReport // what an earlier file said; nil: nothing
	After  store.UsageReport
	Beside seats.Usage // what counts by another source, and stays beside it; unknown: nothing

	// Met says whether the file's figure is billed where another source says otherwise, and Meeting why, in a sentence.
	Met     seats.Met
	Meeting string
}

// lookups is where an import finds what is known: the database as it is, or as it is while it writes.
type lookups struct {
	seats   func(ctx context.Context, organizationID int64) ([]store.Seat, error)
	reports func(ctx context.Context, m store.Month) ([]store.UsageReport, error)
	life    func(ctx context.Context, organizationID int64) (store.Life, error)
	nfr     func(ctx context.Context) (organizations.NFRTimes, error)
}

func lookupsIn(s *store.Store) lookups {
	return lookups{
		seats: s.SeatHistory, reports: s.UsageReports, life: s.Life,
		nfr: func(ctx context.Context) (organizations.NFRTimes, error) { return organizations.ReadNFRTimes(ctx, s) },
	}
}

// plan works out what a file changes, one organization after the other, so that few changes are in memory.
type plan struct {
	kind      sheet.Kind
	header    []string
	choices   Choices
	options   sheet.Options
	ownExport bool // the file is an export of usage of ours
	index     organizations.Index
	known     *known                                                                  // their names, for those that nobody knows
	usage     func(ctx context.Context, m store.Month) (map[int64]seats.Usage, error) // the figures of a month
	supposing func(ctx context.Context, m store.Month, reports map[int64]store.UsageReport) (map[int64]seats.Usage, error)
	progress  func(phase string, rows int)

	findings Findings
	groups   []*group
	byName   map[naming]*group // nil: left out
	byID     map[int64]*group
	unknown  unknowns
	badRows  map[badRow]int         // bad rows of usage, with their lines
	badLives map[string]int         // rows of which something of the life cannot be read, by the folded name of the organization
	nfr      organizations.NFRTimes // nil: nobody asked yet
	newIDs   map[string]*group      // the new organizations by their external ids
	sum      hash.Hash
}

// naming is how a row names an organization. month is of usage, where several organizations share the name.
type naming struct {
	name, externalID string
	month            store.Month
}

// badRow is a row that cannot be imported but whose organization and month can be read.
type badRow struct {
	organization string // folded
	month        store.Month
}

// group is the rows about one organization.
type group struct {
	organization store.Organization // without an id: to be created
	members      []sheet.MemberRow
	usage        []sheet.UsageRow
	lives        sheet.Lives
	spellings    int                         // how many ways the file names it
	after        *organizations.Reconsidered // the life as the file tells it; nil: it tells nothing
}

// rows counts the rows.
func (g *group) rows() int { return max(len(g.members)+len(g.usage), len(g.lives.Rows)) }

// read groups the rows of the file.
func (p *plan) read(r io.Reader) error {
	p.byName, p.byID, p.sum = map[naming]*group{}, map[int64]*group{}, sha256.New()
	p.unknown, p.badRows, p.badLives = newUnknowns(p.choices), map[badRow]int{}, map[string]int{}
	p.findings = Findings{
		At: p.options.Now, Actions: map[sheet.MemberAction]int{}, Deletions: map[sheet.Deletion]int{}, Met: map[seats.Met]int{},
	}
	p.options.Readings, p.newIDs = &sheet.Readings{}, map[string]*group{}
	var err error
	switch p.kind {
	case sheet.Usage:
		err = p.readUsage(r)
	case sheet.Organizations:
		err = p.readOrganizations(r)
	default:
		err = p.readMembers(r)
	}
	p.findings.Readings, p.findings.MoreReadings = p.options.Readings.List, p.options.Readings.More
	p.findings.Blank = p.options.Readings.Blank
	p.findings.Unknown = p.unknown.list(p.known)
	p.leaveOutLikely()
	return err
}

// leaveOutLikely takes back the creation of organizations that may be known ones, or another one of the file, where nobody
// chose them by name.
func (p *plan) leaveOutLikely() {
	for i := range p.findings.Unknown {
		u := &p.findings.Unknown[i]
		if len(u.Like) == 0 && u.Twin == "" || !u.Create || p.unknown.create[store.Fold(u.Name)] {
			continue
		}
		p.groups = slices.DeleteFunc(p.groups, func(g *group) bool { return g == u.group })
		p.findings.LeftOut += u.Rows
		u.Create, u.group = false, nil
	}
}

func (p *plan) readMembers(r io.Reader) error {
	for row, err := range sheet.ReadMembers(r, p.choices.Columns, p.options) {
		if err != nil {
			return err
		}
		if row.Total && p.isTotal(row.Organization) {
			p.passOver(sheet.Total{Line: row.Line})
			continue
		}
		name := naming{name: row.Organization, externalID: row.ExternalID}
		g := p.row(name, row.Line, &row.Problems)
		p.noteLife(g, name, sheet.LifeRow{Line: row.Line, Life: row.Life}, len(row.Problems) > 0)
		if g != nil {
			row.Life = nil // it is in the group
			g.members = append(g.members, row)
		}
	}
	return nil
}

func (p *plan) readOrganizations(r io.Reader) error {
	for row, err := range sheet.ReadOrganizations(r, p.choices.Columns, p.options) {
		if err != nil {
			return err
		}
		if row.Total && p.isTotal(row.Organization) {
			p.passOver(sheet.Total{Line: row.Line})
			continue
		}
		name := naming{name: row.Organization, externalID: row.ExternalID}
		if several := p.index.Several(name.name, name.externalID); several != "" && len(row.Problems) == 0 {
			found := lifeProblems{}
			p.addProblem(found, row.Line, sheet.OrganizationColumn, several)
			row.Problems = found[row.Line]
		}
		g := p.row(name, row.Line, &row.Problems)
		p.noteLife(g, name, sheet.LifeRow{Line: row.Line, Life: row.Life}, len(row.Problems) > 0)
	}
	return nil
}

func (p *plan) readUsage(r io.Reader) error {
	running := sheet.RunningTotals{}
	for row, err := range sheet.ReadUsage(r, p.choices.Columns, p.options) {
		switch {
		case err != nil:
			return err
		case row.Unknown:
			p.findings.Rows++
			p.findings.NoFigure++
			continue
		case row.Total && p.isTotal(row.Organization):
			p.passOver(running.At(row))
			continue
		}
		running.Add(row)
		name := naming{name: row.Organization, externalID: row.ExternalID}
		if len(p.index.Twins(name.name)) > 0 {
			name.month = row.Month
		}
		g := p.row(name, row.Line, &row.Problems)
		p.noteLife(g, name, sheet.LifeRow{Line: row.Line, Life: row.Life}, len(row.Problems) > 0)
		if len(row.Problems) > 0 && row.Month != "" {
			p.badRows[badRow{store.Fold(row.Organization), row.Month}] = row.Line
		}
		if g != nil {
			g.usage = append(g.usage, row)
		}
	}
	return nil
}

// row notes a row and finds its group; nil: the row is left out.
func (p *plan) row(name naming, line int, problems *[]sheet.RowProblem) *group {
	p.findings.Rows++
	p.progress("Reading the file", 1)
	bad := len(*problems) > 0
	g, seen := p.byName[name]
	if !seen {
		var problem string
		if g, problem = p.group(name, bad); problem != "" && !bad {
			*problems, bad = []sheet.RowProblem{{Line: line, Problem: problem}}, true
		}
	}
	switch {
	case bad:
		p.refuse(*problems)
	case g == nil:
		p.findings.LeftOut++
		fallthrough
	default:
		p.unknown.count(name.name)
	}
	return g
}

// group finds the organization of a name that was not met before.
func (p *plan) group(name naming, bad bool) (*group, string) {
	o, known, problem := p.organization(name)
	switch {
	case problem != "":
		return nil, problem
	case !known && bad && !p.unknown.has(name.name):
		return nil, "" // the name itself may be what is wrong; a good row will tell
	case !known:
		return p.newGroup(name)
	}
	g := p.byID[o.ID]
	if g == nil {
		g = &group{organization: o}
		p.byID[o.ID], p.groups = g, append(p.groups, g)
	}
	g.spellings++
	p.byName[name] = g
	return g, ""
}

// organization is the one that a row names: by its external id where a column has that, else by either.
func (p *plan) organization(name naming) (store.Organization, bool, string) {
	byName, named := p.index.ByName(name.name)
	if name.externalID == "" && !p.choices.Columns.Has(sheet.ExternalIDColumn) {
		byID, found := p.index.ByExternalID(name.name)
		if found && named && byID.ID != byName.ID {
			return byID, true, fmt.Sprintf("%s is the external ID of %s and the name of another organization: give names and external IDs "+
				"in columns of their own.", table.Excerpt(name.name), table.Excerpt(byID.Name))
		}
		if found {
			return byID, true, ""
		}
	}
	byID, found := p.index.ByExternalID(name.externalID)
	switch {
	case found && (store.Fold(byID.Name) == store.Fold(name.name) || name.name == ""):
		return byID, true, ""
	case found:
		return byID, true, fmt.Sprintf("%s is the external ID of %s, but the row names %s: correct one of the two.",
			table.Excerpt(name.externalID), table.Excerpt(byID.Name), table.Excerpt(name.name))
	case named && name.month != "":
		return ofMonth(p.index.Twins(name.name), byName, name.month)
	case named:
		return byName, true, ""
	}
	o, same := p.index.ByID(p.choices.Same[store.Fold(name.name)])
	if same {
		p.findings.Taken = append(p.findings.Taken, Taken{name.name, Like{ID: o.ID, Name: o.Name}})
	}
	return o, same, ""
}

// ofMonth is the one of several with the same name that there was in a month; where there was none, the one that is there now.
func ofMonth(twins []store.Organization, now store.Organization, m store.Month) (store.Organization, bool, string) {
	month := seats.WholeMonth(m)
	there := slices.DeleteFunc(slices.Clone(twins), func(o store.Organization) bool {
		return !o.DeletedAt.IsZero() && !o.DeletedAt.After(month.Start()) || !o.CreatedAt.Before(month.End())
	})
	switch len(there) {
	case 0:
		return now, true, ""
	case 1:
		return there[0], true, ""
	}
	return now, true, fmt.Sprintf("%d organizations were called %s in %s: "+
		"give the external ID of the one that is meant in a column of its own.",
		len(there), table.Excerpt(now.Name), m)
}

// newGroup is about an organization that nobody knows; a problem is one of its external id.
func (p *plan) newGroup(name naming) (g *group, problem string) {
	u := p.unknown.add(name.name, p.known)
	if u.group == nil && u.Create {
		u.group = &group{organization: store.Organization{
			Name: u.Name, Plan: store.Business, License: store.Standard, Managed: true,
			CreatedAt: p.options.Now, EnteredAt: p.options.Now,
		}}
		p.groups = append(p.groups, u.group)
	}
	if u.group != nil {
		if problem = u.group.takeExternalID(name.externalID, p.newIDs); problem != "" {
			return nil, problem
		}
		u.group.spellings++
	}
	p.byName[name] = u.group
	return u.group, ""
}

// takeExternalID gives a new organization its external id, which no other one of the file may have, or says what is wrong with that.
func (g *group) takeExternalID(id string, taken map[string]*group) string {
	o := &g.organization
	other := taken[id]
	switch {
	case id == "" || other == g:
		return ""
	case problem.OfLength(id, organizations.MaxExternalID) != "":
		return fmt.Sprintf("%s is no external ID: it has more than %d characters.", table.Excerpt(id), organizations.MaxExternalID)
	case other != nil:
		return fmt.Sprintf("%s is the external ID of %s in this file, too: correct one of the two.",
			table.Excerpt(id), table.Excerpt(other.organization.Name))
	case o.ExternalID != "":
		return fmt.Sprintf("%s has the external ID %s in this file, too: correct one of the two.",
			table.Excerpt(o.Name), table.Excerpt(o.ExternalID))
	}
	o.ExternalID, taken[id] = id, g
	return ""
}

func (p *plan) refuse(problems []sheet.RowProblem) {
	p.findings.Bad++
	if kept := p.findings.Problems; len(kept) >= len(problems) && slices.Equal(kept[len(kept)-len(problems):], problems) {
		return // what is wrong with a row whose cells are figures is said once
	}
	p.findings.ProblemCount += len(problems)
	if room := problemsKept - len(p.findings.Problems); room > 0 {
		p.findings.Problems = append(p.findings.Problems, problems[:min(room, len(problems))]...)
	}
}

// compare works out the changes of each organization and hands them to fn, which may be nil.
func (p *plan) compare(ctx context.Context, known lookups, fn func(context.Context, *group, []Change) error) error {
	if err := p.orderNFR(ctx, known); err != nil {
		return err
	}
	changesOf := func(g *group) ([]Change, error) { return p.changes(ctx, g, known, usageKnown{}) }
	if p.kind == sheet.Usage {
		all, err := p.allUsage(ctx, known)
		if err != nil {
			return err
		}
		changesOf = func(g *group) ([]Change, error) { return all[g], nil }
	}
	for _, g := range p.groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		changes, err := changesOf(g)
		if err != nil {
			return err
		}
		p.note(g, changes)
		if fn != nil && len(changes) > 0 {
			if err := fn(ctx, g, changes); err != nil {
				return err
			}
		}
		p.progress("Comparing", g.rows())
		g.members, g.usage, g.lives = nil, nil, sheet.Lives{}
	}
	p.finish()
	return nil
}

// changes are what the file changes of one organization: of its life first.
func (p *plan) changes(ctx context.Context, g *group, known lookups, reports usageKnown) ([]Change, error) {
	told, tells := p.tell(g)
	var seats []store.Seat
	var first time.Time
	if p.kind == sheet.Members {
		var err error
		if seats, err = g.knownSeats(ctx, known); err != nil {
			return nil, err
		}
		if p.checkMembers(g, told); g.lives.Bad > 0 {
			p.refuseLife(g, lifeProblems{})
			tells = false
		}
		if tells {
			first = firstMember(p.diff(g, seats).Changes)
		}
	}
	var life *LifeChange
	var err error
	if tells {
		if life, err = p.lifeChange(ctx, g, known, told, first); err != nil {
			return nil, err
		}
	}
	var changes []Change
	switch p.kind {
	case sheet.Usage:
		changes = p.usageChanges(g, reports)
	case sheet.Members:
		changes, first = p.memberChanges(g, seats)
	}
	if life == nil {
		if life, err = supposed(ctx, g, known, first); err != nil {
			return nil, err
		}
	}
	if life != nil {
		changes = append([]Change{{Line: life.Line, Life: life}}, changes...)
	}
	return changes, nil
}

func (g *group) knownSeats(ctx context.Context, known lookups) ([]store.Seat, error) {
	if g.organization.ID == 0 {
		return nil, nil
	}
	return known.seats(ctx, g.organization.ID)
}

// firstMember is the first moment at which somebody is invited or joins; zero: nobody does.
func firstMember(changes []sheet.MemberChange) (first time.Time) {
	for _, c := range changes {
		for _, t := range []time.Time{c.After.InvitedAt, c.After.JoinedAt} {
			if !t.IsZero() && (first.IsZero() || t.Before(first)) {
				first = t
			}
		}
	}
	return first
}

// checkMembers refuses the rows that cannot be of an organization of which this is told.
func (p *plan) checkMembers(g *group, told organizations.Told) {
	if g.spellings > 1 {
		for _, problem := range sheet.Doubles(g.members) {
			p.refuse([]sheet.RowProblem{problem})
		}
	}
	for i := range g.members {
		row := &g.members[i]
		if o := g.organization; !o.DeletedAt.IsZero() && len(row.Problems) == 0 && row.Status != store.SeatDeleted {
			row.Problems = []sheet.RowProblem{{
				Line:    row.Line,
				Problem: fmt.Sprintf("%s was deleted on %s: nobody is a member any more.", o.Name, seats.Day(o.DeletedAt)),
			}}
			p.refuse(row.Problems)
		}
		p.refuseBeforeStart(g, row, either(told.Start, told.TrialStart))
		g.begin(*row)
	}
}

func (p *plan) diff(g *group, seats []store.Seat) sheet.MemberDiff {
	return sheet.DiffMembers(seats, g.members, sheet.DiffOptions{
		OrganizationID: g.organization.ID, Now: p.options.Now, RemoveMissing: p.choices.RemoveMissing,
	})
}

// memberChanges are the changes of members, and since when the first of them is there.
func (p *plan) memberChanges(g *group, seats []store.Seat) ([]Change, time.Time) {
	diff := p.diff(g, seats)
	for _, problem := range diff.Problems {
		p.refuse([]sheet.RowProblem{problem})
	}
	p.findings.Unchanged += diff.Unchanged
	p.findings.NotInFile += diff.NotInFile
	changes := make([]Change, len(diff.Changes))
	for i := range diff.Changes {
		changes[i] = Change{Line: diff.Changes[i].Line, Member: &diff.Changes[i]}
	}
	return changes, firstMember(diff.Changes)
}

// refuseBeforeStart refuses a row that says of a member of the time before the beginning that the file, or somebody before it, said.
func (p *plan) refuseBeforeStart(g *group, row *sheet.MemberRow, told time.Time) {
	for _, t := range []time.Time{row.InvitedAt, row.JoinedAt} {
		sentence := organizations.BeforeStart(g.organization, t)
		if !told.IsZero() {
			sentence = beforeTold(g, t, told)
		}
		if sentence == "" || len(row.Problems) > 0 {
			continue
		}
		row.Problems = []sheet.RowProblem{{Line: row.Line, Problem: sentence}}
		p.refuse(row.Problems)
		if !told.IsZero() {
			g.lives.Bad = row.Line
		}
	}
}

// beforeTold says that a moment is before the beginning that the file tells, or nothing.
func beforeTold(g *group, t, told time.Time) string {
	if t.IsZero() || !t.Before(told) {
		return ""
	}
	return fmt.Sprintf("%s is before %s began, on %s by line %d: correct one of the two.",
		seats.Day(t), g.organization.Name, seats.Day(told), g.lives.LineOf(sheet.StartColumn, sheet.TrialStartColumn))
}

// begin moves the beginning of a new organization back to its first member: what is before it is not counted.
func (g *group) begin(row sheet.MemberRow) {
	if g.organization.ID != 0 || len(row.Problems) > 0 {
		return
	}
	for _, t := range []time.Time{row.InvitedAt, row.JoinedAt} {
		if !t.IsZero() {
			g.organization.CreatedAt = seats.Earlier(g.organization.CreatedAt, t)
		}
	}
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
				o.Actions = map[sheet.MemberAction]int{}
			}
			o.Actions[m.Action]++
			p.findings.Actions[m.Action]++
			p.findings.Deletions[m.Deleted]++
			fmt.Fprintf(p.sum, "%d %s %d %q\n", m.Line, m.Action, m.Before.ID, m.After.Email)
			continue
		}
		if c.Life != nil {
			p.noteLifeChange(&o, *c.Life)
			continue
		}
		o.Reports++
		if c.Report.Before == nil {
			p.findings.NewReports++
		} else {
			p.findings.Replaced++
			fmt.Fprintf(p.sum, "%d %s, ", c.Report.Before.Seats, c.Report.Before.Plan)
		}
		p.findings.noteMeeting(o.Name, *c.Report)
		fmt.Fprintf(p.sum, "%d %s %d %s%s\n", c.Line, c.Report.After.Month, c.Report.After.Seats, c.Report.After.Plan, c.Report.Met)
	}
	p.findings.Organizations = append(p.findings.Organizations, o)
}

func (p *plan) noteLifeChange(o *Organization, c LifeChange) {
	o.Life, o.Supposed = c.Differences, c.Supposed
	switch {
	case c.Supposed:
		p.findings.Starts++
	case o.ID == 0:
		p.findings.NewLives++
	default:
		p.findings.Histories++
	}
	if o.ID == 0 { // what it comes to may follow from the moment of the import
		fmt.Fprintf(p.sum, "life %d %+v\n", c.Line, c.told)
		return
	}
	fmt.Fprintf(p.sum, "life %d %q\n", c.Line, c.Differences)
}

func (p *plan) finish() {
	f := &p.findings
	f.Fingerprint = hex.EncodeToString(p.sum.Sum(nil))
	sortByName(f.Organizations)
	slices.SortStableFunc(f.Problems, func(a, b sheet.RowProblem) int { return a.Line - b.Line })
	if f.SumCount > 0 && f.Bad > 0 {
		f.Refused = "Rows can only be added up in a file without a bad row: one that cannot be read may belong to a sum."
	}
	if p.choices.RemoveMissing && f.Bad > 0 {
		f.Refused = "Members that are missing in the file can only be deleted by a file without a bad row: " +
			"one whose address cannot be read would delete somebody."
	}
}

// sortByName sorts by name, whatever its case and accents. Each is folded once: sorting compares it with many others.
func sortByName(all []Organization) {
	folded := make(map[string]string, len(all))
	for _, o := range all {
		folded[o.Name] = store.Fold(o.Name)
	}
	slices.SortFunc(all, func(a, b Organization) int {
		return cmp.Or(strings.Compare(folded[a.Name], folded[b.Name]), cmp.Compare(a.ID, b.ID))
	})
}
