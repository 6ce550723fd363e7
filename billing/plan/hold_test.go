package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"seatbridge/billing/plan/plantest"
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
	return of(plantest.Change(businessID, store.KindUpdate, 9, before, after), "NP-BUS", store.StatePlanned)
}

// held are the changes after they were held as those of one agreement.
func held(s Situation, changes []store.Change, policy Policy) []store.Change {
	list := slices.Clone(changes)
	Hold([]Part{{s, list}}, Falls{}, policy)
	return list
}

// TestHoldBySize walks the ends of each setting.
func TestHoldBySize(t *testing.T) {
	t.Parallel()
	created := of(plantest.Change(businessID, store.KindCreate, 0, "", "500"), "NP-ENT", store.StatePlanned)
	shrinks, right := planned("30", "10"), of(plantest.Change(businessID, store.KindUpdate, 9, "50", "50"), "NP-BUS", store.StateUnchanged)
	conflict := of(plantest.Change(businessID, store.KindUpdate, 0, "", "500"), "NP-ENT", store.StateConflict)
	moves := of(plantest.Change(businessID, store.KindCreate, 0, "", "20"), "NP-ENT", store.StatePlanned)
	all := store.Holds{
		Seats: 1, Lower: store.Step{Percent: 1, Seats: 1}, Higher: store.Step{Percent: 1, Seats: 1}, Decrease: true, Zero: true,
	}
	lower, higher := store.Holds{Lower: store.Step{Percent: 30, Seats: 3}}, store.Holds{Higher: store.Step{Percent: 50, Seats: 20}}
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
		{"a new line by its seats", []store.Change{created}, store.Holds{Seats: 499}, "A change of +500 is larger than 499 seats."},
		{"a fall of 30 % and 3", []store.Change{planned("10", "7")}, lower, "From 10 to 7 is lower by 30 % and 3 seats or more."},
		{"a fall of 3, not 30 %", []store.Change{planned("11", "8")}, lower, ""},
		{"a fall of 30 %, not 3", []store.Change{planned("4", "2")}, lower, ""},
		{"a fall of 29.9 %", []store.Change{planned("1000", "701")}, lower, ""},
		{"a rise to zero", []store.Change{planned("-3", "0")}, store.Holds{Zero: true}, ""},
		{"a rise is no fall", []store.Change{planned("10", "20")}, lower, ""},
		{"a rise of 50 % and 20", []store.Change{planned("40", "60")}, higher, "From 40 to 60 is higher by 50 % and 20 seats or more."},
		{"a rise of 50 %, not 20", []store.Change{planned("38", "57")}, higher, ""},
		{"a rise of 20, not 50 %", []store.Change{planned("41", "61")}, higher, ""},
		{"a fall is no rise", []store.Change{planned("60", "10")}, higher, ""},
		{"a new line has no percent", []store.Change{created}, higher, ""},
		{"fewer", []store.Change{planned("5", "4")}, store.Holds{Decrease: true}, "Fewer seats than before: 4 instead of 5."},
		{"not fewer", []store.Change{planned("5", "6")}, store.Holds{Decrease: true}, ""},
		{"to zero", []store.Change{planned("5", "0")}, store.Holds{Zero: true}, "Nothing would be billed any more: 0 instead of 5."},
		{"not to zero", []store.Change{planned("5", "1")}, store.Holds{Zero: true}, ""},
		{"two reasons", []store.Change{planned("5", "0")}, store.Holds{Decrease: true, Zero: true},
			"Nothing would be billed any more: 0 instead of 5. Fewer seats than before: 0 instead of 5."},
		{"the lines' sum stays", []store.Change{shrinks, moves}, all, ""},
		{"what cannot be written moves nothing", []store.Change{planned("10", "11"), conflict}, store.Holds{Seats: 100}, ""},
		{"a line that is right counts", []store.Change{right, planned("5", "0")}, store.Holds{Zero: true}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkHeld(t, held(Situation{}, tt.changes, Policy{Holds: tt.holds}), tt.want)
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
		if c.HeldBecause != want || (c.State == store.StateHeld) != (want != "") || (len(c.HeldFor) > 0) != (want != "") {
			t.Errorf("%s, %s, waits for %q because %q, want %q", c.Product, c.State, c.HeldFor, c.HeldBecause, want)
		}
	}
}

