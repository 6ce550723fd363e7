package settle

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seatbridge/billing/plan"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// becomes is what has to become of a line, written down by hand and by case: of a run that writes no preview, of one that
// writes what it showed, and of one that showed what Seatbridge decided otherwise since.
var becomes = map[past]map[finding][3]string{
	unheard: {
		altered: {"new", "not shown", "not shown"},
	},
	open: {
		nothing: {"needless", "needless", "needless"},
		same:    {"as decided", "as decided", "decided otherwise"},
		altered: {"planned anew", "changed since", "decided otherwise"},
	},
	sent: {
		nothing: {"needless", "needless", "needless"},
		same:    {"not received", "not received", "decided otherwise"},
		altered: {"not received, planned anew", "changed since", "decided otherwise"},
	},
	landed: {
		same:    {"arrived", "arrived", "arrived"},
		altered: {"arrived", "arrived", "arrived"},
	},
	done: {
		nothing: {"done", "done", "done"},
		same:    {"done", "done", "done"},
		altered: {"done", "done", "done"},
	},
}

// does is what each row does: the actions, with the state and the quantities of the change they are about.
var does = map[string]string{
	"on its way":                 "wait for",
	"done":                       "leave written 3>5",
	"not shown":                  "leave planned 4>7",
	"new":                        "enter planned 4>7",
	"arrived":                    "finish written 3>5",
	"decided otherwise":          "finish stale 3>5",
	"changed since":              "finish stale 3>5",
	"as decided":                 "enter planned 3>5",
	"not received":               "replan sending 3>5, enter planned 3>5",
	"planned anew":               "enter planned 4>7",
	"not received, planned anew": "replan sending 3>5, enter planned 4>7",
	"needless":                   "finish stale 3>5",
}

// want is the row that has to fit; false: there is no such line.
func (c lineCase) want() (name string, possible bool) {
	cells, possible := becomes[c.past][c.found]
	switch {
	case c.awaited:
		return "on its way", c.past == sent
	case c.applies && c.outdated:
		return cells[2], possible
	case c.applies:
		return cells[1], possible
	}
	return cells[0], possible
}

func eachCase(yield func(lineCase) bool) {
	for past := unheard; past <= done; past++ {
		for found := nothing; found <= altered; found++ {
			for flags := range 8 {
				if !yield(lineCase{past, found, flags&1 != 0, flags&2 != 0, flags&4 != 0}) {
					return
				}
			}
		}
	}
}

// look is an agreement with one line in that case.
func (c lineCase) look() Look {
	old := plantest.Change(businessID, store.KindUpdate, 9, "3", "5")
	fresh := plantest.Change(businessID, store.KindUpdate, 9, "4", "7")
	switch {
	case c.awaited:
		fresh, old = plantest.Change(businessID, store.KindUpdate, 9, "4", "7"), plantest.Change(businessID, store.KindCreate, 0, "", "5")
		old.SentAt = noon
	case c.past == landed:
		fresh = plantest.Change(businessID, store.KindNone, 9, "5", "5")
	}
	if c.found == same && c.awaited {
		fresh = plantest.Change(businessID, store.KindCreate, 0, "", "5")
	} else if c.found == same {
		old.Kind, old.AdditionID, old.Before = fresh.Kind, fresh.AdditionID, fresh.Before
	}
	l := Look{Applies: c.applies, Outdated: map[int]string{}}
	if c.past != unheard {
		old.State = map[past]store.ChangeState{
			open: store.StatePlanned, sent: store.StateSending, landed: store.StateSending, done: store.StateWritten,
		}[c.past]
		l.Journal = []store.Change{old}
	}
	if c.found != nothing {
		l.Plan = []store.Change{fresh}
	}
	if c.outdated {
		l.Outdated[businessID] = "Org is not mapped to this agreement any more."
	}
	return l
}

const businessID = 71

