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

// TestUnreliable holds when a list is not the whole one.
var noon = time.Date(2026, time.October, 20, 12, 0, 0, 0, time.UTC)

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
		{"the line, edited since", []connectwise.Addition{line(9, businessID, "6")}, nil, 9},
		{"the line, ended since", []connectwise.Addition{entered(ended(line(9, businessID, "5"), "2026-10-20"), 0)}, nil, 9},
		{"another product's", []connectwise.Addition{line(9, enterpriseID, "5")}, nil, 0},
		{"of two the one that says what was sent", []connectwise.Addition{line(8, businessID, "3"), line(9, businessID, "5")}, nil, 9},
		{"of two that say so, nobody knows", []connectwise.Addition{line(8, businessID, "5"), line(9, businessID, "5")}, nil, 0},
		{"the one that was bound before", []connectwise.Addition{line(9, businessID, "5")}, []store.Line{bound(businessID, 9, "5")}, 0},
		{"an old one that was ended", []connectwise.Addition{ended(line(9, businessID, "5"), "2026-09-30")}, nil, 0},
		{"one that was entered long before", []connectwise.Addition{entered(line(9, businessID, "5"), -time.Hour)}, nil, 0},
		{"one that was entered by a clock that is late", []connectwise.Addition{entered(line(9, businessID, "5"), -4*time.Minute)}, nil, 9},
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
