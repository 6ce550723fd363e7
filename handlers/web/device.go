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

// Devices are the browsers that signed in before.
type Devices struct{ jar jar }

// Of is what the browser is known by to an account that it signed in to before; "": it is not known. The cookie is signed and
// bound to the account, so nobody makes one, and it opens nothing: it only keeps what this browser tries apart from what strangers try.
func (d Devices) Of(r *http.Request, email string) string {
	device, _ := d.jar.read(r, "devices")[accountKey(email)].(string)
	return device
}

// accountKey names an account in the cookie, without its address: others may use the browser, too.
func accountKey(email string) string {
	sum := sha256.Sum256([]byte(store.FoldEmail(email)))
	return hex.EncodeToString(sum[:8])
}

// know has the browser known to an account that it has signed in to.
func (d Devices) know(w http.ResponseWriter, r *http.Request, user store.User) error {
	known, account := d.jar.read(r, "devices"), accountKey(user.Email)
	if known[account] == nil && len(known) >= mostDevices {
		clear(known)
	}
	known[account] = NewToken()
	return d.jar.set(w, r, "devices", deviceLife, known)
}
