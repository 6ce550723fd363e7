package plan

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/store"
)

// Hold decides which of an agreement's changes wait for a person. They wait together or not at all:
// while the seats of an upgrade move from one line to another, writing only one of the two would bill
// them twice or not at all. For the same reason it is the sum over the agreement's lines that counts as
// larger, smaller or zero.
func Hold(changes []store.Change, first bool, policy Policy) []store.Change {
	because := strings.Join(holdReasons(changes, first, policy), " ")
	if because == "" {
		return changes
	}
	for i := range changes {
		if c := &changes[i]; c.State == store.StatePlanned {
			c.State, c.HeldBecause = store.StateHeld, because
		}
	}
	return changes
}

func holdReasons(changes []store.Change, first bool, policy Policy) []string {
	reasons := lineReasons(changes, policy.HandEdits)
	if policy.Holds.First && first {
		reasons = append(reasons, "Seatbridge has not written this agreement before.")
	}
	return append(reasons, sizeReasons(changes, policy.Holds)...)
}

// lineReasons is why a single line makes the agreement wait.
func lineReasons(changes []store.Change, edits store.HandEdits) []string {
	var reasons []string
	for _, c := range changes {
		switch {
		case cannotBeWritten(c):
			reasons = append(reasons, strandedReasons(c, changes)...)
		case c.HandEdited && c.State == store.StatePlanned && edits == store.Hold:
			reasons = append(reasons, fmt.Sprintf("Edited in ConnectWise: %s says %s, Seatbridge left %s there.",
				c.Product, c.Before.Decimal, c.Written.Decimal))
		}
	}
	return reasons
}

func cannotBeWritten(c store.Change) bool {
	return c.State == store.StateBlocked || c.State == store.StateConflict
}

// sizeReasons is why the sum over the agreement's lines makes it wait. A line that cannot be written moves nothing.
func sizeReasons(changes []store.Change, h store.Holds) []string {
	var before, after decimal.Decimal
	for _, c := range changes {
		if !cannotBeWritten(c) {
			before, after = before.Add(c.Before.Decimal), after.Add(c.After.Decimal)
		}
	}
	if before.IsZero() {
		return nil // a new line is not a large change
	}
	var reasons []string
	difference := after.Sub(before)
	size := difference.Abs()
	if h.Seats > 0 && size.GreaterThan(decimal.NewFromInt(int64(h.Seats))) {
		reasons = append(reasons, fmt.Sprintf("A change of %s is larger than %d seats.", signed(difference), h.Seats))
	}
	if h.Percent > 0 && size.Mul(decimal.NewFromInt(100)).GreaterThan(before.Mul(decimal.NewFromInt(int64(h.Percent)))) {
		reasons = append(reasons, fmt.Sprintf("From %s to %s is a change of more than %d %%.", before, after, h.Percent))
	}
	if h.Decrease && difference.IsNegative() {
		reasons = append(reasons, fmt.Sprintf("Fewer seats than before: %s instead of %s.", after, before))
	}
	if h.Zero && after.IsZero() {
		reasons = append(reasons, "Nothing would be billed on the agreement any more.")
	}
	return reasons
}

// strandedReasons says why the agreement's other lines wait for one that cannot be written: they may be the
// other half of a move, and half a move bills its seats twice or not at all.
func strandedReasons(refused store.Change, changes []store.Change) []string {
	for _, c := range changes {
		grows := c.After.Decimal.GreaterThan(c.Before.Decimal)
		if c.State == store.StatePlanned && grows == refused.After.Decimal.IsZero() {
			return []string{fmt.Sprintf("%s cannot be written: %s "+
				"Seats that move between the lines would be billed twice or not at all.", refused.Product, refused.Reason)}
		}
	}
	return nil
}

func signed(d decimal.Decimal) string {
	if d.IsPositive() {
		return "+" + d.String()
	}
	return d.String()
}
