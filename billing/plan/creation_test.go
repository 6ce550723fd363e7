package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

var noon = time.Date(2026, time.October, 20, 12, 0, 0, 0, time.UTC)

// TestUnreliable holds when a list is not the whole one.
func TestUnreliable(t *testing.T) {
	t.Parallel()
	for want, l := range map[string]Listing{
		"": {Checked: true, Shown: 2, Counted: 2},
		"ConnectWise's list of additions lacks line no. 8, which is there; nothing is created until it is whole.":    {Lacking: []int{8}},
		"ConnectWise's list of additions has 1 of the 2 lines that it counts; nothing is created until it is whole.": {Checked: true, Shown: 1, Counted: 2},
	} {
		if got := l.Unreliable(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := (Listing{Checked: true, Shown: 3, Counted: 2}).Unreliable(); got != "" {
		t.Errorf("a row that came between the list and its count: %q", got)
	}
}

// TestANewLineStartsAfterTheEndedOne holds the day on which a new line starts beside lines that were ended.
func TestANewLineStartsAfterTheEndedOne(t *testing.T) {
	t.Parallel()
	first := connectwise.Date{Year: 2026, Month: time.November, Day: 1}
	for want, days := range map[string][]string{
		"2026-11-01": {"2026-10-31", "2026-10-01"},
		"2026-11-02": {"2026-11-01"},
		"2026-11-21": {"2026-11-10", "2026-11-20", "2026-11-05"},
	} {
		var lines []connectwise.Addition
		for _, day := range days {
			lines = append(lines, ended(line(8, businessID, "1"), day))
		}
		if got := startsAfter(first, lines).String(); got != want {
			t.Errorf("after %q: %s, want %s", days, got, want)
		}
	}
}

// TestLanded holds which addition a creation made whose outcome nobody saw.
func TestLanded(t *testing.T) {
	t.Parallel()
	sent := store.Change{ProductID: businessID, After: decimal.NewNullDecimal(plantest.Quantity("5")), SentAt: noon}
	entered := func(a connectwise.Addition, after time.Duration) connectwise.Addition {
		a.DateEntered = noon.Add(after)
		return a
	}
	tests := []struct {
		name      string
		additions []connectwise.Addition
		bound     []store.Line
		want      int
	}{
		{"nothing", nil, nil, 0},
		{"the line", []connectwise.Addition{line(9, businessID, "5")}, nil, 9},
		{"another quantity: somebody else's", []connectwise.Addition{line(9, businessID, "6")}, nil, 0},
		{"the line, ended since", []connectwise.Addition{entered(ended(line(9, businessID, "5"), "2026-10-20"), 0)}, nil, 9},
		{"another product's", []connectwise.Addition{line(9, enterpriseID, "5")}, nil, 0},
		{"of two the one that says what was sent", []connectwise.Addition{line(8, businessID, "3"), line(9, businessID, "5")}, nil, 9},
		{"of two that say so, nobody knows", []connectwise.Addition{line(8, businessID, "5"), line(9, businessID, "5")}, nil, 0},
		{"the one that was bound before", []connectwise.Addition{line(9, businessID, "5")}, []store.Line{bound(businessID, 9, "5")}, 0},
		{"an old one that was ended", []connectwise.Addition{ended(line(9, businessID, "5"), "2026-09-30")}, nil, 0},
		{"one that was entered long before", []connectwise.Addition{entered(line(9, businessID, "5"), -time.Hour)}, nil, 0},
		{"one that was entered by a clock that is late", []connectwise.Addition{entered(line(9, businessID, "5"), -5*time.Minute)}, nil, 9},
		{"one that was entered shortly before", []connectwise.Addition{entered(line(9, businessID, "5"), -5*time.Minute-time.Second)}, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := Landed(sent, tt.additions, tt.bound)
			if got.ID != tt.want || ok != (tt.want != 0) {
				t.Errorf("got no. %d (%v), want no. %d", got.ID, ok, tt.want)
			}
		})
	}
}

// TestLost holds when what was sent may be created again: both an hour and two runs' readings have to say so.
func TestLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		looks int
		after time.Duration
		want  bool
	}{
		{0, 24 * time.Hour, false}, {1, 24 * time.Hour, false}, {2, time.Hour - time.Second, false}, {9, 59 * time.Minute, false},
		{2, time.Hour, true}, {3, 24 * time.Hour, true},
	} {
		if got := Lost(store.Change{Looks: tt.looks, SentAt: noon}, noon.Add(tt.after)); got != tt.want {
			t.Errorf("%d looks after %s: %v, want %v", tt.looks, tt.after, got, tt.want)
		}
	}
}

