package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"seatbridge/store"
)

// A session ends when it was not used for SessionIdle, and SessionLife after
// signing in at the latest. Its use is noted once in sessionTouch.
const (
	SessionIdle  = 12 * time.Hour
	SessionLife  = 30 * 24 * time.Hour
	sessionTouch = time.Minute
)

// noticeLife is how long a message waits for the page that shows it.
const noticeLife = time.Minute

// Visitor is who sent the request.
type Visitor struct {
	store.User
	Session store.Session
	Token   string
}

type visitorKey struct{}

// VisitorOf is the signed-in user, nil when nobody is.
func VisitorOf(r *http.Request) *Visitor {
	v, _ := r.Context().Value(visitorKey{}).(*Visitor)
	return v
}

// identified tells the handlers inside it who sends the request.
func (s *Site) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.identify(r)
		if err != nil {
			s.Fail(w, r, AsError(err))
			return
		}
		if v != nil {
			r = r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
		}
		next.ServeHTTP(w, r)
	})
}

// identify finds out who sends the request: nil is nobody, and that is also
// what an unreadable, unknown or outdated cookie means.
func (s *Site) identify(r *http.Request) (*Visitor, error) {
	token := s.Kept("session").Token(r)
	if token == "" {
		return nil, nil
	}
	now := s.Now()
	session, user, err := s.Store.Session(r.Context(), token, now)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	idle := now.Sub(session.SeenAt)
	if idle > SessionIdle {
		return nil, nil
	}
	if idle >= sessionTouch {
		if err := s.Store.TouchSession(r.Context(), token, now); err != nil {
			return nil, err
		}
	}
	return &Visitor{User: user, Session: session, Token: token}, nil
}

// SignIn starts a session, with what the activity log says of it; an older one
// of this browser ends, so that a planted cookie is of no use. From now on the
// browser is known to the account.
func (s *Site) SignIn(w http.ResponseWriter, r *http.Request, user store.User, entries ...store.Activity) error {
	ctx, now, token := r.Context(), s.Now(), NewToken()
	session := store.Session{
		UserID: user.ID, CreatedAt: now, SeenAt: now, ProvedAt: now, ExpiresAt: now.Add(SessionLife),
		IP: s.ClientIP(r), UserAgent: Clip(Clean(r.UserAgent()), maxUserAgent),
	}
	err := s.Store.Together(ctx, "signing in", func(st *store.Store) error {
		var err error
		if v := VisitorOf(r); v != nil {
			err = st.DeleteSession(ctx, v.Token)
		}
		err = errors.Join(err, st.CreateSession(ctx, token, session))
		for _, entry := range entries {
			err = errors.Join(err, st.AddActivity(ctx, entry))
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := s.Devices.know(w, r, user); err != nil {
		return err
	}
	return s.cookies.set(w, r, "session", SessionLife, map[any]any{"token": token})
}

// SignOut ends the session and removes its cookie.
func (s *Site) SignOut(w http.ResponseWriter, r *http.Request) error {
	if v := VisitorOf(r); v != nil {
		err := s.Record(r, store.CategoryAccess, "Signed out.", func(st *store.Store) error { return st.DeleteSession(r.Context(), v.Token) })
		if err != nil {
			return err
		}
	}
	// What browsers keep of the pages goes too. Not "cookies": that would take those of every other host of the domain.
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return s.cookies.set(w, r, "session", -1, nil)
}

// Notify leaves a short message for the next page.
func (s *Site) Notify(w http.ResponseWriter, r *http.Request, message string) error {
	return s.cookies.set(w, r, "notice", noticeLife, map[any]any{"text": message})
}

// notice takes the message that an earlier answer left.
func (s *Site) notice(w http.ResponseWriter, r *http.Request) (string, error) {
	message, _ := s.cookies.read(r, "notice")["text"].(string)
	if message == "" {
		return "", nil
	}
	return message, s.cookies.set(w, r, "notice", -1, nil)
}

// NewToken is an unguessable name: 256 random bits.
func NewToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}
