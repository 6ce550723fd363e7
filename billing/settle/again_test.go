package settle

import (
	"fmt"
	"strings"
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

// TestRejoinLeavesTheRest holds which steps of agreements that belong together are mended, and how.
func TestRejoinLeavesTheRest(t *testing.T) {
	t.Parallel()
	update := func(product int, state store.ChangeState, before, after string) store.Change {
		c := plantest.Change(product, store.KindUpdate, product, before, after)
		c.Product, c.State, c.Reason = fmt.Sprint("P", product), state, "Its own reason."
		return c
	}
	gone := update(5, store.StatePlanned, "2", "4")
	stale := update(1, store.StateStale, "5", "3")
	steps := func(by string) [][]Step {
		left := stale
		left.DecidedBy = by
		return [][]Step{{{left, Finish}}, {
			{update(2, store.StateUnchanged, "2", "2"), Enter}, {update(3, store.StatePlanned, "2", "4"), Leave},
			{update(4, store.StatePlanned, "2", "4"), Enter}, {gone, Enter}, {update(6, store.StateWritten, "2", "4"), Finish},
			{update(7, store.StateStale, "2", "4"), Leave}, {update(8, store.StateStale, "2", "4"), Finish},
			{update(9, store.StatePlanned, "2", "4"), Enter}, {update(10, store.StatePlanned, "2", "4"), Enter},
		}}
	}
	waits := update(4, store.StateHeld, "2", "4")
	waits.HeldFor, waits.HeldBecause = []store.HoldReason{store.HoldZero}, "It waited."
	looks := []Look{
		{Plan: []store.Change{update(1, store.StatePlanned, "6", "3")}},
		{Plan: []store.Change{
			update(3, store.StatePlanned, "2", "4"), waits, update(6, store.StatePlanned, "2", "4"), update(7, store.StatePlanned, "2", "4"),
			update(9, store.StateUnchanged, "4", "4"), update(10, store.StateBlocked, "", "4"),
		}},
	}
	kept := "enter unchanged P2 2>2, leave planned P3 2>4"
	after := "finish written P6 2>4, leave stale P7 2>4, finish stale P8 2>4"
	tests := []struct{ name, by, want string }{
		{"shown otherwise", "", kept + ", finish stale P4 2>4, finish stale P5 2>4, " + after + ", finish stale P9 2>4, finish stale P10 2>4"},
		{"approved otherwise", "ann", kept + ", enter held P4 2>4, enter planned P5 2>4, " + after + ", enter unchanged P9 4>4, enter blocked P10 ->4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Rejoin(looks, steps(tt.by))
			if diff := cmp.Diff(tt.want, showProducts(got[1])); diff != "" {
				t.Fatal(diff)
			}
			first, other := got[0][0].Change, got[1][2].Change
			if tt.by == "" && (first.Reason != "Its own reason." || other.Reason != "It is written together with P1 or not at all, which is left alone.") {
				t.Errorf("the line is stale because %q, the other because %q", first.Reason, other.Reason)
			}
			const because = "Approved was P1 from 5 to 3; ConnectWise says 6 now."
			if tt.by != "" && (first.HeldBecause != because || other.HeldBecause != because+" It waited.") {
				t.Errorf("the line waits because %q, the other because %q", first.HeldBecause, other.HeldBecause)
			}
			if want := []store.HoldReason{store.HoldZero, store.HoldAgain}; tt.by != "" && !cmp.Equal(want, other.HeldFor) {
				t.Errorf("the other waits for %q", other.HeldFor)
			}
		})
	}
}

// showProducts is steps in short, with the products.
func showProducts(steps []Step) string {
	var short []string
	for _, s := range steps {
		action := strings.Fields(showSteps([]Step{s}))[0]
		short = append(short, action+" "+plantest.Show(s.Change))
	}
	return strings.Join(short, ", ")
}

// TestWhatWasSentIsTakenBackBeforeItWaits holds that a change which was sent and did not arrive is planned again before it is asked
// about again, and no other.
func TestWhatWasSentIsTakenBackBeforeItWaits(t *testing.T) {
	t.Parallel()
	left := plantest.Change(businessID, store.KindUpdate, 9, "5", "3")
	left.State, left.DecidedBy, left.SentAt = store.StateStale, "ann", noon
	other := plantest.Change(72, store.KindUpdate, 10, "2", "4")
	other.SentAt = noon
	now := plantest.Change(businessID, store.KindUpdate, 9, "6", "3")
	looks := []Look{{Plan: []store.Change{now, plantest.Change(72, store.KindUpdate, 10, "2", "4")}}}
	got := showSteps(Rejoin(looks, [][]Step{{{left, Finish}, {other, Enter}}})[0])
	if want := "replan stale 5>3, enter held 6>3, enter held 2>4"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWhatAnApprovalIsAskedAgainFor holds the words.
func TestWhatAnApprovalIsAskedAgainFor(t *testing.T) {
	t.Parallel()
	approved := plantest.Change(businessID, store.KindCreate, 0, "", "5")
	approved.Product = "NP-BUS"
	now := plantest.Change(businessID, store.KindUpdate, 9, "2", "5")
	look := Look{Plan: []store.Change{now}}
	if got, want := approvedOtherwise(look, approved), "Approved was NP-BUS from no line to 5; ConnectWise says 2 now."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	look.Plan[0].Found = []store.Finding{{Subject: store.AboutElsewhere, Holds: true, Sentence: "Sister has 6."}}
	if got, want := approvedOtherwise(look, approved), "This was found since NP-BUS was approved: Sister has 6."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
