package handlers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/sessions"

	"seatbridge/store"
)

// A session ends when it was not used for sessionIdle, and sessionLife after
// signing in at the latest. Its use is noted once in sessionTouch.
const (
	sessionIdle  = 12 * time.Hour
	sessionLife  = 30 * 24 * time.Hour
	sessionTouch = time.Minute
)

// noticeLife is how long a message waits for the page that shows it.
const noticeLife = time.Minute

// visitor is who sent the request.
type visitor struct {
	store.User
	session store.Session
	token   string
}

type visitorKey struct{}

// visitorOf is the signed-in user, nil when nobody is.
func visitorOf(r *http.Request) *visitor {
	v, _ := r.Context().Value(visitorKey{}).(*visitor)
	return v
}

func newCookies(keys [][]byte, secure bool) *sessions.CookieStore {
	cookies := sessions.NewCookieStore(keys...)
	cookies.MaxAge(int(sessionLife / time.Second))
	cookies.Options.Path = "/"
	cookies.Options.HttpOnly = true
	cookies.Options.SameSite = http.SameSiteLaxMode
	cookies.Options.Secure = secure
	return cookies
}

// cookieName carries the prefix that makes browsers insist on Secure, on the
// whole host and on no other, where TLS allows it.
func (s *server) cookieName(name string) string {
	if s.secure() {
		return "__Host-seatbridge-" + name
	}
	return "seatbridge-" + name
}

// identified tells the handlers inside it who sends the request.
func (s *server) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.identify(r)
		if err != nil {
			s.renderError(w, r, asHTTPError(err))
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
func (s *server) identify(r *http.Request) (*visitor, error) {
	token := s.sessionToken(r)
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
	if idle > sessionIdle {
		return nil, nil
	}
	if idle >= sessionTouch {
		if err := s.Store.TouchSession(r.Context(), token, now); err != nil {
			return nil, err
		}
	}
	return &visitor{User: user, session: session, token: token}, nil
}

// sessionToken is what the session cookie carries, "" without a readable one.
func (s *server) sessionToken(r *http.Request) string {
	cookie, err := s.cookies.New(r, s.cookieName("session"))
	if err != nil {
		return ""
	}
	token, _ := cookie.Values["token"].(string)
	return token
}

// signIn starts a session, with what the activity log says of it; an older one
// of this browser ends, so that a planted cookie is of no use.
func (s *server) signIn(w http.ResponseWriter, r *http.Request, user store.User, entries ...store.Activity) error {
	ctx, now, token := r.Context(), s.Now(), newToken()
	session := store.Session{
		UserID: user.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionLife),
		IP: s.clientIP(r), UserAgent: clip(clean(r.UserAgent()), maxUserAgent),
	}
	err := s.Store.Together(ctx, "signing in", func(st *store.Store) error {
		var err error
		if v := visitorOf(r); v != nil {
			err = st.DeleteSession(ctx, v.token)
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
	return s.setCookie(w, r, "session", sessionLife, map[any]any{"token": token})
}

// signOut ends the session and removes its cookie.
func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	if v := visitorOf(r); v != nil {
		err := s.record(r, store.CategoryAccess, "Signed out.", func(st *store.Store) error { return st.DeleteSession(r.Context(), v.token) })
		if err != nil {
			return err
		}
	}
	return s.setCookie(w, r, "session", -1, nil)
}

// notify leaves a short message for the next page.
func (s *server) notify(w http.ResponseWriter, r *http.Request, message string) error {
	return s.setCookie(w, r, "notice", noticeLife, map[any]any{"text": message})
}

// notice takes the message that an earlier answer left.
func (s *server) notice(w http.ResponseWriter, r *http.Request) (string, error) {
	cookie, err := s.cookies.New(r, s.cookieName("notice"))
	if err != nil || cookie.IsNew {
		return "", nil
	}
	message, _ := cookie.Values["text"].(string)
	return message, s.setCookie(w, r, "notice", -1, nil)
}

// setCookie writes one signed cookie; a negative life removes it.
func (s *server) setCookie(w http.ResponseWriter, r *http.Request, name string, life time.Duration, values map[any]any) error {
	cookie := sessions.NewSession(s.cookies, s.cookieName(name))
	options := *s.cookies.Options
	options.MaxAge = int(life / time.Second)
	if life < 0 {
		options.MaxAge = -1
	}
	cookie.Options = &options
	cookie.Values = values
	return s.cookies.Save(r, w, cookie)
}

// newToken is an unguessable name: 256 random bits.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}
