package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seatbridge/store"
)

// TestIncluded walks every attempt that a retry may find.
func TestIncluded(t *testing.T) {
	t.Parallel()
	const ours, another = 7, 8
	ended := []store.RunStatus{store.RunDone, store.RunIncomplete, store.RunFailed, store.RunCancelled}
	tests := []struct {
		missed, settled, later bool
		done, givenUp          bool // whether it is retried, after a run that was carried through and one that was not
	}{
		{done: false, givenUp: true}, // not reached
		{settled: true, done: false, givenUp: false},
		{missed: true, done: true, givenUp: true},
		{missed: true, settled: true, done: true, givenUp: true},
		{later: true},
		{later: true, settled: true},
		{later: true, missed: true},
		{later: true, missed: true, settled: true},
	}
	for _, tt := range tests {
		for _, status := range ended {
			for _, only := range []int{0, ours, another} {
				of := Attempt{store.Run{Status: status, Agreement: only}, tt.missed, tt.settled, tt.later}
				want := tt.done
				if status == store.RunFailed || status == store.RunCancelled {
					want = tt.givenUp && (only != another || tt.missed)
				}
				if got := Included(store.Run{Kind: store.RunRetry}, ours, of); got != want {
					t.Errorf("after a run of agreement %d that is %s, %+v: included %v, want %v", only, status, tt, got, want)
				}
			}
		}
	}
}

// TestIncludedByItself holds that a run which retries nothing is about the agreement it names, or all.
func TestIncludedByItself(t *testing.T) {
	t.Parallel()
	for _, kind := range []store.RunKind{store.RunManual, store.RunMonthly, store.RunCommand} {
		for named, want := range map[int]bool{0: true, 7: true, 8: false} {
			if got := Included(store.Run{Kind: kind, Agreement: named}, 7, Attempt{}); got != want {
				t.Errorf("%s of agreement %d: included %v, want %v", kind, named, got, want)
			}
		}
	}
}

// TestOnlySome holds what a run about some agreements is about: them, as a retry only where it would retry them anyway, and with each
// what belongs together with it.
func TestOnlySome(t *testing.T) {
	t.Parallel()
	units := map[int]int{1: 1, 2: 1, 3: 3, 4: 4}
	fresh := func(int) Attempt { return Attempt{} }
	failed := func(id int) Attempt { return Attempt{Missed: id != 4, Later: id == 3} }
	for _, tt := range []struct {
		name string
		run  store.Run
		of   func(int) Attempt
		want map[int]bool
	}{
		{"all", store.Run{Kind: store.RunManual}, fresh, map[int]bool{1: true, 2: true, 3: true, 4: true}},
		{"one", store.Run{Kind: store.RunManual, Only: []int{3}}, fresh, map[int]bool{1: false, 2: false, 3: true, 4: false}},
		{"half of a move", store.Run{Kind: store.RunManual, Only: []int{2, 4}}, fresh, map[int]bool{1: true, 2: true, 3: false, 4: true}},
		{"none", store.Run{Kind: store.RunManual, Only: []int{}}, fresh, map[int]bool{1: false, 2: false, 3: false, 4: false}},
		{"a retry", store.Run{Kind: store.RunRetry, Only: []int{2, 3, 4}}, failed, map[int]bool{1: true, 2: true, 3: false, 4: false}},
	} {
		if diff := cmp.Diff(tt.want, IncludedTogether(tt.run, units, tt.of)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestLeavingOut holds that what belongs together with an agreement that is left out is left out, too.
func TestLeavingOut(t *testing.T) {
	t.Parallel()
	units := map[int]int{5: 5, 1: 1, 2: 1, 3: 3}
	for _, tt := range []struct{ left, want []int }{
		{nil, []int{1, 2, 3, 5}}, {[]int{2}, []int{3, 5}}, {[]int{3, 9}, []int{1, 2, 5}}, {[]int{1, 3, 5}, []int{}},
	} {
		if diff := cmp.Diff(tt.want, LeavingOut(units, tt.left)); diff != "" {
			t.Errorf("without %v (-want +got):\n%s", tt.left, diff)
		}
	}
}

// TestRetryOfOneAgreement holds that what a person wants to be retried is, whoever looked at it since.
func TestRetryOfOneAgreement(t *testing.T) {
	t.Parallel()
	retry := store.Run{Kind: store.RunRetry, Agreement: 7}
	if !Included(retry, 7, Attempt{Later: true}) || Included(retry, 8, Attempt{Missed: true}) {
		t.Error("a retry of agreement 7 is not about it alone")
	}
}

// TestSearches holds which runs look for what was sent to an agreement that nobody is mapped to any more.
func TestSearches(t *testing.T) {
	t.Parallel()
	for kind, want := range map[store.RunKind][3]bool{ // of all agreements, of this one, of another
		store.RunManual: {true, true, false}, store.RunMonthly: {true, true, false}, store.RunCommand: {true, true, false},
		store.RunRetry: {false, true, false}, store.RunUndo: {}, store.RunRelease: {},
	} {
		for i, named := range []int{0, 7, 8} {
			if got := Searches(store.Run{Kind: kind, Agreement: named}, 7); got != want[i] {
				t.Errorf("%s of agreement %d: %t", kind, named, got)
			}
		}
	}
}

// TestMissed holds for every state whether a retry has to do with it.
func TestMissed(t *testing.T) {
	t.Parallel()
	for state, want := range map[store.ChangeState]bool{
		store.StatePlanned: false, store.StateSending: false, store.StateWritten: false, store.StateUnchanged: false,
		store.StateHeld: false, store.StateRejected: false,
		store.StateSkipped: true, store.StateBlocked: true, store.StateConflict: true, store.StateFailed: true,
		store.StateUnknown: true, store.StateStale: true, store.StateCancelled: true,
	} {
		if got := Missed(state); got != want {
			t.Errorf("%s: missed %v, want %v", state, got, want)
		}
	}
}

// TestUnwritten tells what was asked for and not done from all else.
func TestUnwritten(t *testing.T) {
	t.Parallel()
	for state, want := range map[store.ChangeState]bool{
		store.StateFailed: true, store.StateUnknown: true, store.StateWritten: false, store.StateStale: false, store.StateHeld: false,
	} {
		for kind, asked := range map[store.ChangeKind]bool{store.KindCreate: true, store.KindUpdate: true, store.KindNone: false} {
			if got := Unwritten(store.Change{Kind: kind, State: state}); got != (want && asked) {
				t.Errorf("%s, %s: %t", kind, state, got)
			}
		}
	}
}