// TestHoldLeavesTheRest holds that only what is to be written waits.
func TestHoldLeavesTheRest(t *testing.T) {
	t.Parallel()
	for _, state := range []store.ChangeState{store.StateUnchanged, store.StateSkipped, store.StateBlocked, store.StateConflict} {
		rest := of(plantest.Change(businessID, store.KindUpdate, 8, "3", "3"), "NP-ENT", state)
		changes := held(Situation{}, []store.Change{rest, planned("5", "0")}, Policy{Holds: store.Holds{First: true}})
		if changes[0].State != state || changes[0].HeldBecause != "" || changes[1].State != store.StateHeld {
			t.Errorf("%s became %s; the planned one %s", state, changes[0].State, changes[1].State)
		}
	}
}

// TestHoldOfHalfAMove holds that the other half of a move waits where one half cannot be written, whatever the settings.
func TestHoldOfHalfAMove(t *testing.T) {
	t.Parallel()
	const because = "NP-ENT cannot be written: The product is gone. Seats that move between the lines would be billed twice or not at all."
	refused := func(after string, state store.ChangeState) store.Change {
		c := of(plantest.Change(businessID, store.KindUpdate, 8, "", after), "NP-ENT", state)
		c.ProductID = enterpriseID
		return c
	}
	elsewhere := func(c store.Change) store.Change {
		c.AgreementID = 2
		return c
	}
	unknown := refused("0", store.StateSkipped)
	unknown.After = decimal.NullDecimal{}
	shrinks, grows := planned("5", "3"), planned("3", "5")
	right := of(plantest.Change(businessID, store.KindUpdate, 8, "5", "5"), "NP-PRO", store.StateUnchanged)
	three := Situation{Additions: []connectwise.Addition{line(8, enterpriseID, "3")}}
	tests := []struct {
		name    string
		s       Situation
		changes []store.Change
		want    string
	}{
		{"seats may move to what is blocked", Situation{}, []store.Change{refused("2", store.StateBlocked), shrinks}, because},
		{"seats may move to what is in conflict", Situation{}, []store.Change{refused("2", store.StateConflict), shrinks}, because},
		{"seats may move from what is blocked", three, []store.Change{refused("0", store.StateBlocked), grows}, because},
		{"some of its seats may move", three, []store.Change{refused("1", store.StateBlocked), grows}, because},
		{"seats may move from what nobody read", Situation{Gone: "It ended."}, []store.Change{refused("1", store.StateBlocked), grows}, because},
		{"seats may move from what is not known", Situation{}, []store.Change{unknown, grows}, because},
		{"it stays as it is, and one grows", three, []store.Change{refused("3", store.StateBlocked), grows}, ""},
		{"it stays as it is, and one shrinks", three, []store.Change{refused("3", store.StateBlocked), shrinks}, ""},
		{"what is open of it falls", three, []store.Change{refused("2", store.StateBlocked), shrinks}, ""},
		{"what ended of it may begin anew", Situation{Additions: []connectwise.Addition{ended(line(8, enterpriseID, "3"), "2026-10-31")}},
			[]store.Change{refused("2", store.StateBlocked), shrinks}, because},
		{"what is another's is not its own", Situation{Additions: []connectwise.Addition{line(9, businessID, "3")}},
			[]store.Change{refused("0", store.StateBlocked), grows}, ""},
		{"seats may move to what nobody read", Situation{Gone: "It ended."}, []store.Change{refused("0", store.StateBlocked), shrinks}, because},
		{"seats may move to what is not known", Situation{}, []store.Change{unknown, shrinks}, because},
		{"where some seats are not known", Situation{Wants: map[store.Plan]Want{store.Business: {Unknown: "No figure."}}},
			[]store.Change{refused("0", store.StateBlocked), grows}, because},
		{"both grow", Situation{}, []store.Change{refused("2", store.StateBlocked), grows}, ""},
		{"both shrink", three, []store.Change{refused("0", store.StateBlocked), shrinks}, ""},
		{"on agreements that seats move between, all wait", Situation{}, []store.Change{refused("2", store.StateBlocked), elsewhere(grows)}, because},
		{"a line that is right is no half of a move", Situation{}, []store.Change{refused("2", store.StateBlocked), right, grows}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkHeld(t, held(tt.s, tt.changes, Policy{}), tt.want)
		})
	}
}

