package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"seatbridge/billing/organizations"
	"seatbridge/billing/problem"
	"seatbridge/billing/sheet"
	"seatbridge/store"
)

// LifeChange is what a file changes of what is said of an organization's life, or of what is supposed of it.
type LifeChange struct {
	Line        int  // the first row that says something of it; 0: its members do
	Supposed    bool // nobody says when it began, and a member of an earlier day is in the file
	Differences []organizations.Difference

	told organizations.Told
	text string // for the activity log
}

// noteLife notes what a row says of its organization's life. Of one that nobody knows a bad row may come before there is a group.
func (p *plan) noteLife(g *group, name naming, row sheet.LifeRow, bad bool) {
	switch {
	case row.Life != nil && row.Bad, bad && p.kind == sheet.Organizations:
		p.badLives[store.Fold(name.name)] = row.Line
		if g != nil {
			g.lives.Bad = row.Line
		}
	case !bad && g != nil && (row.Life != nil || p.kind == sheet.Organizations):
		g.lives.Add(row)
	}
}

// mayBeNFR says whether the file may change when the organization is NFR.
func (g *group) mayBeNFR() bool {
	return g.lives.SaysNFR() || g.organization.License == store.NFR && len(g.lives.Rows) > 0
}

// orderNFR puts the organizations that may be NFR last, in an order in which none takes a time that another one still has: an MSP has one
// at a time, and a file may move it. What cannot be is refused when its turn comes.
func (p *plan) orderNFR(ctx context.Context, known lookups) error {
	var others, nfr []*group
	for _, g := range p.groups {
		if g.mayBeNFR() {
			nfr = append(nfr, g)
		} else {
			others = append(others, g)
		}
	}
	p.groups = append(others, nfr...)
	if len(nfr) < 2 {
		return nil
	}
	lives := make([]organizations.Reconsidered, len(nfr))
	for i, g := range nfr {
		o, life, err := g.lived(ctx, known, time.Time{})
		if err != nil {
			return err
		}
		told := p.choices.told(g.lives)
		lives[i], _ = organizations.Reconsider(o, life, p.options.Now, func(h *organizations.History) { told.Tell(o, p.options.Now, h) })
	}
	times, err := p.nfrTimes(ctx, known)
	if err != nil {
		return err
	}
	for i, next := range times.Order(lives) {
		p.groups[len(others)+i] = nfr[next]
	}
	return nil
}

// tell puts together what the rows say of an organization's life; not ok: nothing, or they contradict one another. Then all rows that
// say something of it are refused: no life is imported in part.
func (p *plan) tell(g *group) (told organizations.Told, ok bool) {
	if g.lives.Bad == 0 {
		g.lives.Bad = p.badLives[store.Fold(g.organization.Name)]
	}
	problems := p.contradictions(g)
	if len(problems) > 0 || g.lives.Bad > 0 {
		p.refuseLife(g, problems)
		return told, false
	}
	return p.choices.told(g.lives), len(g.lives.Rows) > 0
}

// told is what the rows say together, which contradict nothing.
func (c Choices) told(l sheet.Lives) organizations.Told {
	told := organizations.Told{Undecided: c.Undecided, FirstIsStart: c.FirstIsStart}
	states := map[time.Time]organizations.ToldState{}
	for _, row := range l.Rows {
		if row.Life == nil {
			continue
		}
		told.Start = either(told.Start, row.Start)
		told.TrialStart, told.TrialEnds = either(told.TrialStart, row.TrialStart), either(told.TrialEnds, row.TrialEnds)
		told.ManagedFrom, told.ManagedUntil = either(told.ManagedFrom, row.ManagedFrom), either(told.ManagedUntil, row.ManagedUntil)
		if row.Dated {
			states[row.Since] = together(states[row.Since], row)
		} else {
			told.Undated = together(told.Undated, row)
		}
	}
	for _, since := range slices.SortedFunc(maps.Keys(states), time.Time.Compare) {
		told.States = append(told.States, states[since])
	}
	return told
}

