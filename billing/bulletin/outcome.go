package bulletin

import "seatbridge/store"

// NoLine is what went wrong with a run that came to its end and of which every line failed: each says why.
func NoLine() store.Problem {
	return store.Problem{What: "No line could be written.", Do: "Each of its lines says why, and what to do; then retry the run."}
}

// Outcome is how a run that came to its end stands, by what became of its lines: done where each is as it should be or as a person
// decided, failed where each failed, else incomplete: a person has to look at some.
func Outcome(counts map[store.ChangeState]int) (store.RunStatus, store.Problem) {
	all, good := 0, counts[store.StateWritten]+counts[store.StateUnchanged]+counts[store.StateRejected]
	for _, n := range counts {
		all += n
	}
	switch {
	case good == all:
		return store.RunDone, store.Problem{}
	case counts[store.StateFailed] == all:
		return store.RunFailed, NoLine()
	}
	return store.RunIncomplete, store.Problem{}
}
