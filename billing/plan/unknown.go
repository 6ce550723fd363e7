package plan

import (
	"fmt"
	"slices"
	"time"

	"seatbridge/billing/seats"
	"seatbridge/connectwise"
	"seatbridge/store"
)

// Waiting alone never licenses a second request for a line: a list was seen to lack for minutes what was created, and a gateway to
// give up on a request that was carried out afterwards (docs/connectwise.md section 2).
const (
	settledAfter = time.Hour       // after it was sent, a creation does not appear any more
	enoughLooks  = 2               // runs that read the whole list and did not find it
	clocks       = 5 * time.Minute // how far ConnectWise's clock may be from ours
)

// Lost says whether a creation whose outcome nobody saw can be taken for not received: it may be created again.
func Lost(sent store.Change, now time.Time) bool {
	return sent.Looks >= enoughLooks && now.Sub(sent.SentAt) >= settledAfter
}

// Landed finds what a creation made whose outcome nobody saw, among an agreement's additions: the one of the product that was not
// there before and has the quantity that was sent. Not ok: none, or it cannot be told which. A new line with another quantity is
// somebody else's, or was edited since: a person decides about it. One that is billed once is found by its days, too.
func Landed(sent store.Change, additions []connectwise.Addition, bound []store.Line) (line connectwise.Addition, ok bool) {
	if sent.Once() {
		return landedOnce(sent, additions)
	}
	before := BoundLine(bound, sent.ProductID)
	found := 0
	for _, a := range additions {
		ours := a.Product.ID == sent.ProductID && a.ID != before.AdditionID && a.Quantity.Equal(sent.After.Decimal)
		if ours && madeSince(a, sent) {
			line, found = a, found+1
		}
	}
	if found != 1 {
		return connectwise.Addition{}, false
	}
	return line, true
}

// madeSince says whether an addition may have been made by a request of that moment. Where ConnectWise does not say when it was
// entered, an ended one was not, unless it was to be.
func madeSince(a connectwise.Addition, sent store.Change) bool {
	if a.DateEntered.IsZero() {
		return a.CancelledDate.IsZero() || sent.Once()
	}
	return !a.DateEntered.Before(sent.SentAt.Add(-clocks))
}

// Adopted is a creation of unknown outcome after all: written, as the addition that was found.
func Adopted(sent store.Change, line connectwise.Addition) store.Change {
	sent.State, sent.AdditionID, sent.Problem = store.StateWritten, line.ID, store.Problem{}
	if line.UnitPrice.Valid {
		sent.UnitPrice = line.UnitPrice
	}
	return sent
}

// NotReceived is a creation of unknown outcome that ConnectWise does not have: why says how that is known.
func NotReceived(sent store.Change, why string) store.Change {
	sent.State = store.StateFailed
	sent.Problem = store.Problem{What: "ConnectWise did not receive this line. " + why}
	return sent
}

// awaited is the change of a line to be created while an earlier creation may still appear.
func awaited(c, sent store.Change) store.Change {
	c.SentAt, c.Looks = sent.SentAt, sent.Looks
	return refuse(c, store.StateUnknown, fmt.Sprintf(
		"A new line with %s was sent to ConnectWise on %s, and nobody saw what became of it. %s",
		Quantity(sent.After.Decimal), seats.Minute(sent.SentAt), lookedFor(sent.Looks)),
		fmt.Sprintf("Seatbridge looks for it every hour by itself, and creates it again when %d later runs did not find it, not before %s. "+
			"Whoever sees in ConnectWise that it is not there can say so here.", enoughLooks, seats.Minute(sent.SentAt.Add(settledAfter))))
}

func lookedFor(looks int) string {
	switch looks {
	case 0:
		return "No later run has looked for it yet."
	case 1:
		return "1 later run did not find it."
	}
	return fmt.Sprintf("%d later runs did not find it.", looks)
}

// lostCreation is the creation of an earlier run that the line of a product waits for, if there is one.
func (s Situation) lostCreation(productID int) (store.Change, bool) {
	i := slices.IndexFunc(s.Sent, func(c store.Change) bool { return c.ProductID == productID && !c.Once() })
	if i < 0 || Lost(s.Sent[i], s.ReadAt) {
		return store.Change{}, false
	}
	return s.Sent[i], true
}

// AnySent says whether a run's journal has a creation that was sent and whose outcome nobody saw.
func AnySent(journal []store.Change) bool { return slices.ContainsFunc(journal, WasSent) }

// WasSent says of a change that a creation went out whose outcome nobody saw.
func WasSent(c store.Change) bool {
	return c.State == store.StateSending && c.Kind == store.KindCreate && !c.SentAt.IsZero()
}

// Unseen is a change whose outcome nobody saw to its run's end.
func Unseen(c store.Change) store.Change {
	c.State = store.StateUnknown
	c.Problem = store.Problem{
		What: "ConnectWise did not say whether it carried this out, and does not show it.",
		Do: "Seatbridge looks for it every hour by itself: an addition that is there is adopted, not doubled, " +
			"and one that is not is created again when it cannot appear any more.",
	}
	if c.Once() {
		c.Problem.Do = "Seatbridge looks for it every hour by itself and never sends it again: one that is there settles the difference."
	}
	return c
}
