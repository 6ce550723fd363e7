package intake_test

import (
	"testing"

	"seatbridge/billing/billingtest"
)

// world is the world of these tests, with what they say of it.
type world struct{ *billingtest.World }

// emptyWorld is not connected yet.
func emptyWorld(t *testing.T) *world {
	t.Helper()
	return &world{billingtest.Empty(t)}
}