// TestALineThatMayAppearIsAwaited holds the words for what a line waits for.
func TestALineThatMayAppearIsAwaited(t *testing.T) {
	t.Parallel()
	sent := store.Change{ProductID: businessID, After: decimal.NewNullDecimal(plantest.Quantity("5")), SentAt: noon, Looks: 1}
	s := Situation{
		Wants: map[store.Plan]Want{store.Business: {Seats: 5}}, Sent: []store.Change{sent}, ReadAt: noon.Add(time.Hour),
		Found: connectwise.Agreement{Status: "Active", NoEndingDate: true},
	}
	got := Plan(s, products(), connectwise.Date{Year: 2026, Month: time.October, Day: 20})
	want := "A new line with 5 seats was sent to ConnectWise on 20 October 2026 at 12:00 UTC, and nobody saw what became of it. 1 later run did not find it."
	if len(got) != 1 || got[0].State != store.StateUnknown || got[0].Kind != store.KindNone || got[0].Reason != want {
		t.Errorf("got %+v\nwant it unknown: %q", got, want)
	}
	if !strings.Contains(got[0].Problem.Do, "not before 20 October 2026 at 13:00 UTC") {
		t.Errorf("what to do: %q", got[0].Problem.Do)
	}
	s.Sent[0].Looks = 2
	if got = Plan(s, products(), connectwise.Date{Year: 2026, Month: time.October, Day: 20}); got[0].Kind != store.KindCreate {
		t.Errorf("got %+v, want it created again", got)
	}
}

// TestNothingIsCreatedForWantOfAWholeList holds that a list which is not the whole one is said, and blocks.
func TestNothingIsCreatedForWantOfAWholeList(t *testing.T) {
	t.Parallel()
	s := usual()
	created(&s)
	s.Listing = Listing{Checked: true, Shown: 1, Counted: 2}
	got := Plan(s, products(), date("2026-11-20"))[0]
	if got.State != store.StateBlocked || got.Kind != store.KindNone || len(got.Found) != 1 {
		t.Fatalf("got %+v, want it blocked, and why", got)
	}
	f := got.Found[0]
	if f.Subject != store.AboutUnreliable || !f.Holds || f.AgreementID != 5 || f.Company != "Acme" || f.Sentence != got.Reason {
		t.Errorf("it says %+v", f)
	}
}

func TestCreates(t *testing.T) {
	t.Parallel()
	update, create := plantest.Change(1, store.KindUpdate, 9, "3", "5"), plantest.Change(2, store.KindCreate, 0, "", "5")
	if Creates(nil) || Creates([]store.Change{update}) || !Creates([]store.Change{update, create}) {
		t.Error("a new line is not told from a quantity")
	}
}

