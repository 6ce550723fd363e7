package web

import (
	"net/http"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// Actor is the signed-in user as the activity log names people.
func (s *Site) Actor(r *http.Request) problem.Actor { return s.ActorFor(r, VisitorOf(r).User) }

// ActorFor is actor for somebody who is not signed in (yet).
func (s *Site) ActorFor(r *http.Request, user store.User) problem.Actor {
	return problem.Actor{UserID: user.ID, Name: user.Email, IP: s.ClientIP(r)}
}

// Record carries out what the signed-in user does together with its entry in
// the activity log, a sentence without a subject.
func (s *Site) Record(r *http.Request, category store.Category, action string, deed func(*store.Store) error) error {
	return s.Store.Record(r.Context(), s.Actor(r).Did(s.Now(), category, "%s", action), deed)
}
