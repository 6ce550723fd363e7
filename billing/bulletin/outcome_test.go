package bulletin

import (
	"testing"

	"seatbridge/store"
)

func TestOutcome(t *testing.T) {
	t.Parallel()
	type counts map[store.ChangeState]int
	for name, c := range map[string]struct {
		counts counts
		want   store.RunStatus
	}{
		"nothing to do":               {counts{}, store.RunDone},
		"all right":                   {counts{store.StateWritten: 2, store.StateUnchanged: 3}, store.RunDone},
		"all decided":                 {counts{store.StateWritten: 1, store.StateRejected: 2}, store.RunDone},
		"one waits":                   {counts{store.StateRejected: 2, store.StateHeld: 1}, store.RunIncomplete},
		"one failed":                  {counts{store.StateWritten: 3, store.StateFailed: 1}, store.RunIncomplete},
		"one failed, others right":    {counts{store.StateUnchanged: 3, store.StateFailed: 1}, store.RunIncomplete},
		"all failed":                  {counts{store.StateFailed: 4}, store.RunFailed},
		"others were not tried":       {counts{store.StateFailed: 1, store.StateBlocked: 2, store.StateSkipped: 1}, store.RunIncomplete},
		"failed, and one waits":       {counts{store.StateFailed: 4, store.StateHeld: 1}, store.RunIncomplete},
		"failed, and one is not seen": {counts{store.StateFailed: 4, store.StateUnknown: 1}, store.RunIncomplete},
		"nothing was tried":           {counts{store.StateBlocked: 2, store.StateSkipped: 1}, store.RunIncomplete},
		"no seats are known":          {counts{store.StateSkipped: 1}, store.RunIncomplete},
		"none of a state":             {counts{store.StateFailed: 0}, store.RunDone},
	} {
		got, problem := Outcome(c.counts)
		if got != c.want || problem.Zero() != (got != store.RunFailed) {
			t.Errorf("%s: %s, %q; want %s", name, got, problem.What, c.want)
		}
	}
}
