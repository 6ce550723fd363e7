package web

import (
	"net/http"
	"time"

	"github.com/gorilla/sessions"
)

// jar writes signed and encrypted cookies and reads them back.
type jar struct {
	*sessions.CookieStore
	secure bool
}

// newJar makes one whose cookies live so long at most.
func newJar(keys [][]byte, secure bool, life time.Duration) jar {
	cookies := sessions.NewCookieStore(keys...)
	cookies.MaxAge(int(life / time.Second))
	cookies.Options.Path = "/"
	cookies.Options.HttpOnly = true
	cookies.Options.SameSite = http.SameSiteLaxMode
	cookies.Options.Secure = secure
	return jar{cookies, secure}
}

// name carries the prefix that makes browsers insist on Secure, on the whole host and on no other, where TLS allows it.
func (j jar) name(name string) string {
	if j.secure {
		return "__Host-seatbridge-" + name
	}
	return "seatbridge-" + name
}

// set writes one cookie; a negative life removes it.
func (j jar) set(w http.ResponseWriter, r *http.Request, name string, life time.Duration, values map[any]any) error {
	cookie := sessions.NewSession(j, j.name(name))
	options := *j.Options
	options.MaxAge = int(life / time.Second)
	if life < 0 {
		options.MaxAge = -1
	}
	cookie.Options = &options
	cookie.Values = values
	return j.Save(r, w, cookie)
}

// read is what set wrote; empty where there is none that can be read.
func (j jar) read(r *http.Request, name string) map[any]any {
	cookie, err := j.New(r, j.name(name))
	if err != nil {
		return map[any]any{}
	}
	return cookie.Values
}

// CookieName is the full name of a cookie.
func (s *Site) CookieName(name string) string { return s.cookies.name(name) }

// keptLife is how long a browser keeps what it began.
const keptLife = 10 * time.Minute

// Kept is a token that a browser keeps under a name: what it began and has to finish soon.
type Kept struct {
	jar  jar
	name string
}

// Kept is the token of a name.
func (s *Site) Kept(name string) Kept { return Kept{s.cookies, name} }

// Keep leaves a token with the browser, for ten minutes.
func (k Kept) Keep(w http.ResponseWriter, r *http.Request, token string) error {
	return k.jar.set(w, r, k.name, keptLife, map[any]any{"token": token})
}

// Token is the one that the browser keeps, "" when there is none.
func (k Kept) Token(r *http.Request) string {
	token, _ := k.jar.read(r, k.name)["token"].(string)
	return token
}

// Drop takes the token from the browser.
func (k Kept) Drop(w http.ResponseWriter, r *http.Request) error {
	return k.jar.set(w, r, k.name, -1, nil)
}
