package run

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/billing/plan/plantest"
	"seatbridge/billing/settle"
	"seatbridge/store"
	"seatbridge/store/storetest"
)

// TestNothingGoesOnAfterAWriteThatFailed holds that a step which cannot be noted ends the agreement's steps.
func TestNothingGoesOnAfterAWriteThatFailed(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	run, err := s.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", Status: store.RunRunning, StartedAt: time.Now()})
	must(t, err)
	journal, err := s.PlanAgreement(t.Context(), run.ID, 1, []store.Change{
		{ProductID: 71, Kind: store.KindUpdate, State: store.StateWritten},
		{ProductID: 72, Kind: store.KindUpdate, State: store.StateSending},
	})
	must(t, err)
	for _, do := range []settle.Action{settle.Finish, settle.Replan} {
		writer := &writer{store: s, now: time.Now, run: run}
		changes, err := writer.take(t.Context(), []settle.Step{{Change: journal[0], Do: do}, {Change: journal[1], Do: settle.Replan}, {Change: journal[1], Do: settle.Enter}})
		if !errors.Is(err, store.ErrNotFound) || changes != nil {
			t.Errorf("action %d: %d changes to plan, error %v; want the store's error alone", do, len(changes), err)
		}
		u := unit{{Agreement: store.Agreement{ID: 1}}}
		rows, err := writer.enter(t.Context(), u, nil, [][]settle.Step{{{Change: journal[0], Do: do}}})
		if !errors.Is(err, store.ErrNotFound) || rows != nil {
			t.Errorf("action %d: %d changes are entered, error %v; want the store's error alone", do, len(rows), err)
		}
		now, err := s.AgreementChanges(t.Context(), run.ID, 1)
		must(t, err)
		if now[1].State != store.StateSending {
			t.Errorf("action %d: the next step was taken: %s", do, now[1].State)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnreadLines names the lines of an agreement whose additions could not be read, by the kind of the run.
func TestUnreadLines(t *testing.T) {
	t.Parallel()
	products := []plan.MappedProduct{
		{Plan: store.Business, ID: 71, Identifier: "NP-BUS"}, {Plan: store.Enterprise, ID: 72, Identifier: "NP-ENT"},
	}
	billed := map[store.Plan]plan.Want{store.Business: {Seats: 5, Shares: []store.Share{{OrganizationID: 1, Seats: 5, Known: true}}}}
	undo := store.Change{ProductID: 71, Product: "NP-BUS", AdditionID: 9, Before: decimal.NewNullDecimal(decimal.NewFromInt(3))}
	tests := []struct {
		name string
		kind store.RunKind
		want map[store.Plan]plan.Want
		undo []store.Change
		show []string
	}{
		{"what is wanted", store.RunManual, billed, nil, []string{" NP-BUS ->5"}},
		{"nothing is wanted: a line may have to go to 0", store.RunManual, nil, nil, []string{" NP-BUS ->0", " NP-ENT ->0"}},
		{"what is undone and nothing else", store.RunUndo, nil, []store.Change{undo}, []string{" NP-BUS ->3"}},
		{"what is set to 0", store.RunRelease, nil, nil, []string{" NP-BUS ->0", " NP-ENT ->0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var w writer
			w.run.Kind, w.given.products, w.given.named = tt.kind, products, map[int][]store.Change{4: tt.undo}
			var got []string
			for _, c := range w.unread(plan.Situation{Agreement: store.Agreement{ID: 4}, Wants: tt.want}) {
				got = append(got, plantest.Show(c))
				if tt.kind == store.RunUndo && c.AdditionID != 9 {
					t.Errorf("addition %d", c.AdditionID)
				}
				if diff := cmp.Diff(tt.want[c.Plan].Shares, c.Shares); diff != "" {
					t.Error(diff)
				}
			}
			if diff := cmp.Diff(tt.show, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestHoldHalfAMove holds what waits where something beside it cannot be written: half a move, but nothing that is billed once.
func TestHoldHalfAMove(t *testing.T) {
	t.Parallel()
	for kind, want := range map[store.RunKind]store.ChangeState{
		store.RunManual: store.StateHeld, store.RunUndo: store.StateHeld, store.RunRelease: store.StateHeld, store.RunSettle: store.StatePlanned,
	} {
		parts := []plan.Part{
			{Changes: []store.Change{{AgreementID: 4, ProductID: 71, State: store.StateBlocked}}},
			{Changes: []store.Change{{AgreementID: 5, ProductID: 71, State: store.StatePlanned, After: decimal.NewNullDecimal(decimal.NewFromInt(1))}}},
		}
		w := &writer{run: store.Run{Kind: kind}}
		w.hold(parts)
		if got := parts[1].Changes[0].State; got != want {
			t.Errorf("of a run of kind %s it is %s, want %s", kind, got, want)
		}
	}
}

// TestReportSumsTheWrittenLines holds the seats that a run's message names: those of its written lines.
func TestReportSumsTheWrittenLines(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	at := time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
	run, err := s.CreateRun(t.Context(), store.Run{Kind: store.RunManual, Month: "2026-10", Status: store.RunRunning, StartedAt: at})
	must(t, err)
	quantity := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.NewFromInt(n)) }
	_, err = s.PlanAgreement(t.Context(), run.ID, 1, []store.Change{
		{ProductID: 71, Kind: store.KindUpdate, State: store.StateWritten, Before: quantity(3), After: quantity(5)},
		{ProductID: 72, Kind: store.KindUpdate, State: store.StateWritten, Before: quantity(4), After: quantity(1)},
		{ProductID: 73, Kind: store.KindUpdate, State: store.StateHeld, Before: quantity(9), After: quantity(20)},
	})
	must(t, err)
	rn := &Runner{store: s, now: func() time.Time { return at }}
	run.EndedAt = at.Add(91*time.Second + time.Millisecond)
	r, err := rn.report(t.Context(), run, nil)
	must(t, err)
	if r.Before.String() != "7" || r.After.String() != "6" || !r.EndedAt.Equal(at.Add(91*time.Second)) {
		t.Errorf("from %s to %s until %s", r.Before, r.After, r.EndedAt)
	}
}

// TestGrowth holds what is written first: what grows, so that seats which move are billed by one of the two lines at least.
func TestGrowth(t *testing.T) {
	t.Parallel()
	quantity := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.NewFromInt(n)) }
	for want, c := range map[int]store.Change{
		1: {After: quantity(2)}, 0: {Before: quantity(2), After: quantity(2)}, -1: {Before: quantity(5), After: quantity(2)},
	} {
		if got := growth(c); got != want {
			t.Errorf("from %s to %s: %d, want %d", plantest.Side(c.Before), plantest.Side(c.After), got, want)
		}
	}
}

// TestADayThatIsNoneIsNotSent holds that what the journal has of a new line has to be readable before it is asked for.
func TestADayThatIsNoneIsNotSent(t *testing.T) {
	t.Parallel()
	w := &writer{} // without a client nothing can be sent
	if _, err := w.create(t.Context(), store.Change{AgreementID: 4, EffectiveDate: "soon"}); err == nil {
		t.Error("it was sent")
	}
}

// TestLineOf holds what is kept of a line that was written: that a person chose it stays with the addition that was chosen.
func TestLineOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
	tests := []struct {
		name  string
		bound []store.Line
		want  bool
	}{
		{"chosen", []store.Line{{ProductID: 72, AdditionID: 9}, {ProductID: 71, AdditionID: 9, Chosen: true}}, true},
		{"another was chosen", []store.Line{{ProductID: 71, AdditionID: 8, Chosen: true}}, false},
		{"bound and not chosen", []store.Line{{ProductID: 71, AdditionID: 9}}, false},
		{"not bound", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := &writer{now: func() time.Time { return at }, given: prepared{lines: map[int][]store.Line{4: tt.bound}}}
			after := decimal.NewNullDecimal(decimal.NewFromInt(5))
			want := &store.Line{AgreementID: 4, ProductID: 71, AdditionID: 9, Chosen: tt.want, Written: after, WrittenAt: at, Read: after, ReadAt: at}
			if diff := cmp.Diff(want, w.lineOf(store.Change{AgreementID: 4, ProductID: 71, AdditionID: 9, After: after})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