func mappedProducts() []plan.MappedProduct {
	return []plan.MappedProduct{
		{Plan: store.Business, ID: businessID, Identifier: "NP-BUS"},
		{Plan: store.Enterprise, ID: 72, Identifier: "NP-ENT"},
	}
}

var noon = time.Date(2026, time.October, 20, 12, 0, 0, 0, time.UTC)

// showSteps is steps in short: "replan sending 3>5, enter planned 4>7".
func showSteps(steps []Step) string {
	names := map[Action]string{Leave: "leave", Wait: "wait for", Finish: "finish", Replan: "replan", Enter: "enter"}
	var short []string
	for _, s := range steps {
		c := s.Change
		c.Product = ""
		short = append(short, names[s.Do]+" "+strings.ReplaceAll(plantest.Show(c), "  ", " "))
	}
	return strings.Join(short, ", ")
}

// TestSettlementsAreATable holds that one row and no other fits each case, the one that has to.
func TestSettlementsAreATable(t *testing.T) {
	t.Parallel()
	reached := map[string]bool{}
	for c := range eachCase {
		var fitting []string
		for _, s := range settlements {
			if s.fits(c) {
				fitting = append(fitting, s.name)
			}
		}
		if len(fitting) != 1 {
			t.Errorf("%+v: %d rows fit: %q", c, len(fitting), fitting)
			continue
		}
		want, possible := c.want()
		if possible && fitting[0] != want {
			t.Errorf("%+v: %q, want %q", c, fitting[0], want)
		}
		reached[fitting[0]] = reached[fitting[0]] || possible
	}
	for _, s := range settlements {
		if !reached[s.name] || does[s.name] == "" {
			t.Errorf("%q is never reached or not expected", s.name)
		}
		if !strings.HasSuffix(s.sentence, ".") {
			t.Errorf("%q has no sentence", s.name)
		}
	}
}

// TestSettle holds what becomes of a line in each case.
func TestSettle(t *testing.T) {
	t.Parallel()
	for c := range eachCase {
		name, possible := c.want()
		if !possible || c.outdated && c.past == unheard {
			continue
		}
		l := c.look()
		if got := l.lines()[0].is; got != c {
			t.Errorf("the line of %+v is seen as %+v", c, got)
			continue
		}
		want := does[name]
		if c.found == same && len(l.Journal) > 0 { // the journal says what the plan says
			was := plantest.Side(l.Journal[0].Before) + ">" + plantest.Side(l.Journal[0].After)
			want = strings.ReplaceAll(want, "3>5", was)
		}
		if got := showSteps(Settle(l)); got != want && !(c.awaited && strings.HasPrefix(got, want)) {
			t.Errorf("%+v: %q: %q, want %q", c, name, got, want)
		}
	}
}

// TestSettleKeepsWhatTheRunIsDoneWith holds that no final change is ever touched or planned again, whatever became of it.
func TestSettleKeepsWhatTheRunIsDoneWith(t *testing.T) {
	t.Parallel()
	for _, state := range []store.ChangeState{
		store.StateWritten, store.StateUnchanged, store.StateSkipped, store.StateBlocked, store.StateConflict, store.StateHeld,
		store.StateFailed, store.StateUnknown, store.StateRejected, store.StateStale, store.StateCancelled,
	} {
		for _, applies := range []bool{false, true} {
			l := lineCase{past: done, found: altered, applies: applies}.look()
			l.Journal[0].State = state
			if got := Settle(l); len(got) != 1 || got[0].Do != Leave {
				t.Errorf("%s: %q", state, showSteps(got))
			}
		}
	}
}

