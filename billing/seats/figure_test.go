package seats

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/problem"
	"seatbridge/internal/moment"
	"seatbridge/store"
)

func TestFigureProblems(t *testing.T) {
	t.Parallel()
	now := moment.At("2026-04-10")
	deleted := store.Organization{Name: "Acme", DeletedAt: moment.At("2026-03-01")}
	for _, tt := range []struct {
		name string
		o    store.Organization
		f    Figure
		want problem.Fields
	}{
		{"none", store.Organization{}, Figure{"2026-04", 0, b}, problem.Fields{}},
		{"most seats", store.Organization{}, Figure{"2026-03", 1_000_000, e}, problem.Fields{}},
		{"too many seats", store.Organization{}, Figure{"2026-03", 1_000_001, e}, problem.Fields{"seats": "These are more than 1,000,000 seats."}},
		{"less than none", store.Organization{}, Figure{"2026-03", -1, b}, problem.Fields{"seats": "Seats are counted from 0."}},
		{"no plan", store.Organization{}, Figure{"2026-03", 1, ""}, problem.Fields{"plan": "Choose a plan."}},
		{"the future", store.Organization{}, Figure{"2026-05", 1, b}, problem.Fields{"month": "May 2026 has not begun: it is in the future."}},
		{"the month before the deletion", deleted, Figure{"2026-02", 1, b}, problem.Fields{}},
		{"after the deletion", deleted, Figure{"2026-03", 1, b}, problem.Fields{"month": "Acme was deleted on 1 March 2026, before March 2026."}},
		{"the month of a deletion", store.Organization{DeletedAt: moment.At("2026-03-01 00:00:01")}, Figure{"2026-03", 1, b}, problem.Fields{}},
	} {
		if diff := cmp.Diff(tt.want, FigureProblems(tt.o, tt.f, now)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}
