// Package problem is what everybody in the domain says alike: who asked, what was wrong with the input, what
// ConnectWise did not do, and the errors that callers tell apart. Its sentences are for people.
package problem

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"seatbridge/store"
)

// Errors that callers tell apart.
var (
	ErrRunning      = store.ErrLocked // another run or import is in progress, here or in another process
	ErrNotConnected = errors.New("ConnectWise PSA is not connected")
	ErrNotActive    = errors.New("the products are not mapped yet")
)

// An Actor is who asked for something, for the activity log.
type Actor struct {
	UserID int64  // 0: Seatbridge itself or the command line
	Name   string // e-mail address
	IP     string
}

// Did is the entry of the activity log for what the actor did at the moment at: a whole sentence without a subject.
func (a Actor) Did(at time.Time, category store.Category, format string, args ...any) store.Activity {
	return store.Activity{At: at, UserID: a.UserID, Actor: a.Name, IP: a.IP, Category: category, Action: fmt.Sprintf(format, args...)}
}

// System is the actor of scheduled work.
func System() Actor { return Actor{Name: "Seatbridge"} }

// Fields are what is wrong with the fields of a form: a sentence each, by the field's name.
type Fields map[string]string

// Add notes a sentence about a field, if there is one and the field has none yet.
func (f Fields) Add(field, sentence string) {
	if sentence != "" && f[field] == "" {
		f[field] = sentence
	}
}

// Invalid is input that cannot be used.
type Invalid struct {
	Fields Fields
	// Cause is set where the input by itself could be used and contradicts what is there, such as a *store.Conflict.
	Cause error
}

// Sentence is what is wrong, of several things the first by the names of their fields.
func (e *Invalid) Sentence() string {
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		return e.Fields[field]
	}
	return "The input cannot be used."
}

// Error implements error.
func (e *Invalid) Error() string {
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		return fmt.Sprintf("invalid %s: %s", field, e.Fields[field])
	}
	return "invalid input"
}

// Unwrap is the cause.
func (e *Invalid) Unwrap() error { return e.Cause }

// Refused is something that ConnectWise did not do.
type Refused struct {
	Problem store.Problem
	Field   string // the form field to blame; empty: none in particular
	Late    bool   // the other side did not answer in time
	Err     error  // the client's error
}

// Error implements error.
func (e *Refused) Error() string { return e.Problem.What }

// Unwrap is the client's error.
func (e *Refused) Unwrap() error { return e.Err }
