// Package accounts holds the rules of how members get in, stay in and get back in: passwords, second factors, proofs, links for a new
// password, sessions, and what an API token may do when its maker may not. Its deeds write their entry of the activity log in the same
// transaction.
package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"seatbridge/billing/problem"
	"seatbridge/store"
)

// How long what a person began waits to be finished.
const (
	stepLife  = 10 * time.Minute // the second step of signing in, and a passkey that is asked for
	setupLife = 30 * time.Minute // an authenticator app that is being set up
)

// ErrGone says that what was begun cannot be finished: it took too long, was finished already, or Seatbridge was restarted.
var ErrGone = errors.New("what was begun is gone")

// ErrWrong says that a code or passkey is not the person's, or was used before.
var ErrWrong = errors.New("the code or passkey is not right")

// Desk is where accounts are looked after.
type Desk struct {
	Passwords *Passwords

	store *store.Store
	now   func() time.Time

	steps      *shelf[Step]
	setups     *shelf[string]               // secrets of authenticator apps that are being set up
	ceremonies *shelf[webauthn.SessionData] // passkeys that browsers are asked for
}

// New makes the desk of a store.
func New(s *store.Store, now func() time.Time) *Desk {
	return &Desk{
		Passwords: NewPasswords(), store: s, now: now,
		steps:  newShelf[Step](now, stepLife),
		setups: newShelf[string](now, setupLife), ceremonies: newShelf[webauthn.SessionData](now, stepLife),
	}
}

// Step is a sign-in whose password was right and whose second step is due.
type Step struct {
	UserID int64
	Next   string // the page to go to then
}

// Await keeps a sign-in until its second step is made, for ten minutes, and answers what it is known by.
func (d *Desk) Await(s Step) (token string) {
	token = newToken()
	d.steps.put(token, s)
	return token
}

// Awaited is a sign-in that waits for its second step, with its member: ErrGone when there is none.
func (d *Desk) Awaited(ctx context.Context, token string) (Step, store.User, error) {
	s, ok := d.steps.get(token)
	if !ok {
		return Step{}, store.User{}, ErrGone
	}
	u, err := d.store.User(ctx, s.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && u.Status != store.Active {
		return Step{}, store.User{}, ErrGone
	}
	return s, u, err
}

// Finished forgets a sign-in whose second step was made: ErrGone when somebody else made it first.
func (d *Desk) Finished(token string) error {
	if _, ok := d.steps.take(token); !ok {
		return ErrGone
	}
	return nil
}

// Factors are what a member has beside the password.
type Factors struct {
	Authenticator bool
	Since         time.Time // of the authenticator; zero: none
	Passkeys      []store.Passkey
	Recovery      int // recovery codes left
	Of            int // of how many
}

// Any says that there is a second factor. Recovery codes stand in for one, and are none.
func (f Factors) Any() bool { return f.Authenticator || len(f.Passkeys) > 0 }

// last says that there is one factor alone.
func (f Factors) last() bool { return f.Authenticator != (len(f.Passkeys) > 0) && len(f.Passkeys) <= 1 }

// Factors reads what a member has beside the password.
func (d *Desk) Factors(ctx context.Context, userID int64) (f Factors, err error) {
	return factorsIn(ctx, d.store, userID)
}

func factorsIn(ctx context.Context, s *store.Store, userID int64) (f Factors, err error) {
	in := store.AccountsIn(s)
	app, err := in.Authenticator(ctx, userID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return f, err
	}
	f.Authenticator, f.Since = err == nil, app.Since
	if f.Passkeys, err = in.Passkeys(ctx, userID); err != nil {
		return f, err
	}
	f.Recovery, f.Of, err = in.RecoveryCodes(ctx, userID)
	return f, err
}

// Requires says whether a member of a role has to have a second factor.
func Requires(r store.Requirement, role store.Role) bool {
	switch r {
	case store.RequiredEverybody:
		return true
	case store.RequiredManagers:
		return role == store.Owner || role == store.Admin
	}
	return false
}

// Lacks says that a member has to have a second factor and has none yet.
func (d *Desk) Lacks(ctx context.Context, u store.User) (bool, error) {
	in := store.AccountsIn(d.store)
	required, err := in.Requirement(ctx)
	if err != nil || !Requires(required, u.Role) {
		return false, err
	}
	has, err := in.HasFactor(ctx, u.ID)
	return !has, err
}

// Require says who has to have a second factor from now on: those who have none set one up before they do anything else.
func (d *Desk) Require(ctx context.Context, who problem.Actor, r store.Requirement) error {
	sentence := map[store.Requirement]string{
		store.RequiredOff:       "Nobody has to have a second factor any more.",
		store.RequiredManagers:  "Owners and Admins have to have a second factor.",
		store.RequiredEverybody: "Everybody has to have a second factor.",
	}[r]
	if sentence == "" {
		return &problem.Invalid{Fields: problem.Fields{"second_factor": "Choose who has to have a second factor."}}
	}
	return d.store.Record(ctx, who.Did(d.now(), store.CategorySettings, "%s", sentence), func(s *store.Store) error {
		return store.AccountsIn(s).SetRequirement(ctx, r)
	})
}

// ProofLasts is how long a proof of who somebody is, or a sign-in, is enough for what asks for one.
const ProofLasts = 15 * time.Minute

// Proved says whether the person at a session has proved who they are of late.
func (d *Desk) Proved(s store.Session) bool { return d.now().Sub(s.ProvedAt) < ProofLasts }

// Prove notes that the person at a session has proved who they are, by what.
func (d *Desk) Prove(ctx context.Context, who problem.Actor, sessionToken, by string) error {
	return d.store.Record(ctx, who.Did(d.now(), store.CategoryAccess, "Confirmed who they are by %s.", by), func(s *store.Store) error {
		return store.AccountsIn(s).Prove(ctx, sessionToken, d.now())
	})
}

// newToken is an unguessable name: 256 random bits.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}
