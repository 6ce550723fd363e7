package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"seatbridge/store"
)

// deviceLife is how long a browser is known after it signed in: as long as browsers keep a cookie.
const deviceLife = 400 * 24 * time.Hour

// mostDevices is how many accounts a browser is known to.
const mostDevices = 8

// Device is what the browser is known by to an account that it signed in to before; "": it is not known. The cookie is signed and
// bound to the account, so nobody makes one, and it opens nothing: it only keeps what this browser tries apart from what strangers try.
func (s *Site) Device(r *http.Request, email string) string {
	device, _ := s.devicesOf(r)[accountKey(email)].(string)
	return device
}

// accountKey names an account in the cookie, without its address: others may use the browser, too.
func accountKey(email string) string {
	sum := sha256.Sum256([]byte(store.FoldEmail(email)))
	return hex.EncodeToString(sum[:8])
}

func (s *Site) devicesOf(r *http.Request) map[any]any {
	cookie, err := s.devices.New(r, s.CookieName("devices"))
	if err != nil {
		return map[any]any{}
	}
	return cookie.Values
}

// know has the browser known to an account that it has signed in to.
func (s *Site) know(w http.ResponseWriter, r *http.Request, user store.User) error {
	known, account := s.devicesOf(r), accountKey(user.Email)
	if known[account] == nil && len(known) >= mostDevices {
		clear(known)
	}
	known[account] = NewToken()
	return setCookie(w, r, s.devices, s.CookieName("devices"), deviceLife, known)
}
