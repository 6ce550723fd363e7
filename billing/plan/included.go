package plan

import (
	"slices"

	"seatbridge/store"
)

// An Attempt is what became of an agreement in a run that another one retries.
type Attempt struct {
	Run     store.Run
	Missed  bool // something was not written
	Settled bool // something was written, was right, or was left to a person
	Later   bool // a run after it has looked at the agreement
}

// Included says whether a run is about an agreement; of is the attempt that it retries, if it is one that does. A retry is
// about what was missed and, where the run before was given up, about what it did not reach. What a later run has looked
// at is not retried: that would bring older figures back. A retry of one agreement is of the run that looked at it last.
func Included(run store.Run, agreementID int, of Attempt) bool {
	if run.Kind != store.RunRetry || run.Agreement != 0 {
		return isAbout(run, agreementID)
	}
	return isAbout(run, agreementID) && !of.Later && (of.Missed || of.notReached(agreementID))
}

// IncludedTogether says so of each agreement, where units has the lowest of those that it belongs together with: a run is about all
// of them or about none, and none of what a later run has looked at is retried. of is the attempt at an agreement.
func IncludedTogether(run store.Run, units map[int]int, of func(agreementID int) Attempt) map[int]bool {
	about, overtaken := map[int]bool{}, map[int]bool{}
	for id, lowest := range units {
		attempt := of(id)
		about[lowest] = about[lowest] || Included(run, id, attempt)
		overtaken[lowest] = overtaken[lowest] || attempt.Later
	}
	included := map[int]bool{}
	for id, lowest := range units {
		included[id] = about[lowest] && !overtaken[lowest]
	}
	return included
}

func (a Attempt) notReached(agreementID int) bool {
	givenUp := a.Run.Status == store.RunFailed || a.Run.Status == store.RunCancelled
	return givenUp && !a.Settled && isAbout(a.Run, agreementID)
}

// isAbout says whether a run that looks at one agreement, at some or at all looks at this one.
func isAbout(run store.Run, agreementID int) bool {
	if run.Only != nil {
		return slices.Contains(run.Only, agreementID)
	}
	return run.Agreement == 0 || run.Agreement == agreementID
}

// LeavingOut lists, in the order of their ids, the agreements that are left where a person leaves some out: with each goes what it
// belongs together with, since half of a move bills its seats twice or not at all. units is as IncludedTogether has it.
func LeavingOut(units map[int]int, left []int) []int {
	out := map[int]bool{}
	for _, id := range left {
		if lowest, known := units[id]; known {
			out[lowest] = true
		}
	}
	others := []int{}
	for id, lowest := range units {
		if !out[lowest] {
			others = append(others, id)
		}
	}
	slices.Sort(others)
	return others
}

// Missed says of a change that a run is done with that it was not written although it was to be. What waits for a person
// or was rejected by one is not missed.
func Missed(s store.ChangeState) bool {
	switch s {
	case store.StateFailed, store.StateUnknown, store.StateCancelled, store.StateStale,
		store.StateBlocked, store.StateConflict, store.StateSkipped:
		return true
	}
	return false
}

// Searches says whether a run looks on an agreement that it is not about for what earlier runs sent there.
func Searches(run store.Run, agreementID int) bool {
	switch run.Kind {
	case store.RunUndo, store.RunRelease:
		return false
	case store.RunRetry, store.RunSettle:
		return run.Agreement == agreementID
	}
	return isAbout(run, agreementID)
}

// Unwritten says that a request was made for a change and did not do what it was to do.
func Unwritten(c store.Change) bool {
	return c.Kind != store.KindNone && (c.State == store.StateFailed || c.State == store.StateUnknown)
}