func either(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// together adds to a state what a row says of it, which contradicts nothing.
func together(s organizations.ToldState, l sheet.LifeRow) organizations.ToldState {
	s.Since = l.Since
	if l.Plan != "" {
		s.Plan = l.Plan
	}
	if l.License != "" {
		s.License = l.License
	}
	if l.Managed != "" {
		s.Managed = organizations.Choice(l.Managed)
	}
	return s
}

// lifeProblems are what is wrong with rows, by their lines.
type lifeProblems map[int][]sheet.RowProblem

// contradictions are the rows that say otherwise than one before them.
func (p *plan) contradictions(g *group) lifeProblems {
	problems := lifeProblems{}
	for _, c := range g.lives.Contradictions(p.kind) {
		p.addProblem(problems, c.Line, c.Column, c.Sentence)
	}
	return problems
}

func (p *plan) addProblem(problems lifeProblems, line int, c sheet.Column, sentence string) {
	found := sheet.RowProblem{Line: line, Problem: sentence}
	if i, ok := p.choices.Columns[c]; ok && i < len(p.header) {
		found.Column = p.header[i]
	}
	problems[line] = append(problems[line], found)
}

// first is the first line of all, beside a bad one; 0: none.
func (l lifeProblems) first(bad int) int {
	for line := range l {
		if bad == 0 || line < bad {
			bad = line
		}
	}
	return bad
}

// refuseLife refuses the rows that have a problem, and with them all others that say something of the life; of a new organization all
// rows.
func (p *plan) refuseLife(g *group, problems lifeProblems) {
	others := fmt.Sprintf("Line %d about the same organization has to be corrected first: its history is imported as a whole or not at all.",
		problems.first(g.lives.Bad))
	for _, row := range g.lives.Rows {
		if len(problems[row.Line]) == 0 && (row.Life != nil || g.organization.ID == 0) {
			problems[row.Line] = []sheet.RowProblem{{Line: row.Line, Problem: others}}
		}
		if p.kind == sheet.Organizations && len(problems[row.Line]) > 0 {
			p.refuse(problems[row.Line])
		}
	}
	of := func(line int, known []sheet.RowProblem) []sheet.RowProblem {
		found := problems[line]
		if len(found) == 0 && g.organization.ID == 0 {
			found = []sheet.RowProblem{{Line: line, Problem: others}}
		}
		if len(known) > 0 || len(found) == 0 {
			return known
		}
		p.refuse(found)
		return found
	}
	for i := range g.members {
		g.members[i].Problems = of(g.members[i].Line, g.members[i].Problems)
	}
	for i := range g.usage {
		g.usage[i].Problems = of(g.usage[i].Line, g.usage[i].Problems)
	}
	g.lives.Rows = nil
}

// lifeChange is what a file changes of an organization's life, of which it has a member since first, which may be zero; nil: nothing.
// What cannot be is refused by the rows that say it.
func (p *plan) lifeChange(ctx context.Context, g *group, known lookups, told organizations.Told, first time.Time) (*LifeChange, error) {
	o, life, err := g.lived(ctx, known, first)
	if err != nil {
		return nil, err
	}
	r, found, err := p.reconsider(ctx, known, g, lived{o, life, told})
	if err != nil || len(found) > 0 {
		p.refuseLife(g, found)
		return nil, err
	}
	if len(r.Differences) > 0 {
		g.after = &r
	}
	change := &LifeChange{Line: g.lives.Rows[0].Line, Differences: r.Differences, told: told, text: r.Text()}
	if o.ID == 0 {
		change.Differences = organizations.WithoutBefore(r.Differences)
	}
	if len(r.Differences) == 0 && (o.ID != 0 || p.kind != sheet.Organizations) {
		if p.kind == sheet.Organizations { // rows of other kinds are counted by what they are about
			p.findings.Unchanged += len(g.lives.Rows)
		}
		return nil, nil
	}
	return change, nil
}

// supposed is what a file changes of the start that is supposed of an organization, by a member since first; nil: nothing.
func supposed(ctx context.Context, g *group, known lookups, first time.Time) (*LifeChange, error) {
	o := g.organization
	if o.ID == 0 || o.StartSaid || first.IsZero() || !first.Before(o.CreatedAt) {
		return nil, nil
	}
	life, err := known.life(ctx, o.ID)
	return &LifeChange{Supposed: true, Differences: organizations.Suppose(o, life, first)}, err
}

// lived is an organization with its life, and what a file tells of it.
type lived struct {
	organization store.Organization
	life         store.Life
	told         organizations.Told
}

// lived is the organization of a group with its life: as it is known, or as it begins where nothing is told.
func (g *group) lived(ctx context.Context, known lookups, first time.Time) (store.Organization, store.Life, error) {
	o := g.organization
	if o.MembersSince.IsZero() || !first.IsZero() && first.Before(o.MembersSince) {
		o.MembersSince = first
	}
	if o.ID == 0 {
		return o, organizations.NewLife(o), nil
	}
	life, err := known.life(ctx, o.ID)
	return o, life, err
}

// reconsider works out what a life becomes as it is told, or what is wrong with that.
func (p *plan) reconsider(ctx context.Context, known lookups, g *group, l lived) (organizations.Reconsidered, lifeProblems, error) {
	var fields problem.Fields
	var states []organizations.State
	r, err := organizations.Reconsider(l.organization, l.life, p.options.Now, func(h *organizations.History) {
		fields = l.told.Tell(l.organization, p.options.Now, h)
		states = h.States
	})
	var invalid *problem.Invalid
	switch {
	case len(fields) > 0: // what is told is wrong by itself
	case errors.As(err, &invalid):
		fields = invalid.Fields
	case err != nil:
		return r, nil, err
	case len(r.Differences) > 0:
		sentence, err := p.nfrTaken(ctx, known, r)
		if err != nil {
			return r, nil, err
		}
		fields.Add("states", sentence)
	}
	if fields["undated"] != "" {
		p.findings.Undated++
	}
	if fields["since"] != "" {
		p.findings.NoStart++
	}
	problems := lifeProblems{}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		line, column := g.culprit(field, states)
		p.addProblem(problems, line, column, g.aboutKnown(field, states)+fields[field])
	}
	return r, problems, nil
}