// TestHoldOfHandEdits names both quantities, and leaves alone what was edited to what is right.
func TestHoldOfHandEdits(t *testing.T) {
	t.Parallel()
	edited := planned("7", "5")
	edited.HandEdited, edited.Written = true, decimal.NewNullDecimal(decimal.NewFromInt(4))
	right := of(edited, "NP-PRO", store.StateUnchanged)
	checkHeld(t, held(Situation{}, []store.Change{edited}, Policy{HandEdits: store.Overwrite}), "")
	checkHeld(t, held(Situation{}, []store.Change{right, planned("3", "5")}, Policy{HandEdits: store.Hold}), "")
	checkHeld(t, held(Situation{}, []store.Change{edited, planned("1", "2")}, Policy{HandEdits: store.Hold}),
		"Edited in ConnectWise: NP-BUS says 7, Seatbridge left 4 there.")
	if got := held(Situation{}, []store.Change{edited, edited}, Policy{HandEdits: store.Hold}); len(got[0].HeldFor) != 1 {
		t.Errorf("two edited lines wait for %q", got[0].HeldFor)
	}
}

// TestHoldOfHalfAMoveThatWasWritten holds that seats which stand on two lines count once, by the lines that are written now.
func TestHoldOfHalfAMoveThatWasWritten(t *testing.T) {
	t.Parallel()
	policy := Policy{Holds: store.Holds{Lower: store.Step{Percent: 30, Seats: 3}, Zero: true}}
	part := func(agreement, addition int, before, after string) Part {
		c := of(plantest.Change(businessID, store.KindUpdate, addition, before, after), "NP-BUS", store.StatePlanned)
		if c.AgreementID = agreement; before == after {
			c.State = store.StateUnchanged
		}
		l := bound(businessID, addition, before)
		l.Shares = []store.Share{{OrganizationID: 1, Seats: 10, Known: true}}
		return Part{Situation{Lines: []store.Line{l}}, []store.Change{c}}
	}
	parts := []Part{part(1, 8, "10", "0"), part(2, 9, "10", "10")}
	Hold(parts, Falls{}, policy)
	checkHeld(t, parts[0].Changes, "")
	parts = []Part{part(1, 8, "10", "0"), part(2, 9, "10", "10")}
	parts[1].Situation.Lines[0].AdditionID = 7
	Hold(parts, Falls{}, policy)
	checkHeld(t, parts[0].Changes, "From 20 to 10 is lower by 30 % and 3 seats or more.")
}

// TestHoldByWhatTheLinesSayNow holds that seats which a person took off one of two lines stand on the other alone.
func TestHoldByWhatTheLinesSayNow(t *testing.T) {
	t.Parallel()
	policy := Policy{Holds: store.Holds{Lower: store.Step{Percent: 30, Seats: 3}}}
	part := func(agreement, addition int, before, after string, state store.ChangeState) Part {
		c := of(plantest.Change(businessID, store.KindUpdate, addition, before, after), "NP-BUS", state)
		c.AgreementID = agreement
		l := bound(businessID, addition, "10")
		l.Shares = []store.Share{{OrganizationID: 1, Seats: 10, Known: true}}
		return Part{Situation{Lines: []store.Line{l}}, []store.Change{c}}
	}
	parts := []Part{part(1, 8, "10", "0", store.StatePlanned), part(2, 9, "2", "2", store.StateUnchanged)}
	Hold(parts, Falls{}, policy)
	checkHeld(t, parts[0].Changes, "From 10 to 2 is lower by 30 % and 3 seats or more.")
}