// TestSettleWaits holds that a creation that was sent is waited for as long as its run goes on, and its agreement with it; and that
// nothing waits for one that never went out, or that is there.
func TestSettleWaits(t *testing.T) {
	t.Parallel()
	other := plantest.Change(businessID, store.KindUpdate, 8, "5", "0")
	other.ProductID = 72
	create := plantest.Change(businessID, store.KindCreate, 0, "", "5")
	made := connectwise.Addition{ID: 9, Product: connectwise.Reference{ID: businessID}, Quantity: plantest.Quantity("5")}
	tests := []struct {
		name  string
		state store.ChangeState
		sent  time.Time
		there []connectwise.Addition
		waits bool
	}{
		{name: "never begun", state: store.StatePlanned},
		{name: "about to be sent", state: store.StateSending},
		{name: "sent", state: store.StateSending, sent: noon, waits: true},
		{name: "sent, and another product's line is there", state: store.StateSending, sent: noon, waits: true,
			there: []connectwise.Addition{{ID: 9, Product: connectwise.Reference{ID: 72}}}},
		{name: "sent, and there", state: store.StateSending, sent: noon, there: []connectwise.Addition{made}},
		{name: "refused", state: store.StateFailed, sent: noon},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			old := create
			old.State, old.SentAt = tt.state, tt.sent
			l := Look{Plan: []store.Change{other, create}, Journal: []store.Change{old}, Additions: tt.there}
			steps := Settle(l)
			if waits := slices.ContainsFunc(steps, func(s Step) bool { return s.Do == Wait }); waits != tt.waits {
				t.Errorf("waits: %v, want %v", waits, tt.waits)
			}
			if tt.waits && len(steps) != 1 {
				t.Errorf("the agreement does not wait with it: %q", showSteps(steps))
			}
		})
	}
}

// TestSettleFinishesWhatArrived holds that a line which ConnectWise has is written, and not sent again: a quantity as it was sent,
// a new line whatever it says by now, whether it can be billed or not.
func TestSettleFinishesWhatArrived(t *testing.T) {
	t.Parallel()
	update, create := plantest.Change(businessID, store.KindUpdate, 9, "3", "5"), plantest.Change(businessID, store.KindCreate, 0, "", "5")
	blocked := plantest.Change(businessID, store.KindNone, 0, "", "5")
	addition := func(quantity string) []connectwise.Addition {
		return []connectwise.Addition{{ID: 9, Product: connectwise.Reference{ID: businessID}, Quantity: plantest.Quantity(quantity)}}
	}
	tests := []struct {
		name      string
		sending   store.Change
		plan      store.Change
		additions []connectwise.Addition
		arrived   bool
	}{
		{"the quantity that was sent", update, plantest.Change(businessID, store.KindNone, 9, "5.00", "5"), addition("5.00"), true},
		{"another quantity", update, plantest.Change(businessID, store.KindUpdate, 9, "4", "5"), addition("4"), false},
		{"no line any more", update, plantest.Change(businessID, store.KindCreate, 0, "", "5"), nil, false},
		{"the new line", create, plantest.Change(businessID, store.KindNone, 9, "5.00", "5"), addition("5.00"), true},
		{"a new line of another quantity", create, plantest.Change(businessID, store.KindUpdate, 9, "4", "5"), addition("4"), false},
		{"the new line, on an agreement that ended since", create, blocked, addition("5"), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sending := tt.sending
			sending.State, sending.SentAt = store.StateSending, noon
			step := Settle(Look{Plan: []store.Change{tt.plan}, Journal: []store.Change{sending}, Additions: tt.additions})[0]
			if arrived := step.Do == Finish; arrived != tt.arrived {
				t.Errorf("arrived: %v, want %v: %q", arrived, tt.arrived, showSteps([]Step{step}))
			}
			if tt.arrived && (step.Change.State != store.StateWritten || step.Change.AdditionID != 9) {
				t.Errorf("%s, addition %d; want it written as addition 9", step.Change.State, step.Change.AdditionID)
			}
		})
	}
}

