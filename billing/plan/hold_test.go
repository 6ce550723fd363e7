package plan

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise"
	"seatbridge/store"
)

// of is the change of a product, which is refused with a reason where its state says so.
func of(c store.Change, product string, state store.ChangeState) store.Change {
	c.Product, c.State = product, state
	if cannotBeWritten(c) {
		c.Reason = "The product is gone."
	}
	return c
}

// planned is an update of NP-BUS.
func planned(before, after string) store.Change {
	return of(lineChange(store.KindUpdate, 9, before, after), "NP-BUS", store.StatePlanned)
}

// TestHoldBySize walks the ends of each setting.
func TestHoldBySize(t *testing.T) {
	t.Parallel()
	created := of(lineChange(store.KindCreate, 0, "", "500"), "NP-ENT", store.StatePlanned)
	shrinks, right := planned("30", "10"), of(lineChange(store.KindUpdate, 9, "50", "50"), "NP-BUS", store.StateUnchanged)
	conflict := of(lineChange(store.KindUpdate, 0, "", "500"), "NP-ENT", store.StateConflict)
	moves := of(lineChange(store.KindCreate, 0, "", "20"), "NP-ENT", store.StatePlanned)
	tests := []struct {
		name    string
		changes []store.Change
		holds   store.Holds
		want    string
	}{
		{"all off", []store.Change{planned("500", "0")}, store.Holds{}, ""},
		{"as many seats as allowed", []store.Change{planned("10", "11")}, store.Holds{Seats: 1}, ""},
		{"one more", []store.Change{planned("10", "12")}, store.Holds{Seats: 1}, "A change of +2 is larger than 1 seats."},
		{"one more down", []store.Change{planned("12", "10")}, store.Holds{Seats: 1}, "A change of -2 is larger than 1 seats."},
		{"as many percent as allowed", []store.Change{planned("10", "15")}, store.Holds{Percent: 50}, ""},
		{"more percent", []store.Change{planned("1000", "1501")}, store.Holds{Percent: 50}, "From 1000 to 1501 is a change of more than 50 %."},
		{"more than a percent down", []store.Change{planned("200", "197")}, store.Holds{Percent: 1},
			"From 200 to 197 is a change of more than 1 %."},
		{"fewer", []store.Change{planned("5", "4")}, store.Holds{Decrease: true}, "Fewer seats than before: 4 instead of 5."},
		{"not fewer", []store.Change{planned("5", "6")}, store.Holds{Decrease: true}, ""},
		{"to zero", []store.Change{planned("5", "0")}, store.Holds{Zero: true}, "Nothing would be billed on the agreement any more."},
		{"not to zero", []store.Change{planned("5", "1")}, store.Holds{Zero: true}, ""},
		{"two reasons", []store.Change{planned("5", "0")}, store.Holds{Decrease: true, Zero: true},
			"Fewer seats than before: 0 instead of 5. Nothing would be billed on the agreement any more."},
		{"a new line is never large", []store.Change{created}, store.Holds{Seats: 1, Percent: 1, Zero: true}, ""},
		{"the lines' sum stays", []store.Change{shrinks, moves}, store.Holds{Seats: 1, Percent: 1, Decrease: true, Zero: true}, ""},
		{"what cannot be written moves nothing", []store.Change{planned("10", "11"), conflict}, store.Holds{Seats: 100, Percent: 50}, ""},
		{"a line that is right counts", []store.Change{right, planned("5", "0")}, store.Holds{Zero: true}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkHeld(t, Hold(tt.changes, false, Policy{Holds: tt.holds}), tt.want)
		})
	}
}

// checkHeld holds that all changes to write wait for that reason, and that the others are as they were.
func checkHeld(t *testing.T, changes []store.Change, because string) {
	t.Helper()
	for _, c := range changes {
		want := because
		if c.State == store.StateUnchanged || cannotBeWritten(c) {
			want = ""
		}
		if c.HeldBecause != want || (c.State == store.StateHeld) != (want != "") {
			t.Errorf("%s, %s, waits because %q, want %q", c.Product, c.State, c.HeldBecause, want)
		}
	}
}

