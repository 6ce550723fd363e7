package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestArrows holds the house together: which package may import which. A package that is not listed may import none of
// the project's.
func TestArrows(t *testing.T) {
	t.Parallel()
	allowed := map[string]string{
		"seatbridge":                 "billing connectwise connectwise/cwsim handlers nordpass/npsim scheduler static store views",
		"seatbridge/handlers":        "billing billing/notify billing/table scheduler static store views",
		"seatbridge/billing":         "billing/background billing/match billing/notify billing/problem billing/table connectwise nordpass store",
		"seatbridge/billing/notify":  "billing/background billing/problem store",
		"seatbridge/billing/problem": "store",
		"seatbridge/billing/table":   "billing/problem store",
		"seatbridge/views":           "static",
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(line)
		for _, imported := range names[1:] {
			name, ours := strings.CutPrefix(imported, "seatbridge/")
			if ours && !slices.Contains(strings.Fields(allowed[names[0]]), name) {
				t.Errorf("%s must not import %s", names[0], imported)
			}
		}
	}
}