// TestSettleComparesWhatWasFound holds what makes a planned change another one than that of the journal: what ConnectWise
// has, not what is wanted, because that comes from the journal.
func TestSettleComparesWhatWasFound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		old   store.Change
		fresh store.Change
		same  bool
	}{
		{"nothing", plantest.Change(businessID, store.KindUpdate, 9, "3", "5"), plantest.Change(businessID, store.KindUpdate, 9, "3.00", "5"), true},
		{"what is wanted", plantest.Change(businessID, store.KindUpdate, 9, "3", "5"), plantest.Change(businessID, store.KindUpdate, 9, "3", "6"), true},
		{"the quantity", plantest.Change(businessID, store.KindUpdate, 9, "3", "5"), plantest.Change(businessID, store.KindUpdate, 9, "4", "5"), false},
		{"the addition", plantest.Change(businessID, store.KindUpdate, 9, "3", "5"), plantest.Change(businessID, store.KindUpdate, 8, "3", "5"), false},
		{"the kind", plantest.Change(businessID, store.KindCreate, 0, "", "5"), plantest.Change(businessID, store.KindNone, 0, "", "5"), false},
		{"a quantity of 0 and none", plantest.Change(businessID, store.KindUpdate, 9, "0", "5"), plantest.Change(businessID, store.KindUpdate, 9, "", "5"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := Look{Plan: []store.Change{tt.fresh}, Journal: []store.Change{tt.old}, Applies: true}
			if same := Settle(l)[0].Do == Enter; same != tt.same {
				t.Errorf("same: %v, want %v", same, tt.same)
			}
		})
	}
}

// TestSettleSaysWhy holds the words for what is not written after all.
func TestSettleSaysWhy(t *testing.T) {
	t.Parallel()
	shown, other := plantest.Change(businessID, store.KindUpdate, 9, "3", "5"), plantest.Change(businessID, store.KindUpdate, 9, "4", "5")
	created := plantest.Change(businessID, store.KindCreate, 0, "", "5")
	created.Reason = "No open addition of NP-BUS yet."
	tests := []struct {
		name     string
		plan     []store.Change
		outdated string
		want     string
	}{
		{"the quantity is another", []store.Change{other}, "", "ConnectWise says 4 now, the preview showed 3."},
		{"the line is gone", []store.Change{created}, "", "ConnectWise changed since the preview. No open addition of NP-BUS yet."},
		{"Seatbridge decided otherwise", []store.Change{shown}, "Org moved.", "Org moved."},
		{"nothing to do", nil, "", "There is nothing to change any more."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := Look{Plan: tt.plan, Journal: []store.Change{shown}, Applies: true, Outdated: map[int]string{businessID: tt.outdated}}
			if got := Settle(l)[0].Change; got.State != store.StateStale || got.Reason != tt.want {
				t.Errorf("%s: %q, want stale: %q", got.State, got.Reason, tt.want)
			}
		})
	}
}

// TestSettleOfALineThatCameIsExplained holds the words where the preview showed a new line and somebody else made it.
func TestSettleOfALineThatCameIsExplained(t *testing.T) {
	t.Parallel()
	made := plantest.Change(businessID, store.KindUpdate, 9, "3", "5")
	made.Reason = "Acme 5"
	l := Look{Plan: []store.Change{made}, Journal: []store.Change{plantest.Change(businessID, store.KindCreate, 0, "", "5")}, Applies: true}
	if got := Settle(l)[0].Change.Reason; got != "ConnectWise changed since the preview. Acme 5" {
		t.Errorf("got %q", got)
	}
}