// TestWhatBilledAProduct holds which additions are or were lines of a product, by its id or by a name that is the same up to case
// and punctuation.
func TestWhatBilledAProduct(t *testing.T) {
	t.Parallel()
	today := date("2026-11-20")
	twin := func(identifier, quantity string) connectwise.Addition {
		a := line(9, 99, quantity)
		a.Product.Identifier = identifier
		return a
	}
	tests := []struct {
		name, product string
		addition      connectwise.Addition
		bills, ended  bool
	}{
		{"its own", "NP-BUS", line(9, businessID, "5"), true, false},
		{"its own at 0", "NP-BUS", line(9, businessID, "0"), false, false},
		{"its own, ending today", "NP-BUS", ended(line(9, businessID, "5"), "2026-11-20"), true, false},
		{"its own, ended", "NP-BUS", ended(line(9, businessID, "5"), "2026-11-19"), false, true},
		{"its own, ended at 0", "NP-BUS", ended(line(9, businessID, "0"), "2026-11-19"), false, false},
		{"a twin's", "NP-BUS", twin("npbus", "5"), true, false},
		{"a twin's, ended", "NP-BUS", ended(twin("Np Bus", "5"), "2026-11-19"), false, true},
		{"of a longer name", "NP-BUS", twin("NP-BUS-2", "5"), false, false},
		{"of another name, ended", "NP-BUS", ended(twin("NP-ENT", "5"), "2026-11-19"), false, false},
		{"of a product without a name", "--", twin("", "5"), false, false},
	}
	for _, tt := range tests {
		p := MappedProduct{ID: businessID, Identifier: tt.product}
		if got := Bills(tt.addition, p, today); got != tt.bills {
			t.Errorf("%s bills: %t", tt.name, got)
		}
		got := Ended(Situation{Additions: []connectwise.Addition{line(1, 98, "1"), tt.addition}}, p, today)
		if (len(got) == 1) != tt.ended || len(got) > 1 || tt.ended && got[0].ID != 9 {
			t.Errorf("%s was ended: %+v", tt.name, got)
		}
	}
}

// TestMoved holds whose seats a growing change takes from a line as it was last written.
func TestMoved(t *testing.T) {
	t.Parallel()
	change := func(kind store.ChangeKind, before, after string, seats int) store.Change {
		c := plantest.Change(businessID, kind, 9, before, after)
		c.Shares = []store.Share{{OrganizationID: 12, Organization: "Beta", Seats: 1}, {OrganizationID: 11, Organization: "Acme", Seats: seats}}
		return c
	}
	for name, c := range map[string]struct {
		change store.Change
		line   store.Line
		want   string
	}{
		"grows":                 {change(store.KindUpdate, "3", "4", 1), billing(1, 11)[0], "Acme"},
		"is created":            {change(store.KindCreate, "", "4", 1), billing(1, 11)[0], "Acme"},
		"grows by another line": {change(store.KindUpdate, "3", "4", 1), billing(1, 13)[0], ""},
		"has none of its seats": {change(store.KindUpdate, "3", "4", 0), billing(1, 11)[0], ""},
		"stays":                 {change(store.KindUpdate, "4", "4", 1), billing(1, 11)[0], ""},
		"falls":                 {change(store.KindUpdate, "5", "4", 1), billing(1, 11)[0], ""},
		"is not to be written":  {change(store.KindNone, "3", "4", 1), billing(1, 11)[0], ""},
	} {
		if got := Moved([]store.Change{{}, c.change}, c.line); got != c.want {
			t.Errorf("a line that %s takes the seats of %q, want %q", name, got, c.want)
		}
	}
}

