package billing

import "seatbridge/billing/problem"

// What became the room billing/problem, for as long as other files call it by its old names.
type (
	Actor   = problem.Actor
	Invalid = problem.Invalid
	Refused = problem.Refused
)

var (
	ErrRunning      = problem.ErrRunning
	ErrNotConnected = problem.ErrNotConnected
	ErrNotActive    = problem.ErrNotActive
)

func System() Actor { return problem.System() }

func plural(n int, noun string) string { return problem.Plural(n, noun) }

func addProblem(problems problem.Fields, field, sentence string) { problems.Add(field, sentence) }