// TestDoubled counts the seats that stand on more than one line.
func TestDoubled(t *testing.T) {
	t.Parallel()
	on := func(organization int64, seats int) store.Line {
		return store.Line{Written: decimal.NewNullDecimal(number(seats)), Shares: []store.Share{{OrganizationID: organization, Seats: seats, Known: true}}}
	}
	says := func(quantity string, l store.Line) store.Line {
		l.Read = some(quantity)
		return l
	}
	shared := on(1, 3)
	shared.Shares = append(shared.Shares, on(2, 3).Shares...)
	for name, c := range map[string]struct {
		lines []store.Line
		want  int
	}{
		"nobody's":                      {nil, 0},
		"one line":                      {[]store.Line{on(1, 3)}, 0},
		"two of others":                 {[]store.Line{on(1, 3), on(2, 3)}, 0},
		"two of one":                    {[]store.Line{on(1, 3), on(1, 5)}, 3},
		"the other way":                 {[]store.Line{on(1, 5), on(1, 3)}, 3},
		"three of one":                  {[]store.Line{on(1, 3), on(1, 5), on(1, 4)}, 7},
		"of which one says less":        {[]store.Line{on(1, 3), says("2", on(1, 5))}, 2},
		"of which the first says 0":     {[]store.Line{says("0", on(1, 3)), on(1, 5)}, 0},
		"what the line says, in turn":   {[]store.Line{says("4", shared), on(2, 3)}, 1},
		"what the line says, the first": {[]store.Line{says("4", shared), on(1, 3)}, 3},
		"two, and another":              {[]store.Line{on(1, 3), on(2, 4), on(1, 3)}, 3},
	} {
		if got := doubled(c.lines); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// TestCase_C7_WhatTheFirstWriteMayDo tells a line that is Seatbridge's own, or was shown, from one that it has yet to be let near.
func TestCase_C7_WhatTheFirstWriteMayDo(t *testing.T) {
	t.Parallel()
	mappedAt := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	at := func(written string, at time.Time) []store.Line {
		l := bound(businessID, 9, written)
		l.WrittenAt = at
		return []store.Line{l}
	}
	created, other := at("3", mappedAt.Add(-time.Hour)), at("3", mappedAt.Add(time.Hour))
	created[0].Created, other[0].AdditionID = true, 8
	three, two := decimal.NewNullDecimal(decimal.NewFromInt(3)), decimal.NewNullDecimal(decimal.NewFromInt(2))
	const because = "Seatbridge has not written this line before: NP-BUS says 3."
	tests := []struct {
		name  string
		lines []store.Line
		shown store.Shown
		want  string
	}{
		{name: "a line that nobody wrote", want: because},
		{name: "written for this mapping", lines: at("3", mappedAt.Add(time.Second))},
		{name: "written at the instant of the mapping", lines: at("3", mappedAt), want: because},
		{name: "written for an earlier mapping", lines: at("3", mappedAt.Add(-time.Second)), want: because},
		{name: "created for an earlier mapping", lines: created},
		{name: "adopted and never written", lines: at("", mappedAt.Add(time.Second)), want: because},
		{name: "another one was written", lines: other, want: because},
		{name: "shown", shown: store.Shown{AdditionID: 9, Before: three, After: two}},
		{name: "shown with another quantity", shown: store.Shown{AdditionID: 9, Before: two, After: two}, want: because},
		{name: "shown to become another quantity", shown: store.Shown{AdditionID: 9, Before: three, After: three}, want: because},
		{name: "another one was shown", shown: store.Shown{AdditionID: 8, Before: three, After: two}, want: because},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Situation{Lines: tt.lines, MappedAt: mappedAt, Shown: map[int]store.Shown{businessID: tt.shown}}
			checkHeld(t, held(s, []store.Change{planned("3", "2")}, Policy{Holds: store.Holds{First: true}}), tt.want)
			checkHeld(t, held(s, []store.Change{planned("3", "2")}, Policy{}), "")
		})
	}
	empty := Situation{Shown: map[int]store.Shown{businessID: {AdditionID: 9, After: two}}}
	checkHeld(t, held(empty, []store.Change{planned("0", "2")}, Policy{Holds: store.Holds{First: true}}),
		"Seatbridge has not written this line before: NP-BUS says 0.")
	create := of(plantest.Change(businessID, store.KindCreate, 0, "", "5"), "NP-BUS", store.StatePlanned)
	checkHeld(t, held(Situation{}, []store.Change{create}, Policy{Holds: store.Holds{First: true}}), "")
}

