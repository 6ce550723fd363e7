package bulletin

import "seatbridge/store"

// NoLine is what went wrong with a run that came to its end and could write none of its lines: each says why.
func NoLine() store.Problem {
	return store.Problem{What: "No line could be written.", Do: "Each of its lines says why, and what to do; then retry the run."}
}

// Outcome is how a run that came to its end stands, by what became of its lines: done where each is as it should be or as a person
// decided, failed where all that it tried to write failed and no line is right, else incomplete: a person has to look at some.
func Outcome(counts map[store.ChangeState]int) (store.RunStatus, store.Problem) {
	open, good := 0, 0
	for state, n := range counts {
		switch state {
		case store.StateWritten, store.StateUnchanged, store.StateRejected:
			good += n
		case store.StateHeld, store.StateUnknown: // may become right yet
			good += n
			open += n
		default:
			open += n
		}
	}
	switch {
	case open == 0:
		return store.RunDone, store.Problem{}
	case good == 0 && counts[store.StateFailed] > 0:
		return store.RunFailed, NoLine()
	}
	return store.RunIncomplete, store.Problem{}
}
