// Package settle decides what becomes of a change that an earlier attempt had begun: what a run wrote down, and what there is to do
// as ConnectWise is now, in; what to do next about each line out (docs/design.md section 5). It is pure.
package settle

import (
	"fmt"
	"slices"

	"seatbridge/billing/plan"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// A Look is everything that decides how an agreement goes on that its run may have worked on before.
type Look struct {
	Plan      []store.Change         // what there is to do, as ConnectWise is now
	Journal   []store.Change         // what the run has written down of the agreement so far
	Applies   bool                   // the run writes a preview: what was shown is all that is written
	Outdated  map[int]string         // by product: what was decided in Seatbridge since, so that writing it would be wrong
	Additions []connectwise.Addition // of the agreement, as ConnectWise is now
	Lines     []store.Line           // its bound additions
}

// An Action is what a run does with a change.
type Action int

// The actions.
const (
	Leave  Action = iota // nothing
	Wait                 // nothing on the whole agreement, until another look
	Finish               // note the outcome that the change has
	Replan               // take back that it was sent
	Enter                // put it into the journal as it is; where it is planned, the run writes it
)

// A Step is what a run does next about one line.
type Step struct {
	Change store.Change
	Do     Action
}

// Settle squares the plan of an agreement with what the journal says happened before. This is where it is decided that
// no customer is billed twice and that no request of unknown outcome is repeated: settlements has the rules.
func Settle(l Look) []Step {
	var steps []Step
	for _, line := range l.lines() {
		next := line.settlement().steps(line)
		if next[0].Do == Wait {
			return next
		}
		steps = append(steps, next...)
	}
	return steps
}

// past is what the journal says of a line.
type past int

const (
	unheard past = iota // nothing
	open                // planned and not sent
	sent                // sent or about to be, and ConnectWise does not show it
	landed              // sent, and ConnectWise shows it
	done                // the run has nothing left to do about it
)

// finding is what the plan says of a line.
type finding int

const (
	nothing finding = iota // there is nothing to do
	same                   // what the journal says
	altered                // something that the journal does not say
)

// A lineCase is all that decides about a line.
type lineCase struct {
	past     past
	found    finding
	applies  bool // the run writes a preview
	outdated bool // Seatbridge decided otherwise since
	awaited  bool // the addition to create was sent, so that it may appear yet
}

// pending says that the line has to be decided about: the run began with it, and it is neither done nor there.
func (c lineCase) pending() bool { return !c.awaited && (c.past == open || c.past == sent) }

// stands says that what was decided is still what is to be done.
func (c lineCase) stands() bool { return c.pending() && c.found == same && !(c.applies && c.outdated) }

// A settlement is a row of the table of what becomes of a line.
type settlement struct {
	name     string
	sentence string // the rule in words
	fits     func(c lineCase) bool
	steps    func(l settledLine) []Step
}

// settlements is the table: exactly one row fits each case, so that their order says nothing.
var settlements = []settlement{
	{
		"on its way", "While an addition that was sent may appear its whole agreement waits: a second one would bill the seats twice.",
		func(c lineCase) bool { return c.awaited },
		func(l settledLine) []Step { return []Step{{l.fresh, Wait}} },
	},
	{
		"done", "What the run is done with stays as it is.",
		func(c lineCase) bool { return !c.awaited && c.past == done },
		func(l settledLine) []Step { return []Step{{l.old, Leave}} },
	},
	{
		"not shown", "What a preview did not show is not written.",
		func(c lineCase) bool { return !c.awaited && c.past == unheard && c.applies },
		func(l settledLine) []Step { return []Step{{l.fresh, Leave}} },
	},
	{
		"new", "What the journal does not know yet goes into it.",
		func(c lineCase) bool { return !c.awaited && c.past == unheard && !c.applies },
		func(l settledLine) []Step { return []Step{{l.fresh, Enter}} },
	},
	{
		"arrived", "What was sent and what ConnectWise shows is written; it is not sent again.",
		func(c lineCase) bool { return !c.awaited && c.past == landed },
		func(l settledLine) []Step { return []Step{{l.written(), Finish}} },
	},
	{
		"decided otherwise", "A shown change is not written after Seatbridge was told otherwise.",
		func(c lineCase) bool { return c.pending() && c.found != nothing && c.applies && c.outdated },
		func(l settledLine) []Step { return []Step{{l.stale(l.why), Finish}} },
	},
	{
		"changed since", "A shown change is not written after ConnectWise changed.",
		func(c lineCase) bool { return c.pending() && c.found == altered && c.applies && !c.outdated },
		func(l settledLine) []Step { return []Step{{l.stale(staleReason(l.old, l.fresh)), Finish}} },
	},
	{
		"as decided", "What was decided and not sent is written as it was decided; nothing holds it now.",
		func(c lineCase) bool { return c.stands() && c.past == open },
		func(l settledLine) []Step { return []Step{{l.planned(), Enter}} },
	},
	{
		"not received", "A quantity that was sent and that ConnectWise does not have, and what was about to be sent, is sent as it was decided.",
		func(c lineCase) bool { return c.stands() && c.past == sent },
		func(l settledLine) []Step { return []Step{{l.old, Replan}, {l.planned(), Enter}} },
	},
	{
		"planned anew", "What was not sent is planned anew when ConnectWise changed.",
		func(c lineCase) bool { return c.pending() && c.past == open && c.found == altered && !c.applies },
		func(l settledLine) []Step { return []Step{{l.fresh, Enter}} },
	},
	{
		"not received, planned anew",
		"A quantity that ConnectWise does not have, and what was about to be sent, is planned anew when ConnectWise changed.",
		func(c lineCase) bool { return c.pending() && c.past == sent && c.found == altered && !c.applies },
		func(l settledLine) []Step { return []Step{{l.old, Replan}, {l.fresh, Enter}} },
	},
	{
		"needless", "What was begun is given up when there is nothing to do any more.",
		func(c lineCase) bool { return c.pending() && c.found == nothing },
		func(l settledLine) []Step { return []Step{{l.stale("There is nothing to change any more."), Finish}} },
	},
}

// A settledLine is a line with its case.
type settledLine struct {
	is    lineCase
	fresh store.Change         // of the plan
	old   store.Change         // of the journal
	why   string               // it is outdated
	there connectwise.Addition // what a creation that was sent made; zero: nothing that ConnectWise shows
}

// settlement is the row that fits the line.
func (l settledLine) settlement() settlement {
	return settlements[slices.IndexFunc(settlements, func(s settlement) bool { return s.fits(l.is) })]
}

func (l settledLine) planned() store.Change {
	c := l.old
	c.State = store.StatePlanned
	return c
}

func (l settledLine) written() store.Change {
	if l.there.ID != 0 {
		return plan.Adopted(l.old, l.there)
	}
	c := l.old
	c.AdditionID, c.State = l.fresh.AdditionID, store.StateWritten
	return c
}

func (l settledLine) stale(reason string) store.Change {
	c := l.old
	c.Reason, c.State = reason, store.StateStale
	return c
}

func staleReason(old, fresh store.Change) string {
	if fresh.Before.Valid && old.Before.Valid {
		return fmt.Sprintf("ConnectWise says %s now, the preview showed %s.", fresh.Before.Decimal, old.Before.Decimal)
	}
	if news := plan.FoundSince(old, fresh); news != "" {
		return news
	}
	return "ConnectWise changed since the preview. " + fresh.Reason
}

// lines is what the plan says line by line, then the lines of which only the journal speaks.
func (l Look) lines() []settledLine {
	var lines []settledLine
	for i := range l.Plan {
		lines = append(lines, l.line(&l.Plan[i], plan.ChangeOf(l.Journal, l.Plan[i].ProductID)))
	}
	for i := range l.Journal {
		if plan.ChangeOf(l.Plan, l.Journal[i].ProductID) == nil {
			lines = append(lines, l.line(nil, &l.Journal[i]))
		}
	}
	return lines
}

// line is the line of a planned change, a journalled one, or both.
func (l Look) line(fresh, old *store.Change) settledLine {
	var line settledLine
	if fresh != nil {
		line.fresh = *fresh
	}
	if old != nil {
		line.old, line.why = *old, l.Outdated[old.ProductID]
	}
	var sentCreation, made bool
	if sentCreation = old != nil && plan.WasSent(*old); sentCreation {
		line.there, made = plan.Landed(*old, l.Additions, l.Lines)
	}
	line.is = lineCase{
		past: pastOf(fresh, old, made), found: findingOf(fresh, old),
		applies: l.Applies, outdated: line.why != "", awaited: sentCreation && !made,
	}
	return line
}

func pastOf(fresh, old *store.Change, made bool) past {
	switch {
	case old == nil:
		return unheard
	case old.State.Final():
		return done
	case old.State != store.StateSending:
		return open
	case made || old.Kind != store.KindCreate && fresh != nil && arrived(*fresh, *old):
		return landed
	}
	return sent
}

func findingOf(fresh, old *store.Change) finding {
	switch {
	case fresh == nil:
		return nothing
	case old != nil && sameChange(*old, *fresh):
		return same
	}
	return altered
}

// arrived says whether a quantity that was sent took effect, by the line as it is now.
func arrived(now, sent store.Change) bool {
	return now.AdditionID != 0 && now.Before.Valid && now.Before.Decimal.Equal(sent.After.Decimal)
}

// sameChange says whether a planned change is still what the journal says: of a new line also that nothing was found since that
// it would have waited for.
func sameChange(old, fresh store.Change) bool {
	return old.Kind == fresh.Kind && old.AdditionID == fresh.AdditionID &&
		old.Before.Valid == fresh.Before.Valid && old.Before.Decimal.Equal(fresh.Before.Decimal) && plan.FoundSince(old, fresh) == ""
}

// Outdated says in a sentence for each product whose change of the journal was overtaken in Seatbridge, so that writing it
// would be wrong, what was decided since.
func Outdated(journal []store.Change, organizations []int64, products []plan.MappedProduct) map[int]string {
	outdated := map[int]string{}
	for _, c := range journal {
		if why := overtaken(c, organizations, products); why != "" {
			outdated[c.ProductID] = why
		}
	}
	return outdated
}

func overtaken(c store.Change, organizations []int64, products []plan.MappedProduct) string {
	for _, share := range c.Shares {
		if !slices.Contains(organizations, share.OrganizationID) {
			return fmt.Sprintf("%s is not mapped to this agreement any more.", share.Organization)
		}
	}
	for _, p := range products {
		if p.Plan == c.Plan && p.ID != c.ProductID {
			return fmt.Sprintf("%s is mapped to another product since.", p.Plan.Name())
		}
	}
	return ""
}