// TestCase_B3_WhatIsIncluded holds a change that would be billed below zero, unless a person said that it is meant so.
func TestCase_B3_WhatIsIncluded(t *testing.T) {
	t.Parallel()
	companion := line(9, businessID, "30")
	companion.LessIncluded = decimal.NewFromInt(25)
	s := Situation{Additions: []connectwise.Addition{companion}}
	policy := Policy{Holds: store.Holds{Negative: true}}
	checkHeld(t, held(s, []store.Change{planned("30", "12")}, policy), "25 of NP-BUS are included: ConnectWise would bill -13.")
	checkHeld(t, held(s, []store.Change{planned("30", "25")}, policy), "")
	checkHeld(t, held(s, []store.Change{planned("30", "12")}, Policy{}), "")

	for _, other := range []store.Finding{{Subject: store.AboutPrice, AdditionID: 9}, {Subject: store.AboutIncluded, AdditionID: 8}} {
		beside := planned("30", "12")
		beside.Found = []store.Finding{other}
		checkHeld(t, held(s, []store.Change{beside}, policy), "25 of NP-BUS are included: ConnectWise would bill -13.")
	}
	finding := store.Finding{
		Subject: store.AboutIncluded, AdditionID: 9, Holds: true, Sentence: "25 are included.",
	}
	found := planned("30", "12")
	found.Found = []store.Finding{finding}
	checkHeld(t, held(s, []store.Change{found}, policy), "25 are included.")
	finding.Answered = true
	found.Found = []store.Finding{finding}
	checkHeld(t, held(s, []store.Change{found}, policy), "")
}

// TestHoldOfWhatWasFound tells the holds apart that findings belong to, and which findings hold.
func TestHoldOfWhatWasFound(t *testing.T) {
	t.Parallel()
	all := store.Holds{Found: true, Terms: true, Negative: true}
	tests := []struct {
		finding store.Finding
		holds   store.Holds
		want    []store.HoldReason
	}{
		{store.Finding{Subject: store.AboutEnded, Holds: true}, all, []store.HoldReason{store.HoldFound}},
		{store.Finding{Subject: store.AboutGone, Holds: true}, all, []store.HoldReason{store.HoldFound}},
		{store.Finding{Subject: store.AboutElsewhere, Holds: true}, all, []store.HoldReason{store.HoldFound}},
		{store.Finding{Subject: store.AboutSecond, Holds: true}, all, []store.HoldReason{store.HoldFound}},
		{store.Finding{Subject: store.AboutUnreliable, Holds: true}, all, []store.HoldReason{store.HoldFound}},
		{store.Finding{Subject: store.AboutCycle, Holds: true}, all, []store.HoldReason{store.HoldTerms}},
		{store.Finding{Subject: store.AboutIncluded, Holds: true, AdditionID: 9}, all, []store.HoldReason{store.HoldTerms}},
		{store.Finding{Subject: store.AboutEnded}, all, nil},
		{store.Finding{Subject: store.AboutEnded, Holds: true, Answered: true}, all, nil},
		{store.Finding{Subject: store.AboutEnded, Holds: true}, store.Holds{Terms: true}, nil},
		{store.Finding{Subject: store.AboutCycle, Holds: true}, store.Holds{Found: true}, nil},
	}
	for _, tt := range tests {
		c := planned("3", "9")
		tt.finding.Sentence = "Look."
		c.Found = []store.Finding{tt.finding}
		got := held(Situation{}, []store.Change{c}, Policy{Holds: tt.holds})[0]
		if diff := cmp.Diff(tt.want, got.HeldFor, cmpopts.EquateEmpty()); diff != "" || strings.Contains(got.HeldBecause, "Look.") != (tt.want != nil) {
			t.Errorf("%+v, %q (-want +got):\n%s", tt.finding, got.HeldBecause, diff)
		}
	}
}

// TestARiseIsNotDividedByAListThatLacksLines holds that a line which waits for the whole list counts in the sum that is held: what is
// written before it would be the first of two small steps.
func TestARiseIsNotDividedByAListThatLacksLines(t *testing.T) {
	t.Parallel()
	later := of(plantest.Change(enterpriseID, store.KindNone, 0, "", "12"), "NP-ENT", store.StateBlocked)
	now := planned("2", "14")
	policy := Policy{Holds: store.Holds{Higher: store.Step{Percent: 50, Seats: 20}}}
	for lacks, want := range map[int]store.ChangeState{0: store.StatePlanned, 1: store.StateHeld} {
		s := Situation{Listing: Listing{Counted: lacks}}
		if got := held(s, []store.Change{now, later}, policy)[0].State; got != want {
			t.Errorf("the list lacks %d lines: %s, want %s", lacks, got, want)
		}
	}
}
