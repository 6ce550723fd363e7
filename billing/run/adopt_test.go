package run

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/store"
	"seatbridge/store/storetest"
)

// TestAdopt holds when a line that says already what it should is bound anew: unless it is bound with just that, and with the same
// seats behind it.
func TestAdopt(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	was, now := time.Date(2026, 10, 1, 0, 30, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
	quantity := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.NewFromInt(n)) }
	acme, beta := []store.Share{{OrganizationID: 1, Seats: 5}}, []store.Share{{OrganizationID: 2, Seats: 5}}
	tests := []struct {
		name  string
		bound store.Line
		anew  bool
	}{
		{"as it is", store.Line{AdditionID: 9, Written: quantity(5), Shares: acme}, false},
		{"not bound", store.Line{}, true},
		{"another addition is bound", store.Line{AdditionID: 8, Written: quantity(5), Shares: acme}, true},
		{"chosen, and never written", store.Line{AdditionID: 9, Shares: acme, Chosen: true}, true},
		{"changed by hand to what is wanted", store.Line{AdditionID: 9, Written: quantity(4), Shares: acme}, true},
		{"the seats are another organization's", store.Line{AdditionID: 9, Written: quantity(5), Shares: beta}, true},
	}
	for i, tt := range tests {
		agreement := i + 1
		tt.bound.AgreementID, tt.bound.ProductID, tt.bound.WrittenAt = agreement, 71, was
		w := &writer{store: s, now: func() time.Time { return now }, given: prepared{lines: map[int][]store.Line{}}}
		if tt.bound.AdditionID != 0 {
			must(t, s.SaveLine(t.Context(), tt.bound))
			w.given.lines[agreement] = []store.Line{tt.bound}
		}
		must(t, w.adopt(t.Context(), store.Change{AgreementID: agreement, ProductID: 71, AdditionID: 9, After: quantity(5), Shares: acme}))
		lines, err := s.AgreementLines(t.Context(), agreement)
		must(t, err)
		l := lines[0]
		if anew := l.WrittenAt.Equal(now); anew != tt.anew || l.AdditionID != 9 || !l.Written.Decimal.Equal(decimal.NewFromInt(5)) || !l.Shares[0].Same(acme[0]) {
			t.Errorf("%s: bound anew %t, want %t; the line says %+v", tt.name, anew, tt.anew, l)
		}
	}
	chosen := store.Line{AgreementID: 20, ProductID: 71, AdditionID: 9, Chosen: true}
	must(t, s.SaveLine(t.Context(), chosen))
	w := &writer{store: s, now: func() time.Time { return now }, given: prepared{lines: map[int][]store.Line{20: {chosen}}}}
	must(t, w.adopt(t.Context(), store.Change{AgreementID: 20, ProductID: 71, AdditionID: 9, After: quantity(0)}))
	if lines, err := s.AgreementLines(t.Context(), 20); err != nil || !lines[0].Written.Valid {
		t.Errorf("chosen, never written, and 0 is wanted: the line says %+v (%v)", lines, err)
	}
}

// TestOutcome holds what a run says of itself.
func TestOutcome(t *testing.T) {
	t.Parallel()
	counts := func(states ...store.ChangeState) map[store.ChangeState]int {
		n := map[store.ChangeState]int{store.StateFailed: 0}
		for _, s := range states {
			n[s]++
		}
		return n
	}
	tests := []struct {
		name    string
		preview bool
		counts  map[store.ChangeState]int
		cause   error
		want    store.RunStatus
		says    bool // what was wrong
	}{
		{"nothing to do", false, counts(), nil, store.RunDone, false},
		{"all lines are right", false, counts(store.StateWritten, store.StateUnchanged), nil, store.RunDone, false},
		{"one waits", false, counts(store.StateWritten, store.StateHeld), nil, store.RunIncomplete, false},
		{"one is unknown", false, counts(store.StateUnknown), nil, store.RunIncomplete, false},
		{"a preview", true, counts(store.StatePlanned, store.StateHeld), nil, store.RunPlanned, false},
		{"cancelled", false, counts(store.StateWritten), errCancelled, store.RunCancelled, false},
		{"a preview that was cancelled", true, counts(), errCancelled, store.RunCancelled, false},
		{"ended early", false, counts(store.StateWritten), errListsLie, store.RunFailed, true},
		{"a preview that ended early", true, counts(), errListsLie, store.RunFailed, true},
	}
	for _, tt := range tests {
		got, says := outcome(store.Run{Preview: tt.preview}, tt.counts, tt.cause)
		if got != tt.want || says.Zero() == tt.says {
			t.Errorf("%s: %s, %+v; want %s", tt.name, got, says, tt.want)
		}
	}
}

// TestAbout holds that a run is about its own agreements alone.
func TestAbout(t *testing.T) {
	t.Parallel()
	s := scope{agreements: []store.MappedAgreement{{Agreement: store.Agreement{ID: 31}}}}
	if !s.about(31) || s.about(32) || (scope{}).about(31) {
		t.Errorf("31: %t, 32: %t, without any: %t", s.about(31), s.about(32), scope{}.about(31))
	}
}
