package plan

import (
	"strings"
	"testing"
	"time"

	"seatbridge/billing/plan/plantest"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// TestWasSent tells a creation of unknown outcome from all else that a journal has.
func TestWasSent(t *testing.T) {
	t.Parallel()
	sent := plantest.Change(businessID, store.KindCreate, 0, "", "5")
	sent.State, sent.SentAt = store.StateSending, noon
	for name, c := range map[string]struct {
		with func(*store.Change)
		want bool
	}{
		"sent":                         {func(*store.Change) {}, true},
		"about to be sent":             {func(c *store.Change) { c.SentAt = time.Time{} }, false},
		"a quantity":                   {func(c *store.Change) { c.Kind = store.KindUpdate }, false},
		"whose outcome is known":       {func(c *store.Change) { c.State = store.StateWritten }, false},
		"that a person was told of is": {func(c *store.Change) { c.State = store.StateUnknown }, false},
	} {
		change := sent
		c.with(&change)
		if got := WasSent(change); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
		if got := AnySent([]store.Change{{}, change}); got != c.want {
			t.Errorf("%s among others: %t", name, got)
		}
	}
}

// TestWhatBecomesOfACreation holds what is known of one that was found, and of one that was not.
func TestWhatBecomesOfACreation(t *testing.T) {
	t.Parallel()
	sent := plantest.Change(businessID, store.KindCreate, 0, "", "5")
	sent.State, sent.UnitPrice, sent.Problem = store.StateUnknown, some("4.99"), store.Problem{What: "Nobody saw."}
	got := Adopted(sent, line(9, businessID, "5"))
	if got.State != store.StateWritten || got.AdditionID != 9 || !got.Problem.Zero() || plantest.Side(got.UnitPrice) != "3.5" {
		t.Errorf("found: %+v", got)
	}
	if got := Adopted(sent, connectwise.Addition{ID: 9}); plantest.Side(got.UnitPrice) != "4.99" {
		t.Errorf("found without a price, it has %s", plantest.Side(got.UnitPrice))
	}
	got = NotReceived(sent, "Ann said so.")
	if got.State != store.StateFailed || got.Problem.What != "ConnectWise did not receive this line. Ann said so." {
		t.Errorf("not found: %+v", got)
	}
}

// TestAnotherLineIsNotAwaited holds that a creation of one product keeps no other from being created.
func TestAnotherLineIsNotAwaited(t *testing.T) {
	t.Parallel()
	sent := store.Change{ProductID: enterpriseID, After: some("5"), SentAt: noon, Looks: 1}
	s := Situation{
		Wants: map[store.Plan]Want{store.Business: {Seats: 5}}, Sent: []store.Change{sent}, ReadAt: noon.Add(time.Hour),
		Found: connectwise.Agreement{Status: "Active", NoEndingDate: true},
	}
	if got := Plan(s, products(), date("2026-10-20")); len(got) != 1 || got[0].Kind != store.KindCreate {
		t.Errorf("got %+v, want it created", got)
	}
	s.Sent[0].ProductID = businessID
	got := Plan(s, products(), date("2026-10-20"))[0]
	if !got.SentAt.Equal(noon) || got.Looks != 1 || !strings.Contains(got.Problem.Do, "when 2 later runs did not find it") {
		t.Errorf("got %+v, want it awaited", got)
	}
}
