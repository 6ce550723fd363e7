package run

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seatbridge/billing/plan"
	"seatbridge/billing/problem"
	"seatbridge/billing/survey"
	"seatbridge/connectwise"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// TestBinds holds which writes make their addition the line that Seatbridge keeps.
func TestBinds(t *testing.T) {
	t.Parallel()
	sync, undo, named := store.Run{Kind: store.RunManual}, store.Run{Kind: store.RunUndo}, store.Run{Kind: store.RunRelease, Addition: 9}
	release := store.Run{Kind: store.RunRelease}
	tests := []struct {
		name  string
		run   store.Run
		state store.ChangeState
		bound int
		want  bool
	}{
		{"a sync that wrote", sync, store.StateWritten, 0, true},
		{"a sync that wrote another one", sync, store.StateWritten, 8, true},
		{"a sync that did not", sync, store.StateFailed, 9, false},
		{"an undo of what is bound", undo, store.StateWritten, 9, true},
		{"an undo of what was bound", undo, store.StateWritten, 8, false},
		{"an undo where no other is bound", undo, store.StateWritten, 0, true},
		{"an undo beside line no. 1", undo, store.StateWritten, 1, false},
		{"a release", release, store.StateWritten, 0, true},
		{"a release of a named addition that is bound", named, store.StateWritten, 9, true},
		{"a release of a named addition", named, store.StateWritten, 8, false},
		{"a release of a named addition where none is bound", named, store.StateWritten, 0, false},
		{"a release of addition no. 1", store.Run{Kind: store.RunRelease, Addition: 1}, store.StateWritten, 8, false},
	}
	if w := (&writer{run: sync}); w.binds(store.Change{State: store.StateWritten, AdditionID: 9, CancelledDate: "2026-12-31"}, store.Line{}) {
		t.Error("a line that is billed once was bound")
	}
	for _, tt := range tests {
		w := &writer{run: tt.run}
		if got := w.binds(store.Change{State: tt.state, AdditionID: 9}, store.Line{AdditionID: tt.bound}); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

// TestRecall holds what is known of an agreement before it is read.
func TestRecall(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
	terms := []store.BillingTerm{{Value: "Monthly"}}
	answers := map[store.FindingKey]string{{AgreementID: 31}: "meant so"}
	shown := map[int]store.Shown{71: {AdditionID: 9}}
	w := &writer{now: func() time.Time { return at }}
	w.given.terms, w.given.answers = map[int][]store.BillingTerm{31: terms}, answers
	w.given.judged = map[int]survey.Agreement{31: {Company: connectwise.Company{Status: connectwise.Reference{ID: 1, Name: "Active"}}}}
	m := store.MappedAgreement{Agreement: store.Agreement{ID: 31}, Shown: shown}
	s := w.recall(m, plan.Situation{Agreement: m.Agreement})
	if !s.ReadAt.Equal(at) || !cmp.Equal(s.Terms, terms) || !cmp.Equal(s.Answers, answers) || !cmp.Equal(s.Shown, shown) {
		t.Errorf("it recalls %+v", s)
	}
	if want := (store.Named{ID: 1, Name: "Active"}); s.Company.Status != want {
		t.Errorf("the company is %+v, want %+v", s.Company.Status, want)
	}
	imported := store.Company{Status: store.Named{ID: 2, Name: "Inactive"}}
	s = w.recall(store.MappedAgreement{}, plan.Situation{Agreement: store.Agreement{ID: 32}, Company: imported})
	if s.Company.Status != imported.Status {
		t.Errorf("a company that was not read is %+v, want what was imported", s.Company.Status)
	}
}

// TestReadRetried holds what a run that is retried left of each agreement, whatever the order of its lines.
func TestReadRetried(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	of, err := s.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", Status: store.RunIncomplete, StartedAt: time.Now()})
	must(t, err)
	for agreement, states := range map[int][]store.ChangeState{
		1: {store.StateFailed, store.StateWritten}, 2: {store.StateWritten, store.StateFailed}, 3: {store.StateWritten},
		4: {store.StateFailed}, 5: {store.StateHeld, store.StateUnchanged}, 6: {store.StatePlanned},
	} {
		var changes []store.Change
		for i, state := range states {
			changes = append(changes, store.Change{ProductID: 71 + i, Product: string(rune('A' + i)), State: state})
		}
		_, err := s.PlanAgreement(t.Context(), of.ID, agreement, changes)
		must(t, err)
	}
	retry, err := s.CreateRun(t.Context(), store.Run{Kind: store.RunRetry, Of: of.ID, Month: "2026-10", Status: store.RunRunning, StartedAt: time.Now()})
	must(t, err)
	r, err := readRetried(t.Context(), s, retry)
	must(t, err)
	for agreement, want := range map[int][2]bool{
		1: {true, true}, 2: {true, true}, 3: {false, true}, 4: {true, false}, 5: {false, true}, 6: {false, false},
	} {
		if got := [2]bool{r.missed[agreement], r.settled[agreement]}; got != want {
			t.Errorf("agreement %d: missed and settled %v, want %v", agreement, got, want)
		}
	}
	if none, err := readRetried(t.Context(), s, of); err != nil || none.missed != nil || none.run.ID != 0 {
		t.Errorf("what retries nothing has %+v before it (%v)", none, err)
	}
}

// TestRefused holds which errors of looking are ConnectWise's, and are put into its words.
func TestRefused(t *testing.T) {
	t.Parallel()
	var said *problem.Refused
	for _, ours := range []error{problem.ErrNotActive, problem.ErrNotConnected, store.ErrCorrupt} {
		if err := refused(fmt.Errorf("looking: %w", ours)); errors.As(err, &said) || !errors.Is(err, ours) {
			t.Errorf("%v became %v", ours, err)
		}
	}
	if err := refused(connectwise.ErrMaintenance); !errors.As(err, &said) || said.Problem.What == "" {
		t.Errorf("maintenance became %v", err)
	}
}
