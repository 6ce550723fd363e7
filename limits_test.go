package main

import (
	"maps"
	"slices"
	"testing"
)

// TestLimits keeps the house in pieces that a person takes in at once. What was larger when its limit came is listed with
// its size: it may only shrink, and leaves the list once it is within the limit.
func TestLimits(t *testing.T) {
	t.Parallel()
	house := readHouse(t)
	for _, l := range []limit{
		{40, "methods", house.methods(), map[string]int{
			"connectwise.Client":    45,
			"connectwise/cwsim.Sim": 99,
			"handlers.server":       250,
			"store.Store":           182,
		}},
		{60, "lines in a function", house.measure(function.lines), map[string]int{
			"handlers.server.routes": 200, // a table
		}},
		{5, "parameters", house.measure(function.parameters), map[string]int{}},
		{3, "results", house.measure(function.results), map[string]int{}},
		{700, "lines in a file", house.fileLines(), map[string]int{}},
		{2500, "lines in a package of billing", house.packageLines("billing"), map[string]int{}},
	} {
		l.check(t)
	}
}

// limit is how much there may be of something, what there is, and what is let pass.
type limit struct {
	most   int
	of     string
	found  map[string]int
	listed map[string]int
}

func (l limit) check(t *testing.T) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(l.found)) {
		if n, most := l.found[name], max(l.most, l.listed[name]); n > most {
			t.Errorf("%s has %d %s, at most %d are allowed", name, n, l.of, most)
		}
	}
	for name := range l.listed {
		if n := l.found[name]; n <= l.most {
			t.Errorf("%s has %d %s, within the limit of %d: take it off the list", name, n, l.of, l.most)
		}
	}
}
