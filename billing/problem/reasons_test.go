package problem

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/store"
)

// F18: of what is blocked, skipped or in conflict the reason is what went wrong, and was said twice.
func TestCase_F18_EachSentenceOnce(t *testing.T) {
	t.Parallel()
	const reason, do, warning = "The agreement is cancelled.", "Unmap the organization.", "The line's unit price is 0."
	for name, c := range map[string]struct {
		change store.Change
		want   []string
	}{
		"blocked":   {store.Change{State: store.StateBlocked, Reason: reason, Problem: store.Problem{What: reason, Do: do}}, []string{reason, do}},
		"planned":   {store.Change{State: store.StatePlanned, Reason: "Acme 5", Warnings: []string{warning}}, []string{"Acme 5", warning}},
		"held":      {store.Change{State: store.StateHeld, Reason: "Acme 5", Warnings: []string{warning}, HeldBecause: "A fall. " + warning}, []string{"Acme 5", "Held: A fall. " + warning}},
		"approved":  {store.Change{State: store.StateWritten, Reason: "Acme 5", Warnings: []string{warning}, HeldBecause: warning}, []string{"Acme 5", warning}},
		"failed":    {store.Change{State: store.StateFailed, Reason: "Acme 5", Problem: store.Problem{What: "No answer.", Do: do}}, []string{"Acme 5", "No answer.", do}},
		"no reason": {store.Change{State: store.StateFailed, Problem: store.Problem{What: "No answer."}}, []string{"No answer."}},
	} {
		if diff := cmp.Diff(c.want, Reasons(c.change)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