// nfrTaken says that another organization is NFR at the same time, by the file or already; otherwise what follows goes by this life.
func (p *plan) nfrTaken(ctx context.Context, known lookups, r organizations.Reconsidered) (sentence string, err error) {
	times, err := p.nfrTimes(ctx, known)
	if err != nil {
		return "", err
	}
	return times.Take(r), nil
}

// nfrTimes are those that are known, and those that the file leads to as far as it is compared.
func (p *plan) nfrTimes(ctx context.Context, known lookups) (times organizations.NFRTimes, err error) {
	if p.nfr == nil {
		p.nfr, err = known.nfr(ctx)
	}
	return p.nfr, err
}

// culprits are the columns that may be what is wrong with a field of a history, the likeliest first.
var culprits = map[string][]sheet.Column{
	"start":      {sheet.StartColumn, sheet.TrialStartColumn, sheet.SinceColumn, sheet.TrialEndsColumn, sheet.ManagedFromColumn},
	"trial_ends": {sheet.TrialEndsColumn, sheet.TrialStartColumn},
	"license":    {sheet.LicenseColumn},
	"managed":    {sheet.ManagedFromColumn, sheet.ManagedUntilColumn, sheet.ManagedColumn},
	"since":      {sheet.SinceColumn, sheet.ManagedFromColumn},
	"undated":    {sheet.PlanColumn, sheet.LicenseColumn, sheet.ManagedColumn},
	"states":     {sheet.LicenseColumn},
	"":           {sheet.ManagedUntilColumn, sheet.ManagedFromColumn, sheet.StartColumn, sheet.TrialStartColumn, sheet.TrialEndsColumn},
}

// culprit is the row, and the column if one can be named, that says what is wrong with a field of a history that has these states.
func (g *group) culprit(field string, states []organizations.State) (line int, c sheet.Column) {
	if i := stateOf(field); i >= 0 && i < len(states) {
		if line := g.lives.LineSince(states[i].Since); line > 0 {
			return line, sheet.Column(field[strings.Index(field, ".")+1:])
		}
		field = "" // it follows from days
	}
	for _, c := range culprits[field] {
		line := g.lives.LineOf(c)
		switch {
		case c == sheet.SinceColumn:
			line = g.lives.FirstSince()
		case field == "states":
			line = g.lives.LineOfNFR()
		}
		if line > 0 {
			return line, c
		}
	}
	return g.lives.Rows[0].Line, ""
}

// stateOf is the state that a field of a history is of; -1: it is another field.
func stateOf(field string) int {
	i := -1
	if _, err := fmt.Sscanf(field, "states[%d].", &i); err != nil {
		return -1
	}
	return i
}

// aboutKnown says of a problem with a state that the file does not tell which one it is.
func (g *group) aboutKnown(field string, states []organizations.State) string {
	i := stateOf(field)
	byDays := g.lives.LineOf(sheet.ManagedFromColumn, sheet.ManagedUntilColumn) > 0
	if i < 1 || i >= len(states) || byDays || g.lives.LineSince(states[i].Since) > 0 {
		return ""
	}
	return fmt.Sprintf("Of the change on %s, which is known: ", organizations.Written(states[i].Since))
}