// TestSettleTakesEachLineOnce holds that the plan's lines come in their order, and then those that it does not speak of.
func TestSettleTakesEachLineOnce(t *testing.T) {
	t.Parallel()
	product := func(id int) store.Change {
		c := plantest.Change(businessID, store.KindUpdate, 10+id, "3", "5")
		c.ProductID = id
		return c
	}
	l := Look{Plan: []store.Change{product(4), product(2)}, Journal: []store.Change{product(1), product(2), product(3)}}
	var got []string
	for _, s := range Settle(l) {
		got = append(got, fmt.Sprintf("%d %s", s.Change.ProductID, s.Change.State))
	}
	if want := "4 planned, 2 planned, 1 stale, 3 stale"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOutdated(t *testing.T) {
	t.Parallel()
	c := plantest.Change(businessID, store.KindUpdate, 9, "3", "5")
	c.Shares = []store.Share{{OrganizationID: 1, Organization: "Acme"}, {OrganizationID: 2, Organization: "Beta"}}
	former := plantest.Change(businessID, store.KindUpdate, 6, "5", "0")
	former.ProductID, former.Plan = 50, ""
	remapped := mappedProducts()
	remapped[0].ID = 99
	tests := []struct {
		name          string
		organizations []int64
		products      []plan.MappedProduct
		want          string
	}{
		{"as it was", []int64{1, 2, 3}, mappedProducts(), ""},
		{"an organization went", []int64{1}, mappedProducts(), "Beta is not mapped to this agreement any more."},
		{"its plan is on another product", []int64{1, 2}, remapped, "NordPass Business is mapped to another product since."},
		{"both: the organization first", []int64{2}, remapped, "Acme is not mapped to this agreement any more."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Outdated([]store.Change{c, former}, tt.organizations, tt.products)
			_, told := got[businessID]
			if got[businessID] != tt.want || told != (tt.want != "") || got[50] != "" {
				t.Errorf("got %v, want %q", got, tt.want)
			}
		})
	}
}

// TestSettleAsksAgainForWhatWasFoundSince holds that an approved line is not written over what nobody saw when it was approved.
func TestSettleAsksAgainForWhatWasFoundSince(t *testing.T) {
	t.Parallel()
	finding := store.Finding{Subject: store.AboutElsewhere, AdditionID: 9, Facts: "6", Sentence: "Sister has 6.", Holds: true}
	more := finding
	more.Facts, more.Sentence = "7", "Sister has 7."
	answered := more
	answered.Answered = true
	for want, found := range map[string]store.Finding{"enter planned": finding, "finish stale": more, "enter planned ": answered} {
		old, fresh := plantest.Change(businessID, store.KindCreate, 0, "", "5"), plantest.Change(businessID, store.KindCreate, 0, "", "5")
		old.Found, fresh.Found = []store.Finding{finding}, []store.Finding{found}
		steps := Settle(Look{Plan: []store.Change{fresh}, Journal: []store.Change{old}, Applies: true})
		if got := showSteps(steps); !strings.HasPrefix(got, strings.TrimSpace(want)) {
			t.Errorf("found %q: %q, want %q", found.Sentence, got, want)
		}
		if c := steps[0].Change; c.State == store.StateStale && c.Reason != "Sister has 7." {
			t.Errorf("stale because %q", c.Reason)
		}
	}
}

// TestWhatArrived holds when a quantity that was sent took effect.
func TestWhatArrived(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		addition   int
		says, sent string
		want       bool
	}{
		"there":                  {1, "5", "5", true},
		"another quantity":       {1, "4", "5", false},
		"there is no line":       {0, "5", "5", false},
		"nobody read it, and 0":  {1, "", "0", false},
		"a line that is at zero": {1, "0", "0", true},
	} {
		now, sent := plantest.Change(businessID, store.KindUpdate, c.addition, c.says, "7"), plantest.Change(businessID, store.KindUpdate, 1, "3", c.sent)
		if got := arrived(now, sent); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestACreationIsNotTakenForAQuantity holds that a line which says what was about to be created is not the one that was.
func TestACreationIsNotTakenForAQuantity(t *testing.T) {
	t.Parallel()
	begun := plantest.Change(businessID, store.KindCreate, 0, "", "5")
	begun.State = store.StateSending // and not sent
	there := plantest.Change(businessID, store.KindNone, 9, "5", "5")
	there.State = store.StateUnchanged
	got := showSteps(Settle(Look{Plan: []store.Change{there}, Journal: []store.Change{begun}}))
	if want := "replan sending ->5, enter unchanged 5>5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