// TestWhatEndedAtZero holds that a line of ours which somebody set to 0 and ended was ended with what had been left there.
func TestWhatEndedAtZero(t *testing.T) {
	t.Parallel()
	today, own := date("2026-11-20"), MappedProduct{ID: businessID, Identifier: "NP-BUS"}
	zero := ended(line(9, businessID, "0"), "2026-11-19")
	for name, c := range map[string]struct {
		lines []store.Line
		want  bool
	}{
		"left with seats":         {[]store.Line{bound(businessID, 9, "5")}, true},
		"left with seats, second": {[]store.Line{bound(enterpriseID, 8, "0"), bound(businessID, 9, "5")}, true},
		"left at 0":               {[]store.Line{bound(businessID, 9, "0"), bound(enterpriseID, 8, "5")}, false},
		"never ours":              {[]store.Line{bound(businessID, 8, "5")}, false},
		"nobody's":                {nil, false},
	} {
		if got := len(Ended(Situation{Additions: []connectwise.Addition{zero}, Lines: c.lines}, own, today)) == 1; got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	for name, c := range map[string]struct {
		addition connectwise.Addition
		want     bool
	}{
		"open": {line(9, businessID, "5"), true}, "at 0": {line(9, businessID, "0"), false},
		"ended": {ended(line(9, businessID, "5"), "2026-11-19"), false}, "ending today": {ended(line(9, businessID, "5"), "2026-11-20"), true},
	} {
		if got := Open(c.addition, today); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestCarrier(t *testing.T) {
	t.Parallel()
	own := MappedProduct{ID: businessID, Identifier: "NP-BUS"}
	two := []connectwise.Addition{line(8, businessID, "3"), line(9, businessID, "5")}
	for name, c := range map[string]struct {
		additions []connectwise.Addition
		bound     []store.Line
		want      int
	}{
		"none":             {nil, nil, 0},
		"the only one":     {two[1:], nil, 9},
		"nobody knows":     {two, nil, 0},
		"the bound one":    {two, []store.Line{bound(businessID, 9, "5")}, 9},
		"ended, the other": {[]connectwise.Addition{two[0], ended(two[1], "2026-11-19")}, []store.Line{bound(businessID, 9, "5")}, 8},
	} {
		if got := Carrier(c.additions, c.bound, own, date("2026-11-20")); got != c.want {
			t.Errorf("%s: no. %d, want no. %d", name, got, c.want)
		}
	}
}

func TestBillsNothing(t *testing.T) {
	t.Parallel()
	today := date("2026-11-20")
	for name, c := range map[string]struct {
		agreement connectwise.Agreement
		want      bool
	}{
		"open":         {connectwise.Agreement{Status: "Active", NoEndingDate: true}, false},
		"cancelled":    {connectwise.Agreement{Cancelled: true, NoEndingDate: true}, true},
		"starts later": {connectwise.Agreement{NoEndingDate: true, StartDate: date("2026-11-21")}, false},
	} {
		if got := BillsNothing(c.agreement, today); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestQuantity(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]string{"0": "0 seats", "1": "1 seat", "1.00": "1 seat", "2": "2 seats", "1.5": "1.5 seats"} {
		if got := Quantity(plantest.Quantity(q)); got != want {
			t.Errorf("%s: %q, want %q", q, got, want)
		}
	}
}

// TestFoundSince holds what of that which a new line waits for is news to whoever decided about it.
func TestFoundSince(t *testing.T) {
	t.Parallel()
	elsewhere := store.Finding{AgreementID: 1, Subject: store.AboutElsewhere, AdditionID: 21, Facts: "quantity 6", Sentence: "Sister has 6.", Holds: true}
	with := func(change func(*store.Finding)) store.Finding {
		f := elsewhere
		change(&f)
		return f
	}
	second := with(func(f *store.Finding) { f.AdditionID, f.Sentence = 22, "Sister has another." })
	for name, c := range map[string]struct {
		old, fresh []store.Finding
		want       string
	}{
		"nothing":         {nil, nil, ""},
		"new":             {nil, []store.Finding{elsewhere, second}, "Sister has 6. Sister has another."},
		"known":           {[]store.Finding{elsewhere}, []store.Finding{elsewhere}, ""},
		"one is known":    {[]store.Finding{elsewhere}, []store.Finding{elsewhere, second}, "Sister has another."},
		"other facts":     {[]store.Finding{elsewhere}, []store.Finding{with(func(f *store.Finding) { f.Facts = "quantity 7" })}, "Sister has 6."},
		"answered":        {nil, []store.Finding{with(func(f *store.Finding) { f.Answered = true })}, ""},
		"nothing to hold": {nil, []store.Finding{with(func(f *store.Finding) { f.Holds = false })}, ""},
	} {
		if got := FoundSince(store.Change{Found: c.old}, store.Change{Found: c.fresh}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
