package accounts

import (
	"time"

	"seatbridge/store"
)

// WhyStopped says why an API token opens nothing now, or "": a token can do no more than the person who made it, and only Owners and
// Admins may make one. It works again when its maker does.
func WhyStopped(t store.APIToken, now time.Time) string {
	switch {
	case !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now):
		return "It has expired."
	case t.MakerRole == "":
		return "Whoever made it was removed."
	case t.MakerStatus != store.Active:
		return "Whoever made it is suspended."
	case t.MakerRole != store.Owner && t.MakerRole != store.Admin:
		return "Whoever made it is no Owner or Admin any more."
	}
	return ""
}
