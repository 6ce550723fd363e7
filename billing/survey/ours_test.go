package survey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/plan"
	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// TestLinesOfOurs holds when a line that Seatbridge wrote and that nobody feeds any more is said to bill the seats of a change.
func TestLinesOfOurs(t *testing.T) {
	t.Parallel()
	today := connectwise.Date{Year: 2026, Month: 11, Day: 24}
	own := func(organization int64, seats int, addition int) Own {
		l := bound(businessID, addition)
		l.AgreementID, l.Shares = 9, []store.Share{{OrganizationID: organization, Seats: seats}}
		return Own{Agreement: "Old", Line: l, Addition: line(addition, businessID, "5"), Organization: "Acme"}
	}
	change := func(kind store.ChangeKind, before, after string, seats int) store.Change {
		c := plantest.Change(businessID, kind, 8, before, after)
		c.Product, c.Shares = "NP-BUS", []store.Share{{OrganizationID: 7, Organization: "Acme", Seats: seats}}
		return c
	}
	grows := change(store.KindUpdate, "3", "5", 1)
	enterprise := grows
	enterprise.ProductID = enterpriseID
	sister := neighbour(line(21, businessID, "5"))
	for name, c := range map[string]struct {
		changes []store.Change
		ours    []Own
		others  []Neighbour
		want    string
	}{
		"a line that grows":             {[]store.Change{grows}, []Own{own(7, 1, 21)}, nil, "71/21"},
		"a new line":                    {[]store.Change{change(store.KindCreate, "", "5", 5)}, []Own{own(7, 1, 21)}, nil, "71/21"},
		"two lines of theirs":           {[]store.Change{grows}, []Own{own(7, 1, 21), own(7, 1, 22)}, nil, "71/21 71/22"},
		"of two products":               {[]store.Change{grows, enterprise}, []Own{own(7, 1, 21)}, nil, "71/21 72/21"},
		"a line that falls":             {[]store.Change{change(store.KindUpdate, "5", "3", 3)}, []Own{own(7, 1, 21)}, nil, ""},
		"a line that stays":             {[]store.Change{change(store.KindNone, "3", "5", 5)}, []Own{own(7, 1, 21)}, nil, ""},
		"nothing of theirs":             {[]store.Change{change(store.KindUpdate, "3", "5", 0)}, []Own{own(7, 1, 21)}, nil, ""},
		"nothing of theirs there":       {[]store.Change{grows}, []Own{own(7, 0, 21)}, nil, ""},
		"of others":                     {[]store.Change{grows}, []Own{own(8, 1, 21)}, nil, ""},
		"found on the company's others": {[]store.Change{change(store.KindCreate, "", "5", 5)}, []Own{own(7, 1, 21)}, []Neighbour{sister}, "71/21"},
		"none":                          {[]store.Change{grows}, nil, nil, ""},
	} {
		var got []string
		for _, f := range (Around{Ours: c.ours, Others: c.others}).Found(plan.Situation{}, c.changes, today) {
			got = append(got, fmt.Sprintf("%d/%d", f.ProductID, f.AdditionID))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
	f := (Around{Ours: []Own{own(7, 1, 21)}}).Found(plan.Situation{}, []store.Change{grows}, today)[0]
	want := "Line no. 21 of P on the agreement Old still bills 5 seats: Seatbridge wrote 12 seats of Acme there, " +
		"and no organization is mapped to that agreement any more."
	if f.Sentence != want || f.Facts != "agreement 9, quantity 5" || !f.Holds || f.Subject != store.AboutElsewhere || f.Advice == "" {
		t.Errorf("it says %+v", f)
	}
}

// TestWhatWasLeftOnAnEndedLine is said where the line says 0 itself, and nowhere else.
func TestWhatWasLeftOnAnEndedLine(t *testing.T) {
	t.Parallel()
	s := plan.Situation{Lines: []store.Line{bound(businessID, 8)}}
	if got := leftBefore(s, line(8, businessID, "0")); got != " Seatbridge left 12 there." {
		t.Errorf("of a line at 0 is said %q", got)
	}
	if got := leftBefore(s, line(8, businessID, "3")); got != "" {
		t.Errorf("of a line with a quantity is said %q", got)
	}
}

// TestKnownLines are the bound ones, and those that were shown and are not bound, each once.
func TestKnownLines(t *testing.T) {
	t.Parallel()
	shown := map[int]store.Shown{
		businessID: {AdditionID: 8}, enterpriseID: {AdditionID: 1}, 73: {}, 74: {AdditionID: 1, Before: decimal.NewNullDecimal(decimal.Zero)},
	}
	if diff := cmp.Diff([]int{8, 1}, ids(known([]store.Line{bound(businessID, 8)}, shown))); diff != "" {
		t.Error(diff)
	}
}
