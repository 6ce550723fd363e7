package mapping_test

import (
	"testing"

	"seatbridge/billing/billingtest"
)

// world is the world of these tests, with what they say of it.
type world struct{ *billingtest.World }

// newWorld is connected, and both products are mapped.
func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{billingtest.New(t)}
}
