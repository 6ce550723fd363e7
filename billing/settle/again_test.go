package settle

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/plan/plantest"
	"seatbridge/store"
)

// TestRejoin holds what becomes of changes that belong together when one of them is no longer what was approved or shown.
func TestRejoin(t *testing.T) {
	t.Parallel()
	change := func(agreement int, before, after, by string) store.Change {
		c := plantest.Change(businessID, store.KindUpdate, 9, before, after)
		c.ID, c.AgreementID, c.DecidedBy = int64(agreement), agreement, by
		return c
	}
	// look is an agreement whose line said before when it was planned, and says now.
	look := func(agreement int, before, now, after, by string) Look {
		return Look{Plan: []store.Change{change(agreement, now, after, "")}, Journal: []store.Change{change(agreement, before, after, by)}, Applies: true}
	}
	outdated := look(1, "5", "5", "3", "ann")
	outdated.Outdated = map[int]string{businessID: "It was mapped elsewhere."}
	tests := []struct {
		name  string
		looks []Look
		want  []string
	}{
		{"as approved", []Look{look(1, "5", "5", "3", "ann"), look(2, "2", "2", "4", "ann")}, []string{"enter planned 5>3", "enter planned 2>4"}},
		{"approved otherwise", []Look{look(1, "5", "6", "3", "ann"), look(2, "2", "2", "4", "ann")}, []string{"enter held 6>3", "enter held 2>4"}},
		{"shown otherwise", []Look{look(1, "5", "6", "3", ""), look(2, "2", "2", "4", "")}, []string{"finish stale 5>3", "finish stale 2>4"}},
		{"right already", []Look{look(1, "5", "3", "3", "ann"), look(2, "2", "2", "4", "ann")}, []string{"finish stale 5>3", "enter planned 2>4"}},
		{"decided otherwise", []Look{outdated, look(2, "2", "2", "4", "ann")}, []string{"finish stale 5>3", "finish stale 2>4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var steps [][]Step
			for _, l := range tt.looks {
				for i := range l.Plan {
					if l.Plan[i].Before.Decimal.Equal(l.Plan[i].After.Decimal) {
						l.Plan[i].State, l.Plan[i].Kind = store.StateUnchanged, store.KindNone
					}
				}
				steps = append(steps, Settle(l))
			}
			var got []string
			for _, of := range Rejoin(tt.looks, steps) {
				got = append(got, showSteps(of))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