// TestHoldLeavesTheRest holds that only what is to be written waits.
func TestHoldLeavesTheRest(t *testing.T) {
	t.Parallel()
	for _, state := range []store.ChangeState{store.StateUnchanged, store.StateSkipped, store.StateBlocked, store.StateConflict} {
		rest := of(lineChange(store.KindUpdate, 8, "3", "3"), "NP-ENT", state)
		changes := Hold([]store.Change{rest, planned("5", "0")}, true, Policy{Holds: store.Holds{First: true}})
		if changes[0].State != state || changes[0].HeldBecause != "" || changes[1].State != store.StateHeld {
			t.Errorf("%s became %s; the planned one %s", state, changes[0].State, changes[1].State)
		}
	}
}

// TestHoldOfHalfAMove holds that the other half of a move waits where one half cannot be written.
func TestHoldOfHalfAMove(t *testing.T) {
	t.Parallel()
	const because = "NP-ENT cannot be written: The product is gone. Seats that move between the lines would be billed twice or not at all."
	refused := func(after string, state store.ChangeState) store.Change {
		return of(lineChange(store.KindUpdate, 8, "", after), "NP-ENT", state)
	}
	shrinks, grows := planned("5", "3"), planned("3", "5")
	right := of(lineChange(store.KindUpdate, 8, "5", "5"), "NP-PRO", store.StateUnchanged)
	tests := []struct {
		name    string
		changes []store.Change
		want    string
	}{
		{"seats may move to what is blocked", []store.Change{refused("2", store.StateBlocked), shrinks}, because},
		{"seats may move to what is in conflict", []store.Change{refused("2", store.StateConflict), shrinks}, because},
		{"seats may move from what is blocked", []store.Change{refused("0", store.StateBlocked), grows}, because},
		{"both grow", []store.Change{refused("2", store.StateBlocked), grows}, ""},
		{"both shrink", []store.Change{refused("0", store.StateBlocked), shrinks}, ""},
		{"a line that is right is no half of a move", []store.Change{refused("2", store.StateBlocked), right, grows}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkHeld(t, Hold(tt.changes, false, Policy{}), tt.want)
		})
	}
}

// TestHoldOfHandEdits names both quantities, and leaves alone what was edited to what is right.
func TestHoldOfHandEdits(t *testing.T) {
	t.Parallel()
	edited := planned("7", "5")
	edited.HandEdited, edited.Written = true, decimal.NewNullDecimal(decimal.NewFromInt(4))
	right := of(edited, "NP-PRO", store.StateUnchanged)
	checkHeld(t, Hold([]store.Change{edited}, false, Policy{HandEdits: store.Overwrite}), "")
	checkHeld(t, Hold([]store.Change{right, planned("3", "5")}, false, Policy{HandEdits: store.Hold}), "")
	checkHeld(t, Hold([]store.Change{edited}, false, Policy{HandEdits: store.Hold}),
		"Edited in ConnectWise: NP-BUS says 7, Seatbridge left 4 there.")
}

// TestHoldOfTheFirstWrite tells a mapping for which something was written from one that is new.
func TestHoldOfTheFirstWrite(t *testing.T) {
	t.Parallel()
	mappedAt := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	at := func(written string, at time.Time) []store.Line {
		l := bound(businessID, 9, written)
		l.WrittenAt = at
		return []store.Line{l}
	}
	const because = "Seatbridge has not written this agreement before."
	tests := []struct {
		name  string
		lines []store.Line
		first bool // whether first writes are held
		want  string
	}{
		{"no line", nil, true, because},
		{"first writes are not held", nil, false, ""},
		{"written for this mapping", at("3", mappedAt.Add(time.Second)), true, ""},
		{"written at the instant of the mapping", at("3", mappedAt), true, because},
		{"written for an earlier mapping", at("3", mappedAt.Add(-time.Second)), true, because},
		{"adopted and never written", at("", mappedAt.Add(time.Second)), true, because},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Situation{
				Wants: Wants(nil), Additions: []connectwise.Addition{line(9, businessID, "3")}, Lines: tt.lines, MappedAt: mappedAt,
			}
			checkHeld(t, Plan(s, products(), date("2026-11-01"), Policy{Holds: store.Holds{First: tt.first}}), tt.want)
		})
	}
}
