package connect_test

import (
	"fmt"
	"strings"
	"testing"

	"seatbridge/billing/connect"
	"seatbridge/store"
)

// A fault of the database is not ConnectWise's.
func TestCase_J44_ProblemOfTheDatabase(t *testing.T) {
	t.Parallel()
	p := connect.ProblemOf(fmt.Errorf("planning agreement 7: %w", store.ErrCorrupt))
	if !strings.Contains(p.What, "database is damaged") || !strings.Contains(p.Detail, "agreement 7") {
		t.Errorf("got %+v", p)
	}
}
