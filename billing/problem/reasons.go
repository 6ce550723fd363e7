package problem

import (
	"slices"
	"strings"

	"seatbridge/store"
)

// Reasons say of a change why it is what it is and what to do about it, each sentence once: the reason, what was found that it is not
// held for, what it is held for, what went wrong.
func Reasons(c store.Change) []string {
	said := []string{c.Reason}
	held := ""
	if c.State == store.StateHeld {
		held = c.HeldBecause
	}
	said = append(said, Unsaid(c.Warnings, held)...)
	if held != "" {
		said = append(said, "Held: "+held)
	}
	var reasons []string
	for _, sentence := range append(said, c.Problem.What, c.Problem.Do) {
		repeats := func(before string) bool { return strings.Contains(before, sentence) }
		if sentence != "" && !slices.ContainsFunc(reasons, repeats) {
			reasons = append(reasons, sentence)
		}
	}
	return reasons
}

// Unsaid are the warnings that do not stand already where it is said why a change is held.
func Unsaid(warnings []string, because string) []string {
	var rest []string
	for _, w := range warnings {
		if !strings.Contains(because, w) {
			rest = append(rest, w)
		}
	}
	return rest
}
